"""When a bought number was attached to its PBX, and when the operator had it back (R-03.4, R-03.8)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "h0003"
down_revision = "h0002"
branch_labels = None
depends_on = None

COLUMNS = ("attached_at", "released_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("bought_numbers", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("bought_numbers", name)
