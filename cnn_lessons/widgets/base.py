"""What every widget shares: the live widget with a kernel, and its element for a page without one."""

import hashlib
import html
import inspect
import itertools
import json
import math

import anywidget
import traitlets


def plain(value: object) -> object:
    """The nested lists of an array or a tensor, the list of a tuple or a range; anything else as it is."""
    if isinstance(value, tuple | range):
        return list(value)
    return value.tolist() if hasattr(value, "tolist") else value


def shape_of(value: object) -> tuple[int, ...] | None:
    """The lengths of nested lists, or None where lists of one depth differ in length."""
    if not isinstance(value, list | tuple):
        return ()
    inner = {shape_of(part) for part in value}
    if None in inner or len(inner) > 1:
        return None
    return (len(value), *(inner.pop() if inner else ()))


class Whole(traitlets.Int):
    """A trait that holds a whole number; True and False, which a page would show as words, are none."""

    def validate(self, obj: traitlets.HasTraits, value: object) -> int | None:
        """Return ``value`` as an int, or raise TraitError."""
        if isinstance(value, bool):
            self.error(obj, value)
        return super().validate(obj, value)


class Matrix(traitlets.TraitType):
    """A trait that holds a small matrix of numbers as a list of rows; accepts arrays and tensors too."""

    def __init__(self, default: list[list[float]], max_size: int) -> None:
        """Set the default and the largest number of rows and of columns."""
        super().__init__(default_value=default)
        self.max_size = max_size
        self.tag(sync=True)

    def validate(self, obj: traitlets.HasTraits, value: object) -> list[list[float]]:
        """Return ``value`` as a list of equally long rows of int or float, or raise TraitError."""
        rows = plain(value)
        problem = _problem_with(rows, self.max_size)
        if problem:
            raise traitlets.TraitError(
                f"{type(obj).__name__}: {self.name} should be a matrix of numbers, at most "
                f"{self.max_size} by {self.max_size}, such as [[0, 1], [2, 3]]; {problem}"
            )
        return [list(row) for row in rows]


def _problem_with(rows: object, max_size: int) -> str:
    """What keeps ``rows`` from being a matrix, as "got …. Do …", or an empty text."""
    if not isinstance(rows, list | tuple) or not rows:
        return f"got {type(rows).__name__} {rows!r}. Pass a list of rows, a 2-D array or a 2-D tensor."
    for row in rows:
        if not isinstance(row, list | tuple) or not row:
            return f"got a row that is not a list of numbers: {row!r}. Put every row in brackets."
    if any(isinstance(x, list | tuple) for row in rows for x in row):
        return "got more than two dimensions. Pick one image and one channel, such as x[0, 0]."
    if len({len(row) for row in rows}) > 1:
        return f"got rows of lengths {[len(row) for row in rows]}. Make them equally long."
    if len(rows) > max_size or len(rows[0]) > max_size:
        return f"got {len(rows)} by {len(rows[0])}. Cut a smaller piece, such as x[:{max_size}, :{max_size}]."
    for x in itertools.chain.from_iterable(rows):
        if isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x):
            return f"got the entry {x!r}. Use finite numbers only."
    return ""


class LessonWidget(anywidget.AnyWidget):
    """A widget that lives with a kernel (anywidget) and without one (a custom element in the page).

    A subclass sets ``_tag`` to its element's name and ``_esm`` to ``module_source(_tag)``, declares synced
    traits with the names and defaults of its module's ``DEFAULTS``, and says in ``summary`` what it shows.
    """

    _tag = ""
    _serial = itertools.count(1)

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Set the signature that help and the API page show: what ``__init__`` names, then the other traits."""
        super().__init_subclass__(**kwargs)
        _, *named = inspect.signature(cls.__init__).parameters.values()  # without self
        named = [parameter for parameter in named if parameter.kind is not parameter.VAR_KEYWORD]
        others = {name: getattr(cls, name).default() for name in cls.state_names()}
        for parameter in named:
            others.pop(parameter.name, None)
        by_name = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=others[name]) for name in others]
        cls.__signature__ = inspect.Signature(named + by_name)

    def __init__(self, **traits: object) -> None:
        """Set the traits by name; a name that the widget does not have is an error."""
        unknown = sorted(set(traits) - set(self.state_names()))
        if unknown:
            known = ", ".join(type(self).__signature__.parameters)
            raise TypeError(f"{type(self).__name__}: got unknown {', '.join(unknown)}; expected {known}.")
        super().__init__(**traits)
        self._number = next(self._serial)

    @classmethod
    def state_names(cls) -> list[str]:
        """The names of the traits that page and kernel share, in the order of their declaration."""
        # anywidget gives every instance a class of its own: look for the one that was written.
        owner = next(base for base in cls.__mro__ if "_tag" in vars(base))
        return [name for name, value in vars(owner).items() if isinstance(value, traitlets.TraitType)]

    def summary(self) -> str:
        """One plain sentence on what the widget shows; subclasses override it."""
        return type(self).__name__

    def __repr__(self) -> str:
        """The summary: stable from run to run, so that stored outputs can be compared."""
        return f"<{self.summary()}>"

    def _attributes(self) -> str:
        """The state as HTML attributes: strings as they are, the rest as JSON."""
        pairs = []
        for name, value in self.get_state(self.state_names()).items():
            text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            pairs.append(f'{name}="{html.escape(text)}"')
        return " ".join(pairs)

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The live widget, and beside it the element that a page without a kernel shows."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        # Not the random model_id: the same notebook, run again, should store the same output. The state is in it:
        # in a page, a widget shown again after a change is another one, so that the first still shows what it did.
        attributes = self._attributes()
        model = hashlib.sha256(f"{self._tag} {self._number} {attributes}".encode()).hexdigest()[:8]
        fallback = f"{self.summary()}. It is live in the pages of the book, and here once you run the cell."
        element = f'<{self._tag} model="{model}" {attributes}><p>{html.escape(fallback)}</p></{self._tag}>'
        return {**data, "text/html": element}, metadata
