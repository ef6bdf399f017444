"""How the hosting process's pages look: templates, texts, forms, and answers to forms.

Decides what every page shares. Leaves texts to `texts.py`, looks to `templates/`, what stands on a page to the files that
have its paths.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from engine.account import money
from engine.account.refusals import AccountRefused
from engine.translations import account_ru
from live_bridge.hosting.pages.guard import Guard, form_of, language_of
from live_bridge.hosting.pages.texts import text
from live_bridge.hosting.sign_in import Session, is_csrf

TEMPLATES = Path(__file__).parent / "templates"
_LOOKS = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.ChainableUndefined
)


class Unsigned(Exception):
    """A page for owners is asked for without a session: the browser goes to the sign-in."""


def render(name: str, language: str, title: str, status: int = 200, **more: Any) -> HTMLResponse:
    """A page of a template."""

    def t(key: str, *values: object) -> str:
        return text(key, language, *values)

    def amount(given: str) -> str:
        return money.written(Decimal(given), language)

    values = {"language": language, "title": title, "t": t, "money": amount, "problem": "", **more}
    return HTMLResponse(_LOOKS.get_template(name).render(**values), status)


class Form:
    """A form: `title` and `button` are names of texts."""

    def __init__(self, title: str, action: str, button: str, links: tuple[tuple[str, str], ...] = ()) -> None:
        """`links` are names of texts and addresses below it."""
        self.title, self.action, self.button, self.links = title, action, button, links

    def page(
        self, language: str, fields: list[dict[str, Any]], status: int = 200, problem: str = "", key: str = ""
    ) -> HTMLResponse:
        """The form as a page; `key` is a link's secret that it carries on."""
        one = {
            "action": self.action, "button": text(self.button, language), "fields": fields,
            "hidden": {"key": key} if key else {},
        }  # fmt: skip
        links = [(text(name, language), address) for name, address in self.links]
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

    async def changing(self, request: Request) -> tuple[Session, dict[str, str]]:
        """The session and form of a request that changes something. HTTPException."""
        session = await run_in_threadpool(self._guard.session, request)
        fields = await form_of(request)
        if session is None:
            raise HTTPException(401, "sign in first (R-01.12)")
        if not is_csrf(session, fields.get("csrf", "")):
            raise HTTPException(403, text("form_over", language_of(request)))
        return session, fields


async def to_sign_in(request: Request, error: Exception) -> Response:
    """The answer to Unsigned."""
    return RedirectResponse("/sign-in", 303)
