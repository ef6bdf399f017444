"""A page is told of the kinds of components that it shows, and of another kind when the first of it comes.

Decides this in place of Bokeh, which tells every page of all kinds that the process knows: some hundred and fifty, nine tenths
of what many a page is sent, and the browser makes a class of each. Leaves all other kinds of models to Bokeh.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from bokeh.core.has_props import is_DataModel
from bokeh.document import Document
from bokeh.document import document as bokeh_document
from panel.custom import ReactiveESM

_told: Final[weakref.WeakKeyDictionary[Document, set[type]]] = weakref.WeakKeyDictionary()
"""Kinds that the browser of a page knows, from the moment on at which its document was written down for it."""

_first: Final[weakref.WeakKeyDictionary[Document, frozenset[type]]] = weakref.WeakKeyDictionary()
"""Those of them that its document told."""

_left_out: Final[ContextVar[frozenset[type]]] = ContextVar("left_out", default=frozenset())


def tell_when_needed() -> None:
    """Have Bokeh and Panel do so."""
    vars(bokeh_document)["is_DataModel"] = _asked(is_DataModel)
    made: Any = Document
    made.to_json = _writing(Document.to_json)
    component: Any = ReactiveESM
    component._get_properties = _with_kind(component._get_properties)


def tell_again(document: Document) -> None:
    """What told of a kind may never have been sent: tell of those that come from now on."""
    if document in _told:
        _told[document] = set(_first[document])


def _kinds(of: Any = ReactiveESM) -> Iterator[type]:
    """Of all components; what the browser knows of each is a class of Bokeh's."""
    yield of._data_model
    for below in of.__subclasses__():
        yield from _kinds(below)


@functools.cache
def _speaking() -> frozenset[type]:
    """Kinds whose components send messages: every page is told of them. The first message of one that came later carries the
    component whole, and the classes told with it cannot be written down: a button to download with would do nothing."""
    found = set()
    classes: list[Any] = list(ReactiveESM.__subclasses__())
    while classes:
        kind = classes.pop()
        classes += kind.__subclasses__()
        source = getattr(kind, "_esm_base", None)
        if source:
            path = Path(inspect.getfile(kind)).parent / str(source)
            text = path.read_text(encoding="utf-8") if path.is_file() else str(source)
            if "send_event" in text or "send_msg" in text:
                found.add(kind._data_model)
    return frozenset(found)


def _asked(given: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def is_told(kind: Any) -> bool:
        """Whether a document tells of a kind of models."""
        return kind not in _left_out.get() and given(kind)

    return is_told


def _writing(given: Callable[..., Any]) -> Callable[..., Any]:
    def to_json(self: Any, *args: Any, **settings: Any) -> Any:
        """A document as it is sent."""
        shown = frozenset(map(type, self.models)) | _speaking()
        _told[self], _first[self] = set(shown), shown
        token = _left_out.set(frozenset(_kinds()) - shown)
        try:
            return given(self, *args, **settings)
        finally:
            _left_out.reset(token)

    return to_json


def _with_kind(given: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def get_properties(self: Any, doc: Any) -> dict[str, Any]:
        """What a component is made with; the first of its kind on a page that is open tells of it."""
        properties = given(self, doc)
        told = _told.get(doc) if doc is not None else None
        if told is not None:
            kind = type(self)._data_model
            properties["_defs"] = [] if kind in told else [kind]
            told.add(kind)
        return properties

    return get_properties
