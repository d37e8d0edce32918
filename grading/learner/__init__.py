"""A learner checks one's own exercises: ``python -m grading check``."""
