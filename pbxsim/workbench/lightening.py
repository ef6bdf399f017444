"""What Bokeh and Panel do again and again with the same result, done once: more than half of what it takes to make a page.

Decides what is remembered: what depends on a class of models alone, as its defaults, and what a page has been told already. Says
nothing of what a page shows; every document is written down as before, byte by byte.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.core.property.singletons import Intrinsic, Undefined
from bokeh.core.property.wrappers import PropertyValueContainer
from bokeh.model import DataModel, Model
from bokeh.model.util import visit_immediate_value_references
from bokeh.models.ui.ui_element import UIElement
from bokeh.util import callback_manager
from panel import custom
from panel.custom import ReactiveESM
from panel.io.state import state
from panel.pane.base import Pane
from panel.reactive import ReactiveCustomBase, Syncable
from panel.util import classproperty
from panel.viewable import is_viewable_param
from panel_material_ui.base import MaterialComponent
from param import parameterized

_PLAIN = (bool, int, float, str, type(None))
"""Values that nobody can change, so that all models may have the same."""


def lighten() -> None:
    """Have Bokeh and Panel use what stands here."""
    vars(callback_manager)["_check_callback"] = _unlooked
    overridden: Any = vars(HasProps)["_overridden_defaults"]
    once: Any = functools.cache
    by_class: Any = [
        (kind, name, vars(kind)[name].fget)
        for name, kinds in (
            ("_linked_properties", (ReactiveESM, MaterialComponent)),
            ("_synced_params", (Syncable, Pane, MaterialComponent)),
        )
        for kind in kinds
    ]
    found: Any = vars(ReactiveESM)
    for place, name, act in (
        (HasProps, "_overridden_defaults", classmethod(once(overridden.__func__))),
        (HasProps, "themed_values", _themed_values),
        (HasProps, "__init__", _begin),
        (HasProps, "query_properties_with_values", _query_with(HasProps.query_properties_with_values)),
        (PropertyDescriptor, "has_unstable_default", _has_unstable_default),
        (PropertyDescriptor, "_get_default", _default_getter(vars(PropertyDescriptor)["_get_default"])),
        (ReactiveCustomBase, "_patch_datamodel_ref", classmethod(_tag)),
        (ReactiveESM, "_get_model", _reading(vars(ReactiveESM)["_get_model"])),
        (ReactiveESM, "_bundle_path", classproperty(once(found["_bundle_path"].f))),
        (ReactiveESM, "_esm_path", classmethod(once(found["_esm_path"].__func__))),
        (ReactiveESM, "_bundle_css", classproperty(once(found["_bundle_css"].f))),
        (ReactiveESM, "_component_resource_path", classmethod(_by_depth(found["_component_resource_path"].__func__))),
        *((kind, name, property(_by_class(getter))) for kind, name, getter in by_class),
    ):
        setattr(place, name, act)
    vars(parameterized)["_instantiated_parameter"] = _parameter_getter(parameterized._instantiated_parameter)
    vars(custom)["is_viewable_param"] = _is_viewable


def _unlooked(*_: Any, **__: Any) -> None:
    """In place of Bokeh's look at how many arguments a callback takes: Panel's take three."""


def _themed_values(self: HasProps) -> dict[str, Any] | None:
    """What a theme says of a model; nearly always nothing, and then Bokeh searches its class for likely names."""
    return self.__dict__.get("__themed_values__")


@functools.cache
def _is_unstable(descriptor: Any, kind: type[HasProps]) -> bool:
    return bool(
        descriptor.property._may_have_unstable_default()
        or descriptor.is_unstable(kind.__overridden_defaults__.get(descriptor.name, None))
    )


def _has_unstable_default(self: Any, model: HasProps) -> bool:
    """Whether each model has a default of its own, as lists have."""
    return _is_unstable(self, type(model))


@functools.cache
def _unstable(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Properties of which each model has a default of its own, in the order of the class."""
    names: Any = kind.properties(_with_props=True)
    found: Any = ((name, kind.lookup(name)) for name in names)
    return tuple((name, one) for name, one in found if isinstance(one, PropertyDescriptor) and _is_unstable(one, kind))


def _begin(self: Any, **properties: Any) -> None:
    """How a model begins: with the values given, and with the defaults that are its own."""
    super(HasProps, self).__init__()
    self._property_values = {}
    self._unstable_default_values = {}
    self._unstable_themed_values = {}
    for name, value in properties.items():
        if value is not Undefined and value is not Intrinsic:
            setattr(self, name, value)
    kind: Any = type(self)
    for name, descriptor in _unstable(kind):
        if name not in properties:
            descriptor._get(self)
    self._initialized = True


def _default_getter(given: Callable[[Any, HasProps], Any]) -> Callable[[Any, HasProps], Any]:
    kept: dict[tuple[Any, type[HasProps]], Any] = {}

    def get_default(self: Any, model: HasProps) -> Any:
        """The default of a property that is not set; copied, validated and transformed only the first time if it is plain."""
        themed = _themed_values(model)
        if themed is not None and self.name in themed:
            return given(self, model)
        key = (self, type(model))
        if key in kept:
            return kept[key]
        value = given(self, model)
        if not _is_unstable(*key) and type(value) in _PLAIN:
            kept[key] = value
        return value

    return get_default


def _query_with(given: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def query_properties_with_values(
        self: Any, query: Callable[[Any], bool], *, include_defaults: bool = True, include_undefined: bool = False
    ) -> dict[str, Any]:
        """The values of a model as they are written down; Bokeh looks for its defaults, too, only to leave them out."""
        if include_defaults or include_undefined:
            return given(self, query, include_defaults=include_defaults, include_undefined=include_undefined)
        themed = _themed_values(self) or {}
        own = self._unstable_default_values
        set_ones = self._property_values
        result = {}
        for name in self.properties(_with_props=True):
            if name not in set_ones and name not in own and name not in themed:
                continue
            descriptor = self.lookup(name)
            if not query(descriptor):
                continue
            value = descriptor.get_value(self)
            if name in themed or name not in own or not isinstance(value, PropertyValueContainer):
                result[name] = value
        return result

    return query_properties_with_values


def _tag(_: type, props: Any, root: str) -> None:
    """Note on the data of a component to which page they belong, so that they go with it.

    Components within it have done so themselves; Panel looks through all of them again for each that is around them.
    """
    tag, queue, seen = f"__ref:{root}", [props], {props.id}

    def queue_one(model: Model) -> None:
        if model.id not in seen and not isinstance(model, UIElement):
            seen.add(model.id)
            queue.append(model)

    while queue:
        model = queue.pop()
        if isinstance(model, DataModel) and tag not in model.tags:
            model.tags.append(tag)
        visit_immediate_value_references(model, queue_one)


def _by_class(given: Callable[[Any], Any]) -> Callable[[Any], Any]:
    kept: dict[type, Any] = {}

    def of_class(self: Any) -> Any:
        """Which values of a component go to the browser, or come back from it; its class says it. Nobody changes the answer."""
        kind = type(self)
        if kind not in kept:
            kept[kind] = given(self)
        return kept[kind]

    return of_class


def _by_depth(given: Callable[[Any, Any, Any], str]) -> Callable[[Any, Any, Any], str]:
    kept: dict[Any, str] = {}

    def component_resource_path(cls: Any, esm_path: Any, compiled: Any) -> str:
        """The address of a component's script, as the page that asks says it: by how deep it lies."""
        key = (cls, esm_path, compiled, state.rel_path)
        if key not in kept:
            kept[key] = given(cls, esm_path, compiled)
        return kept[key]

    return component_resource_path


_read: list[Any] = []
"""Components of which models are being made, each within the one before; that changes none of their own parameters."""


def _reading(given: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(given)
    def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        _read.append(self)
        try:
            return given(self, *args, **kwargs)
        finally:
            _read.pop()

    return read


def _parameter_getter(given: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def instantiated_parameter(owner: Any, parameter: Any) -> Any:
        """A parameter of an object. Who asks may want to change it, so that Param makes a copy for each object; who only reads
        gets that of the class, unless there is a copy."""
        if _read and owner is _read[-1]:
            return owner._param__private.params.get(parameter.name, parameter)
        return given(owner, parameter)

    return instantiated_parameter


_viewable_of_class = functools.cache(is_viewable_param)


def _is_viewable(parameter: Any) -> bool:
    """Whether a parameter holds components. Those of classes are remembered; one of an object would keep it for ever."""
    return bool((_viewable_of_class if isinstance(parameter.owner, type) else is_viewable_param)(parameter))
