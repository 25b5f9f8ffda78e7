"""Which chapter a file is, which of its cells are answers, which of them counts, and what an answer may not take."""

import json
import warnings

import pytest
from made_class import ASKED, START, ZERO, answer, blank, notebook, right

from cnn_lessons import exercises
from cnn_lessons.classroom.grading import reaching
from cnn_lessons.classroom.grading.one_file import Run, _mark
from cnn_lessons.classroom.grading.parsing import Refused
from cnn_lessons.classroom.grading.reading import BY_NAME, CHECKED, chapter_in_name, read
from cnn_lessons.classroom.record import Mark
from cnn_lessons.exercises import solution_source

CALL = f'check("{ASKED}", {ASKED})'
RETRY = answer(ASKED, marker=False)
RENAMED = f'# exercise: {ASKED}\n{solution_source(ASKED).replace(ASKED, "my_size")}\ncheck("{ASKED}", my_size)'


def counting(*cells, statuses):
    """Return what counts of these cells, if their answers get these statuses in this order."""
    found = read(notebook(START, *cells), "03_x.ipynb")
    places = found.places[ASKED]
    given = zip(statuses, map(str, range(len(places))), places, strict=True)
    marks = [Mark(ASKED, status, message, "", place.remark) for status, message, place in given]
    return _mark(ASKED, Run({ASKED: marks}), found)


@pytest.mark.parametrize(
    ("file", "chapter"),
    [
        ("03_arithmetic_of_shapes_12_lee.ipynb", "03"),
        ("12_lee_03_Arithmetic_of_shapes (1).ipynb", "03"),
        ("12_03_arithmetic_of_shapes_07_b.ipynb", "03"),
        ("anna_02_convolution.ipynb", "02"),
        ("02_convolution/04_pools.ipynb", "04"),
        ("lee_04_pools.ipynb", "04"),
        ("2002_convolution.ipynb", ""),
        ("02_convolution/homework.ipynb", ""),
    ],
)
def test_number_of_a_student_is_taken_for_no_chapter(file, chapter):
    assert chapter_in_name(file) == chapter


@pytest.mark.parametrize(
    ("cells", "chapters", "places"),
    [
        (["# exercise: same_padding\ndef same_padding(k): ...", "class ResidualBlock: ..."], ("03",), {"same_padding"}),
        (["class ResidualBlock: ..."], ("03",), set()),
        (["def same_padding(k): ..."], ("03",), {"same_padding"}),
    ],
)
def test_class_copied_from_another_chapter_is_no_answer(cells, chapters, places):
    found = read(notebook(*cells), "03_x.ipynb")
    assert (found.chapters, set(found.places)) == (chapters, places)


def test_homework_of_several_chapters_keeps_the_exercises_of_each():
    cells = [f"# exercise: {name}\ndef {name}(): ..." for name in ("same_padding", "correlate2d")]
    assert read(notebook(*cells), "kim/homework1.ipynb").chapters == ("02", "03")
    assert read(notebook(*cells), "kim_03_arithmetic_of_shapes.ipynb").chapters == ("03",)


def changed(change):
    """Return a notebook with one right answer after a change of its second cell and its metadata."""
    whole = json.loads(notebook(START, right()))
    change(whole["cells"][1], whole["metadata"])
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda cell, _: cell.pop("outputs"),
        lambda cell, _: cell.update(outputs=None),
        lambda cell, _: cell.update(outputs=[{"output_type": "stream"}, {"output_type": "display_data", "data": None}]),
        lambda cell, _: cell.pop("metadata"),
        lambda cell, _: cell.update(metadata=None, attachments=None),
        lambda cell, _: cell.update(metadata={"tags": None}),
        lambda cell, _: cell.update(metadata={"tags": 3}),
        lambda _, top: top.update(kernelspec=None, language_info=None),
        lambda _, top: top.update(kernelspec="python3"),
    ],
)
def test_field_that_python_runs_without_may_be_missing_or_null(change):
    found = read(changed(change), "03_x.ipynb")
    assert list(found.places) == [ASKED]
    json.loads(found.text)


@pytest.mark.parametrize("change", [lambda cell, _: cell.pop("id"), lambda cell, _: cell.update(id="cell-0")])
def test_ids_that_are_missing_or_there_twice_are_not_told_of(change):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(read(changed(change), "03_x.ipynb").places) == [ASKED]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (notebook("1", metadata={"a": [[]] * 300_001}), "holds too many parts for a notebook"),
        (notebook("1", "x = [" + 100_000 * "0, " + "]"), "has 300,006 letters in cell 2: expected at most 300,000"),
        (notebook(*(6 * [280_000 * "#"])), "has 1,680,0.. letters of code: expected at most 1,500,000"),
    ],
    ids=["parts", "letters", "letters in all"],
)
def test_file_that_takes_much_room_to_read_is_refused(content, says):
    with pytest.raises(Refused, match=says):
        read(content, "03.ipynb")


@pytest.mark.parametrize(
    ("cells", "statuses", "counts", "which"),
    [
        ([answer(ASKED, ZERO), RETRY], ["not yet", "correct"], 1, "last answer"),
        ([right(), RETRY], ["correct", "not yet"], 1, "last answer"),
        ([answer(ASKED, ZERO), solution_source(ASKED), CALL], ["not yet", "correct", "correct"], 2, "its check"),
        ([answer(ASKED, ZERO), RETRY, ZERO], ["not yet", "correct", "not yet"], 1, "its check"),
        ([blank(ASKED), solution_source(ASKED)], ["not attempted", "correct"], 1, "last answer"),
    ],
)
def test_last_answer_with_marker_or_check_counts(cells, statuses, counts, which):
    mark = counting(*cells, statuses=statuses)
    assert (mark.status, mark.message) == (statuses[counts], str(counts))
    assert f"{which} counts" in mark.remark.replace("the last answer with ", "")


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [("correct", "not yet", 0), ("not yet", "correct", 0), ("not attempted", "correct", 1), ("missing", "not yet", 1)],
)
def test_answer_without_the_marker_counts_only_where_no_other_was_tried(first, second, counts):
    mark = counting(right(), ZERO, statuses=[first, second])
    assert (mark.status, mark.message) == ((first, second)[counts], str(counts))
    assert mark.remark.endswith(f"the last answer {'' if counts else 'with the marker '}counts")


@pytest.mark.parametrize(
    ("cells", "remarks"),
    [
        ([RETRY], [CHECKED]),
        ([f"{ASKED} = lambda size, kernel_size: 1\n{CALL}"], [CHECKED]),
        ([solution_source(ASKED)], [BY_NAME]),
        ([right(), CALL], [""]),  # asked once more
        ([solution_source(ASKED), CALL], [BY_NAME, CHECKED]),
        ([f'{solution_source(ASKED)}\ncheck("{ASKED}", another)'], [BY_NAME]),
        ([right(), f'def broken(): ...\ncheck("{ASKED}", broken)'], [""]),  # a question to the check, not an answer
        ([RENAMED, CALL], ["the function is called my_size"]),  # nothing is called so: that cell only raises
        ([right("same_padding"), right(), answer("correlate2d", marker=False)], [""]),
    ],
)
def test_cell_that_gives_the_answer_to_its_check_is_one(cells, remarks):
    places = read(notebook(START, *cells), "03_x.ipynb").places
    assert [place.remark for place in places[ASKED]] == remarks
    assert "correlate2d" not in places


@pytest.mark.parametrize(
    ("source", "function"),
    [
        ("def helper(n): ...\nsame_padding = lambda k: helper(k)\ncheck('same_padding', same_padding)", "same_padding"),
        ("def helper(n): ...\ndef padding_of(k): ...\ncheck('same_padding', padding_of)", "padding_of"),
        ("def padding_of(k): ...\ncheck('same_padding', same_padding)", "padding_of"),
    ],
)
def test_answer_is_what_the_check_is_given(source, function):
    (place,) = read(notebook(f"# exercise: same_padding\n{source}"), "03_x.ipynb").places["same_padding"]
    assert place.function == function and bool(place.remark) == (function != "same_padding")


REACH = "exercises.catalog()['bug'].expected(3)"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (f"from cnn_lessons.exercises import check; from cnn_lessons import *\n{REACH}", "exercises.catalog"),
        (f"import cnn_lessons.exercises; exercises = cnn_lessons.exercises\n{REACH}", "exercises.catalog"),
        ("import cnn_lessons as c\na = c.exercises\nb = a\nb.judge", "b.judge"),
        ("import cnn_lessons\nif (e := cnn_lessons.exercises):\n    e.judge", "e.judge"),
        ("import cnn_lessons\nself.e: object = cnn_lessons.exercises\nself.e.judge", "self.e.judge"),
        ("from cnn_lessons import *\nexercises = []\nexercises.append(3)", None),
        ("from cnn_lessons import *\nfor exercises in [[1]]: exercises.append(3)", None),
        ("from cnn_lessons import *\ndef f(exercises): exercises.append(3)", None),
        ("import cnn_lessons.exercises\nexercises: list\nexercises = a = [1]\nexercises.append(3)", None),
        ("from cnn_lessons import *\narithmetic.conv_output_size(5, 3)", None),
    ],
)
def test_every_name_of_the_checks_is_known(source, named):
    found = read(notebook(source, right()), "03_x.ipynb").reaching
    assert found == ([f"{named} in code cell 1"] if named else [])


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("from cnn_lessons.exercises.catalog import find", "from cnn_lessons.exercises.catalog import find"),
        ("from cnn_lessons.exercises import check, catalog", "from cnn_lessons.exercises import catalog"),
        ("if True:\n    import cnn_lessons.exercises.judge as j", "import cnn_lessons.exercises.judge"),
        (
            "%matplotlib inline\nimport sys\nsys.modules['cnn_lessons.exercises.catalog']",
            "the text 'cnn_lessons.exercises.c",
        ),
        ("from cnn_lessons import exercises\nexercises.catalog()['bug'].expected(3)", "exercises.catalog"),
        ("from cnn_lessons.exercises import check, hint\nhint('same_padding')", None),
        ("from cnn_lessons.exercises.chapter_08 import suspects", None),
        ("import cnn_lessons.exercises as e\ne.catalog()['bug'].expected(3)", "e.catalog"),
        ("import cnn_lessons\ncnn_lessons.exercises.catalog()", "cnn_lessons.exercises.catalog"),
        ("from cnn_lessons.exercises.judge import *", "from cnn_lessons.exercises.judge import *"),
        ("import cnn_lessons\na = [0]\na[-1] = cnn_lessons.exercises\na[-1].judge", "a[-1].judge"),
        ("from cnn_lessons.exercises import *", None),
        ("exercises = []\nexercises.append(3)", None),
        ("catalog = {}; catalog['expected'] = 3", None),
        ("this is no Python", None),
    ],
)
def test_reaching_into_the_checks_is_named(source, named):
    found = read(notebook(source, right()), "03_x.ipynb").reaching
    assert [bool(found), *(named in reach for reach in found)] == ([True, True] if named else [False])
    assert all(reach.endswith("in code cell 1") for reach in found)


def test_star_gives_a_notebook_what_it_may_take():
    assert set(exercises.__all__) | {"*"} == reaching.PUBLIC["cnn_lessons.exercises"]


def test_module_of_the_checks_is_known_in_every_cell():
    begin = "try:\n    import x\nexcept ModuleNotFoundError:\n    %pip install x\n"
    for line, name in (("from cnn_lessons import exercises", "exercises"), ("import cnn_lessons as c", "c.exercises")):
        cells = begin + line, f"{name}.catalog()", right()
        assert read(notebook(*cells), "03_x.ipynb").reaching == [f"{name}.catalog in code cell 2"]
