"""What a release says of itself is the same everywhere, and what runs at a commit is what the tests run on."""

import re
from pathlib import Path

import pytest
import yaml

import cnn_lessons

ROOT = Path(__file__).parents[1]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_version_is_the_same_everywhere():
    shown = {
        "pyproject.toml": re.search(r'^version = "(.+)"$', text("pyproject.toml"), re.M)[1],
        "CITATION.cff": yaml.safe_load(text("CITATION.cff"))["version"],
        "CHANGELOG.md": re.search(r"^## ([^\s,]+)", text("CHANGELOG.md"), re.M)[1],
    }
    assert shown == dict.fromkeys(shown, cnn_lessons.__version__)


def test_citation_has_what_its_schema_requires():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0" and citation["license"] == "MIT" and citation["authors"]
    assert f'license = "{citation["license"]}"' in text("pyproject.toml")


def test_commit_hooks_fetch_nothing_but_pinned_packages():
    repositories = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        assert hook["language"] in ("python", "system"), hook["id"]
        needs = hook.get("additional_dependencies", [])
        assert all(re.fullmatch(r"[\w-]+==[\w.]+", need) for need in needs), hook["id"]
        ruffs = [need for need in needs if need.startswith("ruff")]
        assert all(need in text("requirements.txt") for need in ruffs), "requirements.txt has another ruff"
        for path in re.findall(r"(?:tools|tests)/\w+\.py", hook["entry"]):
            assert (ROOT / path).exists(), hook["id"]


def test_issue_forms_ask_for_what_a_reader_can_answer():
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("wrong_*.yml"))
    assert len(forms) == 2
    for path in forms:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert {"name", "description", "body"} <= set(form)
        names = [field["id"] for field in form["body"]]
        assert len(set(names)) == len(names) <= 4
        assert all(field["type"] in ("input", "textarea") and field["attributes"]["label"] for field in form["body"])


@pytest.mark.parametrize("place", ["_toc.yml", "README.md", "book/welcome.md"])
def test_every_chapter_is_listed(place):
    chapters = [path.stem for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))]
    assert len(chapters) >= 12
    missing = [chapter for chapter in chapters if f"notebooks/{chapter}" not in text(place)]
    assert not missing, f"{place} does not list {', '.join(missing)}"
