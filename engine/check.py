"""Everything unwise about a flow, each finding with its place, its rule, what to do, and a call that shows it.

Decides what is looked at and in which order findings come. A flow that loads has no errors; what is found here are warnings,
which need a named person's acknowledgement before the version goes live (R-25.5).
"""

from __future__ import annotations

from engine import faults
from engine.check_elements import ElementsCheck
from engine.check_outgoing import OutgoingCheck
from engine.check_time import TimeCheck
from engine.faults import Fault
from engine.finding import Finder
from engine.flow import Flow
from engine.ids import SECOND_US, Instant

SINCE: Instant = 1_798_761_600 * SECOND_US
"""2027-01-01T00:00Z: the year looked at when nobody says which."""


def check(flow: Flow, since: Instant = SINCE) -> tuple[Fault, ...]:
    """All findings about a flow, those of loading included, in the order of the text.

    `since` is where the year begins over which minutes are counted.
    """
    finder = Finder(flow.positions, flow.file)
    ElementsCheck(flow, finder).run()
    TimeCheck(flow, finder, since).run()
    OutgoingCheck(flow, finder).run()
    return faults.in_order((*flow.faults, *finder.found))
