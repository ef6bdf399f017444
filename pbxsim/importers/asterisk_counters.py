"""What a dialplan counts and remembers: how often a menu asks, and the variables that hold plain texts.

Source: Asterisk documentation of Set, GotoIf and expressions, and the menus that FreePBX writes. A menu there counts its rounds
by hand: `Set(TRIES=$[${TRIES}+1])`, then `GotoIf($[${TRIES} > 3]?final)`. Ours counts by itself (R-05.6), so a call takes the
branch of those whose rounds are over. Leaves where that leads to `asterisk_dialplan.py`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from pbxsim.importers.asterisk_files import ConfigurationLine

Spot = tuple[str, str, int]
"""Context, extension, priority."""

_SET = re.compile(r"(?:Set|SetVar)\(\s*_{0,2}(\w+)\s*=(.*)\)\s*", re.IGNORECASE)
_ONE_MORE = (
    re.compile(r"\$\[\s*\$\{(\w+)\}\s*\+\s*1\s*\]"),
    re.compile(r"\$\{INC\((\w+)\)\}", re.IGNORECASE),
    re.compile(r"\$\{MATH\(\$\{(\w+)\}\s*\+\s*1\s*(?:,\s*int\s*)?\)\}", re.IGNORECASE),
)
_COMPARED = re.compile(
    r"GotoIf\(\s*\$\[\s*\"?\$\{(\w+)\}\"?\s*(>=|<=|>|<|=)\s*\"?([0-9]{1,3})\"?\s*\]\s*\?([^:]*)(?::(.*))?\)\s*",
    re.IGNORECASE,
)
_ONLY_IF = re.compile(r"ExecIf\(.*\?\s*((?:Background|Playback)\([^()]*\))\s*(?::.*)?\)\s*", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclasses.dataclass(frozen=True)
class CountedOut:
    """Where calls go whose rounds are over, after how many, and where the others go on; an empty text is the next step."""

    to: str
    rounds: int
    again: str


class Counters:
    """Counters and plain variables of all contexts."""

    def __init__(self, steps: Mapping[Spot, ConfigurationLine]) -> None:
        self.counted: dict[str, list[Spot]] = {}
        self.plain: dict[str, list[tuple[Spot, str]]] = {}
        self.named: dict[str, str] = {}
        """Variables of the section `globals`."""
        for spot, entry in steps.items():
            found = _SET.fullmatch(entry.value)
            if found is None:
                continue
            name, value = found[1], found[2].strip()
            more = next((one[1] for pattern in _ONE_MORE if (one := pattern.fullmatch(value))), "")
            if more == name or (value.startswith("${INC(") and more):
                self.counted.setdefault(more, []).append(spot)
            elif "$" not in value:
                self.plain.setdefault(name, []).append((spot, value.strip('"')))

    def out(self, spot: Spot, text: str) -> CountedOut | None:
        """What a step means that compares a counter; None where it compares something else."""
        found = _COMPARED.fullmatch(text)
        if found is None or found[1] not in self.counted:
            return None
        first = any(one[:2] == spot[:2] and one[2] < spot[2] for one in self.counted[found[1]])
        most, compared = int(found[3]), found[2]
        rounds = most + (compared in (">", "<=")) + (not first)
        if compared in ("<", "<="):
            return CountedOut((found[5] or "").strip(), rounds, found[4].strip())
        return CountedOut(found[4].strip(), rounds, (found[5] or "").strip())

    def expanded(self, spot: Spot, text: str) -> str:
        """A text with the plain variables that it names: as set before it in its extension, else anywhere, else globally."""
        return _VARIABLE.sub(lambda found: self._value(spot, found[1], found[0]), text)

    def _value(self, spot: Spot, name: str, otherwise: str) -> str:
        known = self.plain.get(name, [])
        before = [value for one, value in known if one[:2] == spot[:2] and one[2] < spot[2]]
        others = [value for one, value in known if one[0] == spot[0]]
        return (before or [self.named.get(name, "")])[-1] or (others or [otherwise])[0]


def sound_of(text: str) -> str:
    """The sound that a step plays under a condition, as a step of its own; the text itself where it is no such step.

    >>> sound_of('ExecIf($["${IVR_MSG}" != ""]?Background(${IVR_MSG}))')
    'Background(${IVR_MSG})'
    """
    found = _ONLY_IF.fullmatch(text)
    return found[1] if found else text
