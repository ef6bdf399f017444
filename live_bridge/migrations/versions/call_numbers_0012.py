"""Calls are found by one index each: by number, direction, cause and version, and by the queues and members they touched.

The internal numbers of calls that are there already are read from their records; who was rung without answering stands in none.
Listening becomes a right of its own (R-23.12): tokens that had it keep it.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from engine.numbers.digits import is_digits

revision = "0012"
down_revision = "0007"
branch_labels = None
depends_on = None

BATCH = 5000
"""Calls read at once."""

ORDERED = ("caller_id_number", "destination_number", "accountcode", "hangup_cause", "flow")


def upgrade() -> None:
    op.create_table(
        "call_numbers",
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_stamp", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("pbx", "number", "start_stamp", "uuid", name=op.f("pk_call_numbers")),
        sqlite_with_rowid=False,
    )
    op.drop_index("ix_history_caller_id_number", table_name="history")
    op.drop_index("ix_history_destination_number", table_name="history")
    op.drop_index("ix_history_pbx_start_stamp", table_name="history")
    op.create_index("ix_history_pbx_start_stamp", "history", ["pbx", "start_stamp", "uuid"], unique=False)
    for column in ORDERED:
        op.create_index(f"ix_history_pbx_{column}", "history", ["pbx", column, "start_stamp", "uuid"], unique=False)
    op.execute(
        "UPDATE tokens SET scopes = scopes || ' recordings:read' WHERE ' ' || scopes || ' ' LIKE '% history:read %'"
    )
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """The numbers of calls that are there, as their records have them."""
    history = sa.table(
        "history",
        *(sa.column(name) for name in ("uuid", "pbx", "start_stamp", "caller_id_number", "accountcode", "events")),
    )
    numbers = sa.table("call_numbers", *(sa.column(name) for name in ("pbx", "number", "start_stamp", "uuid")))
    h = history.c
    order = sa.tuple_(h.pbx, h.start_stamp, h.uuid)  # in the order of the new table, which then grows at few places
    last = ("", 0, "")
    while True:
        found = sa.select(history).where(order > sa.tuple_(*(sa.literal(part) for part in last)))
        rows = connection.execute(found.order_by(h.pbx, h.start_stamp, h.uuid).limit(BATCH)).all()
        if not rows:
            return
        made = [
            {"pbx": row.pbx, "number": number, "start_stamp": row.start_stamp, "uuid": row.uuid}
            for row in rows
            for number in _touched(row)
        ]
        if made:
            connection.execute(numbers.insert(), made)
        last = (rows[-1].pbx, rows[-1].start_stamp, rows[-1].uuid)


def _touched(row: sa.Row[Any]) -> set[int]:
    """As `store/call_numbers.py` has it today; a step of migration stays as it was."""
    visits = msgspec.json.decode(bytes(row.events))
    words = [str(visit.get("by", "")) for visit in visits] + [str(visit["element"]) for visit in visits]
    if row.accountcode in ("outbound", "local"):
        words.append(row.caller_id_number)
    return {int(word) for word in words if is_digits(word) and 100 <= int(word) <= 5999}


def downgrade() -> None:
    for column in ORDERED:
        op.drop_index(f"ix_history_pbx_{column}", table_name="history")
    op.drop_index("ix_history_pbx_start_stamp", table_name="history")
    op.create_index("ix_history_pbx_start_stamp", "history", ["pbx", "start_stamp"], unique=False)
    op.create_index("ix_history_caller_id_number", "history", ["caller_id_number"], unique=False)
    op.create_index("ix_history_destination_number", "history", ["destination_number"], unique=False)
    op.drop_table("call_numbers")
    op.execute("UPDATE tokens SET scopes = replace(scopes, ' recordings:read', '')")
