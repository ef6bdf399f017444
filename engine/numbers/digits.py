"""Whether a text from outside is a whole number.

Decides that ASCII digits alone are digits, and that what `int` does not read is no number: `str.isdigit` takes more.
"""

from __future__ import annotations

from typing import Final

DIGITS_MOST: Final = 4300
"""The longest text that Python reads as a number, as it comes."""


def is_digits(text: str) -> bool:
    """Whether `int(text)` is a whole number written with `0-9` alone.

    >>> is_digits("101"), is_digits("²"), is_digits("١٢"), is_digits(""), is_digits("9" * 5000)
    (True, False, False, False, False)
    """
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MOST


def has_digit(text: str) -> bool:
    """Whether a digit of any script is in it, for those who hide digits or look for them.

    >>> has_digit("a²"), has_digit("٩"), has_digit("a")
    (True, True, False)
    """
    return any(mark.isdigit() for mark in text)
