"""What a check says of an error that an answer raised."""

import traceback

ADVICE = {  # by what torch says
    "before Module.__init__() call": "`super().__init__()` comes first: only then can a module hold layers.",
    "list is not a Module subclass": "nn.Sequential takes modules, not a list of them: nn.Sequential(*layers).",
    "Module [ModuleList] is missing": (
        "nn.ModuleList only keeps layers; it does not say in which order they work. nn.Sequential runs them one behind "
        "the other."
    ),
    "desired ordering of dimensions": (
        "permute names each axis of the tensor once. Print its shape just before: is there a batch axis or not? "
        "squeeze() removes every axis of length 1, a single row or channel too."
    ),
    "torch.return_types.max": "max with a dim gives two things, the values and their places. Take its .values.",
}


def told(error: BaseException) -> str:
    """Return what was raised, at which line of the learner's cell, and what to do about it where that is known."""
    advice = next((f"\n{advice}" for words, advice in ADVICE.items() if words in str(error)), "")
    return f"your code raised {type(error).__name__}: {error}{_line(error)}{advice}"


def _line(error: BaseException) -> str:
    """Return the line of the learner's own code at which an error was raised."""
    others = ("cnn_lessons", "torch")  # torch stands between the check and a learner's forward
    steps = traceback.walk_tb(error.__traceback__)
    own = [line for frame, line in steps if frame.f_globals.get("__name__", "").split(".")[0] not in others]
    return f" (line {own[0]} of your cell)" if own else ""
