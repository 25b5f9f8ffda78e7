"""What an answer has no business with: the inside of the checks."""

import ast

CHECKS = "cnn_lessons.exercises"
# What a chapter takes from there. An answer that takes more may ask a check what it expects.
PUBLIC = {
    CHECKS: {"check", "hint", "solution", "names", "Verdict", "CheckFailed"},
    f"{CHECKS}.chapter_08": {"suspects"},
}


def reaching(statements: list[ast.stmt]) -> list[str]:
    """Return what the statements of a cell take from inside the checks; each has what it expects, in every edition."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    return list(dict.fromkeys(filter(None, map(_reach, nodes))))


def _reach(node: ast.AST) -> str:
    """Return in the words of the code what this node takes from inside the checks, or ""."""
    if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{CHECKS}."):
        taken = [alias.name for alias in node.names if alias.name not in PUBLIC.get(node.module, ())]
        return f"from {node.module} import {', '.join(taken)}" if taken else ""
    if isinstance(node, ast.Import):
        return "".join(f"import {alias.name}" for alias in node.names if alias.name.startswith(f"{CHECKS}."))
    if isinstance(node, ast.Attribute) and node.attr not in PUBLIC[CHECKS]:
        whose = ast.unparse(node.value)
        return ast.unparse(node) if whose in ("exercises", CHECKS) else ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHECKS in node.value:
        return f"the text {node.value!r:.60}"
    return ""
