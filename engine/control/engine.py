"""The engine of one tenant: one event at a time with its instant in, commands and notes out (design, "The one engine").

Decides the order of deadlines and events. Leaves which method an event means to `handlers.py`, and what happens then to
`call_flow.py`.
"""

from __future__ import annotations

from engine.contract import events as ev
from engine.contract.errors import DriverError
from engine.contract.ids import CallId, Duration, Instant, seconds
from engine.control import services, visitors
from engine.control.call_flow import CallFlow
from engine.control.contact_memory import DIGITS
from engine.control.handlers import HANDLERS
from engine.control.held import Held, held_by
from engine.control.present import Present, present_of
from engine.control.visitors import Offer
from engine.numbers import phone_numbers
from engine.state.call import Call
from engine.state.flow import Flow
from engine.state.service_codes import Dialled
from engine.state.sink import MessageSink, Stamped
from engine.state.timers import NEVER


class Engine(CallFlow):
    """One tenant's engine.

    `flow` is promoted from the start; further versions are made known by `know` and then published and promoted by events.
    With no `out` given, `handle` hands back everything said; with one, `handle` gives an empty list and the sink has it.
    """

    def handle(self, at: Instant, event: ev.Event) -> list[Stamped]:
        """Take one event at its instant; what is to be done and what is fact, in order, each with its instant.

        What is overdue fires first, as the event may name what only then begins: so a journal needs no wake-ups. Raises
        ClockWentBack, UnknownLeg or SecondEnding when the driver is at fault; the event has changed nothing then, and what
        fell due before it is said with the next one.
        """
        handler = HANDLERS.get(type(event))
        if handler is None:
            raise DriverError(f"the engine knows no event {type(event).__name__}")
        if at >= self.tenant.timers.due:
            self.advance(at)
        handler(self, at, event)
        out = self.out
        return out.take() if isinstance(out, MessageSink) else []

    def dial_code(self, at: Instant, call: Call, code: Dialled) -> None:
        """A user dialled a service code (R-15.11)."""
        services.dial(self, at, call, code)

    def next_deadline(self) -> Instant | None:
        """When to be called again with `Advance`, if nothing happens before; None when nothing is due."""
        due = self.tenant.timers.next_deadline()
        return None if due >= NEVER else due

    def prompt_length(self, call: CallId, prompt: str) -> Duration | None:
        """Microseconds a prompt lasts on the version a call is on; None for an unknown call or sound."""
        found = self.tenant.calls.get(call)
        length_s = None if found is None else found.flow.head.prompts.get(prompt)
        return None if length_s is None else seconds(length_s)

    def collects(self, event: ev.DigitPressed) -> bool:
        """Whether a key pressed now is asked for by the flow. One that is not changes nothing; the driver does not tell it, so
        that a card number said to somebody by keys stands in no journal."""
        call = self.tenant.calls.get(event.call)
        if call is None or call.over or call.element is None:
            return False
        if event.leg is None:
            return call.element.collects_key(call, event.digit)
        try:
            leg = self.leg_of(event.leg)
        except DriverError:  # gone while the key was on its way
            return False
        return leg.visit is call.visit and call.element.collects_leg_key(call, leg, event.digit)

    def held(self) -> Held:
        """All that it holds now, to be compared with what the world around it holds."""
        return held_by(self.tenant)

    def present(self, at: Instant) -> Present:
        """Members, waiting callers and talks at `at`, no earlier than the last event: what a forecast begins with."""
        return present_of(self.tenant, self.versions.live, at)

    def callback_offer(self, at: Instant, widget: str, page: str) -> Offer | None:
        """What a widget of the live version offers on a page at `at`, no earlier than the last event; None for no such widget."""
        flow = self.versions.live
        routes = flow.widgets.get(widget)
        return None if routes is None else visitors.offer(self.tenant, flow, routes, page, at)

    def last_talk(self, number: str) -> tuple[int, Instant] | None:
        """Which user a number, however it is written, talked with last, and when (R-18.1); None if it never did."""
        found = self.tenant.talks.last_with(phone_numbers.last_digits(number, DIGITS))
        return None if found is None else (found.user, found.at)

    def know(self, flow: Flow) -> None:
        """Make a version's content known, so that `FlowPublished` and `FlowPromoted` may name its digest."""
        self.versions.known.setdefault(flow.digest, flow)
