"""Which version of the flow takes a new call, and when a version may be forgotten (R-25.5, R-25.6).

A call is pinned to the version it starts on. Promotion, canary and retirement touch new calls only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contract import notes as note
from engine.contract.errors import DriverError
from engine.contract.events import FlowPromoted
from engine.contract.ids import Instant
from engine.state.call import Call, share
from engine.state.flow import Flow
from engine.state.selection import Selection, SelectionError
from engine.state.version import Version

if TYPE_CHECKING:
    from engine.control.tenant import Tenant

_PROMOTION_DRAW = 0
"""Element number under which a call's draw for its version is made: no element has it."""


class Versions:
    """Versions known to one tenant. `live` takes new calls but for the share that a canary takes."""

    def __init__(self, tenant: Tenant, flow: Flow) -> None:
        self.tenant = tenant
        self.known: dict[str, Flow] = {flow.digest: flow}
        self.live = flow
        self.canary: Flow | None = None
        self.canary_share = 0.0
        self.selection: Selection | None = None
        """The calls that the canary has its share of; None is all."""
        self.in_use: dict[str, Version] = {flow.digest: Version(flow)}
        """By digest. A call keeps the `Version` it began on."""
        self.newest = self.in_use[flow.digest]
        """That of `live`."""
        self.retired: set[str] = set()
        tenant.install(flow)
        self._seat(self.newest)

    def take(self, at: Instant, call: Call) -> Version:
        """The version a new call is pinned to, by what the canary is narrowed to and the call's own draw; it is counted there."""
        version = self.newest
        if self.canary is not None and self._tries(at, call):
            version = self.in_use[self.canary.digest]
        version.calls += 1
        return version

    def _tries(self, at: Instant, call: Call) -> bool:
        """Whether a call that comes at `at` goes to the canary."""
        selection = self.selection
        if selection is not None and not selection.has(at, call.called, call.caller, call.trunk):
            return False
        return self.canary_share >= 1.0 or share(call.draw(_PROMOTION_DRAW, 0)) < self.canary_share

    def selection_of(self, event: FlowPromoted) -> Selection | None:
        """The calls a promotion is narrowed to, None for all. Raises DriverError for what cannot be meant."""
        try:
            found = Selection(
                event.numbers, event.trunks, event.callers, event.since, event.until,
                self.live.head.settings.caller_form,
            )  # fmt: skip
        except SelectionError as error:
            raise DriverError(str(error)) from None
        return found if found.narrows else None

    def release(self, version: Version) -> None:
        """A call on `version` is over."""
        version.calls -= 1
        if version.calls == 0 and version.flow.digest in self.retired:
            self.tenant.remove(version.flow)

    def of(self, digest: str) -> Flow:
        """The version with a digest. Raises DriverError when its content was never given."""
        flow = self.known.get(digest)
        if flow is None:
            raise DriverError(f"version {digest[:12]} is not known here; give its content before naming it")
        return flow

    def publish(self, digest: str) -> None:
        """A version may be promoted from now on."""
        self._install(self.of(digest))
        self.tenant.out.note(note.FlowChanged(flow=digest, state="published"))

    def promote(self, event: FlowPromoted, selection: Selection | None) -> None:
        """A version takes its share of the chosen new calls from now on; with all of all it becomes the live one."""
        digest, part = event.flow, event.share
        flow = self.of(digest)
        self._install(flow)
        whole = part >= 1.0 and selection is None
        if whole:
            self.live = flow
            self._end_canary()
            if self.newest.flow is not flow:
                self.in_use[digest].carry_on(self.newest)
            self.newest = self.in_use[digest]
            self.tenant.put_in_force(flow)
        elif flow is self.live:
            self._end_canary()
        else:
            self.canary, self.canary_share, self.selection = flow, part, selection
        self.tenant.out.note(
            note.FlowChanged(
                flow=digest, state="live" if whole else "canary", share=part, numbers=event.numbers, trunks=event.trunks,
                callers=event.callers, since=event.since, until=event.until, by=event.by, reason=event.reason,
            )
        )  # fmt: skip

    def _end_canary(self) -> None:
        """All new calls go to the live version."""
        self.canary, self.canary_share, self.selection = None, 0.0, None

    def retire(self, digest: str) -> None:
        """A version takes no new calls; those on it run to their end."""
        flow = self.of(digest)
        if self.canary is flow:
            self._end_canary()
        self.retired.add(digest)
        version = self.in_use.get(digest)
        if version is None or version.calls == 0:
            self.tenant.remove(flow)
        self.tenant.out.note(note.FlowChanged(flow=digest, state="retired"))

    def _install(self, flow: Flow) -> None:
        self.retired.discard(flow.digest)
        version = self.in_use.setdefault(flow.digest, Version(flow))
        self.tenant.install(flow)
        self._seat(version)

    def _seat(self, version: Version) -> None:
        """Look up the queues and trunks that the tenant has made room for."""
        flow = version.flow
        version.entries = [flow.entry_of(key) if key in flow.trunks else None for key in self.tenant.trunks]
        found = self.tenant.queues_of(version.flow)
        version.queues = [found.get(number) for number in version.flow.elements]
