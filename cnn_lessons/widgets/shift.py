"""The shift explorer."""

import copy

import traitlets

from cnn_lessons.widgets.base import LessonWidget, Matrix, Whole, plain, shape_of
from cnn_lessons.widgets.shiftdata import MAX_CLASSES, MAX_IMAGES, REACH, Pictures, Probabilities
from cnn_lessons.widgets.source import module_source


def _overlap(by: int, size: int) -> tuple[slice, slice]:
    """Where the part that stays in sight goes to, and where it comes from."""
    return slice(max(by, 0), max(size + min(by, 0), 0)), slice(max(-by, 0), max(size - max(by, 0), 0))


def shifted(images: object, dy: int, dx: int, fill: object = (0, 0, 0)) -> object:
    """Move every picture of a batch; what leaves it on one side is lost, and ``fill`` comes in on the other.

    Args:
        images: (K, C, H, W), a tensor or an array. It is left as it is.
        dy: pixels down; negative moves up.
        dx: pixels to the right; negative moves to the left.
        fill: the colour that comes in, (C,), or one for each picture, (K, C).

    Returns:
        (K, C, H, W), of the same kind. Its ``[k, c, y, x]`` is ``images[k, c, y − dy, x − dx]`` where that lies inside
        the picture, else ``fill``.

    Raises:
        ValueError: if ``images`` is no batch, or ``fill`` has not one value for each channel, for all pictures or each.
    """
    if len(images.shape) != 4:
        raise ValueError(f"images: expected (K, C, H, W), got {tuple(images.shape)}. For one, pass picture[None].")
    count, channels, height, width = images.shape
    colours = plain(fill)
    if shape_of(colours) not in ((channels,), (1, channels), (count, channels)):
        raise ValueError(
            f"fill: expected a value for each channel, ({channels},), or a row of them for each picture, "
            f"({count}, {channels}), got {colours}"
        )
    if len(shape_of(colours)) == 1:
        colours = [colours]
    moved = copy.deepcopy(images)
    for which, colour in [(slice(None), colours[0])] if len(colours) == 1 else enumerate(colours):
        for channel, value in enumerate(colour):
            moved[which, channel] = value
    (rows, from_rows), (cols, from_cols) = _overlap(dy, height), _overlap(dx, width)
    moved[:, :, rows, cols] = images[:, :, from_rows, from_cols]
    return moved


class ShiftExplorer(LessonWidget):
    """Drag an object in its picture and watch what two networks make of it, side by side.

    The networks are asked beforehand, at every shift from −8 to 8 pixels down and across, so that the widget
    needs no kernel. The page moves the picture exactly as ``shifted`` does, so show the networks what that returns:
    ``dy`` > 0 moves the object down, ``dx`` > 0 to the right, and ``fill`` comes in at the other side::

        def ask(network):  # from uint8 pictures to probabilities
            steps = range(-8, 9)
            rows = [torch.stack([network(shifted(images, dy, dx, fill)) for dx in steps], 1) for dy in steps]
            return torch.stack(rows, 1)  # (K, 17, 17, classes)

    Arrays, tensors and nested lists are all welcome.

    Args:
        images: (K, 3, H, W), whole numbers from 0 to 255, not shifted; K at most 6, H and W at most 32.
        probabilities: two networks, name: (K, 17, 17, classes), at ``[k, dy + 8, dx + 8]`` those of picture k at
            that shift. They are kept in thousandths; the largest stays the largest.
        labels: (K,), for each picture the number of its class.
        classes: the names of the classes, 2 to 10.
        fill: the colour that comes in, (3,), or one for each picture, (K, 3); black unless told otherwise.
        chosen: which picture is shown, from 0; beyond the last it shows the last.
        dy: how many pixels the object is moved down, −8 to 8.
        dx: how many pixels it is moved to the right, −8 to 8.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.

    Taught in: 05.
    """

    _tag = "cnn-shift"
    _esm = module_source(_tag)

    images = Pictures()
    probabilities = Probabilities()
    labels = traitlets.List(Whole(min=0), [0]).tag(sync=True)
    classes = traitlets.List(traitlets.Unicode(), ["nothing"]).tag(sync=True)
    fill = Matrix([[0, 0, 0]], max_size=MAX_IMAGES)
    chosen = Whole(0, min=0).tag(sync=True)
    dy = Whole(0, min=-REACH, max=REACH).tag(sync=True)
    dx = Whole(0, min=-REACH, max=REACH).tag(sync=True)

    def __init__(
        self, images: object, probabilities: dict, labels: object, classes: object, fill: object = (0, 0, 0), **at: int
    ) -> None:
        """Take the pictures and what the networks say; ``chosen``, ``dy`` and ``dx`` by name."""
        colours = plain(fill)
        super().__init__(
            images=images,
            probabilities=probabilities,
            labels=plain(labels),
            classes=plain(classes),
            fill=[colours] if len(shape_of(colours) or ()) == 1 else colours,
            **at,
        )

    @traitlets.validate("images", "probabilities", "labels", "classes", "fill")
    def _check_that_they_agree(self, proposal: dict) -> object:
        names = ("images", "probabilities", "labels", "classes", "fill")
        values = {name: getattr(self, name) for name in names} | {proposal["trait"].name: proposal["value"]}
        problem = _disagreement(**values)
        if problem:
            raise traitlets.TraitError(f"ShiftExplorer: {problem}")
        return proposal["value"]

    def summary(self) -> str:
        """Which networks are compared, on how many pictures, in one sentence."""
        first, second = self.probabilities
        count = f"{len(self.images)} picture{'s' if len(self.images) > 1 else ''}"
        return f"Shift explorer: {first} against {second} on {count}, shifted by up to {REACH} pixels each way"


def _disagreement(images: list, probabilities: dict, labels: list, classes: list, fill: list) -> str:
    """What does not fit together, or an empty text."""
    count, names = len(images), len(classes)
    if not 2 <= names <= MAX_CLASSES or len(set(classes)) < names:
        return f"classes should be 2 to {MAX_CLASSES} different names; got {classes}. Name each class once."
    for network, table in probabilities.items():
        pictures, _, _, entries = shape_of(table)
        if pictures != count:
            return (
                f"probabilities should have a table for each of the {count} pictures; got {pictures} from "
                f"{network}. Ask the network about all of them, and only them."
            )
        if entries != names:
            return (
                f"probabilities should have an entry for each of the {names} classes; got {entries} from {network}."
                " Name as many classes as the network tells apart."
            )
    if len(labels) != count or max(labels, default=0) >= names:
        return (
            f"labels should be {count} numbers from 0 to {names - 1}, one for each picture; got {labels}."
            " Pass the numbers of their classes."
        )
    colours = [x for colour in fill for x in colour]
    fits = len(fill) in (1, count) and len(fill[0]) == 3
    if not fits or not all(isinstance(x, int) and 0 <= x <= 255 for x in colours):
        return (
            f"fill should be one colour, three whole numbers from 0 to 255, or one for each of the {count} "
            f"pictures; got {fill}. Pass the colour of the background."
        )
    return ""
