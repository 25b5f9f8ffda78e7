"""Widgets of the built book without a mouse: from the top of a page by Tab, then arrows, digits and Enter alone."""

import json

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect
from widget_harness import grid

pytestmark = pytest.mark.browser
MOST_STOPS = 300


def tab_to(page, place) -> None:
    """Press Tab until the focus lies in this place."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if place.evaluate("node => node.contains(document.activeElement)"):
            return
    raise AssertionError(f"expected to come to {place} by Tab, got past {MOST_STOPS} stops")


def open_by_keyboard(page, chapter: str, tag: str):
    """The first widget of a chapter, after the skip link was taken."""
    page.goto(f"{page.book}/notebooks/{chapter}.html")
    widget = page.locator(tag).first
    widget.locator("button").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    return widget


def numbers(grid) -> torch.Tensor:
    """What stands in a grid."""
    rows = "grid => [...grid.children].map(row => [...row.children].map(cell => cell.firstChild.textContent))"
    return torch.tensor([[float(text.replace("−", "-")) for text in row] for row in grid.evaluate(rows)])


def walk_over(page, rows: int, columns: int) -> None:
    """Visit every cell of the output by arrow keys: right, down, left, down."""
    for row in range(rows):
        for _ in range(columns - 1):
            page.keyboard.press("ArrowLeft" if row % 2 else "ArrowRight")
        page.keyboard.press("ArrowDown")


def test_convolution_is_computed_without_a_mouse(watched_page):
    """An entry of the kernel is changed, then the window walks over the whole input."""
    stepper = open_by_keyboard(watched_page, "02_convolution", "cnn-conv")
    image, kernel = (torch.tensor(json.loads(stepper.get_attribute(name))).float() for name in ("image", "kernel"))
    tab_to(watched_page, grid(stepper, "Kernel"))
    for key in ("ArrowRight", "Enter", "5", "Enter"):
        watched_page.keyboard.press(key)
    kernel[0, 1] = 5
    expected = F.conv2d(image[None, None], kernel[None, None])[0, 0]
    tab_to(watched_page, grid(stepper, "Output"))
    walk_over(watched_page, *expected.shape)
    torch.testing.assert_close(numbers(grid(stepper, "Output")), expected)
    expect(stepper.get_by_role("status")).to_contain_text(f"window row {expected.shape[0]}")


def test_pooling_is_computed_and_changed_without_a_mouse(watched_page):
    stepper = open_by_keyboard(watched_page, "04_pooling", "cnn-pool")
    image = torch.tensor(json.loads(stepper.get_attribute("image"))).float()[None]
    tab_to(watched_page, grid(stepper, "Output"))
    walk_over(watched_page, 3, 3)
    torch.testing.assert_close(numbers(grid(stepper, "Output")), F.max_pool2d(image, 2)[0])
    tab_to(watched_page, stepper.get_by_role("radiogroup", name="Keep the"))
    watched_page.keyboard.press("ArrowRight")
    torch.testing.assert_close(numbers(grid(stepper, "Output")), F.avg_pool2d(image, 2)[0], atol=0.01, rtol=0)


def test_layer_is_added_and_removed_without_a_mouse(watched_page):
    calculator = open_by_keyboard(watched_page, "03_arithmetic_of_shapes", "cnn-layers")
    layers = calculator.locator(".cnnw-layer")
    before = layers.count()
    tab_to(watched_page, calculator.get_by_role("button", name="Add below"))
    watched_page.keyboard.press("Enter")
    expect(layers).to_have_count(before + 1)
    expect(calculator.get_by_role("status")).to_contain_text("Added.")
    tab_to(watched_page, calculator.get_by_role("button", name="Remove", exact=True))
    watched_page.keyboard.press("Enter")
    expect(layers).to_have_count(before)
