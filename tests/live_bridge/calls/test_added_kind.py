"""A kind of element added as `docs/adding-an-element.md` says takes live calls over SIP, and decides as the preview does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.analysis.preview import preview
from engine.contract import events as ev
from engine.contract import notes as note
from engine.control.engine import Engine
from engine.loading.load import load
from tests.added_kind import follow_the_page
from tests.live_bridge.live import OPERATOR, Live
from tests.live_bridge.sip.phone import Phone, status

SPB = "78121234567"
CALLS = 6


def test_live_calls_leave_a_split_as_the_preview_of_their_draw_says(
    root: Path,
    example_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start_live: Callable[..., Live],
    phones: Callable[..., Phone],
) -> None:
    follow_the_page(root, monkeypatch)
    split = "elements:\n  5800: {kind: split, share: 0.5, some: 5000, rest: 5001}\n"
    text = example_path.read_text(encoding="utf-8").replace("elements:\n", split, 1)
    flow = load(text.replace("to: 5400", "to: 5800"))
    live = start_live(Engine(flow))
    operator = phones("84955551000", live, port=OPERATOR)
    for _ in range(CALLS):
        dialog, answer = operator.call(SPB)
        assert status(answer) == 200
        assert status(operator.hang_up(dialog)) == 200
    live.wait_idle()
    came = {event.call: (at, event) for at, event in live.journal if isinstance(event, ev.CallArrived)}
    left = {n.call: n.output for n in live.notes if isinstance(n, note.ElementLeft) and n.element == 5800}
    assert len(came) == CALLS and left.keys() == came.keys()
    for call, (at, event) in came.items():
        trace = preview(flow, at, called=SPB, trunk=event.trunk, caller=event.caller, draw_seed=event.draw_seed)
        assert left[call] == trace.steps[0].output
