"""Exact queueing formulas, shown beside every simulated figure and used to start a staffing search.

Decides nothing about calls: these are the textbook models M/M/n/n (Erlang B), M/M/n (Erlang C), M/M/n+M (Erlang A,
Palm) and M/M/n+G (Baccelli and Hebuterne 1981; integrals of Zeltyn and Mandelbaum 2005), and the offered load of
changing rates. Rates and times use any one unit of time throughout, unless a name ends in one. Offered loads are
erlangs.

>>> round(erlang_b(8, 10), 6), round(erlang_c(8, 10), 6)
(0.121661, 0.40918)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import integrate, optimize, special

from pbxsim.scenario.distributions import Distribution, Exponential, Floats, Never


class Unstable(ValueError):
    """The queue would grow for ever: the formulas have no steady state for these agents, though more would have one."""


@dataclass(frozen=True)
class Waiting:
    """The steady state of one queue; times in the unit of the rates given."""

    wait_share: float
    """P(W > 0): calls that wait at all, 0 to 1."""
    abandoned_share: float
    """P(Ab), 0 to 1."""
    wait: float
    """E[W], mean wait of all calls, those answered at once and those who leave included."""
    occupancy: float
    """Share of the servers that work, 0 to 1."""
    waiting: float
    """Mean number of calls in the queue."""
    answered_within: Callable[[float], float]
    """P(answered and W <= t) over all calls, 0 to 1."""
    waits_longer: Callable[[float], float]
    """P(W > t) over all calls, whether answered later or not, 0 to 1."""

    @property
    def answer_speed(self) -> float:
        """Average speed of answer (ASA): mean wait of answered calls, as the simulation counts it (`answer_speed_s`).

        Where nobody gives up it is E[W]; else less than the mean wait of all calls, as those who leave waited longer.
        """
        if self.abandoned_share <= 0 or not 0 < self.wait < math.inf:
            return self.wait
        served = 1.0 - self.abandoned_share
        total, low, high = 0.0, 0.0, self.wait
        for _ in range(200):
            part, _ = integrate.quad(lambda t: max(0.0, served - self.answered_within(t)), low, high, limit=200)
            total += part
            if part < 1e-10 * total and served - self.answered_within(high) < 1e-9:
                break
            low, high = high, high + 2 * (high - low)
        return total / served if served > 0 else math.inf


# --- Erlang B and C --------------------------------------------------------------------------------------------------


def erlang_b(offered_erl: float, lines: int) -> float:
    """Share of calls that find all `lines` busy, 0 to 1. Source: Erlang (1917), loss formula."""
    _check_load(offered_erl, lines)
    if offered_erl == 0:
        return 0.0 if lines else 1.0
    inverse = 1.0
    for k in range(1, lines + 1):
        inverse = 1.0 + inverse * k / offered_erl
        if inverse > 1e300:
            return 0.0
    return 1.0 / inverse


def erlang_c(offered_erl: float, agents: int) -> float:
    """Share of calls that wait, 0 to 1, when nobody gives up; 1 where the load is not below `agents`. Source:
    Erlang (1917)."""
    _check_load(offered_erl, agents)
    if offered_erl >= agents:
        return 1.0
    blocked = erlang_b(offered_erl, agents)
    return agents * blocked / (agents - offered_erl * (1 - blocked))


def m_m_n(arrival_rate: float, service_rate: float, agents: int) -> Waiting:
    """The M/M/n queue (Erlang C). Raises Unstable where the queue would grow for ever."""
    load = _load(arrival_rate, service_rate, agents)
    if load >= agents:
        raise Unstable(f"{load:g} erlangs on {agents} agents: the queue grows for ever; Erlang C has no answer")
    waits = erlang_c(load, agents)
    spare = agents * service_rate - arrival_rate
    mean = waits / spare

    def longer(t: float) -> float:
        return waits * math.exp(-spare * t)

    return Waiting(waits, 0.0, mean, load / agents, arrival_rate * mean, lambda t: 1 - longer(t), longer)


# --- with abandonment ------------------------------------------------------------------------------------------------


def erlang_a(arrival_rate: float, service_rate: float, abandonment_rate: float, agents: int) -> Waiting:
    """The M/M/n+M queue (Erlang A). `abandonment_rate` is 1 over mean patience. Source: Palm (1957); Garnett et al.
    (2002)."""
    if abandonment_rate < 0:
        raise ValueError("the abandonment rate must not be negative")
    if abandonment_rate == 0:
        return m_m_n(arrival_rate, service_rate, agents)
    return m_m_n_g(arrival_rate, service_rate, Exponential(mean=1 / abandonment_rate), agents)


def m_m_n_g(arrival_rate: float, service_rate: float, patience: Distribution, agents: int) -> Waiting:
    """The M/M/n+G queue: exponential service, any patience. `patience` is in the unit of the rates; callers who never give
    up make it the M/M/n queue.

    Source: Baccelli and Hebuterne (1981); the building blocks J, J1, JH and E of Zeltyn and Mandelbaum (2005).
    Raises Unstable where those who never give up alone are a load not below `agents`.
    """
    load = _load(arrival_rate, service_rate, agents)
    if isinstance(patience, Never):
        return m_m_n(arrival_rate, service_rate, agents)
    if load * _never_share(patience) >= agents:
        raise Unstable(f"{load:g} erlangs on {agents} agents: those who never give up make the queue grow for ever")
    if load == 0:
        return Waiting(0.0, 0.0, 0.0, 0.0, 0.0, lambda t: 1.0, lambda t: 0.0)
    drain = agents * service_rate
    curve = _Exponent(arrival_rate, drain, patience)
    # All integrals carry a common factor exp(-peak), and so must E.
    log_ratio = _log_states_below(load, agents) - curve.peak
    j = curve.integral(lambda h, x: np.ones_like(x))
    j_h = curve.integral(lambda h, x: h)
    if log_ratio > 690:
        return Waiting(0.0, 0.0, 0.0, load / agents, 0.0, lambda t: 1.0, lambda t: 0.0)
    below = math.exp(log_ratio)
    whole = below + arrival_rate * j
    alive_at_0 = float(patience.survival(np.asarray([0.0]))[0])
    waits = arrival_rate * j / whole * alive_at_0
    # (1 + (lambda - n mu) J) / (E + lambda J), with the common factor.
    abandoned = (math.exp(-curve.peak) + (arrival_rate - drain) * j) / whole
    mean = arrival_rate * j_h / whole

    def longer(t: float) -> float:
        if t <= 0:
            return waits
        alive = float(patience.survival(np.asarray([t]))[0])
        return arrival_rate * alive * curve.integral(lambda h, x: np.ones_like(x), t) / whole

    def answered_within(t: float) -> float:
        at_once = below / whole
        if t <= 0:
            return at_once
        part = curve.integral(lambda h, x: patience.survival(x), 0.0, t)
        return at_once + arrival_rate * part / whole

    occupancy = load * (1 - abandoned) / agents
    return Waiting(waits, abandoned, mean, occupancy, arrival_rate * mean, answered_within, longer)


def _never_share(patience: Distribution) -> float:
    """Share of callers who wait for ever, as near as a wait of thirty years tells."""
    return float(patience.survival(np.asarray([1e9]))[0])


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_NODES_AND_END = np.append(_NODES, 1.0)
"""Where a piece of the curve is looked at for its integral, and its right end."""


class _Exponent:
    """exp(lambda H(x) - n mu x) with H the integral of the survival of patience, scaled by its largest value."""

    def __init__(self, arrival_rate: float, drain: float, patience: Distribution) -> None:
        self.arrival_rate = arrival_rate
        self.drain = drain
        self.patience = patience
        self._grid = self._reach()
        exponent = self.arrival_rate * self._cumulated - self.drain * self._grid
        self.peak = max(0.0, float(exponent.max()))

    def _reach(self) -> Floats:
        """Cut points that resolve the curve and reach as far as it matters; also fills H at them."""
        width = 1 / math.sqrt(self.arrival_rate * self.drain + self.arrival_rate**2) / 2
        mean = self.patience.mean
        scale = mean if math.isfinite(mean) and mean > 0 else 1 / self.drain
        breaks = [at for at in self.patience.breaks() if at > 0]
        grid = [0.0]
        cumulated = [0.0]
        peak = 0.0
        step = min(scale / 64, 4 / self.drain)
        for _ in range(200_000):
            left = grid[-1]
            right = left + step
            for at in breaks:
                if left < at < right:
                    right = at
                    break
            half = (right - left) / 2
            alive = self.patience.survival(left + half * (_NODES_AND_END + 1))
            h = cumulated[-1] + half * float(np.dot(_WEIGHTS, alive[:-1]))
            grid.append(right)
            cumulated.append(h)
            exponent = self.arrival_rate * h - self.drain * right
            peak = max(peak, exponent)
            slope = self.arrival_rate * float(alive[-1]) - self.drain
            if slope < 0 and exponent < peak - 60:
                break
            step = min(step * 1.05, max(scale / 8, width))
        else:
            raise Unstable("the queue grows for ever: patience has no end and the load is not below the agents")
        self._cumulated = np.asarray(cumulated)
        return np.asarray(grid)

    def integral(self, weight: Callable[[Floats, Floats], Floats], low: float = 0.0, high: float = math.inf) -> float:
        """The integral of weight(H(x), x) exp(lambda H(x) - n mu x - peak) from `low` to `high`."""
        edges = self._grid
        end = min(high, float(edges[-1]))
        if low >= end:
            return 0.0
        inner = edges[(edges > low) & (edges < end)]
        cuts = np.concatenate([[low], inner, [end]])
        left = cuts[:-1][:, None]
        half = (np.diff(cuts) / 2)[:, None]
        x = left + half * (_NODES[None, :] + 1)
        h = self._h(x)
        values = weight(h, x) * np.exp(self.arrival_rate * h - self.drain * x - self.peak)
        return float(np.sum(half * _WEIGHTS[None, :] * values))

    def _h(self, x: Floats) -> Floats:
        """H at each point: the value at the cut point below plus an integral over the rest of that piece."""
        flat = x.ravel()
        piece = np.clip(np.searchsorted(self._grid, flat, side="right") - 1, 0, len(self._grid) - 1)
        left = self._grid[piece]
        half = (flat - left) / 2
        points = left[:, None] + half[:, None] * (_NODES[None, :] + 1)
        rest = half * (self.patience.survival(points) @ _WEIGHTS)
        return np.asarray((self._cumulated[piece] + rest).reshape(x.shape))


def _log_states_below(load: float, agents: int) -> float:
    """log E, E = sum over j < n of (load^j / j!) / (load^(n-1) / (n-1)!): one over Erlang B with n - 1 lines."""
    if agents == 1:
        return 0.0
    log_sum = 0.0
    for k in range(1, agents):
        # inverse <- 1 + inverse * k / load, kept as a logarithm.
        log_sum = math.log1p(math.exp(-(log_sum + math.log(k / load)))) + log_sum + math.log(k / load)
    return log_sum


# --- how many agents -------------------------------------------------------------------------------------------------


def square_root_agents(offered_erl: float, grade: float) -> int:
    """Offered load plus `grade` times its square root, rounded up. Source: Erlang (1924); Halfin and Whitt (1981)."""
    if offered_erl < 0:
        raise ValueError("an offered load must not be negative")
    return max(0, math.ceil(offered_erl + grade * math.sqrt(offered_erl)))


def halfin_whitt_grade(wait_share: float) -> float:
    """The grade at which `wait_share` of the calls wait in a large M/M/n queue. Source: Halfin and Whitt (1981)."""
    if not 0 < wait_share < 1:
        raise ValueError("the share of calls that wait lies between 0 and 1")

    def excess(grade: float) -> float:
        return float(1 / (1 + grade * special.ndtr(grade) / _normal_density(grade))) - wait_share

    return float(optimize.brentq(excess, 1e-9, 12.0))


def garnett_wait_share(grade: float, service_over_abandonment: float) -> float:
    """P(wait) of a large M/M/n+M queue staffed with `grade`. Source: Garnett, Mandelbaum and Reiman (2002).

    `service_over_abandonment` is service rate over abandonment rate: mean patience in mean service times.
    """
    ratio = math.sqrt(service_over_abandonment)
    shifted = grade * ratio
    return float(1 / (1 + _hazard(shifted) / ratio / _hazard(-grade)))


def fewest_agents(
    meets: Callable[[Waiting], bool],
    arrival_rate: float,
    service_rate: float,
    patience: Distribution | None,
    most: int = 5000,
) -> int:
    """The fewest agents for which the steady state `meets` the targets, by bisection from the square-root rule.

    `patience` None or `Never` is Erlang C. Raises ValueError when even `most` agents do not.
    """
    if arrival_rate == 0:
        return 0
    load = arrival_rate / service_rate

    def good(agents: int) -> bool:
        try:
            return meets(m_m_n_g(arrival_rate, service_rate, patience or Never(), agents))
        except Unstable:
            return False

    high = max(1, square_root_agents(load, 1.0))
    while not good(high):
        if high >= most:
            raise ValueError(f"even {most} agents do not meet the targets at {load:g} erlangs")
        high = min(most, high + max(1, high // 4))
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        if good(middle):
            high = middle
        else:
            low = middle
    return high


# --- changing rates --------------------------------------------------------------------------------------------------


def offered_load(rates: Sequence[float], interval_s: float, service: Distribution, at_s: Sequence[float]) -> Floats:
    """Offered load in erlangs at each of `at_s`, when calls come at `rates[i]` per second in interval i and never wait.

    m(t) is the integral of rate(t - u) times P(service > u) over u >= 0. Source: Eick, Massey and Whitt (1993).
    Before the first interval there are no calls.
    """
    if any(rate < 0 for rate in rates):
        raise ValueError("rates must not be negative")
    served = _cumulated_survival(service, max([0.0, *at_s]))
    begins = np.arange(len(rates)) * interval_s
    loads = []
    for t in at_s:
        until_begin = np.maximum(t - begins, 0.0)
        until_end = np.maximum(t - begins - interval_s, 0.0)
        loads.append(float(np.dot(np.asarray(rates), served(until_begin) - served(until_end))))
    return np.asarray(loads)


def _cumulated_survival(service: Distribution, longest: float) -> Callable[[Floats], Floats]:
    """x -> integral of P(S > u) for u from 0 to x, by Gauss-Legendre on cuts that follow the distribution."""
    if longest <= 0:
        return lambda x: np.zeros_like(x)
    cuts = np.unique(
        np.concatenate([np.linspace(0, longest, 2049), [at for at in service.breaks() if 0 < at < longest]])
    )
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = np.diff(cuts) / 2
    points = cuts[:-1, None] + half[:, None] * (nodes[None, :] + 1)
    pieces = half * (service.survival(points) @ weights)
    table = np.concatenate([[0.0], np.cumsum(pieces)])
    return lambda x: np.asarray(np.interp(x, cuts, table))


# --- helpers ---------------------------------------------------------------------------------------------------------


def _check_load(offered_erl: float, servers: int) -> None:
    if offered_erl < 0 or not math.isfinite(offered_erl):
        raise ValueError("an offered load is a number of erlangs, 0 or more")
    if servers < 0:
        raise ValueError("the number of servers must not be negative")


def _load(arrival_rate: float, service_rate: float, agents: int) -> float:
    if arrival_rate < 0 or service_rate <= 0:
        raise ValueError("the arrival rate must not be negative and the service rate must be above 0")
    if agents < 1:
        raise ValueError("a queue has at least one agent")
    return arrival_rate / service_rate


def _normal_density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _hazard(x: float) -> float:
    """Density over survival of the standard normal distribution."""
    return float(_normal_density(x) / special.ndtr(-x))
