"""Lamps on the wire: messages waiting, colleagues' calls, trunks and presence. R-15.10; RFC 3842, 3863, 4235, 6665."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

import pytest

from engine.contract import notes as note
from engine.control.engine import Engine
from engine.loading.load import load
from live_bridge.sip.lamps.states import LampStates, Seen
from tests.harness import rule
from tests.live_bridge.live import DOMAIN, OPERATOR, Live, password
from tests.live_bridge.sip.phone import Dialog, Phone, digest, field, status

MakePhone = Callable[..., Phone]
StartLive = Callable[..., Live]

DOCUMENT = """
pbx: example
trunks: {moscow: {number: "74951234567", to: 102}, spb: {number: "78121234567", to: 102}}
users: {101: {}, 102: {voicemail: false}, 103: {}}
outgoing: {default: moscow}
"""


class Desk:
    """A phone with lamps."""

    def __init__(self, phone: Phone, user: int) -> None:
        self.phone = phone
        self.user = user
        self.heard = 0

    def subscribe(
        self, watched: str, event: str, *, expires: int | str = 600, dialog: Dialog | None = None, prove: bool = True
    ) -> tuple[Dialog, str]:
        """SUBSCRIBE, within a dialog if one is given, and the final answer."""
        host, port = self.phone.server
        if dialog is None:
            uri = f"sip:{watched}@{host}:{port}"
            mine = f"<sip:{self.user}@{host}>;tag={secrets.token_hex(6)}"
            dialog = Dialog(secrets.token_hex(10), mine, f"<{uri}>", uri, self.phone.server, 0)
        extra = f"Event: {event}\r\nExpires: {expires}"
        answer = self._send(dialog, extra)
        if status(answer) == 401 and prove:
            proof = digest(
                field(answer, "WWW-Authenticate"), str(self.user), password(self.user), "SUBSCRIBE", dialog.target
            )
            answer = self._send(dialog, f"{extra}\r\nAuthorization: {proof}")
        if status(answer) == 200:
            dialog.theirs = field(answer, "To")
        return dialog, answer

    def _send(self, dialog: Dialog, extra: str) -> str:
        dialog.cseq += 1
        number = dialog.cseq
        self.phone.send(self.phone.build("SUBSCRIBE", dialog.target, dialog, extra=extra))
        return self.phone.wait(
            lambda m: (
                status(m) >= 200 and field(m, "Call-ID") == dialog.call_id and field(m, "CSeq") == f"{number} SUBSCRIBE"
            )
        )

    def notified(self, dialog: Dialog, *parts: str) -> str:
        """The next NOTIFY of a subscription that has all of these texts."""
        found = self.phone.wait(
            lambda m: m.startswith("NOTIFY") and field(m, "Call-ID") == dialog.call_id and all(p in m for p in parts),
            start=self.heard,
        )
        self.heard = self.phone.messages.index(found, self.heard) + 1
        return found


@pytest.fixture
def office(start_live: StartLive) -> Live:
    return start_live(Engine(load(DOCUMENT)))


@pytest.fixture
def desk(office: Live, phones: MakePhone) -> Desk:
    return Desk(phones("101", office), 101)


@rule("R-15.10")
def test_colleagues_lamp_follows_their_call_within_a_second(office: Live, phones: MakePhone, desk: Desk) -> None:
    """R-15.10: free, ringing, talking, free again; each within a second."""
    vera, operator = phones("102", office), phones("84955551000", office, port=OPERATOR)
    vera.on_invite = [(0.0, 180)]
    vera.register(password(102))
    lamp, answer = desk.subscribe("102", "dialog")
    assert status(answer) == 200 and field(answer, "Expires") == "600"
    first = desk.notified(lamp, "<state>terminated</state>")
    assert field(first, "Subscription-State").startswith("active;expires=")
    assert field(first, "Event") == "dialog" and field(first, "Content-Type") == "application/dialog-info+xml"
    assert f'entity="sip:102@{DOMAIN}"' in first and 'version="0" state="full"' in first
    call = operator.begin("74951234567")
    began_s = time.monotonic()
    desk.notified(lamp, "<state>early</state>", 'direction="recipient"', "sip:84955551000@")
    assert time.monotonic() - began_s < 1.0
    vera.reply(vera.called().invite, 200, vera.sdp())
    desk.notified(lamp, "<state>confirmed</state>")
    operator.final(call)
    operator.hang_up(call)
    last = desk.notified(lamp, "<state>terminated</state>")
    assert 'version="3"' in last, "every document has the next version"


@rule("R-15.10")
def test_own_call_and_trunk_light_their_lamps(office: Live, phones: MakePhone, desk: Desk) -> None:
    """R-15.10: a trunk by its key or by its number."""
    operator = phones("operator", office, port=OPERATOR)
    by_key, by_number, colleague = (
        desk.subscribe(watched, "dialog")[0] for watched in ("moscow", "84951234567", "103")
    )
    for lamp in (by_key, by_number, colleague):
        desk.heard = 0
        desk.notified(lamp, "<state>terminated</state>")
    anna = phones("103", office)
    call, answer = anna.call("89161234567", password=password(103))
    assert status(answer) == 200
    for lamp in (by_key, by_number):
        desk.heard = 0
        desk.notified(lamp, "<state>confirmed</state>")
    desk.heard = 0
    desk.notified(colleague, "<state>confirmed</state>", 'direction="initiator"')
    anna.hang_up(call)
    desk.notified(colleague, "<state>terminated</state>")
    assert operator.called() is not None


@rule("R-15.10")
def test_presence_says_who_can_be_called(office: Live, phones: MakePhone, desk: Desk) -> None:
    """R-15.10."""
    lamp, _ = desk.subscribe("102", "presence")
    desk.notified(lamp, "<basic>closed</basic>", "not registered")
    vera = phones("102", office)
    vera.register(password(102))
    desk.notified(lamp, "<basic>open</basic>", "ready")
    vera.register(password(102), expires=0)
    desk.notified(lamp, "<basic>closed</basic>")


@rule("R-15.10")
def test_messages_waiting_are_told_with_and_without_a_subscription(office: Live, phones: MakePhone, desk: Desk) -> None:
    """R-15.10, RFC 3842: to whoever subscribed, and unasked to a phone that is registered only; to no phone twice."""
    lamp, _ = desk.subscribe("101", "message-summary")
    desk.notified(lamp, "Messages-Waiting: no", "Voice-Message: 0/0 (0/0)")
    quiet = phones("101", office)
    quiet.register(password(101))
    office.driver.ask_inside(lambda controller: controller.endpoint.lamps.messages(101, 2, 1))
    told = desk.notified(lamp, "Messages-Waiting: yes", "Voice-Message: 2/1 (0/0)")
    assert field(told, "Content-Type") == "application/simple-message-summary"
    unasked = quiet.wait(lambda m: m.startswith("NOTIFY"))
    assert "Voice-Message: 2/1" in unasked and field(unasked, "Event") == "message-summary"
    assert field(unasked, "Subscription-State").startswith("terminated")
    office.driver.ask_inside(lambda controller: controller.endpoint.lamps.messages(101, 0, 3))
    desk.notified(lamp, "Messages-Waiting: no", "Voice-Message: 0/3 (0/0)")
    quiet.wait(lambda m: m.startswith("NOTIFY") and "Voice-Message: 0/3" in m)
    assert len(quiet.heard("NOTIFY")) == 2


@rule("R-15.10")
def test_only_users_watch_and_only_what_is_theirs(office: Live, desk: Desk) -> None:
    """R-15.10: within the account, and nobody looks into a colleague's mailbox."""
    assert status(desk.subscribe("102", "dialog", prove=False)[1]) == 401
    assert status(desk.subscribe("4999", "dialog")[1]) == 404
    assert status(desk.subscribe("1²3", "dialog")[1]) in (400, 404), "other digits are no number"
    assert status(desk.subscribe("102", "dialog", expires="²")[1]) == 400
    assert status(desk.subscribe("102", "message-summary")[1]) == 403
    assert status(desk.subscribe("5120", "message-summary")[1]) == 200
    _, refused = desk.subscribe("102", "conference")
    assert status(refused) == 489 and field(refused, "Allow-Events") == "dialog, message-summary, presence"
    _, brief = desk.subscribe("102", "dialog", expires=5)
    assert (status(brief), field(brief, "Min-Expires")) == (423, "60")
    stranger = Desk(desk.phone, 102)
    stranger.user = 102
    assert status(stranger.subscribe("101", "message-summary")[1]) == 403


@rule("R-15.10")
def test_subscription_is_refreshed_ended_and_asked_once(office: Live, desk: Desk) -> None:
    """RFC 6665: a refresh is told the state again; Expires 0 ends it; 481 to what is not held."""
    lamp, _ = desk.subscribe("102", "dialog")
    desk.notified(lamp, "active")
    again, answer = desk.subscribe("102", "dialog", dialog=lamp)
    assert status(answer) == 200 and field(answer, "To") == lamp.theirs
    desk.notified(again, "active")
    desk.subscribe("102", "dialog", dialog=lamp, expires=0)
    desk.notified(lamp, "terminated")
    assert status(desk.subscribe("102", "dialog", dialog=lamp)[1]) == 481
    once, _ = desk.subscribe("102", "dialog", expires=0)
    assert "reason=timeout" in field(desk.notified(once, "<state>terminated</state>"), "Subscription-State")
    office.wait_inside(lambda controller: len(controller.endpoint.lamps) == 0)


@rule("R-15.10")
def test_phone_that_is_gone_is_told_nothing_more(office: Live, phones: MakePhone, desk: Desk) -> None:
    """RFC 6665 section 4.2.2."""
    lamp, _ = desk.subscribe("102", "dialog")
    desk.notified(lamp, "active")
    desk.phone._request = lambda message, source, known: desk.phone.reply(message, 481, to=source)  # type: ignore[method-assign]
    phones("102", office).call("103", password=password(102))
    office.wait_inside(lambda controller: len(controller.endpoint.lamps) == 0)


def told(*notes: note.Note) -> Iterator[note.Note]:
    yield note.CallStarted(call="c", flow="f", called="74951234567", caller="8495", trunk="moscow")
    yield note.LegStarted(leg="c.1", call="c", user=101)
    yield from notes


@rule("R-15.10")
@pytest.mark.parametrize(
    ("notes", "seen"),
    [
        ((), Seen("early", "recipient", "8495")),
        ((note.CallAnswered(call="c", element=101, leg="c.1", user=101),), Seen("confirmed", "recipient", "8495")),
        ((note.LegFinished(leg="c.1", call="c", cause="NO_ANSWER"),), Seen()),
        ((note.CallStarted(call="d", flow="f", called="103", user=101, origin="user"),), Seen("early", "recipient", "8495")),
    ],
)  # fmt: skip
def test_ringing_is_shown_before_talking(notes: tuple[note.Note, ...], seen: Seen) -> None:
    """R-15.10: a colleague who talks may be rung for another call, which can be picked up."""
    states = LampStates()
    for message in told(*notes):
        states.take(message)
    assert states.of_user(101) == seen


@rule("R-15.10")
def test_caller_who_sends_the_other_on_is_free_and_nothing_is_left() -> None:
    """R-15.10."""
    states = LampStates()
    states.take(note.CallStarted(call="d", flow="f", called="103", user=101, origin="user"))
    assert states.of_user(101) == Seen("confirmed", "initiator", "103")
    states.take(note.MemberChanged(member=101, state="idle"))
    assert states.of_user(101) == Seen()
    states.take(note.CallEnded(call="d", cause="NORMAL_CLEARING", party="member", started_at=0))
    assert not +states.sizes()
