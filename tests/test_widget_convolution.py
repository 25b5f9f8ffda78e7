"""The convolution stepper in a real browser, with real keys and clicks, from a file and once over http."""

import io
import re
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from widget_harness import (
    both_ways,
    cell,
    contrast,
    grid,
    html_of,
    listen_to,
    overflow_of,
    said_in,
    stops_of_tab,
    values,
)

from cnn_lessons.widgets import ConvolutionStepper, PoolingStepper

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser

IMAGE = [[4, 0, 1, 2], [0, 3, 1, 0], [2, 5, 1, 1], [1, 0, 2, 6]]
ONES = [[1, 1], [1, 1]]
# Two views in place of that of `kernel`. As anywidget does it, each has a model of its own, around one layout.
TWIN_VIEWS = """async ([source, layout]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  kernel.stop();
  kernel.receive("layout", layout);
  for (const el of [kernel.el, document.querySelector("main")]) widget.render({ model: { ...kernel.model }, el });
}"""


# The colours of the book's two themes, and those of a reader whose system gives every page its own.
LOOKS = {
    "light": ({}, "--pst-color-text-base: #222832; --pst-color-background: #fff; --pst-color-primary: #0a7d91"),
    "dark": ({}, "--pst-color-text-base: #ced6dd; --pst-color-background: #14181e; --pst-color-primary: #3fb1c5"),
    "forced": ({"forced_colors": "active"}, ""),
}


def stepper(**settings) -> ConvolutionStepper:
    """4×4 input, 2×2 kernel of ones: every sum is done in the head."""
    return ConvolutionStepper(**{"image": IMAGE, "kernel": ONES, **settings})


def active_label(page) -> str:
    return page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent")


@both_ways
def test_clicking_next_walks_and_fills_the_output(widget_page):
    page = widget_page(stepper())
    assert values(page, "Output") == [["7", "", ""], ["", "", ""], ["", "", ""]]
    for _ in range(3):
        page.get_by_role("button", name="Next step").click()
    assert values(page, "Output") == [["7", "5", "4"], ["10", "", ""], ["", "", ""]]
    expect(page.get_by_role("status")).to_have_text("window row 2, column 1: 0 × 1 + 3 × 1 + 2 × 1 + 5 × 1 = 10")
    page.get_by_role("button", name="Back").click()
    expect(page.locator(".cnnw-sum")).to_contain_text("1·1 + 2·1 + 1·1 + 0·1 = 4")


def test_first_draw_says_nothing(widget_page):
    page = widget_page(stepper())
    expect(page.locator(".cnnw-sum")).to_contain_text("window row 1, column 1: 4·1 + 0·1 + 0·1 + 3·1 = 7")
    expect(page.get_by_role("status")).to_have_text("")


def test_keys_in_the_output_grid_move_the_window(widget_page):
    page = widget_page(stepper())
    page.locator("#before").focus()
    for _ in range(3):  # one tab stop each: input, kernel, output
        page.keyboard.press("Tab")
    assert active_label(page) == "row 1, column 1: 7"
    for key, label in [
        ("ArrowRight", "row 1, column 2: 5"),
        ("ArrowDown", "row 2, column 2: 10"),
        ("End", "row 2, column 3: 3"),
        ("ArrowRight", "row 2, column 3: 3"),
        ("Space", "row 3, column 1: 8"),
        ("n", "row 3, column 2: 8"),
        ("Home", "row 3, column 1: 8"),
        ("ArrowUp", "row 2, column 1: 10"),
    ]:
        page.keyboard.press(key)
        page.wait_for_function("label => document.activeElement.ariaLabel === label", arg=label)
    expect(page.get_by_role("status")).to_contain_text("window row 2, column 1: 0 × 1 + 3 × 1 + 2 × 1 + 5 × 1 = 10")


def test_arrow_keys_on_a_button_move_the_window_and_keep_the_focus(widget_page):
    page = widget_page(stepper())
    page.get_by_role("button", name="Next step").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("status")).to_contain_text("window row 2, column 1")
    page.keyboard.press("Space")  # presses the button, once
    expect(page.get_by_role("status")).to_contain_text("window row 2, column 2")
    assert active_label(page) == "Next step"


def test_everything_is_reached_by_tab_and_left_again(widget_page):
    stops = stops_of_tab(widget_page(stepper()))
    # a radio group is one stop
    assert Counter(stops) == {"DIV": 3, "button": 5 + 4, "select-one": 3, "radio": 3, "checkbox": 1}


def picture_of(place) -> list[list[int]]:
    """The pixels of a place on the page, as they are seen."""
    with Image.open(io.BytesIO(place.screenshot(animations="disabled"))) as image:
        return np.asarray(image.convert("RGB")).reshape(-1, 3).tolist()


@pytest.mark.parametrize("look", LOOKS)
def test_focus_is_seen_inside_the_frame_of_the_window(widget_page, look):
    """As much of the cell changes, and by as much, as WCAG 2.2 asks for: in forced colours the frame is no help."""
    options, colours = LOOKS[look]
    page = widget_page(stepper(filled=True), **options)
    page.add_style_tag(content=f":root {{ {colours} }}")
    page.locator("#before").focus()
    for _ in range(3):  # input, kernel, output
        page.keyboard.press("Tab")
    focused = cell(page, "Output", 0, 0)
    expect(focused).to_be_focused()
    board = grid(page, "Output").locator("xpath=..")
    seen = picture_of(board)
    page.locator("#before").focus()
    changed = [contrast(*pair) for pair in zip(seen, picture_of(board), strict=True) if pair[0] != pair[1]]
    side = focused.bounding_box()["width"]
    assert sum(ratio >= 3 for ratio in changed) >= 2 * 4 * (side - 2)


def test_rows_and_columns_are_counted_as_the_cells_are_named(widget_page):
    page = widget_page(stepper(padding=1))
    for name, (rows, columns) in {"Input": (4, 4), "Kernel": (2, 2), "Output": (5, 5)}.items():
        counted = "`row ${cell.ariaRowIndex}, column ${cell.ariaColIndex}`"
        pairs = f"cells => cells.map((cell) => [cell.ariaLabel.split(':')[0], {counted}])"
        places = grid(page, name).locator("[tabindex]").evaluate_all(pairs)
        assert len(places) == rows * columns and all(named == counted for named, counted in places)
    expect(page.locator(".cnnw-padding")).to_have_count(20)
    expect(page.locator(".cnnw-padding[aria-rowindex], .cnnw-padding[aria-colindex]")).to_have_count(0)


def test_products_are_spoken_with_a_sign_that_a_screen_reader_reads(widget_page):
    page = widget_page(stepper(image=[[4, -2]], kernel=[[-1.5]]))
    page.get_by_role("button", name="Next step").click()
    expect(page.locator(".cnnw-sum")).to_contain_text("−2·(−1.5) = 3")
    expect(page.get_by_role("status")).to_have_text("window row 1, column 2: −2 × (−1.5) = 3")


def test_editing_an_input_cell_changes_the_result(widget_page):
    page = widget_page(stepper())
    cell(page, "Input", 0, 0).click()
    page.keyboard.type("-1.5")
    page.keyboard.press("Enter")
    expect(cell(page, "Input", 0, 0)).to_be_focused()
    expect(page.locator(".cnnw-sum")).to_contain_text("−1.5·1 + 0·1 + 0·1 + 3·1 = 1.5")
    said = "Input row 1, column 1 is now −1.5. window row 1, column 1: −1.5 × 1 + 0 × 1 + 0 × 1 + 3 × 1 = 1.5"
    expect(page.get_by_role("status")).to_have_text(said)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("8")  # a digit starts a new number
    page.keyboard.press("Enter")
    expect(page.locator(".cnnw-sum")).to_contain_text("−1.5·1 + 8·1 + 0·1 + 3·1 = 9.5")


def test_escape_and_nonsense_leave_the_number(widget_page):
    page = widget_page(stepper())
    cell(page, "Input", 0, 0).click()
    page.keyboard.type("77")
    page.keyboard.press("Escape")
    assert values(page, "Input")[0][0] == "4"
    page.keyboard.press("Enter")
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    message = "“abc” is no number that fits. Type one between −99999 and 99999, such as 3, −1.5 or 1/9."
    expect(page.locator(".cnnw-problem")).to_have_text(message)
    assert values(page, "Input")[0][0] == "4"
    page.keyboard.press("n")
    expect(page.locator(".cnnw-problem")).to_have_text("")


def test_rounded_terms_are_not_called_equal_and_can_be_replaced_by_what_is_shown(widget_page):
    page = widget_page(stepper(image=[[1 / 3, 0], [0, 0]], kernel=[[3]]))
    expect(page.locator(".cnnw-sum")).to_contain_text("0.3333·3 ≈ 1")
    cell(page, "Input", 0, 0).click()
    page.keyboard.press("Enter")  # untouched: a third stays a third
    expect(page.locator(".cnnw-sum")).to_contain_text("0.3333·3 ≈ 1")
    cell(page, "Input", 0, 0).click()
    page.keyboard.type("0.33")
    page.keyboard.press("Enter")
    expect(page.locator(".cnnw-sum")).to_contain_text("0.33·3 = 0.99")


def test_refusal_leaves_the_reason_why_nothing_is_computed(widget_page):
    page = widget_page(stepper(image=[[1, 2]], kernel=ONES))
    reason = "The kernel reaches over 2 rows, the padded input has only 1."
    expect(page.locator(".cnnw-problem")).to_contain_text(reason)
    cell(page, "Input", 0, 0).click()
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    expect(page.locator(".cnnw-problem")).to_contain_text(f"such as 3, −1.5 or 1/9. {reason}")


def test_preset_is_still_the_same_after_an_input_of_one_pixel(widget_page):
    page = widget_page(ConvolutionStepper())
    for name in ["smaller"] * 5 + ["larger"] * 2:
        page.get_by_role("button", name=f"Input size: {name}").click()
    expect(page.get_by_label("Input", exact=True)).to_have_value("corner")


def test_refusal_goes_when_the_old_value_is_typed_again(widget_page):
    page = widget_page(stepper())
    value = values(page, "Input")[0][0]
    for typed in ("abc", value):
        cell(page, "Input", 0, 0).click()
        page.keyboard.press("Enter")
        page.keyboard.press("Control+a")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    expect(page.locator(".cnnw-problem")).to_have_text("")


def test_preset_chosen_for_one_pixel_is_what_the_input_grows_by(widget_page):
    page = widget_page(ConvolutionStepper())
    for name in ["smaller"] * 5:
        page.get_by_role("button", name=f"Input size: {name}").click()
    page.get_by_label("Input", exact=True).select_option("edge")
    page.get_by_role("button", name="Input size: larger").click()
    expect(page.get_by_label("Input", exact=True)).to_have_value("edge")


def test_one_of_two_views_plays_and_the_other_is_silent(widget_page):
    widget = stepper(stride=2)
    page = widget_page(html_of(widget), html_of(widget))
    listen_to(page.get_by_role("status").nth(1))
    page.get_by_role("button", name="Play").first.click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Pause").wait_for(state="detached")
    assert said_in(page) == []


def test_the_view_that_was_used_speaks_and_not_its_twin(widget_page):
    widget = stepper()
    page = widget_page(html_of(widget), html_of(widget))
    first, second = page.get_by_role("status").all()
    page.get_by_role("button", name="Next step").nth(1).click()
    expect(second).to_contain_text("window row 1, column 2")
    expect(first).to_have_text("")
    page.get_by_role("button", name="Next step").first.click()
    expect(first).to_contain_text("window row 1, column 3")
    expect(second).to_contain_text("window row 1, column 2")


def test_two_views_with_a_kernel_are_twins_too(kernel_page):
    widget = stepper()
    page = kernel_page(widget)
    page.evaluate(TWIN_VIEWS, [str(widget._esm), {}])
    first, second = page.get_by_role("status").all()
    page.get_by_role("button", name="Next step").nth(1).click()
    expect(second).to_contain_text("window row 1, column 2")
    expect(first).to_have_text("")
    for _ in range(2):
        page.get_by_role("button", name="Play").first.click()
    expect(page.get_by_role("button", name="Pause")).to_have_count(1)
    page.evaluate(TWIN_VIEWS, [str(widget._esm), "IPY_MODEL_1"])  # where nobody has looked up what it stands for
    expect(page.locator(".cnnw")).to_have_count(4)


def test_refusal_outlasts_the_click_that_left_the_field(widget_page):
    page = widget_page(stepper())
    cell(page, "Input", 0, 0).dblclick()
    page.keyboard.type("abc")
    cell(page, "Output", 1, 1).click()
    expect(page.locator(".cnnw-problem")).to_contain_text("“abc” is no number that fits")
    expect(page.locator(".cnnw-sum")).to_contain_text("window row 2, column 2")


def test_play_of_the_other_view_takes_over(widget_page):
    widget = stepper()
    page = widget_page(html_of(widget), html_of(widget))
    page.get_by_role("button", name="Play").first.click()
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_have_count(1)
    page.get_by_role("group", name="Steps").nth(1).get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_have_count(2)


def test_editing_the_kernel_takes_fractions(widget_page):
    page = widget_page(stepper())
    cell(page, "Kernel", 0, 0).click()
    page.keyboard.type("1/4")
    page.locator("#after").click()  # leaving the field keeps the number
    expect(page.locator(".cnnw-sum")).to_contain_text("4·0.25 + 0·1 + 0·1 + 3·1 = 4")
    expect(page.get_by_label("Kernel", exact=True)).to_have_value("")


def test_presets_set_input_and_kernel(widget_page):
    page = widget_page(stepper())
    page.get_by_label("Input", exact=True).select_option("ramp")
    assert values(page, "Input") == [["0", "1", "2", "3"]] * 4
    page.get_by_label("Kernel", exact=True).select_option("Sobel x")
    page.get_by_role("button", name="Fill all").click()
    assert values(page, "Output") == [["8", "8"], ["8", "8"]]
    page.get_by_label("Kernel", exact=True).select_option("blur")
    assert values(page, "Kernel") == [["1/9"] * 3] * 3
    assert values(page, "Output") == [["1", "2"], ["1", "2"]]
    for image in ["edge", "corner", "cross", "checkerboard", "single dot", "random digits"]:
        page.get_by_label("Input", exact=True).select_option(image)
        expect(page.get_by_label("Input", exact=True)).to_have_value(image)
    page.get_by_role("button", name="Clear").click()
    assert values(page, "Output")[1] == ["", ""]


@pytest.mark.parametrize(
    ("mode", "border"),
    [("zeros", "000000"), ("reflect", "303101"), ("replicate", "440122"), ("circular", "610261")],
)
def test_padding_shows_the_values_of_its_mode(widget_page, mode, border):
    page = widget_page(stepper())
    page.locator("label").filter(has_text=re.compile("^1$")).nth(1).click()  # padding 1
    page.get_by_label("Padding mode").select_option(mode)
    expect(grid(page, "Input").locator(".cnnw-padding")).to_have_count(20)
    assert "".join(values(page, "Input")[0]) == border
    expect(page.locator(".cnnw-formula")).to_contain_text("⌊(4 + 2·1 − 1·(2 − 1) − 1) / 1⌋ + 1 = 5")


def test_stride_and_dilation_change_size_and_sum(widget_page):
    page = widget_page(stepper())
    page.get_by_role("radiogroup", name="Dilation").locator("label").nth(1).click()
    expect(page.locator(".cnnw-sum")).to_contain_text("4·1 + 1·1 + 2·1 + 1·1 = 8")
    page.get_by_role("radiogroup", name="Stride").get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".cnnw-formula")).to_contain_text("⌊(4 + 2·0 − 2·(2 − 1) − 1) / 2⌋ + 1 = 1")
    expect(page.get_by_role("radiogroup", name="Stride").get_by_role("radio").nth(1)).to_be_focused()


def test_flip_turns_the_kernel(widget_page):
    page = widget_page(stepper(kernel=[[1, 2], [3, 4]]))
    page.get_by_label("True convolution").check()
    assert values(page, "Kernel") == [["4", "3"], ["2", "1"]]
    expect(page.locator(".cnnw-sum")).to_contain_text("4·4 + 0·3 + 0·2 + 3·1 = 19")
    cell(page, "Kernel", 0, 0).click()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    page.get_by_label("True convolution").uncheck()
    assert values(page, "Kernel") == [["1", "2"], ["3", "5"]]


def test_kernel_larger_than_input_gives_one_message_and_keeps_the_state(widget_page):
    page = widget_page(stepper(row=1, col=2))
    page.get_by_role("radiogroup", name="Dilation").locator("label").nth(2).click()
    for _ in range(2):
        page.get_by_role("button", name="Kernel size: larger").click()
    message = "The kernel reaches over 10 rows, the padded input has only 4. "
    message += "Take a smaller kernel or dilation, a larger input or more padding."
    expect(page.locator(".cnnw-problem")).to_have_text(message)
    expect(page.get_by_role("status")).to_have_text(f"The kernel is now 4 × 4. {message}")
    expect(grid(page, "Output")).not_to_be_visible()
    expect(page.locator(".cnnw-formula")).to_contain_text("no window fits")
    for _ in range(2):
        page.get_by_role("button", name="Kernel size: smaller").click()
    page.get_by_role("radiogroup", name="Dilation").locator("label").nth(0).click()
    expect(page.locator(".cnnw-problem")).not_to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("window row 2, column 3: 1 × 1 + 0 × 1 + 1 × 1 + 1 × 1 = 3")


def test_output_of_another_size_starts_blank_after_a_kernel_that_did_not_fit(widget_page):
    page = widget_page(stepper(image=[[1, 2, 3]] * 3))
    page.get_by_role("button", name="Next step").click()
    assert values(page, "Output") == [["6", "10"], ["", ""]]
    page.get_by_role("radiogroup", name="Dilation").locator("label").nth(2).click()
    expect(grid(page, "Output")).not_to_be_visible()
    page.get_by_role("radiogroup", name="Padding").locator("label").nth(2).click()
    assert values(page, "Output") == [["", "3", "", ""], *[[""] * 4] * 3]
    expect(page.get_by_role("status")).to_contain_text("The output is now 4 × 4. window row 1, column 2")


def test_too_wide_reflection_gives_one_message(widget_page):
    page = widget_page(stepper(image=[[1, 2, 3]] * 3, padding=3, mode="reflect"))
    expect(page.locator(".cnnw-problem")).to_contain_text("Reflect padding 3 needs an input of at least 4")
    page.get_by_label("Padding mode").select_option("replicate")
    expect(page.locator(".cnnw-sum")).to_contain_text("1·1 + 1·1 + 1·1 + 1·1 = 4")


def test_rectangular_input_shows_both_sizes(widget_page):
    page = widget_page(stepper(image=[[1, 2, 3, 4, 5], [6, 7, 8, 9, 0]], kernel=[[1, 0, 0]]))
    expect(page.locator(".cnnw-formula")).to_contain_text("rows: ⌊(2 + 2·0 − 1·(1 − 1) − 1) / 1⌋ + 1 = 2")
    expect(page.locator(".cnnw-formula")).to_contain_text("columns: ⌊(5 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = 3")


def test_two_views_share_a_model_and_other_widgets_do_not(widget_page):
    widget = stepper()
    page = widget_page(html_of(widget), html_of(widget), stepper(), PoolingStepper())
    page.get_by_role("button", name="Next step").first.click()
    sums = page.locator(".cnnw-sum")
    expect(sums.nth(1)).to_contain_text("window row 1, column 2: 0·1 + 1·1 + 3·1 + 1·1 = 5")
    expect(sums.nth(0)).to_contain_text("window row 1, column 2")
    expect(sums.nth(2)).to_contain_text("window row 1, column 1")
    assert page.locator("style[data-cnnw]").count() == 1
    for group in page.get_by_role("radiogroup").all():  # names of radio buttons do not clash across modules
        assert group.locator("input:checked").count() == 1


def test_play_runs_to_the_end_and_speaks_once(widget_page):
    page = widget_page(stepper(stride=2))
    listen_to(page.get_by_role("status"))
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play").wait_for()
    assert values(page, "Output") == [["7", "4"], ["8", "10"]]
    assert said_in(page) == ["window row 2, column 2: 1 × 1 + 1 × 1 + 2 × 1 + 6 × 1 = 10"]


def test_reduced_motion_stops_the_gliding_frame(widget_page):
    page = widget_page(stepper(), reduced_motion="reduce")
    frame = page.locator(".cnnw-frame").first
    assert frame.evaluate("frame => getComputedStyle(frame).transitionDuration") == "0s"


def test_keys_stay_inside_the_widget(widget_page):
    page = widget_page(stepper())
    page.evaluate("globalThis.leaked = []; document.addEventListener('keydown', (e) => leaked.push(e.key))")
    cell(page, "Output", 0, 0).focus()
    for key in ["ArrowRight", "n", "Enter", "x"]:
        page.keyboard.press(key)
    assert page.evaluate("leaked") == []


@pytest.mark.parametrize("settings", [{}, {"image": [[7] * 10] * 10, "kernel": [[1] * 5] * 5, "padding": 3}])
def test_no_sideways_scrolling_at_390_pixels(widget_page, settings):
    page = widget_page(stepper(**settings), viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    assert overflow_of(page) == 0
    small = page.eval_on_selector_all(
        ".cnnw button, .cnnw select, .cnnw-segments, .cnnw-check",
        "nodes => nodes.map(node => node.getBoundingClientRect().height).filter(height => height < 40)",
    )
    assert small == []
    cell(page, "Output", 0, 0).focus()
    page.keyboard.press("End")
    frame, box = (page.locator(name).first.bounding_box() for name in (".cnnw-frame", ".cnnw-scroll"))
    assert frame["x"] >= box["x"] - 1  # the window has been scrolled into its box


def test_long_numbers_stay_in_their_cells_at_390_pixels(widget_page):
    image = [[-1234.57, -12345.67, -99999, 1234.56], [-85.98, -999.99, 99999.4, 123.25]]
    page = widget_page(stepper(image=image, kernel=[[-1.2347, 0.12345]]), viewport={"width": 390, "height": 800})
    assert values(page, "Input") == [["−1235", "−12346", "−99999", "1234.6"], ["−85.98", "−1000", "99999", "123.25"]]
    assert values(page, "Kernel") == [["−1.235", "0.1235"]]
    expect(cell(page, "Input", 0, 0)).to_have_attribute("aria-label", re.compile("column 1: −1234.57, times −1.2347"))
    expect(page.locator(".cnnw-sum")).to_contain_text("−1234.57·(−1.2347) + (−12345.67)·0.1235 ≈ 0.2506")
    wide = page.locator(".cnnw-cell > span").evaluate_all(
        """spans => spans.filter((span) => {
            const text = document.createRange();
            text.selectNodeContents(span);
            return text.getBoundingClientRect().width > span.parentElement.offsetWidth + 2; // the gap
        }).map(({ textContent }) => textContent)"""
    )
    assert wide == []


def test_print_hides_the_controls_and_shows_the_state(widget_page):
    page = widget_page(stepper(stride=2))
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Next step")).not_to_be_visible()
    expect(page.get_by_label("Padding mode")).not_to_be_visible()
    expect(page.locator(".cnnw-printed")).to_have_text("Stride 2, padding 0 (zeros), dilation 1.")
    expect(grid(page, "Input")).to_be_visible()


def test_moving_the_element_keeps_what_the_reader_did(widget_page):
    page = widget_page(stepper())
    page.get_by_role("button", name="Next step").click()
    page.evaluate("document.querySelector('main').prepend(document.querySelector('cnn-conv'))")
    expect(page.locator(".cnnw")).to_have_count(1)
    expect(page.locator(".cnnw-sum")).to_contain_text("window row 1, column 2")


def test_with_a_kernel_changes_are_set_and_saved(kernel_page):
    page = kernel_page(stepper())
    page.get_by_role("button", name="Next step").click()
    log = page.evaluate("kernel.log")
    assert ["set", "col", 1] in log and ["set", "visited", [[0, 0], [0, 1]]] in log
    assert log[-1] == ["save_changes"]
    page.get_by_label("Padding mode").select_option("circular")
    assert ["set", "mode", "circular"] in page.evaluate("kernel.log")
    page.evaluate("kernel.receive('stride', 2)")  # from Python
    expect(page.locator(".cnnw-formula")).to_contain_text("/ 2⌋ + 1 = 2")
    page.evaluate("kernel.stop()")
    assert page.evaluate("[kernel.listening(), kernel.el.childElementCount]") == [0, 0]
