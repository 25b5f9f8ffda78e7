"""The shape tracer in a real browser, with real keys and clicks, from a file and once over http."""

import re

import pytest
from playwright.sync_api import expect
from widget_harness import both_ways, html_of, overflow_of, status, stops_of_tab

from cnn_lessons.widgets import ShapeTracer

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser


def row(page, number: int):
    """The button of a step, counted from 1."""
    return page.locator(".cnnw-step").nth(number - 1)


def texts(page, number: int) -> list[str]:
    """What the row of a step says, cell by cell."""
    cells = row(page, number).locator("xpath=ancestor::tr").locator("> *").all_inner_texts()
    return [re.sub(r"\s+", " ", text).strip() for text in cells]


def boxes(page) -> list[str]:
    """The small print under the boxes."""
    return [" ".join(text.split()) for text in page.locator(".cnnw-box").all_inner_texts()]


def slider(page):
    return page.get_by_role("slider", name="Input size")


@both_ways
def test_keys_alone_step_through_and_break_and_mend_the_network(widget_page):
    page = widget_page(ShapeTracer(network="alexnet_cifar", size=32))
    assert texts(page, 1) == ["1 Conv2d 3×3 to 64", "N×64×30×30", "1,792"]
    assert texts(page, 21) == ["21 Linear 512 to 10", "N×10", "5,130"]
    expect(page.locator(".cnnw-outcome")).to_have_text("The image passes: N×3×32×32 becomes N×10.")
    expect(page.locator(".cnnw-sums")).to_contain_text("size: ⌊(32 + 2·0 − 3) / 1⌋ + 1 = 30")
    expect(page.locator(".cnnw-sums")).to_contain_text("parameters: 64·3·3·3 + 64 = 1,792")
    expect(page.get_by_role("table", name="Steps")).to_have_attribute("aria-description", re.compile("Arrow keys"))
    expect(page.locator(".cnnw-step[aria-description]")).to_have_count(0)  # it would be said at every step
    expect(status(page)).to_have_text("")
    row(page, 1).focus()
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(row(page, 3)).to_be_focused()
    expect(status(page)).to_have_text("Step 3, MaxPool2d 2×2: output N×64×15×15.")
    page.keyboard.press("End")
    expect(row(page, 21)).to_be_focused()
    for _ in range(12):  # back to the slider
        page.keyboard.press("Shift+Tab")
        if slider(page).evaluate("node => node === document.activeElement"):
            break
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(status(page)).to_contain_text("Flatten gives 4,096 numbers, the linear layer expects 2,304.")
    assert texts(page, 16) == ["16 Linear 2,304 to 1,024", "stops here"]
    assert texts(page, 17)[1] == "not reached"
    expect(page.locator(".cnnw-torch")).to_have_text(
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x4096 and 2304x1024)"
    )
    page.keyboard.press("Shift+Tab")  # over the number's button and field to the checkbox
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".cnnw-outcome")).to_have_text("The image passes: N×3×34×34 becomes N×10.")
    assert texts(page, 14) == ["14 AdaptiveAvgPool2d to 3×3", "N×256×3×3", "–"]


def test_seminar_network_stops_at_its_pooling_and_says_what_mends_it(widget_page):
    page = widget_page(ShapeTracer("seminar", selected=10))
    assert texts(page, 11) == ["11 AvgPool2d 8×8", "stops here"]
    assert boxes(page)[-4:] == ["5 blocks 128 4×4", "pool stops", "flatten", "linear"]
    expect(page.locator(".cnnw-torch")).to_have_text(
        "RuntimeError: Given input size: (128x4x4). Calculated output size: (128x0x0). Output size is too small"
    )
    expect(page.locator(".cnnw-sums")).to_have_text("size: ⌊(4 + 2·0 − 8) / 8⌋ + 1 = 0")
    expect(page.locator(".cnnw-outcome li").nth(1)).to_have_text("Or take an input of 57 to 120 pixels.")
    page.get_by_role("checkbox").check()
    expect(page.locator(".cnnw-steps tfoot")).to_have_text("All parameters2,263,722")
    row(page, 5).click()
    paths = page.locator(".cnnw-path")
    expect(paths).to_have_text(["Through the block", "Around it", "Both are added, then"])
    expect(page.locator(".cnnw-sums")).to_contain_text("Zero padding to 32, every 2nd pixel")
    row(page, 6).click()
    expect(paths.first).to_have_text("Through the block, in each of the 5")
    expect(page.locator(".cnnw-sums")).to_contain_text("nothing: the input itself, as it came")


def test_chosen_layer_stays_chosen_when_adaptive_pooling_comes_in_and_goes(widget_page):
    page = widget_page(ShapeTracer("alexnet_cifar", size=64, selected=15))
    name = page.locator(".cnnw-steps tr.cnnw-chosen .cnnw-step b")
    linear = name.inner_text()
    adaptive = page.get_by_label("Adaptive pooling")
    adaptive.check()
    expect(name).to_have_text(linear)
    adaptive.uncheck()
    expect(name).to_have_text(linear)


def test_largest_size_that_is_tried_is_not_called_no_limit(widget_page):
    page = widget_page(ShapeTracer("resnet18", size=128))
    words = page.locator(".cnnw-fits-words")
    expect(words).to_have_text(re.compile(r"takes \d+ or more pixels\.$"))
    page.get_by_label("Adaptive pooling").uncheck()
    expect(words).to_have_text("The network takes 193 to 256 pixels. Larger ones are not tried here.")
    expect(page.locator(".cnnw-outcome")).to_contain_text("an input of 193 to 256 pixels")


def test_boxes_are_drawn_to_scale_and_can_be_clicked(widget_page):
    page = widget_page(ShapeTracer())
    assert boxes(page)[:4] == ["input 3 32×32", "conv 64 30×30", "pool 64 15×15", "conv 192 15×15"]
    fronts = page.locator(".cnnw-box").evaluate_all(
        """all => all.map((box) => box.querySelector(".cnnw-front").getBBox())
            .map(({ width, height }) => [width, height])"""
    )
    assert fronts[1][1] / fronts[0][1] == pytest.approx(30 / 32) and fronts[2][1] * 2 == pytest.approx(fronts[1][1])
    assert fronts[3][0] / fronts[1][0] == pytest.approx(192 / 64)
    assert fronts[10][1] / fronts[9][1] == pytest.approx(1024 / 2304)  # the flat vectors
    page.locator(".cnnw-box").nth(3).click()
    expect(row(page, 4)).to_have_attribute("aria-current", "true")
    expect(page.locator(".cnnw-box").nth(3)).to_have_class(re.compile("cnnw-chosen"))
    page.get_by_role("button", name="Next step").click()  # a ReLU has its box in common with the layer above
    expect(row(page, 5)).to_have_attribute("aria-current", "true")
    expect(page.locator(".cnnw-box.cnnw-chosen")).to_contain_text("conv")
    page.locator(".cnnw-box").first.click()  # the input is no step
    expect(row(page, 5)).to_have_attribute("aria-current", "true")


def test_buttons_stop_at_both_ends_and_keep_the_focus(widget_page):
    page = widget_page(ShapeTracer(selected=19))
    next_step = page.get_by_role("button", name="Next step")
    next_step.click()
    expect(next_step).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    expect(next_step).to_be_focused()
    expect(row(page, 21)).to_have_attribute("aria-current", "true")
    page.get_by_label("Network", exact=True).select_option("resnet18")
    expect(row(page, 1)).to_have_attribute("aria-current", "true")
    expect(slider(page)).to_have_value("224")
    expect(page.get_by_role("checkbox")).to_be_checked()
    expect(status(page)).to_have_text(
        "The image passes: N×3×224×224 becomes N×1,000. "
        "Step 1, Conv2d 7×7 to 64, stride 2, padding 3, no bias: output N×64×112×112, 9,408 parameters."
    )


def test_a_size_out_of_range_is_refused_and_the_old_one_stays(widget_page):
    page = widget_page(ShapeTracer())
    field = page.get_by_role("spinbutton", name="Input size")
    for text in ("7", "257", "", "30.5"):
        field.fill(text)
        field.press("Tab")
        expect(page.locator(".cnnw-problem")).to_have_text("Input size is a whole number from 8 to 256.")
        expect(field).to_have_value("32")
    page.wait_for_timeout(400)  # the last refusal waits for a click
    field.fill("8")
    field.press("Enter")
    expect(page.locator(".cnnw-problem")).to_have_text("")
    assert texts(page, 13) == ["13 MaxPool2d 2×2", "stops here"]
    expect(page.locator(".cnnw-outcome")).to_contain_text("Take a larger input: from 10×10 on")


def test_everything_is_reached_by_tab_and_keys_stay_inside(widget_page):
    page = widget_page(ShapeTracer())
    page.evaluate("globalThis.leaked = []; document.addEventListener('keydown', (e) => leaked.push(e.key))")
    stops = stops_of_tab(page)
    # network, pooling; size: less, field, more, slider; Back, Next; one row (a scrolling box is no stop of its own)
    assert stops == ["select-one", "checkbox", "button", "number", "button", "range", "button", "button", "button"]
    assert page.evaluate("leaked") == ["Tab"]  # that of the button before


def test_two_views_share_a_model_and_other_widgets_do_not(widget_page):
    widget = ShapeTracer()
    page = widget_page(html_of(widget), html_of(widget), ShapeTracer())
    page.get_by_role("button", name="Input size: larger").first.click()
    expect(slider(page).nth(0)).to_have_value("33")
    expect(slider(page).nth(1)).to_have_value("33")
    expect(slider(page).nth(2)).to_have_value("32")
    expect(status(page).first).to_contain_text("The image passes")
    assert status(page).nth(1).inner_text() == ""  # the view that was used speaks, not its twin


@pytest.mark.parametrize("network", ["alexnet", "resnet18", "seminar"])
def test_phone_has_no_sideways_scrolling_and_large_targets(widget_page, network):
    page = widget_page(ShapeTracer(network, selected=6), viewport={"width": 390, "height": 800})
    assert overflow_of(page) == 0
    table = page.locator(".cnnw-stepwrap")
    assert table.evaluate("box => box.scrollWidth - box.clientWidth") == 0
    strip = page.locator(".cnnw-maps")  # the boxes scroll in their own room, and the chosen one is in sight
    assert strip.evaluate("box => box.scrollWidth > box.clientWidth")
    inside, outside = page.locator(".cnnw-box.cnnw-chosen").bounding_box(), strip.bounding_box()
    assert outside["x"] <= inside["x"] and inside["x"] + inside["width"] <= outside["x"] + outside["width"]
    small = page.eval_on_selector_all(
        ".cnnw button, .cnnw select, .cnnw input:not([type=checkbox]), .cnnw-check",
        "nodes => nodes.map((node) => node.getBoundingClientRect().height).filter((height) => height < 40)",
    )
    assert small == []


def test_print_shows_all_steps_without_the_controls(widget_page):
    page = widget_page(ShapeTracer("resnet18"))
    page.emulate_media(media="print")
    for name in (".cnnw-setup", ".cnnw-transport", ".cnnw-keys"):
        expect(page.locator(name)).not_to_be_visible()
    wrap = page.locator(".cnnw-stepwrap")
    assert wrap.evaluate("box => box.scrollHeight - box.clientHeight") <= 1
    assert overflow_of(page) == 0


def test_with_a_kernel_changes_are_set_and_saved(kernel_page):
    page = kernel_page(ShapeTracer())
    row(page, 2).click()
    log = page.evaluate("kernel.log")
    assert log[-2:] == [["set", "selected", 1], ["save_changes"]]
    page.evaluate("kernel.receive('selected', 99)")  # from Python; beyond the last
    expect(row(page, 21)).to_have_attribute("aria-current", "true")
    page.evaluate("kernel.receive('size', 64)")
    expect(page.locator(".cnnw-outcome")).to_contain_text("Flatten gives 12,544 numbers")
    field = page.get_by_role("spinbutton", name="Input size")
    field.fill("7")
    field.press("Enter")
    expect(page.locator(".cnnw-problem")).to_contain_text("Input size is a whole number")
    page.evaluate("kernel.receive('size', 32)")
    expect(page.locator(".cnnw-problem")).to_have_text("")
    page.evaluate("kernel.stop()")
    assert page.evaluate("[kernel.listening(), kernel.el.childElementCount]") == [0, 0]
