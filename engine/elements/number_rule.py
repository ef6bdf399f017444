"""The number rule: two outputs, chosen by the caller's number (R-12).

Decides which callers match. Leaves cleaning and rewriting numbers to `numbers/phone_numbers.py`, the mask language to
`numbers/masks.py`. Never answers, never waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.document.models import Head
from engine.elements.parameters.number_rule import Entry, NumberRuleParameters
from engine.numbers import masks, phone_numbers
from engine.state.element import Element, Exit, Step

if TYPE_CHECKING:
    from engine.control.tenant import Tenant
    from engine.state.call import Call

CALLERS_KNOWN: Final = 4096
"""Callers whose entry is remembered; cleaning and comparing a number anew costs more than all else a rule does."""


class NumberRule(Element):
    """A number rule of one version."""

    kind: ClassVar[str] = "number_rule"
    rule: ClassVar[str] = "R-12"
    Parameters = NumberRuleParameters
    waits: ClassVar[bool] = False
    answers: ClassVar[bool] = False

    def __init__(self, number: int, parameters: NumberRuleParameters, head: Head) -> None:
        super().__init__(number, parameters.name)
        self.match = self.add_exit("match", parameters.match, "R-12.1")
        self.mismatch = self.add_exit("mismatch", parameters.mismatch, "R-12.1")
        self.form: phone_numbers.Form = head.settings.caller_form
        written = [(entry.kind, phone_numbers.cleaned(entry.number) or "") for entry in parameters.entries]
        self.prefixes = frozenset(text for kind, text in written if kind == "prefix")
        """Cleaned prefixes."""
        self._exact = frozenset(text for kind, text in written if kind == "exact")
        self._lengths = tuple(sorted({len(prefix) for prefix in self.prefixes}))
        self._masks = tuple(masks.parse(entry.number) for entry in parameters.entries if entry.kind == "mask")
        self._known: dict[str, Exit] = {}
        """The output of callers met before."""

    def enter(self, at: Instant, call: Call, tenant: Tenant) -> Step:
        """Leave at once by `match` or `mismatch`."""
        caller = call.caller
        taken = self._known.get(caller)
        if taken is None:
            if len(self._known) == CALLERS_KNOWN:
                self._known.clear()
            taken = self._known[caller] = self.decide(caller)
        if tenant.out.wants_notes:
            other = self.match if taken is self.mismatch else self.mismatch
            tenant.out.note(
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
