"""Phones over the API: those in browsers, and profiles that set up the others (R-15, R-25.5)."""
