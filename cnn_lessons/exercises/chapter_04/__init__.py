"""Exercises of chapter 04, pooling."""

from cnn_lessons.exercises.chapter_04.gradient import MAX_POOL_GRADIENT
from cnn_lessons.exercises.chapter_04.pooling import ADAPTIVE_POOL, AVG_POOL, GLOBAL_POOL, MAX_POOL

EXERCISES = (MAX_POOL, AVG_POOL, ADAPTIVE_POOL, MAX_POOL_GRADIENT, GLOBAL_POOL)
