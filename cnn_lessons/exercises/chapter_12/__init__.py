"""Exercises of chapter 12, reproduce a paper."""

from cnn_lessons.exercises.chapter_12.capstone import MY_NETWORK
from cnn_lessons.exercises.chapter_12.card import MODEL_CARD
from cnn_lessons.exercises.chapter_12.compared import PAIRED_DIFFERENCE
from cnn_lessons.exercises.chapter_12.lab import REPORT_RUNS
from cnn_lessons.exercises.chapter_12.spread import ACCURACY_ERROR, MEAN_AND_SPREAD

EXERCISES = (MEAN_AND_SPREAD, ACCURACY_ERROR, PAIRED_DIFFERENCE, MODEL_CARD, MY_NETWORK, REPORT_RUNS)
