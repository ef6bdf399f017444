"""The Year map page: where the minutes of a year go."""
