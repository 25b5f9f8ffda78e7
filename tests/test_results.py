"""The Results page: every figure on it is that of a file, and what was not run is said to be not run."""

import html
import itertools
import random
import re
import statistics

import machine
import pytest
import recorded_plots
import recorded_runs
from conftest import BOOK

from cnn_lessons import plots, runs
from cnn_lessons.runs.plan import PLANNED

pytestmark = pytest.mark.browser  # the built book is needed, as for the tests in a browser
COMMAND = re.compile(r"python -m cnn_lessons repeat ([a-z0-9-]+)")
DAY = 24 * 60 * 60


@pytest.fixture(scope="module")
def page():
    return (BOOK / "book" / "results.html").read_text(encoding="utf-8")


def rows(page, head):
    """The texts of the cells of the page's table whose first head is this, row by row, without the heads."""
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    (table,) = (table for table in tables if next(cells_of(table))[0] == head)
    return list(cells_of(table))[1:]


def says(phrase):
    """Hold the page's source to this phrase: what the test shows is what the page says."""
    text = (machine.ROOT / "book" / "results.md").read_text(encoding="utf-8")
    assert phrase in " ".join(text.split())


def standard_errors(one, other):
    """How many standard errors of their difference the first test accuracy lies above the second: two test sets."""
    shares = one.test["accuracy"], other.test["accuracy"]
    return (shares[0] - shares[1]) / sum(share * (1 - share) / 10_000 for share in shares) ** 0.5


def within_chance(one, other):
    says("if they differ by less than two standard errors of that difference, computed as if from two test sets")
    return abs(standard_errors(one, other)) < 2


def number(cell):
    return float(cell.replace("−", "-"))


def cells_of(table):
    for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL):
        cells = re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        yield [
            html.unescape(re.sub(r"<[^>]+>", "", cell)).strip().replace("’", "'").replace("\N{NO-BREAK SPACE}", " ")
            for cell in cells
        ]


def test_table_has_a_row_for_each_network_with_the_mean_of_its_seeds(page):
    found = {row[0]: row for row in rows(page, "network")}
    for name, made in recorded_runs.groups().items():
        _, measured, reported, recipe, parameters, _, took = found.pop(PLANNED[name].title)
        assert parameters == f"{made[0].provenance['parameters']:,}" and recipe == PLANNED[name].recipe_in_words
        assert measured.startswith(f"{statistics.mean(100 * run.test['accuracy'] for run in made):.2f} %")
        spread = recorded_runs.mean_and_spread(made)[1]
        assert ("±" in measured) == bool(spread)
        assert spread is None or f"± {spread:.2f}, {len(made)} runs" in measured
        quickest = min(made, key=lambda run: run.epoch_seconds * len(run.epochs))
        assert took == f"{recorded_runs.duration(recorded_runs.seconds([quickest]))}, {letters(page)[quickest.machine]}"
        assert (reported == "–") == (PLANNED[name].reported is None)
    for _, measured, reported, *_, took in found.values():
        assert reported != "–" and (measured, took) == ("not run", "–")


def test_table_counts_the_work_of_alexnet_and_resnet18(page):
    work = {row[0]: row[5] for row in rows(page, "network")}
    assert (work["AlexNet"], work["AlexNet, tutorial"], work["ResNet-18"]) == ("108.4", "108.4", "555.4")


def letters(page):
    """The letter of each machine, as the list below the table has it."""
    return {
        html.unescape(said): letter
        for letter, said in re.findall(r"<li><p><strong>(\w)</strong>: (.*?)</p>", page, re.DOTALL)
    }


def test_what_others_report_has_a_row_whether_it_was_run_or_not(page):
    found = {row[0]: row[2] for row in rows(page, "network")}
    for name, planned in PLANNED.items():
        if planned.reported and "-seed" not in name:
            assert found[planned.title].startswith(f"{100 * planned.reported:.2f} %, {planned.source}")


def test_every_run_of_the_plan_is_listed_with_its_result_or_as_not_run(page):
    found = {name: cells for name, *cells in rows(page, "run")}
    assert list(found) == list(PLANNED)
    for name, (what, result) in found.items():
        assert what.endswith(f"; {PLANNED[name].recipe_in_words}; seed {PLANNED[name].recipe.seed}")
        if name not in runs.names():
            assert result == "not run"
            continue
        run = runs.load_run(name)
        assert run.provenance["recipe"]["seed"] == PLANNED[name].recipe.seed
        took = f"{recorded_runs.duration(recorded_runs.seconds([run]))}, {letters(page)[run.machine]}"
        assert result == f"{100 * run.test['accuracy']:.2f}%, {took}"


def test_differences_are_between_the_losses_of_the_files_and_the_reported_ones(page):
    name = "alexnet-cifar10-tutorial"
    reported = PLANNED[name].reported_losses
    found = {
        run: [number(part) for cell in cells if cell != "–" for part in cell.split(", ")]
        for run, *cells in rows(page, "variation")
    }
    varied = [other for other in runs.names() if PLANNED[other].varies == name]
    assert list(found)[0] == "seed 0" and len(found) == 1 + len(varied)
    for run in map(runs.load_run, (name, *varied)):
        losses = [epoch["train_loss"] for epoch in run.epochs[: len(reported)]]
        first, below, *mean = found[recorded_runs.change(run)]
        assert first == pytest.approx(losses[0], abs=6e-4) and below == pytest.approx(reported[0] - losses[0], abs=6e-4)
        assert bool(mean) == (len(losses) > 1)
        expected = statistics.mean(reported[: len(losses)]) - statistics.mean(losses)
        assert mean == [] or mean == [pytest.approx(expected, abs=6e-4), len(losses)]


def test_formats_are_compared_as_the_files_have_it(page):
    found = list(rows(page, "run, seed 0"))
    names = [name for name in PLANNED if name in runs.names() and name.endswith("-float32")]
    assert len(found) == len(names) > 3
    for name, (title, *accuracies, apart, _) in zip(names, found, strict=True):
        twin = name.removesuffix("-float32") + "-10-epochs" * name.startswith("alexnet")
        made = runs.load_run(twin), runs.load_run(name)
        assert title == PLANNED[twin].title
        assert accuracies == [f"{100 * run.test['accuracy']:.2f}" for run in made]
        losses = zip(*([epoch["train_loss"] for epoch in run.epochs] for run in made), strict=True)
        assert number(apart) == pytest.approx(statistics.mean(abs(one - other) for one, other in losses), abs=6e-4)


def test_what_the_page_says_of_another_computer_is_in_the_files():
    for run, (same, *others) in recorded_runs.in_float32():
        assert (same.provenance["precision"], run.provenance["precision"]) == ("bfloat16", "float32")
        assert same.provenance["recipe"]["seed"] == run.provenance["recipe"]["seed"] == 0
        says("Intel's processor in place of AMD's")
        assert "AMD" in same.provenance["device_name"] and "Intel" in run.provenance["device_name"]
        seeds = [recorded_runs.losses_apart(one, other) for one, other in itertools.combinations((same, *others), 2)]
        formats, least, most = recorded_runs.losses_apart(run, same), min(seeds), max(seeds)
        assert len(seeds) == 3  # "of two seeds": every pair of three
        computers = {one.provenance["device_name"] for one in (same, *others)}
        if same.name == "ResNet-14":
            says("those of ResNet-14, whose seeds come from two computers, about as much")
            assert least < formats < most and len(computers) == 2
        else:
            says("moves the losses less than another seed does")
            assert formats < least and len(computers) == 1
        says("The accuracies lie within chance of each other")
        assert within_chance(run, same)
        if same.name == "AlexNet":
            says("AlexNet's moves most, to 0.6 points above the best of three seeds")
            best = max(one.test["accuracy"] for one in (same, *others))
            assert f"{100 * (run.test['accuracy'] - best):.1f}" == "0.6" and len(others) == 2
    moved = {one.name: abs(standard_errors(run, one)) for run, (one, *_) in recorded_runs.in_float32()}
    assert max(moved, key=moved.get) == "AlexNet"


@pytest.fixture(scope="module")
def alexnets():
    """The training losses of AlexNet and of its variations, by what is changed: as many epochs as are reported."""
    made, length = {}, len(PLANNED["alexnet-cifar10-tutorial"].reported_losses)
    for name in runs.names():
        if name.startswith("alexnet-cifar10"):
            made[name.removeprefix("alexnet-cifar10-")] = [row["train_loss"] for row in runs.load_run(name).epochs]
    return {name: losses[:length] for name, losses in made.items()}


def test_what_the_page_says_of_alexnet_with_three_seeds_is_in_the_files(alexnets):
    reported = PLANNED["alexnet-cifar10-tutorial"].reported_losses
    whole, seeds = alexnets["tutorial"], [alexnets["seed1"], alexnets["seed2"]]
    says("closer to each other than any of them to what is reported")
    for there, *losses in zip(reported, whole, *seeds, strict=True):
        assert max(losses) - min(losses) < there - max(losses)
    moved = {
        name: alexnets[name][0] - whole[0]
        for name in ("order-seed1", "flip", "data-normalised", "float32", "he", "glorot", "batch-64")
    }
    another = max(abs(losses[0] - whole[0]) for losses in seeds)
    says("moves the first loss by less than another seed may")
    either = min(abs(losses[0] - whole[0]) for losses in seeds)
    assert all(abs(moved.pop(name)) < either for name in ("order-seed1", "flip", "data-normalised", "float32"))
    says("He's and Glorot's first weights move it down, and so do batches of 64, these by less than a seed may")
    assert max(moved.values()) < 0 and abs(moved.pop("batch-64")) < another
    assert min(abs(change) for change in moved.values()) > another
    brief = {name for name, losses in alexnets.items() if len(losses) == 1}
    says(
        "Not tried: more than one epoch of another order, of mirroring, of the data's normalisation, of other first "
        "weights or of batches of 64;"
    )
    assert brief == {"order-seed1", "flip", "data-normalised", "he", "glorot", "batch-64"}


def test_what_the_page_says_of_two_variations_of_alexnet_is_in_the_files(alexnets):
    reported = PLANNED["alexnet-cifar10-tutorial"].reported_losses
    whole = alexnets["tutorial"]
    for change in ("unnormalised", "40000-images"):
        losses, *others = (alexnets[f"{change}{seed}"] for seed in ("", "-seed1", "-seed2"))
        gaps = [there - own for there, own in zip(reported, losses, strict=True)]
        says("either leaves less than a third of the gap on average, half of it in the tenth epoch")
        assert 0 < sum(gaps) < (sum(reported) - sum(whole)) / 3
        assert gaps[-1] / (reported[-1] - whole[-1]) == pytest.approx(0.5, abs=0.05)
        says("In every epoch the reported curve lies among the three seeds of either")
        for there, *own in zip(reported, losses, *others, strict=True):
            assert min(own) < there < max(own)
        printed = [alexnets[name][-1] for name in ("seed1", "seed2")]
        first, second = (own[-1] for own in others)
        says("With seed 1 either change ends above the reported losses, and further from them than the recipe")
        assert first - reported[-1] > abs(printed[0] - reported[-1])
        says("With seed 2 both end below, 40,000 images no nearer than before")
        assert second < reported[-1] and (second > printed[1]) == (change == "unnormalised")
        says("two seeds end further apart than the gap that was to be explained")
        assert first - second > reported[-1] - whole[-1]
    says("from the second on the two curves nearly coincide")
    apart = [abs(one - other) for one, other in zip(alexnets["unnormalised"], alexnets["40000-images"], strict=True)]
    assert max(apart[1:]) < 0.006
    says("that curve lies above the reported one in every epoch")
    both = alexnets["unnormalised-40000-images"]
    assert all(own > there for own, there in zip(both, reported, strict=True))


def test_what_the_page_says_of_the_computers_of_the_alexnets_is_in_the_files():
    made = {name: runs.load_run(name) for name in runs.names() if name.startswith("alexnet-cifar10")}
    by = {name.removeprefix("alexnet-cifar10-"): recorded_runs.machines()[run.machine] for name, run in made.items()}
    says("**b** those with values from 0 to 1 with seeds 0 and 2, with 40,000 images with seeds 1 and 2")
    says("and with both changes; **a** all others")
    on_b = {"unnormalised", "unnormalised-seed2", "40000-images-seed1", "40000-images-seed2"}
    assert {name for name, letter in by.items() if letter == "b"} == on_b | {"unnormalised-40000-images"}
    says("**e** made the run in float32")
    assert {name: letter for name, letter in by.items() if letter not in "ab"} == {"float32": "e"}


def test_what_the_page_says_of_fifty_epochs_of_alexnet_is_in_the_files():
    made = {run.name: run for run in map(runs.load_run, runs.names()) if run.name.startswith("AlexNet")}
    changed, printed = made["AlexNet, values from 0 to 1"], made["AlexNet, tutorial"]
    says("40,000 images for all 50 epochs; any other seed for so long")
    assert [run for run in made.values() if len(run.epochs) == 50] == [printed, changed]
    reported = PLANNED["alexnet-cifar10-tutorial"].reported
    says("ends one point above what is reported, where the recipe as printed ends two points above")
    assert [round(100 * (run.test["accuracy"] - reported)) for run in (changed, printed)] == [1, 2]
    says("the two lie two standard errors apart")
    assert standard_errors(printed, changed) == pytest.approx(2, abs=0.05)
    says("after ten epochs two seeds of one recipe lie three points apart")
    two = [made[f"AlexNet, values from 0 to 1, seed {seed}"].test["accuracy"] for seed in (1, 2)]
    assert round(100 * (two[1] - two[0])) == 3


def test_what_the_page_says_of_the_recipes_for_resnet18_is_in_the_files():
    made = [runs.load_run(name) for name in runs.names() if "resnet18" in name and "tutorial" not in name]
    usual, longer, *others = (run.provenance["recipe"] for run in made)
    says("ResNet-18 stands in the table with five of ours, one seed each")
    assert len(made) == 5 and {recipe["seed"] for recipe in (usual, longer, *others)} == {0}
    says("In 30 epochs of `fast` it comes 3.2 points further than in 10, nine standard errors of such a difference")
    assert longer == usual | {"epochs": 30} and usual["epochs"] == 10
    assert f"{100 * (made[1].test['accuracy'] - made[0].test['accuracy']):.1f}" == "3.2"
    assert round(standard_errors(made[1], made[0])) == 9
    says("run for 12 epochs at half the rate of `fast`; they hold fewer images out")
    for recipe in others:
        assert recipe["epochs"] == 12 and recipe["lr"] == usual["lr"] / 2
        assert recipe["validation"] < usual["validation"]
    says("the three lie within chance of each other")
    assert all(within_chance(one, other) for one, other in itertools.combinations(made[2:], 2))
    assert 0 < standard_errors(made[4], made[3]) < 1  # the two best: half rate, gentle


def test_what_is_said_of_resnet20_by_the_papers_recipe_is_in_the_files():
    """On the Results page, and in chapters 09 and 12."""
    made, short = (runs.load_run(f"resnet20-cifar10{name}") for name in ("-paper", ""))
    share, reported = made.test["accuracy"], PLANNED["resnet20-cifar10-paper"].reported
    error = sum(p * (1 - p) / 10_000 for p in (share, reported)) ** 0.5
    says("lies below the reported one by a third of the standard error of such a difference")
    assert (reported - share) / error == pytest.approx(1 / 3, abs=0.03)
    assert f"{100 * (reported - share):.2f}" == "0.13"
    gained = share - short.test["accuracy"]
    assert 0.02 < gained < 0.03 and gained / (1 - short.test["accuracy"]) == pytest.approx(1 / 4, abs=0.03)
    steps, few = (run.provenance["recipe"]["epochs"] * 352 for run in (made, short))
    says("`fast` comes within three points of it, with a fifteenth of the steps")
    assert round(steps) == 64_000 and steps / few == pytest.approx(15, abs=0.3)
    says("an epoch of ResNet-20 takes **b** three fifths of the time that it takes **a**")
    assert [recorded_runs.machines()[run.machine] for run in (short, made)] == ["a", "b"]
    assert made.epoch_seconds / short.epoch_seconds == pytest.approx(3 / 5, abs=0.03)
    seen = {epoch["epoch"]: 100 * epoch["validation_accuracy"] for epoch in made.epochs}
    before = [seen[epoch] for epoch in range(10, 91)]
    assert max(abs(one - next_one) for one, next_one in itertools.pairwise(before)) == pytest.approx(5, abs=0.15)
    learned = {epoch["epoch"]: 100 * epoch["train_accuracy"] for epoch in made.epochs}
    assert seen[91] - seen[90] > 1.5 and abs(learned[91] - learned[90]) < 0.2 and learned[92] - learned[91] > 3
    assert seen[94] - statistics.mean(before[-10:]) == pytest.approx(5, abs=0.5)
    settled = [seen[epoch] for epoch in range(127, 137)]
    assert 0.3 < statistics.mean(list(seen.values())[-10:]) - statistics.mean(settled) < 0.5


def test_what_the_page_says_of_the_tutorials_resnet18_is_in_the_files():
    made, fast = (runs.load_run(f"resnet18-cifar10{recipe}") for recipe in ("-tutorial-20-epochs", ""))
    reported = PLANNED["resnet18-cifar10-tutorial"].reported
    says("20 were run, with seed 0")
    assert len(made.epochs) == 20 and made.provenance["recipe"]["seed"] == 0
    says("They end 1.3 points above the reported figure, with 98.9 % of the training images right")
    assert f"{100 * (made.test['accuracy'] - reported):.1f}" == "1.3"
    assert f"{100 * made.epochs[-1]['train_accuracy']:.1f}" == "98.9"
    says("At its pace 50 epochs take two cores of **b** four hours")
    assert recorded_runs.machines()[made.machine] == "b"
    assert made.epoch_seconds * 50 / 3600 == pytest.approx(4, abs=0.25)
    says("`fast` brings the same network 6.5 points higher in half as many epochs")
    assert f"{100 * (fast.test['accuracy'] - made.test['accuracy']):.1f}" == "6.5"
    assert len(fast.epochs) == 10


def test_what_is_said_of_the_seminars_resnet_is_in_the_files():
    """On the Results page, and in chapter 09."""
    made = runs.load_run("seminar-cifar10")
    learned, seen = ([100 * row[f"{part}_accuracy"] for row in made.epochs] for part in ("train", "validation"))
    recipe = made.provenance["recipe"]
    says("SGD at a constant rate of 0.1, batches of 128, no augmentation, 51 epochs, seed 0")
    assert [recipe[key] for key in ("optimizer", "schedule", "lr", "batch_size", "crop_padding", "flip", "seed")] == [
        "sgd", "constant", 0.1, 128, 0, False, 0
    ]  # fmt: skip
    says("we held 5,000 images out")
    assert recipe["validation"] == 5_000 and len(made.epochs) == 51
    says("From epoch 18 on the accuracy on the images to learn from rises by 8.5 points")
    assert f"{learned[-1] - learned[17]:.1f}" == "8.5"
    says("On those held out it is 75.0 % on average in epochs 18 to 34, and 75.4 % in epochs 35 to 51")
    assert [f"{statistics.mean(part):.1f}" for part in (seen[17:34], seen[34:])] == ["75.0", "75.4"]
    (chapter,) = (BOOK.parents[1] / "notebooks").glob("09_*.ipynb")
    text = chapter.read_text(encoding="utf-8")
    assert "From epoch 18 on training climbs from 89 to 97 %, and validation stays between 72 and 78" in text
    assert min(seen[17:]) > 72 and max(seen[17:]) < 78
    assert (round(learned[17]), round(learned[-1])) == (89, 97)
    assert "In epoch 11 they are six points apart" in text and round(learned[10] - seen[10]) == 6
    assert all(one - other < 5 for one, other in zip(learned[:10], seen[:10], strict=True))


def test_what_crop_and_flip_are_worth_to_the_seminars_resnet_is_in_the_files():
    """On the Results page, and in chapter 09."""
    plain, altered = made = [runs.load_run(f"seminar-cifar10{name}") for name in ("", "-crop-flip")]
    one, other = (run.provenance["recipe"] for run in made)
    says("The run was made again with crop and flip, and nothing else changed")
    assert {key for key in one if one[key] != other[key]} == {"crop_padding", "flip"}
    learned, seen = (
        [[100 * row[f"{part}_accuracy"] for row in run.epochs] for run in made] for part in ("train", "validation")
    )
    says("on the images held out it is 81.8 % on average in epochs 18 to 34, and 84.7 % in epochs 35 to 51")
    assert [f"{statistics.mean(part):.1f}" for part in (seen[1][17:34], seen[1][34:])] == ["81.8", "84.7"]
    says("There training lies 5 points above, on altered images; without crop and flip it lies 22 above")
    apart = [statistics.mean(part[34:]) for part in learned], [statistics.mean(part[34:]) for part in seen]
    assert [round(up - down) for up, down in zip(*apart, strict=True)] == [22, 5]
    says("On the test images 86.12 % are right in place of 75.50 %, 19 standard errors of such a difference")
    assert [f"{100 * run.test['accuracy']:.2f}" for run in made] == ["75.50", "86.12"]
    assert round(standard_errors(altered, plain)) == 19
    says("in the 51 of the seminar's run, above, with another network and recipe, both are worth 10.6 points")
    assert f"{100 * (altered.test['accuracy'] - plain.test['accuracy']):.1f}" == "10.6"
    (chapter,) = (BOOK.parents[1] / "notebooks").glob("09_*.ipynb")
    text = chapter.read_text(encoding="utf-8")
    assert "from epoch 35 on training stands 5 points above validation, without them 22" in text
    assert "The test gains 10.6 points, 19 standard errors (one seed each)" in text


def test_what_crop_and_flip_are_worth_is_in_the_files(page):
    """On the Results page, and in chapter 09."""
    kinds = {"as it is": "", "no flip": "-no-flip", "no crop": "-no-crop", "no crop and no flip": "-no-crop-no-flip"}
    found, learned, right = {recipe: cells for recipe, *cells in rows(page, "recipe")}, {}, {}
    assert list(found) == list(kinds)
    for recipe, name in kinds.items():
        made = [runs.load_run(one) for one in runs.names() if re.fullmatch(rf"resnet14-cifar10{name}(-seed\d)?", one)]
        learned[recipe] = statistics.mean(100 * run.epochs[-1]["train_accuracy"] for run in made)
        right[recipe] = [100 * run.test["accuracy"] for run in made]
        assert found[recipe][0] == f"{learned[recipe]:.1f} %"
        assert found[recipe][1].startswith(f"{statistics.mean(right[recipe]):.2f} %")
        assert f", {len(made)} runs" in found[recipe][1] or len(made) == 1
    as_it_is, no_flip, no_crop, neither = right.values()
    says("Both together are worth 1.2 points on the test images, six standard errors of such a difference of two means")
    points, errors = worth(as_it_is, neither)
    assert (f"{points:.1f}", round(errors)) == ("1.2", 6)
    says("without the flip or without the crop, less than 0.2 points are lost, and less than one standard error")
    for made in (no_flip, no_crop):
        points, errors = worth(as_it_is, made)
        assert 0 < points < 0.2 and errors < 1
    assert {len(made) for made in right.values()} == {3}
    says("96.6 % of the images are right without either, and with both 88.4 % of the altered ones")
    assert (f"{learned['no crop and no flip']:.1f}", f"{learned['as it is']:.1f}") == ("96.6", "88.4")
    (chapter,) = (BOOK.parents[1] / "notebooks").glob("09_*.ipynb")
    text = chapter.read_text("utf-8")
    assert "both together are worth 1.2 points, six standard errors of the difference" in text
    assert "Where only one is missing, three seeds show no loss beyond chance" in text


def worth(one, other):
    """How much higher the mean of the first runs is, in points, and in standard errors of that difference."""
    points = statistics.mean(one) - statistics.mean(other)
    return points, points / (statistics.variance(one) / len(one) + statistics.variance(other) / len(other)) ** 0.5


def test_what_is_said_of_plain_networks_is_in_the_files():
    """On the Results page, and in chapter 08."""
    groups = recorded_runs.groups()
    shallow, deep, *residual = made = [
        groups[f"{name}-cifar10"] for name in ("plain20", "plain32", "resnet20", "resnet32")
    ]
    says("by the same recipe, with three seeds each")
    assert [len(seeds) for seeds in made] == [3] * 4
    assert len({run.provenance["recipe"]["name"] for seeds in made for run in seeds}) == 1
    counts = [seeds[0].provenance["parameters"] for seeds in made]
    assert counts[:2] == counts[2:]
    right, losses = (
        [[look(run) for run in seeds] for seeds in made]
        for look in (lambda run: 100 * run.test["accuracy"], lambda run: run.epochs[-1]["train_loss"])
    )
    says("Twelve layers more cost the plain network 3.6 points, and with every seed its training loss is higher, too")
    points, errors = worth(right[0], right[1])
    assert f"{points:.1f}" == "3.6" and errors > 10 and min(losses[1]) > max(losses[0])
    says("the deeper leads by 0.4 points, two standard errors of such a difference of two means")
    points, errors = worth(right[3], right[2])
    assert (f"{points:.1f}", round(errors)) == ("0.4", 2)
    says("and with every seed its training loss is lower")
    assert max(losses[3]) < min(losses[2])
    (chapter,) = (BOOK.parents[1] / "notebooks").glob("08_*.ipynb")
    assert "12 epochs on CIFAR-10, 4,200 steps each" in chapter.read_text(encoding="utf-8")
    assert all(len(run.epochs) == 12 for seeds in made for run in seeds) and round(12 * 352, -2) == 4_200


def test_what_the_page_says_of_wrn_16_4_is_in_the_files():
    wide = runs.load_run("wrn-16-4-cifar10")
    made = [runs.load_run(name) for name in runs.names() if name.startswith("resnet18")]
    made = [run for run in made if len(run.epochs) <= len(wide.epochs)]
    best = max(made, key=lambda run: run.test["accuracy"])
    says("WRN-16-4 has a quarter of ResNet-18's parameters")
    assert wide.provenance["parameters"] / best.provenance["parameters"] == pytest.approx(1 / 4, abs=0.01)
    says("With its 12 epochs it lies within chance of the best that ResNet-18 reached in as many")
    assert len(wide.epochs) == len(best.epochs) == 12 and within_chance(wide, best)
    assert abs(standard_errors(wide, best)) < 1


def test_alexnets_ten_epochs_are_the_first_of_its_fifty():
    ten, fifty = (
        [epoch["train_loss"] for epoch in runs.load_run(f"alexnet-cifar10-{name}").epochs]
        for name in ("10-epochs", "tutorial")
    )
    assert ten == fifty[:10]


def test_what_chapter_12_types_of_the_recorded_runs_is_in_the_files():
    (chapter,) = (BOOK.parents[1] / "notebooks").glob("12_*.ipynb")
    text = chapter.read_text(encoding="utf-8")
    cnn, small, large = (
        100 * runs.load_run(f"{name}-cifar10").test["accuracy"] for name in ("small-cnn", "mlp", "large-mlp")
    )
    overtaken = f"In the third epoch; after twelve it leads by {cnn - large:.0f} points"
    for said in (f"reaches {cnn:.0f} % on", f"gaps of {large - small:.0f} and {cnn - large:.0f} points", overtaken):
        assert said in text
    seen = (
        [row["validation_accuracy"] for row in runs.load_run(f"{name}-cifar10").epochs]
        for name in ("small-cnn", "large-mlp")
    )
    assert [one > other for one, other in zip(*seen, strict=True)] == [False] * 2 + [True] * 10


def test_what_chapter_11_says_of_the_recorded_runs_is_in_the_files():
    (chapter,) = (BOOK.parents[1] / "notebooks").glob("11_*.ipynb")
    assert "of the small ones the deeper leads in every epoch (three seeds each, other blocks)" in chapter.read_text(
        encoding="utf-8"
    )
    deep, wide = (
        [[epoch["train_accuracy"] for epoch in run.epochs] for run in recorded_runs.groups()[f"{name}-cifar10"]]
        for name in ("resnet20", "wrn-10-2")
    )
    assert len(deep) == len(wide) == 3
    says("each of its seeds is behind in training from the first epoch to the last")
    least, most = (map(end, zip(*seeds, strict=True)) for end, seeds in ((min, deep), (max, wide)))
    assert all(one > other for one, other in zip(least, most, strict=True))


def test_every_recorded_run_is_in_a_curve_reader(page):
    drawn = set(re.findall(r'"name":"([^"]+)"', html.unescape(" ".join(re.findall(r"<cnn-curves[^>]*>", page)))))
    assert drawn == {runs.load_run(name).name for name in runs.names()}


def test_what_is_said_to_hold_nothing_out_does_so(page):
    part = html.unescape(page).partition("which holds nothing out:")[2].partition("</cnn-curves>")[0]
    drawn = set(re.findall(r'"name":"([^"]+)"', part))
    held = {run.name: run.provenance["recipe"]["validation"] for run in map(runs.load_run, runs.names())}
    assert drawn and not any(held[name] for name in drawn)


def alt_of(page, file):
    """What the page says of a picture for those who cannot see it."""
    alt = re.search(rf'alt="([^"]*)"[^>]*src="[^"]*{file}|src="[^"]*{file}[^"]*"[^>]*alt="([^"]*)"', page)
    return html.unescape(alt[1] or alt[2])


def test_plots_say_where_each_point_is(page):
    for file in ("accuracy_by_time", "accuracy_by_parameters"):
        said = alt_of(page, file)
        drawn = recorded_plots.best_of_each_network()
        for name, made in recorded_runs.groups().items():
            mean, _ = recorded_runs.mean_and_spread(made)
            letter = f" ({recorded_runs.took(made)[-1]})" if file == "accuracy_by_time" else ""
            assert (f"{PLANNED[name].title}{letter} {mean:.1f} %" in said) == (name in drawn)
        assert "e+" not in said


def test_plots_have_the_best_recipe_of_each_network():
    drawn, made = recorded_plots.best_of_each_network(), recorded_runs.groups()
    builders = {PLANNED[name].build: name for name in drawn}
    assert len(builders) == len(drawn) > 7
    for name, seeds in made.items():
        if PLANNED[name].data == "cifar10":
            best = made[builders[PLANNED[name].build]]
            assert recorded_runs.mean_and_spread(best)[0] >= recorded_runs.mean_and_spread(seeds)[0]


def test_picture_of_the_gaps_says_where_each_line_ends(page):
    name = "alexnet-cifar10-tutorial"
    reported, said = PLANNED[name].reported_losses, alt_of(page, "gaps")
    long = [run for run in recorded_runs.variations(name) if len(run.epochs) == len(reported)]
    assert len(long) > 3
    for run in (runs.load_run(name), *long):
        gap = run.epochs[len(reported) - 1]["train_loss"] - reported[-1]
        assert re.search(rf"[:,] {re.escape(f'{recorded_runs.change(run)} {gap:+.3f}')}[,.]", said), said


def test_lines_that_differ_in_their_seed_only_share_a_colour_a_dash_and_a_name():
    names = ("tutorial", "seed1", "unnormalised", "unnormalised-seed1", "40000-images")
    picture = plots.curves({name: [0, 1] for name in ("reported", *names)}, xlabel="x", ylabel="y", alt="Lines.")
    recorded_plots.sign_by_recipe(picture.figure, [PLANNED[f"alexnet-cifar10-{name}"] for name in names])
    colours = [line.get_color() for line in picture.figure.axes[0].lines]
    assert [colours.index(colour) for colour in colours] == [0, 1, 1, 3, 3, 5]
    dashes = [str(line._unscaled_dash_pattern) for line in picture.figure.axes[0].lines]
    assert [dashes.index(dash) for dash in dashes] == [0, 1, 1, 3, 3, 5]
    listed = [text.get_text() for text in picture.figure.axes[0].get_legend().get_texts()]
    assert listed == ["reported", "as printed, 2 seeds", "values from 0 to 1, 2 seeds", "40,000 images"]


def test_labels_of_a_plot_lie_free():
    random.seed(0)
    met = 0
    for _ in range(10):
        points = {f"Network {i}": (random.uniform(1, 9), random.uniform(70, 95)) for i in range(8)}
        figure = plots.scatter(points, xlabel="x", ylabel="y", alt="Points.").figure
        recorded_plots.keep_labels_apart(figure)
        figure.draw_without_rendering()
        boxes = [label.get_window_extent() for label in figure.axes[0].texts]
        met += sum(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert met <= 2  # a label has six places: where points crowd, all may be taken


@pytest.mark.parametrize("against", ["time", "parameters"])
def test_label_of_a_point_lies_beside_no_other(against, monkeypatch):
    drawn = []
    monkeypatch.setattr(recorded_plots.Drawn, "figure", lambda self, picture, name: drawn.append(picture.figure))
    directive = object.__new__(recorded_plots.RecordedPlot)
    directive.arguments = [against]
    directive.run()
    axes = drawn[0].axes[0]
    places = {label.get_text(): axes.transData.transform(label.xy) for label in axes.texts}
    for label in axes.texts:
        box = label.get_window_extent()
        near = {name: recorded_plots.distance(place, box) for name, place in places.items()}
        assert min(near, key=near.get) == label.get_text(), near


def test_commands_on_the_page_name_runs(page):
    assert {name for name in COMMAND.findall(page) if name != "name"} <= set(PLANNED)


def test_machines_are_named_below_the_table(page):
    made = {runs.load_run(name).machine for name in runs.names()}
    assert set(letters(page)) == made and len(set(letters(page).values())) == len(made)


@pytest.mark.parametrize(
    ("seconds", "said"), [(9, "9 s"), (95, "95 s"), (130, "2 min"), (5_940, "99 min"), (7_500, "2 h 05 min")]
)
def test_time_is_said_as_a_reader_says_it(seconds, said):
    assert recorded_runs.duration(seconds) == said


def test_time_of_a_run_does_not_count_what_the_machine_did_beside_it():
    run = runs.load_run("mlp-cifar10")
    slow = [dict(row) for row in run.epochs]
    slow[3]["seconds"] = DAY
    delayed = runs.Recorded(run.name, slow, run.loss_curve, run.test, run.provenance)
    assert recorded_runs.seconds([delayed]) < 2 * recorded_runs.seconds([run])


def test_spread_is_the_sample_standard_deviation():
    one = runs.load_run("mlp-cifar10")
    others = [
        runs.Recorded(one.name, one.epochs, one.loss_curve, {"accuracy": share}, one.provenance) for share in (0.5, 0.6)
    ]
    mean, spread = recorded_runs.mean_and_spread(others)
    assert (round(mean, 6), round(spread, 4)) == (55.0, 7.0711)
    assert recorded_runs.mean_and_spread([one])[1] is None


def test_page_names_the_networks_whose_seeds_come_from_several_computers():
    made = {
        PLANNED[name].title: {run.provenance["device_name"] for run in seeds}
        for name, seeds in recorded_runs.groups().items()
    }
    several = {PLANNED[name].title for name, seeds in recorded_runs.groups().items() if len(seeds) > 1}
    says("which differ in their seed (and, but for those of MLP, CNN and AlexNet, in the computer)")
    assert {title for title in several if len(made[title]) == 1} == {"MLP", "CNN", "AlexNet"}


def test_what_the_page_says_of_resnet14_and_resnet20_is_in_the_files():
    groups = recorded_runs.groups()
    few, many = (recorded_runs.mean_and_spread(groups[f"resnet{depth}-cifar10"]) for depth in (14, 20))
    says("The larger, which also has another shortcut, leads by 1.0 points, four standard errors of such a difference")
    error = ((few[1] ** 2 + many[1] ** 2) / 3) ** 0.5
    assert f"{many[0] - few[0]:.1f}" == "1.0" and (many[0] - few[0]) / error == pytest.approx(4, abs=0.05)
    assert all(len(groups[f"resnet{depth}-cifar10"]) == 3 for depth in (14, 20))
    wide = recorded_runs.mean_and_spread(groups["wrn-10-2-cifar10"])
    says("with three seeds, it lies 1.3 points below ResNet-20, six standard errors")
    error = ((wide[1] ** 2 + many[1] ** 2) / 3) ** 0.5
    assert f"{many[0] - wide[0]:.1f}" == "1.3" and round((many[0] - wide[0]) / error) == 6
    deep, wide = (groups[f"{name}-cifar10"][0].provenance["parameters"] for name in ("resnet20", "wrn-10-2"))
    says("with an eighth more parameters")
    assert wide / deep == pytest.approx(9 / 8, abs=0.01)
