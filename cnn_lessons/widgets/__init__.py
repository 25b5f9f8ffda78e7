"""Widgets that live in a notebook with a kernel and in a page without one."""

from cnn_lessons.widgets.convolution import ConvolutionStepper as ConvolutionStepper
from cnn_lessons.widgets.curves import CurveReader as CurveReader
from cnn_lessons.widgets.layers import LayerStack as LayerStack
from cnn_lessons.widgets.pixels import PixelInspector as PixelInspector
from cnn_lessons.widgets.pooling import PoolingStepper as PoolingStepper
from cnn_lessons.widgets.shapetracer import ShapeTracer as ShapeTracer
from cnn_lessons.widgets.shift import ShiftExplorer as ShiftExplorer
from cnn_lessons.widgets.shift import shifted as shifted
from cnn_lessons.widgets.source import MODULES as MODULES
from cnn_lessons.widgets.source import module_source as module_source
from cnn_lessons.widgets.wide import WideExplorer as WideExplorer
