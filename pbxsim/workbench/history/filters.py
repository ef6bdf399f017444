"""What may be asked on the History page: fields, and the query that they make for the bridge.

Decides which fields there are and what of them is refused before the bridge is asked. Leaves finding to the bridge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import panel_material_ui

from engine.calendar import zones
from engine.contract import causes
from engine.contract.causes import BridgeCause, Cause
from engine.numbers.phone_numbers import is_internal
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.live import tables
from pbxsim.workbench.shell.texts import Texts

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them

ANY = ""
OUTCOMES = ("answered", "unanswered")
DIRECTIONS = ("inbound", "outbound", "local")


class Refused(Exception):
    """What somebody asks for cannot be; the message is for them."""


class Filters:
    """The fields; `changed` is called when one is."""

    def __init__(self, texts: Texts, asked: dict[str, str], changed: Callable[[Any], Any]) -> None:
        self.texts = texts
        self.number = pmui.TextInput(
            label=texts("history.number"),
            value=asked.get("number", ""),
            placeholder=texts("history.number_hint"),
            **WIDE,
        )
        days = {"format": texts.date_format, "clearable": True, **WIDE}
        self.since = pmui.DatePicker(label=texts("history.since"), value=None, **days)
        self.until = pmui.DatePicker(label=texts("history.until"), value=None, **days)
        ended = {
            causes.comment(cause, texts.language): f"cause:{cause}"
            for cause in (*Cause, *BridgeCause)
            if causes.comment(cause, texts.language)
        }
        outcomes = {texts(f"history.{name}"): name for name in OUTCOMES}
        self.outcome = pmui.Select(
            label=texts("history.outcome"), options={texts("history.any"): ANY, **outcomes, **ended}, value=ANY, **WIDE
        )
        directions = {texts(f"history.direction.{name}"): name for name in DIRECTIONS}
        self.direction = pmui.Select(
            label=texts("history.direction"), options={texts("history.anyway"): ANY, **directions}, value=ANY, **WIDE
        )
        self.queue, self.member, self.version = (
            pmui.AutocompleteInput(
                label=texts(f"history.{name}"),
                options=[asked[name]] if asked.get(name) else [],
                value=asked.get(name, ""),
                restrict=False,
                min_characters=0,
                search_strategy="includes",
                case_sensitive=False,
                **WIDE,
            )  # fmt: skip
            for name in ("queue", "member", "version")
        )
        self._versions: dict[str, str] = {}
        self._zone: zones.Zone = zones.parse("UTC")
        self._quiet = False

        async def told(event: Any) -> None:
            if not self._quiet:
                await changed(event)

        for widget in self.widgets():
            widget.param.watch(told, "value")

    def widgets(self) -> tuple[Any, ...]:
        """All fields, in their order."""
        return (
            self.number, self.since, self.until, self.outcome, self.direction, self.queue, self.member, self.version,
        )  # fmt: skip

    def know(self, versions: list[dict[str, Any]], live: Draft) -> None:
        """Offer versions of the bridge, and the queues and users of the live one; older ones can be typed."""
        self._versions = {tables.said(one): one["flow"] for one in versions}
        if live.flow is not None:
            self._zone = live.flow.zone
        queues = [f"{id} {live.title(id)}" for id in live.section("elements") if live.kind(id) == "queue"]
        people = [f"{id} {live.title(id)}" for id in live.section("users")]
        self._quiet = True
        for widget, options in ((self.queue, queues), (self.member, people), (self.version, list(self._versions))):
            widget.options = options
        self._quiet = False

    def clear(self) -> None:
        """Ask for everything."""
        self._quiet = True
        for widget in self.widgets():
            widget.value = None if widget in (self.since, self.until) else ANY
        self._quiet = False

    def query(self) -> dict[str, str]:
        """What the bridge is asked. Raises Refused."""
        found = {"number": (self.number.value or "").strip(), "direction": self.direction.value or ""}
        if (self.outcome.value or "").startswith("cause:"):
            found["cause"] = self.outcome.value.removeprefix("cause:")
        else:
            found["outcome"] = self.outcome.value or ""
        for name, widget in (("queue", self.queue), ("member", self.member)):
            found[name] = self._internal((widget.value or "").strip())
        typed = (self.version.value or "").strip()
        found["version"] = self._versions.get(typed, typed.partition(" ")[0] if typed.startswith("v") else typed)
        first, last = self.since.value, self.until.value
        if first is not None and last is not None and first > last:
            raise Refused(self.texts("history.bad_span"))
        found["since"] = "" if first is None else str(self._begin_of(first))
        found["until"] = "" if last is None else str(self._begin_of(last + dt.timedelta(days=1)))
        return {name: value for name, value in found.items() if value}

    def _internal(self, typed: str) -> str:
        number = typed.partition(" ")[0]
        if number and not is_internal(number):
            raise Refused(self.texts("history.bad_number", typed))
        return number

    def _begin_of(self, day: dt.date) -> int:
        """The first instant of a day of the PBX."""
        for second in range(0, 86400, 900):  # a day may begin after midnight where clocks are put forward then
            found = self._zone.instants(zones.day_number(day), second)
            if found:
                return found[0]
        raise Refused(str(day))
