"""One call's signalling: legs, lines, descriptions, session timers, causes."""
