"""The exercise on a model card: the facts without which nobody can believe, or repeat, a figure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cnn_lessons.exercises.exercise import Case, Exercise, Outcome, first

LINES = ("Model", "Data", "Recipe", "Weights", "Test accuracy", "Made on")


@dataclass
class Record:
    """A made-up run with the fields of `training.History`.

    Args:
        name: of the run.
        epochs, loss_curve, test, provenance: as in `training.History`.
    """

    name: str
    epochs: list[dict[str, Any]] = field(default_factory=list)
    loss_curve: list[list[float]] = field(default_factory=list)
    test: dict[str, float] | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"the record of {self.name!r}"


def _records(random: Random) -> Iterator[Case]:
    while True:
        yield Case(_record(random))


def _record(random: Random) -> Record:
    """Return a record in which no fact can be taken for another."""
    numbers = iter(random.sample(range(103, 997), 7))
    count, chosen = random.randint(61, 99), random.randint(21, 60)
    shares = [s / 10_000 for s in random.sample(range(3_005, 9_985, 10), count + 1)]  # no two alike with one decimal
    epochs = [
        {"epoch": i + 1, "train_accuracy": shares[count], "validation_accuracy": shares[i], "seconds": 1.0}
        for i in range(count)
    ]
    recipe = {
        "name": f"recipe-{next(numbers)}",
        "epochs": count,
        "batch_size": next(numbers),
        "optimizer": random.choice(("adam", "nesterov")),
        "lr": next(numbers) / 100_000,
        "validation": next(numbers) * 10,
        "seed": next(numbers),
    }
    made = {
        "recipe": recipe,
        "model": f"Net{next(numbers)}",
        "parameters": random.randrange(1_100_000, 9_900_000),
        "data": random.choice(("cifar10", "cifar100", "mnist")),
        "fingerprint": f"{random.getrandbits(64):016x}",
        "device": "cuda",
        "device_name": f"Accelerator {next(numbers)}",
        "precision": random.choice(("float32", "bfloat16")),
        "torch": f"2.{random.randint(6, 30)}.{random.randint(0, 9)}",
        "python": f"3.{random.randint(10, 14)}.{random.randint(0, 9)}",
        "commit": f"{random.getrandbits(48):012x}",
        "chosen_epoch": chosen,
    }
    test = {"loss": random.uniform(0.1, 0.2), "accuracy": random.randrange(2_100, 2_990) / 10_000}
    return Record("made up for this check", epochs, [], test, made)


def _judge(outcome: Outcome) -> str | None:
    """Return what the first line that is missing or incomplete lacks, or None."""
    card, record = outcome.got, outcome.case.args[0]
    if not isinstance(card, str):
        kind = type(card).__name__
        return f"expected a text, got {kind}. Put the lines together: an f-string, or '\\n'.join(…) of a list."
    if "..." in card or "…" in card:
        return "the card still has dots in it. Put the facts in their places."
    lines = dict(reversed([_parted(line) for line in card.splitlines() if ":" in line]))  # the first of equals counts
    for label in LINES:
        if label.lower() not in lines:
            return f"the line '{label}: …' is missing. Each line begins with its word and a colon, in plain text."
        problem = _lacking(label, lines[label.lower()], record)
        if problem:
            return f"the line '{label}: {lines[label.lower()]}'\n{problem}"
    return None


def _parted(line: str) -> tuple[str, str]:
    """Cut a line at its first colon; marks of Markdown around the label are no part of it."""
    label, _, rest = line.partition(":")
    return label.strip(" *-_#`").lower(), rest.strip(" *")


def _lacking(label: str, text: str, record: Record) -> str | None:
    """Return what the line lacks, or None."""
    if label == "Test accuracy":
        return _wrong_accuracy(text, record)
    made, recipe = record.provenance, record.provenance["recipe"]
    if label == "Weights" and _has(text, len(record.epochs)) and not _has(text, made["chosen_epoch"]):
        return (
            "gives the last epoch. The weights that were tested are those of the epoch that validation chose: "
            "provenance['chosen_epoch']."
        )
    facts = {
        "Model": {"model": made["model"], "parameters": made["parameters"]},
        "Data": {"data": made["data"], "fingerprint": made["fingerprint"]},
        "Recipe": {name: recipe[name] for name in ("epochs", "batch_size", "optimizer", "lr", "seed")},
        "Weights": {"chosen_epoch": made["chosen_epoch"], "validation": recipe["validation"]},
        "Made on": {name: made[name] for name in ("device_name", "precision", "torch", "commit")},
    }[label]
    for name, value in facts.items():
        if not _has(text, value):
            return f"lacks the {name}, {value}. {_WHY[name]}"
    return None


_WHY = {
    "model": "Which network was it?",
    "parameters": "Their number shows at once if somebody builds another network of the same name.",
    "data": "An accuracy means nothing without the data.",
    "fingerprint": "It tells whether a reader has the very same pictures.",
    "epochs": "Longer training, another figure.",
    "batch_size": "The learning rate goes with it.",
    "optimizer": "The learning rate means nothing without it.",
    "lr": "It moves the accuracy more than most changes of a network.",
    "seed": "Without it nobody can repeat this run, only one like it.",
    "chosen_epoch": "Say which weights were tested.",
    "validation": "Say how many held-out images chose the epoch, so that readers know that the test set did not.",
    "device_name": "Speed, and the last digits, depend on it.",
    "precision": "Numbers of 16 bits are not those of 32.",
    "torch": "Defaults change from version to version.",
    "commit": "It says which code it was.",
}


def _has(text: str, value: Any) -> bool:
    """Return whether a value stands in the text on its own; thousands may be marked."""
    text = re.sub(r"[\u2009\u202f\xa0]", " ", text)  # narrow spaces, and those at which no line breaks
    if isinstance(value, float):
        return any(
            float(number) == value for number in re.findall(r"(?<![\w.])\d+\.?\d*(?:[eE][-+]?\d+)?(?![\w.]\d)", text)
        )
    forms = {str(value)}
    if isinstance(value, int):
        forms |= {f"{value:,}", f"{value:_}", f"{value:,}".replace(",", " ")}
    tail = "(?:st|nd|rd|th)?" if isinstance(value, int) else ""
    return any(re.search(rf"(?<![\w.])(?<!\d,)v?{re.escape(form)}{tail}(?![\w]|[.,]\d)", text) for form in forms)


def _wrong_accuracy(text: str, record: Record) -> str | None:
    """Return what is wrong with the line of the test accuracy, or None."""
    right, number, spread = record.test["accuracy"], r"(\d+(?:\.\d+)?)", r"(?:\s*(?:\(\s*)?(?:±|\+/-)\s*[\d.]+)?\)?"
    found = re.search(rf"{number}{spread}\s*(%|per ?cent)", text) or re.search(f"{number}()", text)
    if not found:
        return "holds no number."
    number, percent = float(found[1]), bool(found[2] or re.search("%|per ?cent", text))
    validation = [row["validation_accuracy"] for row in record.epochs]
    others = {
        "the best validation accuracy. It chose the epoch, so it flatters": max(validation),
        "the validation accuracy of the last epoch": validation[-1],
        "the training accuracy": record.epochs[-1]["train_accuracy"],
        "the test loss": record.test["loss"],
    }
    for what, value in others.items():
        if any(abs(number - scale * value) <= 0.00050001 * scale for scale in (1, 100)):
            return f"gives {what}. Report test['accuracy']."
    if abs(number - right) < 0.01:
        return f"gives a share, {found[1]}. Write percent for readers: f'{{accuracy:.1%}}'."
    if abs(number - 100 * right) > 0.0500001:
        return f"expected {right:.1%}, the test accuracy with one decimal, got {found[0]}."
    if not re.fullmatch(r"\d+\.\d", found[1]):
        return f"write one decimal, {right:.1%}: the test set does not know more. Got {found[0]}."
    return None if percent else f"has no unit: {found[1]} what? Write the % sign."


MODEL_CARD = Exercise(
    name="model_card",
    chapter="12",
    title="A model card",
    parameters="history",
    statement=(
        "`history` is the record of a run. Return a text of six lines, each beginning with its word and a colon: "
        "`Model:` model, parameters · `Data:` data, fingerprint · `Recipe:` epochs, batch_size, optimizer, lr, seed · "
        "`Weights:` chosen_epoch, and validation, the number of images that chose it · `Test accuracy:` in percent "
        "with one decimal · `Made on:` device_name, precision, torch, commit. All but the accuracy stands in "
        "`history.provenance` or in its `'recipe'`; add any words you like."
    ),
    hints=(
        "The chapter holds such records. In a new cell: `history = results['mlp']['history']`, then print "
        "`history.provenance` and `history.test`. Which of the facts stand where?",
        "`made = history.provenance` and `recipe = made['recipe']` save typing. One f-string a line, "
        "'\\n'.join(lines) at the end.",
        "The first line: `f\"Model: {made['model']}, {made['parameters']:,} parameters\"`. The accuracy: "
        "`f\"Test accuracy: {history.test['accuracy']:.1%}\"`.",
    ),
    cases=first(6, _records),
    judge=_judge,
)
