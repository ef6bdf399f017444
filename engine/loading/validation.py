"""The faults that make a document impossible as a flow: one part of it does not fit another.

Decides the errors of a whole document: dangling outputs (R-02.13), members that cannot be members (R-07.9, R-08.4),
emergency numbers taken (R-02.8), trunks and sounds that do not exist, cycles without waiting (R-02.14). Leaves single
fields to `document/models.py` and everything merely unwise to `analysis/check.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from engine.calendar import holidays, zones
from engine.contract import limits
from engine.document import faults
from engine.document.fault_collector import FaultCollector
from engine.document.faults import Fault, Path, Position
from engine.document.model_faults import closest, quoted
from engine.document.models import HANGUP, Head, OutgoingRule, Parameters
from engine.loading import widget_faults
from engine.loading.cycles import instant_cycles
from engine.numbers import masks
from engine.numbers.phone_numbers import is_internal
from engine.state import caller_numbers
from engine.state.element import Element

if TYPE_CHECKING:
    from engine.state.flow import Broken, Document

SOUND_FIELDS = ("prompt", "music", "announcement")
"""Fields of parameters with these names, or with these endings after `_`, name a sound. The account's own music may be
left unsaid: it loops and has no end to wait for."""


def validate(
    document: Document, elements: Mapping[int, Element], positions: Mapping[Path, Position], name: str
) -> list[Fault]:
    """Everything that is wrong between the parts of a document, whose elements are made and joined."""
    validator = FlowValidator(document, positions, name)
    validator.head()
    validator.elements(elements)
    if not faults.errors(validator.found):
        validator.connections(elements)
    return validator.found


class FlowValidator:
    """Collects the faults of one document."""

    def __init__(self, document: Document, positions: Mapping[Path, Position], file: str) -> None:
        self.document = document
        self.finder = FaultCollector(positions, file)

    @property
    def found(self) -> list[Fault]:
        """Faults so far."""
        return self.finder.found

    def error(self, code: str, rule: str, path: Path, message: str, remedy: str, key: bool = False) -> None:
        """Note an error at `path`."""
        self.finder.add(code, rule, path, message, remedy, severity="error", key=key)

    # --- the head --------------------------------------------------------------------------------------------------

    def head(self) -> None:
        """Check everything but elements, as far as that is possible without them."""
        head = self.document.head
        self._zone(("zone",), head.zone)
        for name, calendar in head.calendars.items():
            for path, message, remedy in holidays.wrong(calendar):
                self.error("wrong-calendar", "R-11.4", ("calendars", name, *path), message, remedy)
        if head.outgoing.default is not None:
            self._trunk(("outgoing", "default"), head.outgoing.default, "R-14.1")
        for index, rule in enumerate(head.outgoing.rules):
            self._trunk(("outgoing", "rules", index, "operator"), rule.operator, "R-14.4")
            self._mask(index, rule)
            if rule.failover is not None:
                self._trunk(("outgoing", "rules", index, "failover"), rule.failover, "R-14.20")
            if rule.caller_number is not None:
                through = (rule.operator, *(() if rule.failover is None else (rule.failover,)))
                self._own(("outgoing", "rules", index, "caller_number"), rule.caller_number, through)
        for number, user in head.users.items():
            if user.outside_number is not None:
                self._own(("users", str(number), "outside_number"), user.outside_number, head.trunks)
        if "music" in head.settings.model_fields_set and head.settings.music not in head.prompts:
            self._sound(("settings", "music"), head.settings.music)
        if head.settings.record_prompt is not None and head.settings.record_prompt not in head.prompts:
            self._sound(("settings", "record_prompt"), head.settings.record_prompt)

    def _zone(self, path: Path, name: str) -> None:
        try:
            zones.parse(name)
        except zones.UnknownZone as error:
            message = str(error).removesuffix(" (R-11.6)")
            self.error("unknown-zone", "R-11.6", path, message, "Correct the name of the zone")

    def _trunk(self, path: Path, key: str, rule: str) -> None:
        trunks = self.document.head.trunks
        if key not in trunks and not self.document.broken.has("trunks", key):
            meant = closest(key, trunks)
            remedy = (
                f"Did you mean {meant}" if meant else f"Write one of {', '.join(trunks)}" if trunks else "Add the trunk"
            )
            self.error("unknown-trunk", rule, path, f"{quoted(key)} is no trunk of this PBX", remedy)

    def _own(self, path: Path, number: str, through: Iterable[str]) -> None:
        """A number that calls would present, and that is not ours (R-04.12): whoever calls it back reaches somebody else."""
        if self.document.broken.any_of("trunks") or caller_numbers.presentable(self.document.head, number, through):
            return
        message = f"{number} is no number of this PBX, so calls must not present it"
        remedy = f"Write the number of one of its trunks, or list {number} under allowed_numbers of the trunk"
        self.error("foreign-caller", "R-04.12", path, message, remedy)

    def _mask(self, index: int, rule: OutgoingRule) -> None:
        """A mask or output that is refused (R-14.23); the column is that of the character where the text is plain."""
        field = "mask"
        try:
            mask = masks.parse(rule.mask)
            field = "output"
            masks.parse_output(rule.output, mask)
        except masks.MaskError as error:
            remedy = "Correct the mask" if field == "mask" else "Correct the output"
            message = str(error).removesuffix(" (R-14.23)")
            self.error(f"mask-{error.code}", "R-14.23", ("outgoing", "rules", index, field), message, remedy)

    def _sound(self, path: Path, sound: str) -> None:
        if self.document.broken.has("prompts", sound):
            return
        message = f"{quoted(sound)} has no length, so no world knows when it ends"
        remedy = f"Add {sound}: <seconds> below prompts:" if sound else "Correct the value"
        self.error("unknown-prompt", "R-05.2", path, message, remedy)

    # --- elements --------------------------------------------------------------------------------------------------

    def elements(self, elements: Mapping[int, Element]) -> None:
        """Check how elements, users, trunks and the rest fit."""
        head = self.document.head
        self._emergency(elements)
        self._lengths()
        widget_faults.look(self.finder, self.document, elements)
        for path, to in self._outputs(elements):
            self._output(path, to, elements)
        for number, parameters in self.document.elements.items():
            self._members(number, parameters, elements)
            for field, sound in _sounds(parameters):
                if sound not in head.prompts:
                    self._sound(("elements", str(number), field), sound)
            zone = getattr(parameters, "zone", None)
            if isinstance(zone, str):
                self._zone(("elements", str(number), "zone"), zone)
            calendar = getattr(parameters, "calendar", None)
            if isinstance(calendar, str) and not self._is_calendar(calendar):
                meant = closest(calendar, head.calendars)
                remedy = f"Did you mean {meant}" if meant else f"Add {calendar}: below calendars:"
                path = ("elements", str(number), "calendar")
                self.error("unknown-calendar", "R-11.4", path, f"{quoted(calendar)} is no calendar of this PBX", remedy)

    def _is_calendar(self, name: str) -> bool:
        return name in self.document.head.calendars or self.document.broken.has("calendars", name)

    def _lengths(self) -> None:
        """Sounds of elements that are shorter or longer than files may be (R-05.2); music repeats and has no end."""
        heard = {
            sound
            for parameters in self.document.elements.values()
            for field, sound in _sounds(parameters)
            if not field.endswith("music")
        }
        for name, length_s in self.document.head.prompts.items():
            if name in heard and not limits.SOUND_SHORTEST_S <= length_s <= limits.SOUND_LONGEST_S:
                message = f"{name} lasts {length_s:g} s, and a sound lasts 1 to 300 s"
                self.error("wrong-length", "R-05.2", ("prompts", name), message, "Use a sound of 1 s to 5 min")

    def _outputs(self, elements: Mapping[int, Element]) -> Iterator[tuple[Path, str | None]]:
        head = self.document.head
        for key, trunk in head.trunks.items():
            yield ("trunks", key, "to"), trunk.to
        for alias, to in head.settings.aliases.items():
            yield ("settings", "aliases", alias), to
        for key, widget in head.widgets.items():
            for path, to in widget_faults.outputs(widget):
                yield ("widgets", key, *path), to
        for number, user in head.users.items():
            for index, step in enumerate(user.forwarding):
                yield ("users", str(number), "forwarding", index, "to"), step.to
            yield ("users", str(number), "no_answer"), user.no_answer
        for number, element in elements.items():
            if number in self.document.elements:
                for exit_ in element.exits.values():
                    yield self.finder.output_path(number, exit_.name), exit_.to

    def _output(self, path: Path, to: str | None, elements: Mapping[int, Element]) -> None:
        head, broken = self.document.head, self.document.broken
        if path[0] == "settings" and (to is None or to == HANGUP or not is_internal(to)):
            message = f"an alias leads to an element, not to {to or 'nothing'}"
            self.error("wrong-alias", "R-10.1", path, message, "Write the internal number of an element or user")
        elif is_dangling(to, elements, broken, head):
            message = f"nothing has the number {to}"
            meant = closest(str(to), [str(number) for number in elements])
            remedy = f"Did you mean {meant}, or add" if meant else "Add"
            kind = "the user" if int(to or 0) <= limits.USER_LAST else "the element"
            self.error("dangling-output", "R-02.13", path, message, f"{remedy} {kind} {to}")

    def _emergency(self, elements: Mapping[int, Element]) -> None:
        for text in self.document.head.settings.emergency:
            if int(text) in elements and str(int(text)) == text:
                section = "users" if int(text) <= limits.USER_LAST else "elements"
                message = f"{text} is an emergency number and cannot be given to anybody"
                self.error("emergency-number", "R-02.8", (section, text), message, "Give it another number", key=True)

    def _members(self, number: int, parameters: Parameters, elements: Mapping[int, Element]) -> None:
        members = getattr(parameters, "members", None)
        if members is None:
            return
        element = elements[number]
        kind, rule = element.kind, element.members_rule
        if not members:
            path: Path = ("elements", str(number), "members")
            self.error("no-members", rule, path, f"the {kind} {number} has no members", "Add users to members:")
        seen: dict[str, int] = {}
        for index, member in enumerate(members):
            path = ("elements", str(number), "members", index)
            text = str(getattr(member, "user", getattr(member, "number", member)))
            if text in seen:
                message = f"{text} is a member twice"
                self.error("member-twice", rule, path, message, "Remove one of them")
            seen[text] = index
            target = elements.get(int(text)) if is_internal(text) else None
            if target is not None and target.section != "users":
                reason = element.wrong_member_rule or rule
                message = f"{text} is a {target.kind.replace('_', ' ')}, and no member of a {kind}"
                self.error("wrong-member", reason, path, message, "Write the users' numbers instead")
            elif target is None and is_internal(text) and self.document.broken.has_number(text):
                continue
            elif target is None and is_dangling(text, elements, self.document.broken, self.document.head):
                self.error(
                    "dangling-output",
                    "R-02.13",
                    path,
                    f"no user has the number {text}",
                    f"Add the user {text}",
                )
            elif target is None and not element.outside_members:  # emergency numbers are outside numbers too
                message = f"{text} is an outside number, and members of a queue are users"
                self.error("wrong-member", rule, path, message, "Give the person a user with a no-answer number")

    # --- the whole --------------------------------------------------------------------------------------------------

    def connections(self, elements: Mapping[int, Element]) -> None:
        """Check how calls run from element to element; the elements are joined without errors."""
        for cycle in instant_cycles(elements):
            first = cycle[0][0]
            steps = " → ".join(f"{number} ({output})" for number, output in cycle)
            message = f"calls run in a circle without waiting: {steps} → {first}"
            path = self.finder.output_path(first, cycle[0][1])
            remedy = "Lead one of these outputs to a greeting, a queue, a person or a mailbox"
            self.error("loop-without-waiting", "R-02.14", path, message, remedy)
        for number, element in elements.items():
            if not element.waits and all(exit_.to is None for exit_ in element.exits.values()):
                message = f"all outputs of {number} are empty, so every call ends here with no route set"
                path = (element.section, str(number))
                self.finder.add(
                    "no-outputs", element.no_outputs_rule, path, message, "Fill in at least one output", key=True
                )


def is_dangling(to: str | None, known: Mapping[int, object], broken: Broken, head: Head) -> bool:
    """Whether an output names an internal number that nothing has (R-02.13)."""
    if to is None or not is_internal(to) or to in head.settings.emergency:
        return False
    return int(to) not in known and not broken.has_number(to)


def _sounds(parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Sounds a kind's parameters name, with their fields."""
    for field in type(parameters).model_fields:
        if field in SOUND_FIELDS or field.endswith(tuple(f"_{name}" for name in SOUND_FIELDS)):
            value = getattr(parameters, field)
            if isinstance(value, str):
                yield field, value
