"""The fewest members and the cheapest shifts that keep the targets, by simulation of the flow."""
