"""The pixel inspector in a real browser, with real keys, clicks and taps, from a file and once over http."""

import pytest
import torch
from playwright.sync_api import expect
from widget_harness import (
    both_ways,
    cell,
    grid,
    html_of,
    listen_to,
    overflow_of,
    press_in_one_go,
    said_in,
    status,
    stops_of_tab,
    values,
)

from cnn_lessons.widgets import PixelInspector

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser

# 20 by 24 pixels, no two alike; one whose words a test knows
IMAGE = [[[(10 * row + col) % 256, 12 * row, 10 * col] for col in range(24)] for row in range(20)]
IMAGE[12][20] = [201, 180, 44]
SAID = "image[12, 20]: red 201, green 180, blue 44; hue 52°, saturation 78 %, value 79 %"


def inspector(**settings) -> PixelInspector:
    return PixelInspector(IMAGE, **settings)


def click_pixel(page, row: int, col: int) -> None:
    box = page.locator(".cnnw-picture").first.bounding_box()
    x, y = (col + 0.5) / 24 * box["width"], (row + 0.5) / 20 * box["height"]
    page.locator(".cnnw-picture").first.click(position={"x": x, "y": y})


def readings(page) -> dict[str, list[str]]:
    rows = page.locator(".cnnw-numbers tr:has(th[scope=row])").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts()[:2] for row in rows}


@both_ways
def test_clicking_a_pixel_reads_it(widget_page):
    page = widget_page(inspector())
    expect(status(page)).to_have_text("")
    click_pixel(page, 12, 20)
    expect(status(page)).to_have_text(SAID)
    expect(page.locator(".cnnw-here")).to_contain_text("image[12, 20]")
    expect(page.locator(".cnnw-here")).to_contain_text("#C9B42C")
    assert readings(page) == {
        "red": ["201", "0.788"],
        "green": ["180", "0.706"],
        "blue": ["44", "0.173"],
        "hue": ["52°", "0.144"],
        "saturation": ["78 %", "0.781"],
        "value": ["79 %", "0.788"],
    }
    expect(page.locator(".cnnw-sum")).to_contain_text("0.299·201 + 0.587·180 + 0.114·44 = 170.775")


def test_arrow_keys_walk_and_shift_leaps(widget_page):
    page = widget_page(inspector(row=1, column=1))
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    place = page.locator(".cnnw-here code")
    for key, at in [
        ("ArrowDown", "2, 1"),
        ("ArrowRight", "2, 2"),
        ("Shift+ArrowRight", "2, 10"),
        ("Shift+ArrowDown", "10, 10"),
        ("End", "10, 23"),
        ("ArrowRight", "10, 23"),
        ("Home", "10, 0"),
        ("ArrowUp", "9, 0"),
        ("Shift+ArrowUp", "1, 0"),
        ("Shift+ArrowUp", "0, 0"),
        ("Control+End", "19, 23"),
        ("Control+Home", "0, 0"),
        ("ArrowLeft", "0, 0"),
    ]:
        page.keyboard.press(key)
        expect(place).to_have_text(f"image[{at}]")
    expect(page.locator(".cnnw-picture")).to_be_focused()
    expect(status(page)).to_contain_text("image[0, 0]: red 0, green 0, blue 0; no hue, saturation 0 %, value 0 %")


def test_a_run_of_keys_is_spoken_once(widget_page):
    page = widget_page(inspector())
    listen_to(status(page))
    page.locator(".cnnw-picture").focus()
    press_in_one_go(page, "ArrowDown", 5)
    expect(status(page)).to_contain_text("image[5, 0]")
    assert len(said_in(page)) == 1


def test_the_mouse_peeks_and_a_click_keeps(widget_page):
    page = widget_page(inspector(row=3, column=3))
    box = page.locator(".cnnw-picture").bounding_box()
    page.mouse.move(box["x"] + 20.5 / 24 * box["width"], box["y"] + 12.5 / 20 * box["height"])
    place = page.locator(".cnnw-here code")
    expect(place).to_have_text("image[12, 20]")
    page.mouse.move(1, 1)
    expect(place).to_have_text("image[3, 3]")
    expect(status(page)).to_have_text("")
    click_pixel(page, 12, 20)
    page.mouse.move(1, 1)
    expect(place).to_have_text("image[12, 20]")


def test_a_key_that_ends_where_it_began_takes_back_what_the_mouse_showed(widget_page):
    page = widget_page(inspector())
    box = page.locator(".cnnw-picture").bounding_box()
    page.locator(".cnnw-picture").focus()
    page.mouse.move(box["x"] + 20.5 / 24 * box["width"], box["y"] + 12.5 / 20 * box["height"])
    expect(page.locator(".cnnw-here code")).to_have_text("image[12, 20]")
    page.keyboard.press("Home")
    expect(page.locator(".cnnw-here code")).to_have_text("image[0, 0]")


def test_a_drag_chooses_only_if_it_began_on_the_picture(widget_page):
    page = widget_page(inspector())
    box = page.locator(".cnnw-picture").bounding_box()
    above, inside = (box["x"] + 20, box["y"] - 8), (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*above)
    page.mouse.down()
    page.mouse.move(*inside)
    page.mouse.up()
    page.mouse.move(1, 1)
    expect(page.locator(".cnnw-here code")).to_have_text("image[0, 0]")
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(*inside)
    page.mouse.up()
    page.mouse.move(1, 1)
    expect(page.locator(".cnnw-here code")).to_have_text("image[10, 12]")


def test_a_tap_reads_a_pixel(widget_page):
    page = widget_page(inspector(), has_touch=True, viewport={"width": 390, "height": 800})
    box = page.locator(".cnnw-picture").bounding_box()
    page.touchscreen.tap(box["x"] + 20.5 / 24 * box["width"], box["y"] + 12.5 / 20 * box["height"])
    expect(status(page)).to_have_text(SAID)


def canvas_bytes(page) -> list[int]:
    return page.locator("canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 < 3)"
    )


def test_picture_is_exact_and_channels_switch_it(widget_page):
    page = widget_page(inspector())
    image = torch.tensor(IMAGE)
    assert canvas_bytes(page) == image.flatten().tolist()
    page.get_by_label("blue").first.uncheck()
    expect(page.locator(".cnnw-caption")).to_have_text("Red and green, with blue set to 0.")
    assert canvas_bytes(page) == (image * torch.tensor([1, 1, 0])).flatten().tolist()
    page.get_by_label("red").first.uncheck()
    words = "The green channel alone, drawn in grey: 0 is black, 255 is white."
    expect(page.locator(".cnnw-caption")).to_have_text(words)
    expect(status(page)).to_have_text(words)
    assert canvas_bytes(page) == image[:, :, 1:2].expand(-1, -1, 3).flatten().tolist()
    page.get_by_label("green").first.uncheck()
    assert set(canvas_bytes(page)) == {0}
    expect(page.get_by_label("green").first).to_be_focused()
    assert readings(page)["red"] == ["0", "0.000"]  # readings are of the stored pixel


def test_neighbourhood_shows_the_numbers_around(widget_page):
    page = widget_page(inspector(row=5, column=5))
    image = torch.tensor(IMAGE)
    assert values(page, "Neighbourhood") == [[str(x) for x in row] for row in image[3:8, 3:8, 0].tolist()]
    page.get_by_role("radiogroup", name="Neighbours show").locator("label").filter(has_text="green").click()
    assert values(page, "Neighbourhood") == [[str(x) for x in row] for row in image[3:8, 3:8, 1].tolist()]
    assert cell(page, "Neighbourhood", 0, 0).evaluate("c => getComputedStyle(c).backgroundColor") == "rgb(36, 36, 36)"
    page.get_by_role("radiogroup", name="Neighbours show").locator("label").filter(has_text="luminance").click()
    grey = (image[3:8, 3:8] * torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)).sum(-1).round().int()
    assert values(page, "Neighbourhood") == [[str(x) for x in row] for row in grey.tolist()]
    expect(status(page)).to_have_text("The neighbourhood shows luminance.")


def test_neighbourhood_ends_at_the_edge_and_walks(widget_page):
    page = widget_page(inspector(row=0, column=23))
    shown = values(page, "Neighbourhood")
    assert shown[:2] == [[""] * 5] * 2 and [row[3:] for row in shown] == [["", ""]] * 5 and shown[2][2] == "23"
    expect(cell(page, "Neighbourhood", 0, 0)).to_have_attribute("aria-label", "outside the image")
    counted = "`image[${cell.ariaRowIndex - 1}, ${cell.ariaColIndex - 1}]`"  # indices from 0, rows and columns from 1
    places = f"cells => cells.map((cell) => [cell.ariaLabel.split(':')[0], {counted}])"
    found = grid(page, "Neighbourhood").locator("[tabindex]").evaluate_all(places)
    assert len(found) == 9 and all(named == counted for named, counted in found)
    assert [grid(page, "Neighbourhood").get_attribute(f"aria-{name}count") for name in ("row", "col")] == ["20", "24"]
    cell(page, "Neighbourhood", 2, 2).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".cnnw-here code")).to_have_text("image[0, 22]")
    expect(cell(page, "Neighbourhood", 2, 2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".cnnw-here code")).to_have_text("image[0, 22]")
    cell(page, "Neighbourhood", 4, 0).click()
    expect(page.locator(".cnnw-here code")).to_have_text("image[2, 20]")


def test_everything_is_reached_by_tab_and_left_again(widget_page):
    stops = stops_of_tab(widget_page(inspector()))
    assert len(stops) == 1 + 3 + 1 + 1  # picture, channels, neighbourhood, its choice


def test_two_views_share_a_model_and_other_widgets_do_not(widget_page):
    widget = inspector()
    page = widget_page(html_of(widget), html_of(widget), inspector(row=7))
    click_pixel(page, 12, 20)
    places = page.locator(".cnnw-here code")
    expect(places).to_have_text(["image[12, 20]", "image[12, 20]", "image[7, 0]"])
    page.get_by_label("red").first.uncheck()
    expect(page.locator(".cnnw-caption").nth(1)).to_contain_text("with red set to 0")
    assert status(page).nth(1).inner_text() == ""  # the view that was used speaks, not its twin


@pytest.mark.parametrize("size", [(75, 64), (96, 96), (1, 96), (96, 1)])
def test_no_sideways_scrolling_at_390_pixels(widget_page, size):
    image = torch.arange(size[0] * size[1] * 3).reshape(*size, 3) % 256
    page = widget_page(PixelInspector(image), viewport={"width": 390, "height": 800})
    assert overflow_of(page) == 0
    box, canvas = (page.locator(name).bounding_box() for name in (".cnnw", "canvas"))
    assert canvas["x"] >= box["x"] and canvas["x"] + canvas["width"] <= box["x"] + box["width"]
    assert canvas["width"] % size[1] == 0 and canvas["width"] / size[1] == canvas["height"] / size[0]
    small = page.eval_on_selector_all(
        ".cnnw-segments, .cnnw-check, .cnnw-neighbours [role=gridcell]",
        "nodes => nodes.map(node => node.getBoundingClientRect().height).filter(height => height < 40)",
    )
    assert small == []


def test_print_hides_the_controls_and_shows_the_state(widget_page):
    page = widget_page(inspector(row=12, column=20, channels="R"))
    page.emulate_media(media="print")
    expect(page.get_by_label("red").first).not_to_be_visible()
    expect(page.locator(".cnnw-caption")).to_be_visible()
    expect(page.locator("canvas")).to_be_visible()
    expect(grid(page, "Neighbourhood")).to_be_visible()


def test_with_a_kernel_changes_are_set_and_saved(kernel_page):
    page = kernel_page(inspector())
    click_pixel(page, 12, 20)
    log = page.evaluate("kernel.log")
    assert ["set", "row", 12] in log and ["set", "column", 20] in log and log[-1] == ["save_changes"]
    page.evaluate("kernel.receive('row', 99)")  # from Python, beyond the last
    expect(page.locator(".cnnw-here code")).to_have_text("image[19, 20]")
    packed = PixelInspector([[[1, 2, 3]]]).get_state(["image"])["image"]
    page.evaluate("packed => kernel.receive('image', packed)", packed)
    expect(page.locator(".cnnw-here code")).to_have_text("image[0, 0]")
    assert canvas_bytes(page) == [1, 2, 3]
    page.evaluate("kernel.stop()")
    assert page.evaluate("[kernel.listening(), kernel.el.childElementCount]") == [0, 0]
