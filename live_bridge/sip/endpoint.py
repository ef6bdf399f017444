"""The SIP endpoint of one PBX: its listening addresses, and what becomes of every request outside a dialog.

Denies by default: a call is taken from an operator's address to that trunk's number, or from a user who proves it by digest;
everything else is refused. Leaves registrations to `sip/registrar/registrar.py`, trunks to `sip/trunks/trunks.py`, legs to
`sip/dialog/leg.py`, and all decisions about calls to the engine behind `Switch`. Sources: RFC 3261 sections 8.2, 10, 11;
R-02.4, R-04, R-23.11. Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Final

from sippy.SipConf import SipConf
from sippy.SipURL import SipURL

from engine.contract.causes import Cause
from engine.numbers.digits import is_digits
from live_bridge.addresses import in_uri
from live_bridge.outbound.http_client import may_reach
from live_bridge.sip.browser_connections import Connections
from live_bridge.sip.dialog import caller_id as rules
from live_bridge.sip.dialog import cause_mapping, sdp, session_timer
from live_bridge.sip.dialog.direct_calls import DirectCalls
from live_bridge.sip.dialog.failover import Hop, of_one_version
from live_bridge.sip.dialog.invite_parts import carriers_caller, forwards_of, is_encrypted, not_taken
from live_bridge.sip.dialog.leg import Leg
from live_bridge.sip.dialog.merged_requests import MergedRequests
from live_bridge.sip.dialog.message_parts import description_in, replaced, supported_by
from live_bridge.sip.dialog.our_messages import ACCEPT, ALLOW, KNOWN_METHODS, SUPPORTED, SUPPORTED_TAGS, header
from live_bridge.sip.dialog.presented_caller import ToldCaller, to_user
from live_bridge.sip.digest import Authenticator
from live_bridge.sip.lamps.subscriptions import Lamps
from live_bridge.sip.listening_line import Line
from live_bridge.sip.loop import Loop
from live_bridge.sip.registrar.bindings import Binding
from live_bridge.sip.registrar.page_calls import outside_page
from live_bridge.sip.registrar.passes import PREFIX
from live_bridge.sip.registrar.qualify import Qualifier
from live_bridge.sip.registrar.registrar import USER_DIGITS, Registrar
from live_bridge.sip.settings import SipSettings, TrunkPeers
from live_bridge.sip.sippy_patches import reports
from live_bridge.sip.switch import Invitation, Switch
from live_bridge.sip.transport import kept_bans
from live_bridge.sip.transport.dns import Resolver, Target, Transport, numeric
from live_bridge.sip.transport.rate_limits import Admission
from live_bridge.sip.transport.tcp import StreamServer
from live_bridge.sip.transport.transaction_manager import WEBSOCKETS
from live_bridge.sip.transport.udp import our_address
from live_bridge.sip.transport.websocket import WebSocketServer
from live_bridge.sip.trunks.trunks import Trunks

log = logging.getLogger(__name__)

_TRANSPORTS: Final[dict[str, Transport]] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}


Describe = Callable[[str, Callable[[str], None]], None]
"""Gives our offer to a server at a host, once there is media for it, to what places the call."""


class Endpoint:
    """Everything SIP of one PBX. Made and used in the loop's thread only."""

    def __init__(self, loop: Loop, settings: SipSettings, switch: Switch) -> None:
        if not any(listen.transport == "udp" for listen in settings.listen):
            raise ValueError("SIP needs at least one UDP address to listen on: add one under `listen`")
        self.settings = settings
        self.switch = switch
        self.loop = loop
        self._closed = False
        self.draining = False
        self.refuses: Callable[[str], bool] = lambda _: False
        """Whether a new call to a number is refused for now, although calls are taken."""
        SipConf.my_uaname = settings.user_agent
        self.doorkeeper = Admission(
            time.monotonic,
            failures_to_ban=settings.failures_to_ban,
            failures_within_s=settings.failures_within_s,
            ban_s=settings.ban_s,
            requests_per_s=settings.requests_per_s,
            requests_burst=settings.requests_burst,
            kept=kept_bans.in_folder(settings.bans_folder, settings.ban_s),
        )
        authenticator = Authenticator(settings.domain, time.monotonic, settings.algorithms)
        self.registrar = Registrar(
            loop, authenticator, settings.accounts, self.doorkeeper, switch.device_changed, time.monotonic
        )
        self.doorkeeper.registered, self.doorkeeper.proves = self.registrar.is_registered, self.registrar.proves
        self.connections = Connections(loop, self.registrar)
        self.direct_calls = DirectCalls(
            time.monotonic, a_minute=settings.direct_a_minute, at_once=settings.direct_at_once
        )
        self._merged = MergedRequests(time.monotonic)
        self.qualifier: Qualifier | None = None
        self.lines: list[Line] = []
        try:
            for listen in settings.listen:
                if listen.transport == "udp":
                    self.lines.append(Line(self, listen))
            for listen in settings.listen:
                manager = self._line_for(listen.host).manager
                if listen.transport in WEBSOCKETS:
                    manager.streams[listen.transport] = WebSocketServer(
                        listen, manager.handleIncoming, banned=self.doorkeeper.is_banned, closed=self.connections.closed
                    )
                elif listen.transport != "udp":
                    manager.streams[listen.transport] = StreamServer(
                        listen, manager.handleIncoming, manager.connection_lost
                    )
        except OSError as fault:
            self.close()
            raise OSError(
                fault.errno,
                f"SIP cannot listen on {listen.host} port {listen.port}: {fault.strerror}; is another PBX running?",
            ) from fault

        streams = {listen.transport for listen in settings.listen}
        speaks: list[Transport] = ["udp", *[way for way in ("tcp", "tls") if way in streams]]
        self.names = Resolver(
            loop.post, transports=speaks, servers=settings.dns, six=any(line.six for line in self.lines)
        )
        self.operators = Trunks(loop, self.names, self, settings.domain, settings.qualify_s, switch.trunk_changed)
        self.doorkeeper.trusted, self.doorkeeper.carrier = self.operators.trusted, self.operators.carrier

        self.qualifier = Qualifier(loop, self.registrar, self.manager_for, settings.domain, settings.qualify_s)
        self.registrar.doubts = self.qualifier.doubt
        self.lamps = Lamps(self)

    def start(self) -> None:
        """Register our trunks at their operators. Called when the switch can hear of it."""
        self.operators.change(self.settings.trunks)

    def change(self, settings: SipSettings) -> None:
        """Take other trunks, and whether there are direct calls and whose; the rest of `settings` holds from the start on."""
        self.settings = settings
        self.operators.change(settings.trunks)

    # --- in -----------------------------------------------------------------------------------------------------------

    def request_arrived(self, line: Line, request: Any, transaction: Any) -> Any:
        """A request that belongs to no dialog of ours. The result goes to the transaction manager."""
        method = request.getMethod()
        if method == "SUBSCRIBE":
            return self.lamps.subscribe(request), None, None
        if request.getHFBody("to").getTag() is not None:
            return request.genResponse(481, "Call/Transaction Does Not Exist"), None, None
        required = [
            tag.strip()
            for field in request.headers
            if field.name in ("require", "proxy-require")
            for tag in str(field.body).split(",")
        ]
        unknown = [tag for tag in required if tag.lower() not in SUPPORTED_TAGS]
        if unknown:
            response = request.genResponse(420, "Bad Extension")
            response.appendHeader(header("Unsupported", ", ".join(unknown)))
            return response, None, None
        if method == "INVITE":
            if self._merged.is_copy(request.getTId(), request.getHFBody("via").getBranch() or ""):
                return request.genResponse(482, "Loop Detected"), None, None
            return self._invite(line, request, transaction)
        if method == "REGISTER":
            return self.registrar.register(request), None, None
        if method == "OPTIONS":
            response = request.genResponse(200, "OK") if not self.draining else request.genResponse(503, "Draining")
            response.appendHeaders([header("Allow", ALLOW), header("Accept", ACCEPT), header("Supported", SUPPORTED)])
            return response, None, None
        if method == "PUBLISH":
            return request.genResponse(489, "Bad Event"), None, None
        if method in ("BYE", "NOTIFY", "INFO", "UPDATE", "PRACK", "REFER"):
            return request.genResponse(481, "Call/Transaction Does Not Exist"), None, None
        code, phrase = (405, "Method Not Allowed") if method in KNOWN_METHODS else (501, "Not Implemented")
        response = request.genResponse(code, phrase)
        response.appendHeader(header("Allow", ALLOW))
        return response, None, None

    def _invite(self, line: Line, request: Any, transaction: Any) -> Any:
        offer = self._offer_in(request, is_encrypted(request))
        if isinstance(offer, sdp.Refusal):
            return not_taken(request, offer), None, None
        if self.draining or self.refuses(request.getRURI().username or ""):
            response = request.genResponse(503, "Service Unavailable")
            response.appendHeader(header("Retry-After", "10"))
            return response, None, None
        called = request.getRURI().username or ""
        who = request.getHFBody("from")
        source = request.getSource()

        def invitation(**facts: Any) -> Invitation:
            return Invitation(
                call_id=str(request.getHFBody("call-id")),
                source=f"{source[0]}:{source[1]}",
                max_forwards=forwards_of(request) - 1,
                **facts,
            )

        replaces = next((replaced(str(field.body)) for field in request.headers if field.name == "replaces"), None)
        nobody = request.genResponse(481, "Call/Transaction Does Not Exist")
        """To who is no user of ours: whether there is such a dialog is not theirs to know."""
        username, by_page = who.getUrl().username or "", request.getSource(2)[1] in WEBSOCKETS
        if by_page and username.startswith(PREFIX):
            taken = outside_page(self.registrar, self.settings.trunks, request, username, invitation)
            fits = isinstance(taken, Invitation)
            return self._take(line, request, transaction, offer, taken) if fits else (taken, None, None)
        operators = [] if by_page else self.operators.of(source)  # carriers speak no WebSocket
        for key in operators:
            trunk = self.settings.trunks[key]
            if rules.same_number(called, trunk.number) or (trunk.login and called == trunk.login):
                if replaces is not None:
                    return nobody, None, None
                number, name = carriers_caller(request, who)
                return self._take(
                    line,
                    request,
                    transaction,
                    offer,
                    invitation(called=trunk.number, caller=number, caller_name=name, trunk=key, origin="trunk"),
                )
        if not self._claims_to_be_ours(username, who.getUrl(), request.getRURI()):
            if operators:
                return request.genResponse(404, "Not Found"), None, None
            if not self.settings.direct:
                return request.genResponse(403, "Forbidden"), None, None
            if replaces is not None:
                return nobody, None, None
            return self._direct_call(line, request, transaction, offer, who, invitation)
        proof = self.registrar.prove(request)
        if proof.result in ("absent", "stale"):
            return self.registrar.challenge(request, stale=proof.result == "stale"), None, None
        if proof.result == "other":
            return request.genResponse(400, "Authorization For Another URI"), None, None
        if proof.result == "wrong" or str(self.registrar.user_of(proof.username)) != username:
            return request.genResponse(403, "Forbidden"), None, None
        if proof.username != username and not self.registrar.passes.may_call(proof.username, called):
            return request.genResponse(403, "Forbidden"), None, None
        status = 0 if replaces is None else self.switch.may_replace(replaces, offer)
        if status:
            return request.genResponse(status, cause_mapping.REASONS[status]), None, None
        name = rules.presented_name(who.getUri().name, own=username)
        # A phone may know us by a name we do not know: only of those who may call the internet is a host taken at its word.
        elsewhere = self._elsewhere(request.getRURI()) if int(username) in self.settings.direct_users else None
        dialled = elsewhere or rules.cleaned(called)
        return self._take(
            line,
            request,
            transaction,
            offer,
            invitation(
                called=dialled, caller=username, caller_name=name, user=int(username), origin="user", replaces=replaces
            ),
        )

    def _offer_in(self, request: Any, encrypted: bool) -> sdp.Description | sdp.Refusal | None:
        """The offer of an INVITE, None if it has none; `encrypted` is whether one with keys in it is taken."""
        offer = description_in(request.getBody(), self.settings.media_six, encrypted)
        speaks = isinstance(offer, sdp.Description) and any(codec in offer.payloads for codec in sdp.PREFERRED)
        if isinstance(offer, sdp.Description) and not speaks and (offer.fax is None or offer.port == 0):
            return sdp.Refusal("none of PCMA, PCMU and G722 is offered")
        if isinstance(offer, sdp.Description) and not self.switch.media_reaches(offer):
            return sdp.Refusal(f"sound cannot go to {offer.host}: there is no media address of its family")
        return offer

    def _direct_call(
        self,
        line: Line,
        request: Any,
        transaction: Any,
        offer: sdp.Description | None,
        who: Any,
        invitation: Callable[..., Invitation],
    ) -> Any:
        """Somebody on the internet calls one of our numbers or aliases (R-10.1), within the limits of R-10.3."""
        url = request.getRURI()
        if self._elsewhere(url) is not None:
            return request.genResponse(403, "Forbidden"), None, None  # we are nobody's relay
        host = request.getSource()[0]
        if not self.direct_calls.admits(host):
            response = request.genResponse(503, "Service Unavailable")
            response.appendHeader(header("Retry-After", "60"))
            return response, None, None
        number, name = rules.outside_caller(who.getUrl().username, who.getUri().name)
        return self._take(
            line,
            request,
            transaction,
            offer,
            invitation(called=(url.username or "")[:64], caller=number, caller_name=name, origin="direct"),
            lambda leg: self.direct_calls.took(host, leg),
        )

    def _claims_to_be_ours(self, username: str, sender: Any, called: Any) -> bool:
        """Whether a caller says to be a user of ours and so must prove it. Whether there is such a user plays no part, or answers
        would tell strangers which numbers there are. Where the internet may call us, another PBX has an extension 101
        too: its name is neither ours nor that of what it calls."""
        if not (is_digits(username) and len(username) <= USER_DIGITS):
            return False
        host = str(sender.host or "").strip("[]").lower()
        ours = (self.settings.domain.lower(), str(called.host or "").strip("[]").lower())
        return not self.settings.direct or numeric(host) or host in ours

    def named(self, url: Any) -> str:
        """An address as the engine dials it: a number here, or the `sip:` address of somewhere else."""
        elsewhere = None if getattr(url.host, "my", False) else self._elsewhere(url)  # a `tel:` URI has no host
        return elsewhere or rules.cleaned(url.username or "")

    def _elsewhere(self, url: Any) -> str | None:
        """The address on the internet a Request-URI names, None when it is us."""
        host = str(url.host or "").strip("[]").lower()
        ours = {self.settings.domain.lower()}
        ports: set[int] = set()
        """Of lines that listen on every address of this machine."""
        for listen in self.settings.listen:
            ours |= {listen.host.strip("[]"), listen.public.lower()}
            if listen.host in ("0.0.0.0", "::"):
                ports.add(listen.port)
        if host in ours or url.username is None or (ports and url.port in (None, *ports) and our_address(host)):
            return None
        return f"sip:{url.username}@{in_uri(host)}" + (f":{url.port}" if url.port else "")

    def _take(
        self,
        line: Line,
        request: Any,
        transaction: Any,
        offer: sdp.Description | None,
        invitation: Invitation,
        taken: Callable[[Leg], None] | None = None,
    ) -> Any:
        srtp, over_tls = self.settings.srtp_of(invitation.user, invitation.trunk), is_encrypted(request)
        agreed: sdp.Description | sdp.Refusal | None = offer
        if srtp == "off" and offer is not None and offer.key is not None:
            agreed = self._offer_in(request, False)
        elif srtp == "required" and not (over_tls if offer is None else offer.key or offer.peer):
            agreed = sdp.Refusal("whoever calls here must encrypt: SRTP with keys in the description, over TLS")
        if isinstance(agreed, sdp.Refusal):
            return not_taken(request, agreed), None, None
        offer = agreed
        leg = Leg(line, self.switch, incoming=True, contact_user="pbx")
        leg.encrypts = srtp == "required" if offer is None else offer.key is not None
        values = [str(field.body) for field in request.headers if field.name in ("session-expires", "x")]
        try:
            leg.terms = session_timer.for_answer(
                values[0] if values else None, "timer" in supported_by(request), self.settings.session_expires_s
            )
        except session_timer.TooShort:
            response = request.genResponse(422, "Session Interval Too Small")
            response.appendHeader(header("Min-SE", str(session_timer.LEAST_S)))
            return response, None, None
        if request.getSource(2)[1] in WEBSOCKETS:
            self.connections.follow(leg, invitation.user)
        request.delHFs("authorization")  # looked at; the stack would read it again, by other rules
        result = leg.take(request, transaction, offer)
        if taken is not None:
            taken(leg)
        if not leg.over:
            try:
                self.switch.call_arrived(leg, invitation)
            except Exception:
                leg.abort()
                raise
        return result

    # --- out ----------------------------------------------------------------------------------------------------------

    # A leg is made, labelled by whoever wants it, and only then rung: its first news may come at once.

    def device_leg(self, binding: Binding) -> Leg:
        """A leg for one device of a user, not rung yet."""
        leg = Leg(self._line_for(binding.way[0][0]), self.switch, incoming=False)
        leg.encrypts = self.settings.media_of(binding.user).srtp != "off" and binding.way[1] == "tls"
        if binding.transport in WEBSOCKETS:
            self.connections.follow(leg, binding.user)
        return leg

    def ring_device(
        self, leg: Leg, binding: Binding, description: str, *, caller: str, caller_name: str, max_forwards: int
    ) -> None:
        """Ring one device of a user."""
        leg.place(
            str(binding.user),
            [Hop(self._line_for(binding.way[0][0]), binding.way)],
            description,
            told=to_user(caller, caller_name),
            request_uri=binding.contact,
            path=binding.path,
            max_forwards=max_forwards,
        )

    def trunk_leg(self, trunk: TrunkPeers) -> Leg:
        """A leg through a trunk, not rung yet."""
        leg = Leg(self.lines[0], self.switch, incoming=False, contact_user=trunk.login or "pbx")
        leg.encrypts = trunk.srtp != "off" and trunk.transport == "tls"
        return leg

    def call_out(
        self,
        leg: Leg,
        trunk: TrunkPeers,
        number: str,
        describe: Describe,
        *,
        told: ToldCaller,
        max_forwards: int,
    ) -> None:
        """Call an outside number through a trunk, as `told`, at the first of the carrier's servers that is there (RFC 3263)."""
        transport = None if trunk.transport == "udp" else trunk.transport
        called = SipURL(username=number, host=in_uri(trunk.host), port=trunk.port, transport=transport)

        def found(hops: Sequence[Hop]) -> None:
            if not hops:
                log.warning("the operator's name %s leads nowhere: a call through it fails", trunk.host)
                leg.fail(503, cause_mapping.reason_header(Cause.REQUESTED_CHAN_UNAVAIL))
                return
            describe(
                hops[0].host,
                lambda description: leg.place(
                    number,
                    of_one_version(hops),
                    description,
                    told=told,
                    request_uri=called,
                    max_forwards=max_forwards,
                    username=trunk.login,
                    password=trunk.password,
                    to_host=in_uri(trunk.host),
                ),
            )

        self.operators.hops(trunk, found)

    def direct_leg(self) -> Leg:
        """A leg to an address on the internet (R-10.5), not rung yet."""
        return Leg(self.lines[0], self.switch, incoming=False)

    def call_direct(
        self, leg: Leg, uri: str, describe: Describe, *, caller: str, caller_name: str, max_forwards: int
    ) -> None:
        """Call an address on the internet. Private, loopback and link-local ones are barred unless `direct_allow` names their
        network: what is judged is where the INVITE goes, whatever the name says."""
        url = SipURL(uri)
        transport = None if url.transport is None else str(url.transport).lower()

        def found(targets: tuple[Target, ...]) -> None:
            allowed = [t for t in targets if may_reach(ip_address(t.host), self.settings.direct_allow)]
            hops = self.operators.ways(allowed, str(url.host))
            if targets and not allowed:
                log.warning("a direct call to %s is barred: name its network under `direct.allow`", targets[0].host)
                leg.fail(403, cause_mapping.reason_header(Cause.OUTGOING_CALL_BARRED))
            elif not hops:
                leg.fail(404, cause_mapping.reason_header(Cause.NO_ROUTE_DESTINATION))
            else:
                describe(
                    hops[0].host,
                    lambda description: leg.place(
                        url.username or "",
                        of_one_version(hops),
                        description,
                        told=to_user(caller, caller_name),
                        request_uri=uri,
                        max_forwards=max_forwards,
                    ),
                )

        self.names.find(str(url.host), url.port, _TRANSPORTS.get(transport or ""), found)

    def contacts(self, user: int) -> tuple[Binding, ...]:
        """The devices of a user that can be rung now."""
        found = self.registrar.bindings.of(user, time.monotonic())
        if self.settings.media_of(user).srtp != "required":
            return found
        safe = tuple(one for one in found if one.way[1] in ("tls", "wss"))
        if len(safe) < len(found):
            log.warning("user %s: phones that came without TLS are not rung, since srtp is required", user)
        return safe

    def manager_for(self, host: str) -> Any:
        """The transaction manager of the line that reaches a host."""
        return self._line_for(host).manager

    def _line_for(self, host: str) -> Line:
        six = ":" in host
        return next((line for line in self.lines if line.six == six), self.lines[0])

    def hop(self, target: Target, told: Callable[[bool], None] | None = None, name: str = "") -> Hop | None:
        """The way to a server; None when we have no address of its kind. `name` is what its certificate must prove."""
        line = next((line for line in self.lines if line.six == (":" in target.host)), None)
        if line is None:
            return None
        stream = line.manager.streams.get(target.transport)
        if stream is not None and name:
            stream.expect((target.host, target.port), name.strip("[]"))
        return Hop(line, ((in_uri(target.host), target.port), target.transport), told)

    # --- the end ------------------------------------------------------------------------------------------------------

    def dialogs(self) -> list[Any]:
        """Every dialog the stack holds, those that are ending included."""
        return [dialog for line in self.lines for dialog in line.manager.dialogs()]

    def sizes(self) -> dict[str, int]:
        """How much is held, summed over all lines, and how many exceptions the last safety net has caught."""
        total: dict[str, int] = {}
        for line in self.lines:
            for name, size in line.manager.sizes().items():
                total[name] = total.get(name, 0) + size
        return {**total, "caught": reports.total}

    @property
    def is_told(self) -> bool:
        """Whether all that was said has left, and each of our requests is answered."""
        return all(line.manager.is_told for line in self.lines)

    def leave_operators(self) -> None:
        """Take our registrations back, and end what phones watch."""
        self.operators.leave()
        self.lamps.close()

    def close(self) -> None:
        """Close every socket. Legs must have been ended before."""
        if self._closed:
            return
        self._closed = True
        if hasattr(self, "operators"):  # not when an address was taken and nothing has begun
            self.operators.leave()
            self.names.close()
        if self.qualifier is not None:
            self.qualifier.close()
        self.registrar.close()
        for line in self.lines:
            line.manager.shutdown()
