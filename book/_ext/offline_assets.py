"""A built book that needs no network: MathJax beside the pages, widget modules inside them, nothing fetched.

`make book` has unpacked MathJax's npm package into _build/vendor, next to the folder of the pages.
"""

import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

from cnn_lessons.widgets import MODULES, module_source

logger = logging.getLogger(__name__)
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
REMOTE_IMAGE = re.compile(r"<img[^>]+src=[\"']https?://", re.IGNORECASE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the steps to Sphinx's events."""
    app.add_css_file("cnn_lessons.css", priority=900)  # after the theme's own
    app.add_js_file("paper.js", loading_method="defer")
    app.add_js_file("formulas.js", loading_method="defer")
    app.connect("config-inited", collect_static_files)
    app.connect("doctree-read", check_images)
    app.connect("html-page-context", adjust_scripts, priority=900)  # when all others have added theirs
    app.connect("build-finished", drop_idle_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def collect_static_files(app: Sphinx, config: Config) -> None:
    """Put our style sheet, our script and MathJax among the static files.

    Jupyter Book loads every .js and .css under the folders that it knows of into every page; it knows nothing
    of a folder that is added here.
    """
    vendor = Path(app.outdir).parent / "vendor"
    packages = sorted(vendor.glob("mathjax-*/es5"))
    if not packages:
        raise ExtensionError(f"expected MathJax in {vendor}, found none. Run `make book`, which fetches it.")
    assets = Path(app.outdir).parent / "assets"
    shutil.rmtree(assets, ignore_errors=True)
    copy_mathjax(packages[-1], assets / "mathjax")
    config.html_static_path += [str(assets), str(Path(__file__).parent.parent / "_static")]


def copy_mathjax(es5: Path, target: Path) -> None:
    """Copy the part of MathJax that a page can ask for: what _config.yml lists, and what is loaded on demand."""
    for part in (
        "startup.js", "core.js", "input/tex.js", "output/chtml.js", "output/chtml/fonts/tex.js", "a11y/assistive-mml.js"
    ):  # fmt: skip
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(es5 / part, target / part)
    for part in ("output/chtml/fonts/woff-v2", "input/tex/extensions"):
        shutil.copytree(es5 / part, target / part)


def check_images(app: Sphinx, doctree: nodes.document) -> None:
    """Make Colab's badge a plain link; warn of other images from the network, and of images without words."""
    for image in list(doctree.findall(nodes.image)):
        if image["uri"] == BADGE:
            image.replace_self(nodes.inline("", "Open in Colab", classes=["colab-link"]))
        elif image["uri"].startswith(("http:", "https:")):
            logger.warning("the image %s is not in the book; keep a copy of it", image["uri"], location=image)
        elif not image.get("alt", "").strip():
            logger.warning("the image %s has no alternative text; say what it shows", image["uri"], location=image)
    for raw in doctree.findall(nodes.raw):
        if REMOTE_IMAGE.search(raw.astext()):
            logger.warning("an <img> loads from the network; keep a copy of it", location=raw)


def adjust_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Take sphinx-thebe's scripts out of a page, let the others wait for the page, put its widgets' modules in."""
    # Unused here, and its constants, a CDN's address among them, are declared twice: an error on every page.
    scripts = context["script_files"]
    scripts[:] = [script for script in scripts if not belongs_to_thebe(script)]
    for script in scripts:
        # Kept in order, but run after the text is there: nothing to read waits for a script. One small file is
        # asked by scripts in the page itself.
        if getattr(script, "filename", None) and "documentation_options" not in str(script.filename):
            script.attributes["defer"] = "defer"
    body = context.get("body", "")
    if 'class="math' not in body:  # MathJax comes along with every page of Markdown
        scripts[:] = [script for script in scripts if not is_for_formulas(str(getattr(script, "filename", "")))]
    for tag in MODULES:
        if f"<{tag}" in body:
            # Inline: a page that is opened from the disk may not load <script type="module" src="…">.
            app.add_js_file(None, body=inline_module(tag), type="module")


def drop_idle_files(app: Sphinx, exception: Exception | None) -> None:
    """Remove the theme's files that no page asks for: a fifth of a book that is to be carried about."""
    for path in Path(app.outdir, "_static").rglob("*"):
        if path.suffix in (".map", ".ttf") or path.name == "fontawesome.js":  # page_markup takes its script out
            path.unlink()


def belongs_to_thebe(script: Any) -> bool:
    """Whether a script tag was added by sphinx-thebe."""
    return "thebe" in f"{getattr(script, 'filename', '')}{script.attributes.get('body', '')}"


def is_for_formulas(filename: str) -> bool:
    """Whether a script has nothing to do on a page without a formula."""
    return "mathjax" in filename or filename.endswith("formulas.js")


def inline_module(tag: str) -> str:
    """The widget's module, checked to be safe between <script> and </script>."""
    source = module_source(tag)
    if "</script" in source.lower():
        raise ExtensionError(f"{tag}: its module holds '</script', which ends it early. Write '<\\/script'.")
    return source
