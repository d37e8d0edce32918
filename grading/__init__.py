"""Checking answers: instant messages for learners, scores for nbgrader."""
