"""Steps from one form of the hosting database to the next, run by alembic when the process starts."""
