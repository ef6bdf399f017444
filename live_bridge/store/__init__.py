"""What the bridge keeps: history, journal, versions, links, outbox. It and hosting know SQLAlchemy."""
