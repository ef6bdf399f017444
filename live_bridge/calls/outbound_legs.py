"""Legs that the engine asks for: placed by every way there is, rung, answered by one device, cancelled, ended.

Decides which device of a leg wins, what is tried again in another codec or without encryption, which failure of several is told,
and that each leg ends exactly once. Leaves the ways to `targets.py`, codecs to `codec_negotiation.py`, who talks with whom to
`command_executor.py`. Everything here runs in the loop's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import CANCELLED, Cause
from engine.contract.ids import CallId, LegId
from live_bridge.calls import webrtc_legs
from live_bridge.calls.call_state import Branch, LiveCall, OutboundLeg
from live_bridge.calls.codec_negotiation import NO_CODEC, CodecNegotiator, Describe
from live_bridge.calls.fax_calls import FaxCalls, takes_fax
from live_bridge.calls.media_player import RINGBACK, Player
from live_bridge.calls.targets import Targets
from live_bridge.media.session import Media
from live_bridge.sip.dialog import cause_mapping, sdp

if TYPE_CHECKING:
    from live_bridge.sip.dialog.leg import Leg
    from live_bridge.sip.endpoint import Endpoint

log = logging.getLogger(__name__)


class OutboundLegs:
    """The legs of all calls of one executor. `feed` takes their events, `tidy` forgets a call that holds nothing."""

    def __init__(
        self,
        endpoint: Endpoint,
        media: Media,
        feed: Callable[[ev.Event], None],
        calls: dict[CallId, LiveCall],
        legs: dict[LegId, OutboundLeg],
        *,
        player: Player,
        codecs: CodecNegotiator,
        faxes: FaxCalls,
        describe: Describe,
        tidy: Callable[[LiveCall], None],
    ) -> None:
        self._endpoint = endpoint
        self._media = media
        self._feed = feed
        self._calls = calls
        self._legs = legs
        self._player = player
        self._codecs = codecs
        self._faxes = faxes
        self._describe = describe
        self._tidy = tidy
        self._ways = Targets(endpoint, media, describe, self.failed)

    def codecs_of(self, user: int | None, trunk: str | None) -> tuple[int, ...]:
        """What a user's phones or a carrier are set up for, as payload types."""
        return self._ways.codecs_of(user, trunk)

    def place(self, command: cmd.PlaceLeg) -> None:
        """Ring somebody, by every way there is."""
        call = self._calls.get(command.call)
        if call is None or call.over or call.session is None:
            self._feed(ev.LegFailed(leg=command.leg, cause=Cause.ORIGINATOR_CANCEL))
            return
        placed = OutboundLeg(command.leg, call)
        self._legs[placed.id] = placed
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
        if call.fax_alone:
            ways = [way for way in ways if way.plain is not False]
            for way in ways:
                way.plain = True
            if not ways:
                self._fail(placed, Cause.REQUESTED_CHAN_UNAVAIL)
                return
        first = self._codecs.first_offer
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
            self.over(placed)
            self._feed(ev.LegFailed(leg=placed.id, cause=cause, contacts=contacts))

    def over(self, placed: OutboundLeg) -> None:
        """Close the books of a leg; its ending is the caller's to tell."""
        placed.state = "over"
        self._legs.pop(placed.id, None)
        call = placed.call
        call.legs.pop(placed.id, None)
        if call.bridged is placed:
            call.bridged = None
            self._faxes.leave(call)
        if call.side_b is placed:
            call.side_b = None
            self._player.stop_far_music(call)
            if call.session is not None and not call.over:
                call.session.connect("b", None)
        elif placed.side == "a" and call.session is not None and not call.over:
            call.session.connect("a", None)
        self._tidy(call)

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
        call.early = self._describe(call, "a", call.leg)
        call.leg.ring(call.early)

    def failed(self, placed: OutboundLeg, branch: Leg, status: int, reason: str | None) -> None:
        """One device of a leg failed; the leg fails with its last one, with the answer that tells most."""
        if branch in placed.branches:
            placed.branches.remove(branch)
        way = placed.ways.pop(branch, None)
        if status in NO_CODEC and way is not None and placed.state == "ringing" and not placed.call.fax_alone:
            if branch.encrypts and way.plain is None:
                way.plain = True
                way.ring(self._branch(placed, way, branch.choice))
                return
            choice = self._codecs.another(placed, way.tried)
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

    def answered(self, placed: OutboundLeg, branch: Leg) -> None:
        """One device answered: it wins, the others are cancelled as answered elsewhere (R-06.10, R-07.5)."""
        if placed.state != "ringing":
            branch.hang_up()
            return
        call = placed.call
        choice = (call.choice if takes_fax(branch) else None) if call.fax_alone else self._codecs.agreed(call, branch)
        if branch.remote is not None and branch.remote.peer is None and not self._media.reaches(branch.remote.host):
            choice = None  # it wants sound where none can go
        if choice is None or call.session is None or not webrtc_legs.answered(branch, call.session):
            self._no_common_codec(placed, branch)
            return
        others = [other for other in placed.branches if other is not branch]
        placed.branches = [branch]
        for other in others:
            other.hang_up(cause_mapping.ANSWERED_ELSEWHERE)
        if choice.codec == call.choice.codec and not call.fax_alone:
            self._won(placed, branch)
            return

        def brought(good: bool) -> None:
            if branch not in placed.branches or placed.state != "ringing":
                return  # cancelled, or hung up, meanwhile
            if good:
                self._won(placed, branch)
            else:
                self._no_common_codec(placed, branch)

        if call.fax_alone:
            self._faxes.connect(call, branch, brought)
        else:
            self._codecs.switch_caller(call, choice, brought)

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
        self.failed(placed, branch, 488, None)

    def cancel(self, command: cmd.CancelLeg) -> None:
        """Stop ringing; a leg that was answered meanwhile is left to the engine."""
        placed = self._legs.get(command.leg)
        if placed is None:
            return
        if placed.state == "answered":  # its answer crossed; the engine will see it and hang up
            return
        reason = cause_mapping.ANSWERED_ELSEWHERE if command.reason == "answered_elsewhere" else None
        branches, placed.branches = placed.branches, []
        for branch in branches:
            branch.hang_up(reason)
        self._fail(placed, CANCELLED[command.reason])

    def end(self, command: cmd.EndLeg) -> None:
        """Hang up a leg that talks."""
        placed = self._legs.get(command.leg)
        if placed is not None and placed.state == "answered":
            self.hang_up(placed, command.cause)

    def hang_up(self, placed: OutboundLeg, cause: Cause) -> None:
        """Hang up an answered leg, and tell of it."""
        winner = placed.winner
        self.over(placed)
        if winner is not None:
            winner.hang_up(cause_mapping.reason_header(cause))
        self._feed(ev.LegEnded(leg=placed.id, cause=cause))

    def break_off(self, command: cmd.Command) -> None:
        """A command about a leg broke half way: what it started ends now."""
        if isinstance(command, cmd.PlaceLeg):
            placed = self._legs.get(command.leg)
            if placed is None:
                self._feed(ev.LegFailed(leg=command.leg, cause=Cause.REQUESTED_CHAN_UNAVAIL))
                return
            for branch in placed.branches:
                branch.abort()
            placed.branches = []
            self._fail(placed, Cause.REQUESTED_CHAN_UNAVAIL)
        elif isinstance(command, cmd.CancelLeg | cmd.EndLeg):
            placed = self._legs.get(command.leg)
            if placed is not None:
                answered = placed.state == "answered"
                self.over(placed)
                self._feed(
                    ev.LegEnded(leg=placed.id)
                    if answered
                    else ev.LegFailed(leg=placed.id, cause=Cause.ORIGINATOR_CANCEL)
                )
