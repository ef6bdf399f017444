"""The auditor, by orphans made in a running bridge: each is closed at the second look, told to who is left, counted and logged.

A sound bridge has none, whatever its calls are doing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.calls.auditor import Auditor
from live_bridge.calls.call_controller import CallController
from live_bridge.media.session import Media
from live_bridge.sip.loop import the_loop
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.held import assert_nothing_is_held, held
from tests.live_bridge.sip.phone import Dialog, Phone, status

SPB = "78121234567"

MakePhone = Callable[..., Phone]


@pytest.fixture
def talking(operator: Phone, phones: MakePhone, bridge: Live) -> tuple[Dialog, Phone]:
    """A caller in talk with user 100: the caller's dialog and the user's phone."""
    bridge.driver.submit(ev.OverrideSet(element=5400, mode="match"))
    phone = phones("100", bridge)
    phone.on_invite = [(0.0, 200)]
    phone.register(password(100))
    dialog, answer = operator.call(SPB)
    assert status(answer) == 200
    bridge.wait_note(note.ElementEntered, element=5000)
    operator.request(dialog, "INFO", "1", kind="application/dtmf")
    bridge.wait_note(note.CallAnswered, user=100)
    return dialog, phone


def look(bridge: Live, times: int = 1) -> int:
    """Let the auditor look; how many orphans it closed."""
    return sum(bridge.driver.ask_inside(lambda board: board.auditor.look()) for _ in range(times))


def only_call(board: CallController) -> Any:
    return next(iter(board.executor.calls.values()))


def only_leg(board: CallController) -> Any:
    return next(iter(board.executor.legs.values()))


def test_sound_bridge_has_no_orphans(talking: tuple[Dialog, Phone], operator: Phone, bridge: Live) -> None:
    assert look(bridge, 5) == 0
    operator.request(talking[0], "INVITE", operator.sdp("sendonly", 2))
    assert look(bridge, 5) == 0
    operator.hang_up(talking[0])
    assert look(bridge, 5) == 0
    assert_nothing_is_held(bridge)
    assert bridge.driver.sizes()["orphans"] == 0


def forgets_its_call(board: CallController) -> None:
    """What made ghost calls: the leg does not know any more whose it is."""
    only_call(board).leg.label = None


def loses_its_dialog(board: CallController) -> None:
    only_call(board).leg._dialog.event_cb = None
    only_call(board).leg._dialog.dead_cbs = ()
    only_call(board).leg._dialog.kill()


def loses_the_members_dialog(board: CallController) -> None:
    only_leg(board).winner._dialog.dead_cbs = ()
    only_leg(board).winner._dialog.kill()


def goes_from_the_bridges_books(board: CallController) -> None:
    board.executor.calls.clear()


def member_goes_from_the_bridges_books(board: CallController) -> None:
    board.executor.legs.clear()


def ends_for_the_engine_alone(board: CallController) -> None:
    board.engine.handle(board.clock.now(), ev.CallerHungUp(call=only_call(board).id))


def member_ends_for_the_engine_alone(board: CallController) -> None:
    board.engine.handle(board.clock.now(), ev.LegEnded(leg=only_leg(board).id))


def ends_for_the_bridge_alone(board: CallController) -> None:
    board.executor.caller_gone(only_call(board))


@pytest.mark.parametrize(
    "fault",
    [
        forgets_its_call,
        loses_its_dialog,
        loses_the_members_dialog,
        goes_from_the_bridges_books,
        member_goes_from_the_bridges_books,
        ends_for_the_engine_alone,
        member_ends_for_the_engine_alone,
        ends_for_the_bridge_alone,
    ],
)
def test_call_that_one_book_lost_is_closed_in_all_the_others(
    fault: Callable[[CallController], None], talking: tuple[Dialog, Phone], operator: Phone, bridge: Live
) -> None:
    bridge.driver.ask_inside(fault)
    assert look(bridge) == 0, "once is no proof: it may be on its way from one book to the next"
    assert look(bridge) > 0
    look(bridge, 4)
    if "member" not in fault.__name__:
        bridge.wait_until(lambda: not held(bridge))
        assert_nothing_is_held(bridge)
    else:
        assert not bridge.driver.ask_inside(lambda board: board.executor.legs)
        assert status(operator.hang_up(talking[0])) in (200, 481)
        assert_nothing_is_held(bridge)
    assert bridge.driver.sizes()["orphans"] > 0
    bridge.wait_inside(lambda board: all(dialog.parting for dialog in board.endpoint.dialogs()))


def test_both_far_ends_get_their_bye(talking: tuple[Dialog, Phone], operator: Phone, bridge: Live) -> None:
    bridge.driver.ask_inside(forgets_its_call)
    look(bridge, 5)
    operator.wait(lambda m: m.startswith("BYE"))
    talking[1].wait(lambda m: m.startswith("BYE"))
    assert_nothing_is_held(bridge)


def test_media_session_of_nobody_is_deleted(bridge: Live, live_media: Media, caplog: pytest.LogCaptureFixture) -> None:
    def open_and_forget(board: CallController) -> None:
        session = live_media.session()
        session.wanted = lambda: False

    bridge.driver.ask_inside(open_and_forget)
    assert look(bridge) == 0 and len(live_media) == 1
    assert look(bridge) == 1 and len(live_media) == 0
    assert any("orphan: media" in record.getMessage() for record in caplog.records)


def test_line_that_nobody_holds_is_told(bridge: Live, caplog: pytest.LogCaptureFixture) -> None:
    def take_one(board: CallController) -> None:
        bridge.engine.tenant.trunks["spb"].in_use += 1

    bridge.driver.ask_inside(take_one)
    assert look(bridge, 2) == 1
    assert any("1 lines taken and 0 calls and legs" in record.getMessage() for record in caplog.records)


def test_auditor_looks_by_itself(bridge: Live, live_media: Media) -> None:
    made: list[Auditor] = []

    def begin(board: CallController) -> None:
        live_media.session().wanted = lambda: False
        made.append(Auditor(board, the_loop(), live_media, every_s=0.05))

    bridge.driver.ask_inside(begin)
    bridge.wait_inside(lambda board: not len(live_media))
    bridge.driver.ask_inside(lambda board: made[0].close())
    assert made[0].closed == {"media": 1} and made[0].recent == 1
