"""The second factor of a sign-in, its recovery codes, and passwords that wait for a code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "h0007"
down_revision = "h0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("account", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("on_at", sa.BigInteger),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    for name, more in (
        ("recovery_codes", ()),
        ("waiting_sign_ins", (sa.Column("began_at", sa.BigInteger, nullable=False),)),
    ):
        op.create_table(
            name,
            sa.Column("digest", sa.String(64), primary_key=True),
            sa.Column("account", sa.BigInteger, sa.ForeignKey("accounts.id"), nullable=False),
            *more,
        )
        op.create_index(f"ix_{name}_account", name, ["account"])


def downgrade() -> None:
    for name in ("waiting_sign_ins", "recovery_codes", "second_factors"):
        op.drop_table(name)
