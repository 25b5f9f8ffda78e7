"""Exercises of chapter 08, Residual blocks."""

from cnn_lessons.exercises.chapter_08.lab import IS_RESIDUAL
from cnn_lessons.exercises.chapter_08.lab import suspects as suspects
from cnn_lessons.exercises.chapter_08.normalisation import BATCH_NORM
from cnn_lessons.exercises.chapter_08.residual import PROJECTION_BLOCK, RESIDUAL_BLOCK
from cnn_lessons.exercises.chapter_08.shortcuts import PAD_SHORTCUT

EXERCISES = (RESIDUAL_BLOCK, PAD_SHORTCUT, PROJECTION_BLOCK, BATCH_NORM, IS_RESIDUAL)
