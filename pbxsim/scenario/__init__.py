"""What a run is asked to do: callers, members, lines and the distributions they are drawn from."""
