"""The built-in data set: the same bytes everywhere, one nuisance a dial, and a shift that moves the object only."""

import hashlib
import math
import sys
import time

import numpy as np
import pytest
import torch

from cnn_lessons.data import Dials, channel_statistics, draw_shapes, load, shapes, verify
from cnn_lessons.data.outlines import OUTLINES
from cnn_lessons.data.painting import COSINES, spread
from cnn_lessons.data.shapes import CLASSES, LIMITS

OFF = dict.fromkeys(LIMITS, 0)
MOST = LIMITS
TEN = torch.arange(10)
SAME = torch.full((60,), CLASSES.index("square"))
# The first 16 hex digits of the SHA-256 of 40 pictures, for several seeds and settings of the dials.
KNOWN = [
    (0, {}, "f2c12030e4807273"),
    (1, {}, "e99ba773917f921c"),
    (0, OFF, "17ef4a07527ee552"),
    (0, MOST, "513944d2c36d180c"),
    (0, {**OFF, "clutter": 8, "position": 2.5}, "a966f0e94090d06d"),
    (7, {"size": 0.15, "colour": 0.4, "rotation": 17, "noise": 3.3}, "3505e723c65a0b9b"),
]


def digits(images):
    return hashlib.sha256(images.numpy().tobytes()).hexdigest()[:16]


def middle(images):
    """Return the middle of each object, (N, 2), rows and columns in pixels; for pictures that are light on dark."""
    weight = (images[:, 0].double() - images[:, 0, 0, 0].double()[:, None, None]).clamp(min=0)
    at = torch.arange(32) - 15.5
    total = weight.sum((1, 2))
    return torch.stack([(weight.sum(2) * at).sum(1) / total, (weight.sum(1) * at).sum(1) / total], 1)


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    return load("shapes", tmp_path_factory.mktemp("empty"), download=False)


@pytest.mark.parametrize(("seed", "dials", "known"), KNOWN)
def test_same_seed_and_dials_give_the_same_bytes_on_every_machine(seed, dials, known):
    assert digits(draw_shapes(TEN.repeat(4), seed=seed, **dials)) == known


def test_default_set_is_the_known_one_and_says_that_it_is_generated(default):
    assert default.fingerprint() == "95b5d21ad118530a"
    assert default.generated and default.name == "shapes" and default.classes == CLASSES and verify("shapes") == []
    for part, number in ((default.train, 10_000), (default.test, 2_000)):
        assert part.images.shape == (number, 3, 32, 32) and part.images.dtype == torch.uint8
        assert part.labels.dtype == torch.int64
        tens = part.labels.reshape(-1, 10)
        assert torch.equal(tens.sort().values, TEN.expand_as(tens)) and tens.unique(dim=0).shape[0] > number / 20
    assert (default.mean, default.std) == channel_statistics(default.train.images)


def test_no_picture_occurs_twice(default):
    drawn = draw_shapes(default.train.labels[:1000])
    pictures = [*default.train.images, *default.test.images, *drawn, *shapes(500, 1, seed=1).train.images]
    assert len({picture.numpy().tobytes() for picture in pictures}) == 13_500


def test_smaller_set_is_the_beginning_of_a_larger_one(default):
    small = shapes(train=333, test=7)
    for part, whole in ((small.train, default.train), (small.test, default.test)):
        number = len(part.labels)
        assert torch.equal(part.images, whole.images[:number]) and torch.equal(part.labels, whole.labels[:number])


def test_pictures_do_not_depend_on_how_many_are_painted_at_once(monkeypatch):
    expected = draw_shapes(TEN.repeat(3))
    monkeypatch.setattr(sys.modules["cnn_lessons.data.shapes"], "CHUNK", 7)
    assert torch.equal(draw_shapes(TEN.repeat(3)), expected)


def test_colours_do_not_tell_the_classes_apart(default):
    """Every class has the same mean colour, to within what chance allows: 5 of 255 is four standard errors."""
    images, labels = default.train
    means = torch.stack([images[labels == label].double().mean((0, 2, 3)) for label in range(10)])
    assert (means - means.mean(0)).abs().max() < 5


def test_outlines_fill_similar_parts_of_their_circle():
    at = np.arange(-1024, 1025, 16, dtype=np.int32)
    x, y = np.meshgrid(at, at)
    areas = [(outline(x, y) > 0).sum() * 256 / (math.pi * 1024**2) for outline in OUTLINES]
    assert min(areas) > 0.25 and max(areas) < 0.8
    assert all((outline(*np.int32([[-1200, 1200, 0, 0], [0, 0, -1200, 1200]])) < 0).all() for outline in OUTLINES)


def test_outline_values_are_distances_near_the_edge():
    """One step of a unit changes the value by about one, so that all edges are equally sharp."""
    at = np.arange(-1100, 1100, 2, dtype=np.int32)
    x, y = np.meshgrid(at, at)
    for outline in OUTLINES:
        inside = outline(x, y)
        near = np.abs(inside[1:-1, 1:-1]) < 12
        slope = np.hypot(inside[2:, 1:-1] - inside[:-2, 1:-1], inside[1:-1, 2:] - inside[1:-1, :-2])[near] / 4
        assert 0.85 < np.median(slope) < 1.15, outline.__name__


def test_cosines_are_right_to_the_last_digit():
    assert COSINES.tolist() == [round(16384 * math.cos(2 * math.pi * i / 256)) for i in range(256)]


def test_spread_gives_every_number_equally_often_ends_included():
    drawn = spread(np.random.PCG64(0).random_raw(70_000), -3, 3)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == list(range(-3, 4)) and drawn.dtype == np.int32
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 20  # chi-square with 6 degrees of freedom
    assert spread(np.array([0, 2**64 - 1], dtype=np.uint64), -5, 9).tolist() == [-5, 9]


def test_with_all_dials_at_zero_every_picture_of_a_class_is_the_same():
    images = draw_shapes(TEN.repeat(5), **OFF)
    assert torch.equal(images[:10].repeat(5, 1, 1, 1), images)
    assert len({digits(image) for image in images[:10]}) == 10
    assert torch.equal(images[:, 0], images[:, 1]) and torch.equal(images[:, 0], images[:, 2])  # grey


@pytest.mark.parametrize("dial", LIMITS)
def test_each_dial_brings_its_own_nuisance_and_its_zero_takes_it_away(dial):
    varied = draw_shapes(SAME, **{**OFF, dial: LIMITS[dial]})
    assert len({digits(image) for image in varied}) > 40
    calm = draw_shapes(SAME, **{**MOST, dial: 0})
    assert not torch.equal(calm, draw_shapes(SAME, **MOST))


def test_position_moves_the_object_up_to_so_many_pixels():
    for most in (0, 2, 5):
        places = middle(draw_shapes(SAME.repeat(10), **{**OFF, "position": most})).abs()
        assert places.max() <= most + 0.05 and places.max(0).values.min() >= 0.97 * most


def test_size_changes_the_radius_by_up_to_so_much():
    def side(images):
        return ((images[:, 0].double() - 70) / (images[0, 0, 16, 16] - 70)).clamp(min=0).sum((1, 2)).sqrt()

    usual = side(draw_shapes(SAME, **OFF))[0]
    sides = side(draw_shapes(SAME.repeat(10), **{**OFF, "size": 0.4})) / usual
    assert 0.59 < sides.min() < 0.62 and 1.38 < sides.max() < 1.41


def test_rotation_turns_the_object_by_up_to_so_many_degrees():
    """An arrow points up; the middle of what is bright lies above the middle of its box by the head's weight."""
    labels = torch.full((400,), CLASSES.index("arrow"))
    ups = {most: middle(draw_shapes(labels, **{**OFF, "rotation": most})) for most in (0, 30, 180)}
    angles = {most: torch.rad2deg(torch.atan2(at[:, 1], -at[:, 0])) for most, at in ups.items()}
    assert angles[0].abs().max() < 1
    assert 26 < angles[30].abs().max() < 34 and angles[30].min() < -26
    assert angles[180].max() > 165 and angles[180].min() < -165


def test_colour_gives_hues_and_up_to_half_dark_objects():
    images = draw_shapes(SAME.repeat(20), **{**OFF, "colour": 1}).double()
    darker = (images[:, :, 16, 16].mean(1) < images[:, :, 0, 0].mean(1)).double().mean()
    assert 0.45 < darker < 0.55
    assert (images.amax(1) - images.amin(1)).amax((1, 2)).median() > 60
    half = draw_shapes(SAME.repeat(20), **{**OFF, "colour": 0.5}).double()
    assert 0.2 < (half[:, :, 16, 16].mean(1) < half[:, :, 0, 0].mean(1)).double().mean() < 0.3


def test_every_object_stands_out_from_its_ground():
    images = draw_shapes(SAME.repeat(20), **{**OFF, "colour": 1}).double()
    contrast = (images[:, :, 16, 16] - images[:, :, 2, 16]).abs().amax(1)
    assert contrast.min() > 20 and contrast.median() > 100


def test_clutter_adds_strokes_that_cover_little():
    calm = draw_shapes(SAME, **OFF)
    for pieces in (1, 4, 8):
        touched = (draw_shapes(SAME, **{**OFF, "clutter": pieces}) != calm).any(1).double().mean()
        assert 0.004 * pieces < touched < 0.03 * pieces


def test_dials_may_be_numbers_of_numpy():
    assert torch.equal(
        draw_shapes([3], clutter=np.int64(2), size=np.float32(0.25)), draw_shapes([3], clutter=2, size=0.25)
    )


@pytest.mark.parametrize(
    ("small", "plain"),
    [
        ({"shift": (np.uint8(20), np.int8(-20))}, {"shift": (20, -20)}),
        ({"noise": np.uint8(20), "position": np.int8(16)}, {"noise": 20, "position": 16}),
        ({"rotation": np.uint8(90), "colour": np.uint8(1)}, {"rotation": 90, "colour": 1}),
    ],
)
def test_small_numbers_of_numpy_do_not_overflow(small, plain):
    assert torch.equal(draw_shapes([3], **small), draw_shapes([3], **plain))


@pytest.mark.parametrize("noise", [5, 12, 30])
def test_noise_has_the_deviation_it_says_and_no_mean(noise):
    added = draw_shapes(SAME, **{**OFF, "noise": noise}).double() - draw_shapes(SAME, **OFF)
    assert abs(added.mean()) < 0.01 * noise and added.std() == pytest.approx(noise, rel=0.02)
    images = added.flatten(1)
    assert abs((images[:-1] * images[1:]).mean()) < 0.02 * noise**2  # no two images share it


@pytest.mark.parametrize("shift", [(3, 0), (0, 5), (-6, 4), (8, 8)])
def test_shift_moves_the_object_and_nothing_else(shift):
    right, down = shift
    plain, moved = draw_shapes(TEN, **OFF), draw_shapes(TEN, shift=shift, **OFF)
    kept = torch.roll(plain, (down, right), (2, 3))
    inside = torch.zeros(32, 32, dtype=torch.bool)
    inside[max(down, 0) : 32 + min(down, 0), max(right, 0) : 32 + min(right, 0)] = True
    assert torch.equal(moved[:, :, inside], kept[:, :, inside])  # pixel by pixel, cut where it leaves the picture
    busy = {"position": 0, "size": 0}
    before, after = draw_shapes(TEN, **busy), draw_shapes(TEN, shift=shift, **busy)
    far = torch.hypot(*torch.meshgrid(torch.arange(32) - 15.5, torch.arange(32) - 15.5, indexing="ij")) > 12
    far &= torch.roll(far, (down, right), (0, 1)) & inside
    assert far.sum() > 50 and torch.equal(before[:, :, far], after[:, :, far])  # ground, clutter and noise stay


def test_shift_by_eight_pixels_keeps_nine_tenths_of_a_centred_object():
    plain, moved = (draw_shapes(TEN, shift=shift, **OFF)[:, 0].double() for shift in ((0, 0), (8, 0)))
    ground = plain[0, 0, 0]
    assert ((moved - ground).sum((1, 2)) > 0.9 * (plain - ground).sum((1, 2))).all()
    assert not (draw_shapes(TEN, shift=(32, 32), **OFF) != ground).any()  # gone, without complaint


def test_ten_thousand_pictures_take_less_than_three_seconds_on_one_core():
    draw_shapes(TEN)
    start = time.process_time()
    draw_shapes(TEN.repeat(200))
    assert 5 * (time.process_time() - start) < 3


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: shapes(colors=1), "expected the dials position, size, colour, rotation, clutter, noise, got colors"),
        (lambda: shapes(noise=65), "shapes: expected noise from 0 to 64, got 65"),
        (lambda: Dials(size=-0.1), "shapes: expected size from 0 to 0.5, got -0.1"),
        (lambda: Dials(rotation=float("nan")), "shapes: expected rotation from 0 to 180, got nan"),
        (lambda: Dials(position="far"), "shapes: expected position from 0 to 16, got 'far'"),
        (lambda: shapes(clutter=1.5), "clutter: expected an integer of at least 0, got 1.5"),
        (lambda: shapes(train=0), "train: expected at least 1, got 0"),
        (lambda: shapes(test=0.5), "test: expected an integer of at least 1, got 0.5"),
        (lambda: shapes(seed=-1), "seed: expected at least 0, got -1"),
        (lambda: draw_shapes([0], seed=0.5), "seed: expected an integer of at least 0, got 0.5"),
        (lambda: draw_shapes([0, 10]), "draw_shapes: expected a list of labels from 0 to 9, got [ 0 10]"),
        (lambda: draw_shapes(5), "draw_shapes: expected a list of labels from 0 to 9, got 5"),
        (lambda: draw_shapes([0], shift=(40, 0)), "expected (right, down), from -32 to 32 pixels each, got (40, 0)"),
        (lambda: draw_shapes([0], shift=(1, 2, 3)), "expected (right, down), from -32 to 32 pixels each, got (1, 2"),
        (lambda: draw_shapes([0], shift=(0.5, 0)), "shift: expected an integer"),
        (lambda: draw_shapes([0], shift=3), "expected (right, down), from -32 to 32 pixels each, got 3"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, says):
    with pytest.raises(ValueError) as refusal:
        call()
    assert says in str(refusal.value)
