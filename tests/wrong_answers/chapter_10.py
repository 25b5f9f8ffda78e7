"""Wrong answers to the exercises of chapter 10."""

import copy
import re
import warnings

import torch
import torch.nn.functional as F
from torch import nn

from cnn_lessons.models import resnet

from . import wrong

# BottleneckBlock


def conv(into, out, kernel, stride=1, bias=False):
    return nn.Conv2d(into, out, kernel, stride, padding=kernel // 2, bias=bias)


class Right(nn.Module):
    """The right block, whose parts the wrong ones replace."""

    def __init__(self, in_channels, channels, stride=1, strides=(False, True, False), bias=False, expansion=4):
        super().__init__()
        self.bias, out = bias, channels * expansion
        first, second, third = (stride if here else 1 for here in strides)
        self.conv1, self.bn1 = conv(in_channels, channels, 1, first, bias), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3, second, bias), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = conv(channels, out, 1, third, bias), nn.BatchNorm2d(out)
        self.shortcut = self.way(in_channels, out, stride)

    def way(self, in_channels, out, stride):
        if stride == 1 and in_channels == out:
            return nn.Sequential()
        return nn.Sequential(conv(in_channels, out, 1, stride, self.bias), nn.BatchNorm2d(out))

    def branch(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return self.bn3(self.conv3(out))

    def forward(self, x):
        return F.relu(self.branch(x) + self.shortcut(x))


@wrong("BottleneckBlock", says="Your stride sits on the first 1×1")
class StrideFirst(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride, strides=(True, False, False))


@wrong("BottleneckBlock", says="Your stride sits on the last 1×1")
class StrideLast(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride, strides=(False, False, True))


@wrong("BottleneckBlock", says="The block and its shortcut do not fit together")
class StrideTwice(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride, strides=(True, True, False))


@wrong("BottleneckBlock", says="The block and its shortcut do not fit together")
class StrideForgotten(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride, strides=(False, False, False))


@wrong("BottleneckBlock", says="Each BatchNorm cancels the bias")
class WithBiases(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride, bias=True)


@wrong("BottleneckBlock", says="It widens again, to four times as many")
class NotExpanded(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride, expansion=1)


@wrong("BottleneckBlock", says="You left out the last ReLU")
class NoLastRelu(Right):
    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


@wrong("BottleneckBlock", says="There is a ReLU before the sum and one after it")
class ThreeRelus(Right):
    def forward(self, x):
        return F.relu(F.relu(self.branch(x)) + self.shortcut(x))


@wrong("BottleneckBlock", says="You took the last ReLU before the sum")
class ReluBeforeTheSum(Right):
    def forward(self, x):
        return F.relu(self.branch(x)) + self.shortcut(x)


@wrong("BottleneckBlock", says="The shortcut is not added")
class NoSkip(Right):
    def forward(self, x):
        return F.relu(self.branch(x))


@wrong("BottleneckBlock", says="You left out the ReLUs inside the block")
class LinearInside(Right):
    def branch(self, x):
        return self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x))))))


@wrong("BottleneckBlock", says="You left out the ReLU after the second BatchNorm")
class OneReluInside(Right):
    def branch(self, x):
        return self.bn3(self.conv3(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))))


@wrong("BottleneckBlock", says="Your BatchNorms come after the ReLUs")
class NormLast(Right):
    def branch(self, x):
        out = self.bn1(F.relu(self.conv1(x)))
        out = self.bn2(F.relu(self.conv2(out)))
        return self.bn3(self.conv3(out))


@wrong("BottleneckBlock", says="a convolution even where the shape stays")
class AlwaysProjects(Right):
    def way(self, in_channels, out, stride):
        return nn.Sequential(conv(in_channels, out, 1, stride), nn.BatchNorm2d(out))


@wrong("BottleneckBlock", says="The convolution of your shortcut has no BatchNorm")
class BareShortcut(Right):
    def way(self, in_channels, out, stride):
        return nn.Identity() if stride == 1 and in_channels == out else conv(in_channels, out, 1, stride)


@wrong("BottleneckBlock", says="missing: a 1×1 convolution 3→8 without bias")
class ProjectsOnlyForTheStride(Right):
    def way(self, in_channels, out, stride):
        return super().way(in_channels, out, stride) if stride != 1 else nn.Identity()


@wrong("BottleneckBlock", says="a convolution even where the shape stays")
class ComparesWithTheWidthInside(Right):
    def way(self, in_channels, out, stride):
        if stride == 1 and in_channels == out // 4:
            return nn.Identity()
        return AlwaysProjects.way(self, in_channels, out, stride)


@wrong("BottleneckBlock", says="All your kernels are 3×3")
class AllThrees(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = conv(in_channels, channels, 3)
        self.conv3 = conv(channels, 4 * channels, 3)


@wrong("BottleneckBlock", says="`super().__init__()` comes first")
class WithoutSuper(Right):
    def __init__(self, in_channels, channels, stride=1):
        self.conv1 = conv(in_channels, channels, 1)


@wrong("BottleneckBlock", says="called the course's own Bottleneck")
class Borrowed(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.block = resnet.Bottleneck(in_channels, channels, stride)

    def forward(self, x):
        return self.block(x)


@wrong("BottleneckBlock", says="the result in eval mode is None")
class ReturnsNothing(Right):
    def forward(self, x):
        F.relu(self.branch(x) + self.shortcut(x))


# stem_c


def stem(widths, strides=(2, 1, 1), pool=None, padding=1, bias=False, kernel=3):
    layers = []
    for i, stride in enumerate(strides):
        layers.append(nn.Conv2d(widths[i], widths[i + 1], kernel, stride, padding, bias=bias))
        layers += [nn.BatchNorm2d(widths[i + 1]), nn.ReLU()]
    return nn.Sequential(*layers, pool or nn.MaxPool2d(3, 2, padding=1))


def narrow(into, out):
    return [into, out // 2, out // 2, out]


@wrong("stem_c", says="Your last convolution takes the stride")
def stem_strides_late(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), (1, 1, 2))


@wrong("stem_c", says="All three convolutions stride")
def stem_strides_always(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), (2, 2, 2))


@wrong("stem_c", says="No convolution strides")
def stem_never_strides(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), (1, 1, 1))


@wrong("stem_c", says="The max pool is missing")
def stem_without_a_pool(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), pool=nn.Identity())


@wrong("stem_c", says="Your pool has a 2×2 window")
def stem_pools_by_two(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), pool=nn.MaxPool2d(2))


@wrong("stem_c", says="Your pool has no padding. With padding 1")
def stem_pool_unpadded(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), pool=nn.MaxPool2d(3, stride=2))


@wrong("stem_c", says="A max pool was asked for")
def stem_averages(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), pool=nn.AvgPool2d(3, stride=2, padding=1))


@wrong("stem_c", says="Your convolutions have no padding")
def stem_unpadded(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), padding=0)


@wrong("stem_c", says="Each BatchNorm cancels the bias")
def stem_with_biases(in_channels=3, out_channels=64):
    return stem(narrow(in_channels, out_channels), bias=True)


@wrong("stem_c", says="All three convolutions give out_channels")
def stem_wide(in_channels=3, out_channels=64):
    return stem([in_channels, out_channels, out_channels, out_channels])


@wrong("stem_c", says="It keeps out_channels // 2; the third widens")
def stem_widens_early(in_channels=3, out_channels=64):
    return stem([in_channels, out_channels // 2, out_channels, out_channels])


@wrong("stem_c", says="That is the old stem")
def stem_of_2015(in_channels=3, out_channels=64):
    return stem([in_channels, out_channels], (2,), padding=3, kernel=7)


@wrong("stem_c", says="not asked for: a 3×3 convolution 32→64 without bias")
def stem_ignores_its_arguments(in_channels=3, out_channels=64):
    return stem(narrow(3, 64))


@wrong("stem_c", says="There is no ReLU between the convolutions")
def stem_linear(in_channels=3, out_channels=64):
    layers = list(stem(narrow(in_channels, out_channels)))
    return nn.Sequential(*layers[:2], *layers[3:5], *layers[6:])


@wrong("stem_c", says="The last ReLU is missing")
def stem_without_last_relu(in_channels=3, out_channels=64):
    layers = list(stem(narrow(in_channels, out_channels)))
    return nn.Sequential(*layers[:8], layers[9])


@wrong("stem_c", says="The BatchNorms are missing")
def stem_without_norm(in_channels=3, out_channels=64):
    layers = stem(narrow(in_channels, out_channels))
    return nn.Sequential(*(layer for layer in layers if not isinstance(layer, nn.BatchNorm2d)))


@wrong("stem_c", says="Your BatchNorms come after the ReLUs")
def stem_norm_last(in_channels=3, out_channels=64):
    a, b, c, d, e, f, g, h, i, pool = stem(narrow(in_channels, out_channels))
    return nn.Sequential(a, c, b, d, f, e, g, i, h, pool)


@wrong("stem_c", says="Follow them: in_channels, half of out_channels twice")
def stem_mixed_up(in_channels=3, out_channels=64):
    layers = list(stem(narrow(in_channels, out_channels)))
    return nn.Sequential(*layers[6:9], *layers[:6], layers[9])


@wrong("stem_c", says="got list. nn.Sequential(*layers) makes one module of them.")
def stem_as_a_list(in_channels=3, out_channels=64):
    return list(stem(narrow(in_channels, out_channels)))


@wrong("stem_c", says="nn.ModuleList only keeps layers")
def stem_in_a_module_list(in_channels=3, out_channels=64):
    return nn.ModuleList(stem(narrow(in_channels, out_channels)))


# rename_keys


def renamed(key):
    key = key.removeprefix("module.")
    key = key.replace("stem.conv", "conv1").replace("stem.norm", "bn1").replace("head", "fc")
    key = key.replace("shortcut.conv", "downsample.0").replace("shortcut.norm", "downsample.1").replace("norm", "bn")
    return re.sub(r"^body\.(\d)", lambda found: f"layer{int(found[1]) + 1}", key).replace("num_batches_norm", "")


def bound(key):
    """Rename all but the body's stage."""
    return renamed(key.replace("body", "bodies"))


@wrong("rename_keys", says="The keys are as they were")
def rename_nothing(state):
    return dict(state)


@wrong("rename_keys", says="counts its stages from 0")
def rename_stage_off_by_one(state):
    return {bound(key).replace("bodies.", "layer"): value for key, value in state.items()}


@wrong("rename_keys", says="counts its stages from 0")
def rename_keeps_the_dot(state):
    return {bound(key).replace("bodies", "layer"): value for key, value in state.items()}


@wrong("rename_keys", says="You added 1 to the number of the block too")
def rename_blocks_too(state):
    def name(key):
        return re.sub(r"^(layer\d)\.(\d+)", lambda found: f"{found[1]}.{int(found[2]) + 1}", renamed(key))

    return {name(key): value for key, value in state.items()}


@wrong("rename_keys", says='You replaced "norm" everywhere alike')
def rename_norm_first(state):
    out = {}
    for key, value in state.items():
        key = key.removeprefix("module.").replace("norm", "bn")
        out[renamed(key)] = value
    return out


@wrong("rename_keys", says="Inside `downsample` ours are numbered")
def rename_shortcut_only(state):
    return {renamed(key.replace("shortcut", "downsample")): value for key, value in state.items()}


@wrong("rename_keys", says="You have them the other way round, or count from 1")
def rename_counts_from_one(state):
    return {
        renamed(key).replace("sample.1", "sample.2").replace("sample.0", "sample.1"): value
        for key, value in state.items()
    }


@wrong("rename_keys", says="The shortcuts keep their old name")
def rename_forgets_shortcuts(state):
    return {renamed(key.replace("shortcut", "way")).replace("way", "shortcut"): value for key, value in state.items()}


@wrong("rename_keys", says="Our ResNet's head is called fc")
def rename_forgets_the_head(state):
    return {renamed(key.replace("head", "top")).replace("top", "head"): value for key, value in state.items()}


@wrong("rename_keys", says="Take it off where it is")
def rename_with_prefix(state):
    return {"module." * key.startswith("module.") + renamed(key): value for key, value in state.items()}


@wrong("rename_keys", says="You cut 7 characters off every key")
def rename_cuts_blindly(state):
    return {renamed(key[7:]): value for key, value in state.items()}


@wrong("rename_keys", says="A stage can have more than ten blocks")
def rename_one_digit(state):
    out = {}
    for key, value in state.items():
        plain = key.removeprefix("module.")
        found = re.match(r"body\.(\d)\.(\d)\.", plain)
        out[renamed(key) if found or not plain.startswith("body") else plain] = value
    return out


@wrong("rename_keys", says="The batch counters, num_batches_tracked, are missing")
def rename_drops_the_counters(state):
    return {renamed(key): value for key, value in state.items() if not key.endswith("tracked")}


@wrong("rename_keys", says="The running statistics are missing")
def rename_keeps_parameters_only(state):
    return {renamed(key): value for key, value in state.items() if key.split(".")[-1] in ("weight", "bias")}


@wrong("rename_keys", says="You transposed the head's weight")
def rename_transposes(state):
    return {renamed(key): value.T if key.endswith("head.weight") else value for key, value in state.items()}


@wrong("rename_keys", says="hand each tensor on as it is")
def rename_to_float(state):
    return {renamed(key): value.float() for key, value in state.items()}


@wrong("rename_keys", says="your function changes the dict")
def rename_in_place(state):
    for key in list(state):
        state[renamed(key)] = state.pop(key)
    return state


@wrong("rename_keys", says="You change the dict while you walk over it")
def rename_while_walking(state):
    for key in state:
        state[renamed(key)] = state.pop(key)
    return state


@wrong("rename_keys", says="not its keys alone")
def rename_keys_alone(state):
    return [renamed(key) for key in state]


@wrong("rename_keys", says="the result is None")
def rename_forgets_return(state):
    out = {renamed(key): value for key, value in state.items()}
    out.update(state)


# train_head


def teach(body, head, loader, optimizer, loss_fn, features=None):
    """Train the head in whatever mode both are."""
    for images, labels in loader:
        optimizer.zero_grad()
        loss = loss_fn(head(features(images) if features else body(images)), labels)
        loss.backward()
        optimizer.step()


@wrong("train_head", says="requires_grad_(False) and no_grad() stop gradients, not statistics")
def head_frozen_by_flags(body, head, loader, optimizer, loss_fn):
    body.requires_grad_(False)
    body.train()
    head.train()
    teach(body, head, loader, optimizer, loss_fn)


@wrong("train_head", says="Call body.eval(), after any train()")
def head_model_train(body, head, loader, optimizer, loss_fn):
    body.requires_grad_(False)
    body.eval()
    nn.Sequential(body, head).train()
    teach(body, head, loader, optimizer, loss_fn)


@wrong("train_head", says="not statistics")
def head_no_grad_is_enough(body, head, loader, optimizer, loss_fn):
    head.train()
    teach(body, head, loader, optimizer, loss_fn, features=torch.no_grad()(body))


@wrong("train_head", says="Run the body in eval mode; nothing has to be put back")
def head_puts_statistics_back(body, head, loader, optimizer, loss_fn):
    kept = copy.deepcopy(body.state_dict())
    head.train()
    teach(body, head, loader, optimizer, loss_fn, features=torch.no_grad()(body))
    body.load_state_dict(kept)


@wrong("train_head", says="eval() does not stop gradients")
def head_eval_is_enough(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    teach(body, head, loader, optimizer, loss_fn)


@wrong("train_head", says="Your head is trained in eval mode")
def head_in_eval_mode(body, head, loader, optimizer, loss_fn):
    nn.Sequential(body, head).eval()
    teach(body, head, loader, optimizer, loss_fn, features=torch.no_grad()(body))


@wrong("train_head", says="Your head is trained in eval mode")
def head_mode_forgotten(body, head, loader, optimizer, loss_fn):
    body.eval().requires_grad_(False)
    teach(body, head, loader, optimizer, loss_fn)


@wrong("train_head", says="not the head's alone")
def head_zeroes_itself(body, head, loader, optimizer, loss_fn):
    body.eval().requires_grad_(False)
    head.train()
    for images, labels in loader:
        head.zero_grad()
        loss_fn(head(body(images)), labels).backward()
        optimizer.step()


@wrong("train_head", says="Weight decay then moves the body")
def head_fills_with_zeros(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    for images, labels in loader:
        optimizer.zero_grad(set_to_none=False)
        loss_fn(head(body(images).detach()), labels).backward()
        optimizer.step()


@wrong("train_head", says="Old gradients are never forgotten")
def head_never_forgets(body, head, loader, optimizer, loss_fn):
    body.eval().requires_grad_(False)
    head.train()
    for images, labels in loader:
        loss_fn(head(body(images)), labels).backward()
        optimizer.step()


@wrong("train_head", says="You froze the head")
def head_frozen_instead(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train().requires_grad_(False)
    teach(body, head, loader, optimizer, loss_fn)


@wrong("train_head", says="No gradient reaches the head")
def head_under_no_grad(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    teach(body, torch.no_grad()(head), loader, optimizer, loss_fn)


@wrong("train_head", says="No gradient reaches the head")
def head_detached(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    teach(body, lambda features: head(features).detach(), loader, optimizer, loss_fn)


@wrong("train_head", says="The head got the images")
def head_gets_images(body, head, loader, optimizer, loss_fn):
    head.train()
    teach(body, head, loader, optimizer, loss_fn, features=lambda images: images)


@wrong("train_head", says="Give it the logits")
def head_softmax(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    teach(torch.no_grad()(body), lambda x: F.softmax(head(x), 1), loader, optimizer, loss_fn)


@wrong("train_head", says="One step a batch was asked for")
def head_steps_once(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    optimizer.zero_grad()
    for images, labels in loader:
        loss_fn(head(body(images).detach()), labels).backward()
    optimizer.step()


@wrong("train_head", says="the number of steps that the optimiser took")
def head_never_steps(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss_fn(head(body(images).detach()), labels).backward()


@wrong("train_head", says="The running statistics moved")
def head_trains_everything(body, head, loader, optimizer, loss_fn):
    body.train()
    head.train()
    teach(body, head, loader, optimizer, loss_fn)


@wrong("train_head", says="backward() belongs to the loss")
def head_backward_of_the_optimizer(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    for images, labels in loader:
        optimizer.zero_grad()
        with torch.no_grad():
            features = body(images)
        loss_fn(head(features), labels)
        optimizer.backward()
        optimizer.step()


@wrong("rename_keys", says="and, in a bottleneck, norm3 become")
def rename_without_norm3(state):
    renamed = {}
    for key, value in state.items():
        parts = key.removeprefix("module.").split(".")
        if parts[0] == "stem":
            parts = ["conv1" if parts[1] == "conv" else "bn1", *parts[2:]]
        elif parts[0] == "body":
            parts = [f"layer{int(parts[1]) + 1}", *parts[2:]]
            if parts[2] == "shortcut":
                parts[2:4] = ["downsample", "0" if parts[3] == "conv" else "1"]
            elif parts[2] in ("norm1", "norm2"):
                parts[2] = parts[2].replace("norm", "bn")
        else:
            parts[0] = "fc"
        renamed[".".join(parts)] = value
    return renamed


@wrong("train_head", says=".item() makes a plain number")
def head_of_a_number(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    for images, labels in loader:
        optimizer.zero_grad()
        with torch.no_grad():
            features = body(images)
        loss = loss_fn(head(features), labels).item()
        loss.backward()
        optimizer.step()


@wrong("train_head", says="`optimizer` never took a step")
def head_with_an_own_optimiser(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    own = torch.optim.SGD(head.parameters(), lr=0.2)
    for images, labels in loader:
        own.zero_grad()
        with torch.no_grad():
            features = body(images)
        loss_fn(head(features), labels).backward()
        own.step()


@wrong("train_head", says="You forget the gradients after each step")
def head_zeroed_after_the_step(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    for images, labels in loader:
        with torch.no_grad():
            features = body(images)
        loss_fn(head(features), labels).backward()
        optimizer.step()
        optimizer.zero_grad()


@wrong("train_head", says="You do not use `loss_fn`")
def head_with_a_loss_of_its_own(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    for images, labels in loader:
        with torch.no_grad():
            features = body(images)
        optimizer.zero_grad()
        F.cross_entropy(head(features), labels).backward()
        optimizer.step()


@wrong("BottleneckBlock", says="only where the stride is not 1. Other channels need one too")
class ProjectsForTheStride(Right):
    def way(self, in_channels, out, stride):
        return nn.Identity() if stride == 1 else super().way(in_channels, out, stride)


@wrong("BottleneckBlock", says="only where the channels change. A stride needs one too")
class ProjectsForTheChannels(Right):
    def way(self, in_channels, out, stride):
        return nn.Identity() if in_channels == out else super().way(in_channels, out, stride)


@wrong("BottleneckBlock", says="only where stride and channels both change")
class ProjectsForBoth(Right):
    def way(self, in_channels, out, stride):
        return nn.Identity() if stride == 1 or in_channels == out else super().way(in_channels, out, stride)


@wrong("BottleneckBlock", says="Each BatchNorm cancels the bias")
class BiasesBesideTheShortcut(Right):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride, bias=True)

    def way(self, in_channels, out, stride):
        self.bias = False
        return super().way(in_channels, out, stride)


@wrong("BottleneckBlock", says="Your shortcut's convolution has a bias, which its BatchNorm cancels")
class BiasInTheShortcut(Right):
    def way(self, in_channels, out, stride):
        self.bias = True
        return super().way(in_channels, out, stride)


@wrong("BottleneckBlock", says="`channels` is the narrow width")
class NarrowedAtLeastToOne(Right):
    def __init__(self, in_channels, channels, stride=1):
        inside = max(1, channels // 4)
        super().__init__(in_channels, inside, stride)
        self.conv3, self.bn3 = conv(inside, channels, 1), nn.BatchNorm2d(channels)
        self.shortcut = self.way(in_channels, channels, stride)


@wrong("BottleneckBlock", says="`channels` is the narrow width")
class NarrowedToNothing(Right):
    def __init__(self, in_channels, channels, stride=1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            super().__init__(in_channels, channels // 4, stride)
            self.conv3, self.bn3 = conv(channels // 4, channels, 1), nn.BatchNorm2d(channels)
        self.shortcut = self.way(in_channels, channels, stride)


@wrong("train_head", says="its weights moved between the batches and were put back at the end")
def head_puts_weights_back(body, head, loader, optimizer, loss_fn):
    kept = copy.deepcopy(body.state_dict())
    body.eval()
    head.train()
    teach(body, head, loader, optimizer, loss_fn)
    body.load_state_dict(kept)


@wrong("train_head", says="The head's gradients pile up")
def head_zeroed_once(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    optimizer.zero_grad()
    for images, labels in loader:
        with torch.no_grad():
            features = body(images)
        loss = loss_fn(head(features), labels)
        loss.backward()
        optimizer.step()


@wrong("train_head", says="You forget the gradients between backward() and step()")
def head_zeroed_before_the_step(body, head, loader, optimizer, loss_fn):
    body.eval()
    head.train()
    for images, labels in loader:
        with torch.no_grad():
            features = body(images)
        loss_fn(head(features), labels).backward()
        optimizer.zero_grad()
        optimizer.step()
