"""Stand-ins for payment systems, a bank and a mail server: processes that speak the published protocols; no money moves."""
