"""Wrong answers to the exercises of chapter 11."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from . import wrong

# WideBlock


class Block(nn.Module):
    """The right block, whose parts the wrong ones replace."""

    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)

    def around(self, x, a):
        return self.shortcut(a) if isinstance(self.shortcut, nn.Conv2d) else x

    def forward(self, x):
        a = F.relu(self.bn1(x))
        out = self.conv2(self.dropout(F.relu(self.bn2(self.conv1(a)))))
        return out + self.around(x, a)


@wrong("WideBlock", says="You return zeros")
class WideZeros(Block):
    def forward(self, x):
        return torch.zeros_like(super().forward(x))


@wrong("WideBlock", says="There is no way around")
class WideNoSkip(Block):
    def around(self, x, a):
        return 0


@wrong("WideBlock", says="You return the shortcut alone")
class WideSkipOnly(Block):
    def forward(self, x):
        return self.around(x, F.relu(self.bn1(x)))


@wrong("WideBlock", says="You subtract")
class WideSubtract(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.conv2(self.dropout(F.relu(self.bn2(self.conv1(a))))) - self.around(x, a)


@wrong("WideBlock", says="You multiply")
class WideMultiply(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.conv2(self.dropout(F.relu(self.bn2(self.conv1(a))))) * self.around(x, a)


@wrong("WideBlock", says="You apply a ReLU to the sum")
class WideReluAfter(Block):
    def forward(self, x):
        return F.relu(super().forward(x))


@wrong("WideBlock", says="You apply a ReLU to what the convolutions add")
class WideReluBeforeAdd(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        return F.relu(self.conv2(self.dropout(F.relu(self.bn2(self.conv1(a)))))) + self.around(x, a)


@wrong("WideBlock", says="The shortcut reads the raw input")
class WideRawShortcut(Block):
    def forward(self, x):
        out = self.conv1(F.relu(self.bn1(x)))
        out = self.conv2(self.dropout(F.relu(self.bn2(out))))
        return out + self.shortcut(x)


@wrong("WideBlock", says="the shortcut is the input as it came")
class WideActivatedIdentity(Block):
    def around(self, x, a):
        return self.shortcut(a)


@wrong("WideBlock", says="The ReLU between the convolutions is missing")
class WideNoInnerRelu(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.conv2(self.dropout(self.bn2(self.conv1(a)))) + self.around(x, a)


@wrong("WideBlock", says="The ReLU before the first convolution is missing")
class WideNoFirstRelu(Block):
    def forward(self, x):
        a = self.bn1(x)
        return self.conv2(self.dropout(F.relu(self.bn2(self.conv1(a))))) + self.around(x, a)


@wrong("WideBlock", says="BatchNorm and ReLU come before each convolution")
class WidePostActivation(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = None
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x):
        return F.relu(self.branch(x) + (x if self.shortcut is None else self.shortcut(x)))


@wrong("WideBlock", says="The stride is in the second convolution")
class WideLateStride(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=stride, padding=1, bias=False)


@wrong("WideBlock", says="Convolutions and shortcut do not fit together")
class WideShortcutWithoutStride(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        if isinstance(self.shortcut, nn.Conv2d):
            self.shortcut = nn.Conv2d(in_channels, out_channels, 1, bias=False)


@wrong("WideBlock", says="You always build a shortcut convolution")
class WideAlwaysShortcut(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


@wrong("WideBlock", says="A stride changes the shape even if the channels stay")
class WideForgetsStride(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        if in_channels == out_channels:
            self.shortcut = nn.Identity()


@wrong("WideBlock", says="More channels change the shape even with stride 1")
class WideForgetsChannels(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        if stride == 1:
            self.shortcut = nn.Sequential()


@wrong("WideBlock", says="Your shortcut has a BatchNorm of its own")
class WideShortcutNorm(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.norm = nn.BatchNorm2d(out_channels) if isinstance(self.shortcut, nn.Conv2d) else None

    def around(self, x, a):
        return x if self.norm is None else self.norm(self.shortcut(a))


@wrong("WideBlock", says="Your shortcut has a 3×3 kernel")
class WideBigShortcut(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        if isinstance(self.shortcut, nn.Conv2d):
            self.shortcut = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)


@wrong("WideBlock", says="Your 3×3 convolutions have a bias")
class WideBiases(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1)


@wrong("WideBlock", says="The second BatchNorm is missing")
class WideOneNorm(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.bn2 = nn.Identity()


@wrong("WideBlock", says="You never use `dropout`")
class WideNoDropout(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride)


@wrong("WideBlock", says="You let dropout work in eval mode too")
class WideDropsAlways(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        out = F.relu(self.bn2(self.conv1(a)))
        return self.conv2(F.dropout(out, self.dropout.p)) + self.around(x, a)


@wrong("WideBlock", says="Your dropout stands behind the second convolution")
class WideLateDropout(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.dropout(self.conv2(F.relu(self.bn2(self.conv1(a))))) + self.around(x, a)


@wrong("WideBlock", says="Your dropout stands before the first convolution")
class WideEarlyDropout(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.conv2(F.relu(self.bn2(self.conv1(self.dropout(a))))) + self.around(x, a)


@wrong("WideBlock", says="Your dropout stands before the second BatchNorm")
class WideDropoutBeforeNorm(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.conv2(F.relu(self.bn2(self.dropout(self.conv1(a))))) + self.around(x, a)


@wrong("WideBlock", says="You drop whole channels")
class WideDropsChannels(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.dropout = nn.Dropout2d(dropout)


@wrong("WideBlock", says="not the share that is kept")
class WideKeeps(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, 1 - dropout)


@wrong("WideBlock", says="the result in eval mode is None")
class WideReturnsNothing(Block):
    def forward(self, x):
        super().forward(x)


@wrong("WideBlock", says="your function changes its input")
class WideInPlace(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        out = self.conv2(self.dropout(F.relu(self.bn2(self.conv1(a)))))
        if isinstance(self.shortcut, nn.Conv2d):
            return out + self.shortcut(a)
        x += out
        return x


@wrong("WideBlock", says="none arrives. Does `forward` use this layer")
class WideDetached(Block):
    def forward(self, x):
        a = F.relu(self.bn1(x))
        with torch.no_grad():
            out = self.conv1(a)
        return self.conv2(self.dropout(F.relu(self.bn2(out)))) + self.around(x, a)


# blocks_per_group


@wrong("blocks_per_group", says="N is a whole number: divide with //")
def depth_divided(depth):
    return (depth - 4) / 6


@wrong("blocks_per_group", says="`python -O` removes every assert")
def depth_asserted(depth):
    assert (depth - 4) % 6 == 0, "depth should be 6n+4"
    return (depth - 4) // 6


@wrong("blocks_per_group", says="You take every depth and round")
def depth_floored(depth):
    return (depth - 4) // 6


@wrong("blocks_per_group", says="6N + 2 is the family of chapter 09")
def depth_of_resnet(depth):
    return (depth - 2) // 6


@wrong("blocks_per_group", says="6N + 2 is the family of chapter 09")
def depth_of_resnet_checked(depth):
    if (depth - 2) % 6:
        raise ValueError(f"{depth} is not 6n+2")
    return (depth - 2) // 6


@wrong("blocks_per_group", says="For a depth that does not exist you return None")
def depth_none(depth):
    return (depth - 4) // 6 if (depth - 4) % 6 == 0 and depth >= 10 else None


@wrong("blocks_per_group", says="You return text where an error was asked for")
def depth_text(depth):
    return (depth - 4) // 6 if (depth - 4) % 6 == 0 else "depth must be 6N+4"


@wrong("blocks_per_group", says="not what would be right")
def depth_refused_without_advice(depth):
    if (depth - 4) % 6 or depth < 10:
        raise ValueError("depth should be 6N+4")
    return (depth - 4) // 6


@wrong("blocks_per_group", says="Your error names one depth only")
def depth_refused_with_one(depth):
    if (depth - 4) % 6 or depth < 10:
        raise ValueError(f"no such depth; take {max(10, (depth - 4) // 6 * 6 + 4)}")
    return (depth - 4) // 6


@wrong("blocks_per_group", says="You name the neighbours of the number")
def depth_refused_with_neighbours(depth):
    if (depth - 4) % 6 or depth < 10:
        raise ValueError(f"take {depth - 1} or {depth + 1}")
    return (depth - 4) // 6


@wrong("blocks_per_group", says="Depth 4 would have no block at all")
def depth_of_no_block(depth):
    if (depth - 4) % 6:
        below = max(10, (depth - 4) // 6 * 6 + 4)
        raise ValueError(f"take {below} or {below + 6}")
    return (depth - 4) // 6


@wrong("blocks_per_group", says="Below 10 there is no depth that you could name")
def depth_names_four(depth):
    below = (depth - 4) // 6 * 6 + 4
    if below != depth or depth < 10:
        raise ValueError(f"take {below} or {below + 6}")
    return (depth - 4) // 6


@wrong("blocks_per_group", says="You raise another kind of error")
def depth_type_error(depth):
    if (depth - 4) % 6 or depth < 10:
        raise TypeError(f"depth {depth}")
    return (depth - 4) // 6


@wrong("blocks_per_group", says="You counted the blocks of all three groups")
def depth_all_blocks(depth):
    if (depth - 4) % 6 or depth < 10:
        below = max(10, (depth - 4) // 6 * 6 + 4)
        raise ValueError(f"take {below} or {below + 6}")
    return (depth - 4) // 2


@wrong("blocks_per_group", says="the result is None")
def depth_prints(depth):
    print((depth - 4) // 6)


# count_wide_resnet


def counted(depth, k, classes=10, block=None, stem=432, end=None):
    """Add up stem, blocks and end, as a learner with a loop would."""
    total, i = stem, 16
    for o in (16 * k, 32 * k, 64 * k):
        for j in range((depth - 4) // 6):
            total += block(i, o, j)
            i = o
    return total + (2 * i + i * classes + classes if end is None else end(i))


def plain(i, o, j):
    return 2 * i + 9 * i * o + 2 * o + 9 * o * o + (i * o if i != o else 0)


@wrong("count_wide_resnet", says="You left out the shortcut convolutions")
def count_no_shortcuts(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, num_classes, lambda i, o, j: 2 * i + 9 * i * o + 2 * o + 9 * o * o)


@wrong("count_wide_resnet", says="for every K. With K = 1 it begins with 16 → 16")
def count_shortcut_in_every_group(depth, widen_factor, num_classes=10):
    return counted(
        depth,
        widen_factor,
        num_classes,
        lambda i, o, j: 2 * i + 9 * i * o + 2 * o + 9 * o * o + (i * o if j == 0 else 0),
    )


@wrong("count_wide_resnet", says="a shortcut convolution for every block")
def count_shortcut_in_every_block(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, num_classes, lambda i, o, j: 2 * i + 9 * i * o + 2 * o + 9 * o * o + i * o)


@wrong("count_wide_resnet", says="You gave the shortcuts a BatchNorm")
def count_shortcut_norms(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, num_classes, lambda i, o, j: plain(i, o, j) + (2 * o if i != o else 0))


@wrong("count_wide_resnet", says="You left out the BatchNorms")
def count_convolutions_only(depth, widen_factor, num_classes=10):
    return counted(
        depth,
        widen_factor,
        num_classes,
        lambda i, o, j: 9 * i * o + 9 * o * o + (i * o if i != o else 0),
        end=lambda i: i * num_classes + num_classes,
    )


@wrong("count_wide_resnet", says="Running mean and variance are not learned")
def count_running_statistics(depth, widen_factor, num_classes=10):
    return counted(
        depth,
        widen_factor,
        num_classes,
        lambda i, o, j: plain(i, o, j) + 2 * i + 2 * o,
        end=lambda i: 4 * i + i * num_classes + num_classes,
    )


@wrong("count_wide_resnet", says="It comes before the convolution")
def count_norm_after(depth, widen_factor, num_classes=10):
    return counted(
        depth,
        widen_factor,
        num_classes,
        lambda i, o, j: 9 * i * o + 9 * o * o + 4 * o + (i * o if i != o else 0),
    )


@wrong("count_wide_resnet", says="The convolutions have no biases")
def count_biases(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, num_classes, lambda i, o, j: plain(i, o, j) + 2 * o)


@wrong("count_wide_resnet", says="The last BatchNorm")
def count_no_last_norm(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, num_classes, plain, end=lambda i: i * num_classes + num_classes)


@wrong("count_wide_resnet", says="The linear layer has a bias")
def count_head_without_bias(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, num_classes, plain, end=lambda i: 2 * i + i * num_classes)


@wrong("count_wide_resnet", says="The stem is missing")
def count_no_stem(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, num_classes, plain, stem=0)


@wrong("count_wide_resnet", says="You widened the stem too")
def count_wide_stem(depth, widen_factor, num_classes=10):
    i = 16 * widen_factor
    total = 27 * i
    for o in (16 * widen_factor, 32 * widen_factor, 64 * widen_factor):
        for j in range((depth - 4) // 6):
            total += plain(i, o, j)
            i = o
    return total + 2 * i + i * num_classes + num_classes


@wrong("count_wide_resnet", says="reads what the group before gave")
def count_no_growth(depth, widen_factor, num_classes=10):
    n = (depth - 4) // 6
    total = 432
    for o in (16 * widen_factor, 32 * widen_factor, 64 * widen_factor):
        total += n * (4 * o + 18 * o * o)
    return total + 2 * o + o * num_classes + num_classes


@wrong("count_wide_resnet", says="You multiplied the thin network's number by K.")
def count_times_k(depth, widen_factor, num_classes=10):
    return counted(depth, 1, num_classes, plain) * widen_factor


@wrong("count_wide_resnet", says="You multiplied the thin network's number by K².")
def count_times_k_squared(depth, widen_factor, num_classes=10):
    return counted(depth, 1, num_classes, plain) * widen_factor**2


@wrong("count_wide_resnet", says="You did not use K")
def count_thin(depth, widen_factor, num_classes=10):
    return counted(depth, 1, num_classes, plain)


@wrong("count_wide_resnet", says="You did not use num_classes")
def count_ten_classes(depth, widen_factor, num_classes=10):
    return counted(depth, widen_factor, 10, plain)


@wrong("count_wide_resnet", says="Your N is wrong")
def count_two_layers_more(depth, widen_factor, num_classes=10):
    return counted(depth + 6, widen_factor, num_classes, plain)


@wrong("count_wide_resnet", says="divide with //")
def count_with_fractions(depth, widen_factor, num_classes=10):
    n, k = (depth - 4) / 6, widen_factor
    total, i = 432, 16
    for o in (16 * k, 32 * k, 64 * k):
        total += plain(i, o, 0) + (n - 1) * plain(o, o, 1)
        i = o
    return total + 2 * i + i * num_classes + num_classes


# same_function


@wrong("same_function", says="Counting is what went wrong in the first place")
def same_count(first, second, images):
    return sum(p.numel() for p in first.parameters()) == sum(p.numel() for p in second.parameters())


@wrong("same_function", says="Counting is what went wrong in the first place")
def same_keys(first, second, images):
    one, other = first.state_dict(), second.state_dict()
    return list(one) == list(other) and all(one[key].shape == other[key].shape for key in one)


@wrong("same_function", says="Equal shapes are no equal results")
def same_shape(first, second, images):
    return first(images).shape == second(images).shape


@wrong("same_function", says="You never gave the second network the weights of the first")
def same_without_weights(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("same_function", says="but not BatchNorm's running statistics")
def same_parameters_only(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    own, given = list(second.parameters()), list(first.parameters())
    if [p.shape for p in own] != [p.shape for p in given]:
        return False
    for mine, its in zip(own, given, strict=True):
        mine.data.copy_(its.data)
    a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("same_function", says="In training mode dropout draws anew")
def same_in_training_mode(first, second, images):
    first, second = copy.deepcopy(first), copy.deepcopy(second)
    try:
        second.load_state_dict(first.state_dict())
    except RuntimeError:
        return False
    a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("same_function", says="You compare bit by bit")
def same_bit_by_bit(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    try:
        second.load_state_dict(first.state_dict())
    except RuntimeError:
        return False
    return torch.equal(first(images), second(images))


@wrong("same_function", says="You compare the predicted classes only")
def same_classes(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    try:
        second.load_state_dict(first.state_dict())
    except RuntimeError:
        return False
    a, b = first(images), second(images)
    return a.shape == b.shape and bool((a.argmax(1) == b.argmax(1)).all())


@wrong("same_function", says="Here that is an answer, not an accident")
def same_raises(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    second.load_state_dict(first.state_dict())
    a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("same_function", says="Compare the shapes before the values")
def same_without_shapes(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    try:
        second.load_state_dict(first.state_dict())
    except RuntimeError:
        return False
    return bool((first(images) - second(images)).abs().max() < 1e-5)


@wrong("same_function", says="You overwrote the weights of the second network")
def same_overwrites(first, second, images):
    try:
        second.load_state_dict(first.state_dict())
    except RuntimeError:
        return False
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("same_function", says="You left both networks in eval mode")
def same_leaves_eval(first, second, images):
    first.eval()
    second.eval()
    other = copy.deepcopy(second)
    try:
        other.load_state_dict(first.state_dict())
    except RuntimeError:
        return False
    a, b = first(images), other(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("same_function", says="the result is None")
def same_prints_nothing(first, second, images):
    copy.deepcopy(first)


@wrong("same_function", says="strict=False takes over what fits")
def same_but_not_strict(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    second.load_state_dict(first.state_dict(), strict=False)
    with torch.no_grad():
        a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("same_function", says="You left a network in another mode")
def same_outer_switch(first, second, images):
    copies = copy.deepcopy(first), copy.deepcopy(second)
    try:
        copies[1].load_state_dict(copies[0].state_dict())
    except RuntimeError:
        return False
    was = first.training
    with torch.no_grad():
        a, b = first.eval()(images), copies[1].eval()(images)
    first.training = was
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("blocks_per_group", says="expected 4, got ValueError: 28")
def depth_inverted(depth):
    count, rest = divmod(depth - 4, 6)
    if rest != 0 or count >= 1:
        raise ValueError(f"{depth}")
    return count


@wrong("blocks_per_group", says="The depth above is 6 more than the one below")
def depth_mirrored(depth):
    if depth < 10:
        raise ValueError("take 10 or 16")
    rest = (depth - 4) % 6
    if rest:
        raise ValueError(f"take {depth - rest} or {depth + rest}")
    return (depth - 4) // 6


@wrong("WideBlock", says="an operation in place")
class WideDropsInPlace(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.dropout.inplace = True


@wrong("same_function", says="If the layers do not fit, load_state_dict raises a RuntimeError")
def same_names_only(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    if first.state_dict().keys() != second.state_dict().keys():
        return False
    second.load_state_dict(first.state_dict())
    with torch.no_grad():
        a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@torch.no_grad()
def _both_results(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    try:
        second.load_state_dict(first.state_dict())
    except RuntimeError:
        return None
    a, b = first(images), second(images)
    return (a, b) if a.shape == b.shape else None


@wrong("same_function", says="You compare a mean over all the results")
def same_mean(first, second, images):
    results = _both_results(first, second, images)
    return results is not None and bool(torch.isclose(*(result.mean() for result in results)))


@wrong("same_function", says="You compare the first image only")
def same_first_image(first, second, images):
    for a, b in zip(*(_both_results(first, second, images) or ()), strict=True):
        return torch.allclose(a, b, atol=1e-5)
    return False


@wrong("same_function", says="One pair of equal values is enough")
def same_somewhere(first, second, images):
    results = _both_results(first, second, images)
    return results is not None and bool(torch.isclose(*results).any())


@wrong("same_function", says="expected False, got True")
def same_but_for_what_is_left_over(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    try:
        if second.load_state_dict(first.state_dict(), strict=False).missing_keys:
            return False
    except RuntimeError:
        return False
    with torch.no_grad():
        a, b = first(images), second(images)
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


@wrong("WideBlock", says="You build the shortcut convolution only where both change")
class WideShortcutForBoth(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        if stride == 1 or in_channels == out_channels:
            self.shortcut = nn.Identity()


@wrong("WideBlock", says="Your convolutions have biases. None of the block's")
class WideBiasesEverywhere(WideBiases):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        if isinstance(self.shortcut, nn.Conv2d):
            self.shortcut = nn.Conv2d(in_channels, out_channels, 1, stride)


@wrong("WideBlock", says="Your first BatchNorm has the channels that the block gives")
class WideNormOfTheOutput(Block):
    def __init__(self, in_channels, out_channels, stride=1, dropout=0.0):
        super().__init__(in_channels, out_channels, stride, dropout)
        self.bn1 = nn.BatchNorm2d(out_channels)


@wrong("count_wide_resnet", says="You left out the first group's shortcut convolution")
def count_without_the_first_shortcut(depth, widen_factor, num_classes=10):
    i, total = 16 * widen_factor, counted(depth, widen_factor, num_classes, plain)
    return total - 16 * i if i > 16 else total


@wrong("same_function", says="Give second the state of first")
def same_as_they_are(first, second, images):
    first.eval()
    second.eval()
    with torch.no_grad():
        return torch.allclose(first(images), second(images), atol=1e-5)


@wrong("same_function", says="Give second the state of first")
def same_copies_as_they_are(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    with torch.no_grad():
        return torch.allclose(first(images), second(images), atol=1e-5)


@wrong("same_function", says="Equal answers are not equal results")
def same_classes_of_what_fits(first, second, images):
    first, second = copy.deepcopy(first).eval(), copy.deepcopy(second).eval()
    second.load_state_dict(first.state_dict())
    with torch.no_grad():
        return torch.equal(first(images).argmax(1), second(images).argmax(1))


@wrong("same_function", says="You allow for more than rounding")
def same_within_a_tenth(first, second, images):
    results = _both_results(first, second, images)
    return results is not None and torch.allclose(*results, atol=0.1)


@wrong("same_function", says="You allow for more than rounding")
def same_within_a_hundredth(first, second, images):
    results = _both_results(first, second, images)
    return results is not None and torch.allclose(*results, atol=0.01)


@wrong("same_function", says="softmax takes no notice of a number that is added to all logits")
def same_probabilities(first, second, images):
    results = _both_results(first, second, images)
    return results is not None and torch.allclose(*(result.softmax(1) for result in results), atol=1e-5)
