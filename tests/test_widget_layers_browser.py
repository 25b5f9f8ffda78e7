"""The layer-stack calculator in a real browser, with real keys and clicks, from a file and once over http."""

import re
from collections import Counter

import pytest
from playwright.sync_api import expect
from widget_harness import both_ways, html_of, listen_to, overflow_of, said_in, status, stops_of_tab, text_contrast

from cnn_lessons.widgets import LayerStack

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser

STACK = [{"kind": "conv", "out_channels": 8, "padding": 1}, {"kind": "relu"}, {"kind": "max_pool"}, {"kind": "flatten"}]


def stack(**settings) -> LayerStack:
    return LayerStack(**{"size": 8, "channels": 2, "layers": STACK, **settings})


# The colours of JupyterLab's own two themes.
JUPYTERLAB = {
    "light": """--jp-content-font-color1: rgba(0, 0, 0, 0.87); --jp-content-font-color2: rgba(0, 0, 0, 0.54);
        --jp-layout-color0: white; --jp-layout-color2: #eee; --jp-brand-color1: #1976d2""",
    "dark": """--jp-content-font-color1: white; --jp-content-font-color2: rgba(255, 255, 255, 0.7);
        --jp-layout-color0: #111; --jp-layout-color2: #424242; --jp-brand-color1: #2196f3""",
}


def table(page) -> list[list[str]]:
    """The texts of the table's visible rows, headers left out."""
    rows = page.locator(".cnnw-table tbody tr, .cnnw-table tfoot tr:visible").all()
    return [[re.sub(r"\s+", " ", text).strip() for text in row.locator("> *").all_inner_texts()] for row in rows]


def row(page, number: int):
    """The button that chooses a layer, counted from 1."""
    return page.locator(".cnnw-layer").nth(number - 1)


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@both_ways
def test_table_shows_every_layer(widget_page):
    page = widget_page(stack())
    assert table(page) == [
        ["Input", "2×8×8", "–", "–", "1", "1"],
        ["1 Conv2d 3×3 to 8, padding 1", "8×8×8", "152", "9,216", "3", "1"],
        ["2 ReLU", "8×8×8", "–", "–", "3", "1"],
        ["3 MaxPool2d 2×2", "8×4×4", "–", "–", "4", "2"],
        ["4 Flatten", "128", "–", "–", "4", "–"],
        ["Total, 4 layers", "128", "152", "9,216", "4", "–"],
    ]
    expect(page.get_by_role("table", name="Layers")).to_have_attribute("aria-description", re.compile("Arrow keys"))
    expect(page.locator(".cnnw-layer[aria-description]")).to_have_count(0)  # it would be said at every step
    expect(status(page)).to_have_text("")
    formula = page.locator(".cnnw-formula")
    for line in [
        "output size: ⌊(8 + 2·1 − 1·(3 − 1) − 1) / 1⌋ + 1 = 8",
        "parameters: 8·2·3·3 + 8 = 152",
        "multiply-adds: 8·8·8·2·3·3 = 9,216",
        "receptive field: 1 + 1·(3 − 1)·1 = 3",
        "jump: 1·1 = 1",
    ]:
        expect(formula).to_contain_text(line)


def test_table_is_one_for_a_screen_reader_on_a_phone_too(widget_page):
    page = widget_page(stack(), viewport={"width": 390, "height": 800})
    layers = page.get_by_role("table", name="Layers")
    expect(layers.get_by_role("row")).to_have_count(1 + 1 + 4 + 1 - 1)  # the head is not shown on cards
    expect(layers.get_by_role("rowheader")).to_have_count(6)
    expect(layers.get_by_role("cell")).to_have_count(6 * 5)


def test_keys_choose_move_and_remove_layers(widget_page):
    page = widget_page(stack())
    row(page, 1).focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, 2)).to_be_focused()
    expect(row(page, 2)).to_have_attribute("aria-current", "true")
    expect(status(page)).to_have_text("Layer 2, ReLU: output 8×8×8, receptive field 3.")
    page.keyboard.press("Alt+ArrowDown")
    expect(row(page, 3)).to_be_focused()
    expect(row(page, 3)).to_contain_text("ReLU")
    expect(status(page)).to_have_text("Moved down. Layer 3, ReLU: output 8×4×4, receptive field 4.")
    page.keyboard.press("Delete")
    expect(row(page, 3)).to_be_focused()
    expect(row(page, 3)).to_contain_text("Flatten")
    expect(status(page)).to_have_text("Removed ReLU. Layer 3, Flatten: output 128, receptive field 4.")
    page.keyboard.press("Home")
    expect(row(page, 1)).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(status(page)).to_have_text("This is the first layer.")
    page.keyboard.press("End")
    expect(row(page, 3)).to_be_focused()


def test_refusal_is_not_talked_over_by_an_older_message(widget_page):
    page = widget_page(stack())
    row(page, 2).focus()
    # Both keys in one go: the second comes while what the first has to say still waits.
    page.evaluate("""() => {
        const press = (options) =>
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...options }));
        press({ key: "Home" });
        return Promise.resolve().then(() => press({ key: "ArrowUp", altKey: true }));
    }""")
    page.wait_for_timeout(400)
    expect(status(page)).to_have_text("This is the first layer.")


def test_removing_all_layers_leaves_the_input(widget_page):
    page = widget_page(stack())
    row(page, 1).focus()
    for _ in range(4):
        page.keyboard.press("Backspace")
    expect(page.get_by_role("button", name="Add below")).to_be_focused()
    assert table(page) == [
        ["Input", "2×8×8", "–", "–", "1", "1"],
        ["Total, 0 layers", "2×8×8", "–", "–", "1", "1"],
    ]
    expect(page.locator(".cnnw-chosenlayer")).not_to_be_visible()
    press(page, "Remove")
    expect(page.locator(".cnnw-problem")).to_have_text("There is no layer to remove.")
    page.keyboard.press("Enter")
    press(page, "Add below")
    expect(page.locator(".cnnw-problem")).to_have_text("")
    assert table(page)[1][:2] == ["1 Conv2d 3×3 to 16", "16×6×6"]


def test_adding_below_the_chosen_layer(widget_page):
    page = widget_page(stack())
    row(page, 2).click()
    page.get_by_label("New layer").select_option("batch_norm")
    press(page, "Add below")
    expect(row(page, 3)).to_have_attribute("aria-current", "true")
    assert table(page)[3] == ["3 BatchNorm2d", "8×8×8", "16", "–", "3", "1"]
    expect(status(page)).to_have_text("Added. Layer 3, BatchNorm2d: output 8×8×8, 16 parameters, receptive field 3.")
    expect(page.get_by_role("button", name="Add below")).to_be_focused()
    expect(page.locator(".cnnw-fields")).to_contain_text("This layer has nothing to set.")
    press(page, "Up")
    assert [line[0].split()[1] for line in table(page)[1:4]] == ["Conv2d", "BatchNorm2d", "ReLU"]


def test_settings_by_button_key_and_typing(widget_page):
    page = widget_page(stack())
    page.get_by_role("button", name="Out channels: double").click()
    page.get_by_role("button", name="Stride: larger").click()
    assert table(page)[1] == ["1 Conv2d 3×3 to 16, stride 2, padding 1", "16×4×4", "304", "4,608", "3", "2"]
    kernel = page.get_by_role("spinbutton", name="Kernel size")
    kernel.fill("5")
    kernel.press("Enter")
    assert table(page)[1][2] == "816"
    kernel.press("ArrowUp")
    assert table(page)[1][0].startswith("1 Conv2d 6×6")
    expect(kernel).to_be_focused()
    expect(status(page)).to_contain_text("Layer 1, Conv2d 6×6 to 16, stride 2, padding 1: output 16×3×3")
    page.get_by_label("Bias").uncheck()
    assert table(page)[1][0].endswith("no bias") and table(page)[1][2] == "1,152"


def test_a_number_out_of_range_is_refused_and_the_old_one_stays(widget_page):
    page = widget_page(stack())
    field = page.get_by_role("spinbutton", name="Padding")
    for text in ["8", "", "1.5", "-1"]:
        field.fill(text)
        field.press("Tab")
        expect(page.locator(".cnnw-problem")).to_have_text("Padding is a whole number from 0 to 7.")
        expect(status(page)).to_have_text("Padding is a whole number from 0 to 7.")
        expect(field).to_have_value("1")
    assert table(page)[1][1] == "8×8×8"
    page.wait_for_timeout(400)  # the last refusal waits for a click: until then the same words stand there from before
    page.get_by_role("button", name="Padding: larger").click()
    expect(page.locator(".cnnw-problem")).to_have_text("")


def test_refusal_does_not_swallow_the_click_that_left_the_field(widget_page):
    page = widget_page(stack())
    page.get_by_role("spinbutton", name="Padding").fill("99")
    press(page, "Add below")
    expect(page.locator(".cnnw-layer")).to_have_count(5)
    expect(page.locator(".cnnw-problem")).to_contain_text("Padding is a whole number")


def test_pooling_stride_follows_the_kernel_until_it_is_set(widget_page):
    page = widget_page(stack(selected=2))
    page.get_by_role("button", name="Kernel size: larger").click()
    expect(row(page, 3)).to_have_text(re.compile("3MaxPool2d 3×3$"))
    page.get_by_role("button", name="Stride: smaller").click()
    page.get_by_role("button", name="Kernel size: larger").click()
    expect(row(page, 3)).to_contain_text("4×4, stride 2")
    page.get_by_label("Round the size up").check()
    expect(page.locator(".cnnw-formula")).to_contain_text("⌈(8 + 2·0 − 1·(4 − 1) − 1) / 2⌉ + 1 = 3")


def test_a_layer_that_does_not_fit_stops_the_stack_and_can_be_mended(widget_page):
    page = widget_page(LayerStack(preset="seminar"))
    message = "Stops here. The kernel reaches over 8 pixels, the padded input has only 4. "
    message += "Take a smaller kernel, a larger input or more padding."
    assert table(page)[10:] == [
        ["10 AvgPool2d 8×8", message],
        ["11 Flatten", "not reached"],
        ["12 Linear to 10", "not reached"],
        ["Total so far: 9 of 12", "128×4×4", "295,840", "15,777,792", "49", "8"],
    ]
    row(page, 12).click()
    expect(status(page)).to_have_text("Layer 12, Linear to 10: not reached.")
    page.get_by_role("button", name="Out features: double").click()  # a layer that is not reached keeps its settings
    row(page, 10).click()
    for _ in range(4):
        page.get_by_role("button", name="Kernel size: smaller").click()
    assert [line[:3] for line in table(page)[10:]] == [
        ["10 AvgPool2d 4×4", "128×1×1", "–"],
        ["11 Flatten", "128", "–"],
        ["12 Linear to 20", "20", "2,580"],
        ["Total, 12 layers", "20", "298,420"],
    ]
    page.get_by_role("button", name="Input size: smaller").click()
    expect(page.get_by_label("Stack", exact=True)).to_have_value("")


def test_presets_fill_the_table(widget_page):
    page = widget_page(stack())
    expect(page.get_by_label("Stack", exact=True)).to_have_value("")
    for name, total in [
        ("lenet", ["Total, 12 layers", "10", "44,426", "281,640", "28", "–"]),
        ("alexnet", ["Total, 14 layers", "2,304", "1,727,296"]),
        ("vgg", ["Total, 3 layers", "64×32×32", "110,784", "113,246,208", "7", "1"]),
    ]:
        page.get_by_label("Stack", exact=True).select_option(name)
        expect(page.get_by_label("Stack", exact=True)).to_have_value(name)
        (line,) = [line for line in table(page) if line[0].startswith("Total,")]
        assert line[: len(total)] == total
    assert table(page)[-2:] == [
        ["Kept: Conv2d 7×7 to 64, padding 3", "64×32×32", "200,768", "205,520,896", "7", "1"],
        ["Total ÷ kept", "", "0.552", "0.551", "1", ""],
    ]


def test_a_stack_is_kept_to_compare(widget_page):
    page = widget_page(stack())
    expect(page.get_by_role("button", name="Swap with kept")).not_to_be_visible()
    press(page, "Keep to compare")
    page.get_by_role("button", name="Out channels: half").click()
    assert [line[2] for line in table(page)[-3:]] == ["76", "152", "0.5"]
    press(page, "Swap with kept")
    assert [line[2] for line in table(page)[-3:]] == ["152", "76", "2"]
    page.get_by_role("button", name="Input size: smaller").click(click_count=7)  # 8 → 1: the pooling no longer fits
    expect(page.locator(".cnnw-table tfoot")).to_contain_text("does not fit: The kernel reaches over 2 pixels")
    press(page, "Forget kept")
    expect(page.get_by_role("button", name="Keep to compare")).to_be_focused()
    expect(page.locator(".cnnw-table tfoot tr:visible")).to_have_count(1)


def test_a_ready_made_stack_leaves_the_kept_one(widget_page):
    page = widget_page(stack())
    press(page, "Keep to compare")
    page.get_by_label("Stack", exact=True).select_option("lenet")
    assert [line[0] for line in table(page)[-3:]] == ["Total, 12 layers", "Kept: 4 layers", "Total ÷ kept"]
    expect(page.get_by_label("Stack", exact=True)).to_have_value("lenet")


def test_an_empty_stack_is_swapped_and_forgotten_without_losing_the_focus(widget_page):
    page = widget_page(stack(layers=[], compare=STACK))
    add = page.get_by_role("button", name="Add below")
    press(page, "Swap with kept")
    expect(add).to_be_focused()
    assert table(page)[-1][0] == "Total, 4 layers"  # nothing is kept: the stack was empty
    page = widget_page(stack(layers=[], compare=STACK))
    press(page, "Forget kept")
    expect(page.get_by_role("button", name="Add below")).to_be_focused()


def test_the_same_refusal_is_said_again(widget_page):
    page = widget_page(stack(layers=[]))
    listen_to(status(page))
    for _ in range(3):
        press(page, "Remove")
    page.wait_for_function("said.length >= 3")
    assert said_in(page) == ["There is no layer to remove."] * 3


def test_receptive_field_is_drawn_to_scale(widget_page):
    page = widget_page(stack(selected=2))
    seen, whole = page.locator(".cnnw-drawing .cnnw-seen"), page.locator(".cnnw-drawing .cnnw-whole")
    assert seen.bounding_box()["width"] / whole.bounding_box()["width"] == pytest.approx(4 / 8, rel=0.05)
    expect(page.locator(".cnnw-sight")).to_have_text("One output value sees 4×4 of the 8×8 input pixels.")
    page.get_by_label("Stack", exact=True).select_option("seminar")
    expect(page.locator(".cnnw-sight")).to_contain_text("sees 49×49 pixels: more than the whole 32×32 input")
    assert seen.bounding_box()["width"] / whole.bounding_box()["width"] == pytest.approx(49 / 32, rel=0.05)


def test_everything_is_reached_by_tab_and_left_again(widget_page):
    stops = Counter(stops_of_tab(widget_page(stack(compare=["relu"]))))
    # preset; 2 numbers; one row; new layer; 4 buttons; 6 numbers and a checkbox; 3 buttons
    assert stops == {"select-one": 2, "number": 2 + 6, "checkbox": 1, "button": 2 * 2 + 1 + 4 + 2 * 6 + 3}


def test_keys_stay_inside_the_widget(widget_page):
    page = widget_page(stack())
    page.evaluate("globalThis.leaked = []; document.addEventListener('keydown', (e) => leaked.push(e.key))")
    row(page, 1).focus()
    for key in ["ArrowDown", "x", "Delete"]:
        page.keyboard.press(key)
    assert page.evaluate("leaked") == []


def test_two_views_share_a_model_and_other_widgets_do_not(widget_page):
    widget = stack()
    page = widget_page(html_of(widget), html_of(widget), stack())
    page.get_by_role("button", name="Out channels: double").first.click()
    totals = page.locator(".cnnw-table tfoot tr:first-child td:nth-child(3)")
    expect(totals).to_have_text(["304", "304", "152"])
    expect(status(page).nth(0)).to_contain_text("304 parameters")
    assert status(page).nth(1).inner_text() == ""  # the view that was used speaks, not its twin


@pytest.mark.parametrize("preset", ["first", "vgg", "seminar", "lenet"])
def test_no_sideways_scrolling_at_390_pixels(widget_page, preset):
    page = widget_page(LayerStack(preset=preset), viewport={"width": 390, "height": 800})
    assert overflow_of(page) == 0
    wrap = page.locator(".cnnw-tablewrap")
    assert wrap.evaluate("wrap => wrap.scrollWidth - wrap.clientWidth") == 0
    small = page.eval_on_selector_all(
        ".cnnw button, .cnnw select, .cnnw input[type=number], .cnnw-check",
        """nodes => nodes.map(node => node.getBoundingClientRect())
            .filter(({ width, height }) => height && (height < 40 || width < 30)).map(({ height }) => height)""",
    )
    assert small == []


def test_huge_numbers_scroll_inside_the_table(widget_page):
    layer = {"kind": "conv", "out_channels": 2048, "kernel_size": 15, "padding": 7}
    for width in (390, 760):
        page = widget_page(
            LayerStack(size=512, channels=2048, layers=[layer] * 32), viewport={"width": width, "height": 800}
        )
        assert overflow_of(page) == 0


def test_chosen_layer_and_main_button_are_seen_in_forced_colours(widget_page):
    page = widget_page(stack(selected=1), forced_colors="active")
    outline = "row => getComputedStyle(row).outlineStyle"
    assert [line.evaluate(outline) for line in page.locator(".cnnw-table tbody tr").all()][1:4] == [
        "none",
        "solid",
        "none",
    ]
    main = page.locator(".cnnw-main")  # with a system's own background its text would have a patch of the page's colour
    assert main.evaluate("button => getComputedStyle(button).forcedColorAdjust") == "none"


@pytest.mark.parametrize("theme", JUPYTERLAB)
def test_quiet_words_can_be_read_in_jupyterlab(widget_page, theme):
    page = widget_page(stack())
    page.add_style_tag(content=f":root {{ {JUPYTERLAB[theme]} }}")
    quiet = page.locator(".cnnw-chosen .cnnw-index")
    assert text_contrast(quiet) >= 4.5
    quiet.evaluate("node => { node.style.background = 'var(--surface)' }")
    assert text_contrast(quiet) >= 4.5


def test_fields_are_large_enough_that_a_phone_does_not_zoom(widget_page):
    page = widget_page(stack())
    sizes = page.locator(".cnnw select, .cnnw input[type=number]").evaluate_all(
        "nodes => nodes.map((node) => parseFloat(getComputedStyle(node).fontSize))"
    )
    assert len(sizes) > 4 and min(sizes) >= 16


def test_print_hides_the_controls_and_shows_the_table(widget_page):
    page = widget_page(stack())
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Add below")).not_to_be_visible()
    expect(page.get_by_role("spinbutton", name="Kernel size")).not_to_be_visible()
    expect(page.get_by_role("table", name="Layers")).to_be_visible()
    expect(page.locator(".cnnw-formula")).to_be_visible()


def test_with_a_kernel_changes_are_set_and_saved(kernel_page):
    page = kernel_page(stack())
    row(page, 3).click()
    page.get_by_role("button", name="Kernel size: larger").click()
    log = page.evaluate("kernel.log")
    assert ["set", "selected", 2] in log and log[-1] == ["save_changes"]
    layers = next(value for name, *rest in reversed(log) if name == "set" for value in [rest[1]])
    widget = stack()
    widget.set_state({"layers": layers})  # what Python makes of it
    assert widget.layers[2] == {"kind": "max_pool", "kernel_size": 3, "stride": 3, "padding": 0, "ceil_mode": False}
    page.evaluate("kernel.receive('layers', [{ kind: 'relu' }])")  # from Python; the chosen layer is gone
    assert len(table(page)) == 3
    expect(row(page, 1)).to_have_attribute("aria-current", "true")
    press(page, "Up")
    expect(page.locator(".cnnw-problem")).to_have_text("This is the first layer.")
    page.evaluate("kernel.receive('layers', [])")  # what was refused has become another question
    expect(page.locator(".cnnw-problem")).to_have_text("")
    page.evaluate("kernel.stop()")
    assert page.evaluate("[kernel.listening(), kernel.el.childElementCount]") == [0, 0]
