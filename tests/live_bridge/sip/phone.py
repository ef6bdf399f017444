"""A telephone that speaks SIP as text over one UDP socket, so that a test can say exactly what goes over the wire."""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.live_bridge.media.telephone import Telephone, rouse

Address = tuple[str, int]

WAIT_S = 20.0
"""Longest wait for a message: generous, for a machine with other work."""


def field(message: str, name: str) -> str:
    """The first value of a header field; empty if it has none."""
    found = re.search(rf"^{name}[ \t]*:[ \t]*(.*?)\r?$", message, re.IGNORECASE | re.MULTILINE)
    return found.group(1).strip() if found else ""


def fields(message: str, name: str) -> list[str]:
    """All values of a header field."""
    return [v.strip() for v in re.findall(rf"^{name}[ \t]*:[ \t]*(.*?)\r?$", message, re.IGNORECASE | re.MULTILINE)]


def status(message: str) -> int:
    """The status code of a response, 0 for a request."""
    return int(message.split()[1]) if message.startswith("SIP/2.0 ") else 0


def digest(challenge: str, username: str, password: str, method: str, uri: str, nc: str = "00000001") -> str:
    """An Authorization value for one challenge (RFC 7616)."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.partition(" ")[2]))
    algorithm = given.get("algorithm", "MD5")
    hashed = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5

    def h(text: str) -> str:
        return hashed(text.encode()).hexdigest()

    cnonce = secrets.token_hex(4)
    ha1 = h(f"{username}:{given['realm']}:{password}")
    response = h(f"{ha1}:{given['nonce']}:{nc}:{cnonce}:auth:{h(f'{method}:{uri}')}")
    return (
        f'Digest username="{username}",realm="{given["realm"]}",nonce="{given["nonce"]}",uri="{uri}",'
        f'response="{response}",algorithm={algorithm},qop=auth,nc={nc},cnonce="{cnonce}"'
    )


class Dialog:
    """What a phone remembers of a call."""

    def __init__(self, call_id: str, mine: str, theirs: str, target: str, address: Address, cseq: int) -> None:
        self.call_id = call_id
        self.mine = mine
        self.theirs = theirs
        self.target = target
        self.address = address
        self.cseq = cseq
        self.invite = ""
        self.ended = False
        self.routes: list[str] = []
        """Route of its requests: the proxies that recorded themselves."""


class Phone:
    """One telephone. `on_invite` says what it does when it is called: a list of (seconds later, status)."""

    def __init__(
        self, name: str, server: Address, *, port: int = 0, host: str = "127.0.0.1", contact_parameters: str = "",
        payload: int = 0, domain: str = "",
    ) -> None:  # fmt: skip
        self.name = name
        self.server = server
        self.host = host
        self.domain = domain
        """What its PBX is called; the address of the server if nothing is given."""
        self.socket = self._open(host, port)
        self.port: int = self.socket.getsockname()[1]
        self.contact = f"<sip:{name}@{self.written}:{self.port}{contact_parameters}>"
        self.payload = payload
        self.media = Telephone(payload, ip=host)
        self.on_invite: list[tuple[float, int]] = [(0.0, 180), (0.05, 200)]
        self.messages: list[str] = []
        self.dialogs: dict[str, Dialog] = {}
        self.expires = 300
        self.ack_body = ""
        """Goes into the ACK of an answer to an INVITE without an offer."""
        self._register_call_id = secrets.token_hex(8)
        self._register_cseq = 1
        self._news = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _open(self, host: str, port: int) -> Any:
        """What it speaks over."""
        made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        made.bind((host, port))
        return made

    @property
    def home(self) -> str:
        """The host part of its own address."""
        return self.domain or (f"[{self.server[0]}]" if ":" in self.server[0] else self.server[0])

    @property
    def written(self) -> str:
        """The host as SIP writes it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def close(self) -> None:
        """Hang up the socket."""
        self._closed = True
        rouse(self.socket)
        self._thread.join()
        self.socket.close()
        self.media.close()

    # --- wire ---------------------------------------------------------------------------------------------------------

    def send(self, message: str | bytes, to: Address | None = None) -> None:
        """Put a message on the wire; a phone that was put away is silent."""
        if self._closed:
            return
        data = message if isinstance(message, bytes) else message.encode()
        self.socket.sendto(data, to or self.server)

    def _receive(self) -> None:
        while not self._closed:
            try:
                data, source = self.socket.recvfrom(65535)
            except TimeoutError:
                continue
            if self._closed:
                return
            message = data.decode()
            with self._news:
                known = message in self.messages
                self.messages.append(message)
                self._news.notify_all()
            if not message.startswith("SIP/"):
                self._request(message, source[:2], known)
            elif field(message, "CSeq").endswith("INVITE") and status(message) >= 200:
                self._final(message)

    def wait(self, wanted: Callable[[str], bool], timeout_s: float = WAIT_S, start: int = 0) -> str:
        """The first message from number `start` on that is wanted; fails when none comes."""

        def find() -> str | None:
            return next((m for m in self.messages[start:] if wanted(m)), None)

        with self._news:
            if not self._news.wait_for(lambda: find() is not None, timeout_s):
                heard = "\n".join(m.split("\r\n")[0] for m in self.messages[start:])
                raise AssertionError(
                    f"{self.name} did not hear what it waited for in {timeout_s} s; it heard:\n{heard}"
                )
            found = find()
            assert found is not None
            return found

    def heard(self, start: str) -> list[str]:
        """All messages so far whose first line begins with `start`."""
        with self._news:
            return [m for m in self.messages if m.startswith(start)]

    # --- being called -------------------------------------------------------------------------------------------------

    def sdp(self, direction: str = "sendrecv", version: int = 1) -> str:
        """This phone's session description: G.711 and keys."""
        address = self.media.address
        family = "IP6" if ":" in address.ip else "IP4"
        return (
            f"v=0\r\no=- 1 {version} IN {family} {address.ip}\r\ns=-\r\nc=IN {family} {address.ip}\r\nt=0 0\r\n"
            f"m=audio {address.port} RTP/AVP {self.payload} 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        )

    def reply(self, request: str, code: int, body: str = "", extra: str = "", to: Address | None = None) -> None:
        """Answer a request."""
        callee = field(request, "To")
        if code > 100 and ";tag=" not in callee:
            callee += f";tag={self.name}-{field(request, 'Call-ID')[:8]}"
        lines = [f"SIP/2.0 {code} Whatever", *(f"Via: {v}" for v in fields(request, "Via"))]
        lines += [f"Record-Route: {v}" for v in fields(request, "Record-Route")]
        lines += [f"From: {field(request, 'From')}", f"To: {callee}", f"Call-ID: {field(request, 'Call-ID')}"]
        lines += [f"CSeq: {field(request, 'CSeq')}", f"Contact: {self.contact}"]
        if extra:
            lines.append(extra)
        if body:
            lines.append("Content-Type: application/sdp")
        self.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]), to)

    def _request(self, message: str, source: Address, known: bool) -> None:
        method = message.split()[0]
        call_id = field(message, "Call-ID")
        if method == "ACK":
            return
        if method == "INVITE":
            dialog = self.dialogs.get(call_id)
            if dialog is not None and ";tag=" in field(message, "To"):
                self.reply(message, 200, self.sdp(version=9), to=source)
                return
            if known:
                return
            target = re.search(r"<([^>]*)>", field(message, "Contact"))
            assert target is not None
            tag = f";tag={self.name}-{call_id[:8]}"
            dialog = Dialog(call_id, field(message, "To") + tag, field(message, "From"), target.group(1), source, 100)
            dialog.invite = message
            dialog.routes = fields(message, "Record-Route")
            with self._news:
                self.dialogs[call_id] = dialog
                self._news.notify_all()
            threading.Thread(target=self._behave, args=(dialog, message, source), daemon=True).start()
        elif method == "CANCEL":
            self.reply(message, 200, to=source)
            dialog = self.dialogs.get(call_id)
            if dialog is not None and not dialog.ended:
                dialog.ended = True
                self.reply(dialog.invite, 487, to=source)
        else:
            if method == "BYE" and call_id in self.dialogs:
                self.dialogs[call_id].ended = True
            self.reply(message, 200, to=source)

    def _behave(self, dialog: Dialog, invite: str, source: Address) -> None:
        for later_s, code in self.on_invite:
            time.sleep(later_s)
            if dialog.ended:
                return
            self.reply(invite, code, self.sdp() if code in (183, 200) else "", to=source)

    # --- calling ------------------------------------------------------------------------------------------------------

    def build(
        self, method: str, uri: str, dialog: Dialog, body: str = "", extra: str = "", kind: str = "application/sdp"
    ) -> str:
        """A request in a dialog, or one that begins it."""
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.written}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            f"From: {dialog.mine}",
            f"To: {dialog.theirs}",
            f"Call-ID: {dialog.call_id}",
            f"CSeq: {dialog.cseq} {method}",
            f"Contact: {self.contact}",
            "Max-Forwards: 70",
            *(f"Route: {route}" for route in dialog.routes),
        ]
        if extra:
            lines.append(extra)
        if body:
            lines.append(f"Content-Type: {kind}")
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])

    def begin(
        self, user: str, *, caller: str | None = None, body: str | None = None, extra: str = "", uri: str = "",
        shown: str = "",
    ) -> Dialog:  # fmt: skip
        """Send an INVITE and return at once; `uri` calls an address, by way of our server."""
        uri = uri or (f"sip:{user}@{self.domain}" if self.domain else f"sip:{user}@{self.home}:{self.server[1]}")
        mine = f'"{shown or self.name}" <sip:{caller or self.name}@{self.written}>;tag={secrets.token_hex(6)}'
        dialog = Dialog(secrets.token_hex(10), mine, f"<{uri}>", uri, self.server, 1)
        self.dialogs[dialog.call_id] = dialog
        dialog.invite = self.build("INVITE", uri, dialog, self.sdp() if body is None else body, extra)
        self.send(dialog.invite)
        return dialog

    def call(
        self, user: str, *, caller: str | None = None, password: str | None = None, body: str | None = None,
        extra: str = "", uri: str = "", shown: str = "", timeout_s: float = WAIT_S,
    ) -> tuple[Dialog, str]:  # fmt: skip
        """Call and wait for the final answer, proving who we are when asked and `password` is given."""
        dialog = self.begin(user, caller=caller, body=body, extra=extra, uri=uri, shown=shown)
        answer = self.final(dialog, timeout_s)
        if status(answer) == 401 and password is not None:
            dialog.cseq += 1
            proof = digest(field(answer, "WWW-Authenticate"), caller or self.name, password, "INVITE", dialog.target)
            more = f"Authorization: {proof}" + (f"\r\n{extra}" if extra else "")
            dialog.invite = self.build("INVITE", dialog.target, dialog, self.sdp() if body is None else body, more)
            self.send(dialog.invite)
            answer = self.final(dialog, timeout_s)
        return dialog, answer

    def final(self, dialog: Dialog, timeout_s: float = WAIT_S) -> str:
        """The final answer to the INVITE under way."""
        return self.wait(
            lambda m: (
                status(m) >= 200
                and field(m, "Call-ID") == dialog.call_id
                and field(m, "CSeq") == f"{dialog.cseq} INVITE"
            ),
            timeout_s,
        )

    def _final(self, message: str) -> None:
        dialog = self.dialogs.get(field(message, "Call-ID"))
        if dialog is None:
            return
        number = field(message, "CSeq").split()[0]
        if status(message) < 300:
            dialog.theirs = field(message, "To")
            dialog.routes = fields(message, "Record-Route")[::-1]
            target = re.search(r"<([^>]*)>", field(message, "Contact"))
            if target is not None:
                dialog.target = target.group(1)
        via = (
            field(message, "Via")
            if status(message) >= 300
            else (f"SIP/2.0/UDP {self.written}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport")
        )
        self.send(
            f"ACK {dialog.target} SIP/2.0\r\nVia: {via}\r\nFrom: {dialog.mine}\r\nTo: {field(message, 'To')}\r\n"
            f"Call-ID: {dialog.call_id}\r\nCSeq: {number} ACK\r\nMax-Forwards: 70\r\n"
            + "".join(f"Route: {route}\r\n" for route in (dialog.routes if status(message) < 300 else ()))
            + ("Content-Type: application/sdp\r\n" if self.ack_body else "")
            + f"Content-Length: {len(self.ack_body)}\r\n\r\n{self.ack_body}"
        )

    def cancel(self, dialog: Dialog) -> None:
        """Give up an INVITE that is not answered yet."""
        invite = dialog.invite
        lines = [f"CANCEL {invite.split()[1]} SIP/2.0", f"Via: {field(invite, 'Via')}"]
        lines += [f"{name}: {field(invite, name)}" for name in ("From", "To", "Call-ID")]
        lines += [f"CSeq: {field(invite, 'CSeq').split()[0]} CANCEL", "Max-Forwards: 70", "Content-Length: 0", "", ""]
        self.send("\r\n".join(lines))

    def request(
        self, dialog: Dialog, method: str, body: str = "", *, extra: str = "", kind: str = "application/sdp",
        timeout_s: float = WAIT_S,
    ) -> str:  # fmt: skip
        """Send a request inside a dialog and wait for its final answer."""
        dialog.cseq += 1
        number = dialog.cseq
        self.send(self.build(method, dialog.target, dialog, body, extra, kind), dialog.address)
        return self.wait(
            lambda m: (
                status(m) >= 200 and field(m, "Call-ID") == dialog.call_id and field(m, "CSeq") == f"{number} {method}"
            ),
            timeout_s,
        )

    def hang_up(self, dialog: Dialog) -> str:
        """BYE; the answer."""
        dialog.ended = True
        return self.request(dialog, "BYE")

    def called(self, timeout_s: float = WAIT_S) -> Dialog:
        """The first call this phone was rung for, once it came."""
        invite = self.wait(lambda m: m.startswith("INVITE"), timeout_s)
        with self._news:
            self._news.wait_for(lambda: field(invite, "Call-ID") in self.dialogs, timeout_s)
            return self.dialogs[field(invite, "Call-ID")]

    # --- registering --------------------------------------------------------------------------------------------------

    def register(
        self, password: str, *, expires: int | None = None, user: str | None = None, contact: str | None = None,
        algorithm: str = "SHA-256", nc: str = "00000001",
    ) -> str:  # fmt: skip
        """Register and give the final answer; `contact` "*" takes all of the user's devices out."""
        answer = self._register_once(expires, user, contact, "")
        if status(answer) != 401:
            return answer
        challenge = next(v for v in fields(answer, "WWW-Authenticate") if f"algorithm={algorithm}" in v)
        proof = digest(challenge, user or self.name, password, "REGISTER", f"sip:{self.home}", nc)
        return self._register_once(expires, user, contact, f"Authorization: {proof}\r\n")

    def _register_once(
        self, expires: int | None, user: str | None, contact: str | None, proof: str, timeout_s: float = WAIT_S
    ) -> str:
        self._register_cseq += 1
        number = self._register_cseq
        home, aor = self.home, f"<sip:{user or self.name}@{self.home}>"
        place = "*" if contact == "*" else (contact or self.contact)
        self.send(
            f"REGISTER sip:{home} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.written}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"From: {aor};tag={secrets.token_hex(4)}\r\nTo: {aor}\r\nCall-ID: {self._register_call_id}\r\n"
            f"CSeq: {number} REGISTER\r\nContact: {place}\r\nExpires: {self.expires if expires is None else expires}\r\n"
            f"Max-Forwards: 70\r\nUser-Agent: test phone\r\n{proof}Content-Length: 0\r\n\r\n"
        )
        return self.wait(
            lambda m: (
                status(m) >= 200
                and field(m, "Call-ID") == self._register_call_id
                and field(m, "CSeq") == f"{number} REGISTER"
            ),
            timeout_s,
        )
