"""Exercises of chapter 05, MLP against CNN."""

from cnn_lessons.exercises.chapter_05.networks import BUILD_MLP, MNIST_CNN
from cnn_lessons.exercises.chapter_05.pictures import CHANNELS_FIRST_WEIGHT, SHIFT_IMAGES
from cnn_lessons.exercises.chapter_05.weights import DENSE_WEIGHTS

EXERCISES = (BUILD_MLP, MNIST_CNN, DENSE_WEIGHTS, SHIFT_IMAGES, CHANNELS_FIRST_WEIGHT)
