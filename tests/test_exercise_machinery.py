"""The machinery behind `check`: whatever an answer does, one clear message comes back, and nothing is left changed."""

import contextlib
import html
import json
import random
import signal
import sys
import threading
import time
from types import SimpleNamespace

import numpy
import pytest
import torch
import torch.nn.functional as F

from cnn_lessons import ops
from cnn_lessons.exercises import CheckFailed, catalog, check, compare, guard, help, hint, names, solution
from cnn_lessons.exercises.catalog import solution_function
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, normal
from cnn_lessons.exercises.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, Verdict

LIMIT = 0.3  # seconds


def double_cases(source):
    yield Case(torch.tensor([1.0, -2.0], dtype=torch.float64))
    while True:
        yield Case(normal(source, 2, 3))


def exercise(**changes):
    """Return the exercise "double", changed as told."""
    plain = {
        "name": "double",
        "chapter": "99",
        "title": "Twice as much",
        "parameters": "x",
        "statement": "Return twice `x`.",
        "hints": ("one", "two", "three"),
        "cases": first(4, double_cases),
        "expected": lambda x: 2 * x,
        "gradients": True,
    }
    return Exercise(**{**plain, **changes})


@pytest.fixture
def ask(ask_about):
    """Return a function that checks an answer to "double", changed as told."""
    return lambda answer, **changes: ask_about(exercise(**changes), answer)


@pytest.fixture
def hurry(monkeypatch):
    """Let the time limit be short."""
    monkeypatch.setenv("CNN_LESSONS_TIME_LIMIT", str(LIMIT))


def convolution():
    """Return the parts of an exercise that rebuilds conv2d, pooling and batch normalisation."""
    return {
        "parameters": "x, weight",
        "cases": lambda source: [Case(normal(source, 1, 1, 4, 4), normal(source, 1, 1, 2, 2))],
        "expected": F.conv2d,
        "forbidden": frozenset({"conv2d", "conv2d_loops", "max_pool2d", "avg_pool2d", "batch_norm", "unfold"}),
    }


def blank(x): ...


def described(x):
    """Return twice `x`."""
    ...


def only_described(x):
    """Return twice `x`."""


def passed(x):
    pass


def returns_nothing(x):
    return None


def annotated(x: torch.Tensor, factor: int = 2) -> torch.Tensor: ...


def forgets_to_return(x):
    y = 2 * x  # noqa: F841


def prints(x):
    print(2 * x)


def constant(x):
    return 0


def only_a_name(x):
    x  # noqa: B018


@pytest.mark.parametrize("answer", [blank, described, only_described, passed, returns_nothing, annotated, ...])
def test_blank_answer_is_not_attempted(ask, answer):
    verdict = ask(answer)
    assert verdict.status == NOT_ATTEMPTED and "Replace the ..." in verdict.message


@pytest.mark.parametrize("answer", [forgets_to_return, prints, constant, only_a_name, lambda x: x, print])
def test_answer_with_a_body_is_not_blank(ask, answer):
    assert ask(answer).status == NOT_YET


def test_right_answer_is_correct_and_says_what_was_compared(ask):
    verdict = ask(lambda x: x + x)
    assert verdict.status == CORRECT and "values and gradients" in verdict.message


# What an answer may hand back or do wrong, and the words that name it.


def modifies(x):
    return x.mul_(2)


def detaches(x):
    return 2 * x.detach()


def goes_through_numbers(x):
    return torch.tensor([2 * v for v in x.flatten().tolist()], dtype=x.dtype).reshape(x.shape)


def halves_the_gradient(x):
    return x + x.detach()


def breaks(x):
    return torch.ones(2) @ torch.ones(3)


def leaves(x):
    sys.exit("enough")


def recurses(x):
    return recurses(x)


class Doubler:
    def __call__(self, x):
        return 2 * x


BAD_ANSWERS = {
    "None": (forgets_to_return, "the result is None. Does every path end in `return`?"),
    "printed": (prints, "your function prints something but returns None"),
    "numpy": (lambda x: 2 * x.numpy(), "got a numpy array. Stay in torch from start to end: new_zeros(…)"),
    "list": (lambda x: (2 * x).tolist(), "expected the result to be a torch.Tensor, got list"),
    "number": (lambda x: 2.0, "expected the result to be a torch.Tensor, got float"),
    "text": (lambda x: "2x", "expected the result to be a torch.Tensor, got str"),
    "dtype": (lambda x: (2 * x).float(), "expected dtype torch.float64, got torch.float32"),
    "integers": (lambda x: (2 * x).long(), "expected dtype torch.float64, got torch.int64"),
    "shape": (lambda x: 2 * x[None], "expected shape (2,)\n  got      shape (1, 2)"),
    "values": (lambda x: 3 * x, "on x = [1, -2]\n  expected [2, -4]\n  got      [3, -6]"),
    "nearly": (lambda x: 2 * x + 1e-5, "expected [2, -4]\n  got      [2.00001, -3.99999]"),
    "not a number": (lambda x: x / 0 * 0, "expected [2, -4]\n  got      [nan, nan]"),
    "no gradient": (detaches, "the values are right, but gradients cannot flow back through them"),
    "without values": (lambda x: (2 * x).to("meta"), "expected the result to be an ordinary tensor, got one on meta"),
    "sparse": (lambda x: (2 * x).to_sparse(), "an ordinary tensor, got one on cpu with layout torch.sparse_coo"),
    "numbers": (goes_through_numbers, ".item(), .detach(), .numpy()"),
    "wrong gradient": (halves_the_gradient, "the values are right, but the gradient of a weighted sum of your result"),
    "changed input": (modifies, "your function changes its input. Work on a copy, x.clone()"),
    "error": (breaks, "your code raised RuntimeError: "),
    "undefined": (lambda x: undefined * x, "your code raised NameError: name 'undefined' is not defined (line "),  # noqa: F821
    "exit": (leaves, "your code raised SystemExit: enough (line "),
    "recursion": (recurses, "your code raised RecursionError: "),
    "no function": (torch.zeros(2), "expected your function double(x), got Tensor: tensor([0., 0.])"),
    "the result itself": (3, "expected your function double(x), got int: 3"),
    "nothing": (None, "expected your function double(x), got NoneType: None"),
    "no parameter": (
        lambda: 2,
        "expected the parameters (x), got (). Take the first line from the chapter as it is now.",
    ),
    "two parameters": (lambda x, y: 2, "expected the parameters (x), got (x, y)"),
    "keyword only": (lambda *, x: 2, "expected the parameters (x), got (*, x)"),
}


@pytest.mark.parametrize(("answer", "says"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_bad_answer_gets_one_clear_message(ask, answer, says):
    verdict = ask(answer)
    assert verdict.status == NOT_YET
    assert says in repr(verdict)


def test_what_float32_rounds_off_is_told_as_such_and_nothing_else_is():
    right = torch.tensor([1 / 3, 1e-12], dtype=torch.float64)
    off = torch.tensor([1e-8, 1e-8], dtype=torch.float64)
    assert "You computed in float32 on the way" in compare.lost_digits(right, right + off)
    for expected, got in (
        (right, right),
        (right, right + 1e-6),
        (right, right.float()),
        (right, right[:1]),
        (1.0, off),
    ):
        assert not compare.lost_digits(expected, got)


def test_exception_names_the_line_of_the_learners_code(ask):
    cell = "def answer(x):\n    y = 2 * x\n    return inner(y)\n\ndef inner(y):\n    return y / undefined\n"
    space = {"__name__": "__main__"}
    exec(compile(cell, "cell", "exec"), space)  # a notebook's cell is run this way
    assert "name 'undefined' is not defined (line 3 of your cell)" in ask(space["answer"]).message


def test_callable_object_is_as_good_as_a_function(ask):
    assert ask(Doubler()).status == CORRECT


def test_what_was_printed_on_the_way_is_told(ask, capsys):
    def answer(x):
        print("here", x.sum().item())
        return 3 * x

    assert "it printed: here -1.0" in ask(answer).message
    assert capsys.readouterr().out == ""


def test_likely_mistake_is_named_only_where_it_explains_every_case(ask):
    mistakes = (
        Mistake("You tripled.", lambda x: 3 * x),
        Mistake("You gave integers.", when=lambda o: not o.got.is_floating_point()),
    )
    assert "You tripled." in ask(lambda x: 3 * x, mistakes=mistakes).message
    assert "You tripled." not in ask(lambda x: 3 * x if x.dim() == 1 else 2 * x, mistakes=mistakes).message
    assert "You gave integers." in ask(lambda x: x.long(), mistakes=mistakes).message


def test_error_on_every_case_is_explained_by_the_same_error_only(ask):
    mistakes = (Mistake("You took axis 9.", lambda x: x.sum(9)), Mistake("You took axis 8.", lambda x: x.sum(8)))
    assert "You took axis 8." in ask(lambda x: x.sum(8) + 1, mistakes=mistakes).message
    assert "You took axis" not in ask(lambda x: x.sum(7), mistakes=mistakes).message


# Integers are exact, whatever their size: counts of parameters differ by one in millions.


def test_numbers_are_compared_exactly_if_whole_and_within_rounding_if_not():
    assert compare.difference(61_100_840, 61_100_841) == "expected 61100840\ngot      61100841"
    assert compare.difference(61_100_840, numpy.int64(61_100_840)) is None
    assert compare.difference(3, torch.tensor(3)) is None
    assert compare.difference(0.1 + 0.2, 0.3) is None
    assert "expected an integer, 3, got 3.0 (float)" in compare.difference(3, 3.0)
    assert "expected a number, got a tensor of shape (2,)" in compare.difference(3, torch.zeros(2))
    assert "expected a number, 0.5, got [0.5] (list)" in compare.difference(0.5, [0.5])
    assert compare.difference(0.5, 10**400).startswith("expected a number, 0.5, got 1000")
    assert compare.difference(True, 1) == "expected True, got 1"
    assert compare.difference(1, True) == "expected 1, got True"
    assert compare.difference(1.0, float("nan"))


def test_sequences_are_compared_item_by_item():
    assert compare.difference((1, 2), [1, 2]) is None
    assert compare.difference((1, 2), 3) == "expected 2 results as a tuple, got int"
    assert compare.difference((1, 2), (1, 2, 3)) == "expected 2 results as a tuple, got 3"
    assert compare.difference((1, 2), (1, 3)) == "result 1: expected 2\ngot      3"
    assert compare.difference((1, 2), (1, None)).startswith("result 1 is None")


def test_large_tensors_are_told_by_the_first_place_that_differs():
    expected = torch.zeros(5, 6)
    got = expected.clone()
    got[3, 4] = 1.5
    assert compare.difference(expected, got) == "1 of 30 values differ; the first at [3, 4]:\nexpected 0\ngot      1.5"
    assert compare.show(expected) == "a tensor of shape (5, 6)"


# Forbidden calls.


class Module(torch.nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.inner = torch.nn.Conv2d(1, 1, 2, bias=False)
        self.inner.weight = torch.nn.Parameter(weight)

    def forward(self, x):
        return self.inner(x)


def swallowed(x, weight):
    try:
        return F.conv2d(x, weight)
    except Exception:
        return sum(x[..., i : i + 3, j : j + 3] * weight[..., i, j] for i in range(2) for j in range(2))


FORBIDDEN = {
    "functional": (lambda x, weight: F.conv2d(x, weight), "torch's conv2d"),
    "torch.conv2d": (lambda x, weight: torch.conv2d(x, weight), "torch's conv2d"),
    "layer": (lambda x, weight: Module(weight)(x), "torch's conv2d"),
    "swallowed": (swallowed, "torch's conv2d"),
    "maximum": (lambda x, weight: F.max_pool2d(x, 2), "torch's max_pool2d"),
    "maximum layer": (lambda x, weight: torch.nn.MaxPool2d(2)(x), "torch's max_pool2d"),
    "average": (lambda x, weight: F.avg_pool2d(x, 2), "torch's avg_pool2d"),
    "normalised": (lambda x, weight: F.batch_norm(x, None, None, training=True), "torch's batch_norm"),
    "method": (lambda x, weight: x.unfold(2, 2, 1), "torch's unfold"),
    "the course's own": (lambda x, weight: ops.conv2d(x, weight), "the course's own conv2d"),
    "the course's loops": (lambda x, weight: ops.conv2d_loops(x, weight), "the course's own conv2d_loops"),
    "passed on": (ops.conv2d, "the course's own conv2d"),
}


@pytest.mark.parametrize(("answer", "what"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden_call_is_named(ask, answer, what):
    verdict = ask(answer, **convolution())
    assert verdict.status == NOT_YET
    assert f"You called {what}. This exercise is done without it: use simpler operations." in verdict.message


def test_simpler_operations_are_allowed(ask):
    def answer(x, weight):
        return sum(x[..., i : i + 3, j : j + 3] * weight[..., i, j] for i in range(2) for j in range(2))

    assert ask(answer, **convolution()).status == CORRECT


def test_too_many_calls_of_torch_are_refused_where_the_exercise_asks_for_few(ask):
    def one_by_one(x):
        return torch.stack([2 * v for v in x.flatten()]).reshape(x.shape)

    assert "calls torch" in ask(one_by_one, most_calls=4).message
    assert ask(lambda x: 2 * x, most_calls=4).status == CORRECT


# Answers that never end.


def loops(x):
    while True:
        x = x + 0


def swallows_exceptions(x):
    while True:
        try:  # noqa: SIM105
            x = x + 0
        except Exception:
            pass


def swallows_everything_and_sleeps(x):
    while True:
        try:
            time.sleep(60)
        except:  # noqa: E722
            continue


def swallows_everything_inside(x):
    while True:
        try:
            while True:
                pass
        except:  # noqa: E722
            pass


def swallows_twice(x):
    while True:
        try:
            try:
                while True:
                    pass
            except BaseException as error:
                last = error  # noqa: F841
        except:  # noqa: E722
            pass


def swallows_what_a_helper_raises(x):
    while True:
        try:
            loops(x)
        except BaseException as error:
            last = error  # noqa: F841


def suppresses(x):
    while True:
        with contextlib.suppress(BaseException):
            loops(x)


def never_leaves_finally(x):
    while True:
        try:
            time.sleep(60)
        finally:
            continue  # noqa: B012


def floods(x):
    while True:
        print("flood " * 1000)


def floods_in_one_line(x):
    while True:
        print("flood", end="")


ENDLESS = [
    loops,
    swallows_exceptions,
    swallows_everything_and_sleeps,
    swallows_everything_inside,
    swallows_twice,
    swallows_what_a_helper_raises,
    suppresses,
    never_leaves_finally,
    floods,
    floods_in_one_line,
]


@pytest.mark.parametrize("answer", ENDLESS)
def test_endless_answer_is_stopped(ask, hurry, answer, capsys):
    start = time.monotonic()
    verdict = ask(answer)
    assert verdict.status == NOT_YET
    assert (
        verdict.message
        == f"stopped after {LIMIT} seconds. Is there a loop that never ends, or one that is far too long?"
    )
    assert time.monotonic() - start < LIMIT + 3
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("answer", [loops, swallows_exceptions, floods])
def test_endless_answer_is_stopped_outside_the_main_thread(ask, hurry, answer):
    verdicts = []
    run_in_thread(lambda: verdicts.append(ask(answer)))
    assert [verdict.status for verdict in verdicts] == [NOT_YET]
    assert "stopped after" in verdicts[0].message


def test_time_limit_lets_a_clock_of_somebody_else_go_on():
    """The grader's own limit on a cell that goes on behind the check."""

    def ring(signum, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(TimeoutError):
            with guard.time_limit(5):
                pass
            time.sleep(5)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", names())
def test_check_does_not_need_the_gradients_that_a_cell_has_switched_off(name):
    with torch.set_grad_enabled(False):
        assert check(name, solution_function(name), seed=1).status == CORRECT


@pytest.mark.parametrize("name", ["mean_and_spread", "build_stage", "training_step", "my_network", "conv2d_channels"])
def test_check_does_not_depend_on_where_new_tensors_are(name):
    torch.set_default_device("meta")  # stands for a GPU: nothing on it has a value
    try:
        assert check(name, solution_function(name), seed=1).status == CORRECT
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_device(None)


@pytest.mark.cuda
@pytest.mark.parametrize("name", ["conv2d_channels", "training_step", "evaluate_model"])
def test_answer_may_use_the_gpu(name):
    right = solution_function(name)

    def on_gpu(*args):
        return right(*(arg.to("cuda") if isinstance(arg, torch.Tensor | torch.nn.Module) else arg for arg in args))

    assert check(name, on_gpu, seed=1).status == CORRECT


@pytest.mark.parametrize("name", ["is_residual", "same_function"])
def test_verdict_may_be_a_tensor_of_one_bool(name):
    right = solution_function(name)
    assert check(name, lambda *given: torch.tensor(right(*given)), seed=1).status == CORRECT


@pytest.mark.cuda
def test_network_may_be_built_on_the_gpu():
    build = solution_function("build_mlp")
    assert check("build_mlp", lambda *sizes, **named: build(*sizes, **named).to("cuda"), seed=1).status == CORRECT


def test_time_limit_leaves_an_answer_alone_that_a_debugger_has_stopped(ask, hurry, monkeypatch):
    def looked_at(x):
        time.sleep(2 * LIMIT)
        return 2 * x

    assert "stopped after" in ask(looked_at).message
    monkeypatch.setitem(sys.modules, "debugpy", SimpleNamespace(is_client_connected=lambda: True))
    assert ask(looked_at, cases=first(1, double_cases)).status == CORRECT
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())  # where one is always attached
    assert "stopped after" in ask(looked_at).message


@pytest.mark.parametrize("name", ["build_stage", "my_network"])
@pytest.mark.parametrize("wrap", [lambda network: network, torch.nn.Sequential], ids=["whole", "part"])
def test_network_that_was_there_before_keeps_its_weights(name, wrap):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 10))
    before = [weight.clone() for weight in network.parameters()]
    verdict = check(name, lambda *args: wrap(network))
    assert verdict.status == NOT_YET and "the same layers each time" in verdict.message
    assert all(map(torch.equal, before, network.parameters()))


@pytest.mark.skipif(sys.version_info < (3, 14), reason="before Python 3.14, the cell itself raises")
def test_type_hint_that_names_nothing_is_no_fault(ask):
    def hinted(x: Nowhere) -> Nobody:  # noqa: F821
        return 2 * x

    assert ask(hinted).status == CORRECT


@pytest.mark.parametrize("run", [lambda work: work(), lambda work: run_in_thread(work)], ids=["main", "thread"])
def test_time_limit_ends_with_its_check(ask, monkeypatch, run):
    found = []

    def work():
        monkeypatch.setenv("CNN_LESSONS_TIME_LIMIT", str(LIMIT))
        found.append(ask(loops).status)
        monkeypatch.delenv("CNN_LESSONS_TIME_LIMIT")
        until = time.monotonic() + 2 * LIMIT
        while time.monotonic() < until:  # a clock that was left running would strike here
            found.append(ask(lambda x: 2 * x).status)

    run(work)
    assert found[0] == NOT_YET and set(found[1:]) == {CORRECT}


def run_in_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)


@pytest.mark.parametrize("text", ["", "soon", "0", "-1", "nan", "inf"])
def test_time_limit_that_is_none_is_refused(ask, monkeypatch, text):
    monkeypatch.setenv("CNN_LESSONS_TIME_LIMIT", text)
    with pytest.raises(ValueError, match=f"CNN_LESSONS_TIME_LIMIT: expected a number of seconds above 0, got '{text}'"):
        guard.seconds_allowed()


def test_flood_of_prints_does_not_fill_the_memory():
    printed = guard._Bounded()
    for _ in range(1000):
        printed.write("x" * 100_000)
    assert len(printed.text()) == 2000


# Nothing is left changed.


@pytest.mark.parametrize(
    "answer", [lambda x: 2 * x, loops, floods, swallows_everything_inside, leaves, recurses, prints]
)
def test_check_puts_back_profile_trace_output_and_signals(ask, hurry, answer):
    def profile(frame, event, argument):
        pass

    def trace(frame, event, argument):
        return None

    before = signal.signal(signal.SIGALRM, signal.SIG_IGN), sys.getprofile(), sys.gettrace(), sys.stdout
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        ask(answer)
        found = sys.getprofile(), sys.gettrace(), signal.getsignal(signal.SIGALRM), sys.stdout
        traced = [frame.f_trace for frame in frames_above(sys._getframe())]
    finally:
        signal.signal(signal.SIGALRM, before[0])
        sys.setprofile(before[1])
        sys.settrace(before[2])
    assert found == (profile, trace, signal.SIG_IGN, before[3])
    assert not any("_alarm" in getattr(function, "__qualname__", "") for function in traced)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert torch._C._len_torch_function_stack() == 0


def frames_above(frame):
    while frame:
        yield frame
        frame = frame.f_back


def test_check_draws_fresh_cases_without_touching_the_random_states(ask):
    random.seed(1), torch.manual_seed(1), numpy.random.seed(1)
    before = random.getstate(), torch.get_rng_state().tolist(), numpy.random.get_state()[1].tolist()
    assert check("conv_output_size", catalog()["conv_output_size"].expected).status == NOT_YET  # the course's own
    ask(lambda x: 2 * x)
    given = []
    for _ in range(2):
        check("double", lambda x: given.append(x.detach().tolist()) or 2 * x)
    first, second = given[: len(given) // 2], given[len(given) // 2 :]
    assert first[0] == second[0] and first != second
    after = random.getstate(), torch.get_rng_state().tolist(), numpy.random.get_state()[1].tolist()
    assert before == after


def test_keyboard_interrupt_stops_the_check_itself(ask):
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(interrupted)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0) and torch._C._len_torch_function_stack() == 0


# Verdicts.


def test_verdict_shows_itself_as_text_and_as_escaped_html():
    verdict = Verdict("double", NOT_YET, "expected <b>1</b>\ngot 2 & 3")
    assert repr(verdict) == "△ double: not yet\n  expected <b>1</b>\n  got 2 & 3"
    page = verdict._repr_html_()
    assert html.escape("expected <b>1</b>\ngot 2 & 3") in page and "<b>1</b>" not in page
    assert "double: not yet" in page and 'role="status"' in page


def test_verdict_signs_differ_without_colour():
    signs = {repr(Verdict("a", status, ""))[0] for status in (NOT_ATTEMPTED, NOT_YET, CORRECT)}
    assert len(signs) == 3


def test_strict_mode_raises_for_all_but_correct_answers(ask, monkeypatch):
    monkeypatch.setenv("CNN_LESSONS_STRICT", "1")
    assert ask(lambda x: 2 * x).status == CORRECT
    with pytest.raises(CheckFailed, match="double: not yet"):
        ask(lambda x: 3 * x)
    with pytest.raises(CheckFailed, match="double: not attempted"):
        ask(blank)


def test_verdicts_are_appended_to_a_file_one_json_line_each(ask, monkeypatch, tmp_path):
    path = tmp_path / "verdicts.jsonl"
    monkeypatch.setenv("CNN_LESSONS_VERDICTS", str(path))
    ask(lambda x: 2 * x), ask(blank), ask(lambda x: 3 * x)
    monkeypatch.setenv("CNN_LESSONS_STRICT", "1")
    with pytest.raises(CheckFailed):
        ask(blank)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["status"] for line in lines] == [CORRECT, NOT_ATTEMPTED, NOT_YET, NOT_ATTEMPTED]
    assert {line["exercise"] for line in lines} == {"double"} and "got      [3, -6]" in lines[2]["message"]


def test_verdict_file_that_cannot_be_written_is_a_warning(ask, monkeypatch, tmp_path):
    monkeypatch.setenv("CNN_LESSONS_VERDICTS", str(tmp_path))
    with pytest.warns(UserWarning, match="CNN_LESSONS_VERDICTS: expected a file to append to"):
        assert ask(lambda x: 2 * x).status == CORRECT


# Names, hints, solutions.


@pytest.mark.parametrize("function", [lambda name: check(name, blank), hint, solution])
def test_unknown_name_suggests_the_nearest(function):
    with pytest.raises(
        ValueError, match="expected a known name, got 'conv_output_sise'. Did you mean 'conv_output_size'"
    ):
        function("conv_output_sise")
    with pytest.raises(ValueError, match=r"got 'zzzz'. names\(\) lists them all"):
        function("zzzz")
    with pytest.raises(ValueError, match="expected a known name, in quotes and before the answer, got"):
        function(blank)
    with pytest.raises(ValueError, match="expected a known name, got"):
        function(["conv_output_size"])


def test_names_are_unique_and_in_the_order_of_the_chapters():
    chapters = [catalog()[name].chapter for name in names()]
    assert chapters == sorted(chapters) and len(set(names())) == len(names())
    assert names(3) == names("3") == names("03") == [name for name in names() if catalog()[name].chapter == "03"] != []


def test_hints_come_in_order_and_then_point_to_the_solution(monkeypatch):
    monkeypatch.setattr(help, "_given", help.Counter())
    given = [str(hint("conv_output_size")) for _ in range(5)]
    assert given[:3] == [f"Hint {i} of 3: {text}" for i, text in enumerate(catalog()["conv_output_size"].hints, 1)]
    assert given[3] == given[4] == 'That was the last hint. solution("conv_output_size") shows one way to do it.'


def test_gradient_is_named_by_the_argument_that_it_belongs_to(ask):
    parts = {
        "parameters": "x, times, weight",
        "cases": lambda source: [Case(normal(source, 2), 3, normal(source, 2))],
        "expected": lambda x, times, weight: times * x * weight,
    }
    message = ask(lambda x, times, weight: times * x * (weight + weight.detach()) / 2, **parts).message
    assert "of your result with respect to weight is not:" in message


def test_solution_is_the_packages_own_source():
    assert solution("same_function").startswith("import copy\n\ndef same_function(")  # chapter 11 has no `copy`
    text = solution("conv_output_size")
    assert text.startswith("def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):")
    space = {}
    exec(text, space)
    assert check("conv_output_size", space["conv_output_size"]).status == CORRECT
    assert repr(text) == str(text) and html.escape(str(text)) in text._repr_html_()


def test_check_of_the_courses_own_function_is_refused():
    from cnn_lessons import arithmetic

    verdict = check("conv_output_size", arithmetic.conv_output_size)
    assert verdict.status == NOT_YET and "You called the course's own conv_output_size" in verdict.message


def test_case_copies_what_an_answer_could_change():
    case = Case(torch.ones(2), [1, 2], kernel=torch.zeros(1))
    own = case.copy(requires_grad=True)
    own.args[1].append(3)
    assert case.args[1] == [1, 2] and own.args[0].requires_grad and not case.args[0].requires_grad
    assert own.kwargs["kernel"].data_ptr() != case.kwargs["kernel"].data_ptr()


def test_answer_that_turns_gradients_off_leaves_them_on_for_others(ask):
    def turns_off(x):
        torch.set_grad_enabled(False)
        return 2 * x

    for _ in range(2):
        verdict = ask(turns_off)
        assert verdict.status == NOT_YET and "gradients cannot flow back" in verdict.message
        assert torch.is_grad_enabled()
    with torch.no_grad():
        assert ask(lambda x: x + x).status == CORRECT
        assert not torch.is_grad_enabled()
