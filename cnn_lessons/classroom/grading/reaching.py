"""What an answer has no business with: the inside of the checks."""

import ast

CHECKS = "cnn_lessons.exercises"
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
    found = {CHECKS}
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Import):
            named = {alias.name: alias.asname for alias in node.names if alias.asname}
            found |= {named[CHECKS]} if CHECKS in named else set()
            found |= {f"{named['cnn_lessons']}.exercises"} if "cnn_lessons" in named else set()
        elif isinstance(node, ast.ImportFrom) and node.module == "cnn_lessons":
            found |= {alias.asname or alias.name for alias in node.names if alias.name == "exercises"}
    return found


def _reach(node: ast.AST, module: set[str]) -> str:
    """Return in the words of the code what this node takes from inside the checks, or ""."""
    if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{CHECKS}."):
        taken = [alias.name for alias in node.names if alias.name not in PUBLIC.get(node.module, ())]
        return f"from {node.module} import {', '.join(taken)}" if taken else ""
    if isinstance(node, ast.Import):
        return "".join(f"import {alias.name}" for alias in node.names if alias.name.startswith(f"{CHECKS}."))
    if isinstance(node, ast.Attribute) and node.attr not in PUBLIC[CHECKS]:
        return ast.unparse(node) if ast.unparse(node.value) in module else ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHECKS in node.value:
        return f"the text {node.value!r:.60}"
    return ""
