"""Wrong answers to the exercises of chapter 12."""

import statistics

import numpy
import torch
import torch.nn.functional as F
from torch import nn

from . import wrong

# mean_and_spread


@wrong("mean_and_spread", says="You divide by n. That is the spread of these very runs")
def spread_of_the_population(accuracies):
    return numpy.mean(accuracies), numpy.std(accuracies)


@wrong("mean_and_spread", says="You return the variance, in squared units")
def spread_without_root(accuracies):
    mean = sum(accuracies) / len(accuracies)
    return mean, sum((a - mean) ** 2 for a in accuracies) / (len(accuracies) - 1)


@wrong("mean_and_spread", says="the standard error of the mean")
def spread_of_the_mean(accuracies):
    return statistics.mean(accuracies), statistics.stdev(accuracies) / len(accuracies) ** 0.5


@wrong("mean_and_spread", says="the distance from the worst to the best run")
def spread_as_range(accuracies):
    return sum(accuracies) / len(accuracies), max(accuracies) - min(accuracies)


@wrong("mean_and_spread", says="half of the distance from the worst to the best")
def spread_as_half_range(accuracies):
    ordered = sorted(accuracies)
    return sum(ordered) / len(ordered), (ordered[-1] - ordered[0]) / 2


@wrong("mean_and_spread", says="the mean of the absolute distances")
def spread_of_absolute_distances(accuracies):
    mean = sum(accuracies) / len(accuracies)
    return mean, sum(abs(a - mean) for a in accuracies) / len(accuracies)


@wrong("mean_and_spread", says="Your first number is the median")
def spread_around_the_median(accuracies):
    return statistics.median(accuracies), statistics.stdev(accuracies)


@wrong("mean_and_spread", says="Your first number is the best run")
def spread_below_the_best(accuracies):
    return max(accuracies), torch.tensor(accuracies, dtype=torch.float64).std()


@wrong("mean_and_spread", says="Mean first, then the spread")
def spread_first(accuracies):
    x = torch.tensor(accuracies, dtype=torch.float64)
    return x.std().item(), x.mean().item()


@wrong("mean_and_spread", says="a hundred times too large")
def spread_in_percent(accuracies):
    percent = [100 * a for a in accuracies]
    return statistics.mean(percent), statistics.stdev(percent)


@wrong("mean_and_spread", says="Only the mean comes back")
def spread_forgotten(accuracies):
    return sum(accuracies) / len(accuracies)


@wrong("mean_and_spread", says="add up to 0")
def spread_of_signed_distances(accuracies):
    mean = sum(accuracies) / len(accuracies)
    return mean, abs(sum(a - mean for a in accuracies)) / (len(accuracies) - 1)


@wrong("mean_and_spread", says="your function prints something but returns None")
def spread_printed(accuracies):
    print(statistics.mean(accuracies), statistics.stdev(accuracies))


# accuracy_error


@wrong("accuracy_error", says="That is the variance of the share")
def error_without_root(accuracy, images):
    return accuracy * (1 - accuracy) / images


@wrong("accuracy_error", says="outside of the root")
def error_over_n(accuracy, images):
    return (accuracy * (1 - accuracy)) ** 0.5 / images


@wrong("accuracy_error", says="You left out the number of images")
def error_of_one_image(accuracy, images):
    return (accuracy - accuracy**2) ** 0.5


@wrong("accuracy_error", says="Your error counts images")
def error_as_a_count(accuracy, images):
    return (images * accuracy * (1 - accuracy)) ** 0.5


@wrong("accuracy_error", says="You left out 1 − p")
def error_without_q(accuracy, images):
    return (accuracy / images) ** 0.5


@wrong("accuracy_error", says="You took 1 − p alone")
def error_of_the_error(accuracy, images):
    wrong_share = 1 - accuracy
    return (wrong_share / images) ** 0.5


@wrong("accuracy_error", says="the largest error that any accuracy can have")
def error_of_the_worst_case(accuracy, images):
    return (0.5 * 0.5 / images) ** 0.5


@wrong("accuracy_error", says="1/√n is twice the largest")
def error_by_rule_of_thumb(accuracy, images):
    return images**-0.5


@wrong("accuracy_error", says="half a 95 % interval")
def error_as_interval(accuracy, images):
    return 1.96 * (accuracy * (1 - accuracy) / images) ** 0.5


@wrong("accuracy_error", says="in percent points")
def error_in_points(accuracy, images):
    return (accuracy * 100 * (1 - accuracy) * 100 / images) ** 0.5


@wrong("accuracy_error", says="You divide by n − 1")
def error_of_a_sample(accuracy, images):
    right = round(accuracy * images)
    answers = torch.cat([torch.ones(right), torch.zeros(images - right)]).double()
    return answers.std() / images**0.5


# paired_difference


@wrong("paired_difference", says="as if each network had seen pictures of its own")
def pair_unpaired(right_a, right_b):
    n, a, b = len(right_a), right_a.double().mean(), right_b.double().mean()
    return a - b, (a * (1 - a) / n + b * (1 - b) / n).sqrt()


@wrong("paired_difference", says="You added two standard errors")
def pair_adds_errors(right_a, right_b):
    n, a, b = len(right_a), right_a.double().mean(), right_b.double().mean()
    return a - b, (a * (1 - a) / n).sqrt() + (b * (1 - b) / n).sqrt()


@wrong("paired_difference", says="the standard deviation of single images")
def pair_without_n(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean(), d.std()


@wrong("paired_difference", says="You divided by N.")
def pair_over_n(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean(), d.std() / len(d)


@wrong("paired_difference", says="Your error is a variance")
def pair_variance(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean(), d.var() / len(d)


@wrong("paired_difference", says="The sample standard deviation divides by N − 1")
def pair_population(right_a, right_b):
    n = len(right_a)
    only_a, only_b = (right_a & ~right_b).sum().item(), (~right_a & right_b).sum().item()
    difference = (only_a - only_b) / n
    return difference, ((only_a + only_b) / n - difference**2) ** 0.5 / n**0.5


@wrong("paired_difference", says="You left the images out on which the two agree")
def pair_only_where_they_differ(right_a, right_b):
    d = right_a.double() - right_b.double()
    d = d[d != 0]
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("paired_difference", says="you return b minus a")
def pair_backwards(right_a, right_b):
    d = right_b.double() - right_a.double()
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("paired_difference", says="how often the two differ")
def pair_disagreement(right_a, right_b):
    d = (right_a != right_b).double()
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("paired_difference", says="The sign is lost")
def pair_absolute(right_a, right_b):
    d = right_a.double() - right_b.double()
    return d.mean().abs(), d.std() / len(d) ** 0.5


@wrong("paired_difference", says="PyTorch does not subtract bools")
def pair_of_bools(right_a, right_b):
    d = right_a - right_b
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("paired_difference", says="Whole numbers have no mean")
def pair_of_integers(right_a, right_b):
    d = right_a.int() - right_b.int()
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("paired_difference", says="A byte cannot be negative")
def pair_of_bytes(right_a, right_b):
    d = (right_a.byte() - right_b.byte()).double()
    return d.mean(), d.std() / len(d) ** 0.5


@wrong("paired_difference", says="Only the difference comes back")
def pair_without_error(right_a, right_b):
    return right_a.double().mean() - right_b.double().mean()


# report_runs


def _at(validation, test):
    return test[torch.arange(len(test)), validation.argmax(dim=1)]


@wrong("report_runs", says="best on the test set. That flatters")
def runs_best_test_epoch(validation, test):
    best = test.max(dim=1).values
    return best.mean(), best.std()


@wrong("report_runs", says="You report the validation accuracy")
def runs_report_validation(validation, test):
    best = validation.amax(dim=1)
    return best.mean(), best.std()


@wrong("report_runs", says="You take the last epoch of each run")
def runs_last_epoch(validation, test):
    return test[:, -1].mean(), test[:, -1].std()


@wrong("report_runs", says="You choose one epoch for all runs")
def runs_one_epoch_for_all(validation, test):
    chosen = test[:, validation.mean(dim=0).argmax()]
    return chosen.mean(), chosen.std()


@wrong("report_runs", says="argmax goes along dimension 1")
def runs_wrong_dimension(validation, test):
    chosen = test[validation.argmax(dim=0), torch.arange(test.shape[1])]
    return chosen.mean(), chosen.std()


@wrong("report_runs", says="Your spread is taken over epochs")
def runs_spread_of_the_last_epochs(validation, test):
    return _at(validation, test).mean(), test[:, -5:].std(dim=1).mean()


@wrong("report_runs", says="Your spread is taken over epochs")
def runs_spread_of_the_mean_curve(validation, test):
    return _at(validation, test).mean(), test.mean(dim=0).std()


@wrong("report_runs", says="Your spread mixes runs and epochs")
def runs_spread_of_everything(validation, test):
    return _at(validation, test).mean(), test.std()


@wrong("report_runs", says="Your numbers come from all epochs")
def runs_all_epochs(validation, test):
    return test.mean(), test.std()


@wrong("report_runs", says="Your standard deviation divides by n")
def runs_population(validation, test):
    chosen = _at(validation, test)
    return chosen.mean(), ((chosen - chosen.mean()) ** 2).mean().sqrt()


@wrong("report_runs", says="You return the standard error of the mean")
def runs_standard_error(validation, test):
    chosen = _at(validation, test)
    return chosen.mean(), chosen.std() / len(chosen) ** 0.5


@wrong("report_runs", says="the one that validation likes best")
def runs_best_run(validation, test):
    chosen = _at(validation, test)
    return chosen[validation.max(dim=1).values.argmax()], chosen.std()


@wrong("report_runs", says="You report the best of the runs")
def runs_luckiest(validation, test):
    chosen = _at(validation, test)
    return chosen.max(), chosen.std()


@wrong("report_runs", says="Pair each row with its own column")
def runs_index_a_square(validation, test):
    chosen = test[:, validation.argmax(dim=1)]
    return chosen.mean(), chosen.std()


# model_card


def _card(history, **lines):
    made, recipe = history.provenance, history.provenance["recipe"]
    card = {
        "Model": f"{made['model']}, {made['parameters']} parameters",
        "Data": f"{made['data']} ({made['fingerprint']})",
        "Recipe": f"{recipe['epochs']} epochs, batch {recipe['batch_size']}, {recipe['optimizer']}, lr {recipe['lr']}, "
        f"seed {recipe['seed']}",
        "Weights": f"epoch {made['chosen_epoch']}, best on {recipe['validation']} validation images",
        "Test accuracy": f"{100 * history.test['accuracy']:.1f} %",
        "Made on": f"{made['device_name']}, {made['precision']}, torch {made['torch']}, commit {made['commit']}",
    }
    return "\n".join(f"{label}: {text}" for label, text in (card | lines).items() if text)


@wrong("model_card", says="the best validation accuracy")
def card_flatters(history):
    best = max(row["validation_accuracy"] for row in history.epochs)
    return _card(history, **{"Test accuracy": f"{best:.1%}"})


@wrong("model_card", says="the training accuracy")
def card_reports_training(history):
    return _card(history, **{"Test accuracy": f"{history.epochs[-1]['train_accuracy']:.1%}"})


@wrong("model_card", says="gives a share")
def card_with_a_share(history):
    return _card(history, **{"Test accuracy": str(history.test["accuracy"])})


@wrong("model_card", says="has no unit")
def card_without_unit(history):
    return _card(history, **{"Test accuracy": f"{100 * history.test['accuracy']:.1f}"})


@wrong("model_card", says="gives the test loss")
def card_with_the_loss(history):
    return _card(history, **{"Test accuracy": f"{history.test['loss']:.4f}"})


@wrong("model_card", says="lacks the seed")
def card_without_seed(history):
    recipe = history.provenance["recipe"]
    text = f"{recipe['epochs']} epochs, {recipe['batch_size']} images, {recipe['optimizer']} with {recipe['lr']}"
    return _card(history, Recipe=text)


@wrong("model_card", says="lacks the commit")
def card_without_commit(history):
    made = history.provenance
    return _card(history, **{"Made on": f"{made['device_name']}, {made['precision']}, torch {made['torch']}"})


@wrong("model_card", says="gives the last epoch")
def card_of_the_last_epoch(history):
    held_out = history.provenance["recipe"]["validation"]
    return _card(history, Weights=f"epoch {len(history.epochs)}, {held_out} images held out")


@wrong("model_card", says="lacks the validation")
def card_hides_who_chose(history):
    return _card(history, Weights=f"epoch {history.provenance['chosen_epoch']}")


@wrong("model_card", says="lacks the fingerprint")
def card_names_the_data_only(history):
    return _card(history, Data=history.provenance["data"])


@wrong("model_card", says="the line 'Weights: …' is missing")
def card_with_five_lines(history):
    return _card(history, Weights="")


@wrong("model_card", says="lacks the model")
def card_of_this_very_run(history):
    return _card(history, Model="SmallCNN, 94,538 parameters")


@wrong("model_card", says="expected a text, got list")
def card_as_a_list(history):
    return _card(history).splitlines()


# my_network


def _body(*end, width=32):
    return nn.Sequential(
        nn.Conv2d(3, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(4), *end
    )


class _Network(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, stride=4), nn.Conv2d(3, 8, 3, stride=4)
        self.norm, self.last = nn.BatchNorm2d(8), nn.Linear(512, num_classes)

    def forward(self, x):
        return self.last(self.norm(self.first(x)).relu().flatten(1))


@wrong("my_network", says="Its last layer must follow num_classes")
def net_always_ten(num_classes):
    return _body(nn.Flatten(), nn.Linear(512, 10))


@wrong("my_network", says="at most 300,000 are allowed")
def net_too_large(num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 128), nn.ReLU(), nn.Linear(128, num_classes))


@wrong("my_network", says="there is a softmax")
def net_with_softmax(num_classes):
    return _body(nn.Flatten(), nn.Linear(512, num_classes), nn.Softmax(dim=1))


@wrong("my_network", says="ends in a ReLU or a sigmoid")
def net_with_last_relu(num_classes):
    return _body(nn.Flatten(), nn.Linear(512, num_classes), nn.ReLU())


@wrong("my_network", says="there is a log_softmax")
def net_with_log_softmax(num_classes):
    return _body(nn.Flatten(), nn.Linear(512, num_classes), nn.LogSoftmax(dim=1))


@wrong("my_network", says="no gradient reaches 2 of the parameters: second")
def net_with_an_unused_layer(num_classes):
    class Network(_Network):
        def forward(self, x):
            return self.last(self.norm(self.first(x)).relu().flatten(1))

    return Network(num_classes)


@wrong("my_network", says="no gradient reaches")
def net_with_a_frozen_stem(num_classes):
    network = _body(nn.Flatten(), nn.Linear(512, num_classes))
    network[0].requires_grad_(False)
    return network


@wrong("my_network", says="F.dropout needs training=self.training")
def net_that_always_drops(num_classes):
    class Network(_Network):
        def forward(self, x):
            return self.last(F.dropout((self.first(x) + self.second(x)).relu().flatten(1), 0.5))

    return Network(num_classes)


@wrong("my_network", says="depend on the other images of its batch")
def net_that_looks_sideways(num_classes):
    class Network(_Network):
        def forward(self, x):
            x = x - x.mean(dim=0)
            return self.last(self.norm(self.first(x) + self.second(x)).relu().flatten(1))

    return Network(num_classes)


@wrong("my_network", says="Build it: add ()")
def net_as_a_class(num_classes):
    return _Network


@wrong("my_network", says="Does the function end in `return`?")
def net_not_returned(num_classes):
    _body(nn.Flatten(), nn.Linear(512, num_classes))


@wrong("my_network", says="Height and width are still there")
def net_that_keeps_the_map(num_classes):
    return _body(nn.Conv2d(32, num_classes, 1))


@wrong("my_network", says="Height and width are still there")
def net_of_means_with_their_axes(num_classes):
    return _body(nn.Conv2d(32, num_classes, 1), nn.AdaptiveAvgPool2d(1))


@wrong("my_network", says="Is something flattened across the images?")
def net_that_flattens_the_batch(num_classes):
    return _body(nn.Flatten(0), nn.Unflatten(0, (-1, 64)), nn.Linear(64, num_classes))


@wrong("my_network", says="Is nn.Flatten() before it, and how large is the map there?")
def net_without_flatten(num_classes):
    return _body(nn.AdaptiveAvgPool2d(1), nn.Linear(32, num_classes))


@wrong("my_network", says="A linear layer reads another number of values than it is given")
def net_of_another_width(num_classes):
    return _body(nn.Flatten(), nn.Linear(2048, num_classes))


@wrong("my_network", says="got list. nn.Sequential(*layers) makes one module of them.")
def net_as_a_list(num_classes):
    return list(_body(nn.Flatten(), nn.Linear(512, num_classes)))


@wrong("my_network", says="nn.ModuleList only keeps layers")
def net_in_a_module_list(num_classes):
    return nn.ModuleList(_body(nn.Flatten(), nn.Linear(512, num_classes)))


@wrong("my_network", says="`layers` is a plain list")
def net_in_a_list(num_classes):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Conv2d(3, 8, 3, stride=4), nn.Flatten(), nn.Linear(512, num_classes)]

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    return Network()


@wrong("model_card", says="write one decimal")
def card_two_decimals(history):
    return _card(history, **{"Test accuracy": f"{100 * history.test['accuracy'] + 0.01:.2f} %"})


@wrong("my_network", says="squeeze() also removes the batch axis")
class SqueezesAll(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.body, self.fc = nn.Conv2d(3, 16, 3, stride=2), nn.Linear(16, num_classes)

    def forward(self, x):
        return self.fc(self.body(x).relu().mean((2, 3), keepdim=True).squeeze())


@wrong("my_network", says="the network ends in a tanh")
def network_with_a_tanh(num_classes):
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, 2, 1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(512, num_classes),
        nn.Tanh(),
    )


@wrong("my_network", says="depend on the other images of its batch")
class ReadsTheBatchInOrder(nn.Module):
    """Without batch_first=True, a recurrent layer goes from image to image."""

    def __init__(self, num_classes):
        super().__init__()
        self.rows, self.fc = nn.GRU(96, 128), nn.Linear(128, num_classes)

    def forward(self, x):
        return self.fc(self.rows(x.permute(0, 2, 1, 3).flatten(2))[0][:, -1])


@wrong("model_card", says="changes the record that it is given. Work on copy.deepcopy")
def card_that_takes_the_recipe_away(history):
    text = _card(history)
    history.provenance.pop("recipe")
    return text


@wrong("model_card", says="changes the record that it is given")
def card_that_takes_the_provenance_away(history):
    text = _card(history)
    vars(history).pop("provenance")
    return text


@wrong("model_card", says="changes the record that it is given")
def card_that_keeps_notes_in_the_record(history):
    history.epochs = numpy.array([row["seconds"] for row in history.epochs])
    return _card(history)


@wrong("my_network", says="your network changes the images that it is given")
def net_with_a_relu_in_place_on_the_images(num_classes):
    return nn.Sequential(nn.ReLU(inplace=True), *_body(nn.Flatten(), nn.Linear(512, num_classes)))


@wrong("my_network", says="your network changes the images that it is given")
class ClampsTheImages(_Network):
    def forward(self, x):
        x.clamp_(-2, 2)
        return self.last(self.norm(self.first(x) + self.second(x)).relu().flatten(1))


@wrong("paired_difference", says="Your error adds up the variances of two accuracies")
def pair_sample_variances(right_a, right_b):
    a, b = right_a.double(), right_b.double()
    return a.mean() - b.mean(), ((a.var() + b.var()) / len(a)).sqrt()


@wrong("paired_difference", says="You added two standard errors")
def pair_adds_sample_errors(right_a, right_b):
    a, b = right_a.double(), right_b.double()
    return a.mean() - b.mean(), (a.std() + b.std()) / len(a) ** 0.5


@wrong("my_network", says="`ls` is a plain list or dict: PyTorch does not see the layers in it")
class HidesItsConvolutions(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.ls = [nn.Conv2d(3, 512, 3, 4, 1), nn.ReLU(), nn.Conv2d(512, 512, 3, 4, 1), nn.ReLU()]
        self.fc = nn.Linear(2048, num_classes)

    def forward(self, x):
        return self.fc(nn.Sequential(*self.ls)(x).flatten(1))


@wrong("my_network", says="computes with weights that are not among its parameters")
class HidesThemInListsOfLists(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.stages = [[nn.Conv2d(3, 16, 3, 4, 1), nn.BatchNorm2d(16)], [nn.ReLU(), nn.MaxPool2d(2)]]
        self.fc = nn.Linear(256, num_classes)

    def forward(self, x):
        for stage in self.stages:
            for layer in stage:
                x = layer.eval()(x)
        return self.fc(x.flatten(1))


@wrong("my_network", says="your network has no parameters to learn with")
class LearnsNothing(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.num_classes = num_classes

    def forward(self, x):
        return x.flatten(1)[:, : self.num_classes]
