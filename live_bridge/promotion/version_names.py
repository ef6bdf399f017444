"""How people say which version they mean: `v7`, its name, a word for where it stands, or the beginning of its digest (R-25.1).

Decides the one way from a word to a version, which every command and every path of the API takes, and what a name may be so that
no name can be read as something else. Leaves numbers and names to the database (`store/state_journal.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from engine.contract.errors import PbxError
from engine.numbers.digits import is_digits
from live_bridge.store import call_versions

if TYPE_CHECKING:
    from live_bridge.store.audit import Label

PREFIX_LEAST: Final = 4
"""Letters of a digest that stand for it: fewer are a slip more often than a digest."""

NAME_MOST: Final = 64

CANDIDATES_MOST: Final = 8
"""Versions that a refusal lists."""

PLACES: Final = ("live", "canary")
"""Words for where a version stands."""

TAKEN: Final = (*PLACES, "audit", "changes", "gate", "rollback", "none")
"""Words that no version is called by: they stand for places, or are paths beside versions."""

NUMBER: Final = re.compile(r"v([1-9][0-9]{0,8})", re.IGNORECASE)
HEX: Final = re.compile(r"[0-9a-f]+")
NAME: Final = re.compile(r"\w(?:[\w .()+-]*[\w.)+])?")


class VersionUnknown(PbxError):
    """A word stands for no version, or for several: the message lists those it may have meant."""


class NameRefused(PbxError):
    """A name that no version can have."""


def said(digest: str, label: Label | None) -> str:
    """A version for people.

    >>> from live_bridge.store.audit import Label
    >>> said("3fa9c2d1e0ab77", Label(7, "autumn")), said("3fa9c2d1e0ab77", None)
    ('v7 autumn (3fa9c2d1e0ab)', '3fa9c2d1e0ab')
    """
    return call_versions.shown(digest, **call_versions.fields_of(label))


def resolve(word: str, labels: Mapping[str, Label], places: Mapping[str, str]) -> str:
    """The digest that a word stands for: a whole digest, `v7`, `live` or `canary` by `places`, a name in any case, or the
    beginning of a digest. Raises VersionUnknown.

    >>> from live_bridge.store.audit import Label
    >>> known = {"3fa9c2": Label(1), "3fa9d0": Label(2, "Autumn")}
    >>> [resolve(word, known, {"live": "3fa9c2"}) for word in ("v2", "autumn", "live", "3FA9D")]
    ['3fa9d0', '3fa9d0', '3fa9c2', '3fa9d0']
    """
    plain = word.strip()
    lower = plain.casefold()
    if lower in labels:
        return lower
    if lower in places:
        return places[lower]
    if lower in PLACES:
        raise VersionUnknown(f"no version is {lower} now; {_known(labels)}")
    number = NUMBER.fullmatch(lower)
    if number is not None:
        found = [digest for digest, label in labels.items() if label.number == int(number[1])]
    else:
        found = [digest for digest, label in labels.items() if label.name and label.name.casefold() == lower]
        if not found and HEX.fullmatch(lower) and len(lower) >= PREFIX_LEAST:
            found = [digest for digest in labels if digest.startswith(lower)]
    if len(found) == 1:
        return found[0]
    if found:
        raise VersionUnknown(f"{plain} fits {len(found)} versions: {_listed(found, labels)}; say more of it")
    if HEX.fullmatch(lower) and len(lower) < PREFIX_LEAST:
        raise VersionUnknown(
            f"{plain} stands for no version: a number is written v{plain if is_digits(plain) else 7}, and the beginning of a "
            f"digest has at least {PREFIX_LEAST} letters; {_known(labels)}"
        )
    raise VersionUnknown(f"{plain[:NAME_MOST] or 'nothing'} stands for no version here; {_known(labels)}")


def check_name(name: str, digest: str, labels: Mapping[str, Label]) -> str:
    """The name as it is kept. Raises NameRefused for one that could be read as another word, and for another version's.

    >>> check_name(" autumn menu ", "3fa9c2", {})
    'autumn menu'
    """
    plain = " ".join(name.split())
    if len(plain) > NAME_MOST or not NAME.fullmatch(plain):
        raise NameRefused(
            f"a name has 1 to {NAME_MOST} letters, digits, spaces and . - + ( ), and begins with a letter or digit"
        )
    lower = plain.casefold()
    if lower in TAKEN or NUMBER.fullmatch(lower) or HEX.fullmatch(lower):
        raise NameRefused(
            f"{plain} cannot be a name: it is read as {'a word of ours' if lower in TAKEN else 'a number or a digest'}"
        )
    for other, label in labels.items():
        if other != digest and label.name.casefold() == lower:
            raise NameRefused(f"{said(other, label)} has that name; another version needs another one")
    return plain


def _known(labels: Mapping[str, Label]) -> str:
    latest = sorted(labels, key=lambda digest: -labels[digest].number)
    return f"this bridge knows {_listed(latest, labels)}" if latest else "this bridge knows none"


def _listed(digests: list[str], labels: Mapping[str, Label]) -> str:
    more = len(digests) - CANDIDATES_MOST
    words = ", ".join(said(digest, labels[digest]) for digest in digests[:CANDIDATES_MOST])
    return f"{words} and {more} more" if more > 0 else words
