"""How the targets answer to one member more or less: slopes measured by simulation, and linear forms of the targets.

Every target is a linear form of what was counted, 0 or more where it is kept: calls answered within T less the asked share of
calls, for a service level. Forms add up over queues, intervals and days, so a target over the day is the sum of its intervals.
One member more, and one less, of a team in intervals far apart are tried in one run on the same callers; each difference is
put down to the change just before it. Leaves what is made of the slopes to `shift_search.py`.

Source: subgradients by simulation under common random numbers, Atlason, Epelman and Henderson (2008), section 3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pbxsim.results.results import Results
from pbxsim.staffing.search import COUNT_AT, SURE, Counts, Floats, Search
from pbxsim.staffing.targets import OF_CALLS


def forms(search: Search, results: Results, staffed_s: Floats) -> tuple[Floats, Floats]:
    """The targets' forms by replication, target, row and interval; and by target, row and interval what one unit of their
    figure is worth, on average."""
    counted = search.counted(results)
    of = {name: counted[..., place] for name, place in COUNT_AT.items()}
    lost = of["refused"] + of["timed_out"] + of["left"]
    made: list[Floats] = []
    worth: list[Floats] = []
    level, lost_share, speed_s = (search.asked[name] for name in OF_CALLS)
    kinds: list[tuple[Floats, Floats, Floats]] = []
    if not np.isnan(level).all():
        served = of["answered"] + of["abandoned"] - of["abandoned_within"] + lost
        kinds.append((level, of["answered_within"] - level * served, served))
    if not np.isnan(lost_share).all():
        kinds.append((lost_share, lost_share * of["offered"] - of["abandoned"] - lost, of["offered"]))
    if not np.isnan(speed_s).all():
        form = speed_s * of["answered"] - of["answered_wait_us"] / 1e6
        kinds.append((speed_s, form, of["answered"] * np.fmax(1.0, speed_s)))
    for (
        asked,
        form,
        of_unit,
    ) in kinds:  # a row of which nothing is asked keeps it, and no member is worth anything to it
        made.append(np.where(np.isnan(asked), 0.0, form))
        worth.append(np.where(np.isnan(asked), 0.0, of_unit))
    occupancy = search.targets.occupancy
    if occupancy is not None:
        own = slice(len(search.queues))
        work_s = (of["talk_us"] + of["wrap_up_us"])[:, own].sum(axis=1, keepdims=True) / 1e6
        form = np.broadcast_to(occupancy * staffed_s - work_s, of["offered"].shape)
        made.append(form)
        worth.append(np.broadcast_to(staffed_s, form.shape))
    shape = (results.replications, 0, len(search.rows), search.intervals)
    if not made:
        return np.zeros(shape), np.zeros(shape[1:])
    return np.stack(made, axis=1), np.stack(worth, axis=1).mean(axis=0)


class Response:
    """Rows of targets at one design and their slopes by team and interval, for one member more and one less, from so many
    days, or all; without `less` only for one member more."""

    def __init__(self, search: Search, counts: Counts, days: int | None = None, *, less: bool = True) -> None:
        self.search = search
        teams, intervals = counts.shape
        base, self.worth = forms(search, search.run(counts, reps=days), search.staffed_s(counts))
        level = base.mean(axis=0)
        self.more = np.zeros((*level.shape, search.apart, teams))
        self.less = np.zeros_like(self.more)
        for t in range(teams):
            for into, step in ((self.more, 1), (self.less, -1))[: 2 if less else 1]:
                for offset in range(search.apart):
                    design = counts.copy()
                    design[t, offset :: search.apart] = np.maximum(0, design[t, offset :: search.apart] + step)
                    tried, _ = forms(search, search.run(design, reps=days), search.staffed_s(design))
                    change = step * (tried.mean(axis=0) - level)
                    for i in range(offset, intervals, search.apart):
                        last = min(intervals, i + search.apart)
                        into[:, :, i, : last - i, t] = change[:, :, i:last]
        # With fewer members each counts for more; what says otherwise is noise.
        self.more = np.maximum(0.0, self.more)
        self.less = np.maximum(self.less, self.more)

    @property
    def rows(self) -> int:
        """Targets to be kept: one a target and row, and interval unless they are over the day."""
        kinds, queues, intervals = self.worth.shape
        return int(kinds * queues) * (1 if self.search.targets.per == "day" else intervals)

    def values(self, results: Results, staffed_s: Floats, sure: float = SURE) -> Floats:
        """How far each row is kept by a simulated design, less `sure` standard errors, in units of its figure."""
        form, _ = forms(self.search, results, staffed_s)
        if self.search.targets.per == "day":
            form = form.sum(axis=3, keepdims=True)
        flat = form.reshape(len(form), -1)
        error = flat.std(axis=0, ddof=1) / np.sqrt(len(flat)) if len(flat) > 1 else np.zeros(flat.shape[1])
        scale = self._scale()
        return np.asarray(np.where(scale > 0, (flat.mean(axis=0) - sure * error) / np.maximum(scale, 1e-9), 1.0))

    def gains(self) -> Floats:
        """What one member more brings, in units of the figures (of what is asked, for the speed of answer): by target, row and
        interval (one, over the day), then by the interval at which the member is there, the last ones before and including it
        (all, over the day), and team."""
        kinds, rows, intervals, window, teams = self.more.shape
        scale = np.maximum(self._scale(), 1e-9)
        if self.search.targets.per == "day":
            found = np.asarray(self.more.sum(axis=3) / scale.reshape(kinds, rows, 1, 1))
            return found[:, :, None]
        gained = np.zeros((kinds, rows, intervals, window, teams))
        for w in range(min(window, intervals)):
            gained[:, :, w:, w] = self.more[:, :, : intervals - w, w]
        return gained / scale.reshape(kinds, rows, intervals, 1, 1)

    def falls_short(self, move: Counts, values: Floats, benefit: float) -> npt.NDArray[np.bool_]:
        """By interval, whether a move of members (by team) there makes a target fall short by the slopes, of which the part
        `benefit` of what members who go take away is not counted; `values` is what is kept without it."""
        up, down = np.maximum(move, 0), np.maximum(-move, 0)
        change = self.more @ up - (1 - benefit) * (self.less @ down)
        kinds, rows, intervals, window = change.shape
        scale = np.maximum(self._scale(), 1e-9)
        if self.search.targets.per == "day":
            left = values.reshape(kinds, rows, 1) + change.sum(axis=3) / scale.reshape(kinds, rows, 1)
            return np.asarray((left < 0).any(axis=(0, 1)))
        short = np.zeros(intervals, dtype=bool)
        kept, worth = values.reshape(kinds, rows, intervals), scale.reshape(kinds, rows, intervals)
        for w in range(min(window, intervals)):
            here = change[:, :, : intervals - w, w]
            short[: intervals - w] |= ((kept[:, :, w:] + here / worth[:, :, w:] < 0) & (here < 0)).any(axis=(0, 1))
        return short

    def slopes(self, by: Floats) -> sparse.csr_matrix:
        """Rows by (team, interval): what a member more (`self.more`) or less (`self.less`) brings or takes."""
        kinds, queues, intervals, window, teams = by.shape
        over_day = self.search.targets.per == "day"
        scale = np.maximum(self._scale(), 1e-9)
        rows, columns, values = [], [], []
        for k, q, i, w, t in zip(*np.nonzero(by), strict=True):
            row = k * queues + q if over_day else (k * queues + q) * intervals + i + w
            rows.append(row)
            columns.append(t * intervals + i)
            values.append(by[k, q, i, w, t] / scale[row])
        return sparse.csr_matrix((values, (rows, columns)), shape=(self.rows, teams * intervals))

    def _scale(self) -> Floats:
        worth = self.worth.sum(axis=2, keepdims=True) if self.search.targets.per == "day" else self.worth
        return np.asarray(worth.reshape(-1))
