"""Attacks on grading, and what runs them: see `suite`."""
