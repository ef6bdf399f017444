"""The tables of the live world's database, for SQLite and PostgreSQL alike.

Decides names and types; `migrations/` brings an existing database there step by step, and a test holds the two together.
Instants are integer microseconds, as everywhere. Leaves reading and writing to `store.py` and `journal_store.py`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMES)

# SQLite counts rows by itself only in a column that is exactly INTEGER.
Counter = BigInteger().with_variant(Integer, "sqlite")

flows = Table(
    "flows",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("pbx", String(32), nullable=False, index=True),
    Column("stored_at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("number", Integer),
    Column("name", String(64), nullable=False, server_default=""),
)
"""Every version there ever was, as its document's text (R-25.1), with its running number within the PBX and the name people
gave it."""

version_changes = Table(
    "version_changes",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("pbx", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("action", String(16), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("share", Double, nullable=False),
    Column("by", String(64), nullable=False),
    Column("acknowledged_by", String(128), nullable=False),
    Column("standing", LargeBinary, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Index("ix_version_changes_pbx_id", "pbx", "id"),
)
"""Who published, promoted, rolled back or retired which version (R-25.5), and how versions stood then, as JSON."""

audit = Table(
    "audit",
    metadata,
    Column("pbx", String(32), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("action", String(32), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("by", String(64), nullable=False),
    Column("details", Text, nullable=False),
    Column("covers", String(96), nullable=False),
    Column("before", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("signature", String(96), nullable=False),
)
"""Every deed done to versions, each entry's digest over the one before (`audit.py`)."""

evidence = Table(
    "evidence",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("pbx", String(32), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("signature", String(96), nullable=False),
    Index("ix_evidence_pbx_flow", "pbx", "flow"),
)
"""What a version showed before it went live (R-25.8): the body is JSON, and what the signature is over."""

AT_A_START = ("start", "held_back")
"""Changes of versions that a start of the bridge brings about, and no request."""

PASSING_ACTS = (
    "call", "hangup", "transfer", "sign-in", "sign-out", "pause", "unpause", "disturb", "do-not-disturb",
    "bridge", "callback", "webhook-test",
)  # fmt: skip
"""Acts by hand upon calls and members: done once, while others hold until another one and over a restart."""

manual_acts = Table(
    "manual_acts",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("pbx", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("act", String(16), nullable=False),
    Column("details", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Index("ix_manual_acts_pbx_id", "pbx", "id"),
)
"""Who held which time rule by hand, who erased a number, who acted on which call or member, and when (R-25.10); details as JSON,
no outside number among them."""

member_activity = Table(
    "member_activity",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("pbx", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("member", Integer, nullable=False),
    Column("event", String(16), nullable=False),
    Column("queue", Integer),
    Column("reason", String(128), nullable=False),
    Column("call", String(64), nullable=False),
    Column("lasted", BigInteger),
    Index("ix_member_activity_pbx_at", "pbx", "at"),
)
"""What members did (`member_activity.py`): the instant it happened or began, and how long it lasted in microseconds."""

runs = Table(
    "runs",
    metadata,
    Column("run", Counter, primary_key=True, autoincrement=True),
    Column("pbx", String(32), nullable=False, index=True),
    Column("header", LargeBinary, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
"""One journal per start of the bridge. `ended_at` stays empty when the bridge was killed."""

journal = Table(
    "journal",
    metadata,
    Column("run", Counter, ForeignKey("runs.run", ondelete="CASCADE"), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
)
"""Outside events in order, each as its line of JSON (`engine/records/journal.py`)."""

outputs = Table(
    "outputs",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("run", Counter, ForeignKey("runs.run", ondelete="CASCADE"), nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Index("ix_outputs_run_n", "run", "n"),
)
"""What the engine said, by the record at which a replay says it again."""

open_calls = Table(
    "open_calls",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("run", Counter, ForeignKey("runs.run", ondelete="CASCADE"), nullable=False, index=True),
    Column("n", BigInteger, nullable=False),
)
"""Calls in progress and the record they began at: what is left here by a killed bridge is closed at the next start."""

history = Table(
    "history",
    metadata,
    Column("uuid", String(64), primary_key=True),
    Column("pbx", String(32), nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("caller_id_name", Text, nullable=False),
    Column("caller_id_number", String(64), nullable=False),
    Column("destination_number", String(128), nullable=False),
    Column("from_host", String(255), nullable=False),
    Column("to_host", String(255), nullable=False),
    Column("start_stamp", BigInteger, nullable=False),
    Column("end_stamp", BigInteger, nullable=False),
    Column("duration", BigInteger, nullable=False),
    Column("user_talk_time", BigInteger, nullable=False),
    Column("hangup_cause", String(32), nullable=False),
    Column("party", String(16), nullable=False),
    Column("accountcode", String(16), nullable=False),
    Column("gateway", String(64), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("events", LargeBinary, nullable=False),
    Column("recordings", Text, nullable=False, server_default=""),
    Index("ix_history_pbx_start_stamp", "pbx", "start_stamp", "uuid"),
    Index("ix_history_pbx_caller_id_number", "pbx", "caller_id_number", "start_stamp", "uuid"),
    Index("ix_history_pbx_destination_number", "pbx", "destination_number", "start_stamp", "uuid"),
    Index("ix_history_pbx_accountcode", "pbx", "accountcode", "start_stamp", "uuid"),
    Index("ix_history_pbx_hangup_cause", "pbx", "hangup_cause", "start_stamp", "uuid"),
    Index("ix_history_pbx_flow", "pbx", "flow", "start_stamp", "uuid"),
)
"""R-24.1; stamps and lengths in microseconds, `events` as JSON, `recordings` as words. The comment is derived (R-24.2). Every
index ends with the order of calls, so that a page is found wherever it is (`history_rows.py`)."""

call_numbers = Table(
    "call_numbers",
    metadata,
    Column("pbx", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("start_stamp", BigInteger, primary_key=True, autoincrement=False),
    Column("uuid", String(64), primary_key=True),
    Index("ix_call_numbers_uuid", "uuid"),
    sqlite_with_rowid=False,
)
"""Internal numbers that calls touched (`call_numbers.py`), in the order of calls, and by call for who sees some (R-23.12)."""

voice_messages = Table(
    "voice_messages",
    metadata,
    Column("recording", String(80), primary_key=True),
    Column("pbx", String(32), nullable=False),
    Column("call", String(64), nullable=False),
    Column("box", Integer, nullable=False),
    Column("caller", String(64), nullable=False),
    Column("left_at", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("file", Text, nullable=False),
    Column("heard", Boolean, nullable=False),
    Index("ix_voice_messages_pbx_box", "pbx", "box"),
)
"""Messages left in boxes (R-09); `file` is relative to the folder of recordings."""

letters = Table(
    "letters",
    metadata,
    Column("message", String(80), primary_key=True),
    Column("pbx", String(32), nullable=False),
    Column("command", LargeBinary, nullable=False),
    Column("born_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
)
"""Letters to send: `waiting`, `sent` or `failed`; tried for 24 hours (R-09.4)."""

registrations = Table(
    "registrations",
    metadata,
    Column("pbx", String(32), primary_key=True),
    Column("user", Integer, primary_key=True, autoincrement=False),
    Column("device", String(32), primary_key=True),
    Column("binding", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Where devices are, so that a new start finds them."""

accounts = Table(
    "accounts",
    metadata,
    Column("pbx", String(32), primary_key=True),
    Column("user", Integer, primary_key=True, autoincrement=False),
    Column("realm", String(255), nullable=False),
    Column("ha1_sha256", String(64), nullable=False),
    Column("ha1_md5", String(32), nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
"""SIP passwords of users as HA1 only (RFC 7616): the password itself is shown once and kept nowhere."""

phone_profiles = Table(
    "phone_profiles",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("pbx", String(32), nullable=False),
    Column("user", Integer, nullable=False),
    Column("realm", String(255), nullable=False),
    Column("model", String(32), nullable=False),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("transport", String(8), nullable=False),
    Column("mac", String(12), nullable=False),
    Column("language", String(2), nullable=False),
    Column("by", String(64), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("fetched_at", BigInteger),
    Column("fetched_from", String(64), nullable=False),
    Column("ha1_sha256", String(64), nullable=False),
    Column("ha1_md5", String(32), nullable=False),
    Index("ix_phone_profiles_pbx_user", "pbx", "user"),
)
"""Phones' profiles (R-15.8): of the token in the address only a digest; of the password that the phone fetched only HA1."""

tokens = Table(
    "tokens",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
"""Tokens of the HTTP API: only a digest is kept. `scopes` are words separated by spaces; one that begins with `calls-of:` is a
filter of calls (R-23.12)."""

key_pairs = Table(
    "key_pairs",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("token", String(64), nullable=False, index=True),
    Column("made_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
)
"""Pairs of the compatible API (R-19.2), of the key only a digest: each acts for its token and dies with it."""

hook_letters = Table(
    "hook_letters",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("pbx", String(32), nullable=False),
    Column("hook", String(64), nullable=False),
    Column("call", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("born_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_hook_letters_pbx_state", "pbx", "state"),
)
"""What webhooks are to be told (R-19.6): `waiting`, `sent` or `failed`; written in the step that it tells of."""

journal_positions = Table(
    "journal_positions",
    metadata,
    Column("pbx", String(32), primary_key=True),
    Column("journal", String(32), nullable=False),
    Column("segment", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("fed_at", BigInteger, nullable=False),
)
"""How far the journal's files of a bridge are in this database: changed in the transaction that brings their entries."""
