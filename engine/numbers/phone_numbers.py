"""Telephone numbers as text: cleaning, comparing, and the ways one Russian number is written.

Decides R-14.11, R-18.6 and the rewriting of R-12.4. Leaves who may call which number to `state/outgoing.py`.
"""

from __future__ import annotations

import unicodedata
from typing import Final, Literal

from engine.contract import limits
from engine.numbers.digits import is_digits

UNSEEN: Final = frozenset(
    chr(code)
    for first, last in ((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065),
                        (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
    for code in range(first, last + 1)
)  # fmt: skip
"""What nobody sees either beside category Cf: Unicode's Default_Ignorable_Code_Point, selectors and fillers."""

DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What word processors and web pages make of a hyphen within a number."""

REMOVED: Final = " -.()"
"""Characters that people write and networks do not send (R-14.11), beside every other space and all that nobody sees."""

DIALLED: Final = "0123456789*#"

Form = Literal["off", "8", "7", "+7"]
"""How callers' numbers of the country are rewritten before number rules see them (R-12.4)."""

_REMOVE = str.maketrans("", "", REMOVED + DASHES)


def is_internal(to: str | None) -> bool:
    """Whether an output is written like an internal number: 3 or 4 digits, 100 to 5999.

    >>> is_internal("5200"), is_internal("89161234567"), is_internal("hangup"), is_internal("099"), is_internal("²²²²")
    (True, False, False, False, False)
    """
    if to is None or not 3 <= len(to) <= 4 or not is_digits(to):
        return False
    return to[0] != "0" and (len(to) == 3 or to <= "5999")


def visible(text: str) -> str:
    """`text` without characters that nobody sees, every kind of space a plain one (R-14.11).

    >>> visible("7495\u200b123\u00a045 67")
    '7495123 45 67'
    """
    if text.isascii():
        return text
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if category != "Cf" and char not in UNSEEN:
            kept.append(" " if category == "Zs" else char)
    return "".join(kept)


def bare(text: str) -> str:
    """`text` without what people write for the eye and what nobody sees (R-14.11); it may still be no number.

    >>> bare("8 (916)\u00ad 123-45\u201167"), bare("in fo")
    ('89161234567', 'info')
    """
    return visible(text).translate(_REMOVE)


def cleaned(number: str) -> str | None:
    """A number as it is matched and sent, or None if it is malformed: optional `+`, then 1 to 32 of `0-9*#` (R-14.11).

    >>> cleaned("8 (916) 123-45-67"), cleaned("0+7495"), cleaned("+")
    ('89161234567', None, None)
    """
    text = bare(number)
    body = text[1:] if text[:1] == "+" else text
    if not 1 <= len(body) <= limits.NUMBER_LENGTH or body.strip(DIALLED):
        return None
    return text if all(c in DIALLED for c in body) else None


def last_digits(number: str, count: int = 10) -> str:
    """The last ten digits, by which two ways of writing one number are the same (R-18.6).

    >>> last_digits("+7 495 123-45-67") == last_digits("84951234567")
    True
    """
    return "".join(c for c in number if "0" <= c <= "9")[-count:]


def national(number: str) -> str | None:
    """The ten digits of a Russian number in any form (`+7…`, `7…`, `8…`, or ten digits); None for any other number. `810` begins
    a call abroad.

    >>> national("+74951234567"), national("4951234567"), national("+380441234567"), national("81029012345")
    ('4951234567', '4951234567', None, None)
    """
    body = number.removeprefix("+")
    if not is_digits(body):
        return None
    if len(body) == 11 and (body[0] == "7" or (body[0] == "8" and number[0] != "+" and body[:3] != "810")):
        return body[1:]
    if len(body) == 10 and number[0] != "+" and body[0] in "3489":
        return body
    return None


def subscriber(number: str) -> str:
    """The same for every way of writing one subscriber's number: country code and number, without a plus. What is no number
    is itself.

    >>> subscriber("8 (495) 123-45-67"), subscriber("+74951234567"), subscriber("810380441234567"), subscriber("+380441234567")
    ('74951234567', '74951234567', '380441234567', '380441234567')
    """
    text = bare(number)
    ten = national(text) if text else None
    if ten is not None:
        return f"7{ten}"
    if text.startswith("810") and len(text) > 10:
        return text[3:]
    return text.removeprefix("+")


def is_same(one: str, other: str) -> bool:
    """Whether two texts are the same subscriber's number: how preview, simulation and live find a trunk (R-04.13).

    >>> is_same("8 495 123-45-67", "+7\u200b4951234567"), is_same("", ""), is_same("112", "0112")
    (True, False, False)
    """
    wanted = subscriber(one)
    return wanted != "" and wanted == subscriber(other)


def trunk_number(text: str) -> str:
    """A trunk's own number, cleaned: 2 to 15 digits with an optional plus (R-04.13). Raises ValueError."""
    number = cleaned(text)
    digits = "" if number is None else number.removeprefix("+")
    if (
        number is None
        or not limits.TRUNK_NUMBER_LEAST <= len(digits) <= limits.TRUNK_NUMBER_MOST
        or not is_digits(digits)
    ):
        raise ValueError("a trunk's number is 2 to 15 digits, with + before them or without (R-04.13)")
    return number


def emergency_number(text: str) -> str:
    """An emergency number, cleaned: 2 to 8 digits (R-02.8). Raises ValueError."""
    number = cleaned(text) or ""
    if not limits.EMERGENCY_LEAST <= len(number) <= limits.EMERGENCY_MOST or not is_digits(number):
        raise ValueError("an emergency number is 2 to 8 digits (R-02.8)")
    return number


def rewritten(number: str, form: Form) -> str:
    """A cleaned number in the account's form, if it is Russian; unchanged otherwise (R-12.4).

    >>> rewritten("74951234567", "8"), rewritten("74951234567", "off"), rewritten("112", "+7")
    ('84951234567', '74951234567', '112')
    """
    if form == "off":
        return number
    ten = national(number)
    return number if ten is None else form + ten


def in_carriers_form(number: str, form: Form) -> str:
    """A number as a carrier wants it written (R-04.11): Russian ones as in `rewritten`, those of other countries with the plus,
    bare, or behind 810. What names no country stays: short numbers and those of the emergency list.

    >>> [in_carriers_form("84951234567", form) for form in ("off", "8", "7", "+7")]
    ['84951234567', '84951234567', '74951234567', '+74951234567']
    >>> [in_carriers_form("810380441234567", form) for form in ("8", "7", "+7")], in_carriers_form("112", "+7")
    (['810380441234567', '380441234567', '+380441234567'], '112')
    """
    if form == "off":
        return number
    abroad = number[:1] == "+" or (number.startswith("810") and len(number) > 10)
    if national(number) is not None or not abroad:
        return rewritten(number, form)
    return {"8": "810", "7": "", "+7": "+"}[form] + subscriber(number)


def forms(number: str) -> tuple[str, ...]:
    """Every way people dial the same Russian number, the given one first; only itself for any other number.

    >>> forms("84951234567")
    ('84951234567', '+74951234567', '74951234567', '4951234567')
    """
    ten = national(number)
    if ten is None:
        other = number[1:] if number.startswith("+") else f"+{number}"
        return (number, other) if is_digits(other.lstrip("+")) and len(other) > 7 else (number,)
    return tuple(dict.fromkeys((number, f"8{ten}", f"+7{ten}", f"7{ten}", ten)))
