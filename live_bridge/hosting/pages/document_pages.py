"""Issued documents as pages that print well and as PDF, and the reconciliation act that an owner asks for (R-20).

Decides what a document looks like on paper: the page and the PDF are one template. Leaves what stands in it to `papers.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from engine.account import moments
from live_bridge.hosting import papers
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages import looks
from live_bridge.hosting.pages.deeds import Deeds
from live_bridge.hosting.pages.guard import Guard, Id, id_in, language_of
from live_bridge.hosting.pages.looks import Owners, OwnersForm, Page
from live_bridge.hosting.pages.texts import text
from live_bridge.hosting.papers import Paper

REQUISITES = (
    "name", "inn", "kpp", "country", "registration_number", "address", "account", "bank_account", "bank", "bic",
    "correspondent", "phone", "delivery_address",
)  # fmt: skip
"""What is printed of provider and payer, in this order, where it is given."""


def document_routes(hosting: Hosting, guard: Guard, balance: Page) -> APIRouter:
    """The paths; `balance` is the page that the form for a reconciliation stands on."""
    web = APIRouter(include_in_schema=False)
    owners, deeds = Owners(guard), Deeds(hosting)

    def asked_for(request: Request, id: int) -> tuple[Paper, dict[str, Any]]:
        """A document of the owner's, and what its template takes. Raises Unsigned, NoSuchPaper."""
        session, language = owners.session(request), language_of(request)
        with hosting.database.reading() as connection:
            paper = papers.read(connection, session.account, id)
        issued = f"{moments.day_of(paper.issued_at):%d.%m.%Y}"
        title = text("document_title", language, text(paper.kind, language), paper.number, issued)
        return paper, {"language": language, "title": title, "paper": paper, "requisites": REQUISITES, "day": day}

    @web.get("/documents/{id}")
    def document(id: Id, request: Request) -> Response:
        return looks.render("document.html", **asked_for(request, id)[1])

    @web.get("/documents/{id}/pdf")
    def pdf(id: Id, request: Request) -> Response:
        paper, values = asked_for(request, id)
        name = quote(f"{paper.number}.pdf")
        headers = {"Content-Disposition": f"inline; filename=\"document-{paper.id}.pdf\"; filename*=UTF-8''{name}"}
        return Response(
            printed(looks.written("paper_pdf.html", **values)), media_type="application/pdf", headers=headers
        )

    def period(asked: OwnersForm) -> tuple[int, date, date]:
        """The payer and days of a form. HTTPException."""
        try:
            first, last = (date.fromisoformat(asked.fields.get(name, "")) for name in ("first", "last"))
        except ValueError:
            raise HTTPException(422, text("no_period", asked.language)) from None
        return id_in(asked.fields.get("payer", "")) or 0, first, last

    def reconcile(asked: OwnersForm) -> Response:
        """«Сформировать акт сверки» (R-20.5)."""
        id, _ = deeds.reconcile(asked.session.account, *period(asked))
        return RedirectResponse(f"/documents/{id}", 303)

    def ask(asked: OwnersForm) -> Response:
        """A private person's request for documents (R-20.2)."""
        deeds.ask_for_documents(asked.session.account, *period(asked))
        return balance(asked.session, asked.language, asked=True)

    owners.post(web, "/balance/reconciliation", balance, "/balance", reconcile)
    owners.post(web, "/balance/documents", balance, "/balance", ask)
    return web


def day(text: str) -> str:
    """An ISO date as it stands on a document.

    >>> day("2026-11-29")
    '29.11.2026'
    """
    return f"{date.fromisoformat(text):%d.%m.%Y}"


def printed(html: str) -> bytes:
    """A page as PDF, with its fonts in it; nothing that it names is fetched. HTTPException where the server lacks a library."""
    try:
        from weasyprint import CSS, HTML
        from weasyprint.urls import URLFetcher
    except OSError:  # libpango is a package of the system
        raise HTTPException(503, "the server lacks Pango (Debian: libpangoft2-1.0-0): print the page instead") from None
    nothing = URLFetcher(allowed_protocols=())
    style = CSS(string=(looks.TEMPLATES / "paper.css").read_text(encoding="utf-8"), url_fetcher=nothing)
    made: bytes = HTML(string=html, url_fetcher=nothing).write_pdf(stylesheets=[style])
    return made
