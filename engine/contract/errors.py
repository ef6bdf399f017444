"""Every exception the engine raises. What the world does (busy, no answer, lost media) is an event and never one of these.

PbxError
  FlowError        the document is at fault; carries the list of faults found
  JournalError     a journal cannot be read or does not replay
    CorruptRecord
    ReplayDiverged
  DriverError      the world broke the contract of `events.py`
    ClockWentBack
    UnknownLeg
    SecondEnding
  EngineBug        an invariant of ours fell
"""

from __future__ import annotations


class PbxError(Exception):
    """Base of all our errors. The message says whose fault it is, where, and what to do."""


class FlowError(PbxError):
    """The document cannot be used as a flow.

    `faults` holds everything found wrong, in document order (see `faults.Fault`).
    """

    def __init__(self, faults: tuple[object, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class JournalError(PbxError):
    """A journal is at fault."""


class CorruptRecord(JournalError):
    """A record cannot be decoded; the message gives its number."""


class ReplayDiverged(JournalError):
    """Replaying a journal gave outputs other than those recorded; the message gives the first difference."""


class DriverError(PbxError):
    """A driver broke the contract: its fault, never the caller's."""


class ClockWentBack(DriverError):
    """`handle` was given an instant before the last one."""


class UnknownLeg(DriverError):
    """An event names a call, leg or other thing the engine never started, or one that is long over."""


class SecondEnding(DriverError):
    """A thing that has ended was ended again."""


class EngineBug(PbxError):
    """An invariant of the engine fell. The tenant must be rebuilt from its journal."""
