"""Watches the canary of a running bridge: rolls it back when it is worse, widens it by the plan of a person (R-25.9).

Decides when to look (each second, in a thread of its own, never in that of the calls) and does what the figures say, as an
audited deed. New calls only: a call stays on its version to its end (R-25.6). Leaves the figures to `canary_figures.py`.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from engine.contract import notes as note
from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US, Instant
from engine.records.history import CallRecord
from engine.state.flow import Flow
from live_bridge.calls.driver import Driver
from live_bridge.promotion.canary_figures import CanaryFigures
from live_bridge.promotion.control import Control
from live_bridge.promotion.standing import PromotionRefused, Standing
from live_bridge.promotion.trial import Trial

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""Between two looks; a roll-back has 5 s (R-25.6)."""

RULE: Final = "canary rule"
"""Who rolls back, where no person does."""

WATCHED: Final = (note.CallStarted, note.CallAnswered, note.ElementEntered, note.CallEnded)

BEHIND_MOST: Final = 200_000
"""Notes that may wait for a look; more only if looks stand still."""

SETTLED_US: Final = SECOND_US // 4
"""After so long nothing that the engine said is still on its way here."""

AGAIN_S: Final = 5.0
"""After a deed that could not be done."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The last canary that the rule ended or the plan made live, for people."""

    flow: str
    at: Instant
    outcome: str
    """`rolled_back` or `live`."""
    reason: str
    figures: dict[str, Any]


class CanaryWatch:
    """One thread that looks at the canary, if there is one. `history` gives the calls that began at an instant or later."""

    def __init__(
        self,
        control: Control,
        driver: Driver,
        history: Callable[[Instant], Sequence[CallRecord]],
    ) -> None:
        self._control = control
        self._driver = driver
        self._history = history
        self._notes: deque[tuple[Instant, note.Note]] = deque(maxlen=BEHIND_MOST)
        self._figures: CanaryFigures | None = None
        self._lock = threading.Lock()
        self._again_at: Instant = 0
        self.ended: Ended | None = None
        self._stopping = threading.Event()
        self._began_at = driver.clock.now()
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def start(self) -> Callable[[], None]:
        """Look from now on; call the result to stop."""
        leave = self._driver.subscribe(self.take)
        self._thread.start()

        def stop() -> None:
            leave()
            self._stopping.set()
            self._thread.join(10.0)

        return stop

    def take(self, at: Instant, said: note.Note) -> None:
        """A subscriber of the driver, in the thread of the calls."""
        if isinstance(said, WATCHED):
            self._notes.append((at, said))

    def report(self) -> dict[str, Any]:
        """The canary now, for API and page, or None under `canary`; and the last one that ended by itself."""
        with self._lock:
            figures, standing = self._figures, self._control.standing
            told: dict[str, Any] = {
                "canary": None,
                "ended": None if self.ended is None else msgspec.to_builtins(self.ended),
            }
            trial = standing.trial
            if standing.canary and trial is not None:
                told["canary"] = {
                    "flow": standing.canary, "live": standing.live[-1], "share": trial.share,
                    **{name: value for name, value in msgspec.to_builtins(trial).items() if name != "shares"},
                    "automatic": trial.automatic, "within_s": trial.within_s,
                    "figures": figures.table() if figures is not None and figures.canary == standing.canary else {},
                }  # fmt: skip
            return told

    # --- looking -------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self.look()
            except PbxError as error:
                log.warning("the canary is looked at again: %s", error)
            except Exception:
                log.exception("the canary could not be looked at, it is tried again")

    def look(self) -> None:
        """One look, and what follows from it."""
        with self._lock:
            now, standing = self._driver.clock.now(), self._control.standing
            figures = self._for(standing)
            for _ in range(len(self._notes)):
                at, said = self._notes.popleft()
                if figures is not None:
                    figures.take(at, said)
            if figures is None:
                return
            figures.look(now - SETTLED_US)
        if now < self._again_at:
            return
        try:
            self._act(now, standing, figures)
        except (PromotionRefused, PbxError, OSError) as error:
            self._again_at = now + round(AGAIN_S * SECOND_US)
            log.error("what the canary's figures ask for could not be done, it is tried again: %s", error)

    def _for(self, standing: Standing) -> CanaryFigures | None:
        trial, known = standing.trial, self._figures
        if not standing.canary or trial is None:
            self._figures = None
            return None
        if known is not None and (known.canary, known.live, known.trial.begun_at) == (
            standing.canary, standing.live[-1], trial.begun_at,
        ):  # fmt: skip
            known.widened(trial)
            return known
        live: Flow = self._control.flows[standing.live[-1]]
        figures = CanaryFigures(standing.canary, live.digest, trial, live.head.settings.caller_form)
        if trial.begun_at < self._began_at:  # an earlier run began it
            figures.bring_back(self._history(trial.begun_at))
        self._figures = figures
        return figures

    # --- what follows --------------------------------------------------------------------------------------------------

    def _act(self, now: Instant, standing: Standing, figures: CanaryFigures) -> None:
        trial = figures.trial
        reason = figures.verdict() if trial.automatic else ""
        if reason:
            self._roll_back(now, standing, figures, reason)
        elif trial.plan is not None and trial.plan.shares and not trial.plan.paused:
            since = trial.shares[-1][0]
            if now - since >= round(trial.plan.each_s * SECOND_US) and figures.calls_at_share >= trial.plan.least_calls:
                if figures.verdict():  # not automatic, and worse: nobody widens that
                    return
                self._widen(now, standing, figures)

    def _roll_back(self, now: Instant, standing: Standing, figures: CanaryFigures, reason: str) -> None:
        self._control.end_canary(
            standing.canary,
            figures.trial.begun_at,
            by=RULE,
            reason=reason,
            details={"figures": figures.table(), "rule": "R-25.9"},
        )
        log.warning("canary %s is rolled back: %s", standing.canary[:12], reason)
        self.ended = Ended(flow=standing.canary, at=now, outcome="rolled_back", reason=reason, figures=figures.table())

    def _widen(self, now: Instant, standing: Standing, figures: CanaryFigures) -> None:
        trial = figures.trial
        assert trial.plan is not None
        share, rest = trial.plan.shares[0], trial.plan.shares[1:]
        wider: Trial = msgspec.structs.replace(
            trial, shares=(*trial.shares, (now, share)), plan=msgspec.structs.replace(trial.plan, shares=rest)
        )
        by = f"plan of {trial.by or 'somebody'}"
        details = {"figures": figures.table(), "rule": "R-25.9"}
        self._control.widen_canary(standing.canary, trial.begun_at, wider, by=by, details=details)
        log.info("canary %s takes %.0f %% now, by the %s", standing.canary[:12], share * 100, by)
        if share >= 1.0:
            reason = "every step of the plan was taken without an alarm (R-25.9)"
            self.ended = Ended(flow=standing.canary, at=now, outcome="live", reason=reason, figures=figures.table())
