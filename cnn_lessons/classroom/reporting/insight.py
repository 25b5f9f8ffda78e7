"""What an instructor asks of a class: which files to look at, which exercises are hard, which mistakes are common."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from cnn_lessons.classroom.record import CORRECT, NOT_YET, REFUSED, STATUSES, STOPPED, Cells
from cnn_lessons.classroom.reporting import course
from cnn_lessons.classroom.reporting.gradebook import GradeBook, Row, plural
from cnn_lessons.classroom.reporting.whose import collections_in, packed_by_others, perhaps_several

HELP_BELOW = 50  # percent: whose total is less is counted among those who need help

TAMPERING, NOT_RUN, CUT_SHORT = "Signs of tampering", "Not run", "Stopped"
SAME_FILE, SAME_NAME = "The same file from several students", "Perhaps several students of one name"
OUTPUTS = "Saved outputs not reproduced"
ERRORS, ODD = "Errors and oddities of the run", "Also worth knowing"
KINDS = (TAMPERING, NOT_RUN, CUT_SHORT, SAME_FILE, SAME_NAME, ERRORS, OUTPUTS, ODD)


@dataclass(frozen=True)
class Flag:
    """A file to look at: one of KINDS, the row it belongs to, and what is said of it."""

    kind: str
    row: Row
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Rate:
    """How a class did in one exercise: how many students have each status."""

    exercise: str
    title: str
    counts: Counter

    @property
    def students(self) -> int:
        """Of how many students the file was run."""
        return self.counts.total()

    @property
    def share(self) -> float:
        """The part of them, 0 to 1, whose answer is correct."""
        return self.counts[CORRECT] / self.students if self.students else 0


@dataclass(frozen=True)
class Slip:
    """A mistake of the course's own list, in one exercise, and who made it."""

    exercise: str
    misconception: str
    students: tuple[str, ...]


def flags(book: GradeBook) -> list[Flag]:
    """Return the files that need the instructor's eye, the gravest kind first."""
    twins, namesakes = _same_files(book), _namesakes(book)
    found = {}  # a file with two chapters is told of once
    for row in book.all_rows:
        file = row.result.file
        for kind, reasons in _reasons(row, twins.get(file, []), namesakes.get(file, []), book.compared):
            if reasons:
                found.setdefault((kind, file, *reasons), Flag(kind, row, tuple(reasons)))
    return sorted(found.values(), key=lambda flag: KINDS.index(flag.kind))


def rates(book: GradeBook, chapter: str) -> list[Rate]:
    """Return how each exercise of a chapter went, among the files that were run."""
    counts = {name: Counter() for name in course.exercises(chapter)}
    for row in book.rows:
        if row.chapter == chapter and row.result.outcome != REFUSED:
            for mark in row.marks:
                counts[mark.exercise][mark.status] += 1
    return [Rate(name, title, counts[name]) for name, title in course.exercises(chapter).items()]


def slips(book: GradeBook, chapter: str) -> list[Slip]:
    """Return the mistakes that were made in a chapter, the most common first."""
    made = defaultdict(list)
    for row in book.rows:
        for mark in row.marks:
            if row.chapter == chapter and mark.misconception and mark.status == NOT_YET:
                made[mark.exercise, mark.misconception].append(row.student)
    order = list(course.exercises(chapter))
    found = [Slip(*what, tuple(who)) for what, who in made.items()]
    return sorted(found, key=lambda slip: (-len(slip.students), order.index(slip.exercise), slip.misconception))


def hardest(book: GradeBook) -> Rate | None:
    """Return the exercise that the fewest have right; None if nothing was run."""
    every = [rate for chapter in book.chapters for rate in rates(book, chapter) if rate.students]
    return min(every, key=lambda rate: rate.share, default=None)


def counted(row: Row) -> str:
    """Return how many exercises have which status: "3 correct, 2 not yet"."""
    found = Counter(mark.status for mark in row.marks)
    return ", ".join(f"{found[status]} {status}" for status in STATUSES if found[status])


def _reasons(row: Row, twins: list[str], namesakes: list[str], compared: bool):
    """Yield the kinds that a row may be of, each with what is said; nothing said means that it is not of the kind."""
    result, cells = row.result, row.result.cells
    yield TAMPERING, result.remarks
    yield NOT_RUN, [result.problem or "refused"] * (result.outcome == REFUSED)
    yield CUT_SHORT, [result.problem or "stopped by a limit"] * (result.outcome == STOPPED)
    yield SAME_FILE, [f"to the last byte the file of {name}" for name in twins]
    yield SAME_NAME, namesakes
    unlike = [_unlike(cells)] if cells and (cells.differ or cells.fail) else []
    odd = result.cells_note and compared and result.outcome != REFUSED  # a note that every file has says nothing
    yield OUTPUTS, unlike + [result.cells_note] * bool(odd)
    yield ERRORS, result.notes
    renamed = [f"{mark.exercise}: {mark.remark}" for mark in row.marks if mark.remark]
    problem = [result.problem] * bool(result.problem and result.outcome not in (REFUSED, STOPPED))
    yield ODD, [*problem, *row.notes, *renamed]


def _unlike(cells: Cells) -> str:
    said = []
    if cells.differ:
        said.append(f"{plural(cells.differ, 'cell')} {'comes' if cells.differ == 1 else 'come'} out otherwise")
    if cells.fail:
        said.append(f"{plural(cells.fail, 'cell')} {'fails' if cells.fail == 1 else 'fail'}")
    return f"{' and '.join(said)}, {cells.match} as saved"


def _same_files(book: GradeBook) -> dict[str, list[str]]:
    """Return, by file, who else handed in the same bytes; an untouched notebook is no sign of anything."""
    by_hash = defaultdict(list)
    for row in book.all_rows:
        if any(mark.status in (CORRECT, NOT_YET) for mark in row.marks):
            by_hash[row.result.sha256].append(row)
    return {
        row.result.file: others
        for rows in by_hash.values()
        for row in rows
        if (others := sorted({other.student for other in rows} - {row.student}))
    }


def _namesakes(book: GradeBook) -> dict[str, list[str]]:
    """Return, by file that counts, why it and those that it leaves out may be of several students."""
    collections = collections_in([row.result for row in book.all_rows])
    told = defaultdict(list)
    for row in book.rows:
        results = [one.result for one in (row, *row.left_out)]
        files = [result.file for result in results]
        if len({result.sha256 for result in results}) > 1:
            told[row.result.file] += packed_by_others(row.student, files, collections)
        told[row.result.file] += perhaps_several(files, book.policy, collections)
    return told
