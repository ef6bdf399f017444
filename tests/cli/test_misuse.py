"""Words that a command does not understand are told in the language in use, by typer's findings and our sentences."""

from __future__ import annotations

import errno
import os
import re

import pytest

from engine.translations import system_ru
from pbxsim.cli.russian import misuse
from tests.cli.conftest import Pbx

ENGLISH = re.compile(r"\b(?:Usage|Try|Missing|Invalid|Input|such|Did you mean|requires|does not)\b")


@pytest.mark.parametrize(
    "words, told",
    [
        (["stfaf"], "Такой команды нет: 'stfaf'. Может быть, 'staff'?"),
        (["staff", "example", "--reps", "x"], "Неверное значение '--reps' / '-r': нужно целое число"),
        (["trace", "example", "--number"], "Параметру '--number' нужно значение."),
        (["forecast", "nowhere"], "nowhere не читается: такого файла или папки нет"),
        (["simulate", "example", "--scenario", "nowhere"], "nowhere не читается: такого файла или папки нет"),
    ],
)
def test_a_russian_reader_is_told_in_russian(pbx: Pbx, words: list[str], told: str) -> None:
    done = pbx(*words, lang="ru_RU.UTF-8")
    said = " ".join(done.err.replace("│", " ").split())
    assert done.status == 2 and told in said
    assert ENGLISH.search(said) is None and "Errno" not in said


def test_an_english_reader_is_told_in_english(pbx: Pbx) -> None:
    done = pbx("stfaf")
    assert done.status == 2 and "Usage: pbx" in done.err and "Did you mean 'staff'?" in done.err


def test_help_begins_in_the_language_in_use(pbx: Pbx) -> None:
    assert "Как писать: pbx staff" in pbx("staff", "--help", lang="ru_RU.UTF-8").out
    assert "Usage: pbx staff" in pbx("staff", "--help").out


@pytest.mark.parametrize(
    "said, told",
    [
        ("Missing argument 'PBX'.", "Не указан аргумент 'PBX'."),
        ("Invalid value for '--reps' / '-r': Input should be greater than or equal to 1",
         "Неверное значение '--reps' / '-r': нужно не меньше 1"),
        ("No such option: --rep (Possible options: --help, --reps)", "Такого параметра нет: --rep (есть --help, --reps)"),
        ("Got unexpected extra argument(s) (more)", "Лишние слова: more"),
        ("Option '--per-day' does not take a value.", "У параметра '--per-day' нет значения."),
        ("Invalid value for 'PBX': File 'a' is not readable.", "Неверное значение 'PBX': Файл 'a': читать нельзя."),
        ("Something that typer will say one day.", "Something that typer will say one day."),
    ],
)  # fmt: skip
def test_sentences_are_known_whole_and_in_parts(said: str, told: str) -> None:
    assert misuse.translated(said) == told


def test_sentences_keep_their_values() -> None:
    names = re.compile(r"\{(\w+)\}")
    for english, russian in misuse.SENTENCES.items():
        assert sorted(names.findall(english)) == sorted(names.findall(russian)), english


def test_what_the_system_says_is_known_by_its_own_words() -> None:
    codes = (
        errno.ENOENT,
        errno.EACCES,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.EROFS,
        errno.ELOOP,
    )
    assert {os.strerror(code) for code in codes} <= set(system_ru.TEXTS)
