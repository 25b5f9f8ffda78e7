"""What the tests share: which marks run, what was skipped and how to run it, a browser, the built book."""

import os
from collections import Counter
from functools import cache
from pathlib import Path

import machine
import pytest
from widget_harness import served

pytest.register_assert_rewrite("page_claims")
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"  # where the tests' own servers are

BOOK = machine.ROOT / "_build" / "html"
EDITIONS = [machine.ROOT / "_build" / f"cnn-lessons.{kind}" for kind in ("pdf", "epub")]
# A full Chromium draws its address bar's pop-ups as two web pages of their own beside every page that a test opens, in
# processes of their own: half of the processor time of a small page. The last such list counts, so this one repeats
# those of Playwright's that change what a page does.
FEATURES = "--disable-features=" + ",".join(
    "WebUIOmniboxPopup WebUIOmniboxAimPopup AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose "
    "HttpsUpgrades HttpsFirstBalancedModeAutoEnable LensOverlay MediaRouter PaintHolding ThirdPartyStoragePartitioning "
    "AvoidCorsURLLoaderRestartOnRedirect OptimizationHints NetworkTimeServiceQuerying PreconnectToSearch "
    "AimEnabled".split()
)
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # no test reaches the network by a browser
# What takes longest begins first, so that no worker ends alone with a long file. Newcomers: --durations=60 shows them.
LONGEST = [
    "tests/test_exercises.py",
    "tests/test_page_around.py",
    "tests/test_page_chapters.py",
    "tests/test_simulated_gpu.py",
    "tests/test_page_offline.py",
    "tests/test_classroom_engine.py",
    "tests/test_classroom_grade.py",
    "notebooks/09_resnet_on_cifar.ipynb",
    "tests/test_widget_convolution.py",
    "notebooks/07_alexnet.ipynb",
    "notebooks/11_wide_resnet.ipynb",
    "tests/test_widget_curves_browser.py",
    "notebooks/05_mlp_against_cnn.ipynb",
    "tests/test_widget_layers_browser.py",
    "notebooks/12_reproduce_a_paper.ipynb",
    "tests/test_cli.py",
    "tests/test_colab.py",
    "notebooks/08_residual_blocks.ipynb",
    "tests/test_training_checkpoint.py",
    "notebooks/06_training.ipynb",
    "tests/test_epub.py",
]


def have_gpu() -> bool:
    import torch  # only here: most runs do not ask

    return torch.cuda.is_available()


def wanted(mark: str) -> bool:
    """Whether the tests with this mark may not be skipped."""
    return mark in os.environ.get("CNN_LESSONS_COMPLETE", "").split()


def have_data() -> bool:
    folder = os.environ.get("CNN_LESSONS_DATA")
    return bool(folder) and Path(folder).is_dir()


def have_browser() -> bool:
    return BOOK.joinpath("index.html").exists() and machine.find_chromium() is not None


def have_editions() -> bool:
    return all(path.exists() for path in EDITIONS)


def have_namespaces() -> bool:
    from cnn_lessons.classroom.grading.prison import namespaces_work  # only here, as above

    return namespaces_work()


# A mark, what makes its tests run, and what to do where they did not.
MARKS = {
    "slow": (lambda: False, "add --run slow"),
    "realdata": (have_data, "set CNN_LESSONS_DATA to the folder that holds the data"),
    "browser": (have_browser, "`make test` builds the book and finds a Chromium"),
    "editions": (have_editions, "`make test` makes the PDF and the e-book"),
    "namespaces": (have_namespaces, "a Linux that lets a user make namespaces, and with them the sandbox works"),
    "cuda": (have_gpu, "needs an NVIDIA GPU"),
}


def pytest_addoption(parser):
    parser.addoption("--run", action="append", default=[], choices=["slow"], help="also run the tests marked so")


def pytest_collection_modifyitems(config, items):
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))
    for mark, (available, mend) in MARKS.items():
        marked = [item for item in items if item.get_closest_marker(mark)]
        if marked and mark not in config.getoption("--run") and not available():
            if wanted(mark):
                raise pytest.UsageError(f"CNN_LESSONS_COMPLETE wants the tests marked {mark}: {mend}")
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=f"{mark}: {mend}"))


def pytest_terminal_summary(terminalreporter):
    """Count aloud what was not tested, each test for the mark that its reason begins with."""
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    skipped = Counter(reason.partition(":")[0] for reason in reasons)
    terminalreporter.section("skipped marks")
    for mark, (_, mend) in MARKS.items():
        count = skipped.pop(mark, 0)
        said = f"{count} skipped; to run them: {mend}" if count else "none skipped"
        terminalreporter.write_line(f"{mark}: {said}")
    if others := skipped.total():
        terminalreporter.write_line(f"without a mark: {others} skipped; the reasons are above")


@pytest.fixture
def shell(capsys):
    """Run a command in this process; return its exit code, what it printed, and its lines of complaint.

    A text may hold several words; a path is one, whatever it holds.
    """

    from cnn_lessons import cli  # only here: most tests give no command

    def run(*given):
        words = [word.split() if isinstance(word, str) else [str(word)] for word in given]
        try:
            code = cli.main(sum(words, []))
        except SystemExit as leaving:
            code = leaving.code
        out, err = capsys.readouterr()
        return code, out, err.splitlines()

    return run


@pytest.fixture
def ask_about(monkeypatch):
    """Check an answer to an exercise that no catalog holds, without a fresh seed."""

    from cnn_lessons.exercises import check, judge  # only here, as above

    for name in ("CNN_LESSONS_TIME_LIMIT", "CNN_LESSONS_STRICT", "CNN_LESSONS_VERDICTS"):
        monkeypatch.delenv(name, raising=False)

    def ask(exercise, answer):
        monkeypatch.setattr(judge, "find", lambda name: exercise)
        return check(exercise.name, answer, seed=0)

    return ask


@pytest.fixture(scope="session")
def real():
    """Load a real data set by its name; where the folder does not hold it, the test is skipped, or fails if wanted."""

    from cnn_lessons.data import load, verify  # only here, as above

    @cache  # every recorded run asks for the same one
    def read(name):
        if any(state == "missing" for _, state in verify(name)):
            leave = pytest.fail if wanted("realdata") else pytest.skip
            leave(f"realdata: {name} is not in the folder that CNN_LESSONS_DATA names")
        return load(name, download=False)

    return read


@pytest.fixture(scope="session")
def browser():
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright
    from reading import QUIET

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=machine.find_chromium(), args=[*QUIET, FEATURES, OFFLINE])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def book_over_http():
    """The address of a server on this machine that has the built book."""
    with served(BOOK) as address:
        yield address


@pytest.fixture
def book_url(request):
    """The address of the built book: from a server, or with the parameter "file" as plain files."""
    way = getattr(request, "param", "http")
    return request.getfixturevalue("book_over_http") if way == "http" else BOOK.as_uri()


@pytest.fixture(scope="session")
def window(browser):
    """One browser window for all tests: its cache makes the next page quick."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    yield context
    context.close()


@pytest.fixture(scope="session")
def survey_page(browser):
    """One page that visits all others: its cache makes the next visit quick."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def watched_page(window, book_url):
    """A page that may ask for nothing outside the book; the test fails if it does, or if a script fails.

    `watched_page.book` is the book's address, `watched_page.complaints` lists what went wrong so far.
    """
    page = window.new_page()
    page.book, page.complaints = book_url, []
    own = (book_url, "blob:", "data:", "about:")

    def complain(when, text):
        if when:
            page.complaints.append(text)

    page.on("request", lambda sent: complain(not sent.url.startswith(own), f"asks for {sent.url}"))
    # What a page was still loading when it was left is no loss: net::ERR_ABORTED.
    page.on("requestfailed", lambda sent: complain("ABORTED" not in sent.failure, f"could not load {sent.url}"))
    page.on("response", lambda answer: complain(answer.status >= 400, f"{answer.status} for {answer.url}"))
    page.on("pageerror", lambda error: complain(True, f"script error: {error}"))
    # Where a page names no icon, as the one that leads to the first page, a browser asks for one by itself.
    icon = "/favicon.ico"
    page.on(
        "console",
        lambda line: complain(
            line.type == "error" and not line.location["url"].endswith(icon), f"console: {line.text}"
        ),
    )
    yield page
    page.close()
    assert not page.complaints, page.complaints
