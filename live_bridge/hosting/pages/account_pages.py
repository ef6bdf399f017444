"""The pages of an account's owner: balance, payers, settings, numbers, confirmation, profile (R-01.13, R-03, R-15.4, R-21, R-22).

Decides what stands on them and what a form does. Leaves deeds to `deeds.py`, looks and answers to forms to `looks.py`, documents
to `document_pages.py`.
"""

from __future__ import annotations

from typing import Any

import segno
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from engine.account import confirmation, invoices, moments
from engine.account.confirmation import Person
from engine.account.tariff import Holdings
from live_bridge.hosting import billing, confirming, papers
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages import looks
from live_bridge.hosting.pages.deeds import Deeds
from live_bridge.hosting.pages.document_pages import document_routes
from live_bridge.hosting.pages.guard import Guard, Id, id_in, language_of
from live_bridge.hosting.pages.looks import Owners, OwnersForm
from live_bridge.hosting.pages.texts import text
from live_bridge.hosting.sign_in import Session, SignInFailed

COUNTS_MOST = {"users": 4900, "trunks": 1000, "recording": 4900}
SHOWN_NUMBERS = 50


def qr_svg(text: str) -> str:
    """A QR code as SVG that stands in a page."""
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=5, border=3))


def account_routes(hosting: Hosting, guard: Guard) -> APIRouter:
    """The paths."""
    web = APIRouter(include_in_schema=False)
    owners, deeds = Owners(guard), Deeds(hosting)

    def page(name: str, session: Session, language: str, status: int, here: str = "", **more: Any) -> HTMLResponse:
        told = deeds.overview(session.account, language)
        title = f"{told['domain']}: {text(name, language)}"
        values = {"account": told, "csrf": session.csrf, "here": here or name}
        return looks.render(f"{name}.html", language, title, status, **values, **more)

    # --- the balance -------------------------------------------------------------------------------------------------

    def balance(session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        with hosting.database.reading() as connection:
            found = billing.invoices_of(connection, session.account)
            documents = papers.papers(connection, session.account)
            payers = billing.payers_of(connection, session.account)
        today = moments.day_of(hosting.clock())
        first, _ = moments.quarter_of(today)
        return page(
            "balance", session, language, status, payers=payers, invoices=found,
            numbers={paper.id: paper.number for paper in documents}, day=moments.day_of,
            documents=[paper for paper in documents if paper.kind != "invoice"], missing=invoices.missing_fields,
            systems=sorted(hosting.systems), first=first.isoformat(), last=today.isoformat(),
            private={id: payer for id, payer in payers.items() if payer.kind == "private"},
            provider_email=hosting.config.provider.email, **more,
        )  # fmt: skip

    @web.get("/balance")
    def show_balance(request: Request) -> Response:
        return balance(owners.session(request), language_of(request))

    def add_payer(asked: OwnersForm) -> Response | None:
        """A person is whole at once; a company has more fields, which have a page of their own (R-21.5)."""
        kind = asked.fields.get("kind", "private")
        given = {name: value for name, value in asked.fields.items() if name in ("name", "phone")}
        if kind not in ("legal", "foreign"):
            deeds.add_payer(asked.session.account, "private", given)
            return None
        id = deeds.add_payer(asked.session.account, "legal" if kind == "legal" else "foreign", given)
        return RedirectResponse(f"/payers/{id}", 303)

    def top_up(asked: OwnersForm) -> None:
        of: billing.Balance = "numbers" if asked.fields.get("balance") == "numbers" else "pbx"
        payer = id_in(asked.fields.get("payer", ""))
        deeds.top_up(asked.session.account, payer, asked.fields.get("amount", ""), of)

    def pay(asked: OwnersForm) -> Response:
        invoice = id_in(asked.fields.get("invoice", ""))
        if invoice is None:
            raise HTTPException(404, "there is no such invoice")
        system = asked.fields.get("system", "")
        return RedirectResponse(deeds.begin_payment(asked.session.account, invoice, system), 303)

    web.include_router(document_routes(hosting, guard, balance))
    owners.post(web, "/balance/extend", balance, "/balance", lambda asked: deeds.extend(asked.session.account))
    owners.post(web, "/balance/payer", balance, "/balance", add_payer)
    owners.post(web, "/balance/invoice", balance, "/balance", top_up)
    owners.post(web, "/balance/pay", balance, "/balance", pay)

    # --- a payer -----------------------------------------------------------------------------------------------------

    def payer_page(payer: int, session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        with hosting.database.reading() as connection:
            papers.payer_fields(connection, session.account, payer)
            found = billing.payers_of(connection, session.account)[payer]
        wanted = invoices.fields_of(found)
        return page(
            "payer",
            session,
            language,
            status,
            "balance",
            id=payer,
            payer=found,
            wanted=wanted,
            optional=invoices.OPTIONAL[found.kind],
            **more,
        )

    @web.get("/payers/{payer}")
    def show_payer(payer: Id, request: Request) -> Response:
        return payer_page(payer, owners.session(request), language_of(request))

    def change_payer(asked: OwnersForm) -> None:
        id = id_in(asked.fields.get("payer", "")) or 0
        given = {name: value for name, value in asked.fields.items() if name not in ("csrf", "payer")}
        deeds.change_payer(asked.session.account, id, given)

    owners.post(web, "/balance/payer/fields", balance, "/balance", change_payer)

    # --- settings ----------------------------------------------------------------------------------------------------

    def settings(session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        return page("settings", session, language, status, **more)

    @web.get("/settings")
    def show_settings(request: Request) -> Response:
        return settings(owners.session(request), language_of(request))

    def services(asked: OwnersForm) -> Response | None:
        """The first press shows what it would cost a month, the second one adds it (R-01.13)."""
        account = asked.session.account
        counts = {name: id_in(asked.fields.get(name, "")) for name in COUNTS_MOST}
        if any(count is None or count > COUNTS_MOST[name] for name, count in counts.items()):
            raise HTTPException(422, text("counts", asked.language))
        had = deeds.overview(account, asked.language)["services"]
        wanted = Holdings(**{**had, "modules": tuple(had["modules"]), **counts})
        if asked.fields.get("what") == "add":
            deeds.set_services(account, wanted)
            return None
        return settings(asked.session, asked.language, price=deeds.price(account, wanted), wanted=counts)

    def phone(asked: OwnersForm) -> Response:
        data = deeds.sip_password(asked.session.account, id_in(asked.fields.get("user", "")) or 0)
        return settings(asked.session, asked.language, phone=data)

    owners.post(web, "/settings/services", settings, "/settings", services)
    owners.post(web, "/settings/phone", settings, "/settings", phone)

    # --- numbers -----------------------------------------------------------------------------------------------------

    def numbers_page(session: Session, language: str, status: int = 200, city: str = "", **more: Any) -> HTMLResponse:
        try:
            offers = deeds.offers(city)[:SHOWN_NUMBERS]
        except HTTPException as error:
            offers, more = [], {"problem": looks.said(error, language), **more}
        return page(
            "numbers", session, language, status, offers=offers, mine=deeds.numbers(session.account), city=city, **more
        )

    @web.get("/numbers")
    def show_numbers(request: Request, city: str = "") -> Response:
        return numbers_page(owners.session(request), language_of(request), city=city[:64])

    def buy(asked: OwnersForm) -> None:
        deeds.buy(asked.session.account, asked.fields.get("number", ""))

    owners.post(web, "/numbers/buy", numbers_page, "/numbers", buy)

    # --- confirmation ------------------------------------------------------------------------------------------------

    def confirmation_page(session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        with hosting.database.reading() as connection:
            scans = confirming.scans_of(connection, session.account)
        most = confirmation.SCANS_MOST
        return page("confirmation", session, language, status, "numbers", scans=scans, most=most, **more)

    @web.get("/confirmation")
    def show_confirmation(request: Request) -> Response:
        return confirmation_page(owners.session(request), language_of(request))

    def add_scan(asked: OwnersForm) -> None:
        deeds.add_scan(asked.session.account, asked.fields.get("file", ""), asked.file)

    def remove_scan(asked: OwnersForm) -> None:
        deeds.remove_scan(asked.session.account, id_in(asked.fields.get("scan", "")) or 0)

    def send(asked: OwnersForm) -> None:
        registered = asked.fields.get("registered_in_russia") == "yes"
        person = Person(citizenship=asked.fields.get("citizenship", "")[:2], registered_in_russia=registered)
        deeds.send_confirmation(asked.session.account, person)

    owners.post(web, "/confirmation/scan", confirmation_page, "/confirmation", add_scan, upload=True)
    owners.post(web, "/confirmation/remove", confirmation_page, "/confirmation", remove_scan)
    owners.post(web, "/confirmation/send", confirmation_page, "/confirmation", send)

    # --- the profile -------------------------------------------------------------------------------------------------

    def profile(session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        factor = hosting.sign_in.factor.state(session.account)
        qr = qr_svg(factor.offer.address) if factor.offer is not None else ""
        since = moments.written(factor.on_at, hosting.config.zone) if factor.on_at is not None else ""
        return page("profile", session, language, status, factor=factor, factor_qr=qr, factor_since=since, **more)

    @web.get("/profile")
    def show_profile(request: Request) -> Response:
        return profile(owners.session(request), language_of(request))

    def password(asked: OwnersForm) -> None:
        old, new = asked.fields.get("old", ""), asked.fields.get("new", "")
        hosting.sign_in.change_password(asked.session.account, old, new)

    def close(asked: OwnersForm) -> None:
        deeds.close(asked.session.account, asked.fields.get("name", ""), asked.fields.get("password", ""))

    def offer_factor(asked: OwnersForm) -> None:
        hosting.sign_in.check_password(asked.session.account, asked.fields.get("password", ""))
        hosting.sign_in.factor.offer(asked.session.account)

    def turn_factor_on(asked: OwnersForm) -> Response:
        codes = hosting.sign_in.factor.turn_on(asked.session.account, asked.fields.get("code", ""))
        return profile(asked.session, asked.language, codes=codes)

    def proved(asked: OwnersForm) -> int:
        account = asked.session.account
        try:
            hosting.sign_in.prove(account, asked.fields.get("password", ""), asked.fields.get("code", ""))
        except SignInFailed as failed:
            why = text("locked" if failed.until else "wrong_proof", asked.language)
            raise HTTPException(429 if failed.until else 403, why) from None
        return account

    def renew_codes(asked: OwnersForm) -> Response:
        return profile(asked.session, asked.language, codes=hosting.sign_in.factor.renew_codes(proved(asked)))

    def leave(asked: OwnersForm) -> Response:
        hosting.sign_in.sign_out(asked.session.secret)
        response = RedirectResponse("/sign-in", 303)
        guard.forget(response)
        return response

    owners.post(web, "/profile/password", profile, "/sign-in", password)
    owners.post(web, "/profile/factor", profile, "/profile", offer_factor)
    owners.post(web, "/profile/factor/on", profile, "/profile", turn_factor_on)
    owners.post(web, "/profile/factor/off", profile, "/profile", lambda a: hosting.sign_in.factor.turn_off(proved(a)))
    owners.post(web, "/profile/factor/codes", profile, "/profile", renew_codes)
    owners.post(web, "/profile/close", profile, "/profile", close)
    owners.post(web, "/sign-out", profile, "/sign-in", leave)

    return web
