"""Takes the README's picture: the convolution stepper as it stands in the built book, a few steps on.

`make picture` builds the book and calls this.
"""

from machine import ROOT, find_chromium, say
from playwright.sync_api import sync_playwright

PAGE = ROOT / "_build" / "html" / "notebooks" / "02_convolution.html"
PICTURE = ROOT / ".github" / "stepper.png"
STEPS = 9


def main() -> None:
    """Open the chapter, step the first stepper, and keep its picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        page = browser.new_page(viewport={"width": 1000, "height": 1200}, device_scale_factor=1.5)
        page.goto(PAGE.as_uri())
        stepper = page.locator("cnn-conv").first
        for _ in range(STEPS):
            stepper.get_by_role("button", name="Next step").click()
        page.mouse.move(0, 0)
        stepper.screenshot(path=PICTURE)
        browser.close()
    say(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
