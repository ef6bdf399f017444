"""Phones' profiles: what a phone is set up with, as its maker documents it (R-15). Text only: no network, no store."""
