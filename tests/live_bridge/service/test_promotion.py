"""Versions on live traffic: what may be promoted, and that calls in progress never notice (R-25.5, R-25.6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.errors import FlowError
from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.media.session import Media
from live_bridge.service.promotion import Control, Refused
from tests.live_bridge.live import OPERATOR, Live
from tests.live_bridge.sip.phone import Phone, status

SPB = "78121234567"


@pytest.fixture
def text(example_path: Path) -> str:
    return example_path.read_text(encoding="utf-8")


@pytest.fixture
def kept() -> dict[str, str]:
    return {}


@pytest.fixture
def running(
    text: str, kept: dict[str, str], start_live: Callable[..., Live], live_media: Media
) -> tuple[Live, Control]:
    flow = load(text)
    live = start_live(Engine(flow))
    return live, Control(live.driver, flow, live_media.sounds, kept.__setitem__)


def test_promotion_moves_new_calls_only_and_rolling_back_too(
    running: tuple[Live, Control], text: str, kept: dict[str, str], phones: Callable[..., Phone]
) -> None:
    live, control = running
    first = control.live
    operator = phones("84955551000", live, port=OPERATOR)
    old, answer = operator.call(SPB)
    assert status(answer) == 200
    second = control.publish(text.replace("wrap_up: 20", "wrap_up: 25"), acknowledged_by="Anna").digest
    assert second != first and list(kept) == [second], "its text is kept before its digest is named"
    control.promote(second)
    new, _ = operator.call(SPB)
    control.roll_back()
    assert control.live == first
    third, _ = operator.call(SPB)
    assert live.wait_until(lambda: sum(isinstance(n, note.CallStarted) for n in live.notes) == 3)
    assert [n.flow for n in live.notes if isinstance(n, note.CallStarted)] == [first, second, first]
    for dialog in (old, new, third):
        assert status(operator.hang_up(dialog)) == 200
    states = [(n.flow, n.state) for n in live.notes if isinstance(n, note.FlowChanged)]
    assert states == [(second, "published"), (second, "live"), (first, "live")]


def test_warnings_wait_for_a_named_person(running: tuple[Live, Control], text: str, kept: dict[str, str]) -> None:
    _, control = running
    with pytest.raises(Refused, match="named person") as refused:
        control.publish(text)
    assert refused.value.warnings and not kept


def test_errors_and_missing_sounds_are_refused(running: tuple[Live, Control], text: str, kept: dict[str, str]) -> None:
    _, control = running
    with pytest.raises(FlowError):
        control.publish(text.replace("mismatch: 5001", "mismatch: 5998"), acknowledged_by="Anna")
    with pytest.raises(Refused, match=r"welcome\.wav is .* long"):
        control.publish(text.replace("welcome.wav: 6.", "welcome.wav: 7."), acknowledged_by="Anna")
    assert not kept


def test_what_is_not_published_is_not_promoted_and_the_live_one_not_retired(running: tuple[Live, Control]) -> None:
    live, control = running
    with pytest.raises(Refused, match="publish it first"):
        control.promote("0" * 64)
    with pytest.raises(Refused, match="is live"):
        control.retire(control.live)
    with pytest.raises(Refused, match="go back"):
        control.roll_back()
    assert live.journal == []


def test_canary_takes_its_share_and_is_rolled_back(running: tuple[Live, Control], text: str) -> None:
    live, control = running
    first = control.live
    second = control.publish(text.replace("wrap_up: 20", "wrap_up: 26"), acknowledged_by="Anna").digest
    control.promote(second, 0.25)
    assert control.canary == (second, 0.25) and control.live == first
    assert control.roll_back() == first
    assert control.canary is None
    control.retire(second)
    assert [type(e).__name__ for _, e in live.journal] == [
        "FlowPublished", "FlowPromoted", "FlowPromoted", "FlowRetired",
    ]  # fmt: skip
    assert isinstance(live.journal[-1][1], ev.FlowRetired)
