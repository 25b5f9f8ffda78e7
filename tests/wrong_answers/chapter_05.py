"""Wrong answers to the exercises of chapter 05."""

import torch
import torch.nn.functional as F
from torch import nn

from cnn_lessons import models

from . import wrong

# build_mlp


@wrong("build_mlp", says="You left out the ReLUs")
def mlp_of_linear_layers(in_features, hidden, num_classes):
    layers = [nn.Flatten()]
    for width in hidden:
        layers.append(nn.Linear(in_features, width))
        in_features = width
    layers.append(nn.Linear(in_features, num_classes))
    return nn.Sequential(*layers)


@wrong("build_mlp", says="nn.Sequential takes modules, not a list of them: nn.Sequential(*layers)")
def mlp_of_a_list(in_features, hidden, num_classes):
    sizes = [in_features] + hidden
    layers = [nn.Flatten()]
    for size, width in zip(sizes[:-1], hidden, strict=True):
        layers += [nn.Linear(size, width), nn.ReLU()]
    return nn.Sequential(layers + [nn.Linear(sizes[-1], num_classes)])


@wrong("build_mlp", says="You put a ReLU behind the last layer too")
def mlp_relu_at_the_end(in_features, hidden, num_classes):
    sizes = [in_features] + hidden + [num_classes]
    layers = [nn.Flatten()]
    for i in range(len(sizes) - 1):
        layers += [nn.Linear(sizes[i], sizes[i + 1]), nn.ReLU()]
    return nn.Sequential(*layers)


class Perceptron(nn.Module):
    """A network that leaves it to its children how it ends and begins."""

    def __init__(self, sizes, bias=True):
        super().__init__()
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        self.layers = nn.ModuleList(nn.Linear(i, o, bias=bias) for i, o in pairs)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.end(self.layers[-1](x))

    def end(self, x):
        return x


class WithSoftmax(Perceptron):
    def end(self, x):
        return F.softmax(x, dim=-1)


class Classifier(Perceptron):
    def end(self, x):
        return x.argmax(dim=1)


class Dropped(Perceptron):
    def end(self, x):
        return F.dropout(x, 0.5, self.training)


class Detached(Perceptron):
    def end(self, x):
        return torch.tensor(x.tolist(), dtype=x.dtype)


@wrong("build_mlp", says="You end in a softmax")
def mlp_with_probabilities(in_features, hidden, num_classes):
    return WithSoftmax([in_features, *hidden, num_classes])


@wrong("build_mlp", says="the result in eval mode:\nexpected shape (2, 2)\ngot      shape (2,)")
def mlp_that_decides(in_features, hidden, num_classes):
    return Classifier([in_features, *hidden, num_classes])


@wrong("build_mlp", says="the result in training mode")
def mlp_with_dropout(in_features, hidden, num_classes):
    return Dropped([in_features, *hidden, num_classes])


@wrong("build_mlp", says="something between input and result cuts the path")
def mlp_through_numbers(in_features, hidden, num_classes):
    return Detached([in_features, *hidden, num_classes])


@wrong("build_mlp", says="You left out the biases")
def mlp_without_bias(in_features, hidden, num_classes):
    return Perceptron([in_features, *hidden, num_classes], bias=False)


@wrong("build_mlp", says="The last layer, to the classes, is missing")
def mlp_without_a_head(in_features, hidden, num_classes):
    layers = [nn.Flatten()]
    for width in hidden:
        layers += [nn.Linear(in_features, width), nn.ReLU()]
        in_features = width
    return nn.Sequential(*layers)


@wrong("build_mlp", says="You built only the first hidden layer")
def mlp_of_two_layers(in_features, hidden, num_classes):
    if not hidden:
        return nn.Sequential(nn.Flatten(), nn.Linear(in_features, num_classes))
    width = hidden[0]
    return nn.Sequential(nn.Flatten(), nn.Linear(in_features, width), nn.ReLU(), nn.Linear(width, num_classes))


@wrong("build_mlp", says="Every hidden layer of yours reads `in_features`")
def mlp_all_from_the_input(in_features, hidden, num_classes):
    layers = [nn.Flatten()]
    for width in hidden:
        layers += [nn.Linear(in_features, width), nn.ReLU()]
    last = hidden[-1] if hidden else in_features
    return nn.Sequential(*layers, nn.Linear(last, num_classes))


@wrong("build_mlp", says="An empty list is allowed")
def mlp_needs_a_hidden_layer(in_features, hidden, num_classes):
    layers = [nn.Flatten(), nn.Linear(in_features, hidden[0]), nn.ReLU()]
    for i in range(1, len(hidden)):
        layers += [nn.Linear(hidden[i - 1], hidden[i]), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden[-1], num_classes))


@wrong("build_mlp", says="The pictures reach a linear layer with all their axes")
def mlp_unflattened(in_features, hidden, num_classes):
    layers = []
    for width in hidden:
        layers += [nn.Linear(in_features, width), nn.ReLU()]
        in_features = width
    return nn.Sequential(*layers, nn.Linear(in_features, num_classes))


@wrong("build_mlp", says="You flattened the batch too")
def mlp_flattens_the_batch(in_features, hidden, num_classes):
    return nn.Sequential(nn.Flatten(start_dim=0), mlp_unflattened(in_features, hidden, num_classes))


@wrong("build_mlp", says="your function changes the list")
def mlp_uses_up_the_list(in_features, hidden, num_classes):
    hidden.insert(0, in_features)
    hidden.append(num_classes)
    return Perceptron(hidden)


@wrong("build_mlp", says="`layers` is a plain list")
def mlp_in_a_list(in_features, hidden, num_classes):
    class Hidden(Perceptron):
        def __init__(self, sizes):
            nn.Module.__init__(self)
            self.layers = [nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]

    return Hidden([in_features, *hidden, num_classes])


@wrong("build_mlp", says="got list. nn.Sequential(*layers) makes one module of them.")
def mlp_as_a_list(in_features, hidden, num_classes):
    sizes = [in_features, *hidden, num_classes]
    return [nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]


@wrong("build_mlp", says="got type. Build it: add ().")
def mlp_as_a_class(in_features, hidden, num_classes):
    return Perceptron


@wrong("build_mlp", says="nn.ModuleList only keeps layers")
def mlp_in_a_module_list(in_features, hidden, num_classes):
    sizes = [in_features, *hidden, num_classes]
    return nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:], strict=True))


@wrong("build_mlp", says="the course's own mlp")
def mlp_of_the_course(in_features, hidden, num_classes):
    return models.mlp(in_features, hidden, num_classes)


# MnistCNN


class Tutorial(nn.Module):
    """The right network, whose parts the wrong ones replace."""

    def __init__(self, num_classes=10, kernel=5, padding=0, flat=256, classes=None, bias=True):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel, padding=padding, bias=bias)
        self.conv2 = nn.Conv2d(6, 16, kernel, padding=padding, bias=bias)
        self.fc1 = nn.Linear(flat, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes or num_classes)

    def features(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return F.max_pool2d(F.relu(self.conv2(x)), 2)

    def classifier(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


@wrong("MnistCNN", says="You end in a softmax")
class CnnSoftmax(Tutorial):
    def forward(self, x):
        return F.softmax(super().forward(x), dim=1)


@wrong("MnistCNN", says="You end in a softmax")
class CnnLogSoftmax(Tutorial):
    def forward(self, x):
        return F.log_softmax(super().forward(x), dim=1)


@wrong("MnistCNN", says="You left out the ReLUs between the linear layers")
class CnnLinearHead(Tutorial):
    def classifier(self, x):
        return self.fc3(self.fc2(self.fc1(x)))


@wrong("MnistCNN", says="You left out the ReLUs behind the convolutions")
class CnnLinearBody(Tutorial):
    def features(self, x):
        return F.max_pool2d(self.conv2(F.max_pool2d(self.conv1(x), 2)), 2)


@wrong("MnistCNN", says="You left out the ReLU behind the second convolution")
class CnnOneRelu(Tutorial):
    def features(self, x):
        return F.max_pool2d(self.conv2(F.relu(F.max_pool2d(self.conv1(x), 2))), 2)


@wrong("MnistCNN", says="You put a ReLU behind the last layer too")
class CnnReluAtTheEnd(Tutorial):
    def classifier(self, x):
        for layer in (self.fc1, self.fc2, self.fc3):
            x = F.relu(layer(x))
        return x


@wrong("MnistCNN", says="Max pooling takes the largest value")
class CnnAverages(Tutorial):
    def features(self, x):
        x = F.avg_pool2d(F.relu(self.conv1(x)), 2)
        return F.avg_pool2d(F.relu(self.conv2(x)), 2)


@wrong("MnistCNN", says="You padded the convolutions")
class CnnPadded(Tutorial):
    def __init__(self, num_classes=10):
        super().__init__(num_classes, padding=2, flat=16 * 7 * 7)


@wrong("MnistCNN", says="Your convolutions are 3×3")
class CnnSmallKernels(Tutorial):
    def __init__(self, num_classes=10):
        super().__init__(num_classes, kernel=3, flat=16 * 5 * 5)


@wrong("MnistCNN", says="Is a pooling layer or flatten(1) missing?")
class CnnForgetsAPool(Tutorial):
    def features(self, x):
        return F.relu(self.conv2(F.max_pool2d(F.relu(self.conv1(x)), 2)))


@wrong("MnistCNN", says="Is a pooling layer or flatten(1) missing?")
class CnnUnflattened(Tutorial):
    def forward(self, x):
        return self.classifier(self.features(x))


@wrong("MnistCNN", says="Your last layer always gives ten numbers")
class CnnTenClasses(Tutorial):
    def __init__(self, num_classes=10):
        super().__init__(num_classes, classes=10)


@wrong("MnistCNN", says="The linear layer to 84 is missing")
class CnnTwoLinear(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, num_classes))

    def forward(self, x):
        return self.head(self.body(x))


@wrong("MnistCNN", says="not asked for: a batch normalisation of 6 channels (6 + 6 = 12)")
class CnnWithNorm(Tutorial):
    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.norm = nn.BatchNorm2d(6)


@wrong("MnistCNN", says="No layer with parameters is there")
class CnnOnlyForward(nn.Module):
    def forward(self, x):
        return nn.Linear(784, 10)(x.flatten(1))


@wrong("MnistCNN", says="the result in eval mode is None")
class CnnReturnsNothing(Tutorial):
    def forward(self, x):
        self.classifier(self.features(x).flatten(1))


@wrong("MnistCNN", says="`super().__init__()` comes first")
class CnnWithoutSuper(nn.Module):
    def __init__(self, num_classes=10):
        self.conv1 = nn.Conv2d(1, 6, 5)

    def forward(self, x):
        return self.conv1(x)


# dense_weights


def _out(side, kernel_size, stride, padding):
    return (side + 2 * padding - kernel_size) // stride + 1


@wrong("dense_weights", says="You counted the weights of the convolution itself")
def dense_is_the_convolution(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    return out_channels * in_channels * kernel_size**2


@wrong("dense_weights", says="You counted only the inputs inside each window")
def dense_counts_multiply_adds(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = (_out(side, kernel_size, stride, padding) for side in size)
    return rows * columns * out_channels * in_channels * kernel_size**2


@wrong("dense_weights", says="You counted the biases too")
def dense_with_biases(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    outputs = out_channels * _out(size[0], kernel_size, stride, padding) * _out(size[1], kernel_size, stride, padding)
    return in_channels * size[0] * size[1] * outputs + outputs


@wrong("dense_weights", says="You added the numbers that go in")
def dense_adds(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = (_out(side, kernel_size, stride, padding) for side in size)
    return in_channels * size[0] * size[1] + out_channels * rows * columns


@wrong("dense_weights", says="You left the channels out")
def dense_without_channels(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = (_out(side, kernel_size, stride, padding) for side in size)
    return size[0] * size[1] * rows * columns


@wrong("dense_weights", says="You took the output to be as large as the input")
def dense_same_size(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    pixels = size[0] * size[1]
    return in_channels * pixels * out_channels * pixels


@wrong("dense_weights", says="You took H for both sides")
def dense_square(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    out = _out(size[0], kernel_size, stride, padding)
    return in_channels * size[0] ** 2 * out_channels * out**2


@wrong("dense_weights", says="You did not use `stride`")
def dense_stride_forgotten(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = (_out(side, kernel_size, 1, padding) for side in size)
    return in_channels * size[0] * size[1] * out_channels * rows * columns


@wrong("dense_weights", says="It stands on both sides: 2 · padding")
def dense_padding_once(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = ((side + padding - kernel_size) // stride + 1 for side in size)
    return in_channels * size[0] * size[1] * out_channels * rows * columns


@wrong("dense_weights", says="round down with //")
def dense_in_fractions(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = ((side + 2 * padding - kernel_size) / stride + 1 for side in size)
    return in_channels * size[0] * size[1] * out_channels * rows * columns


@wrong("dense_weights", says="You counted the padding among the inputs")
def dense_padded_input(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = (side + 2 * padding for side in size)
    outputs = ((rows - kernel_size) // stride + 1) * ((columns - kernel_size) // stride + 1)
    return in_channels * rows * columns * out_channels * outputs


@wrong("dense_weights", says="called torch's Linear. This exercise is done without it")
def dense_measured(size, in_channels, out_channels, kernel_size, stride=1, padding=0):
    rows, columns = (_out(side, kernel_size, stride, padding) for side in size)
    layer = nn.Linear(in_channels * size[0] * size[1], out_channels * rows * columns)
    return layer.weight.numel()


# shift_images


@wrong("shift_images", says="roll goes in a circle")
def shift_rolls(images, dy, dx):
    return torch.roll(images, shifts=(dy, dx), dims=(2, 3))


def _moved(images, dy, dx):
    out = torch.zeros_like(images)
    height, width = images.shape[-2:]
    for i in range(height):
        for j in range(width):
            if 0 <= i - dy < height and 0 <= j - dx < width:
                out[:, :, i, j] = images[:, :, i - dy, j - dx]
    return out


@wrong("shift_images", says="You exchanged dy and dx")
def shift_x_first(images, dy, dx):
    return _moved(images, dx, dy)


@wrong("shift_images", says="Your pictures move the other way")
def shift_backwards(images, dy, dx):
    out = torch.zeros_like(images)
    height, width = images.shape[-2:]
    for i in range(height):
        for j in range(width):
            if 0 <= i + dy < height and 0 <= j + dx < width:
                out[:, :, i, j] = images[:, :, i + dy, j + dx]
    return out


@wrong("shift_images", says="You moved the rows the wrong way")
def shift_with_y_upwards(images, dy, dx):
    return _moved(images, -dy, dx)


@wrong("shift_images", says="x[:-0] is x[:0]")
def shift_minus_zero(images, dy, dx):
    out = torch.zeros_like(images)
    out[:, :, dy:, dx:] = images[:, :, :-dy, :-dx]
    return out


@wrong("shift_images", says="x[:-0] is x[:0]")
def shift_minus_zero_by_sign(images, dy, dx):
    out = torch.zeros_like(images)
    rows = (slice(dy, None), slice(None, -dy)) if dy >= 0 else (slice(None, dy), slice(-dy, None))
    columns = (slice(dx, None), slice(None, -dx)) if dx >= 0 else (slice(None, dx), slice(-dx, None))
    out[:, :, rows[0], columns[0]] = images[:, :, rows[1], columns[1]]
    return out


@wrong("shift_images", says="try a negative one")
def shift_down_and_right_only(images, dy, dx):
    out = torch.zeros_like(images)
    height, width = images.shape[2:]
    out[:, :, dy:, dx:] = images[:, :, : height - dy, : width - dx]
    return out


@wrong("shift_images", says="nothing comes in")
def shift_only_cuts(images, dy, dx):
    height, width = images.shape[2:]
    return images[:, :, max(0, -dy) : min(height, height - dy), max(0, -dx) : min(width, width - dx)]


@wrong("shift_images", says="nothing leaves")
def shift_only_pads(images, dy, dx):
    return F.pad(images, (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0)))


@wrong("shift_images", says="The pixels at the edge are repeated")
def shift_clamps(images, dy, dx):
    rows = (torch.arange(images.shape[2]) - dy).clamp(0, images.shape[2] - 1)
    columns = (torch.arange(images.shape[3]) - dx).clamp(0, images.shape[3] - 1)
    return images[:, :, rows][:, :, :, columns]


@wrong("shift_images", says="You moved along the wrong axes")
def shift_channels(images, dy, dx):
    return images.roll((dy, dx), dims=(1, 2))


@wrong("shift_images", says="your function changes its input")
def shift_in_place(images, dy, dx):
    images.copy_(_moved(images.clone(), dy, dx))
    return images


@wrong("shift_images", says="cut the path to the input")
def shift_pixel_by_pixel(images, dy, dx):
    return torch.tensor(_moved(images, dy, dx).tolist(), dtype=images.dtype)


@wrong("shift_images", says="negative numbers move up and left")
def shift_without_signs(images, dy, dx):
    return _moved(images, abs(dy), abs(dx))


# channels_first_weight


@wrong("channels_first_weight", says="The weight is as it was")
def weight_reshaped_only(weight, channels, height, width):
    return weight.reshape(-1, channels, height, width).flatten(1)


@wrong("channels_first_weight", says="After it comes permute")
def weight_reshaped_to_axes(weight, channels, height, width):
    return weight.view(weight.shape[0], channels, height, width)


@wrong("channels_first_weight", says="You went the other way")
def weight_to_channels_last(weight, channels, height, width):
    return weight.reshape(-1, channels, height, width).permute(0, 2, 3, 1).flatten(1)


@wrong("channels_first_weight", says="You exchanged rows and columns of the picture")
def weight_transposed_pictures(weight, channels, height, width):
    return weight.reshape(-1, height, width, channels).permute(0, 3, 2, 1).flatten(1)


@wrong("channels_first_weight", says="You gave the columns the axes (W, H, C)")
def weight_width_first(weight, channels, height, width):
    return weight.reshape(-1, width, height, channels).permute(0, 3, 2, 1).flatten(1)


@wrong("channels_first_weight", says="Your result still has four axes")
def weight_not_flattened(weight, channels, height, width):
    return weight.reshape(-1, height, width, channels).permute(0, 3, 1, 2)


@wrong("channels_first_weight", says="You returned a matrix that is transposed")
def weight_inputs_first(weight, channels, height, width):
    return weight.T.reshape(height, width, channels, -1).permute(2, 0, 1, 3).flatten(0, 2)


@wrong("channels_first_weight", says="You reversed the columns")
def weight_flipped(weight, channels, height, width):
    return weight.flip(1)


@wrong("channels_first_weight", says="You moved the rows of the weight")
def weight_rows_moved(weight, channels, height, width):
    order = torch.arange(channels * height * width).reshape(height, width, channels).permute(2, 0, 1).flatten()
    return weight[order]


@wrong("channels_first_weight", says="You only moved the axes (H, W, C) to (W, C, H)")
def weight_permuted_by_one(weight, channels, height, width):
    return weight.reshape(-1, height, width, channels).permute(0, 2, 3, 1).flatten(1)


@wrong("channels_first_weight", says="expected the result to be a torch.Tensor, got a numpy array")
def weight_in_numpy(weight, channels, height, width):
    return weight.detach().numpy().reshape(-1, height, width, channels).transpose(0, 3, 1, 2).reshape(len(weight), -1)


@wrong("channels_first_weight", says="expected shape")
def weight_transpose_only(weight, channels, height, width):
    return weight.T


@wrong("shift_images", says="The whole picture does not fit into what is left of the frame")
def shift_copies_all(images, dy, dx):
    out = torch.zeros_like(images)
    out[:, :, dy:, dx:] = images
    return out


@wrong("build_mlp", says="Something changes the dtype on the way")
class MLPInFloat32(nn.Module):
    def __init__(self, in_features, hidden, num_classes):
        super().__init__()
        sizes = [in_features, *hidden, num_classes]
        layers = []
        for into, out in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(into, out), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.layers(x.flatten(1).float())


@wrong("MnistCNN", says="Is one made in `forward`, or not at all?")
class LayerMadeInForward(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.num_classes = nn.Linear(256, 120), nn.Linear(120, 84), num_classes

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2).flatten(1)
        self.fc3 = nn.Linear(84, self.num_classes)
        return self.fc3(self.fc2(self.fc1(x).relu()).relu())


@wrong("MnistCNN", says="make it in `__init__` and keep it as self.name")
class LayerMadeAgainInForward(LayerMadeInForward):
    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.fc3 = nn.Linear(84, num_classes)
