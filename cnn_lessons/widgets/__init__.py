"""Widgets that live in a notebook with a kernel and in a page without one."""

from cnn_lessons.widgets.convolution import ConvolutionStepper
from cnn_lessons.widgets.curves import CurveReader
from cnn_lessons.widgets.layers import LayerStack
from cnn_lessons.widgets.pixels import PixelInspector
from cnn_lessons.widgets.pooling import PoolingStepper
from cnn_lessons.widgets.shapetracer import ShapeTracer
from cnn_lessons.widgets.shift import ShiftExplorer, shifted
from cnn_lessons.widgets.source import MODULES, module_source
from cnn_lessons.widgets.wide import WideExplorer

__all__ = [
    "MODULES",
    "ConvolutionStepper",
    "CurveReader",
    "LayerStack",
    "PixelInspector",
    "PoolingStepper",
    "ShapeTracer",
    "ShiftExplorer",
    "WideExplorer",
    "module_source",
    "shifted",
]
