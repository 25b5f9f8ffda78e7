"""AlexNet, and its little sister for images of 32×32: convolutions find features, linear layers weigh them."""

from torch import Tensor, nn

from cnn_lessons.arithmetic import integer


class AlexNet(nn.Module):
    """Five convolutions, three linear layers, nearly all parameters in the latter.

    Args:
        num_classes: K, at least 1.
    """

    def __init__(self, num_classes: int = 1000):
        super().__init__()
        num_classes = integer(num_classes, "alexnet: num_classes", 1)
        self.features = nn.Sequential(  # (N, 3, 224, 224)
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),  # (N, 64, 55, 55)
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 64, 27, 27); windows overlap: 0.4 % less error, 2012, §3.4
            nn.Conv2d(64, 192, kernel_size=5, padding=2),  # (N, 192, 27, 27)
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 192, 13, 13)
            nn.Conv2d(192, 384, kernel_size=3, padding=1),  # (N, 384, 13, 13)
            nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),  # (N, 256, 13, 13)
            nn.ReLU(),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),  # (N, 256, 13, 13)
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),  # (N, 256, 6, 6)
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))  # changes nothing at 224×224, makes other sizes fit
        self.classifier = nn.Sequential(
            nn.Dropout(p=0.5),  # without it "our network exhibits substantial overfitting", 2012, §4.2
            nn.Linear(256 * 6 * 6, 4096),  # (N, 4096)
            nn.ReLU(),
            nn.Dropout(p=0.5),
            nn.Linear(4096, 4096),  # (N, 4096)
            nn.ReLU(),
            nn.Linear(4096, num_classes),  # (N, K)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of images (N, 3, H, W), H and W at least 63."""
        x = self.features(x)  # (N, 256, 6, 6) at 224×224
        x = self.avgpool(x).flatten(1)  # (N, 9216)
        return self.classifier(x)  # (N, K): logits, no softmax


class AlexNetCIFAR(nn.Module):
    """AlexNet's plan at a scale for 32×32: small kernels, no stride in the convolutions, windows that only touch.

    Args:
        num_classes: K, at least 1.
        in_channels: channels of the image, at least 1.
    """

    def __init__(self, num_classes: int = 10, in_channels: int = 3):
        super().__init__()
        num_classes = integer(num_classes, "alexnet_cifar: num_classes", 1)
        in_channels = integer(in_channels, "alexnet_cifar: in_channels", 1)
        self.features = nn.Sequential(  # (N, C, 32, 32)
            nn.Conv2d(in_channels, 64, kernel_size=3),  # (N, 64, 30, 30); no padding: two pixels smaller
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 64, 15, 15)
            nn.Conv2d(64, 192, kernel_size=3, padding=1),  # (N, 192, 15, 15)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 192, 7, 7); the last row and column are left out
            nn.Conv2d(192, 384, kernel_size=3, padding=1),  # (N, 384, 7, 7)
            nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),  # (N, 256, 7, 7)
            nn.ReLU(),
            nn.Conv2d(256, 256, kernel_size=1),  # (N, 256, 7, 7); a 1×1 kernel keeps the size without padding
            nn.ReLU(),
            nn.MaxPool2d(2),  # (N, 256, 3, 3)
        )
        self.classifier = nn.Sequential(
            nn.Dropout(p=0.5),
            nn.Linear(256 * 3 * 3, 1024),  # (N, 1024)
            nn.ReLU(),
            nn.Dropout(p=0.5),
            nn.Linear(1024, 512),  # (N, 512)
            nn.ReLU(),
            nn.Linear(512, num_classes),  # (N, K)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of images (N, C, 32, 32); any height and width from 26 to 33 fit as well."""
        x = self.features(x)  # (N, 256, 3, 3)
        return self.classifier(x.flatten(1))  # (N, K): logits, no softmax


def alexnet(num_classes: int = 1000) -> AlexNet:
    """Build AlexNet: 61,100,840 parameters with 1000 classes, 96 % of them in three linear layers.

    Args:
        num_classes: K, at least 1.

    Returns:
        A model from (N, 3, H, W), made for 224×224 and fit for 63×63 and above, to logits (N, K).

    Raises:
        ValueError: if num_classes is not an integer of at least 1.

    Source: Krizhevsky 2014, arXiv 1404.5997, the one-column network, as torchvision builds it: with 256 filters in the
    fourth convolution, where the paper has 384. State-dict keys and shapes equal torchvision's, so its weights load.
    The network of 2012 has two columns, local response normalisation, and 96 filters in the first layer.
    Taught in: 07.
    """
    return AlexNet(num_classes)


def alexnet_cifar(num_classes: int = 10, in_channels: int = 3) -> AlexNetCIFAR:
    """Build the AlexNet for CIFAR: 1,727,296 parameters in convolutions + 2,890,250 in linear layers, 10 classes.

    Args:
        num_classes: K, at least 1.
        in_channels: channels of the image, 1 for grey and 3 for colour.

    Returns:
        A model from (N, in_channels, 32, 32) to logits (N, K).

    Raises:
        ValueError: if an argument is not an integer of at least 1.

    Taught in: 07.
    """
    return AlexNetCIFAR(num_classes, in_channels)
