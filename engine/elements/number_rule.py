"""The number rule: two outputs, chosen by the caller's number (R-12).

Decides which callers match. Leaves cleaning and rewriting numbers to `numbers/phone_numbers.py`, the mask language to
`numbers/masks.py`. Never answers, never waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.document.card import Card
from engine.document.faults import Finding, TrialCall
from engine.document.models import Head
from engine.elements.parameters.number_rule import Entry, NumberRuleParameters
from engine.numbers import masks, phone_numbers
from engine.state.actions import Actions
from engine.state.element import Element, Exit, Step

if TYPE_CHECKING:
    from engine.state.call import Call

CALLERS_KNOWN: Final = 4096
"""Callers whose entry is remembered; cleaning and comparing a number again costs more than all else a rule does."""


class NumberRule(Element):
    """A number rule of one version."""

    kind: ClassVar[str] = "number_rule"
    rule: ClassVar[str] = "R-12"
    Parameters = NumberRuleParameters
    waits: ClassVar[bool] = False
    needs_caller: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    compares_callers: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        icon="number_rule",
        color="#0e7490",
        color_dark="#22d3ee",
        shape="diamond",
        block=5500,
        place=2,
        first=("name", "entries", "match", "mismatch"),
    )

    def __init__(self, number: int, parameters: NumberRuleParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.match = self.add_exit("match", parameters.match, "R-12.1")
        self.mismatch = self.add_exit("mismatch", parameters.mismatch, "R-12.1")
        self.form: phone_numbers.Form = head.settings.caller_form
        self.entries = parameters.entries
        written = [(entry.kind, phone_numbers.cleaned(entry.number) or "") for entry in parameters.entries]
        self.prefixes = frozenset(text for kind, text in written if kind == "prefix")
        """Cleaned prefixes."""
        self._exact = frozenset(text for kind, text in written if kind == "exact")
        self._lengths = tuple(sorted({len(prefix) for prefix in self.prefixes}))
        self._masks = tuple(masks.parse(entry.number) for entry in parameters.entries if entry.kind == "mask")
        self._known: dict[str, Exit] = {}
        """The output of callers met before."""

    def enter(self, at: Instant, call: Call, actions: Actions) -> Step:
        """Leave at once by `match` or `mismatch`."""
        caller = call.caller
        taken = self._known.get(caller)
        if taken is None:
            if len(self._known) == CALLERS_KNOWN:
                self._known.clear()
            taken = self._known[caller] = self.decide(caller)
        if actions.wants_notes():
            other = self.match if taken is self.mismatch else self.mismatch
            actions.note(
                note.DecisionMade(
                    call=call.id,
                    element=self.number,
                    rule="R-12.5" if not call.caller else "R-12.3",
                    output=taken.name,
                    text=self.why(call.caller),
                    others=(other.name,),
                )
            )
        return taken

    def decide(self, caller: str) -> Exit:
        """The output a caller's call takes; empty means anonymous."""
        return self.mismatch if self.entry_for(caller) is None else self.match

    def entry_for(self, caller: str) -> str | None:
        """The entry that fits a caller's number, as text; None if none does, and for anonymous callers (R-12.5)."""
        cleaned = phone_numbers.cleaned(caller) if caller else None
        if cleaned is None:
            return None
        number = phone_numbers.rewritten(cleaned, self.form)
        if number in self._exact:
            return number
        for length in self._lengths:
            if number[:length] in self.prefixes and len(number) >= length:
                return number[:length]
        for mask in self._masks:
            if mask.fits(number):
                return mask.text
        return None

    def instant_exits(self, caller: str, at: Instant) -> list[tuple[Exit, float]]:
        return [(self.decide(caller), 1.0)]

    def fits(self, caller: str) -> bool:
        return self.entry_for(caller) is not None

    def unwise(self, start: Instant, end: Instant) -> list[Finding]:
        """Entries that no caller can fit, or that another entry makes needless."""
        found: list[Finding] = []
        prefixes = sorted(self.prefixes)
        for index, entry in enumerate(self.entries):
            if entry.kind == "mask":
                continue
            written = self.written(entry)
            example = TrialCall(number=str(self.number), caller=written, at=start)
            wider = next((prefix for prefix in prefixes if prefix != written and written.startswith(prefix)), None)
            if wider is not None:
                code, rule, remedy = "entry-needless", "R-12.3", "Remove it"
                message = f"the entry {entry.number} is needless: {wider} fits all its callers"
            elif self.entry_for(written) is None and self.form != "off":
                code, rule, remedy = "never-fires", "R-12.4", f"Write it as {self.form}…"
                message = f"no caller fits {entry.number}: numbers are first rewritten into the form {self.form}…"
            else:
                continue
            found.append(
                Finding(code=code, rule=rule, message=message, remedy=remedy, path=("entries", index), example=example)
            )
        return found

    def written(self, entry: Entry) -> str:
        """An entry as it is compared."""
        return phone_numbers.cleaned(entry.number) or ""

    def literals(self) -> tuple[str, ...]:
        """Its prefixes and whole numbers, in order."""
        return tuple(sorted(self.prefixes | self._exact))

    def mask_entries(self) -> tuple[masks.Mask, ...]:
        """Its masks."""
        return self._masks

    def why(self, caller: str) -> str:
        """One line on the decision: `84955551000 fits 849555510`."""
        if not caller:
            return "the caller is anonymous"
        entry = self.entry_for(caller)
        return f"{caller} fits no entry" if entry is None else f"{caller} fits {entry}"
