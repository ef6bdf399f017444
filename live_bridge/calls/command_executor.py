"""Carrying out what the engine asks: commands become SIP, media, e-mails and requests.

Decides how a command is done in the live world and sees to it that each thing started ends exactly once, also when it is
refused, overtaken by a hang-up, or breaks. Leaves when and why to the engine, sounds and recordings to `media_player.py`, and the
reporting of what others do (phones, keys) to `call_controller.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import CANCELLED, Cause
from engine.contract.ids import CallId, LegId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import Branch, LiveCall, OutboundLeg
from live_bridge.calls.clock import Clock
from live_bridge.calls.codec_negotiation import NO_CODEC, CodecNegotiator
from live_bridge.calls.failed_commands import ending_of
from live_bridge.calls.fax_calls import FaxCalls
from live_bridge.calls.mailbox_calls import MailboxCalls
from live_bridge.calls.media_player import RINGBACK, Player, PromptLength
from live_bridge.calls.parties import Parties
from live_bridge.calls.targets import Targets
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
            self.end_leg,
            self.player.begin_again,
            self._callers_codecs,
            loop,
        )
        self.faxes = FaxCalls(media, self.description_for)
        self.parties = Parties(
            self.calls, self.legs, feed, self.description_for, self.silence_caller, self.tidy, self.faxes.drop
        )
        self._ways = Targets(endpoint, media, self.description_for, self.branch_failed)
        self._do: dict[type[cmd.Command], Callable[[Any], None]] = {
            cmd.Progress: self._progress,
            cmd.Answer: self._answer,
            cmd.EndCall: self._end_call,
            cmd.ReleaseCaller: self._release_caller,
            cmd.ReplaceCaller: self.parties.replace_caller,
            cmd.AdoptCaller: self.parties.adopt_caller,
            cmd.PlaceLeg: self._place_leg,
            cmd.CancelLeg: self._cancel_leg,
            cmd.EndLeg: self._end_leg,
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
                self._refuse_full(command)
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
        return self._ways.codecs_of(call.invitation.user, call.invitation.trunk)

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
        call.answered = True
        offered = call.leg.remote.direction if call.leg.remote is not None else "sendrecv"
        call.leg.answer(call.early or self.description_for(call, "a", call.leg, sdp.reverse(offered)))

    def _refuse_full(self, command: cmd.EndCall) -> None:
        """A trunk without a free line says busy, not unavailable (R-04.8)."""
        call = self.calls.get(command.call)
        if call is not None and not call.over:
            status, phrase = cause_mapping.refusal(command.cause, trunk_full=True)
            call.leg.refuse(status, phrase, cause_mapping.reason_header(command.cause))
            self.caller_gone(call)

    def _end_call(self, command: cmd.EndCall) -> None:
        call = self.calls.get(command.call)
        if call is None or call.over:
            return
        reason = cause_mapping.reason_header(command.cause)
        if call.released:
            """The caller has left before, or is a leg of another call."""
        elif call.answered:
            call.leg.hang_up(reason)
        else:
            status, phrase = cause_mapping.refusal(command.cause)
            call.leg.refuse(status, phrase, reason)
        self.caller_gone(call)

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

    # --- legs ---------------------------------------------------------------------------------------------------------

    def _place_leg(self, command: cmd.PlaceLeg) -> None:
        call = self.calls.get(command.call)
        if call is None or call.over or call.session is None:
            self._feed(ev.LegFailed(leg=command.leg, cause=Cause.ORIGINATOR_CANCEL))
            return
        placed = OutboundLeg(command.leg, call)
        self.legs[placed.id] = placed
        call.legs[placed.id] = placed
        forwards = call.invitation.max_forwards
        if forwards <= 0:
            self._fail(placed, Cause.EXCHANGE_ROUTING_ERROR)
            return
        if command.for_caller:
            placed.side = "a"
        ways = self._ways.of(placed, command, forwards)
        if isinstance(ways, Cause):
            self._fail(placed, ways)
            return
        first = self.codecs.first_offer
        for leg, way in [(self._branch(placed, way, first(call, way.codecs)), way) for way in ways]:
            way.ring(leg)

    def _branch(self, placed: OutboundLeg, way: Branch, choice: sdp.Choice | None) -> Leg:
        """A leg by one way, not rung yet; `choice` is what it is offered if not the call's."""
        leg = way.make()
        leg.encrypts = leg.encrypts and not way.plain
        leg.label, leg.choice = placed, choice
        way.tried.append((choice or placed.call.choice).codec)
        placed.branches.append(leg)
        placed.ways[leg] = way
        return leg

    def _fail(self, placed: OutboundLeg, cause: Cause, contacts: tuple[str, ...] = ()) -> None:
        if placed.state == "ringing":
            self.leg_over(placed)
            self._feed(ev.LegFailed(leg=placed.id, cause=cause, contacts=contacts))

    def leg_over(self, placed: OutboundLeg) -> None:
        """Close the books of a leg; its ending is the caller's to tell."""
        placed.state = "over"
        self.legs.pop(placed.id, None)
        call = placed.call
        call.legs.pop(placed.id, None)
        if call.bridged is placed:
            call.bridged = None
            self.faxes.leave(call)
        if call.side_b is placed:
            call.side_b = None
            self.player.stop_far_music(call)
            if call.session is not None and not call.over:
                call.session.connect("b", None)
        elif placed.side == "a" and call.session is not None and not call.over:
            call.session.connect("a", None)
        self.tidy(call)

    def early_media(self, placed: OutboundLeg, branch: Leg) -> None:
        """An operator speaks before the answer ("the number has changed"): a caller who has nothing else to hear hears it
        (RFC 3960). Phones of users cannot: several may ring at once."""
        call = placed.call
        remote = branch.remote
        if not placed.trunk or remote is None or call.choice.codec not in remote.payloads or call.session is None:
            return
        if call.over or call.early is not None or call.leg.remote is None or len(call.legs) != 1:
            return
        ringback = call.answered and call.music == RINGBACK
        if call.answered and not ringback:
            return
        call.side_b = placed
        webrtc_legs.connect(branch, call.session, "b")
        if ringback:  # the party we called hears the carrier instead of our tone
            call.music = None
            call.session.stop("a")
            return
        call.early = self.description_for(call, "a", call.leg)
        call.leg.ring(call.early)

    def branch_failed(self, placed: OutboundLeg, branch: Leg, status: int, reason: str | None) -> None:
        """One device of a leg failed; the leg fails with its last one, with the answer that tells most."""
        if branch in placed.branches:
            placed.branches.remove(branch)
        way = placed.ways.pop(branch, None)
        if status in NO_CODEC and way is not None and placed.state == "ringing":
            if branch.encrypts and way.plain is None:
                way.plain = True
                way.ring(self._branch(placed, way, branch.choice))
                return
            choice = self.codecs.another(placed, way.tried)
            if choice is not None:
                way.ring(self._branch(placed, way, choice))
                return
        placed.failures.append((status, reason))
        if status // 100 == 3 and not placed.trunk:
            placed.contacts += tuple(self._endpoint.named(url) for url in branch.redirects)
        if placed.state == "ringing" and not placed.branches:
            status, reason = cause_mapping.best_of(placed.failures)
            cause = cause_mapping.cause_of(status, reason, trunk=placed.trunk)
            self._fail(placed, cause, placed.contacts if status // 100 == 3 else ())

    def branch_answered(self, placed: OutboundLeg, branch: Leg) -> None:
        """One device answered: it wins, the others are cancelled as answered elsewhere (R-06.10, R-07.5)."""
        if placed.state != "ringing":
            branch.hang_up()
            return
        call = placed.call
        choice = self.codecs.agreed(call, branch)
        if branch.remote is not None and branch.remote.peer is None and not self._media.reaches(branch.remote.host):
            choice = None  # it wants sound where none can go
        if choice is None or call.session is None or not webrtc_legs.answered(branch, call.session):
            self._no_common_codec(placed, branch)
            return
        others = [other for other in placed.branches if other is not branch]
        placed.branches = [branch]
        for other in others:
            other.hang_up(cause_mapping.ANSWERED_ELSEWHERE)
        if choice.codec == call.choice.codec:
            self._won(placed, branch)
            return

        def brought(good: bool) -> None:
            if branch not in placed.branches or placed.state != "ringing":
                return  # cancelled, or hung up, meanwhile
            if good:
                self._won(placed, branch)
            else:
                self._no_common_codec(placed, branch)

        self.codecs.switch_caller(call, choice, brought)

    def _won(self, placed: OutboundLeg, branch: Leg) -> None:
        placed.state = "answered"
        placed.winner = branch
        placed.branches = []
        placed.ways.clear()
        placed.codec, branch.choice = placed.call.choice.codec, None
        self._feed(ev.LegAnswered(leg=placed.id))

    def _no_common_codec(self, placed: OutboundLeg, branch: Leg) -> None:
        """A phone answered with a codec the caller does not speak: there is nothing to be heard."""
        log.info("call %s: a phone answered with no codec of the caller's", placed.call.id)
        branch.hang_up(cause_mapping.reason_header(Cause.REQUESTED_CHAN_UNAVAIL))
        placed.ways.pop(branch, None)
        self.branch_failed(placed, branch, 488, None)

    def _cancel_leg(self, command: cmd.CancelLeg) -> None:
        placed = self.legs.get(command.leg)
        if placed is None:
            return
        if placed.state == "answered":  # its answer crossed; the engine will see it and hang up
            return
        reason = cause_mapping.ANSWERED_ELSEWHERE if command.reason == "answered_elsewhere" else None
        branches, placed.branches = placed.branches, []
        for branch in branches:
            branch.hang_up(reason)
        self._fail(placed, CANCELLED[command.reason])

    def _end_leg(self, command: cmd.EndLeg) -> None:
        placed = self.legs.get(command.leg)
        if placed is not None and placed.state == "answered":
            self.end_leg(placed, command.cause)

    def end_leg(self, placed: OutboundLeg, cause: Cause) -> None:
        """Hang up an answered leg, and tell of it."""
        winner = placed.winner
        self.leg_over(placed)
        if winner is not None:
            winner.hang_up(cause_mapping.reason_header(cause))
        self._feed(ev.LegEnded(leg=placed.id, cause=cause))

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
            status, phrase = cause_mapping.refusal(Cause.REQUESTED_CHAN_UNAVAIL)
            reason = cause_mapping.reason_header(Cause.REQUESTED_CHAN_UNAVAIL)
            if call.answered:
                call.leg.hang_up(reason)
            else:
                call.leg.refuse(status, phrase, reason)
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
        if isinstance(command, cmd.PlaceLeg):
            placed = self.legs.get(command.leg)
            if placed is None:
                self._feed(ev.LegFailed(leg=command.leg, cause=Cause.REQUESTED_CHAN_UNAVAIL))
            else:
                for branch in placed.branches:
                    branch.abort()
                placed.branches = []
                self._fail(placed, Cause.REQUESTED_CHAN_UNAVAIL)
        elif isinstance(command, cmd.CancelLeg | cmd.EndLeg):
            placed = self.legs.get(command.leg)
            if placed is not None:
                answered = placed.state == "answered"
                self.leg_over(placed)
                self._feed(
                    ev.LegEnded(leg=placed.id)
                    if answered
                    else ev.LegFailed(leg=placed.id, cause=Cause.ORIGINATOR_CANCEL)
                )
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
