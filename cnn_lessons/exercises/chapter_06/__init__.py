"""Exercises of chapter 06, training."""

from cnn_lessons.exercises.chapter_06.checkpoint import CHECKPOINT
from cnn_lessons.exercises.chapter_06.evaluation import EVALUATE_MODEL
from cnn_lessons.exercises.chapter_06.lab import REPAIR_TRAINING
from cnn_lessons.exercises.chapter_06.loss import AVERAGE_LOSS
from cnn_lessons.exercises.chapter_06.schedule import STEP_LR
from cnn_lessons.exercises.chapter_06.step import TRAINING_STEP

EXERCISES = (TRAINING_STEP, AVERAGE_LOSS, EVALUATE_MODEL, STEP_LR, CHECKPOINT, REPAIR_TRAINING)
