"""What can keep the classroom's commands from doing their work."""


class ClassroomError(RuntimeError):
    """A command of the classroom ends without a result; the message says what was expected, what came, what to do."""
