"""What a call says of its version, and when that is known (R-25.9). Pure: no bridge runs here."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import SECOND_US
from engine.records.history import History
from live_bridge.promotion.canary_figures import CanaryFigures
from live_bridge.promotion.trial import Trial
from tests.harness import rule

CANARY, LIVE = "c" * 64, "b" * 64


def figures(**more: Any) -> CanaryFigures:
    return CanaryFigures(CANARY, LIVE, Trial(begun_at=0, shares=((0, 0.5),), **more))


def started(call: str, flow: str = CANARY, **more: Any) -> note.CallStarted:
    return note.CallStarted(call=call, flow=flow, called="74951234567", caller="89161234567", trunk="moscow", **more)


def ended(
    call: str, party: Party = Party.CALLER, cause: Cause = Cause.ORIGINATOR_CANCEL, began_s: float = 0.0
) -> note.CallEnded:
    return note.CallEnded(call=call, cause=cause, party=party, started_at=round(began_s * SECOND_US))


def after(said: list[tuple[float, note.Note]], until_s: float, **more: Any) -> dict[str, Any]:
    """The values of the canary's figures when all of that was said."""
    found = figures(**more)
    for at_s, one in said:
        found.take(round(at_s * SECOND_US), one)
    found.look(round(until_s * SECOND_US))
    return {name: row["canary"]["value"] for name, row in found.table().items()}


@rule("R-25.9")
@pytest.mark.parametrize(
    ("said", "until_s", "expected"),
    [
        ([(0, started("1")), (5, note.CallAnswered(call="1", element=1, leg="l"))], 5, (1.0, 5.0, 0.0, None)),
        ([(0, started("1")), (25, note.CallAnswered(call="1", element=1, leg="l"))], 25, (0.0, 25.0, 0.0, None)),
        ([(0, started("1"))], 20, (None, None, None, None)),
        ([(0, started("1"))], 20.01, (0.0, None, None, None)),
        ([(0, started("1"))], 200, (0.0, 120.0, None, None)),
        ([(0, started("1")), (8, ended("1"))], 8, (0.0, 8.0, 1.0, 0.0)),
        ([(0, started("1")), (8, ended("1", Party.FLOW, Cause.NO_ROUTE_DESTINATION))], 8, (0.0, 8.0, 0.0, 1.0)),
        (
            [(0, started("1")), (2, note.ElementEntered(call="1", element=5120, kind="voicemail")), (9, ended("1"))],
            9, (0.0, 9.0, 0.0, 0.0),
        ),
        ([(0, started("1", flow="a" * 64)), (8, ended("1"))], 8, (None, None, None, None)),
        ([(0, started("1", user=101)), (8, ended("1"))], 8, (None, None, None, None)),
    ],
    ids=[
        "answered", "answered late", "not yet", "late", "longest", "abandoned", "failed", "message", "other version",
        "own user",
    ],
)  # fmt: skip
def test_each_call_says_what_became_of_it(
    said: list[tuple[float, note.Note]], until_s: float, expected: tuple[float | None, ...]
) -> None:
    found = after(said, until_s)
    assert tuple(found[name] for name in ("service_level", "wait", "abandonment", "failed")) == expected


@rule("R-25.6", "R-25.9")
def test_only_chosen_calls_take_part() -> None:
    said = [(0.0, started("1")), (8.0, ended("1"))]
    assert after(said, 8, callers=("+79161234567",))["abandonment"] == 1.0
    assert after(said, 8, callers=("89211234567",))["abandonment"] is None
    assert after(said, 8, until=1)["abandonment"] is not None and after(said, 8, since=1)["abandonment"] is None


@rule("R-25.9")
def test_the_history_gives_the_figures_that_were_seen() -> None:
    """Calls that end in another order than they came; the order in which outcomes are known is the same."""
    seen, history = figures(), History()
    records = []
    notes: list[tuple[float, note.Note]] = []
    for n in range(400):
        call, flow, at = str(n), CANARY if n % 3 == 0 else LIVE, n * 1.7
        notes.append((at, started(call, flow)))
        notes.append((at, note.ElementEntered(call=call, element=5200, kind="queue")))
        if n % 5:
            notes.append((at + n % 31, note.CallAnswered(call=call, element=5200, leg=f"l{n}", user=100)))
        party = Party.MEMBER if n % 7 else Party.CALLER
        notes.append((at + n % 31 + 40 + n % 13, ended(call, party, Cause.NORMAL_CLEARING, at)))
    for at_s, said in sorted(notes, key=lambda one: one[0]):
        at = round(at_s * SECOND_US)
        seen.take(at, said)
        if (record := history.take(at, said)) is not None:
            records.append(record)
        seen.look(at - 1)
    again = figures()
    again.bring_back(records)
    last = round(2000 * SECOND_US)
    again.look(last)
    seen.look(last)
    assert again.table() == seen.table() and again.calls == seen.calls
