"""What the plain pages of this server have in common: HTML in the workbench's look without a script, forms, whose turn it is.

Decides the look, that work on passwords takes turns, so that many tries at once cost no more than a few, and that forms bring a
token against forgery (XSRF), which Tornado checks. Leaves what a page says to `pages.py`, `managing.py` and `phone_sign_in.py`.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from tornado.httputil import url_concat
from tornado.web import HTTPError, RequestHandler

from engine.account import sign_up
from engine.account.refusals import AccountRefused
from engine.contract.ids import SECOND_US
from pbxsim.workbench.access import gate as gates
from pbxsim.workbench.access import persons, visitors
from pbxsim.workbench.access.gate import Gate
from pbxsim.workbench.access.persons import SignInFailed
from pbxsim.workbench.access.visitors import Visitor
from pbxsim.workbench.shell import remembered
from pbxsim.workbench.shell.texts import Texts

Answer = TypeVar("Answer")

AT_ONCE: Final = 2
"""Passwords hashed at the same time: each takes 64 MiB and a tenth of a second."""

WAITING_MOST: Final = 40
"""Further ones wait, and still further ones are told to come again."""

NO_ADMINISTRATOR: Final = "not an administrator"
"""Reason of a 403 that is not about a form."""

SESSION_S: Final = sign_up.SESSION_US // SECOND_US
YEAR_S: Final = 31_536_000

_STYLE: Final = """
:root { --paper: #fff; --ground: #eef2f7; --text: #0f172a; --quiet: #55657c; --line: #dde4ee; --main: #2563eb; --on: #fff;
  --bad: #b91c1c; --good: #15803d; color-scheme: light; }
.dark { --paper: #111a2c; --ground: #080e1a; --text: #e8eef9; --quiet: #9fb0ca; --line: #2b3a56; --main: #60a5fa; --on: #0b1220;
  --bad: #f87171; --good: #4ade80; color-scheme: dark; }
@media (prefers-color-scheme: dark) { .auto { --paper: #111a2c; --ground: #080e1a; --text: #e8eef9; --quiet: #9fb0ca;
  --line: #2b3a56; --main: #60a5fa; --on: #0b1220; --bad: #f87171; --good: #4ade80; color-scheme: dark; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 400 14px/21px Roboto, "Noto Sans", Arial, sans-serif; }
header { display: flex; align-items: center; justify-content: space-between; height: 56px; padding: 0 24px; background: #0f172a;
  border-bottom: 1px solid #1f2b44; }
header a { color: #cbd5e1; text-decoration: none; font-weight: 500; padding: 7px 9px; border-radius: 8px; }
header a:hover { background: rgb(148 163 184 / .18); color: #fff; }
header .product { color: #fff; font-size: 16.5px; font-weight: 600; padding: 7px 8px; margin-left: -8px; }
main { max-width: 420px; margin: 9vh auto 24px; padding: 0 14px; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 20px 22px; margin: 0 0 12px; }
h1 { font-size: 19px; line-height: 26px; margin: 0 0 14px; } h2 { font-size: 14.5px; margin: 0 0 10px; }
p { margin: 0 0 12px; } section > :last-child { margin-bottom: 0; }
.quiet { color: var(--quiet); font-size: 13px; margin: 12px 0 0; overflow-wrap: anywhere; }
ul, ol { margin: 0 0 12px; padding: 0 0 0 18px; }
label { display: block; font-weight: 500; font-size: 13px; margin: 0 0 12px; }
input, select { display: block; width: 100%; margin: 4px 0 0; padding: 9px 11px; border: 1px solid var(--quiet);
  border-radius: 8px; background: transparent; color: inherit; font: inherit; font-size: 16px; }
option { color: var(--text); background: var(--paper); }
button { padding: 8px 18px; border: 0; border-radius: 8px; background: var(--main); color: var(--on); font: inherit;
  font-weight: 600; cursor: pointer; }
button.plain { background: transparent; color: var(--main); border: 1px solid var(--main); }
:focus-visible { outline: 2px solid var(--main); outline-offset: 2px; }
[role=alert] { border: 1px solid var(--bad); color: var(--bad); border-radius: 8px; padding: 8px 12px; }
[role=status] { border: 1px solid var(--good); color: var(--good); border-radius: 8px; padding: 8px 12px; }
main a { color: var(--main); }
.wide { max-width: 820px; margin-top: 4vh; }
fieldset { border: 0; margin: 0 0 12px; padding: 0; min-width: 0; } legend { font-weight: 500; font-size: 13px; padding: 0; }
.row { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; }
.tick { display: flex; align-items: center; gap: 6px; margin: 4px 0; }
.tick input { display: inline-block; width: 18px; height: 18px; margin: 0; accent-color: var(--main); }
form > .tick { margin: 0 0 10px; }
.acts { margin: 14px 0 0; } .wide h2 + .quiet { margin: -4px 0 10px; }
details { margin: 12px 0 0; } summary { cursor: pointer; color: var(--quiet); margin: 0 0 8px; }
.chip { display: inline-block; padding: 0 10px; border: 1px solid var(--quiet); border-radius: 11px; font-size: 12px;
  font-weight: 500; line-height: 20px; margin: 0 4px 0 0; }
.secret { display: block; padding: 9px 11px; border: 1px dashed var(--quiet); border-radius: 8px; font: 15px/22px "Roboto Mono",
  ui-monospace, monospace; overflow-wrap: anywhere; user-select: all; }
.digits { font: 700 44px/56px "Roboto Mono", ui-monospace, monospace; letter-spacing: .3em; text-align: center;
  margin: 0 0 12px; }
.or { display: flex; align-items: center; gap: 10px; color: var(--quiet); font-size: 13px; margin: 0 0 12px; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 500; color: var(--quiet); }
"""


class Page(RequestHandler):
    """What these pages have in common."""

    _turns: asyncio.Semaphore | None = None
    _waiting = 0

    def initialize(self) -> None:
        """Language and theme, as on every other page."""
        cookies = {name: one.value for name, one in self.request.cookies.items()}
        asked = self.get_query_argument("lang", None)
        self.texts = Texts(remembered.language(asked, cookies, self.request.headers.get("Accept-Language", "")))
        chosen, dark = remembered.theme(None, cookies)
        self.theme = ("dark" if dark else "light") if chosen else "auto"
        if asked == self.texts.language:
            self.set_cookie("pbx-lang", asked, path="/", max_age=YEAR_S, samesite="Lax")

    @property
    def gate(self) -> Gate:
        """The gate of this server."""
        found = gates.current()
        if found is None:
            raise HTTPError(503)
        return found

    @property
    def visitor(self) -> Visitor:
        """Who asks."""
        found = getattr(self.request, visitors.ATTRIBUTE, None)
        return found if isinstance(found, Visitor) else visitors.nobody()

    def show(self, title: str, *sections: str, wide: bool = False, again_s: int = 0) -> None:
        """Answer with a page of sections, which comes again by itself after `again_s` seconds if there are any."""
        texts = self.texts
        other = "ru" if texts.language == "en" else "en"
        wanted = gates.safe_page(self.get_argument("next", ""))
        there = url_concat(self.request.path, {"lang": other, **({"next": wanted} if wanted else {})})
        theme = "" if self.theme == "light" else f' class="{self.theme}"'
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(
            f'<!DOCTYPE html>\n<html lang="{texts.language}"{theme}><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            + (f'<meta http-equiv="refresh" content="{again_s}">' if again_s else "")
            + f"<title>{html.escape(title)} · {html.escape(texts('product'))}</title><style>{_STYLE}</style></head><body>"
            f'<header><a class="product" href="{html.escape(self.gate.path)}">{html.escape(texts("product"))}</a>'
            f'<a href="{html.escape(there)}" lang="{other}" '
            f'title="{html.escape(texts("language_help"))}">{html.escape(texts("language"))}</a></header>'
            f"<main{' class=wide' if wide else ''}>"
            + "".join(f"<section>{section}</section>" for section in sections)
            + "</main></body></html>\n"
        )

    def form(self, action: str, button: str, *fields: str, plain: bool = False) -> str:
        """A form that is posted to one of these pages."""
        look = ' class="plain"' if plain else ""
        return (
            f'<form method="post" action="{html.escape(self.gate.path + action)}">{self.xsrf_token_field()}{"".join(fields)}'
            f"<button{look}>{html.escape(button)}</button></form>"
        )

    def xsrf_token_field(self) -> str:
        """The hidden field against forgery."""
        return str(self.xsrf_form_html())

    def field(
        self,
        name: str,
        label: str,
        kind: str,
        complete: str,
        value: str = "",
        focus: bool = False,
        must: bool = True,
        most: int = 0,
        example: str = "",
    ) -> str:
        """A field to be filled in; one that `must` not be may stay empty. It takes `most` characters, those of its kind if 0."""
        more = (" required" if must else "") + (" autofocus" if focus else "")
        length = most or (sign_up.PASSWORD_MOST if kind == "password" else persons.NAME_MOST)
        more += f' placeholder="{html.escape(example)}"' if example else ""
        return (
            f'<label>{html.escape(label)}<input name="{name}" type="{kind}" autocomplete="{complete}" autocapitalize="none" '
            f'spellcheck="false" maxlength="{length}" value="{html.escape(value)}"{more}></label>'
        )

    def choice(self, name: str, label: str, options: Mapping[str, str], value: str) -> str:
        """A field in which one of several words is chosen."""
        words = "".join(
            f'<option value="{html.escape(word)}"{" selected" if word == value else ""}>{html.escape(text)}</option>'
            for word, text in options.items()
        )
        return f'<label>{html.escape(label)}<select name="{name}" autocomplete="off">{words}</select></label>'

    async def in_turn(self, work: Callable[..., Answer], *given: Any) -> Answer:
        """Work on a password, in a thread and in its turn. Raises HTTPError when too many wait."""
        if Page._waiting >= WAITING_MOST:
            raise HTTPError(503)
        if Page._turns is None:
            Page._turns = asyncio.Semaphore(AT_ONCE)
        Page._waiting += 1
        try:
            async with Page._turns:
                return await asyncio.to_thread(work, *given)
        finally:
            Page._waiting -= 1

    def weak(self, error: AccountRefused) -> str:
        """What is said of a password that cannot be set."""
        if error.code == "password_short":
            return self.texts("access.short", sign_up.PASSWORD_LEAST)
        return self.texts("access.long", sign_up.PASSWORD_MOST)

    def begin_session(self, secret: str) -> None:
        """Give the browser its session."""
        self.set_cookie(self.gate.cookie, secret, max_age=SESSION_S, **self.gate.cookie_settings())

    def end_session(self) -> None:
        """Take the session from browser and database."""
        secret = self.gate.secret(self.request)
        if secret:
            self.gate.persons.sign_out(secret)
            self.gate.phone_sessions.end(secret)
        self.set_cookie(self.gate.cookie, "", max_age=0, **self.gate.cookie_settings())

    def failed(self, error: SignInFailed) -> str:
        """What is said of a wrong password or a lock."""
        if error.until is None:
            self.set_status(401)
            return self.texts("access.wrong")
        left_s = max(1, (error.until - persons.clock()) // SECOND_US)
        self.set_status(429)
        self.set_header("Retry-After", str(left_s))
        return self.texts("access.locked", -(-left_s // 60))

    def write_error(self, status_code: int, **about: Any) -> None:
        """A refused form, too many at once, or an act that somebody may not do, in words."""
        link = f'<p><a href="{self.gate.path}{gates.SIGN_IN}">{html.escape(self.texts("access.sign_in"))}</a></p>'
        known = {403: "refused.manage" if self._reason == NO_ADMINISTRATOR else "access.stale", 503: "access.busy"}
        words = self.texts(known[status_code]) if status_code in known else self._reason
        self.show(self.texts("access.sign_in"), f'<p role="alert">{html.escape(words)}</p>{link}')
