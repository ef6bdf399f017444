"""The tables of the hosting database, for SQLite and PostgreSQL alike.

Decides names and types; `migrations/` makes them, and a test holds the two together. Instants are integer microseconds, money is
whole kopecks in the database and Decimal everywhere else. The ledger and issued documents are only ever appended to: the database
itself refuses to change them (`APPEND_ONLY`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from engine.account import money

VERSION_TABLE = "hosting_version"
"""Apart from the bridge's own, so that both may live in one server."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Counter = BigInteger().with_variant(Integer, "sqlite")


class Kopecks(TypeDecorator[Decimal]):
    """An amount: whole kopecks in the database, Decimal outside."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        """To the database."""
        return None if value is None else money.kopecks(value)

    def process_result_value(self, value: Any, dialect: Any) -> Decimal | None:
        """From it; a sum of PostgreSQL is Decimal by itself."""
        return None if value is None else money.of_kopecks(int(value))


def _id() -> Column[int]:
    return Column("id", Counter, primary_key=True, autoincrement=True)


def _account(nullable: bool = False) -> Column[int]:
    return Column("account", BigInteger, ForeignKey("accounts.id"), nullable=nullable, index=True)


accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("name", String(32), nullable=False, unique=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("password", String(200), nullable=False),
    Column("password_set_at", BigInteger, nullable=False),
    Column("server", String(64), nullable=False),
    Column("contact", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("holdings", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("trial_ends_at", BigInteger, nullable=False),
    Column("paid_at", BigInteger),
    Column("extended_at", BigInteger),
    Column("charged_until", BigInteger, nullable=False),
    Column("confirmation", String(16), nullable=False),
    Column("confirmation_sent_at", BigInteger),
)
"""Every account and its standing, the balance apart: that is the sum of its ledger. `contact` and `holdings` are JSON."""

links = Table(
    "links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("email", String(254), nullable=False, index=True),
    Column("sent_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
"""Links of e-mails: of the secret in them only a digest (R-01.7)."""

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    _account(),
    Column("began_at", BigInteger, nullable=False),
    Column("csrf", String(64), nullable=False),
)

waiting_sign_ins = Table(
    "waiting_sign_ins",
    metadata,
    Column("digest", String(64), primary_key=True),
    _account(),
    Column("began_at", BigInteger, nullable=False),
)
"""Right passwords that wait for the code of the second factor (R-01.12)."""

second_factors = Table(
    "second_factors",
    metadata,
    Column("account", BigInteger, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("secret", String(64), nullable=False),
    Column("on_at", BigInteger),
    Column("last_step", BigInteger, nullable=False),
)
"""Secrets of apps that make codes (RFC 6238), which must be read to check a code; NULL in `on_at` is offered and not yet on."""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    _account(),
)
"""Codes for who has lost the telephone, each for once: of each only a digest."""

wrong_passwords = Table(
    "wrong_passwords",
    metadata,
    _id(),
    Column("email", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_wrong_passwords_email_at", "email", "at"),
)
"""Tries by a digest of the address, so that addresses of strangers are not collected."""

emails = Table(
    "hosting_emails",
    metadata,
    _id(),
    Column("to", String(254), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("born_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("reply_to", String(254), nullable=False, server_default=""),
    Index("ix_hosting_emails_state_next_at", "state", "next_at"),
)

payers = Table(
    "payers",
    metadata,
    _id(),
    _account(),
    Column("kind", String(8), nullable=False),
    Column("fields", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    _id(),
    _account(),
    Column("payer", BigInteger, ForeignKey("payers.id")),
    Column("kind", String(16), nullable=False),
    Column("year", Integer, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("number", String(32), nullable=False, unique=True),
    Column("issued_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("corrects", BigInteger, ForeignKey("documents.id")),
    Column("key", String(64), unique=True),
    UniqueConstraint("kind", "year", "n"),
)
"""Issued documents: the body is JSON with all that is printed, so that a later change of a payer changes none (R-20.7). `key`
names one that is issued once, as the act of a quarter."""

document_counters = Table(
    "document_counters",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
)

invoices = Table(
    "invoices",
    metadata,
    _id(),
    _account(),
    Column("payer", BigInteger, ForeignKey("payers.id"), nullable=False),
    Column("document", BigInteger, ForeignKey("documents.id"), nullable=False),
    Column("balance", String(8), nullable=False),
    Column("amount", Kopecks, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("card_at", BigInteger),
    Column("rub_per_usd", String(32)),
    Index("ix_invoices_state_created_at", "state", "created_at"),
)
"""`balance` is pbx or numbers; `card_at` is when a payment by card was begun (R-03.13)."""

payments = Table(
    "payments",
    metadata,
    _id(),
    _account(nullable=True),
    Column("invoice", BigInteger, ForeignKey("invoices.id")),
    Column("system", String(16), nullable=False),
    Column("provider_id", String(128), nullable=False),
    Column("amount", Kopecks, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("how", String(16), nullable=False),
    UniqueConstraint("system", "provider_id"),
)
"""Money that came, each once by the provider's own id; `how` is what became of it. Without an account it waits for a person."""

entries = Table(
    "ledger_entries",
    metadata,
    _id(),
    Column("key", String(160), nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("memo", Text, nullable=False),
)
"""One event of money; `key` names it, so that it is booked once whatever happens."""

lines = Table(
    "ledger_lines",
    metadata,
    _id(),
    Column("entry", BigInteger, ForeignKey("ledger_entries.id"), nullable=False, index=True),
    Column("ledger", String(64), nullable=False),
    Column("amount", Kopecks, nullable=False),
    Index("ix_ledger_lines_ledger_entry", "ledger", "entry"),
)
"""The two or more sides of an entry; their sum is zero. A credit of a customer is positive."""

numbers = Table(
    "bought_numbers",
    metadata,
    _id(),
    _account(),
    Column("number", String(16), nullable=False),
    Column("city", String(64), nullable=False),
    Column("trunk", String(32), nullable=False),
    Column("fee", Kopecks, nullable=False),
    Column("bought_at", BigInteger, nullable=False),
    Column("paid_until", String(10), nullable=False),
    Column("lost_at", BigInteger),
    Column("held", String(16), unique=True),
    Column("attached_at", BigInteger),
    Column("released_at", BigInteger),
)
"""Numbers of the partner operator; `held` is the number while it is held, so that nobody else can have it. Days are ISO dates.
`attached_at` is when the PBX had it as a trunk, `released_at` when the operator had it back."""

prices = Table(
    "price_changes",
    metadata,
    _id(),
    Column("at", BigInteger, nullable=False),
    Column("prices", Text, nullable=False),
)

bridges = Table(
    "bridges",
    metadata,
    Column("account", BigInteger, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("sip", Text, nullable=False, server_default=""),
)
"""Where an account's bridge listens, and what it was told last, as JSON. `sip` is host and port of its SIP, for the front; empty
where nobody said it."""

pbxs = Table(
    "pbxs",
    metadata,
    Column("account", BigInteger, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("slot", Integer, nullable=False, unique=True),
    Column("made_at", BigInteger),
    Column("state", String(8), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)
"""PBXs that the hosting process keeps. `slot` is the place among the ports, kept for ever; `made_at` is empty until folder and
token are there; `state` is what was seen last, and `why` how the bridge ended."""

scans = Table(
    "confirmation_scans",
    metadata,
    _id(),
    _account(),
    Column("name", String(128), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sent", Boolean, nullable=False),
)
"""Files of a confirmation; those not yet sent may be removed (R-03.9)."""

APPEND_ONLY = ("ledger_entries", "ledger_lines", "documents")
"""Tables whose rows the database lets nobody change or delete."""
