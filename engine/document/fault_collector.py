"""Where faults are collected while a document is looked at: each gets its place in the text.

Leaves what is a fault to those who look: `loading/validation.py` and the `check` files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.document import faults
from engine.document.faults import Fault, Path, Position, TrialCall
from engine.document.model_faults import place_of
from engine.numbers.digits import is_digits


class FaultCollector:
    """Faults found so far in one document."""

    def __init__(self, positions: Mapping[Path, Position], file: str) -> None:
        self.positions = positions
        self.file = file
        self.found: list[Fault] = []

    def add(
        self,
        code: str,
        rule: str,
        path: Path,
        message: str,
        remedy: str,
        example: TrialCall | None = None,
        *,
        severity: Literal["error", "warning"] = "warning",
        key: bool = False,
    ) -> None:
        """Note a fault at `path`; with `key` it is the key that is at fault and not its value."""
        position = place_of(path, self.positions, key)
        self.found.append(
            Fault(
                severity=severity,
                code=code,
                rule=rule,
                message=message,
                remedy=remedy,
                place=faults.written(path),
                line=position.line,
                column=position.column,
                file=self.file,
                example=example,
            )
        )

    def output_path(self, number: int, output: str) -> Path:
        """Where in the document the output of an element or user stands."""
        if number < 5000:
            base: Path = ("users", str(number))
            step = output.rsplit(" ", 1)[-1]
            place = (*base, "forwarding", int(step) - 1 if is_digits(step) else 0, "to")
            return place if place in self.positions else (*base, "no_answer")
        base = ("elements", str(number))
        for path in ((*base, output), (*base, "keys", output.rsplit(" ", 1)[-1])):
            if path in self.positions:
                return path
        return (*base, output)
