"""Exercises of chapter 04, pooling."""

from cnn_lessons.exercises.chapter_04.pooling import EXERCISES as EXERCISES
