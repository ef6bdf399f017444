"""Everything unwise about a flow, each finding with its place, its rule, what to do, and a call that shows it.

Decides what is looked at and in which order findings come. A flow that loads has no errors; what is found here are warnings,
which need a named person's acknowledgement before the version goes live (R-25.5).
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.analysis import reach
from engine.analysis.check_elements import ElementsCheck
from engine.analysis.check_outgoing import OutgoingCheck
from engine.analysis.check_time import TimeCheck
from engine.contract.ids import SECOND_US, Instant
from engine.document import faults
from engine.document.fault_collector import FaultCollector
from engine.document.faults import Fault, TrialCall
from engine.numbers import phone_numbers
from engine.state.flow import Flow

SINCE: Instant = 1_798_761_600 * SECOND_US
"""2027-01-01T00:00Z: the year looked at when nobody says which."""


def check(flow: Flow, since: Instant = SINCE, callers: Iterable[str] = ()) -> tuple[Fault, ...]:
    """All findings about a flow, those of loading included, in the order of the text.

    `since` is where the year begins over which minutes are counted; `callers` are callers' numbers of a history, as they were
    presented, which show rules that miss them (R-12.4).
    """
    finder = FaultCollector(flow.positions, flow.file)
    ElementsCheck(flow, finder, reach.year(flow, since)).run()
    TimeCheck(flow, finder, since).run()
    OutgoingCheck(flow, finder).run()
    return faults.in_order((*flow.faults, *finder.found, *check_callers(flow, callers)))


def check_callers(flow: Flow, callers: Iterable[str]) -> tuple[Fault, ...]:
    """Number rules that miss callers of a history because the carrier presents numbers in another form (R-12.4).

    `callers` are numbers as they were presented. One finding a rule, with how many callers it misses and one of them.
    """
    finder = FaultCollector(flow.positions, flow.file)
    rules = [element for element in flow.elements.values() if element.compares_callers]
    missed: dict[int, dict[str, str]] = {}
    for caller in dict.fromkeys(callers):
        cleaned = phone_numbers.cleaned(caller) if caller else None
        if cleaned is None:
            continue
        for rule in rules:
            if not rule.fits(cleaned):
                other = next((form for form in phone_numbers.forms(cleaned) if rule.fits(form)), None)
                if other is not None:
                    missed.setdefault(rule.number, {})[cleaned] = other
    for number, found in missed.items():
        caller, other = next(iter(found.items()))
        message = f"{len(found)} callers are missed, as {caller} is presented so and not as {other}"
        user = next(iter(flow.head.users), None)
        example = TrialCall(number=str(number), caller=caller, user=user, origin="user") if user is not None else None
        remedy = "Write the entries as the operator presents numbers, or set settings: {caller_form: ...}"
        finder.add("other-form", "R-12.4", ("elements", str(number), "entries"), message, remedy, example)
    return faults.in_order(finder.found)
