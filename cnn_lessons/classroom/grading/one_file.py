"""Grade one file: run its cells in a jail, put each answer to the test, judge what comes out."""

import secrets
import threading
import time
from dataclasses import dataclass, field

from cnn_lessons.classroom.grading.collect import HandedIn
from cnn_lessons.classroom.grading.jail import Jail, NotReady, Stopped
from cnn_lessons.classroom.grading.judging import misconception, objection
from cnn_lessons.classroom.grading.limits import Limits
from cnn_lessons.classroom.grading.parsing import Refused
from cnn_lessons.classroom.grading.prison import Prison
from cnn_lessons.classroom.grading.reading import BY_NAME, CHECKED, Notebook, Place, read
from cnn_lessons.classroom.record import (
    CORRECT,
    GRADED,
    MISSING,
    NOT_ATTEMPTED,
    NOT_REACHED,
    NOT_YET,
    REFUSED,
    STOPPED,
    Cells,
    Mark,
    Result,
)
from cnn_lessons.exercises import names

MOST_TOLD = 5  # remarks of one kind
SECRET = 63  # bits of a seed
MOST_CHANGED = 50  # names in one reply
MOST_TEXT = 20_000  # characters of one message
FAILED = "the grader failed on it"


@dataclass
class Run:
    """What a run has found so far: marks in the order in which they were made, errors of cells, signs of tampering."""

    marks: dict[str, list[Mark]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    at_end: list[str] = field(default_factory=list)
    problem: str = ""


def grade_one(item: HandedIn, prison: Prison, limits: Limits, saved: bool, stop: threading.Event) -> Result:
    """Grade one file; whatever is in it, this returns.

    Args:
        item: the file.
        prison: to run it in.
        limits: for its run.
        saved: whether to ask nbval too.
        stop: set when the grading is called off: the run ends, and its result is not worth keeping.
    """
    start = time.monotonic()
    refused = {"outcome": REFUSED, "isolation": "nothing of it was run"}
    try:
        if item.refused:
            raise Refused(item.refused)
        return _graded(item, read(item.content, item.file), start, prison, limits, saved, stop)
    except Refused as reason:
        return _result(item, start, problem=str(reason), **refused)
    except Exception as error:  # a fault of the grader's own must not cost the others their grades
        return _result(item, start, problem=f"{FAILED}: {type(error).__name__}: {error}"[:300], **refused)


def _graded(item, notebook: Notebook, start: float, prison: Prison, limits, saved: bool, stop) -> Result:
    """Grade a notebook that can be run; arguments as in `grade_one`."""
    run = run_cells(notebook, prison, limits, stop)
    cells, note = ask_nbval(notebook, prison, limits, stop) if saved else (None, "not asked for")
    if cells:
        unrun = [
            f"the cell of {name} was saved without having been run"
            for name, marks in run.marks.items()
            for place, mark in zip(notebook.places[name], marks, strict=False)  # a run may have been stopped
            if mark.status in (CORRECT, NOT_YET) and place.cell in notebook.unrun
        ]
        note = "; ".join(filter(None, [note, *unrun]))
    return _result(
        item,
        start,
        chapters=notebook.chapters,
        outcome=STOPPED if run.problem else GRADED,
        problem=run.problem,
        marks=tuple(_mark(name, run, notebook) for chapter in notebook.chapters for name in names(chapter)),
        cells=cells,
        cells_note=note,
        isolation=prison.isolation,
        remarks=(*_few(run.changed), *_few([f"reaches into the checks: {reach}" for reach in notebook.reaching])),
        notes=(*_few(notebook.remarks), *_few(run.errors), *run.at_end),
    )


def _result(item: HandedIn, start: float, **found) -> Result:
    nothing = {"chapters": (), "marks": (), "cells": None, "cells_note": "", "remarks": (), "notes": ()}
    seconds = round(time.monotonic() - start, 2)
    return Result(item.file, item.sha256, item.handed_in, seconds=seconds, **{**nothing, **found})


def _few(remarks: list[str]) -> list[str]:
    more = len(remarks) - MOST_TOLD
    return remarks[:MOST_TOLD] + ([f"… and {more} more of this kind"] if more > 0 else [])


# ---- the run -------------------------------------------------------------------------------------------------


def run_cells(notebook: Notebook, prison: Prison, limits: Limits, stop: threading.Event) -> Run:
    """Run all code cells in order; after each that answers an exercise, put the answer to the test."""
    run, number = Run(), 0
    here: dict[int, list[tuple[str, Place]]] = {}
    for name, places in notebook.places.items():
        for place in places:
            here.setdefault(place.cell, []).append((name, place))
    try:
        with Jail(prison, "cells", limits, stop) as jail:
            for number, source in enumerate(notebook.cells):
                order = {"cell": source, "seconds": limits.cell_seconds}
                reply, _ = jail.ask(order, limits.cell_seconds + limits.grace)
                error = _text(reply, "error")
                if error and number not in notebook.may_fail:
                    run.errors.append(f"code cell {number + 1}: {error}")
                for name, place in here.get(number, []):
                    run.marks.setdefault(name, []).append(put_to_test(name, place, error, jail, run))
            reply, _ = jail.ask({"end": True}, limits.grace)
            run.at_end += ["it asked for the network"] if reply.get("network") else []
            run.at_end += ["a thread of it was still running at the end"] if reply.get("threads") else []
    except Stopped as reason:
        run.problem = f"stopped in code cell {number + 1} of {len(notebook.cells)}: {reason}"
    return run


def put_to_test(name: str, place: Place, error: str, jail: Jail, run: Run) -> Mark:
    """Check one answer with a fresh seed. A claim that it is correct counts only if its values say so too.

    Args:
        name: of the exercise.
        place: where the answer was found.
        error: of its cell, or "".
        jail: in which the answer lives.
        run: gets the names of what the student's code had replaced.

    Raises:
        Stopped: if the process ends, hangs or breaks a limit.
    """
    seed = secrets.randbits(SECRET)
    order = {"exercise": name, "function": place.function, "seed": seed}
    order["limit"] = f"{jail.limits.check_seconds:g}"
    reply, evidence = jail.ask(order, jail.limits.check_seconds + jail.limits.grace)
    status, message = _text(reply, "status"), _text(reply, "message")
    changed_names = reply.get("changed")
    for changed in changed_names[:MOST_CHANGED] if isinstance(changed_names, list) else ():
        remark = f"{changed!s:.80} was replaced"
        if remark not in run.changed:
            run.changed.append(remark)
    if status == MISSING:
        if error:
            return Mark(name, NOT_YET, f"the cell ended before there was an answer: {error}", remark=place.remark)
        return Mark(name, MISSING, f"its cell defines nothing called {name}", remark=place.remark)

    def waited(seconds: float) -> None:
        jail.end += seconds

    if status == CORRECT and (wrong := objection(name, seed, evidence, waited)):
        message = f"the run called this correct, but the values that it returned are not:\n{wrong}"[:MOST_TEXT]
        run.changed.append(f"{name} was called correct by the run, but its values are not")
        return Mark(name, NOT_YET, message, remark=place.remark)
    if status not in (CORRECT, NOT_YET, NOT_ATTEMPTED):
        raise Stopped("it wrote into the grader's own channel, and was ended")
    return Mark(name, status, message, misconception(name, message) if status == NOT_YET else "", place.remark)


def _text(reply: dict, key: str) -> str:
    """Return a text from a reply; nothing but a text."""
    value = reply.get(key, "")
    if not isinstance(value, str):
        raise Stopped("it wrote into the grader's own channel, and was ended")
    return value[:MOST_TEXT].encode("utf-8", "replace").decode()


def _mark(name: str, run: Run, notebook: Notebook) -> Mark:
    """Return what counts for one exercise: the last answer that is one, with marker or check if any has it."""
    places, marks = notebook.places.get(name, []), run.marks.get(name, [])
    if not places:
        return Mark(name, MISSING, "there is no cell with its marker, and no function of its name")
    if not marks:
        return Mark(name, NOT_REACHED, "the run was stopped before")
    tried = [mark for mark in marks if mark.status not in (NOT_ATTEMPTED, MISSING)]
    meant = [mark for mark in tried if mark.remark != BY_NAME]
    counts = (meant or tried or marks)[-1]
    if len(places) == 1:
        return counts
    by = "its check" if counts.remark == CHECKED else "the marker"
    which = f"last answer with {by}" if meant and meant != tried else "last answer"
    several = f"{len(places)} cells answer it: the {which} counts"
    remark = "; ".join(filter(None, (counts.remark, several)))
    return Mark(name, counts.status, counts.message, counts.misconception, remark)


# ---- the saved outputs ---------------------------------------------------------------------------------------


def ask_nbval(notebook: Notebook, prison: Prison, limits: Limits, stop: threading.Event) -> tuple[Cells | None, str]:
    """Let nbval run the notebook again; return how many cells come out as saved, and what is to be said of that."""
    if not notebook.saved:
        return None, "no saved outputs: nothing to compare"
    if not prison.namespaces:
        return None, "not asked: it needs a network of its own, which this system does not give"
    order = {"notebook": notebook.text, "rules": str(prison.rules), "seconds": limits.cell_seconds}
    try:
        with Jail(prison, "saved", limits, stop) as jail:
            reply, _ = jail.ask(order, limits.seconds)
            counts = [int(reply[word]) for word in ("match", "differ", "fail")]
            if not any(counts):
                return None, "; ".join([*notebook.uncompared, "nbval compared none of its cells"])
            return Cells(*counts), "; ".join(notebook.uncompared)
    except NotReady as reason:  # the marks stand
        return None, f"{FAILED}: {reason}"
    except Stopped as reason:
        return None, f"nbval was stopped: {reason}"
    except (KeyError, TypeError, ValueError, OverflowError):
        return None, "nbval gave no answer that can be read"
