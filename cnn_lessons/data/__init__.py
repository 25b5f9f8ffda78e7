"""Pictures to learn from."""

from cnn_lessons.data.augment import normalise as normalise
from cnn_lessons.data.augment import random_crop as random_crop
from cnn_lessons.data.augment import random_flip as random_flip
from cnn_lessons.data.files import DataError as DataError
from cnn_lessons.data.files import verify as verify
from cnn_lessons.data.images import ImageData as ImageData
from cnn_lessons.data.images import Images as Images
from cnn_lessons.data.images import channel_statistics as channel_statistics
from cnn_lessons.data.images import split as split
from cnn_lessons.data.loading import describe as describe
from cnn_lessons.data.loading import load as load
from cnn_lessons.data.photo import photograph as photograph
from cnn_lessons.data.shapes import Dials as Dials
from cnn_lessons.data.shapes import draw_shapes as draw_shapes
from cnn_lessons.data.shapes import shapes as shapes
