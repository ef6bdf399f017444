"""How far forecasts of daily calls were off, month by month, each day by what was known before it.

    python benchmarks/forecast.py [--data ../shared/data] [--set vanad|bank] [--quick]
        [--horizon day|week|month|rest|intervals|service]

For each data set found: every day from the fifth week on is forecast by each method of `pbxsim.forecast.methods` from the days
known one day, one week or four weeks before it; `chosen` is what `pbx forecast` says: the usual method, unless another was
clearly nearer on the latest four weeks. Printed is the sum of absolute errors over the sum of calls (WAPE), per cent.
`rest` is the rest of a day at 10, 12 and 14 o'clock, of days from about the eighth week on: as the evening before said, that
times the ratio of the morning's calls, and by `pbxsim.forecast.intraday`, all queues together and summed over queues (`_off`);
`within` is the share of days between its quantiles, which are made to hold 80 %.
`intervals` is how many half hours lie between their quantiles, made for 80 %, and the same of talk and work after calls.
`service` is the service level of each day of a month (`--month`, the last if not given; those before it train): our forecast of
calls and talk and the simulator (`--reps`, `--seed`; the median of the replications) beside a spreadsheet (calls and talk of
each hour as the mean of the last four like weekdays, Erlang A per hour with the members seen in it). Both know what came before
the day, and both get who worked on it: a roster is known the day before. `--quick` leaves out the methods of statsmodels, which
take most of the time. Days with fewer than 20 calls were not worked and are left out.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from benchmarks.accuracy import SETS, DataSet, table_of  # noqa: E402
from pbxsim.calibrate import arrivals, fitting, handling, judge, staffing  # noqa: E402
from pbxsim.calibrate.model import Model  # noqa: E402
from pbxsim.forecast import averages, intraday, methods, quantiles, rolling  # noqa: E402
from pbxsim.forecast.calendars import Calendar  # noqa: E402
from pbxsim.forecast.outlook import JUDGED_DAYS, QUANTILES  # noqa: E402

LIKE_DAYS = 4
"""Like weekdays of the spreadsheet."""


def show(name: str, history: pd.Series, country: str, horizon: rolling.Horizon, quick: bool) -> None:
    """One table: months, and all of them."""
    asked = [one for one in methods.METHODS if not quick or not isinstance(one, methods.OfSeries)]
    judged = rolling.rolling(history, Calendar(country), horizon, asked)
    judged["chosen"] = chosen(judged, asked, horizon)
    table = rolling.errors_by_month(judged)
    table.loc["all"] = rolling.errors(judged)
    table.insert(0, "days", [*judged.groupby(pd.DatetimeIndex(judged.index).strftime("%Y-%m")).size(), len(judged)])
    print(f"\n{name}, {horizon} ahead\n{table.round(1).to_string()}", flush=True)


def chosen(judged: pd.DataFrame, asked: Sequence[methods.Method], horizon: rolling.Horizon) -> list[float]:
    """Of each day, what `pbx forecast` says of it: by the usual method, unless another was clearly nearer on the latest days
    known when it was forecast."""
    days, told = pd.DatetimeIndex(judged.index), []
    for day, row in judged.iterrows():
        known = judged[days <= day - pd.Timedelta(days=rolling.DAYS[horizon])].tail(JUDGED_DAYS)
        told.append(float(row[rolling.settled(known, asked).name]))
    return told


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


def show_intervals(name: str, table: pd.DataFrame, country: str) -> None:
    """The share of half hours, queue by queue and all together, whose calls lie between the quantiles of the day before."""
    past = intraday.counted(table.assign(kind=table["queue"]))
    known = intraday.evenings(past, Calendar(country))
    rows = []
    for n, day in enumerate(known.days):
        before = slice(max(0, n - intraday.LEARNS_DAYS), n)
        earlier = intraday.Evenings(known.days[before], known.calls[before], known.expected[before])
        varies = intraday.learn(earlier)
        if varies is None:
            continue
        whole = np.stack([earlier.calls.sum(axis=(1, 2)), earlier.expected.sum(axis=(1, 2))])[:, -JUDGED_DAYS:]
        low, high = np.quantile(np.log(whole[0] / np.maximum(1.0, whole[1])), [0.1, 0.9])
        of_day = max(0.0, ((high - low) / 2.563) ** 2 - float((1 / np.maximum(1.0, whole[1])).mean()))
        said, came = known.expected[n], known.calls[n]
        both = {
            "queues": (said, came, of_day + varies.interval + varies.kinds[:, None]),
            "all": (said.sum(axis=0), came.sum(axis=0), of_day + varies.interval),
        }
        for which, (expected, calls, variance) in both.items():
            limits = quantiles.of_counts(expected, variance)
            open_ = expected >= 1
            within = (limits["p10"] <= calls) & (calls <= limits["p90"])
            below, above = calls < limits["p10"], calls > limits["p90"]
            sums = [int(mask[open_].sum()) for mask in (within, below, above)]
            rows.append([f"{day:%Y-%m}", which, int(open_.sum()), *sums])
    told = pd.DataFrame(rows, columns=["month", "of", "half hours", "within", "below", "above"])
    shares = told.groupby(["of", "month"]).sum()
    shares = pd.concat([shares, pd.concat({"every month": told.groupby("of").sum(numeric_only=True)}).swaplevel()])
    shares[["within", "below", "above"]] = 100 * shares[["within", "below", "above"]].div(shares["half hours"], axis=0)
    print(
        f"\n{name}, half hours between their quantiles, day ahead, per cent\n{shares.round(1).to_string()}", flush=True
    )


def show_handling(name: str, table: pd.DataFrame) -> None:
    """How far talk and work after calls were off, and how often they lay between their quantiles, day ahead."""
    known = handling.measured(table, table.iloc[:0])
    for measure in handling.MEASURES[:2]:
        history = known[measure].dropna()
        judged = rolling.rolling(history, Calendar(), "day", averages.METHODS, fewest=0.0)
        within = []
        for n in range(rolling.ENOUGH_DAYS, len(judged)):
            method = rolling.settled(judged.iloc[max(0, n - JUDGED_DAYS) : n], averages.METHODS, averages.USUAL)
            wide = rolling.spread(judged.iloc[max(0, n - JUDGED_DAYS) : n], method, least=0.0)
            off = np.log(judged["calls"].iloc[n] / judged[method.name].iloc[n])
            within.append(abs(off) <= QUANTILES["p90"] * wide)
        errors = rolling.errors(judged).round(1).to_dict()
        print(f"{name}, {measure}, day ahead: off per cent {errors}; within quantiles {100 * np.mean(within):.0f} %")


def spreadsheet(model: Model, known: pd.DataFrame, day: judge.UnseenDay) -> float:
    """Share of calls answered within 20 s as a spreadsheet foretells it from the days in `known`."""
    alike = known[known["day"].dt.day_of_week == day.date.weekday()]
    alike = alike[alike["day"].isin(sorted(alike["day"].unique())[-LIKE_DAYS:])]
    hour = (alike["t"] // 3600).clip(0, judge.HOURS - 1).astype(int)
    counts = hour.value_counts() / max(1, alike["day"].nunique())
    talk_s = alike["talk"].groupby(hour).mean().fillna(alike["talk"].mean())
    heads = staffing.heads_per_hour(day.stretches, judge.HOURS)
    after_s = model.unready.all.moments()[0] + model.answer_s
    within = [
        calls * judge.erlang_a_of_hour(calls / 3600, talk_s[h] + after_s, model.patience.mean_s, heads[h])[2]
        for h, calls in counts.items()
    ]
    return float(sum(within) / max(1e-9, counts.sum()))


def show_service(
    data: DataSet, table: pd.DataFrame, month: str | None, reps: int, seed: int, tuning_calls: int
) -> None:
    """Which of both is nearer to the service level of the days of a month."""
    of = table["day"].dt.strftime("%Y-%m")
    month = month or of.max()
    train = table[of < month]
    dates = sorted(table.loc[of == month, "day"].unique())
    if not len(train) or not dates:
        raise SystemExit(f"{data.name}: there is no {month}, or nothing before it to learn from")
    model = fitting.fit(
        train, data.zone, data.name, data.country, reference=train["day"].max(), tuning_calls=tuning_calls
    )
    print(
        f"\n{data.name}, {month}, day ahead: answered within 20 s, per cent of calls; real, ours, spreadsheet",
        flush=True,
    )
    rows = []
    levels = judge.talk_levels(model, table)
    for date, day in zip(dates, judge.judged_days(model, table, train, dates, "arrivals", seed), strict=True):
        known = table[table["day"] < date]
        if len(day.calls) < judge.FEWEST_CALLS or not (known["day"].dt.day_of_week == date.day_of_week).any():
            continue
        now = dataclasses.replace(model, forecast=arrivals.fit(known, data.country))
        level = averages.next_day(levels[levels.index < date], date)
        drawn = judge.simulated(now, dataclasses.replace(day, talk_level=level), "forecast", reps, seed)
        ours, theirs = float(np.median(drawn[:, 2])), spreadsheet(model, known, day)
        rows.append([100 * share for share in (day.real[2], ours, theirs)])
        print(f"{date:%a %d} {len(day.calls):6,} calls", *(f"{share:6.1f}" for share in rows[-1]), flush=True)
    told = pd.DataFrame(rows, columns=["real", "ours", "spreadsheet"])
    off = told[["ours", "spreadsheet"]].sub(told["real"], axis=0).abs()
    print(
        f"ours nearer on {(off['ours'] < off['spreadsheet']).sum()} of {len(off)} days; median off, points: "
        f"ours {off['ours'].median():.1f}, spreadsheet {off['spreadsheet'].median():.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--set", choices=[one.name for one in SETS])
    parser.add_argument("--horizon", choices=[*rolling.DAYS, "rest", "intervals", "service"])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--month", metavar="YYYY-MM", help="of `service`")
    parser.add_argument("--reps", type=int, default=10, help="replications a day, of `service`")
    parser.add_argument("--seed", type=int, default=1, help="of `service`")
    parser.add_argument(
        "--tuning-calls", type=int, default=fitting.TUNING_CALLS, help="calls of a step of tuning, of `service`"
    )
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
        if options.horizon in (None, "intervals"):
            show_intervals(one.name, table, one.country)
            show_handling(one.name, table)
        if options.horizon in (None, "service"):
            show_service(one, table, options.month, options.reps, options.seed, options.tuning_calls)


if __name__ == "__main__":
    main()
