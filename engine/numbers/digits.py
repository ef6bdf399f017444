"""Whether a text from outside is a whole number.

Decides that ASCII digits alone are digits, and that a number longer than anything counted or dialled is none: `str.isdigit` takes
more, and `int` then fails.
"""

from __future__ import annotations

from typing import Final

DIGITS_MOST: Final = 40
"""Longer than every number that is dialled or counted."""


def is_digits(text: str) -> bool:
    """Whether `int(text)` is a whole number written with `0-9` alone.

    >>> is_digits("101"), is_digits("²"), is_digits("١٢"), is_digits(""), is_digits("9" * 5000)
    (True, False, False, False, False)
    """
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MOST
