"""Figures: arrays in, a picture with its alt text out. Each says one thing."""

from cnn_lessons.plots.charts import bars as bars
from cnn_lessons.plots.charts import curves as curves
from cnn_lessons.plots.charts import histogram as histogram
from cnn_lessons.plots.charts import scatter as scatter
from cnn_lessons.plots.grids import images as images
from cnn_lessons.plots.grids import matrices as matrices
from cnn_lessons.plots.picture import COLOURS as COLOURS
from cnn_lessons.plots.picture import DASHES as DASHES
from cnn_lessons.plots.picture import INK as INK
from cnn_lessons.plots.picture import Picture as Picture
