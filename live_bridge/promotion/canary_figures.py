"""The figures of a canary beside those of the live version: service level, wait, abandoned and failed calls (R-25.9).

Decides what each call says of its version, and when that is known. Pure: it is given notes or rows of the history, and an
instant. Every call that came from outside counts, whatever became of it, because a version that loses callers in its greeting
must not look better for it; so the level here is of all calls, not of those that reached a queue. Leaves the test to
`sequential.py` and what follows from an alarm to `canary_watch.py`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final

from engine.contract import notes as note
from engine.contract.causes import BridgeCause, Cause, Party
from engine.contract.ids import SECOND_US, CallId, Instant
from engine.numbers.phone_numbers import Form
from engine.records.history import CallRecord
from live_bridge.promotion.sequential import ALPHA, Mean, SequentialTest, breaks
from live_bridge.promotion.trial import Trial

LONGEST_WAIT_S: Final = 120.0
"""A wait as long as this or longer is as bad as can be."""

FAILED: Final = frozenset({
    Cause.NO_ROUTE_DESTINATION, Cause.UNALLOCATED_NUMBER, Cause.EXCHANGE_ROUTING_ERROR, Cause.INVALID_NUMBER_FORMAT,
    Cause.NORMAL_CIRCUIT_CONGESTION, Cause.REQUESTED_CHAN_UNAVAIL, Cause.OUTGOING_CALL_BARRED, Cause.INCOMING_CALL_BARRED,
})  # fmt: skip
"""Causes that say that the flow or its lines could not do what they should, whoever called."""

Outcome = tuple[Instant, CallId, str, float]
"""When it was known, whose, of which figure, and how bad, 0 to 1."""


class Watched:
    """What is known of one call that takes part."""

    __slots__ = ("call", "start", "on_canary", "share", "answered_at", "ended_at", "kind", "cause", "party", "given")

    def __init__(self, call: CallId, start: Instant, on_canary: bool, share: float) -> None:
        self.call = call
        self.start = start
        self.on_canary = on_canary
        self.share = share
        self.answered_at: Instant | None = None
        self.ended_at: Instant | None = None
        self.kind = ""
        """Of the element it entered last."""
        self.cause: Cause | BridgeCause | None = None
        self.party: Party | None = None
        self.given: set[str] = set()
        """Figures whose outcome was taken."""

    def outcomes(self, now: Instant, within_s: float) -> Iterator[Outcome]:
        """What is known by `now` and was not given before, each with the instant from which it is known."""
        for figure, at, bad in self._known(now, within_s):
            if figure not in self.given:
                self.given.add(figure)
                yield at, self.call, figure, bad

    def _known(self, now: Instant, within_s: float) -> Iterator[tuple[str, Instant, float]]:
        answered, ended = self.answered_at, self.ended_at
        heard = answered if answered is not None else ended
        cut_off = self.cause == BridgeCause.CUT_OFF
        late = self.start + round(within_s * SECOND_US)
        if heard is not None and heard <= late:
            if answered is not None or not cut_off:
                yield "service_level", heard, 0.0 if answered is not None else 1.0
        elif late < now:
            yield "service_level", late + 1, 1.0
        longest = self.start + round(LONGEST_WAIT_S * SECOND_US)
        if heard is not None and heard <= longest:
            if answered is not None or not cut_off:
                yield "wait", heard, (heard - self.start) / SECOND_US / LONGEST_WAIT_S
        elif longest < now:
            yield "wait", longest + 1, 1.0
        if answered is not None:
            yield "abandonment", answered, 0.0
        elif ended is not None and not cut_off:
            yield "abandonment", ended, float(self.party == Party.CALLER and self.kind != "voicemail")
        if ended is not None and not cut_off:
            yield "failed", ended, float(self.cause in FAILED)


def watched(record: CallRecord, on_canary: bool, share: float) -> Watched:
    """A call of the history, as it would have been watched."""
    found = Watched(record.uuid, record.start, on_canary, share)
    found.answered_at = next((visit.answer for visit in record.events if visit.answer is not None), None)
    found.ended_at = record.end
    found.kind = record.events[-1].kind if record.events else ""
    found.cause, found.party = record.hangup_cause, record.party
    return found


class CanaryFigures:
    """The figures of one canary. The same calls give the same figures and the same alarms, live or from the history."""

    def __init__(self, canary: str, live: str, trial: Trial, form: Form = "off") -> None:
        """`canary` and `live` are digests, `form` how callers' numbers are written before they are chosen by (R-12.4)."""
        self.canary = canary
        self.live = live
        self.trial = trial
        self._selection = trial.selection(form)
        seed = int.from_bytes(hashlib.sha256(f"{canary} {trial.begun_at}".encode()).digest()[:4], "big")
        self.test = SequentialTest(seed)
        self._open: dict[CallId, Watched] = {}
        self._done: set[CallId] = set()
        """Calls that came from the history, and are not taken twice."""
        self._due: list[tuple[Instant, CallId, str, float, Watched]] = []
        """Outcomes that a look did not take yet."""
        self.calls_at_share = 0
        """Canary calls that began since its share changed last."""

    # --- what happens --------------------------------------------------------------------------------------------------

    def take(self, at: Instant, said: note.Note) -> None:
        """One note of the engine."""
        if isinstance(said, note.CallStarted):
            if said.user is None and said.call not in self._done:
                self._begin(said.call, at, said.flow, said.called, said.caller, said.trunk)
            return
        found = self._open.get(getattr(said, "call", None))  # type: ignore[arg-type]
        if found is None:
            return
        if isinstance(said, note.CallAnswered):
            if found.answered_at is None:
                found.answered_at = at
        elif isinstance(said, note.ElementEntered):
            found.kind = said.kind
        elif isinstance(said, note.CallEnded):
            found.ended_at, found.cause, found.party = at, said.cause, said.party

    def bring_back(self, records: Iterable[CallRecord]) -> None:
        """Calls of the history that began under this canary, after a restart: take part as if they had been seen."""
        for record in records:
            if record.accountcode in ("inbound", "missed") and record.uuid not in self._done:
                self._done.add(record.uuid)
                share = self._share(
                    record.start, record.destination_number, record.caller_id_number, record.gateway or None
                )
                if share > 0 and record.flow in (self.canary, self.live):
                    on_canary = record.flow == self.canary
                    self._open[record.uuid] = watched(record, on_canary, share)
                    self.calls_at_share += on_canary and record.start >= self.trial.shares[-1][0]

    def _begin(self, call: CallId, at: Instant, flow: str, called: str, caller: str, trunk: str | None) -> None:
        share = self._share(at, called, caller, trunk)
        if share > 0 and flow in (self.canary, self.live):
            self._open[call] = Watched(call, at, flow == self.canary, share)
            self.calls_at_share += flow == self.canary

    def _share(self, at: Instant, called: str, caller: str, trunk: str | None) -> float:
        return self.trial.share_at(at) if self._selection.has(at, called, caller, trunk) else 0.0

    def widened(self, trial: Trial) -> None:
        """The same canary goes on with another share or plan."""
        if trial.shares != self.trial.shares:
            self.calls_at_share = 0
        self.trial = trial

    def look(self, now: Instant) -> None:
        """Take every outcome that was known by `now`, in the order in which they were known. What the engine said by then must
        have been taken, so that the order does not hang on when one looks."""
        for found in list(self._open.values()):
            self._due.extend((*outcome, found) for outcome in found.outcomes(now, self.trial.within_s))
            if found.ended_at is not None:
                del self._open[found.call]
        self._due.sort(key=lambda one: one[:3])
        known = bisect_right(self._due, now, key=lambda one: one[0])
        for _, _, figure, bad, found in self._due[:known]:
            self.test.take(figure, found.on_canary, found.share, bad)
        del self._due[:known]

    # --- what they say -------------------------------------------------------------------------------------------------

    @property
    def calls(self) -> tuple[int, int]:
        """Calls of canary and live version whose level of service is known."""
        level = self.test.figures["service_level"]
        return level.canary.count, level.live.count

    def verdict(self) -> str:
        """Why the canary is to be rolled back, in a line; empty while there is no reason (R-25.9)."""
        for alarm in self.test.alarms:
            name, calls = NAMES[alarm.figure], f"{alarm.calls_canary} and {alarm.calls_live} calls"
            canary, live = shown(alarm.figure, alarm.canary), shown(alarm.figure, alarm.live)
            return (
                f"{name} {canary} on the canary against {live} on the live version, after {calls}; "
                f"chance alone does so in less than {alarm.alpha:.1%} of canaries (R-25.9)"
            )
        for figure, target in self.trial.targets.items():
            mean = self.test.figures[figure].canary
            most_bad = 1.0 - target if figure == "service_level" else target
            if breaks(mean, most_bad, len(self.trial.targets)):
                assert mean.value is not None
                return (
                    f"{NAMES[figure]} {shown(figure, mean.value)} on the canary after {mean.count} calls, "
                    f"the target is {target:.0%} (R-25.9)"
                )
        return ""

    def table(self) -> dict[str, Any]:
        """Both versions side by side, with intervals that hold at every look; rates 0 to 1, waits in seconds."""
        return {figure: self._row(figure) for figure in ALPHA}

    def _row(self, figure: str) -> dict[str, Any]:
        test = self.test.figures[figure]
        apart = test.difference()
        return {
            "canary": _mean(figure, test.canary),
            "live": _mean(figure, test.live),
            "worse_by": None if apart is None else [round(_scaled(figure, end), 4) for end in apart],
            "alarm": test.alarm is not None,
        }


NAMES: Final = {
    "service_level": "service level", "wait": "wait", "abandonment": "abandoned calls", "failed": "failed calls",
}  # fmt: skip


def _scaled(figure: str, bad: float) -> float:
    return bad * LONGEST_WAIT_S if figure == "wait" else bad


def shown(figure: str, bad: float) -> str:
    """A figure as people read it."""
    if figure == "wait":
        return f"{bad * LONGEST_WAIT_S:.1f} s"
    return f"{1.0 - bad if figure == 'service_level' else bad:.1%}"


def _mean(figure: str, mean: Mean) -> dict[str, Any]:
    value, ends = mean.value, mean.interval()
    if figure == "service_level":
        value = None if value is None else 1.0 - value
        ends = None if ends is None else (1.0 - ends[1], 1.0 - ends[0])
    return {
        "calls": mean.count,
        "value": None if value is None else round(_scaled(figure, value), 4),
        "interval": None if ends is None else [round(_scaled(figure, end), 4) for end in ends],
    }
