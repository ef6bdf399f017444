"""The gate: what a version must have shown before it takes new calls, and whose word lets it pass without (R-25.8).

Decides whether evidence of a version is evidence now (its targets are the account's, and the version it was held against is
live), and what the audit trail keeps of a promotion that had none. Leaves the form of a report to `engine/records/gate.py`,
signing and keeping to `store/state_journal.py`, and the simulation to `pbx gate`, which speaks to the bridge over its API.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from engine.contract.errors import PbxError
from engine.records import gate
from engine.records.gate import GateReport
from live_bridge.config_sections import PromotionConfig
from live_bridge.promotion.standing import PromotionRefused, Standing
from live_bridge.store.audit import Evidence, canonical, clean, person_of
from live_bridge.store.state_journal import StateJournal
from live_bridge.store.store import now

REASON_MOST = 500
"""Characters of a reason."""


class EvidenceRefused(PbxError):
    """A report that cannot be attached to a version; the message says why."""


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A named person's word that a version is to pass without evidence."""

    by: str = ""
    reason: str = ""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence of a version as it counts now."""

    passed: bool
    """Whether it was passed when it was attached."""
    counts: bool
    """Whether it lets the version through now."""
    reasons: tuple[str, ...]
    """Why it does not."""
    at: int
    by: str
    signature: str
    report: GateReport


class PromotionGate:
    """The gate of one bridge."""

    def __init__(self, settings: PromotionConfig, state: StateJournal, pbx: str) -> None:
        self.settings = settings
        self._state = state
        self._pbx = pbx

    @property
    def targets(self) -> dict[str, float]:
        """The account's service targets."""
        return {str(name): value for name, value in self.settings.targets.items()}

    def attach(self, digest: str, data: bytes, *, by: str, live: str) -> Judged:
        """Keep a report as evidence of a version, signed. On the disk when this returns. Raises EvidenceRefused."""
        try:
            report = gate.decode(data)
        except gate.GateError as fault:
            raise EvidenceRefused(str(fault)) from None
        if report.flow != digest:
            raise EvidenceRefused(f"the report is about version {report.flow[:12]}, not about {digest[:12]}")
        missing = gate.reasons(report, self.targets, live)
        body = canonical(msgspec.to_builtins(report)).decode()
        found = Evidence(pbx=self._pbx, flow=digest, at=now(), by=clean(by, 64), passed=not missing, body=body)
        details = {
            "passed": not missing, "reasons": missing, "scenario": report.scenario, "scenario_digest": report.scenario_digest,
            "seed": report.seed, "replications": report.replications, "program": report.program, "against": report.live,
            "report": hashlib.sha256(body.encode()).hexdigest(),
        }  # fmt: skip
        self._state.keep_deed("gate", digest, by, details, found)
        judged = self.judged(digest, live)
        assert judged is not None
        return judged

    def judged(self, digest: str, live: str) -> Judged | None:
        """The latest evidence of a version, and whether it counts while `live` is live; None when there is none."""
        kept = self._state.evidence(digest)
        if kept is None:
            return None
        if not self._state.signer.verifies(kept.signed(), kept.signature):
            missing: tuple[str, ...] = (
                "the bridge's key did not sign it: it was changed, or written by something else",
            )
        else:
            missing = ()
        report = gate.decode(kept.body.encode())
        missing = (*missing, *gate.reasons(report, self.targets, live))
        return Judged(
            passed=kept.passed, counts=not missing, reasons=missing, at=kept.at, by=kept.by, signature=kept.signature,
            report=report,
        )  # fmt: skip

    def missing(self, digest: str, live: str) -> tuple[str, ...]:
        """What a version lacks to pass; nothing when its evidence counts."""
        found = self.judged(digest, live)
        return ("it was not simulated: run pbx gate",) if found is None else found.reasons

    def permit(self, digest: str, standing: Standing, by: str, word: Word) -> dict[str, Any]:
        """Whether somebody may let a version take new calls; what the audit trail is to keep of it. A canary was let through when
        it began. Raises PromotionRefused with what to do."""
        self._by_another(digest, standing, by)
        if self.settings.gate == "off" or digest in (standing.canary, standing.live[-1]):
            return {}
        missing = self.missing(digest, standing.live[-1])
        if not missing:
            kept = self._state.evidence(digest)
            assert kept is not None
            return {"gate": "passed", "evidence": kept.signature}
        if word.by.strip():
            if not word.reason.strip():
                raise PromotionRefused("whoever lets a version pass without evidence says why: give a reason (R-25.8)")
            reason = clean(word.reason.strip(), REASON_MOST)
            return {"gate": "skipped", "skipped_by": clean(word.by.strip(), 128), "reason": reason, "missing": missing}
        if self.settings.gate == "required":
            raise PromotionRefused(
                f"version {digest[:12]} lacks evidence (R-25.8): {'; '.join(missing)}. Run pbx gate, or name who takes it upon "
                "themselves and why (--skip-gate-by NAME --reason TEXT)"
            )
        return {"gate": "advised", "missing": missing}

    def _by_another(self, digest: str, standing: Standing, by: str) -> None:
        """With two persons, nobody lets their own version take calls."""
        if not self.settings.two_persons or digest == standing.live[-1]:
            return
        publishers = [one.by for one in self._state.changes() if one.flow == digest and one.action == "publish"]
        if publishers and person_of(publishers[0]) == person_of(by):
            raise PromotionRefused(
                f"{person_of(by)} published version {digest[:12]}, and who promotes it is to be another person "
                "(promotion.two_persons)"
            )
