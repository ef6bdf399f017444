"""What became of versions (R-25.5): who published, acknowledged, promoted and rolled back what, and how things stood then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "version_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=128), nullable=False),
        sa.Column("standing", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version_changes")),
    )
    op.create_index("ix_version_changes_pbx_id", "version_changes", ["pbx", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_version_changes_pbx_id", table_name="version_changes")
    op.drop_table("version_changes")
