"""Who an answer to an e-mail goes to, where that is not its sender."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "h0006"
down_revision = "h0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hosting_emails", sa.Column("reply_to", sa.String(254), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("hosting_emails", "reply_to")
