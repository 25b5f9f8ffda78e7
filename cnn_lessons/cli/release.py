"""`release`: hand chapters out to a class, without the solutions; or the teacher's edition, with them."""

import argparse
import re
from collections.abc import Sequence

from cnn_lessons.cli.words import Refused, bad_use, path_of, teachers_only


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser's."""
    about = (
        "Write the chosen chapters, with cleared outputs, a wheel of the package and a README to the folder OUT. "
        "Neither holds a solution: every line of every solution is looked for, and if one is found nothing is written."
    )
    release = commands.add_parser("release", help="hand chapters out to a class", description=about)
    release.add_argument("out", metavar="OUT", type=path_of, help="a new folder, or one that a former release wrote")
    release.add_argument("--chapters", nargs="+", action="extend", required=True, metavar="NN", help="such as 02 05")
    release.add_argument("--with-solutions", action="store_true", help="the teacher's edition, exercises filled in")
    release.set_defaults(run=run)


def out_first(words: Sequence[str]) -> list[str]:
    """Return the words of the shell with OUT before --chapters, which would take it for one of its numbers."""
    words = list(words)
    if words[:1] != ["release"]:
        return words
    for begin in (place + 1 for place, word in enumerate(words) if word == "--chapters"):
        end = next((place for place in range(begin, len(words)) if words[place].startswith("-")), len(words))
        if end - begin > 1 and not re.fullmatch(r"\d\d?", words[end - 1]):
            return ["release", words[end - 1], *words[1 : end - 1], *words[end:]]
    return words


def run(options: argparse.Namespace) -> int:
    """Write the edition; print what it holds."""
    with teachers_only("release"):
        from cnn_lessons.classroom.releasing.errors import ClassroomError
        from cnn_lessons.classroom.releasing.release import release
    try:
        with bad_use():
            written = release(options.chapters, options.out, options.with_solutions)
    except ClassroomError as error:
        raise Refused(str(error)) from error
    print(f"{options.out}: {', '.join(written)}")
    kind = (
        "the teacher's edition, with solutions" if options.with_solutions else "for students, no solution found in it"
    )
    print(f"{len(written)} files, {kind}.")
    return 0
