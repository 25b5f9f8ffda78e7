"""The lab: a test that tells a residual block from its usual faults."""

from collections.abc import Callable, Iterator
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnn_lessons.exercises.chapter_08.blocks import FORWARDS, Block, Plan, right
from cnn_lessons.exercises.exercise import Case, Exercise, Mistake, Outcome, first, normal, raised
from cnn_lessons.exercises.findings import Findings
from cnn_lessons.exercises.scene import Scene, plain_bool, state_of

EIGHT = {
    "zeros": "returns zeros",
    "no skip": "forgets the shortcut",
    "skip only": "returns only its shortcut",
    "subtracts": "subtracts the shortcut",
    "multiplies": "multiplies by the shortcut",
    "ReLU before the sum": "takes the last ReLU before the sum",
    "no last ReLU": "has no last ReLU",
    "no inner ReLU": "has no ReLU between its convolutions",
}
SLIPS = {  # told from the right block only if all values are compared, closely
    "mirrors its result": lambda b, x: right(b, x).flip(3),
    "is right for the first image only": lambda b, x: torch.cat([right(b, x[:1]), 0 * right(b, x[1:])]),
    "is right for the last image only": lambda b, x: torch.cat([0 * right(b, x[:1]), right(b, x[1:])]),
    "is right for the first channel only": lambda b, x: torch.cat([right(b, x)[:, :1], 0 * right(b, x)[:, 1:]], dim=1),
    "takes a ReLU before the sum and one after it": FORWARDS["ReLU before the sum and after"],
    "lets a hundredth of the negative values through its last ReLU": lambda b, x: F.leaky_relu(
        b.bn2(b.conv2(b.bn1(b.conv1(x)).relu())) + b.shortcut(x), 0.01
    ),
}  # fmt: skip


def suspects() -> dict[str, nn.Module]:
    """Return nine blocks, "A" to "I", with the same layers and weights: one is right, eight are wrong.

    Each takes (N, 4, H, W), float32, and is in evaluation mode.
    """
    forwards = [right, *(FORWARDS[name] for name in EIGHT)]
    order = torch.randperm(len(forwards), generator=torch.Generator().manual_seed(3)).tolist()
    return {letter: _block(forwards[index], 4, 4, 1, seed=8).float() for letter, index in zip("ABCDEFGHI", order)}  # noqa: B905


def _block(forward: Callable, in_channels: int, out_channels: int, stride: int, seed: int, told: str = "") -> nn.Module:
    """Return a block in eval mode, in float64, whose weights and running figures follow from `seed`."""
    block = Block(Plan(forward), in_channels, out_channels, stride, told or "a block").double().eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in block.state_dict().items():
            if tensor.dim() == 4:
                tensor.normal_(0, tensor[0].numel() ** -0.5, generator=generator)
            elif tensor.is_floating_point():
                tensor.normal_(0, 0.5, generator=generator)
                if name.endswith(("var", "weight")):
                    tensor.abs_().add_(0.5)
    return block


def _scene(random: Random, forward: Callable, told: str, into: int, out: int, stride: int) -> Scene:
    seed, x = random.getrandbits(32), normal(random, 2, into, *random.sample(range(3, 7), 2))

    def make():
        return _block(forward, into, out, stride, seed, told), x.clone()

    def read(arguments, got):
        block = arguments[0]
        return Findings(
            {
                "your verdict": plain_bool(got),
                "the mode of the block afterwards": "training" if block.training else "eval",
                "the block's weights and running figures afterwards": state_of(block),
            }
        )

    return Scene(make, read)


def _cases(random: Random) -> Iterator[Case]:
    named = [(FORWARDS[name], f"a block that {told}") for name, told in EIGHT.items()]
    slips = [(forward, f"a block that {told}") for told, forward in SLIPS.items()]
    good = (right, "a right block")
    for forward, told in (good, *named):
        yield _scene(random, forward, told, 2, 2, 1)
    for forward, told in (good, *named, *slips, good):
        yield _scene(
            random, forward, f"{told}, with a projection", *random.sample(range(2, 5), 2), random.choice((1, 2))
        )


def _like(forward: Callable) -> Callable:
    """Return a test that holds a block against a formula."""
    return lambda block, x: torch.allclose(block(x), forward(block, x))


@torch.no_grad()
def _empty_branch(block: nn.Module, x: Tensor) -> bool:
    for parameter in block.bn2.parameters():
        parameter.zero_()
    return torch.allclose(block(x), block.shortcut(x).relu())


def _verdict(test: Callable) -> Callable:
    """Hold a test's verdict, whatever it leaves behind of the block."""

    def verdict(block, x):
        state = state_of(block)
        answer = bool(test(block, x))
        block.load_state_dict(state)
        return answer

    return verdict


def _left(key: str) -> Callable[[Outcome], bool]:
    """Recognise a test that is right and leaves something else behind than it found."""

    def test(outcome: Outcome) -> bool:
        if not isinstance(outcome.got, Findings):
            return False
        wanted = outcome.case.result_of(_like(right))
        wrong = outcome.got.up_to_wrong(wanted)
        return list(wrong)[-1] == key

    return test


def _result(test: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable:
    """Return a test of the result, which is given what the block should have returned, and x."""
    return lambda block, x: bool(test(block(x), right(block, x), x))


ALL_TRUE = (
    "Your test says True to every block, or nearly. Right and wrong ones have the same shapes and the same number of "
    "parameters, and somewhere two of their values nearly always agree: compare all values."
)

IS_RESIDUAL = Exercise(
    name="is_residual",
    chapter="08",
    title="A test that cannot be fooled",
    parameters="block, x",
    statement=(
        "`block` has the layers `conv1`, `bn1`, `conv2`, `bn2` and `shortcut` (the identity or a projection) and is in "
        "eval mode; x is a batch that fits. Return True if `block(x)` is what a residual block makes of x with these "
        "layers, and False if it is anything else. Leave the block as you found it: its weights, its running figures "
        "and its mode."
    ),
    hints=(
        "A shape says nothing about values. What values do you expect, given the layers? You can call each of them "
        "yourself.",
        "Write the right block's forward once more, with `block.conv1` and so on, on paper or in code. Which result of "
        "yours and which of the block's do you compare, and how closely?",
        "`body = block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))`; the sum is with `block.shortcut(x)`, and "
        "one ReLU is still to come. `torch.allclose(a, b)` compares all values of two tensors.",
    ),
    cases=first(25, _cases),
    expected=_like(right),
    compared="verdicts and in what is left of the blocks",
    mistakes=(
        Mistake(ALL_TRUE, lambda block, x: True),
        Mistake(ALL_TRUE, _result(lambda got, wanted, x: torch.isclose(got, wanted).any())),
        Mistake("Your test says False to every block, the right one too.", lambda block, x: False),
        Mistake(
            "You only look at the block with an empty body (or only at ReLU(shortcut)). What the body computes is "
            "part of the block: compare the full result as well.",
            _verdict(_empty_branch),
        ),
        *(
            Mistake(
                f"Your own formula describes a block that {told}. Go through the right one, layer by layer.",
                _like(FORWARDS[name]),
            )
            for name, told in EIGHT.items()
        ),
        Mistake(
            "Your test only sees whether the result is negative anywhere. Zeros pass it as well.",
            _result(lambda got, wanted, x: (got >= 0).all()),
        ),
        Mistake(
            "Your test only sees whether the result is zero everywhere. There are many other ways to be wrong.",
            _result(lambda got, wanted, x: got.any()),
        ),
        Mistake(
            "Your test only sees whether the block does anything to x at all.",
            _result(lambda got, wanted, x: got.shape != x.shape or not torch.allclose(got, x)),
        ),
        Mistake(
            "You compare one number for the whole result, a sum or a mean. A mirrored result has the same.",
            _result(lambda got, wanted, x: torch.isclose(got.sum(), wanted.sum())),
        ),
        Mistake(
            "You compare the first value only. Compare them all: torch.allclose(a, b).",
            _result(lambda got, wanted, x: torch.isclose(got[0, 0, 0, 0], wanted[0, 0, 0, 0])),
        ),
        Mistake(
            "You compare the first image only. Compare the whole batch.",
            _result(lambda got, wanted, x: torch.allclose(got[0], wanted[0])),
        ),
        Mistake(
            "Only the last image decides. Return False as soon as one differs, or compare the whole batch at once.",
            _result(lambda got, wanted, x: torch.allclose(got[-1], wanted[-1])),
        ),
        Mistake(
            "You compare differences with their signs: a result that is too large passes. Take their absolute value.",
            _result(lambda got, wanted, x: (wanted - got).max() < 1e-6),
        ),
        Mistake(
            "You compare the first channel only. Compare them all.",
            _result(lambda got, wanted, x: torch.allclose(got[:, 0], wanted[:, 0])),
        ),
        Mistake(
            "You add x itself. Where the shape changes, the shortcut is a layer: block.shortcut(x).",
            when=raised("must match the size of tensor"),
        ),
        Mistake(
            "You left the block in training mode: from now on it normalises by its batches. Call block.train() only if "
            "you call block.eval() afterwards; here there is no need of it.",
            when=_left("the mode of the block afterwards"),
        ),
        Mistake(
            "Your verdict is right, but the block is another one now. If you set weights to 0, keep a copy and put it "
            "back; and a call in training mode moves the running figures.",
            when=_left("the block's weights and running figures afterwards"),
        ),
        Mistake(
            "Your tolerance is too wide: values that differ in the second digit pass. torch.allclose(a, b) as it comes "
            "is close enough.",
            _result(lambda got, wanted, x: torch.allclose(got, wanted, atol=0.1)),
        ),
    ),
)
