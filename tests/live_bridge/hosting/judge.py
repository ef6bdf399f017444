"""Payments against a naive judge: a few lists and sums that share nothing with the hosting process (R-21.7, R-21.12).

One account, a run of days, invoices, notices right and wrong, transfers, daily runs. The judge keeps kopecks as ints and a list
of what came; database and judge must agree on every answer, on the balance and on every invoice's state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import strategies as st

from live_bridge.hosting import billing, ledger
from live_bridge.hosting.billing import Invoice, Receipt
from live_bridge.hosting.database import Database
from tests.live_bridge.hosting import people

DAY_US = people.DAY_US

acts = st.lists(
    st.one_of(
        st.tuples(st.just("invoice"), st.integers(1, 5), st.just(0), st.just(0)),
        st.tuples(st.just("notice"), st.integers(0, 7), st.integers(0, 5), st.integers(-1, 1)),
        st.tuples(st.just("transfer"), st.integers(0, 7), st.integers(0, 5), st.integers(-1, 1)),
        st.tuples(st.just("wait"), st.integers(1, 70), st.just(0), st.just(0)),
        st.tuples(st.just("run"), st.just(0), st.just(0), st.just(0)),
    ),
    min_size=4,
    max_size=24,
)
"""Acts with three small numbers: an amount or a provider's id, an invoice, how far an amount is off."""


@dataclass
class Judge:
    """What must be true."""

    day: int = 0
    balance: int = 0
    invoices: list[list[object]] = field(default_factory=list)
    """Amount in kopecks, day of creation, state."""
    seen: set[tuple[str, int]] = field(default_factory=set)

    def notice(self, provider: int, n: int, off: int) -> str:
        if n >= len(self.invoices):
            return "unknown_invoice"
        invoice = self.invoices[n]
        if ("notice", provider) in self.seen:
            return "repeated"
        if off:
            return "wrong_amount"
        self.seen.add(("notice", provider))
        self.balance += int(str(invoice[0]))
        if invoice[2] == "open":
            invoice[2] = "paid"
            return "with_invoice"
        return "without_invoice"

    def transfer(self, provider: int, n: int, off: int) -> str:
        if ("transfer", provider) in self.seen:
            return "repeated"
        self.seen.add(("transfer", provider))
        whole = n < len(self.invoices)
        amount = int(str(self.invoices[n][0])) + off if whole else 700 + off
        self.balance += amount
        if whole and off == 0 and self.invoices[n][2] == "open":
            self.invoices[n][2] = "paid"
            return "with_invoice"
        return "without_invoice"

    def run(self) -> None:
        for invoice in self.invoices:
            if invoice[2] == "open" and self.day - int(str(invoice[1])) >= 60:
                invoice[2] = "deleted"


def hold_against(database: Database, history: list[tuple[str, int, int, int]]) -> None:
    """Play a history in the database and before the judge."""
    id = people.account(database)
    payer = people.payer(database, id, "legal")
    judge = Judge()
    made: list[Invoice] = []
    now = people.START
    for what, first, n, off in history:
        if what == "wait":
            now += first * DAY_US
            judge.day += first
        elif what == "run":
            with database.writing() as connection:
                billing.settle(connection, id, now)
                billing.delete_overdue(connection, id, now)
            judge.run()
        elif what == "invoice":
            made.append(people.invoice(database, id, payer, f"{first}.50", now))
            judge.invoices.append([first * 100 + 50, judge.day, "open"])
        else:
            amount = (made[n].amount if n < len(made) else Decimal("7.00")) + Decimal(off).scaleb(-2)
            one = Receipt(system=what, provider_id=f"{id}-{first}", amount=amount, at=now)
            with database.writing() as connection:
                if what == "notice":
                    said = billing.receive(connection, one, made[n].id if n < len(made) else 10**9)
                    assert said == judge.notice(first, n, off)
                else:
                    known = billing.payers_of(connection, id)[payer]
                    invoice = made[n] if n < len(made) else None
                    said = billing.receive_transfer(connection, one, id, invoice, known)
                    assert said == judge.transfer(first, n, off)
    with database.reading() as connection:
        states = [billing.read_invoice(connection, one.id).state for one in made]
        assert states == [one[2] for one in judge.invoices]
        assert ledger.balance(connection, ledger.customer(id, "pbx")) == Decimal(judge.balance).scaleb(-2)
