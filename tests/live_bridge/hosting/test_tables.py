"""The tables of the account's rules once more, asked through the JSON API with a clock that stands where a row says (R-22.10 and
every rule with a length of time or an amount in it)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import httpx
import pytest
import sqlalchemy as sa

from engine.account import standing
from engine.account.tariff import PriceList
from engine.contract.ids import SECOND_US
from live_bridge.hosting import daily, ledger, numbers
from live_bridge.hosting import tables as t
from live_bridge.hosting.hosting import Hosting
from tests.engine.account.test_times import NOW, ago, at
from tests.engine.tables import rows
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.site import PDF, enter, letter, make_hosting, visit

OFFERS = [{"number": f"7495999{n:04}", "city": "Москва", "fee": 200} for n in range(20)]


class Clock:
    """Stands until it is set."""

    now = at(NOW)

    def __call__(self) -> int:
        return self.now


CLOCK = Clock()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """One hosting process for all rows: each row has an account of its own."""
    with pytest.MonkeyPatch.context() as patch:
        made = make_hosting(tmp_path_factory.mktemp("tables"), patch, CLOCK, numbers=OFFERS)
        sa.event.listen(made.database.engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
        made.database.engine.dispose()
        yield made
        made.close()


def price(hosting: Hosting, month: str) -> None:
    """What a month of any account costs from long ago."""
    people.set_prices(hosting.database, PriceList(account=Decimal(month)))


def balance(hosting: Hosting, account: int, amount: Decimal, of: str = "pbx") -> None:
    """Bring a balance to an amount."""
    with hosting.database.writing() as connection:
        name = ledger.customer(account, of)
        more = amount - ledger.balance(connection, name)
        if more:
            ledger.book(connection, f"set:{account}:{of}", 1, "correction", {name: more, ledger.CORRECTIONS: -more})


def set_account(hosting: Hosting, account: int, **values: object) -> None:
    """Bring an account to where a row begins."""
    with hosting.database.writing() as connection:
        connection.execute(t.accounts.update().where(t.accounts.c.id == account).values(**values))


# --- the extension ---------------------------------------------------------------------------------------------------


@rule("R-22.1", "R-22.2", "R-22.3", "R-22.4", "R-22.5", "R-22.6", "R-22.7", "R-22.10")
@pytest.mark.parametrize("case", rows("extension_cases.tsv"), ids=lambda case: case["case"])
def test_extension_by_the_table(city: Hosting, case: dict[str, str]) -> None:
    price(city, "0")
    now = CLOCK.now = at(NOW)
    registered = at(case["registered"])
    id = people.account(city.database, registered)
    paid = [at(case["first_payment"])] if case["first_payment"] else []
    paid += [one for one in [ago(case["paid_after_use"])] if one]
    set_account(
        city, id, state=case["state"], since=ago(case["last_use"]) or now - SECOND_US, paid_at=max(paid, default=None),
        trial_ends_at=registered + standing.TRIAL_US, extended_at=ago(case["last_use"]), charged_until=now,
    )  # fmt: skip
    balance(city, id, Decimal("50.00") if case["state"] == "active" else Decimal("-1.00"))

    async def story(browser: httpx.AsyncClient) -> None:
        head = await enter(city, browser, id)
        told = (await browser.get("/api/account")).json()
        assert (told["state"], told["extension"]["hint"]) == (case["state_now"], case["hint"])
        assert told["extension"]["works"] == (case["button"] == "works")
        pressed = await browser.post("/api/account/extend", headers=head)
        if case["button"] == "works":
            assert pressed.status_code == 200 and pressed.json()["state"] == "extended_24h"
            CLOCK.now = now + standing.EXTENSION_US - SECOND_US
            assert (await browser.get("/api/account")).status_code == 401, "the session is over by then"
            await enter(city, browser, id)
            assert (await browser.get("/api/account")).json()["extension"]["hint"] == "on"
            CLOCK.now = now + standing.EXTENSION_US
            after = (await browser.get("/api/account")).json()
            assert (after["state"], after["extension"]["hint"]) == ("blocked_debt", "over")
        else:
            assert pressed.status_code == 422 and pressed.json()["rule"] == case["button"]

    visit(city, story)


# --- lengths of time -------------------------------------------------------------------------------------------------


async def time_answer(hosting: Hosting, browser: httpx.AsyncClient, question: str, since: int, now: int) -> str:
    """What the API says at an instant about what began at another one."""
    CLOCK.now = since
    id = people.account(hosting.database, since)
    head = await enter(hosting, browser, id)

    async def account() -> dict[str, object]:
        await enter(hosting, browser, id)
        found: dict[str, object] = (await browser.get("/api/account")).json()
        return found

    match question:
        case "link":
            await browser.post("/", data={"email": f"link{id}{now}@example.org"})
            page = letter(hosting)[1]
            CLOCK.now = now
            shown = await browser.get(page)
            return "link_over" if "срок ссылки истёк" in shown.text else "works" if shown.status_code == 200 else "?"
        case "trial":
            CLOCK.now = now
            return str((await account())["state"])
        case "api":
            set_account(hosting, id, state="blocked_debt", since=since, charged_until=now)
            until = (await account())["api_until"]
            return "stopped" if now >= int(str(until)) else "works"
        case "session":
            CLOCK.now = now
            return "over" if (await browser.get("/api/account")).status_code == 401 else "works"
        case "number":
            balance(hosting, id, Decimal(200), "numbers")
            offer = OFFERS[id % 20]["number"]
            assert (await browser.post("/api/numbers", json={"number": offer}, headers=head)).status_code == 201
            with hosting.database.writing() as connection:
                last = people.day(since).isoformat()
                connection.execute(t.numbers.update().where(t.numbers.c.account == id).values(paid_until=last))
            CLOCK.now = now
            daily.run(hosting.database, now)
            await enter(hosting, browser, id)
            kept = (await browser.get("/api/numbers")).json() != []
            with hosting.database.writing() as connection:
                numbers.give_back(connection, id, now)
            return "kept" if kept else "lost"
        case "check":
            await browser.post("/api/confirmation/scans?name=a", content=PDF, headers=head)
            sent = await browser.post("/api/confirmation", json={"citizenship": "RU"}, headers=head)
            return "late" if now >= sent.json()["checked_by"] else "within"
        case "bank":
            by = date(*map(int, reversed(str((await account())["bank_credits_by"]).split("."))))
            return "late" if people.day(now) > by else "within"
        case "invoice":
            payer = people.payer(hosting.database, id)
            await browser.post("/api/invoices", json={"payer": payer, "amount": "100"}, headers=head)
            CLOCK.now = now
            daily.run(hosting.database, now)
            await enter(hosting, browser, id)
            return "kept" if (await browser.get("/api/invoices")).json() else "deleted"
        case "extension":
            set_account(hosting, id, state="blocked_debt", since=since, paid_at=1, charged_until=now)
            balance(hosting, id, Decimal(-1))
            assert (await browser.post("/api/account/extend", headers=head)).status_code == 200
            CLOCK.now = now
            return str((await account())["state"])
    raise AssertionError(question)


@rule("R-01.7", "R-01.9", "R-01.11", "R-01.12", "R-03.8", "R-03.10", "R-21.6", "R-21.7", "R-22.5", "R-22.9")
@pytest.mark.parametrize(
    "row", rows("account_times.tsv"), ids=lambda row: f"{row['rule']} {row['question']} {row['at']}"
)
def test_time_by_the_table(city: Hosting, row: dict[str, str]) -> None:
    price(city, "0")

    async def story(browser: httpx.AsyncClient) -> None:
        said = await time_answer(city, browser, row["question"], at(row["since"]), at(row["at"]))
        assert said == row["answer"]

    visit(city, story)


# --- amounts ---------------------------------------------------------------------------------------------------------


async def amount_answer(hosting: Hosting, browser: httpx.AsyncClient, question: str, given: str) -> str:
    """What the API says about an amount; a refusal by its code, everything else as the table writes it."""
    now = CLOCK.now = at(NOW)
    id = people.account(hosting.database, now)
    head = await enter(hosting, browser, id)

    async def invoice(kind: str, amount: str, of: str = "pbx") -> httpx.Response:
        payer = people.payer(hosting.database, id, kind)  # type: ignore[arg-type]
        body = {"payer": payer, "amount": amount, "balance": of}
        return await browser.post("/api/invoices", json=body, headers=head)

    async def card(amount: str, rate: str = "100") -> httpx.Response:
        hosting.config = hosting.config.model_copy(update={"rub_per_usd": Decimal(rate)})
        made = (await invoice("private", amount, "numbers")).json()
        body = {"system": "robokassa"}
        return await browser.post(f"/api/invoices/{made['id']}/pay", json=body, headers=head)

    def code(answer: httpx.Response, works: str) -> str:
        return works if answer.status_code < 300 else str(answer.json()["code"])

    match question.split():
        case ["card", "usd", rate, "rub"]:
            return code(await card(given, rate), "100.00")
        case ["card", "after", "60", "usd", *yesterday]:
            if yesterday:
                CLOCK.now = at("2026-11-28 23:59:59")
            for amount in ("2000", "4000"):
                assert (await card(amount)).status_code == 200
            if yesterday:
                CLOCK.now = at("2026-11-29 00:00:00")
            return code(await card(given), "100.00" if yesterday else "40.00")
        case ["foreign,", _, month] | ["legal,", _, month]:
            price(hosting, month)
            return code(await invoice(question.partition(",")[0], given), "made")
        case ["recommended,", _, month, _]:
            price(hosting, month.rstrip(","))
            balance(hosting, id, Decimal(given))
            return str((await browser.get("/api/account")).json()["recommended"]).removesuffix(".00")
        case ["charge", _, *rest]:
            price(hosting, "1000")
            registered = at("2014-12-16 23:59:59" if "old" in rest else "2014-12-17 00:00:00")
            set_account(hosting, id, state="active", registered_at=registered, trial_ends_at=registered, paid_at=1)
            balance(hosting, id, Decimal(given))
            CLOCK.now = at("2026-11-29 23:49:59")
            assert (await browser.get("/api/account")).json()["state"] == "active"
            CLOCK.now = at("2026-11-29 23:50:00")
            return str((await browser.get("/api/account")).json()["state"])
        case ["day", "of", days, _]:
            CLOCK.now = at({"30,": "2026-11-01", "31,": "2026-12-01", "28,": "2026-02-01"}[days] + " 12:00:00")
            price(hosting, given)
            head = await enter(hosting, browser, id)
            return str((await browser.post("/api/services/price", json={}, headers=head)).json()["day"])
        case ["fee", *_]:
            balance(hosting, id, Decimal(given), "numbers")
            bought = await browser.post("/api/numbers", json={"number": OFFERS[id % 20]["number"]}, headers=head)
            if bought.status_code == 201:
                with hosting.database.writing() as connection:
                    numbers.give_back(connection, id, now)
            return code(bought, "bought")
        case ["calls", *_]:
            balance(hosting, id, Decimal(200) + Decimal(given), "numbers")
            await browser.post("/api/numbers", json={"number": OFFERS[id % 20]["number"]}, headers=head)
            [mine] = (await browser.get("/api/numbers")).json()
            with hosting.database.writing() as connection:
                numbers.give_back(connection, id, now)
            return "paid" if mine["paid"] else "unpaid"
        case ["amount"]:
            answer = await invoice("private", given)
            return code(answer, "") or str(answer.json()["amount"])
    raise AssertionError(question)


@rule("R-03.2", "R-03.5", "R-03.6", "R-03.13", "R-20.7", "R-21.8", "R-21.9", "R-21.10", "R-21.11", "R-21.13")
@pytest.mark.parametrize(
    "row", rows("account_amounts.tsv"), ids=lambda row: f"{row['rule']} {row['question']} {row['given']}"
)
def test_amount_by_the_table(city: Hosting, row: dict[str, str]) -> None:
    price(city, "0")

    async def story(browser: httpx.AsyncClient) -> None:
        assert await amount_answer(city, browser, row["question"], row["given"]) == row["answer"]

    visit(city, story)


# --- who tries to sign in --------------------------------------------------------------------------------------------


@rule("R-01.12")
def test_lock_of_the_sign_in_to_the_second(city: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        async def tried(when: int) -> int:
            CLOCK.now = when
            return (await browser.post("/sign-in", data={"email": "x@example.org", "password": "wrong"})).status_code

        minute = 60 * SECOND_US
        start = at(NOW)
        assert [await tried(start + n * minute) for n in range(9)] == [403] * 9
        assert await tried(start + 15 * minute) == 403, "the tenth within 15 minutes, both ends included"
        assert await tried(start + 15 * minute + SECOND_US) == 429
        assert await tried(start + 30 * minute - SECOND_US) == 429
        assert await tried(start + 30 * minute) == 403

    visit(city, story)
