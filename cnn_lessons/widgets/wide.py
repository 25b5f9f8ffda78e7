"""The depth and width explorer."""

import json

import traitlets

from cnn_lessons.widgets.base import LessonWidget
from cnn_lessons.widgets.source import STATIC, module_source

# What can be chosen, and the paper's figures: read by the page's module too.
WIDE = json.loads((STATIC / "wide.json").read_text(encoding="utf-8"))


class WideExplorer(LessonWidget):
    """Choose depth and width of a Wide ResNet: parameters, multiply-adds, layers in sequence, the paper's errors.

    Args:
        depth: 10, 16, 22, 28, 34, 40 or 46, which is 6N+4.
        widen_factor: K, times the channels of the thin network: 1, 2, 4, 8, 10 or 12.
        num_classes: 10 or 100, as in CIFAR-10 and CIFAR-100.
        dropout: whether the blocks have dropout; it changes no count, only which of the paper's errors is shown.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.

    Taught in: 11.
    """

    _tag = "cnn-wide"
    _esm = module_source(_tag)

    depth = traitlets.Enum(WIDE["depths"], 28).tag(sync=True)
    widen_factor = traitlets.Enum(WIDE["widen_factors"], 10).tag(sync=True)
    num_classes = traitlets.Enum(WIDE["classes"], 10).tag(sync=True)
    dropout = traitlets.Bool(False).tag(sync=True)

    @traitlets.validate("depth", "widen_factor", "num_classes")
    def _whole(self, proposal: dict) -> int:
        """Store Python's own integers: True is 1 and NumPy's 10 is 10, but the page would show neither."""
        value, name = proposal["value"], proposal["trait"].name
        if isinstance(value, bool):
            raise traitlets.TraitError(f"WideExplorer: {name}: expected one of {proposal['trait'].values}, got {value}")
        return int(value)

    def __init__(self, depth: int = 28, widen_factor: int = 10, **traits: object) -> None:
        """Take depth and widen factor; the rest by name."""
        super().__init__(depth=depth, widen_factor=widen_factor, **traits)

    def summary(self) -> str:
        """The network in one sentence."""
        dropped = ", with dropout" if self.dropout else ""
        return f"Depth and width explorer: WRN-{self.depth}-{self.widen_factor}, {self.num_classes} classes{dropped}"
