"""What visitors of websites ask of a bridge: what a widget offers now, to be called, and what became of that (R-17).

Decides which requests are taken: from a site of the widget, for a number that may be called, within the limits of R-17.5. Raises
`CallbackRefused` in people's words. Leaves who is rung, and when the visitor is, to the engine; HTTP to `api/widgets.py`.
Requests come in threads of the API, notes in the loop's thread.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from engine.contract import limits
from engine.contract import notes as note
from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US, CallId, Instant
from engine.control.callback_limits import CallbackLimits, Refusal
from engine.control.visitors import Offer
from engine.numbers import phone_numbers
from engine.state.widgets import WidgetRoutes
from live_bridge.calls import callbacks
from live_bridge.store.tries import Tries

if TYPE_CHECKING:
    from live_bridge.service.service import Service

State = Literal["asked", "ringing", "calling", "talking", "done", "nobody", "not_reached"]
"""Asked for; managers ring; the visitor rings; both talk; they talked; nobody answered, which is a lead; the visitor did not."""

KEPT: Final = 10_000
"""Callbacks whose state is remembered after their end."""

TRIES: Final = "callback_tries"
NUMBER: Final = "number"
ADDRESS: Final = "address"

HERE: Final = ""
"""The address of requests that come by the API with a token: the limit of addresses is not for them."""

WORDS: Final[dict[Refusal, str]] = {
    "pending": "a call to this number is already under way",
    "number": "this number was called three times within the hour",
    "address": "too many calls were asked for from this address within the hour",
}


class CallbackRefused(PbxError):
    """It cannot be done now, or never; the message says why. `status` is the one of HTTP that says it best."""

    def __init__(self, message: str, status: int, reason: str = "", retry_after_s: int = 0) -> None:
        self.status = status
        self.reason = reason
        """One word for the widget: `closed`, `number`, `pending`, `address`, `site`."""
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Callback(msgspec.Struct, kw_only=True):
    """One callback as its visitor may know of it."""

    state: State
    widget: str
    manager: str = ""
    """The name of whoever answered, when they have one (R-17.3)."""


class Callbacks:
    """The callbacks of one bridge."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tries = Tries(service.config.folder, TRIES, limits.CALLBACKS_WITHIN_US, service.driver.clock.now)
        self._limits = CallbackLimits(self._tries.digest)
        before = self._tries.at_start
        self._limits.remember(
            [(key, at) for table, key, at in before if table == NUMBER],
            [(key, at) for table, key, at in before if table == ADDRESS],
        )
        self._known: OrderedDict[CallId, Callback] = OrderedDict()
        self._lock = threading.Lock()

    # --- asking -------------------------------------------------------------------------------------------------------

    def widget(self, key: str) -> WidgetRoutes:
        """A widget of the version that takes new calls. Raises CallbackRefused for one there is not."""
        found = self._service.flow.widgets.get(key)
        if found is None:
            raise CallbackRefused(f"there is no widget {key[:40]} (R-17.1)", 404, "site")
        return found

    def offer(self, key: str, page: str) -> Offer:
        """What a widget offers on a page now."""
        self.widget(key)
        driver = self._service.driver
        found = driver.ask_inside(
            lambda controller: controller.engine.callback_offer(controller.clock.now(), key, page)
        )
        return found if found is not None else Offer(open=False, free=(), calls=False)

    def ask(self, key: str, number: str, page: str, address: str, by: str = "") -> CallId:
        """Take a visitor's request; the id of the call that the engine makes of it, or of the lead. `by` is the person or
        program that asks for them with a token. Raises CallbackRefused."""
        routes = self.widget(key)
        service = self._service
        if not routes.allows(number):
            raise CallbackRefused("this number cannot be called: write it in full (R-17.5)", 422, "number")
        if not service.account.may_call(number):
            raise CallbackRefused("no calls are made now (R-01.10)", 503, "closed")
        call = service.driver.ask_inside(lambda controller: controller.new_id())
        with self._lock:
            at = service.driver.clock.now()
            refusal = self._limits.take(at, number, address, call)
            if refusal is not None:
                wait_s = -(-self._limits.retry_after_us(at, number, address) // SECOND_US)
                raise CallbackRefused(f"{WORDS[refusal]} (R-17.5)", 429, refusal, max(wait_s, 1))
            for table, hidden in zip((NUMBER, ADDRESS), self._limits.keys(number, address), strict=True):
                if hidden:
                    self._tries.add(table, hidden, at)
            self._known[call] = Callback(state="asked", widget=key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        try:
            if by:
                service.acts.done("callback", {"widget": key}, by)
            whole = f"+{phone_numbers.subscriber(number)}"  # ten digits of another country are none of ours
            service.driver.ask_inside(
                lambda controller: callbacks.begin(
                    controller, service.media, call=call, widget=key, page=page, number=whole
                )
            )
        except callbacks.NoCalls as error:
            self._over(call)
            raise CallbackRefused(str(error), 503, "closed") from None
        except BaseException:
            self._over(call)
            raise
        return call

    def state(self, call: CallId) -> Callback:
        """What became of a request. Raises CallbackRefused for one that is not known."""
        with self._lock:
            found = self._known.get(call)
            if found is None:
                raise CallbackRefused("this callback is not known here", 404, "site")
            return msgspec.structs.replace(found)

    def _over(self, call: CallId) -> None:
        with self._lock:
            self._limits.over(call)

    # --- what the engine says -----------------------------------------------------------------------------------------

    def take(self, at: Instant, message: note.Note) -> None:
        """See `Driver.subscribe`."""
        call = getattr(message, "call", None)
        if not isinstance(call, str):
            return
        with self._lock:
            found = self._known.get(call)
            if isinstance(message, note.CallEnded):
                self._limits.over(call)
            if found is None:
                return
            match message:
                case note.ElementEntered() | note.LegStarted() if found.state == "asked":
                    found.state = "ringing"
                case note.DecisionMade(rule="R-17.4", output="callback", text=text):
                    found.state = "calling"
                    found.manager = self._name_of(text)
                case note.CallAnswered():
                    found.state = "talking"
                case note.CallEnded():
                    found.state = {"talking": "done", "calling": "not_reached"}.get(found.state, "nobody")  # type: ignore[assignment]

    def _name_of(self, text: str) -> str:
        """The name of the user whom `101 answered, so …` names; empty for an outside number, and for a user without one."""
        number = text.partition(" ")[0]
        user = self._service.flow.head.users.get(int(number)) if phone_numbers.is_internal(number) else None
        return user.name if user is not None else ""
