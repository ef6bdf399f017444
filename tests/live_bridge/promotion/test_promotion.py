"""Versions on live traffic: what may be promoted, and that calls in progress never notice (R-25.5, R-25.6)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.draws import seed_of
from engine.contract.errors import FlowError
from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.media.session import Media
from live_bridge.promotion.control import Control, Deed, NotInForce
from live_bridge.promotion.standing import PromotionRefused, Standing
from live_bridge.store.journal_file import InDoubt
from live_bridge.store.journal_segments import JournalUnavailable
from tests.harness import rule
from tests.live_bridge.live import OPERATOR, Live
from tests.live_bridge.sip.phone import Phone, status

SPB = "78121234567"


@pytest.fixture
def text(example_path: Path) -> str:
    return example_path.read_text(encoding="utf-8")


class Kept:
    """Deeds written down; `refuse` is raised before or, with `late`, after one is."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []
        self.refuse: Exception | None = None
        self.late = False

    def __call__(self, deed: Deed) -> None:
        refuse, self.refuse = self.refuse, None
        if refuse is None or self.late:
            self.deeds.append(deed)
        if refuse is not None:
            raise refuse

    @property
    def standing(self) -> Standing:
        """How a start would find things."""
        return self.deeds[-1].standing


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def running(text: str, kept: Kept, start_live: Callable[..., Live], live_media: Media) -> tuple[Live, Control]:
    flow = load(text)
    live = start_live(Engine(flow))
    return live, Control(live.driver, flow, live_media.sounds, kept)


def test_promotion_moves_new_calls_only_and_rolling_back_too(
    running: tuple[Live, Control], text: str, kept: Kept, phones: Callable[..., Phone]
) -> None:
    live, control = running
    first = control.live
    operator = phones("84955551000", live, port=OPERATOR)
    old, answer = operator.call(SPB)
    assert status(answer) == 200
    second = control.publish(text.replace("wrap_up: 20", "wrap_up: 25"), acknowledged_by="Anna").digest
    assert second != first and [deed.flow for deed in kept.deeds if deed.text] == [second], (
        "its text is kept before its digest is named"
    )
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


def test_warnings_wait_for_a_named_person(running: tuple[Live, Control], text: str, kept: Kept) -> None:
    _, control = running
    with pytest.raises(PromotionRefused, match="named person") as refused:
        control.publish(text)
    assert refused.value.warnings and not kept.deeds


def test_errors_and_missing_sounds_are_refused(running: tuple[Live, Control], text: str, kept: Kept) -> None:
    _, control = running
    with pytest.raises(FlowError):
        control.publish(text.replace("mismatch: 5001", "mismatch: 5998"), acknowledged_by="Anna")
    with pytest.raises(PromotionRefused, match=r"welcome\.wav is .* long"):
        control.publish(text.replace("welcome.wav: 6.", "welcome.wav: 7."), acknowledged_by="Anna")
    assert not kept.deeds


def test_what_is_not_published_is_not_promoted_and_the_live_one_not_retired(running: tuple[Live, Control]) -> None:
    live, control = running
    with pytest.raises(PromotionRefused, match="publish it first"):
        control.promote("0" * 64)
    with pytest.raises(PromotionRefused, match="is live"):
        control.retire(control.live)
    with pytest.raises(PromotionRefused, match="go back"):
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


@rule("R-25.9")
def test_one_version_is_tried_at_a_time_and_a_whole_promotion_says_which_trial_it_ends(
    running: tuple[Live, Control], text: str, kept: Kept
) -> None:
    _, control = running
    tried, other = (
        control.publish(text.replace("wrap_up: 20", f"wrap_up: {seconds}"), acknowledged_by="Anna").digest
        for seconds in (26, 27)
    )
    control.promote(tried, 0.25, by="Olga")
    before = list(kept.deeds)
    with pytest.raises(PromotionRefused, match=rf"{tried[:12]} is being tried on 25% of calls by Olga.*pbx rollback"):
        control.promote(other, 0.1, by="Ivan")
    assert control.canary == (tried, 0.25) and kept.deeds == before
    control.promote(tried, 0.5, by="Ivan")
    assert control.promote(other, by="Ivan") == other and control.canary is None
    assert kept.deeds[-1].details == {"ends_canary": {"flow": tried, "share": 0.5}}


@rule("R-25.6")
def test_version_of_a_live_call_follows_from_its_id_alone(
    running: tuple[Live, Control], text: str, phones: Callable[..., Phone]
) -> None:
    """Asked again with no more than the id, in another engine, it lands on the same version."""
    live, control = running
    first = control.live
    second = control.publish(text.replace("wrap_up: 20", "wrap_up: 27"), acknowledged_by="Anna").digest
    control.promote(second, 0.5)
    operator = phones("84955551000", live, port=OPERATOR)
    for _ in range(6):
        dialog, answer = operator.call(SPB)
        assert status(answer) == 200 == status(operator.hang_up(dialog))
    assert live.wait_until(lambda: sum(isinstance(n, note.CallEnded) for n in live.notes) == 6)
    arrived = [event for _, event in live.journal if isinstance(event, ev.CallArrived)]
    assert [one.draw_seed for one in arrived] == [seed_of(one.call) for one in arrived]
    again = Engine(load(text))
    again.know(control.flows[second])
    again.handle(0, ev.FlowPromoted(flow=second, share=0.5))
    said = [
        line
        for one in arrived
        for line in again.handle(1, ev.CallArrived(call=one.call, called=SPB, trunk="spb", draw_seed=seed_of(one.call)))
    ]
    landed = {n.call: n.flow for n in live.notes if isinstance(n, note.CallStarted)}
    assert {n.call: n.flow for _, n in said if isinstance(n, note.CallStarted)} == landed
    assert set(landed.values()) <= {first, second} and len(landed) == 6


FULL = JournalUnavailable("No space left on device")


def live_in_the_engine(live: Live) -> str:
    """The version that the engine gives to new calls."""
    return str(live.driver.ask_inside(lambda controller: live.engine.versions.live.digest))


@rule("R-25.5", "R-25.6")
def test_what_cannot_be_written_down_does_not_happen(running: tuple[Live, Control], text: str, kept: Kept) -> None:
    """A full disk: one clear refusal, nothing half done, and the next try is like the first."""
    live, control = running
    first = control.live
    changed = text.replace("wrap_up: 20", "wrap_up: 25")
    kept.refuse = FULL
    with pytest.raises(JournalUnavailable):
        control.publish(changed, acknowledged_by="Anna")
    assert list(control.flows) == [first] and live.journal == [] == kept.deeds
    second = control.publish(changed, acknowledged_by="Anna").digest
    for deed in (lambda: control.promote(second), lambda: control.promote(second, 0.5), lambda: control.retire(second)):
        before, told = control.standing, len(live.journal)
        kept.refuse = FULL
        with pytest.raises(JournalUnavailable):
            deed()
        assert control.standing == before == kept.standing and len(live.journal) == told
        assert live_in_the_engine(live) == first
    assert control.promote(second) == second == live_in_the_engine(live)
    kept.refuse = FULL
    with pytest.raises(JournalUnavailable):
        control.roll_back()
    assert control.live == second == live_in_the_engine(live)


@rule("R-25.5")
def test_what_the_disk_does_not_confirm_is_taken_back(running: tuple[Live, Control], text: str, kept: Kept) -> None:
    live, control = running
    first = control.live
    second = control.publish(text.replace("wrap_up: 20", "wrap_up: 25"), acknowledged_by="Anna").digest
    kept.refuse, kept.late = InDoubt("the disk does not answer"), True
    with pytest.raises(InDoubt):
        control.promote(second)
    assert [deed.action for deed in kept.deeds] == ["publish", "promote", "undone"]
    assert kept.standing == control.standing and control.live == first == live_in_the_engine(live)


@rule("R-25.5")
def test_deed_without_effect_is_taken_back(running: tuple[Live, Control], text: str, kept: Kept) -> None:
    """What a start would find is what holds, also when the engine refuses."""
    live, control = running
    first = control.live
    second = control.publish(text.replace("wrap_up: 20", "wrap_up: 25"), acknowledged_by="Anna").digest
    forgotten = live.engine.versions.known.pop(second)
    with pytest.raises(NotInForce):
        control.promote(second)
    assert kept.standing == control.standing and control.live == first == live_in_the_engine(live)
    live.engine.versions.known[second] = forgotten
    assert control.promote(second) == second == live_in_the_engine(live)


@rule("R-25.5")
def test_operators_who_promote_at_once_are_served_one_after_the_other(
    running: tuple[Live, Control], text: str, kept: Kept
) -> None:
    """Each is told what was live when they were served; the book, the bridge and the engine agree at the end."""
    live, control = running
    digests = [
        control.publish(text.replace("wrap_up: 20", f"wrap_up: {25 + n}"), acknowledged_by="Anna").digest
        for n in range(4)
    ]
    with ThreadPoolExecutor(4) as operators:
        told = list(operators.map(lambda n: control.promote(digests[n % 4], by=f"operator {n}"), range(24)))
    assert told == [digests[n % 4] for n in range(24)]
    promoted = [deed for deed in kept.deeds if deed.action == "promote"]
    assert len(promoted) == 24 and all(deed.standing.live[-1] == deed.flow for deed in promoted)
    assert kept.standing == control.standing and control.live == promoted[-1].flow == live_in_the_engine(live)
    events = [event.flow for _, event in live.journal if isinstance(event, ev.FlowPromoted)]
    assert events == [deed.flow for deed in promoted], "effects come in the order in which they were written down"


@rule("R-12.4")
def test_a_version_whose_number_rules_miss_the_callers_of_the_history_waits_for_a_named_person(
    running: tuple[Live, Control], text: str, kept: Kept, live_media: Media
) -> None:
    """R-12.4: the example's debtors are written with an 8, and the history shows that callers are presented with a 7."""
    live, _ = running
    control = Control(
        live.driver, load(text), live_media.sounds, kept, callers=lambda: ["74955551055", "", "84951112233"]
    )
    with pytest.raises(PromotionRefused) as refused:
        control.publish(text)
    [fault] = [fault for fault in refused.value.warnings if fault.code == "other-form"]
    assert fault.place == "elements.5500.entries" and "74955551055" in fault.message
