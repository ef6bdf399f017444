"""The Live page: a running bridge, over its API."""
