"""The pooling stepper in a real browser, with real keys and clicks, from a file and once over http."""

import pytest
from playwright.sync_api import expect
from widget_harness import both_ways, cell, contrast, grid, html_of, overflow_of, values

from cnn_lessons.widgets import PoolingStepper

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser

IMAGE = [[4, 1, 0, -2, 5], [2, 3, 7, 1, 0], [0, 6, 1, 1, 2], [8, 0, 2, 4, 9], [1, 1, 3, 0, 2]]


def stepper(**settings) -> PoolingStepper:
    return PoolingStepper(**{"image": IMAGE, **settings})


def paint_of(node, colour: str) -> list[int]:
    """A colour of the style sheet as it comes out on white at this place."""
    return node.evaluate(
        """(node, colour) => {
            const probe = node.appendChild(document.createElement("i"));
            probe.style.color = colour;
            const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
            for (const paint of ["white", getComputedStyle(probe).color]) {
                context.fillStyle = paint;
                context.fillRect(0, 0, 1, 1);
            }
            probe.remove();
            return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
        }""",
        colour,
    )


def choose(page, group: str, text: str) -> None:
    """Click one of the visible choices of a setting."""
    page.get_by_role("radiogroup", name=group).locator("label").filter(has_text=text).first.click()


@both_ways
def test_clicking_next_walks_and_fills_the_output(widget_page):
    page = widget_page(stepper())
    assert values(page, "Output") == [["4", ""], ["", ""]]
    page.get_by_role("button", name="Next step").click()
    expect(page.get_by_role("status")).to_have_text("window row 1, column 2: max(0, −2, 7, 1) = 7")
    page.get_by_role("button", name="Fill all").click()
    assert values(page, "Output") == [["4", "7"], ["8", "4"]]


def test_keys_move_the_window_and_the_focus_follows(widget_page):
    page = widget_page(stepper())
    cell(page, "Output", 0, 0).focus()
    for key, row, col in [("ArrowRight", 0, 1), ("ArrowDown", 1, 1), ("Home", 1, 0), ("n", 1, 1), ("n", 1, 1)]:
        page.keyboard.press(key)
        expect(cell(page, "Output", row, col)).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("This is the last window.")


def test_average_writes_the_mean_out(widget_page):
    page = widget_page(stepper(col=1))
    choose(page, "Keep the", "average")
    expect(page.locator(".cnnw-sum")).to_have_text("window row 1, column 2: (0 + (−2) + 7 + 1) / 4 = 1.5")
    expect(page.locator(".cnnw-sign")).to_have_text("average →")
    assert page.get_by_role("radiogroup", name="Dilation").locator("input:enabled").count() == 0


def test_editing_a_cell_changes_the_winner(widget_page):
    page = widget_page(stepper())
    expect(page.locator(".cnnw-winner")).to_have_attribute(
        "aria-label", "row 1, column 1: 4, in the window, the largest"
    )
    cell(page, "Input", 1, 1).click()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.locator(".cnnw-winner")).to_have_attribute(
        "aria-label", "row 2, column 2: 12, in the window, the largest"
    )
    expect(page.get_by_role("status")).to_contain_text("max(4, 1, 2, 12) = 12")


def test_max_pads_with_minus_infinity(widget_page):
    page = widget_page(stepper(image=[[-3, -1], [-2, -4]], padding=1))
    assert values(page, "Input")[0] == ["−∞"] * 4
    expect(page.locator(".cnnw-sum")).to_contain_text("max(−∞, −∞, −∞, −3) = −3")


def test_average_counts_the_padding_or_not(widget_page):
    page = widget_page(stepper(padding=1, mode="average"))
    assert values(page, "Input")[0] == ["0"] * 7
    expect(page.locator(".cnnw-sum")).to_contain_text("(0 + 0 + 0 + 4) / 4 = 1")
    page.get_by_label("An average counts the padding").uncheck()
    assert values(page, "Input")[0] == ["·"] * 7
    expect(page.locator(".cnnw-sum")).to_contain_text("(4) / 1 = 4")


def test_ceil_mode_hangs_over_the_edge(widget_page):
    page = widget_page(stepper(filled=True))
    expect(page.locator(".cnnw-formula")).to_contain_text("⌊(5 + 2·0 − 1·(2 − 1) − 1) / 2⌋ + 1 = 2")
    page.get_by_label("Round the size up").check()
    assert values(page, "Output") == [["4", "7", "5"], ["8", "4", "9"], ["1", "3", "2"]]
    assert page.locator(".cnnw-outside").count() == 11
    expect(page.locator(".cnnw-formula")).to_contain_text(
        "⌈(5 + 2·0 − 1·(2 − 1) − 1) / 2⌉ + 1 = 3; the last window starts at (3 − 1)·2 = 4 < 5 + 0"
    )
    cell(page, "Output", 2, 2).click()
    expect(page.locator(".cnnw-sum")).to_contain_text("window row 3, column 3: max(2) = 2")
    choose(page, "Keep the", "average")
    expect(page.locator(".cnnw-sum")).to_contain_text("(2) / 1 = 2")


def test_a_window_that_would_start_outside_is_dropped(widget_page):
    page = widget_page(stepper(image=[[1] * 5] * 5, kernel_size=2, stride=3, padding=1, ceil_mode=True))
    expect(page.locator(".cnnw-formula")).to_contain_text(
        "⌈(5 + 2·1 − 1·(2 − 1) − 1) / 3⌉ + 1 = 3, less 1 = 2; the last window would start at (3 − 1)·3 = 6 ≥ 5 + 1"
    )
    assert len(values(page, "Output")) == 2


def test_overlap_is_marked_and_counted(widget_page):
    page = widget_page(stepper(kernel_size=3, stride=2))
    text = "Windows overlap (stride 2, kernel 3): this one holds 9 input cells, and other windows read 5 of them too "
    text += "(striped)."
    expect(page.locator(".cnnw-formula")).to_contain_text(text)
    assert page.locator(".cnnw-shared").count() == 5
    labels = grid(page, "Input").locator("[tabindex]").evaluate_all("cells => cells.map((cell) => cell.ariaLabel)")
    assert [label for label in labels if label.endswith(", read by another window too")] == [
        "row 1, column 3: 0, in the window, read by another window too",
        "row 2, column 3: 7, in the window, the largest, read by another window too",
        *[f"row 3, column {i}: {x}, in the window, read by another window too" for i, x in enumerate((0, 6, 1), 1)],
    ]
    choose(page, "Stride", "3")
    expect(page.locator(".cnnw-formula")).to_contain_text("No window reads 16 input cells.")
    assert page.locator(".cnnw-shared").count() == 0
    choose(page, "Stride", "= kernel")
    expect(page.get_by_role("radio", name="= kernel")).to_be_checked()


def test_shared_cells_are_told_from_the_others_by_more_than_a_hint(widget_page):
    """Stripes of at least 3:1, which leave the numbers alone; in forced colours, which have none, a dotted edge."""
    page = widget_page(stepper(kernel_size=3, stride=2))
    shared = page.locator(".cnnw-shared").first
    stripe, ground = (paint_of(shared, f"var({name})") for name in ("--stripe", "--fill"))
    assert contrast(stripe, ground) >= 3
    assert "4px" in shared.locator("span").evaluate("text => getComputedStyle(text).textShadow")
    page.emulate_media(forced_colors="active")
    edge = "cell => getComputedStyle(cell).borderStyle"
    assert shared.evaluate(edge) == "dotted"
    assert {plain.evaluate(edge) for plain in page.locator(".cnnw-tap:not(.cnnw-shared)").all()} == {"solid"}


def test_overlap_of_spread_windows_names_the_dilation(widget_page):
    page = widget_page(stepper(kernel_size=2, dilation=2, image=[[1] * 6] * 6))
    expect(page.locator(".cnnw-formula")).to_contain_text("Windows overlap (stride 2, kernel 2, dilation 2)")


def test_kernel_larger_than_input_gives_one_message(widget_page):
    page = widget_page(stepper(image=[[1, 2, 3]] * 3))
    choose(page, "Kernel size", "5")
    message = "The kernel reaches over 5 rows, the padded input has only 3. "
    message += "Take a smaller kernel, a larger input or more padding."
    expect(page.locator(".cnnw-problem")).to_have_text(message)
    expect(page.get_by_role("status")).to_have_text(message)
    expect(grid(page, "Output")).not_to_be_visible()
    choose(page, "Kernel size", "3")
    expect(page.get_by_role("status")).to_contain_text("max(1, 2, 3, 1, 2, 3, 1, 2, 3) = 3")


def test_too_much_padding_gives_one_message(widget_page):
    page = widget_page(stepper())
    choose(page, "Padding", "2")
    expect(page.locator(".cnnw-problem")).to_contain_text("Padding 2 is more than half of the kernel 2")


def test_two_views_share_a_model(widget_page):
    widget = stepper()
    page = widget_page(html_of(widget), html_of(widget))
    page.get_by_label("Input", exact=True).first.select_option("checkerboard")
    expect(page.get_by_label("Input", exact=True).nth(1)).to_have_value("checkerboard")
    expect(page.locator(".cnnw-sum").nth(1)).to_contain_text("max(0, 9, 9, 0) = 9")


@pytest.mark.parametrize("settings", [{}, {"image": [[7] * 10] * 10, "kernel_size": 5, "padding": 2, "stride": 3}])
def test_no_sideways_scrolling_at_390_pixels(widget_page, settings):
    page = widget_page(stepper(**settings), viewport={"width": 390, "height": 800})
    assert overflow_of(page) == 0


def test_print_shows_the_settings_in_words(widget_page):
    page = widget_page(stepper(mode="average"))
    page.emulate_media(media="print")
    expect(page.locator(".cnnw-printed")).to_have_text(
        "average pooling: kernel 2, stride 2, padding 0, dilation 1, ceil_mode false, count_include_pad true."
    )
    expect(page.get_by_role("button", name="Play")).not_to_be_visible()


def test_with_a_kernel_changes_are_set_and_saved(kernel_page):
    page = kernel_page(stepper())
    choose(page, "Kernel size", "3")
    assert page.evaluate("kernel.log").count(["set", "kernel_size", 3]) == 1
    assert page.evaluate("kernel.log.at(-1)") == ["save_changes"]
    page.evaluate("kernel.receive('mode', 'average')")  # from Python
    expect(page.locator(".cnnw-sign")).to_have_text("average →")
