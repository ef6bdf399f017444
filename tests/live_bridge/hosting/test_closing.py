"""The end of an account: what goes, what stays, and who may end it (R-01.9)."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest
import sqlalchemy as sa

from engine.account.refusals import AccountRefused
from live_bridge.hosting import billing, closing, ledger, numbers, papers
from live_bridge.hosting import tables as t
from live_bridge.hosting.database import Database
from live_bridge.hosting.hosting import Hosting
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.people import DAY_US, START
from tests.live_bridge.hosting.site import PDF, signed_up, visit


@rule("R-01.9", "R-03.8", "R-21.7", "R-20.7")
def test_numbers_go_back_and_documents_and_money_stay(database: Database) -> None:
    id = people.account(database)
    payer = people.payer(database, id)
    offer = numbers.Offer(number=f"7812{id:07}", city="Санкт-Петербург", fee=Decimal(180))
    paid = people.invoice(database, id, payer, "500.00", balance="numbers")
    left = people.invoice(database, id, payer, "70.00")
    with database.writing() as connection:
        one = billing.Receipt(system="robokassa", provider_id=f"c{id}", amount=Decimal(500), at=START)
        billing.receive(connection, one, paid.id)
        numbers.buy(connection, id, offer, START)
        closing.close(connection, id, START + DAY_US)
        closing.close(connection, id, START + 2 * DAY_US)
    account = people.standing(database, id)
    assert (account.standing.state, account.standing.since) == ("closed", START + DAY_US)
    with database.writing() as connection:
        assert numbers.held_by(connection, id) == []
        assert [one.number for one in numbers.unreleased(connection) if one.account == id] == [offer.number]
        assert billing.read_invoice(connection, left.id).state == "deleted"
        assert len(papers.papers(connection, id, "invoice")) == 2
        assert billing.number_balance(connection, id) == Decimal(320), "what was paid is settled by people"
        e = t.emails.c
        told = list(connection.execute(sa.select(e.subject).where(e.to == account.email)).scalars())
        assert len([subject for subject in told if "закрыт" in subject]) == 1
        for refused in (
            lambda: numbers.buy(connection, id, offer, START + 3 * DAY_US),
            lambda: billing.make_invoice(connection, id, payer, Decimal(5), START + 3 * DAY_US, people.PROVIDER),
        ):
            with pytest.raises(AccountRefused, match="closed"):
                refused()
        late = billing.Receipt(system="platron", provider_id=f"l{id}", amount=Decimal(70), at=START + 4 * DAY_US)
        assert billing.receive(connection, late, left.id) == "without_invoice"
        assert ledger.balance(connection, ledger.customer(id, "pbx")) == Decimal(70)
    assert people.standing(database, id).standing.state == "closed", "money opens it no more"


@rule("R-01.9", "R-01.12")
def test_an_owner_closes_their_account_by_name_and_password_and_reads_documents_afterwards(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        head = await signed_up(hosting, browser)
        csrf = head["X-CSRF-Token"]
        await browser.post("/balance/payer", data={"csrf": csrf, "name": "Анна", "phone": "+79161234567"})
        await browser.post("/balance/invoice", data={"csrf": csrf, "payer": "1", "amount": "100"})
        await browser.post("/api/confirmation/scans?name=a", content=PDF, headers=head)
        right = {"csrf": csrf, "name": "First", "password": "correct horse"}
        for wrong, status in (({"name": "second"}, 422), ({"name": ""}, 422), ({"password": "wrong"}, 403)):
            found = await browser.post("/profile/close", data={**right, **wrong})
            assert found.status_code == status and 'role="alert"' in found.text
            assert (await browser.get("/api/account")).json()["state"] == "trial"
        assert (await browser.post("/profile/close", data=right)).status_code == 303
        assert (await browser.get("/api/account")).json()["state"] == "closed"
        assert (await browser.get("/documents/1")).status_code == 200 and (
            await browser.get("/documents/1/pdf")
        ).content
        assert (await browser.get("/api/confirmation/scans")).json() == []
        assert "Аккаунт закрыт" in (await browser.get("/profile")).text
        again = await browser.post(
            "/api/account/close", json={"name": "first", "password": "correct horse"}, headers=head
        )
        assert again.status_code == 200, "closed is closed"
        for path, form in (("/balance/invoice", {"payer": "1", "amount": "5"}), ("/balance/extend", {})):
            found = await browser.post(path, data={"csrf": csrf, **form})
            assert found.status_code == 422 and "R-01.9" in found.text, path
        await browser.post("/sign-out", data={"csrf": csrf})
        form = {"email": "anna@example.org", "password": "correct horse"}
        assert (await browser.post("/sign-in", data=form)).status_code == 303, "to read documents"

    visit(hosting, story)


@rule("R-01.12")
def test_wrong_passwords_at_the_closing_lock_as_at_the_sign_in(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        head = await signed_up(hosting, browser)
        wrong = {"name": "first", "password": "wrong"}
        codes = [(await browser.post("/api/account/close", json=wrong, headers=head)).status_code for _ in range(11)]
        assert codes == [403] * 10 + [429]
        right = {"name": "first", "password": "correct horse"}
        assert (await browser.post("/api/account/close", json=right, headers=head)).status_code == 429

    visit(hosting, story)
