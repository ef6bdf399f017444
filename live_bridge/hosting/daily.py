"""The daily run: charges, ends of trials, old invoices, fees of numbers, acts of a quarter (R-21.7, R-21.10, R-03.8, R-20.4).

Decides that each account is a transaction of its own, so that a run that is killed goes on where it was, and one that runs twice
does nothing twice. Leaves the rules to the rooms it calls.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from engine.account import moments
from engine.contract.ids import Instant
from live_bridge.hosting import accounts, billing, numbers, papers
from live_bridge.hosting.database import Database

NOBODY: Final[Mapping[str, str]] = MappingProxyType({})

log = logging.getLogger(__name__)


class DailyReport(msgspec.Struct, kw_only=True):
    """What a run did."""

    accounts: int = 0
    blocked: int = 0
    invoices_deleted: int = 0
    acts: int = 0
    failed: int = 0


def run(
    database: Database, at: Instant, zone: str = moments.MOSCOW, provider: Mapping[str, str] = NOBODY
) -> DailyReport:
    """Bring every account to an instant. One that fails is logged and does not stop the others. `provider` stands on the acts."""
    report = DailyReport()
    with database.reading() as connection:
        everybody = accounts.everybody(connection)
    for id in everybody:
        try:
            with database.writing() as connection:
                before = accounts.read(connection, id).standing.state
                after = billing.settle(connection, id, at, zone).standing.state
                report.invoices_deleted += billing.delete_overdue(connection, id, at)
                numbers.run(connection, id, at)
                report.acts += papers.quarterly_act(connection, id, at, provider) is not None
        except Exception:
            log.exception("the daily run of account %s failed; it is tried again with the next run", id)
            report.failed += 1
            continue
        report.accounts += 1
        report.blocked += after == "blocked_debt" != before
    return report
