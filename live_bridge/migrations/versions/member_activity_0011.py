"""What members did: sign-ins, pauses, offers, talks and work after calls, for those who plan and calibrate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=128), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("lasted", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_activity")),
    )
    op.create_index("ix_member_activity_pbx_at", "member_activity", ["pbx", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_member_activity_pbx_at", table_name="member_activity")
    op.drop_table("member_activity")
