"""Who a caller may claim to be (R-02.6, R-23.11): from outside nobody is an internal number, and nobody is 000.

Pure rules over presented numbers. Leaves what the flow does with a caller to the engine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from engine.contract import limits
from engine.numbers import phone_numbers
from engine.numbers.digits import is_digits

_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")
_IDENTITY: Final = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^<",]*))\s*<\s*(?:sips?|tel):([^@;?>:]*)[^>]*>', re.IGNORECASE)
"""One name and address: the name in quotes or without, and the user part."""
_NOBODY: Final = frozenset(("anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "asterisk"))


def cleaned(number: str) -> str:
    """A number without the characters people write for the eye and those that nobody sees (R-14.11)."""
    return phone_numbers.bare(number)


def internal(number: str) -> bool:
    """Whether a number could be taken for one of ours: 100 to 5999, or 000, or nothing but zeros."""
    if not number or not is_digits(number):
        return False
    return not number.strip("0") or limits.USER_FIRST <= int(number) <= limits.ELEMENT_LAST and len(number) <= 4


def outside_caller(username: str | None, name: str | None) -> tuple[str, str]:
    """Number and name of a caller from outside, as the PBX may see them; both empty when withheld or pretended.

    >>> outside_caller("84955551000", "Ivan")
    ('84955551000', 'Ivan')
    >>> outside_caller("000", "Administration"), outside_caller("101", "Boss"), outside_caller("anonymous", "x")
    (('', ''), ('', ''), ('', ''))
    """
    number = cleaned(username or "")
    if number.lower() in _NOBODY or not _NUMBER.fullmatch(number) or internal(number.lstrip("+")):
        return "", ""
    return number, presented_name(name)


def presented_name(name: str | None, own: str = "") -> str:
    """A caller's name as people may see it: digits of any script as 0 to 9, nothing invisible; empty when it says nobody, or
    reads as an internal number that is not the caller's `own`, letters that look like digits included.

    >>> presented_name("Ivan １"), presented_name("٠٠٠"), presented_name("OOO"), presented_name("ООО Ромашка")
    ('Ivan 1', '', '', 'ООО Ромашка')
    """
    text = "".join(_digit(c) for c in (name or "") if c.isprintable()).strip()[:64]
    looks_like = cleaned(text.translate(_LOOK_ALIKE)).lstrip("+")
    if text.lower() in _NOBODY or (internal(looks_like) and looks_like != own):
        return ""
    return text


_LOOK_ALIKE: Final = str.maketrans(
    {**dict.fromkeys("OoОоΟοՕօ○◯〇⓪⓿∅Øø", "0"), **dict.fromkeys("Il|Іӏ", "1"), "З": "3", "з": "3", "б": "6"}
)
"""Letters and signs of Latin, Cyrillic, Greek and Armenian that people read as digits."""


def _digit(c: str) -> str:
    """A digit of any script, full-width, circled or raised as one of 0 to 9; anything else as it is."""
    if c.isascii():
        return c
    value = unicodedata.digit(c, None)
    return c if value is None else str(value)


def asserted_caller(identities: Sequence[str], privacy: Sequence[str]) -> tuple[str, str] | None:
    """The first number, with its name, that P-Asserted-Identity fields of an operator hold (RFC 3325); None when there is none,
    or when the caller wants it to stay with the operators (Privacy, RFC 3323): then From is what may be seen.

    >>> asserted_caller(['"Ivan" <sip:+74955551000;cpc=ordinary@192.0.2.1>, <tel:+74955551000>'], [])
    ('+74955551000', 'Ivan')
    >>> asserted_caller(["<tel:84955551000>"], ["id;critical"]) is None
    True
    """
    if any(
        token.strip().lower() in ("id", "user", "header", "full") for value in privacy for token in value.split(";")
    ):
        return None
    for value in identities:
        for quoted, plain, user in _IDENTITY.findall(value):
            number = unquote(user)
            if _NUMBER.fullmatch(cleaned(number)):
                return number, quoted.replace("\\", "") or plain.strip()
    return None


def same_number(presented: str, own: str) -> bool:
    """Whether a dialled number is the trunk's own, in whatever form the operator presents it: as preview finds it (R-04.13).

    >>> same_number("+7 495 123-45-67", "74951234567"), same_number("84951234567", "74951234567")
    (True, True)
    """
    return phone_numbers.is_same(presented, own)
