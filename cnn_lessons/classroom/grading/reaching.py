"""What an answer has no business with: the inside of the checks."""

import ast
from collections import defaultdict

CHECKS = "cnn_lessons.exercises"
MOST_LINKS = 8  # of a chain such as a.b.c: each is written out for itself
# What a chapter takes from there. An answer that takes more may ask a check what it expects.
PUBLIC = {
    CHECKS: {"check", "hint", "solution", "names", "Verdict", "CheckFailed", "*"},
    f"{CHECKS}.chapter_08": {"suspects"},
}


def reaching(statements: list[ast.stmt], module: set[str]) -> list[str]:
    """Return what the statements of a cell take from inside the checks; each has what it expects, in every edition.

    Args:
        statements: of the cell.
        module: the names that the notebook gives to the checks, as `names_of_checks` has them.
    """
    nodes = [node for statement in statements for node in ast.walk(statement)]
    return list(dict.fromkeys(filter(None, (_reach(node, module) for node in nodes))))


def names_of_checks(statements: list[ast.stmt]) -> set[str]:
    """Return the names under which a notebook's statements may have the module of the checks."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    found, bound = {CHECKS}, _bound(nodes)
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}  # the student's
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if isinstance(node, ast.Import):
            named = {alias.name: alias.asname for alias in node.names if alias.asname}
            found |= {named[CHECKS]} if CHECKS in named else set()
            found |= {f"{named['cnn_lessons']}.exercises"} if "cnn_lessons" in named else set()
        elif isinstance(node, ast.ImportFrom) and node.module == "cnn_lessons":
            found |= {alias.asname or alias.name for alias in node.names if alias.name == "exercises"}
            if node.names[0].name == "*" and "exercises" not in own:
                found.add("exercises")
    waiting = list(found)
    while waiting:
        new = bound[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _bound(nodes: list[ast.AST]) -> dict[str, set[str]]:
    """Return what is assigned, each with the names that it is given to."""
    found = defaultdict(set)
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found[_words(node.value)] |= {words for target in targets if (words := _words(target))}
    return found


def _words(node: ast.AST) -> str:
    """Return the code of a name, or of a few attributes or items of one; "" for anything else."""
    inner, links = node, 0
    while links < MOST_LINKS and isinstance(inner, (ast.Attribute, ast.Subscript)):
        if isinstance(inner, ast.Subscript):
            item = inner.slice.operand if isinstance(inner.slice, ast.UnaryOp) else inner.slice
            if not isinstance(item, (ast.Constant, ast.Name)):
                return ""
        inner, links = inner.value, links + 1
    return ast.unparse(node) if isinstance(inner, ast.Name) else ""


def _reach(node: ast.AST, module: set[str]) -> str:
    """Return in the words of the code what this node takes from inside the checks, or ""."""
    if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{CHECKS}."):
        taken = [alias.name for alias in node.names if alias.name not in PUBLIC.get(node.module, ())]
        return f"from {node.module} import {', '.join(taken)}" if taken else ""
    if isinstance(node, ast.Import):
        return "".join(f"import {alias.name}" for alias in node.names if alias.name.startswith(f"{CHECKS}."))
    if isinstance(node, ast.Attribute) and node.attr not in PUBLIC[CHECKS]:
        value = _words(node.value)
        return f"{value}.{node.attr}" if value in module else ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHECKS in node.value:
        return f"the text {node.value!r:.60}"
    return ""
