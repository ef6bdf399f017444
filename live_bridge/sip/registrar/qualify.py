"""Whether registered phones are still there: OPTIONS from time to time, and a phone that fell silent is taken out.

Decides when a device counts as gone: it has answered before, and has not for `SILENT_AT_MOST` questions in a row. Any answer
will do, a refusal too. Devices that never answered stay as long as they registered for: some know no OPTIONS. Streams are
not asked, their ends are noticed by themselves, unless a front has them. Leaves bindings to `registrar.py`. Source: RFC 3261
section 11.
Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from sippy.SipAddress import SipAddress
from sippy.SipFrom import SipFrom
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from live_bridge.sip.dialog.our_messages import routes_of
from live_bridge.sip.loop import Loop, Timer
from live_bridge.sip.registrar.bindings import Binding
from live_bridge.sip.registrar.registrar import Registrar
from live_bridge.sip.sippy_patches import reports

log = logging.getLogger(__name__)

SILENT_AT_MOST: Final = 2
"""Questions in a row without an answer."""

DOUBTED_S: Final = 2.0
"""Time for a device to answer that may be gone: the question is sent three times meanwhile."""

FLOW_FAILED: Final = 430
"""What a front says of a connection that it has no more (RFC 5626 section 11.5)."""

TIMEOUT: Final = 408
"""What the transaction layer says when nobody answered (RFC 3261 section 8.1.3.1)."""


class Qualifier:
    """Asks every device once in `every_s`, spread over that time. `manager_for` gives the transaction manager for a host."""

    def __init__(
        self, loop: Loop, registrar: Registrar, manager_for: Callable[[str], Any], domain: str, every_s: float
    ) -> None:
        self._loop = loop
        self._registrar = registrar
        self._manager_for = manager_for
        self._domain = domain
        self._every_s = every_s
        self._silent: dict[tuple[int, str], int] = {}
        """Of devices that have answered: questions since the last answer."""
        self._queue: list[Binding] = []
        self._timer: Timer | None = None
        if every_s > 0:
            self._timer = loop.later(every_s, self._next)

    def close(self) -> None:
        """Ask nobody any more."""
        self._every_s = 0.0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self) -> None:
        """Ask one device; the next one later."""
        self._timer = None
        if self._every_s <= 0:
            return
        if not self._queue:
            self._queue = [b for b in self._registrar.bindings.all() if b.transport == "udp" or b.front is not None]
            known = {(b.user, b.device) for b in self._queue}
            self._silent = {key: count for key, count in self._silent.items() if key in known}
        rest = len(self._queue)
        if rest:
            binding = self._queue.pop()
            if binding.expires_at_s > time.monotonic():
                try:
                    self._ask(binding)
                except Exception:
                    reports.report("asking a device whether it is there failed")
        self._timer = self._loop.later(self._every_s / max(rest, 1), self._next)

    def doubt(self, binding: Binding) -> None:
        """A telephone registered again from another port and may have been restarted: the old one is asked now, and taken
        out if it does not answer soon."""
        answered = False

        def heard(response: Any) -> None:
            nonlocal answered
            answered = answered or response.getSCode()[0] != TIMEOUT

        def judge() -> None:
            if not answered:
                log.info("device %s of user %s was restarted on another port", binding.device, binding.user)
                self._registrar.forget(binding.user, binding.device, binding.cseq)

        self._ask(binding, heard)
        self._loop.later(DOUBTED_S, judge)

    def _ask(self, binding: Binding, heard: Callable[[Any], None] | None = None) -> None:
        url = SipURL(binding.contact)
        sender = SipFrom(address=SipAddress(url=SipURL(username="pbx", host=self._domain)))
        sender.genTag()
        request = SipRequest(
            method="OPTIONS",
            ruri=url,
            to=SipTo(address=SipAddress(url=SipURL(username=str(binding.user), host=self._domain))),
            fr0m=sender,
            routes=routes_of(binding.path),
            target=binding.way,
        )
        tell = heard or (lambda response: self._answered(binding, response))
        self._manager_for(binding.way[0][0]).newTransaction(request, tell)

    def _answered(self, binding: Binding, response: Any) -> None:
        key = (binding.user, binding.device)
        if response.getSCode()[0] == FLOW_FAILED and binding.front is not None:
            log.info("the connection of device %s of user %s is gone", binding.device, binding.user)
            self._registrar.forget(binding.user, binding.device, binding.cseq)
            return
        if response.getSCode()[0] != TIMEOUT:
            self._silent[key] = 0
            return
        if key not in self._silent:
            return
        self._silent[key] += 1
        if self._silent[key] >= SILENT_AT_MOST:
            del self._silent[key]
            log.info("device %s of user %s does not answer any more", binding.device, binding.user)
            self._registrar.forget(binding.user, binding.device, binding.cseq)
