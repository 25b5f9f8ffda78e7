"""The answer of a check: shown as text and HTML, appended to a file for an instructor, raised in strict mode."""

import html
import json
import os
import warnings
from dataclasses import dataclass

NOT_ATTEMPTED, NOT_YET, CORRECT = "not attempted", "not yet", "correct"
_SIGNS = {NOT_ATTEMPTED: ("○", "#8a8f98"), NOT_YET: ("△", "#c77700"), CORRECT: ("●", "#2e8540")}


class CheckFailed(Exception):
    """Raised by `check` in strict mode (CNN_LESSONS_STRICT=1) for anything but a correct answer."""


@dataclass(frozen=True)
class Verdict:
    """What `check` found.

    Args:
        name: of the exercise.
        status: "not attempted", "not yet" or "correct".
        message: what was expected, what came, and what to do; plain text, several lines.
    """

    name: str
    status: str
    message: str

    def __repr__(self) -> str:
        return f"{_SIGNS[self.status][0]} {self.name}: {self.status}\n" + "\n".join(
            f"  {line}".rstrip() for line in self.message.splitlines()
        )

    def _repr_html_(self) -> str:
        sign, colour = _SIGNS[self.status]
        return (
            f'<div class="cnn-verdict" role="status" style="border-left:0.3em solid {colour};padding:0.2em 0.8em">'
            f"<strong>{sign} {html.escape(self.name)}: {self.status}</strong>"
            f'<pre style="margin:0.2em 0;white-space:pre-wrap;background:none;color:inherit;border:0;padding:0">'
            f"{html.escape(self.message)}</pre></div>"
        )


def hand_in(verdict: Verdict) -> Verdict:
    """Append the verdict to the file named by CNN_LESSONS_VERDICTS, raise it in strict mode, and return it.

    Raises:
        CheckFailed: if CNN_LESSONS_STRICT=1 and the answer is not correct.
    """
    path = os.environ.get("CNN_LESSONS_VERDICTS")
    if path:
        line = json.dumps({"exercise": verdict.name, "status": verdict.status, "message": verdict.message})
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            warnings.warn(f"CNN_LESSONS_VERDICTS: expected a file to append to, got {path}: {error}", stacklevel=3)
    if os.environ.get("CNN_LESSONS_STRICT") == "1" and verdict.status != CORRECT:
        raise CheckFailed(repr(verdict))
    return verdict
