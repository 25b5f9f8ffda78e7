"""`data`: fetch a data set, compare its files with their checksums, describe it."""

import argparse

from cnn_lessons.cli.words import PROGRAM, bad_use, in_shell_words, table

ACTIONS = {
    "fetch": "download what is missing, and check it",
    "verify": "compare every file with its checksum",
    "describe": "say what a data set holds, and its fingerprint",
}


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser's."""
    about = "Fetch, verify or describe a data set. shapes is drawn by the package and has no files."
    data = commands.add_parser("data", help="fetch, verify or describe a data set", description=about)
    actions = data.add_subparsers(title="actions", metavar="action", required=True)
    for name, does in ACTIONS.items():
        action = actions.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
        action.add_argument("name", help="shapes, mnist, cifar10 or cifar100")
        action.add_argument(
            "--root", metavar="FOLDER", help="that holds the data (else CNN_LESSONS_DATA, else ~/.cache/cnn_lessons)"
        )
        action.set_defaults(run={"fetch": _fetch, "verify": _verify, "describe": _describe}[name])


def _fetch(options: argparse.Namespace) -> int:
    from cnn_lessons.data import load
    from cnn_lessons.data.files import data_root

    with bad_use():
        data = load(options.name, options.root)
    where = "drawn by the package, nothing to fetch" if data.generated else f"complete in {data_root(options.root)}"
    print(f"{data.name}: {where}; {len(data.train.labels):,} images to train, {len(data.test.labels):,} to test.")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from cnn_lessons.data import verify
    from cnn_lessons.data.files import data_root

    with bad_use():
        report = verify(options.name, options.root)
    if not report:
        print(f"{options.name}: drawn by the package, no files to verify.")
        return 0
    print(f"{options.name} in {data_root(options.root)}")
    print(table(dict(report)))
    bad = sum(state != "good" for _, state in report)
    mend = f" `{PROGRAM} data fetch {options.name}` gets what is missing; delete what is damaged first." if bad else ""
    print(in_shell_words(f"{len(report) - bad} of {len(report)} files are good.{mend}", options.root))
    return int(bad > 0)


def _describe(options: argparse.Namespace) -> int:
    from cnn_lessons.data import describe, load

    with bad_use():
        data = load(options.name, options.root, download=False)
    print(describe(data))
    return 0
