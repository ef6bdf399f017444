"""What happens to one tenant between calls: devices, members, trunks and versions change; and what an id means.

The part of the engine that moves no call by itself: `call_flow.py` is one of these and does that. Decides what a report of the
world changes; leaves members to `dispatcher.py`, and which version takes a call to `versions.py`.
"""

from __future__ import annotations

from engine.account.states import BARRED, State
from engine.contract import notes as note
from engine.contract.errors import DriverError, UnknownLeg
from engine.contract.events import FlowPromoted
from engine.contract.ids import Instant
from engine.control.tenant import Tenant
from engine.control.versions import Versions
from engine.state.call import Call
from engine.state.leg import Leg
from engine.state.member import UserState
from engine.state.sink import Sink


class TenantAdministration:
    """A tenant, its versions, and the methods that change them."""

    out: Sink
    tenant: Tenant
    versions: Versions

    def advance(self, at: Instant) -> None:
        """Fire every deadline at or before `at`, each at its own instant. Raises ClockWentBack."""
        raise NotImplementedError

    # --- users, trunks, versions -------------------------------------------------------------------------------------

    def device_registered(self, at: Instant, user: UserState, device: str = "1") -> None:
        """A device of a user registered or refreshed."""
        self.advance(at)
        if device not in user.devices:
            user.devices[device] = None
            self.tenant.dispatcher.devices_changed(at, user)

    def device_unregistered(self, at: Instant, user: UserState, device: str = "1") -> None:
        """A device's registration is over."""
        self.advance(at)
        if device in user.devices:
            del user.devices[device]
            self.tenant.dispatcher.devices_changed(at, user)

    def do_not_disturb(self, at: Instant, user: UserState, on: bool) -> None:
        """A user wants no calls, or wants them again."""
        self.advance(at)
        changed = user.do_not_disturb != on
        user.do_not_disturb = on
        self.tenant.dispatcher.devices_changed(at, user)
        if changed and self.out.wants_notes:
            value = "on" if on else "off"
            self.out.note(note.UserSettingChanged(user=user.number, setting="do_not_disturb", value=value))

    def forward(self, at: Instant, user: UserState, to: str) -> None:
        """A user's own calls go elsewhere, or come again (R-15.11)."""
        self.advance(at)
        if user.forward_to != to:
            user.forward_to = to
            if self.out.wants_notes:
                self.out.note(note.UserSettingChanged(user=user.number, setting="forwarding", value=to))

    def sign(self, at: Instant, user: UserState, queue: int | None, into: bool) -> None:
        """A member signed in or out."""
        self.advance(at)
        self.tenant.dispatcher.sign(at, user, queue, into)

    def pause(self, at: Instant, user: UserState, queue: int | None, reason: str = "") -> None:
        """A member takes no calls for a while."""
        self.advance(at)
        self.tenant.dispatcher.pause(at, user, queue, reason)

    def unpause(self, at: Instant, user: UserState, queue: int | None) -> None:
        """The pause is over."""
        self.advance(at)
        self.tenant.dispatcher.unpause(at, user, queue)

    def trunk_changed(self, at: Instant, key: str, state: str) -> None:
        """A trunk's registration changed (R-04.10); calls in progress on it go on."""
        trunk = self.tenant.trunks.get(key)
        if trunk is None:
            raise UnknownLeg(f"the driver reported trunk {key}, which the PBX lacks")
        self.advance(at)
        if trunk.state != state:
            trunk.state = state
            self.out.note(note.TrunkChanged(trunk=key, state=state))

    def trunk_paid(self, at: Instant, key: str, paid: bool) -> None:
        """A bought trunk is paid for, or no longer (R-03.6); calls in progress on it go on."""
        trunk = self.tenant.trunks.get(key)
        if trunk is None:
            raise UnknownLeg(f"the driver reported trunk {key}, which the PBX lacks")
        self.advance(at)
        if trunk.paid != paid:
            trunk.paid = paid
            self.out.note(note.TrunkChanged(trunk=key, state=trunk.state if paid else "unpaid"))

    def account_changed(self, at: Instant, state: State, by: str = "") -> None:
        """The account around the PBX came into a state (R-01.9); calls in progress go on (R-01.10)."""
        self.advance(at)
        if self.tenant.account != state:
            self.tenant.account = state
            self.tenant.barred = state in BARRED
            self.out.note(note.AccountStateChanged(state=state, by=by))

    def publish(self, at: Instant, digest: str) -> None:
        """A version may be promoted from now on (R-25.5)."""
        self.versions.of(digest)
        self.advance(at)
        self.versions.publish(digest)

    def promote(self, at: Instant, event: FlowPromoted) -> None:
        """A version takes a share of the chosen new calls from now on (R-25.6); with all of all it becomes the live one."""
        self.versions.of(event.flow)
        if not 0.0 <= event.share <= 1.0:
            raise DriverError(f"a share of calls is 0 to 1, not {event.share}")
        selection = self.versions.selection_of(event)
        self.advance(at)
        self.versions.promote(event, selection)

    def retire(self, at: Instant, digest: str) -> None:
        """A version takes no new calls; those on it run to their end. The live version cannot be retired."""
        if self.versions.of(digest) is self.versions.live:
            raise DriverError(f"version {digest[:12]} is live; promote another one before it is retired")
        self.advance(at)
        self.versions.retire(digest)

    # --- ids to objects ----------------------------------------------------------------------------------------------

    def call_of(self, call: str) -> Call:
        """The call with an id; raises UnknownLeg."""
        found = self.tenant.calls.get(call)
        if found is None:
            raise UnknownLeg(f"the driver named call {call}, which never came or is long over")
        return found

    def leg_of(self, leg: str) -> Leg:
        """The leg with an id; raises UnknownLeg."""
        moved = self.tenant.moved_legs.get(leg)
        if moved is not None:
            return moved
        name, _, n = leg.rpartition(".")
        for found in self.call_of(name).live_legs:
            if str(found.n) == n:
                return found
        raise UnknownLeg(f"the driver named leg {leg}, which was never placed or is over")

    def user_of(self, number: int) -> UserState:
        """The user with an internal number; raises UnknownLeg."""
        found = self.tenant.users.get(number)
        if found is None:
            raise UnknownLeg(f"the driver named user {number}, which the PBX does not have")
        return found
