"""SQLite: what is only ever appended to is not replaced either (R-20.7, R-21.10).

`INSERT OR REPLACE` deletes the row in its way without asking the triggers of a deletion, unless a connection wants it so.
"""

from __future__ import annotations

from alembic import op

revision = "h0004"
down_revision = "h0003"
branch_labels = None
depends_on = None

SAME = {
    "ledger_entries": "id = NEW.id OR key = NEW.key",
    "ledger_lines": "id = NEW.id",
    "documents": (
        "id = NEW.id OR number = NEW.number OR key = NEW.key OR (kind = NEW.kind AND year = NEW.year AND n = NEW.n)"
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, same in SAME.items():
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only ever appended to'); END"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in SAME:
            op.execute(f"DROP TRIGGER {table}_no_replace")
