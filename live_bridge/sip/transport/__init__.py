"""Bytes in and out: sockets, framing, limits, transactions, names of servers."""
