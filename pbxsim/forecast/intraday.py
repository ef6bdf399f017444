"""The rest of a day from its morning: what the evening before said of each half hour and kind of call, corrected by what came.

Calls of half hour s are thought to be expected(s) · (1 + x(s)) with chance of Poisson on top. x has mean 0 and two parts: one of
the whole day, and one that fades from half hour to half hour (the day's level and the intervals' own effects of Weinberg, Brown
and Stroud 2007, as a Gaussian approximation with moments instead of a sampler). Their sizes and the fading are learned from how
earlier days differed from what was said of them the evening before; the rest of the day is then the best linear predictor of x
given the morning. How calls divide into kinds is corrected after that, each kind by a gamma factor whose spread is learned
likewise. Ranges are those of the errors that the same correction would have made at the same hour of earlier days.

Decides the correction and its ranges. Leaves what was expected the evening before to the calendar model, and staffing to
`today/relief.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from pbxsim.forecast.calendar_model import FEWEST_CALLS
from pbxsim.forecast.calendars import Calendar, Floats
from pbxsim.forecast.methods import CALENDAR_MODEL
from pbxsim.forecast.rolling import WARM_DAYS

SLOT_MIN: Final = 30
SLOTS: Final = 24 * 60 // SLOT_MIN
SHAPE_HALF_LIFE_DAYS: Final = 42.0
"""Age at which a day's shape counts half."""
LEARNS_DAYS: Final = 90
"""Latest days that the correction is learned from."""
ENOUGH_DAYS: Final = 15
"""Days from which it is learned at all."""
ODD: Final = 1.6
"""A day that was so many times more or less than expected says nothing of usual differences."""
FADINGS: Final = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
"""Correlations of neighbouring half hours that are tried."""
QUANTILES: Final = {"p10": 0.1, "p90": 0.9}


class TooLittleHistory(ValueError):
    """The log tells nothing of such a day. `details` are how many days of it were worked, and the weekday that it lacks, counted
    from Monday; None where no day at all was worked."""

    def __init__(self, words: str, worked_days: int, weekday: int | None) -> None:
        super().__init__(words)
        self.details = (worked_days, weekday)


@dataclasses.dataclass(frozen=True)
class Counted:
    """Calls by day, kind and half hour of the day."""

    days: pd.DatetimeIndex
    kinds: tuple[str, ...]
    calls: Floats
    """Days, kinds, half hours."""

    def before(self, day: pd.Timestamp) -> Counted:
        """Days before one."""
        return Counted(self.days[: (n := int((self.days < day).sum()))], self.kinds, self.calls[:n])


@dataclasses.dataclass(frozen=True)
class Evenings:
    """Days beside what was expected of them the evening before; days, kinds and half hours as in `Counted`."""

    days: pd.DatetimeIndex
    calls: Floats
    expected: Floats


@dataclasses.dataclass(frozen=True)
class Variation:
    """How days differ from what was expected of them, as shares of it."""

    day: float
    """Variance of the part that a day keeps."""
    interval: float
    """Variance of the part that fades."""
    fading: float
    """Correlation of that part from one half hour to the next."""
    kinds: Floats
    """Variance of each kind's own factor beside the day's."""


@dataclasses.dataclass(frozen=True)
class RestOfDay:
    """What is expected of the rest of a day."""

    date: pd.Timestamp
    from_slot: int
    """First half hour that is forecast."""
    kinds: tuple[str, ...]
    seen: Floats
    """Calls that came before it: kinds, half hours."""
    unchanged: Floats
    """What the evening before said of the whole day: kinds, half hours."""
    calls: Floats
    """What is expected of the rest now: kinds, half hours from `from_slot` on."""
    whole: dict[str, float]
    """Of the rest: `unchanged`, `calls`, and quantiles where enough days are known."""
    by_kind: pd.DataFrame
    """The same of each kind, by its name."""
    by_interval: pd.DataFrame
    """The same of each half hour, by `start` (HH:MM)."""
    by_kind_and_interval: pd.DataFrame
    """The same of each half hour of each kind, by `kind` and `start`."""
    learned_from_days: int
    spread: float
    """Standard deviation of the logarithm of the rest's calls around what is expected; NaN where too few days are known."""

    def factors(self, kind: str | None = None) -> Floats:
        """Of a kind, or of all, by half hour: what came or is expected now over what the evening before said; 1 where it said
        nothing."""
        rows = [self.kinds.index(kind)] if kind in self.kinds else list(range(len(self.kinds)))
        now = np.concatenate([self.seen[:, : self.from_slot], self.calls], axis=1)[rows].sum(axis=0)
        before = self.unchanged[rows].sum(axis=0)
        return np.where(before > 0, now / np.where(before > 0, before, 1.0), 1.0)


def counted(table: pd.DataFrame) -> Counted:
    """A log's stays (`day`, `t` in seconds of the day, `kind`) by day, kind and half hour."""
    days = pd.DatetimeIndex(sorted(table["day"].unique()))
    kinds = tuple(sorted(table["kind"].astype(str).unique()))
    calls = np.zeros((len(days), len(kinds), SLOTS))
    slot = (table["t"] // (60 * SLOT_MIN)).clip(0, SLOTS - 1).astype(int)
    place = {kind: k for k, kind in enumerate(kinds)}
    np.add.at(calls, (days.get_indexer(pd.DatetimeIndex(table["day"])), table["kind"].map(place), slot), 1.0)
    return Counted(days, kinds, calls)


def rest_of_day(past: Counted, day: pd.Timestamp, seen: Floats, from_slot: int, calendar: Calendar) -> RestOfDay:
    """The rest of `day` from half hour `from_slot` on; `seen` are its calls by kind and half hour, of which those before count.

    Raises TooLittleHistory where the log tells nothing of such a day: too few calls, or none of the weekday.
    """
    worked = int((past.before(day).calls.sum(axis=(1, 2)) >= FEWEST_CALLS).sum())
    if not worked:
        words = f"no day has {FEWEST_CALLS} calls: a forecast needs days that were worked"
        raise TooLittleHistory(words, 0, None)
    known = evenings(past, calendar, LEARNS_DAYS)
    expected = evening_before(past.before(day), day, calendar)
    if not expected.sum() > 0:
        words = f"the log has no {day:%A} to forecast {day:%Y-%m-%d} from"
        raise TooLittleHistory(words, worked, int(day.day_of_week))
    return _rest(known, learn(known), past.kinds, day, expected, seen, from_slot)


def evening_before(past: Counted, day: pd.Timestamp, calendar: Calendar) -> Floats:
    """What the calendar model and the weekday's shape say of a day by kind and half hour, from the days before it; 0 for a
    weekday that the log does not have. Raises ValueError where no day has calls enough."""
    history = pd.Series(past.calls.sum(axis=(1, 2)), index=past.days)
    daily = float(CALENDAR_MODEL.fit(history, calendar).expected(pd.DatetimeIndex([day]))[0])
    alike = (past.days.day_of_week == day.day_of_week) & (history.to_numpy() >= FEWEST_CALLS)
    weight = 0.5 ** (np.asarray((day - past.days[alike]).days, dtype=float) / SHAPE_HALF_LIFE_DAYS)
    shape: Floats = np.tensordot(weight, past.calls[alike], axes=1)
    return daily * shape / shape.sum() if shape.sum() > 0 else np.zeros(past.calls.shape[1:])


def evenings(past: Counted, calendar: Calendar, last_days: int | None = None) -> Evenings:
    """Days of the log that were worked, from the fifth week on, each with what was expected of it the evening before."""
    worked = past.calls.sum(axis=(1, 2)) >= FEWEST_CALLS
    judged = [d for d in np.flatnonzero(worked) if past.days[d] >= past.days[worked][0] + pd.Timedelta(days=WARM_DAYS)]
    judged = judged if last_days is None else judged[-last_days:]
    expected = [evening_before(past.before(past.days[d]), past.days[d], calendar) for d in judged]
    kept = [n for n, one in enumerate(expected) if one.sum() > 0]
    places = [judged[n] for n in kept]
    shape = (len(places), *past.calls.shape[1:])
    return Evenings(past.days[places], past.calls[places], np.asarray([expected[n] for n in kept]).reshape(shape))


def learn(known: Evenings) -> Variation | None:
    """How days differ from what was expected; None where too few are known."""
    came, said = known.calls.sum(axis=1), known.expected.sum(axis=1)
    usual = np.abs(np.log((came.sum(axis=1) + 1) / (said.sum(axis=1) + 1))) < np.log(ODD)
    if int(usual.sum()) < ENOUGH_DAYS:
        return None
    off = came[usual] - said[usual]
    products, weights = off.T @ off, said[usual].T @ said[usual]
    products[np.diag_indices(SLOTS)] -= said[usual].sum(axis=0)  # what Poisson counts differ by themselves
    lag = np.abs(np.subtract.outer(np.arange(SLOTS), np.arange(SLOTS)))
    lags = [n for n in range(SLOTS // 2) if weights[lag == n].sum() > 0]
    whole = np.array([weights[lag == n].sum() for n in lags])
    covariance = np.array([products[lag == n].sum() for n in lags]) / whole
    trust = np.sqrt(whole / whole.max())
    found = []
    for fading in FADINGS:
        columns = np.column_stack([np.ones(len(lags)), fading ** np.array(lags, dtype=float)])
        parts, error = nnls(columns * trust[:, None], covariance * trust)
        found.append((float(error), float(parts[0]), float(parts[1]), fading))
    _, day, interval, fading = min(found)
    level = (came[usual].sum(axis=1) / said[usual].sum(axis=1))[:, None]
    mine, ours = known.calls[usual].sum(axis=2), known.expected[usual].sum(axis=2) * level
    spread = ((mine - ours) ** 2 - ours).sum(axis=0) / np.maximum(1e-9, (ours**2).sum(axis=0))
    return Variation(day, interval, fading, np.maximum(0.0, spread))


def corrected(expected: Floats, seen: Floats, from_slot: int, variation: Variation | None) -> Floats:
    """Calls of the rest by kind and half hour; unchanged where no variation is known or nothing was expected of the morning."""
    rest = expected[:, from_slot:]
    came, said = seen[:, :from_slot], expected[:, :from_slot]
    if variation is None or said.sum() <= 0 or rest.sum() <= 0:
        return rest.copy()
    whole = expected.sum(axis=0)
    lag = np.abs(np.subtract.outer(np.arange(SLOTS), np.arange(SLOTS)))
    covariance = (variation.day + variation.interval * variation.fading**lag) * np.outer(whole, whole)
    morning = covariance[:from_slot, :from_slot] + np.diag(np.maximum(1e-6, whole[:from_slot]))
    gain = np.linalg.solve(morning, covariance[:from_slot, from_slot:]).T
    now = np.maximum(0.0, whole[from_slot:] + gain @ (came.sum(axis=0) - whole[:from_slot]))
    rest = rest * (now / np.maximum(1e-9, whole[from_slot:]))
    shape = 1 / np.maximum(1e-6, variation.kinds)
    usual = said.sum(axis=1) * (came.sum() / said.sum())
    of_kinds = rest * ((shape + came.sum(axis=1)) / (shape + usual))[:, None]
    return np.asarray(of_kinds * (rest.sum() / max(1e-9, float(of_kinds.sum()))))


def _rest(
    known: Evenings,
    variation: Variation | None,
    kinds: Sequence[str],
    day: pd.Timestamp,
    expected: Floats,
    seen: Floats,
    from_slot: int,
) -> RestOfDay:
    calls = corrected(expected, seen, from_slot, variation)
    said = np.zeros((len(known.days), *calls.shape))
    for n in range(len(known.days)):
        said[n] = corrected(known.expected[n], known.calls[n], from_slot, variation)
    came = known.calls[:, :, from_slot:]
    off = _off(came.sum(axis=(1, 2)), said.sum(axis=(1, 2)))
    usable = variation is not None
    before = expected[:, from_slot:]
    whole = {"unchanged": float(before.sum()), "calls": float(calls.sum())}
    whole |= _limits(float(calls.sum()), off) if usable else {}
    kind_off = [_off(came[:, k].sum(axis=1), said[:, k].sum(axis=1)) for k in range(len(kinds))]
    by_kind = [
        {"kind": kind, "unchanged": float(before[k].sum()), "calls": float(calls[k].sum())}
        | (_limits(float(calls[k].sum()), kind_off[k]) if usable else {})
        for k, kind in enumerate(kinds)
    ]
    every = _by_interval(before, calls, came, said, from_slot, usable)
    of_kinds = [
        {"kind": kind, **row}
        for k, kind in enumerate(kinds)
        for row in _by_interval(before[k : k + 1], calls[k : k + 1], came[:, k : k + 1], said[:, k : k + 1], from_slot, usable)
    ]  # fmt: skip
    return RestOfDay(
        date=day,
        from_slot=from_slot,
        kinds=tuple(kinds),
        seen=seen,
        unchanged=expected,
        calls=calls,
        whole=whole,
        by_kind=pd.DataFrame(by_kind).set_index("kind"),
        by_interval=pd.DataFrame(every, columns=["start", *whole]).set_index("start"),
        by_kind_and_interval=pd.DataFrame(of_kinds, columns=["kind", "start", *whole]).set_index(["kind", "start"]),
        learned_from_days=len(known.days) if usable else 0,
        spread=float(np.subtract(*np.quantile(off, [0.9, 0.1])) / 2.563) if usable else float("nan"),
    )


def _by_interval(
    before: Floats, calls: Floats, came: Floats, said: Floats, from_slot: int, usable: bool
) -> list[dict[str, object]]:
    """One row a half hour of the rest in which anything is expected, of these kinds together; `came` and `said` are of earlier
    days."""
    rows: list[dict[str, object]] = []
    for s in np.flatnonzero(before.sum(axis=0) > 0).tolist():
        off = _off(came[:, :, s].sum(axis=1), said[:, :, s].sum(axis=1))
        minute, now = (from_slot + s) * SLOT_MIN, float(calls[:, s].sum())
        row = {"start": f"{minute // 60:02}:{minute % 60:02}", "unchanged": float(before[:, s].sum()), "calls": now}
        rows.append({**row, **(_limits(now, off) if usable else {})})
    return rows


def _off(came: Floats, said: Floats) -> Floats:
    """Logarithms of what came over what was said; one is added to both, as none may come."""
    return np.log((came + 1) / (said + 1))


def _limits(calls: float, off: Floats) -> dict[str, float]:
    """Quantiles of what comes, by the errors of earlier days; between order statistics, so that eight of ten lie within."""
    ranked, n = np.sort(off), len(off)
    out = {}
    for name, share in QUANTILES.items():
        place = share * (n + 1) - 1  # of n + 1 days that are alike
        out[name] = max(0.0, (calls + 1) * float(np.exp(np.interp(place, np.arange(n), ranked))) - 1)
    return out


def rolling(past: Counted, calendar: Calendar, hours: Sequence[int] = (10, 12, 14)) -> pd.DataFrame:
    """Each day that can be judged, at each hour, by what was known then: `date`, `hour`, `calls` that came of the rest,
    `unchanged` (as of the evening before), `scaled` (by the morning's ratio), `intraday`, `within` (between p10 and p90); and
    sums of absolute errors over kinds, `unchanged_off`, `scaled_off`, `intraday_off`."""
    known = evenings(past, calendar)
    rows = []
    for n in range(len(known.days)):
        before = slice(max(0, n - LEARNS_DAYS), n)
        earlier = Evenings(known.days[before], known.calls[before], known.expected[before])
        variation = learn(earlier)
        if variation is None:
            continue
        expected, came = known.expected[n], known.calls[n]
        for hour in hours:
            slot = hour * 60 // SLOT_MIN
            found = _rest(earlier, variation, past.kinds, known.days[n], expected, came, slot)
            truth, unchanged = came[:, slot:].sum(axis=1), expected[:, slot:].sum(axis=1)
            morning = expected[:, :slot].sum(axis=1)
            ratio = np.where(morning > 0, came[:, :slot].sum(axis=1) / np.where(morning > 0, morning, 1.0), 1.0)
            whole = float(came[:, :slot].sum() / morning.sum()) if morning.sum() > 0 else 1.0
            told = found.calls.sum(axis=1)
            rows.append(
                {
                    "date": known.days[n],
                    "hour": hour,
                    "calls": float(truth.sum()),
                    "unchanged": float(unchanged.sum()),
                    "scaled": float(unchanged.sum()) * whole,
                    "intraday": float(told.sum()),
                    "within": found.whole["p10"] <= truth.sum() <= found.whole["p90"],
                    "unchanged_off": float(np.abs(unchanged - truth).sum()),
                    "scaled_off": float(np.abs(unchanged * ratio - truth).sum()),
                    "intraday_off": float(np.abs(told - truth).sum()),
                }
            )
    return pd.DataFrame(rows)
