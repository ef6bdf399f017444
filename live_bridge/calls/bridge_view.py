"""What others may know of a running bridge: its calls and registrations, asked from any thread.

Decides nothing; the API, promotion and housekeeping ask here and look into no part of the bridge themselves.
"""

from __future__ import annotations

from collections import Counter

from engine.contract.ids import CallId, LegId
from engine.control.present import Present
from live_bridge.calls.driver import Driver
from live_bridge.sip.registrar.bindings import Binding
from live_bridge.sip.registrar.passes import Pass
from live_bridge.sip.transport.rate_limits import Ban


class BridgeView:
    """A view of the bridge that a driver runs. Every answer is of one instant, taken in the loop's thread."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def holds(self, call: CallId) -> bool:
        """Whether a call is in progress."""
        return self._driver.ask_inside(lambda controller: controller.holds(call))

    def talking_leg(self, call: CallId) -> LegId | None:
        """The leg of the user who talks with the caller of `call`; None when nobody of this PBX does."""
        return self._driver.ask_inside(lambda controller: controller.talking_leg(call))

    def registrations(self) -> tuple[Binding, ...]:
        """Devices registered now."""
        return self._driver.ask_inside(lambda controller: controller.registrations())

    def devices(self) -> Counter[int]:
        """How many devices each user is registered with."""
        return Counter(binding.user for binding in self.registrations())

    def present(self) -> Present:
        """Members, waiting callers and talks now."""
        return self._driver.ask_inside(lambda controller: controller.engine.present(controller.clock.now()))

    def orphans(self) -> int:
        """Orphans the auditor closed since the start, if the last was within the hour; else 0."""
        return self._driver.ask_inside(lambda controller: controller.auditor.recent)

    def bans(self) -> list[Ban]:
        """Addresses that are not listened to, and why; the next one to be free first."""
        return self._driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.bans())

    def bans_unheard(self) -> int:
        """How many addresses are banned since before the start and have sent nothing yet."""
        return self._driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.unheard())

    def pardon(self, address: str) -> bool:
        """Listen to an address again; whether it was banned."""
        return self._driver.ask_inside(lambda controller: controller.endpoint.doorkeeper.pardon(address))

    def new_pass(self, by: str, user: int | None, caller: str) -> Pass:
        """A pass for a page; see `Passes.make`."""
        return self._driver.ask_inside(lambda controller: controller.endpoint.registrar.passes.make(by, user, caller))

    def pass_of(self, login: str) -> Pass | None:
        """The pass of a login, if it is in force."""
        return self._driver.ask_inside(lambda controller: controller.endpoint.registrar.passes.get(login))

    def renew_pass(self, login: str) -> None:
        """See `Passes.renew`."""
        self._driver.ask_inside(lambda controller: controller.endpoint.registrar.passes.renew(login))

    def ask_call(self, login: str, called: str) -> None:
        """See `Passes.ask`."""
        self._driver.ask_inside(lambda controller: controller.endpoint.registrar.passes.ask(login, called))

    def drop_pass(self, login: str) -> None:
        """See `Passes.drop`."""
        self._driver.ask_inside(lambda controller: controller.endpoint.registrar.passes.drop(login))

    def restore_registrations(self, bindings: list[Binding]) -> None:
        """Devices that were registered before this start."""
        self._driver.ask_inside(lambda controller: controller.endpoint.registrar.restore(bindings))
