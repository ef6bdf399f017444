"""The pages that everybody sees: sign-up, completion, sign-in, a new password by e-mail (R-01).

Decides what stands on them and where a form leads. Every request for an e-mail is answered alike, whether the address has an
account or not. Leaves links and passwords to `hosting/sign_in.py`, looks to `looks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from engine.account.refusals import AccountRefused
from live_bridge.hosting import accounts
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages import looks
from live_bridge.hosting.pages.guard import Guard, language_of
from live_bridge.hosting.pages.looks import Form, attempt, field
from live_bridge.hosting.pages.texts import text
from live_bridge.hosting.sign_in import CodeWanted, Session, SignInFailed

HOME = Form("title", "/", "start_free", (("sign_in", "/sign-in"),))
COMPLETE = Form("complete", "/complete", "create")
SIGN_IN = Form("sign_in", "/sign-in", "sign_in", (("forgot", "/forgot"),))
CODE = Form("factor", "/sign-in/code", "sign_in", (("sign_in_again", "/sign-in"),))
FORGOT = Form("forgot", "/forgot", "send_link")
PASSWORD = Form("new_password", "/password", "set_password")


def sign_up_routes(hosting: Hosting, guard: Guard) -> APIRouter:
    """The paths."""
    web = APIRouter(include_in_schema=False)
    sign_in = hosting.sign_in

    def address(language: str) -> list[dict[str, Any]]:
        return [field("email", text("email", language), "email")]

    def sent(language: str) -> HTMLResponse:
        said = text("letter_sent", language)
        return looks.render("form.html", language, text("title", language), forms=[], links=[], said=said)

    def enter(session: Session) -> Response:
        response = RedirectResponse("/balance", 303)
        guard.keep(response, session)
        return response

    @web.get("/static/{sheet}")
    def style(sheet: Literal["hosting.css", "paper.css"]) -> FileResponse:
        return FileResponse(looks.TEMPLATES / sheet, media_type="text/css")

    # --- sign-up -----------------------------------------------------------------------------------------------------

    @web.get("/")
    def show_home(request: Request) -> Response:
        language = language_of(request)
        return HOME.page(language, address(language))

    def by_email(path: str, form: Form, send: Callable[[str, str], None]) -> None:
        """A form that sends an e-mail with a link, or says that this is no address."""

        def ask(fields: dict[str, str], language: str) -> Response:
            send(fields.get("email", ""), language)
            return sent(language)

        looks.post(web, path, ask, lambda _, language, __, why: form.page(language, address(language), 422, why))

    by_email("/", HOME, sign_in.ask_to_sign_up)
    by_email("/forgot", FORGOT, sign_in.ask_for_password)

    def completion(language: str, key: str, values: dict[str, str], status: int = 200, why: str = "") -> HTMLResponse:
        domain = f"<{text('account_name', language)}>.{hosting.config.suffix}"
        told = text("account_name_help", language, domain)
        fields = [
            field("name", text("account_name", language), value=values.get("name", ""), help=told),
            field("server", text("server", language), options=hosting.config.servers, value=values.get("server", "")),
            field("contact_name", text("contact_name", language), value=values.get("contact_name", "")),
            field("contact_phone", text("contact_phone", language), "tel", values.get("contact_phone", "")),
            field("password", text("panel_password", language), "password", autocomplete="new-password"),
        ]
        offer = hosting.config.provider.offer
        more = (("offer", offer),) if offer else ()
        return COMPLETE.page(language, fields, status, why, key, note=text("offer_accepted", language), more=more)

    @web.get("/complete")
    async def show_completion(request: Request, key: str = "") -> Response:
        language = language_of(request)

        def look() -> Response:
            sign_in.check_link(key, "sign_up")
            return completion(language, key, {})

        answer: Response = await attempt(request, look, lambda _, why: HOME.page(language, address(language), 422, why))
        return answer

    def complete(fields: dict[str, str], language: str) -> Response:
        password = fields.get("password", "")
        contact = {"name": fields.get("contact_name", "")[:200], "phone": fields.get("contact_phone", "")[:40]}
        if hosting.config.provider.offer:  # which offer was accepted; when is when the account was made
            contact["offer"] = hosting.config.provider.offer
        id = sign_in.complete(
            fields.get("key", ""), name=fields.get("name", ""), server=fields.get("server", ""), contact=contact,
            password=password, language=language,
        )  # fmt: skip
        with hosting.database.reading() as connection:
            email = accounts.read(connection, id).email
        return enter(sign_in.sign_in(email, password))

    def not_completed(fields: dict[str, str], language: str, error: AccountRefused, why: str) -> Response:
        if error.code.startswith("link"):
            return HOME.page(language, address(language), 422, why)
        return completion(language, fields.get("key", ""), fields, 422, why)

    looks.post(web, "/complete", complete, not_completed)

    # --- sign-in -----------------------------------------------------------------------------------------------------

    def sign_in_page(language: str, email: str = "", status: int = 200, why: str = "") -> HTMLResponse:
        fields = [
            field("email", text("email", language), "email", email, autocomplete="username"),
            field("password", text("password", language), "password", autocomplete="current-password"),
        ]
        return SIGN_IN.page(language, fields, status, why)

    @web.get("/sign-in")
    def show_sign_in(request: Request) -> Response:
        return sign_in_page(language_of(request))

    def enter_by_password(fields: dict[str, str], language: str) -> Response:
        email = fields.get("email", "")
        try:
            return enter(sign_in.sign_in(email, fields.get("password", "")))
        except CodeWanted as wanted:
            return code_page(language, wanted.ticket)
        except SignInFailed as failed:
            why = text("locked" if failed.until else "wrong", language)
            return sign_in_page(language, email, 429 if failed.until else 403, why)

    def code_page(language: str, ticket: str, status: int = 200, why: str = "") -> HTMLResponse:
        fields = [field("code", text("factor_code", language), autocomplete="one-time-code")]
        return CODE.page(language, fields, status, why, ticket, note=text("factor_help", language))

    def enter_by_code(fields: dict[str, str], language: str) -> Response:
        ticket = fields.get("key", "")
        try:
            return enter(sign_in.enter_code(ticket, fields.get("code", "")))
        except SignInFailed as failed:
            why = text("locked" if failed.until else "wrong_code", language)
            return code_page(language, ticket, 429 if failed.until else 403, why)

    looks.post(web, "/sign-in", enter_by_password, lambda _, language, __, why: sign_in_page(language, "", 422, why))

    looks.post(web, "/sign-in/code", enter_by_code, lambda _, language, __, why: sign_in_page(language, "", 422, why))

    @web.get("/forgot")
    def show_forgot(request: Request) -> Response:
        language = language_of(request)
        return FORGOT.page(language, address(language))

    def password_page(language: str, key: str, status: int = 200, why: str = "") -> HTMLResponse:
        fields = [field("password", text("panel_password", language), "password", autocomplete="new-password")]
        return PASSWORD.page(language, fields, status, why, key)

    @web.get("/password")
    async def show_password(request: Request, key: str = "") -> Response:
        language = language_of(request)

        def look() -> Response:
            sign_in.check_link(key, "password")
            return password_page(language, key)

        answer: Response = await attempt(request, look, lambda _, why: sign_in_page(language, status=422, why=why))
        return answer

    def set_password(fields: dict[str, str], language: str) -> Response:
        sign_in.set_password(fields.get("key", ""), fields.get("password", ""))
        return RedirectResponse("/sign-in", 303)

    def not_set(fields: dict[str, str], language: str, error: AccountRefused, why: str) -> Response:
        if error.code.startswith("link"):
            return sign_in_page(language, status=422, why=why)
        return password_page(language, fields.get("key", ""), 422, why)

    looks.post(web, "/password", set_password, not_set)

    return web
