"""Recordings of talks in history, key pairs of the compatible API (R-19.2), and what webhooks are to be told (R-19.6)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("history", sa.Column("recordings", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "key_pairs",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_key_pairs")),
    )
    op.create_index(op.f("ix_key_pairs_token"), "key_pairs", ["token"], unique=False)
    op.create_table(
        "hook_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("hook", sa.String(length=64), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("born_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_letters")),
    )
    op.create_index("ix_hook_letters_pbx_state", "hook_letters", ["pbx", "state"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_hook_letters_pbx_state", table_name="hook_letters")
    op.drop_table("hook_letters")
    op.drop_index(op.f("ix_key_pairs_token"), table_name="key_pairs")
    op.drop_table("key_pairs")
    op.drop_column("history", "recordings")
