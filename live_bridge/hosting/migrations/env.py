"""How alembic reaches the hosting database: by the connection `hosting/database.py` hands it."""

from __future__ import annotations

from alembic import context

from live_bridge.hosting.tables import VERSION_TABLE, metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
