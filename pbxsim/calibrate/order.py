"""In what order waiting calls are taken: the head start of each kind of call, in seconds.

Decides the estimate. Whenever a member takes a call that waited, the calls he could have taken instead are known; the kind
whose calls are taken before older ones of other kinds has a head start (R-08.6 calls it start bonus). The model is
McFadden's (1974) conditional logit: utility is seconds waited plus the kind's head start.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy.optimize import minimize

CHOICES: Final = 12_000
"""Choices looked at; more move the estimate by less than a second."""

RIVALS: Final = 12
"""Calls that lose one choice, at most; a fair sample of more."""

LEAST_CHOICES: Final = 30
"""A kind that was taken from among others less often has no head start of its own."""

STEP_S: Final = 5.0
"""Head starts are told in steps of this; those under two steps are none."""

CERTAIN_S: Final = 6.0
"""A rival who came or went this near to the choice may not have been seen by the member's phone."""


def head_starts(train: pd.DataFrame, skilled: dict[str, frozenset[str]], seed: int = 0) -> dict[str, float]:
    """Head start of each kind in seconds, 0 for the kind served last; all 0 where order is by arrival alone."""
    kinds = sorted(train["kind"].unique())
    zero = dict.fromkeys((str(kind) for kind in kinds), 0.0)
    if len(kinds) < 2:
        return zero
    waits, codes, valid = _choices(train, {kind: i for i, kind in enumerate(kinds)}, skilled, seed)
    if len(waits) < 200:
        return zero
    n = len(kinds)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        scale = np.exp(theta[0])
        gain = theta[1:] * 30.0
        value = waits + gain[codes]
        utility = np.where(valid, scale * value, -1e9)
        utility -= utility.max(axis=1, keepdims=True)
        share = np.exp(utility)
        share /= share.sum(axis=1, keepdims=True)
        slope = -share
        slope[:, 0] += 1.0
        slope[~valid] = 0.0
        by_scale = float((slope * value).sum() * scale)
        by_kind = np.bincount(codes.ravel(), (slope * scale * 30.0).ravel(), n) - 0.04 * theta[1:]
        fit = float(np.log(share[:, 0] + 1e-300).sum() - 0.02 * (theta[1:] ** 2).sum())
        return -fit, -np.concatenate([[by_scale], by_kind])

    start = np.concatenate([[np.log(0.05)], np.zeros(n)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    gains = found.x[1:] * 30.0
    taken = np.bincount(codes[:, 0], minlength=n)
    usual = float(np.average(gains, weights=taken))
    gains = np.where(taken >= LEAST_CHOICES, gains, usual)
    gains = STEP_S * np.round((gains - usual) / STEP_S)
    if float(np.ptp(gains[taken >= LEAST_CHOICES])) < 4 * STEP_S:
        return zero
    gains = np.where(np.abs(gains) < 2 * STEP_S, 0.0, gains)
    return {str(kind): float(gain) for kind, gain in zip(kinds, gains - gains.min(), strict=True)}


def _choices(
    train: pd.DataFrame, number: dict[str, int], skilled: dict[str, frozenset[str]], seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Waits and kinds of the call taken (column 0) and of its rivals, and which cells hold one."""
    rng = np.random.default_rng(seed)
    days = train["day"].unique()
    rows: list[tuple[list[float], list[int]]] = []
    for day in rng.permutation(days):
        stays = train[train["day"] == day]
        arrived = stays["t"].to_numpy(dtype=float)
        over = stays["a"].to_numpy(dtype=float)
        code = stays["kind"].map(number).to_numpy(dtype=int)
        queue = stays["queue"].to_numpy(dtype=object)
        agent = stays["agent"].to_numpy(dtype=object)
        for i in np.flatnonzero(stays["answered"].to_numpy() & (stays["wait"].to_numpy() > CERTAIN_S + 2)):
            mine = skilled.get(agent[i])
            if mine is None:
                continue
            now = over[i]
            near = slice(np.searchsorted(arrived, now - 3600), np.searchsorted(arrived, now - CERTAIN_S))
            rivals = [j for j in range(near.start, near.stop) if over[j] >= now and j != i and queue[j] in mine]
            if not rivals or all(code[j] == code[i] for j in rivals):
                continue
            if len(rivals) > RIVALS:
                rivals = list(rng.choice(rivals, RIVALS, replace=False))
            rows.append(
                ([now - arrived[i], *(now - arrived[j] for j in rivals)], [code[i], *(code[j] for j in rivals)])
            )
        if len(rows) >= CHOICES:
            break
    width = RIVALS + 1
    waits = np.zeros((len(rows), width))
    codes = np.zeros((len(rows), width), dtype=int)
    valid = np.zeros((len(rows), width), dtype=bool)
    for r, (wait, kind) in enumerate(rows):
        waits[r, : len(wait)] = wait
        codes[r, : len(kind)] = kind
        valid[r, : len(wait)] = True
    return waits, codes, valid
