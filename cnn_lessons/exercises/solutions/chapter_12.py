"""Answers of chapter 12."""

import torch
from torch import nn


def mean_and_spread(accuracies):
    n = len(accuracies)
    mean = sum(accuracies) / n
    return mean, (sum((a - mean) ** 2 for a in accuracies) / (n - 1)) ** 0.5


def accuracy_error(accuracy, images):
    return (accuracy * (1 - accuracy) / images) ** 0.5


def paired_difference(right_a, right_b):
    d = right_a.double() - right_b.double()  # +1, 0 or -1 for each image
    return d.mean(), d.std() / len(d) ** 0.5


def my_network(num_classes):
    def stage(in_channels, out_channels):
        convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        return [convolution, nn.BatchNorm2d(out_channels), nn.ReLU(), nn.MaxPool2d(2)]

    body = [*stage(3, 32), *stage(32, 64), *stage(64, 128)]  # (N, 128, 4, 4)
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, num_classes))


def model_card(history):
    made, recipe = history.provenance, history.provenance["recipe"]
    return "\n".join(
        (
            f"Model: {made['model']}, {made['parameters']:,} parameters",
            f"Data: {made['data']}, fingerprint {made['fingerprint']}",
            f"Recipe: {recipe['epochs']} epochs in batches of {recipe['batch_size']}, {recipe['optimizer']}, "
            f"learning rate {recipe['lr']}, seed {recipe['seed']}",
            f"Weights: of epoch {made['chosen_epoch']}, chosen on {recipe['validation']:,} held-out images",
            f"Test accuracy: {history.test['accuracy']:.1%}",
            f"Made on: {made['device_name']}, {made['precision']}, torch {made['torch']}, commit {made['commit']}",
        )
    )


def report_runs(validation, test):
    # Of each run the test accuracy at its own best epoch on validation: (S,).
    chosen = torch.stack([of_run[seen.argmax()] for seen, of_run in zip(validation, test, strict=True)])
    return chosen.mean(), chosen.std()
