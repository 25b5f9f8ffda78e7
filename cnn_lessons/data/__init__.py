"""Pictures to learn from."""

from cnn_lessons.data.photo import photograph as photograph
