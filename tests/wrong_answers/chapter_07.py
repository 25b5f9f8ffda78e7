"""Wrong answers to the exercises of chapter 07."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from cnn_lessons import models

from . import wrong

# alexnet_features


@wrong("alexnet_features", says="You padded the first convolution too")
def features_padded_at_the_start(in_channels, channels):
    layers = []
    for i, out in enumerate(channels):
        kernel = 1 if i == 4 else 3
        layers += [nn.Conv2d(in_channels, out, kernel, padding=kernel // 2), nn.ReLU()]
        if i in (0, 1, 4):
            layers.append(nn.MaxPool2d(2))
        in_channels = out
    return nn.Sequential(*layers)


@wrong("alexnet_features", says="You padded the 1×1 convolution")
def features_padded_pointwise(in_channels, channels):
    a, b, c, d, e = channels
    return nn.Sequential(
        nn.Conv2d(in_channels, a, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
        nn.Conv2d(d, e, 1, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    )  # fmt: skip


@wrong("alexnet_features", says="You left all the padding out")
def features_unpadded(in_channels, channels):
    a, b, c, d, e = channels
    return nn.Sequential(
        nn.Conv2d(in_channels, a, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(a, b, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(b, c, 3), nn.ReLU(), nn.Conv2d(c, d, 3), nn.ReLU(),
        nn.Conv2d(d, e, 1), nn.ReLU(), nn.MaxPool2d(2),
    )  # fmt: skip


class Features(nn.Module):
    """The right features, whose parts the wrong ones replace."""

    def __init__(self, in_channels, channels, last=1, bias=True):
        super().__init__()
        kernels, paddings = (3, 3, 3, 3, last), (0, 1, 1, 1, last // 2)
        sizes = [in_channels, *channels]
        layers = [
            nn.Conv2d(sizes[i], sizes[i + 1], kernels[i], padding=paddings[i], bias=bias) for i in range(len(channels))
        ]
        self.convs = nn.ModuleList(layers)

    def act(self, x, at):
        return F.relu(x)

    def pool(self, x, at):
        return F.max_pool2d(x, 2) if at in (0, 1, 4) else x

    def forward(self, x):
        for at, conv in enumerate(self.convs):
            x = self.pool(self.act(conv(x), at), at)
        return x


@wrong("alexnet_features", says="It is 1×1: it mixes channels")
class FeaturesAllThree(Features):
    def __init__(self, in_channels, channels):
        super().__init__(in_channels, channels, last=3)


@wrong("alexnet_features", says="You left out the ReLUs")
class FeaturesLinear(Features):
    def act(self, x, at):
        return x


@wrong("alexnet_features", says="The third and fourth convolution have no ReLU")
class FeaturesReluWithPool(Features):
    def act(self, x, at):
        return F.relu(x) if at in (0, 1, 4) else x


@wrong("alexnet_features", says="the one behind the fifth convolution. A ReLU follows")
class FeaturesLastLinear(Features):
    def act(self, x, at):
        return F.relu(x) if at < 4 else x


@wrong("alexnet_features", says="The last pooling is missing")
class FeaturesTwoPools(Features):
    def pool(self, x, at):
        return F.max_pool2d(x, 2) if at < 2 else x


@wrong("alexnet_features", says="The third pooling comes last")
class FeaturesEarlyPools(Features):
    def pool(self, x, at):
        return F.max_pool2d(x, 2) if at < 3 else x


@wrong("alexnet_features", says="You pooled behind every convolution")
class FeaturesAllPools(Features):
    def pool(self, x, at):
        return F.max_pool2d(x, 2)


@wrong("alexnet_features", says="Max pooling takes the largest value")
class FeaturesAveraged(Features):
    def pool(self, x, at):
        return F.avg_pool2d(x, 2) if at in (0, 1, 4) else x


@wrong("alexnet_features", says="Your windows overlap")
class FeaturesOf2012(Features):
    def pool(self, x, at):
        return F.max_pool2d(x, 3, 2) if at in (0, 1, 4) else x


@wrong("alexnet_features", says="Your pooling rounds up")
class FeaturesRoundedUp(Features):
    def pool(self, x, at):
        return F.max_pool2d(x, 2, ceil_mode=True) if at in (0, 1, 4) else x


@wrong("alexnet_features", says="Your pooling moves by one pixel")
class FeaturesSlowPools(Features):
    def pool(self, x, at):
        return F.max_pool2d(x, 2, stride=1) if at in (0, 1, 4) else x


@wrong("alexnet_features", says="Your convolutions have no bias")
class FeaturesBiasless(Features):
    def __init__(self, in_channels, channels):
        super().__init__(in_channels, channels, bias=False)


@wrong("alexnet_features", says="You flattened at the end")
class FeaturesFlat(Features):
    def forward(self, x):
        return super().forward(x).flatten(1)


@wrong("alexnet_features", says="always reads three channels")
def features_in_colour(in_channels, channels):
    return Features(3, channels)


@wrong("alexnet_features", says="The channels are the chapter's own")
def features_as_in_the_chapter(in_channels, channels):
    return Features(in_channels, [64, 192, 384, 256, 256])


@wrong("alexnet_features", says="Every convolution of yours reads `in_channels`")
def features_that_do_not_join(in_channels, channels):
    layers = []
    for i, out in enumerate(channels):
        layers += [nn.Conv2d(in_channels, out, 3 if i < 4 else 1, padding=int(0 < i < 4)), nn.ReLU()]
        if i in (0, 1, 4):
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


@wrong("alexnet_features", says="got list. nn.Sequential(*layers) makes one module of them.")
def features_in_a_list(in_channels, channels):
    return list(Features(in_channels, channels).convs)


@wrong("alexnet_features", says="nn.ModuleList only keeps layers")
def features_in_a_module_list(in_channels, channels):
    return Features(in_channels, channels).convs


@wrong("alexnet_features", says="the course's own alexnet_cifar")
def features_of_the_course(in_channels, channels):
    return models.alexnet_cifar(in_channels=in_channels).features


# alexnet_classifier


class Classifier(nn.Module):
    """The right classifier, whose parts the wrong ones replace."""

    def __init__(self, in_features, hidden, num_classes, dropout=0.5):
        super().__init__()
        self.p = dropout
        self.fc1 = nn.Linear(in_features, hidden[0])
        self.fc2 = nn.Linear(hidden[0], hidden[1])
        self.fc3 = nn.Linear(hidden[1], num_classes)

    def drop(self, x):
        return F.dropout(x, self.p, self.training)

    def forward(self, x):
        x = self.fc1(self.drop(x)).relu()
        x = self.fc2(self.drop(x)).relu()
        return self.fc3(x)


@wrong("alexnet_classifier", says="nn.ModuleList only keeps layers")
def classifier_in_a_module_list(in_features, hidden, num_classes, dropout=0.5):
    first, second = hidden
    drop, relu = nn.Dropout(dropout), nn.ReLU()
    layers = [drop, nn.Linear(in_features, first), relu, drop, nn.Linear(first, second), relu]
    return nn.ModuleList([*layers, nn.Linear(second, num_classes)])


@wrong("alexnet_classifier", says="You left out the dropout")
class ClassifierKeepsAll(Classifier):
    def drop(self, x):
        return x


@wrong("alexnet_classifier", says="Dropout stands behind the linear layers' ReLUs")
class ClassifierDropsAfter(Classifier):
    def forward(self, x):
        x = self.drop(self.fc1(x).relu())
        return self.fc3(self.drop(self.fc2(x).relu()))


@wrong("alexnet_classifier", says="before the last linear layer as well")
class ClassifierDropsThrice(Classifier):
    def forward(self, x):
        for layer in (self.fc1, self.fc2):
            x = layer(self.drop(x)).relu()
        return self.fc3(self.drop(x))


@wrong("alexnet_classifier", says="The second dropout is missing")
class ClassifierDropsOnce(Classifier):
    def forward(self, x):
        return self.fc3(self.fc2(self.fc1(self.drop(x)).relu()).relu())


@wrong("alexnet_classifier", says="the one before the first linear layer")
class ClassifierDropsLater(Classifier):
    def forward(self, x):
        return self.fc3(self.fc2(self.drop(self.fc1(x).relu())).relu())


@wrong("alexnet_classifier", says="You dropped logits")
class ClassifierDropsLogits(Classifier):
    def forward(self, x):
        return self.drop(super().forward(x))


@wrong("alexnet_classifier", says="the result in eval mode")
class ClassifierAlwaysDrops(Classifier):
    def drop(self, x):
        return F.dropout(x, self.p)  # `training` is True as it comes


@wrong("alexnet_classifier", says="You left out the ReLUs")
class ClassifierLinear(Classifier):
    def forward(self, x):
        return self.fc3(self.fc2(self.drop(self.fc1(self.drop(x)))))


@wrong("alexnet_classifier", says="The ReLU behind the second linear layer")
class ClassifierOneRelu(Classifier):
    def forward(self, x):
        return self.fc3(self.fc2(self.drop(self.fc1(self.drop(x)).relu())))


@wrong("alexnet_classifier", says="You put a ReLU behind the last layer too")
class ClassifierReluAtTheEnd(Classifier):
    def forward(self, x):
        return super().forward(x).relu()


@wrong("alexnet_classifier", says="You end in a softmax")
class ClassifierProbabilities(Classifier):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


@wrong("alexnet_classifier", says="Your dropout is always 0.5")
def classifier_half(in_features, hidden, num_classes, dropout=0.5):
    return Classifier(in_features, hidden, num_classes)


@wrong("alexnet_classifier", says="the probability to keep a number")
def classifier_keep(in_features, hidden, num_classes, dropout=0.5):
    return Classifier(in_features, hidden, num_classes, 1 - dropout)


@wrong("alexnet_classifier", says="The hidden layers are swapped")
def classifier_backwards(in_features, hidden, num_classes, dropout=0.5):
    return Classifier(in_features, hidden[::-1], num_classes, dropout)


@wrong("alexnet_classifier", says="Your last layer always gives ten numbers")
def classifier_ten(in_features, hidden, num_classes, dropout=0.5):
    return Classifier(in_features, hidden, 10, dropout)


@wrong("alexnet_classifier", says="missing: a linear layer")
def classifier_short(in_features, hidden, num_classes, dropout=0.5):
    return nn.Sequential(
        nn.Dropout(dropout), nn.Linear(in_features, hidden[0]), nn.ReLU(), nn.Linear(hidden[0], num_classes)
    )


# flat_features


@wrong("flat_features", says="You took the first convolution to keep the size")
def flat_eighth(height, width):
    return 256 * (height // 8) * (width // 8)


@wrong("flat_features", says="That is the size for 32×32")
def flat_fixed(height, width):
    return 256 * 3 * 3


@wrong("flat_features", says="you counted two")
def flat_two_pools(height, width):
    return 256 * ((height - 2) // 4) * ((width - 2) // 4)


@wrong("flat_features", says="round down")
def flat_ceil(height, width):
    h, w = height - 2, width - 2
    for _ in range(3):
        h, w = math.ceil(h / 2), math.ceil(w / 2)
    return 256 * h * w


@wrong("flat_features", says="These are the places of one map")
def flat_one_map(height, width):
    return ((height - 2) // 8) * ((width - 2) // 8)


@wrong("flat_features", says="as large as the height")
def flat_square(height, width):
    return 256 * ((height - 2) // 8) ** 2


@wrong("flat_features", says="You added the sides")
def flat_sum(height, width):
    return 256 * ((height - 2) // 8 + (width - 2) // 8)


@wrong("flat_features", says="You took one side only")
def flat_one_side(height, width):
    return 256 * ((height - 2) // 8)


@wrong("flat_features", says="Your poolings overlap")
def flat_overlapping(height, width):
    sides = [height - 2, width - 2]
    for _ in range(3):
        sides = [(side - 3) // 2 + 1 for side in sides]
    return 256 * max(sides[0], 0) * max(sides[1], 0)


@wrong("flat_features", says="You took two pixels at each of the five convolutions")
def flat_five(height, width):
    sides = []
    for side in (height, width):
        side = (side - 2) // 2
        side = (side - 2) // 2
        sides.append(max((side - 6) // 2, 0))
    return 256 * sides[0] * sides[1]


@wrong("flat_features", says="You counted 384 maps")
def flat_wrong_channels(height, width):
    return 384 * ((height - 2) // 8) * ((width - 2) // 8)


@wrong("flat_features", says="divide with //")
def flat_true_division(height, width):
    return 256 * ((height - 2) / 8) * ((width - 2) / 8)


@wrong("flat_features", says="not for a shape")
def flat_shape(height, width):
    return 256, (height - 2) // 8, (width - 2) // 8


@wrong("flat_features", says="the course's own alexnet_cifar")
def flat_asks_the_network(height, width):
    return models.alexnet_cifar().features(torch.zeros(1, 3, height, width)).numel()


@wrong("flat_features", says="called torch's zeros. This exercise is done without it")
def flat_counted_on_zeros(height, width):
    x = torch.zeros(1, 256, height - 2, width - 2)
    for _ in range(3):
        x = x[:, :, : x.shape[2] // 2, : x.shape[3] // 2]
    return x.numel()


# drop


@wrong("drop", says="You did not scale what is kept")
def drop_unscaled(x, u, p, training=True):
    if training:
        return x * (u >= p).double()
    return x


@wrong("drop", says="as the paper of 2012 did")
def drop_of_2012(x, u, p, training=True):
    if training:
        return x * (u >= p)
    return x * (1 - p)


@wrong("drop", says="You scale twice")
def drop_scales_twice(x, u, p, training=True):
    if training:
        return x * (u >= p) / (1 - p)
    return x * (1 - p)


@wrong("drop", says="You drop at evaluation too")
def drop_always(x, u, p, training=True):
    return x * (u >= p) / (1 - p)


@wrong("drop", says="where nothing is dropped")
def drop_scales_at_rest(x, u, p, training=True):
    x = x / (1 - p)
    return torch.where(u < p, 0.0, x) if training else x


@wrong("drop", says="You divide by p.")
def drop_by_p(x, u, p, training=True):
    if not training or p == 0:
        return x
    return x * (u >= p) / p


@wrong("drop", says="You multiply by 1 − p")
def drop_multiplied(x, u, p, training=True):
    return x * (u >= p) * (1 - p) if training else x


@wrong("drop", says="p became the probability to keep")
def drop_keeps_p(x, u, p, training=True):
    return x * (u < p) / (1 - p) if training else x


@wrong("drop", says="You compare with 1 − p")
def drop_compared(x, u, p, training=True):
    return x * (u < 1 - p) / (1 - p) if training else x


@wrong("drop", says="That fits p = 0.5 only")
def drop_doubled(x, u, p, training=True):
    return 2 * x * (u >= p) if training else x


@wrong("drop", says="You divide by the share that was kept this time")
def drop_by_share(x, u, p, training=True):
    if not training:
        return x
    kept = u >= p
    return x * kept / kept.double().mean() if kept.any() else 0 * x


@wrong("drop", says="You removed the dropped numbers")
def drop_removed(x, u, p, training=True):
    return x[u >= p] / (1 - p) if training else x


@wrong("drop", says="`u` holds the random numbers")
def drop_small_ones(x, u, p, training=True):
    return torch.where(x < p, torch.zeros_like(x), x / (1 - p)) if training else x


@wrong("drop", says="changes its input")
def drop_in_place(x, u, p, training=True):
    if training:
        x[u < p] = 0
        x /= 1 - p
    return x


@wrong("drop", says="gradients cannot flow back")
def drop_detached(x, u, p, training=True):
    if not training:
        return x
    return torch.tensor((x.detach() * (u >= p) / (1 - p)).tolist(), dtype=x.dtype)


@wrong("drop", says="got a numpy array")
def drop_numpy(x, u, p, training=True):
    return np.where(u.numpy() < p, 0, x.detach().numpy() / (1 - p)) if training else x


@wrong("drop", says="You called torch's dropout")
def drop_of_torch(x, u, p, training=True):
    return F.dropout(x, p, training)


# head_for_any_size


@wrong("head_for_any_size", says="`view(-1, …)` takes numbers of one picture for several")
class HeadView(nn.Module):
    def __init__(self, channels, size, num_classes):
        super().__init__()
        self.n = channels * size * size
        self.fc = nn.Linear(self.n, num_classes)

    def forward(self, x):
        return self.fc(x.reshape(-1, self.n))


@wrong("head_for_any_size", says="Which size do they have there")
def head_flatten_only(channels, size, num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, num_classes))


@wrong("head_for_any_size", says="You took the largest value")
def head_max(channels, size, num_classes):
    return nn.Sequential(nn.AdaptiveMaxPool2d(size), nn.Flatten(), nn.Linear(channels * size * size, num_classes))


@wrong("head_for_any_size", says="You averaged each map down to one number")
def head_global(channels, size, num_classes):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))


class Head(nn.Module):
    """The right head, whose parts the wrong ones replace."""

    def __init__(self, channels, size, num_classes):
        super().__init__()
        self.size = size
        self.fc = nn.Linear(channels * size * size, num_classes)

    def fit(self, x):
        return F.adaptive_avg_pool2d(x, self.size)

    def flat(self, x):
        return x.flatten(1)

    def forward(self, x):
        return self.fc(self.flat(self.fit(x)))


@wrong("head_for_any_size", says="You resized the maps by interpolation")
class HeadBilinear(Head):
    def fit(self, x):
        return F.interpolate(x, size=(self.size, self.size), mode="bilinear")


@wrong("head_for_any_size", says="You resized the maps by picking places")
class HeadNearest(Head):
    def fit(self, x):
        return F.interpolate(x, size=self.size)


@wrong("head_for_any_size", says="You cut a corner out of the maps")
class HeadCropped(Head):
    def fit(self, x):
        return x[..., : self.size, : self.size]


@wrong("head_for_any_size", says="Adaptive pooling is told the size of its output")
class HeadFixedWindow(Head):
    def fit(self, x):
        return F.avg_pool2d(x, (x.shape[2] // self.size, x.shape[3] // self.size))


@wrong("head_for_any_size", says="You flattened with the channels last")
class HeadChannelsLast(Head):
    def flat(self, x):
        return x.permute(0, 2, 3, 1).reshape(len(x), -1)


@wrong("head_for_any_size", says="all pictures became one long row")
class HeadOneRow(Head):
    def flat(self, x):
        return x.flatten()


@wrong("head_for_any_size", says="You end in a softmax")
class HeadSoftmax(Head):
    def forward(self, x):
        return super().forward(x).softmax(1)


@wrong("head_for_any_size", says="You put a ReLU behind the linear layer")
class HeadRelu(Head):
    def forward(self, x):
        return F.relu(super().forward(x))


@wrong("head_for_any_size", says="the result in eval mode")
class HeadArgmax(Head):
    def forward(self, x):
        return super().forward(x).argmax(1)


@wrong("drop", says="You drop where u equals p")
def drop_at_equal(x, u, p, training=True):
    return x * (u > p) / (1 - p) if training else x


@wrong("drop", says="You divide by p.")
def divided_by_p_even_if_it_is_0(x, u, p, training=True):
    return x * (u >= p) / p if training else x


@wrong("drop", says="p became the probability to keep")
def kept_and_divided_by_p(x, u, p, training=True):
    return x * (u < p) / p if training else x


@wrong("drop", says="The random numbers are given: `u`.")
def drop_with_numbers_of_its_own(x, u, p, training=True):
    return x * (torch.rand_like(x) >= p) / (1 - p) if training else x


@wrong("drop", says="You drop nothing")
def drop_scales_only(x, u, p, training=True):
    return x / (1 - p) if training else x


@wrong("drop", says="You drop nothing")
def drop_scales_in_both_modes(x, u, p, training=True):
    return x / (1 - p)


@wrong("alexnet_features", says="One ReLU is missing, the one behind the fourth convolution")
class FeaturesFourthLinear(Features):
    def act(self, x, at):
        return x if at == 3 else F.relu(x)


@wrong("alexnet_features", says="One ReLU is missing, the one behind the first convolution")
class FeaturesFirstLinear(Features):
    def act(self, x, at):
        return F.relu(x) if at else x


@wrong("head_for_any_size", says="A map of size×size has size · size numbers")
def head_for_one_side(channels, size, num_classes):
    return nn.Sequential(nn.AdaptiveAvgPool2d(size), nn.Flatten(), nn.Linear(channels * size, num_classes))
