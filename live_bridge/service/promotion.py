"""Versions on live traffic: publish, promote in part or whole, roll back, retire (R-25.5, R-25.6).

Decides what must hold before a version may take a call: no errors, warnings acknowledged by a named person, every sound
there and as long as the document says. Its text is kept before its digest is named, so that a journal can always be replayed.
Calls in progress stay on their version; a roll-back touches new calls only and takes effect at once. Thread-safe.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

import msgspec

from engine.analysis import check
from engine.contract import events as ev
from engine.contract.errors import FlowError, PbxError
from engine.document import faults
from engine.document.faults import Fault
from engine.loading.load import load
from engine.state.flow import Flow
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.driver import Driver
from live_bridge.media.sounds import Sounds

log = logging.getLogger(__name__)

Keep = Callable[[str, str], None]
"""Keeps the text of a version, by digest; it must be durable when this returns."""


class Refused(PbxError):
    """A version cannot be published or promoted; the message says why and what to do. `warnings` wait for a person."""

    def __init__(self, message: str, warnings: tuple[Fault, ...] = ()) -> None:
        self.warnings = warnings
        super().__init__(message)


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A version that may be promoted."""

    digest: str
    warnings: tuple[Fault, ...] = ()
    acknowledged_by: str = ""


class Control:
    """Versions of one running bridge. `flow` is the one it was started with."""

    def __init__(self, driver: Driver, flow: Flow, sounds: Sounds, keep: Keep) -> None:
        self.flows: dict[str, Flow] = {flow.digest: flow}
        """Every version this run may name, for replays."""
        self._driver = driver
        self._sounds = sounds
        self._keep = keep
        self._lock = threading.Lock()
        self._live = [flow.digest]
        self._canary: tuple[str, float] | None = None

    def restore(self, flows: Iterable[Flow], way: Sequence[str], canary: tuple[str, float] | None) -> None:
        """Go on from where an earlier run stood: `way` is the live versions in order, the last one live. Call it once, when
        the driver has started with that one as its flow and its engine knows all of `flows`."""
        with self._lock:
            self.flows |= {flow.digest: flow for flow in flows}
            self._live = list(way)
            if canary is not None:
                digest, share = canary
                self._driver.ask_inside(lambda controller: controller.feed(ev.FlowPromoted(flow=digest, share=share)))
                self._canary = canary

    @property
    def way(self) -> tuple[str, ...]:
        """Digests of the versions that were live one after another; rolling back goes one step back."""
        return tuple(self._live)

    @property
    def live(self) -> str:
        """Digest of the version that takes new calls."""
        return self._live[-1]

    @property
    def canary(self) -> tuple[str, float] | None:
        """Digest and share of the version being tried, if any."""
        return self._canary

    def publish(self, text: str, name: str = "pbx.yaml", *, acknowledged_by: str = "") -> Published:
        """Make a version ready for promotion. Raises FlowError for errors, `Refused` for warnings nobody acknowledged and
        for sounds that are missing or of another length."""
        flow = load(text, name)
        found = check.check(flow)
        errors = faults.errors(found)
        if errors:
            raise FlowError(errors)
        if found and not acknowledged_by.strip():
            raise Refused(f"{len(found)} warnings wait for a named person to acknowledge them (R-25.5)", found)
        wrong = self._sounds.check(flow.head.prompts)
        if wrong:
            raise Refused("\n".join(wrong))
        with self._lock:
            self._keep(flow.digest, text)
            self.flows[flow.digest] = flow

            def know(controller: CallController) -> None:
                controller.engine.know(flow)
                controller.feed(ev.FlowPublished(flow=flow.digest))

            self._driver.ask_inside(know)
        log.info(
            "version %s is published, acknowledged by %s", flow.digest[:12], acknowledged_by or "nobody: no warnings"
        )
        return Published(digest=flow.digest, warnings=found, acknowledged_by=acknowledged_by)

    def promote(self, digest: str, share: float = 1.0) -> None:
        """Let a published version take `share` of new calls, each call by its own draw; with 1 it becomes the live one."""
        if not 0.0 <= share <= 1.0:
            raise Refused(f"a share of calls is 0 to 1, not {share}")
        with self._lock:
            if digest not in self.flows:
                raise Refused(f"version {digest[:12]} is not published here; publish it first")
            self._driver.ask_inside(lambda controller: controller.feed(ev.FlowPromoted(flow=digest, share=share)))
            if share >= 1.0:
                self._live = [known for known in self._live if known != digest] + [digest]
                self._canary = None
            elif digest != self.live:
                self._canary = (digest, share) if share > 0 else None

    def roll_back(self) -> str:
        """End a canary, or else make the version before the live one live again; the digest that is live now."""
        with self._lock:
            if self._canary is not None:
                self._canary = None
            elif len(self._live) > 1:
                self._live.pop()
            else:
                raise Refused("there is no version to go back to")
            digest = self.live
            self._driver.ask_inside(lambda controller: controller.feed(ev.FlowPromoted(flow=digest)))
            return digest

    def retire(self, digest: str) -> None:
        """Let a version take no new calls; those on it run to their end. The live one cannot be retired."""
        with self._lock:
            if digest == self.live:
                raise Refused(f"version {digest[:12]} is live; promote another one before it is retired")
            if digest not in self.flows:
                raise Refused(f"version {digest[:12]} is not known here")
            self._driver.ask_inside(lambda controller: controller.feed(ev.FlowRetired(flow=digest)))
            self._live = [known for known in self._live if known != digest]
            if self._canary is not None and self._canary[0] == digest:
                self._canary = None
