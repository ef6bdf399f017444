"""What servers of other people answer, read so that no text whatever can break the engine (R-13.10, R-18.5).

Decides what counts as JSON of a given form, as a number and as a name. Leaves what an answer means to the element that asked.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, TypeVar

import msgspec

from engine.contract import limits

Form = TypeVar("Form")

NAME_LENGTH: Final = 80
"""Characters of a caller's name that are kept."""

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)

_UNPRINTED: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of characters that nobody sees: control and format characters, halves of a pair, ends of lines."""


def read_json(decoder: msgspec.json.Decoder[Form], text: str) -> Form | None:
    """`text` as JSON of the decoder's form; None for everything else: other forms, no JSON, nesting without end, halves of
    a surrogate pair.
    """
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def is_too_long(text: str) -> bool:
    """Whether an answer has more than 16 KiB (R-13.8)."""
    return len(text) > limits.HTTP_ANSWER_BYTES or len(text.encode(errors="replace")) > limits.HTTP_ANSWER_BYTES


def priority(value: str | int) -> int | None:
    """A priority of 0 to 10, what is outside brought to the nearer end (R-08.6); None for what is no whole number.

    >>> priority("7"), priority(-3), priority("9" * 5000), priority("--5"), priority("5.0")
    (7, 0, 10, None, None)
    """
    if isinstance(value, int):
        return max(0, min(10, value))
    text = value.strip()
    if not _WHOLE_NUMBER.fullmatch(text):
        return None
    if text[0] == "-":
        return 0
    digits = text.lstrip("+0")
    return min(10, int(digits or "0")) if len(digits) <= 2 else 10


def printed_name(text: str) -> str:
    """A caller's name as displays may show it: one line, without characters that nobody sees, at most 80 long.

    >>> printed_name("  Anna\\r\\nTo: 101 ")
    'Anna To: 101'
    """
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNPRINTED)
    return " ".join(kept.split())[:NAME_LENGTH]
