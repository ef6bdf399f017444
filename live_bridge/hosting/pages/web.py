"""The pages that people see: sign-up, sign-in, password by e-mail, balance, documents (R-01, R-20, R-21, R-22).

Decides what stands on them and where a form leads. Every request for an e-mail is answered alike, whether the address has an
account or not. Leaves texts to `texts.py`, looks to `templates/`, the JSON API to `panel_api.py`.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from engine.account import money
from engine.account.refusals import AccountRefused
from engine.translations import account_ru
from live_bridge.hosting import accounts, billing, papers
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.guard import Guard, Id, form_of, id_in, language_of
from live_bridge.hosting.pages.panel_api import begin_payment, overview
from live_bridge.hosting.pages.texts import text
from live_bridge.hosting.sign_in import Session, SignInFailed, is_csrf

TEMPLATES = Path(__file__).parent / "templates"

SUMS = {
    "en": {"opening": "Opening balance", "paid": "Paid", "charged": "Charged", "closing": "Closing balance"},
    "ru": {"opening": "Сальдо на начало", "paid": "Оплачено", "charged": "Начислено", "closing": "Сальдо на конец"},
}


def field(name: str, label: str, type: str = "text", value: str = "", **more: Any) -> dict[str, Any]:
    """A field of a form."""
    return {"name": name, "label": label, "type": type, "value": value, "autocomplete": "on", **more}


def web_routes(hosting: Hosting, guard: Guard) -> APIRouter:
    """The paths."""
    web = APIRouter(include_in_schema=False)
    loader = jinja2.FileSystemLoader(TEMPLATES)
    looks = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    looks.undefined = jinja2.ChainableUndefined
    sign_in = hosting.sign_in

    def render(name: str, language: str, title: str, status: int = 200, **more: Any) -> HTMLResponse:
        def t(key: str, *values: object) -> str:
            return text(key, language, *values)

        def amount(given: str) -> str:
            return money.written(Decimal(given), language)

        values = {"language": language, "title": title, "t": t, "money": amount, "problem": "", **more}
        return HTMLResponse(looks.get_template(name).render(**values), status)

    def form(
        language: str,
        title: str,
        action: str,
        button: str,
        fields: list[dict[str, Any]],
        status: int = 200,
        **more: Any,
    ) -> HTMLResponse:
        one = {"action": action, "button": text(button, language), "fields": fields, "hidden": more.pop("hidden", {})}
        return render(
            "form.html", language, text(title, language), status, forms=[one], said=more.pop("said", ""),
            links=more.pop("links", []), **more,
        )  # fmt: skip

    def sent(language: str) -> HTMLResponse:
        said = text("letter_sent", language)
        return render("form.html", language, text("title", language), forms=[], links=[], said=said)

    # --- sign-up -----------------------------------------------------------------------------------------------------

    @web.get("/static/hosting.css")
    def style() -> FileResponse:
        return FileResponse(TEMPLATES / "hosting.css", media_type="text/css")

    def home(language: str, status: int = 200, problem: str = "") -> HTMLResponse:
        fields = [field("email", text("email", language), "email")]
        links = [(text("sign_in", language), "/sign-in")]
        return form(language, "title", "/", "start_free", fields, status, links=links, problem=problem)

    @web.get("/")
    def show_home(request: Request) -> Response:
        return home(language_of(request))

    @web.post("/")
    async def sign_up_(request: Request) -> Response:
        language, fields = language_of(request), await form_of(request)
        try:
            await run_in_threadpool(sign_in.ask_to_sign_up, fields.get("email", ""), language)
        except AccountRefused as refused:
            return home(language, 422, account_ru.told(refused, language))
        return sent(language)

    def completion(
        language: str, key: str, values: dict[str, str], status: int = 200, problem: str = ""
    ) -> HTMLResponse:
        domain = f"<{text('account_name', language)}>.{hosting.config.suffix}"
        fields = [
            field(
                "name", text("account_name", language), value=values.get("name", ""),
                help=text("account_name_help", language, domain),
            ),
            field("server", text("server", language), options=hosting.config.servers, value=values.get("server", "")),
            field("contact_name", text("contact_name", language), value=values.get("contact_name", "")),
            field("contact_phone", text("contact_phone", language), "tel", values.get("contact_phone", "")),
            field("password", text("panel_password", language), "password", autocomplete="new-password"),
        ]  # fmt: skip
        return form(language, "complete", "/complete", "create", fields, status, hidden={"key": key}, problem=problem)

    @web.get("/complete")
    def show_completion(request: Request, key: str = "") -> Response:
        language = language_of(request)
        try:
            sign_in.check_link(key, "sign_up")
        except AccountRefused as refused:
            return home(language, 422, account_ru.told(refused, language))
        return completion(language, key, {})

    @web.post("/complete")
    async def complete(request: Request) -> Response:
        language, fields = language_of(request), await form_of(request)
        key, password = fields.get("key", ""), fields.get("password", "")
        contact = {"name": fields.get("contact_name", "")[:200], "phone": fields.get("contact_phone", "")[:40]}

        def act() -> Session:
            id = sign_in.complete(
                key, name=fields.get("name", ""), server=fields.get("server", ""), contact=contact,
                password=password, language=language,
            )  # fmt: skip
            with hosting.database.reading() as connection:
                email = accounts.read(connection, id).email
            return sign_in.sign_in(email, password)

        try:
            session = await run_in_threadpool(act)
        except AccountRefused as refused:
            told = account_ru.told(refused, language)
            if refused.code.startswith("link"):
                return home(language, 422, told)
            return completion(language, key, fields, 422, told)
        return _enter(session)

    # --- sign-in -----------------------------------------------------------------------------------------------------

    def _enter(session: Session) -> Response:
        response = RedirectResponse("/balance", 303)
        guard.keep(response, session)
        return response

    def sign_in_form(language: str, email: str = "", status: int = 200, problem: str = "") -> HTMLResponse:
        fields = [
            field("email", text("email", language), "email", email, autocomplete="username"),
            field("password", text("password", language), "password", autocomplete="current-password"),
        ]
        links = [(text("forgot", language), "/forgot")]
        return form(language, "sign_in", "/sign-in", "sign_in", fields, status, links=links, problem=problem)

    @web.get("/sign-in")
    def show_sign_in(request: Request) -> Response:
        return sign_in_form(language_of(request))

    @web.post("/sign-in")
    async def enter(request: Request) -> Response:
        language, fields = language_of(request), await form_of(request)
        email = fields.get("email", "")
        try:
            return _enter(await run_in_threadpool(sign_in.sign_in, email, fields.get("password", "")))
        except SignInFailed as failed:
            problem = text("locked" if failed.until else "wrong", language)
            return sign_in_form(language, email, 429 if failed.until else 403, problem)

    @web.post("/sign-out")
    async def leave(request: Request) -> Response:
        await changing(request)
        await run_in_threadpool(sign_in.sign_out, request.cookies.get(guard.cookie, ""))
        response = RedirectResponse("/sign-in", 303)
        guard.forget(response)
        return response

    @web.get("/forgot")
    def show_forgot(request: Request) -> Response:
        language = language_of(request)
        return form(language, "forgot", "/forgot", "send_link", [field("email", text("email", language), "email")])

    @web.post("/forgot")
    async def forgot(request: Request) -> Response:
        language, fields = language_of(request), await form_of(request)
        try:
            await run_in_threadpool(sign_in.ask_for_password, fields.get("email", ""), language)
        except AccountRefused as refused:
            shown = [field("email", text("email", language), "email")]
            told = account_ru.told(refused, language)
            return form(language, "forgot", "/forgot", "send_link", shown, 422, problem=told)
        return sent(language)

    def password_form(language: str, key: str, status: int = 200, problem: str = "") -> HTMLResponse:
        fields = [field("password", text("panel_password", language), "password", autocomplete="new-password")]
        hidden = {"key": key}
        return form(
            language, "new_password", "/password", "set_password", fields, status, hidden=hidden, problem=problem
        )

    @web.get("/password")
    def show_password(request: Request, key: str = "") -> Response:
        language = language_of(request)
        try:
            sign_in.check_link(key, "password")
        except AccountRefused as refused:
            return sign_in_form(language, status=422, problem=account_ru.told(refused, language))
        return password_form(language, key)

    @web.post("/password")
    async def set_password(request: Request) -> Response:
        language, fields = language_of(request), await form_of(request)
        key = fields.get("key", "")
        try:
            await run_in_threadpool(sign_in.set_password, key, fields.get("password", ""))
        except AccountRefused as refused:
            told = account_ru.told(refused, language)
            if refused.code.startswith("link"):
                return sign_in_form(language, status=422, problem=told)
            return password_form(language, key, 422, told)
        return RedirectResponse("/sign-in", 303)

    # --- the balance -------------------------------------------------------------------------------------------------

    async def changing(request: Request) -> tuple[Session, dict[str, str]]:
        """The session and form of a request that changes something. HTTPException."""
        session = await run_in_threadpool(guard.session, request)
        fields = await form_of(request)
        if session is None:
            raise HTTPException(401, "sign in first (R-01.12)")
        if not is_csrf(session, fields.get("csrf", "")):
            raise HTTPException(403, text("form_over", language_of(request)))
        return session, fields

    def balance(session: Session, language: str, status: int = 200, problem: str = "") -> HTMLResponse:
        told = hosting.database.attempt(lambda c: overview(hosting, c, session.account, language))
        with hosting.database.reading() as connection:
            found = billing.invoices_of(connection, session.account)
            numbers = {paper.id: paper.number for paper in papers.papers(connection, session.account, "invoice")}
            payers = billing.payers_of(connection, session.account)
        return render(
            "balance.html", language, f"{told['domain']}: {text('balance', language)}", status, account=told,
            csrf=session.csrf, payers=payers, invoices=found, numbers=numbers, systems=sorted(hosting.systems),
            problem=problem,
        )  # fmt: skip

    @web.get("/balance")
    def show_balance(request: Request) -> Response:
        session = guard.session(request)
        return RedirectResponse("/sign-in", 303) if session is None else balance(session, language_of(request))

    @web.post("/balance/extend")
    async def extend(request: Request) -> Response:
        session, _ = await changing(request)

        def act() -> None:
            at = hosting.clock()
            with hosting.database.writing() as connection:
                billing.settle(connection, session.account, at, hosting.config.zone)
                accounts.extend(connection, session.account, at)

        return await done(request, session, act)

    @web.post("/balance/payer")
    async def add_payer(request: Request) -> Response:
        session, fields = await changing(request)
        given = {name: fields.get(name, "").strip()[:200] for name in ("name", "phone")}

        def act() -> None:
            with hosting.database.writing() as connection:
                billing.add_payer(connection, session.account, hosting.clock(), "private", given)

        return await done(request, session, act)

    @web.post("/balance/invoice")
    async def top_up(request: Request) -> Response:
        session, fields = await changing(request)
        payer = fields.get("payer", "")

        def act() -> None:
            amount = money.read(fields.get("amount", ""))
            id = id_in(payer)
            provider = hosting.config.provider.model_dump()
            with hosting.database.writing() as connection:
                billing.make_invoice(connection, session.account, id, amount, hosting.clock(), provider)

        return await done(request, session, act)

    @web.post("/balance/pay")
    async def pay(request: Request) -> Response:
        session, fields = await changing(request)
        invoice = id_in(fields.get("invoice", ""))
        if invoice is None:
            raise HTTPException(422, "there is no such invoice")
        language = language_of(request)
        try:
            url = await run_in_threadpool(begin_payment, hosting, session.account, invoice, fields.get("system", ""))
        except AccountRefused as refused:
            return await run_in_threadpool(balance, session, language, 422, account_ru.told(refused, language))
        return RedirectResponse(url, 303)

    async def done(request: Request, session: Session, act: Any) -> Response:
        """Do something and show the balance again, or why it was refused."""
        language = language_of(request)
        try:
            await run_in_threadpool(act)
        except AccountRefused as refused:
            return await run_in_threadpool(balance, session, language, 422, account_ru.told(refused, language))
        return RedirectResponse("/balance", 303)

    @web.get("/documents/{id}")
    def document(id: Id, request: Request) -> Response:
        session, language = guard.session(request), language_of(request)
        if session is None:
            return RedirectResponse("/sign-in", 303)
        with hosting.database.reading() as connection:
            paper = papers.read(connection, session.account, id)
        title = f"{text(paper.kind, language)} {paper.number}"
        return render("document.html", language, title, paper=paper, sums=SUMS[language])

    return web
