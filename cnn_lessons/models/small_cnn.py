"""The smallest network of this course that is all convolution: three of them, a mean, one linear layer."""

from torch import Tensor, nn

from cnn_lessons.arithmetic import integer


class SmallCNN(nn.Module):
    """Three times convolution, ReLU and pooling, then the mean over all places: any image of at least 8×8 fits.

    Args:
        num_classes: K, at least 1.
        in_channels: channels of the image, at least 1.
    """

    def __init__(self, num_classes: int = 10, in_channels: int = 3):
        super().__init__()
        num_classes = integer(num_classes, "small_cnn: num_classes", 1)
        in_channels = integer(in_channels, "small_cnn: in_channels", 1)
        self.conv1 = nn.Conv2d(in_channels, 32, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.conv3 = nn.Conv2d(64, 128, kernel_size=3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.mean = nn.AdaptiveAvgPool2d(1)  # wherever a feature is found, it counts the same
        self.fc = nn.Linear(128, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of images (N, C, H, W)."""
        x = self.pool(self.relu(self.conv1(x)))  # (N, 32, H/2, W/2)
        x = self.pool(self.relu(self.conv2(x)))  # (N, 64, H/4, W/4)
        x = self.pool(self.relu(self.conv3(x)))  # (N, 128, H/8, W/8)
        x = self.mean(x).flatten(1)  # (N, 128)
        return self.fc(x)  # (N, K): logits, no softmax


def small_cnn(num_classes: int = 10, in_channels: int = 3) -> SmallCNN:
    """Build the small network: 94,538 parameters with 10 classes, some 12 s an epoch of CIFAR-10 on two cores.

    Args:
        num_classes: K, at least 1.
        in_channels: channels of the image, 1 for grey and 3 for colour.

    Returns:
        A model from (N, in_channels, H, W), H and W at least 8, to logits (N, K).

    Raises:
        ValueError: if an argument is not an integer of at least 1.

    Taught in: 05.
    """
    return SmallCNN(num_classes, in_channels)
