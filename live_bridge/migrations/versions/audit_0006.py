"""Versions have numbers and names, deeds a message, and a trail of them that nobody edits unseen (R-25.5)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0011"  # member_activity came first: a database that has it goes on from there
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flows", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("flows", sa.Column("name", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("version_changes", sa.Column("message", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "audit",
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("covers", sa.String(length=96), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=96), nullable=False),
        sa.PrimaryKeyConstraint("pbx", "n", name=op.f("pk_audit")),
    )


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_column("version_changes", "message")
    op.drop_column("flows", "name")
    op.drop_column("flows", "number")
