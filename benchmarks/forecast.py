"""How far forecasts of daily calls were off, month by month, each day by what was known before it.

    python benchmarks/forecast.py [--data ../shared/data] [--set vanad|bank] [--horizon day|week|month|rest] [--quick]

For each data set found: every day from the fifth week on is forecast by each method of `pbxsim.forecast.methods` from the days
known one day, one week or four weeks before it. Printed is the sum of absolute errors over the sum of calls (WAPE), per cent.
`rest` is the rest of a day at 10, 12 and 14 o'clock, of days from about the eighth week on: as the evening before said, that
times the ratio of the morning's calls, and by `pbxsim.forecast.intraday`, all queues together and summed over queues (`_off`);
`within` is the share of days between its quantiles, which are made to hold 80 %. `--quick` leaves out the methods of
statsmodels, which take most of the time. Days with fewer than 20 calls were not worked and are left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

import pandas as pd  # noqa: E402

from benchmarks.accuracy import SETS, table_of  # noqa: E402
from pbxsim.forecast import intraday, methods, rolling  # noqa: E402
from pbxsim.forecast.calendars import Calendar  # noqa: E402


def show(name: str, history: pd.Series, country: str, horizon: rolling.Horizon, quick: bool) -> None:
    """One table: months, and all of them."""
    asked = [one for one in methods.METHODS if not quick or one.name in methods.NAIVE or one is methods.USUAL]
    judged = rolling.rolling(history, Calendar(country), horizon, asked)
    table = rolling.errors_by_month(judged)
    table.loc["all"] = rolling.errors(judged)
    table.insert(0, "days", [*judged.groupby(pd.DatetimeIndex(judged.index).strftime("%Y-%m")).size(), len(judged)])
    print(f"\n{name}, {horizon} ahead\n{table.round(1).to_string()}", flush=True)


def show_rest(name: str, table: pd.DataFrame, country: str) -> None:
    """The rest of days at three hours, queues as kinds."""
    judged = intraday.rolling(intraday.counted(table.assign(kind=table["queue"])), Calendar(country))
    rows = {}
    for hour, mine in judged.groupby("hour"):
        per_cent = 100 / mine["calls"].sum()
        methods_ = ("unchanged", "scaled", "intraday")
        rows[f"{hour}:00"] = (
            {one: per_cent * (mine[one] - mine["calls"]).abs().sum() for one in methods_}
            | {f"{one}_off": per_cent * mine[f"{one}_off"].sum() for one in methods_}
            | {"within": 100 * mine["within"].mean(), "days": len(mine)}
        )
    print(f"\n{name}, rest of the day\n{pd.DataFrame(rows).T.round(1).to_string()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--set", choices=[one.name for one in SETS])
    parser.add_argument("--horizon", choices=[*rolling.DAYS, "rest"])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for one in SETS:
        table = table_of(one, options.data) if options.set in (None, one.name) else None
        if table is None:
            continue
        history = table.groupby("day").size()
        for horizon in rolling.DAYS if options.horizon is None else {options.horizon} & set(rolling.DAYS):
            show(one.name, history, one.country, horizon, options.quick)
        if options.horizon in (None, "rest"):
            show_rest(one.name, table, one.country)


if __name__ == "__main__":
    main()
