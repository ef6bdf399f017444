"""Carrying out what the engine asks: commands become SIP, media, e-mails and requests.

Decides how a command is done in the live world and sees to it that each thing started ends exactly once, also when it is
refused, overtaken by a hang-up, or breaks. Leaves when and why to the engine, legs to `outbound_legs.py`, sounds and recordings
to `media_player.py`, and the reporting of what others do (phones, keys) to `call_controller.py`. Everything here runs in the
loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import Cause
from engine.contract.ids import CallId, LegId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import LiveCall, OutboundLeg
from live_bridge.calls.clock import Clock
from live_bridge.calls.codec_negotiation import CodecNegotiator
from live_bridge.calls.failed_commands import ending_of
from live_bridge.calls.fax_calls import FaxCalls
from live_bridge.calls.mailbox_calls import MailboxCalls
from live_bridge.calls.media_player import Player, PromptLength
from live_bridge.calls.outbound_legs import OutboundLegs
from live_bridge.calls.parties import Parties
from live_bridge.media.session import Address, Media, Side
from live_bridge.sip.dialog import cause_mapping, sdp

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.endpoint import Endpoint
    from live_bridge.sip.loop import Loop

log = logging.getLogger(__name__)

Done = Callable[[ev.Event], None]
"""Takes the one ending event of a thing handed out; from any thread."""

Ask = Callable[[cmd.AskWebServer, Done], None]
Send = Callable[[cmd.SendMessage, Done], None]


BEGINNINGS: Final = (
    cmd.PlayPrompt, cmd.PlayMusic, cmd.SayPosition, cmd.SayPhrase, cmd.PlayMessage, cmd.OpenMailbox, cmd.StartRecording,
)  # fmt: skip
SOUNDS: Final = (*BEGINNINGS, cmd.StopPrompt, cmd.StopMusic, cmd.StopRecording)
"""What needs a codec of ours, and what ends it: in a call that has another one they wait until it has come back."""


class CommandExecutor:
    """Carries out commands of one engine. `feed` takes the events that result, in order, never from inside a command."""

    def __init__(
        self,
        loop: Loop,
        endpoint: Endpoint,
        media: Media,
        feed: Callable[[ev.Event], None],
        *,
        ask: Ask,
        send: Send,
        prompt_length: PromptLength,
        clock: Clock,
        language: str = "en",
    ) -> None:
        self.calls: dict[CallId, LiveCall] = {}
        self.legs: dict[LegId, OutboundLeg] = {}
        self._loop = loop
        self._endpoint = endpoint
        self._feed = feed
        self._media = media
        self._ask = ask
        self._send = send
        self.player = Player(
            loop,
            media,
            feed,
            self.calls,
            self.legs,
            tidy=self.tidy,
            connect_far_side=self.connect_far_side,
            prompt_length=prompt_length,
            clock=clock,
            language=language,
        )
        self.mailboxes = MailboxCalls(
            loop, media, self.player, feed, self.calls, tidy=self.tidy, clock=clock, language=language
        )
        self.codecs = CodecNegotiator(
            self.description_for,
            self.connect_far_side,
            lambda placed, cause: self.outbound.hang_up(placed, cause),
            self.player.begin_again,
            self._callers_codecs,
            loop,
        )
        self.faxes = FaxCalls(media, self.description_for)
        self.parties = Parties(
            self.calls, self.legs, feed, self.description_for, self.silence_caller, self.tidy, self.faxes.drop
        )
        self.outbound = OutboundLegs(
            endpoint, media, feed, self.calls, self.legs, player=self.player, codecs=self.codecs, faxes=self.faxes,
            describe=self.description_for, tidy=self.tidy,
        )  # fmt: skip
        self._do: dict[type[cmd.Command], Callable[[Any], None]] = {
            cmd.Progress: self._progress,
            cmd.Answer: self._answer,
            cmd.EndCall: self._end_call,
            cmd.ReleaseCaller: self._release_caller,
            cmd.ReplaceCaller: self.parties.replace_caller,
            cmd.AdoptCaller: self.parties.adopt_caller,
            cmd.PlaceLeg: self.outbound.place,
            cmd.CancelLeg: self.outbound.cancel,
            cmd.EndLeg: self.outbound.end,
            cmd.Bridge: self._bridge,
            cmd.PlayPrompt: self.player.play_prompt,
            cmd.StopPrompt: self.player.stop_prompt,
            cmd.PlayMusic: self.player.play_music,
            cmd.StopMusic: self.player.stop_music,
            cmd.SayPosition: self.player.say_position,
            cmd.SayPhrase: self.player.say_phrase,
            cmd.PlayMessage: self.mailboxes.play_message,
            cmd.OpenMailbox: self.mailboxes.open_mailbox,
            cmd.CollectKeys: self._nothing,
            cmd.StopCollecting: self._nothing,
            cmd.StartRecording: self.player.start_recording,
            cmd.StopRecording: self.player.stop_recording,
            cmd.AskWebServer: self._ask_web_server,
            cmd.SendMessage: self._send_message,
        }

    def carry_out(self, command: cmd.Command, *, trunk_full: bool = False) -> None:
        """Do one command. Whatever goes wrong ends its call, and nothing else."""
        try:
            if isinstance(command, cmd.EndCall) and trunk_full:
                self._end_call(command, trunk_full=True)
            else:
                self._act(command)
        except Exception as fault:
            log.exception("carrying out %s failed", type(command).__name__)
            self._fall_back(command, fault)

    def _act(self, command: cmd.Command) -> None:
        act = self._do[type(command)]
        call = self.calls.get(command.call) if isinstance(command, SOUNDS) else None
        begins = isinstance(command, BEGINNINGS)
        if call is None or (call.waiting is None and not (begins and call.choice.passes)):
            act(command)
            return

        def later() -> None:
            try:
                act(command)
            except Exception as fault:
                log.exception("carrying out %s failed", type(command).__name__)
                self._fall_back(command, fault)

        self.codecs.with_sound(call, later)

    def _callers_codecs(self, call: LiveCall) -> tuple[int, ...]:
        """What the caller's phone or carrier is set up for, as payload types."""
        return self.outbound.codecs_of(call.invitation.user, call.invitation.trunk)

    def _nothing(self, command: cmd.Command) -> None:
        """Keys are always listened to: whether one means something is the engine's to say."""

    # --- the caller's leg ---------------------------------------------------------------------------------------------

    def description_for(
        self,
        call: LiveCall,
        side: Side,
        leg: Leg | None = None,
        direction: sdp.Direction = "sendrecv",
        choice: sdp.Choice | None = None,
    ) -> str:
        """Our session description for one side of a call: the answer to what the far end of `leg` offered, if it did.
        A browser's leg has one of its own; `leg` None is for any other."""
        assert call.session is not None
        if call.fax_alone and call.fax is not None:
            return self.faxes.first_offer(call, call.fax, side, leg)
        call.version += 1
        local = None if leg is None or leg.gateway is None else leg.gateway.local
        address = call.session.address_for(side) if local is None else Address(local.ip, local.port)
        if leg is not None and leg.relay is not None:
            address = leg.relay.local
        offered = None if leg is None else leg.choice
        return sdp.build(
            address.ip,
            address.port,
            choice or offered or call.choice,
            direction=direction,
            session=abs(hash(call.id)) % 10**9,
            version=call.version,
            local=local,
            key=None if leg is None or leg.gateway is not None else webrtc_legs.key_of(leg),
            offer=None if leg is None else leg.remote,
        )

    def _progress(self, command: cmd.Progress) -> None:
        call = self.calls.get(command.call)
        if call is not None and call.leg.incoming:
            call.leg.ring()
        elif call is not None:
            self.player.play_ringback(call)

    def _answer(self, command: cmd.Answer) -> None:
        call = self.calls.get(command.call)
        if call is None or call.over or call.answered:
            return
        if call.fax_alone and self.faxes.taker(call) is None:
            log.info("call %s: a fax without sound is refused where the flow would speak", call.id)
            self.break_off(call)
            return
        call.answered = True
        offered = call.leg.remote.direction if call.leg.remote is not None else "sendrecv"
        call.leg.answer(call.early or self.description_for(call, "a", call.leg, sdp.reverse(offered)))

    def _end_call(self, command: cmd.EndCall, trunk_full: bool = False) -> None:
        """The call is over; a trunk without a free line says busy (R-04.8)."""
        call = self.calls.get(command.call)
        if call is None or call.over:
            return
        if not call.released:  # else the caller has left before, or is a leg of another call
            self._part(call, command.cause, trunk_full)
        self.caller_gone(call)

    @staticmethod
    def _part(call: LiveCall, cause: Cause, trunk_full: bool = False) -> None:
        """The caller is hung up, or refused where nothing was answered; whose fax nobody takes is told to come with sound."""
        reason = cause_mapping.reason_header(cause)
        if call.answered:
            call.leg.hang_up(reason)
        elif call.fax_alone and cause is Cause.REQUESTED_CHAN_UNAVAIL:
            call.leg.refuse(488, cause_mapping.REASONS[488], reason)
        else:
            call.leg.refuse(*cause_mapping.refusal(cause, trunk_full=trunk_full), reason)

    def _release_caller(self, command: cmd.ReleaseCaller) -> None:
        """The caller hangs up and keeps the place; media stays for the two who will be called (R-08.19)."""
        call = self.calls.get(command.call)
        if call is None or call.over or call.session is None:
            return
        call.released = True
        self.silence_caller(call)
        call.leg.hang_up(cause_mapping.reason_header(Cause.NORMAL_CLEARING))
        call.session.connect("a", None)

    def silence_caller(self, call: LiveCall) -> None:
        """The caller's side hears nothing of ours any more."""
        for play in list(call.plays.values()):
            self.player.end_play(call, play, "stopped")
        if call.music is not None and call.session is not None:
            call.music = None
            call.session.stop("a")

    def caller_gone(self, call: LiveCall) -> None:
        """The caller's leg is over: end every play and recording, give the media back."""
        call.over = True
        for play in list(call.plays.values()):
            self.player.end_play(call, play, "stopped", silence=False)
        for name in list(call.beeps):
            self.player.beep_cut(call, name, "hangup")
        self.mailboxes.caller_gone(call)
        call.music = None
        self.faxes.drop(call)
        self.codecs.flush(call)
        if call.session is not None:
            call.session.delete()  # ends its recordings, each with its own ending
            call.session.on_digit = call.session.on_lost = call.session.wanted = None  # they let go of each other
        self.tidy(call)

    def tidy(self, call: LiveCall) -> None:
        """Forget a call that is over and holds nothing."""
        if call.over and call.holds_nothing():
            self.calls.pop(call.id, None)

    # --- who talks with whom ------------------------------------------------------------------------------------------

    def _bridge(self, command: cmd.Bridge) -> None:
        call, placed = self.calls.get(command.call), self.legs.get(command.leg)
        if call is None or call.over or call.session is None or placed is None or placed.winner is None:
            return
        if placed.call is not call:
            self.parties.move(placed, call)
        customer = self.legs.get(command.other) if command.other is not None else None
        if customer is not None and customer.winner is not None:
            webrtc_legs.connect(customer.winner, call.session, "a")
        call.music = None
        for play in [play for play in call.plays.values() if play.side == "a"]:
            self.player.end_play(call, play, "stopped")
        call.session.stop("a")
        self.player.stop_far_music(call)
        if call.fax_alone and placed.winner is self.faxes.taker(call):
            call.bridged = call.side_b = placed
            call.fax_alone = False  # it is one like any other now
            return
        self.faxes.leave(call)
        call.bridged = placed
        if placed.codec == call.choice.codec:
            self.connect_far_side(call, placed)
        else:
            self.codecs.with_sound(call, lambda: self.codecs.join_talk(call, placed))

    def connect_far_side(self, call: LiveCall, placed: OutboundLeg) -> None:
        """Put a leg on the far side of the call's media."""
        assert call.session is not None
        if placed.winner is None or placed.winner.remote is None:
            return
        call.side_b = placed

        def connected(address: Address | None) -> None:
            if address is None and call.side_b is placed and not call.over:
                log.error("call %s lost its media session", call.id)
                self.break_off(call)

        webrtc_legs.connect(placed.winner, call.session, "b", connected)

    def _ask_web_server(self, command: cmd.AskWebServer) -> None:
        call = self.calls.get(command.call)
        if call is not None:
            call.requests.add(command.request)
        self._ask(command, self._once(call, "requests", command.request))

    def _send_message(self, command: cmd.SendMessage) -> None:
        call = self.calls.get(command.call)
        if call is not None:
            call.messages.add(command.message)
        self._send(command, self._once(call, "messages", command.message))

    def _once(self, call: LiveCall | None, book: str, name: str) -> Done:
        """The taker of one ending: from any thread, the first counts."""
        ended = False

        def take(event: ev.Event) -> None:
            nonlocal ended
            if ended:
                return
            ended = True
            if call is not None:
                getattr(call, book).discard(name)
            self._feed(event)
            if call is not None:
                self.tidy(call)

        return lambda event: self._loop.post(take, event)

    def break_off(self, call: LiveCall) -> None:
        """Something of ours broke in this call: the caller is hung up, the engine hears it, everything else goes on."""
        if call.over or call.broken:
            return
        call.broken = True
        try:
            self._part(call, Cause.REQUESTED_CHAN_UNAVAIL)
        except Exception:
            log.exception("ending a broken call failed")
            call.leg.abort()
        if call.released and not call.answered:  # nobody is there to have hung up: a visitor who is to be called
            self._feed(ev.HangupRequested(call=call.id))
        else:
            self._feed(ev.CallerHungUp(call=call.id, cause=Cause.REQUESTED_CHAN_UNAVAIL))
        try:
            self.caller_gone(call)
        except Exception:
            log.exception("closing the books of a broken call failed")
            self.calls.pop(call.id, None)

    def _fall_back(self, command: cmd.Command, fault: Exception) -> None:
        """A command broke half way: what it started ends now, and its call with it."""
        self.outbound.break_off(command)
        name = getattr(command, "call", None)
        if name is None:
            placed_leg = self.legs.get(getattr(command, "leg", ""))
            name = None if placed_leg is None else placed_leg.call.id
        call = self.calls.get(name) if name is not None else None
        ending = ending_of(command, call, fault)
        if ending is not None:
            self._feed(ending)
        if call is not None:
            self.break_off(call)
