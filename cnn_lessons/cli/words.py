"""How the commands hear and speak: paths with a ~, one line for a mistake, options where a message has arguments."""

import argparse
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

PROGRAM = "python -m cnn_lessons"
# What the package's messages advise, and how the same is said in the shell.
ADVICE = (
    (r"checkpoint=…", "--checkpoint FILE"),
    (r"resume=False", "--fresh"),
    (
        r"(?<![\w/\\])(?:epochs|batch_size|lr|validation|precision|seed)=(?:'\w+'|\w+(?:\.\d+)?(?:e[+-]?\d+)?)"
        r"(?![\w/\\'.+-]*[\w/\\])",  # in no path
        lambda found: _option(found[0]),
    ),
    (r"\(schedule='one_cycle'\)", "(a recipe with one_cycle)"),
    (r"load\('(\w+)'(?:, root)?, download=True\)", rf"{PROGRAM} data fetch \1"),
    (r", where root is a folder that you may write to", " (--root names a folder that you may write to)"),
    (r" A chapter does without: %env .*", ""),
)


class BadUse(Exception):
    """A command was asked for something that is not there; the message says what there is."""


class Refused(Exception):
    """A command could not do what it was asked for; the message says why, in words for the reader."""


class Parser(argparse.ArgumentParser):
    """argparse's parser, but a mistake is told in one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the words, in one line, and exit with 2."""
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help\n" if is_first() else None)


def path_of(name: str) -> Path:
    """Return the path that an option names: the shell leaves a ~ behind an = as it is."""
    return Path(os.path.expanduser(name))


@contextmanager
def bad_use() -> Iterator[None]:
    """Take a ValueError for what it is while options are looked at: the reader's, not the program's."""
    try:
        yield
    except ValueError as error:
        raise BadUse(str(error)) from error


@contextmanager
def teachers_only(command: str) -> Iterator[None]:
    """Say what is the matter where a command imports what an edition leaves out, or what only teachers install."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name == "cnn_lessons.classroom":
            said = f"{command}: this edition cannot {command}; a clone of the course can. Ask your instructor."
        elif (error.name or "").startswith("cnn_lessons"):
            raise
        else:
            said = f"{command}: expected the package {error.name}, found none. pip install 'cnn-lessons[classroom]'"
        raise Refused(said) from error


def in_shell_words(message: str, root: str | None = None) -> str:
    """Return a message in one line, with options in the place of Python's arguments, and the reader's own --root."""
    for pattern, said in ADVICE:
        message = re.sub(pattern, said, message)
    if root:
        quoted = subprocess.list2cmdline([root]) if os.name == "nt" else shlex.quote(root)
        message = re.sub(r"data fetch \w+", lambda found: f"{found[0]} --root {quoted}", message)
    return " ".join(message.split())


def first_line(error: BaseException) -> str:
    """Return the first line of a message, or the kind of an error that has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def is_first() -> bool:
    """Whether this process is the one that speaks: of those that torchrun started, the first."""
    return os.environ.get("RANK", "0") == "0"


def table(rows: dict[str, object]) -> str:
    """Return two columns, names and values, one row a line."""
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def _option(argument: str) -> str:
    name, _, value = argument.partition("=")
    return f"--{name.replace('_', '-')} {value.strip(chr(39))}"
