"""Employees on the page of persons: whose calls each sees who signs in by phone, and what else they may (R-23.9, R-23.12).

Decides what is asked and shown. Rights are the bridge's, which holds them against every request; without one there is nothing to
show. Leaves what a filter means to `engine/account/call_rights.py`.
"""

from __future__ import annotations

import html
from typing import Any, Final

from engine.account import call_rights
from engine.account.refusals import AccountRefused
from engine.numbers.digits import is_digits
from pbxsim.workbench.access.plain_page import Page
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.shell.texts import Texts

TICKS: Final = ("listen", "download", "balance")


class RightsRefused(Exception):
    """Rights that were not given; the sentence says why."""


async def change(page: Page) -> str:
    """Give the rights that a form asks for; what is said then. Raises RightsRefused."""
    texts, user = page.texts, page.get_body_argument("user", "")
    if not (is_digits(user) and len(user) <= 4):
        raise RightsRefused(texts("rights.no_user", user[:20]))
    try:
        wanted = call_rights.checked(page.get_body_argument("filter", "").strip())
    except AccountRefused as wrong:
        raise RightsRefused(texts("rights.filter_wrong", page.get_body_argument("filter", "")[:80])) from wrong
    body = {"filter": wanted, **{tick: tick in page.get_body_arguments("may") for tick in TICKS}}
    try:
        found = bridge_client.configured(page.visitor)
        if found is None:
            raise BridgeError("live.none")
        async with found:
            await found.ask("PUT", f"/api/rights/{user}", json=body)
    except BridgeError as error:
        raise RightsRefused(texts(error.text, error.detail)) from error
    return texts("rights.given", user)


def end(page: Page) -> str:
    """End a user's sessions; what is said then."""
    user = page.get_body_argument("user", "")
    if is_digits(user) and len(user) <= 4:
        page.gate.phone_sessions.end_of(int(user), by=page.visitor.name)
    return page.texts("persons.ended", user[:20])


async def sections(page: Page, form: str) -> list[str]:
    """A section of the page, whose forms are posted to `form`; none without a bridge."""
    texts = page.texts
    title = f"<h2>{html.escape(texts('rights.title'))}</h2>"
    try:
        found = bridge_client.configured(page.visitor)
        if found is None:
            return []
        async with found:
            users: list[dict[str, Any]] = await found.ask("GET", "/api/rights")
    except BridgeError as error:
        return [f'{title}<p role="alert">{html.escape(texts(error.text, error.detail))}</p>']
    sessions = page.gate.phone_sessions.count()
    people = "".join(_employee(page, form, one, sessions.get(one["user"], 0)) for one in users)
    return [f'{title}<p class="quiet">{html.escape(texts("rights.hint"))}</p>{people}']


def _employee(page: Page, form: str, one: dict[str, Any], sessions: int) -> str:
    texts = page.texts
    user = f'<input type="hidden" name="user" value="{one["user"]}">'
    chips = [_said(texts, one), *(texts(f"rights.{tick}") for tick in TICKS if one[tick])]
    chips += [texts("persons.sessions", sessions)] if sessions else []
    shown = "".join(f'<span class="chip">{html.escape(chip)}</span>' for chip in chips)
    ticks = "".join(
        f'<label class="tick"><input type="checkbox" name="may" value="{tick}"{" checked" if one[tick] else ""}>'
        f"{html.escape(texts(f'rights.{tick}'))}</label>"
        for tick in TICKS
    )
    field = page.field(
        "filter", texts("rights.filter"), "text", "off", one["filter"], must=False, most=call_rights.FILTER_MOST,
        example="100;102-110",
    )  # fmt: skip
    give = page.form(
        form, texts("rights.give"), _act("rights"), user, field, f'<div class="row">{ticks}</div>', plain=True
    )
    ended = page.form(form, texts("persons.end"), _act("end-phone"), user, plain=True) if sessions else ""
    name = html.escape(f"{one['user']} {one['name']}".strip())
    return f"<details><summary>{name} {shown}</summary>{give}{ended}</details>"


def _act(name: str) -> str:
    return f'<input type="hidden" name="act" value="{name}">'


def _said(texts: Texts, one: dict[str, Any]) -> str:
    if not one["filter"]:
        return texts("rights.own")
    if call_rights.sight(one["filter"]).all:
        return texts("rights.all")
    return texts("rights.numbers", one["filter"])
