"""What is printed of documents, as a page and as PDF, and a company's way to them (R-20, R-21.5)."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest

from engine.account import invoices
from live_bridge.hosting import accounts, daily
from live_bridge.hosting import tables as t
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.document_pages import printed
from live_bridge.sandbox.smtp import smtp_sink
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.hosting.site import make_hosting, signed_up, visit
from tests.ports import free_port

COMPANY = {
    "name": "ООО «Ромашка и Ёжик» <b>", "inn": "7712345678", "kpp": "771201001", "address": "Москва, Тверская, 7",
    "bank": "ПАО Сбербанк", "bic": "044525225", "bank_account": "4" * 20, "delivery_address": "Москва, а/я 17",
}  # fmt: skip


def text_of(pdf: bytes) -> str:
    """All that stands on a PDF, spaces apart."""
    document = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s", "", "".join(document[n].get_textpage().get_text_range() for n in range(len(document))))


@rule("R-20.1", "R-20.2")
def test_a_private_person_accepts_the_offer_and_asks_for_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    server = smtp_sink("127.0.0.1", port, tmp_path / "mail")
    server.start()
    now = [people.at("2026-11-30 12:00:00")]
    hosting = make_hosting(
        tmp_path, monkeypatch, lambda: now[0],
        provider={
            "name": "ООО «Хостинг»", "inn": "7700000000", "account": "4" * 20, "email": "fin@example.org",
            "offer": "https://example.org/offer",
        },
        mail={"host": "127.0.0.1", "port": port, "encryption": "none", "sender": "pbx@example.org"},
    )  # fmt: skip

    async def story(browser: httpx.AsyncClient) -> None:
        csrf = (await signed_up(hosting, browser))["X-CSRF-Token"]
        with hosting.database.reading() as connection:
            assert accounts.read(connection, 1).contact["offer"] == "https://example.org/offer"
        payer = {"csrf": csrf, "kind": "private", "name": "Анна Иванова", "phone": "+79161234567"}
        assert (await browser.post("/balance/payer", data=payer)).status_code == 303
        asked = {"csrf": csrf, "payer": "1", "first": "2026-07-01", "last": "2026-09-30"}
        assert (await browser.post("/balance/documents", data={**asked, "last": "2026-06-30"})).status_code == 422
        assert (await browser.post("/balance/documents", data={**asked, "payer": "2"})).status_code == 404
        done = await browser.post("/balance/documents", data=asked)
        assert done.status_code == 200 and "Ответ придёт на anna@example.org" in done.text
        again = await browser.post("/balance/documents", data=asked)
        assert again.status_code == 422 and "R-20.2" in again.text
        now[0] += 3_600_000_001
        with hosting.database.writing() as connection:
            connection.execute(t.sessions.update().values(began_at=now[0]))
        assert (await browser.post("/balance/documents", data=asked)).status_code == 200

    try:
        visit(hosting, story)
        assert hosting.postman.send_due() == 3, "the link, and two requests"
    finally:
        server.stop()
    sent = [message_from_bytes(one.read_bytes(), policy=default) for one in sorted((tmp_path / "mail").glob("*.eml"))]
    assert [one["To"] for one in sent] == ["anna@example.org", "fin@example.org", "fin@example.org"]
    assert [one["Reply-To"] for one in sent] == [None, "anna@example.org", "anna@example.org"]
    told = sent[1].get_payload(decode=True).decode()
    assert all(word in told for word in ("first", "Анна Иванова", "+79161234567", "01.07.2026", "30.09.2026")), told


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
