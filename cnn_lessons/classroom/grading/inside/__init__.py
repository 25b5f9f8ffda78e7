"""Scripts that run inside the sandbox, each complete in itself; the grader hands them to Python and imports none."""
