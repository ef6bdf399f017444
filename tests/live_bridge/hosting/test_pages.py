"""The hosting process's pages and API without a port: from the first page to a paid invoice (R-01, R-03, R-20, R-21)."""

from __future__ import annotations

import httpx

from live_bridge.hosting.hosting import Hosting
from live_bridge.payments import robokassa
from live_bridge.payments.robokassa import RobokassaShop
from tests.harness import rule
from tests.live_bridge.hosting.site import PDF, letter, signed_up, visit

SHOP = RobokassaShop(login="demo", password1="one", password2="two")


@rule("R-01.1", "R-01.2", "R-01.4", "R-01.5", "R-01.7", "R-01.8", "R-21.11")
def test_from_the_first_page_to_the_balance(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        assert "Подключить бесплатно" in (await browser.get("/")).text
        refused = await browser.post("/", data={"email": "example.onpbx.ru"})
        assert refused.status_code == 422 and "R-01.7" in refused.text
        await signed_up(hosting, browser)
        account = (await browser.get("/api/account")).json()
        assert (account["domain"], account["state"], account["recommended"]) == ("first.onpbx.ru", "trial", "300.00")
        key = letter(hosting)[1].partition("key=")[2]
        again = await browser.post("/complete", data={"key": key, "name": "other", "server": "moscow"})
        assert again.status_code == 422
        assert "first.onpbx.ru" in (await browser.get("/balance")).text

    visit(hosting, story)


@rule("R-01.12", "R-01.7", "R-01.1")
def test_nobody_learns_who_has_an_account_and_ten_wrong_passwords_lock_either(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        await signed_up(hosting, browser)
        for page in ("/", "/forgot"):
            told = [(await browser.post(page, data={"email": f"{who}@example.org"})).text for who in ("anna", "nobody")]
            assert told[0] == told[1]
        for who in ("anna", "nobody"):
            form = {"email": f"{who}@example.org", "password": "wrong"}
            codes = [(await browser.post("/sign-in", data=form)).status_code for _ in range(11)]
            assert codes == [403] * 10 + [429]
        csrf = (await browser.get("/api/account")).json()["csrf"]
        assert (await browser.post("/sign-out", data={"csrf": csrf})).status_code == 303
        assert (await browser.get("/api/account")).status_code == 401

    visit(hosting, story)


@rule("R-21.3", "R-21.4", "R-21.6", "R-21.12", "R-20.3", "R-20.6", "R-03.3", "R-22.2")
def test_invoice_is_paid_by_a_signed_notice_and_printed(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        head = await signed_up(hosting, browser)
        payer = {"kind": "private", "fields": {"name": "Анна <Петрова>", "phone": "+79161234567"}}
        assert (await browser.post("/api/payers", json=payer)).status_code == 403, "without the token"
        evil = {**head, "Origin": "https://evil.example"}
        assert (await browser.post("/api/payers", json=payer, headers=evil)).status_code == 403
        id = (await browser.post("/api/payers", json=payer, headers=head)).json()["id"]
        invoice = (await browser.post("/api/invoices", json={"payer": id, "amount": "123.45"}, headers=head)).json()
        begun = await browser.post(f"/api/invoices/{invoice['id']}/pay", json={"system": "robokassa"}, headers=head)
        assert "auth.robokassa.ru" in begun.json()["url"]
        forged = {**robokassa.notice_fields(SHOP, str(invoice["id"]), "123.45"), "OutSum": "999.00"}
        assert not (await browser.post("/pay/robokassa/result", data=forged)).text.startswith("OK")
        for _ in range(2):
            good = robokassa.notice_fields(SHOP, str(invoice["id"]), "123.450000")
            assert (await browser.post("/pay/robokassa/result", data=good)).text == f"OK{invoice['id']}"
        assert (await browser.get("/api/account")).json()["balance"] == "123.45"
        assert "Оплачено" in (await browser.get("/balance")).text
        page = (await browser.get(f"/documents/{invoice['document']}")).text
        assert "Анна &lt;Петрова&gt;" in page and "123,45" in page and "без НДС" in page
        button = await browser.post("/api/account/extend", headers=head)
        assert button.status_code == 422 and "продление не требуется" in button.json()["detail"]

    visit(hosting, story)


@rule("R-03.1", "R-03.2", "R-03.9", "R-03.10", "R-03.12", "R-01.13")
def test_numbers_confirmation_and_the_cost_of_services(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        head = await signed_up(hosting, browser)
        price = (await browser.post("/api/services/price", json={"users": 2}, headers=head)).json()
        assert (price["month"], price["more"]) == ("600.00", "300.00")
        assert (await browser.get("/api/numbers/offers")).json()[0]["fee"] == "200"
        refused = await browser.post("/api/numbers", json={"number": "74951230001"}, headers=head)
        assert refused.json()["code"] == "balance_zero"
        scan = await browser.post("/api/confirmation/scans?name=a.pdf", content=PDF, headers=head)
        assert scan.status_code == 201
        foreign = await browser.post("/api/confirmation", json={"citizenship": "KZ"}, headers=head)
        assert foreign.json()["rule"] == "R-03.12"
        sent = await browser.post("/api/confirmation", json={"citizenship": "RU"}, headers=head)
        assert sent.json()["state"] == "in_process"

    visit(hosting, story)


@rule("R-01.13", "R-03.2", "R-03.4", "R-01.12", "R-03.5")
def test_owner_sees_prices_before_adding_services_and_buys_a_number_by_its_page(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        csrf = (await signed_up(hosting, browser))["X-CSRF-Token"]

        async def sent(path: str, **form: str) -> httpx.Response:
            return await browser.post(path, data={"csrf": csrf, **form})

        counts = {"users": "2", "trunks": "0", "recording": "0"}
        shown = await sent("/settings/services", what="price", **counts)
        assert shown.status_code == 200 and "600,00" in shown.text and "300,00" in shown.text
        assert (await browser.get("/api/account")).json()["month"] == "300.00", "nothing is added by looking"
        assert (await sent("/settings/services", what="add", **counts)).status_code == 303
        assert (await browser.get("/api/account")).json()["month"] == "600.00"
        assert (await sent("/settings/services", what="add", users="-1", trunks="0", recording="0")).status_code == 422
        assert (await sent("/settings/phone", user="100")).status_code == 503, "there is no PBX in this test"

        page = (await browser.get("/numbers?city=моск")).text
        assert "74951230001" in page and "disabled" in page
        assert "74951230001" not in (await browser.get("/numbers?city=тверь")).text
        refused = await sent("/numbers/buy", number="74951230001")
        assert refused.status_code == 422 and "R-03.2" in refused.text
        await sent("/balance/payer", name="Анна", phone="+79161234567")
        assert (await sent("/balance/invoice", payer="1", amount="250", balance="numbers")).status_code == 303
        notice = robokassa.notice_fields(SHOP, "1", "250.000000")
        assert (await browser.post("/pay/robokassa/result", data=notice)).text == "OK1"
        assert (await sent("/numbers/buy", number="74951230001")).status_code == 303
        page = (await browser.get("/numbers")).text
        assert "Мои номера" in page and page.count("74951230001") == 1, "it is no longer free"

        wrong = await sent("/profile/password", old="wrong", new="another horse")
        assert wrong.status_code == 403 and "неверен" in wrong.text
        assert (await sent("/profile/password", old="correct horse", new="short")).status_code == 422
        assert (await sent("/profile/password", old="correct horse", new="another horse")).status_code == 303
        assert (await browser.get("/profile")).status_code == 303

    visit(hosting, story)
