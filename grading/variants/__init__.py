"""A number of one's own for each student: recorded seeds for the fixed inputs of a check."""
