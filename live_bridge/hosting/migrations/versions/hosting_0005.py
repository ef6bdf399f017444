"""Where the SIP of an account's bridge listens, for what stands in front of all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "h0005"
down_revision = "h0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bridges", sa.Column("sip", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("bridges", "sip")
