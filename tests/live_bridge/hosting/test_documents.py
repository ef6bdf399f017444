"""Numbers of documents have no gaps and documents never change, whoever writes at once (R-20.7)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.account import money
from engine.account.documents import gaps
from engine.account.tariff import PriceList
from live_bridge.hosting import billing, ledger, papers, tables
from live_bridge.hosting.database import Database
from live_bridge.store.rows import StoreError
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.people import DAY_US, START, at
from tests.live_bridge.service.test_end_to_end import environment

WRITERS = 8
EACH = 25


def test_tables_are_what_the_migrations_make(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": tables.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, tables.metadata) == []


def test_database_of_a_newer_version_is_left_alone(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/newer.sqlite"
    made = Database(url)
    with made.writing() as connection:
        connection.execute(sa.text("UPDATE hosting_version SET version_num = 'h9999'"))
    made.close()
    with pytest.raises(StoreError, match="newer version"):
        Database(url)


@rule("R-20.7", "R-20.3")
def test_eight_writers_at_once_leave_no_gap_although_some_of_them_fail(database: Database) -> None:
    """Every third transaction fails after it has its number: another one takes that."""
    ids = [people.account(database) for _ in range(WRITERS)]
    when = at("2031-05-05 12:00:00")
    made: list[int] = []
    errors: list[Exception] = []

    def write(id: int) -> None:
        try:
            for n in range(EACH):
                try:
                    with database.writing() as connection:
                        document = papers.issue(connection, "invoice", id, None, when, {"n": n})
                        if n % 3 == 2:
                            raise ZeroDivisionError
                    made.append(document)
                except ZeroDivisionError:
                    continue
        except Exception as error:  # told below: a thread's own would be lost
            errors.append(error)

    threads = [threading.Thread(target=write, args=(id,)) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not errors
    with database.reading() as connection:
        found = papers.numbers_of(connection, "invoice", 2031)
    assert len(made) == len(found) == WRITERS * (EACH - EACH // 3) and gaps(found) == [] and found[0] == 1
    assert found[-1] == len(found)


@rule("R-20.7")
def test_eight_processes_at_once_leave_no_gap_although_one_is_killed(database: Database) -> None:
    ids = [people.account(database) for _ in range(WRITERS)]
    url = database.url.render_as_string(hide_password=False)
    words = [sys.executable, "-m", "tests.live_bridge.hosting.writers", url, "2033", str(EACH), *map(str, ids)]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said = [int(line) for line in done.stdout.split()]
    with database.reading() as connection:
        found = papers.numbers_of(connection, "invoice", 2033)
        killed = len(papers.papers(connection, ids[0]))
    assert said == [-signal.SIGKILL, *[EACH - EACH // 3] * (WRITERS - 1)], done.stderr
    assert found == list(range(1, sum(said[1:]) + killed + 1)), "no gap, also where the killed one had its number"
    assert killed == EACH // 2 - EACH // 2 // 3, "what it had written before is there"


@rule("R-20.7", "R-21.10")
def test_nothing_issued_or_booked_is_replaced_truncated_or_moved(database: Database) -> None:
    id = people.account(database)
    with database.writing() as connection:
        document = papers.issue(connection, "act", id, None, START, {"amount": "1.00"}, key=f"k{id}")
        billing.correct(connection, id, START, Decimal(5), f"x{id}", "")
        before = connection.execute(sa.text("SELECT number, kind, year, n FROM documents ORDER BY id")).all()
    number = before[-1].number
    columns = "account, kind, year, n, number, issued_at, body"
    taken = f"{id}, 'act', 2099, 1, '{number}', 1, '{{}}'"
    deeds = [
        f"INSERT OR REPLACE INTO documents (id, {columns}) VALUES ({document}, {id}, 'act', 2099, 1, 'new', 1, '{{}}')",
        f"INSERT OR REPLACE INTO documents ({columns}) VALUES ({taken})",
        f"INSERT OR REPLACE INTO documents ({columns}, key) VALUES ({id}, 'act', 2099, 1, 'n', 1, '{{}}', 'k{id}')",
        f"REPLACE INTO ledger_entries (key, at, kind, memo) VALUES ('correction:x{id}', 1, 'charge', '')",
        "INSERT OR REPLACE INTO ledger_lines (id, entry, ledger, amount) SELECT id, entry, ledger, 0 FROM ledger_lines",
        f"UPDATE OR REPLACE documents SET number = '{number}' WHERE id <> {document}",
    ]
    if not database.is_sqlite:
        deeds = [
            "TRUNCATE documents CASCADE",
            "TRUNCATE ledger_lines",
            f"INSERT INTO documents ({columns}) VALUES ({taken}) ON CONFLICT (number) DO UPDATE SET body = '{{}}'",
            f"UPDATE documents SET number = number || 'x' WHERE id = {document}",
        ]
    for deed in deeds:
        with pytest.raises(sa.exc.DatabaseError, match="only ever appended to"), database.writing() as connection:
            connection.execute(sa.text(deed))
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT number, kind, year, n FROM documents ORDER BY id")).all() == before
        assert papers.read(connection, id, document).body == {"amount": "1.00"}
        assert ledger.balance(connection, ledger.customer(id, "pbx")) == Decimal(5)


@rule("R-20.7")
@pytest.mark.parametrize("deed", ["UPDATE documents SET body = '{}'", "DELETE FROM documents"])
def test_issued_document_is_changed_by_nobody(database: Database, deed: str) -> None:
    id = people.account(database)
    with database.writing() as connection:
        document = papers.issue(connection, "act", id, None, START, {"amount": "1.00"})
    with pytest.raises(sa.exc.DatabaseError, match="only ever appended to"), database.writing() as connection:
        connection.execute(sa.text(f"{deed} WHERE id = {document}"))
    with database.writing() as connection:
        correction = papers.correct(connection, id, document, START + DAY_US, {"amount": "2.00"})
        told = papers.read(connection, id, correction)
        assert papers.read(connection, id, document).body == {"amount": "1.00"}
    assert told.kind == "correction" and told.corrects == document and told.body["corrects"].startswith("А-2026-")


@rule("R-21.10")
@pytest.mark.parametrize(
    "deed", ["UPDATE ledger_lines SET amount = 0", "DELETE FROM ledger_lines", "DELETE FROM ledger_entries"]
)
def test_ledger_is_only_appended_to(database: Database, deed: str) -> None:
    id = people.account(database)
    with database.writing() as connection:
        billing.correct(connection, id, START, Decimal(5), f"t{id}", "a present")
    with pytest.raises(sa.exc.DatabaseError, match="only ever appended to"), database.writing() as connection:
        connection.execute(sa.text(deed))
    with database.reading() as connection:
        assert ledger.balance(connection, ledger.customer(id, "pbx")) == Decimal(5)
        assert ledger.faults(connection) == []


@rule("R-21.10")
def test_entry_that_does_not_cancel_out_is_refused_and_one_key_is_booked_once(database: Database) -> None:
    with database.writing() as connection:
        with pytest.raises(ledger.Unbalanced):
            ledger.book(connection, "x", START, "charge", {"a": Decimal(1), "b": Decimal(-2)})
        key = f"once{database.is_sqlite}"
        assert ledger.book(connection, key, START, "charge", {"a": Decimal(1), "b": Decimal(-1)})
        assert not ledger.book(connection, key, START, "charge", {"a": Decimal(1), "b": Decimal(-1)})


@rule("R-20.4")
def test_act_of_a_quarter_is_issued_once_for_a_legal_payer_with_charges(database: Database) -> None:
    people.set_prices(database, PriceList(account=Decimal(310)))
    id = people.account(database, at("2026-09-01 12:00:00"))
    people.top_up(database, id, "2000.00", at("2026-09-02 00:00:00"))
    with database.writing() as connection:
        billing.settle(connection, id, at("2027-01-01 00:00:00"))
        assert papers.quarterly_act(connection, id, at("2027-01-01 00:00:00"), people.PROVIDER) is None, (
            "no legal payer"
        )
    people.payer(database, id, "legal")
    with database.writing() as connection:
        document = papers.quarterly_act(connection, id, at("2027-01-01 09:00:00"), people.PROVIDER)
        assert document is not None
        assert papers.quarterly_act(connection, id, at("2027-03-31 09:00:00"), people.PROVIDER) is None
        told = papers.read(connection, id, document)
    assert (told.body["first"], told.body["last"]) == ("2026-10-01", "2026-12-31")
    charged = sum(
        (
            -one.amount
            for one in _charges(database, id)
            if at("2026-10-01 00:00:00") <= one.at < at("2027-01-01 00:00:00")
        ),
        money.ZERO,
    )
    assert Decimal(told.body["amount"]) == charged > 0
    assert told.number.startswith("А-2027-")


def _charges(database: Database, id: int) -> list[ledger.Booking]:
    with database.reading() as connection:
        found = ledger.bookings(connection, ledger.customer(id, "pbx"))
    return [one for one in found if one.kind == "charge"]


@rule("R-20.5", "R-20.3", "R-21.5")
def test_reconciliation_is_issued_and_keeps_the_payer_of_its_day(database: Database) -> None:
    id = people.account(database)
    payer = people.payer(database, id, "legal")
    with database.writing() as connection:
        billing.correct(connection, id, START, Decimal("12.50"), f"r{id}", "")
        document, sums = papers.reconciliation(
            connection, id, payer, date(2026, 10, 1), date(2026, 10, 31), START + DAY_US, people.PROVIDER
        )
        billing.change_payer(connection, id, payer, {"name": "another"})
        told = papers.read(connection, id, document)
    assert (sums.opening, sums.paid, sums.closing) == (0, Decimal("12.50"), Decimal("12.50"))
    assert told.body["payer"]["name"] == "x" and told.body["closing"] == "12.50"
    other = people.account(database)
    with database.reading() as connection, pytest.raises(papers.NoSuchPaper):
        papers.read(connection, other, document)
