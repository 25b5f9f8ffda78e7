"""Exercises that ask for a module or act on live objects, proven on a residual block and a training step."""

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnn_lessons.exercises import compare
from cnn_lessons.exercises.blank import is_blank
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, first, integers, normal
from cnn_lessons.exercises.findings import Findings, Told
from cnn_lessons.exercises.layout import Layout
from cnn_lessons.exercises.module_judge import COMPARED, built
from cnn_lessons.exercises.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET


class Oracle(nn.Module):
    """The basic block; `fault` names one way to get it wrong."""

    fault = ""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        late = self.fault == "late stride"
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, 1 if late else stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride if late else 1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels or self.fault == "always":
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        out = self.bn1(self.conv1(x))
        out = self.bn2(self.conv2(out if self.fault == "no inner" else out.relu()))
        return self.join(out, self.shortcut(x))

    def join(self, out, shortcut):
        return (out + shortcut).relu()


def fault(name="", join=None):
    return type("Faulty", (Oracle,), {"fault": name, **({"join": lambda self, a, b: join(a, b)} if join else {})})


MISTAKES = (
    Mistake("You built the shortcut always.", fault("always")),
    Mistake("You put the stride on the second convolution.", fault("late stride")),
    Mistake("You left out the ReLU between the convolutions.", fault("no inner")),
    Mistake("You left out the last ReLU.", fault("", lambda out, shortcut: out + shortcut)),
    Mistake("You took the ReLU before the sum.", fault("", lambda out, shortcut: out.relu() + shortcut)),
    Mistake("You subtract.", fault("", lambda out, shortcut: (out - shortcut).relu())),
    Mistake("You multiply.", fault("", lambda out, shortcut: (out * shortcut).relu())),
    Mistake("The shortcut is not added.", fault("", lambda out, shortcut: out.relu())),
    Mistake("Only the shortcut is left.", fault("", lambda out, shortcut: shortcut.relu())),
    Mistake("The result is zero everywhere.", fault("", lambda out, shortcut: torch.zeros_like(out))),
)


def block_cases(random):
    yield built(random, Oracle, integers(random, 1, 2, 2, 3), 2, 2, zero=("bn2",))
    yield built(random, Oracle, integers(random, 2, 2, 3, 4), 2, 2)
    yield built(random, Oracle, integers(random, 2, 2, 4, 6), 2, 3, stride=2)
    yield built(random, Oracle, integers(random, 2, 3, 3, 5), 3, 3, stride=2)
    while True:
        into, out = random.sample(range(1, 5), 2)
        yield built(random, Oracle, normal(random, 2, into, 5, 4), into, out, random.choice((1, 2)))


BLOCK = Exercise(
    name="BasicBlock",
    chapter="99",
    title="A residual block",
    parameters="in_channels, out_channels, stride=1",
    forward="x",
    statement="",
    hints=("", "", ""),
    cases=first(6, block_cases),
    expected=Oracle,
    compared=COMPARED,
    mistakes=MISTAKES,
)
RIGHT = """
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.shortcut(x))
"""
IF = "if stride != 1 or in_channels != out_channels:"
END = "return F.relu(out + self.shortcut(x))"
WRONG = {
    "zeros": (END, "return torch.zeros_like(out)", "The result is zero everywhere."),
    "zeros, shape only": (END, "return 0 * F.relu(out + self.shortcut(x))", "The result is zero everywhere."),
    "no skip": (END, "return F.relu(out)", "The shortcut is not added."),
    "skip only": (END, "return F.relu(self.shortcut(x))", "Only the shortcut is left."),
    "subtract": (END, "return F.relu(out - self.shortcut(x))", "You subtract."),
    "multiply": (END, "return F.relu(out * self.shortcut(x))", "You multiply."),
    "ReLU before the add": (END, "return F.relu(out) + self.shortcut(x)", "You took the ReLU before the sum."),
    "no last ReLU": (END, "return out + self.shortcut(x)", "You left out the last ReLU."),
    "no inner ReLU": ("F.relu(self.bn1(self.conv1(x)))", "self.bn1(self.conv1(x))", "left out the ReLU between"),
    "late stride": ("kernel_size=3, stride=stride, padding", "kernel_size=3, padding", "stride on the second"),
    "always built": (IF, "if True:", "You built the shortcut always."),
    "never built": (IF, "if False:", "missing: a 1×1 convolution 2→3 without bias (3·2·1·1 = 6)"),
    "channels only": (IF, "if in_channels != out_channels:", "missing: a 1×1 convolution 3→3 without bias"),
    "no BN": ("self.bn1(self.conv1(x))", "self.conv1(x)", "the result in eval mode"),
    "BN not built": ("self.bn2 = nn.BatchNorm2d(out_channels)", "self.bn2 = nn.Identity()", "missing: a batch norm"),
    "one BN for both": ("out = self.bn2(", "out = self.bn1(", "the result in eval mode"),
    "bias": ("padding=1, bias=False", "padding=1", "not asked for: 2 × a 3×3 convolution 2→2 with bias (2·2·3·3 + 2 ="),
    "detached": (END, "return F.relu(out + self.shortcut(x.detach()))", "the gradient of the input:"),
    "no_grad": (END, "return F.relu(out + self.shortcut(x)).detach()", "something between input and result cuts"),
    "momentum": ("self.bn1 = nn.BatchNorm2d(out_channels)", "self.bn1 = nn.BatchNorm2d(out_channels, momentum=0.5)",
                 "bn1.running_mean after a training step"),
    "always trains": ("out = F.relu(self.bn1", "self.bn1.train()\n        out = F.relu(self.bn1",
                      "bn1.running_mean after a run in eval mode"),
    "dropout": (END, "return F.dropout(F.relu(out + self.shortcut(x)), 0.5, self.training)", "in training mode"),
    "changes x": ("out = F.relu(self.bn1(self.conv1(x)))", "out = F.relu(self.bn1(self.conv1(x.relu_())))",
                  "changes its input"),
    "returns nothing": (END, "F.relu(out + self.shortcut(x))", "the result in eval mode is None"),
    "no super": ("super().__init__()", "pass", "your code raised AttributeError"),
    "no module": ("(nn.Module)", "", "expected an nn.Module to be built, got BasicBlock. A class begins with"),
    "no shape": ("kernel_size=3, padding=1", "kernel_size=3", "your code raised RuntimeError: Cal"),
    "hidden layers": ("self.shortcut = nn.Sequential(",
                      "self.shortcut = nn.Identity()\n            self.steps = list((", "`steps` is a plain list"),
}  # fmt: skip


def learner(text):
    space = {"nn": nn, "F": F, "torch": torch, "__name__": "__main__"}
    exec(compile(text, "cell", "exec"), space)
    return space["BasicBlock"]


@pytest.fixture
def ask(ask_about):
    return lambda answer, exercise=BLOCK: ask_about(exercise, answer)


@pytest.mark.parametrize(("old", "new", "says"), WRONG.values(), ids=WRONG)
def test_wrong_block_gets_its_own_message(ask, old, new, says):
    assert old in RIGHT
    text = RIGHT.replace(old, new)
    if "list((" in new:
        text = text.replace("nn.BatchNorm2d(out_channels))\n", "nn.BatchNorm2d(out_channels)))\n")
    if "conv1" not in old and "stride=stride" in old:
        text = text.replace("out_channels, out_channels, kernel_size=3,", "out_channels, out_channels, 3, stride,")
    verdict = ask(learner(text))
    assert verdict.status == NOT_YET and says in verdict.message, verdict


class Reordered(nn.Module):
    """Right, with other names, other order of registration, nn.Sequential and layers that work in place."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        if stride != 1 or in_channels != out_channels:
            norm = nn.BatchNorm2d(out_channels)
            self.skip = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), norm)
        else:
            self.skip = lambda x: x
        second = nn.BatchNorm2d(out_channels), nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.b2, self.c2 = second
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        out = self.skip(x)
        out = out + self.b2(self.c2(self.branch(x)))
        return out.relu_()


def test_right_block_passes_whatever_its_names_and_order(ask):
    for answer in (learner(RIGHT), Oracle, Reordered, lambda *args, **kwargs: Reordered(*args, **kwargs)):
        verdict = ask(answer)
        assert verdict.status == CORRECT, verdict
    assert "layers, values, gradients and running statistics" in verdict.message


def test_likely_mistake_is_named_whatever_the_names(ask):
    class Late(Reordered):
        def forward(self, x):
            return self.b2(self.c2(self.branch(x))).relu_() + self.skip(x)

    assert "You took the ReLU before the sum." in ask(Late).message


def test_unused_parameter_is_told_by_the_learners_own_name(ask):
    class Net(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.used, self.idle = nn.Linear(size, size), nn.Linear(size, size)

        def forward(self, x):
            return self.used(x) + 0 * x

    class Wanted(Net):
        def forward(self, x):
            return self.used(x) + 0 * self.idle(x)

    cases = first(1, lambda random: iter([built(random, Wanted, normal(random, 2, 3), 3)]))
    verdict = ask(Net, Exercise("Net", "99", "", "size", "", ("", "", ""), cases, Wanted, forward="x"))
    assert "the gradient of idle.weight:\nnone arrives. Does `forward` use this layer" in verdict.message


def test_message_tells_the_module_its_input_and_the_zeroed_branch(ask):
    message = ask(learner(RIGHT.replace(END, "return out + self.shortcut(x)"))).message
    told = re.match(
        r"on BasicBlock\(2, 2\) with x = (\[.*\])\nthe result in eval mode:\nexpected (.*)\ngot +(.*)\n", message
    )
    x, expected, got = (torch.tensor(eval(text)) for text in told.groups())
    assert torch.equal(expected, x.relu()) and torch.equal(got, x)  # the branch gives 0: ReLU(shortcut) is left


@pytest.mark.parametrize(
    "body", ["...", "pass", "'''A block.'''", "super().__init__()", "super().__init__()\n        ..."]
)
def test_blank_class_is_not_attempted(ask, body):
    text = f"class BasicBlock(nn.Module):\n    def __init__(self, a, b, stride=1):\n        {body}\n"
    assert ask(learner(text + "    def forward(self, x):\n        ...\n")).status == NOT_ATTEMPTED
    assert ask(learner(text + "    def forward(self, x):\n        return x\n")).status == NOT_YET
    assert ask(learner(BLOCK.blank())).status == NOT_ATTEMPTED


def test_class_with_a_layer_is_not_blank():
    assert not is_blank(learner(BLOCK.blank().replace("...", "self.a = 1", 1)))
    assert not is_blank(learner(BLOCK.blank().replace("super().__init__()", "super().train()")))
    assert is_blank(type("Empty", (nn.Module,), {}))


def test_object_for_a_class_and_a_result_for_a_module_are_refused(ask):
    said = ask(learner(RIGHT)(2, 2)).message
    assert said.startswith("expected your class BasicBlock(in_channels, out_channels, stride=1), got BasicBlock: ")
    assert "expected an nn.Module to be built, got Tensor" in ask(lambda a, b, stride=1: torch.zeros(1)).message
    assert "Does the function end in `return`?" in ask(lambda a, b, stride=1: print(end="")).message


def test_line_of_an_error_in_forward_is_the_learners_own(ask):
    text = RIGHT.replace("out = self.bn2(self.conv2(out))", "out = undefined")
    assert (
        f"(line {text[: text.index('out = undefined')].count(chr(10)) + 1} of your cell)" in ask(learner(text)).message
    )


def test_check_of_a_module_leaves_the_random_state(ask):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    ask(learner(RIGHT))
    assert torch.equal(before, torch.get_rng_state())


def test_layout_counts_parameters_with_the_arithmetic():
    ours = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Linear(5, 2))
    other = nn.Sequential(nn.Conv2d(3, 8, 5), nn.Linear(5, 2))
    assert Layout(ours).differs(Layout(other)) == (
        "expected 236 parameters = (8·3·3·3 + 8) + (2·5 + 2)\n"
        "got      620 parameters = (8·3·5·5 + 8) + (2·5 + 2)\n"
        "missing: a 3×3 convolution 3→8 with bias (8·3·3·3 + 8 = 224)\n"
        "not asked for: a 5×5 convolution 3→8 with bias (8·3·5·5 + 8 = 608)"
    )
    assert Layout(ours).differs(Layout(nn.Sequential(*reversed(list(ours))))) is None


def test_findings_tell_the_first_difference_and_nothing_if_equal():
    expected = Findings({"a": 1, "b": torch.ones(2)})
    assert compare.difference(expected, Findings({"a": 1, "b": torch.ones(2)})) is None
    assert compare.difference(expected, Findings({"a": 2})) == "a:\nexpected 1\ngot      2"
    assert compare.difference(expected, Findings({"a": 1})) == "b is missing"
    assert compare.difference(expected, Findings({"a": 1, "b": Told("why")}, {"b": "mine"})) == "mine:\nwhy"


def test_dicts_are_compared_key_by_key():
    assert compare.difference({"a": 1}, {"a": 1}) is None
    assert compare.difference({"a": 1}, 3) == "expected a dict, got int"
    assert compare.difference({"a": 1}, {"b": 1}) == (
        "1 keys are missing, the first is 'a'\n1 keys should not be there, the first is 'b'"
    )
    assert compare.difference({"a": 1}, {"a": 2}) == "at the key 'a':\nexpected 1\ngot      2"


def test_change_inside_a_dict_is_noticed(ask):
    cases = first(1, lambda random: iter([Case({"a": torch.ones(1)})]))
    exercise = Exercise("rename", "99", "", "state", "", ("", "", ""), cases, lambda state: {"b": state["a"]})
    assert ask(lambda state: {"b": state["a"]}, exercise).status == CORRECT
    assert "your function changes the dict" in ask(lambda state: {"b": state.pop("a")}, exercise).message
