"""How the hosting process's pages look: templates, texts, forms, and answers to forms.

Decides what every page shares. Leaves texts to `texts.py`, looks to `templates/`, what stands on a page to the files that
have its paths.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from engine.account import money
from engine.account.refusals import AccountRefused
from engine.translations import account_ru
from live_bridge.hosting.pages.guard import Guard, form_of, language_of, upload_of
from live_bridge.hosting.pages.texts import text
from live_bridge.hosting.sign_in import Session, SignInFailed, is_csrf

log = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates"
_LOOKS = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.ChainableUndefined
)


class Unsigned(Exception):
    """A page for owners is asked for without a session: the browser goes to the sign-in."""


def render(name: str, language: str, title: str, status: int = 200, **more: Any) -> HTMLResponse:
    """A page of a template."""
    return HTMLResponse(written(name, language, title, **more), status)


def written(name: str, language: str, title: str, **more: Any) -> str:
    """A template with its values."""

    def t(key: str, *values: object) -> str:
        return text(key, language, *values)

    def amount(given: str) -> str:
        return money.written(Decimal(given), language)

    values = {"language": language, "title": title, "t": t, "money": amount, "problem": "", **more}
    return _LOOKS.get_template(name).render(**values)


PublicDeed = Callable[[dict[str, str], str], Response]
"""What a form that everybody may send does: takes its fields and the language."""

PublicRefusal = Callable[[dict[str, str], str, AccountRefused, str], Response]
"""The page for a refusal: takes fields, language, the refusal, and its words."""


class Form:
    """A form: `title` and `button` are names of texts."""

    def __init__(self, title: str, action: str, button: str, links: tuple[tuple[str, str], ...] = ()) -> None:
        """`links` are names of texts and addresses below it."""
        self.title, self.action, self.button, self.links = title, action, button, links

    def page(
        self, language: str, fields: list[dict[str, Any]], status: int = 200, problem: str = "", key: str = "", *,
        note: str = "", more: tuple[tuple[str, str], ...] = (),
    ) -> HTMLResponse:  # fmt: skip
        """The form as a page; `key` is a link's secret that it carries on; `note` stands above the button, `more` links below."""
        one = {
            "action": self.action, "button": text(self.button, language), "fields": fields,
            "hidden": {"key": key} if key else {}, "note": note,
        }  # fmt: skip
        links = [(text(name, language), address) for name, address in (*self.links, *more)]
        return render(
            "form.html", language, text(self.title, language), status, forms=[one], links=links, problem=problem
        )


def field(name: str, label: str, type: str = "text", value: str = "", **more: Any) -> dict[str, Any]:
    """A field of a form."""
    return {"name": name, "label": label, "type": type, "value": value, "autocomplete": "on", **more}


async def attempt(request: Request, act: Callable[[], Any], refused: Callable[[AccountRefused, str], Response]) -> Any:
    """What a deed gives, or the page that says why it was refused; that one gets the reason in the browser's language."""
    try:
        return await run_in_threadpool(act)
    except AccountRefused as error:
        return await run_in_threadpool(refused, error, account_ru.told(error, language_of(request)))


def post(web: APIRouter, path: str, act: PublicDeed, refused: PublicRefusal) -> None:
    """The path of a form that everybody may send: what its deed answers, or the page that says why it was refused."""

    async def answer(request: Request) -> Response:
        language, fields = language_of(request), await form_of(request)
        found: Response = await attempt(
            request, lambda: act(fields, language), lambda error, why: refused(fields, language, error, why)
        )
        return found

    web.add_api_route(path, answer, methods=["POST"], include_in_schema=False)


class OwnersForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that an owner sent."""

    session: Session
    fields: dict[str, str]
    language: str
    file: bytes = b""
    """What was uploaded with it; its name is the field `file`."""


Page = Callable[..., Response]
"""A page of an owner: takes session, language, status, and what stands above it."""

Deed = Callable[[OwnersForm], object]
"""What a form does; it may give an answer of its own."""


class Owners:
    """Pages for those who are signed in."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def session(self, request: Request) -> Session:
        """Whose page it is. Raises Unsigned."""
        session = self._guard.session(request)
        if session is None:
            raise Unsigned
        return session

    def post(self, web: APIRouter, path: str, show: Page, back: str, deed: Deed, upload: bool = False) -> None:
        """The path of a form: its deed is done and the browser goes `back`, or gets the deed's own answer; one that is refused
        shows the page again with the reason."""

        async def answer(request: Request) -> Response:
            asked = await self._asked(request, upload)

            def act() -> Response:
                try:
                    found = deed(asked)
                except AccountRefused as error:
                    why, status = account_ru.told(error, asked.language), 422
                except SignInFailed as failed:
                    why, status = text("locked" if failed.until else "wrong_old", asked.language), 403
                    status = 429 if failed.until else status
                except HTTPException as error:
                    why, status = said(error, asked.language), error.status_code
                else:
                    return found if isinstance(found, Response) else RedirectResponse(back, 303)
                return show(asked.session, asked.language, status, problem=why)

            return await run_in_threadpool(act)

        web.add_api_route(path, answer, methods=["POST"], include_in_schema=False)

    async def _asked(self, request: Request, upload: bool) -> OwnersForm:
        """The session and form of a request that changes something. HTTPException."""
        session = await run_in_threadpool(self._guard.session, request)
        if session is None:
            raise HTTPException(401, "sign in first (R-01.12)")
        fields, file = await upload_of(request) if upload else (await form_of(request), b"")
        if not is_csrf(session, fields.get("csrf", "")):
            raise HTTPException(403, text("form_over", language_of(request)))
        return OwnersForm(session=session, fields=fields, language=language_of(request), file=file)


def said(error: HTTPException, language: str) -> str:
    """For people, in their language, that something outside does not answer or that there is no such thing; the exact words are
    for programs and the log."""
    if error.status_code in (502, 503):
        log.warning("%s", error.detail)
        return text("away", language)
    return text("not_there", language) if error.status_code == 404 else str(error.detail)


async def to_sign_in(request: Request, error: Exception) -> Response:
    """The answer to Unsigned."""
    return RedirectResponse("/sign-in", 303)
