"""Exercises of chapter 11, Wide ResNet."""

from cnn_lessons.exercises.chapter_11.block import WIDE_BLOCK
from cnn_lessons.exercises.chapter_11.count import COUNT_WIDE_RESNET
from cnn_lessons.exercises.chapter_11.depth import BLOCKS_PER_GROUP
from cnn_lessons.exercises.chapter_11.lab import SAME_FUNCTION

EXERCISES = (WIDE_BLOCK, BLOCKS_PER_GROUP, COUNT_WIDE_RESNET, SAME_FUNCTION)
