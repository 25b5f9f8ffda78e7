"""The glossary has every term that a chapter sets in bold, and each row leads to the section that teaches it."""

import re
from pathlib import Path

import pytest
from chapters import Chapter, read_chapters

ROOT = Path(__file__).parents[1]
CHAPTERS = read_chapters(ROOT / "notebooks")
PAGES = {chapter.page: chapter for chapter in CHAPTERS.values()}
ROW = re.compile(r"^\| \[(.+?)\]\(\.\./(\S+?)\.ipynb#(\S+?)\) \| (.+?) \| (.+?) \|$", re.MULTILINE)
GLOSSARY = (ROOT / "book" / "glossary.md").read_text("utf-8")
ROWS = ROW.findall(GLOSSARY)
HANGUL = re.compile(r"[가-힣]")
SAME_IN_KOREAN = {"bfloat16"}

# Bold words that are a form of a term, and the term.
FORMS = {
    "adaptive": "adaptive pooling",
    "basic": "basic block",
    "body": "body (of a block)",
    "bottleneck": "bottleneck block",
    "cosine": "cosine schedule",
    "dense": "dense layer",
    "features": "feature",
    "flattened": "flattening",
    "global": "global pooling",
    "height, width, channels": "height",
    "loader": "data loader",
    "one cycle": "one-cycle schedule",
    "option a": "zero-padding shortcut (option A)",
    "option b": "projection shortcut (option B)",
    "overfits": "overfitting",
    "overlap": "overlapping windows",
    "pretrained": "pretrained weights",
    "projection": "projection shortcut (option B)",
    "recorded": "recorded run",
    "running": "running mean",
    "schedule": "learning-rate schedule",
    "seed": "random seed",
    "size": "resizing",
    "step": "step schedule",
    "test": "test set",
    "training": "training set",
    "validation": "validation set",
    "wide": "wide block",
    "wide-dropout": "wide-dropout block",
}
# Bold words that are no terms: what a reader must not overlook, names of tweaks and faults, buttons, figures.
NO_TERMS = set(
    """1×1 | 82.98 % | a cheaper, wider next layer | a file of weights can be a program | b | c | d
    | depth buys sight, width does not | each | eval mode forgotten | first | k times the channels
    | k² times the parameters | loss averaged twice | lr × 100 | move along | neighbours belong together | next step
    | no padding | no zero_grad | not where | one more place than steps | paper | paper's | scheduler first
    | softmax before the loss | steadiness under small shifts | time | tutorial | two blocks, one parameter count, two
    functions | two gpus | weight 0 | you need | yours | zeros | −∞""".replace("\n   ", "").split(" | ")
)
# Terms that the section which teaches them says in plainer words.
SAID_AS = {
    "batch size": "batches of 64",
    "bit depth": "eight bits",
    "convolutional layer": "nn.conv2d",
    "data type": "uint8",
    "edge detection": "edges",
    "element-wise product": "add up the products",
    "generalisation": "never seen",
    "grayscale": "grey",
    "paired comparison": "pair by pair",
    "sobel filter": "sobel",
    "state dict": "state_dict",
    "translation equivariance": "move along",
    "top-5 error": "first five",
    "translation invariance": "not where",
    "zero padding": "zeros",
}


def terms(cell: str) -> list[str]:
    """The terms of a cell: "dense layer, fully connected layer" are two; what stands in parentheses is one more."""
    inner = re.findall(r"\(([^()]+)\)", cell)
    outer = re.sub(r"\s*\([^()]*\)", "", cell)
    return [term.strip().lower() for part in (outer, *inner) for term in part.split(", ")]


def known() -> set[str]:
    """Every term of the glossary, in lower case, and every whole English cell."""
    return {term for english, *_ in ROWS for term in (*terms(english), english.lower())}


def bold(chapter: Chapter) -> set[str]:
    """What a chapter sets in bold, in lower case, without the full stop of a bold sentence."""
    found = re.findall(r"\*\*(.+?)\*\*", "\n".join(chapter.text.values()))
    return {words.lower().rstrip(".") for words in found}


def missing(words: set[str]) -> set[str]:
    """Those bold words that neither the glossary nor the lists above know."""
    return {
        word for word in words if not {word, word.removesuffix("s"), FORMS.get(word, "").lower()} & known()
    } - NO_TERMS


def speaks_of(term: str, text: str) -> bool:
    """Whether a text has every long word of a term, in any form, or the term itself if all its words are short."""
    stems = [re.escape(word[:5]) for word in re.findall(r"[\w×-]+", term) if len(word) > 3]
    return all(re.search(rf"(?<!\w){stem}", text) for stem in stems or [rf"{re.escape(term)}(?!\w)"])


def test_every_row_of_the_glossary_is_read():
    lines = [line for line in GLOSSARY.splitlines() if line.startswith("| ") and "한국어" not in line]
    assert len(ROWS) == len(lines) > 140


@pytest.mark.parametrize("number", CHAPTERS)
def test_glossary_has_every_term_that_a_chapter_sets_in_bold(number):
    assert missing(bold(CHAPTERS[number])) == set(), "add them to book/glossary.md, or to the lists of this test"


def test_a_bold_term_without_a_row_is_noticed():
    assert missing({"kernel", "squeeze-and-excitation", "logits"}) == {"squeeze-and-excitation"}


def test_no_exception_outlives_what_it_excepts():
    everything = set().union(*map(bold, CHAPTERS.values()))
    assert set(FORMS) - everything == set()
    assert NO_TERMS - everything == set()
    assert {form.lower() for form in FORMS.values()} - known() == set()
    assert set(SAID_AS) - known() == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_row_leads_to_a_section_that_speaks_of_the_term(row):
    english, page, anchor, korean, meaning = row
    text = PAGES[page].text.get(anchor, "").lower()
    assert text, f"{page} has no section #{anchor}"
    words = [SAID_AS[english.lower()]] if english.lower() in SAID_AS else terms(english)
    assert any(speaks_of(term, text) for term in words), f"{page}#{anchor} does not speak of {english}"
    assert HANGUL.search(korean) or english in SAME_IN_KOREAN
    assert len(meaning.split()) > 3
    assert meaning[-1] != "."


def test_no_term_has_two_rows():
    all_terms = [english.lower() for english, *_ in ROWS]
    assert len(all_terms) == len(set(all_terms))
