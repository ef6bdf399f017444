"""What the stand-ins' pages share: a plain page that says it is no real one, forms, and notices told until they are heard.

Decides looks and patience. Leaves protocols to the stand-ins.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qsl

import httpx
from fastapi import Request
from fastapi.responses import HTMLResponse

log = logging.getLogger(__name__)

BODY_MOST = 256 * 1024
TELL_AGAIN_S = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Pauses between tries of a notice that was not heard; then it is given up."""

LEVELS = ("normal", "twice", "forged", "other_amount", "decline")
"""What a tester may let happen: the notice once, twice, with a wrong signature, with another amount, or no payment."""

TITLES = {
    "normal": "Оплатить",
    "twice": "Оплатить, уведомить дважды",
    "forged": "Подделать подпись",
    "other_amount": "Оплатить другую сумму",
    "decline": "Отказаться",
}


async def fields_of(request: Request) -> dict[str, str]:
    """Fields of a request, from its address and its form."""
    body = (await request.body())[:BODY_MOST].decode("utf-8", errors="replace")
    form = dict(parse_qsl(body, keep_blank_values=True)) if request.method == "POST" else {}
    return {**dict(request.query_params), **form}


def page(title: str, *lines: str, status: int = 200) -> HTMLResponse:
    """A page of escaped lines; those that begin with a tag are taken as they are."""
    body = "".join(line if line.startswith("<") else f"<p>{escape(line)}</p>" for line in lines)
    return HTMLResponse(
        f'<!doctype html><html lang="ru"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p><b>Песочница: деньги не списываются.</b></p>{body}</html>",
        status,
    )


def payment_form(address: str, fields: Mapping[str, str]) -> str:
    """A button for each thing that may happen."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    buttons = "".join(f'<button name="what" value="{what}">{TITLES[what]}</button> ' for what in LEVELS)
    return f'<form method="post" action="{escape(address)}">{hidden}{buttons}</form>'


def tell(url: str, fields: Mapping[str, str], is_heard: Callable[[str], bool], times: int = 1) -> None:
    """Send a notice so many times, each until it is heard, from a thread of its own."""

    def run() -> None:
        for _ in range(times):
            for pause_s in (*TELL_AGAIN_S, 0.0):
                try:
                    found = httpx.post(url, data=dict(fields), timeout=10, trust_env=False)
                    if found.status_code == 200 and is_heard(found.text):
                        break
                    log.warning("the notice was not heard: %s %s", found.status_code, found.text[:200])
                except httpx.HTTPError as error:
                    log.warning("the notice cannot be told: %s", error)
                time.sleep(pause_s)

    threading.Thread(target=run, name="notice", daemon=True).start()
