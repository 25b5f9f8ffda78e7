"""Exercises of chapter 03, the arithmetic of shapes."""

from cnn_lessons.exercises.chapter_03.costs import CONV_PARAMETERS
from cnn_lessons.exercises.chapter_03.padding import SAME_PADDING
from cnn_lessons.exercises.chapter_03.sizes import CONV_OUTPUT_SHAPE, CONV_OUTPUT_SIZE
from cnn_lessons.exercises.chapter_03.stacks import POOLED_FEATURES, RECEPTIVE_FIELD
from cnn_lessons.exercises.chapter_03.work import CONV_MULTIPLY_ADDS

EXERCISES = (
    CONV_OUTPUT_SIZE,
    CONV_OUTPUT_SHAPE,
    SAME_PADDING,
    RECEPTIVE_FIELD,
    CONV_PARAMETERS,
    CONV_MULTIPLY_ADDS,
    POOLED_FEATURES,
)
