"""What is printed of documents, as a page and as PDF, and a company's way to them (R-20, R-21.5)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pypdfium2

from engine.account import invoices
from live_bridge.hosting import daily
from live_bridge.hosting import tables as t
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.document_pages import printed
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.site import signed_up, visit

COMPANY = {
    "name": "ООО «Ромашка и Ёжик» <b>", "inn": "7712345678", "kpp": "771201001", "address": "Москва, Тверская, 7",
    "bank": "ПАО Сбербанк", "bic": "044525225", "bank_account": "4" * 20, "delivery_address": "Москва, а/я 17",
}  # fmt: skip


def text_of(pdf: bytes) -> str:
    """All that stands on a PDF, spaces apart."""
    document = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s", "", "".join(document[n].get_textpage().get_text_range() for n in range(len(document))))


@rule("R-20.3", "R-20.4", "R-20.5", "R-20.6", "R-20.7", "R-21.5", "R-21.3")
def test_a_company_fills_in_its_fields_and_prints_invoice_act_and_reconciliation(hosting: Hosting) -> None:
    now = [people.at("2026-07-01 12:00:00")]
    hosting.clock = lambda: now[0]
    hosting.sign_in._clock = hosting.clock
    with hosting.database.writing() as connection:
        connection.execute(t.prices.update().values(at=people.at("2020-01-01 00:00:00")))

    async def story(browser: httpx.AsyncClient) -> None:
        csrf = (await signed_up(hosting, browser))["X-CSRF-Token"]

        async def sent(path: str, **form: str) -> httpx.Response:
            return await browser.post(path, data={"csrf": csrf, **form})

        made = await sent("/balance/payer", kind="legal", name=COMPANY["name"])
        assert made.headers["location"] == "/payers/1"
        page = (await browser.get("/payers/1")).text
        assert all(f'name="{name}"' in page for name in invoices.NEEDED["legal"])
        refused = await sent("/balance/invoice", payer="1", amount="1000")
        assert refused.status_code == 422 and "R-21.5" in refused.text
        assert (await sent("/balance/payer/fields", payer="1", **COMPANY)).status_code == 303
        assert "все поля заполнены" in (await browser.get("/balance")).text
        assert (await sent("/balance/invoice", payer="1", amount="1234567,89")).status_code == 303
        people.top_up(hosting.database, 1, "1234567.89", now[0])
        now[0] = people.at("2026-10-01 00:00:30")
        daily.run(hosting.database, now[0], provider=hosting.config.provider.model_dump())
        with hosting.database.writing() as connection:
            connection.execute(t.sessions.update().values(began_at=now[0]))
        period = {"payer": "1", "first": "2026-07-01", "last": "2026-09-30"}
        assert (await sent("/balance/reconciliation", **{**period, "first": ""})).status_code == 422
        assert (await sent("/balance/reconciliation", **{**period, "last": "2026-06-30"})).status_code == 422
        last = (await sent("/balance/reconciliation", **period)).headers["location"]
        papers: dict[str, Any] = {one["kind"]: one for one in (await browser.get("/api/documents")).json()}
        assert last == f"/documents/{papers['reconciliation']['id']}"
        wanted = {
            "invoice": ("Счёт№С-2026-000001от01.07.2026", "1234567,89", "ОплатапосчётуС-2026-000001,безНДС"),
            "act": (
                "Актвыполненныхработ№А-2026-000001от01.10.2026",
                "с01.07.2026по30.09.2026",
                "764,64",
                "ПочтойРоссии",
            ),
            "reconciliation": (
                "Актсверки№СВ-2026-000001",
                "1234567,89",
                "764,64",
                "1233803,25",
                "30.09.2026Услуги300,00",
            ),
        }
        for kind, words in wanted.items():
            place = f"/documents/{papers[kind]['id']}"
            page, pdf = (await browser.get(place)).text, await browser.get(f"{place}/pdf")
            assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF-")
            both = re.sub(r"<[^>]*>|\s", "", page).replace("&lt;b&gt;", "<b>"), text_of(pdf.content)
            for word in (*words, "ООО«РомашкаиЁжик»<b>", "7712345678", "ООО«Хостинг»", "7700000000"):
                assert all(word in one for one in both), (kind, word, both[1])
        assert (await browser.get("/documents/1/pdf", headers={"Accept-Language": "en"})).status_code == 200

    visit(hosting, story)


def test_a_pdf_fetches_nothing() -> None:
    pdf = printed('<img src="http://127.0.0.1:1/a.png"><link rel="stylesheet" href="file:///etc/passwd"><p>Ёж</p>')
    assert text_of(pdf) == "Ёж1/1"
