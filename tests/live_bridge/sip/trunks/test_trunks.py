"""Trunks: our registration at an operator, its challenges and refusals, calls out with digest, lines."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable

import pytest

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from live_bridge.media.session import Address
from live_bridge.sip.settings import CarrierAddress, TrunkPeers
from tests.live_bridge import live as lives
from tests.live_bridge.live import OPERATOR, WAIT_S, Live, password
from tests.live_bridge.media.telephone import level, tone
from tests.live_bridge.sip.phone import Phone, digest, field, status

MakePhone = Callable[..., Phone]
StartLive = Callable[..., Live]

CHALLENGE = 'WWW-Authenticate: Digest realm="operator",nonce="n{n}",algorithm=MD5,qop="auth"'


class Operator(Phone):
    """An operator's registrar: answers REGISTER by a list of functions, the last one for ever."""

    answers: list[Callable[[Operator, str], None]]

    def __init__(self, *answers: Callable[[Operator, str], None]) -> None:
        self.answers = list(answers)
        self.registers: list[str] = []
        self.heard_register = threading.Condition()
        super().__init__("operator", ("127.0.0.1", 1), port=OPERATOR)

    def _request(self, message: str, source: tuple[str, int], known: bool) -> None:
        if not message.startswith("REGISTER"):
            super()._request(message, source, known)
            return
        self.server = source
        answer = self.answers[min(len(self.registers), len(self.answers) - 1)]
        answer(self, message)
        with self.heard_register:
            self.registers.append(message)
            self.heard_register.notify_all()

    def wait_registers(self, count: int, timeout_s: float = WAIT_S) -> list[str]:
        """The REGISTERs, once there are so many."""
        with self.heard_register:
            assert self.heard_register.wait_for(lambda: len(self.registers) >= count, timeout_s), self.registers
            return list(self.registers)


def challenge(operator: Operator, message: str) -> None:
    operator.reply(message, 401, extra=CHALLENGE.format(n=len(operator.registers)))


def accept(operator: Operator, message: str) -> None:
    operator.reply(message, 200, extra=f"Contact: {field(message, 'Contact')};expires=2")


def refuse(code: int, extra: str = "") -> Callable[[Operator, str], None]:
    return lambda operator, message: operator.reply(message, code, extra=extra)


def trunk(**changes: object) -> dict[str, TrunkPeers]:
    values: dict[str, object] = {
        "number": "74951234567", "host": "127.0.0.1", "port": OPERATOR, "login": "acct", "password": "geheim",
        "register": True, "expires_s": 120,
    }  # fmt: skip
    values.update(changes)
    return {"moscow": TrunkPeers(**values)}  # type: ignore[arg-type]


def proves(message: str, secret: str) -> bool:
    """Whether a request's digest is right for the account."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', field(message, "Authorization").partition(" ")[2]))

    def h(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    ha1, ha2 = h(f"acct:operator:{secret}"), h(f"{message.split()[0]}:{given['uri']}")
    return given["response"] == h(f"{ha1}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{ha2}")


@pytest.fixture
def with_operator(start_live: StartLive) -> object:
    made: list[Operator] = []

    def make(*answers: Callable[[Operator, str], None], **changes: object) -> tuple[Operator, Live]:
        operator = Operator(*answers)
        made.append(operator)
        return operator, start_live(trunks=trunk(**changes))

    yield make
    for operator in made:
        operator.close()


WithOperator = Callable[..., tuple[Operator, Live]]


def test_trunk_registers_with_digest_and_refreshes_before_it_runs_out(with_operator: WithOperator) -> None:
    operator, live = with_operator(challenge, accept)
    registers = operator.wait_registers(3)
    assert field(registers[0], "Expires") == "120"
    assert proves(registers[1], "geheim")
    live.wait_note(note.TrunkChanged, state="registered")
    assert [e.state for _, e in live.journal if isinstance(e, ev.TrunkStateChanged)] == ["unregistered", "registered"]
    live.driver.stop()
    assert field(operator.wait_registers(4)[-1], "Expires") == "0", "taken back at the end"


def test_longer_interval_asked_by_the_operator_is_taken(with_operator: WithOperator) -> None:
    operator, live = with_operator(refuse(423, "Min-Expires: 600"), accept)
    assert field(operator.wait_registers(2)[1], "Expires") == "600"
    live.wait_note(note.TrunkChanged, state="registered")


@pytest.mark.parametrize(
    ("answers", "state"), [((challenge, challenge), "failed"), ((challenge, refuse(403)), "barred")]
)
def test_refused_login_and_barred_account_are_states(
    answers: tuple[Callable[[Operator, str], None], ...], state: str, with_operator: WithOperator
) -> None:
    _, live = with_operator(*answers)
    live.wait_note(note.TrunkChanged, state=state)


def test_call_needing_a_trunk_that_is_not_registered_ends_without_a_line(
    with_operator: WithOperator, phones: MakePhone
) -> None:
    """R-04.10: no silent use of another trunk."""
    _, live = with_operator(challenge, refuse(403))
    live.wait_note(note.TrunkChanged, state="barred")
    caller = phones("104", live)
    _, answer = caller.call("89161234567", password=password(104))
    assert status(answer) == 503
    assert live.wait_note(note.CallEnded).cause is Cause.REQUESTED_CHAN_UNAVAIL


def test_incoming_call_may_name_our_login_instead_of_the_number(with_operator: WithOperator) -> None:
    operator, live = with_operator(challenge, accept)
    operator.wait_registers(2)
    operator.server = live.address
    dialog, answer = operator.call("acct", caller="84955551000")
    assert status(answer) == 200
    assert live.wait_note(note.CallStarted).called == "74951234567"
    operator.hang_up(dialog)


def test_outgoing_call_proves_itself_to_the_operator(phones: MakePhone, start_live: StartLive) -> None:
    live = start_live(trunks=trunk(register=False, peers=(CarrierAddress(host="127.0.0.1", port=OPERATOR),)))
    operator = phones("operator", live, port=OPERATOR)
    operator.on_invite = []
    caller = phones("104", live)
    call = threading.Thread(target=caller.call, args=("89161234567",), kwargs={"password": password(104)})
    call.start()
    first = operator.called()
    operator.reply(first.invite, 401, extra=CHALLENGE.format(n=1))
    second = operator.wait(lambda m: m.startswith("INVITE") and field(m, "Authorization") != "")
    assert proves(second, "geheim")
    acked = next(place for place, said in enumerate(operator.messages) if said.startswith("ACK"))
    assert acked < operator.messages.index(second), "the challenge is acknowledged before it is answered"
    assert second.startswith("INVITE sip:89161234567@127.0.0.1"), "dialled by the rules (R-14.24 X2)"
    operator.reply(second, 200, operator.sdp())
    call.join()
    live.wait_note(note.CallAnswered, number="89161234567")


def test_operator_that_calls_a_nonce_stale_gets_a_new_proof_and_one_that_challenges_bye_too(
    phones: MakePhone, start_live: StartLive
) -> None:
    """RFC 7616 section 3.3: `stale=true` says that the password was right. RFC 3261 section 22.3: BYE may be challenged."""
    live = start_live(trunks=trunk(register=False, peers=(CarrierAddress(host="127.0.0.1", port=OPERATOR),)))
    operator = ChallengesBye("operator", live.address, port=OPERATOR)
    try:
        operator.on_invite = []
        caller = phones("104", live)
        call = threading.Thread(target=caller.call, args=("89161234567",), kwargs={"password": password(104)})
        call.start()
        operator.reply(operator.called().invite, 401, extra=CHALLENGE.format(n=1))
        second = operator.wait(lambda m: m.startswith("INVITE") and "n1" in field(m, "Authorization"))
        operator.reply(second, 401, extra=CHALLENGE.format(n=2) + ",stale=true")
        third = operator.wait(lambda m: m.startswith("INVITE") and "n2" in field(m, "Authorization"))
        assert proves(third, "geheim")
        operator.reply(third, 200, operator.sdp())
        call.join()
        answered = live.wait_note(note.CallAnswered, number="89161234567")
        live.driver.submit(ev.HangupRequested(call=answered.call))
        proved = operator.wait(lambda m: m.startswith("BYE") and field(m, "Proxy-Authorization") != "")
        assert proves(proved.replace("Proxy-Authorization", "Authorization"), "geheim")
        assert int(field(proved, "CSeq").split()[0]) > int(field(third, "CSeq").split()[0])
    finally:
        operator.close()


def test_operator_that_calls_every_nonce_stale_is_not_asked_for_ever(phones: MakePhone, start_live: StartLive) -> None:
    live = start_live(trunks=trunk(register=False, peers=(CarrierAddress(host="127.0.0.1", port=OPERATOR),)))
    operator = phones("operator", live, port=OPERATOR)
    operator.on_invite = []
    caller = phones("104", live)
    answers: list[str] = []
    call = threading.Thread(target=lambda: answers.append(caller.call("89161234567", password=password(104))[1]))
    call.start()
    operator.called()
    answered: set[str] = set()
    while call.is_alive():
        for invite in [m for m in operator.heard("INVITE") if field(m, "CSeq") not in answered]:
            answered.add(field(invite, "CSeq"))
            operator.reply(invite, 401, extra=CHALLENGE.format(n=len(answered)) + ",stale=true")
        call.join(0.02)
    assert status(answers[0]) == 603 and 2 <= len(answered) <= 8


class ChallengesBye(Phone):
    """An operator that wants a proof for BYE as well."""

    def _request(self, message: str, source: tuple[str, int], known: bool) -> None:
        if message.startswith("BYE") and not field(message, "Proxy-Authorization"):
            self.reply(message, 407, extra=CHALLENGE.format(n=9).replace("WWW-", "Proxy-"), to=source)
            return
        super()._request(message, source, known)


def test_full_trunk_says_busy(start_live: StartLive, phones: MakePhone, example_path: object) -> None:
    """R-04.8: 486 to the operator, and the cause is congestion."""
    live = start_live(lives.example_engine(example_path, **{"lines: 10,": "lines: 1,"}))  # type: ignore[arg-type]
    operator = phones("84955551000", live, port=OPERATOR)
    first, answer = operator.call("78121234567")
    assert status(answer) == 200
    _, refused = operator.call("78121234567")
    assert status(refused) == 486 and "cause=34" in field(refused, "Reason")
    operator.hang_up(first)


def test_other_trunk_of_the_rule_takes_over_when_the_first_one_is_not_registered(
    start_live: StartLive, phones: MakePhone, example_path: object
) -> None:
    """R-14.20: an explicit failover, and only that."""
    rule = "operator: moscow}"
    live = start_live(lives.example_engine(example_path, **{rule: "operator: moscow, failover: spb}"}))  # type: ignore[arg-type]
    live.driver.submit(ev.TrunkStateChanged(trunk="moscow", state="failed"))
    operator = phones("operator", live, port=OPERATOR)
    caller = phones("104", live)
    dialog, answer = caller.call("89161234567", password=password(104))
    assert status(answer) == 200
    assert live.wait_note(note.LegStarted, number="89161234567").trunk == "spb"
    assert operator.called().invite.startswith("INVITE sip:89161234567@")
    caller.hang_up(dialog)


def test_what_an_operator_says_before_the_answer_is_heard(start_live: StartLive, phones: MakePhone) -> None:
    """RFC 3960: 183 with a session description goes through, and the answer repeats it."""
    live = start_live()
    operator = phones("operator", live, port=OPERATOR)
    operator.on_invite = [(0.0, 100)]
    caller = phones("104", live)
    dialog = caller.begin("89161234567")
    challenged = caller.final(dialog)
    dialog.cseq += 1
    proof = digest(field(challenged, "WWW-Authenticate"), "104", password(104), "INVITE", dialog.target)
    caller.send(caller.build("INVITE", dialog.target, dialog, caller.sdp(), f"Authorization: {proof}"))
    called = operator.called()
    operator.reply(called.invite, 183, operator.sdp())
    early = caller.wait(lambda m: status(m) == 183 and "m=audio" in m)
    operator.media.say(tone(440, 0.6), Address("127.0.0.1", int(called.invite.split("m=audio ")[1].split()[0])))
    assert level(caller.media.wait_heard(15)[-1600:], 440) > 0.1
    assert not any(isinstance(n, note.CallAnswered) for n in live.notes)
    operator.reply(called.invite, 200, operator.sdp())
    answer = caller.final(dialog)
    assert status(answer) == 200 and answer.split("\r\n\r\n")[1] == early.split("\r\n\r\n")[1]
    live.wait_note(note.CallAnswered, number="89161234567")
    caller.hang_up(dialog)
