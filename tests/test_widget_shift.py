"""The shift explorer: its arithmetic against torch, the Python class and its messages."""

import functools
import json
import random
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import traitlets
from widget_harness import ask_node, html_of

from cnn_lessons.widgets import ShiftExplorer, shifted
from cnn_lessons.widgets.shiftdata import in_thousandths

CLASSES = ("circle", "ring", "square")
SHIFTS = range(-8, 9)
ask = functools.partial(ask_node, "cnn-shift")


def softmaxed(*shape: int, spread: float = 3.0, seed: int = 0) -> torch.Tensor:
    """Probabilities as a network gives them; a small spread makes near ties."""
    generator = torch.Generator().manual_seed(seed)
    return (spread * torch.randn(shape, generator=generator, dtype=torch.float64)).softmax(-1)


def explorer(count: int = 2, classes: tuple = CLASSES, **changes) -> ShiftExplorer:
    """An explorer of random pictures and probabilities, with some of its arguments changed."""
    images = torch.randint(0, 256, (count, 3, 9, 11), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    tables = {"MLP": softmaxed(count, 17, 17, len(classes)), "CNN": softmaxed(count, 17, 17, len(classes), seed=1)}
    arguments = {"images": images, "probabilities": tables, "labels": [k % 2 for k in range(count)], "classes": classes}
    return ShiftExplorer(**{**arguments, **changes})


def attribute(widget: ShiftExplorer, name: str):
    text = re.search(rf' {name}="([^"]*)"', html_of(widget))[1].replace("&quot;", '"')
    return json.loads(text)


def torch_shift(images: torch.Tensor, dy: int, dx: int, fill: list[int]) -> torch.Tensor:
    """The oracle: torch's padding, negative on the side where the picture leaves."""
    channels = [F.pad(images[:, c], (dx, -dx, dy, -dy), value=colour) for c, colour in enumerate(fill)]
    return torch.stack(channels, 1)


def random_shifts(count: int) -> list[tuple]:
    """(picture (1, 3, H, W), dy, dx, fill): every corner of the range, no shift at all, and anything between."""
    r, generator = random.Random(0), torch.Generator().manual_seed(0)
    corners = [(dy, dx) for dy in (-8, 0, 8) for dx in (-8, 0, 8)]
    moves = corners + [(r.randint(-8, 8), r.randint(-8, 8)) for _ in range(count - len(corners))]
    cases = []
    for dy, dx in moves:
        size = (1, 3, r.randint(9, 12), r.randint(9, 17))
        picture = torch.randint(0, 256, size, dtype=torch.uint8, generator=generator)
        cases.append((picture, dy, dx, [r.randrange(256) for _ in "RGB"]))
    return cases


# ---- arithmetic -----------------------------------------------------------------------------------------------


def test_page_moves_a_picture_as_torch_does(tmp_path):
    cases = random_shifts(400)
    arguments = []
    for picture, dy, dx, fill in cases:
        _, _, rows, cols = picture.shape
        image = {"rows": rows, "cols": cols, "data": picture[0].permute(1, 2, 0).flatten().tolist()}
        arguments.append((image, [dy, dx], fill))
    moved = ask("shiftImage", arguments, tmp_path)
    for case, got in zip(cases, moved, strict=True):
        expected = torch_shift(*case)[0].permute(1, 2, 0)
        assert [got["rows"], got["cols"]] == list(expected.shape[:2])
        assert list(got["data"].values()) == expected.flatten().tolist(), case[1:]


def test_shifted_moves_tensors_and_arrays_as_torch_does():
    for picture, dy, dx, fill in random_shifts(200):
        before, expected = picture.clone(), torch_shift(picture, dy, dx, fill)
        assert torch.equal(shifted(picture, dy, dx, fill), expected)
        assert torch.equal(picture, before)
        moved = shifted(picture.numpy(), dy, dx, tuple(fill))
        assert moved.dtype == np.uint8 and (moved == expected.numpy()).all()


def test_shifted_fills_each_picture_with_its_own_colour_and_moves_down_and_right():
    images = torch.arange(2 * 3 * 9 * 9, dtype=torch.uint8).reshape(2, 3, 9, 9)
    colours = torch.tensor([[1, 2, 3], [250, 251, 252]], dtype=torch.uint8)
    moved = shifted(images, 2, 3, colours)
    for k in range(2):
        assert torch.equal(moved[k : k + 1], torch_shift(images[k : k + 1], 2, 3, colours[k].tolist()))
    assert moved[0, 0, 2, 3] == images[0, 0, 0, 0] and moved[1, :, 0, 0].tolist() == [250, 251, 252]
    assert torch.equal(shifted(images, 2, 3, [[1, 2, 3]]), shifted(images, 2, 3, (1, 2, 3)))
    for far in (9, 10, -9, -10, 40, -40):
        assert (shifted(images, far, 0) == 0).all() and (shifted(images, 0, far) == 0).all()


@pytest.mark.parametrize("fill", [(0,), (0, 0, 0, 0), [[0, 0, 0]] * 3, [[0, 0, 0], [0]]])
def test_shifted_refuses_a_fill_without_a_value_for_each_channel(fill):
    with pytest.raises(ValueError, match=r"a value for each channel, \(3,\), or a row of them for each picture"):
        shifted(torch.zeros(2, 3, 9, 9), 0, 2, fill)


def test_shifted_moves_grey_pictures_and_refuses_what_is_no_batch():
    picture = torch.arange(81.0).reshape(1, 1, 9, 9)
    assert torch.equal(shifted(picture, 2, 3, (7,)), torch_shift(picture, 2, 3, [7]))
    with pytest.raises(ValueError, match=r"a value for each channel, \(1,\), .* got \[0, 0, 0\]"):
        shifted(picture, 2, 3)
    with pytest.raises(ValueError, match=r"expected \(K, C, H, W\), got \(1, 9, 9\). For one, pass picture\[None\]"):
        shifted(picture[0], 2, 3)


def test_thousandths_add_up_keep_the_order_and_the_prediction():
    for seed, spread in [(0, 3.0), (1, 0.001), (2, 30.0)]:
        for row in softmaxed(300, 10, spread=spread, seed=seed).tolist():
            shares = in_thousandths(row)
            assert sum(shares) == 1000 and shares.index(max(shares)) == row.index(max(row))
            assert all(abs(share - 1000 * p) < 2 for share, p in zip(shares, row, strict=True))
            ranked = [shares[i] for i in sorted(range(10), key=row.__getitem__)]
            assert sum(high < low for low, high in zip(ranked, ranked[1:], strict=False)) == 0
    assert in_thousandths([0.3332, 0.3332, 0.3336])[2] == 334
    assert in_thousandths([0.33335, 0.33331, 0.33334]) == [334, 333, 333]


def test_page_reads_every_probability_and_every_prediction(tmp_path):
    sizes = [(1, 2), (2, 3), (2, 10)]
    widgets = [explorer(count, tuple(map(str, range(n))), labels=[n - 1] * count) for count, n in sizes]
    packed = [attribute(widget, "probabilities")[0] for widget in widgets]
    assert [name for name, _ in packed] == ["MLP"] * 3
    tables = ask("unpackShares", [[text] for _, text in packed], tmp_path)
    for (count, n), table in zip(sizes, tables, strict=True):
        table["shares"] = list(table["shares"].values())
        assert (table["count"], len(table["shares"])) == (n, count * 17 * 17 * n)
    places = [(i, k, dy, dx) for i, k in ((0, 0), (1, 0), (1, 1)) for dy in SHIFTS for dx in SHIFTS]
    places = random.Random(0).sample(places, 300)
    found = ask("sharesAt", [(tables[i], k, [dy, dx]) for i, k, dy, dx in places], tmp_path)
    ends = [(table, count - 1, n - 1) for (count, n), table in zip(sizes, tables, strict=True)]
    maps = ask("landscape", ends, tmp_path)
    given = [softmaxed(count, 17, 17, n) for count, n in sizes]
    for (i, k, dy, dx), shares in zip(places, found, strict=True):
        expected = given[i][k, dy + 8, dx + 8]
        torch.testing.assert_close(torch.tensor(shares).double() / 1000, expected, atol=0.002, rtol=0)
        assert shares.index(max(shares)) == expected.argmax()
    for (count, n), expected, cells in zip(sizes, given, maps, strict=True):
        right = expected[count - 1].argmax(-1) == n - 1
        assert [cell["top"] for cell in cells] == right.flatten().tolist()
        shares = torch.tensor([cell["share"] for cell in cells]).double() / 1000
        torch.testing.assert_close(shares, expected[count - 1, :, :, n - 1].flatten(), atol=0.002, rtol=0)


def test_verdict_is_the_largest_entry_in_whole_percent(tmp_path):
    r = random.Random(0)
    rows = [in_thousandths(row) for row in softmaxed(600, 3, spread=1.0).tolist()]
    rows += [[500, 500, 0], [0, 500, 500], [995, 5, 0], [5, 994, 1]]  # of equals the first; a half goes up
    labels = [r.randrange(3) for _ in rows]
    verdicts = ask("verdictOf", [(row, CLASSES, k) for row, k in zip(rows, labels, strict=True)], tmp_path)
    for row, label, verdict in zip(rows, labels, verdicts, strict=True):
        top = row.index(max(row))
        assert verdict == {"says": CLASSES[top], "percent": (row[top] + 5) // 10, "right": top == label}, row


def test_drags_clicks_and_keys_end_on_whole_pixels_within_reach(tmp_path):
    r = random.Random(0)
    drags = [
        ([r.randint(-8, 8) for _ in "yx"], [r.uniform(-99, 99) for _ in "yx"], r.uniform(4, 12)) for _ in range(400)
    ]
    clicks = [([r.uniform(-3, 173) for _ in "yx"], [170, 170]) for _ in range(400)]
    keys = {
        "ArrowUp": [1, 3], "ArrowDown": [3, 3], "ArrowLeft": [2, 2], "ArrowRight": [2, 4], "Home": [0, 0], "Tab": None,
    }  # fmt: skip
    dragged, clicked = ask("draggedShift", drags, tmp_path), ask("clickedShift", clicks, tmp_path)
    pressed = [*(([2, 3], key) for key in keys), ([8, -8], "ArrowDown"), ([8, -8], "ArrowLeft")]
    keyed, cells = ask("keyedShift", pressed, tmp_path), ask("shiftOfCell", [[0], [16], [17], [144], [288]], tmp_path)
    for (start, by, pixel), got in zip(drags, dragged, strict=True):
        assert got == [max(-8, min(8, round(a + b / pixel))) for a, b in zip(start, by, strict=True)]
    for (at, _), got in zip(clicks, clicked, strict=True):
        assert got == [max(-8, min(8, int(a // 10) - 8)) for a in at]
    assert keyed == [*keys.values(), [8, -8], [8, -8]]
    assert cells == [[-8, -8], [-8, 8], [-7, -8], [0, 0], [8, 8]]


def test_words_name_both_directions(tmp_path):
    shifts = {(0, 3): "3 right, 0 down", (-2, -1): "1 left, 2 up", (0, 0): "0 right, 0 down"}
    verdicts = [{"says": "ring", "percent": 71, "right": False}, {"says": "circle", "percent": 96, "right": True}]
    assert ask("shiftWords", [[shift] for shift in shifts], tmp_path) == list(shifts.values())
    (spoken,) = ask("spokenVerdicts", [([0, 3], ["MLP", "CNN"], verdicts)], tmp_path)
    assert spoken == "shift 3 right, 0 down: MLP says ring, 71 percent, wrong; CNN says circle, 96 percent, right"


# ---- Python ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda x: x, np.asarray, torch.Tensor.tolist], ids=["tensor", "array", "list"])
def test_arrays_tensors_and_lists_give_the_same_widget(make):
    images = torch.arange(2 * 3 * 4 * 5, dtype=torch.uint8).reshape(2, 3, 4, 5)
    tables = {"MLP": make(softmaxed(2, 17, 17, 3)), "CNN": make(softmaxed(2, 17, 17, 3, seed=1))}
    fill = make(torch.tensor([[1, 2, 3], [4, 5, 6]]))
    widget = ShiftExplorer(make(images), tables, make(torch.tensor([0, 2])), CLASSES, fill)
    assert widget.images == images.tolist() and widget.labels == [0, 2] and widget.classes == list(CLASSES)
    assert widget.fill == [[1, 2, 3], [4, 5, 6]]
    torch.testing.assert_close(
        torch.tensor(widget.probabilities["CNN"]).double(), softmaxed(2, 17, 17, 3, seed=1), atol=0.002, rtol=0
    )
    assert "2 pictures" in repr(widget) and "MLP against CNN" in repr(widget)


def test_picture_reaches_the_page_to_the_byte(tmp_path):
    widget = explorer(3, fill=[9, 8, 7])
    unpacked = ask("unpackImage", [[text] for text in attribute(widget, "images")], tmp_path)
    for image, got in zip(widget.images, unpacked, strict=True):
        assert (got["rows"], got["cols"]) == (9, 11)
        assert list(got["data"].values()) == torch.tensor(image).permute(1, 2, 0).flatten().tolist()
    assert attribute(widget, "fill") == [[9, 8, 7]]


def test_state_goes_to_the_page_and_comes_back():
    widget, other = explorer(3, dy=-3, dx=8, chosen=2), explorer(1)
    state = json.loads(json.dumps(widget.get_state(widget.state_names())))
    with other.hold_trait_notifications():
        other.set_state(state)
    for name in widget.state_names():
        assert getattr(other, name) == getattr(widget, name), name
    assert other.get_state(other.state_names()) == widget.get_state(widget.state_names())


@pytest.mark.parametrize(("count", "most"), [(4, 70_000), (6, 100_000)])
def test_element_stays_small(count, most):
    names = tuple(f"class {i}" for i in range(10))
    assert len(html_of(explorer(count, names, images=torch.zeros(count, 3, 32, 32, dtype=torch.uint8)))) < most


def test_observe_hears_what_the_page_changes():
    heard = []
    widget = explorer()
    widget.observe(lambda change: heard.append((change["name"], change["new"])), widget.state_names())
    widget.set_state({"dy": -2, "dx": 5, "chosen": 1})
    assert heard == [("dy", -2), ("dx", 5), ("chosen", 1)]


def a_float_picture() -> torch.Tensor:
    return torch.full((2, 3, 9, 9), 0.5)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ("shapes", "images should be (K, 3, H, W), whole numbers from 0 to 255"),
        ("shapes", "got str 'shapes'. Pass an array, a tensor or nested lists."),
        (torch.zeros(3, 9, 9, dtype=torch.uint8), "got shape (3, 9, 9). Put one picture alone into a batch of one"),
        (torch.zeros(2, 9, 9, 3, dtype=torch.uint8), "Put the channels second: x.permute(0, 3, 1, 2)"),
        (torch.zeros(2, 1, 9, 9, dtype=torch.uint8), "got shape (2, 1, 9, 9). Three channels are wanted"),
        (torch.zeros(7, 3, 9, 9, dtype=torch.uint8), "got shape (7, 3, 9, 9). Pick a few, such as x[:6]."),
        (torch.zeros(2, 3, 33, 9, dtype=torch.uint8), "Cut a piece, such as x[:, :, :32, :32]."),
        (torch.zeros(0, 3, 9, 9, dtype=torch.uint8), "got shape (0,). Pass a batch of pictures."),
        (a_float_picture(), "got the entry 0.5. Pass the bytes that were there before"),
        (torch.full((2, 3, 9, 9), 256), "got the entry 256. Clip it"),
        ([[[[0]], [[0]], [[0, 0]]]], "got rows or channels of different lengths."),
    ],
)
def test_bad_pictures_are_refused_with_what_to_do(images, message):
    with pytest.raises(traitlets.TraitError) as error:
        explorer(images=images)
    assert "ShiftExplorer: " in str(error.value) and message in str(error.value)


def with_one_changed(value: float) -> torch.Tensor:
    table = softmaxed(2, 17, 17, 3)
    table[1, 3, 16, 0] = value
    return table


GOOD = softmaxed(2, 17, 17, 3)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([GOOD, GOOD], 'got list. Pass {"MLP": …, "CNN": …}.'),
        ({"CNN": GOOD}, "got 1: CNN. Compare two."),
        ({"A": GOOD, "B": GOOD, "C": GOOD}, "got 3: A, B, C. Compare two."),
        ({"MLP": GOOD, "CNN": GOOD[:, :16]}, "CNN: got shape (2, 16, 17, 3). Ask the network at every shift"),
        ({"MLP": GOOD[0], "CNN": GOOD}, "MLP: got shape (17, 17, 3)."),
        ({"MLP": "high", "CNN": GOOD}, "MLP: got shape ()."),
        ({"MLP": GOOD, "CNN": 5 * GOOD.log()}, "at picture 0, dy = -8, dx = -8. Probabilities lie from 0 to 1"),
        ({"MLP": GOOD, "CNN": with_one_changed(0.999)}, "at picture 1, dy = -5, dx = 8. Probabilities lie from 0 to 1"),
        ({"MLP": GOOD, "CNN": with_one_changed(float("nan"))}, "got nan, "),
        ({"MLP": GOOD, "CNN": GOOD[:1]}, "a table for each of the 2 pictures; got 1 from CNN."),
        ({"MLP": softmaxed(2, 17, 17, 4), "CNN": GOOD}, "an entry for each of the 3 classes; got 4 from MLP."),
    ],
)
def test_bad_probabilities_are_refused_with_what_to_do(tables, message):
    with pytest.raises(traitlets.TraitError) as error:
        explorer(probabilities=tables)
    assert "ShiftExplorer: probabilities should " in str(error.value) and message in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [0]}, "labels should be 2 numbers from 0 to 2, one for each picture; got [0]."),
        ({"labels": [0, 3]}, "labels should be 2 numbers from 0 to 2, one for each picture; got [0, 3]."),
        ({"labels": ["circle", "ring"]}, "labels"),
        ({"classes": ("circle", "ring", "ring")}, "classes should be 2 to 10 different names"),
        ({"classes": "abc"}, "classes"),
        ({"fill": [0, 0]}, "fill should be one colour, three whole numbers from 0 to 255"),
        ({"fill": [0, 0, 256]}, "got [[0, 0, 256]]. Pass the colour of the background."),
        ({"fill": [[0, 0, 0]] * 3}, "or one for each of the 2 pictures"),
        ({"fill": 0}, "fill should be a matrix of numbers"),
        ({"dy": 9}, "dy"),
        ({"dx": -9}, "dx"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(traitlets.TraitError) as error:
        explorer(**changes)
    assert message in str(error.value)


@pytest.mark.parametrize(("name", "bad"), [("labels", [99, 7]), ("classes", ["only"]), ("fill", [[300, 0, 0]])])
def test_setting_is_judged_by_the_new_value_and_the_old_one_stays(name, bad):
    widget = explorer()
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError):
        setattr(widget, name, bad)
    assert getattr(widget, name) == before
    setattr(widget, name, before)
    widget.labels = [1, 2]


def test_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="got unknown row; expected images, "):
        explorer(row=2)


def test_half_precision_probabilities_are_welcome():
    table = softmaxed(2, 17, 17, 3).bfloat16()
    widget = explorer(probabilities={"MLP": table, "CNN": table.half()})
    cell = widget.probabilities["MLP"][0][0][0]
    assert sum(round(1000 * p) for p in cell) == 1000
