"""What the shift explorer keeps: small pictures, and two networks' probabilities at every shift of each."""

import itertools

import traitlets

from cnn_lessons.widgets.base import plain, shape_of
from cnn_lessons.widgets.pixels import pack, unpack

REACH = 8  # pixels, up, down, left and right: chapter 05 measures shifts of 0 to 8
SIDE = 2 * REACH + 1
WHOLE = 1000  # a probability travels in thousandths: a page shows whole percent
MAX_IMAGES = 6
MAX_SIZE = 32  # 4 kB of base64 a picture
MAX_CLASSES = 10
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"  # base64's


def in_thousandths(probabilities: list[float]) -> list[int]:
    """Whole thousandths of probabilities, for the page.

    Args:
        probabilities: one for each class; they add up to about one.

    Returns:
        Whole numbers that add up to exactly 1000. Each is off by less than one, the order is kept, and the
        largest entry stays the largest, even where two round to the same: a prediction must not change.
    """
    total = sum(probabilities)
    exact = [WHOLE * p / total for p in probabilities]
    shares = [int(x) for x in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    for i in by_remainder[: WHOLE - sum(shares)]:
        shares[i] += 1
    top, most = exact.index(max(exact)), max(shares)
    if shares.index(most) != top:  # an equal comes first: the least of the equals gives one away
        shares[min((i for i, share in enumerate(shares) if share == most), key=exact.__getitem__)] -= 1
        shares[top] += 1
    return shares


class Pictures(traitlets.TraitType):
    """A trait that holds a few colour pictures as nested lists (K, 3, H, W); arrays and tensors may be given too."""

    def __init__(self) -> None:
        """Start with one black pixel."""
        super().__init__(default_value=[[[[0]]] * 3])
        self.tag(sync=True, to_json=_pack_pictures, from_json=_unpack_pictures)

    def validate(self, obj: traitlets.HasTraits, value: object) -> list:
        """Return ``value`` as lists (K, 3, H, W) of whole numbers 0 to 255, or raise TraitError."""
        images = plain(value)
        problem = _picture_problem(images)
        if problem:
            raise traitlets.TraitError(
                f"{type(obj).__name__}: {self.name} should be (K, 3, H, W), whole numbers from 0 to 255, with K at "
                f"most {MAX_IMAGES}, H and W at most {MAX_SIZE}; {problem}"
            )
        return images


def _pack_pictures(images: list, widget: object = None) -> list[str]:
    """Each picture as the page gets it, channels last, like the pixel inspector's."""
    return [pack([list(zip(*rows, strict=True)) for rows in zip(*image, strict=True)]) for image in images]


def _unpack_pictures(texts: list[str], widget: object = None) -> list:
    """The inverse of ``_pack_pictures``."""
    return [[[[p[c] for p in row] for row in rows] for c in range(3)] for rows in map(unpack, texts)]


def _picture_problem(images: object) -> str:
    """What keeps ``images`` from being pictures, or an empty text."""
    if not isinstance(images, list | tuple):
        return f"got {type(images).__name__} {images!r:.40}. Pass an array, a tensor or nested lists."
    shape = shape_of(images)
    if shape is None:
        return "got rows or channels of different lengths. Make them equally long."
    got = f"got shape {shape}. "
    if len(shape) == 3:
        return got + "Put one picture alone into a batch of one: x[None]."
    if len(shape) != 4 or 0 in shape:
        return got + "Pass a batch of pictures."
    if shape[1] != 3 and shape[3] == 3:
        return got + "Put the channels second: x.permute(0, 3, 1, 2) for a tensor."
    if shape[1] != 3:
        return got + "Three channels are wanted, red, green, blue: x.expand(-1, 3, -1, -1) repeats a grey one."
    if shape[0] > MAX_IMAGES:
        return got + f"Pick a few, such as x[:{MAX_IMAGES}]."
    if max(shape[2:]) > MAX_SIZE:
        return got + f"Cut a piece, such as x[:, :, :{MAX_SIZE}, :{MAX_SIZE}]."
    rows = itertools.chain.from_iterable(itertools.chain.from_iterable(images))
    for x in itertools.chain.from_iterable(rows):
        if isinstance(x, float):
            return f"got the entry {x!r}. Pass the bytes that were there before scaling to 0–1 and normalising."
        if isinstance(x, bool) or not isinstance(x, int) or not 0 <= x <= 255:
            return f"got the entry {x!r}. Clip it: x.clamp(0, 255) for a tensor."
    return ""


class Probabilities(traitlets.TraitType):
    """A trait that holds {network's name: (K, 17, 17, classes)} for two networks, to a thousandth."""

    def __init__(self) -> None:
        """Start with two networks that know one class."""
        certain = [[[[1.0]] * SIDE] * SIDE]
        super().__init__(default_value={"MLP": certain, "CNN": certain})
        self.tag(sync=True, to_json=_pack_networks, from_json=_unpack_networks)

    def validate(self, obj: traitlets.HasTraits, value: object) -> dict[str, list]:
        """Return ``value`` with its probabilities rounded to thousandths, or raise TraitError."""
        networks = {name: plain(table) for name, table in value.items()} if isinstance(value, dict) else value
        problem = _network_problem(networks)
        if problem:
            raise traitlets.TraitError(
                f"{type(obj).__name__}: {self.name} should be a dictionary of two networks' names, each with "
                f"(K, {SIDE}, {SIDE}, classes) probabilities, [k, dy + {REACH}, dx + {REACH}] for a shift; {problem}"
            )
        return {
            name: [[[[x / WHOLE for x in in_thousandths(cell)] for cell in row] for row in rows] for rows in table]
            for name, table in networks.items()
        }


def _pack_networks(networks: dict[str, list], widget: object = None) -> list[list[str]]:
    """[name, "classes:" and two base64 digits a probability] of each network."""
    letters = [high + low for high in DIGITS for low in DIGITS]
    packed = []
    for name, table in networks.items():
        cells = itertools.chain.from_iterable(itertools.chain.from_iterable(table))
        digits = "".join(letters[round(WHOLE * p)] for p in itertools.chain.from_iterable(cells))
        packed.append([name, f"{len(table[0][0][0])}:{digits}"])
    return packed


def _unpack_networks(packed: list[list[str]], widget: object = None) -> dict[str, list]:
    """The inverse of ``_pack_networks``."""
    networks = {}
    for name, text in packed:
        count, digits = text.split(":")
        pairs = zip(digits[::2], digits[1::2], strict=True)
        values = [(64 * DIGITS.index(high) + DIGITS.index(low)) / WHOLE for high, low in pairs]
        for length in (int(count), SIDE, SIDE):
            values = [values[i : i + length] for i in range(0, len(values), length)]
        networks[name] = values
    return networks


def _network_problem(networks: object) -> str:
    """What keeps ``networks`` from being the probabilities of two networks, or an empty text."""
    if not isinstance(networks, dict):
        return f'got {type(networks).__name__}. Pass {{"MLP": …, "CNN": …}}.'
    if len(networks) != 2:
        return f"got {len(networks)}: {', '.join(map(str, networks)) or 'none'}. Compare two."
    for name, table in networks.items():
        problem = _table_problem(table)
        if problem:
            return f"{name}: {problem}"
    return ""


def _table_problem(table: object) -> str:
    """What keeps one network's table from being (K, 17, 17, classes) probabilities, or an empty text."""
    shape = shape_of(table)
    if shape is None:
        return "got lists of different lengths. Make them equally long."
    if len(shape) != 4 or shape[1:3] != (SIDE, SIDE) or 0 in shape:
        return f"got shape {shape}. Ask the network at every shift from −{REACH} to {REACH}, down and across."
    for k, down, across in itertools.product(range(shape[0]), range(SIDE), range(SIDE)):
        cell = table[k][down][across]
        where = f"at picture {k}, dy = {down - REACH}, dx = {across - REACH}"
        # a half-precision softmax adds up to one within about 0.01
        numbers = all(isinstance(p, int | float) and 0 <= p <= 1.01 for p in cell)
        if not numbers or abs(sum(cell) - 1) > 0.01:
            shown = ", ".join(f"{p:.3g}" if isinstance(p, float) else repr(p) for p in cell)
            return f"got {shown} {where}. Probabilities lie from 0 to 1 and add up to 1: logits.softmax(-1)."
    return ""
