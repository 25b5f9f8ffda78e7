"""Code as a row of tokens in which names do not count: a line that was renamed, wrapped or reindented is still known.

Each token becomes one character, every name that a writer chooses the same one; so a search in a row is a search in a
string, and only where it hits are the names compared: `a + a` is another line than `a + b`.
"""

import ast
import builtins
import copy
import functools
import keyword
import re
from collections.abc import Iterable, Iterator

FIXED = frozenset(keyword.kwlist) | frozenset(dir(builtins))  # names that nobody chooses
NAME = "v"
# An attribute of self is its writer's, any other is not. A comma before a closing bracket and a backslash say nothing.
_TOKEN = re.compile(r"self\s*\.\s*[^\W\d]\w*|\.\s*[^\W\d]\w*|[^\W\d]\w*|\d[\w.]*|[^\w\s,\\]|,(?!\s*[)\]}])")


class _Characters(dict):
    """The character of each token, given out as tokens come along."""

    def __init__(self):
        super().__init__()
        self.spelled = {}

    def __missing__(self, token: str) -> str:
        chosen = re.match(r"self\s*\.|[^\W\d]", token) and token not in FIXED
        spelling = re.sub(r"\s", "", token).replace("'", '"')
        self[token] = NAME if chosen else self.spelled.setdefault(spelling, chr(0x1000 + len(self.spelled)))
        return self[token]


_CHARACTERS = _Characters()


class Row:
    """Tokens, and the string of their characters.

    Args:
        tokens: of a piece of code; an identifier that is no builtin and no keyword counts as chosen.
    """

    def __init__(self, tokens: Iterable[str]):
        self.tokens = list(tokens)
        self.characters = "".join(map(_CHARACTERS.__getitem__, self.tokens))

    @functools.cached_property
    def names(self) -> list[int]:
        """Which chosen name stands where: [0, 1, 0] for `a = b + a`."""
        return _pattern_of_names(self.characters, self.tokens)

    def __len__(self) -> int:
        return len(self.tokens)

    def find(self, other: "Row") -> int:
        """Return where the tokens of `other` begin in this row, with any names used in the same way; -1 if nowhere."""
        place = self.characters.find(other.characters)
        while place >= 0:
            here = slice(place, place + len(other))
            if _pattern_of_names(self.characters[here], self.tokens[here]) == other.names:
                return place
            place = self.characters.find(other.characters, place + 1)
        return -1


def _pattern_of_names(characters: str, tokens: list[str]) -> list[int]:
    """Number the chosen names in the order of their first use.

    One between a bracket or comma and a = has no number: it names an argument of a call, `f(x, stride=stride)`, and
    keeps its name when others change.
    """
    numbers: dict[str, int] = {}
    equals, opening = _CHARACTERS["="], _CHARACTERS["("] + _CHARACTERS[","]
    around = zip(" " + characters, characters, characters[1:] + " ", tokens, strict=False)
    named = (token for b, c, a, token in around if c == NAME and not (a == equals and b in opening))
    return [numbers.setdefault(token, len(numbers)) for token in named]


def row(text: str) -> Row:
    """Return the tokens of a text, whether it is Python or not."""
    return Row(_TOKEN.findall(text))


def place_in(text: str, token: int) -> int:
    """Return the character of `text` at which its token of that number begins."""
    return next(match.start() for number, match in enumerate(_TOKEN.finditer(text)) if number == token)


def without_comments(text: str) -> str:
    """Return a text without what follows a #, its lines numbered as before."""
    return re.sub(r"#[^\n]*", "", text)


def statements(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Yield every statement and its plain spelling in one line: redundant brackets, annotations and comments dropped.

    Of a compound statement the head alone is spelled; those in its body follow. A docstring is no statement.
    """
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node, (ast.Try, ast.Match)):
            yield node, _spelled(node)
        for inner in _bodies(node):
            yield from statements(inner)


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    yield getattr(node, "body", [])
    for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        yield part.body
    yield getattr(node, "orelse", [])
    yield getattr(node, "finalbody", [])


def _spelled(node: ast.stmt) -> str:
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return " = ".join([*map(_bare, targets), ast.unparse(node.value)])
    if isinstance(node, ast.For):
        return f"for {_bare(node.target)} in {ast.unparse(node.iter)}:"
    if not hasattr(node, "body"):
        return ast.unparse(node).replace("\n", " ")
    head = copy.copy(node)
    head.body, head.orelse, head.decorator_list = [ast.Pass()], [], []
    return ast.unparse(head).rpartition("\n")[0]


def _bare(target: ast.expr) -> str:
    """Return what is assigned to, without the brackets that Python 3.10 puts around several names."""
    text = ast.unparse(target)
    return text[1:-1] if isinstance(target, ast.Tuple) and text.startswith("(") else text
