"""Exercises of chapter 07, AlexNet."""

from cnn_lessons.exercises.chapter_07.classifier import ALEXNET_CLASSIFIER, FLAT_FEATURES
from cnn_lessons.exercises.chapter_07.dropping import DROP
from cnn_lessons.exercises.chapter_07.features import ALEXNET_FEATURES
from cnn_lessons.exercises.chapter_07.lab import HEAD_FOR_ANY_SIZE

EXERCISES = (ALEXNET_FEATURES, ALEXNET_CLASSIFIER, FLAT_FEATURES, DROP, HEAD_FOR_ANY_SIZE)
