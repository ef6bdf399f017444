"""What an entry of the journal means: rows that the database is to get, all of one step together or none.

Decides the kinds of writes, their values, and the order in which many entries go into the database at once. The same kinds mean
the same for ever: a bridge reads what an older one left behind, by the names of values that stand at the head of a segment.
Leaves files to `journal_file.py` and transactions to `feeder.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from live_bridge.store import tables as t

Values = tuple[Any, ...]
Write = tuple[str, Values]
"""Kind and values, in the order of `COLUMNS`."""


def _all_but_id(table: sa.Table) -> tuple[str, ...]:
    return tuple(str(column.name) for column in table.columns if column.name != "id")


COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "flows": _all_but_id(t.flows),
    "flow_label": ("number", "name", "digest"),
    "runs": ("run", "pbx", "header", "started_at"),
    "header": ("header", "run"),
    "journal": _all_but_id(t.journal),
    "outputs": _all_but_id(t.outputs),
    "open_calls": _all_but_id(t.open_calls),
    "history": _all_but_id(t.history),
    "call_numbers": _all_but_id(t.call_numbers),
    "voice_messages": _all_but_id(t.voice_messages),
    "heard": ("heard", "recording"),
    "message_over": ("recording",),
    "letters": _all_but_id(t.letters),
    "hook_letters": _all_but_id(t.hook_letters),
    "version_changes": _all_but_id(t.version_changes),
    "audit": _all_but_id(t.audit),
    "evidence": _all_but_id(t.evidence),
    "manual_acts": _all_but_id(t.manual_acts),
    "member_activity": _all_but_id(t.member_activity),
    "account_over": ("pbx", "user"),
    "accounts": _all_but_id(t.accounts),
    "registration_over": ("pbx", "user", "device"),
    "registrations": _all_but_id(t.registrations),
    "key_pairs": _all_but_id(t.key_pairs),
    "pair_used": ("used_at", "key_id"),
    "pair_over": ("key_id",),
    "phone_profiles": _all_but_id(t.phone_profiles),
    "profile_fetched": ("fetched_at", "fetched_from", "ha1_sha256", "ha1_md5", "digest"),
    "profile_over": ("digest",),
    "call_over": ("call",),
    "run_calls_over": ("run",),
    "run_over": ("ended_at", "run"),
}
"""Kinds of writes, in the order in which those of many entries are done, and the names of their values."""

_INTO: Final = {
    "flows": t.flows, "runs": t.runs, "journal": t.journal, "outputs": t.outputs, "open_calls": t.open_calls,
    "history": t.history, "call_numbers": t.call_numbers,
    "voice_messages": t.voice_messages, "letters": t.letters, "hook_letters": t.hook_letters,
    "audit": t.audit, "evidence": t.evidence,
    "version_changes": t.version_changes, "manual_acts": t.manual_acts, "accounts": t.accounts, "registrations": t.registrations,
    "key_pairs": t.key_pairs, "member_activity": t.member_activity,
    "phone_profiles": t.phone_profiles,
}  # fmt: skip

_OVER: Final = {
    "call_over": t.open_calls, "run_calls_over": t.open_calls, "account_over": t.accounts,
    "registration_over": t.registrations, "pair_over": t.key_pairs,
    "profile_over": t.phone_profiles, "message_over": t.voice_messages,
}  # fmt: skip
"""Kinds that delete the rows with these values."""

_CHANGES: Final = {
    "header": (t.runs, "run"), "run_over": (t.runs, "run"), "heard": (t.voice_messages, "recording"),
    "pair_used": (t.key_pairs, "key_id"), "flow_label": (t.flows, "digest"),
    "profile_fetched": (t.phone_profiles, "digest"),
}  # fmt: skip
"""Kinds that change the row with this key."""

_LAST_WINS: Final = {
    "header": ("run",), "accounts": ("pbx", "user"), "registrations": ("pbx", "user", "device"),
    "registration_over": ("pbx", "user", "device"),
}  # fmt: skip
"""Kinds of which the last one with these values counts."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[tuple[str, tuple[Any, ...]]])


def encode(writes: Iterable[Write]) -> bytes:
    """One entry."""
    return _ENCODER.encode(list(writes))


def decode(entry: bytes) -> list[Write]:
    """What `encode` made. Raises msgspec.MsgspecError."""
    return _DECODER.decode(entry)


def marked(recording: str, state: str) -> Write:
    """A voice message was `heard`, is `new` again, or `deleted`."""
    return ("message_over", (recording,)) if state == "deleted" else ("heard", (state == "heard", recording))


def statement(kind: str, columns: Sequence[str], mark: str) -> str:
    """The statement of one kind; `mark` stands for a value in the database's own way. A row that is there already stays: a
    database that was put back to an earlier state takes the same entries again. KeyError for a kind this version does not
    know."""
    if kind in _OVER:
        where = " AND ".join(f'"{column}" = {mark}' for column in columns)
        return f"DELETE FROM {_OVER[kind].name} WHERE {where}"
    if kind in _CHANGES:
        table, key = _CHANGES[kind]
        new = ", ".join(f'"{column}" = {mark}' for column in columns if column != key)
        return f'UPDATE {table.name} SET {new} WHERE "{key}" = {mark}'
    names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join([mark] * len(columns))
    return f"INSERT INTO {_INTO[kind].name} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"


def ordered(writes: Iterable[Write], columns: Mapping[str, Sequence[str]]) -> list[tuple[str, list[Values]]]:
    """Writes of many entries by kind, in an order that leaves the database as doing them one by one would."""
    found: dict[str, list[Values]] = {}
    last: dict[str, dict[Values, tuple[int, Values]]] = {}
    for place, (kind, values) in enumerate(writes):
        key_names = _LAST_WINS.get(kind)
        if key_names is None:
            found.setdefault(kind, []).append(values)
            continue
        named = dict(zip(columns.get(kind, COLUMNS[kind]), values, strict=False))
        last.setdefault(kind, {})[tuple(named[name] for name in key_names)] = (place, values)
    _settle(last, found)
    known = [kind for kind in COLUMNS if kind in found]
    return [(kind, found[kind]) for kind in (*known, *(kind for kind in found if kind not in COLUMNS))]


def _settle(last: dict[str, dict[Values, tuple[int, Values]]], found: dict[str, list[Values]]) -> None:
    """The last word on each row: what is put in place of a row deletes it first, and what was deleted last stays away."""
    gone = last.pop("registration_over", {})
    for kind, rows in last.items():
        if kind == "registrations":
            rows = {key: row for key, row in rows.items() if key not in gone or gone[key][0] < row[0]}
            found["registration_over"] = list({**dict.fromkeys(gone), **dict.fromkeys(rows)})
        elif kind == "accounts":
            found["account_over"] = list(rows)
        found[kind] = [values for _, values in rows.values()]
    if gone and "registration_over" not in found:
        found["registration_over"] = list(gone)


def fitted(kind: str, columns: Sequence[str], values: Values) -> Values:
    """The same row in a form every database takes: texts without NUL and halves of surrogates, cut to the column's length."""
    table = _INTO.get(kind)
    made = []
    for name, value in zip(columns, values, strict=False):
        if isinstance(value, str):
            value = value.replace("\0", "").encode("utf-8", "replace").decode()
            length = None if table is None or name not in table.c else getattr(table.c[name].type, "length", None)
            value = value[:length]
        made.append(value)
    return tuple(made)
