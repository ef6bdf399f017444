"""Tables of nobody in particular: usual names of columns, words, dates, lengths, marks and encodings, in any order together."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsim import logs
from pbxsim.cli.language import speak, tr
from pbxsim.logs.losses import LogError
from tests.pbxsim.logs.test_formats import ZONE, same, sample
from tests.pbxsim.logs.writers import Call, clock, each

__all__ = ["sample"]  # the fixture

NAMES = {
    "arrived": ("Date/Time", "Call Time", "Timestamp", "Created", "Started at", "Дата и время", "Время звонка",
        "Начало", "Дата создания"),
    "queue": ("Queue", "Queue name", "Call queue", "Skill", "Department", "Split/Skill", "Очередь",
        "Название очереди", "Служба", "Отдел"),
    "wait": ("Wait", "Time in queue", "Queue wait time", "Hold in queue", "Ожидание", "Ожидание ответа",
        "Время ожидания в очереди"),
    "talk": ("Talk", "Conversation duration", "Billsec", "Talk time", "Разговор", "Длительность разговора",
        "Продолжительность разговора"),
    "outcome": ("Status", "Call result", "Disposition", "Outcome", "Статус", "Результат", "Итог звонка", "Исход"),
    "agent": ("Agent", "Operator", "Answered by", "User", "Оператор", "Сотрудник", "ФИО оператора", "Менеджер"),
    "caller": ("From", "Caller ID", "ANI", "Customer number", "Номер клиента", "Звонящий", "Кто звонил", "Phone number"),
}  # fmt: skip

WORDS = (
    ("Answered", "Abandoned"), ("ANSWERED", "NO ANSWER"), ("Handled", "Not handled"), ("Success", "Unsuccessful"),
    ("connected", "lost"),
    ("Отвечен", "Пропущен"), ("Принят", "Не принят"), ("принятый", "непринятый"), ("Успешный", "Неуспешный"), ("да", "нет"),
    ("Обслуженный", "Необслуженный"), ("Отвечена", "Потеряна"), ("Состоялся", "Не состоялся"), ("1", "0"),
)  # fmt: skip

DATES: tuple[Callable[[pd.Timestamp], str], ...] = (
    *(
        lambda at, form=form: f"{at:{form}}"  # type: ignore[misc]  # a form of its own for each
        for form in (
            "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S",
            "%Y-%m-%dT%H:%M:%S", "%d %b %Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%Y%m%d%H%M%S",
        )
    ),
    lambda at: str(round(at.timestamp())),
    lambda at: str(round(at.timestamp() * 1000)),
    lambda at: repr((at.tz_localize(None) - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)),
)  # fmt: skip

LENGTHS: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("", str),
    ("", clock),
    ("", lambda length: f"{length // 60:02}:{length % 60:02}"),
    ("", lambda length: f"{length},0"),
    ("", lambda length: f"{length // 60}m {length % 60}s"),
    (" (ms)", lambda length: str(length * 1000)),
    (", с", str),
)

PACKED: tuple[Callable[[bytes], bytes], ...] = (bytes, gzip.compress, bz2.compress, lzma.compress)

STYLES = st.fixed_dictionaries(
    {
        "names": st.fixed_dictionaries({field: st.sampled_from(names) for field, names in NAMES.items()}),
        "words": st.sampled_from(WORDS),
        "date": st.sampled_from(DATES),
        "length": st.sampled_from(LENGTHS),
        "order": st.permutations(tuple(NAMES)),
        "separator": st.sampled_from(",;\t|"),
        "encoding": st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r", "cp866")),
        "packed": st.sampled_from(PACKED),
        "title": st.booleans(),
    }
)


def written(calls: pd.DataFrame, style: dict[str, Any]) -> bytes:
    """The calls as a table of that style."""
    unit, length = style["length"]
    out = io.StringIO()
    lines = csv.writer(out, delimiter=style["separator"])
    if style["title"]:
        lines.writerows([["Calls of a week"], []])
    names = {field: name + unit * (field in ("wait", "talk")) for field, name in style["names"].items()}
    lines.writerow([names[field] for field in style["order"]])
    for call in each(calls):
        cells = cells_of(call, style["date"], length, style["words"])
        lines.writerow([cells[field] for field in style["order"]])
    packed: bytes = style["packed"](out.getvalue().encode(style["encoding"]))
    return packed


def cells_of(
    call: Call, date: Callable[[pd.Timestamp], str], length: Callable[[int], str], words: tuple[str, str]
) -> dict[str, str]:
    """One call's cells by field."""
    return {
        "arrived": date(call.at),
        "queue": call.queue,
        "wait": length(call.wait),
        "talk": length(call.talk) if call.served else "",
        "outcome": words[0 if call.served else 1],
        "agent": call.agent or "",
        "caller": call.caller,
    }


@given(style=STYLES)
@settings(max_examples=40, deadline=None)
def test_a_table_of_anybodys_is_read_as_the_calls_it_was_made_from(style: dict[str, Any], sample: pd.DataFrame) -> None:
    log = logs.read(written(sample, style), zone=ZONE)
    same(log.calls, sample)
    assert log.losses.faulty_count() == 0


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866"])
def test_one_line_of_russian_tells_the_encoding_of_a_file_of_digits(encoding: str) -> None:
    rows = "".join(f"2026-09-{1 + n // 60:02} 09:{n % 60:02}:00;sales;5;60;answered\n" for n in range(300))
    log = logs.read(f"Начало;Очередь;Ожидание;Разговор;Итог\n{rows}".encode(encoding), zone=ZONE)
    assert len(log.calls) == 300 and set(log.calls["queue"]) == {"sales"}


def test_a_text_of_utf_8_with_a_torn_line_stays_one() -> None:
    rows = [f"2026-09-{1 + n // 60:02} 09:{n % 60:02}:00;продажи;5;60;answered\n".encode() for n in range(300)]
    rows[7] = rows[7].replace("ж".encode(), b"\xd0")
    log = logs.read("Начало;Очередь;Ожидание;Разговор;Итог\n".encode() + b"".join(rows), zone=ZONE)
    assert (log.calls["queue"] == "продажи").sum() == 299


def test_a_word_of_outcomes_that_nobody_knows_is_asked_about_and_takes_no_calls_away() -> None:
    rows = "".join(f"2026-09-07 09:{n:02}:00,sales,5,60,{'riddle' if n % 5 == 0 else 'answered'}\n" for n in range(60))
    text = f"time,queue,wait,talk,result\n{rows}".encode()
    with pytest.raises(
        LogError, match="in 12 of 61 lines `result` holds an outcome that is not known .`riddle`.*`outcomes`"
    ):
        logs.read(text, zone=ZONE)
    assert len(logs.read(text, zone=ZONE, anyway=("outcomes",)).calls) == 48


def test_the_name_of_a_file_may_have_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"calls\xff.csv")
    file.write_text("time,queue,wait,talk,result\n2026-09-07 09:00:00,sales,5,60,answered\n")
    log = logs.read(file, zone=ZONE)
    assert len(log.calls) == 1 and log.losses.source == "calls\ufffd.csv"


def test_bytes_that_were_no_text_are_marks_in_a_refusal() -> None:
    text = "Имя;Код\n".encode() * 40 + b"\xd0\xff;wait\n"
    with pytest.raises(LogError) as refused:
        logs.read(text.replace("Имя;Код\n".encode(), "Имя;Talk;Queue;Код\n".encode()), zone=ZONE)
    speak("ru")
    try:
        told = refused.value.told(tr)
    finally:
        speak("en")
    assert str(refused.value).encode() and told.encode()
