"""Figures: each gives a PNG with its alt text, the same bytes twice, and says what it cannot show."""

import inspect
import re
import struct

import numpy
import pytest
import torch

from cnn_lessons import diagrams, plots

GREY, COLOUR = torch.arange(12.0).reshape(3, 4), numpy.zeros((3, 4, 3), dtype=numpy.uint8)
MAKE = {
    "images": lambda alt: plots.images({"grey": GREY, "colour": COLOUR, "third": GREY}, alt=alt, columns=2),
    "matrices": lambda alt: plots.matrices(
        {"x": GREY, "w": GREY[:2, :2]}, alt=alt, windows={"x": (0, 1, 2, 2)}, joiner="×"
    ),
    "curves": lambda alt: plots.curves({"a": [1, 2, 3], "b": GREY[0, :3]}, xlabel="step", ylabel="loss", alt=alt),
    "bars": lambda alt: plots.bars({"loops": 1000.0, "unfold": 1.5}, ylabel="time in ms", alt=alt, log=True),
    "scatter": lambda alt: plots.scatter(
        {"MLP": (2.0, 0.5), "CNN": (90.0, 0.8)}, xlabel="cost", ylabel="score", alt=alt, errors={"CNN": 0.1}, log=True
    ),
    "histogram": lambda alt: plots.histogram({"red": COLOUR, "x": GREY}, xlabel="value", alt=alt),
}


def texts(picture):
    """Return all that is written in a figure."""
    return " ".join(
        text.get_text() for text in picture.figure.findobj(match=lambda artist: hasattr(artist, "get_text"))
    )


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_figure_shows_itself_as_png_with_its_alt_text(make):
    data, metadata = make("A\n  picture.")._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG\r\n\x1a\n") and data["text/plain"] == "A picture."
    assert metadata == {"image/png": {"alt": "A picture."}}
    width, height = struct.unpack(">II", data["image/png"][16:24])
    assert 200 < width < 1200 and 100 < height < 1200
    assert len(data["image/png"]) < 100_000


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_figure_is_the_same_each_time(make):
    assert make("A picture.").png() == make("A picture.").png()


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_figure_without_alt_text_is_refused(make, alt):
    with pytest.raises(ValueError, match=re.escape(f"a sentence that says what the figure shows, got {alt!r}")):
        make(alt)


@pytest.mark.parametrize("values", [[1, 2], GREY], ids=["list", "tensor"])
@pytest.mark.parametrize("name", MAKE)
def test_figure_without_titles_is_refused(name, values):
    labels = {word: word for word in ("xlabel", "ylabel") if word in inspect.signature(getattr(plots, name)).parameters}
    with pytest.raises(ValueError, match=f"{name}: expected title → values, got {type(values).__name__}. Give it a"):
        getattr(plots, name)(values, alt="A picture.", **labels)


def test_axes_and_lines_are_labelled():
    assert {"step", "loss", "a", "b"} <= set(texts(MAKE["curves"]("Two curves.")).split())
    assert {"time", "1,000", "1.5"} <= set(texts(MAKE["bars"]("Two bars.")).split())
    assert {"cost", "score", "MLP", "CNN"} <= set(texts(MAKE["scatter"]("Two points.")).split())
    assert {"value", "pixels", "red"} <= set(texts(MAKE["histogram"]("Two samples.")).split())


def test_single_point_is_seen_and_a_seventh_line_is_no_first_one():
    many = {str(number): [number, number] for number in range(12)}
    lines = plots.curves(many, xlabel="x", ylabel="y", alt="lines").figure.axes[0].lines
    assert (
        len({(line.get_color(), str(line.get_linestyle()), str(line._unscaled_dash_pattern)) for line in lines}) == 12
    )
    (one,) = plots.curves({"one": [1.0]}, xlabel="x", ylabel="y", alt="a point").figure.axes[0].lines
    assert one.get_marker() == "o"


def test_lines_differ_by_more_than_their_colour():
    picture = plots.curves({str(i): [0, i] for i in range(6)}, xlabel="x", ylabel="y", alt="Six lines.")
    lines = picture.figure.axes[0].lines
    assert len({line.get_color() for line in lines}) == 6
    assert len({str(line.get_linestyle()) + str(line._unscaled_dash_pattern) for line in lines}) == 6


def test_matrices_write_every_number_with_a_true_minus_sign():
    picture = plots.matrices({"x": [[-1, 2.5], [0, 1 / 3]]}, alt="Four numbers.")
    assert {"−1", "2.5", "0", "0.3333"} <= set(texts(picture).split())


def test_matrices_frame_the_window_that_was_asked_for():
    patches = MAKE["matrices"]("A frame.").figure.axes[0].patches
    frames = [(p.get_y(), p.get_x(), p.get_height(), p.get_width()) for p in patches if not p.get_fill()]
    assert frames == [(0, 1, 2, 2)]


def test_matrices_tint_the_cells_that_are_marked():
    patches = plots.matrices({"x": GREY}, marked={"x": GREY > 9}, alt="Two tinted.").figure.axes[0].patches
    tinted = [(p.get_y(), p.get_x()) for p in patches if p.get_facecolor() != (1, 1, 1, 1)]
    assert tinted == [(2, 2), (2, 3)]


def test_titles_of_a_wide_figure_are_larger():
    sizes = [plots.images({str(n): GREY for n in range(many)}, alt="x", columns=5).figure.axes[0].title.get_size()
             for many in (1, 3, 5)]  # fmt: skip
    assert sizes[0] == sizes[1] < sizes[2]


def test_axes_end_where_they_are_told():
    (axes,) = plots.curves({"a": [50, 99]}, xlabel="x", ylabel="%", alt="A line.", low=0).figure.axes
    assert axes.get_ylim()[0] == 0
    (axes,) = plots.bars({"a": 40}, ylabel="%", alt="A bar.", top=65).figure.axes
    assert axes.get_ylim()[1] == 65


@pytest.mark.parametrize(("values", "said"), [([0.2, 10], {"0.2", "0.5", "1", "2", "5", "10"}), ([1e-3, 10], set())])
def test_short_logarithmic_axis_has_numbers_between_the_powers_of_ten(values, said):
    picture = plots.curves({"a": values}, xlabel="x", ylabel="y", alt="A line.", log=True)
    picture.png()
    labels = {label.get_text() for label in picture.figure.axes[0].get_yticklabels()}
    assert said <= labels and ("5" in labels) == ("5" in said)


def test_points_of_one_group_have_one_colour():
    points = {"a": (1, 1), "b": (2, 2), "c": (3, 3)}
    for groups, same in ((None, [0, 0, 0]), ({"a": "x", "b": "y", "c": "x"}, [0, 1, 0])):
        (axes,) = plots.scatter(points, xlabel="x", ylabel="y", alt="Points.", groups=groups).figure.axes
        colours = [bar.lines[0].get_color() for bar in axes.containers]
        assert [colours.index(colour) for colour in colours] == same


def test_images_share_a_grey_scale_where_low_and_high_are_given():
    figure = plots.images({"a": GREY, "b": 2 * GREY}, alt="Two.", low=0, high=22).figure
    assert [axes.images[0].get_clim() for axes in figure.axes] == [(0, 22), (0, 22)]


def test_matrices_refuse_what_is_no_matrix():
    with pytest.raises(ValueError, match=r"v: expected a matrix \(H, W\), got shape \(2,\)"):
        plots.matrices({"v": [1, 2]}, alt="A row.")


def test_images_refuse_what_is_no_picture():
    with pytest.raises(
        ValueError,
        match=r"expected 'x' of shape \(H, W\), \(H, W, 1\) or \(H, W, 3\), got shape \(3, 4, 5\). Do the",
    ):
        plots.images({"x": torch.zeros(3, 4, 5)}, alt="A picture.")
    with pytest.raises(ValueError, match=r"got shape \(0, 4\)"):
        plots.images({"x": torch.zeros(0, 4)}, alt="A picture.")


def test_figure_of_nothing_is_refused():
    x, y, alt = {"xlabel": "x"}, {"ylabel": "y"}, {"alt": "Nothing."}
    needs = {"curves": x | y, "scatter": x | y, "histogram": x, "bars": y, "images": {}, "matrices": {}}
    for name, labels in needs.items():
        with pytest.raises(ValueError, match=f"^{name}: expected something to show, got an empty dict"):
            getattr(plots, name)({}, **labels, **alt)
    with pytest.raises(ValueError, match="^widths: expected something to show, got an empty dict"):
        diagrams.widths({})


def test_images_take_a_digit_as_the_refusal_advises():
    digit = torch.eye(4).reshape(1, 4, 4)
    plots.images({"x": digit.permute(1, 2, 0)}, alt="A diagonal.")


@pytest.mark.parametrize("draw", ["bars", "scatter"])
def test_one_number_is_expected_where_one_is_drawn(draw):
    axes = {"ylabel": "y", "alt": "One point."} | ({"xlabel": "x"} if draw == "scatter" else {})
    two = torch.ones(2)
    with pytest.raises(ValueError, match=rf"{draw}: expected one number for 'norms', got shape \(2,\)"):
        getattr(plots, draw)({"norms": (1, two) if draw == "scatter" else two}, **axes)


def test_points_take_numbers_that_are_being_learned():
    weight = torch.ones(3, requires_grad=True)
    plots.scatter({"norm": (weight.sum(), weight.norm()[None])}, xlabel="sum", ylabel="norm", alt="One point.")


def test_bars_take_numbers_that_are_being_learned():
    weight = torch.nn.Parameter(torch.ones(4))
    drawn = plots.bars({"norm": weight.norm()}, ylabel="norm", alt="One bar.").figure.axes[0].patches
    assert [bar.get_height() for bar in drawn] == [2]


def test_curves_take_losses_that_are_being_learned_and_half_the_bits():
    losses = [torch.tensor(value, requires_grad=True) for value in (1.0, 2.0)]
    for line in (losses, torch.stack(losses), torch.stack(losses).bfloat16(), [loss.bfloat16() for loss in losses]):
        (drawn,) = plots.curves({"loss": line}, xlabel="x", ylabel="y", alt="A line.").figure.axes[0].lines
        assert drawn.get_ydata().tolist() == [1, 2]


@pytest.mark.parametrize(("line", "shape"), [([(1, 2), (3, 4), (5, 6)], r"\(3, 2\)"), (2.5, r"\(\)")])
def test_curves_refuse_what_is_not_one_line(line, shape):
    with pytest.raises(ValueError, match=rf"curves: expected \(T,\) values for 'ResNet', got shape {shape}. Of pairs"):
        plots.curves({"ResNet": line}, xlabel="x", ylabel="y", alt="A line.")


@pytest.mark.parametrize("log", [False, True])
def test_bars_whose_labels_are_numbers_stand_side_by_side(log):
    axes = plots.bars({0.1: 0.9, 0.01: 0.5, 0.001: 0.7}, ylabel="accuracy", alt="Three bars.", log=log).figure.axes[0]
    assert [patch.get_x() + patch.get_width() / 2 for patch in axes.patches] == pytest.approx([0, 1, 2])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.1", "0.01", "0.001"]


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_histogram_counts_half_precision_as_float32(half):
    values = torch.randn(5000, generator=torch.Generator().manual_seed(0)).to(half)
    pictures = [plots.histogram({"x": x}, xlabel="value", alt="A bell.") for x in (values, values.float())]
    drawn, expected = (picture.figure.axes[0].patches[0].get_xy() for picture in pictures)
    assert (drawn == expected).all()


def test_images_refuse_rows_without_a_picture():
    with pytest.raises(ValueError, match="columns: expected at least 1, got 0"):
        plots.images({"x": GREY}, alt="A picture.", columns=0)


def test_matrices_refuse_marks_of_another_shape():
    with pytest.raises(ValueError, match=r"marked: expected the shape of 'x', \(3, 4\), got \(2, 2\)"):
        plots.matrices({"x": GREY}, marked={"x": GREY[:2, :2] > 1}, alt="A table.")
