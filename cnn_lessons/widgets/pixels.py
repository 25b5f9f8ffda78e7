"""The pixel inspector."""

import base64
import itertools

import traitlets

from cnn_lessons.widgets.base import LessonWidget, Whole, plain, shape_of
from cnn_lessons.widgets.source import module_source

MAX_SIZE = 96  # 36 kB of base64 in the page
CHANNELS = "RGB"


def pack(rows: list[list[list[int]]], widget: object = None) -> str:
    """The image as the page gets it: "rowsxcolumns:" and base64 of its bytes, R, G, B, R, G, B, … row by row."""
    flat = bytes(itertools.chain.from_iterable(itertools.chain.from_iterable(rows)))
    return f"{len(rows)}x{len(rows[0])}:{base64.b64encode(flat).decode()}"


def unpack(text: str, widget: object = None) -> list[list[list[int]]]:
    """The inverse of ``pack``."""
    size, data = text.split(":")
    rows, columns = (int(part) for part in size.split("x"))
    pixels = iter(base64.b64decode(data))
    return [[[next(pixels) for _ in CHANNELS] for _ in range(columns)] for _ in range(rows)]


class Picture(traitlets.TraitType):
    """A trait that holds a small colour image as rows of [red, green, blue]; arrays and tensors may be given too."""

    def __init__(self) -> None:
        """Start with one black pixel."""
        super().__init__(default_value=[[[0, 0, 0]]])
        self.tag(sync=True, to_json=pack, from_json=unpack)

    def validate(self, obj: traitlets.HasTraits, value: object) -> list[list[list[int]]]:
        """Return ``value`` as rows of [red, green, blue], each 0 to 255, or raise TraitError."""
        rows = plain(value)
        problem = _shape_problem(rows) or _value_problem(rows)
        if problem:
            raise traitlets.TraitError(
                f"{type(obj).__name__}: {self.name} should be (H, W, 3), whole numbers from 0 to 255, at most "
                f"{MAX_SIZE} by {MAX_SIZE}; {problem}"
            )
        return [[list(pixel) for pixel in row] for row in rows]


def _shape_problem(rows: object) -> str:
    """What keeps ``rows`` from being (H, W, 3) with H and W up to ``MAX_SIZE``, or an empty text."""
    shape = shape_of(rows)
    if shape is None:
        return "got rows or pixels of different lengths. Make them equally long."
    if not shape:
        return f"got {type(rows).__name__} {rows!r:.40}. Pass an array, a tensor or nested lists."
    got = f"got shape {shape}. "
    if len(shape) == 2:
        return got + "A grey image has one channel: repeat it, as x[:, :, None].repeat(1, 1, 3) does for a tensor."
    if len(shape) == 4:
        return got + "Pick one image, such as x[0]."
    if len(shape) != 3 or 0 in shape:
        return got + "Pass rows of pixels, each [red, green, blue]."
    if shape[2] != 3 and shape[0] == 3:
        return got + "Put the channels last: x.permute(1, 2, 0)."
    if shape[2] != 3:
        return got + "Keep three channels, red, green, blue, such as x[:, :, :3]."
    if max(shape[:2]) > MAX_SIZE:
        step = -(-max(shape[:2]) // MAX_SIZE)
        return got + f"Cut a piece, such as x[:{MAX_SIZE}, :{MAX_SIZE}], or thin it out: x[::{step}, ::{step}]."
    return ""


def _value_problem(rows: list) -> str:
    """What keeps the entries from being bytes, or an empty text."""
    entries = itertools.chain.from_iterable(itertools.chain.from_iterable(rows))
    for x in entries:
        if isinstance(x, float):
            return f"got the entry {x!r}. From 0 to 1? Scale it: (x * 255).round().to(torch.uint8) for a tensor."
        if isinstance(x, bool) or not isinstance(x, int) or not 0 <= x <= 255:
            return f"got the entry {x!r}. Clip it: x.clamp(0, 255) for a tensor."
    return ""


class PixelInspector(LessonWidget):
    """Point at a pixel of a small image and read its numbers: RGB, HSV, luminance, and its neighbours.

    Args:
        image: (H, W, 3), whole numbers from 0 to 255, H and W at most 96; an array, a tensor or nested lists.
        row: row of the pixel, from 0 at the top; beyond the last it shows the last.
        column: column of the pixel, from 0 at the left.
        channels: the letters of the channels that are switched on, of ``"RGB"``. One alone is drawn in grey.
        numbers: what the neighbourhood shows, ``"red"``, ``"green"``, ``"blue"`` or ``"luminance"``.

    Raises:
        traitlets.TraitError: if a value is not as described above, here or when it is set later.
        TypeError: if there is no setting of that name.

    Taught in: 01.
    """

    _tag = "cnn-pixels"
    _esm = module_source(_tag)

    image = Picture()
    row = Whole(0, min=0).tag(sync=True)
    column = Whole(0, min=0).tag(sync=True)
    channels = traitlets.Unicode(CHANNELS).tag(sync=True)
    numbers = traitlets.Enum(["red", "green", "blue", "luminance"], "red").tag(sync=True)

    def __init__(self, image: object, **traits: object) -> None:
        """Take the image; the rest by name."""
        super().__init__(image=image, **traits)

    @traitlets.validate("channels")
    def _order_channels(self, proposal: dict) -> str:
        letters = proposal["value"]
        if set(letters) - set(CHANNELS) or len(set(letters)) < len(letters):
            raise traitlets.TraitError(
                f"PixelInspector: channels should be letters of {CHANNELS!r}, each once, such as 'RG'; got {letters!r}."
            )
        return "".join(letter for letter in CHANNELS if letter in letters)

    def summary(self) -> str:
        """The image's size in one sentence."""
        return f"Pixel inspector: image {len(self.image)}×{len(self.image[0])} (height×width), red, green and blue"
