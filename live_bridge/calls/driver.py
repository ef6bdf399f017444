"""The live driver: one engine, one SIP endpoint, one media engine, and a door that any thread may knock at.

    driver = Driver(engine, sip_settings, media, journal=..., said=..., ask=..., send=...)
    driver.start()
    driver.submit(ev.MemberPaused(user=101, reason="lunch"))
    driver.drain(timeout_s=60)
    driver.stop()

Decides only what may be called from where: everything else happens in the loop's thread, in `call_controller.py`. Nothing here
imports sippy before that thread runs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId, Instant
from engine.state.sink import Stamped
from live_bridge.calls import command_executor
from live_bridge.calls.call_controller import CallController, DrawSeed
from live_bridge.calls.clock import Clock
from live_bridge.calls.engine_port import AnyEngine, Journal, Said
from live_bridge.calls.mailbox_calls import MailboxAccess
from live_bridge.calls.media_player import PromptLength
from live_bridge.calls.ringing.login_calls import Done, LoginCalls
from live_bridge.calls.ringing.originate import Originator
from live_bridge.calls.ringing.supervision import Mode, Supervised, Supervisors
from live_bridge.calls.subscribers import Listeners
from live_bridge.media.session import Media
from live_bridge.sip.loop import Loop, the_loop
from live_bridge.sip.settings import SipSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

LAST_WORDS_S = 0.3
"""Longest time for BYEs to leave, and to be answered, before the sockets close."""

LAST_LOOK_S = 0.02
"""How often is looked whether they were."""

Subscriber = Callable[[Instant, note.Note], None]
"""Hears every note, in the loop's thread: be quick, hand over."""


class Driver:
    """Thread-safe. Made once, started once, stopped once; `media` must post to the same loop (`the_loop().post`)."""

    def __init__(
        self,
        engine: AnyEngine,
        settings: SipSettings,
        media: Media,
        *,
        journal: Journal | None = None,
        said: Said | None = None,
        ask: command_executor.Ask | None = None,
        send: command_executor.Send | None = None,
        prompt_length: PromptLength | None = None,
        rebuild: Callable[[], AnyEngine] | None = None,
        clock: Clock | None = None,
        language: str = "en",
        refuses: Callable[[str], bool] | None = None,
        draw_seed: DrawSeed | None = None,
    ) -> None:
        """`refuses` says whether a new call to a number is refused for now, `draw_seed` gives the entropy of one in place of
        that which follows from its id; both are asked in the loop's thread."""
        self.loop: Loop = the_loop()
        self.clock = clock or Clock()
        self._subscribers = Listeners[Subscriber]()
        self._said_before: Said = said or _nothing
        self._controller: CallController | None = None
        self._originator: Originator | None = None
        self._logins: LoginCalls | None = None
        self._supervisors: Supervisors | None = None
        self._media = media
        self._stopped = False
        self._refuses = refuses
        self._make = lambda: CallController(
            self.loop,
            engine,
            media,
            settings,
            clock=self.clock,
            journal=journal or _nothing,
            said=self._said,
            ask=ask or _nobody_to_ask,
            send=send or _nobody_to_send,
            prompt_length=prompt_length,
            rebuild=rebuild,
            language=language,
            draw_seed=draw_seed,
        )

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the sockets and take calls. Raises OSError when an address is taken."""
        if self._controller is not None:
            raise RuntimeError("the driver was started before; make a new one")
        self._controller = self.loop.call(self._make)
        if self._refuses is not None:
            self._controller.endpoint.refuses = self._refuses
        self._originator = Originator(self._controller, self._media, self.loop)
        self._logins = LoginCalls(self._controller, self._media, self.loop)
        self._supervisors = Supervisors(self._controller, self._media, self.loop)

    def stop(self) -> None:
        """Hang up whatever is left, close the sockets. Safe to call twice."""
        controller = self._controller
        if controller is None or self._stopped:
            return
        self._stopped = True

        def last_calls() -> bool:
            if self._logins is not None:
                self._logins.end_all()
            if self._supervisors is not None:
                self._supervisors.end_all()
            controller.hang_up_all()
            controller.endpoint.leave_operators()
            return controller.endpoint.sizes()["dialogs"] > 0 or bool(controller.endpoint.operators.registrations)

        if self.loop.call(last_calls):
            gone = threading.Event()
            looks = iter(range(round(LAST_WORDS_S / LAST_LOOK_S)))

            def look() -> None:
                is_over = controller.endpoint.is_told and not controller.endpoint.operators.registrations
                if is_over or next(looks, None) is None:
                    gone.set()
                else:
                    self.loop.later(LAST_LOOK_S, look)

            self.loop.call(lambda: self.loop.later(LAST_LOOK_S, look))
            gone.wait(LAST_WORDS_S + 2.0)
        self.loop.call(controller.close)

    def drain(self, timeout_s: float) -> bool:
        """Take no new calls and wait until those in progress are over; False if some are left after `timeout_s`."""
        controller = self._running()
        idle = threading.Event()

        def begin() -> None:
            controller.endpoint.draining = True
            controller.on_idle = idle.set
            if not controller.executor.calls:
                idle.set()

        self.loop.call(begin)
        return idle.wait(timeout_s)

    # --- from other threads -------------------------------------------------------------------------------------------

    def submit(self, event: ev.Event) -> None:
        """Feed an event from outside: a member pauses, a version is promoted, an operator hangs up a call."""
        self.loop.post(self._running().feed, event)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Hear every note from now on; call the result to stop."""
        return self._subscribers.add(subscriber)

    def ask_inside(self, question: Callable[[CallController], T]) -> T:
        """Run a question in the loop's thread and wait for its answer: tables of calls, registrations, sizes."""
        controller = self._running()
        return self.loop.call(lambda: question(controller))

    def forget_number(self, number: str, by: str) -> None:
        """Let the engine forget whom a number talked with (R-18.6), without writing the number down."""

        def forget(controller: CallController) -> None:
            user, at = controller.engine.last_talk(number) or (None, None)
            controller.feed(ev.NumberErased(user=user, talked_at=at, by=by))

        self.ask_inside(forget)

    def originate(self, user: int, name: str, to: str) -> CallId:
        """Ring a user's phones, and let the one picked up call `to` as the user; the id the call will have. NobodyThere."""
        self._running()
        originator = self._originator
        assert originator is not None
        return self.loop.call(lambda: originator.originate(user, name, to))

    def ring_for_login(self, user: int | None, code: str, done: Done) -> None:
        """Ring a user's devices from 000 and read a code; `done` is told in the loop's thread. It returns at once, and for nobody
        as soon as for somebody."""
        self._running()
        logins = self._logins
        assert logins is not None
        self.loop.post(lambda: done("unanswered") if user is None else logins.ring(user, code, done))

    def supervise(self, call: CallId, user: int, mode: Mode, agent: int | None = None) -> None:
        """See `Supervisors.begin`. Raises CannotListen, NobodyThere."""
        self._supervision(lambda all_of: all_of.begin(call, user, mode, agent))

    def stop_supervising(self, call: CallId, user: int | None = None) -> bool:
        """See `Supervisors.end`."""
        return self._supervision(lambda all_of: all_of.end(call, user))

    def supervised(self) -> list[Supervised]:
        """Who listens to which call now."""
        return self._supervision(lambda all_of: all_of.now())

    def _supervision(self, question: Callable[[Supervisors], T]) -> T:
        self._running()
        supervisors = self._supervisors
        assert supervisors is not None
        return self.loop.call(lambda: question(supervisors))

    def tell_messages(self, box: int, new: int, heard: int) -> None:
        """How many voice messages are in a box now: phones light their lamps by it (R-15.10)."""
        controller = self._running()
        self.loop.post(controller.endpoint.lamps.messages, box, new, heard)

    def open_mailboxes(self, access: MailboxAccess) -> None:
        """From now on users may hear their boxes by phone."""
        controller = self._running()

        def give() -> None:
            controller.executor.mailboxes.access = access

        self.loop.call(give)

    def originating(self) -> int:
        """Users who are rung now for such a call."""
        return 0 if self._originator is None else len(self._originator)

    def calls_in_progress(self) -> int:
        """Calls held now."""
        return self.ask_inside(lambda controller: len(controller.executor.calls))

    def sizes(self) -> dict[str, int]:
        """How much is held, for leak tests and metrics."""

        def count(controller: CallController) -> dict[str, int]:
            return {
                **controller.endpoint.sizes(),
                "calls": len(controller.executor.calls),
                "legs": len(controller.executor.legs),
                "registrations": len(controller.registrations()),
                "faults": controller.faults,
                "orphans": controller.auditor.closed.total(),
            }

        return self.ask_inside(count)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _running(self) -> CallController:
        if self._controller is None or self._stopped:
            raise RuntimeError("the driver is not running; call start() first, and nothing after stop()")
        return self._controller

    def _said(self, said: list[Stamped]) -> None:
        self._said_before(said)
        for subscriber in self._subscribers.now():
            for at, message in said:
                if isinstance(message, note.Note):
                    try:
                        subscriber(at, message)
                    except Exception:
                        log.exception("a subscriber to notes broke")


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


def _nobody_to_ask(command: cmd.AskWebServer, done: command_executor.Done) -> None:
    done(ev.WebServerFailed(request=command.request, reason="refused", latency_us=0))


def _nobody_to_send(command: cmd.SendMessage, done: command_executor.Done) -> None:
    done(ev.MessageFailed(message=command.message, reason="no mail server is configured"))
