"""PBXs that the hosting process makes and keeps (R-01.2)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "h0002"
down_revision = "h0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pbxs",
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_pbxs_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_pbxs")),
        sa.UniqueConstraint("slot", name=op.f("uq_pbxs_slot")),
    )


def downgrade() -> None:
    op.drop_table("pbxs")
