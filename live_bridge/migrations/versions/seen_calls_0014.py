"""The numbers that a call touched are found by the call, for whoever sees the calls of some numbers only (R-23.12)."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_call_numbers_uuid", "call_numbers", ["uuid"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_call_numbers_uuid", table_name="call_numbers")
