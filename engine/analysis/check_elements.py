"""What is unwise about elements, users and trunks, each finding with a call that shows it.

Decides: elements nobody outside can reach, keys and outputs that lead nowhere, outputs that no call takes, circles that only
wait while somebody is free, outside members without a key to accept, direct SIP that could cost money, trunks without a
bound, an announcement of recordings that are not made. Leaves time to `check_time.py` and outgoing rules to `check_outgoing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from engine.analysis.check_examples import from_inside, run
from engine.contract.ids import Instant
from engine.document import models
from engine.document.fault_collector import FaultCollector
from engine.document.faults import NOT_TAKEN, Fault, Finding, Path, TrialCall
from engine.document.models import output_fields
from engine.elements.voicemail import no_recipient
from engine.loading.cycles import Cycle, cycles, instant_cycles
from engine.numbers import phone_numbers
from engine.state.element import Element, Exit
from engine.state.flow import Flow, Node

CHANGES_TRIED = 20
"""Changes of each time rule in a circle at which a call is tried that runs round it."""

USERS_NAMED = 12
"""Users one finding names before it counts the rest."""


class ElementsCheck:
    """Findings about one flow's elements, users and trunks."""

    def __init__(self, flow: Flow, finder: FaultCollector, year: tuple[Instant, Instant]) -> None:
        self.flow = flow
        self.finder = finder
        self.year = year
        """The time over which minutes are counted."""

    def run(self) -> list[Fault]:
        """All findings."""
        self._trunks()
        self._users()
        self._announcement()
        self._unreachable()
        for number, element in self.flow.elements.items():
            if number in self.flow.document.elements:
                self._empty(element)
                self._unused(element)
        self._cycles()
        self._direct()
        return self.finder.found

    def dial(self, number: str, users: dict[int, str] | None = None) -> TrialCall | None:
        """An inside call to an element."""
        return from_inside(self.flow, TrialCall(number=number, users=users or {}))

    # --- trunks and users ----------------------------------------------------------------------------------------------

    def _trunks(self) -> None:
        seen: dict[str, str] = {}
        for key, trunk in self.flow.trunks.items():
            arrives = TrialCall(number=trunk.number, trunk=key)
            if trunk.lines == "unlimited":
                message = f"{key} has no bound on simultaneous calls, so a load test can never find its lines busy"
                path: Path = ("trunks", key, "lines")
                self.finder.add(
                    "unlimited-trunk", "R-04.8", path, message, "Write lines: as the operator sells", arrives
                )
            digits = phone_numbers.subscriber(trunk.number)
            if digits in seen:
                message = f"{key} and {seen[digits]} have the same number {trunk.number}"
                path = ("trunks", key, "number")
                self.finder.add("same-number", "R-04.9", path, message, "Give each its own number", arrives)
            seen[digits] = key
            if models.is_foreign_8800(trunk.number, trunk.operator):
                self._foreign_8800(key, trunk, arrives)

    def _foreign_8800(self, key: str, trunk: models.Trunk, arrives: TrialCall) -> None:
        """Calls out through another carrier's 8800 number, which may be blocked (R-03.15): allowed, or off unsaid."""
        path: Path = ("trunks", key, "outgoing_allowed")
        if trunk.outgoing_allowed:
            message = f"{key} is a federal 8800 number; outgoing calls with another operator's may be blocked"
            remedy = "Write outgoing_allowed: false, unless the operator lets them out"
            self.finder.add("8800-outgoing", "R-03.15", path, message, remedy, arrives)
        elif path not in self.flow.positions:
            message = (
                f"no call goes out through {key}: outgoing calls with another operator's 8800 number may be blocked"
            )
            remedy = "Write outgoing_allowed: true if the operator lets them out, or false"
            self.finder.add("8800-outgoing", "R-03.16", ("trunks", key), message, remedy, arrives)

    def _users(self) -> None:
        for number, user in self.flow.head.users.items():
            if any(char.isalpha() and not "A" <= char.upper() <= "Z" for char in user.name):
                message = f"many phones cannot show the name {user.name}"
                path = ("users", str(number), "name")
                remedy = "Write it in Latin letters"
                self.finder.add("name-not-latin", "R-06.2", path, message, remedy, self.dial(str(number)))
        unsent = [number for number, user in self.flow.head.users.items() if user.voicemail and not user.email]
        if unsent and not self.flow.head.settings.voicemail_recipients:
            listed = ", ".join(str(number) for number in unsent[:USERS_NAMED])
            if len(unsent) > USERS_NAMED:
                listed += f" and {len(unsent) - USERS_NAMED} more"
            call = TrialCall(number=str(unsent[0]), users={unsent[0]: NOT_TAKEN})
            found = no_recipient("email", f"user {listed}" if len(unsent) == 1 else f"the users {listed}", call)
            base = ("users", str(unsent[0]))
            self.finder.add(found.code, found.rule, base, found.message, found.remedy, from_inside(self.flow, call))

    def _announcement(self) -> None:
        """A sound before recorded talks that nobody hears (R-24.4)."""
        sound = self.flow.head.settings.record_prompt
        if sound is not None and not self.flow.records:
            message = f"{sound} is never heard before a talk, as no talk is recorded"
            remedy = "Write record: on where talks are to be recorded, or remove record_prompt"
            path: Path = ("settings", "record_prompt")
            example = self.dial(str(next(iter(self.flow.head.users), 0)))
            self.finder.add("never-recorded", "R-24.4", path, message, remedy, example)

    # --- reachability --------------------------------------------------------------------------------------------------

    def _unreachable(self) -> None:
        reached = self._reached()
        for number in self.flow.document.elements:
            if number not in reached:
                element = self.flow.elements[number]
                message = f"no call from outside ever reaches the {element.words()}"
                remedy = "Lead an output, a trunk or an alias to it, or remove it"
                path = ("elements", str(number))
                self.finder.add("unreachable", "R-02.1", path, message, remedy, self.dial(str(number)), key=True)

    def _reached(self) -> set[Node]:
        """Nodes that calls from trunks, aliases and callback widgets can come to."""
        graph = self.flow.graph
        todo: list[Node] = [node for node, kind in graph.nodes(data="kind") if kind in ("trunk", "alias", "widget")]
        if self.flow.head.settings.direct_sip:
            todo += list(self.flow.elements)
        reached: set[Node] = set(todo)
        while todo:
            node = todo.pop()
            onward: list[Node] = list(graph.successors(node))
            element = self.flow.elements.get(node) if isinstance(node, int) else None
            if element is not None and element.may_reach_any_number():
                onward += list(self.flow.elements)
            for following in onward:
                if following not in reached:
                    reached.add(following)
                    todo.append(following)
        return reached

    # --- outputs -------------------------------------------------------------------------------------------------------

    def _empty(self, element: Element) -> None:
        """Outputs that calls take and that lead nowhere (R-02.11), dead keys among them."""
        if element.passes() and len(element.exits) > 1:
            return  # `check_time.py` says when, for which callers and how often
        idle = element.never_taken()
        for exit_ in element.exits.values():
            if exit_.to is None and exit_.name not in idle:
                self._add(element, element.if_empty(exit_), self._taking(element, exit_), exit_)

    def _add(self, element: Element, found: Finding, example: TrialCall | None, exit_: Exit) -> None:
        path = self.finder.output_path(element.number, exit_.name)
        self.finder.add(found.code, found.rule, path, found.message, found.remedy, example)

    def _taking(self, element: Element, exit_: Exit) -> TrialCall | None:
        """A call that leaves an element by an output, as far as one call alone can."""
        example = element.example_call(exit_)
        return None if example is None else from_inside(self.flow, example)

    def _unused(self, element: Element) -> None:
        """Outputs that are filled in and that no call takes."""
        parameters = self.flow.document.elements[element.number]
        idle = element.never_taken()
        for field in output_fields(type(parameters)):
            if getattr(parameters, field) is None or (field in element.exits and field not in idle):
                continue
            why = idle.get(field)
            message = f"no call leaves the {element.words()} by {field}" + (f": {why}" if why else "")
            path = ("elements", str(element.number), field)
            remedy = "Remove it"
            self.finder.add("output-never-taken", element.rule, path, message, remedy, self.dial(str(element.number)))

    # --- circles -------------------------------------------------------------------------------------------------------

    def _cycles(self) -> None:
        """Circles that calls run round without a person, a key or a timer (R-02.14): those that only play sounds, and those
        through groups and queues that pass calls on at once while nobody is free. Those that take no time at all are errors,
        found while loading.
        """
        known = {_members(cycle) for cycle in instant_cycles(self.flow.elements)}
        for cycle in cycles(self.flow.elements, lambda element, exit_: element.passes() or not element.waits):
            if _members(cycle) not in known:
                known.add(_members(cycle))
                message = f"calls run in a circle that only plays sounds: {self._steps(cycle)}"
                self._circle("loop-of-greetings", cycle, message, self._running_round(cycle))
        for cycle in cycles(
            self.flow.elements, lambda element, exit_: element.passes() or element.leaves_at_once(exit_)
        ):
            if _members(cycle) in known:
                continue
            message = f"while nobody is free, calls run in a circle without waiting: {self._steps(cycle)}"
            users: dict[int, str] = {}
            for number, output in cycle:
                element = self.flow.elements[number]
                example = element.example_call(element.exits[output], at_once=True)
                users |= example.users if example is not None else {}
            self._circle("loop-while-busy", cycle, message, self.dial(str(cycle[0][0]), users=users))

    def _steps(self, cycle: Cycle) -> str:
        return " → ".join(f"{number} ({output})" for number, output in cycle) + f" → {cycle[0][0]}"

    def _circle(self, code: str, cycle: Cycle, message: str, example: TrialCall | None) -> None:
        first, output = cycle[0]
        path = self.finder.output_path(first, output)
        remedy = "Lead one of these outputs to a person, a menu, a mailbox or hangup"
        self.finder.add(code, "R-02.14", path, message, remedy, example)

    def _running_round(self, cycle: Cycle) -> TrialCall | None:
        """A call that runs round a circle until the loop guard ends it, at a time at which that happens if one is found."""
        call = self.dial(str(cycle[0][0]))
        if call is None:
            return None
        start, end = self.year
        times = {start}
        for number, _ in cycle:
            times.update(islice(self.flow.elements[number].changes(start, end), CHANGES_TRIED))
        for at in sorted(times):
            tried = call if len(times) == 1 else msgspec.structs.replace(call, at=at)
            if run(self.flow, tried, at).landing.rule == "R-02.14":
                return tried
        return call

    # --- direct SIP ----------------------------------------------------------------------------------------------------

    def _direct(self) -> None:
        """Paths on which a direct SIP call may cause a leg that costs money (R-10.4)."""
        if not self.flow.head.settings.direct_sip:
            return
        for number, element in self.flow.elements.items():
            if not element.outside_legs_for_direct_sip:
                continue
            base: Path = (element.section, str(number))
            for words, to, example in self._paying(element):
                message = f"a direct SIP call to the {element.words()} can ring {to} at our cost ({words})"
                path = (*base, "outside_legs_for_direct_sip")
                remedy = "Remove outside_legs_for_direct_sip, or switch direct SIP off"
                self.finder.add("direct-sip-costs", "R-10.4", path, message, remedy, example)

    def _paying(self, element: Element) -> Iterator[tuple[str, str, TrialCall]]:
        """Outside numbers an element can ring, how, and a direct call that does."""
        silent = {**element.all_members(NOT_TAKEN), element.number: NOT_TAKEN}
        originator = element.number if element.section == "users" else None
        silent = {number: state for number, state in silent.items() if number in self.flow.head.users}
        for member in element.members():
            if self.flow.internal(member) is None and self.flow.outgoing.route(member, originator).trunk is not None:
                trial = TrialCall(number=str(element.number), origin="direct", users=silent)
                yield "as a member", member, trial
        if element.may_ring_outside():
            yield "as a server says", "any number", TrialCall(number=str(element.number), origin="direct")
        for exit_ in element.exits.values():
            if exit_.to is None or exit_.to == "hangup" or exit_.target is not None:
                continue
            if self.flow.outgoing.route(exit_.to, originator).trunk is None:
                continue
            shown = self._taking(element, exit_)
            keys = shown.keys if shown is not None else ""
            users = shown.users if shown is not None and shown.users else silent
            yield (
                f"by {exit_.name}",
                exit_.to,
                TrialCall(number=str(element.number), origin="direct", keys=keys, users=users),
            )


def _members(cycle: Cycle) -> frozenset[int]:
    return frozenset(number for number, _ in cycle)
