"""The depth and width explorer in a real browser, with real keys and clicks, from a file and once over http."""

import re

import pytest
from playwright.sync_api import expect
from widget_harness import both_ways, html_of, overflow_of, status

from cnn_lessons.widgets import WideExplorer

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser


def plot(page):
    return page.locator(".cnnw-widebox")


def facts(page) -> dict[str, list[str]]:
    """Title → value and remark."""
    parts = page.locator(".cnnw-facts > div").all()
    return {part.locator("dt").inner_text(): part.locator("dd > *").all_inner_texts() for part in parts}


def rows(page, table: str) -> list[list[str]]:
    """The texts of a table's rows; small print that is not shown is left out."""
    return [line.locator("th, td").all_inner_texts() for line in page.locator(f"{table} tr").all()]


@both_ways
def test_keys_alone_change_depth_and_width(widget_page):
    page = widget_page(WideExplorer(depth=28, widen_factor=10))
    expect(page.locator(".cnnw-widename")).to_have_text("WRN-28-10")
    assert facts(page) == {
        "Parameters": ["36,479,194", "paper: 36.5 M, 10 classes"],
        "Multiply-adds": ["5.2 billion", "5,243,328,768 for one 32×32 image"],
        "Layers one after another": ["26", "4 blocks in each of 3 groups"],
        "Test error": ["4.00 %", "paper: CIFAR-10, median of 5 runs"],
    }
    expect(status(page)).to_have_text("")
    page.locator("#before").focus()
    for _ in range(5):  # depth, width, classes, dropout, plot
        page.keyboard.press("Tab")
    expect(plot(page)).to_be_focused()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".cnnw-widename")).to_have_text("WRN-40-8")
    expect(plot(page)).to_be_focused()
    expect(plot(page)).to_have_attribute("aria-label", "WRN-28-10, 36.5 M parameters")  # or all would be said twice
    expect(status(page)).to_have_text(
        "WRN-40-8: 35.7 M parameters, 5.2 billion multiply-adds, 38 layers one after another."
    )
    assert facts(page)["Test error"] == ["–", "no figure of the paper for CIFAR-10 here"]
    page.keyboard.press("Shift+Tab")
    expect(plot(page)).to_have_attribute("aria-label", "WRN-40-8, 35.7 M parameters")
    page.keyboard.press("Space")  # dropout
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowLeft")  # depth 34, a radio button
    expect(page.locator(".cnnw-widename")).to_have_text("WRN-34-8 with dropout")
    expect(page.get_by_role("radio", name="34")).to_be_focused()


def test_dropout_and_classes_change_which_error_is_shown(widget_page):
    page = widget_page(WideExplorer())
    page.get_by_role("checkbox").check()
    assert facts(page)["Test error"] == ["3.89 %", "paper: CIFAR-10, median of 5 runs"]
    assert facts(page)["Parameters"][0] == "36,479,194"  # dropout has none
    page.get_by_role("radio", name="100").check(force=True)
    assert facts(page)["Test error"] == ["18.85 %", "paper: CIFAR-100, median of 5 runs"]
    assert facts(page)["Parameters"][0] == f"{36_479_194 + 90 * 641:,}"


def test_points_lie_where_the_axes_say_and_can_be_clicked(widget_page):
    page = widget_page(WideExplorer())
    expect(page.locator(".cnnw-point")).to_have_count(7 * 6)
    expect(page.locator(".cnnw-known")).to_have_count(10)
    page.locator(".cnnw-point[title=WRN-16-8]").click()
    expect(page.locator(".cnnw-widename")).to_have_text("WRN-16-8")

    def middle(locator, axis, length):
        box = locator.bounding_box()
        return box[axis] + box[length] / 2

    page.wait_for_timeout(300)  # the ring travels
    for target in (page.locator(".cnnw-ring"), page.locator(".cnnw-point[title=WRN-16-8]")):
        tick = page.locator(".cnnw-tickx", has_text="16")
        assert middle(target, "x", "width") == pytest.approx(middle(tick, "x", "width"), abs=1)
        side = page.locator(".cnnw-ticky", has_text=re.compile("^8$"))
        assert middle(target, "y", "height") == pytest.approx(middle(side, "y", "height"), abs=1.5)
    labels = page.locator(".cnnw-known small").all_inner_texts()
    assert sorted(labels) == sorted(f"{x} M" for x in "0.6 2.2 8.9 35.7 36.5 52.5 17.2 26.8 11.0 17.1".split())


def test_own_line_goes_through_the_chosen_point(widget_page):
    page = widget_page(WideExplorer(22, 4))
    off = page.evaluate("""() => {
        const path = document.querySelector(".cnnw-own"), box = path.ownerSVGElement;
        const [width, height] = [box.clientWidth, box.clientHeight], at = document.querySelector(".cnnw-ring").style;
        const [x, y] = [parseFloat(at.left), 100 - parseFloat(at.bottom)];
        const length = path.getTotalLength();
        const points = Array.from({ length: 2000 }, (_, i) => path.getPointAtLength((length * i) / 2000));
        return Math.min(...points.map((p) => Math.hypot(((p.x - x) * width) / 100, ((p.y - y) * height) / 100)));
    }""")
    assert off < 2  # pixels


def test_tables_say_what_the_plot_shows(widget_page):
    page = widget_page(WideExplorer(16, 8))
    assert rows(page, ".cnnw-parts") == [
        ["Part", "Output", "Blocks", "Parameters", "Multiply-adds"],
        ["Stem", "N×16×32×32", "–", "432", "442,368"],
        ["Group 1", "N×128×32×32", "2", "463,648", "473,956,352"],
        ["Group 2", "N×256×16×16", "2", "2,098,944", "536,870,912"],
        ["Group 3", "N×512×8×8", "2", "8,392,192", "536,870,912"],
        ["Head", "N×10", "–", "6,154", "5,120"],
        ["All", "", "6", "10,961,370", "1,548,145,664"],
    ]
    summary = page.locator(".cnnw-more")
    summary.focus()
    page.keyboard.press("Enter")
    found = {line[0]: line[1:] for line in rows(page, ".cnnw-paper")}
    assert len(found) == 1 + 10 + 2 + 2
    assert found["WRN-16-8"] == ["11.0 M", "11.0 M", "1.5 billion", "14", "–", "–"]
    assert found["WRN-28-10, dropout"] == ["36.5 M", "36.5 M", "5.2 billion", "26", "3.89", "18.85"]
    assert found["WRN-40-10, dropout"] == ["55.8 M", "–", "8.1 billion", "38", "3.8*", "18.3*"]
    assert found["pre-ResNet-1001"] == ["–", "–", "–", "–", "4.92", "22.71"]
    expect(page.locator(".cnnw-paper tr.cnnw-chosen th")).to_have_text("WRN-16-8")
    expect(page.get_by_role("table", name="The paper's networks").locator("[aria-current]")).to_have_text("WRN-16-8")


def test_keys_stay_inside_and_the_focus_is_seen(widget_page):
    page = widget_page(WideExplorer())
    page.evaluate("globalThis.leaked = []; document.addEventListener('keydown', (e) => leaked.push(e.key))")
    plot(page).focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert page.evaluate("leaked") == []


def test_two_views_share_a_model_and_other_widgets_do_not(widget_page):
    widget = WideExplorer()
    page = widget_page(html_of(widget), html_of(widget), WideExplorer())
    plot(page).first.press("ArrowUp")
    expect(page.locator(".cnnw-widename")).to_have_text(["WRN-28-12", "WRN-28-12", "WRN-28-10"])
    expect(status(page).first).to_contain_text("WRN-28-12")
    assert status(page).nth(1).inner_text() == ""  # the view that was used speaks, not its twin


def test_phone_has_no_sideways_scrolling_and_large_targets(widget_page):
    page = widget_page(WideExplorer(46, 12, num_classes=100), viewport={"width": 390, "height": 800})
    assert overflow_of(page) == 0
    wrap = page.locator(".cnnw-countwrap").first
    assert wrap.evaluate("box => box.scrollWidth - box.clientWidth") == 0
    assert rows(page, ".cnnw-parts")[2][0].split() == ["Group", "1", "N×192×32×32"]  # the shape under the name
    small = page.eval_on_selector_all(
        ".cnnw label, .cnnw summary",
        "nodes => nodes.map((node) => node.getBoundingClientRect().height).filter((height) => height < 40)",
    )
    assert small == []


def test_print_shows_the_network_without_the_controls(widget_page):
    page = widget_page(WideExplorer())
    page.emulate_media(media="print")
    for name in (".cnnw-widepanel", ".cnnw-hint", ".cnnw-paper"):
        expect(page.locator(name)).not_to_be_visible()
    for name in (".cnnw-widename", ".cnnw-widebox", ".cnnw-parts"):
        expect(page.locator(name)).to_be_visible()


def test_with_a_kernel_changes_are_set_and_saved(kernel_page):
    page = kernel_page(WideExplorer())
    plot(page).press("ArrowLeft")
    log = page.evaluate("kernel.log")
    assert ["set", "depth", 22] in log and log[-1] == ["save_changes"]
    page.evaluate("kernel.receive('widen_factor', 1)")  # from Python
    expect(page.locator(".cnnw-widename")).to_have_text("WRN-22-1")
    page.evaluate("kernel.stop()")
    assert page.evaluate("[kernel.listening(), kernel.el.childElementCount]") == [0, 0]
