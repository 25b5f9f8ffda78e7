"""The networks of the course: one architecture, one file."""

from cnn_lessons.models.alexnet import alexnet as alexnet
from cnn_lessons.models.alexnet import alexnet_cifar as alexnet_cifar
from cnn_lessons.models.lenet import mnist_cnn as mnist_cnn
from cnn_lessons.models.mlp import mlp as mlp
from cnn_lessons.models.resnet import BasicBlock as BasicBlock
from cnn_lessons.models.resnet import Bottleneck as Bottleneck
from cnn_lessons.models.resnet import ResNet as ResNet
from cnn_lessons.models.resnet import resnet18 as resnet18
from cnn_lessons.models.resnet import resnet34 as resnet34
from cnn_lessons.models.resnet import resnet50 as resnet50
from cnn_lessons.models.resnet import resnet101 as resnet101
from cnn_lessons.models.resnet import resnet152 as resnet152
from cnn_lessons.models.resnet import shortcut as shortcut
from cnn_lessons.models.resnet import wide_resnet50_2 as wide_resnet50_2
from cnn_lessons.models.resnet import wide_resnet101_2 as wide_resnet101_2
from cnn_lessons.models.resnet_cifar import PadBlock as PadBlock
from cnn_lessons.models.resnet_cifar import PadShortcut as PadShortcut
from cnn_lessons.models.resnet_cifar import PlainBlock as PlainBlock
from cnn_lessons.models.resnet_cifar import ProjectionShortcut as ProjectionShortcut
from cnn_lessons.models.resnet_cifar import plain_cifar as plain_cifar
from cnn_lessons.models.resnet_cifar import resnet_cifar as resnet_cifar
from cnn_lessons.models.resnet_cifar import resnet_seminar as resnet_seminar
from cnn_lessons.models.small_cnn import small_cnn as small_cnn
from cnn_lessons.models.wide_resnet import wide_resnet as wide_resnet
