"""Where the course is published: one address, in _config.yml, and every place that shows it.

make address URL=https://github.com/someone/fork

rewrites Colab links, set-up cells, pages and metadata. Standard library only: it runs before any set-up.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
CONFIG = "_config.yml"
SHOWN = (
    *("*.md", "*.cff", "*.toml", "*.yml", ".github/**/*.md", ".github/**/*.yml"),
    *("book/**/*.md", "book/**/*.py", "book/**/*.html", "cnn_lessons/**/*.py", "notebooks/*.ipynb"),
)
# GitHub's own rules: letters, digits and single hyphens for an owner; dots and underscores too for a repository.
OWNER = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"
URL = re.compile(rf"https://github\.com/({OWNER})/(?!\.{{1,2}}$)([\w.-]{{1,100}}(?<!\.git))", re.A)
HOSTS = r"(github\.com/|colab\.research\.google\.com/github/|raw\.githubusercontent\.com/)"
END = r"(?![\w-]|\.(?!git\b)\w)"  # the name ends here: neither a longer name nor one with a dot in it


class AddressError(ValueError):
    """An address that cannot serve, with the mend."""


class Address(NamedTuple):
    """A repository on GitHub, and the branch that the links name."""

    owner: str
    name: str
    branch: str

    @property
    def url(self) -> str:
        """The page of the repository, from which git clones and pip installs too."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def pages(self) -> str:
        """The host and path of the book on GitHub Pages."""
        return f"{self.owner.lower()}.github.io/{self.name}"

    def colab(self, notebook: str) -> str:
        """What *Open in Colab* opens, for the file name of a notebook."""
        return (
            f"https://colab.research.google.com/github/{self.owner}/{self.name}/blob/{self.branch}/notebooks/{notebook}"
        )


def published(root: Path = ROOT) -> Address:
    """Read the address from its one home, _config.yml."""
    text = (root / CONFIG).read_text(encoding="utf-8")
    found = re.search(r"^repository:\n  url: (\S+)\n  branch: (\S+)$", text, re.M)
    if not found:
        raise AddressError(f"{CONFIG}: expected `repository:` with `url:` and `branch:` below it, got neither.")
    return parsed(found[1], found[2])


def parsed(url: str, branch: str) -> Address:
    """Take a URL apart.

    Raises:
        AddressError: if it is not that of a repository on GitHub, the one host whose notebooks Colab opens by a link.
    """
    found = URL.fullmatch(url)
    if not found:
        raise AddressError(
            f"expected https://github.com/OWNER/NAME, got {repr(url) if url else 'nothing'}. "
            "Type, for example: make address URL=https://github.com/someone/fork"
        )
    return Address(*found.groups(), branch)


def rewritten(text: str, old: Address, new: Address) -> str:
    """Return the text with every form of the old address replaced by the new one's."""
    name, slug = re.escape(old.name), re.escape(f"{old.owner}/{old.name}")
    cloned = rf"(git clone https://github\.com/{slug}(?:\.git)?\r?\n[ \t]*cd ){name}{END}"
    text = re.sub(cloned, lambda found: found[1] + new.name, text)
    text = re.sub(rf"{HOSTS}{slug}{END}", lambda found: f"{found[1]}{new.owner}/{new.name}", text)
    text = re.sub(rf"(?<![\w.-]){re.escape(old.pages)}{END}", lambda _: new.pages, text)
    # The branch may have been changed in _config.yml by hand: the links follow.
    link = re.escape(new.colab("")).replace(re.escape(f"/blob/{new.branch}/"), r"/blob/[^/\s]+/")
    return re.sub(link, lambda _: new.colab(""), text)


def rewrite(url: str) -> list[str]:
    """Make every place show the URL; return the files that changed. A bad URL changes none."""
    old = published()
    new = parsed(url, old.branch)
    found = {path for pattern in SHOWN for path in ROOT.glob(pattern)}
    changed = []
    for path in sorted(
        found, key=lambda path: (path.name == CONFIG, path)
    ):  # its home last: a broken run can be repeated
        before = path.read_bytes()  # bytes, so that line ends stay as they are
        after = rewritten(before.decode(), old, new).encode()
        if after != before:
            path.write_bytes(after)
            changed.append(path.relative_to(ROOT).as_posix())
    return changed


def main(arguments: list[str]) -> int:
    """Rewrite the address; say what changed; return the exit code."""
    try:
        changed = rewrite(" ".join(arguments))
    except AddressError as error:
        print(f"address: {error}", file=sys.stderr)
        return 2
    count = f"{len(changed)} files changed" if changed else "nothing to change"
    print("\n".join([*changed, f"{count}: the course's address is {published().url}"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
