"""Accounts, payers, ledger, payments, invoices, documents, bought numbers (R-01, R-03, R-20, R-21).

Long, and it stays so: databases were made by it, so it is never changed or cut up; what comes later is a migration of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "h0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_entries", "ledger_lines", "documents")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("password_set_at", sa.BigInteger(), nullable=False),
        sa.Column("server", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("holdings", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("trial_ends_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("extended_at", sa.BigInteger(), nullable=True),
        sa.Column("charged_until", sa.BigInteger(), nullable=False),
        sa.Column("confirmation", sa.String(length=16), nullable=False),
        sa.Column("confirmation_sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "document_counters",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "year", name=op.f("pk_document_counters")),
    )
    op.create_table(
        "hosting_emails",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("to", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("born_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hosting_emails")),
    )
    op.create_index("ix_hosting_emails_state_next_at", "hosting_emails", ["state", "next_at"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_entries_key")),
    )
    op.create_table(
        "links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_email"), "links", ["email"], unique=False)
    op.create_table(
        "price_changes",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("prices", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_changes")),
    )
    op.create_table(
        "wrong_passwords",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_passwords")),
    )
    op.create_index("ix_wrong_passwords_email_at", "wrong_passwords", ["email", "at"], unique=False)
    op.create_table(
        "bought_numbers",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("city", sa.String(length=64), nullable=False),
        sa.Column("trunk", sa.String(length=32), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("bought_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_until", sa.String(length=10), nullable=False),
        sa.Column("lost_at", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_bought_numbers_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bought_numbers")),
        sa.UniqueConstraint("held", name=op.f("uq_bought_numbers_held")),
    )
    op.create_index(op.f("ix_bought_numbers_account"), "bought_numbers", ["account"], unique=False)
    op.create_table(
        "bridges",
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_bridges_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_bridges")),
    )
    op.create_table(
        "confirmation_scans",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_confirmation_scans_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_scans")),
    )
    op.create_index(op.f("ix_confirmation_scans_account"), "confirmation_scans", ["account"], unique=False)
    op.create_table(
        "ledger_lines",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("ledger", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"], name=op.f("fk_ledger_lines_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_lines")),
    )
    op.create_index(op.f("ix_ledger_lines_entry"), "ledger_lines", ["entry"], unique=False)
    op.create_index("ix_ledger_lines_ledger_entry", "ledger_lines", ["ledger", "entry"], unique=False)
    op.create_table(
        "payers",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_payers_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payers")),
    )
    op.create_index(op.f("ix_payers_account"), "payers", ["account"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account"), "sessions", ["account"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("payer", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_documents_account")),
        sa.ForeignKeyConstraint(["corrects"], ["documents.id"], name=op.f("fk_documents_corrects")),
        sa.ForeignKeyConstraint(["payer"], ["payers.id"], name=op.f("fk_documents_payer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("key", name=op.f("uq_documents_key")),
        sa.UniqueConstraint("kind", "year", "n", name=op.f("uq_documents_kind_year_n")),
        sa.UniqueConstraint("number", name=op.f("uq_documents_number")),
    )
    op.create_index(op.f("ix_documents_account"), "documents", ["account"], unique=False)
    op.create_table(
        "invoices",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("payer", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("card_at", sa.BigInteger(), nullable=True),
        sa.Column("rub_per_usd", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_invoices_account")),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name=op.f("fk_invoices_document")),
        sa.ForeignKeyConstraint(["payer"], ["payers.id"], name=op.f("fk_invoices_payer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
    )
    op.create_index(op.f("ix_invoices_account"), "invoices", ["account"], unique=False)
    op.create_index("ix_invoices_state_created_at", "invoices", ["state", "created_at"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=True),
        sa.Column("invoice", sa.BigInteger(), nullable=True),
        sa.Column("system", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.String(length=128), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_payments_account")),
        sa.ForeignKeyConstraint(["invoice"], ["invoices.id"], name=op.f("fk_payments_invoice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("system", "provider_id", name=op.f("uq_payments_system_provider_id")),
    )
    op.create_index(op.f("ix_payments_account"), "payments", ["account"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for table in APPEND_ONLY:
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only ever appended to'); END"
            )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION '% is only ever appended to', TG_TABLE_NAME; END $$ LANGUAGE plpgsql"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_index(op.f("ix_payments_account"), table_name="payments")
    op.drop_table("payments")
    op.drop_index("ix_invoices_state_created_at", table_name="invoices")
    op.drop_index(op.f("ix_invoices_account"), table_name="invoices")
    op.drop_table("invoices")
    op.drop_index(op.f("ix_documents_account"), table_name="documents")
    op.drop_table("documents")
    op.drop_index(op.f("ix_sessions_account"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_payers_account"), table_name="payers")
    op.drop_table("payers")
    op.drop_index("ix_ledger_lines_ledger_entry", table_name="ledger_lines")
    op.drop_index(op.f("ix_ledger_lines_entry"), table_name="ledger_lines")
    op.drop_table("ledger_lines")
    op.drop_index(op.f("ix_confirmation_scans_account"), table_name="confirmation_scans")
    op.drop_table("confirmation_scans")
    op.drop_table("bridges")
    op.drop_index(op.f("ix_bought_numbers_account"), table_name="bought_numbers")
    op.drop_table("bought_numbers")
    op.drop_index("ix_wrong_passwords_email_at", table_name="wrong_passwords")
    op.drop_table("wrong_passwords")
    op.drop_table("price_changes")
    op.drop_index(op.f("ix_links_email"), table_name="links")
    op.drop_table("links")
    op.drop_table("ledger_entries")
    op.drop_index("ix_hosting_emails_state_next_at", table_name="hosting_emails")
    op.drop_table("hosting_emails")
    op.drop_table("document_counters")
    op.drop_table("accounts")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_change()")
