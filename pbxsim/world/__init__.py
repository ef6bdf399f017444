"""One replication: callers, members, lines and servers around one engine, on SimPy's clock."""
