"""Confirmation of an account for bought numbers (R-03.9 to R-03.12).

    none --- form and scans sent ---> in_process --- accepted ---> confirmed
    in_process --- refused ---> none
    none, in_process --- first payment of a legal entity ---> confirmed

Decides the states, who may be confirmed, and which files are scans. Leaves looking at them to people.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from engine.account import moments
from engine.account.refusals import AccountRefused
from engine.contract.ids import Instant

ConfirmationState = Literal["none", "in_process", "confirmed"]
ConfirmationMove = Literal["sent", "accepted", "refused", "legal_paid"]

CHECK_DAYS: Final = 3
"""Working days that the check takes at most (R-03.10)."""

TITLES: Final[dict[ConfirmationState, tuple[str, str]]] = {
    "none": ("Not confirmed", "Не подтвержден"),
    "in_process": ("In process", "В процессе"),
    "confirmed": ("Account confirmed", "Аккаунт подтвержден"),
}
"""What a person reads, in English and Russian (R-03.10)."""

SCAN_MOST: Final = 10 * 1024 * 1024
SCANS_MOST: Final = 10
"""Bytes of a scan, and scans of an account."""

SCAN_KINDS: Final = {
    "pdf": (b"%PDF-", b"%%EOF"),
    "jpg": (b"\xff\xd8\xff", b"\xff\xd9"),
    "png": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
}
"""How a scan begins and ends (ISO 32000-1 section 7.5, JPEG annex B, PNG section 11): with another file behind it, it is none."""

NAME_MOST: Final = 100
"""Characters of a scan's name."""

CONFIRMATION_STATES: Final[tuple[ConfirmationState, ...]] = ("none", "in_process", "confirmed")
CONFIRMATION_MOVES: Final[tuple[ConfirmationMove, ...]] = ("sent", "accepted", "refused", "legal_paid")

AFTER: Final[dict[tuple[ConfirmationState, ConfirmationMove], ConfirmationState]] = {
    ("none", "sent"): "in_process",
    ("none", "legal_paid"): "confirmed",
    ("in_process", "accepted"): "confirmed",
    ("in_process", "refused"): "none",
    ("in_process", "legal_paid"): "confirmed",
    ("confirmed", "legal_paid"): "confirmed",
}
"""Every move there is."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks to be confirmed, as the form says it."""

    citizenship: str
    """Two letters of ISO 3166: `RU`."""
    registered_in_russia: bool = False
    """Temporary registration of a foreigner."""


def confirmation_after(state: ConfirmationState, move: ConfirmationMove) -> ConfirmationState:
    """The state after a move. Raises AccountRefused."""
    try:
        return AFTER[state, move]
    except KeyError:
        raise AccountRefused("confirmation_state", "R-03.10", given=TITLES[state][0].lower()) from None


def check_request(state: ConfirmationState, person: Person, files: int) -> ConfirmationState:
    """The form and its scans are sent (R-03.9). Raises AccountRefused for who cannot be confirmed (R-03.12)."""
    after = confirmation_after(state, "sent")
    if person.citizenship.strip().upper() != "RU" and not person.registered_in_russia:
        raise AccountRefused("confirmation_person", "R-03.12")
    if files < 1:
        raise AccountRefused("confirmation_files", "R-03.9")
    return after


def scan_kind(body: bytes) -> str:
    """Which kind of scan a file is, by its bytes and not by its name. Raises AccountRefused (R-03.9)."""
    whole = body.rstrip(b"\x00\r\n\t ")
    for kind, (begins, ends) in SCAN_KINDS.items():
        if len(body) <= SCAN_MOST and body.startswith(begins) and whole.endswith(ends):
            return kind
    raise AccountRefused("scan_kind", "R-03.9")


def scan_name(given: str, kind: str) -> str:
    """The name that a scan is kept under: no folder, nothing unprintable, and the ending of what it is.

    >>> scan_name("C:\\\\scans\\\\../паспорт.exe", "pdf"), scan_name("", "png")
    ('паспорт.exe.pdf', 'scan.png')
    """
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(one for one in last if one.isprintable()).strip(" .")[:NAME_MOST] or "scan"
    endings = (f".{kind}", ".jpeg") if kind == "jpg" else (f".{kind}",)
    return name if name.lower().endswith(endings) else f"{name}.{kind}"


def checked_by(sent_at: Instant) -> Instant:
    """Until when the check is done (R-03.10): a form of a Friday by the end of Wednesday."""
    return moments.working_days_later(sent_at, CHECK_DAYS)
