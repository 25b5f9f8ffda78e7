"""The Python side of the widgets: traits, messages, the two outputs, the assembled module."""

import functools
import html.parser
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import traitlets
from widget_harness import html_of, run_in_node

from cnn_lessons import widgets
from cnn_lessons.widgets import MODULES, ConvolutionStepper, PoolingStepper, module_source
from cnn_lessons.widgets.base import LessonWidget
from cnn_lessons.widgets.source import STATIC

STEPPERS = [ConvolutionStepper, PoolingStepper]
WIDGETS = [one for one in vars(widgets).values() if inspect.isclass(one) and issubclass(one, LessonWidget)]


class Element(html.parser.HTMLParser):
    """Reads one element: its name, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("widget_class", STEPPERS)
def test_output_holds_the_live_widget_and_an_element_for_the_page(widget_class):
    widget = widget_class(image=torch.tensor([[1, 2], [3, 4]]), padding=1)
    data, _ = widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    element = Element(data["text/html"])
    (tag, attributes), (paragraph, _) = element.tags
    assert tag == widget._tag and paragraph == "p" and "2×2" in element.text
    assert re.fullmatch("[0-9a-f]{8}", attributes.pop("model"))
    state = {name: getattr(widget, name) for name in widget.state_names()}
    assert set(attributes) == set(state)
    for name, value in state.items():
        assert (attributes[name] if isinstance(value, str) else json.loads(attributes[name])) == value


def test_no_trait_is_an_attribute_that_browsers_understand():
    """`hidden`, say, would hide the element of the page, whatever its value."""
    known = set("class contenteditable dir draggable hidden id inert lang popover role slot style title".split())
    classes = [made for made in vars(widgets).values() if isinstance(made, type)]
    assert len(classes) >= 8
    for widget_class in classes:
        assert not known & set(widget_class.state_names()), widget_class.__name__


def test_attributes_are_escaped():
    assert html_of(ConvolutionStepper()).count("<") == 4
    escaped = ConvolutionStepper()
    escaped.summary = lambda: 'a "quoted" <b>'
    assert "<b>" not in html_of(escaped)


@pytest.mark.parametrize("widget_class", STEPPERS)
def test_two_widgets_have_two_models_and_one_widget_has_one(widget_class):
    first, second = widget_class(), widget_class()
    model = re.compile('model="(.{8})"')
    assert model.search(html_of(first))[1] != model.search(html_of(second))[1]
    before = model.search(html_of(first))[1]
    assert model.search(html_of(first))[1] == before
    first.padding = 2  # shown again, the page has a second one, and the first still shows what it did
    assert model.search(html_of(first))[1] != before


def test_stored_output_is_the_same_in_every_fresh_kernel():
    program = (
        "from cnn_lessons.widgets import PoolingStepper; w = PoolingStepper(); "
        "d = w._repr_mimebundle_()[0]; print(d['text/html'], d['text/plain'])"
    )
    run = functools.partial(subprocess.run, [sys.executable, "-c", program], capture_output=True, check=True)
    assert run().stdout == run().stdout


@pytest.mark.parametrize("widget_class", STEPPERS)
def test_observe_hears_what_changes(widget_class):
    heard = []
    widget = widget_class()
    widget.observe(lambda change: heard.append((change["name"], change["new"])))
    widget.padding = 1
    widget.image = [[1.5, 2], [3, 4]]
    widget.set_state({"row": 1, "visited": [[0, 0], [1, 0]]})  # what arrives from the page
    assert ("padding", 1) in heard and ("row", 1) in heard and ("image", [[1.5, 2], [3, 4]]) in heard
    assert widget.visited == [[0, 0], [1, 0]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("picture", "got str 'picture'. Pass a list of rows"),
        ([], "got list"),
        ([1, 2], "got a row that is not a list of numbers: 1. Put every row in brackets"),
        ([[1, 2], [3]], "got rows of lengths [2, 1]. Make them equally long"),
        ([[1, 2], 3], "got a row that is not a list of numbers: 3. Put every row in brackets"),
        ([[1, "2"]], "got the entry '2'. Use finite numbers only"),
        ([[1, float("nan")]], "got the entry nan"),
        ([[True]], "got the entry True"),
        (torch.zeros(1, 1, 4, 4), "got more than two dimensions. Pick one image and one channel, such as"),
        (torch.zeros(11, 4), "got 11 by 4. Cut a smaller piece, such as x[:10, :10]"),
        (torch.tensor(3), "got int 3"),
    ],
)
@pytest.mark.parametrize("widget_class", STEPPERS)
def test_bad_image_names_what_to_do(widget_class, value, message):
    with pytest.raises(traitlets.TraitError) as error:
        widget_class(image=value)
    assert f"{widget_class.__name__}: image should be a matrix" in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("widget_class", "settings"),
    [
        (ConvolutionStepper, {"kernel": [[0] * 6]}),
        (ConvolutionStepper, {"stride": 0}),
        (ConvolutionStepper, {"padding": -1}),
        (ConvolutionStepper, {"padding": True}),
        (ConvolutionStepper, {"dilation": 4}),
        (ConvolutionStepper, {"mode": "constant"}),
        (PoolingStepper, {"kernel_size": (2, 2)}),
        (PoolingStepper, {"stride": 9}),
        (PoolingStepper, {"mode": "mean"}),
    ],
)
def test_bad_setting_is_refused_by_name(widget_class, settings):
    (name,) = settings
    with pytest.raises(traitlets.TraitError, match=name):
        widget_class(**settings)


@pytest.mark.parametrize("widget_class", STEPPERS)
def test_unknown_setting_is_refused(widget_class):
    with pytest.raises(TypeError, match="got unknown strides; expected image, "):
        widget_class(strides=2)


NEEDED = {
    "PixelInspector": {"image": [[[0, 128, 255]]]},
    "ShiftExplorer": {
        "images": [[[[0]]] * 3],
        "probabilities": {name: [[[[0.5, 0.5]] * 17] * 17] for name in ("MLP", "CNN")},
        "labels": [1],
        "classes": ["cat", "dog"],
    },
}


@pytest.mark.parametrize("widget_class", WIDGETS)
def test_signature_names_every_trait_and_its_true_default(widget_class):
    signature, needed = inspect.signature(widget_class), NEEDED.get(widget_class.__name__, {})
    assert set(signature.parameters) - {"preset"} == set(widget_class.state_names())
    bound = signature.bind(**needed)
    bound.apply_defaults()
    plain, spelled_out = widget_class(**needed), widget_class(*bound.args, **bound.kwargs)
    assert plain.get_state(plain.state_names()) == spelled_out.get_state(plain.state_names())
    assert inspect.signature(type(plain)) == signature  # anywidget gives every instance a class of its own
    assert not re.search("traitlets|Undefined|Sentinel|args|<", str(signature))


@pytest.mark.parametrize("widget_class", STEPPERS)
def test_oversize_window_is_no_error_in_python(widget_class):
    """The widget itself says what is wrong, and the reader can mend it there."""
    setting = {"kernel": [[1] * 5] * 5} if widget_class is ConvolutionStepper else {"kernel_size": 5}
    assert "3×3" in html_of(widget_class(image=[[0] * 3] * 3, **setting))


@pytest.mark.parametrize("widget_class", WIDGETS)
def test_defaults_are_the_same_in_both_languages(widget_class, tmp_path):
    (answer,) = run_in_node(widget_class._tag, [{"name": "defaults", "args": []}], tmp_path)
    traits = {name: widget_class.class_traits()[name] for name in widget_class.state_names()}
    sent = {name: trait.metadata.get("to_json", lambda value, _: value) for name, trait in traits.items()}
    assert answer["value"] == {name: sent[name](trait.default(), None) for name, trait in traits.items()}


@pytest.mark.parametrize("tag", MODULES)
def test_module_is_one_self_contained_text(tag):
    source = module_source(tag)
    assert not re.search(r"^\s*import\b", source, re.MULTILINE)
    assert "</script" not in source.lower() and "http" not in source.replace("http://www.w3.org", "")
    assert len(re.findall("^export default", source, re.MULTILINE)) == 1
    # By its name anywidget would take that one, and warn that this is out of date.
    assert not re.search("^export function render", source, re.MULTILINE)


def test_nothing_is_exported_that_nobody_imports():
    """What a file uses itself needs no `export`; what the tests call in Node does."""
    scripts = [path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.js"))]
    exported = re.findall(r"^export (?:class|const|function) (\w+)", "\n".join(scripts), re.MULTILINE)
    lists = [names for text in scripts for names in re.findall(r"^import \{(.*?)\}", text, re.MULTILINE | re.DOTALL)]
    tests = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*widget*.py")]
    used = set(re.findall(r"\w+", "\n".join(lists + tests)))
    assert len(exported) > 100 and [name for name in exported if name not in used] == []


def test_unknown_tag_is_refused():
    with pytest.raises(ValueError, match="expected one of cnn-conv, .*got 'cnn-none'"):
        module_source("cnn-none")
