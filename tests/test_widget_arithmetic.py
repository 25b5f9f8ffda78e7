"""The widgets' JavaScript arithmetic against torch.nn.functional, on random cases in Node."""

import random

import pytest
import torch
import torch.nn.functional as F
from widget_harness import run_in_node

CASES = 1200
MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def random_image(r: random.Random) -> torch.Tensor:
    """(1, 1, H, W), H and W up to 10: small integers, or floats."""
    shape = (1, 1, r.randint(1, 10), r.randint(1, 10))
    if r.random() < 0.5:
        return torch.randint(-9, 10, shape).double()
    return torch.randn(shape, dtype=torch.float64)


def torch_answer(function):
    """What torch computes, or None where it raises."""
    try:
        return function()[0, 0]
    except RuntimeError:
        return None


def matrix(rows: list) -> torch.Tensor:
    return torch.tensor([[float(x) for x in row] for row in rows], dtype=torch.float64)


def compare(case: dict, answer: dict, expected: torch.Tensor | None) -> None:
    """Same matrix (integers exactly), or an error on both sides with a message for the reader."""
    if expected is None:
        assert answer.get("error") == "RangeError", (case, answer)
        assert answer["message"].endswith((".", "!")) and len(answer["message"]) > 20, answer
        return
    assert "value" in answer, (case, answer)
    got = matrix(answer["value"])
    assert got.shape == expected.shape, (case, got.shape, expected.shape)
    numbers = torch.cat([matrix(part).flatten() for part in case["args"] if isinstance(part, list)])
    whole = bool(numbers.frac().eq(0).all())
    exact = whole and case["args"][-1].get("mode") != "average"
    tolerance = {"rtol": 0, "atol": 0} if exact else {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(got, expected, **tolerance, msg=lambda text: f"{case}\n{text}")


def run_and_compare(tag, cases, expected, folder) -> tuple[int, int]:
    """Compare every case; return how many gave numbers and how many an error."""
    for case, answer, torch_says in zip(cases, run_in_node(tag, cases, folder), expected, strict=True):
        compare(case, answer, torch_says)
    errors = sum(answer is None for answer in expected)
    return len(expected) - errors, errors


def test_convolution_matches_torch(tmp_path):
    r = random.Random(0)
    torch.manual_seed(0)
    cases, expected = [], []
    for _ in range(CASES):
        x = random_image(r)
        shape = (1, 1, r.randint(1, 5), r.randint(1, 5))
        w = torch.randint(-5, 6, shape).double() if x.frac().eq(0).all() else torch.randn(shape).double()
        stride, padding, dilation = r.randint(1, 4), r.randint(0, 3), r.randint(1, 3)
        mode, flip = r.choice(list(MODES)), r.random() < 0.25
        options = {"stride": stride, "padding": padding, "dilation": dilation, "mode": mode, "flip": flip}
        cases.append({"name": "conv2d", "args": [x[0, 0].tolist(), w[0, 0].tolist(), options]})
        used = w.flip(2, 3) if flip else w

        def compute(x=x, w=used, options=options):
            padded = F.pad(x, [options["padding"]] * 4, mode=MODES[options["mode"]])
            return F.conv2d(padded, w, stride=options["stride"], dilation=options["dilation"])

        expected.append(torch_answer(compute))
    numbers, errors = run_and_compare("cnn-conv", cases, expected, tmp_path)
    assert numbers >= 600 and errors >= 50, (numbers, errors)


def pooled(x: torch.Tensor, o: dict) -> torch.Tensor:
    if o["mode"] == "max":
        return F.max_pool2d(x, o["kernel"], o["stride"], o["padding"], o["dilation"], o["ceil"])
    return F.avg_pool2d(x, o["kernel"], o["stride"], o["padding"], o["ceil"], o["countIncludePad"])


def test_pooling_matches_torch(tmp_path):
    r = random.Random(1)
    torch.manual_seed(1)
    cases, expected = [], []
    for _ in range(CASES):
        x = random_image(r)
        mode, kernel = r.choice(["max", "average"]), r.randint(1, 5)
        options = {
            "kernel": kernel,
            "stride": r.randint(1, 5),
            "padding": r.randint(0, kernel // 2 + (r.random() < 0.1)),
            "dilation": r.randint(1, 3) if mode == "max" else 1,
            "mode": mode,
            "ceil": r.random() < 0.5,
            "countIncludePad": r.random() < 0.5,
        }
        cases.append({"name": "pool2d", "args": [x[0, 0].tolist(), options]})
        expected.append(torch_answer(lambda x=x, options=options: pooled(x, options)))
    numbers, errors = run_and_compare("cnn-pool", cases, expected, tmp_path)
    assert numbers >= 600 and errors >= 50, (numbers, errors)


def test_pad_matches_torch_cell_by_cell(tmp_path):
    r = random.Random(2)
    torch.manual_seed(2)
    cases, expected = [], []
    for _ in range(CASES):
        x, padding, mode = random_image(r), r.randint(0, 4), r.choice(list(MODES))
        cases.append({"name": "pad", "args": [x[0, 0].tolist(), padding, mode]})
        expected.append(torch_answer(lambda x=x, p=padding, mode=mode: F.pad(x, [p] * 4, mode=MODES[mode])))
    answers = run_in_node("cnn-conv", cases, tmp_path)
    for case, answer, torch_says in zip(cases, answers, expected, strict=True):
        if torch_says is None:
            assert answer.get("error") == "RangeError", (case, answer)
        else:
            assert torch.equal(matrix(answer["value"]), torch_says), case


@pytest.mark.parametrize("tag", ["cnn-conv", "cnn-pool"])
def test_sizes_match_the_package(tag, tmp_path):
    from cnn_lessons.arithmetic import pool_output_size

    r = random.Random(3)
    cases, expected = [], []
    while len(cases) < CASES:
        size, kernel, stride, dilation = r.randint(1, 40), r.randint(1, 7), r.randint(1, 5), r.randint(1, 3)
        padding, ceil = r.randint(0, kernel // 2), r.random() < 0.5
        if size + 2 * padding < dilation * (kernel - 1) + 1:
            continue
        cases.append({"name": "outSize", "args": [size, kernel, stride, padding, dilation, ceil]})
        expected.append(pool_output_size(size, kernel, stride, padding, dilation, ceil_mode=ceil))
    assert [answer["value"] for answer in run_in_node(tag, cases, tmp_path)] == expected


def test_sum_of_the_written_terms_is_the_output(tmp_path):
    """What the widget writes out, term by term, is what it computes."""
    image = [[1, 2, 0, 3], [0, -1, 4, 2], [5, 1, 1, 0], [2, 2, 3, 1]]
    kernel = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    padded = F.pad(torch.tensor(image), [1] * 4).tolist()
    cases = [{"name": "convTerms", "args": [padded, kernel, r, c, 2, 1]} for r in range(2) for c in range(2)]
    cases.append({"name": "conv2d", "args": [image, kernel, {"stride": 2, "padding": 1}]})
    *windows, whole = [answer["value"] for answer in run_in_node("cnn-conv", cases, tmp_path)]
    sums = [sum(term["value"] * term["weight"] for term in window) for window in windows]
    assert [sums[:2], sums[2:]] == whole


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("-1.5", -1.5), ("−2", -2), ("1,5", 1.5), ("1/9", 1 / 9), (" 7 ", 7), (".5", 0.5)],
)
def test_typed_numbers_are_understood(text, number, tmp_path):
    assert run_in_node("cnn-conv", [{"name": "parseNumber", "args": [text]}], tmp_path)[0]["value"] == number


def test_what_is_no_number_is_refused(tmp_path):
    texts = ["", "abc", "1/0", "1e999", "--3", "3 4", "NaN", "Infinity", "99999999"]
    answers = run_in_node("cnn-conv", [{"name": "parseNumber", "args": [text]} for text in texts], tmp_path)
    assert [answer["value"] for answer in answers] == [None] * len(texts)  # NaN in JSON


def test_numbers_are_written_as_in_print(tmp_path):
    written = {2: "2", 2.25: "2.25", -0.5: "−0.5", 1 / 3: "0.33", -0.001: "0", 10: "10", 4.1: "4.1"}
    cases = [{"name": "formatNumber", "args": [value]} for value in written]
    assert [answer["value"] for answer in run_in_node("cnn-conv", cases, tmp_path)] == list(written.values())
    weights = {1 / 9: "1/9", -2 / 3: "−2/3", 0.25: "0.25", 0.0625: "0.0625", -2: "−2"}
    cases = [{"name": "formatWeight", "args": [value]} for value in weights]
    assert [answer["value"] for answer in run_in_node("cnn-conv", cases, tmp_path)] == list(weights.values())
