"""The repository's address: one home, shown alike everywhere, and moved by one command that can be taken back."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from address import END, HOSTS, Address, parsed, published, rewritten
from project_copy import ROOT, contents, copy_project

HERE = published()
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# The hard cases: the old name is the beginning of the new one; a dot, capitals and another owner.
FORKS = [f"{HERE.url}-2", f"https://github.com/Some-One/{HERE.name}.v2"]


def test_address_is_what_the_book_reads():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    assert (HERE.url, HERE.branch) == (settings["url"], settings["branch"])


def test_every_place_shows_the_one_address():
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in [*ROOT.glob("*.*"), *ROOT.glob("book/*.md")]
        if path.suffix in (".md", ".toml", ".cff")
    }
    assert f'Repository = "{HERE.url}"' in texts["pyproject.toml"]
    assert yaml.safe_load(texts["CITATION.cff"])["repository-code"] == HERE.url
    assert f"<{HERE.url}>" in texts["references.md"]
    assert f"pip install git+{HERE.url}\n" in texts["setup.md"]
    for page in ("README.md", "setup.md"):
        assert f"git clone {HERE.url}\ncd {HERE.name}\n" in texts[page]
    for path in NOTEBOOKS:
        assert path.name == "_template.ipynb" or f"]({HERE.colab(path.name)})" in texts["README.md"]
    owners = {owner for text in texts.values() for _, owner in re.findall(rf"{HOSTS}([\w-]+)/{HERE.name}{END}", text)}
    assert owners == {HERE.owner}


def shows(notebook: str, name: str, address: Address) -> bool:
    """Whether the file of a notebook links to Colab and installs from an address, each once."""
    return notebook.count(f"]({address.colab(name)})") == notebook.count(f"git+{address.url}\\n") == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_opens_and_installs_from_the_one_address(path):
    assert shows(path.read_text(encoding="utf-8"), path.name, HERE)


@pytest.fixture
def copy(tmp_path):
    return copy_project(tmp_path / "copy")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A copy in which nothing may change."""
    copy = copy_project(tmp_path_factory.mktemp("address") / "copy")
    before = contents(copy)
    yield copy
    assert contents(copy) == before


def make_address(root: Path, url: str) -> subprocess.CompletedProcess:
    """Type the command in another copy of the project."""
    clean = {name: value for name, value in os.environ.items() if "MAKE" not in name and name != "URL"}
    command = ["make", "--silent", "address", f"PYTHON={sys.executable}", *([f"URL={url}"] if url else [])]
    return subprocess.run(command, cwd=root, env=clean, capture_output=True, text=True, timeout=60)


def traces(files: dict[str, bytes], address: Address) -> list[str]:
    """The files that hold an address in any form, whether the tool knows the form or not."""
    slug = re.compile(rf"{address.owner}/{re.escape(address.name)}{END}|{address.owner.lower()}\.github\.io")
    return [name for name, content in files.items() if slug.search(content.decode("utf-8", "ignore"))]


@pytest.mark.parametrize("url", FORKS, ids=["longer name", "other owner"])
def test_make_address_moves_all_and_back_to_the_same_bytes(copy, url):
    before, new = contents(copy), parsed(url, HERE.branch)
    assert set(traces(before, HERE)) >= {
        "README.md",
        "_config.yml",
        "book/setup.md",
        *(f"notebooks/{path.name}" for path in NOTEBOOKS),
    }

    moved = make_address(copy, url)
    assert moved.returncode == 0, moved.stderr
    after = contents(copy)
    assert traces(after, HERE) == []
    assert published(copy) == new
    assert f"git clone {url}\ncd {new.name}\n" in after["README.md"].decode()
    assert [
        path.name for path in NOTEBOOKS if not shows(after[f"notebooks/{path.name}"].decode(), path.name, new)
    ] == []

    again = make_address(copy, url)
    assert "nothing to change" in again.stdout
    assert contents(copy) == after
    assert make_address(copy, HERE.url).returncode == 0
    assert contents(copy) == before


def test_moving_leaves_the_rest_of_a_notebook_alone(copy):
    before = contents(copy)
    make_address(copy, FORKS[1])
    changed = {}
    for path in copy.glob("notebooks/*.ipynb"):
        name = str(path.relative_to(copy))
        lines = zip(before[name].splitlines(keepends=True), path.read_bytes().splitlines(keepends=True), strict=True)
        changed[name] = [old for old, new in lines if old != new]
    assert {len(lines) for lines in changed.values()} == {2}  # the link and the set-up cell
    assert all(b"/" + HERE.name.encode() in line for lines in changed.values() for line in lines)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "someone/fork",
        "http://github.com/someone/fork",
        "https://github.com/someone",
        "https://github.com/someone/fork/",
        "https://github.com/someone/fork.git",
        "https://github.com/someone/fork/tree/main",
        "https://github.com/some--one/fork",
        "https://github.com/someone/..",
        "https://gitlab.com/someone/fork",
        "git@github.com:someone/fork.git",
        "https://github.com/someone/fork https://github.com/someone/fork",
        "https://github.com/someone/`touch made`",
        "https://github.com/someone/fork\n",
    ],
)
def test_bad_url_gives_one_clear_error_and_changes_nothing(untouched, url):
    refused = make_address(untouched, url)
    assert (refused.returncode, refused.stdout) == (2, "")
    said = [line for line in refused.stderr.splitlines() if not line.startswith("make: ***")]
    example = "Type, for example: make address URL=https://github.com/someone/fork"
    got = repr(url) if url else "nothing"
    assert said == [f"address: expected https://github.com/OWNER/NAME, got {got}. {example}"]


def test_config_without_an_address_is_one_clear_error(copy):
    (copy / "_config.yml").write_text("title: CNN Lessons\n")
    refused = make_address(copy, FORKS[0])
    assert refused.returncode == 2
    assert refused.stderr.startswith("address: _config.yml: expected `repository:` with `url:` and `branch:` below it")


def test_links_follow_the_branch_that_the_config_names(copy):
    config = copy / "_config.yml"
    config.write_text(config.read_text().replace(f"branch: {HERE.branch}\n", "branch: spring\n"))
    assert make_address(copy, HERE.url).returncode == 0
    text = (copy / "README.md").read_text()
    assert HERE._replace(branch="spring").colab(NOTEBOOKS[0].name) in text
    assert f"/blob/{HERE.branch}/notebooks/" not in text


OLD, NEW = Address("us", "it", "main"), Address("Them", "that.one", "main")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see https://github.com/us/it.", "see https://github.com/Them/that.one."),
        ("github.com/us/it/issues", "github.com/Them/that.one/issues"),
        ("git+https://github.com/us/it.git", "git+https://github.com/Them/that.one.git"),
        ("https://us.github.io/it/book", "https://them.github.io/that.one/book"),
        (
            "https://raw.githubusercontent.com/us/it/main/x.png",
            "https://raw.githubusercontent.com/Them/that.one/main/x.png",
        ),
        (
            "git clone https://github.com/us/it\r\n  cd it\r\n",
            "git clone https://github.com/Them/that.one\r\n  cd that.one\r\n",
        ),
    ],
)
def test_every_form_of_the_address_is_moved(text, wanted):
    assert rewritten(text, OLD, NEW) == wanted
    assert rewritten(wanted, NEW, OLD) == text
    assert rewritten(wanted, OLD, NEW) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "github.com/us/it-too",
        "github.com/us/it.too",
        "github.com/us/item",
        "github.com/you/it",
        "notgithub.io/it",
        "my-us.github.io/it",
        "cd it",
        "pip install it",
    ],
)
def test_other_addresses_and_names_stay(text):
    assert rewritten(text, OLD, NEW) == text
