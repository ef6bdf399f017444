"""What is unwise about elements, users and trunks, each finding with a call that shows it.

Decides: elements nobody outside can reach, keys and outputs that lead nowhere, outputs that no call takes, circles that only
wait while somebody is free, outside members without a key to accept, direct SIP that could cost money, trunks without a
bound, an announcement of recordings that are not made. Leaves time to `check_time.py` and outgoing rules to `check_outgoing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.document.fault_collector import FaultCollector
from engine.document.faults import Fault, Path, TrialCall
from engine.document.models import output_fields
from engine.elements.greeting import Greeting
from engine.elements.group import Group
from engine.elements.hours import Hours
from engine.elements.http_request import HttpRequest
from engine.elements.number_rule import NumberRule
from engine.elements.queue import Queue
from engine.loading.cycles import cycles, instant_cycles
from engine.numbers import phone_numbers
from engine.state.element import Element, Exit, is_internal
from engine.state.flow import Flow, Node

NOT_TAKEN = "no_answer"
OUT = "out"
UNREACHABLE = "unreachable"


class ElementsCheck:
    """Findings about one flow's elements, users and trunks."""

    def __init__(self, flow: Flow, finder: FaultCollector) -> None:
        self.flow = flow
        self.finder = finder
        self.caller = next(iter(flow.head.users), None)
        """The user who dials in examples."""

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
                self._members(element)
        self._circles()
        self._direct()
        return self.finder.found

    def dial(self, number: str, **more: object) -> TrialCall | None:
        """An inside call to an element, which needs somebody inside to make it."""
        if self.caller is None:
            return None
        return TrialCall(number=number, user=self.caller, origin="user", **more)  # type: ignore[arg-type]

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
            digits = phone_numbers.last_digits(trunk.number)
            if digits in seen:
                message = f"{key} and {seen[digits]} have the same number {trunk.number}"
                path = ("trunks", key, "number")
                self.finder.add("same-number", "R-04.9", path, message, "Give each its own number", arrives)
            seen[digits] = key
            if (phone_numbers.national(trunk.number) or "").startswith("800") and trunk.outgoing_allowed:
                message = f"{key} is a federal 8800 number; outgoing calls with another operator's may be blocked"
                path = ("trunks", key, "outgoing_allowed")
                remedy = "Write outgoing_allowed: false, unless the number belongs to the partner"
                self.finder.add("8800-outgoing", "R-03.16", path, message, remedy, arrives)

    def _users(self) -> None:
        for number, user in self.flow.head.users.items():
            if any(char.isalpha() and not "A" <= char.upper() <= "Z" for char in user.name):
                message = f"many phones cannot show the name {user.name}"
                path = ("users", str(number), "name")
                remedy = "Write it in Latin letters"
                self.finder.add("name-not-latin", "R-06.2", path, message, remedy, self.dial(str(number)))

    def _announcement(self) -> None:
        """A sound before recorded talks that nobody hears (R-24.4)."""
        sound = self.flow.head.settings.record_prompt
        if sound is not None and not self.flow.records:
            message = f"{sound} is never heard before a talk, as no talk is recorded"
            remedy = "Write record: on where talks are to be recorded, or remove record_prompt"
            path: Path = ("settings", "record_prompt")
            self.finder.add("never-recorded", "R-24.4", path, message, remedy, self.dial(str(self.caller)))

    # --- reachability --------------------------------------------------------------------------------------------------

    def _unreachable(self) -> None:
        reached = self._reached()
        for number in self.flow.document.elements:
            if number not in reached:
                element = self.flow.elements[number]
                message = f"no call from outside ever reaches the {_words(element)}"
                remedy = "Lead an output, a trunk or an alias to it, or remove it"
                path = ("elements", str(number))
                self.finder.add("unreachable", "R-02.1", path, message, remedy, self.dial(str(number)), key=True)

    def _reached(self) -> set[Node]:
        """Nodes that calls from trunks and aliases can come to."""
        graph = self.flow.graph
        todo: list[Node] = [node for node, kind in graph.nodes(data="kind") if kind in ("trunk", "alias")]
        if self.flow.head.settings.direct_sip:
            todo += list(self.flow.elements)
        reached: set[Node] = set(todo)
        while todo:
            node = todo.pop()
            onward: list[Node] = list(graph.successors(node))
            element = self.flow.elements.get(node) if isinstance(node, int) else None
            dialled = isinstance(element, Greeting) and element.dial_extension
            if dialled or isinstance(element, HttpRequest):  # the caller's keys, or a web server, may name any number
                onward += list(self.flow.elements)
            for following in onward:
                if following not in reached:
                    reached.add(following)
                    todo.append(following)
        return reached

    # --- outputs -------------------------------------------------------------------------------------------------------

    def _empty(self, element: Element) -> None:
        """Outputs that calls take and that lead nowhere (R-02.11), dead keys among them."""
        if isinstance(element, (Hours, NumberRule)):
            return  # `check_time.py` says when and for whom
        for way in element.exits.values():
            if way.to is not None or way.name in never_taken(element):
                continue
            path = self.finder.output_path(element.number, way.name)
            example = self._taking(element, way)
            if isinstance(element, Greeting) and way.name.startswith("key "):
                message = f"{way.name} of the {_words(element)} is dead: whoever presses it hears the call end"
                remedy = "Give the key an output or remove it"
                self.finder.add("dead-key", "R-05.3", path, message, remedy, example)
            else:
                message = f"calls that leave the {_words(element)} by {way.name} end with no route set"
                remedy = f"Write {way.name}: with a number, or hangup"
                self.finder.add("empty-output", "R-02.11", path, message, remedy, example)

    def _taking(self, element: Element, way: Exit) -> TrialCall | None:
        """A call that leaves an element by an output, as far as one call alone can."""
        number = str(element.number)
        if isinstance(element, Greeting):
            wrong = next((digit for digit in "9876543210*#" if digit not in element.keys), " ")
            keys = {"no_input": "", "invalid": wrong * 3}.get(way.name, way.name.removeprefix("key "))
            return self.dial(number, keys="" if way.name == "next" else keys)
        if isinstance(element, Queue):
            states = {"timeout": NOT_TAKEN, "join_empty": OUT}
            if way.name == "exit":
                return self.dial(number, keys=element.exit_key or "", users=self._all(element, NOT_TAKEN))
            if way.name in states:
                return self.dial(number, users=self._all(element, states[way.name]))
            return None  # full, leave_empty: these take more than one call
        return self.dial(number, users=self._all(element, NOT_TAKEN), outside=NOT_TAKEN)

    def _all(self, element: Element, state: str) -> dict[int, str]:
        """Every user among an element's members in one state."""
        return {int(member): state for member in element.members() if is_internal(member)}

    def _unused(self, element: Element) -> None:
        """Outputs that are filled in and that no call takes."""
        parameters = self.flow.document.elements[element.number]
        idle = never_taken(element)
        for field in output_fields(type(parameters)):
            if getattr(parameters, field) is None or (field in element.exits and field not in idle):
                continue
            why = _why_idle(element, field)
            message = f"no call leaves the {_words(element)} by {field}{why}"
            path = ("elements", str(element.number), field)
            remedy = "Remove it"
            self.finder.add("output-never-taken", element.rule, path, message, remedy, self.dial(str(element.number)))

    # --- people --------------------------------------------------------------------------------------------------------

    def _members(self, element: Element) -> None:
        if not isinstance(element, Group):
            return
        for index, member in enumerate(element.staff):
            if member.number is not None and self.flow.internal(member.number) is None and not member.press_one:
                message = f"the mailbox of {member.number} may answer for a person"
                path = ("elements", str(element.number), "members", index)
                remedy = f"Write {{number: {member.number}, press_one: true}}"
                example = self.dial(str(element.number), users=self._all(element, NOT_TAKEN))
                self.finder.add("outside-without-key", "R-07.7", path, message, remedy, example)

    # --- circles -------------------------------------------------------------------------------------------------------

    def _circles(self) -> None:
        """Circles through groups and queues that pass calls on at once while nobody is free (R-02.14)."""
        certain = {frozenset(number for number, _ in circle) for circle in instant_cycles(self.flow)}
        for circle in cycles(self.flow, _at_once):
            if frozenset(number for number, _ in circle) in certain:
                continue
            first = circle[0][0]
            steps = " → ".join(f"{number} ({output})" for number, output in circle)
            message = f"while nobody is free, calls run in a circle without waiting: {steps} → {first}"
            users: dict[int, str] = {}
            for number, _ in circle:
                element = self.flow.elements[number]
                users |= self._all(element, OUT if isinstance(element, Queue) else UNREACHABLE)
            path = self.finder.output_path(first, circle[0][1])
            remedy = "Lead one of these outputs to a greeting or a mailbox"
            self.finder.add("loop-while-busy", "R-02.14", path, message, remedy, self.dial(str(first), users=users))

    # --- direct SIP ----------------------------------------------------------------------------------------------------

    def _direct(self) -> None:
        """Paths on which a direct SIP call may cause a leg that costs money (R-10.4)."""
        if not self.flow.head.settings.direct_sip:
            return
        for number, element in self.flow.elements.items():
            if not element.outside_legs_for_direct_sip:
                continue
            base: Path = ("users" if element.kind == "user" else "elements", str(number))
            for words, to, example in self._paying(element):
                message = f"a direct SIP call to the {_words(element)} can ring {to} at our cost ({words})"
                path = (*base, "outside_legs_for_direct_sip")
                remedy = "Remove outside_legs_for_direct_sip, or switch direct SIP off"
                self.finder.add("direct-sip-costs", "R-10.4", path, message, remedy, example)

    def _paying(self, element: Element) -> Iterator[tuple[str, str, TrialCall]]:
        """Outside numbers an element can ring, how, and a direct call that does."""
        silent = {**self._all(element, NOT_TAKEN), element.number: NOT_TAKEN}
        originator = element.number if element.kind == "user" else None
        silent = {number: state for number, state in silent.items() if number in self.flow.head.users}
        for member in element.members():
            if self.flow.internal(member) is None and self.flow.outgoing.route(member, originator).trunk is not None:
                trial = TrialCall(number=str(element.number), origin="direct", users=silent)
                yield "as a member", member, trial
        for way in element.exits.values():
            if way.to is None or way.to == "hangup" or way.target is not None:
                continue
            if self.flow.outgoing.route(way.to, originator).trunk is None:
                continue
            shown = self._taking(element, way)
            keys = shown.keys if shown is not None else ""
            users = shown.users if shown is not None and shown.users else silent
            yield (
                f"by {way.name}",
                way.to,
                TrialCall(number=str(element.number), origin="direct", keys=keys, users=users),
            )


def never_taken(element: Element) -> frozenset[str]:
    """Outputs that no call can take as the element is set."""
    if not isinstance(element, Queue):
        return frozenset()
    idle = set()
    if element.most_waiting >= 1 << 20:
        idle.add("full")
    if element.join_when_empty == "always":
        idle.add("join_empty")
    if not element.leave_when_empty:
        idle.add("leave_empty")
    if not element.max_wait_us:
        idle.add("timeout")
    return frozenset(idle)


def _why_idle(element: Element, field: str) -> str:
    reasons = {
        "full": ": its waiting calls are unlimited",
        "join_empty": ": it takes calls also when empty",
        "leave_empty": ": leave_when_empty is off",
        "timeout": ": max_wait is 0",
        "exit": ": it has no exit_key",
        "next": ": it asks for keys",
        "no_input": ": it asks for no keys",
        "invalid": ": it asks for no keys",
    }
    return reasons.get(field, "")


def _at_once(element: Element, way: Exit) -> bool:
    """Whether an output can be taken in the instant of entry."""
    if isinstance(element, Queue):
        return way.name in ("full", "join_empty") and way.name not in never_taken(element)
    if isinstance(element, Group):
        return all(is_internal(member) for member in element.members())
    return not element.waits


def _words(element: Element) -> str:
    name = f" «{element.name}»" if element.name else ""
    return f"{element.kind.replace('_', ' ')} {element.number}{name}"
