"""`python -m live_bridge.cli`: the bridge's commands alone, as the hosting process starts its bridges."""

from live_bridge.cli.commands import app

app()
