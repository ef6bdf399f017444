"""One leg: what the driver asks of a SIP dialog, and what it hears from one.

Decides how a leg's few verbs (ring, answer, refuse, hang up, hold) become SIP whatever state the dialog is in, and that
a leg tells its end exactly once: there is one door out, `_end`, and everything that can end a leg goes through it, so the far
end gets its BYE and the listener its ending whatever happens on the way. Leaves dialogs to `dialog.py`, what to call to
`endpoint.py`, media to the driver. Imported in the loop's thread only.

A leg may have several servers to try: `failover.py` says which, and the listener hears of the last one only.

States: `new`, `early` (tried or ringing), `up`, `over`. A 200 that crosses our CANCEL is acknowledged and hung up by the dialog
itself (RFC 3261 section 9.1); the leg was over for us when we cancelled.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

from sippy.CCEvents import (
    CCEventConnect,
    CCEventDisconnect,
    CCEventFail,
    CCEventInfo,
    CCEventPreConnect,
    CCEventRedirect,
    CCEventRing,
    CCEventTry,
    CCEventUpdate,
)
from sippy.SipReason import SipReason
from sippy.SipTransactionManager import RINGING

from engine.contract.causes import Cause
from live_bridge.sip.dialog import cause_mapping, sdp, session_timer
from live_bridge.sip.dialog.dialog import Dialog, TryTo
from live_bridge.sip.dialog.failover import Failover, Hop
from live_bridge.sip.dialog.far_end import Asked, FarEnd
from live_bridge.sip.dialog.glare import Glare
from live_bridge.sip.dialog.line import Identity, Listener
from live_bridge.sip.dialog.message_parts import description_in, key_of, replaced, supported_by
from live_bridge.sip.dialog.our_messages import ALLOW, INCOMPATIBLE, SUPPORTED, Body, header, session_headers
from live_bridge.sip.dialog.presented_caller import ToldCaller
from live_bridge.sip.loop import Timer
from live_bridge.sip.sippy_patches import reports

log = logging.getLogger(__name__)


class Leg(FarEnd):
    """One party's side of a call."""

    def __init__(self, line: Identity, listener: Listener[Leg], *, incoming: bool, contact_user: str = "pbx") -> None:
        self.listener = listener
        self.incoming = incoming
        self.remote: sdp.Description | None = None
        """Where the far end listens, as it said last."""
        self.contact = contact_user
        self.terms: session_timer.Terms | None = None
        """Who refreshes the session and how often; set before the answer of an incoming leg."""
        self._timer: Timer | None = None
        self._described: str | None = None
        self._line = line
        super().__init__()
        self._awaits_answer = False
        """Whether our 200 carried the offer (RFC 3264 section 5): the answer is in the ACK, or there is nothing to be heard."""
        self._ending = False
        """Whether the end is being told just now."""
        self.asked: Asked | None = None
        """The re-INVITE of the far end that waits for our answer."""
        self._failover: Failover | None = None
        self._glare = Glare()

    # --- beginning ----------------------------------------------------------------------------------------------------

    def take(self, request: Any, transaction: Any, description: sdp.Description | None) -> Any:
        """An INVITE of a caller, whose offer has been read, becomes this leg. The result goes to the transaction manager."""
        self.remote = description
        self._dialog = Dialog(
            self, self._line.global_config, self.contact, event_cb=self._event, dead_cbs=(self._dead,)
        )
        return self._dialog.recvRequest(request, transaction)

    def place(
        self,
        to: str,
        hops: Sequence[Hop],
        description: str | None,
        *,
        told: ToldCaller,
        request_uri: Any = None,
        path: Sequence[str] = (),
        max_forwards: int = 70,
        username: str = "",
        password: str = "",
        to_host: str | None = None,
    ) -> None:
        """Send an INVITE to `to`, with our offer, to the first of `hops`; the others are tried when it is not there. `told` is
        the caller, `to_host` the host of To, ours when not given; `path` the proxies that must be passed, nearest first."""
        if self.state == "over":
            return
        self.state = "early"
        self._described = description

        def invite(hop: Hop) -> None:
            where, transport = hop.address
            self._line = hop.line
            self._dialog = Dialog(
                self,
                hop.line.global_config,
                self.contact,
                event_cb=self._event,
                dead_cbs=(self._dead,),
                nh_address=where,
                nh_transport=transport,
                username=username or None,
                password=password or None,
            )
            body = None if description is None else Body(description)
            trial = TryTo((None, told.user, to, body, None, told.name))
            trial.request_uri, trial.path = request_uri, path
            trial.domain = told.domain or hop.line.domain
            trial.to_host = to_host
            trial.max_forwards = max_forwards
            trial.extra_headers = tuple(header(name, value) for name, value in told.fields)
            self._tell(trial)

        self._failover = Failover(self._line.loop, hops, invite, self._leave)
        self._failover.next()

    def fail(self, status: int, reason: str | None) -> None:
        """There is nobody to send an INVITE to; the listener hears it as if the far end had refused."""
        if not self.incoming:
            self._end(None, self._failed(status, reason))

    def _leave(self) -> None:
        """The server says nothing at all: a late answer of it is acknowledged and hung up."""
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.end(CCEventDisconnect())

    # --- asking -------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """`new`, `early`, `up` or `over`."""
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        self._state = state
        if state == "over":
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._failover is not None:
                self._failover.end()
            for between in (self.gateway, self.relay):
                if between is not None:
                    between.delete()

    @property
    def over(self) -> bool:
        """Whether the far end is gone, or as good as gone."""
        return self.state == "over"

    @property
    def gone(self) -> bool:
        """Whether there is no dialog any more, nor one to come: an auditor's question."""
        begun = self.state != "new" and (self._dialog is None or self._dialog.isDead())
        return self.state == "over" or begun

    def lost(self) -> None:
        """The far end is gone without a word: the leg ends, and the listener hears it."""
        self._end(self._farewell(None), self._gone(408, None, Cause.NO_USER_RESPONSE))

    def ring(self, description: str | None = None) -> None:
        """Let the caller hear ringing: 180, or 183 with early media if there is a description."""
        if not self.incoming or self.state != "early":
            return
        if description is None:
            self._tell(CCEventRing((180, "Ringing", None)))
        else:
            self._tell(CCEventRing((183, "Session Progress", Body(description))))

    def answer(self, description: str) -> None:
        """Pick up the caller's leg with 200 and our session description, an offer if the INVITE had none."""
        if not self.incoming or self.state != "early":
            return
        self.state = "up"
        self._described = description
        self._awaits_answer = self.remote is None
        kind = CCEventPreConnect if self._awaits_answer else CCEventConnect
        event = kind((200, "OK", Body(description)))
        event.extra_headers = (header("Allow", ALLOW), header("Supported", SUPPORTED), *session_headers(self.terms))
        self._tell(event)
        self._watch()

    def refuse(self, status: int, phrase: str, reason: str | None = None, retry_after_s: int | None = None) -> None:
        """Refuse the caller's leg before the answer; any other is hung up. The leg is over; the listener hears nothing more."""
        if not self.incoming or self.state != "early":
            self.hang_up(reason)
            return
        event = CCEventFail((status, phrase))
        if reason is not None:
            event.reason_rfc3326 = SipReason(reason)
        if retry_after_s is not None:
            event.extra_headers = (header("Retry-After", str(retry_after_s)),)
        self._end(event)

    def hang_up(self, reason: str | None = None) -> None:
        """End the leg: BYE when it is up, CANCEL while it rings. The leg is over; the listener hears nothing more. A far end that
        waits for what comes of its REFER hears first that it was done."""
        if self.state != "over":
            if self.transferring:
                self.notify(200, "OK", final=True)
            self._end(self._farewell(reason))

    def offer(self, description: str) -> None:
        """Send a re-INVITE with a new session description; `leg_connected` follows if it is taken."""
        if self.state == "up":
            self._described = description
            event = CCEventUpdate(Body(description))
            if self.terms is not None:
                event.extra_headers = (
                    header("Supported", SUPPORTED),
                    header("Session-Expires", session_timer.header_value(self.terms, answering=False)),
                )
            self._tell(event)

    def _offer_again(self) -> bool:
        """Our re-INVITE met one of the far end (491): it is sent again in a moment, when theirs is over. False if it is not."""
        wait_s, offered = self._glare.wait_s(self.incoming), self._described
        if wait_s is None or offered is None:
            return False
        self._line.loop.later(wait_s, lambda: self.offer(offered) if self._described == offered else None)
        return True

    def answer_offer(self, description: str | None) -> None:
        """Answer the far end's re-INVITE; None refuses it, and the call goes on as it was. Nothing, if none waits any more."""
        asked, self.asked = self.asked, None
        if self.state != "up" or asked is None:
            return
        if description is None:
            self.remote = asked.before or self.remote
            refusal = CCEventFail((488, "Not Acceptable Here"))
            refusal.extra_headers = (header("Warning", INCOMPATIBLE),)
            self._tell(refusal)
            return
        self._described = description
        reply = CCEventConnect((200, "OK", Body(description)))
        reply.extra_headers = self._dialog.refreshing if self._dialog is not None else ()
        self._tell(reply)

    def abort(self) -> None:
        """Something of ours broke: end the leg as well as may be, without a word to the listener."""
        if self.incoming and self.state == "early":
            self._end(CCEventFail((500, "Server Internal Error")))
        elif self.state != "over":
            self._end(self._farewell(None))

    # --- the one door -------------------------------------------------------------------------------------------------

    def _end(self, last: Any = None, ending: Callable[[], None] | None = None) -> None:
        """The leg is over, by whatever it was. `last` is what the dialog is told, None when the far end knows; `ending` tells the
        listener, None when it was the listener who asked. Neither can keep the other from happening; a second end is none."""
        if self.state == "over":
            return
        self._ending = True
        try:
            self.state = "over"
            if last is not None and self._dialog is not None:
                self._dialog.end(last)
            if ending is not None:
                ending()
        except Exception:
            reports.report("telling of a leg's end failed")
        finally:
            self._ending = False
            if self._dialog is None:
                self.label = None

    def _farewell(self, reason: str | None) -> Any:
        """What ends a dialog in its present state: BYE, CANCEL, or a refusal."""
        if self.incoming and self.state == "early":
            event = CCEventFail(
                (cause_mapping.CLEARED_BEFORE_ANSWER, cause_mapping.REASONS[cause_mapping.CLEARED_BEFORE_ANSWER])
            )
        else:
            event = CCEventDisconnect()
        if reason is None:
            return event
        event.reason_rfc3326 = SipReason(reason)
        transaction = None if self._dialog is None or self.incoming else self._dialog.tr
        if self.state == "early" and transaction is not None and transaction.state is not RINGING:
            # The stack forgets the Reason of a CANCEL that has to wait for the first response.
            if transaction.cancel is not None:
                transaction.cancel.appendHeader(header("Reason", reason))
        return event

    def _failed(self, status: int, reason: str | None) -> Callable[[], None]:
        return lambda: self.listener.leg_failed(self, status, reason)

    def _gone(self, status: int, reason: str | None, cause: Cause) -> Callable[[], None]:
        """How the listener hears of an end it did not ask for: a leg that only rang failed, any other hung up."""
        if self.state in ("new", "early") and not self.incoming:
            return self._failed(status, reason)
        return lambda: self.listener.leg_hung_up(self, cause)

    def broke(self) -> None:
        """An exception fell in the dialog or in the listener: this leg ends, and its listener hears of it."""
        if self.state == "over" and self._dialog is not None:
            self._dialog.kill()
        last = (
            CCEventFail((500, "Server Internal Error"))
            if self.incoming and self.state == "early"
            else self._farewell(None)
        )
        self._end(last, self._gone(500, None, Cause.REQUESTED_CHAN_UNAVAIL))

    def _unusable(self, refusal: sdp.Refusal) -> None:
        """The far end answered our offer with what cannot be used: nobody would hear anything."""
        log.info("an answer cannot be used, the leg ends: %s", refusal.why)
        reason = cause_mapping.reason_header(Cause.REQUESTED_CHAN_UNAVAIL)
        # The stack acknowledges a 2xx when this step is over; BYE follows the ACK.
        dialog, farewell = self._dialog, self._farewell(reason)
        self._end(None, self._gone(502, reason, Cause.REQUESTED_CHAN_UNAVAIL))
        if dialog is not None:
            self._line.loop.post(dialog.end, farewell)

    # --- hearing ------------------------------------------------------------------------------------------------------

    def _tell(self, event: Any) -> None:
        if self._dialog is None or self._dialog.isDead():
            return
        try:
            self._dialog.recvEvent(event)
        except Exception:
            reports.report("a leg's dialog broke")
            self.broke()

    def _event(self, event: Any, dialog: Any) -> None:
        """What the stack reports. Whatever goes wrong above ends this leg and nothing else (defect 6)."""
        if self.state == "over" or dialog is not self._dialog:
            return
        try:
            self._take(event)
        except Exception:
            reports.report("taking in a leg's event failed")
            self.broke()

    def _take(self, event: Any) -> None:
        data = event.getData()
        reason = None if event.reason_rfc3326 is None else str(event.reason_rfc3326)
        if isinstance(event, CCEventTry):
            self.state = "early"
        elif isinstance(event, CCEventRing):
            status, _, body = data
            self._describe(body)
            if status > 100:
                self.listener.leg_ringing(self, status)
        elif isinstance(event, CCEventPreConnect | CCEventConnect):
            self._connected(*data)
        elif isinstance(event, CCEventUpdate):
            self.asked = Asked(self.remote)
            refusal = self._describe(data)
            answer = None if refusal is not None else self.listener.leg_offered(self)
            if not isinstance(answer, sdp.Later):
                self.answer_offer(answer)
        elif isinstance(event, CCEventInfo):
            digit = key_of(data)
            if digit is not None:
                self.listener.leg_pressed(self, digit)
        elif isinstance(event, CCEventFail | CCEventRedirect):
            if self.state == "up":  # a re-INVITE of ours was refused; the call goes on as it was
                if not (data and int(data[0]) == 491 and self._offer_again()):
                    self._watch()
                    self.listener.leg_kept(self)
                return
            status = int(data[0]) if data else 500
            if self._failover is not None and self.state == "early" and self._failover.refused(status):
                return
            self._end(None, self._failed(status, reason))
        elif isinstance(event, CCEventDisconnect):
            cause = Cause.ORIGINATOR_CANCEL if self.state == "early" else cause_mapping.cause_of_bye(reason)
            self._end(None, self._gone(480, reason, cause))

    def _connected(self, status: int | str, _phrase: str, body: Any) -> None:
        """A 2xx to an INVITE of ours, or the ACK of one whose 200 carried our offer."""
        self._glare.count = 0
        found = description_in(body, self._line.media_six, self.encrypts)
        if isinstance(found, sdp.Description):
            self.remote = found
        if self.state == "early" and not self.incoming:
            if isinstance(found, sdp.Refusal):
                self._unusable(found)
                return
            self.state = "up"
            said = None if self._dialog is None else self._dialog.session_expires
            self.terms = session_timer.for_call(said, self._line.session_expires_s)
            self._watch()
            self.listener.leg_answered(self)
        elif self._awaits_answer:
            self._awaits_answer = False
            if not isinstance(found, sdp.Description):
                self._unusable(found or sdp.Refusal("no answer to our offer"))
                return
            self._watch()
            self.listener.leg_connected(self)
        else:
            self._watch()
            if isinstance(found, sdp.Description):
                self.listener.leg_connected(self)
            elif status != "ACK":  # no answer that can be used to a re-INVITE of ours: all stays as it was
                self.listener.leg_kept(self)

    def _describe(self, body: Any) -> sdp.Refusal | None:
        """Take in what a message says of where the far end listens; the refusal of what cannot be used, which changes nothing."""
        found = description_in(body, self._line.media_six, self.encrypts)
        if isinstance(found, sdp.Description):
            self.remote = found
        return found if isinstance(found, sdp.Refusal) else None

    def _dead(self, dialog: Any) -> None:
        """The stack let go of the dialog. If nothing was said of its end, it is said now."""
        if dialog is not self._dialog:
            return
        self._dialog = None  # dialog, leg and call let go of each other: no cycle waits for the garbage collector
        cause = Cause.ORIGINATOR_CANCEL if self.state == "early" else Cause.NORMAL_CLEARING
        self._end(None, self._gone(480, None, cause))
        if not self._ending:
            self.label = None

    # --- what the dialog asks -----------------------------------------------------------------------------------------

    def heard(self, dialog: Any, status: int) -> None:
        """See `dialog.Owner`."""
        if dialog is self._dialog and self._failover is not None:
            self._failover.heard(status)

    def refuses(self, request: Any) -> sdp.Refusal | None:
        """See `dialog.Owner`."""
        found = description_in(request.getBody(), self._line.media_six, self.encrypts)
        return found if isinstance(found, sdp.Refusal) else None

    def update_arrived(self, request: Any) -> str | None:
        """See `dialog.Owner`."""
        before = self.remote
        self._describe(request.getBody())
        answer = self.listener.leg_offered(self)
        if answer is None or isinstance(answer, sdp.Later):  # an UPDATE must be answered at once (RFC 3311 section 5.2)
            self.remote = before
            return None
        self._described = answer
        return answer

    def refer_arrived(self, request: Any) -> int:
        """See `dialog.Owner`."""
        if request.countHFs("refer-to") != 1:
            return 400
        url = request.getHFBody("refer-to").getUrl()
        replaces = replaced((url.headers or {}).get("Replaces"))
        return 202 if self.listener.leg_referred(self, url.username or "", replaces) else 403

    def reinvite_cancelled(self) -> None:
        """See `dialog.Owner`."""
        asked, self.asked = self.asked, None
        if asked is not None:
            self.remote = asked.before or self.remote

    def refreshed(self, request: Any) -> tuple[Any, ...]:
        """See `dialog.Owner`."""
        found = [str(field.body) for field in request.headers if field.name in ("session-expires", "x")]
        if found and self.terms is not None:
            knows = "timer" in supported_by(request)
            with contextlib.suppress(session_timer.TooShort):
                self.terms = session_timer.for_answer(found[0], knows, self._line.session_expires_s)
        self._watch()
        return session_headers(self.terms)

    # --- the session timer --------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Begin a new interval."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.terms is not None and self.state == "up":
            self._timer = self._line.loop.later(self.terms.act_after_s, self._interval_over)

    def _interval_over(self) -> None:
        self._timer = None
        if self.state != "up" or self.terms is None:
            return
        if self.terms.refresher == "us":
            if self._described is not None:
                self.offer(self._described)
            self._watch()
            return
        self._end(self._farewell(None), self._gone(408, None, Cause.NO_USER_RESPONSE))
