"""The curve reader in a real browser, with real keys, pointers and clicks, from a file and once over http."""

import math
import re

import pytest
from playwright.sync_api import expect
from widget_harness import both_ways, html_of, listen_to, overflow_of, press_in_one_go, said_in, status, stops_of_tab

from cnn_lessons.widgets import CurveReader, PixelInspector

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser


def run(name: str, losses: list, accuracy: float = 0.5, **parts) -> dict:
    """A run with two points of its fine curve an epoch, the later 0.01 below the epoch's mean loss."""
    steps = [[e + half, loss if half < 1 else loss - 0.01] for e, loss in enumerate(losses) for half in (0.5, 1)]
    names = ("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    rows = [(e + 1, loss, accuracy + e / 10, loss + 0.1, accuracy + e / 10 - 0.05) for e, loss in enumerate(losses)]
    return {"name": name, "steps": steps, "epochs": [dict(zip(names, row, strict=True)) for row in rows], **parts}


PLAIN = run("plain", [2.01, 1.51, 1.21])
RESIDUAL = run("residual", [1.51, 0.91, 0.72], accuracy=0.662)
DIVERGED = run("hot", [2.5, 3.5]) | {"steps": [[1, 2.5], [2, 3.5], [2.25, 9.0], [2.3, math.nan], [2.35, math.nan]]}


def reader(*runs, **settings) -> CurveReader:
    return CurveReader(runs or [PLAIN, RESIDUAL], **settings)


def chart(page):
    return page.get_by_role("application")


def values(page) -> dict[str, list[str]]:
    """The table at the cursor: name and note of a run → its numbers."""
    rows = page.locator(".cnnw-here tbody tr").all()
    return {r.locator("th").inner_text().replace("\n", ": "): r.locator("td").all_inner_texts() for r in rows}


def press(page, *keys: str) -> None:
    chart(page).focus()
    for key in keys:
        page.keyboard.press(key)


def point_at(page, epoch: float, panel: int = 0) -> tuple[float, float]:
    """Where in the window an epoch of a panel lies: its ticks say where 0 and the last whole epoch are."""
    box = page.locator(".cnnw-curves > svg").nth(panel).bounding_box()
    ticks = page.locator(".cnnw-curves").nth(panel).locator("text[text-anchor=middle]").all()
    centres = {t.text_content(): (b := t.bounding_box())["x"] + b["width"] / 2 for t in ticks}
    x = centres["0"] + epoch * (centres["2"] - centres["0"]) / 2
    return x, box["y"] + box["height"] / 3


@both_ways
def test_keys_read_epoch_by_epoch_and_run_by_run(widget_page):
    page = widget_page(reader(PLAIN, RESIDUAL, DIVERGED))
    expect(status(page)).to_have_text("")
    expect(page.locator(".cnnw-here caption")).to_have_text("Last values of each run")
    page.locator("#before").focus()
    for _ in range(4):  # three buttons of the legend, then the chart
        page.keyboard.press("Tab")
    expect(chart(page)).to_be_focused()
    for key, words in [
        ("ArrowRight", "epoch 1: plain, training loss 2, validation accuracy 45.0 %"),
        ("ArrowDown", "epoch 1: residual, training loss 1.5, validation accuracy 61.2 %"),
        ("End", "epoch 3: residual, training loss 0.71, validation accuracy 81.2 %"),
        ("ArrowRight", "epoch 3: residual, training loss 0.71, validation accuracy 81.2 %"),
        ("ArrowLeft", "epoch 2.3: residual, training loss 0.72, validation accuracy 71.2 %"),
        ("ArrowDown", "epoch 2.3: hot, training loss NaN, validation accuracy 55.0 %, NaN at epoch 2.3"),
        ("ArrowDown", "epoch 2.3: plain, training loss 1.21, validation accuracy 55.0 %"),
        ("ArrowUp", "epoch 2.3: hot, training loss NaN, validation accuracy 55.0 %, NaN at epoch 2.3"),
        ("End", "epoch 3: hot, NaN at epoch 2.3"),
        ("Home", "epoch 1: hot, training loss 2.5, validation accuracy 45.0 %"),
    ]:
        page.keyboard.press(key)
        expect(status(page)).to_have_text(words)
    expect(page.locator(".cnnw-here .cnnw-chosen")).to_contain_text("hot")
    expect(page.locator(".cnnw-here [aria-current]")).to_contain_text("hot")
    expect(page.locator(".cnnw-here caption")).to_have_text("Values at epoch 1")
    assert values(page)["plain"] == ["2.00", "2.11", "50.0 %", "45.0 %"]
    expect(chart(page)).to_be_focused()
    page.keyboard.press("Escape")
    assert values(page)["hot: NaN at epoch 2.3"] == ["NaN", "3.60", "60.0 %", "55.0 %"]
    expect(page.locator(".cnnw-cursor path")).to_have_count(0)
    expect(page.locator(".cnnw-here [aria-current]")).to_have_count(0)


def test_a_run_of_keys_is_spoken_once(widget_page):
    page = widget_page(reader())
    listen_to(status(page))
    chart(page).focus()
    press_in_one_go(page, "ArrowRight", 3)
    expect(status(page)).to_contain_text("epoch 3: plain")
    assert len(said_in(page)) == 1


def test_a_row_is_chosen_at_the_last_values_of_its_run_and_given_back(widget_page):
    brief = run("brief", [1.9, 1.4])
    page = widget_page(reader(PLAIN, brief))
    row, caption = page.locator(".cnnw-here tbody tr").nth(1), page.locator(".cnnw-here caption")
    row.click()
    expect(caption).to_have_text("Values at epoch 2")
    expect(status(page)).to_have_text("epoch 2: brief, training loss 1.39, validation accuracy 55.0 %")
    assert values(page)["brief"] == ["1.39", "1.50", "60.0 %", "55.0 %"]
    row.click()  # a phone has no Escape
    expect(caption).to_have_text("Last values of each run")
    assert values(page)["brief"] == ["1.39", "1.50", "60.0 %", "55.0 %"]


def test_cursor_stays_within_the_epochs_that_are_drawn(widget_page):
    page = widget_page(reader(PLAIN, run("brief", [1.9, 1.4])))
    press(page, "End")
    page.get_by_role("button", name="plain").click()
    expect(page.locator(".cnnw-here caption")).to_have_text("Values at epoch 2")
    assert values(page)["brief"] == ["1.39", "1.50", "60.0 %", "55.0 %"]
    press(page, "ArrowLeft")
    expect(page.locator(".cnnw-here caption")).to_have_text("Values at epoch 1")


def test_a_key_that_stays_where_the_cursor_is_takes_back_what_the_pointer_showed(widget_page):
    page = widget_page(reader())
    press(page, "End")
    page.mouse.move(*point_at(page, 1))
    expect(page.locator(".cnnw-here caption")).to_have_text("Values at epoch 1")
    page.keyboard.press("End")
    expect(page.locator(".cnnw-here caption")).to_have_text("Values at epoch 3")


def test_smoothed_loss_is_said_to_be_smoothed(widget_page):
    page = widget_page(reader(PLAIN, smoothing=0.5, quantity="loss", part="training"))
    press(page, "End")
    expect(status(page)).to_contain_text("plain, training loss, smoothed, 1.")


def test_ticks_of_small_accuracies_differ(widget_page):
    rows = [{"epoch": e, "train_loss": 6.9, "train_accuracy": e * 4e-4} for e in (1, 2, 3)]
    page = widget_page(reader({"name": "a thousand classes", "steps": [], "epochs": rows}, quantity="accuracy"))
    ticks = page.locator(".cnnw-curves:visible text").filter(has_text="%").all_text_contents()
    assert len(ticks) == len(set(ticks)) > 3


def test_the_pointer_peeks_and_a_click_keeps(widget_page):
    page = widget_page(reader())
    caption = page.locator(".cnnw-here caption")
    page.mouse.move(*point_at(page, 2.02))  # a whole epoch draws a near pointer to itself
    expect(caption).to_have_text("Values at epoch 2")
    assert values(page)["residual"] == ["0.900", "1.01", "76.2 %", "71.2 %"]
    expect(page.locator(".cnnw-cursor path")).to_have_count(2)
    expect(page.locator(".cnnw-cursor circle")).to_have_count(8)
    page.mouse.move(*point_at(page, 1.5, panel=1))
    expect(caption).to_have_text(re.compile(r"Values at epoch 1\.(4[89]|5\d?)$"))
    assert values(page)["residual"][:3] == ["0.910", "1.61", "66.2 %"]
    page.mouse.move(1, 1)
    expect(caption).to_have_text("Last values of each run")
    expect(status(page)).to_have_text("")
    page.mouse.click(*point_at(page, 1))
    page.mouse.move(1, 1)
    expect(caption).to_have_text("Values at epoch 1")
    expect(status(page)).to_have_text("epoch 1: plain, training loss 2, validation accuracy 45.0 %")
    page.locator(".cnnw-here tbody tr").nth(1).click()
    expect(status(page)).to_contain_text("epoch 1: residual")


def test_a_tap_reads_a_place(widget_page):
    page = widget_page(reader(), has_touch=True, viewport={"width": 390, "height": 900})
    page.touchscreen.tap(*point_at(page, 2))
    expect(status(page)).to_have_text("epoch 2: plain, training loss 1.5, validation accuracy 55.0 %")


def test_runs_are_switched_on_and_off(widget_page):
    page = widget_page(reader())
    plain = page.get_by_role("button", name="plain")
    expect(plain).to_have_attribute("aria-pressed", "true")
    plain.click()
    expect(plain).to_have_attribute("aria-pressed", "false")
    expect(plain).to_be_focused()
    expect(status(page)).to_have_text("plain switched off.")
    assert list(values(page)) == ["residual"]
    expect(page.locator(".cnnw-curves .cnnw-run0")).to_have_count(0)
    page.get_by_role("button", name="residual").click()
    expect(page.locator(".cnnw-note")).to_have_text("All runs are switched off. Switch one on above.")
    expect(page.locator(".cnnw-here")).not_to_be_visible()
    press(page, "ArrowRight", "ArrowUp")
    expect(status(page)).to_have_text("All runs are switched off.")
    plain.click()
    assert list(values(page)) == ["plain"]


def lines(page, role: str) -> list[str]:
    return page.locator(f".cnnw-curves .cnnw-{role}").evaluate_all("paths => paths.map(path => path.getAttribute('d'))")


def test_controls_choose_what_is_drawn(widget_page):
    page = widget_page(reader())
    heads = page.locator(".cnnw-here thead th")
    choose = lambda group, text: (  # noqa: E731
        page.get_by_role("radiogroup", name=group, exact=True).locator("label").filter(has_text=text).click()
    )
    assert len(lines(page, "training")) == 4 and len(lines(page, "validation")) == 4
    choose("Show", "loss")
    expect(page.locator(".cnnw-curves:visible")).to_have_count(1)
    expect(heads).to_have_text(["Run", "Training loss", "Validation loss"])
    choose("Of", "validation")
    expect(heads).to_have_text(["Run", "Validation loss"])
    expect(page.get_by_label("Smoothing")).not_to_be_visible()
    press(page, "Home")
    expect(status(page)).to_have_text("epoch 1: plain, validation loss 2.11")
    choose("Show", "accuracy")
    expect(heads).to_have_text(["Run", "Validation accuracy"])
    expect(page.get_by_label("Log scale for the loss")).not_to_be_visible()
    choose("Of", "both")
    choose("Show", "both")
    expect(page.locator(".cnnw-curves:visible")).to_have_count(2)


def test_smoothing_keeps_the_raw_line_faint_behind(widget_page):
    page = widget_page(reader())
    before = lines(page, "training")[0]
    slider = page.get_by_label("Smoothing")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0.05")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(slider).to_be_focused()
    expect(page.locator(".cnnw-dial .cnnw-label")).to_have_text("Smoothing: 0.50")
    assert lines(page, "raw")[0] == before and lines(page, "smooth")[0] != before
    expect(page.locator(".cnnw-here thead th").nth(1)).to_have_text("Training loss, smoothed")
    # 2.01, 2, 1.51, … with weights 1, 1/2, 1/4, … back from the last
    losses = [y for _, y in PLAIN["steps"]]
    smooth = sum(y / 2**k for k, y in enumerate(reversed(losses))) / sum(2.0**-k for k in range(6))
    assert values(page)["plain"][0] == f"{smooth:.2f}"


def test_run_without_epochs_is_read_by_keyboard_point_by_point(widget_page):
    page = widget_page(reader(PLAIN | {"epochs": []}))
    press(page, "Home")
    expect(status(page)).to_have_text("epoch 0.5: plain, training loss 2.01")
    press(page, "ArrowRight", "ArrowRight")
    expect(status(page)).to_have_text("epoch 1.5: plain, training loss 1.51")


def test_smoothing_is_offered_only_where_a_fine_curve_is_shown(widget_page):
    page = widget_page(reader(PLAIN, run("coarse", [2.0, 1.0], steps=[]), smoothing=0.5))
    expect(page.get_by_label("Smoothing")).to_be_visible()
    page.get_by_role("button", name="plain").click()
    expect(page.get_by_label("Smoothing")).not_to_be_visible()
    expect(page.locator(".cnnw-key")).not_to_contain_text("before smoothing")


def test_a_diverged_run_ends_with_a_mark_and_words(widget_page):
    infinite = run("inf", [2.0]) | {"steps": [[1, 2.0], [1.5, math.inf]]}
    page = widget_page(reader(RESIDUAL, DIVERGED, infinite))
    loss = page.locator(".cnnw-curves").first
    assert sorted(loss.locator(".cnnw-break").all_text_contents()) == ["NaN at epoch 2.3", "∞ at epoch 1.5"]
    expect(loss.locator(".cnnw-cross")).to_have_count(2)
    boxes = [text.bounding_box() for text in loss.locator(".cnnw-break").all()]
    apart = abs(boxes[0]["y"] - boxes[1]["y"]) >= 12 or abs(boxes[0]["x"] - boxes[1]["x"]) >= boxes[0]["width"]
    assert apart and all(box["x"] + box["width"] <= 1280 for box in boxes)
    expect(page.locator(".cnnw-note")).to_have_text("1 value lies above the upper edge, 5.36.")
    assert values(page)["inf: ∞ at epoch 1.5"][0] == "∞"


def test_log_scale_says_what_it_cannot_show(widget_page):
    low = run("low", [1.0, 0.1]) | {"steps": [[0.5, 1], [1, 0.1], [1.5, 0], [2, -0.5], [2.5, 0.01]]}
    page = widget_page(reader(low))
    listen_to(status(page))
    page.get_by_label("Log scale for the loss").check()
    expect(page.locator(".cnnw-title").first).to_have_text("Loss, logarithmic scale")
    words = "2 values lie at 0 or below, where a logarithmic scale has no place: drawn on the lower edge."
    expect(page.locator(".cnnw-note")).to_have_text(words)
    labels = page.locator(".cnnw-curves").first.locator("text[text-anchor=end]").all_text_contents()
    assert labels == ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]
    assert "NaN" not in page.locator(".cnnw-plot").inner_html()
    page.get_by_role("radio", name="accuracy").check(force=True)
    page.wait_for_timeout(300)
    assert not any(said_in(page))  # checkbox and radio button have spoken


def test_missing_values_leave_a_gap(widget_page):
    gap = run("gap", [3.0, 2.0, 1.5, 1.0])
    gap["steps"][3][1] = None
    for row in gap["epochs"]:
        row["validation_loss"] = row["validation_accuracy"] = None
    page = widget_page(reader(gap))
    assert lines(page, "training")[0].count("M") == 2 and lines(page, "validation") == []
    press(page, "ArrowRight", "ArrowRight")
    assert values(page)["gap"] == ["–", "–", "60.0 %", "–"]
    expect(status(page)).to_have_text("epoch 2: gap, training accuracy 60.0 %")


def test_no_runs_and_no_points_yet(widget_page):
    page = widget_page(CurveReader(), reader({"name": "new"}))
    expect(page.get_by_text("Training has not begun.").first).to_be_visible()
    expect(chart(page)).to_have_count(1)  # that of the second
    expect(page.get_by_text("no values to draw")).to_have_count(2)
    press(page, "ArrowRight")
    expect(status(page).nth(1)).to_contain_text("new")


def test_recorded_run_lies_behind_and_can_be_cut_to_length(widget_page):
    long = run("full", [2.3 - e / 100 for e in range(100)], accuracy=0.0, recorded=True)
    for e, row in enumerate(long["epochs"]):
        row["train_accuracy"] = row["validation_accuracy"] = e / 100
    page = widget_page(reader(RESIDUAL, long))
    expect(page.get_by_role("button", name="full, recorded")).to_be_visible()
    first = page.locator(".cnnw-curves .cnnw-run").first  # what is drawn first lies behind
    expect(first).to_have_class(re.compile("cnnw-recorded"))
    last_tick = page.locator(".cnnw-curves").first.locator("text[text-anchor=middle]").nth(-2)
    expect(last_tick).to_have_text("100")
    page.locator(".cnnw-segments label").filter(has_text="as far as yours").click()
    expect(last_tick).to_have_text("3")
    press(page, "End")
    expect(status(page)).to_contain_text("epoch 3: residual")
    page.get_by_role("button", name="full, recorded").click()
    expect(page.get_by_text("as far as yours")).not_to_be_visible()


def test_many_points_are_thinned_to_the_screen(widget_page):
    steps = [[i / 1000, 2 + (i % 7) / 10 + (5 if i == 4321 else 0)] for i in range(1, 20001)]
    rough = str([["big", steps]]).replace("'", '"')
    element = (
        f'<cnn-curves runs=\'[{{"name": "big", "steps": {rough[8:-2]}, "epochs": []}}]\' quantity="loss"></cnn-curves>'
    )
    page = widget_page(element)
    (path,) = lines(page, "training")
    ys = [float(y) for y in re.findall(r" (-?[\d.]+)", path)]
    assert len(ys) <= 4 * 1280 and min(ys) < 0  # the one outlier is still there, above the upper edge
    expect(page.locator(".cnnw-note")).to_have_text(re.compile("^1 value lies above"))


def test_numbers_stand_in_a_table(widget_page):
    page = widget_page(reader(PLAIN, DIVERGED))
    everything = page.get_by_role("table", name="All values")
    expect(everything).not_to_be_visible()
    page.get_by_text("The numbers as a table").click()
    expect(everything.locator("tr")).to_have_count(1 + 3 + 2 + 1)  # it is filled a moment after it opens
    rows = [row.locator("> *").all_inner_texts() for row in everything.locator("tr").all()]
    assert rows[0] == ["Run", "Epoch", *(f"{p} {q}" for q in ("loss", "accuracy") for p in ("Training", "Validation"))]
    assert rows[1] == ["plain", "1", "2.01", "2.11", "50.0 %", "45.0 %"]
    assert rows[-1] == ["hot", "2.3", "NaN", "–", "–", "–"]


def test_everything_is_reached_by_tab_and_left_again(widget_page):
    stops = stops_of_tab(widget_page(reader()))
    # two runs, chart, two choices, slider, checkbox, the folded table
    assert len(stops) == 2 + 1 + 2 + 1 + 1 + 1, stops


def test_two_views_share_a_model_and_other_widgets_do_not(widget_page):
    widget = reader()
    page = widget_page(html_of(widget), html_of(widget), reader(RESIDUAL))
    chart(page).first.focus()
    page.keyboard.press("Home")
    words = ["Values at epoch 1", "Values at epoch 1", "Last values of each run"]
    expect(page.locator(".cnnw-here caption")).to_have_text(words)
    expect(status(page).first).to_contain_text("epoch 1")
    assert status(page).nth(1).inner_text() == ""  # the view that was used speaks, not its twin


def test_no_sideways_scrolling_at_390_pixels(widget_page):
    names = ["a run with a name that goes on and on", "ResNet-14", "MLP"]
    widget = reader(*(run(name, [2.0, 1.0, 0.5]) for name in names), DIVERGED, run("recorded", [2.0], recorded=True))
    page = widget_page(widget, viewport={"width": 390, "height": 800})
    assert overflow_of(page) == 0
    assert page.locator(".cnnw-here").evaluate("node => node.parentNode.scrollWidth <= node.parentNode.clientWidth")
    expect(page.get_by_role("table").first.get_by_role("rowheader")).to_have_count(5)
    small = page.eval_on_selector_all(
        ".cnnw button, .cnnw-segments, .cnnw-check, .cnnw-dial input, .cnnw summary",
        "nodes => nodes.map(node => node.getBoundingClientRect().height).filter(height => height && height < 40)",
    )
    assert small == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function("document.querySelector('.cnnw-curves > svg').getBoundingClientRect().width > 500")
    left, right = (box.bounding_box() for box in page.locator(".cnnw-curves > svg").all())
    assert left["y"] == right["y"] and left["width"] == right["width"]  # drawn anew, side by side


CONTRAST = """() => {
  const shade = (css) => {
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    context.fillStyle = css;
    context.fillRect(0, 0, 1, 1);
    const lines = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((x) => x / 255);
    const [r, g, b] = lines.map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = shade(getComputedStyle(document.querySelector(".cnnw")).backgroundColor);
  const ratio = (css) => {
    const [low, high] = [paper, shade(css)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const nodes = [...document.querySelectorAll(".cnnw-legend .cnnw-line")];
  const texts = [...document.querySelectorAll(".cnnw-curves text")];
  return [nodes.map((node) => ratio(getComputedStyle(node).stroke)), texts.map((t) => ratio(getComputedStyle(t).fill))];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_eight_runs_are_told_apart_in_both_schemes(widget_page, scheme):
    page = widget_page(reader(*(run(f"run {i}", [2.0 - i / 10]) for i in range(8))), color_scheme=scheme)
    page.add_style_tag(content=":root { color-scheme: light dark }")
    strokes, texts = page.evaluate(CONTRAST)
    assert len(strokes) == 8 and min(strokes) >= 3 and min(texts) >= 4.5, (strokes, min(texts))
    looks = page.locator(".cnnw-legend .cnnw-line").evaluate_all(
        "nodes => nodes.map(node => [getComputedStyle(node).stroke, node.getAttribute('stroke-dasharray')])"
    )
    markers = page.locator(".cnnw-legend .cnnw-marker").evaluate_all("nodes => nodes.map(n => n.getAttribute('d'))")
    assert len({look[0] for look in looks}) == len({look[1] for look in looks}) == len(set(markers)) == 8


def test_markers_look_the_same_below_a_pixel_inspector(widget_page):
    page = widget_page(PixelInspector([[[1, 2, 3]]]), reader())
    outline = "node => getComputedStyle(node).outlineStyle"
    assert page.locator(".cnnw-curves .cnnw-marker").first.evaluate(outline) == "none"
    assert page.locator(".cnnw-picture .cnnw-marker").evaluate(outline) == "solid"


def test_print_hides_the_controls_and_shows_the_curves(widget_page):
    page = widget_page(reader(cursor=2), reduced_motion="reduce")
    page.emulate_media(media="print")
    expect(page.get_by_label("Smoothing")).not_to_be_visible()
    expect(page.get_by_text("The numbers as a table")).not_to_be_visible()
    expect(page.locator(".cnnw-curves").nth(1)).to_be_visible()
    expect(page.locator(".cnnw-here caption")).to_have_text("Values at epoch 2")
    expect(page.locator(".cnnw-legend")).not_to_be_visible()  # the values name every run that is on
    page.locator(".cnnw-legend button").first.evaluate("button => button.click()")
    expect(page.locator(".cnnw-legend")).to_be_visible()  # who is off is said nowhere else
    assert page.evaluate("document.getAnimations().length") == 0


def test_with_a_kernel_curves_grow_while_training_goes_on(kernel_page):
    widget = CurveReader()
    page = kernel_page(widget)
    expect(page.get_by_text("Training has not begun.")).to_be_visible()
    for epochs in (1, 3):
        part = {"steps": RESIDUAL["steps"][: 2 * epochs], "epochs": RESIDUAL["epochs"][:epochs]}
        widget.follow("residual")({"name": "", "loss_curve": part["steps"], "epochs": part["epochs"]})
        page.evaluate("runs => kernel.receive('runs', runs)", widget.get_state(["runs"])["runs"])
        if epochs == 1:
            press(page, "End")
            expect(status(page)).to_contain_text("epoch 1: residual")
    expect(chart(page)).to_be_focused()
    expect(page.locator(".cnnw-here caption")).to_have_text("Values at epoch 1")
    page.keyboard.press("End")
    expect(status(page)).to_have_text("epoch 3: residual, training loss 0.71, validation accuracy 81.2 %")
    log = page.evaluate("kernel.log")
    assert ["set", "cursor", 3] in log and log[-1] == ["save_changes"]
    page.evaluate("kernel.stop()")
    assert page.evaluate("[kernel.listening(), kernel.el.childElementCount]") == [0, 0]
