"""Edits of the document by programs: a change to the live version's text, checked, published and made live as a new version.

Decides what an edit must not do: overwrite a trial, bring warnings nobody took upon themselves, or lose comments and order of
the text. Leaves what may stand in a document to the engine, and what may go live to `promotion/control.py` (R-25.5).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ruamel.yaml.comments import CommentedMap

from engine.analysis import check
from engine.contract.errors import FlowError
from engine.loading.load import load
from live_bridge.api.call_requests import RequestRefused
from live_bridge.promotion.standing import PromotionRefused
from live_bridge.service import document_text

if TYPE_CHECKING:
    from live_bridge.service.service import Service

Change = Callable[[CommentedMap], None]
"""Changes a document in place; raises Unable for what cannot be."""


class Edits:
    """Edits of one bridge's document, one at a time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()

    def make(self, change: Change, *, by: str, acknowledged_by: str = "") -> str:
        """Make a change live for new calls; the digest of the new version. Raises Unable with what is wrong."""
        service = self._service
        if service.versions is None:
            raise RequestRefused("the bridge starts or stops; try again in a moment", 503)
        with self._lock:
            versions = service.versions
            if versions.standing().canary:
                raise RequestRefused("a version is on trial with a share of calls: promote it or roll it back first")
            text = versions.text(versions.flow.digest)
            data = document_text.read(text)
            change(data)
            changed = document_text.written(data)
            try:
                flow = load(changed, "the changed document")
                if flow.digest == versions.flow.digest:
                    return flow.digest
                published = versions.publish(
                    changed, by=by, acknowledged_by=acknowledged_by or self._still(text, changed)
                )
                versions.promote(published.digest, by=by)
            except FlowError as error:
                raise RequestRefused("; ".join(f"{f.place}: {f.message}" for f in error.faults), 422) from None  # type: ignore[attr-defined]
            except PromotionRefused as refusal:
                if not refusal.warnings:
                    raise RequestRefused(str(refusal)) from None
                told = "; ".join(f"{one.place}: {one.message}" for one in refusal.warnings)
                words = f"it brings warnings; name who takes them upon themselves in acknowledged_by: {told}"
                raise RequestRefused(words) from None
            return published.digest

    def _still(self, before: str, after: str) -> str:
        """Who took the warnings upon themselves, if the changed document has none but those the live one has."""
        was = {(one.code, one.place) for one in check.check(load(before))}
        now = {(one.code, one.place) for one in check.check(load(after))}
        if not now or not now <= was:
            return ""
        assert self._service.versions is not None
        live = self._service.versions.flow.digest
        known = [one.acknowledged_by for one in self._service.versions.list() if one.flow == live]
        return f"{known[0] or 'whoever wrote the document'}, as before"[:128]


def section(data: CommentedMap, name: str) -> CommentedMap:
    """A section of the document, made if it is not there."""
    if not isinstance(data.get(name), CommentedMap):
        data[name] = CommentedMap()
    found: CommentedMap = data[name]
    return found


def entry(part: CommentedMap, number: int) -> Any:
    """The key under which `number` stands in a section, or None: people write it as a number or as text."""
    return next((key for key in part if str(key) == str(number)), None)


def refuse_referred(service: Service, number: int) -> None:
    """Raise Unable if something of the live version leads to `number` (R-02.13)."""
    flow = service.flow
    referrers = [
        f"{flow.graph.nodes[node]['kind']} {node}"
        for node in sorted(flow.graph.predecessors(number), key=str)
        if node != number
    ]
    if referrers:
        raise RequestRefused(f"{number} cannot be removed, these lead to it: {', '.join(referrers)} (R-02.13)")
