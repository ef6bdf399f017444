"""Around one engine: what phones, operators and clocks do becomes events, in order; what it says is written down, then done.

Decides the order of things: one event at a time to completion, its journal record before its effect, results of commands
queued behind it, deadlines on one timer. An exception while an event is taken in ends that event's call and no other.
Leaves the doing to `command_executor.py`, threads to `driver.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.draws import seed_of
from engine.contract.errors import DriverError
from engine.contract.ids import CallId, Instant, LegId
from live_bridge.calls import command_executor, webrtc_legs
from live_bridge.calls.auditor import Auditor
from live_bridge.calls.call_state import LiveCall, OutboundLeg, open_session
from live_bridge.calls.clock import Clock
from live_bridge.calls.engine_port import AnyEngine, Journal, Said, call_of, shown
from live_bridge.calls.media_player import PromptLength
from live_bridge.calls.new_offers import NewOffers
from live_bridge.calls.passed_keys import PassedKeys
from live_bridge.calls.referrals import Referrals
from live_bridge.media.session import Address, Codec, Media, Side
from live_bridge.sip.dialog import cause_mapping, sdp
from live_bridge.sip.dialog.message_parts import Replaces
from live_bridge.sip.registrar.bindings import Change
from live_bridge.sip.settings import SipSettings

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.endpoint import Endpoint
    from live_bridge.sip.loop import Loop, Timer
    from live_bridge.sip.registrar.bindings import Binding
    from live_bridge.sip.switch import Invitation

log = logging.getLogger(__name__)

DrawSeed = Callable[["Invitation"], int]
"""Where the entropy of a call comes from: chance, or a rehearsal's plan."""

EVENTS_IN_A_ROW = 10_000
"""Events one arrival may lead to before we stop and say so: an engine and a driver that answer each other for ever."""


class CallController:
    """The live world of one tenant. Implements `sip.endpoint.Switch`."""

    def __init__(
        self,
        loop: Loop,
        engine: AnyEngine,
        media: Media,
        settings: SipSettings,
        *,
        clock: Clock,
        journal: Journal,
        said: Said,
        ask: command_executor.Ask,
        send: command_executor.Send,
        prompt_length: PromptLength | None,
        rebuild: Callable[[], AnyEngine] | None = None,
        language: str = "en",
        draw_seed: DrawSeed | None = None,
    ) -> None:
        from live_bridge.sip.endpoint import Endpoint  # the loop's thread, where sippy may be imported

        self.engine = engine
        self.clock = clock
        self.faults = 0
        """Events that could not be taken in."""
        self.before_last_calls: Callable[[], None] | None = None
        """Called when all calls are to end: ends what is no call yet."""
        self.on_idle: Callable[[], None] | None = None
        """Called when the last call is gone."""
        self._loop = loop
        self._media = media
        self._journal = journal
        self._said = said
        self._rebuild = rebuild
        self._draw_seed = draw_seed
        self._inbox: deque[ev.Event] = deque()
        self._busy = False
        self._timer: Timer | None = None
        self._due: Instant | None = None
        self._closed = False
        self.endpoint: Endpoint = Endpoint(loop, settings, self)
        self.executor = command_executor.CommandExecutor(
            loop,
            self.endpoint,
            media,
            self.feed,
            ask=ask,
            send=send,
            clock=clock,
            prompt_length=prompt_length or (lambda call, prompt: self.engine.prompt_length(call, prompt)),
            language=language,
        )
        self.auditor = Auditor(self, loop, media)
        self._referrals = Referrals(loop, self.executor.calls, self.feed)
        self._passed_keys = PassedKeys(media, loop)
        self._new_offers = NewOffers(media, self.executor, self.feed)
        self.endpoint.start()

    # --- the loop around the engine -----------------------------------------------------------------------------------

    def feed(self, *events: ev.Event) -> None:
        """Take events in, now or as soon as those before them are done; nothing comes between several."""
        if self._closed:
            return
        self._inbox.extend(events)
        if not self._busy:
            self._run()

    def _run(self) -> None:
        self._busy = True
        taken = 0
        try:
            while self._inbox:
                self._step(self._inbox.popleft())
                taken += 1
                if taken > EVENTS_IN_A_ROW:
                    log.critical("engine and driver answer each other without end; the rest of the queue is dropped")
                    self._inbox.clear()
        finally:
            self._busy = False
        self._arm()
        if self.on_idle is not None and not self.executor.calls:
            self.on_idle()

    def _step(self, event: ev.Event) -> None:
        if isinstance(event, ev.DigitPressed) and not self._is_collected(event):
            return
        at = self.clock.now()
        try:
            said = self.engine.handle(at, event)
        except DriverError as fault:
            self.faults += 1
            log.error("the engine refused %s: %s", shown(event), fault)
            return
        except Exception:
            self.faults += 1
            log.exception("the engine broke at %s", shown(event))
            self._recover(event)
            return
        if not isinstance(event, ev.Advance):
            self._journal(at, event)
        if said:
            self._said(said)
        full = {m.call for _, m in said if isinstance(m, note.CallEnded) and m.rule == "R-04.8"}
        for _, message in said:
            if isinstance(message, note.Note):
                self.endpoint.lamps.take(message)
            if isinstance(message, cmd.Command):
                self.executor.carry_out(message, trunk_full=isinstance(message, cmd.EndCall) and message.call in full)
            elif isinstance(message, note.CallEnded):
                self._after_release(message.call)

    def _is_collected(self, event: ev.DigitPressed) -> bool:
        """Whether the flow asks for a key now, once what is overdue has fired. A key it does not ask for, as one of a card number
        told to whoever is talked with, goes no further: it is in no journal, no history and no log."""
        due = self.engine.next_deadline()
        if due is not None and due <= self.clock.now():
            self._step(ev.Advance())
        return self.engine.collects(event)

    def _after_release(self, name: CallId) -> None:
        """A call whose caller was released ends without an EndCall: there is no caller's leg to end."""
        call = self.executor.calls.get(name)
        if call is not None and call.released and not call.over:
            self.executor.caller_gone(call)

    def _recover(self, event: ev.Event) -> None:
        """An invariant of the engine fell: go on with one rebuilt from the journal, in which this event does not stand."""
        if self._rebuild is not None:
            self.engine = self._rebuild()
        name = call_of(event)
        call = self.executor.calls.get(name) if name is not None else None
        if call is not None:
            self.executor.break_off(call)

    def _arm(self) -> None:
        due = self.engine.next_deadline()
        if due == self._due and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due is not None and not self._closed:
            self._timer = self.clock.later(self._loop, max(0, int(due - self.clock.now())), self._deadline)

    def _deadline(self) -> None:
        self._timer = None
        if self._due is not None and self.clock.now() < self._due:
            self._arm()  # woken a little early
            return
        self._due = None
        self.feed(ev.Advance())

    # --- calls come in ------------------------------------------------------------------------------------------------

    def call_arrived(self, leg: Leg, invitation: Invitation) -> None:
        """See `Switch`. The engine hears of the call when its media has ports, a few milliseconds later."""
        fax_alone = invitation.replaces is None and self.executor.faxes.may_begin(leg)
        if leg.remote is not None and leg.remote.fax is not None and not fax_alone:
            leg.refuse(488, cause_mapping.REASONS[488])
            return
        choice = sdp.OFFERED if leg.remote is None or fax_alone else sdp.choose(leg.remote)
        call = LiveCall(self.new_id(), leg, invitation, choice)
        call.fax_alone = fax_alone
        leg.label = call
        self.executor.calls[call.id] = call

        def ready(address: Address | None) -> None:
            if call.arrived:
                return
            if address is None:
                log.error("no media for call %s: all ports taken, or rtp.io is gone", call.id)
                self.executor.calls.pop(call.id, None)
                session.delete()
                self.executor.faxes.drop(call)
                leg.refuse(503, "Service Unavailable", retry_after_s=5)
                return
            webrtc_legs.join(leg, session, "a")
            if call.fax_alone and call.fax is None:
                self.executor.faxes.begin(call, ready)
            else:
                self._announce(call)

        session = open_session(
            self._media,
            call,
            lambda side, digit: self.key_heard(call, side, digit),
            lambda: self.executor.break_off(call),
            lambda: self.executor.calls.get(call.id) is call,
        )

        def take_in(good: bool) -> None:
            if good and not call.over:
                codec, source = Codec(choice.codec, choice.telephone_event), webrtc_legs.source_of(leg)
                session.open(codec, None if fax_alone else webrtc_legs.address_of(leg), ready, source)
            elif not good:
                ready(None)

        if leg.remote is not None and leg.remote.peer is not None:
            webrtc_legs.let_in(self._media, leg, take_in)
        else:
            webrtc_legs.stand_between(self._media, leg, leg.source if leg.remote is None else leg.remote.host, take_in)

    def media_reaches(self, description: sdp.Description) -> bool:
        """See `Switch`. Browsers say elsewhere where they are."""
        return description.peer is not None or self._media.reaches(description.host)

    def may_replace(self, dialog: Replaces, offer: sdp.Description | None) -> int:
        """See `Switch`."""
        return self._referrals.may_replace(dialog, offer)

    def _announce(self, call: LiveCall, *followed_by: ev.Event) -> None:
        invitation = call.invitation
        place = None if invitation.replaces is None else self._referrals.party(invitation.replaces)
        if invitation.replaces is not None and place is None and not call.over:  # gone since it was asked for
            call.leg.refuse(481, cause_mapping.REASONS[481])
            self.executor.caller_gone(call)
            return
        call.arrived = True
        self.feed(
            ev.CallArrived(
                call=call.id,
                called=invitation.called,
                caller=invitation.caller,
                caller_name=invitation.caller_name,
                trunk=invitation.trunk,
                user=invitation.user,
                origin=invitation.origin,
                replaces=None if place is None else place.call.id,
                replaces_leg=None if place is None or place.placed is None else place.placed.id,
                draw_seed=seed_of(call.id) if self._draw_seed is None else self._draw_seed(invitation),
            ),
            *followed_by,
        )

    def new_id(self) -> CallId:
        """The id of a call to come. Ordered by time, and used once for all time."""
        return f"{self.clock.now():x}-{secrets.token_hex(4)}"

    # --- what legs tell -----------------------------------------------------------------------------------------------

    def leg_ringing(self, leg: Leg, status: int) -> None:
        """See `Listener`."""
        placed = leg.label
        if isinstance(placed, OutboundLeg) and placed.state == "ringing":
            self.feed(ev.LegRinging(leg=placed.id))
            self.executor.outbound.early_media(placed, leg)

    def leg_answered(self, leg: Leg) -> None:
        """See `Listener`."""
        if isinstance(leg.label, OutboundLeg):
            self.executor.outbound.answered(leg.label, leg)
        else:
            leg.hang_up()

    def leg_failed(self, leg: Leg, status: int, reason: str | None) -> None:
        """See `Listener`."""
        if isinstance(leg.label, OutboundLeg):
            self.executor.outbound.failed(leg.label, leg, status, reason)

    def leg_hung_up(self, leg: Leg, cause: Cause) -> None:
        """See `Listener`."""
        label = leg.label
        self.executor.codecs.answered(leg, False)
        if isinstance(label, LiveCall):
            self._caller_hung_up(label, cause)
        elif isinstance(label, OutboundLeg) and label.state == "answered" and label.winner is leg:
            try:
                self.executor.outbound.over(label)
            finally:
                self.feed(ev.LegEnded(leg=label.id, cause=cause))
        elif (
            isinstance(label, OutboundLeg) and leg in label.branches
        ):  # picked up and put down while codecs were agreed on
            self.executor.outbound.failed(label, leg, 480, None)

    def _caller_hung_up(self, call: LiveCall, cause: Cause) -> None:
        if call.over:
            return
        gone = ev.CallerHungUp(call=call.id, cause=cause)
        try:
            if call.arrived:
                self.feed(gone)
            else:  # gone before its media was ready: still a call, for history
                call.over = True  # what the engine asks for on its arrival is refused, there is nobody to hear it
                self._announce(call, gone)
        finally:
            self.executor.caller_gone(call)

    def caller_lost(self, call: LiveCall, *, known: bool = True) -> None:
        """A call has no caller any more, though nobody said so; `known` is whether the engine knows of it."""
        call.leg.hang_up()
        if known:
            self._caller_hung_up(call, Cause.REQUESTED_CHAN_UNAVAIL)
        else:
            self.executor.caller_gone(call)

    def placed_lost(self, placed: OutboundLeg, *, known: bool = True) -> None:
        """A leg has nobody at its end any more, though nobody said so; `known` is whether the engine knows of it."""
        answered = placed.state == "answered"
        for leg in [*placed.branches, *([] if placed.winner is None else [placed.winner])]:
            leg.hang_up()
        placed.branches = []
        self.executor.outbound.over(placed)
        if known:
            kind = ev.LegEnded if answered else ev.LegFailed
            self.feed(kind(leg=placed.id, cause=Cause.REQUESTED_CHAN_UNAVAIL))

    def holds_leg(self, leg: Leg) -> bool:
        """See `Listener`."""
        label = leg.label
        if isinstance(label, LiveCall):
            return label.leg is leg and self.executor.calls.get(label.id) is label
        if isinstance(label, OutboundLeg):
            held = self.executor.legs.get(label.id) is label
            return held and (label.winner is leg or leg in label.branches)
        return False

    def leg_offered(self, leg: Leg) -> str | sdp.Later | None:
        """See `Listener`."""
        call, side = self._place_of(leg)
        return None if call is None else self._new_offers.answer_to(call, leg, side)

    def leg_connected(self, leg: Leg) -> None:
        """See `Listener`: the answer to an offer of ours."""
        if self.executor.codecs.answered(leg, True):
            return
        call, side = self._place_of(leg)
        if call is None or call.session is None or leg.remote is None:
            return
        if leg.remote.fax is not None:
            self.executor.faxes.answered_again(call, leg, side)
            return
        if webrtc_legs.answered(leg, call.session):
            webrtc_legs.connect(leg, call.session, side)

    def leg_kept(self, leg: Leg) -> None:
        """See `Listener`."""
        self.executor.codecs.answered(leg, False)

    def leg_pressed(self, leg: Leg, digit: str) -> None:
        """See `Listener`: a key by SIP INFO (R-05.3)."""
        call, side = self._place_of(leg)
        if call is None:
            return
        self.key_pressed(call, side, digit)
        self._passed_keys.by_info(call, side, digit)

    def leg_referred(self, leg: Leg, to: str, replaces: Replaces | None) -> bool:
        """See `Listener`. The engine decides; whether it did it shows in the leg being ended (RFC 3515, RFC 3891)."""
        return self._referrals.refer(leg, to, replaces)

    def _place_of(self, leg: Leg) -> tuple[LiveCall | None, Side]:
        """The call a leg belongs to, and its side of the media."""
        label = leg.label
        if isinstance(label, LiveCall):
            return (None if label.over else label), "a"
        if isinstance(label, OutboundLeg) and label.winner is leg and label.state == "answered" and not label.call.over:
            return label.call, label.side
        return None, "b"

    def key_heard(self, call: LiveCall, side: Side, digit: str) -> None:
        """A key among the voice (RFC 4733)."""
        self.key_pressed(call, side, digit)
        self._passed_keys.by_rtp(call, side, digit)

    def key_pressed(self, call: LiveCall, side: Side, digit: str) -> None:
        """A key of one side of a call, by RFC 4733 or INFO."""
        if call.over or not call.arrived:
            return
        if side == "a" and self.executor.mailboxes.press(call, digit):
            return
        if side == "a":
            self.feed(ev.DigitPressed(call=call.id, digit=digit))
        elif call.side_b is not None and call.side_b.state == "answered":
            self.feed(ev.DigitPressed(call=call.id, digit=digit, leg=call.side_b.id))

    # --- what the registrar tells -------------------------------------------------------------------------------------

    def device_changed(self, change: Change) -> None:
        """See `Switch`."""
        if change.kind == "came":
            self.feed(ev.DeviceRegistered(user=change.user, device=change.device))
        else:
            self.feed(ev.DeviceUnregistered(user=change.user, device=change.device))
        self.endpoint.lamps.touched()

    def trunk_changed(self, key: str, state: Literal["registered", "unregistered", "failed", "barred"]) -> None:
        """See `Switch`."""
        self.feed(ev.TrunkStateChanged(trunk=key, state=state))

    # --- what others ask ----------------------------------------------------------------------------------------------

    def holds(self, call: CallId) -> bool:
        """Whether a call is in progress."""
        return call in self.executor.calls

    def talking_leg(self, call: CallId) -> LegId | None:
        """The leg of the user who talks with the caller of `call`; None when nobody of this PBX does."""
        found = self.executor.calls.get(call)
        leg = None if found is None else found.bridged
        return None if leg is None or leg.trunk else leg.id

    def registrations(self) -> tuple[Binding, ...]:
        """Devices registered now."""
        return self.endpoint.registrar.bindings.all()

    # --- the end ------------------------------------------------------------------------------------------------------

    def hang_up_all(self) -> None:
        """End every call, as an operator would."""
        if self.before_last_calls is not None:
            self.before_last_calls()
        for call in list(self.executor.calls.values()):
            if call.arrived and not call.over:
                self.feed(ev.HangupRequested(call=call.id))
            elif not call.over:
                call.leg.hang_up()
                self.executor.caller_gone(call)

    def close(self) -> None:
        """Take nothing in any more; sockets close. Calls the engine did not end when it was asked give their media back."""
        self._closed = True
        self.auditor.close()
        self.executor.mailboxes.close()
        for call in list(self.executor.calls.values()):
            call.leg.abort()
            self.executor.caller_gone(call)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.endpoint.close()
