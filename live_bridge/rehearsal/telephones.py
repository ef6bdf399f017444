"""The telephones of a rehearsal: one for each user, and one for each trunk, which stands for the carrier and everybody behind it.

Decides how a telephone calls, rings, picks up, refuses, presses keys, hangs up and registers, over UDP on loopback. Leaves when
it does so to `people.py`. Everything happens in the conductor's thread: `receive` reads what has come. A message without an
answer is sent again, as UDP asks for.
"""

from __future__ import annotations

import contextlib
import secrets
import selectors
import socket
import time
from collections.abc import Callable
from typing import Final, Literal, Protocol

from live_bridge.rehearsal import messages
from live_bridge.rehearsal.messages import Message
from live_bridge.rehearsal.speech import Speech

IP: Final = "127.0.0.1"

AGAIN_S: Final = 0.5
"""After this a message that nobody answered is sent again (T1 of RFC 3261)."""

REGISTERED_S: Final = 3600
"""Seconds a registration is asked to last: longer than any rehearsal."""


class Hearer(Protocol):
    """Who is told what telephones hear; the conductor."""

    def rung(self, line: PhoneLine) -> None:
        """An INVITE came; the line was told 180."""

    def cleared(self, line: PhoneLine) -> None:
        """The far side ended a line: BYE, CANCEL, or a final answer that refuses."""

    def done(self, what: tuple[str, object]) -> None:
        """Something that was begun has its answer."""


class PhoneLine:
    """One call at one telephone: a SIP dialog, and its RTP."""

    def __init__(self, phone: Telephone, call_id: str, *, incoming: bool) -> None:
        self.phone = phone
        self.call_id = call_id
        self.incoming = incoming
        self.state: Literal["calling", "ringing", "up", "over"] = "ringing" if incoming else "calling"
        self.status = 0
        """Final answer to our INVITE."""
        self.speech = Speech(IP)
        self.remote: tuple[str, int] | None = None
        """Where its RTP goes."""
        self.label: object = None
        """Whose it is; the conductor's to say."""
        self.mine = self.theirs = self.target = ""
        self.number = 0
        self.invite: Message | None = None
        self.last: bytes = b""
        """Our INVITE as sent, or our last answer to theirs."""

    def press(self, key: str, by_rtp: bool) -> None:
        """Press a key: RFC 4733, or SIP INFO (R-05.3)."""
        if by_rtp and self.remote is not None:
            self.speech.press(self.remote, key)
            return
        self.request("INFO", f"Signal={key}\r\nDuration=160\r\n", "application/dtmf-relay")

    def say(self, length_us: int) -> int:
        """Speak for so long; packets sent."""
        return 0 if self.remote is None else self.speech.say(self.remote, length_us)

    def request(self, method: str, body: str = "", kind: str = "application/sdp") -> None:
        """A request in the dialog; `done` is told of its answer as (method, line)."""
        self.number += 1
        headers = [
            ("Via", f"SIP/2.0/UDP {self.phone.at};branch={messages.branch()};rport"),
            ("From", self.mine), ("To", self.theirs), ("Call-ID", self.call_id), ("CSeq", f"{self.number} {method}"),
            ("Contact", self.phone.contact), ("Max-Forwards", "70"),
        ]  # fmt: skip
        data = messages.write(f"{method} {self.target} SIP/2.0", headers, body, kind)
        self.phone.ask((self.call_id, self.number, method), data)

    def pick_up(self) -> None:
        """Answer a line that rings."""
        if self.state == "ringing" and self.invite is not None:
            self.state = "up"
            self.answer(200, messages.description(IP, self.speech.port))
            self.phone.waiting[(self.call_id, self.invite.number, "ACK")] = (time.monotonic(), self.last)

    def refuse(self, status: int) -> None:
        """Refuse a line that rings."""
        if self.state == "ringing" and self.invite is not None:
            self.over()
            self.answer(status)
            self.phone.waiting[(self.call_id, self.invite.number, "ACK")] = (time.monotonic(), self.last)

    def answer(self, status: int, body: str = "") -> None:
        """Answer the INVITE."""
        assert self.invite is not None
        self.last = messages.answer(
            self.invite, status, self.phone.contact, f"{self.phone.name}-{self.call_id[:8]}", body
        )
        self.phone.send(self.last)

    def hang_up(self) -> None:
        """End the line, by BYE, or by CANCEL before it is answered."""
        if self.state == "up":
            self.over()
            self.request("BYE")
        elif self.state == "calling" and self.invite is not None:
            self.over()
            invite = self.invite
            headers = [(name, invite.get(name)) for name in ("Via", "From", "To", "Call-ID")]
            headers += [("CSeq", f"{invite.number} CANCEL"), ("Max-Forwards", "70")]
            self.phone.ask(
                (self.call_id, invite.number, "CANCEL"), messages.write(f"CANCEL {self.target} SIP/2.0", headers)
            )

    def over(self) -> None:
        """Nothing is sent or heard any more."""
        self.state = "over"
        self.speech.close()


class Telephone:
    """One telephone. `waiting` has what was sent and wants an answer."""

    def __init__(self, name: str, server: tuple[str, int], hearer: Hearer) -> None:
        self.name = name
        self.server = server
        self.hearer = hearer
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((IP, 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.at = f"{IP}:{self.port}"
        self.contact = f"<sip:{name}@{self.at}>"
        self.lines: dict[str, PhoneLine] = {}
        self.waiting: dict[tuple[str, int, str], tuple[float, bytes]] = {}
        self.exchanged = 0
        """Messages sent and received."""
        self.registered = False
        self._answers: dict[tuple[str, str], bytes] = {}
        """Our answers to requests, by branch and method: a repeated request gets the same."""
        self._registering = (secrets.token_hex(8), 0, "", 0)
        """Call-ID and number of the last REGISTER, the password, and how long it is to last."""

    def close(self) -> None:
        """Put it away."""
        for line in self.lines.values():
            if line.state != "over":
                line.over()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Put a message on the wire."""
        self.exchanged += 1
        self.socket.sendto(data, self.server)

    def ask(self, key: tuple[str, int, str], data: bytes) -> None:
        """Send a request that is to be answered."""
        self.waiting[key] = (time.monotonic(), data)
        self.send(data)

    def send_again(self, now_s: float) -> None:
        """Repeat what has waited long for an answer."""
        for key, (sent_s, data) in list(self.waiting.items()):
            if now_s - sent_s >= AGAIN_S:
                self.waiting[key] = (now_s, data)
                self.send(data)

    # --- what it does -------------------------------------------------------------------------------------------------

    def call(self, called: str, caller: str, call_id: str) -> PhoneLine:
        """Call a number as `caller`; an empty one is withheld (RFC 3323)."""
        line = PhoneLine(self, call_id, incoming=False)
        line.target = f"sip:{called}@{self.server[0]}:{self.server[1]}"
        line.mine = f"<sip:{caller or 'anonymous'}@{self.at}>;tag={secrets.token_hex(6)}"
        line.theirs = f"<{line.target}>"
        line.number = 1
        headers = [
            ("Via", f"SIP/2.0/UDP {self.at};branch={messages.branch()};rport"),
            ("From", line.mine), ("To", line.theirs), ("Call-ID", call_id), ("CSeq", "1 INVITE"),
            ("Contact", self.contact), ("Max-Forwards", "70"),
        ]  # fmt: skip
        line.last = messages.write(f"INVITE {line.target} SIP/2.0", headers, messages.description(IP, line.speech.port))
        line.invite = messages.read(line.last)
        self.lines[call_id] = line
        self.ask((call_id, 1, "INVITE"), line.last)
        return line

    def register(self, password: str, expires_s: int = REGISTERED_S) -> None:
        """Register, or with 0 seconds take the registration back; `done` is told of (register, telephone)."""
        call_id, number, _, _ = self._registering
        self._registering = (call_id, number + 1, password, expires_s)
        self._register("")

    def _register(self, proof: str) -> None:
        call_id, number, _, expires_s = self._registering
        home = f"sip:{self.server[0]}"
        me = f"<sip:{self.name}@{self.server[0]}>"
        headers = [
            ("Via", f"SIP/2.0/UDP {self.at};branch={messages.branch()};rport"),
            ("From", f"{me};tag={secrets.token_hex(6)}"), ("To", me), ("Call-ID", call_id),
            ("CSeq", f"{number} REGISTER"), ("Contact", self.contact), ("Expires", str(expires_s)), ("Max-Forwards", "70"),
        ]  # fmt: skip
        if proof:
            headers.append(("Authorization", proof))
        self.ask((call_id, number, "REGISTER"), messages.write(f"REGISTER {home} SIP/2.0", headers))

    # --- what it hears ------------------------------------------------------------------------------------------------

    def receive(self) -> bool:
        """Take in everything that has come; whether anything had."""
        heard = False
        while True:
            try:
                data = self.socket.recv(65535)
            except BlockingIOError:
                return heard
            heard = True
            self.exchanged += 1
            message = messages.read(data)
            if message.status:
                self._answered(message)
            else:
                self._asked(message)

    def _answered(self, message: Message) -> None:
        key = (message.call_id, message.number, message.method)
        if message.status < 200:
            if message.method == "INVITE":
                self.waiting.pop(key, None)
            return
        known = self.waiting.pop(key, None) is not None
        if message.method == "REGISTER":
            if known:
                self._registered(message)
            return
        line = self.lines.get(message.call_id)
        if line is None:
            return
        if message.method == "INVITE":
            self._invited(line, message)
        elif known:
            self.hearer.done((message.method, line))

    def _registered(self, message: Message) -> None:
        call_id, number, password, expires_s = self._registering
        if message.status == 401 and "stale=true" not in message.get("WWW-Authenticate").lower() and password:
            self._registering = (call_id, number + 1, "", expires_s)
            self._register(messages.proof(message, self.name, password, "REGISTER", f"sip:{self.server[0]}"))
            return
        self.registered = message.status == 200 and expires_s > 0
        self.hearer.done(("register", self))

    def _invited(self, line: PhoneLine, message: Message) -> None:
        """The final answer to our INVITE: it is acknowledged each time it comes (RFC 3261 sections 13.2.2.4 and 17.1.1.3)."""
        line.theirs = message.get("To")
        if message.status < 300:
            line.target = messages.uri_in(message.get("Contact")) or line.target
            via = f"SIP/2.0/UDP {self.at};branch={messages.branch()};rport"
        else:
            assert line.invite is not None
            via = line.invite.get("Via")
        headers = [
            ("Via", via), ("From", line.mine), ("To", line.theirs), ("Call-ID", line.call_id),
            ("CSeq", f"{message.number} ACK"), ("Max-Forwards", "70"),
        ]  # fmt: skip
        self.send(messages.write(f"ACK {line.target} SIP/2.0", headers))
        if line.status:
            return
        line.status = message.status
        if message.status < 300:
            line.remote = messages.media_of(message.body)
            if line.state == "calling":
                line.state = "up"
            else:  # cancelled, but the answer crossed: RFC 3261 section 15.1.1
                line.request("BYE")
            self.hearer.done(("INVITE", line))
            return
        if line.state == "calling":
            line.over()
            self.hearer.cleared(line)
        self.hearer.done(("INVITE", line))

    def _asked(self, message: Message) -> None:
        via = message.get("Via")
        key = (via, message.method)
        if key in self._answers:
            self.send(self._answers[key])
            return
        line = self.lines.get(message.call_id)
        if message.method == "ACK":
            self.waiting.pop((message.call_id, message.number, "ACK"), None)
            if line is not None:
                self.hearer.done(("ACK", line))
            return
        if message.method == "INVITE" and line is None:
            self._rung(message)
            return
        if message.method == "INVITE" and line is not None and ";tag=" not in message.get("To"):
            if line.last:  # the same INVITE once more
                self.send(line.last)
            return
        body = messages.description(IP, line.speech.port) if message.method == "INVITE" and line is not None else ""
        reply = messages.answer(message, 200 if line is not None else 481, self.contact, f"{self.name}-tag", body)
        self._answers[key] = reply
        self.send(reply)
        if line is None:
            return
        if message.method == "BYE" and line.state != "over":
            line.over()
            self.hearer.cleared(line)
        elif message.method == "CANCEL" and line.state == "ringing":
            line.over()
            line.answer(487)
            assert line.invite is not None
            self.waiting[(line.call_id, line.invite.number, "ACK")] = (time.monotonic(), line.last)
            self.hearer.cleared(line)

    def _rung(self, invite: Message) -> None:
        line = PhoneLine(self, invite.call_id, incoming=True)
        line.invite = invite
        line.mine = f"{invite.get('To')};tag={self.name}-{invite.call_id[:8]}"
        line.theirs = invite.get("From")
        line.target = messages.uri_in(invite.get("Contact"))
        line.remote = messages.media_of(invite.body)
        self.lines[invite.call_id] = line
        line.answer(180)
        self.hearer.rung(line)


class Exchange:
    """All telephones, and the one place where their sockets are read."""

    def __init__(self) -> None:
        self.telephones: list[Telephone] = []
        self._selector = selectors.DefaultSelector()
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        self._selector.register(self._here, selectors.EVENT_READ, None)

    def add(self, telephone: Telephone) -> Telephone:
        """Listen to one more."""
        self.telephones.append(telephone)
        self._selector.register(telephone.socket, selectors.EVENT_READ, telephone.receive)
        return telephone

    def wake(self) -> None:
        """Let `receive` come back at once; from any thread."""
        with contextlib.suppress(BlockingIOError):  # it is awake as it is
            self._there.send(b"x")

    def receive(self, within_s: float) -> bool:
        """Take in what comes within so many seconds, at most once; whether anything did."""
        heard = False
        for key, _ in self._selector.select(within_s):
            receive: Callable[[], bool] | None = key.data
            if receive is None:
                self._here.recv(4096)
                heard = True
            else:
                heard |= receive()
        now_s = time.monotonic()
        for telephone in self.telephones:
            telephone.send_again(now_s)
        return heard

    @property
    def exchanged(self) -> int:
        """Messages of all telephones so far."""
        return sum(telephone.exchanged for telephone in self.telephones)

    def close(self) -> None:
        """Put all of them away."""
        self._selector.close()
        for telephone in self.telephones:
            telephone.close()
        self._here.close()
        self._there.close()
