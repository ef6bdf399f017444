"""Views of the results of a load test: the ways to look at the same days."""
