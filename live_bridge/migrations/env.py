"""How alembic reaches our database: by the connection `store/store.py` hands it."""

from __future__ import annotations

from alembic import context

from live_bridge.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
