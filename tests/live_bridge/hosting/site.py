"""A hosting process without a port, and browsers that visit it."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from live_bridge.hosting import tables as t
from live_bridge.hosting.config import HostingConfig
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.app import hosting_app
from live_bridge.store.rows import now

BASE = "http://127.0.0.1:1"
PDF, JPEG, PNG = b"%PDF-1.4\n%%EOF\n", b"\xff\xd8\xff\xe0\xff\xd9", b"\x89PNG\r\n\x1a\nIEND\xaeB`\x82"
"""The smallest files that pass for scans."""
SECRETS = {"ROBOKASSA_PASSWORD1": "one", "ROBOKASSA_PASSWORD2": "two", "PLATRON_SECRET": "three"}


def make_hosting(
    folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], int] = now, **more: object
) -> Hosting:
    """A hosting process with an empty database in a folder; nothing happens in it by itself. `more` is its configuration."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    config = {
        "public": BASE,
        "database": f"sqlite:///{folder}/hosting.sqlite",
        "servers": ["moscow"],
        "prices": {"account": 300, "user": 150},
        "provider": {"name": "ООО «Хостинг»", "inn": "7700000000", "account": "4" * 20},
        "mail": {"host": "127.0.0.1", "port": 1, "encryption": "none", "sender": "pbx@example.org"},
        "robokassa": {"login": "demo"},
        "platron": {"merchant": "demo"},
        "numbers": [{"number": "74951230001", "city": "Москва", "fee": 200}],
    }
    return Hosting(HostingConfig.model_validate({**config, **more}), clock)


@functools.lru_cache(maxsize=1)
def app_of(hosting: Hosting) -> FastAPI:
    """The application of a hosting process, put together once."""
    return hosting_app(hosting)


def visit(hosting: Hosting, story: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Let a browser live a story."""

    async def run() -> None:
        transport = httpx.ASGITransport(app=app_of(hosting))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as browser:
            await story(browser)

    asyncio.run(run())


def letter(hosting: Hosting) -> tuple[str, str]:
    """Subject of the last letter, and its link without the host."""
    with hosting.database.reading() as connection:
        row = connection.execute(sa.select(t.emails).order_by(t.emails.c.id.desc())).first()
    assert row is not None
    found = re.search(rf"{BASE}(/\S+)", row.body)
    assert found is not None
    return row.subject, found.group(1)


async def enter(hosting: Hosting, browser: httpx.AsyncClient, account: int) -> dict[str, str]:
    """A session of an account without the work of a password; the header of its token."""
    secret, csrf = secrets.token_hex(16), "token"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    values = {"digest": digest, "account": account, "began_at": hosting.clock(), "csrf": csrf}
    with hosting.database.writing() as connection:
        connection.execute(t.accounts.update().where(t.accounts.c.id == account).values(password_set_at=0))
        connection.execute(t.sessions.insert().values(**values))
    browser.cookies.set("session", secret)
    return {"X-CSRF-Token": csrf}


async def signed_up(
    hosting: Hosting,
    browser: httpx.AsyncClient,
    password: str = "correct horse",
    name: str = "First",
    who: str = "anna",
) -> dict[str, str]:
    """An account, and the header of its token."""
    await browser.post("/", data={"email": f"{who}@example.org"})
    key = letter(hosting)[1].partition("key=")[2]
    form = {"key": key, "name": name, "server": "moscow", "contact_name": "Анна", "contact_phone": "1"}
    done = await browser.post("/complete", data={**form, "password": password})
    assert done.status_code == 303 and "HttpOnly" in done.headers["set-cookie"], done.text
    return {"X-CSRF-Token": (await browser.get("/api/account")).json()["csrf"]}
