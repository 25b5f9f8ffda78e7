"""`python -m cnn_lessons`: train, repeat, list models and recipes, fetch data, examine the machine, hand out, grade.

Exit codes: 0 it worked, 1 it failed, 2 it was asked for something that is not there, 130 it was stopped. Whatever is
not 0 comes with one line that says why. PyTorch is loaded by the commands that need it, so `--help` answers at once.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence

from cnn_lessons.cli import data, doctor, grade, listing, release, repeat, train
from cnn_lessons.cli.words import PROGRAM, BadUse, Parser, Refused, in_shell_words, is_first


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what stands behind `python -m cnn_lessons`; None takes it from the shell.

    Returns:
        The exit code; for help and for words that no command understands, argparse exits itself.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a path may have letters that the terminal's encoding has not
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(release.out_first(words))
    options.command = f"{PROGRAM} {shlex.join(words)}"
    try:
        return options.run(options)
    except BadUse as error:
        return _tell(error, 2)
    except Refused as error:
        return _tell(error, 1)
    except KeyboardInterrupt as stop:
        return _tell(stop if stop.args else "Stopped.", 130)
    except ImportError as error:
        return _tell(f"{error}. `{PROGRAM} doctor` says what is missing.", 1)
    except (RuntimeError, OSError) as error:
        if not _foreseen(error):
            raise
        return _tell(error, 1, getattr(options, "root", None))


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets `run`, the function that carries it out."""
    whole = Parser(prog=PROGRAM, description="The tools of CNN Lessons.", epilog="Each command has its own --help.")
    commands = whole.add_subparsers(title="commands", metavar="command", required=True)
    for command in (train, repeat, listing, data, doctor, release, grade):
        command.add(commands)
    return whole


def _foreseen(error: Exception) -> bool:
    """Whether the message is written for the reader; a fault of the program shows where it happened instead."""
    from cnn_lessons.data import DataError
    from cnn_lessons.training import CheckpointError, TrainingError

    return isinstance(error, DataError | CheckpointError | TrainingError | OSError)


def _tell(message: object, code: int, root: str | None = None) -> int:
    """Print one line, of several processes in the first only, and return the exit code."""
    if is_first():
        print(f"{PROGRAM}: {in_shell_words(str(message), root)}", file=sys.stderr)
    return code
