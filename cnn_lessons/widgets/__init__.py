"""Widgets that live in a notebook with a kernel and in a page without one."""

from cnn_lessons.widgets.convolution import ConvolutionStepper
from cnn_lessons.widgets.layers import LayerStack
from cnn_lessons.widgets.pixels import PixelInspector
from cnn_lessons.widgets.pooling import PoolingStepper
from cnn_lessons.widgets.source import MODULES, module_source

__all__ = ["MODULES", "ConvolutionStepper", "LayerStack", "PixelInspector", "PoolingStepper", "module_source"]
