"""Fits everything there is to learn from weeks of a log, in order, and tunes the two parts that no line of the log tells.

Decides the order of fitting and the tuning of `slack_s`, how long members were present around the calls they answered, and of
`flex_s`, how much longer they are while many wait. They are the values at which simulated days of training show neither more
nor less abandonment, waiting and calls answered within 20 s than the real ones did. The baseline gets a slack of its own in the
same way, on the same days: else it would be judged with what was tuned for another model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from pbxsim.calibrate import arrivals, judge, order, patience, redial, staffing, talk
from pbxsim.calibrate import days as d
from pbxsim.calibrate.known import Known, told_by
from pbxsim.calibrate.model import CalibrationError, Model
from pbxsim.calibrate.signins import Roster
from pbxsim.logs.told import Told

SLACK_S: Final = 60.0
SLACK_AT_MOST_S: Final = 400.0
TUNING_DAYS: Final = 30
TUNING_CALLS: Final = 40_000
"""Calls simulated in one step of the tuning: so many days and replications as they allow."""

TUNING_STEPS: Final = 5
BASELINE_AT_MOST_S: Final = 1800.0
BASELINE_STEPS: Final = 12
"""The baseline costs no simulation and may need more slack: its hours know no course of the queue from one to the next."""

FLEX_S: Final = 300.0
"""Flex at most. With twice as much, members stay away from where few calls wait (small pools, light days)."""

FLEX_NEAR_S: Final = 30.0
"""A value of flex so near to one tried is not tried."""

SERVICE_NEAR_POINTS: Final = 0.7
"""A bias of the service level that is left as it is: chance moves it as much."""

DOUBT: Final = 2 * 1.2533 / 0.6745
"""Two standard errors of a median of days, by the median distance from it, if days are normal: few days prove no bias."""

FEWEST_DAYS: Final = 5
MIDDLES: Final = (np.arange(200) + 0.5) / 200
"""Levels at which distributions are put together."""


def fit(
    train: pd.DataFrame,
    zone: str,
    name: str = "log",
    country: str | None = None,
    subdivision: str | None = None,
    reference: pd.Timestamp | None = None,
    tuning_calls: int = TUNING_CALLS,
    processes: int = 1,
    seed: int = 0,
    roster: Roster | None = None,
    known: Known | None = None,
) -> Model:
    """Learn a model from prepared days (`days.prepared`). `reference` is the day near which weeks weigh most, the last if None.

    `tuning_calls` are simulated in each step of the tuning of slack, or twice the log's if that is less; 0 leaves the slack
    at its usual value. `roster` tells presence where the log has sign-ins. With `known`, the record of a bridge, presence,
    readiness and phones are not inferred at all.
    Raises CalibrationError if the log has fewer than five working days, no talk, or nobody who abandoned.
    """
    calendar = d.calendar(train, country, subdivision)
    working = calendar[calendar["calls"] >= d.FEWEST_CALLS]
    if len(working) < FEWEST_DAYS:
        text = "{days} working days with {calls} calls and more; at least {least} are needed, and eight weeks are advisable"
        raise CalibrationError(Told(text, days=len(working), calls=d.FEWEST_CALLS, least=FEWEST_DAYS))
    last = train["day"].max()
    near = reference if reference is not None else last
    try:
        waits, talks = patience.fit(train, near), talk.fit(train, near)
    except ValueError as error:
        raise CalibrationError(str(error)) from None
    recent = train[train["day"] > last - pd.Timedelta(days=120)]
    skilled = staffing.skills(recent, recent["day"].min(), last)
    kinds = train.drop_duplicates("kind").set_index("kind")["queue"].to_dict()
    model = Model(
        kinds=tuple(sorted(kinds)),
        queue_of=kinds,
        patience=waits,
        talk=talks,
        unready=staffing.unready(train) if known is None else _worked(known),
        answer_s=staffing.answer_delay(train) if known is None else known.phone.delay.mean,
        head_start_s=order.head_starts(recent, skilled, seed),
        slack_s=SLACK_S,
        forecast=arrivals.fit(train, country, subdivision),
        redials=redial.fit(train),
        zone=zone,
        name=name,
        known=known,
    )
    if tuning_calls <= 0 or known is not None:
        return model
    days, reps = _tuning_days(model, train, calendar, near, tuning_calls, seed, roster)
    if not days or all(one.told for day in days for one in day.stretches):
        return model  # nothing is widened: sign-ins tell all presence

    def ours(slack_s: float, flex_s: float) -> judge.Errors:
        tried = model.with_slack(slack_s, flex_s=flex_s)
        return judge.errors_of_all(judge.compare(tried, days, "load", reps, seed + 7, processes, baselines=False))

    def of_baseline(slack_s: float) -> judge.Errors:
        return judge.errors_of_all(judge.baseline(model.with_slack(slack_s, slack_s), days), "erlang_a")

    of_its_own = unbiased_slack(of_baseline, BASELINE_AT_MOST_S, BASELINE_STEPS)
    slack_s, flex_s = unbiased_presence(ours)
    return model.with_slack(slack_s, of_its_own, flex_s)


def _worked(known: Known) -> staffing.Unready:
    """Work after calls of all queues together, for those of which nothing is told."""
    lengths = np.concatenate([one.quantile(MIDDLES) for one in known.wrap_up.values()] or [np.zeros(1)])
    told = told_by(lengths)
    return staffing.Unready(told, told, told)


def _tuning_days(
    model: Model,
    train: pd.DataFrame,
    calendar: pd.DataFrame,
    near: pd.Timestamp,
    calls: int,
    seed: int,
    roster: Roster | None,
) -> tuple[list[judge.UnseenDay], int]:
    """Training days near `near` that slack is tuned on, and replications of each, so that `calls` are simulated."""
    usable = calendar[~calendar["special"] & (calendar["calls"] >= judge.FEWEST_CALLS)].index
    if len(usable) < FEWEST_DAYS:
        usable = calendar[~calendar["special"]].index
    if len(usable) == 0:
        return [], 0
    usual = float(calendar.loc[usable, "calls"].mean())
    calls = min(calls, 2 * len(train))
    wanted = int(np.clip(calls / usual, 8, TUNING_DAYS))
    reps = max(1, int(calls / (usual * wanted)))
    distance = np.abs((usable - near) / pd.Timedelta(days=1)).to_numpy()
    nearest = usable[np.argsort(distance, kind="stable")[: 2 * TUNING_DAYS]].sort_values()
    chosen = nearest[np.linspace(0, len(nearest) - 1, min(wanted, len(nearest))).round().astype(int)]
    return judge.judged_days(model, train, train, list(chosen), "load", seed, roster), reps


def unbiased_slack(
    errors: Callable[[float], judge.Errors], most_s: float = SLACK_AT_MOST_S, steps: int = TUNING_STEPS
) -> float:
    """The slack at which `errors` of it show no bias, between 0 and `most_s`, by bisection. More slack loses less."""
    low, high, slack = 0.0, most_s, SLACK_S
    for _ in range(steps):
        found = errors(slack)
        if _bias(found) > 0:
            low, slack = slack, min((slack + high) / 2, 2.5 * slack + 20)
        else:
            high, slack = slack, (low + slack) / 2
    return round(slack, 1)


def _bias(found: judge.Errors) -> float:
    """What slack moves, in points: a point of abandonment weighs as much as 15 % of the wait."""
    return found.abandonment_bias_points + found.wait_bias_share / 0.15


def unbiased_presence(errors: Callable[[float, float], judge.Errors]) -> tuple[float, float]:
    """Slack and flex at which `errors` of them show no bias, neither of what slack moves nor of the service level.

    Calls that find nobody free and long waits go together in other proportions where members follow the queue: with the slack
    that makes waits right, too many calls are answered at once unless they do. More flex answers fewer at once.
    """

    def at(flex_s: float) -> tuple[float, judge.Errors]:
        slack = unbiased_slack(lambda slack_s: errors(slack_s, flex_s))
        return slack, errors(slack, flex_s)

    slack, plain = at(0.0)
    doubt = DOUBT * plain.service_spread_points / max(1, plain.days) ** 0.5
    if plain.service_bias_points <= max(SERVICE_NEAR_POINTS, doubt):
        return slack, 0.0
    found = [(0.0, slack, plain), (FLEX_S, *at(FLEX_S))]
    none, most = (one[2].service_bias_points for one in found)
    if most < -SERVICE_NEAR_POINTS:  # too much: where the line between the two crosses zero
        flex = round(FLEX_S * none / (none - most), 1)
        if FLEX_NEAR_S <= flex <= FLEX_S - FLEX_NEAR_S:
            found.append((flex, *at(flex)))
    flex, slack, _ = min(found, key=lambda one: abs(one[2].service_bias_points) + abs(_bias(one[2])))
    return slack, flex
