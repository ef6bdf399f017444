"""The transaction manager, guarded: nothing a peer writes ends in a traceback, in silence, or in a thing left behind.

Takes the place of the stock manager's entry for received data and keeps its transaction layer. What it shields against
(numbers as in `docs/live-sip.md`): 2 transports in capitals, 4 the broken path to 400, 5 bodies that are not ASCII, 6 an
exception above that leaves a transaction unanswered for minutes, 7 requests without Contact, with another method in CSeq or
another version. Leaves to `message_filter.py` what is let in, to `endpoint.py` what requests mean.
Imported in the loop's thread only.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
from collections import Counter
from collections.abc import Callable, Collection
from functools import lru_cache
from hashlib import md5
from typing import Any, Final

from sippy.Exceptions.SipParseError import SipParseError
from sippy.Network_server import Remote_address
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.SipTransactionManager import CONFIRMED, RINGING, TRYING, SipTMRetransmitO
from sippy.Time.Timeout import Timeout

from engine.numbers.digits import is_digits
from live_bridge.sip.sippy_patches import reports
from live_bridge.sip.transport import message_filter, multipart
from live_bridge.sip.transport.acknowledging import Acknowledging
from live_bridge.sip.transport.front import Front, without
from live_bridge.sip.transport.udp import OrderedUdp, OrderedUdpOptions

log = logging.getLogger(__name__)

TRANSPORTS: Final = ("udp", "tcp", "tls", "ws", "wss")

WEBSOCKETS: Final = ("ws", "wss")
"""Over these nobody can be called back but over the connection they opened (RFC 7118 section 5)."""

_NEEDED: Final = ("via", "from", "to", "call-id", "cseq")
"""Fields no message goes without. Any other that the stack cannot read is as good as not there (RFC 3261 section 8.2)."""

_OWN: Final = frozenset(("authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "replaces"))
"""Fields whose text we read ourselves; `header_rules.py` has looked at them."""

_TIMERS: Final = ("teA", "teB", "teC", "teD", "teE", "teF", "teG")

Admit = Callable[[str, tuple[str, int], str], bool]
"""Whether a message's text from an address over a transport is looked at: bans and rate limits."""

Closed = Callable[[str, tuple[str, int]], None]
"""Hears of a connection that a front had and that is gone: its transport and where it came from."""


@lru_cache(maxsize=4096)
def private(host: str) -> bool:
    """Whether `host` cannot be reached from elsewhere: a private address, or a name, which we trust less than a source."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return True


class GuardedManager(Acknowledging):
    """One listening UDP address and the streams beside it."""

    model_udp_server = (OrderedUdp, OrderedUdpOptions)

    def __init__(
        self,
        global_config: dict[str, Any],
        on_request: Callable[[Any, Any], Any],
        admit: Admit | None = None,
        front: Front | None = None,
        closed: Closed = lambda transport, where: None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        """Messages by what became of them: `passed`, `dropped`, `refused 400`, `broken`."""
        self.streams: dict[str, Any] = {}
        """Servers for stream transports, by name in lower case."""
        self._admit = admit
        self._front = front or Front(())
        self._tell_closed = closed
        self._closed = False
        super().__init__(global_config, on_request)

    # --- in -----------------------------------------------------------------------------------------------------------

    def handleIncoming(self, data_in: bytes | str, ra: Any, server: Any, rtime: Any) -> None:  # noqa: N802 (the stack's name)
        """One message as it came from the wire."""
        data = data_in.encode() if isinstance(data_in, str) else data_in
        data = data.lstrip(b"\r\n")
        if len(data) < message_filter.SHORTEST or self._closed:
            return
        checksum = md5(data, usedforsecurity=False).digest()
        known = self.l1rcache.get(checksum) or self.l2rcache.get(checksum)
        if known is not None:
            if known.data is not None:
                self.counts["retransmission answered"] += 1
                self.transmitData(known.userv, known.data, known.address)
            return
        text, body_bytes = readable(data)
        source = self._source_of(text, ra)
        text = without(text)
        if source is None or not self._is_admitted(text, source):
            self.counts["not admitted"] += 1
            return
        verdict = message_filter.inspect(text, body_bytes)
        if not verdict.passes:
            self.counts["dropped" if verdict.code < 0 else f"refused {verdict.code}"] += 1
            if verdict.code > 0:
                server.send_to(
                    message_filter.answer(verdict.code, verdict.reason, verdict.headers, ra.address), ra.address
                )
            return
        self.counts["passed"] += 1
        if text.startswith("SIP/"):
            self._response_arrived(text, ra, source, checksum, rtime)
        else:
            self._request_arrived(text, verdict.headers, ra, source, server, checksum, rtime)

    def _source_of(self, text: str, ra: Any) -> Any:
        """Whose a message is: of who sent it, or of whom a front names. None where a front names nobody and its request is none
        that it asks by itself."""
        if not self._front.is_one(ra.address):
            return ra
        brought = self._front.brought(text)
        if brought is None:
            return ra if text.startswith(("OPTIONS ", "SIP/")) else None
        if brought.is_closed:
            self._tell_closed(brought.transport, brought.source)
            return ra
        return Remote_address(brought.source, brought.transport)

    def _is_admitted(self, text: str, source: Any) -> bool:
        """Whether a message is looked at; a front's own are."""
        if self._admit is None or self._front.is_one(source.address):
            return True
        return self._admit(text, source.address, source.transport)

    def _response_arrived(self, text: str, ra: Any, source: Any, checksum: bytes, rtime: Any) -> None:
        try:
            response = SipResponse(text)
            key = response.getTId(True, True)
            transaction = self.tclient.get(key)
            before = None if transaction is not None else self.answered_before(key)
            if transaction is None and not (before is not None and 200 <= response.getSCode()[0] < 300):
                self.l1rcache[checksum] = SipTMRetransmitO()
                return
            response.rtime = rtime
            _read_all(response, ())
            with contextlib.suppress(multipart.Broken):  # seen as a body that cannot be used where it is looked at
                multipart.unwrap(response, key[3])
            self._note_source(response, ra, source)
        except Exception as fault:
            self.counts["broken"] += 1
            self.l1rcache[checksum] = SipTMRetransmitO()
            log.info("a response from %s cannot be read: %s", source, fault)
            return
        try:
            if transaction is not None:
                self.incomingResponse(response, transaction, checksum)
            elif before is not None and response.getHFBody("to").getTag() != before[0]:
                self.counts["2xx too many"] += 1
                self.not_wanted(response, before[1], checksum)
        except Exception:
            self.counts["failed"] += 1
            reports.report("taking in a response failed")
            if transaction is not None:
                self._forget_client(transaction)

    def _request_arrived(
        self,
        text: str,
        headers: message_filter.Headers,
        ra: Any,
        source: Any,
        server: Any,
        checksum: bytes,
        rtime: Any,
    ) -> None:
        try:
            request = SipRequest(text)
            keys = request.getTIds()
            request.rtime = rtime
            via = request.getHFBody("via")
            if via.getAddr()[0].strip("[]") != ra.address[0].strip("[]"):
                via.params["received"] = ra.address[0].strip("[]")
            if "rport" in via.params or ra.transport != "udp":
                via.params["rport"] = str(ra.address[1])
                via.params["received"] = ra.address[0].strip("[]")
            _read_all(request, ("contact", "max-forwards", "expires", "route", "record-route", "refer-to"))
            multipart.unwrap(request, request.getMethod())
            self._note_source(request, ra, source)
        except Exception as fault:
            self.counts["broken"] += 1
            reason = "Bad Request" if not isinstance(fault, SipParseError) else "Bad Body"
            log.info("a request from %s cannot be read: %s", source, fault)
            self._answer_statelessly(400, reason, headers, text, ra, server)
            return
        if request.getMethod() == "INVITE" and self.is_late_copy(request):
            self.counts["retransmission answered"] += 1
            return
        try:
            self.incomingRequest(request, checksum, keys, server)
        except Exception:
            self.counts["failed"] += 1
            reports.report("taking in a request failed")
            self._answer_after_failure(request, headers, text, ra, server)

    def _note_source(self, message: Any, ra: Any, source: Any) -> None:
        """Where a message came from, for all who ask it; `front` is the proxy that brought it, which knows the way back. What a
        front answers by itself came from nobody."""
        if source is ra and not self._front.is_one(ra.address):
            self._mend_contact(message, ra)
            message.setSource(ra)
        elif source is not ra:
            message.setSource(source)
            message.front = ra.address
        elif isinstance(message, SipRequest):
            message.setSource(ra)

    def _mend_contact(self, message: Any, ra: Any) -> None:
        """A contact that cannot be reached from here is replaced by where the message came from (RFC 3261 section 18.2.2
        in spirit, RFC 3581): phones behind address translation write their private address."""
        contacts = [header for header in message.headers if header.name == "contact"]
        if len(contacts) != 1 or message.countHFs("via") > 1 or message.countHFs("record-route") > 0:
            return
        contact = contacts[0].getBody()
        if contact.asterisk:
            return
        url = contact.getUrl()
        if ra.transport in WEBSOCKETS:
            if not (isinstance(message, SipRequest) and message.getMethod() == "REGISTER"):
                url.host, url.port = ra.address
                url.transport = "ws"
            return
        source = ra.address[0].strip("[]")
        host = str(url.host).strip("[]")
        if host == source:
            return
        if (
            private(host)
            and (not private(source) or host in ("0.0.0.0", "255.255.255.255", "::"))
            or host.endswith(".invalid")
        ):
            url.host, url.port = ra.address
            message.nated = True

    # --- when something above failed ----------------------------------------------------------------------------------

    def _answer_after_failure(
        self, request: Any, headers: message_filter.Headers, text: str, ra: Any, server: Any
    ) -> None:
        """The peer gets 500 and no transaction stays behind (defect 6)."""
        transaction = self.tserver.get(request.getTId(wBRN=True))
        if transaction is not None and transaction.state in (TRYING, RINGING):
            try:
                self.sendResponse(request.genResponse(500, "Server Internal Error"), transaction)
                return
            except Exception:
                reports.report("answering after a failure failed")
        if transaction is not None:
            self._forget_server(transaction)
            self._answer_statelessly(500, "Server Internal Error", headers, text, ra, server)

    def _answer_statelessly(
        self, code: int, reason: str, headers: message_filter.Headers, text: str, ra: Any, server: Any
    ) -> None:
        if not text.startswith("ACK "):
            server.send_to(message_filter.answer(code, reason, headers, ra.address), ra.address)

    def _forget_server(self, transaction: Any) -> None:
        self.tserver.pop(transaction.tid, None)
        _stop_timers(transaction)
        transaction.cleanup()

    def timerD(self, t: Any) -> None:  # noqa: N802 (the stack's name)
        """No ACK came. Another transaction may have taken this one's name meanwhile: a peer chooses most of it."""
        if self.tserver.get(t.tid) is t:
            super().timerD(t)
            return
        lacks_ack = t.noack_cb if t.state is not CONFIRMED else None
        _stop_timers(t)
        t.cleanup()
        if lacks_ack is not None:
            lacks_ack()

    def forget(self, transaction: Any) -> None:
        """Nobody waits for the answer to a request of ours any more; one that comes all the same is dropped."""
        if self.tclient.get(transaction.tid) is transaction:
            self._forget_client(transaction)

    def _forget_client(self, transaction: Any) -> None:
        if transaction.tid is not None:
            self.tclient.pop(transaction.tid, None)
        _stop_timers(transaction)
        transaction.cleanup()

    # --- out ----------------------------------------------------------------------------------------------------------

    def newTransaction(
        self, msg: Any, resp_cb: Any = None, laddress: Any = None, userv: Any = None, **options: Any
    ) -> Any:  # noqa: N802
        """Send a request. The transport's name may come in capitals and from a peer (defect 2); one we do not have is
        answered for by UDP, which every element must take (RFC 3261 section 18)."""
        address, transport = msg.getTarget()
        name = str(transport).lower()
        gone = False
        if userv is None and name in WEBSOCKETS:  # a URI says `ws` for both (RFC 7118 section 5.2)
            found = [self.streams[kind] for kind in WEBSOCKETS if kind in self.streams]
            userv = next((server for server in found if server.holds(address)), found[0] if found else None)
            gone = userv is not None and not userv.holds(address)
        if userv is None:
            userv = self.streams.get(name)
        if userv is None:
            name = "udp"
        msg.setTarget((address, name))
        transaction = super().newTransaction(msg, resp_cb, laddress, userv, **options)
        if transaction.userv.transport != "udp" and transaction.teA is not None:
            transaction.teA.cancel()  # streams do not lose packets: no retransmissions (RFC 3261 section 17.1.1.2)
            transaction.teA = None
        if gone:
            self._give_up(transaction)
        return transaction

    def connection_lost(self, server: Any, where: Collection[tuple[str, int]], worked: bool) -> None:
        """A connection of `server` to `where` is gone. Requests that nobody has answered yet go out once more over a new one if
        it `worked` before, as a peer may close what it does not use; else nobody will answer them (RFC 3261 section 8.1.3.1)."""
        for transaction in list(self.tclient.values()):
            if transaction.state is not TRYING or transaction.userv is not server:
                continue
            host, port = transaction.address
            if (str(host).strip("[]"), int(port)) not in where:
                continue
            if worked and not getattr(transaction, "sent_again", False):
                transaction.sent_again = True
                self.transmitData(transaction.userv, transaction.data, transaction.address)
            else:
                self._give_up(transaction)

    def _give_up(self, transaction: Any) -> None:
        """Nobody will ever answer: the timeout comes at once."""
        if transaction.teB is not None:
            transaction.teB.cancel()
            transaction.teB = Timeout(self.timerB, 0.01, 1, transaction)

    def transmitData(
        self, userv: Any, data: str, address: Any, cachesum: bytes | None = None, lossemul: int = 0
    ) -> None:  # noqa: N802
        """Put a message on the wire."""
        userv.send_to(data, address)
        trace = self.global_config.get("_trace")
        if trace is not None:
            trace("sent", data, address)
        if cachesum is not None:
            self.l1rcache[cachesum] = SipTMRetransmitO(userv, data, address)

    def dialogs(self) -> list[Any]:
        """Every dialog of this address."""
        return [one.cobj for consumers in self.req_consumers.values() for one in consumers]

    def sizes(self) -> dict[str, int]:
        """How much is held: client and server transactions, dialogs, remembered answers."""
        return {
            "client transactions": len(self.tclient),
            "server transactions": len(self.tserver),
            "dialogs": sum(len(consumers) for consumers in self.req_consumers.values()),
            "remembered answers": len(self.l1rcache) + len(self.l2rcache),
        }

    @property
    def is_told(self) -> bool:
        """Whether every datagram has left, and each of our requests is answered."""
        return not self.tclient and all(server.sendqueue.empty() for server in self.l4r.cache_l2s.values())

    def unregConsumer(self, consumer: Any, call_id: str) -> None:  # noqa: N802 (the stack's name)
        """Let go of a dialog; one that was never held, or not any more, is let go already."""
        if call_id in self.req_consumers:
            super().unregConsumer(consumer, call_id)

    def shutdown(self) -> None:
        """Stop: every timer of a transaction goes, the sockets close. Dialogs may still let go of themselves later."""
        self._closed = True
        for transaction in [*self.tclient.values(), *self.tserver.values()]:
            _stop_timers(transaction)
        for held in (self.tclient, self.tserver, self.req_consumers, self.l1rcache, self.l2rcache):
            held.clear()
        for stream in self.streams.values():
            stream.shutdown()
        self.cp_timer.cancel()
        self.l4r.shutdown()


def _read_all(message: Any, needed: Collection[str]) -> None:
    """Let the stack read every field now, where a fault is the peer's, and not when somebody asks for it. One that it cannot read
    raises if it is `needed` or no message goes without it, and is taken out otherwise."""
    kept = []
    for field in message.headers:
        if (
            field.name == "contact"
            and not isinstance(message, SipRequest)
            and not message_filter.address_holds(str(field.body))
        ):
            continue
        if field.name not in _OWN:
            try:
                field.getBody()
            except Exception:
                if field.name in _NEEDED or field.name in needed:
                    raise
                continue
        kept.append(field)
    message.headers = kept


def readable(data: bytes) -> tuple[str, int]:
    """A message as text the stack can read, and the true length of its body in bytes.

    The stack counts bodies in characters and refuses bytes that are not UTF-8 (defect 5): the body is cut to its
    Content-Length in bytes, decoded leniently, and the header rewritten to the length in characters.
    """
    head_bytes, gap, body_bytes = data.partition(b"\r\n\r\n")
    head = head_bytes.decode("utf-8", "replace")
    length = len(body_bytes)
    if not gap:
        return head, 0
    if not body_bytes or body_bytes.isascii():
        return head + "\r\n\r\n" + body_bytes.decode("ascii"), length
    lines = head.split("\r\n")
    for place, line in enumerate(lines):
        name, _, value = line.partition(":")
        if name.strip().lower() in ("content-length", "l") and is_digits(value.strip()) and int(value) <= length:
            body = body_bytes[: int(value)].decode("utf-8", "replace")
            lines[place] = f"{name}: {len(body)}"
            return "\r\n".join(lines) + "\r\n\r\n" + body, int(value)
    return head + "\r\n\r\n" + body_bytes.decode("utf-8", "replace"), length


def _stop_timers(transaction: Any) -> None:
    for name in _TIMERS:
        timer = getattr(transaction, name, None)
        if timer is not None:
            timer.cancel()
            setattr(transaction, name, None)
