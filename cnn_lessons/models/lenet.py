"""A small LeNet for handwritten digits: two convolutions, three linear layers."""

from torch import Tensor, nn

from cnn_lessons.arithmetic import integer


class LeNet(nn.Module):
    """LeNet-5's widths 6, 16, 120, 84 with today's ReLU, max pooling and cross-entropy."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        num_classes = integer(num_classes, "mnist_cnn: num_classes", 1)
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(16 * 4 * 4, 120)  # the only line that knows that the image is 28×28
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of grey images (N, 1, 28, 28)."""
        x = self.relu(self.conv1(x))  # (N, 6, 24, 24)
        x = self.pool(x)  # (N, 6, 12, 12)
        x = self.relu(self.conv2(x))  # (N, 16, 8, 8)
        x = self.pool(x)  # (N, 16, 4, 4)
        x = x.flatten(1)  # (N, 256)
        x = self.relu(self.fc1(x))  # (N, 120)
        x = self.relu(self.fc2(x))  # (N, 84)
        return self.fc3(x)  # (N, K): logits, no softmax


def mnist_cnn(num_classes: int = 10) -> LeNet:
    """Build the network for MNIST: 44,426 parameters with 10 classes, 69 % of them in the first linear layer.

    Args:
        num_classes: K, at least 1.

    Returns:
        A model from (N, 1, 28, 28) to logits (N, K).

    Raises:
        ValueError: if num_classes is not an integer of at least 1.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", §II-B: LeNet-5 and its widths
    6, 16, 120, 84. There the pooling is a learned average, the activation a tanh, and the image 32×32: MNIST's 28×28
    with a frame of 2 pixels. Taught in: 05.
    """
    return LeNet(num_classes)
