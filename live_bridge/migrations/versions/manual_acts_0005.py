"""What people did to a running bridge by hand: time rules held, numbers erased (R-25.10)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manual_acts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_acts")),
    )
    op.create_index("ix_manual_acts_pbx_id", "manual_acts", ["pbx", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_manual_acts_pbx_id", table_name="manual_acts")
    op.drop_table("manual_acts")
