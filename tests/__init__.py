"""Tests. A package, so that `tests.live_bridge` is never taken for `live_bridge`."""
