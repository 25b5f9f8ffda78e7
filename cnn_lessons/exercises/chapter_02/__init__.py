"""Exercises of chapter 02, convolution."""

from cnn_lessons.exercises.chapter_02.lab import FLIP_PROBE
from cnn_lessons.exercises.chapter_02.loops import CONV2D_CHANNELS, CORRELATE2D
from cnn_lessons.exercises.chapter_02.matrix import CONV2D_UNFOLD, CONV2D_WEIGHT_GRADIENT

EXERCISES = (CORRELATE2D, CONV2D_CHANNELS, CONV2D_UNFOLD, CONV2D_WEIGHT_GRADIENT, FLIP_PROBE)
