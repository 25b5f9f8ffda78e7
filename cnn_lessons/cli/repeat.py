"""`repeat`: train a recorded run again and lay the result beside the recorded one."""

import argparse

from cnn_lessons.cli.train import add_surroundings, carry_out
from cnn_lessons.cli.words import PROGRAM, BadUse, bad_use, is_first, table

ABOUT = f"""\
Train one of the runs that the book quotes, with its recipe and seed, and compare. Without a name, list them all. With
--checkpoint, a run that was stopped goes on when the same command is given again. See also {PROGRAM} train."""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser's."""
    repeat = commands.add_parser("repeat", help="train a recorded run again", description=ABOUT)
    repeat.add_argument("name", nargs="?", help="of the run")
    repeat.add_argument("--commands", action="store_true", help="list the commands in full")
    add_surroundings(repeat)
    repeat.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the runs, or train one as `options` say."""
    from cnn_lessons import runs
    from cnn_lessons.runs.plan import PLANNED, find_planned
    from cnn_lessons.training import TrainingError
    from cnn_lessons.training.history import commit

    if options.name is not None and options.commands:
        raise BadUse(f"--commands: lists all runs, so it takes no name, got {options.name!r}")
    if options.name is None and (options.checkpoint or options.out or options.weights or options.fresh):
        raise BadUse(f"repeat: expected the name of the run to train, got none. `{PROGRAM} repeat` lists them")
    if options.name is None:
        start, end = (f"{PROGRAM} repeat ", " --checkpoint {0}.pt --out {0}.json") if options.commands else ("", "")
        print(table({f"{start}{name}{end.format(name)}": _in_short(name, PLANNED[name]) for name in PLANNED}))
        return 0
    with bad_use():
        planned = find_planned(options.name)
    if options.out and options.out.resolve().parent == runs.FOLDER.resolve() and (commit() or "+").endswith("+"):
        raise BadUse("--out: a recorded run names its commit, and files have changed since the last one: commit first")
    recorded = runs.load_run(options.name) if options.name in runs.names() else None  # --out may write over it
    options.model, options.data = planned.title, planned.data
    command = f"{PROGRAM} repeat {options.name}"  # as short as it can be: where it runs is the reader's choice
    try:
        history = carry_out(options, planned.recipe, planned.build, planned.title, command)
    except TrainingError as error:
        raise TrainingError(f"{error} A repeated run keeps its recipe: {PROGRAM} train takes another one.") from error
    if is_first():
        print(_comparison(recorded, history.test["accuracy"]))
    return 0


def _in_short(name: str, planned) -> str:
    """What a run is, and what came of it."""
    from cnn_lessons.runs import load_run, names

    came_of_it = f"{load_run(name).test['accuracy']:.2%}" if name in names() else "not run"
    return f"{came_of_it:>7}  {planned.title}; {planned.data}; {planned.recipe_in_words}"


def _comparison(recorded, accuracy: float) -> str:
    """The new test accuracy beside that of a `Recorded` run, or None, and what chance alone would do."""
    if recorded is None:
        return "There is no recorded run to compare it with."
    before = recorded.test["accuracy"]
    error = 100 * sum(p * (1 - p) / 10_000 for p in (accuracy, before)) ** 0.5
    return (
        f"recorded {before:.2%}, now {accuracy:.2%}: {100 * (accuracy - before):+.2f} points. Two test sets of 10,000 "
        f"images would differ by ±{error:.2f} (one standard error). It was {recorded.origin}."
    )
