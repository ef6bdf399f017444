"""The Preview page: one call at any date, time and number."""
