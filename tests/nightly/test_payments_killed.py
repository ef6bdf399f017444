"""The hosting process is killed between a payment's notice and its answer; the provider tells again; each payment counts once.

Real processes on both databases. A notice is held where the database makes it wait, so the product knows nothing of this test:

    before anything      another writer has SQLite's lock, or the account's row
    half written         the ledger's lines are there; another one has the payment's own id (PostgreSQL)
    written, not heard   the commit is on the disk: the process is stopped when another connection sees it (SQLite), or the commit
                         waits for a second server that is not there (PostgreSQL)
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from live_bridge.hosting import billing, ledger
from live_bridge.hosting import tables as t
from live_bridge.hosting.billing import Invoice
from live_bridge.hosting.database import Database
from live_bridge.payments import robokassa
from live_bridge.payments.robokassa import RobokassaShop
from live_bridge.store.rows import now
from tests.harness import rule
from tests.live_bridge.databases import kinds, postgres
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.test_processes import SECRETS, Town
from tests.live_bridge.service.test_end_to_end import wait_until

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

SHOP = RobokassaShop(login="demo", password1=SECRETS["ROBOKASSA_PASSWORD1"], password2=SECRETS["ROBOKASSA_PASSWORD2"])


class Payee(Town):
    """The hosting process alone, on a database of either kind; this test is the provider."""

    names: ClassVar[tuple[str, ...]] = ("hosting",)

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.ports = {"smtp": 1, "platron": 1, "robokassa": 1}
        super().__init__(folder)

    def settings(self) -> dict[str, object]:
        self.ports = {**dict.fromkeys(Town.names, 1), **self.ports}
        return {**super().settings(), "database": self.url, "prices": {"account": 0}}

    def begin(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if "hosting" in self.processes and self.processes["hosting"].poll() is None:
            return
        self.start("hosting", "hosting", "--config", str(self.config))
        wait_until(lambda: self.listens("hosting"), 180)

    def kill(self) -> None:
        self.processes["hosting"].send_signal(signal.SIGKILL)
        self.processes["hosting"].wait(20)

    def notice(self, invoice: Invoice, **changed: str) -> str:
        """Tell of a payment; the answer. Raises httpx.HTTPError where there is none."""
        fields = {**robokassa.notice_fields(SHOP, str(invoice.id), f"{invoice.amount:.6f}"), **changed}
        return httpx.post(f"{self.base}/pay/robokassa/result", data=fields, trust_env=False, timeout=60).text


class Notice(threading.Thread):
    """A notice under way, and what became of it: an answer or nothing."""

    def __init__(self, payee: Payee, invoice: Invoice) -> None:
        super().__init__(daemon=True)
        self.payee, self.invoice = payee, invoice
        self.answer = ""
        self.start()

    def run(self) -> None:
        try:
            self.answer = self.payee.notice(self.invoice)
        except httpx.HTTPError:
            self.answer = ""


@pytest.fixture(scope="module", params=kinds())
def payee(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Payee]:
    folder = tmp_path_factory.mktemp("payee")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/hosting.sqlite"
        if request.param == "postgresql":
            url = stack.enter_context(postgres())
        made = Payee(folder, url)
        stack.callback(made.close)
        yield made


@pytest.fixture(scope="module")
def database(payee: Payee) -> Iterator[Database]:
    made = Database(payee.url)
    yield made
    made.close()


def of_payments(database: Database, invoice: Invoice) -> tuple[int, Decimal, str]:
    """Payments of the account, its balance, and the state of the invoice."""
    with database.reading() as connection:
        p = t.payments.c
        count = connection.execute(sa.select(sa.func.count()).where(p.account == invoice.account)).scalar_one()
        balance = ledger.balance(connection, ledger.customer(invoice.account, "pbx"))
        assert ledger.faults(connection) == []
        return count, balance, billing.read_invoice(connection, invoice.id).state


# --- where a notice is held ------------------------------------------------------------------------------------------


@contextmanager
def another_writer(database: Database, invoice: Invoice) -> Iterator[None]:
    """Someone else is changing the account; it never comes to anything."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            connection.exec_driver_sql("ROLLBACK")
        else:
            connection.execute(sa.select(t.accounts.c.id).where(t.accounts.c.id == invoice.account).with_for_update())
            yield
            connection.rollback()


@contextmanager
def the_same_payment(database: Database, invoice: Invoice) -> Iterator[None]:
    """Someone else has the payment's own id, in a transaction that never comes to anything: the ledger is written, and waits."""
    with database.engine.connect() as connection:
        values = {"system": "robokassa", "provider_id": str(invoice.id), "amount": invoice.amount, "at": 0, "how": "x"}
        connection.execute(t.payments.insert().values(**values))
        yield
        connection.rollback()


def waits(database: Database) -> bool:
    """Whether some transaction of PostgreSQL waits for another one."""
    with database.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return int(connection.exec_driver_sql(query).scalar_one()) > 0


def held(payee: Payee, database: Database, invoice: Invoice, hold: Callable[..., object]) -> str:
    """Let a notice come to where it is held, kill the process there; the answer that the provider heard."""
    with hold(database, invoice):  # type: ignore[attr-defined]  # both are context managers
        notice = Notice(payee, invoice)
        if database.is_sqlite:
            time.sleep(1.0)  # it waits for SQLite's lock, which tells nobody who waits
        else:
            wait_until(lambda: waits(database), 30)
        assert notice.is_alive()
        payee.kill()
    notice.join(30)
    return notice.answer


def committed_unheard(payee: Payee, database: Database, invoice: Invoice) -> str:
    """Let a notice be committed and kill the process before it has answered; the answer that the provider heard."""
    if database.is_sqlite:
        os.setpriority(
            os.PRIO_PROCESS, payee.processes["hosting"].pid, 19
        )  # of the thread that answers, not of the writer
        notice = Notice(payee, invoice)
        with sqlite3.connect(str(database.url.database), timeout=30) as watcher:
            query = "SELECT count(*) FROM payments WHERE system = 'robokassa' AND provider_id = ?"
            while not watcher.execute(query, (str(invoice.id),)).fetchone()[0]:
                if not notice.is_alive():
                    break
            payee.processes["hosting"].send_signal(signal.SIGSTOP)
        notice.join(0.5)
        if notice.is_alive():
            payee.kill()
            notice.join(30)
        else:  # it was heard before the signal came: it goes on
            payee.processes["hosting"].send_signal(signal.SIGCONT)
        return notice.answer
    settings = payee.url.replace("+psycopg", "")
    with psycopg.connect(settings, autocommit=True) as server:
        server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nowhere'")
        server.execute("SELECT pg_reload_conf()")
        try:
            notice = Notice(payee, invoice)
            query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            wait_until(lambda: bool(server.execute(query).fetchone()[0]), 30)  # type: ignore[index]
            payee.kill()
        finally:
            server.execute("ALTER SYSTEM RESET synchronous_standby_names")
            server.execute("SELECT pg_reload_conf()")
    notice.join(30)
    return notice.answer


# --- the tests -------------------------------------------------------------------------------------------------------


@rule("R-21.12")
def test_a_payment_counts_once_wherever_the_process_was_killed(payee: Payee, database: Database) -> None:
    holds: dict[str, Callable[[Payee, Database, Invoice], str]] = {
        "before anything": lambda *of: held(*of, another_writer),
        "written, not heard": committed_unheard,
    }
    if not database.is_sqlite:
        holds["half written"] = lambda *of: held(*of, the_same_payment)
    for where, kill_there in holds.items():
        for _ in range(20):
            id = people.account(database)
            invoice = people.invoice(database, id, people.payer(database, id), "123.45")
            payee.begin()
            heard = kill_there(payee, database, invoice)
            if not heard:
                break
            assert heard == f"OK{invoice.id}" and database.is_sqlite, (
                "the answer was quicker than the signal: once more"
            )
        assert not heard, f"{where}: never killed before the answer"
        if where == "written, not heard":
            wait_until(lambda one=invoice: of_payments(database, one)[0] == 1, 30)  # type: ignore[misc]
        wanted = (1, Decimal("123.45"), "paid") if where == "written, not heard" else (0, Decimal(0), "open")
        assert of_payments(database, invoice) == wanted, where
        payee.begin()
        for _ in range(3):
            assert payee.notice(invoice) == f"OK{invoice.id}", where
        assert of_payments(database, invoice) == (1, Decimal("123.45"), "paid"), where


@rule("R-21.12", "R-21.7")
def test_a_storm_of_notices_over_kills_is_counted_once_each(payee: Payee, database: Database) -> None:
    """Eight providers at once tell of twenty payments, each three times and in any order, with forged, partial and late ones
    among them, while the process is killed three times; each tells again until it is heard."""
    chance = random.Random(20261129)
    id = people.account(database)
    payer = people.payer(database, id)
    made = [people.invoice(database, id, payer, f"{n + 1}.{n:02}", now() - n * people.DAY_US) for n in range(20)]
    late = made[15:]
    with database.writing() as connection:
        for invoice in late:
            connection.execute(t.invoices.update().where(t.invoices.c.id == invoice.id).values(created_at=0))
    told = [(invoice, "right") for invoice in made] * 3
    told += [(invoice, what) for invoice in made for what in ("forged", "partial")]
    chance.shuffle(told)
    unexpected: list[str] = []
    ended = threading.Event()

    def provider(mine: list[tuple[Invoice, str]]) -> None:
        for invoice, what in mine:
            changed: dict[str, str] = {}
            if what == "forged":
                changed = {"SignatureValue": "0" * 64}
            elif what == "partial":
                changed = dict(
                    robokassa.notice_fields(SHOP, str(invoice.id), f"{invoice.amount - Decimal('0.01'):.6f}")
                )
            while True:
                try:
                    answer = payee.notice(invoice, **changed)
                except httpx.HTTPError:
                    time.sleep(0.05)
                    continue
                if what == "forged" and answer.startswith("OK"):
                    unexpected.append(answer)
                if what != "right" or answer == f"OK{invoice.id}":
                    break
                time.sleep(0.05)  # the database was busy: told again

    payee.begin()
    threads = [threading.Thread(target=provider, args=(told[n::8],), daemon=True) for n in range(8)]

    def kills() -> None:
        for _ in range(3):
            if ended.wait(chance.uniform(0.1, 0.5)):
                return
            payee.kill()
            payee.begin()

    killer = threading.Thread(target=kills, daemon=True)
    for thread in (*threads, killer):
        thread.start()
    for thread in threads:
        thread.join(600)
    ended.set()
    killer.join(120)
    assert not any(thread.is_alive() for thread in threads) and unexpected == []
    with database.reading() as connection:
        p = t.payments.c
        rows = connection.execute(sa.select(p.provider_id, p.how).where(p.account == id)).all()
        assert ledger.faults(connection) == []
        assert ledger.balance(connection, ledger.customer(id, "pbx")) == sum(one.amount for one in made)
        states = [billing.read_invoice(connection, one.id).state for one in made]
    assert sorted(row.provider_id for row in rows) == sorted(str(one.id) for one in made)
    assert set(states) <= {"paid", "deleted"} and states[:15] == ["paid"] * 15
    print(
        f"{len(told)} notices, {len(rows)} payments, {states.count('deleted')} of them after their invoice was deleted"
    )
