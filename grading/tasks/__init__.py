"""The tasks of every exercise: what is asked, what is right, and the well-known wrong turns."""
