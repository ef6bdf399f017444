"""Callbacks that visitors of websites ask for: what they may ask, what becomes of it, and the button on the site (R-17)."""
