"""Lines to carriers: registration there, and whether they can be used."""
