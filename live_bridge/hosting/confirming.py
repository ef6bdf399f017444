"""Confirmation of an account for bought numbers: scans kept until they are sent, the form, and what a person decided (R-03.9 to
R-03.12).

Decides what is stored and who is told. Leaves states and what a scan is to `engine/account/confirmation.py`.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from engine.account import confirmation, moments
from engine.account.confirmation import Person
from engine.account.refusals import AccountRefused
from engine.contract.ids import Instant
from live_bridge.hosting import accounts, emails
from live_bridge.hosting import tables as t


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a confirmation, its bytes apart."""

    id: int
    name: str
    sent: bool


def add_scan(connection: sa.Connection, account: int, name: str, body: bytes) -> int:
    """Keep a scan, not yet sent; its id. Raises AccountRefused."""
    kind = confirmation.scan_kind(body)
    accounts.take(connection, account)
    if len(scans_of(connection, account)) >= confirmation.SCANS_MOST:
        raise AccountRefused("scans_many", "R-03.9", most=confirmation.SCANS_MOST)
    values = {"account": account, "name": confirmation.scan_name(name, kind), "body": body, "sent": False}
    made = connection.execute(t.scans.insert().values(**values))
    return int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has it


def scans_of(connection: sa.Connection, account: int) -> list[Scan]:
    """Scans of an account, in order."""
    s = t.scans.c
    rows = connection.execute(sa.select(s.id, s.name, s.sent).where(s.account == account).order_by(s.id))
    return [Scan(**row._mapping) for row in rows]


def remove_scan(connection: sa.Connection, account: int, scan: int) -> bool:
    """Remove a scan that was not sent yet; whether there was one."""
    s = t.scans.c
    mine = (s.id == scan, s.account == account, s.sent.is_(False))
    return connection.execute(t.scans.delete().where(*mine)).rowcount == 1


def send(connection: sa.Connection, account: int, person: Person, at: Instant) -> Instant:
    """Send the form and the scans that wait; until when the check is done (R-03.10). Raises AccountRefused."""
    found = accounts.take(connection, account)
    waiting = [one.id for one in scans_of(connection, account) if not one.sent]
    after = confirmation.check_request(found.confirmation, person, len(waiting))
    connection.execute(t.scans.update().where(t.scans.c.id.in_(waiting)).values(sent=True))
    _keep(connection, account, after, confirmation_sent_at=at)
    return confirmation.checked_by(at)


def waiting(connection: sa.Connection) -> list[accounts.CustomerAccount]:
    """Accounts whose scans a person is to look at, the longest wait first."""
    a = t.accounts.c
    query = sa.select(a.id).where(a.confirmation == "in_process").order_by(a.confirmation_sent_at, a.id)
    return [accounts.read(connection, id) for id in connection.execute(query).scalars()]


def sent_scans(connection: sa.Connection, account: int) -> list[tuple[str, bytes]]:
    """Names and bytes of the scans that were sent, for the person who looks at them."""
    s = t.scans.c
    query = sa.select(s.name, s.body).where(s.account == account, s.sent).order_by(s.id)
    return [(row.name, row.body) for row in connection.execute(query)]


def decide(connection: sa.Connection, account: int, accepted: bool, at: Instant) -> None:
    """A person has looked at the scans: the account is confirmed, or may send others. Its owner is told by e-mail. Scans of a
    passport are kept no longer than they are needed: they are deleted either way. Raises AccountRefused."""
    found = accounts.take(connection, account)
    after = confirmation.confirmation_after(found.confirmation, "accepted" if accepted else "refused")
    _keep(connection, account, after)
    connection.execute(t.scans.delete().where(t.scans.c.account == account))
    purpose = "confirmed" if accepted else "not_confirmed"
    sent = found.confirmation_sent_at
    day = moments.written(at if sent is None else sent)
    emails.write(connection, found.email, purpose, found.language, at, name=found.name, sent=day)


def _keep(connection: sa.Connection, account: int, state: confirmation.ConfirmationState, **more: Instant) -> None:
    values = {"confirmation": state, **more}
    connection.execute(t.accounts.update().where(t.accounts.c.id == account).values(**values))
