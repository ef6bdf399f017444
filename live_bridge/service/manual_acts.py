"""What people do to a running bridge by hand: hold a time rule open or shut, erase a number, act on calls and members (R-25.10).

Decides that an act is on the disk, with who and when, before it has any effect, and what still holds after a restart. Leaves the
effect to the engine. An erased number is written down nowhere once more, neither in the record of the act nor in the journal; it
stood in the journal and the history of its calls before and goes from there with them (R-24.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import msgspec

from engine.contract import events as ev
from engine.contract.ids import Instant
from engine.numbers import phone_numbers
from engine.state.flow import Flow
from live_bridge.store.state_journal import StateJournal
from live_bridge.store.store import ManualAct, now

Mode = Literal["auto", "match", "mismatch"]

OVERRIDE = "override"
ERASE = "erase"

LEAST_DIGITS = 3
"""Fewer digits would fit too many people."""


class NothingOfTheKind(LookupError):
    """The PBX has no such time rule."""


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """How one time rule is held, by whom and since when."""

    element: int
    name: str = ""
    mode: Mode = "auto"
    until: Instant | None = None
    by: str = ""
    at: Instant | None = None


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    element: int
    mode: Mode
    until: Instant | None = None


class ManualActs:
    """The acts of one bridge. From any thread."""

    def __init__(
        self,
        state: StateJournal,
        pbx: str,
        flow: Callable[[], Flow],
        submit: Callable[[ev.Event], None],
        forget: Callable[[str, str], None],
    ) -> None:
        """`flow` gives the version in force, `submit` feeds the engine; `forget` lets it forget a number, for somebody."""
        self._state = state
        self._pbx = pbx
        self._flow = flow
        self._submit = submit
        self._forget = forget

    def hold(self, element: int, mode: Mode, until: Instant | None, by: str) -> Override:
        """Hold a time rule by hand, or let it go by its own times again (R-11.8). Raises NothingOfTheKind; JournalUnavailable
        where it cannot be written down, and then nothing has changed.
        """
        rule = self._flow().elements.get(element)
        if rule is None or not rule.goes_by_time:
            raise NothingOfTheKind(f"{element} is no time rule of this PBX (R-11.8)")
        held = _Held(element=element, mode=mode, until=until if mode != "auto" else None)
        at = self._keep(OVERRIDE, held, by)
        self._submit(ev.OverrideSet(element=element, mode=mode, until=held.until, by=by))
        return Override(element=element, name=rule.name, mode=mode, until=held.until, by=by, at=at)

    def erase(self, number: str, by: str) -> None:
        """Forget which user a number talked with (R-18.6). Raises ValueError for what is no number."""
        if phone_numbers.cleaned(number) is None or len(phone_numbers.last_digits(number)) < LEAST_DIGITS:
            raise ValueError("a number that is to be erased has at least 3 digits (R-18.6)")
        self._keep(ERASE, {}, by)
        self._forget(number, by)

    def done(self, act: str, details: Mapping[str, object], by: str) -> None:
        """Write down what somebody is about to do to a call or a member, one of PASSING_ACTS. JournalUnavailable where it cannot
        be written down, and then it is not to be done."""
        self._keep(act, details, by)

    def overrides(self) -> list[Override]:
        """Every time rule and how it is held now."""
        held = {one.element: one for one in self._in_force()}
        return [
            msgspec.structs.replace(held.get(number, Override(element=number)), name=element.name)
            for number, element in self._flow().elements.items()
            if element.goes_by_time
        ]

    def history(self, limit: int) -> list[ManualAct]:
        """Who did what and when, the latest first."""
        return self._state.acts(limit)

    def restore(self) -> None:
        """Hold again what was held when the bridge stopped."""
        for one in self._in_force():
            self._submit(ev.OverrideSet(element=one.element, mode=one.mode, until=one.until, by=one.by))

    def _keep(self, act: str, details: object, by: str) -> Instant:
        at = now()
        written = msgspec.json.encode(details).decode()
        self._state.keep_act(ManualAct(pbx=self._pbx, at=at, act=act, details=written, by=by))
        return at

    def _in_force(self) -> Iterator[Override]:
        """The last word on each rule, where it still holds."""
        seen: set[int] = set()
        for act in self._state.acts(limit=1000, lasting=True):
            if act.act != OVERRIDE:
                continue
            held = msgspec.json.decode(act.details, type=_Held)
            if held.element not in seen:
                seen.add(held.element)
                if held.mode != "auto" and (held.until is None or held.until > now()):
                    yield Override(element=held.element, mode=held.mode, until=held.until, by=act.by, at=act.at)
