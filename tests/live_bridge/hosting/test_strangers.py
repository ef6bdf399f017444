"""What a stranger, another customer and another site's page can reach: nothing (R-01.12, R-21.12).

Every route of the application is walked, so a new one is held to this without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute

from engine.account.confirmation import SCAN_MOST, SCANS_MOST
from live_bridge.hosting import sign_in as sign_ins
from live_bridge.hosting import tables as t
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.app import hosting_app
from tests.harness import rule
from tests.live_bridge.hosting.site import BASE, JPEG, PDF, PNG, letter, signed_up, visit

PUBLIC = {
    ("GET", "/"), ("POST", "/"), ("GET", "/complete"), ("POST", "/complete"), ("GET", "/sign-in"), ("POST", "/sign-in"),
    ("POST", "/sign-in/code"),
    ("GET", "/forgot"), ("POST", "/forgot"), ("GET", "/password"), ("POST", "/password"), ("GET", "/static/{sheet}"),
    ("GET", "/health"), ("GET", "/pay/{name}/result"), ("POST", "/pay/{name}/result"),
    ("GET", "/pbx/{account}/phones/{token}/{file}"), ("POST", "/pbx/{account}/phones/{token}/{file}"),
}  # fmt: skip
"""Open to everybody, on purpose."""

ARCHIVE = b"PK\x05\x06" + bytes(18)
"""A zip of nothing."""

SECRET = "Тайная"
"""Stands in everything that the first account has."""


def routes(hosting: Hosting) -> Iterator[tuple[str, str]]:
    """Method and path of every route, the OpenAPI document apart."""

    def inside(found: Any) -> Iterator[tuple[str, str]]:
        for route in found:
            if isinstance(route, APIRoute):
                yield from ((method, route.path) for method in sorted(route.methods))
            elif hasattr(route, "original_router"):
                yield from inside(route.original_router.routes)

    yield from inside(hosting_app(hosting).routes)


def rows_of(hosting: Hosting, account: int) -> dict[str, list[Any]]:
    """Everything of an account in the database."""
    found = {}
    with hosting.database.reading() as connection:
        for name, table in t.metadata.tables.items():
            column = table.c.id if name == "accounts" else table.c.get("account")
            if column is not None:
                query = sa.select(table).where(column == account).order_by(*table.primary_key.columns)
                found[name] = [tuple(row) for row in connection.execute(query)]
    return found


async def with_everything(hosting: Hosting, browser: httpx.AsyncClient) -> dict[str, int]:
    """The first account, with one of each thing that it can have; their ids by the names that paths use."""
    head = await signed_up(hosting, browser)
    fields = {"name": f"Анна {SECRET}", "phone": "+79161234567"}
    payer = (await browser.post("/api/payers", json={"kind": "private", "fields": fields}, headers=head)).json()["id"]
    invoice = (await browser.post("/api/invoices", json={"payer": payer, "amount": "100"}, headers=head)).json()
    scan = await browser.post(f"/api/confirmation/scans?name={SECRET}.pdf", content=PDF, headers=head)
    return {
        "payer": payer,
        "invoice": invoice["id"],
        "id": invoice["document"],
        "scan": scan.json()["id"],
        "user": 100,
    }


ANYTHING = {"name": "robokassa", "sheet": "hosting.css", "account": "first", "token": "guessed", "file": "profile.cfg"}
"""What the other names in paths are."""


def bodies(ids: dict[str, int]) -> dict[tuple[str, str], Any]:
    """What a request that names something of the first account in its body brings; JSON, forms where the path has no /api."""
    payer = {"kind": "private", "fields": {"name": "Мария", "phone": "+79160000000"}}
    return {
        ("POST", "/api/payers"): payer,
        ("PUT", "/api/payers/{payer}"): payer,
        ("POST", "/api/invoices"): {"payer": ids["payer"], "amount": "100"},
        ("POST", "/api/invoices/{invoice}/pay"): {"system": "robokassa"},
        ("POST", "/api/documents/reconciliation"): {"payer": ids["payer"], "first": "2026-01-01", "last": "2026-12-31"},
        ("POST", "/balance/invoice"): {"payer": ids["payer"], "amount": "100"},
        ("POST", "/balance/pay"): {"invoice": ids["invoice"], "system": "robokassa"},
    }


REFUSED = {"/api/invoices", "/api/documents/reconciliation", "/balance/invoice", "/balance/pay"}
"""Posts to these name something of the first account in their bodies, and are refused."""


@rule("R-01.12")
def test_no_route_shows_or_changes_anything_of_another_account(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        ids = await with_everything(hosting, browser)
        assert SECRET in (await browser.get("/api/payers")).text, "its owner sees it"
        walked = list(routes(hosting))
        assert len(walked) > 40 and PUBLIC <= set(walked)
        browser.cookies.clear()
        before = rows_of(hosting, 1)

        async def ask(method: str, path: str, head: dict[str, str]) -> httpx.Response:
            body = bodies(ids).get((method, path), {})
            form: dict[str, Any] = {}
            if method != "GET" and path.startswith("/api/"):
                form["json"] = body
            elif method != "GET":
                form["data"] = {**body, "csrf": head.get("X-CSRF-Token", "")}
            return await browser.request(method, path.format(**ids, **ANYTHING), headers=head, **form)

        for method, path in walked:
            found = await ask(method, path, {})
            assert SECRET not in found.text and found.status_code < 500, path
            if (method, path) not in PUBLIC:
                to_sign_in = found.status_code == 303 and found.headers["location"] == "/sign-in"
                assert found.status_code == 401 or to_sign_in, f"{method} {path} is open to strangers"

        head = await signed_up(hosting, browser, name="second", who="maria")
        for method, path in walked:
            if path == "/sign-out":
                continue
            found = await ask(method, path, head)
            assert SECRET not in found.text and "anna@" not in found.text and "first.onpbx.ru" not in found.text, path
            assert found.status_code < 500 or found.status_code == 503, f"{method} {path}: {found.status_code}"
            names_theirs = any(f"{{{name}}}" in path for name in ("payer", "invoice", "id", "scan")) or (
                method == "POST" and path in REFUSED
            )
            if names_theirs and found.text != '{"removed":false}':
                assert found.status_code in (404, 422), f"{method} {path}: {found.status_code}"
                assert "Field required" not in found.text, f"{method} {path}: `bodies` lacks what it needs"
        assert rows_of(hosting, 1) == before, "nothing of theirs has changed"

    visit(hosting, story)


@rule("R-01.12")
def test_nothing_is_changed_without_the_token_of_the_session_or_from_another_site(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        ids = await with_everything(hosting, browser)
        before = rows_of(hosting, 1)
        changing = [(m, p) for m, p in routes(hosting) if m != "GET" and (m, p) not in PUBLIC]
        assert len(changing) > 15
        for method, path in changing:
            given = path.format(**ids)
            for head in ({}, {"X-CSRF-Token": "guessed"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
                form = {"json": {}} if path.startswith("/api/") else {"data": {"csrf": head.get("X-CSRF-Token", "")}}
                found = await browser.request(method, given, headers=head, **form)
                assert found.status_code == 403, f"{method} {path} {head}: {found.status_code}"
        for path in ("/sign-in", "/", "/forgot", "/password", "/complete"):
            assert (await browser.post(path, data={}, headers={"Origin": "https://evil.example"})).status_code == 403
        assert rows_of(hosting, 1) == before

    visit(hosting, story)


@rule("R-01.1", "R-01.7", "R-01.12")
def test_answers_and_work_are_the_same_whether_an_address_has_an_account(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, headers and body alike; and the same work: as many hashes, as many statements."""
    work = {"hashes": 0, "statements": 0}
    verify = sign_ins._is_right

    def counted(hashed: str, password: str) -> bool:
        work["hashes"] += 1
        return verify(hashed, password)

    def statement(*_: object) -> None:
        work["statements"] += 1

    monkeypatch.setattr(sign_ins, "_is_right", counted)
    sa.event.listen(hosting.database.engine, "before_cursor_execute", statement)

    async def story(browser: httpx.AsyncClient) -> None:
        await signed_up(hosting, browser)
        browser.cookies.clear()
        for path, more in (("/", {}), ("/forgot", {}), ("/sign-in", {"password": "wrong"})):
            told = []
            for who in ("anna", "nobody"):
                work.update(hashes=0, statements=0)
                found = await browser.post(path, data={"email": f"{who}@example.org", **more})
                text = found.text.replace(f"{who}@example.org", "")
                told.append((found.status_code, dict(found.headers) | {"content-length": ""}, text, dict(work)))
            known, strange = told
            assert known[:3] == strange[:3], path
            assert known[3]["hashes"] == strange[3]["hashes"] == (path == "/sign-in")
            assert known[3]["statements"] == strange[3]["statements"], path
        with hosting.database.reading() as connection:
            e = t.emails.c
            to = list(connection.execute(sa.select(e.to).where(e.state != "nobody")).scalars())
        assert to.count("nobody@example.org") == 1, (
            "only of the sign-up: no password can be set where there is no account"
        )

    visit(hosting, story)


@rule("R-01.7", "R-01.12")
def test_letters_to_one_address_are_limited_and_nobody_is_told(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        told = {(await browser.post("/", data={"email": "anna@example.org"})).text for _ in range(8)}
        assert len(told) == 1
        with hosting.database.reading() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(t.emails)).scalar() == 5

    visit(hosting, story)


@rule("R-01.12")
def test_a_wrong_old_password_locks_too_and_a_new_one_ends_sessions(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        head = await signed_up(hosting, browser)
        wrong = {"old": "wrong", "new": "another horse"}
        codes = [(await browser.post("/api/account/password", json=wrong, headers=head)).status_code for _ in range(11)]
        assert codes == [403] * 10 + [429]
        form = {"email": "anna@example.org", "password": "correct horse"}
        assert (await browser.post("/sign-in", data=form)).status_code == 429, "the right one too, while it is locked"
        await browser.post("/forgot", data={"email": "anna@example.org"})
        key = letter(hosting)[1].partition("key=")[2]
        assert (await browser.post("/password", data={"key": key, "password": "third horse"})).status_code == 303
        assert (await browser.get("/api/account")).status_code == 401

    visit(hosting, story)


@rule("R-03.9")
def test_uploads_are_pictures_or_pdf_of_bounded_size_and_number(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        head = await signed_up(hosting, browser)
        place = "/api/confirmation/scans?name=a"

        async def sent(body: bytes, **more: str) -> int:
            return (await browser.post(place, content=body, headers={**head, **more})).status_code

        cut = [whole[:-3] for whole in (PDF, JPEG, PNG)]
        behind = [whole + ARCHIVE for whole in (PDF, JPEG, PNG)] + [PDF + b"<script>", JPEG + PDF, PNG + b"MZ\x90"]
        strange = [b"", ARCHIVE, b"<svg onload=alert(1)>", b"<html>", b"MZ\x90", b"GIF89a", b" " + PDF, b"\x00" + PNG]
        for body in (*strange, *cut, *behind):
            assert await sent(body) == 422, body
            form = {"data": {"csrf": head["X-CSRF-Token"]}, "files": {"file": ("a.pdf", body, "application/pdf")}}
            assert (await browser.post("/confirmation/scan", **form)).status_code == 422, body
        assert (await browser.get("/api/confirmation/scans")).json() == []
        assert await sent(b"%PDF-" + bytes(SCAN_MOST) + b"%%EOF") == 422
        assert await sent(b"%PDF" + bytes(13 * 1024 * 1024)) == 413

        async def chunks() -> Any:
            yield b"%PDF"

        assert (await browser.post(place, content=chunks(), headers=head)).status_code == 413, "of unknown length"
        assert (await browser.post(place, content=b"%PDF", headers={**head, "Content-Length": "-1"})).status_code == 413
        names = [
            "../../etc/passwd",
            "C:\\x\\паспорт.jpeg",
            "a\u202egnp.exe",
            "\x00\n.pdf",
            "",
            "я" * 300,
            ".png",
            "a.PNG",
        ]
        kinds = (PDF, JPEG, PNG)
        for n, name in enumerate(names):
            upload = {"file": (name, kinds[n % 3], "text/html")} if name else {"file": ("b.pdf", kinds[n % 3])}
            form = {"data": {"csrf": head["X-CSRF-Token"]}, "files": upload}
            assert (await browser.post("/confirmation/scan", **form)).status_code == 303, name
        assert [await sent(kind) for kind in (PDF, JPEG, PNG, PDF)] == [201] * (SCANS_MOST - len(names)) + [422] * 2
        kept = [one["name"] for one in (await browser.get("/api/confirmation/scans")).json()]
        assert all(one.endswith((".pdf", ".jpg", ".jpeg", ".png", ".PNG")) and one.isprintable() for one in kept), kept
        assert not any("/" in one or "\\" in one or one.startswith(".") or len(one) > 110 for one in kept), kept

    visit(hosting, story)


def test_forms_that_are_no_forms_are_refused_and_no_fault_of_ours(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        head = await signed_up(hosting, browser)
        many = "&".join(f"a{n}=1" for n in range(200))
        for path in ("/", "/sign-in", "/forgot", "/password", "/complete", "/balance/payer", "/pay/robokassa/result"):
            for body in (b"\xff\xfe", many.encode(), b"%00=%00", b"email=" + b"a" * 100_000, b"email=\x00@b.c"):
                found = await browser.post(path, content=body)
                assert found.status_code < 500, (path, body[:20])
        huge = "9" * 40
        for path in (f"/documents/{huge}", "/documents/-1", f"/documents/{2**63}", f"/complete?key={'k' * 5000}"):
            assert (await browser.get(path)).status_code < 500, path
        for form in ({"invoice": huge}, {"payer": huge, "amount": "1"}, {"payer": "1", "amount": "9" * 60}):
            for path in ("/balance/pay", "/balance/invoice"):
                data = {**form, "csrf": head["X-CSRF-Token"]}
                assert (await browser.post(path, data=data)).status_code < 500, (path, form)
        assert (await browser.get("/", headers={"Accept-Language": "\x7f,,;;" * 99})).status_code == 200

    visit(hosting, story)


def test_every_answer_forbids_frames_scripts_of_others_and_caches(hosting: Hosting) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        for path in ("/", "/sign-in", "/nothing", "/api/account"):
            head = (await browser.get(path)).headers
            assert "frame-ancestors 'none'" in head["content-security-policy"] and head["cache-control"] == "no-store"
            assert head["x-content-type-options"] == "nosniff" and head["referrer-policy"] == "same-origin"

    visit(hosting, story)
    assert BASE.startswith("http://127.")
