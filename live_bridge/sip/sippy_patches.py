"""What of the stock stack cannot be put right by subclassing: functions it calls by module name.

Three things only. Its reports of bad packets go to our log, counted and bounded, instead of standard output with the whole
packet (defect 10 of the list in `docs/live-sip.md`); its test for "our own address", written as `'my' in dir(x)` some
twenty times a message, costs an attribute look-up instead of a listing (a third of the stack's time per call); and it reads the
clock by Python's own call instead of a foreign one through ctypes (a fourteenth).
Imported in the loop's thread only.
"""

from __future__ import annotations

import importlib
import logging
import sys
import time
import traceback
from typing import Any, Final

log = logging.getLogger("live_bridge.sip.stack")

USER_SAFE: Final = "&=+$,/-_.!~*'()"
"""What stands in the user part of a URI as it is, besides letters and digits (RFC 3261 section 25.1). The stack leaves `#` alone
as well, which is not allowed, and `;` and `?`, which others take for the beginning of parameters and headers."""

REPORTS_PER_MINUTE: Final = 60
"""Log lines about exceptions inside the stack; the rest are only counted."""

_SHADOWED_DIR: Final = ("SipURL", "SipVia", "SipConf", "SipAddress", "SipContact", "SipCallId", "SipWWWAuthenticate")
_SHADOWED_PRINT: Final = (
    "SipURL", "SipMsg", "SipRequest", "SipTransactionManager", "UacStateTrying", "UacStateRinging", "UaStateConnected",
    "SipHeader", "SipAddress",
)  # fmt: skip
_SHADOWED_DUMP: Final = ("SipTransactionManager", "Network_server", "Core.EventDispatcher")


class Reports:
    """The last safety net: exceptions that fell in the stack or around it, how many, and the first of each minute in the log, a
    line each. A traceback goes to the log at level DEBUG only: what strangers send must not fill a disk."""

    def __init__(self) -> None:
        self.total = 0
        self._minute = 0
        self._in_minute = 0

    def report(self, where: str) -> None:
        """Count and perhaps log the exception being handled."""
        self.total += 1
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_minute += 1
        if self._in_minute <= REPORTS_PER_MINUTE:
            fault = sys.exc_info()[1]
            log.error("%s: %s: %s (%s)", where, type(fault).__name__, str(fault)[:300], _place_of(fault))
            log.debug("%s", where, exc_info=fault)


def _place_of(fault: BaseException | None) -> str:
    """File, line and function where an exception fell."""
    frames = traceback.extract_tb(fault.__traceback__) if fault is not None else []
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno} in {frames[-1].name}" if frames else "nowhere"


reports = Reports()


def _dump(message: str, *_: Any, **__: Any) -> None:
    reports.report(message)


def _own(thing: object) -> tuple[str, ...]:
    return ("my",) if getattr(thing, "my", False) else ()


def _quiet(*words: object, **_: Any) -> None:
    log.debug("%s", " ".join(str(word) for word in words)[:300])


_installed = False


def install() -> None:
    """Put the shields up; doing it twice changes nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    for name in _SHADOWED_DIR:
        vars(importlib.import_module(f"sippy.{name}"))["dir"] = _own
    for name in _SHADOWED_PRINT:
        vars(importlib.import_module(f"sippy.{name}"))["print"] = _quiet
    for name in _SHADOWED_DUMP:
        vars(importlib.import_module(f"sippy.{name}"))["dump_exception"] = _dump
    vars(importlib.import_module("sippy.Time.MonoTime"))["clock_getdtime"] = time.clock_gettime
    vars(importlib.import_module("sippy.SipURL"))["USERNAME_SAFE"] = USER_SAFE
    configuration = importlib.import_module("sippy.SipConf").SipConf
    configuration.autoconvert_tel_url = True
