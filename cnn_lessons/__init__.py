"""CNN Lessons: the tested reference code behind the course. Importing it loads nothing heavy."""

__version__ = "0.1.0"
