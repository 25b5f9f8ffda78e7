"""What an answer has no business with: the inside of the checks."""

import ast
from collections import defaultdict

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
    while new := {name for name, values in bound.items() if values & found} - found:
        found |= new
    return found


def _bound(nodes: list[ast.AST]) -> dict[str, set[str]]:
    """Return what is assigned to, each with the names that it is given; "" for any other value."""
    found = defaultdict(set)
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value:
            value = ast.unparse(node.value) if isinstance(node.value, (ast.Name, ast.Attribute)) else ""
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                found[ast.unparse(target)].add(value)
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
