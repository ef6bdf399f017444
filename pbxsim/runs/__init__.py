"""Where replications run: in this process, in several, on a cluster; how many are enough."""
