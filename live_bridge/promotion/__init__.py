"""Versions on live traffic: what may be promoted, on which evidence, who did it, and how it goes back by itself."""
