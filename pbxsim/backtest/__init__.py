"""Backtests: callers that really came, sent through another version of a PBX beside the present one."""

from pbxsim.backtest.both_versions import Backtest, backtest
from pbxsim.backtest.recorded import BacktestError

__all__ = ["Backtest", "BacktestError", "backtest"]
