"""Which recorded words make "your position in the queue is ..." in English and Russian (R-08.17).

Numbers are put together from words by each language's own grammar; a Russian minute is feminine and changes with the
number. Names are sounds under `phrases/<language>/` of the prompts folder.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.contract.ids import SECOND_US, Duration

LANGUAGES = ("en", "ru")

LARGEST = 599
"""Largest number that can be said; more is said as this."""


def position(place: int, expected_wait_us: Duration | None, language: str) -> list[str]:
    """Names of the sounds, in order. KeyError for a language we do not speak.

    >>> position(21, None, "en")
    ['phrases/en/your-position.wav', 'phrases/en/20.wav', 'phrases/en/1.wav']
    >>> position(2, 120_000_000, "ru")[1:]
    ['phrases/ru/2.wav', 'phrases/ru/expected-wait.wav', 'phrases/ru/2f.wav', 'phrases/ru/minutes-few.wav']
    """
    words = ["your-position", *_NUMBERS[language](place, False)]
    if expected_wait_us is not None:
        # Rounded up: a caller forgives a shorter wait.
        minutes = max(1, -(-expected_wait_us // (60 * SECOND_US)))
        words += ["expected-wait", *_NUMBERS[language](minutes, True), _MINUTES[language](minutes)]
    return [f"phrases/{language}/{word}.wav" for word in words]


def words_of(language: str) -> list[str]:
    """Every word a language needs, for the script that has them spoken and for the test that counts them."""
    numbers = [str(n) for n in (*range(1, 21), *range(30, 100, 10))]
    hundreds = [str(n) for n in range(100, 600, 100)]
    feminine = ["1f", "2f"] if language == "ru" else []
    minutes = {"en": ["minute", "minutes"], "ru": ["minute", "minutes-few", "minutes"]}[language]
    return ["your-position", "expected-wait", *numbers, *hundreds, *feminine, *minutes]


def _english(number: int, _feminine: bool) -> list[str]:
    return _by_tens(number)


def _russian(number: int, feminine: bool) -> list[str]:
    words = _by_tens(number)
    if feminine and words[-1] in ("1", "2"):
        words[-1] += "f"
    return words


def _by_tens(number: int) -> list[str]:
    number = max(1, min(number, LARGEST))
    words: list[str] = []
    hundreds, rest = divmod(number, 100)
    if hundreds:
        words.append(str(hundreds * 100))
    if rest > 20:
        tens, rest = divmod(rest, 10)
        words.append(str(tens * 10))
    if rest:
        words.append(str(rest))
    return words


def _english_minutes(number: int) -> str:
    return "minute" if number == 1 else "minutes"


def _russian_minutes(number: int) -> str:
    """
    >>> [_russian_minutes(n) for n in (1, 3, 5, 11, 21, 22, 112)]
    ['minute', 'minutes-few', 'minutes', 'minutes', 'minute', 'minutes-few', 'minutes']
    """
    number = min(number, LARGEST)
    if number % 100 in range(11, 15):
        return "minutes"
    if number % 10 == 1:
        return "minute"
    return "minutes-few" if number % 10 in (2, 3, 4) else "minutes"


_NUMBERS: dict[str, Callable[[int, bool], list[str]]] = {"en": _english, "ru": _russian}
_MINUTES: dict[str, Callable[[int], str]] = {"en": _english_minutes, "ru": _russian_minutes}
