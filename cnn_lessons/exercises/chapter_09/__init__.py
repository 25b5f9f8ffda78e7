"""Exercises of chapter 09, ResNet on CIFAR."""

from cnn_lessons.exercises.chapter_09.depth import NETWORK_DEPTH
from cnn_lessons.exercises.chapter_09.lab import SHRINKING_BLOCKS
from cnn_lessons.exercises.chapter_09.network import BUILD_RESNET20
from cnn_lessons.exercises.chapter_09.stage import BUILD_STAGE

EXERCISES = (BUILD_STAGE, NETWORK_DEPTH, BUILD_RESNET20, SHRINKING_BLOCKS)
