"""Parity: the same behaviour through real SIP and through the pure world gives the same notes, and the journal replays."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.analysis import scripted_world
from engine.analysis.scripted_world import Script
from engine.control.engine import Engine
from engine.loading.load import load
from engine.records import journal
from engine.state.flow import Flow
from live_bridge.sip.loop import the_loop
from live_bridge.store.journal_store import latest_run, read_run
from live_bridge.store.store import Store
from tests.live_bridge import parity
from tests.live_bridge.journals import Run
from tests.live_bridge.live import OPERATOR, Live
from tests.live_bridge.sip.phone import Phone

MOSCOW = ("moscow", "74951234567")
SPB = ("spb", "78121234567")
OPEN = {5400: "match"}

NOBODY = dict.fromkeys(range(100, 107), scripted_world.UNREACHABLE)


def users(**states: str) -> dict[int, str]:
    """All unreachable but these: `u101="answers"`."""
    return {**NOBODY, **{int(name[1:]): state for name, state in states.items()}}


CASES: dict[str, tuple[Script, tuple[str, str], str]] = {
    "presses 1, first member does not answer, second does, caller hangs up": (
        Script(
            keys="1", key_after_s=0.5, overrides=OPEN, answer_after_s=1.0, talk_s=1.5,
            users=users(u100=scripted_world.NO_ANSWER, u101=scripted_world.ANSWERS),
        ),
        SPB, "84955552000",
    ),
    "presses 2, group of two, one rejects and the other answers": (
        Script(
            keys="2", key_after_s=0.5, overrides=OPEN, answer_after_s=1.0, talk_s=1.0,
            users=users(u105=scripted_world.REJECTS, u106=scripted_world.ANSWERS),
        ),
        SPB, "84955552000",
    ),
    "gives up while waiting": (
        Script(keys="1", key_after_s=0.5, overrides=OPEN, patience_s=3.0, users=users(u102=scripted_world.NO_ANSWER)),
        SPB, "84955552000",
    ),
    "debtor leaves a message and hangs up": (
        Script(message_s=20.0, patience_s=7.5, users=NOBODY), MOSCOW, "84955551000",
    ),
    "hangs up in the greeting": (
        Script(patience_s=1.0, overrides=OPEN, users=NOBODY), SPB, "84955552000",
    ),
    "queue that nobody is signed in to": (
        Script(keys="1", key_after_s=0.5, overrides=OPEN, patience_s=4.0,
               users=users(u100=scripted_world.OUT, u101=scripted_world.OUT, u102=scripted_world.OUT)),
        SPB, "84955552000",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def flow(example_path: Path) -> Flow:
    """The example, with members who ring for 5 s, so that nobody has to wait long for one who does not answer."""
    text = example_path.read_text(encoding="utf-8").replace("    wrap_up: 20\n", "    wrap_up: 1\n    ring: 5\n")
    return load(text)


QUICK = ("debtor leaves a message and hangs up", "hangs up in the greeting")
"""Run by `make test`; `tests/parity` holds the others' rules there, against the simulator."""


@pytest.mark.parametrize("case", [c if c in QUICK else pytest.param(c, marks=pytest.mark.nightly) for c in CASES])
def test_live_calls_give_the_notes_of_the_scripted_world(
    case: str, flow: Flow, start_live: Callable[..., Live], phones: Callable[..., Phone], tmp_path: Path
) -> None:
    script, (trunk, number), caller = CASES[case]
    store = Store(f"sqlite:///{tmp_path / 'live.sqlite'}")
    header = journal.Header(engine="test", tzdata="test", flow=flow.digest)
    writer = the_loop().call(lambda: Run(store, "example", header))
    live = start_live(Engine(flow))
    take_event, take_said = live.take_event, live.take_said
    live.take_event = lambda at, event: (writer.append(at, event), take_event(at, event))  # type: ignore[method-assign,assignment,func-returns-value]
    live.take_said = lambda said: (writer.said(said), take_said(said))  # type: ignore[method-assign,assignment,func-returns-value]
    operator = phones(caller, live, port=OPERATOR)
    stage = parity.Stage(live, flow, script, phones, operator)
    expected = parity.expected(flow, script, trunk, number, caller, time.time_ns() // 1000)
    assert stage.act(number, caller, len(expected)) == expected
    the_loop().call(writer.close)
    run = latest_run(store, "example")
    assert run is not None
    header, records = read_run(store, run)
    seen: list[int] = []
    journal.replay(header, records, {flow.digest: flow}, lambda record, said: seen.append(record.n))
    assert len(seen) >= 3, "every recorded output was said again, byte for byte"
    assert writer.failed == ""
    assert [record.hangup_cause for record in store.history("example")], "and the call is in history"
    store.close()
