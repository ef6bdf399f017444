"""Charges, blocks and payments in the database: once whatever happens, each at its own instant (R-21, R-22, R-03)."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from engine.account import moments
from engine.account.refusals import AccountRefused
from engine.account.tariff import Holdings, PriceList
from live_bridge.hosting import accounts, billing, daily, ledger, numbers
from live_bridge.hosting import tables as t
from live_bridge.hosting.billing import Receipt
from live_bridge.hosting.database import Database
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.people import DAY_US, START, at


def receipt(provider_id: str, amount: str, when: int = START, system: str = "robokassa") -> Receipt:
    return Receipt(system=system, provider_id=provider_id, amount=Decimal(amount), at=when)


def receive(database: Database, one: Receipt, invoice: int) -> str:
    return database.attempt(lambda connection: billing.receive(connection, one, invoice))


# --- charges ---------------------------------------------------------------------------------------------------------


@rule("R-21.1", "R-21.10", "R-21.13", "R-22.9", "R-01.8")
def test_months_of_charges_are_the_same_whenever_the_run_comes(sqlite: Database) -> None:
    """One account is looked at every day, another one after two months: both have the same ledger and were blocked at once."""
    people.set_prices(sqlite)
    ids = [people.account(sqlite, users=2) for _ in range(2)]
    for id in ids:
        payer = people.payer(sqlite, id)
        invoice = people.invoice(sqlite, id, payer, "300.00")
        assert receive(sqlite, receipt(f"first{id}", "300.00", START + DAY_US), invoice.id) == "with_invoice"
    often, seldom = ids
    for day in range(1, 61):
        with sqlite.writing() as connection:
            billing.settle(connection, often, START + day * DAY_US)
    with sqlite.writing() as connection:
        billing.settle(connection, seldom, START + 60 * DAY_US)
    booked = []
    for id in ids:
        with sqlite.reading() as connection:
            booked.append([(b.at, b.amount) for b in ledger.bookings(connection, ledger.customer(id, "pbx"))])
    assert booked[0] == booked[1]
    one, other = (people.standing(sqlite, id).standing for id in ids)
    assert one == other and one.state == "blocked_debt"
    charges = [when for when, amount in booked[0] if amount < 0]
    assert charges[-1] == at("2026-10-15 23:50:00"), "the trial is free"
    assert one.since == charges[0] and one.balance < 0 and one.balance + Decimal("20.00") > 0


@rule("R-01.10", "R-01.11", "R-22.1")
def test_a_block_is_told_once_by_e_mail_with_the_seven_days_of_programs(sqlite: Database) -> None:
    people.set_prices(sqlite)
    id = people.account(sqlite, at("2026-09-01 12:00:00"))
    people.top_up(sqlite, id, "5.00", at("2026-09-02 12:00:00"))
    for day in range(40):
        with sqlite.writing() as connection:
            billing.settle(connection, id, at("2026-09-02 12:00:00") + day * DAY_US)
    account = people.standing(sqlite, id)
    with sqlite.reading() as connection:
        e = t.emails.c
        [(subject, body)] = connection.execute(sa.select(e.subject, e.body).where(e.to == account.email)).all()
    assert account.name in subject and "-5,00 руб." in body.replace("\u2212", "-").replace("\xa0", " ")
    assert "с 15.09.2026 23:50:00" in body and "до 22.09.2026 23:50:00" in body


@rule("R-21.10")
def test_what_is_added_is_charged_from_its_day_on(sqlite: Database) -> None:
    people.set_prices(sqlite, PriceList(user=Decimal(310)))
    id = people.account(sqlite, at("2026-09-01 12:00:00"))
    people.top_up(sqlite, id, "100.00", at("2026-09-01 12:00:00"))
    with sqlite.writing() as connection:
        billing.settle(connection, id, at("2026-10-20 12:00:00"))
        accounts.set_holdings(connection, id, Holdings(users=1))
        billing.settle(connection, id, at("2026-10-22 12:00:00"))
        found = ledger.bookings(connection, ledger.customer(id, "pbx"))
    assert [(b.memo, b.amount) for b in found if b.kind == "charge"] == [
        ("2026-10-21", Decimal("-10.00")),
        ("2026-10-20", Decimal("-10.00")),
    ]


@rule("R-22.2", "R-22.5", "R-22.10")
def test_button_in_the_database(sqlite: Database) -> None:
    people.set_prices(sqlite, PriceList(account=Decimal(3000)))
    id = people.account(sqlite)
    invoice = people.invoice(sqlite, id, people.payer(sqlite, id), "10.00")
    receive(sqlite, receipt(f"button{id}", "10.00", START + DAY_US), invoice.id)
    blocked = at("2026-10-15 23:50:00")
    with sqlite.writing() as connection:
        assert billing.settle(connection, id, blocked).standing.state == "blocked_debt"
        assert accounts.extend(connection, id, blocked + 60_000_000).state == "extended_24h"
    daily.run(sqlite, blocked + 60_000_000 + DAY_US - 1)
    assert people.standing(sqlite, id).standing.state == "extended_24h"
    daily.run(sqlite, blocked + 60_000_000 + DAY_US)
    assert people.standing(sqlite, id).standing.state == "blocked_debt"
    with sqlite.writing() as connection, pytest.raises(AccountRefused):
        accounts.extend(connection, id, blocked + 2 * DAY_US)


# --- payments --------------------------------------------------------------------------------------------------------


@rule("R-21.12", "R-21.7", "R-21.6")
def test_repeated_reordered_late_and_wrong_notices(database: Database) -> None:
    id = people.account(database)
    payer = people.payer(database, id)
    one, two, old = (people.invoice(database, id, payer, amount) for amount in ("100.00", "200.00", "300.00"))
    assert receive(database, receipt(f"b{id}", "200.00"), two.id) == "with_invoice"
    assert receive(database, receipt(f"a{id}", "99.99"), one.id) == "wrong_amount"
    assert receive(database, receipt(f"a{id}", "100.00"), one.id) == "with_invoice"
    assert receive(database, receipt(f"b{id}", "200.00"), two.id) == "repeated"
    assert receive(database, receipt(f"c{id}", "200.00"), two.id) == "without_invoice", "paid a second time: money too"
    assert receive(database, receipt(f"d{id}", "1.00"), 10**9) == "unknown_invoice"
    late = START + 61 * DAY_US
    with database.writing() as connection:
        assert billing.delete_overdue(connection, id, START + 60 * DAY_US - 1) == 0
        assert billing.delete_overdue(connection, id, START + 60 * DAY_US) == 1
    assert receive(database, receipt(f"e{id}", "300.00", late), old.id) == "without_invoice"
    with database.reading() as connection:
        assert [i.state for i in billing.invoices_of(connection, id)] == ["paid", "paid"]
        assert ledger.balance(connection, ledger.customer(id, "pbx")) == Decimal(800)
        assert ledger.faults(connection) == []


@rule("R-21.12")
def test_two_notices_at_once_credit_once(database: Database) -> None:
    id = people.account(database)
    payer = people.payer(database, id)
    for n in range(12):
        found = people.invoice(database, id, payer, "10.00")
        start = threading.Barrier(3)
        said: list[str] = []

        def notice(name: str, invoice: int, start: threading.Barrier = start, said: list[str] = said) -> None:
            start.wait()
            said.append(receive(database, receipt(name, "10.00"), invoice))

        same = f"same{id}n{n}"
        threads = [threading.Thread(target=notice, args=(same, found.id)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(said) == ["repeated", "repeated", "with_invoice"]
    assert people.standing(database, id).standing.balance == Decimal(120)


@rule("R-21.8", "R-21.9")
def test_transfer_pays_its_invoice_or_is_credited_without_and_a_small_foreign_one_waits(database: Database) -> None:
    people.set_prices(database, PriceList(account=Decimal(100)))
    id = people.account(database)
    payer = people.payer(database, id, "legal")
    found = people.invoice(database, id, payer, "500.00")

    def transfer(name: str, amount: str, **more: object) -> str:
        one = receipt(f"{name}{id}", amount, system="bank")
        with database.writing() as connection:
            known = billing.payers_of(connection, id)
            return billing.receive_transfer(connection, one, id, found, known[int(str(more.get("payer", payer)))])

    assert transfer("part", "200.00") == "without_invoice", "a part of it does not pay it"
    assert transfer("whole", "500.00") == "with_invoice"
    assert transfer("whole", "500.00") == "repeated"
    assert people.standing(database, id).confirmation == "confirmed", "R-03.11"
    foreign = people.payer(database, id, "foreign")
    assert transfer("small", "1199.99", payer=foreign) == "unidentified"
    assert transfer("yearly", "1200.00", payer=foreign) == "without_invoice"
    assert people.standing(database, id).standing.balance == Decimal(1900)
    with pytest.raises(AccountRefused) as refused:
        people.invoice(database, id, foreign, "1199.99")
    assert refused.value.rule == "R-21.8"


@rule("R-03.13")
def test_cards_begun_today_count_against_the_limit(database: Database) -> None:
    id = people.account(database)
    payer = people.payer(database, id)
    rate = Decimal(80)
    amounts = ("5000.00", "3000.00", "3000.01")
    one, two, three = (people.invoice(database, id, payer, amount, balance="numbers") for amount in amounts)
    with database.writing() as connection:
        billing.begin_card(connection, id, one.id, START, rate)
        billing.begin_card(connection, id, one.id, START, rate)
    with database.writing() as connection, pytest.raises(AccountRefused, match=r"37\.50 USD are left"):
        billing.begin_card(connection, id, three.id, START, rate)
    with database.writing() as connection:
        billing.begin_card(connection, id, two.id, START, rate)
        billing.begin_card(connection, id, three.id, moments.end_of(moments.day_of(START)), rate)


# --- bought numbers --------------------------------------------------------------------------------------------------


@rule("R-03.2", "R-03.4", "R-03.5", "R-03.6", "R-03.8")
def test_life_of_a_bought_number(database: Database) -> None:
    offer = numbers.Offer(number=f"7495{people.account(database):07}", city="Москва", fee=Decimal(200))
    id, other = people.account(database), people.account(database)
    with database.writing() as connection, pytest.raises(AccountRefused) as refused:
        numbers.buy(connection, id, offer, START)
    assert refused.value.code == "balance_zero"
    for who in (id, other):
        found = people.invoice(database, who, people.payer(database, who), "400.00", balance="numbers")
        receive(database, receipt(f"n{who}", "400.00"), found.id)
    with database.writing() as connection:
        numbers.buy(connection, id, offer, START)
        assert billing.number_balance(connection, id) == Decimal(200)
    with database.writing() as connection, pytest.raises(AccountRefused) as refused:
        numbers.buy(connection, other, offer, START)
    assert refused.value.code == "number_taken"
    assert people.standing(database, id).standing.balance == 0, "the balances are apart"
    with database.writing() as connection:
        numbers.run(connection, id, at("2026-10-31 23:59:59"))
        assert numbers.held_by(connection, id)[0].paid_until.isoformat() == "2026-10-31"
        numbers.run(connection, id, at("2026-11-01 00:00:00"))
        numbers.run(connection, id, at("2026-11-01 00:00:00"))
        assert numbers.held_by(connection, id)[0].paid_until.isoformat() == "2026-11-30"
        assert billing.number_balance(connection, id) == 0
        assert numbers.unpaid_trunks(connection, id, at("2026-11-02 00:00:00")) == [f"bought{offer.number}"]
        numbers.run(connection, id, at("2027-01-30 23:59:59"))
        assert numbers.held_by(connection, id)
        numbers.run(connection, id, at("2027-01-31 00:00:00"))
        assert not numbers.held_by(connection, id)
        [lost] = numbers.all_of(connection, id)
        assert lost.lost_at == at("2027-01-31 00:00:00")
        numbers.buy(connection, other, offer, at("2027-02-01 00:00:00"))
