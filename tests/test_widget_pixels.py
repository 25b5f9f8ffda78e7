"""The pixel inspector: its arithmetic against Python's, the Python class and its messages."""

import base64
import colorsys
import json
import random
import re

import matplotlib.colors
import numpy as np
import pytest
import torch
import traitlets
from widget_harness import ask_node, contrast, html_of

from cnn_lessons.data import photograph
from cnn_lessons.widgets import PixelInspector

CASES = 900
GREYS = [[x, x, x] for x in (0, 1, 127, 128, 254, 255)]


def random_pixels() -> list[list[int]]:
    """Anything, with the corners of the colour cube, greys, ties and neighbours of red's seam at 360°."""
    r = random.Random(0)
    corners = [[a, b, c] for a in (0, 255) for b in (0, 255) for c in (0, 255)]
    ties = [r.sample([x, x, y], 3) for x, y in [(r.randrange(256), r.randrange(256)) for _ in range(100)]]
    seam = [[255, x, x + 1] for x in range(0, 254, 8)]
    rest = [[r.randrange(256) for _ in "RGB"] for _ in range(CASES)]
    return corners + GREYS + ties + seam + rest


def answers(name: str, pixels: list, folder) -> list:
    return ask_node("cnn-pixels", name, [[pixel] for pixel in pixels], folder)


# ---- arithmetic -----------------------------------------------------------------------------------------------


def test_hsv_matches_colorsys_and_matplotlib(tmp_path):
    pixels = random_pixels()
    got = np.array(answers("rgbToHsv", pixels, tmp_path))
    np.testing.assert_allclose(got, [colorsys.rgb_to_hsv(*(x / 255 for x in p)) for p in pixels], atol=1e-12)
    np.testing.assert_allclose(got, matplotlib.colors.rgb_to_hsv(np.array(pixels) / 255), atol=1e-12)


def test_every_pixel_but_a_grey_has_a_hue(tmp_path):
    assert answers("hasHue", [[254, 254, 255], [7, 7, 7], [0, 0, 0]], tmp_path) == [True, False, False]


def test_luminance_is_that_of_bt601(tmp_path):
    pixels = random_pixels()
    got = answers("luminance", pixels, tmp_path)
    np.testing.assert_allclose(got, np.array(pixels) @ [0.299, 0.587, 0.114], atol=1e-9)
    in_yiq = [255 * colorsys.rgb_to_yiq(*(x / 255 for x in p))[0] for p in pixels]
    np.testing.assert_allclose(got, in_yiq, atol=2.0)  # colorsys rounds the weights to two digits


def test_whole_hsv_rounds_and_wraps(tmp_path):
    pixels = random_pixels()
    for pixel, (hue, *percents) in zip(pixels, answers("wholeHsv", pixels, tmp_path), strict=True):
        h, s, v = colorsys.rgb_to_hsv(*(x / 255 for x in pixel))
        assert 0 <= hue < 360 and min(abs(hue - 360 * h), 360 - abs(hue - 360 * h)) <= 0.5 + 1e-9, pixel
        np.testing.assert_allclose(percents, [100 * s, 100 * v], atol=0.5 + 1e-9)


def test_hex_is_matplotlibs(tmp_path):
    pixels = random_pixels()
    expected = [matplotlib.colors.to_hex([x / 255 for x in pixel]).upper() for pixel in pixels]
    assert answers("hexOf", pixels, tmp_path) == expected


def test_numbers_can_be_read_on_every_colour(tmp_path):
    pixels = random_pixels()
    for pixel, ink in zip(pixels, answers("inkOn", pixels, tmp_path), strict=True):
        assert contrast(pixel, {"#000": [0] * 3, "#fff": [255] * 3}[ink]) >= 4.5, (pixel, ink)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (75, 64), (96, 96)])
def test_image_is_unpacked_to_the_byte(size, tmp_path):
    torch.manual_seed(0)
    image = torch.randint(0, 256, (*size, 3), dtype=torch.uint8)
    packed = re.search(r'image="([^"]*)"', html_of(PixelInspector(image)))[1]
    ((answer),) = answers("unpackImage", [packed], tmp_path)
    assert (answer["rows"], answer["cols"]) == size
    assert list(answer["data"].values()) == image.flatten().tolist()


def test_switched_off_channels_are_zero_and_one_alone_is_grey(tmp_path):
    image = {"rows": 1, "cols": 2, "data": [10, 20, 30, 200, 100, 0]}
    expected = {
        "RGB": [10, 20, 30, 255, 200, 100, 0, 255],
        "RB": [10, 0, 30, 255, 200, 0, 0, 255],
        "G": [20, 20, 20, 255, 100, 100, 100, 255],
        "": [0, 0, 0, 255, 0, 0, 0, 255],
    }
    views = ask_node("cnn-pixels", "channelView", [[image, channels] for channels in expected], tmp_path)
    assert [list(view.values()) for view in views] == list(expected.values())


# ---- Python ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [torch.tensor, np.array, list], ids=["tensor", "array", "list"])
def test_arrays_tensors_and_lists_give_the_same_widget(make):
    rows = [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [250, 251, 255]]]
    widget = PixelInspector(make(rows))
    assert widget.image == rows
    assert f'image="2x2:{base64.b64encode(bytes([*range(1, 10), 250, 251, 255])).decode()}"' in html_of(widget)


def test_state_goes_to_the_page_packed_and_comes_back():
    widget, other = PixelInspector(photograph(8)), PixelInspector([[[0, 0, 0]]])
    other.set_state(json.loads(json.dumps(widget.get_state(["image"]))))
    assert other.image == widget.image == photograph(8).tolist()
    assert len(html_of(widget)) < 75 * 64 * 3 * 4 / 3 + 600


def test_observe_hears_what_changes():
    heard = []
    widget = PixelInspector(photograph(8))
    widget.observe(lambda change: heard.append((change["name"], change["new"])), widget.state_names())
    widget.set_state({"row": 12, "column": 40, "channels": "G", "numbers": "blue"})  # what arrives from the page
    assert heard == [("row", 12), ("column", 40), ("channels", "G"), ("numbers", "blue")]


def test_channels_are_put_in_order():
    assert PixelInspector([[[0, 0, 0]]], channels="BR").channels == "RB"


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("picture.jpg", "got str 'picture.jpg'. Pass an array, a tensor or nested lists."),
        (None, "got NoneType None."),
        ([], "got shape (0,). Pass rows of pixels"),
        (torch.zeros(4, 5, dtype=torch.uint8), "got shape (4, 5). A grey image has one channel: repeat it"),
        (torch.zeros(3, 4, 5, dtype=torch.uint8), "got shape (3, 4, 5). Put the channels last: x.permute(1, 2, 0)."),
        (torch.zeros(1, 3, 4, 5, dtype=torch.uint8), "got shape (1, 3, 4, 5). Pick one image, such as x[0]."),
        (torch.zeros(4, 5, 4, dtype=torch.uint8), "got shape (4, 5, 4). Keep three channels"),
        (photograph(), "got shape (600, 512, 3). Cut a piece, such as x[:96, :96], or thin it out: x[::7, ::7]."),
        (torch.rand(4, 5, 3), "From 0 to 1? Scale it"),
        ([[[0, 0, 256]]], "got the entry 256. Clip it"),
        ([[[0, -1, 0]]], "got the entry -1. Clip it"),
        ([[[True, False, True]]], "got the entry True."),
        ([[[0, 0, 0]], [[0, 0, 0], [1, 1, 1]]], "different lengths. Make them equally long."),
        ([[[0, 0, 0], [0, 0]]], "different lengths. Make them equally long."),
        ([[[0, 0, "9"]]], "got the entry '9'."),
    ],
)
def test_bad_image_names_what_to_do(image, message):
    with pytest.raises(traitlets.TraitError) as error:
        PixelInspector(image)
    text = str(error.value)
    assert text.startswith("PixelInspector: image should be (H, W, 3), whole numbers from 0 to 255") and message in text
    assert len(text) < 300


@pytest.mark.parametrize(
    "settings", [{"channels": "RGX"}, {"channels": "RR"}, {"numbers": "hue"}, {"row": -1}, {"column": 1.5}]
)
def test_bad_setting_is_refused_by_name(settings):
    with pytest.raises(traitlets.TraitError, match=next(iter(settings))):
        PixelInspector([[[0, 0, 0]]], **settings)


def test_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="got unknown col; expected image, row, column, channels, numbers"):
        PixelInspector([[[0, 0, 0]]], col=2)
