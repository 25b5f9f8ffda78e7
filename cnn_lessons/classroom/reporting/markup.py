"""HTML that is safe by construction: what is not `Html` is escaped, wherever it comes from.

Names, messages and file names come from students' files. Nobody needs to remember that: `element` escapes every text,
and shows control characters as what they are, so that none can hide, break a line or turn the direction of reading.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

HIDDEN = {"Cc", "Cs", "Zl", "Zp"}  # control characters, lone surrogates, separators of lines and paragraphs
TURNING = set("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
WITHOUT_END = {"meta", "link", "input", "br"}
LONGEST = 6000  # characters of a message; results.json has all of it


class Html(str):
    """A text that is HTML already."""


def plain(text: str, longest: int = LONGEST, lines: bool = False) -> str:
    r"""Return a text that can be written and read: control characters become "\u001b", a long text is cut.

    Args:
        text: from anywhere.
        longest: number of characters that are kept.
        lines: keep line ends and tabs; otherwise they become spaces.
    """
    cut = text[: longest + 1]
    text = cut if len(cut) <= longest else f"{cut[:longest]} …"
    text = text.replace("\r\n", "\n")
    if not lines:
        text = re.sub(r"[\n\t]+", " ", text)
    return "".join(_shown(letter) for letter in text)


def element(tag: str, *children: Any, **attributes: Any) -> Html:
    """Return an HTML element.

    Args:
        tag: its name, "td".
        *children: texts, which are escaped; Html, which is not; None, which is left out; or lists of these.
        **attributes: `class_` is written class, `aria_label` aria-label; True stands alone, None and False are not
            written.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    end = "" if tag in WITHOUT_END else f"</{tag}>"
    return Html(f"<{tag}{written}>{join(*children)}{end}")


def join(*children: Any) -> Html:
    """Return children, as `element` takes them, one after the other."""
    return Html("".join(map(_child, children)))


def _child(child: Any) -> str:
    if child is None or isinstance(child, Html):
        return child or ""
    if isinstance(child, Iterable) and not isinstance(child, str):
        return join(*child)
    return html.escape(plain(str(child), lines=True))


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(plain(str(value)))}"'


def _shown(letter: str) -> str:
    if letter in "\n\t" or (letter not in TURNING and unicodedata.category(letter) not in HIDDEN):
        return letter
    return f"\\u{ord(letter):04x}"
