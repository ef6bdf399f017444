"""Numbers in fields that may stay empty: widgets for numbers show nothing as 0.

Decides how a number is written and read, with a point or a comma.
"""

from __future__ import annotations


class NoNumber(ValueError):
    """A text that is no number of the range asked for."""


def number_of(text: object, low: float, high: float) -> float | None:
    """The number of a text; None where it is empty. Raises NoNumber.

    >>> number_of(" 7,5 ", 0, 10), number_of("", 0, 10)
    (7.5, None)
    """
    written = str(text or "").strip().replace(",", ".").replace(" ", "").replace("\xa0", "")
    if not written:
        return None
    try:
        value = float(written)
    except ValueError:
        raise NoNumber(str(text)) from None
    if not low <= value <= high:
        raise NoNumber(str(text))
    return value
