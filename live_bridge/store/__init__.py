"""What the bridge keeps: history, journal, versions, links, outbox. The only room that knows SQLAlchemy."""
