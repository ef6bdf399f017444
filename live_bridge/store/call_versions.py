"""The version a call ran on, as people and programs are told it: its digest, its running number and its name (R-25.6).

Decides those three fields, the same wherever a call is told of: history and its files, calls in progress, webhooks, ladders,
metrics. Leaves numbers and names to `state_journal.py`, which gives them, and to `audit.py`, which reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias, TypedDict

if TYPE_CHECKING:
    from live_bridge.store.audit import Label

SHORT: Final = 12
"""Letters of a digest that people see."""

COLUMNS: Final = ("version", "version_name")
"""Beside `flow`, the digest, which every record of a call has."""

Labels: TypeAlias = "Mapping[str, Label | None]"
"""Number and name by digest."""

LabelOf: TypeAlias = "Callable[[str], Label | None]"
"""The same of one digest."""


class VersionFields(TypedDict):
    """What is said of a call's version beside its digest."""

    version: int | None
    """Its running number within the PBX; None for a version from before there were numbers."""
    version_name: str


def fields(flow: str, labels: Labels) -> VersionFields:
    """Number and name of a version.

    >>> from live_bridge.store.audit import Label
    >>> fields("5eed" * 16, {"5eed" * 16: Label(7, "autumn")})
    {'version': 7, 'version_name': 'autumn'}
    """
    return fields_of(labels.get(flow))


def fields_of(label: Label | None) -> VersionFields:
    """The same of a label that is known, or of none."""
    if label is None:
        return {"version": None, "version_name": ""}
    return {"version": label.number, "version_name": label.name}


def shown(flow: str, version: int | None = None, version_name: str = "") -> str:
    """A version in a line for people.

    >>> shown("5eed" * 16, 7, "autumn"), shown("5eed" * 16)
    ('v7 autumn (5eed5eed5eed)', '5eed5eed5eed')
    """
    if version is None:
        return flow[:SHORT]
    return f"v{' '.join([str(version), version_name]).strip()} ({flow[:SHORT]})"
