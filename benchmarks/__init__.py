"""Speed and memory of rnncore beside PyTorch and a naive NumPy loop: ``make bench``."""
