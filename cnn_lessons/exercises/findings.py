"""What an answer did, finding by finding, where one value does not say it all."""

from typing import Any

from cnn_lessons.exercises.compare import Compared, difference


class Told(str):
    """A finding that is a sentence: what should be there is not, and why."""


class Findings(dict, Compared):
    """Findings by what they are about, "the result in eval mode"; a message tells the first that is not as expected.

    An answer that cannot be looked at any further has fewer findings; its last one then says why.

    Args:
        values: the findings in the order in which they are compared.
        labels: other words for some of the keys, in this answer's own names.
    """

    def __init__(self, values: dict[str, Any] | None = None, labels: dict[str, str] | None = None):
        super().__init__(values or {})
        self.labels = dict(labels or {})

    def differs(self, got: Any) -> str | None:
        """Return what the first unequal finding says, or None if all are equal."""
        if not isinstance(got, Findings):
            return f"expected findings, got {type(got).__name__}"
        for key, expected in self.items():
            if key not in got:
                return f"{key} is missing"
            found = _difference(expected, got[key], key)
            if found:
                return f"{got.labels.get(key, key)}:\n{found}"
        return None

    def agrees(self, whole: "Findings") -> bool:
        """Return whether these findings, as far as they go, are those of `whole`, which the course has computed."""
        return all(key in whole and not _difference(whole[key], value, key) for key, value in self.items())

    def parts(self) -> tuple:
        """Return the findings and the labels."""
        return dict(self), self.labels

    def up_to_wrong(self, expected: "Findings") -> "Findings":
        """Return the findings up to the first that is not as expected; all of them if none is wrong."""
        kept = Findings(labels=self.labels)
        for key, value in self.items():
            kept[key] = value
            if key not in expected or _difference(expected[key], value, key):
                break
        return kept


def _difference(expected: Any, got: Any, key: str) -> str | None:
    if isinstance(got, Told) or isinstance(expected, Told):
        return None if type(expected) is type(got) and expected == got else str(got) or "nothing was found"
    return difference(expected, got, key)
