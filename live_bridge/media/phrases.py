"""Which recorded words make "your position in the queue is ..." and what else the PBX says by itself (R-08.17, R-09.6, R-15.11).

Numbers are put together from words by each language's own grammar; a Russian minute is feminine and a message neuter, and both
change with the number. Names are sounds under `phrases/<language>/` of the prompts folder. Leaves the words to `spoken_words.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.contract.ids import SECOND_US, Duration
from live_bridge.media.spoken_words import TEXTS

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


def phrase(name: str, numbers: tuple[int, ...], digits: str, language: str) -> list[str]:
    """Names of the sounds of `commands.SayPhrase`, in order. KeyError for a language or a phrase we do not speak.

    >>> [one[11:-4] for one in phrase("messages", (21, 2), "", "ru")]
    ['you-have', '20', '1n', 'new-message', 'and', '2', 'heard-messages-few']
    >>> phrase("message", (3,), "102", "en")[2:]
    ['phrases/en/from.wav', 'phrases/en/1.wav', 'phrases/en/0.wav', 'phrases/en/2.wav']
    """
    if name == "messages":
        parts = [_messages(n, what, language) for n, what in zip(numbers, ("new", "heard"), strict=True) if n]
        words = ["you-have", *parts[0], *(["and", *parts[1]] if len(parts) > 1 else [])]
    elif name == "message":
        words = ["message", *_by_tens(numbers[0]), *(["from", *digits] if digits else [])]
    else:
        words = [name.replace("_", "-"), *digits]
    known = TEXTS[language]
    if missing := [word for word in words if word not in known]:
        raise KeyError(missing[0])
    return [f"phrases/{language}/{word}.wav" for word in words]


def _messages(number: int, what: str, language: str) -> list[str]:
    words = _by_tens(number)
    if language == "en":
        return [*words, f"{what}-message" if number == 1 else f"{what}-messages"]
    form = _russian_form(number)
    if form == "one":
        words[-1] = "1n"
    return [*words, {"one": f"{what}-message", "few": f"{what}-messages-few", "many": f"{what}-messages"}[form]]


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
    return {"one": "minute", "few": "minutes-few", "many": "minutes"}[_russian_form(number)]


def _russian_form(number: int) -> str:
    number = min(number, LARGEST)
    if number % 100 in range(11, 15):
        return "many"
    if number % 10 == 1:
        return "one"
    return "few" if number % 10 in (2, 3, 4) else "many"


_NUMBERS: dict[str, Callable[[int, bool], list[str]]] = {"en": _english, "ru": _russian}
_MINUTES: dict[str, Callable[[int], str]] = {"en": _english_minutes, "ru": _russian_minutes}
