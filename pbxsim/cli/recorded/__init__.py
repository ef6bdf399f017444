"""Commands about what a bridge really recorded: the nightly learning, backtests, and the way to its export."""
