"""Calls of earlier days are asked for once a day, and not kept where they may have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from pbxsim.workbench.live.earlier_calls import EarlierCalls

SINCE, SETTLED = 100, 900


class Calls:
    """A history in which a call came at every instant; notes what was asked for."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, int]] = []
        self.now, self.is_gone = 1000, False

    async def fetch(self, file: Path, span: Mapping[str, int]) -> None:
        self.asked.append(span)
        file.write_text("".join(f"{at}\n" for at in range(span.get("until", self.now) - 1, span["since"] - 1, -1)))
        if self.is_gone:
            raise ConnectionError("the bridge is gone")


def told(earlier: EarlierCalls, calls: Calls, file: Path, of: str = "Monday") -> list[int]:
    asyncio.run(earlier.write(file, calls.fetch, SINCE, SETTLED, of))
    return [int(line) for line in file.read_text().splitlines()]


def test_days_before_are_asked_for_once_and_new_calls_each_time(tmp_path: Path) -> None:
    earlier, calls, file = EarlierCalls(), Calls(), tmp_path / "history.jsonl"
    assert told(earlier, calls, file) == list(range(999, 99, -1))
    calls.now = 1010
    assert told(earlier, calls, file) == list(range(1009, 99, -1)), "every call once, the latest first"
    before = {"since": SINCE, "until": SETTLED}
    assert calls.asked == [before, {"since": SETTLED}, {"since": SETTLED}]
    told(earlier, calls, file, "Tuesday")
    earlier.forget()
    told(earlier, calls, file, "Tuesday")
    assert calls.asked[3:] == [before, {"since": SETTLED}] * 2, "another day, and a number that was erased"


def test_what_came_only_in_part_is_not_kept(tmp_path: Path) -> None:
    earlier, calls, file = EarlierCalls(), Calls(), tmp_path / "history.jsonl"
    calls.is_gone = True
    with pytest.raises(ConnectionError):
        told(earlier, calls, file)
    calls.is_gone = False
    assert told(earlier, calls, file) == list(range(999, 99, -1)) and len(calls.asked) == 3
