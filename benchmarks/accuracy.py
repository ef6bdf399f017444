"""How far simulated days are from real ones on weeks the model has not seen, beside Erlang A hour by hour.

    python benchmarks/accuracy.py [--data ../shared/data] [--set vanad|bank] [--test 2014-05] [--leave-one-out]

For each data set found: trains on the months before the test month (the last one there, unless named), simulates its
days through the full engine, and prints medians over days of the absolute error of daily abandonment (points),
daily mean wait (per cent of the real one) and service level (points; all calls answered within 20 s), for the model,
for both baselines (Erlang A hour by hour with the members seen in each hour, and the same with a presence tuned as the
model's is), and for a model that is right in everything, which chance alone keeps from the real day (`judge.floor`).
With `--leave-one-out` each month in turn is the test month and all others train: nothing is tuned to one month.

What is given of a test day is told in `pbxsim/calibrate/judge.py`, in three degrees: `load` (calls, presence, that
day's talk level), `arrivals` (calls and presence), `forecast` (the date alone). The baselines get the same under `load` and
`arrivals`. Under `forecast` they get the presence planned, as the model does, but the calls as they came, which the model does
not: the comparison is unfair to the model there. Waits and abandonments are never given. Days with
fewer than 200 calls are simulated and left out of the medians.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
# A benchmark beside this one is called as the engine is: look for packages in the project, not in this folder.
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

import pandas as pd  # noqa: E402

from pbxsim import logs  # noqa: E402
from pbxsim.calibrate import days as d  # noqa: E402
from pbxsim.calibrate import fitting, judge  # noqa: E402


@dataclasses.dataclass(frozen=True)
class DataSet:
    """One data set: where its months lie, and whose calendar and clock they follow."""

    name: str
    files: str
    zone: str
    country: str


SETS = (
    DataSet("vanad", "vanad_2014/*.csv.gz", "Europe/Amsterdam", "NL"),
    DataSet("bank", "anonymous_bank_1999/*.txt.gz", "Asia/Jerusalem", "IL"),
)

HEAD = f"{'':34}{'days':>5} {'points':>8} {'wait %':>8} {'SL pts':>8} {'bias pts':>8} {'bias %':>8}"


def table_of(data: DataSet, folder: Path) -> pd.DataFrame | None:
    """All months of a data set as prepared days, or None if the folder has none."""
    files = sorted(folder.glob(data.files))
    if not files:
        return None
    log = logs.read_all(files, zone=data.zone)
    print(
        f"{data.name}: {log.losses.total:,} lines, {log.losses.dropped_count:,} dropped, {len(log.calls):,} calls",
        flush=True,
    )
    return d.prepared(log.calls)


def judge_month(
    data: DataSet,
    table: pd.DataFrame,
    train: pd.DataFrame,
    month: str,
    degrees: Sequence[judge.Given],
    reps: int,
    processes: int,
    verbose: bool,
    tuning_calls: int = fitting.TUNING_CALLS,
) -> dict[judge.Given, pd.DataFrame]:
    """Train, test and print one month; the comparison of its days for each degree."""
    began = time.perf_counter()
    test = table[table["day"].dt.strftime("%Y-%m") == month]
    middle = test["day"].min() + (test["day"].max() - test["day"].min()) / 2
    model = fitting.fit(
        train, data.zone, data.name, data.country, reference=middle, tuning_calls=tuning_calls, processes=processes
    )
    print(
        f"\n{data.name}, test {month}: trained on {train['day'].nunique()} days "
        f"({train['day'].min():%Y-%m-%d} to {train['day'].max():%Y-%m-%d}), slack {model.slack_s:g} s, flex {model.flex_s:g} s, "
        f"of Erlang A {model.baseline_slack_s:g} s, {time.perf_counter() - began:.0f} s\n{HEAD}",
        flush=True,
    )
    out: dict[judge.Given, pd.DataFrame] = {}
    for degree in degrees:
        days = judge.judged_days(model, table, train, list(test["day"].unique()), degree)
        compared = judge.compare(model, days, degree, reps, processes=processes)
        out[degree] = compared
        show(degree, compared)
        if verbose:
            told = compared.drop(columns=[name for name in compared.columns if name.endswith("_drawn")])
            print(told.round(3).to_string(index=False))
    return out


def show(degree: judge.Given, compared: pd.DataFrame) -> None:
    """Four rows: the model, both baselines, and what chance alone makes of the best of models."""
    title = f"given {degree}"
    for who, label in judge.WHO.items():
        found = judge.errors(compared, who)
        print(f"{title:16}{label:18}{found.days:>5} {found.row()}", flush=True)
    chance = judge.floor(compared, degree)
    if chance is not None:
        print(f"{title:16}{'chance alone':18}{chance.days:>5} {chance.row()}", flush=True)


def run(data: DataSet, folder: Path, options: argparse.Namespace) -> bool:
    """Everything asked of one data set; False if its files are not there."""
    table = table_of(data, folder)
    if table is None:
        return False
    months = [name for name, _ in judge.months_of(table)]
    month_of = table["day"].dt.strftime("%Y-%m")
    degrees: list[judge.Given] = ["load", "arrivals", "forecast"] if options.given == "all" else [options.given]
    if not options.leave_one_out:
        tested = options.test if options.test in months else months[-1]
        if tested == months[0]:
            raise SystemExit(f"{data.name}: nothing comes before {tested}; use --leave-one-out or another month")
        judge_month(
            data, table, table[month_of < tested], tested, degrees, options.reps, options.processes, options.days,
            options.tuning_calls,
        )  # fmt: skip
        return True
    tables: dict[judge.Given, list[pd.DataFrame]] = {}
    for month in months:
        train = table[month_of != month]
        found = judge_month(
            data, table, train, month, degrees, options.reps, options.processes, options.days, options.tuning_calls
        )
        for degree, compared in found.items():
            tables.setdefault(degree, []).append(compared)
    print(f"\n{data.name}, all {len(months)} months, each left out once\n{HEAD}")
    for degree, parts in tables.items():
        show(degree, pd.concat(parts, ignore_index=True))
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 if no data is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data", help="folder of the data sets")
    parser.add_argument("--set", choices=[data.name for data in SETS], help="only this one")
    parser.add_argument("--test", metavar="YYYY-MM", help="test month; the last one there if not given")
    parser.add_argument("--leave-one-out", action="store_true", help="every month in turn")
    parser.add_argument("--given", choices=["load", "arrivals", "forecast", "all"], default="all")
    parser.add_argument("--reps", type=int, default=10, help="replications a day")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--tuning-calls", type=int, default=fitting.TUNING_CALLS, help="calls simulated in a step of tuning"
    )
    parser.add_argument("--days", action="store_true", help="print every day")
    options = parser.parse_args(arguments)
    found = [run(data, options.data, options) for data in SETS if options.set in (None, data.name)]
    if not any(found):
        print(
            f"no data set under {options.data}; see the READMEs of the data sets for where they come from",
            file=sys.stderr,
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
