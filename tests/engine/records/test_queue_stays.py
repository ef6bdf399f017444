"""What became of a call in a queue, from the visits of its history (R-08.22, R-08.23)."""

from __future__ import annotations

import pytest

from engine.contract.causes import Party
from engine.records.history import ElementVisit
from engine.records.queue_stays import stays
from tests.harness import rule


def visit(kind: str = "queue", **more: object) -> ElementVisit:
    return ElementVisit(element=5200, kind=kind, enter=10, **more)  # type: ignore[arg-type]


@rule("R-08.22")
@pytest.mark.parametrize(
    ("visits", "party", "told"),
    [
        ([visit(answer=35, leave=95)], Party.CALLER, [("answered", 25)]),
        ([visit(answer=35)], None, [("answered", 25)]),
        ([visit(leave=70)], Party.CALLER, [("abandoned", 60)]),
        ([visit(leave=70)], Party.OPERATOR, [("left", 60)]),
        ([visit(leave=70)], Party.US, [("left", 60)]),
        ([visit()], None, [("waiting", 0)]),
        ([visit(leave=10, output="full", to="5120")], None, [("refused", 0)]),
        ([visit(leave=10, output="join_empty", to="5120")], Party.CALLER, [("refused", 0)]),
        ([visit(leave=310, output="timeout", to="5120"), visit("voicemail")], None, [("timed_out", 300)]),
        ([visit(leave=30, output="exit_key", to="5000"), visit("greeting")], None, [("left", 20)]),
        ([visit(leave=30), visit("user", answer=40)], None, [("left", 20)]),
        ([visit("greeting"), visit("group", answer=12)], Party.CALLER, []),
        ([visit(leave=310, output="timeout"), visit(leave=70)], Party.CALLER, [("timed_out", 300), ("abandoned", 60)]),
    ],
)
def test_every_end_of_a_stay_counts_as_one_thing(
    visits: list[ElementVisit], party: Party | None, told: list[tuple[str, int]]
) -> None:
    assert [(one.outcome, one.wait_us) for one in stays(visits, party)] == told
