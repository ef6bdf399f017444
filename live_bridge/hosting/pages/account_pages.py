"""The pages of an account's owner: balance, settings, numbers, profile, documents (R-01.13, R-03, R-15.4, R-20 to R-22).

Decides what stands on them and where a form leads: a deed that is done shows its page again, one that is refused shows it with
the reason. Leaves deeds to `deeds.py`, looks to `looks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from engine.account.tariff import Holdings
from live_bridge.hosting import billing, papers
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages import looks
from live_bridge.hosting.pages.deeds import Deeds
from live_bridge.hosting.pages.guard import Guard, Id, id_in, language_of
from live_bridge.hosting.pages.looks import Owners, attempt
from live_bridge.hosting.pages.texts import text
from live_bridge.hosting.sign_in import Session, SignInFailed

SUMS = {
    "en": {"opening": "Opening balance", "paid": "Paid", "charged": "Charged", "closing": "Closing balance"},
    "ru": {"opening": "Сальдо на начало", "paid": "Оплачено", "charged": "Начислено", "closing": "Сальдо на конец"},
}
COUNTS_MOST = {"users": 4900, "trunks": 1000, "recording": 4900}
SHOWN_NUMBERS = 50

Page = Callable[..., HTMLResponse]
"""A page of an owner: takes session, language, status, and what stands above it."""


def account_routes(hosting: Hosting, guard: Guard) -> APIRouter:
    """The paths."""
    web = APIRouter(include_in_schema=False)
    owners, deeds = Owners(guard), Deeds(hosting)

    def page(name: str, session: Session, language: str, status: int, **more: Any) -> HTMLResponse:
        told = deeds.overview(session.account, language)
        title = f"{told['domain']}: {text(name, language)}"
        return looks.render(f"{name}.html", language, title, status, account=told, csrf=session.csrf, here=name, **more)

    async def done(request: Request, session: Session, show: Page, back: str, act: Callable[[], object]) -> Response:
        """Do something and show the page again, or why it was refused."""
        language = language_of(request)

        def do() -> Response:
            act()
            return RedirectResponse(back, 303)

        answer: Response = await attempt(request, do, lambda _, why: show(session, language, 422, problem=why))
        return answer

    # --- the balance -------------------------------------------------------------------------------------------------

    def balance(session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        with hosting.database.reading() as connection:
            found = billing.invoices_of(connection, session.account)
            numbers = {paper.id: paper.number for paper in papers.papers(connection, session.account, "invoice")}
            payers = billing.payers_of(connection, session.account)
        return page(
            "balance", session, language, status, payers=payers, invoices=found, numbers=numbers,
            systems=sorted(hosting.systems), **more,
        )  # fmt: skip

    @web.get("/balance")
    def show_balance(request: Request) -> Response:
        return balance(owners.session(request), language_of(request))

    @web.post("/balance/extend")
    async def extend(request: Request) -> Response:
        session, _ = await owners.changing(request)
        return await done(request, session, balance, "/balance", lambda: deeds.extend(session.account))

    @web.post("/balance/payer")
    async def add_payer(request: Request) -> Response:
        session, fields = await owners.changing(request)
        given = {name: fields.get(name, "") for name in ("name", "phone")}
        act = partial(deeds.add_payer, session.account, "private", given)
        return await done(request, session, balance, "/balance", act)

    @web.post("/balance/invoice")
    async def top_up(request: Request) -> Response:
        session, fields = await owners.changing(request)
        payer, amount = id_in(fields.get("payer", "")), fields.get("amount", "")
        of: billing.Balance = "numbers" if fields.get("balance") == "numbers" else "pbx"
        act = partial(deeds.top_up, session.account, payer, amount, of)
        return await done(request, session, balance, "/balance", act)

    @web.post("/balance/pay")
    async def pay(request: Request) -> Response:
        session, fields = await owners.changing(request)
        invoice = id_in(fields.get("invoice", ""))
        if invoice is None:
            raise HTTPException(422, "there is no such invoice")

        def act() -> Response:
            return RedirectResponse(deeds.begin_payment(session.account, invoice, fields.get("system", "")), 303)

        language = language_of(request)
        answer: Response = await attempt(request, act, lambda _, why: balance(session, language, 422, problem=why))
        return answer

    # --- settings ----------------------------------------------------------------------------------------------------

    def settings(session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        return page("settings", session, language, status, **more)

    @web.get("/settings")
    def show_settings(request: Request) -> Response:
        return settings(owners.session(request), language_of(request))

    @web.post("/settings/services")
    async def services(request: Request) -> Response:
        """The first press shows what it would cost a month, the second one adds it (R-01.13)."""
        session, fields = await owners.changing(request)
        counts = {name: id_in(fields.get(name, "")) for name in COUNTS_MOST}
        language = language_of(request)
        if any(count is None or count > COUNTS_MOST[name] for name, count in counts.items()):
            return await run_in_threadpool(settings, session, language, 422, problem=text("counts", language))

        def act() -> Response:
            had = deeds.overview(session.account, language)["services"]
            wanted = Holdings(**{**had, "modules": tuple(had["modules"]), **counts})
            if fields.get("what") != "add":
                price = deeds.price(session.account, wanted)
                return settings(session, language, price=price, wanted=counts)
            deeds.set_services(session.account, wanted)
            return RedirectResponse("/settings", 303)

        return await run_in_threadpool(act)

    @web.post("/settings/phone")
    async def phone(request: Request) -> Response:
        session, fields = await owners.changing(request)
        user = id_in(fields.get("user", ""))
        language = language_of(request)

        def act() -> Response:
            try:
                data = deeds.sip_password(session.account, user or 0)
            except HTTPException as error:
                return settings(session, language, error.status_code, problem=str(error.detail))
            return settings(session, language, phone=data)

        return await run_in_threadpool(act)

    # --- numbers -----------------------------------------------------------------------------------------------------

    def numbers_page(session: Session, language: str, status: int = 200, city: str = "", **more: Any) -> HTMLResponse:
        try:
            offers = deeds.offers(city)[:SHOWN_NUMBERS]
        except HTTPException as error:
            offers, more = [], {"problem": str(error.detail), **more}
        return page(
            "numbers", session, language, status, offers=offers, mine=deeds.numbers(session.account), city=city, **more
        )

    @web.get("/numbers")
    def show_numbers(request: Request, city: str = "") -> Response:
        return numbers_page(owners.session(request), language_of(request), city=city[:64])

    @web.post("/numbers/buy")
    async def buy(request: Request) -> Response:
        session, fields = await owners.changing(request)
        act = partial(deeds.buy, session.account, fields.get("number", ""))
        return await done(request, session, numbers_page, "/numbers", act)

    # --- the profile -------------------------------------------------------------------------------------------------

    def profile(session: Session, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        return page("profile", session, language, status, **more)

    @web.get("/profile")
    def show_profile(request: Request) -> Response:
        return profile(owners.session(request), language_of(request))

    @web.post("/profile/password")
    async def password(request: Request) -> Response:
        session, fields = await owners.changing(request)
        language = language_of(request)
        act = partial(hosting.sign_in.change_password, session.account, fields.get("old", ""), fields.get("new", ""))
        try:
            return await done(request, session, profile, "/sign-in", act)
        except SignInFailed as failed:
            why = text("locked" if failed.until else "wrong_old", language)
            return await run_in_threadpool(profile, session, language, 429 if failed.until else 403, problem=why)

    @web.post("/sign-out")
    async def leave(request: Request) -> Response:
        await owners.changing(request)
        await run_in_threadpool(hosting.sign_in.sign_out, request.cookies.get(guard.cookie, ""))
        response = RedirectResponse("/sign-in", 303)
        guard.forget(response)
        return response

    # --- documents ---------------------------------------------------------------------------------------------------

    @web.get("/documents/{id}")
    def document(id: Id, request: Request) -> Response:
        session, language = owners.session(request), language_of(request)
        with hosting.database.reading() as connection:
            paper = papers.read(connection, session.account, id)
        title = f"{text(paper.kind, language)} {paper.number}"
        return looks.render("document.html", language, title, paper=paper, sums=SUMS[language])

    return web
