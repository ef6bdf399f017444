"""Every command with any word at any place: an answer of `pbx` with status 0, 1 or 2, never a traceback.

Words that systems and libraries refuse in their own ways: names too long for the disk, a home that nobody has, a path through a
file, a folder, nothing, bytes that are no text, digits of other scripts.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pbxsim.cli import app, language
from tests.cli.conftest import Pbx

ODD = {
    "long": "9" * 5_000,
    "nobody's home": "~nobody-at-all/x",
    "through a file": "f/x",
    "folder": ".",
    "empty": "",
    "no text": "\udcff",
    "digit": "²",
}

SERVES = {"run", "live", "workbench", "twin", "hosting", "sandbox"}
"""What these are told beside the document decides where they listen: they are tried with their required words only."""

WORKS = {"rehearse", "simulate", "staff", "backtest", "forecast", "learn", "gate"}
"""An odd word that is a good name makes these work for minutes: they are tried with paths only, and given this many seconds."""

WORKS_S = 5

GIVEN = {
    "pbx": "example", "old": "example", "new": "example", "version": "example", "document": "example", "name": "anna",
    "user": "100", "element": "5200",
}  # fmt: skip


class _Works(BaseException):
    """The command took the word and began."""


def _commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*before, name))
        else:
            yield (*before, name), command


def _cases() -> Iterator[Any]:
    language.speak("en")
    for words, command in _commands(app.command()):
        for place in command.params:
            kind = place.type_descriptor.annotation if place.type_descriptor else None
            if kind not in (str, Path, list[str], list[Path]):
                continue
            if words[0] in SERVES and not place.required:
                continue
            if words[0] in WORKS and kind in (str, list[str]) and not place.required:
                continue
            yield pytest.param(words, command, place, id=f"{'-'.join(words)}-{place.name}")


def _typed(words: tuple[str, ...], command: Any, place: Any, word: str) -> list[str]:
    typed = list(words)
    for one in command.params:
        if one.required or one is place:
            value = word if one is place else GIVEN.get(one.name, "f")
            typed += [value] if one.param_type_name == "argument" else [one.opts[0], value]
    return typed


@contextlib.contextmanager
def _stopped_where_it_works() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Works

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(WORKS_S)
    try:
        yield
    except _Works:
        pass
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.nightly
@pytest.mark.parametrize("words, command, place", list(_cases()))
def test_any_word_at_any_place(words: tuple[str, ...], command: Any, place: Any, pbx: Pbx, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x", encoding="ascii")
    for about, word in ODD.items():
        _answers(pbx, _typed(words, command, place, word), about)


@pytest.mark.parametrize("about", ["long", "no text"])
def test_every_command_answers_an_odd_first_word(about: str, pbx: Pbx, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x", encoding="ascii")
    firsts = {case.values[0]: case.values for case in reversed(list(_cases())) if case.values[2].required}
    assert len(firsts) > 25
    for words, command, place in firsts.values():
        _answers(pbx, _typed(words, command, place, ODD[about]), about)


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "example", "--csv"), ("simulate", "example", "--events"), ("staff", "example", "--csv"),
        ("rehearse", "example", "--report"), ("rehearse", "example", "--keep"), ("forecast", "f", "--csv"),
        ("calibrate", "f", "--plot"), ("backtest", "example", "--log", "f", "--csv"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_cannot_be_written_is_refused_before_the_work(words: tuple[str, ...], pbx: Pbx, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x", encoding="ascii")
    for place in ("f/x", "9" * 5_000):
        ran = pbx(*words, place)
        assert ran.status == 2 and "cannot be written: " in ran.err and place[:9] in ran.err, ran


def _answers(pbx: Pbx, typed: list[str], about: str) -> None:
    with _stopped_where_it_works():
        ran = pbx(*typed)
        assert ran.status in (0, 1, 2), (typed[:2], about, ran.status, ran.err[-300:])
        assert "Traceback" not in ran.err, (typed[:2], about, ran.err[-600:])
