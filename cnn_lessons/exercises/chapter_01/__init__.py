"""Exercises of chapter 01, images are tensors."""

from cnn_lessons.exercises.chapter_01.axes import TO_NCHW, TO_PICTURE
from cnn_lessons.exercises.chapter_01.colour import GRAYSCALE
from cnn_lessons.exercises.chapter_01.normalisation import DENORMALIZE, NORMALIZE
from cnn_lessons.exercises.chapter_01.statistics import CHANNEL_STATISTICS

EXERCISES = (TO_NCHW, GRAYSCALE, NORMALIZE, DENORMALIZE, CHANNEL_STATISTICS, TO_PICTURE)
