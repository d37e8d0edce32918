"""Grade a whole class: every submission of an assignment ends with a status and a mark."""
