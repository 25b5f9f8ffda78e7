"""Wrong answers to the exercises of chapter 08."""

import torch
import torch.nn.functional as F
from torch import nn

from cnn_lessons import ops
from cnn_lessons.models.resnet_cifar import PadBlock, PadShortcut

from . import wrong

# ResidualBlock


class Residual(nn.Module):
    """The right layers, which the wrong answers use in their own way."""

    def __init__(self, channels, **options):
        super().__init__()
        options = {"padding": 1, "bias": False, **options}
        self.conv1 = nn.Conv2d(channels, channels, 3, **options)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, **options)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()

    def body(self, x):
        return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        return self.relu(self.body(x) + x)


@wrong("ResidualBlock", says="Your block returns zeros")
class BlockOfZeros(Residual):
    def forward(self, x):
        return torch.zeros_like(x)


@wrong("ResidualBlock", says="The skip is missing")
class BlockWithoutSkip(Residual):
    def forward(self, x):
        return self.relu(self.body(x))


@wrong("ResidualBlock", says="The skip and the last ReLU are missing")
class BlockOfLayers(Residual):
    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(x))


@wrong("ResidualBlock", says="Only the shortcut is left")
class BlockOnlySkip(Residual):
    def forward(self, x):
        self.body(x)
        return F.relu(x)


@wrong("ResidualBlock", says="Your block hands its input on")
class BlockIdentity(Residual):
    def forward(self, x):
        return x


@wrong("ResidualBlock", says="You subtract the shortcut")
class BlockSubtracts(Residual):
    def forward(self, x):
        return self.relu(self.body(x) - x)


@wrong("ResidualBlock", says="You subtract the body from the shortcut")
class BlockTakesTheResidual(Residual):
    def forward(self, x):
        return self.relu(x - self.body(x))


@wrong("ResidualBlock", says="You multiply body and shortcut")
class BlockMultiplies(Residual):
    def forward(self, x):
        return self.relu(self.body(x) * x)


@wrong("ResidualBlock", says="You take the last ReLU before the sum")
class BlockReluBeforeSum(Residual):
    def forward(self, x):
        return self.relu(self.body(x)) + x


@wrong("ResidualBlock", says="There is a ReLU too many")
class BlockThreeRelus(Residual):
    def forward(self, x):
        return F.relu(F.relu(self.body(x)) + x)


@wrong("ResidualBlock", says="The last ReLU is missing")
class BlockNoLastRelu(Residual):
    def forward(self, x):
        return self.body(x) + x


@wrong("ResidualBlock", says="The ReLU between the two convolutions is missing")
class BlockNoInnerRelu(Residual):
    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.bn1(self.conv1(x)))) + x)


@wrong("ResidualBlock", says="Both ReLUs are missing")
class BlockLinear(Residual):
    def forward(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x)))) + x


@wrong("ResidualBlock", says="that is twice the body")
class BlockOverwritesX(Residual):
    def forward(self, x):
        x = self.conv1(x)
        x = self.relu(self.bn1(x))
        x = self.bn2(self.conv2(x))
        return self.relu(x + x)


@wrong("ResidualBlock", says="x is no longer the input when you add it")
class BlockOverwritesEarly(Residual):
    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(x))
        return self.relu(out + x)


@wrong("ResidualBlock", says="You take the mean of body and shortcut")
class BlockAverages(Residual):
    def forward(self, x):
        return self.relu(0.5 * (self.body(x) + x))


@wrong("ResidualBlock", says="The order is convolution, BatchNorm, ReLU")
class BlockNormAfterRelu(Residual):
    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.bn1(self.relu(self.conv1(x))))) + x)


@wrong("ResidualBlock", says="The second BatchNorm comes after the sum")
class BlockNormAfterSum(Residual):
    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))) + x))


@wrong("ResidualBlock", says="You put body and shortcut side by side")
class BlockConcatenates(Residual):
    def forward(self, x):
        return self.relu(torch.cat((self.body(x), x), 1))


@wrong("ResidualBlock", says="makes its BatchNorm layers and does not use them")
class BlockForgetsNorms(Residual):
    def forward(self, x):
        return self.relu(self.conv2(self.relu(self.conv1(x))) + x)


@wrong("ResidualBlock", says="Your convolutions have biases")
class BlockWithBiases(Residual):
    def __init__(self, channels):
        super().__init__(channels, bias=True)


@wrong("ResidualBlock", says="A 3×3 convolution keeps the size if it is padded by 1")
class BlockUnpadded(Residual):
    def __init__(self, channels):
        super().__init__(channels, padding=0)


@wrong("ResidualBlock", says="The BatchNorm layers are missing")
class BlockWithoutNorms(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))) + x)


@wrong("ResidualBlock", says="Your block has one BatchNorm. There are two")
class BlockOneNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(self.bn(self.conv2(F.relu(self.bn(self.conv1(x))))) + x)


@wrong("ResidualBlock", says="One convolution does the work twice")
class BlockOneConvolution(Residual):
    def __init__(self, channels):
        super().__init__(channels)
        self.conv2 = self.conv1


@wrong("ResidualBlock", says="Your shortcut has a convolution")
class BlockAlwaysProjects(Residual):
    def __init__(self, channels):
        super().__init__(channels)
        self.shortcut = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


@wrong("ResidualBlock", says="your function changes its input")
class BlockInPlace(Residual):
    def forward(self, x):
        kept = x.clone()
        x -= x.mean()
        return self.relu(self.body(kept) + kept)


@wrong("ResidualBlock", says="the gradient of the input")
class BlockDetachesTheSkip(Residual):
    def forward(self, x):
        return self.relu(self.body(x) + x.detach())


@wrong("ResidualBlock", says="the result in eval mode is None")
class BlockReturnsNothing(Residual):
    def forward(self, x):
        self.relu(self.body(x) + x)


@wrong("ResidualBlock", says="the course's own PadBlock")
class BlockOfTheCourse(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.block = PadBlock(channels, channels)

    def forward(self, x):
        return self.block(x)


# ProjectionBlock


class Projecting(nn.Module):
    """The right block; its parts are replaced one by one."""

    def __init__(self, in_channels, out_channels, stride=1, bias=False, strides=None):
        super().__init__()
        first, second = strides or (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=first, padding=1, bias=bias)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride=second, padding=1, bias=bias)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if self.needs(in_channels, out_channels, stride):
            self.shortcut = self.make(in_channels, out_channels, stride)

    def needs(self, in_channels, out_channels, stride):
        return stride != 1 or in_channels != out_channels

    def make(self, in_channels, out_channels, stride):
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def body(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


@wrong("ProjectionBlock", says="Your block returns zeros")
class ProjectionZeros(Projecting):
    def forward(self, x):
        return torch.zeros_like(self.body(x))


@wrong("ProjectionBlock", says="The skip is missing")
class ProjectionUnused(Projecting):
    def forward(self, x):
        return F.relu(self.body(x))


@wrong("ProjectionBlock", says="The skip is missing")
class ProjectionNeverMade(Projecting):
    def needs(self, in_channels, out_channels, stride):
        return False

    def forward(self, x):
        return F.relu(self.body(x))


@wrong("ProjectionBlock", says="Only the shortcut is left")
class ProjectionOnly(Projecting):
    def forward(self, x):
        return F.relu(self.shortcut(x))


@wrong("ProjectionBlock", says="You subtract the shortcut")
class ProjectionSubtracted(Projecting):
    def forward(self, x):
        return F.relu(self.body(x) - self.shortcut(x))


@wrong("ProjectionBlock", says="You multiply body and shortcut")
class ProjectionMultiplied(Projecting):
    def forward(self, x):
        return F.relu(self.body(x) * self.shortcut(x))


@wrong("ProjectionBlock", says="You take the last ReLU before the sum")
class ProjectionAddedLate(Projecting):
    def forward(self, x):
        return F.relu(self.body(x)) + self.shortcut(x)


@wrong("ProjectionBlock", says="The last ReLU is missing")
class ProjectionNoLastRelu(Projecting):
    def forward(self, x):
        return self.body(x) + self.shortcut(x)


@wrong("ProjectionBlock", says="The ReLU between the two convolutions is missing")
class ProjectionNoInnerRelu(Projecting):
    def body(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x))))


@wrong("ProjectionBlock", says="The stride stands on the second convolution")
class ProjectionLateStride(Projecting):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, strides=(1, stride))


@wrong("ProjectionBlock", says="The stride stands in two places")
class ProjectionDoubleStride(Projecting):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, strides=(stride, stride))


@wrong("ProjectionBlock", says="The stride stands in two places")
class ProjectionUnstridedShortcut(Projecting):
    def make(self, in_channels, out_channels, stride):
        return super().make(in_channels, out_channels, 1)


@wrong("ProjectionBlock", says="You build a projection always")
class ProjectionAlways(Projecting):
    def needs(self, in_channels, out_channels, stride):
        return True


@wrong("ProjectionBlock", says="The shortcut is missing where the shape changes")
class ProjectionNever(Projecting):
    def needs(self, in_channels, out_channels, stride):
        return False


@wrong("ProjectionBlock", says="only where the stride is not 1")
class ProjectionForStride(Projecting):
    def needs(self, in_channels, out_channels, stride):
        return stride != 1


@wrong("ProjectionBlock", says="only where the channels change")
class ProjectionForChannels(Projecting):
    def needs(self, in_channels, out_channels, stride):
        return in_channels != out_channels


@wrong("ProjectionBlock", says="only where stride and channels both change")
class ProjectionForBoth(Projecting):
    def needs(self, in_channels, out_channels, stride):
        return stride != 1 and in_channels != out_channels


@wrong("ProjectionBlock", says="Your convolutions have biases")
class ProjectionBiases(Projecting):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, bias=True)


@wrong("ProjectionBlock", says="Your shortcut's convolution has no BatchNorm")
class ProjectionBare(Projecting):
    def make(self, in_channels, out_channels, stride):
        return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


@wrong("ProjectionBlock", says="Your shortcut's convolution has a bias, which its BatchNorm cancels")
class ProjectionBiased(Projecting):
    def make(self, in_channels, out_channels, stride):
        return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


@wrong("ProjectionBlock", says="Your shortcut's convolution is 3×3")
class ProjectionLarge(Projecting):
    def make(self, in_channels, out_channels, stride):
        conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(out_channels))


@wrong("ProjectionBlock", says="Your shortcut ends in a ReLU")
class ProjectionRectified(Projecting):
    def make(self, in_channels, out_channels, stride):
        return nn.Sequential(super().make(in_channels, out_channels, stride), nn.ReLU())


@wrong("ProjectionBlock", says="Your shortcut shrinks by pooling")
class ProjectionPooled(Projecting):
    def make(self, in_channels, out_channels, stride):
        pool = nn.AvgPool2d(stride, ceil_mode=True)
        return nn.Sequential(pool, super().make(in_channels, out_channels, 1))


@wrong("ProjectionBlock", says="Your block has one BatchNorm. There are two")
class ProjectionOneNorm(Projecting):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn2 = self.bn1


@wrong("ProjectionBlock", says="missing: a 3×3 convolution 3→3 without bias")
class ProjectionInnerChannels(Projecting):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv2 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)


@wrong("ProjectionBlock", says="`layers` is a plain list")
class ProjectionInAList(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.layers = [nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False), nn.BatchNorm2d(out_channels)]

    def forward(self, x):
        return F.relu(self.layers[1](self.layers[0](x)))


# pad_shortcut


@wrong("pad_shortcut", says="All your zeros come behind")
def pad_behind(x, out_channels, stride):
    x = x[:, :, ::stride, ::stride]
    return F.pad(x, (0, 0, 0, 0, 0, out_channels - x.shape[1]))


@wrong("pad_shortcut", says="All your zeros come in front")
def pad_in_front(x, out_channels, stride):
    x = x[:, :, ::stride, ::stride]
    zeros = torch.zeros(len(x), out_channels - x.shape[1], *x.shape[2:], dtype=x.dtype)
    return torch.cat([zeros, x], dim=1)


@wrong("pad_shortcut", says="The odd channel of zeros stands in front")
def pad_rounds_up(x, out_channels, stride):
    more = out_channels - x.shape[1]
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, more - more // 2, more // 2))


@wrong("pad_shortcut", says="lose one where their number is odd")
def pad_equal_halves(x, out_channels, stride):
    half = (out_channels - x.shape[1]) // 2
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, half, half))


@wrong("pad_shortcut", says="You begin with the second pixel")
def pad_from_one(x, out_channels, stride):
    more = out_channels - x.shape[1]
    start = 1 if stride > 1 else 0
    return F.pad(x[:, :, start::stride, start::stride], (0, 0, 0, 0, more // 2, more - more // 2))


def _with_channels(kept, out_channels):
    more = out_channels - kept.shape[1]
    return F.pad(kept, (0, 0, 0, 0, more // 2, more - more // 2))


@wrong("pad_shortcut", says="You take the mean of each window")
def pad_average(x, out_channels, stride):
    return _with_channels(F.avg_pool2d(x, stride, ceil_mode=True), out_channels)


@wrong("pad_shortcut", says="You take the largest of each window")
def pad_largest(x, out_channels, stride):
    return _with_channels(F.max_pool2d(x, stride, ceil_mode=True), out_channels)


@wrong("pad_shortcut", says="You cut out the top left corner")
def pad_corner(x, out_channels, stride):
    height, width = ((side + stride - 1) // stride for side in x.shape[2:])
    return _with_channels(x[:, :, :height, :width], out_channels)


@wrong("pad_shortcut", says="Only your rows are thinned out")
def pad_rows_only(x, out_channels, stride):
    return _with_channels(x[:, :, ::stride], out_channels)


@wrong("pad_shortcut", says="Your stride is always 2")
def pad_fixed_stride(x, out_channels, stride):
    return _with_channels(x[:, :, ::2, ::2], out_channels)


@wrong("pad_shortcut", says="You keep every pixel")
def pad_no_stride(x, out_channels, stride):
    return _with_channels(x, out_channels)


@wrong("pad_shortcut", says="You round the size down")
def pad_floors(x, out_channels, stride):
    height, width = x.shape[2] // stride, x.shape[3] // stride
    kept = x[:, :, ::stride, ::stride][:, :, :height, :width]
    return _with_channels(kept, out_channels)


@wrong("pad_shortcut", says="You copy channels of x where zeros should be")
def pad_repeats(x, out_channels, stride):
    x = x[:, :, ::stride, ::stride]
    times = -(-out_channels // x.shape[1])
    return x.repeat(1, times, 1, 1)[:, :out_channels]


@wrong("pad_shortcut", says="Your result has the channels of x")
def pad_forgets_channels(x, out_channels, stride):
    return x[:, :, ::stride, ::stride]


@wrong("pad_shortcut", says="You add zeros to the columns")
def pad_columns(x, out_channels, stride):
    more = out_channels - x.shape[1]
    return F.pad(x[:, :, ::stride, ::stride], (more // 2, more - more // 2))


@wrong("pad_shortcut", says="You add zeros to the rows")
def pad_rows(x, out_channels, stride):
    more = out_channels - x.shape[1]
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, more // 2, more - more // 2))


@wrong("pad_shortcut", says="You add zeros to the batch")
def pad_batch(x, out_channels, stride):
    more = out_channels - x.shape[1]
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, 0, more // 2, more - more // 2))


@wrong("pad_shortcut", says="only the difference is missing")
def pad_too_many(x, out_channels, stride):
    half = out_channels // 2
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, half, out_channels - half))


@wrong("pad_shortcut", says="cut the path to the input")
def pad_filled_in(x, out_channels, stride):
    kept = x[:, :, ::stride, ::stride]
    out = torch.zeros(len(x), out_channels, *kept.shape[2:], dtype=x.dtype)
    front = (out_channels - x.shape[1]) // 2
    out[:, front : front + x.shape[1]] = kept.detach()
    return out


@wrong("pad_shortcut", says="expected dtype torch.float64, got torch.float32")
def pad_in_single_precision(x, out_channels, stride):
    kept = x[:, :, ::stride, ::stride]
    out = torch.zeros(len(x), out_channels, *kept.shape[2:])
    front = (out_channels - x.shape[1]) // 2
    out[:, front : front + x.shape[1]] = kept
    return out


@wrong("pad_shortcut", says="the course's own PadShortcut")
def pad_of_the_course(x, out_channels, stride):
    return PadShortcut(x.shape[1], out_channels, stride)(x)


# batch_norm


def _wide(figure):
    return figure.reshape(1, -1, 1, 1)


def _normalised(x, mean, var, weight, bias, eps):
    return _wide(weight) * (x - _wide(mean)) / (_wide(var) + eps).sqrt() + _wide(bias)


def _moved(x, running_mean, running_var, momentum):
    x = x.detach()
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
    return running_mean * (1 - momentum) + momentum * mean, running_var * (1 - momentum) + momentum * var


@wrong("batch_norm", says="You use the batch's figures in both modes")
def norm_never_runs(x, weight, bias, running_mean, running_var, training, momentum, eps):
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    if training:
        running_mean, running_var = _moved(x, running_mean, running_var, momentum)
    return _normalised(x, mean, var, weight, bias, eps), running_mean, running_var


@wrong("batch_norm", says="You use the running figures in both modes")
def norm_always_runs(x, weight, bias, running_mean, running_var, training, momentum, eps):
    out = _normalised(x, running_mean, running_var, weight, bias, eps)
    if training:
        running_mean, running_var = _moved(x, running_mean, running_var, momentum)
    return out, running_mean, running_var


@wrong("batch_norm", says="You have the two modes the wrong way round")
def norm_modes_swapped(x, weight, bias, running_mean, running_var, training, momentum, eps):
    if training:
        return _normalised(x, running_mean, running_var, weight, bias, eps), running_mean, running_var
    out = _normalised(x, x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0), weight, bias, eps)
    return out, *_moved(x, running_mean, running_var, momentum)


@wrong("batch_norm", says="The running figures move in evaluation as well")
def norm_always_moves(x, weight, bias, running_mean, running_var, training, momentum, eps):
    moved = _moved(x, running_mean, running_var, momentum)
    mean, var = (x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)) if training else (running_mean, running_var)
    return _normalised(x, mean, var, weight, bias, eps), *moved


def _in_training(mean_var, moved=_moved):
    """Return a batch normalisation with other figures of the batch, or other running figures."""

    def norm(x, weight, bias, running_mean, running_var, training, momentum, eps):
        if not training:
            return _normalised(x, running_mean, running_var, weight, bias, eps), running_mean, running_var
        out = _normalised(x, *mean_var(x), weight, bias, eps)
        return out, *moved(x, running_mean, running_var, momentum)

    return norm


def _figures(x):
    return x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)


def _enter(says, norm, name):
    norm.__name__ = name
    wrong("batch_norm", says=says)(norm)


_enter(
    "The running figures stay where they are",
    _in_training(_figures, lambda x, running_mean, running_var, momentum: (running_mean, running_var)),
    "norm_remembers_nothing",
)
_enter(
    "You normalise by the unbiased variance",
    _in_training(lambda x: (x.mean((0, 2, 3)), x.var((0, 2, 3)))),
    "norm_unbiased",
)
_enter(
    "Your running variance takes the biased variance",
    _in_training(
        _figures,
        lambda x, m, v, momentum: tuple(
            (1 - momentum) * old + momentum * new for old, new in zip((m, v), _figures(x.detach()), strict=True)
        ),
    ),
    "norm_running_biased",
)
_enter(
    "Your momentum works the other way round",
    _in_training(_figures, lambda x, m, v, momentum: _moved(x, m, v, 1 - momentum)),
    "norm_momentum_swapped",
)
_enter(
    "Your running figures are the last batch's",
    _in_training(_figures, lambda x, m, v, momentum: _moved(x, m, v, 1)),
    "norm_keeps_the_last",
)
_enter(
    "nothing is taken off the old value",
    _in_training(
        _figures, lambda x, m, v, momentum: (m + momentum * _moved(x, m, v, 1)[0], v + momentum * _moved(x, m, v, 1)[1])
    ),
    "norm_adds_up",
)
_enter(
    "cut from the gradient",
    _in_training(lambda x: _figures(x.detach())),
    "norm_detached",
)
_enter(
    "every batch so far stays in memory",
    _in_training(
        _figures,
        lambda x, m, v, momentum: (
            (1 - momentum) * m + momentum * x.mean((0, 2, 3)),
            (1 - momentum) * v + momentum * x.var((0, 2, 3)),
        ),
    ),
    "norm_leaks",
)


def _everything(body):
    """Return a batch normalisation whose result `body` computes from x, mean, var (as wide as x) and the rest."""

    def norm(x, weight, bias, running_mean, running_var, training, momentum, eps):
        mean, var = _figures(x) if training else (running_mean, running_var)
        if training:
            running_mean, running_var = _moved(x, running_mean, running_var, momentum)
        return body(x, *map(_wide, (mean, var, weight, bias)), eps), running_mean, running_var

    return norm


_enter("Divide by its root", _everything(lambda x, m, v, w, b, eps: w * (x - m) / (v + eps) + b), "norm_no_root")
_enter("behind the root", _everything(lambda x, m, v, w, b, eps: w * (x - m) / (v.sqrt() + eps) + b), "norm_late_eps")
_enter("You left out eps", _everything(lambda x, m, v, w, b, eps: w * (x - m) / v.sqrt() + b), "norm_no_eps")
_enter("left out weight and bias", _everything(lambda x, m, v, w, b, eps: (x - m) / (v + eps).sqrt()), "norm_bare")
_enter("left out the bias", _everything(lambda x, m, v, w, b, eps: w * (x - m) / (v + eps).sqrt()), "norm_no_bias")
_enter(
    "You exchanged weight and bias",
    _everything(lambda x, m, v, w, b, eps: b * (x - m) / (v + eps).sqrt() + w),
    "norm_exchanged",
)


def _over(axes):
    def norm(x, weight, bias, running_mean, running_var, training, momentum, eps):
        if not training:
            return _normalised(x, running_mean, running_var, weight, bias, eps), running_mean, running_var
        mean, var = x.mean(axes, keepdim=True), x.var(axes, keepdim=True, correction=0)
        out = _wide(weight) * (x - mean) / (var + eps).sqrt() + _wide(bias)
        return out, *_moved(x, running_mean, running_var, momentum)

    return norm


_enter("You average over each image alone", _over((2, 3)), "norm_of_instances")
_enter("You average over the batch alone", _over((0,)), "norm_of_places")
_enter("You average over all channels together", _over((0, 1, 2, 3)), "norm_of_everything")
_enter("You average over the channels", _over((1, 2, 3)), "norm_of_layers")


@wrong("batch_norm", says="Give it two axes more")
def norm_without_axes(x, weight, bias, running_mean, running_var, training, momentum, eps):
    mean, var = _figures(x) if training else (running_mean, running_var)
    moved = _moved(x, running_mean, running_var, momentum) if training else (running_mean, running_var)
    return weight * (x - mean) / (var + eps).sqrt() + bias, *moved


@wrong("batch_norm", says="expected three results")
def norm_returns_x_only(x, weight, bias, running_mean, running_var, training, momentum, eps):
    mean, var = _figures(x) if training else (running_mean, running_var)
    return _normalised(x, mean, var, weight, bias, eps)


@wrong("batch_norm", says="your function changes its input")
def norm_in_place(x, weight, bias, running_mean, running_var, training, momentum, eps):
    if not training:
        return _normalised(x, running_mean, running_var, weight, bias, eps), running_mean, running_var
    out = _normalised(x, *_figures(x), weight, bias, eps)
    new = _moved(x, running_mean, running_var, momentum)
    return out, running_mean.copy_(new[0]), running_var.copy_(new[1])


@wrong("batch_norm", says="called torch's batch_norm")
def norm_of_torch(x, weight, bias, running_mean, running_var, training, momentum, eps):
    mean, var = running_mean.clone(), running_var.clone()
    return F.batch_norm(x, mean, var, weight, bias, training, momentum, eps), mean, var


@wrong("batch_norm", says="the course's own batch_norm2d")
def norm_of_the_course(x, weight, bias, running_mean, running_var, training, momentum, eps):
    mean, var = running_mean.clone(), running_var.clone()
    return ops.batch_norm2d(x, mean, var, weight, bias, training, momentum, eps), mean, var


# is_residual


@wrong("is_residual", says="Your test says True to every block")
def tells_of_shapes(block, x):
    return block(x).shape == block.shortcut(x).shape


@wrong("is_residual", says="on block = a block that returns zeros")
def tells_of_counts(block, x):
    shortcut = sum(p.numel() for p in block.shortcut.parameters())
    own = sum(p.numel() for layer in (block.conv1, block.bn1, block.conv2, block.bn2) for p in layer.parameters())
    return sum(p.numel() for p in block.parameters()) == own + shortcut


@wrong("is_residual", says="Your test says False to every block")
def tells_too_strict(block, x):
    return block(x) is block(x)


def _body(block, x):
    return block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))


def _whole(block, x):
    return (_body(block, x) + block.shortcut(x)).relu()


@wrong("is_residual", says="You only look at the block with an empty body")
def tells_of_the_empty_branch(block, x):
    with torch.no_grad():
        kept = block.bn2.weight.clone(), block.bn2.bias.clone()
        block.bn2.weight.zero_(), block.bn2.bias.zero_()
        right = torch.allclose(block(x), block.shortcut(x).relu())
        block.bn2.weight.copy_(kept[0]), block.bn2.bias.copy_(kept[1])
    return right


@wrong("is_residual", says="the block is another one now")
def tells_that_breaks_it(block, x):
    right = torch.allclose(block(x), _whole(block, x))
    with torch.no_grad():
        block.bn2.weight.zero_(), block.bn2.bias.zero_()
        return right and torch.allclose(block(x), block.shortcut(x).relu())


@wrong("is_residual", says="You left the block in training mode")
def tells_in_training_mode(block, x):
    right = torch.allclose(block(x), _whole(block, x))
    block.train()
    return right


@wrong("is_residual", says="a call in training mode moves the running figures")
def tells_in_both_modes(block, x):
    right = torch.allclose(block(x), _whole(block, x))
    block.train()
    right = right and block(x).shape == x.shape if isinstance(block.shortcut, nn.Identity) else right
    block(x)
    block.eval()
    return right


@wrong("is_residual", says="Your test only sees whether the result is negative anywhere")
def tells_of_the_last_relu(block, x):
    return bool((block(x) >= 0).all())


@wrong("is_residual", says="Your test only sees whether the result is zero everywhere")
def tells_of_zeros(block, x):
    return block(x).abs().sum().item() > 0


@wrong("is_residual", says="Your own formula describes a block that has no last ReLU")
def tells_without_last_relu(block, x):
    return torch.allclose(block(x), _body(block, x) + block.shortcut(x))


@wrong("is_residual", says="Your own formula describes a block that has no ReLU between its convolutions")
def tells_without_inner_relu(block, x):
    out = block.bn2(block.conv2(block.bn1(block.conv1(x))))
    return torch.allclose(block(x), F.relu(out + block.shortcut(x)))


@wrong("is_residual", says="Your own formula describes a block that forgets the shortcut")
def tells_without_shortcut(block, x):
    return torch.allclose(block(x), _body(block, x).relu())


@wrong("is_residual", says="You add x itself")
def tells_with_x(block, x):
    return torch.allclose(block(x), (_body(block, x) + x).relu())


@wrong("is_residual", says="A mirrored result has the same")
def tells_of_the_sum(block, x):
    return abs(block(x).sum().item() - _whole(block, x).sum().item()) < 1e-6


@wrong("is_residual", says="A mirrored result has the same")
def tells_of_the_mean(block, x):
    return torch.isclose(block(x).mean(), _whole(block, x).mean())


@wrong("is_residual", says="You compare the first image only")
def tells_of_one_image(block, x):
    return torch.allclose(block(x)[0], _whole(block, x)[0])


@wrong("is_residual", says="You compare the first channel only")
def tells_of_one_channel(block, x):
    return torch.allclose(block(x)[:, 0], _whole(block, x)[:, 0])


@wrong("is_residual", says="on block = ")
def tells_of_one_value(block, x):
    return abs(block(x)[0, 0, 0, 0].item() - _whole(block, x)[0, 0, 0, 0].item()) < 1e-6


@wrong("is_residual", says="somewhere two of their values nearly always agree")
def tells_of_any_value(block, x):
    return bool(torch.isclose(block(x), _whole(block, x)).any())


@wrong("is_residual", says="Your tolerance is too wide")
def tells_of_rough_values(block, x):
    return (block(x) - _whole(block, x)).abs().max().item() < 0.1


@wrong("is_residual", says="expected True, got 'right'")
def tells_in_words(block, x):
    return "right" if torch.allclose(block(x), _whole(block, x)) else "wrong"


@wrong("is_residual", says="Does every path end in `return`?\nit printed: True")
def tells_that_prints(block, x):
    print(torch.allclose(block(x), _whole(block, x)))


@wrong("batch_norm", says="Your running variance takes the biased variance")
def norm_biased_and_undetached(x, weight, bias, running_mean, running_var, training, momentum, eps):
    if not training:
        return _normalised(x, running_mean, running_var, weight, bias, eps), running_mean, running_var
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * var
    return _normalised(x, mean, var, weight, bias, eps), running_mean, running_var


@wrong("pad_shortcut", says="expected dtype torch.float32, got torch.float64")
def pad_in_doubles(x, out_channels, stride):
    kept = x[:, :, ::stride, ::stride]
    n, channels, height, width = kept.shape
    out = torch.zeros(n, out_channels, height, width, dtype=torch.float64)
    front = (out_channels - channels) // 2
    out[:, front : front + channels] = kept
    return out


def _residual(block, x):
    return (block.bn2(block.conv2(block.bn1(block.conv1(x)).relu())) + block.shortcut(x)).relu()


@wrong("is_residual", says="You compare differences with their signs")
@torch.no_grad()
def test_without_absolute_value(block, x):
    return (_residual(block, x) - block(x)).max().item() < 1e-6


@wrong("is_residual", says="Only the last image decides")
def test_by_the_last_image(block, x):
    for got, wanted in zip(block(x), _residual(block, x), strict=True):
        same = torch.allclose(got, wanted)
    return same


@wrong("ResidualBlock", says="One of your two BatchNorms does the work twice")
class BlockNormTwice(Residual):
    def body(self, x):
        return self.bn1(self.conv2(self.relu(self.bn1(self.conv1(x)))))


@wrong("ResidualBlock", says="One of your two convolutions does the work twice")
class BlockConvolutionTwice(Residual):
    def body(self, x):
        return self.bn2(self.conv1(self.relu(self.bn1(self.conv1(x)))))


@wrong("ResidualBlock", says="No gradient reaches one of your layers")
class BlockOfOneConvolution(Residual):
    def body(self, x):
        return self.bn2(self.relu(self.bn1(self.conv1(x))))


@wrong("ProjectionBlock", says="One of your two BatchNorms does the work twice")
class ProjectionNormTwice(Projecting):
    def body(self, x):
        return self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))


@wrong("ProjectionBlock", says="One of your two convolutions does the work twice")
class ProjectionConvolutionTwice(Projecting):
    def body(self, x):
        return self.bn2(self.conv1(F.relu(self.bn1(self.conv1(x)))))


@wrong("pad_shortcut", says="Your zeros have another size than the pixels that you keep")
def pad_zeros_of_the_floor(x, out_channels, stride):
    n, c, h, w = x.shape
    front = (out_channels - c) // 2
    before = x.new_zeros(n, front, h // stride, w // stride)
    behind = x.new_zeros(n, out_channels - c - front, h // stride, w // stride)
    return torch.cat([before, x[:, :, ::stride, ::stride], behind], dim=1)


@wrong("pad_shortcut", says="Your zeros have another size than the pixels that you keep")
def pad_into_the_floor(x, out_channels, stride):
    n, c, h, w = x.shape
    front = (out_channels - c) // 2
    result = x.new_zeros(n, out_channels, h // stride, w // stride)
    result[:, front : front + c] = x[:, :, ::stride, ::stride]
    return result


@wrong("pad_shortcut", says="thins out the first two axes")
def pad_thins_images_and_channels(x, out_channels, stride):
    return _with_channels(x[::stride, ::stride], out_channels)


@wrong("pad_shortcut", says="thins out the first two axes")
def pad_thins_images_and_counts_before(x, out_channels, stride):
    more = out_channels - x.shape[1]
    return F.pad(x[::stride, ::stride], (0, 0, 0, 0, more // 2, more - more // 2))


@wrong("pad_shortcut", says="You begin with the last pixel of each window")
def pad_from_the_last_of_a_window(x, out_channels, stride):
    return _with_channels(x[:, :, stride - 1 :: stride, stride - 1 :: stride], out_channels)


@wrong("pad_shortcut", says="You take the mean of each window")
def pad_average_of_whole_windows(x, out_channels, stride):
    return _with_channels(F.avg_pool2d(x, stride), out_channels)


@wrong("pad_shortcut", says="You take the largest of each window")
def pad_largest_of_whole_windows(x, out_channels, stride):
    return _with_channels(F.max_pool2d(x, stride), out_channels)
