"""One SIP dialog: the stack's user agent, with every in-dialog request answered.

Decides how requests inside a dialog are answered: re-INVITE without an offer gets ours, UPDATE refreshes, REFER keeps the leg and
tells its owner, keys by INFO are read, everything unknown gets 405 or 501 instead of silence. An exception anywhere kills this
dialog only. Leaves what a leg means to `leg.py`. Sources: RFC 3261 sections 12 to 14, RFC 3311, 3515, 3891, 4028, 6086.
Imported in the loop's thread only.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final, Protocol

from sippy.CCEvents import CCEventDisconnect, CCEventTry
from sippy.SipAddress import SipAddress
from sippy.SipContact import SipContact
from sippy.SipHeader import SipHeader
from sippy.SipTransactionManager import TRYING
from sippy.SipURL import SipURL
from sippy.UA import UA

from live_bridge.sip import digest
from live_bridge.sip.dialog.dialog_states import Cancelling, Connected, Updating
from live_bridge.sip.dialog.our_messages import ACCEPT, ALLOW, INCOMPATIBLE, KNOWN_METHODS, Body, header, routes_of
from live_bridge.sip.dialog.sdp import Refusal
from live_bridge.sip.loop import the_loop
from live_bridge.sip.sippy_patches import reports

PARTING: Final = ("Disconnected", "Failed", "Cancelling(UAC)", "Dead")
"""Names of the stack's states in which a dialog ends by itself."""

OUR_OFFER_WAITS: Final = ("Trying(UAC)", "Ringing(UAC)", "Updating(UAC)")
"""Names of those in which an offer of ours has no answer yet."""

CHALLENGE_OF: Final = {401: "www-authenticate", 407: "proxy-authenticate"}
PROOF_FOR: Final = {401: "Authorization", 407: "Proxy-Authorization"}

GENERATED: Final = frozenset(
    ("via", "route", "max-forwards", "from", "to", "call-id", "cseq", "contact", "expires", "user-agent")
)
"""Fields that every request of a dialog gets from the dialog itself."""

STALE_AT_MOST: Final = 4
"""Challenges with `stale=true` answered in one dialog: a peer that calls every nonce stale is not asked for ever."""

DEAD_AFTER_S: Final = 8.0
"""How long an ended dialog still answers a late BYE."""


def _by_preference(contacts: Sequence[Any]) -> tuple[Any, ...]:
    """The addresses of Contact fields, those with the highest q first (RFC 3261 section 8.1.3.4)."""

    def preference(contact: Any) -> float:
        text = contact.address.getParam("q") or "1"
        return float(text) if _PREFERENCE.fullmatch(text) else 0.0

    return tuple(
        c.getUrl().getCopy() for c in sorted((c for c in contacts if not c.asterisk), key=preference, reverse=True)
    )


_PREFERENCE: Final = re.compile(r"[01](?:\.[0-9]{0,3})?")


class Owner(Protocol):
    """What a dialog tells besides events."""

    def refuses(self, request: Any) -> Refusal | None:
        """Why the body of a re-INVITE or an UPDATE cannot be taken; asked before anything else is done with the request."""

    def update_arrived(self, request: Any) -> str | None:
        """A re-INVITE without an offer, or an UPDATE: the session description to answer with."""

    def refer_arrived(self, request: Any) -> int:
        """A REFER: the status to answer with."""

    def reinvite_cancelled(self) -> None:
        """A re-INVITE that waits for its answer was taken back: the session goes on as it was."""

    def refreshed(self, request: Any) -> tuple[Any, ...]:
        """A request that refreshes the session (RFC 4028): header fields for its answer."""

    def heard(self, dialog: Any, status: int) -> None:
        """A response to an INVITE of ours came, whatever it says."""

    def broke(self) -> None:
        """An exception fell inside the dialog, which is dead now."""


class Dialog(UA):
    """A user agent that belongs to a leg."""

    UaStateConnected = Connected
    UasStateUpdating = Updating
    UacStateCancelling = Cancelling
    godead_timeout = DEAD_AFTER_S
    refreshing: tuple[Any, ...] = ()
    session_expires: str | None = None
    """Session-Expires of the last 2xx to an INVITE of ours."""
    redirects: tuple[Any, ...] = ()
    """Addresses that the far end sends our INVITE to (3xx), best first."""
    early_tag: str | None = None
    """The tag of the party we call, before they have picked up."""
    stale_left = STALE_AT_MOST
    accepted: int | None = None
    """CSeq of the last INVITE of the far end that we answered with a 2xx."""
    lSDP: Any  # noqa: N815 (the stack's name)
    source = ""
    """The host that the last message came from."""
    brought: tuple[str, int] | None = None
    """Address and port that a front named as those of the last message it brought."""
    branch: str | None
    dead_cbs: tuple[Any, ...]

    def __init__(self, owner: Owner, global_config: dict[str, Any], contact_user: str, **options: Any) -> None:
        super().__init__(global_config, **options)
        self.owner = owner
        self.lContact = SipContact(address=SipAddress(url=SipURL(username=contact_user)))

    def recvRequest(self, req: Any, sip_t: Any) -> Any:  # noqa: N802 (the stack's name)
        """A request of this dialog. What no state has an answer to is answered here."""
        method = req.getMethod()
        self._note_source(req)
        fresh = self.state is None
        try:
            if not fresh and method in ("INVITE", "UPDATE"):
                refusal = self.owner.refuses(req)
                if refusal is not None:
                    return (self._refused(req, refusal), None, None)
                if req.countHFs("contact") and (not self.routes or self.routes[0].getUrl().lr):
                    # The far end may have moved (RFC 3261 section 12.2.2); the stock stack does not follow.
                    self.rTarget = req.getHFBody("contact").getUrl().getCopy()
                    if not self.routes:
                        self.rAddr = self.rTarget.getTAddr()
            result = super().recvRequest(req, sip_t)
        except Exception:
            self.owner.broke()
            raise
        if result is not None and not fresh and method == "INVITE":
            response, cancelled, _ = result
            return (response, cancelled, lambda: self._unacknowledged(req))
        if result is not None or fresh or method == "ACK":
            return result
        if sip_t.tid is None or sip_t.state is not TRYING or sip_t.data is not None:
            return result
        return (self._refusal(req, method), None, None)

    def _unacknowledged(self, req: Any) -> None:
        """No ACK came to our answer to a re-INVITE. After a 2xx the call ends (RFC 3261 section 14.2); a refusal changed nothing,
        so nothing is to be ended."""
        if self.accepted == req.getHFBody("cseq").getCSeqNum():
            self.disconnect()

    def sendUasResponse(self, scode: int, *rest: Any, **options: Any) -> None:  # noqa: N802 (the stack's name)
        """An answer to an INVITE of the far end."""
        if 200 <= scode < 300:
            self.accepted = self.uasResp.getHFBody("cseq").getCSeqNum()
        super().sendUasResponse(scode, *rest, **options)

    def _refused(self, req: Any, refusal: Refusal) -> Any:
        """The answer to a body that cannot be taken: the session goes on as it was (RFC 3261 section 14.2)."""
        response = req.genResponse(refusal.status, refusal.phrase, server=self.local_ua)
        if refusal.status == 415:
            response.appendHeader(header("Accept", ACCEPT))
        else:
            response.appendHeader(header("Warning", INCOMPATIBLE))
        return response

    def _refusal(self, req: Any, method: str) -> Any:
        if method == "INVITE":  # a second one before the first is answered (RFC 3261 section 14.2)
            response = req.genResponse(500, "Server Internal Error", server=self.local_ua)
            response.appendHeader(header("Retry-After", "3"))
            return response
        if method == "UPDATE":
            return self._updated_early(req)
        if method in ("NOTIFY", "SUBSCRIBE"):
            return req.genResponse(489, "Bad Event", server=self.local_ua)
        if method == "PRACK":
            return req.genResponse(481, "Call/Transaction Does Not Exist", server=self.local_ua)
        code, reason = (405, "Method Not Allowed") if method in KNOWN_METHODS else (501, "Not Implemented")
        response = req.genResponse(code, reason, server=self.local_ua)
        response.appendHeader(header("Allow", ALLOW))
        return response

    def _updated_early(self, req: Any) -> Any:
        """The answer to an UPDATE outside the established dialog (RFC 3311 section 5.2): one without an offer refreshes; an offer
        is taken when the caller has our description already, and has to wait while another offer is under way."""
        body = req.getBody()
        if body is None:
            return req.genResponse(200, "OK", server=self.local_ua)
        if self.state is not None and self.state.sname in OUR_OFFER_WAITS:
            return req.genResponse(491, "Request Pending", server=self.local_ua)
        if self.state is None or self.state.sname != "Ringing(UAS)" or self.lSDP is None:
            response = req.genResponse(500, "Server Internal Error", server=self.local_ua)
            response.appendHeader(header("Retry-After", str(secrets.randbelow(11))))
            return response
        text = self.owner.update_arrived(req)
        if text is None:
            return self._refused(req, Refusal("no answer to an early offer"))
        self.rSDP, self.lSDP = body, Body(text)
        response = req.genResponse(200, "OK", self.lSDP, server=self.local_ua)
        response.appendHeader(SipHeader(name="contact", body=self.lContact))
        return response

    def recvResponse(self, resp: Any, tr: Any) -> Any:  # noqa: N802 (the stack's name)
        """A response to one of our INVITEs."""
        self._note_source(resp)
        try:
            self.owner.heard(self, resp.getSCode()[0])
            if 300 <= resp.getSCode()[0] < 400:
                self.redirects = _by_preference(resp.getHFBodys("contact"))
            if resp.getSCode()[0] < 200:
                self.early_tag = resp.getHFBody("to").getTag() or self.early_tag
            if 200 <= resp.getSCode()[0] < 300:
                found = [str(field.body) for field in resp.headers if field.name in ("session-expires", "x")]
                self.session_expires = found[0] if found else None
            return super().recvResponse(resp, tr)
        except Exception:
            self.owner.broke()
            raise

    def disconnect(self, rtime: Any = None, origin: Any = None) -> None:
        """Nobody acknowledged our 200 (RFC 3261 section 13.3.1.4)."""
        try:
            super().disconnect(rtime, origin)
        except Exception:
            reports.report("giving up an answer nobody acknowledged failed")
            self.owner.broke()

    def recvACK(self, req: Any) -> Any:  # noqa: N802 (the stack's name)
        """The ACK of a 2xx that carried our offer."""
        try:
            return super().recvACK(req)
        except Exception:
            reports.report("taking in an ACK failed")
            self.owner.broke()

    def processChallenge(  # noqa: N802 (the stack's name)
        self, resp: Any, cseq: Any, ch_hfname: str, auth_hfname: str, extra_headers: Any
    ) -> bool:
        """Send an INVITE of ours again with the answer to a challenge, after the ACK of that, which goes out when this step is
        over: some operators take it first or not at all. Whether that is done."""
        asked = self.reqs[cseq]
        again = self._proved(asked, resp)
        if again is None:
            return False
        del self.reqs[cseq]
        the_loop().post(self._send_again, again, extra_headers)
        return True

    def _send_again(self, invite: Any, extra_headers: Any) -> None:
        if self.state is None or self.state.sname not in OUR_OFFER_WAITS:
            return  # given up in the same moment
        try:
            self.newUacTransaction(invite, req_extra_headers=extra_headers)
        except Exception:
            reports.report("answering a challenge failed")
            self.owner.broke()

    def newTransaction(self, req: Any, req_extra_headers: Any = None, **options: Any) -> Any:  # noqa: N802 (the stack's name)
        """Send a request. One that nobody else waits for is sent again should it be challenged: some operators challenge BYE."""
        if req.getMethod() != "INVITE" and self.username is not None and "resp_cb" not in options:
            options["resp_cb"] = lambda response: self._challenged(req, response)
        return super().newTransaction(req, req_extra_headers=req_extra_headers, **options)

    def _challenged(self, req: Any, response: Any) -> None:
        if response.getSCode()[0] in (401, 407):
            again = self._proved(req, response)
            if again is not None:
                self.newTransaction(again)

    def _proved(self, asked: Any, response: Any) -> Any:
        """A request of ours once more, with the answer to its challenge; None if there is none, or if it was answered before
        and the challenge does not say that only its nonce was too old (RFC 7616 section 3.3)."""
        if self.username is None or self.password is None:
            return None
        status = response.getSCode()[0]
        proof_name = PROOF_FOR[status]
        proved = asked.countHFs(proof_name.lower()) != 0
        body, method = asked.getBody(), asked.getMethod()
        for field in response.getHFs(CHALLENGE_OF[status]):
            challenge = str(field.body)
            if proved and not (digest.is_stale(challenge) and self.stale_left > 0):
                continue
            uri = str(asked.getRURI())
            proof = digest.answer(
                challenge, self.username, self.password, method, uri, "" if body is None else str(body)
            )
            if proof is None:
                continue
            self.stale_left -= proved
            others = [field for field in asked.headers if field.name not in (*GENERATED, proof_name.lower())]
            forwards = asked.getHFBody("max-forwards").getNum()
            return self.genRequest(
                method, body, extra_headers=[*others, header(proof_name, proof)], max_forwards=forwards
            )
        return None

    @property
    def parting(self) -> bool:
        """Whether it is over, or ends by itself within minutes."""
        return self.state is not None and self.state.sname in PARTING

    def part(self) -> None:
        """Say good-bye to the far end, whatever state this is in."""
        self.end(CCEventDisconnect())

    def end(self, last: Any) -> None:
        """Part from the far end by `last`, whatever state this is in. What cannot part in good order is let go of at once."""
        if self.isDead():
            return
        try:
            self.recvEvent(last)
        except Exception:
            reports.report("ending a dialog failed")
        if not self.parting:
            self.kill()

    def _note_source(self, message: Any) -> None:
        source = getattr(message, "source", None)  # a timeout is a response that came from nowhere
        if source is not None:
            self.source = str(message.getSource()[0]).strip("[]")
            if getattr(message, "front", None) is not None:
                self.brought = message.getSource()

    def isYours(self, req: Any = None, call_id: Any = None, from_tag: Any = None, to_tag: Any = None) -> Any:  # noqa: N802
        """Whether a request belongs here. The stock test refuses requests of an early dialog for their Via branch, and knows the
        tag of the party we call only when they have picked up."""
        if req is not None and req.getHFBody("to").getTag() is not None:
            branch, self.branch = self.branch, None
            early = self.rUri is not None and self.rUri.getTag() is None and req.getMethod() != "BYE"
            try:
                if early:
                    self.rUri.setTag(req.getHFBody("from").getTag())
                return super().isYours(req)
            finally:
                self.branch = branch
                if early:
                    self.rUri.delTag()
        return super().isYours(req, call_id, from_tag, to_tag)

    def kill(self) -> None:
        """No further event, no further answer; nothing is sent. Safe to call twice."""
        if self.isDead():
            return
        self.event_cb = None
        try:
            self.changeState((self.UaStateDead,))
        except Exception:
            reports.report("leaving a dialog's state failed")
            self.state = self.UaStateDead(self)


class TryTo(CCEventTry):
    """An INVITE to a registered contact or an operator: Request-URI, From and To as wanted."""

    request_uri: Any = None
    """Text or SipURL; else the number at the address it goes to."""
    path: Sequence[str] = ()
    """Route of the INVITE, nearest first (RFC 3327)."""
    domain: str | None = None
    """Host of From."""
    to_host: str | None = None
    """Host of To; that of From when a Request-URI is given, else that of the address."""

    def onUacSetupComplete(self, uac: Any) -> None:  # noqa: N802 (the stack's name)
        """Called by the stack when the dialog's addresses stand and before the INVITE goes out."""
        if self.request_uri is not None:
            uac.rTarget = SipURL(self.request_uri) if isinstance(self.request_uri, str) else self.request_uri.getCopy()
            uac.rTarget.headers = None
        uac.routes = routes_of(self.path)
        if self.domain is not None:
            uac.lUri.getUrl().host = self.domain
            if self.to_host is not None or self.request_uri is not None:
                uac.rUri.getUrl().host = self.to_host or self.domain
