"""The scan for solutions: it finds a leak of every kind, names file and line, and cries no wolf."""

import ast
import base64
import gzip
import importlib._bootstrap_external as pyc
import io
import json
import re
import textwrap
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cnn_lessons.classroom.releasing import leaks as scan
from cnn_lessons.classroom.releasing.answers import LINE, SOLUTIONS, answers
from cnn_lessons.classroom.releasing.edition import package_files
from cnn_lessons.classroom.releasing.leaks import leaks
from cnn_lessons.classroom.releasing.tokens import row, statements

MODULES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SOLUTIONS.glob("chapter_*.py"))}
DEFINITIONS = {
    node.name: (ast.get_source_segment(text, node), node)
    for text in MODULES.values()
    for node in ast.parse(text).body
    if isinstance(node, (ast.FunctionDef, ast.ClassDef))
}
UNFOLD = DEFINITIONS["conv2d_unfold"][0]
COUNT = "    columns = F.unfold(x, kernel, stride=stride, padding=padding)"
BEFORE = '"""A harmless module."""\n\nimport torch\n\n\n'


class Renamer(ast.NodeTransformer):
    """Give every name that a writer chooses another one: arguments, variables, attributes of self."""

    def __init__(self, function):
        stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.own = stored | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)} - {"self"}

    def visit_Name(self, node):
        return ast.Name(f"my_{node.id}" if node.id in self.own else node.id, node.ctx)

    def visit_arg(self, node):
        return ast.arg(f"my_{node.arg}" if node.arg in self.own else node.arg)

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            node.attr = f"my_{node.attr}"
        return node


def renamed(source):
    tree = ast.parse(source)
    return ast.unparse(Renamer(tree).visit(tree))


def compiled(source):
    return bytes(pyc._code_to_timestamp_pyc(compile(source, "x.py", "exec")))


def zipped(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def notebook(*cells, **metadata):
    return nbformat.writes(new_notebook(cells=list(cells), metadata=metadata)).encode()


def quoted(text):
    return json.dumps(text)


def wrapped(source):
    """The code as a formatter with a narrow page leaves it: one argument a line, and a comma after the last."""
    return source.replace(
        "(x, kernel, stride=stride, padding=padding)", "(\n  x,\n  kernel,\n  stride=stride,\n  padding=padding,\n )"
    )


def printed(text):
    cell = new_code_cell("1", id="c")
    cell.outputs = [new_output("stream", text=text)]
    return cell


SECRET = base64.b64encode(UNFOLD.encode()).decode()
# A file of an edition, its content, and the line that the message must give, where there are lines.
PLANTED = {
    "verbatim": ("x.py", BEFORE + UNFOLD, 8),
    "renamed": ("x.py", BEFORE + renamed(UNFOLD), 8),
    "reindented": ("x.py", BEFORE + "if True:\n" + textwrap.indent(UNFOLD, " "), 9),
    "wrapped": ("x.py", BEFORE + wrapped(UNFOLD), 8),
    "bracketed": ("x.py", BEFORE + UNFOLD.replace(COUNT, f"    columns = ({COUNT.partition('= ')[2]})"), 8),
    "annotated": ("x.py", BEFORE + UNFOLD.replace("columns =", "columns: torch.Tensor ="), 8),
    "one line of it": ("x.py", BEFORE + COUNT.strip(), 6),
    "in a comment": ("x.py", BEFORE + textwrap.indent(UNFOLD, "# "), 8),
    "in a docstring": ("x.py", f'"""Look:\n\n{UNFOLD}\n"""\n', 5),
    "in a string": ("x.py", f"{BEFORE}TEXT = {UNFOLD!r}\n", 6),
    "in bytes": ("x.py", f"{BEFORE}TEXT = {UNFOLD.encode()!r}\n", 6),
    "in a module that is no Python": ("x.py", f"{UNFOLD}\n) broken (", 3),
    "in prose": ("README.md", f"# Look\n\n```python\n{UNFOLD}\n```\n", 6),
    "in a script": ("x.js", f"const a = 1;\nconst text = {quoted(UNFOLD)};", 2),
    "in data": ("x.json", json.dumps({"a": [1, {"b": UNFOLD}]}), None),
    "in a code cell": ("x.ipynb", notebook(new_code_cell(f"%pip list\n{UNFOLD}", id="c")), 4),
    "behind magics": (
        "x.ipynb",
        notebook(new_code_cell("1\n" + "\n".join(f"%time {line.strip()}" for line in UNFOLD.splitlines()), id="c")),
        4,
    ),
    "in the text of a cell": ("x.ipynb", notebook(new_markdown_cell(f"Look: `{COUNT.strip()}`", id="c")), 1),
    "in an output": ("x.ipynb", notebook(printed(UNFOLD)), None),
    "in a cell's metadata": ("x.ipynb", notebook(new_code_cell("1", id="c", metadata={"a": UNFOLD})), None),
    "in a notebook's metadata": ("x.ipynb", notebook(secret=UNFOLD), None),
    "compiled": ("x.pyc", compiled(BEFORE + UNFOLD), 6),
    "compiled and renamed": ("x.pyc", compiled(renamed(UNFOLD)), 1),
    "compiled under another name": ("x.json", compiled(UNFOLD), 1),
    "in a wheel": ("x.whl", zipped("cnn_lessons/x.py", UNFOLD), 3),
    "compiled in a wheel": ("x.whl", zipped("x.pyc", compiled(UNFOLD)), 1),
    "in an archive in an archive": ("x.zip", zipped("y.zip", zipped("z.txt", UNFOLD)), 3),
    "compressed": ("x.gz", gzip.compress(UNFOLD.encode()), 3),
    "in base64": ("x.py", f"{BEFORE}SECRET = '{SECRET}'\n", 6),
    "in base64 with line breaks": ("x.md", "a\n" + "\n".join(textwrap.wrap(SECRET, 76)), 2),
    "compressed, in base64": ("x.js", f"x = '{base64.b64encode(gzip.compress(UNFOLD.encode())).decode()}'", 1),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_scan_finds_a_leak_and_names_file_and_line(kind):
    name, content, line = PLANTED[kind]
    found = list(leaks({"clean.md": b"A text.", name: content.encode() if isinstance(content, str) else content}))
    assert {leak.exercise for leak in found} == {"conv2d_unfold"}
    assert all(leak.place.startswith(name) for leak in found)
    whole = (
        next(leak for leak in found if leak.text.startswith("columns = F.unfold"))
        if "compiled" not in kind
        else found[0]
    )
    assert whole.line == line, [str(leak) for leak in found]
    assert str(whole).startswith(whole.place) and (line is None or f", line {line} holds" in str(whole))


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.pyc", b"\x00\x00\r\n" + bytes(60)), ("x.png", bytes(range(256))), ("x.whl", b"PK\x03\x04 broken \xff")],
)
def test_scan_refuses_what_it_cannot_read(name, content):
    (found,) = leaks({name: content})
    assert found.exercise == "" and str(found).startswith(f"{name} cannot be read")


@pytest.mark.parametrize("name", DEFINITIONS)
def test_scan_finds_every_solution_whatever_its_names(name):
    source = DEFINITIONS[name][0]
    for content in (source.encode(), renamed(source).encode(), compiled(source), compiled(renamed(source))):
        assert name in {leak.exercise for leak in leaks({"a.pyc" if content[2:4] == b"\r\n" else "a.py": content})}


def test_scan_finds_every_line_that_counts_by_itself():
    single = [text for _, node in DEFINITIONS.values() for _, text in statements(node.body) if len(row(text)) >= LINE]
    heads = re.compile(r"(def|class|if|for|with|elif|while)\b")
    single = [text for text in single if not heads.match(text)]
    assert len(single) > 130
    for text in single:
        assert list(leaks({"README.md": f"Try `{text}`, or not.".encode()})), text


def test_scan_knows_every_exercise():
    assert {answer.exercise for answer in answers()} == set(DEFINITIONS)
    assert all(len(row(answer.text)) >= LINE or ";" not in answer.text for answer in answers())


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return x",
        "for i in range(n):\n    out.append(i)\nreturn out",
        "for key, value in table.items():\n    print(key, value)",
        "loss.backward()\noptimizer.step()",
        "x = torch.nn.functional.relu(torch.nn.functional.conv2d(x, weight, bias, stride=1, padding=1))",
        "    out = self.bn2(self.conv1(x))",
        "a" * 4000,
        "The kernel slides over the picture (see the figure), and each sum becomes one pixel.",
    ],
)
def test_scan_lets_pass_what_everybody_writes(text):
    assert list(leaks({"x.py": text.encode(), "x.md": text.encode(), "x.txt": base64.b64encode(text.encode())})) == []


def test_scan_lets_pass_other_code_of_the_package_when_compiled():
    files = package_files()
    for name in ("cnn_lessons/ops/pooling.py", "cnn_lessons/ops/batch_norm.py", "cnn_lessons/training/loop.py"):
        assert list(leaks({name + "c": compiled(files[name])})) == []


def test_shared_line_may_stand_in_its_file_only():
    text = b"layers += [nn.Linear(size, width), nn.ReLU()]"
    assert list(leaks({"cnn_lessons/models/mlp.py": text, "x.whl": zipped("cnn_lessons/models/mlp.py", text)})) == []
    assert [leak.exercise for leak in leaks({"cnn_lessons/models/other.py": text})] == ["build_mlp"]
    whole = DEFINITIONS["build_mlp"][0].encode()
    assert [leak.exercise for leak in leaks({"cnn_lessons/models/mlp.py": whole})] != []


def test_list_of_shared_lines_has_no_idle_entry(monkeypatch):
    files = package_files()
    chapters = Path(__file__).parent.parent / "notebooks"
    monkeypatch.setattr(scan, "_shared", lambda place, answer: False)
    for name, lines in scan.SHARED.items():
        found = {leak.text for leak in leaks({name: files.get(name) or (chapters / name).read_bytes()})}
        spelled = {line: "; ".join(map(scan._spelled, line.split("; "))) for line in lines}
        assert not [line for line in lines if not found & {line, spelled[line]}], name
