"""The shift explorer in a real browser, dragged by mouse and finger, moved by keys, from a file and once over http."""

import functools
import math
import re

import pytest
import torch
from playwright.sync_api import expect
from widget_harness import both_ways, html_of, listen_to, overflow_of, press_in_one_go, said_in, status

from cnn_lessons.widgets import ShiftExplorer, shifted

pytest_plugins = ["widget_fixtures"]
pytestmark = pytest.mark.browser

CLASSES = ("dot", "stroke", "cross")
FILL = [30, 40, 50]
NETWORKS = (".cnnw-network >> nth=0", ".cnnw-network >> nth=1")
CENTRE = "dot, shift 0 right, 0 down"


def pictures() -> torch.Tensor:
    """A dot, a stroke and a cross in a plain ground."""
    images = torch.tensor(FILL, dtype=torch.uint8).view(1, 3, 1, 1).repeat(3, 1, 32, 32)
    images[0, :, 15:18, 15:18] = torch.tensor([250, 200, 150], dtype=torch.uint8).view(3, 1, 1)
    images[1, :, 16, 10:22] = 255
    images[2, :, 16, 12:21] = images[2, :, 12:21, 16] = 180
    return images


def by_place(images: torch.Tensor) -> torch.Tensor:
    """A network that is lost when the object moves: a template in the middle decides."""
    scores = [(images[:, 0].float() - picture[0].float()).abs().mean((1, 2)) for picture in pictures()]
    return (-torch.stack(scores, 1)).softmax(1)


def by_size(images: torch.Tensor) -> torch.Tensor:
    """A network that is not: it counts bright pixels."""
    counts = (images[:, 0] > 100).flatten(1).sum(1, keepdim=True).float()
    return (-(counts - torch.tensor([9.0, 12.0, 17.0])).abs()).softmax(1)


@functools.cache
def tables() -> dict[str, torch.Tensor]:
    """Both networks asked at every shift, as the class's docstring says."""

    def ask(network):
        steps = range(-8, 9)
        rows = [torch.stack([network(shifted(pictures(), dy, dx, FILL)) for dx in steps], 1) for dy in steps]
        return torch.stack(rows, 1)

    return {"MLP": ask(by_place), "CNN": ask(by_size)}


@functools.cache
def element(**settings) -> str:
    return html_of(ShiftExplorer(pictures(), tables(), range(3), CLASSES, FILL, **settings))


def drag(page):
    return page.locator(".cnnw-drag")


def title(page):
    return page.locator(".cnnw-drag-part .cnnw-title")


def shown(page) -> torch.Tensor:
    """The picture on the page, (1, 3, H, W)."""
    data = page.locator(".cnnw-drag canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 < 3)"
    )
    return torch.tensor(data, dtype=torch.uint8).reshape(1, 32, 32, 3).permute(0, 3, 1, 2)


def percents(page, network: str) -> list[str]:
    return page.get_by_role("group", name=network).get_by_role("listitem").all_inner_texts()


def verdicts(page) -> list[str]:
    return [re.sub(r"\s+", " ", text) for text in page.locator(".cnnw-verdict").all_text_contents()]


def expect_page_to_agree(page, k: int, dy: int, dx: int) -> None:
    """The picture is the shifted one, and bars and verdicts are what the networks say of this very picture."""
    picture = shown(page)
    assert torch.equal(picture, shifted(pictures()[k : k + 1], dy, dx, FILL))
    for name, network in (("MLP", by_place), ("CNN", by_size)):
        probabilities = network(picture)[0]
        best = int(probabilities.argmax())
        (verdict,) = [text for text in verdicts(page) if text.startswith(name)]
        says, percent, word = re.fullmatch(rf"{name} says (\w+) (\d+) %: (\w+)", verdict).groups()
        assert (says, word) == (CLASSES[best], "right" if best == k else "wrong")
        assert abs(int(percent) - 100 * probabilities[best]) <= 0.7
        for text, p in zip(percents(page, name), probabilities, strict=True):
            assert abs(int(re.search(r"(\d+) %", text)[1]) - 100 * p) <= 0.7
        assert "the right class" in percents(page, name)[k]


@both_ways
def test_dragging_moves_the_object_and_both_networks_speak(widget_page):
    page = widget_page(element(chosen=1))
    expect(status(page)).to_have_text("")
    expect(title(page)).to_have_text("stroke, shift 0 right, 0 down")
    expect_page_to_agree(page, 1, 0, 0)
    assert verdicts(page)[0].startswith("MLP says stroke")
    box = drag(page).bounding_box()
    pixel = box["width"] / 32
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 100 + 3.2 * pixel, box["y"] + 100 - 1.8 * pixel, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 20, box["y"] + 20)  # no longer held
    expect(title(page)).to_have_text("stroke, shift 3 right, 2 up")
    expect_page_to_agree(page, 1, -2, 3)
    expect(status(page)).to_have_text(
        re.compile(r"^shift 3 right, 2 up: MLP says dot, \d+ percent, wrong; CNN says stroke, \d+ percent, right$")
    )
    page.mouse.down()
    page.mouse.move(box["x"] + 20 + 40 * pixel, box["y"] + 20 + 40 * pixel, steps=3)
    expect(title(page)).to_have_text("stroke, shift 8 right, 8 down")
    page.mouse.up()
    expect_page_to_agree(page, 1, 8, 8)


def test_keys_alone_reach_everything(widget_page):
    page = widget_page(element())
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    expect(drag(page)).to_be_focused()
    for key in ["ArrowRight"] * 4 + ["ArrowDown"]:
        page.keyboard.press(key)
    expect(title(page)).to_have_text("dot, shift 4 right, 1 down")
    expect_page_to_agree(page, 0, 1, 4)
    for key in ["ArrowLeft"] * 13 + ["ArrowUp"]:
        page.keyboard.press(key)
    expect(title(page)).to_have_text("dot, shift 8 left, 0 down")
    page.keyboard.press("Home")
    expect(title(page)).to_have_text(CENTRE)
    page.keyboard.press("ArrowUp")
    expect(title(page)).to_have_text("dot, shift 0 right, 1 up")
    expect(drag(page)).to_have_attribute("aria-label", CENTRE)  # or the shift would be said twice
    page.keyboard.press("Tab")
    expect(drag(page)).to_have_attribute("aria-label", "dot, shift 0 right, 1 up")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")
    expect(drag(page)).to_be_focused()
    for name, there in [("left", "1 left, 0 down"), ("up", "1 left, 1 up"), ("down", "1 left, 0 down")]:
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(title(page)).to_have_text(f"dot, shift {there}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(title(page)).to_have_text(CENTRE)
    expect(page.get_by_role("button", name="back to the centre")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(title(page)).to_have_text("stroke, shift 0 right, 0 down")
    expect(status(page)).to_contain_text("says stroke")
    page.keyboard.press("Tab")
    expect(page.locator("#after")).to_be_focused()


def test_a_run_of_keys_is_spoken_once(widget_page):
    page = widget_page(element())
    listen_to(status(page))
    drag(page).focus()
    press_in_one_go(page, "ArrowDown", 5)
    expect(status(page)).to_contain_text("shift 0 right, 5 down: ")
    assert len(said_in(page)) == 1


def test_a_click_in_a_map_goes_there_and_both_frames_follow(widget_page):
    page = widget_page(element())
    second = page.locator(".cnnw-map").nth(1)
    side = second.bounding_box()["width"]
    second.click(position={"x": (5 + 8.5) / 17 * side, "y": (-7 + 8.5) / 17 * side})
    expect(title(page)).to_have_text("dot, shift 5 right, 7 up")
    expect_page_to_agree(page, 0, -7, 5)
    for i in range(2):
        area, frame = (page.locator(name).nth(i).bounding_box() for name in (".cnnw-map", ".cnnw-map-frame"))
        for start, length, at in (("x", "width", 5), ("y", "height", -7)):
            middle = frame[start] + frame[length] / 2 - area[start]
            assert math.isclose(middle, (at + 8.5) / 17 * side, abs_tol=1)


def test_maps_show_where_each_network_is_right(widget_page):
    page = widget_page(element(chosen=2))
    for i, table in enumerate(tables().values()):
        right = table[2].argmax(-1) == 2
        area = page.locator(".cnnw-map").nth(i)
        name = list(tables())[i]
        count = int(right.sum())
        expect(area).to_have_attribute("aria-label", f"Map of all shifts: {name} is right at {count} of 289")
        expect(page.locator(".cnnw-map-part .cnnw-title").nth(i)).to_have_text(f"right: {count} of 289 shifts")
        crosses = re.findall(r"M(\d+) (\d+)m", area.locator("path").get_attribute("d") or "")
        assert {(int(y), int(x)) for x, y in crosses} == {tuple(at) for at in (~right).nonzero().tolist()}
        shares = area.locator("rect").evaluate_all(
            "all => all.map(r => parseFloat(r.style.getPropertyValue('--share')))"
        )
        torch.testing.assert_close(torch.tensor(shares) / 100, table[2, :, :, 2].flatten(), atol=0.002, rtol=0)
        colours = area.locator("rect").evaluate_all("all => all.map(r => getComputedStyle(r).fill)")
        low, high = shares.index(min(shares)), shares.index(max(shares))
        assert (colours[low] == colours[high]) == (shares[low] == shares[high])
    assert tables()["MLP"][2].argmax(-1).eq(2).sum() < 60 < 289 == tables()["CNN"][2].argmax(-1).eq(2).sum()


def test_another_object_keeps_the_shift(widget_page):
    page = widget_page(element(dy=2, dx=-1))
    page.locator(".cnnw-choice label").nth(2).click()
    expect(title(page)).to_have_text("cross, shift 1 left, 2 down")
    expect_page_to_agree(page, 2, 2, -1)
    expect(page.get_by_role("radio", name="cross, picture 3")).to_be_checked()


def test_a_finger_moves_the_object_and_not_the_page(widget_page):
    page = widget_page(element(), has_touch=True, viewport={"width": 390, "height": 500})
    box = drag(page).bounding_box()
    pixel = box["width"] / 32
    touch = functools.partial(page.context.new_cdp_session(page).send, "Input.dispatchTouchEvent")

    def swipe(x, y, down):
        touch({"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in range(1, 6):
            touch({"type": "touchMove", "touchPoints": [{"x": x, "y": y + part / 5 * down}]})
        touch({"type": "touchEnd", "touchPoints": []})

    swipe(box["x"] + 100, box["y"] + 150, -6 * pixel)
    expect(title(page)).to_have_text("dot, shift 0 right, 6 up")
    assert page.evaluate("scrollY") == 0
    assert drag(page).evaluate("node => getComputedStyle(node).touchAction") == "none"
    swipe(5, 400, -100)  # beside the picture
    page.wait_for_function("scrollY > 50")
    expect(title(page)).to_have_text("dot, shift 0 right, 6 up")


def test_two_views_share_a_model_and_one_picture_needs_no_choice(widget_page):
    alone = ShiftExplorer(
        pictures()[:1], {name: table[:1] for name, table in tables().items()}, [0], CLASSES, FILL, dy=1, chosen=5
    )
    page = widget_page(element(), element(), alone)
    drag(page).first.press("ArrowLeft")
    there = "dot, shift 1 left, 0 down"
    expect(title(page)).to_have_text([there, there, "dot, shift 0 right, 1 down"])
    expect(status(page).first).to_contain_text("shift 1 left")
    assert status(page).nth(1).inner_text() == ""  # the view that was used speaks, not its twin
    expect(page.locator(".cnnw-choice")).to_have_count(3)
    expect(page.locator(".cnnw-choice").nth(2)).to_be_hidden()


@pytest.mark.parametrize("width", [390, 320])
def test_no_sideways_scrolling_on_a_phone_and_targets_are_large(widget_page, width):
    names = ("a very long name of a class", *(f"class {i}" for i in range(8)), "automobile")
    six = torch.zeros(6, 3, 32, 32, dtype=torch.uint8)
    certain = torch.eye(10)[0].expand(6, 17, 17, 10)
    page = widget_page(
        ShiftExplorer(six, {"MLP": certain, "CNN": certain}, [0] * 6, names), viewport={"width": width, "height": 800}
    )
    assert overflow_of(page) == 0
    outer = page.locator(".cnnw").bounding_box()
    for name in (".cnnw-drag", ".cnnw-network", ".cnnw-bar", ".cnnw-map", ".cnnw-choice", ".cnnw-claim"):
        for part in page.locator(name).all():
            box = part.bounding_box()
            assert box["x"] >= outer["x"] and box["x"] + box["width"] <= outer["x"] + outer["width"], name
    small = page.eval_on_selector_all(
        ".cnnw-pad button, .cnnw-choice label, .cnnw-drag",
        """nodes => nodes.map(node => node.getBoundingClientRect()).map(({ width, height }) => [width, height])
            .filter(([width, height]) => width < 40 || height < 40)""",
    )
    assert small == []


def test_names_of_classes_are_whole_at_320_pixels(widget_page):
    names = ["airplane", "automobile", "bird"]
    certain = torch.eye(3)[1].expand(3, 17, 17, 3)
    networks = {"MLP": certain, "CNN": certain}
    page = widget_page(ShiftExplorer(pictures(), networks, [1] * 3, names), viewport={"width": 320, "height": 800})
    page.add_style_tag(content="body { margin: 0 1rem }")
    expect(page.locator(".cnnw-bar-name")).to_have_count(6)
    cut = page.locator(".cnnw-bar-name").evaluate_all("all => all.filter((one) => one.scrollWidth > one.clientWidth)")
    assert cut == [] and overflow_of(page) == 0


def test_picture_and_both_networks_stand_side_by_side_in_the_books_column(widget_page):
    page = widget_page(element(), viewport={"width": 720, "height": 800})
    first, second, third = (page.locator(name).bounding_box() for name in (".cnnw-drag", *NETWORKS))
    assert first["x"] + first["width"] < second["x"] and second["x"] + second["width"] < third["x"]
    assert second["y"] == third["y"] < first["y"] and overflow_of(page) == 0
    assert page.locator(".cnnw").bounding_box()["height"] < 700


def test_print_hides_the_controls_and_shows_the_state(widget_page):
    page = widget_page(element(dx=6))
    page.emulate_media(media="print")
    for name in (".cnnw-pad", ".cnnw-choice", ".cnnw-drag-hint"):
        expect(page.locator(name)).not_to_be_visible()
    for name in (".cnnw-drag canvas", ".cnnw-verdict >> nth=0", ".cnnw-map >> nth=1", ".cnnw-bar >> nth=0"):
        expect(page.locator(name)).to_be_visible()
    expect_page_to_agree(page, 0, 0, 6)


def test_less_motion_where_the_reader_asks_for_it(widget_page):
    page = widget_page(element(), reduced_motion="reduce")
    bar = page.locator(".cnnw-bar-track i").first
    assert bar.evaluate("node => getComputedStyle(node).transitionDuration") == "0s"


def test_with_a_kernel_changes_are_set_and_saved(kernel_page):
    page = kernel_page(ShiftExplorer(pictures(), tables(), range(3), CLASSES, FILL))
    drag(page).press("ArrowDown")
    log = page.evaluate("kernel.log")
    assert ["set", "dy", 1] in log and ["set", "dx", 0] in log and log[-1] == ["save_changes"]
    page.evaluate("kernel.receive('dx', -4)")  # from Python
    expect(title(page)).to_have_text("dot, shift 4 left, 1 down")
    expect_page_to_agree(page, 0, 1, -4)
    page.evaluate("kernel.receive('chosen', 99)")  # beyond the last
    expect(title(page)).to_have_text("cross, shift 4 left, 1 down")
    page.evaluate("kernel.receive('labels', [0, 1, 1])")
    expect(title(page)).to_have_text("stroke, shift 4 left, 1 down")
    page.evaluate("kernel.stop()")
    assert page.evaluate("[kernel.listening(), kernel.el.childElementCount]") == [0, 0]
