"""Wrong answers to the exercises of chapter 09."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from cnn_lessons import models
from cnn_lessons.models.resnet_cifar import PadBlock

from . import wrong

# build_stage


@wrong("build_stage", says="the map shrinks again and again")
def stage_strides_everywhere(block, in_channels, out_channels, count, stride):
    layers = []
    for _ in range(count):
        layers.append(block(in_channels, out_channels, stride))
        in_channels = out_channels
    return nn.Sequential(*layers)


@wrong("build_stage", says="You never use `stride`")
def stage_never_strides(block, in_channels, out_channels, count, stride):
    layers = [block(in_channels, out_channels, 1)]
    return nn.Sequential(*layers, *[block(out_channels, out_channels, 1) for _ in range(count - 1)])


@wrong("build_stage", says="Your last block strides")
def stage_strides_last(block, in_channels, out_channels, count, stride):
    layers = []
    for i in range(count):
        layers.append(block(in_channels if i == 0 else out_channels, out_channels, stride if i == count - 1 else 1))
    return nn.Sequential(*layers)


@wrong("build_stage", says="It is the other way round")
def stage_strides_after_the_first(block, in_channels, out_channels, count, stride):
    layers = [block(in_channels, out_channels, 1)]
    for _ in range(1, count):
        layers.append(block(out_channels, out_channels, stride))
    return nn.Sequential(*layers)


@wrong("build_stage", says="Your first block always strides by 2")
def stage_strides_by_two(block, in_channels, out_channels, count, stride):
    strides = [2] + [1] * (count - 1)
    channels = [in_channels] + [out_channels] * (count - 1)
    return nn.Sequential(*(block(c, out_channels, s) for c, s in zip(channels, strides, strict=True)))


@wrong("build_stage", says="You stride only where the channels change")
def stage_strides_with_the_channels(block, in_channels, out_channels, count, stride):
    layers = []
    for _ in range(count):
        layers.append(block(in_channels, out_channels, stride if in_channels != out_channels else 1))
        in_channels = out_channels
    return nn.Sequential(*layers)


@wrong("build_stage", says="one block too many")
def stage_of_one_and_count(block, in_channels, out_channels, count, stride):
    layers = [block(in_channels, out_channels, stride)]
    for _ in range(count):
        layers.append(block(out_channels, out_channels, 1))
    return nn.Sequential(*layers)


@wrong("build_stage", says="one block too few")
def stage_without_its_last(block, in_channels, out_channels, count, stride):
    layers = []
    for i in range(1, count):
        layers.append(block(in_channels, out_channels, stride if i == 1 else 1))
        in_channels = out_channels
    return nn.Sequential(*layers)


@wrong("build_stage", says="whatever `count` is")
def stage_of_one_block(block, in_channels, out_channels, count, stride):
    for _ in range(count):
        layers = [block(in_channels, out_channels, stride)]
    return nn.Sequential(*layers)


@wrong("build_stage", says="one and the same object")
def stage_of_one_object(block, in_channels, out_channels, count, stride):
    return nn.Sequential(
        block(in_channels, out_channels, stride), *[block(out_channels, out_channels, 1)] * (count - 1)
    )


@wrong("build_stage", says="Every block of yours reads `in_channels`")
def stage_all_from_the_input(block, in_channels, out_channels, count, stride):
    layers = []
    for i in range(count):
        layers.append(block(in_channels, out_channels, stride if i == 0 else 1))
    return nn.Sequential(*layers)


@wrong("build_stage", says="Every block of yours reads `in_channels`")
def stage_all_alike(block, in_channels, out_channels, count, stride):
    return nn.Sequential(*[block(in_channels, out_channels, stride) for _ in range(count)])


@wrong("build_stage", says="Your channels change in the last block")
def stage_widens_last(block, in_channels, out_channels, count, stride):
    layers = [block(in_channels, in_channels, stride if i == 0 else 1) for i in range(count - 1)]
    return nn.Sequential(*layers, block(in_channels, out_channels, 1 if layers else stride))


@wrong("build_stage", says="Your first block reads `out_channels`")
def stage_reads_its_output(block, in_channels, out_channels, count, stride):
    return nn.Sequential(*(block(out_channels, out_channels, 1 if i else stride) for i in range(count)))


@wrong("build_stage", says="You build one kind of block")
def stage_of_its_own_blocks(block, in_channels, out_channels, count, stride):
    layers = [PadBlock(in_channels, out_channels, stride)]
    return nn.Sequential(*layers, *[PadBlock(out_channels, out_channels) for _ in range(count - 1)])


@wrong("build_stage", says="You put a ReLU behind the blocks")
def stage_with_a_relu(block, in_channels, out_channels, count, stride):
    layers = [block(in_channels, out_channels, stride)]
    layers += [block(out_channels, out_channels, 1) for _ in range(count - 1)]
    return nn.Sequential(*layers, nn.ReLU())


@wrong("build_stage", says="nn.ModuleList only keeps layers")
def stage_in_a_module_list(block, in_channels, out_channels, count, stride):
    layers = nn.ModuleList([block(in_channels, out_channels, stride)])
    layers.extend(block(out_channels, out_channels, 1) for _ in range(count - 1))
    return layers


@wrong("build_stage", says="nn.Sequential takes modules, not a list of them")
def stage_of_a_list(block, in_channels, out_channels, count, stride):
    layers = [block(in_channels, out_channels, stride)]
    layers += [block(out_channels, out_channels, 1) for _ in range(count - 1)]
    return nn.Sequential(layers)


@wrong("build_stage", says="got list. nn.Sequential(*layers) makes one module of them.")
def stage_as_a_list(block, in_channels, out_channels, count, stride):
    return [block(in_channels, out_channels, stride)] + [block(out_channels, out_channels, 1)] * (count - 1)


@wrong("build_stage", says="the course's own stage")
def stage_of_the_course(block, in_channels, out_channels, count, stride):
    from cnn_lessons.models.resnet import BasicBlock, stage

    return stage(BasicBlock, in_channels, out_channels, count, stride)


# network_depth


@wrong("network_depth", says="You forgot the two layers outside the blocks")
def depth_of_the_blocks(counts, layers_per_block):
    return sum(counts) * layers_per_block


@wrong("network_depth", says="You are one short")
def depth_without_the_head(counts, layers_per_block):
    depth = 1
    for count in counts:
        depth += count * layers_per_block
    return depth


@wrong("network_depth", says="You counted the blocks.")
def depth_in_blocks(counts, layers_per_block):
    return 1 + sum(counts) + 1


@wrong("network_depth", says="You counted the stages")
def depth_in_stages(counts, layers_per_block):
    return len(counts) * layers_per_block + 2


@wrong("network_depth", says="as many blocks as the first")
def depth_of_equal_stages(counts, layers_per_block):
    return 2 + len(counts) * counts[0] * layers_per_block


@wrong("network_depth", says="6n + 2 holds for three equal stages")
def depth_by_the_formula(counts, layers_per_block):
    n = counts[0]
    return 6 * n + 2


@wrong("network_depth", says="a bottleneck has three")
def depth_of_basic_blocks(counts, layers_per_block):
    return 2 * sum(counts) + 2


@wrong("network_depth", says="one for each stage after the first")
def depth_with_projections(counts, layers_per_block):
    depth = 2
    for i, count in enumerate(counts):
        depth += layers_per_block * count + (i > 0)
    return depth


@wrong("network_depth", says="You counted a shortcut for every block")
def depth_with_all_shortcuts(counts, layers_per_block):
    return 2 + sum(count * (layers_per_block + 1) for count in counts)


@wrong("network_depth", says="You counted the BatchNorms too")
def depth_with_norms(counts, layers_per_block):
    convolutions = 1 + layers_per_block * sum(counts)
    return convolutions + convolutions + 1


@wrong("network_depth", says="You multiplied the stages' blocks")
def depth_multiplied(counts, layers_per_block):
    blocks = 1
    for count in counts:
        blocks *= count
    return blocks * layers_per_block + 2


@wrong("network_depth", says="You counted stem and linear layer with the blocks")
def depth_of_padded_counts(counts, layers_per_block):
    return sum([1, *counts, 1]) * layers_per_block


@wrong("network_depth", says="your function changes the list")
def depth_appends(counts, layers_per_block):
    counts[:] = [count * layers_per_block for count in counts]
    counts += [1, 1]
    return sum(counts)


@wrong("network_depth", says="expected an integer")
def depth_in_floats(counts, layers_per_block):
    return torch.tensor(counts).float().mean().item() * len(counts) * layers_per_block + 2


# build_resnet20


def row(block, in_channels, out_channels, count, stride):
    blocks = [block(in_channels, out_channels, stride)]
    return nn.Sequential(*blocks, *(block(out_channels, out_channels, 1) for _ in range(count - 1)))


class Net(nn.Module):
    """The right network, whose parts the wrong ones replace."""

    def __init__(self, block, num_classes=10, n=3, strides=(1, 2, 2), bias=False):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=bias)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = row(block, 16, 16, n, strides[0])
        self.layer2 = row(block, 16, 32, n, strides[1])
        self.layer3 = row(block, 32, 64, n, strides[2])
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(64, num_classes)

    def stem(self, x):
        return torch.relu(self.bn1(self.conv1(x)))

    def head(self, x):
        return self.fc(torch.flatten(self.pool(x), 1))

    def forward(self, x):
        return self.head(self.layer3(self.layer2(self.layer1(self.stem(x)))))


@wrong("build_resnet20", says="the map shrinks again and again")
class NetShrinks(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes)
        self.layer2 = nn.Sequential(*[block(16 if i == 0 else 32, 32, 2) for i in range(3)])
        self.layer3 = nn.Sequential(*[block(32 if i == 0 else 64, 64, 2) for i in range(3)])


@wrong("build_resnet20", says="You build one kind of block")
class NetOfItsOwnBlocks(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(PadBlock, num_classes)


@wrong("build_resnet20", says="No block of yours strides")
class NetKeeps(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes, strides=(1, 1, 1))


@wrong("build_resnet20", says="Your first stage strides too")
class NetStridesAtOnce(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes, strides=(2, 2, 2))


@wrong("build_resnet20", says="that is ResNet-14")
class NetOfFourteen(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes, n=2)


@wrong("build_resnet20", says="that is ResNet-26")
class NetOfTwentySix(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes, n=4)


@wrong("build_resnet20", says="that is ResNet-38")
class NetOfThirtyEight(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes, n=20 // 3)


@wrong("build_resnet20", says="You built four stages")
def net_of_four_stages(block, num_classes=10):
    layers = [
        nn.Conv2d(3, 16, 3, 1, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        row(block, 16, 16, 3, 1),
    ]
    for channels in (16, 32, 64):
        layers.append(row(block, channels, 2 * channels, 3, 2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, num_classes))


@wrong("build_resnet20", says="The BatchNorm of the stem is missing")
class NetWithoutNorm(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes)
        self.bn1 = nn.Identity()


@wrong("build_resnet20", says="The ReLU of the stem is missing")
class NetWithoutRelu(Net):
    def stem(self, x):
        return self.bn1(self.conv1(x))


@wrong("build_resnet20", says="The stem's convolution has a bias")
class NetWithBias(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes, bias=True)


@wrong("build_resnet20", says="Your stem is ImageNet's")
class NetForImageNet(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes)
        self.conv1 = nn.Conv2d(3, 16, kernel_size=7, stride=2, padding=3, bias=False)


@wrong("build_resnet20", says="Your stem has a max pool")
class NetWithMaxPool(Net):
    def stem(self, x):
        return nn.functional.max_pool2d(super().stem(x), 3, stride=2, padding=1)


@wrong("build_resnet20", says="Your last layer always gives ten numbers")
class NetOfTenClasses(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block)


@wrong("build_resnet20", says="You end in a softmax")
class NetSoftmax(Net):
    def head(self, x):
        return super().head(x).softmax(dim=1)


@wrong("build_resnet20", says="You take the largest value of each map")
class NetTakesTheLargest(Net):
    def head(self, x):
        return self.fc(x.amax(dim=(2, 3)))


@wrong("build_resnet20", says="First comes their mean")
class NetFlattens(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes)
        self.fc = nn.Linear(64 * 8 * 8, num_classes)

    def head(self, x):
        return self.fc(x.flatten(1))


@wrong("build_resnet20", says="Your pooling's window does not fit")
class NetPoolsByEight(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes)
        self.pool = nn.AvgPool2d(8)


@wrong("build_resnet20", says="After the mean the shape is (N, 64, 1, 1)")
class NetForgetsToFlatten(Net):
    def head(self, x):
        return self.fc(self.pool(x))


@wrong("build_resnet20", says="Each stage reads what the stage before it gave")
class NetBreaksOff(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes)
        self.layer2, self.layer3 = row(block, 32, 32, 3, 2), row(block, 64, 64, 3, 2)


@wrong("build_resnet20", says="the course's own")
def net_of_the_course(block, num_classes=10):
    return models.resnet_cifar(20, num_classes)


# shrinking_blocks


def steps(stages, x):
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            y = block(x)
            yield i, j, x.shape, y.shape
            x = y


def less(before, after):
    return after[2] < before[2] or after[3] < before[3]


@wrong("shrinking_blocks", says="You compare each map with x as it came in")
def shrinks_since_the_start(stages, x):
    found, height, width = [], x.shape[2], x.shape[3]
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            x = block(x)
            if x.shape[2] < height or x.shape[3] < width:
                found.append((i, j))
    return found


@wrong("shrinking_blocks", says="You compare with the map at the start of the stage")
def shrinks_since_the_stage(stages, x):
    found = []
    for i, stage in enumerate(stages):
        size = x.shape[-2:]
        for j, block in enumerate(stage):
            x = block(x)
            if x.shape[-2] < size[0] or x.shape[-1] < size[1]:
                found.append((i, j))
    return found


@wrong("shrinking_blocks", says="You look at the first block of each stage only")
def shrinks_at_first_blocks(stages, x):
    found = []
    for i, stage in enumerate(stages):
        if less(x.shape, stage[0](x).shape):
            found.append((i, 0))
        x = stage(x)
    return found


@wrong("shrinking_blocks", says="You stop at the first block that you find")
def shrinks_once(stages, x):
    for i, j, before, after in steps(stages, x):
        if less(before, after):
            return [(i, j)]
    return []


@wrong("shrinking_blocks", says="or return inside the loop")
def shrinks_in_one_stage(stages, x):
    found = []
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            before, x = x, block(x)
            if less(before.shape, x.shape):
                found.append((i, j))
        return found
    return None


@wrong("shrinking_blocks", says="More channels are no smaller map")
def shrinks_or_changes(stages, x):
    return [(i, j) for i, j, before, after in steps(stages, x) if before != after]


@wrong("shrinking_blocks", says="Height and width are the axes 2 and 3")
def shrinks_in_channels(stages, x):
    return [(i, j) for i, j, before, after in steps(stages, x) if after[1] != before[1]]


@wrong("shrinking_blocks", says="You compare only the height")
def shrinks_in_height(stages, x):
    return [(i, j) for i, j, before, after in steps(stages, x) if after[2] < before[2]]


@wrong("shrinking_blocks", says="You compare only the width")
def shrinks_in_width(stages, x):
    return [(i, j) for i, j, before, after in steps(stages, x) if after[-1] < before[-1]]


@wrong("shrinking_blocks", says="You report blocks that make the map larger, too")
def shrinks_or_grows(stages, x):
    return [(i, j) for i, j, before, after in steps(stages, x) if after[2:] != before[2:]]


@wrong("shrinking_blocks", says="You count all the numbers of the map")
def shrinks_in_numbers(stages, x):
    return [(i, j) for i, j, before, after in steps(stages, x) if after.numel() < before.numel()]


@wrong("shrinking_blocks", says="You read the stride off the layers")
def shrinks_by_the_stride(stages, x):
    found = []
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            if any(isinstance(m, nn.Conv2d) and m.stride != (1, 1) for m in block.modules()):
                found.append((i, j))
    return found


@wrong("shrinking_blocks", says="a block here has other layers")
def shrinks_by_the_second_stride(stages, x):
    places = [(i, j, block) for i, stage in enumerate(stages) for j, block in enumerate(stage)]
    return [(i, j) for i, j, block in places if block.conv1.stride[0] * block.conv2.stride[0] > 1]


@wrong("shrinking_blocks", says="Count from 0")
def shrinks_from_one(stages, x):
    return [(i + 1, j + 1) for i, j, before, after in steps(stages, x) if less(before, after)]


@wrong("shrinking_blocks", says="the stage comes first")
def shrinks_the_wrong_way_round(stages, x):
    return [(j, i) for i, j, before, after in steps(stages, x) if less(before, after)]


@wrong("shrinking_blocks", says="You number the blocks through")
def shrinks_numbered_through(stages, x):
    flat = nn.Sequential(*(block for stage in stages for block in stage))
    return [k for k, (_, _, before, after) in enumerate(steps([flat], x)) if less(before, after)]


@wrong("shrinking_blocks", says="You count the blocks")
def shrinks_counted(stages, x):
    return sum(less(before, after) for _, _, before, after in steps(stages, x))


@wrong("shrinking_blocks", says="every block gets what the one before it gave")
def shrinks_each_from_x(stages, x):
    found = []
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            if less(x.shape, block(x).shape):
                found.append((i, j))
    return found


@wrong("shrinking_blocks", says="across the borders of the stages too")
def shrinks_each_stage_from_x(stages, x):
    found, start = [], copy.copy(x)
    for i, stage in enumerate(stages):
        x = start
        for j, block in enumerate(stage):
            before, x = x, block(x)
            if less(before.shape, x.shape):
                found.append((i, j))
    return found


@wrong("shrinking_blocks", says="your function prints something but returns None")
def shrinks_aloud(stages, x):
    for i, j, before, after in steps(stages, x):
        if less(before, after):
            print(i, j)


@wrong("build_resnet20", says="squeeze() removes every axis of length 1")
class Squeezing(nn.Module):
    def __init__(self, block, num_classes=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        plan = [(16, 16, 1), (16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 32, 1)]
        plan += [(32, 64, 2), (64, 64, 1), (64, 64, 1)]
        self.stages = nn.Sequential(*(block(*one) for one in plan))
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(64, num_classes)

    def forward(self, x):
        return self.fc(self.pool(self.stages(self.stem(x))).squeeze())


@wrong("build_stage", says="repeats one and the same object")
def stage_times_count(block, in_channels, out_channels, count, stride):
    return nn.Sequential(*[block(in_channels, out_channels, stride)] * count)


@wrong("shrinking_blocks", says="You compare the shapes with <")
def blocks_by_the_order_of_shapes(stages, x):
    found = []
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            before, x = x.shape[2:], block(x)
            if x.shape[2:] < before:
                found.append((i, j))
    return found


@wrong("shrinking_blocks", says="You count the places of the map")
def blocks_by_their_area(stages, x):
    found = []
    for i, stage in enumerate(stages):
        for j, block in enumerate(stage):
            before, x = x, block(x)
            if x.shape[2] * x.shape[3] < before.shape[2] * before.shape[3]:
                found.append((i, j))
    return found


@wrong("build_resnet20", says="one as wide as the map square pictures only")
class NetPoolsByWidth(Net):
    def head(self, x):
        return self.fc(F.avg_pool2d(x, x.shape[3]).flatten(1))


@wrong("shrinking_blocks", says="expected [(1, 0), (2, 0)]\ngot      []")
def shrinks_nowhere(stages, x):
    return []


@wrong("build_resnet20", says="The stem has to keep the size: padding=1.")
class NetUnpadded(Net):
    def __init__(self, block, num_classes=10):
        super().__init__(block, num_classes)
        self.conv1 = nn.Conv2d(3, 16, 3, bias=False)
