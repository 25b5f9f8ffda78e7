"""`release`: what is handed out, what is not, and that nothing is lost or half written."""

import ast
import base64
import copy
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import nbformat
import pytest
from address import published
from notebook import tidied

from cnn_lessons.classroom.releasing import edition, handout, release, shared
from cnn_lessons.classroom.releasing.answers import LINE
from cnn_lessons.classroom.releasing.edition import KINDS, package_files, student_package
from cnn_lessons.classroom.releasing.tokens import row
from cnn_lessons.exercises import catalog, names, solution_source

ROOT = Path(__file__).parent.parent
CHAPTERS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
ALL = [path.name[:2] for path in CHAPTERS]
WHEEL = "cnn_lessons-{}+{}-py3-none-any.whl"


@pytest.fixture
def quick(monkeypatch):
    """Releases without the scan, which has tests of its own."""
    monkeypatch.setattr(release, "leaks", lambda files: [])


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """The student's edition of the whole course, scanned."""
    folder = tmp_path_factory.mktemp("class") / "out"
    release.release(ALL, folder)
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """The teacher's edition of the whole course."""
    folder = tmp_path_factory.mktemp("teacher") / "out"
    release.release(ALL, folder, solutions=True)
    return folder


def wheel_in(folder):
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def cells(path):
    return nbformat.read(path, as_version=4).cells


def sources():
    """The files of the package: what git tracks or, in a copy without git, all that Python has not compiled."""
    listed = subprocess.run(["git", "ls-files", "cnn_lessons"], capture_output=True, text=True, cwd=ROOT).stdout
    files = (path for path in (ROOT / "cnn_lessons").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return set(listed.split()) or {path.relative_to(ROOT).as_posix() for path in files}


# ---- what is in it -----------------------------------------------------------------------------------------------


def test_edition_holds_the_chosen_chapters_a_wheel_and_a_readme_and_no_solution(handed_out):
    listed = {path.name for path in handed_out.iterdir()}
    version = re.search(r'version = "(.+)"', (ROOT / "pyproject.toml").read_text())[1]
    assert listed == {path.name for path in CHAPTERS} | {WHEEL.format(version, "students"), "README.md", "release.json"}
    shipped = "\n".join(path.read_bytes().decode("latin-1") for path in handed_out.iterdir())
    allowed = "\n".join(line for lines in shared.SHARED.values() for line in lines)
    bodies = (solution_source(name).partition(":\n")[2].splitlines() for name in names())
    lines = {line.partition("#")[0].strip() for body in bodies for line in body}
    long = {line for line in lines if len(row(line)) >= LINE and line.isascii() and not line.startswith("def ")}
    assert len(long) > 150
    assert not [line for line in long if line in shipped and line.replace('"', "'") not in allowed.replace('"', "'")]


def test_students_package_lacks_solutions_classroom_and_wrong_answers_and_nothing_else(handed_out):
    source = sources()
    left_out = {
        name for name in source if name.startswith(("cnn_lessons/classroom/", "cnn_lessons/exercises/solutions/"))
    }
    packed = {name for name in wheel_in(handed_out).namelist() if name.startswith("cnn_lessons/")}
    assert packed == source - left_out and len(left_out) > 15
    assert not [
        name for name in wheel_in(handed_out).namelist() if "wrong_answer" in name or not name.startswith("cnn_lessons")
    ]
    bank = "\n".join(path.read_text() for path in (ROOT / "tests" / "wrong_answers").rglob("*.py"))
    shipped = "\n".join(wheel_in(handed_out).read(name).decode() for name in packed if name.endswith(".py"))
    wrong, defined = (set(re.findall(r"^def (\w{13,})\(", text, re.M)) for text in (bank, shipped))
    assert len(wrong) > 100 and not wrong & defined - set(catalog())


def test_package_is_made_of_the_kinds_that_are_packed():
    """A new kind of file in the package must be added, or students would lack it."""
    assert not [name for name in sources() if not name.endswith(KINDS) and not name.startswith(edition.CLASSROOM)]


def test_wheel_is_complete_and_says_what_pip_needs(handed_out):
    archive = wheel_in(handed_out)
    (record,) = [name for name in archive.namelist() if name.endswith("/RECORD")]
    rows = [line.rsplit(",", 2) for line in archive.read(record).decode().splitlines()]
    assert {name for name, *_ in rows} == set(archive.namelist())
    for name, checksum, size in rows[:-1]:
        content = archive.read(name)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        assert (checksum, size) == (f"sha256={digest}", str(len(content))), name
    said = archive.read(record.replace("RECORD", "METADATA")).decode()
    asked = re.search(r"^dependencies = \[(.+?)\]", (ROOT / "pyproject.toml").read_text(), re.S | re.M)[1]
    assert re.findall(r"^Requires-Dist: (.+)$", said, re.M) == re.findall(r'"(.+)"', asked)
    assert "torch>=2.6" in said and "==" not in said and "github" not in said
    assert archive.read(record.replace("RECORD", "licenses/LICENSE")) == (ROOT / "LICENSE").read_bytes()


def test_notebooks_keep_cells_ids_and_metadata_and_lose_outputs_and_links_to_the_solutions(handed_out):
    for path in CHAPTERS:
        whole = nbformat.read(handed_out / path.name, as_version=4)
        before, after = cells(path), whole.cells
        assert [(c.id, c.metadata, c.cell_type) for c in before] == [(c.id, c.metadata, c.cell_type) for c in after]
        code = [(old, new) for old, new in zip(before, after, strict=True) if old.cell_type == "code"]
        assert all(new.outputs == [] and new.execution_count is None for _, new in code)
        assert [old.source == new.source for old, new in code].count(False) == 1  # the set-up
        text = (handed_out / path.name).read_text()
        assert "`hint(" in text and "`solution(" not in text
        assert "git+" not in text and published().url not in text and "../" not in re.sub(r"`.*?`", "", text)
        assert tidied(copy.deepcopy(whole)) == whole


def test_set_up_cell_installs_the_wheel_beside_it_in_five_lines(handed_out):
    (wheel,) = handed_out.glob("*.whl")
    for path in CHAPTERS:
        notebook = cells(handed_out / path.name)
        place = next(number for number, cell in enumerate(notebook) if "%pip" in cell.source)
        lines = notebook[place].source.splitlines()
        assert lines[:4] == [
            "try:",
            "    import cnn_lessons",
            "except ModuleNotFoundError:",
            f"    %pip install --quiet {wheel.name}",
        ]
        assert len(lines) == 5 and lines[4] in (ROOT / "notebooks" / path.name).read_text().replace('\\"', '"')
        assert f"`{wheel.name}`" in notebook[place - 1].source and "Colab" in notebook[place - 1].source


def test_links_lead_to_what_is_handed_out(tmp_path, quick):
    release.release(["02", "03"], tmp_path)
    text = "".join(cell.source for cell in cells(tmp_path / "02_convolution.ipynb"))
    assert "](03_arithmetic_of_shapes.ipynb)" in text and "](01_images_as_tensors.ipynb)" not in text
    assert "chapter 01" in text and "](../book" not in text


def test_readme_names_the_wheel_and_the_chapters_and_says_how_to_hand_in(handed_out, key):
    for folder in (handed_out, key):
        text = (folder / "README.md").read_text()
        (wheel,) = folder.glob("*.whl")
        assert wheel.name in text and all(f"]({path.name})" in text for path in CHAPTERS)
        assert "[02 · Convolution]" in text
    students = (handed_out / "README.md").read_text()
    (wheel,) = handed_out.glob("*.whl")
    assert "Hand in" in students and "Colab" in students and len(students.splitlines()) < 60
    for python, packages in (("env/bin/python", "env/bin/"), (r"env\Scripts\python", "env\\Scripts\\")):
        assert f"\n{python} -m pip install jupyterlab {wheel.name}\n{packages}jupyter lab\n" in students
    assert students.count("\npython3 -m venv env\n") == students.count("\npy -m venv env\n") == 1
    assert "`python -m" not in students  # most systems have no python but python3


def test_readme_names_what_the_chapters_import_and_the_wheel_does_not_bring(handed_out, key, tmp_path, quick):
    for folder in (handed_out, key):
        assert "python -m pip install torchsummary torchvision`" in (folder / "README.md").read_text()
    release.release(["02", "10"], tmp_path / "10")
    assert "python -m pip install torchvision`" in (tmp_path / "10" / "README.md").read_text()
    release.release(["02"], tmp_path / "02")
    assert "torchvision" not in (tmp_path / "02" / "README.md").read_text()


# ---- the same bytes ----------------------------------------------------------------------------------------------


def test_same_course_gives_the_same_bytes(handed_out, tmp_path, quick, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Seoul")
    monkeypatch.setattr("time.time", lambda: 1e9)
    release.release(ALL[::-1], tmp_path / "again")
    for path in handed_out.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name
    entries = wheel_in(handed_out).infolist()
    assert {(e.date_time, e.compress_type, e.external_attr) for e in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0, 0o644 << 16)
    }
    packed = [entry.filename for entry in entries if entry.filename.startswith("cnn_lessons/")]
    assert packed == sorted(packed)


# ---- the student's package works ----------------------------------------------------------------------------------

STUDENT = """
import sys
# A developer's editable install would fill the gaps of the package with files of the clone.
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
import cnn_lessons
from cnn_lessons.exercises import check, hint, names, solution
assert cnn_lessons.__file__.startswith(sys.argv[1]), cnn_lessons.__file__
assert len(names()) == int(sys.argv[2])
print(solution("conv_output_size"))
print([str(hint("conv_output_size"))[:6] for _ in range(3)], hint("conv_output_size"))
def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1
print(check("conv_output_size", conv_output_size).status)
def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1): ...
print(check("conv_output_size", conv_output_size).status)
try:
    solution("nope")
except ValueError as error:
    print(str(error)[:30])
from cnn_lessons import cli
print(cli.main(["release", "--chapters", "02", "out"]))
"""


def test_installed_wheel_runs_without_the_repository_and_answers_kindly(handed_out, tmp_path):
    """pip unpacks the wheel; what its checks need of torch is there already."""
    (wheel,) = handed_out.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-compile", "--quiet", "--target"]
    subprocess.run(
        [*pip, tmp_path / "site", wheel], check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    )
    assert not list((tmp_path / "site").rglob("solutions"))
    done = subprocess.run(
        [sys.executable, "-c", STUDENT, tmp_path / "site", str(len(names()))],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    kind, hints, *rest = done.stdout.splitlines()
    assert kind == "This edition holds no solutions; ask your instructor."
    assert hints.startswith("['Hint 1', 'Hint 2', 'Hint 3'] That was the last hint.") and hints.endswith(kind)
    assert rest == ["correct", "not attempted", "exercise: expected a known name"[:30], "1"]
    assert done.stderr.splitlines() == [
        "python -m cnn_lessons: release: this edition cannot release; a clone of the course can. Ask your instructor."
    ]


def test_student_package_writes_the_package_of_the_wheel(handed_out, tmp_path):
    student_package(tmp_path)
    written = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    archive = wheel_in(handed_out)
    assert written == {name: archive.read(name) for name in archive.namelist() if name.startswith("cnn_lessons/")}
    with pytest.raises(ValueError, match="expected no cnn_lessons"):
        student_package(tmp_path)


# ---- the teacher's edition ---------------------------------------------------------------------------------------


def test_teachers_wheel_has_the_solutions_and_no_classroom(handed_out, key):
    more = set(wheel_in(key).namelist()) - set(wheel_in(handed_out).namelist())
    added = {name for name in more if name.startswith("cnn_lessons/")}
    assert added == {
        f"cnn_lessons/exercises/solutions/{name}.py" for name in ["__init__", *(f"chapter_{c}" for c in ALL)]
    }
    assert len(list(key.glob("*+teacher-*.whl"))) == 1


def test_teachers_notebooks_have_every_solution_in_place_of_the_blank(handed_out, key):
    filled = []
    for path in CHAPTERS:
        for blank, cell in zip(cells(handed_out / path.name), cells(key / path.name), strict=True):
            marker = handout.MARKER.match(cell.source)
            if marker:
                filled.append(marker[1])
                assert solution_source(marker[1]) in cell.source and blank.id == cell.id
                assert cell.source.startswith(f"# exercise: {marker[1]}\n")
                assert (
                    cell.source.splitlines()[-1]
                    == blank.source.splitlines()[-1]
                    == f'check("{marker[1]}", {marker[1]})'
                )
    assert filled == names()


NEEDED = r"import torch\b|from torch\b|from cnn_lessons.exercises"  # the others draw, and take seconds to load


def run_answers(path):
    """Run the imports and exercises of a notebook in order; return the names that they leave, and each last line."""
    known, last_lines = {}, {}
    for cell in cells(path):
        if cell.cell_type == "code" and "%pip" not in cell.source:
            marker = handout.MARKER.match(cell.source)
            tree = ast.parse(cell.source)
            if marker:
                last_lines[marker[1]] = ast.unparse(tree.body.pop())
            else:
                tree.body = [node for node in tree.body if re.match(NEEDED, ast.unparse(node))]
            exec(compile(tree, path.name, "exec"), known)
    return known, last_lines


@pytest.mark.parametrize("chapter", [c if c == "03" else pytest.param(c, marks=pytest.mark.slow) for c in ALL])
def test_teachers_notebook_comes_out_correct(key, chapter):
    """In chapter 03 answers call each other. Every solution is checked elsewhere; here they stand in their notebook."""
    known, last_lines = run_answers(next(key.glob(f"{chapter}_*.ipynb")))
    verdicts = {name: eval(line, known).status for name, line in last_lines.items()}
    assert verdicts == dict.fromkeys(names(chapter), "correct")


def test_teachers_notebook_imports_what_its_solutions_need(key):
    """Chapter 11 does without `copy`, one of its solutions does not."""
    known, _ = run_answers(key / "11_wide_resnet.ipynb")
    nn = known["nn"]
    assert known["same_function"](nn.Linear(2, 3), nn.Linear(2, 3), known["torch"].zeros(1, 2)) is True


# ---- nothing is lost, nothing half handed out ---------------------------------------------------------------------


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_former_release_is_replaced(tmp_path, quick, shell):
    assert shell("release", "--chapters", "02", "5", tmp_path)[0] == 0
    code, out, _ = shell("release", "--chapters", "03", tmp_path)
    assert code == 0 and "for students, no solution found" in out
    assert {path.name for path in tmp_path.glob("*.ipynb")} == {"03_arithmetic_of_shapes.ipynb"}
    assert set(json.loads((tmp_path / "release.json").read_text())["files"]) | {"release.json"} == {
        path.name for path in tmp_path.iterdir()
    }


def spoil_by_a_file(folder):
    (folder / "handed_in.ipynb").write_text("work of a student")


def spoil_by_a_change(folder):
    with open(folder / "02_convolution.ipynb", "a") as file:
        file.write(" ")


def spoil_by_a_folder(folder):
    (folder / "empty").mkdir()


def spoil_by_a_lost_list(folder):
    (folder / "release.json").unlink()


def spoil_by_a_strange_list(folder):
    (folder / "release.json").write_text('["mine"]')


def test_litter_of_the_system_is_left_where_it_is(tmp_path, quick, shell):
    assert shell("release", "--chapters", "02", tmp_path)[0] == 0
    (tmp_path / ".DS_Store").write_bytes(b"1")
    (tmp_path / ".git" / "objects").mkdir(parents=True)
    assert shell("release", "--chapters", "02", tmp_path)[0] == 0
    assert (tmp_path / ".DS_Store").exists() and (tmp_path / ".git" / "objects").exists()


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (spoil_by_a_file, "handed_in.ipynb"),
        (spoil_by_a_change, "02_convolution.ipynb"),
        (spoil_by_a_folder, "found empty"),
        (spoil_by_a_lost_list, "expected an empty folder or a former release"),
        (spoil_by_a_strange_list, "expected"),
    ],
)
def test_folder_with_anything_else_in_it_is_refused_and_left_alone(tmp_path, quick, shell, spoil, named):
    assert shell("release", "--chapters", "02", tmp_path)[0] == 0
    spoil(tmp_path)
    before = everything(tmp_path)
    code, out, complaints = shell("release", "--chapters", "02", tmp_path)
    assert (
        (code, out, len(complaints)) == (2, "", 1) and named in complaints[0] and "Nothing was changed" in complaints[0]
    )
    assert everything(tmp_path) == before


def test_teachers_edition_never_lands_in_the_students_folder(tmp_path, quick, shell):
    assert shell("release", "--chapters", "02", tmp_path)[0] == 0
    before = everything(tmp_path)
    code, _, complaints = shell("release", "--chapters", "02", "--with-solutions", tmp_path)
    assert code == 2 and "another in" in complaints[0] and everything(tmp_path) == before


def test_leak_stops_the_release_and_names_file_and_line(tmp_path, shell, monkeypatch):
    """A solution that strayed into the package: nothing is written, and a former release stays."""
    files = package_files()
    name = "cnn_lessons/ops/pooling.py"
    planted = {"cnn_lessons/__init__.py": b"", name: files[name] + f"\n\n{solution_source('conv2d_unfold')}\n".encode()}
    line = files[name].count(b"\n") + 5
    monkeypatch.setattr(release, "package_files", lambda solutions: planted)
    code, out, complaints = shell("release", "--chapters", "02", tmp_path / "out")
    assert (code, out, len(complaints)) == (1, "", 1) and not (tmp_path / "out").exists()
    assert f"{name}, line {line} holds a line of the solution of conv2d_unfold" in complaints[0]
    assert "nothing was written" in complaints[0] and "And 3 more" in complaints[0]


def test_answer_in_a_notebook_stops_the_release(tmp_path, shell, monkeypatch):
    source = ROOT / "notebooks"
    monkeypatch.setattr(release, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    for file in ("pyproject.toml", "LICENSE"):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    text = (source / "02_convolution.ipynb").read_text()
    answered = text.replace('bias):\\n",\n    "    ...\\n"', 'bias):\\n",\n    "    return 1\\n"', 1)
    assert answered != text
    (tmp_path / "notebooks" / "02_convolution.ipynb").write_text(answered)
    code, _, complaints = shell("release", "--chapters", "02", tmp_path / "out")
    assert code == 1 and "conv2d_channels in 02_convolution.ipynb to be blank" in complaints[0]
    own = text.replace("# exercise: conv2d_channels", "# exercise: mine", 1)
    (tmp_path / "notebooks" / "02_convolution.ipynb").write_text(own)
    assert "got 'mine', which has no check" in shell("release", "--chapters", "02", tmp_path / "out")[2][0]
    unmarked = answered.replace('"# exercise: conv2d_channels', '"#exercise: conv2d_channels')
    (tmp_path / "notebooks" / "02_convolution.ipynb").write_text(unmarked)
    assert unmarked != answered and "at the very top" in shell("release", "--chapters", "02", tmp_path / "out")[2][0]
    (tmp_path / "notebooks" / "02_convolution.ipynb").write_text(text.replace("git+", "git "))
    assert "expected one set-up cell" in shell("release", "--chapters", "02", tmp_path / "out")[2][0]
    (tmp_path / "notebooks" / "02_convolution.ipynb").write_text("no notebook")
    assert "expected a notebook" in shell("release", "--chapters", "02", tmp_path / "out")[2][0]
    assert not (tmp_path / "out").exists()


def adapted(tmp_path, monkeypatch, change):
    """Chapter 02 of a course whose only notebook was changed."""
    monkeypatch.setattr(release, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir(exist_ok=True)
    for file in ("pyproject.toml", "LICENSE"):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    notebook = nbformat.read(ROOT / "notebooks" / "02_convolution.ipynb", as_version=4)
    change(notebook.cells)
    nbformat.write(notebook, tmp_path / "notebooks" / "02_convolution.ipynb")


@pytest.mark.parametrize("kind", ["code", "raw"])
def test_set_up_below_no_text_is_refused(kind, tmp_path, shell, monkeypatch):
    new = getattr(nbformat.v4, f"new_{kind}_cell")
    adapted(tmp_path, monkeypatch, lambda cells: cells.insert(1, new("print(1)")))
    code, _, complaints = shell("release", "--chapters", "02", tmp_path / "out")
    assert code == 1 and not (tmp_path / "out").exists()
    said = "expected a text cell right before the set-up cell of 02_convolution.ipynb"
    assert said in complaints[0] and f"got a {kind} cell" in complaints[0]


def test_set_up_with_nothing_before_it_is_refused(tmp_path, shell, monkeypatch):
    adapted(tmp_path, monkeypatch, lambda cells: cells.insert(0, cells.pop(1)))
    code, _, complaints = shell("release", "--chapters", "02", tmp_path / "out")
    assert code == 1 and "right before the set-up cell of 02_convolution.ipynb" in complaints[0]
    assert "got nothing" in complaints[0]


@pytest.mark.parametrize("first", ["", "Dear class,\n\n## read this.", "```sh\n# in a terminal\n```"])
def test_title_is_the_first_heading_wherever_it_stands(first, tmp_path, quick, shell, monkeypatch):
    adapted(tmp_path, monkeypatch, lambda cells: cells.insert(0, nbformat.v4.new_markdown_cell(first)))
    assert shell("release", "--chapters", "02", tmp_path / "out")[0] == 0
    assert "[02 · Convolution](02_convolution.ipynb)" in (tmp_path / "out" / "README.md").read_text()


def test_chapter_without_a_title_is_refused(tmp_path, shell, monkeypatch):
    adapted(tmp_path, monkeypatch, lambda cells: cells[0].update(source="Welcome."))
    code, _, complaints = shell("release", "--chapters", "02", tmp_path / "out")
    assert code == 1 and "expected a title in 02_convolution.ipynb" in complaints[0]
    assert not (tmp_path / "out").exists()


def test_course_without_notebooks_says_what_it_needs(tmp_path, shell, monkeypatch):
    monkeypatch.setattr(release, "ROOT", tmp_path)
    code, _, complaints = shell("release", "--chapters", "02", tmp_path / "out")
    assert code == 1 and len(complaints) == 1 and "Run it in a clone of the course" in complaints[0]


# ---- the shell ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--chapters", "02"], "required: OUT"),
        (["OUT"], "required: --chapters"),
        (["--chapters", "13", "OUT"], "expected some of 01 02 .* got '13'"),
        (["--chapters", "two", "OUT"], "got 'two'"),
        (["--chapters", "02", "05", "FILE"], "expected a folder, got the file"),
        (["--chapters", "02", "--solve", "OUT"], "unrecognized arguments: --solve"),
    ],
)
def test_bad_use_is_told_in_one_line_and_writes_nothing(shell, tmp_path, words, said):
    (tmp_path / "FILE").touch()
    code, out, complaints = shell("release", *(tmp_path / w if w.isupper() else w for w in words))
    assert (code, out, len(complaints)) == (2, "", 1) and re.search(said, complaints[0]), complaints
    assert [path.name for path in tmp_path.iterdir()] == ["FILE"]


@pytest.mark.parametrize(
    "words",
    [
        "--chapters 02 5 OUT",
        "OUT --chapters 02 5",
        "--chapters 02 5 OUT --with-solutions",
        "--chapters 2 05 --with-solutions OUT",
        "OUT --chapters 02 --chapters 5",
        "--chapters 02 --chapters 5 OUT",
        "--chapters 02 OUT --chapters 5",
    ],
)
def test_folder_is_understood_wherever_it_stands(monkeypatch, words, shell):
    called = []
    monkeypatch.setattr(release, "release", lambda *given: called.append(given) or [])
    assert shell("release", words)[0] == 0
    ((chapters, folder, solutions),) = called
    assert [c.zfill(2) for c in chapters] == ["02", "05"] and folder == Path("OUT") and solutions == ("--with" in words)


def test_help_names_the_command(shell):
    code, out, complaints = shell("release", "--help")
    assert code == 0 and "OUT" in out and "--with-solutions" in out and not complaints


@pytest.mark.parametrize(
    ("package", "words"),
    [("nbformat", ["release", "--chapters", "02", "out"]), ("psutil", ["grade", "in", "--out", "out"])],
)
def test_package_that_only_teachers_install_is_named(package, words, tmp_path):
    """In a fresh process: here, what imports the package has been imported before."""
    blocked = f"import sys; sys.modules[{package!r}] = None; from cnn_lessons import cli; sys.exit(cli.main({words}))"
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, cwd=tmp_path, env=path)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert f"expected the package {package}, found none. pip install 'cnn-lessons[classroom]'" in done.stderr


def test_hints_that_say_a_line_are_really_hints():
    hints = textwrap.dedent("\n".join(hint for exercise in catalog().values() for hint in exercise.hints))
    for lines in shared.SHARED.values():
        for line in (line for line, why in lines.items() if why == shared.HINT):
            assert row(hints).find(row(line)) >= 0, line


def test_extra_names_what_the_classroom_imports():
    extra = re.search(r"^classroom = \[(.+?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)[1]
    wanted = set(re.findall(r'"(\w+)>=', extra))
    assert wanted == {"ipykernel", "nbformat", "nbval", "psutil", "pytest", "tomli"}
    assert all(importlib.util.find_spec(name) for name in wanted - {"tomli"})
