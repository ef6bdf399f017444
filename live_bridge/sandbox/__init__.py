"""Stand-ins for payment systems, a bank, a mail server and the operator of numbers: processes that speak published protocols."""
