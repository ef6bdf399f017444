"""What became of every setting of an imported configuration, with the place it stands in.

Decides the three ends a setting may have. Leaves what a setting means to the readers.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Final, Literal

from pbxsim.logs.told import Translate, in_language

End = Literal["mapped", "approximated", "left out"]
ENDS: Final[tuple[End, ...]] = ("mapped", "approximated", "left out")

_SECRET: Final = re.compile(r"(?i)((?:secret|password|passwd|token|api_?key|vmpin|\bpin)\w*\s*(?:=>?|:)).+")
"""A setting whose value is nobody's business: it is told without it."""


@dataclasses.dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One setting: where, what it was, what became of it, and what that changes for callers."""

    end: End
    place: Place
    setting: str
    effect: str


class ImportLosses:
    """The account of an import, in the order of reading; a setting is told once.

    >>> losses = ImportLosses()
    >>> losses.approximated(Place("queues.conf", 3), "timeout=2", "rings 5 s, the shortest there is")
    >>> print(losses.report())
    0 mapped, 1 approximated, 0 left out
      approximated queues.conf:3: timeout=2: rings 5 s, the shortest there is
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._told: set[tuple[Place, str]] = set()

    def _add(self, finding: Finding) -> None:
        if _SECRET.search(finding.setting):
            finding = dataclasses.replace(finding, setting=_SECRET.sub(r"\1 ...", finding.setting))
        key = (finding.place, finding.setting)
        if key not in self._told:
            self._told.add(key)
            self.findings.append(finding)

    def mapped(self, place: Place, setting: str, effect: str = "") -> None:
        """Means the same with us."""
        self._add(Finding("mapped", place, setting, effect))

    def approximated(self, place: Place, setting: str, effect: str) -> None:
        """Means nearly the same: `effect` is the difference."""
        self._add(Finding("approximated", place, setting, effect))

    def left_out(self, place: Place, setting: str, effect: str) -> None:
        """Has no counterpart: `effect` is what is missing now."""
        self._add(Finding("left out", place, setting, effect))

    def count(self, end: End) -> int:
        """Settings that ended so."""
        return sum(finding.end == end for finding in self.findings)

    def report(self, mapped: bool = False, translate: Translate = str) -> str:
        """The account for people; `mapped` shows also what means the same. In another language as far as it is known there."""
        out = [", ".join(f"{self.count(end)} {translate(end)}" for end in ENDS)]
        for finding in self.findings:
            if mapped or finding.end != "mapped":
                tail = f": {in_language(finding.effect, translate)}" if finding.effect else ""
                out.append(f"  {translate(finding.end)} {finding.place}: {finding.setting}{tail}")
        return "\n".join(out)

    def as_data(self) -> list[dict[str, str]]:
        """The account for programs."""
        return [
            {"end": one.end, "place": str(one.place), "setting": one.setting, "effect": str(one.effect)}
            for one in self.findings
        ]
