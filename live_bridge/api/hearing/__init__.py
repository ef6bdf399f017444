"""Who hears what: recordings, and calls in progress. Every act of hearing is an entry of the audit trail (R-23.12)."""
