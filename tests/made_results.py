"""A made class: results of 40 students, some odd, some hostile, none real; and the smallest one."""

import dataclasses
import hashlib
from random import Random

from cnn_lessons.classroom.record import Cells, Mark, Result
from cnn_lessons.classroom.reporting import course

NAMES = """Anna Weber|Ben Okafor|김철수|이영희|박민준|Chloé Martin|Diego Fernández|Emma Lindqvist|Farid Haddad|Grace Kim
Hana Sato|Ivan Petrov|Jürgen Groß|Kavya Nair|Liam O'Brien|Mei Chen|Noah Cohen|Olga Novak|Priya Sharma|Quentin Roux
Rosa Álvarez|Sofia Rossi|Tomás Silva|Uma Patel|Victor Hugo Nunes|Wei Zhang|Xenia Popova|Yusuf Demir|Zoë de Vries|최수빈
Aiko Tanaka|Bruno Costa|Clara Schmidt|Dmitri Volkov|Elif Kaya|Fatima Zahra|Gustav Holm|Hiro Abe|Ingrid Dahl|정다은"""
SLIPS = {
    "conv2d_channels": "Each output channel sums over all input channels; yours uses the first one only.",
    "conv2d_unfold": "`unfold` puts the windows into columns; your product takes them as rows.",
    "conv2d_weight_gradient": "The gradient is summed over the batch; yours is its mean.",
    "flip_probe": "A chessboard looks the same after half a turn, so it cannot show a flipped kernel.",
    "same_padding": "For an even kernel the padding differs between left and right.",
    "conv_parameters": "The bias adds one number for each output channel.",
    "receptive_field": "The stride of a layer widens what the layers after it see, not what it sees itself.",
}
CASE = "on x = [[1, -2, 3], [0, 4, -1]], kernel = [[1, 0], [0, -1]]\nexpected [[-3, -1]], got [[3, 1]]\n"
# What may stand in a student's file, and do harm where it is written down carelessly.
BAD = [
    "=HYPERLINK(\"http://evil.example\")", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "  =1", "＝1",
    "</title><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "]]>", "&lt;b&gt;",
    "javascript:alert(1)",
    "../../x", "con", "a" * 300, "김철수", "👩‍🎓", "\ud800", "\x00\x1b[31m\x07", "\u202egnp.exe", "..", "a\nb\r\n",
]  # fmt: skip
APRIL = 1775228340  # 3 April 2026, 23:59 in Seoul
CLOSED = "no network; own files only"


def result(file="anna/02_convolution.ipynb", chapters=("02",), correct=(), **changes):
    """A plain result in which only the exercises named are correct; every field can be given."""
    marks = [
        Mark(name, "correct" if name in correct else "not attempted", "All cases agree." if name in correct else "")
        for chapter in chapters
        for name in course.exercises(chapter)
    ]
    plain = Result(
        file, hashlib.sha256(file.encode("utf-8", "surrogatepass")).hexdigest(), float(APRIL), tuple(chapters),
        "graded", "", tuple(marks), Cells(40, 0, 0), "", 12.5, CLOSED, (),
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def made_class():
    """Results of 40 students for some chapters, with what a real class brings along."""
    random = Random(0)
    names = NAMES.replace("\n", "|").split("|")
    results = []
    for number, name in enumerate(names):
        skill = min(0.98, max(0.08, random.gauss(0.72, 0.25)))
        for chapter in ("02", "03"):
            if chapter == "03" and random.random() < 0.08:
                continue
            results.append(_work(random, name, chapter, skill if number else 1))
    tampered = ("torch.equal was replaced before the checks ran", "the verdict file was opened for writing")
    refused = {"chapters": (), "marks": (), "cells": None, "cells_note": "not run", "outcome": "refused"}
    twin = next(index for index in range(35, len(results)) if results[index].chapters == results[34].chapters)
    changes = {
        7: {"remarks": tampered},
        12: {"outcome": "stopped", "problem": "stopped after 120 seconds: exercise conv2d_unfold never ended"},
        19: {**refused, "problem": "not a notebook: the file begins with PK, as a Word document does"},
        23: {"cells": Cells(31, 6, 2)},
        33: {"cells": None, "cells_note": "no saved outputs"},
        twin: {"sha256": results[34].sha256, "marks": results[34].marks},
        39: {"handed_in": None},
    }
    for index, change in changes.items():
        results[index] = dataclasses.replace(results[index], **change)
    again = results[30]
    name, _, file = again.file.partition("/")
    results.append(dataclasses.replace(again, file=f"{name}/{file.replace('.', ' (1).')}", handed_in=APRIL - 5000.0))
    return results


def hostile_class():
    """A class in which every text of every record is bad."""
    return [
        dataclasses.replace(
            result(f"{bad}/02.ipynb"),
            marks=tuple(Mark(name, "not yet", f"on x\n{bad}", bad, bad) for name in course.exercises("02")),
            problem=bad, cells=Cells(1, 1, 1), cells_note=bad, isolation=bad, remarks=(bad, bad),
        )
        for bad in BAD
    ]  # fmt: skip


def _work(random, name, chapter, skill):
    marks = []
    for place, (exercise, _) in enumerate(course.exercises(chapter).items()):
        luck = random.random() - 0.07 * place + 0.12
        if luck < skill:
            marks.append(Mark(exercise, "correct", "All cases agree in values, and the inputs are left as they were."))
        elif luck < skill + 0.35:
            slip = SLIPS.get(exercise, "") if random.random() < 0.8 else ""
            marks.append(Mark(exercise, "not yet", CASE + slip, slip, random.choice(["", "", "", "moved"])))
        else:
            status = random.choice(["not attempted", "not attempted", "not attempted", "missing"])
            marks.append(Mark(exercise, status, "Replace the ... with your code." if status != "missing" else ""))
    file = f"{name}/{course.CHAPTERS[chapter][0]}.ipynb"
    late = random.choice([0, 0, 0, 0, 0, 0, 1, 3]) * 86400 - random.random() * 80000
    odd = random.random() < 0.12
    cells = Cells(44 - 3 * odd, 3 * odd, 0)
    return result(
        file, (chapter,), marks=tuple(marks), handed_in=APRIL + late, cells=cells, seconds=random.uniform(8, 30)
    )
