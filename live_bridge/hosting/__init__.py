"""The hosting process: accounts, balances, payments, documents and bought numbers in a database of their own, and its pages."""
