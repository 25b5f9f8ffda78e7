"""Exercises of chapter 10, Anatomy: stem, body, head."""

from cnn_lessons.exercises.chapter_10.block import BOTTLENECK_BLOCK
from cnn_lessons.exercises.chapter_10.lab import TRAIN_HEAD
from cnn_lessons.exercises.chapter_10.state import RENAME_KEYS
from cnn_lessons.exercises.chapter_10.stem import STEM_C

EXERCISES = (BOTTLENECK_BLOCK, STEM_C, RENAME_KEYS, TRAIN_HEAD)
