"""Exercises that check themselves: `check`, `hint`, `solution`, `names`. In a cell::

    def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
        ...

    check("conv_output_size", conv_output_size)  # not attempted · not yet, and why · correct

An exercise is data (`exercise.Exercise`): a statement, three hints, cases, what is right, and the usual mistakes. Each
chapter has a package of modules here, and a module of the same name with the answers in `solutions`.
"""

from cnn_lessons.exercises.catalog import catalog as catalog
from cnn_lessons.exercises.catalog import names as names
from cnn_lessons.exercises.catalog import solution_source as solution_source
from cnn_lessons.exercises.catalog import solution_text as solution_text
from cnn_lessons.exercises.help import hint as hint
from cnn_lessons.exercises.help import solution as solution
from cnn_lessons.exercises.judge import check as check
from cnn_lessons.exercises.verdict import CheckFailed as CheckFailed
from cnn_lessons.exercises.verdict import Verdict as Verdict

__all__ = ["CheckFailed", "Verdict", "check", "hint", "names", "solution"]  # what `import *` gives a learner
