"""Logs that can be read and not believed: refused with the reason, the account and the first lines, or waved through by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pbxsim import logs
from pbxsim.cli.language import speak, tr
from pbxsim.logs import ColumnMap, LogError

ZONE = "Europe/Moscow"
MAP = ColumnMap(
    arrived="start", queue="queue", agent="agent", caller="caller", wait_s="wait", talk_s="talk", outcome="status", longest_s=1e9
)  # fmt: skip


def table(
    count: int = 120,
    at: Callable[[int], str] = lambda n: f"2026-09-{1 + n // 10:02} 09:{n % 10:02}:00",
    wait: Callable[[int], object] = lambda n: n % 40,
    talk: Callable[[int], object] = lambda n: 60 + n % 100,
    agent: Callable[[int], str] = lambda n: f"a{n % 7}",
    caller: Callable[[int], str] = lambda n: f"7916000{n:04}",
    status: Callable[[int], str] = lambda n: "abandoned" if n % 9 == 0 else "answered",
    extra: str = "",
) -> bytes:
    """A table of calls, of which one thing is strange."""
    head = "start,queue,agent,caller,wait,talk,status" + (f",{extra}" if extra else "")
    tail = (",in", ",out") if extra else ("", "")
    rows = [f"{at(n)},sales,{agent(n)},{caller(n)},{wait(n)},{talk(n)},{status(n)}{tail[n % 2]}" for n in range(count)]
    return "\n".join([head, *rows]).encode()


STRANGE = {
    "units": table(talk=lambda n: 60_000 + n),
    "wait": table(wait=lambda n: 70 + n % 100),
    "days": table(at=lambda n: f"{1 + n // 10:02}/09/2026 09:{n % 10:02}:00"),
    "outgoing": table(caller=lambda n: str(200 + n % 9)),
    "agents": table(400, agent=lambda n: f"leg {n}", at=lambda n: f"2026-09-{1 + n // 20:02} 09:{n % 20:02}:00"),
    "outcomes": table(status=lambda n: "riddle" if n % 9 == 0 else "answered"),
    "directions": table(extra="way").replace(b",in", b",incoming").replace(b",out", b",mystery"),
    "dropped": table(at=lambda n: f"2026-09-{1 + n // 10:02} 09:{n % 10:02}:00" if n % 3 == 0 else "sometime"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_cannot_be_believed_is_refused_and_goes_on_by_its_name(name: str) -> None:
    changes = {"days": {"date_format": "%m/%d/%Y %H:%M:%S"}, "directions": {"direction": "way"}}
    columns = MAP.model_copy(update=changes.get(name, {}))
    with pytest.raises(LogError) as refused:
        logs.read(STRANGE[name], zone=ZONE, columns=columns)
    assert refused.value.doubt == name and "lines: " in str(refused.value) and "start,queue,agent" in str(refused.value)
    assert len(logs.read(STRANGE[name], zone=ZONE, columns=columns, anyway=(name,)).calls)
    speak("ru")
    try:
        told = refused.value.told(tr)
    finally:
        speak("en")
    assert "начинается так" in told and "всего" in told


def test_what_is_usual_is_not_doubted() -> None:
    assert len(logs.read(table(), zone=ZONE, columns=MAP).calls) == 120
    backwards = table(at=lambda n: f"{30 - n // 10:02}/09/2026 09:{n % 10:02}:00")
    assert len(logs.read(backwards, zone=ZONE, columns=MAP).calls) == 120


def test_other_units_and_directions_are_doubted_too() -> None:
    for text, doubt in (
        (table(talk=lambda n: f"{(60 + n % 100) / 86400:.6f}"), "units"),
        (table(wait=lambda n: 4000 + n * 60), "units"),
        (table(extra="way"), "outgoing"),
    ):
        with pytest.raises(LogError) as refused:
            logs.read(text, zone=ZONE, columns=MAP)
        assert refused.value.doubt == doubt
    right = MAP.model_copy(update={"direction": "way"})
    assert len(logs.read(table(extra="way"), zone=ZONE, columns=right).calls) == 60


def test_a_doubt_that_there_is_not_is_named() -> None:
    with pytest.raises(LogError, match="no doubt `everything`; there are units, wait"):
        logs.read(table(), zone=ZONE, columns=MAP, anyway=("everything",))


@pytest.mark.parametrize(
    "line, told",
    [
        ("2026-11-23 10:00:00,89160000001,101,99999999999999999999,90,ANSWERED", "duration"),
        ("2026-11-23 10:00:00,89160000001,101," + "9" * 5_000 + ",90,ANSWERED", "duration"),
        ("9999-12-31 23:59:59,89160000001,101,100,90,ANSWERED", "time"),
        ("0001-01-01 00:00:00,89160000001,101,100,90,ANSWERED", "time"),
    ],
    ids=["longer than time", "5,000 digits", "last year", "first year"],
)
def test_a_record_of_no_possible_time_or_length_is_dropped_with_its_reason(
    line: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "cdr.csv"
    good = [f"2026-11-23 10:{n:02}:00,89160000001,101,100,90,ANSWERED" for n in range(60)]
    path.write_text("\n".join(["calldate,src,dst,duration,billsec,disposition", *good, line]) + "\n", encoding="utf-8")
    log = logs.read_all([path], zone="Europe/Moscow")
    assert len(log.calls) == 60 and told in log.losses.report(), log.losses.report()


def test_a_number_of_5000_digits_in_json_is_refused_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "calls.json"
    path.write_text('[{"a": ' + "9" * 5_000 + "}]", encoding="utf-8")
    with pytest.raises(logs.LogError):
        logs.read_all([path], zone="Europe/Moscow")
