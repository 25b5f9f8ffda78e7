"""Training: recipes, the loop, evaluation, the record of a run."""

from cnn_lessons.training.checkpoint import CheckpointError as CheckpointError
from cnn_lessons.training.evaluate import Score as Score
from cnn_lessons.training.evaluate import evaluate as evaluate
from cnn_lessons.training.faults import TrainingError as TrainingError
from cnn_lessons.training.history import History as History
from cnn_lessons.training.loop import train as train
from cnn_lessons.training.recipe import Recipe as Recipe
from cnn_lessons.training.recipes import RECIPES as RECIPES
from cnn_lessons.training.recipes import find_recipe as find_recipe
from cnn_lessons.training.schedule import learning_rate as learning_rate
