"""What became of every line of a log: kept, repaired or dropped, with the reason and the line numbers.

Decides the account a reader must give. A reader puts each line into exactly one place, and `check` holds it to that; so a
log that was shuffled, repeated or cut short is counted and told, and nothing goes missing in silence.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from engine.contract.errors import PbxError
from pbxsim.logs.told import Told, Translate, in_language

SHOWN = 8
"""Runs of line numbers shown for one reason; the rest is counted."""


class LogError(PbxError):
    """A log cannot be read, or not be believed: `reason` says which, where and what to do.

    `losses` is the account of its lines as far as it was read, `first_lines` are those that it begins with; the message holds
    all three. `doubt` names what was doubted, empty where nothing could be read.
    """

    def __init__(self, reason: str, losses: Losses | None = None, doubt: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.losses = losses
        self.doubt = doubt
        self.first_lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.told(str)

    def told(self, translate: Translate) -> str:
        """Reason, account and first lines, in another language as far as it is known there."""
        parts = [in_language(self.reason, translate)]
        if self.losses is not None and self.losses.total:
            parts.append(self.losses.report(translate))
        if self.first_lines:
            parts.append(translate("it begins:") + "\n" + "\n".join("  " + line for line in self.first_lines))
        return "\n".join(parts)


class Losses:
    """The account of one log. Lines count from 1; for JSON a line is a record.

    >>> losses = Losses("queue_log", unit="line")
    >>> losses.keep([1, 2, 4]); losses.drop("repeated", [3])
    >>> losses.total, losses.kept_count, losses.dropped_count
    (4, 3, 1)
    """

    def __init__(self, source: str, unit: str = "line") -> None:
        self.source = source
        self.unit = unit
        self.kept: set[int] = set()
        self.repaired: dict[str, list[int]] = {}
        """Used, after something was put right or assumed; by what."""
        self.dropped: dict[str, list[int]] = {}
        """Not used; by why."""
        self.remarks: dict[str, int] = {}
        """What was approximated, with its effect, and how often. Counts, not lines."""
        self.parts: list[Losses] = []
        """Accounts of several logs that were read as one."""
        self.meant: set[str] = set()
        """Reasons of drops that are no fault of the log: what is left out on purpose."""
        self._repaired_lines: set[int] = set()

    def keep(self, lines: Iterable[int]) -> None:
        """Used as they stand."""
        self.kept.update(lines)

    def keep_rest(self, lines: Iterable[int]) -> None:
        """Those of `lines` that were not repaired are used as they stand."""
        self.kept.update(line for line in lines if line not in self._repaired_lines)

    def repair(self, reason: str, lines: Iterable[int]) -> None:
        """Used after a repair. A line repaired twice counts under its first reason."""
        fresh = [line for line in lines if line not in self._repaired_lines]
        self._repaired_lines.update(fresh)
        self.kept.difference_update(fresh)
        if fresh:
            self.repaired.setdefault(reason, []).extend(fresh)

    def drop(self, reason: str, lines: Iterable[int], meant: bool = False) -> None:
        """Not used. `meant` tells that such lines are no fault of the log, such as outgoing calls."""
        gone = list(lines)
        self.kept.difference_update(gone)
        mended = self._repaired_lines.intersection(gone)
        if mended:
            self._repaired_lines -= mended
            left = {why: [line for line in held if line not in mended] for why, held in self.repaired.items()}
            self.repaired = {why: held for why, held in left.items() if held}
        if gone:
            self.dropped.setdefault(reason, []).extend(gone)
            if meant:
                self.meant.add(reason)

    def faulty_count(self) -> int:
        """Lines dropped for a fault, those of parts included."""
        own = sum(len(lines) for reason, lines in self.dropped.items() if reason not in self.meant)
        return own + sum(part.faulty_count() for part in self.parts)

    def remark(self, text: str, count: int = 1) -> None:
        """An approximation that concerns `count` calls."""
        if count:
            self.remarks[text] = self.remarks.get(text, 0) + count

    @property
    def kept_count(self) -> int:
        """Lines used as they stand."""
        return len(self.kept) + sum(part.kept_count for part in self.parts)

    @property
    def repaired_count(self) -> int:
        """Lines used after a repair."""
        return sum(map(len, self.repaired.values())) + sum(part.repaired_count for part in self.parts)

    @property
    def dropped_count(self) -> int:
        """Lines not used."""
        return sum(map(len, self.dropped.values())) + sum(part.dropped_count for part in self.parts)

    @property
    def total(self) -> int:
        """All lines accounted for."""
        return self.kept_count + self.repaired_count + self.dropped_count

    def check(self, lines: int) -> None:
        """Raise AssertionError unless each of `lines` lines is in exactly one place."""
        places = list(self.kept) + list(
            itertools.chain.from_iterable([*self.repaired.values(), *self.dropped.values()])
        )
        assert len(places) == lines and len(set(places)) == lines, (
            f"{self.source}: {lines} {self.unit}s read, {len(set(places))} accounted for in {len(places)} places"
        )

    def merge(self, other: Losses) -> None:
        """Take another log's account in, with its own name and line numbers."""
        self.parts.append(other)

    def __repr__(self) -> str:
        return self.report()

    def report(self, translate: Translate = str) -> str:
        """The account for people, reasons first by count; in another language as far as it is known there."""
        unit = translate(self.unit)
        out = [
            Told(
                "{source}: {total} {unit}s: {kept} kept, {repaired} repaired, {dropped} dropped",
                source=self.source,
                total=f"{self.total:,}",
                unit=self.unit,
                kept=f"{self.kept_count:,}",
                repaired=f"{self.repaired_count:,}",
                dropped=f"{self.dropped_count:,}",
            ).translated(translate)
        ]
        for title, reasons in (("repaired", self.repaired), ("dropped", self.dropped)):
            for reason, lines in sorted(reasons.items(), key=lambda item: -len(item[1])):
                told = in_language(reason, translate)
                out.append(f"  {translate(title)} {len(lines):,}: {told} ({unit} {ranges(lines)})")
        for text, count in self.remarks.items():
            told = Told("  note: {text} ({count} calls)", text=text, count=f"{count:,}")
            out.append(told.translated(translate))
        out.extend(part.report(translate) for part in self.parts)
        return "\n".join(out)

    def as_dict(self) -> dict[str, object]:
        """The account as plain data, line numbers included."""
        return {
            "source": self.source,
            "unit": self.unit,
            "total": self.total,
            "kept": self.kept_count,
            "repaired": {reason: sorted(lines) for reason, lines in self.repaired.items()},
            "dropped": {reason: sorted(lines) for reason, lines in self.dropped.items()},
            "remarks": dict(self.remarks),
            "parts": [part.as_dict() for part in self.parts],
        }


def ranges(lines: Iterable[int], shown: int = SHOWN) -> str:
    """Line numbers as runs.

    >>> ranges([3, 1, 2, 7])
    '1-3, 7'
    """
    ordered = sorted(set(lines))
    runs: list[list[int]] = []
    for line in ordered:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    text = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs[:shown])
    return text + (f", and {len(runs) - shown} more places" if len(runs) > shown else "")
