"""A hostile world around a bridge: an operator and phones whose every message may be broken, by one seed.

Decides by dice what to send: calls with broken offers and fields, requests inside dialogs, answers to the bridge's own requests,
ACKs, REFERs, digests, and bytes changed at random. Same seed, same choices; what the bridge answers meanwhile leads on. At the
end `make_peace` answers whatever the bridge still waits for, as a telephone would. Leaves what must hold to the tests.
"""

from __future__ import annotations

import random
import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable

from tests.live_bridge.live import DOMAIN, Live, password
from tests.live_bridge.sip.hostile_values import (
    ADDRESSES,
    ATTRIBUTES,
    CALLED,
    CHALLENGES,
    DIGESTS,
    MEDIA,
    METHODS,
    NUMBERS,
    OTHERS,
    PLACES,
    STATUSES,
    TEXTS,
    TYPES,
    URIS,
)  # fmt: skip
from tests.live_bridge.sip.phone import Address, digest, field, fields, status


class Party:
    """One socket of the hostile world, and the dialogs it is in: (call id, from, to, target, place of their CSeq)."""

    def __init__(self, world: World, name: str, port: int = 0) -> None:
        self.world = world
        self.name = name
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("127.0.0.1", port))
        self.port: int = self.socket.getsockname()[1]
        self.contact = f"<sip:{name}@127.0.0.1:{self.port}>"
        self.dialogs: list[list[str]] = []
        """Call-ID, From, To and target of what it began or answered."""
        self.invited: dict[str, str] = {}
        """INVITEs of the bridge without a final answer, by Call-ID and CSeq."""
        self.sent: list[str] = []

    def send(self, text: str, to: Address | None = None) -> None:
        """Put a message on the wire, sometimes with bytes changed."""
        data = text.encode("utf-8", "replace")
        dice = self.world.dice
        if dice.random() < self.world.mutating:
            changed = bytearray(data)
            for _ in range(dice.randint(1, 4)):
                place = dice.randrange(len(changed))
                if dice.random() < 0.6:
                    changed[place] = dice.randrange(256)
                else:
                    del changed[place : place + dice.randint(1, 12)]
                changed = changed or bytearray(b"x")
            data = bytes(changed)
        self.world.count += 1
        try:
            self.socket.sendto(data[:65000], to or self.world.bridge)
        except OSError:
            self.world.unsent += 1


class World:
    """Everybody around one bridge. `step` sends a few messages and takes in what came."""

    def __init__(self, live: Live, seed: int, operator_port: int) -> None:
        self.live = live
        self.bridge = live.address
        self.dice = random.Random(seed)
        self.mutating = 0.12
        self.count = 0
        self.unsent = 0
        self.heard: Counter[str] = Counter()
        """Final answers to INVITEs of ours, and requests of the bridge, by number and name."""
        self.operator = Party(self, "84955551000", operator_port)
        self.phones = [Party(self, str(user)) for user in (100, 101, 102, 103)]
        self.parties = [self.operator, *self.phones]

    def close(self) -> None:
        for party in self.parties:
            party.socket.close()

    # --- what they say ------------------------------------------------------------------------------------------------

    def rare(self, share: float = 0.3) -> bool:
        return self.dice.random() < share

    def pick(self, values: tuple[str, ...]) -> str:
        return self.dice.choice(values)

    def sdp(self) -> str:
        """A session description, good or not."""
        if self.rare(0.4):
            return (
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n"
                f"a=rtpmap:101 telephone-event/8000\r\na={self.pick(('sendrecv', 'sendonly', 'inactive'))}\r\n"
            )
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", self.pick(PLACES), "t=0 0"]
        for _ in range(self.dice.randint(1, 3)):
            lines.append(self.pick(MEDIA))
            lines += [self.pick(ATTRIBUTES) for _ in range(self.dice.randint(0, 4))]
            if self.rare(0.2):
                lines.append(self.pick(PLACES))
        if self.rare(0.1):
            self.dice.shuffle(lines)
        return "\r\n".join(lines) + self.pick(("\r\n", "", "\n", "\r\n\r\n"))

    def put_in(self, head: list[str]) -> None:
        """Add fields that say anything, take some out, say others twice."""
        for _ in range(self.dice.choice((0, 0, 1, 1, 2, 4))):
            name = self.pick(tuple(OTHERS))
            value = self.pick(OTHERS[name])
            head.insert(self.dice.randint(1, len(head)), f"{name}: {value}")
        if self.rare(0.06):
            del head[self.dice.randrange(1, len(head))]
        if self.rare(0.04):
            head.append(self.dice.choice(head[1:]))

    def written(self, head: list[str], body: str, kind: str | None = None) -> str:
        """A message with its body, the length of which it mostly tells as it is."""
        self.put_in(head)
        if body:
            head.append(f"Content-Type: {kind or (self.pick(TYPES) if self.rare(0.15) else 'application/sdp')}")
        length = len(body.encode("utf-8", "replace"))
        if not self.rare(0.03):
            head.append(f"Content-Length: {length if not self.rare(0.02) else self.pick(NUMBERS)}")
        return "\r\n".join(head) + "\r\n\r\n" + body

    def request(
        self, party: Party, method: str, dialog: list[str], *, body: str = "", kind: str | None = None, more: str = "",
        cseq: int | None = None, branch: str = "",
    ) -> str:  # fmt: skip
        call_id, mine, theirs, target = dialog
        number = cseq if cseq is not None else self.dice.choice((self.count + 10, self.count + 10, self.count + 10, 1))
        head = [
            f"{method} {target if not self.rare(0.05) else self.pick(URIS)} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{party.port};branch=z9hG4bK{branch or self.dice.getrandbits(60)};rport",
            f"From: {mine if not self.rare(0.03) else self.pick(ADDRESSES)}",
            f"To: {theirs if not self.rare(0.03) else self.pick(ADDRESSES)}",
            f"Call-ID: {call_id}",
            f"CSeq: {number} {method}",
            f"Contact: {party.contact if not self.rare(0.08) else self.pick(ADDRESSES)}",
            "Max-Forwards: 70",
        ]
        if more:
            head.append(more)
        return self.written(head, body, kind)

    def call(self) -> None:
        """Somebody calls: the operator, or a phone that proves itself or tries to."""
        party = self.operator if self.rare(0.7) else self.dice.choice(self.phones)
        called = self.pick(CALLED if party is self.operator else ("101", "102", "89161234567", "5201"))
        caller = party.name if self.rare(0.9) else self.pick(TEXTS)
        tag = f"t{self.dice.getrandbits(40)}"
        host = f"{self.bridge[0]}:{self.bridge[1]}"
        dialog = [
            f"f{self.dice.getrandbits(60)}",
            f"<sip:{caller}@{DOMAIN}>;tag={tag}",
            f"<sip:{called}@{DOMAIN}>",
            f"sip:{called}@{host}",
        ]
        party.dialogs.append(dialog)
        more = f"Authorization: {self.pick(DIGESTS)}" if party is not self.operator and self.rare(0.2) else ""
        text = self.request(party, "INVITE", dialog, body="" if self.rare(0.2) else self.sdp(), more=more, cseq=1)
        party.sent.append(text)
        party.send(text)
        if self.rare(0.1):
            branch = re.search(r"z9hG4bK(\w+)", text)
            party.send(self.request(party, "CANCEL", dialog, cseq=1, branch=branch.group(1) if branch else ""))

    def speak(self) -> None:
        """A request inside a dialog, or one that only looks so."""
        party = self.dice.choice(self.parties)
        if not party.dialogs:
            return
        method = self.pick(METHODS) if not self.rare(0.25) else "REFER"
        body, kind, more = "", None, ""
        if method in ("INVITE", "UPDATE"):
            body = self.sdp()
        elif method == "INFO":
            body, kind = (
                self.pick(("1", "Signal=1\r\nDuration=100", "Signal=ж", "", "Signal=")),
                "application/dtmf-relay",
            )
        elif method == "REFER":
            more = f"Refer-To: {self.pick(OTHERS['Refer-To'])}"
        elif method == "NOTIFY":
            more = "Event: refer"
        party.send(self.request(party, method, self.dice.choice(party.dialogs[-40:]), body=body, kind=kind, more=more))

    def register(self, party: Party, expires: int = 300, *, honest: bool = False) -> None:
        """A phone registers; it is challenged, and answers like everybody else here."""
        mutating, self.mutating = self.mutating, 0.0 if honest else self.mutating
        aor = f"<sip:{party.name}@{DOMAIN}>"
        dialog = [f"r{self.dice.getrandbits(60)}", f"{aor};tag=r1", aor, f"sip:{DOMAIN}"]
        more = "" if honest or self.rare(0.5) else f"Authorization: {self.pick(DIGESTS)}"
        if honest:
            head = self.head_of_registration(party, dialog, expires)
            party.send("\r\n".join([*head, "Content-Length: 0", "", ""]))
        else:
            party.send(self.request(party, "REGISTER", dialog, more=more))
        self.mutating = mutating

    def head_of_registration(self, party: Party, dialog: list[str], expires: int, proof: str = "") -> list[str]:
        head = [
            f"REGISTER sip:{DOMAIN} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{party.port};branch=z9hG4bK{self.dice.getrandbits(60)};rport",
            f"From: {dialog[1]}", f"To: {dialog[2]}", f"Call-ID: {dialog[0]}", f"CSeq: {self.count + 10} REGISTER",
            f"Contact: {party.contact}", f"Expires: {expires}", "Max-Forwards: 70",
        ]  # fmt: skip
        return [*head, f"Authorization: {proof}"] if proof else head

    # --- what they hear -----------------------------------------------------------------------------------------------

    def _ready(self, wait_s: float) -> list[object]:
        """Sockets in which something waits; there may be more descriptors than select() knows."""
        with selectors.DefaultSelector() as selector:
            for party in self.parties:
                selector.register(party.socket, selectors.EVENT_READ)
            return [key.fileobj for key, _ in selector.select(wait_s)]

    def listen(self, wait_s: float = 0.0) -> int:
        """Take in what came, and answer it in kind; how many messages."""
        took = 0
        while True:
            ready = self._ready(wait_s if not took else 0.0)
            if not ready:
                return took
            for party in self.parties:
                if party.socket in ready:
                    data, source = party.socket.recvfrom(65535)
                    took += 1
                    message = data.decode("utf-8", "replace")
                    if message.startswith("SIP/"):
                        self.answered(party, message)
                    else:
                        self.asked(party, message, source)

    def answered(self, party: Party, message: str) -> None:
        """A response of the bridge."""
        code, (number, _, method) = status(message), field(message, "CSeq").partition(" ")
        if code < 200:
            return
        if method == "REGISTER" and code == 401 and self.rare(0.7):
            challenge = fields(message, "WWW-Authenticate")[0]
            proof = (
                digest(challenge, party.name, password(int(party.name)), "REGISTER", f"sip:{DOMAIN}")
                if party.name.isdigit()
                else ""
            )
            dialog = [field(message, "Call-ID"), field(message, "From"), f"<sip:{party.name}@{DOMAIN}>", ""]
            head = self.head_of_registration(party, dialog,
                                             300, proof)  # fmt: skip
            party.send("\r\n".join([*head, "Content-Length: 0", "", ""]))
            return
        if method != "INVITE" or not number.isascii() or not number.isdigit():
            return
        self.heard[str(code)] += 1
        dialog = next((one for one in party.dialogs if one[0] == field(message, "Call-ID")), None)
        if dialog is None:
            return
        if code < 300:
            dialog[2] = field(message, "To")
            target = re.search(r"<([^>]*)>", field(message, "Contact"))
            if target is not None:
                dialog[3] = target.group(1)
        elif code == 401 and party is not self.operator and self.rare(0.8):
            challenge = fields(message, "WWW-Authenticate")
            proof = digest(challenge[0], party.name, password(int(party.name)), "INVITE", dialog[3])
            party.send(self.request(party, "INVITE", dialog, body=self.sdp(), more=f"Authorization: {proof}", cseq=2))
        if code >= 300 or not self.rare(0.1):
            via = re.search(r"z9hG4bK(\w+)", field(message, "Via"))
            body = self.sdp() if code < 300 and self.rare(0.5) else ""
            ack = self.request(party, "ACK", [dialog[0], dialog[1], field(message, "To"), dialog[3]], body=body,
                               cseq=int(number), branch=via.group(1) if via and code >= 300 else "")  # fmt: skip
            party.send(ack)

    def asked(self, party: Party, message: str, source: Address) -> None:
        """A request of the bridge."""
        method = message.split()[0]
        self.heard[method] += 1
        key = field(message, "Call-ID") + field(message, "CSeq").split()[0]
        if method == "ACK":
            return
        if method == "INVITE":
            party.invited[key] = message
            if self.rare(0.05):
                return
            for _ in range(self.dice.choice((1, 1, 2, 3))):
                self.reply(party, message, self.dice.choice(STATUSES), source)
        elif not self.rare(0.15):
            if method == "CANCEL" and key in party.invited and not self.rare(0.2):
                self.reply(party, party.invited[key], 487, source)
            self.reply(party, message, self.dice.choice(STATUSES) if self.rare(0.3) else 200, source)

    def reply(self, party: Party, request: str, code: int, to: Address) -> None:
        """An answer to a request of the bridge, as strange as anything else."""
        callee = field(request, "To")
        if ";tag=" not in callee and not self.rare(0.05):
            callee += f";tag=h{party.name}" if not self.rare(0.1) else f";tag=h{self.dice.getrandbits(20)}"
        head = [
            f"SIP/2.0 {code} {self.pick(('OK', '', 'ж', 'x' * 400))}",
            *(f"Via: {via}" for via in fields(request, "Via")),
            f"From: {field(request, 'From') if not self.rare(0.02) else self.pick(ADDRESSES)}",
            f"To: {callee if not self.rare(0.02) else self.pick(ADDRESSES)}",
            f"Call-ID: {field(request, 'Call-ID')}",
            f"CSeq: {field(request, 'CSeq') if not self.rare(0.02) else self.pick(NUMBERS) + ' INVITE'}",
            f"Contact: {party.contact if not self.rare(0.15) else self.pick((*ADDRESSES, *URIS))}",
        ]
        if code in (401, 407):
            name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
            head.append(f"{name}: {self.pick(CHALLENGES)}")
        invite = request.startswith("INVITE")
        text = self.written(head, self.sdp() if invite and 180 <= code < 300 and not self.rare(0.1) else "")
        party.send(text, to)
        if invite and code >= 200:
            party.invited.pop(field(request, "Call-ID") + field(request, "CSeq").split()[0], None)
            if code < 300:
                target = re.search(r"<([^>]*)>", field(request, "Contact"))
                party.dialogs.append(
                    [field(request, "Call-ID"), callee, field(request, "From"), target.group(1) if target else "sip:x"]
                )

    # --- the fight and the peace --------------------------------------------------------------------------------------

    def fight(self, messages: int, every: Callable[[World], None] = lambda _: None) -> None:
        """Send so many messages, taking in what comes; `every` is called now and then."""
        for phone in self.phones:
            self.register(phone, honest=True)
            self.listen(0.2)
            self.listen(0.2)
        looked = 0
        while self.count < messages:
            dice = self.dice.random()
            if dice < 0.4:
                self.call()
            elif dice < 0.85:
                self.speak()
            else:
                self.register(self.dice.choice(self.phones))
            self.listen(0.02 if self.count % 8 == 0 else 0.0)
            if self.count // 500 > looked:
                looked = self.count // 500
                every(self)
                for phone in self.phones:
                    self.register(phone, honest=True)

    def make_peace(self, seconds: float, peace: Callable[[], bool]) -> None:
        """Answer what comes as a telephone does until there is peace."""
        end_s = time.monotonic() + seconds
        self.mutating = 0.0
        while not peace() and time.monotonic() < end_s:
            for party in self.parties:
                for invite in party.invited.values():
                    self.plainly(party, invite, 487)
                party.invited.clear()
            ready = self._ready(0.1)
            for party in self.parties:
                if party.socket in ready:
                    message = party.socket.recvfrom(65535)[0].decode("utf-8", "replace")
                    if not message.startswith(("SIP/", "ACK ")):
                        self.plainly(party, message, 487 if message.startswith("INVITE") else 200)

    def plainly(self, party: Party, request: str, code: int) -> None:
        to = field(request, "To")
        head = [
            f"SIP/2.0 {code} Peace", *(f"Via: {via}" for via in fields(request, "Via")), f"From: {field(request, 'From')}",
            f"To: {to if ';tag=' in to else to + ';tag=peace'}", f"Call-ID: {field(request, 'Call-ID')}",
            f"CSeq: {field(request, 'CSeq')}", "Content-Length: 0", "", "",
        ]  # fmt: skip
        party.socket.sendto("\r\n".join(head).encode(), self.bridge)
