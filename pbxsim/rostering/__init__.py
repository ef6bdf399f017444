"""Weeks of shifts: who works when under their contracts, so that every day keeps its targets."""
