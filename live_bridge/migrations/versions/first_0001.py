"""The first form of the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("user", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("realm", sa.String(length=255), nullable=False),
        sa.Column("ha1_sha256", sa.String(length=64), nullable=False),
        sa.Column("ha1_md5", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pbx", "user", name=op.f("pk_accounts")),
    )
    op.create_table(
        "flows",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_flows")),
    )
    op.create_index(op.f("ix_flows_pbx"), "flows", ["pbx"], unique=False)
    op.create_table(
        "history",
        sa.Column("uuid", sa.String(length=64), nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("caller_id_name", sa.Text(), nullable=False),
        sa.Column("caller_id_number", sa.String(length=64), nullable=False),
        sa.Column("destination_number", sa.String(length=128), nullable=False),
        sa.Column("from_host", sa.String(length=255), nullable=False),
        sa.Column("to_host", sa.String(length=255), nullable=False),
        sa.Column("start_stamp", sa.BigInteger(), nullable=False),
        sa.Column("end_stamp", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=False),
        sa.Column("user_talk_time", sa.BigInteger(), nullable=False),
        sa.Column("hangup_cause", sa.String(length=32), nullable=False),
        sa.Column("party", sa.String(length=16), nullable=False),
        sa.Column("accountcode", sa.String(length=16), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("events", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_history")),
    )
    op.create_index(op.f("ix_history_caller_id_number"), "history", ["caller_id_number"], unique=False)
    op.create_index(op.f("ix_history_destination_number"), "history", ["destination_number"], unique=False)
    op.create_index("ix_history_pbx_start_stamp", "history", ["pbx", "start_stamp"], unique=False)
    op.create_table(
        "letters",
        sa.Column("message", sa.String(length=80), nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("command", sa.LargeBinary(), nullable=False),
        sa.Column("born_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_next_at"), "letters", ["next_at"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("user", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("binding", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pbx", "user", "device", name=op.f("pk_registrations")),
    )
    op.create_table(
        "runs",
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_pbx"), "runs", ["pbx"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_table(
        "voice_messages",
        sa.Column("recording", sa.String(length=80), nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("box", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("heard", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("recording", name=op.f("pk_voice_messages")),
    )
    op.create_index("ix_voice_messages_pbx_box", "voice_messages", ["pbx", "box"], unique=False)
    op.create_table(
        "journal",
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.run"], name=op.f("fk_journal_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "n", name=op.f("pk_journal")),
    )
    op.create_table(
        "open_calls",
        sa.Column("call", sa.String(length=64), nullable=False),
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.run"], name=op.f("fk_open_calls_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_open_calls")),
    )
    op.create_index(op.f("ix_open_calls_run"), "open_calls", ["run"], unique=False)
    op.create_table(
        "outputs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.run"], name=op.f("fk_outputs_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outputs")),
    )
    op.create_index("ix_outputs_run_n", "outputs", ["run", "n"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_outputs_run_n", table_name="outputs")
    op.drop_table("outputs")
    op.drop_index(op.f("ix_open_calls_run"), table_name="open_calls")
    op.drop_table("open_calls")
    op.drop_table("journal")
    op.drop_index("ix_voice_messages_pbx_box", table_name="voice_messages")
    op.drop_table("voice_messages")
    op.drop_table("tokens")
    op.drop_index(op.f("ix_runs_pbx"), table_name="runs")
    op.drop_table("runs")
    op.drop_table("registrations")
    op.drop_index(op.f("ix_letters_next_at"), table_name="letters")
    op.drop_table("letters")
    op.drop_index("ix_history_pbx_start_stamp", table_name="history")
    op.drop_index(op.f("ix_history_destination_number"), table_name="history")
    op.drop_index(op.f("ix_history_caller_id_number"), table_name="history")
    op.drop_table("history")
    op.drop_index(op.f("ix_flows_pbx"), table_name="flows")
    op.drop_table("flows")
    op.drop_table("accounts")
