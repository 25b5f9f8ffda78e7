"""Convolution, pooling and batch normalisation from scratch, equal to torch.nn.functional in values and gradients.

Shape letters: N images, C channels, H height, W width, K_h×K_w kernel, G groups.
"""

from cnn_lessons.ops.batch_norm import batch_norm2d as batch_norm2d
from cnn_lessons.ops.convolution import conv2d as conv2d
from cnn_lessons.ops.convolution import conv2d_loops as conv2d_loops
from cnn_lessons.ops.pooling import adaptive_avg_pool2d as adaptive_avg_pool2d
from cnn_lessons.ops.pooling import avg_pool2d as avg_pool2d
from cnn_lessons.ops.pooling import max_pool2d as max_pool2d
from cnn_lessons.ops.windows import PADDING_MODES as PADDING_MODES
from cnn_lessons.ops.windows import pad2d as pad2d
from cnn_lessons.ops.windows import windows as windows
