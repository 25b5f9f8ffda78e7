"""The shape tracer."""

import json

import traitlets

from cnn_lessons.widgets.base import LessonWidget, Whole
from cnn_lessons.widgets.source import STATIC, module_source

# The networks, step by step, and the sizes that can be set: read by the page's module too.
SHAPES = json.loads((STATIC / "shapes.json").read_text(encoding="utf-8"))
NETWORKS, SIZES = SHAPES["networks"], SHAPES["limits"]["size"]


class ShapeTracer(LessonWidget):
    """Step through a network, change the size of its input, see the shape after every layer, and where it breaks.

    A size that does not fit is no error here: the widget shows where the image stops, what torch says there, and what
    would mend it.

    Args:
        network: ``"alexnet_cifar"``, ``"alexnet"``, ``"resnet18_cifar"``, ``"resnet18"`` or ``"seminar"``, a tutorial's
            ResNet of four stages with its ``AvgPool2d(8)``.
        size: height and width of the input, 8 to 256; None takes the size that the network was made for.
        adaptive: whether adaptive pooling stands before the linear layers, instead of a pooling of fixed size or none;
            None leaves it as the network has it.
        selected: index of the step whose arithmetic is written out.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.
        ValueError: if there is no such network.

    Taught in: 07, 09, 10.
    """

    _tag = "cnn-shapes"
    _esm = module_source(_tag)

    network = traitlets.Enum(list(NETWORKS), "alexnet_cifar").tag(sync=True)
    size = Whole(32, min=SIZES[0], max=SIZES[1]).tag(sync=True)
    adaptive = traitlets.Bool(False).tag(sync=True)
    selected = Whole(0, min=0).tag(sync=True)

    def __init__(
        self, network: str = "alexnet_cifar", size: int | None = None, *, adaptive: bool | None = None, **traits: object
    ) -> None:
        """Take the network with its own size and pooling, then whatever else is given."""
        if network not in NETWORKS:
            raise ValueError(f"ShapeTracer: network should be one of {', '.join(NETWORKS)}; got {network!r}.")
        own = {"size": NETWORKS[network]["size"], "adaptive": NETWORKS[network]["adaptive"]}
        given = {"size": size, "adaptive": adaptive}
        own |= {name: value for name, value in given.items() if value is not None}
        super().__init__(network=network, **own, **traits)

    def summary(self) -> str:
        """Network and input in one sentence."""
        title = NETWORKS[self.network]["title"]
        return f"Shape tracer: {title} on an input of {SHAPES['channels']}×{self.size}×{self.size}"
