"""Lamps: who in the account may watch what, and what a phone is told of it. Sources: RFC 3842, 3863, 4235, 6665; R-15.10."""
