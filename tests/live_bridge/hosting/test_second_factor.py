"""The second factor of the panel's sign-in: codes of an app, each for once, and recovery codes (R-01.12)."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pyotp
import pytest
import sqlalchemy as sa

from live_bridge.hosting import tables as t
from live_bridge.hosting.hosting import Hosting
from live_bridge.store.rows import now
from tests.harness import rule
from tests.live_bridge.hosting.site import make_hosting, signed_up, visit

PASSWORD = "correct horse"
ANNA = {"email": "anna@example.org", "password": PASSWORD}
STEP_US = 30_000_000


class Watch:
    """A clock that is put forward."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self) -> int:
        return self.at

    def later(self, seconds: float) -> None:
        self.at += int(seconds * 1_000_000)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watch: Watch) -> Hosting:
    return make_hosting(tmp_path, monkeypatch, watch)


def shown_by(app: str, watch: Watch, steps: int = 0) -> str:
    """What an app shows now, or would if its clock were wrong by so many steps."""
    return pyotp.TOTP(app).at(watch.at // 1_000_000 + 30 * steps)


def subjects(hosting: Hosting) -> list[str]:
    with hosting.database.reading() as connection:
        return list(connection.execute(sa.select(t.emails.c.subject).order_by(t.emails.c.id)).scalars())


def ticket_in(page: httpx.Response) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found is not None and page.status_code == 200, page.text
    return found.group(1)


async def with_factor(hosting: Hosting, browser: httpx.AsyncClient, watch: Watch) -> tuple[str, list[str]]:
    """An account whose second factor is on; nobody is signed in. The app's secret and the recovery codes."""
    head = await signed_up(hosting, browser)
    offered = await browser.post("/api/account/second-factor", json={"password": PASSWORD}, headers=head)
    app = offered.json()["secret"]
    code = {"code": shown_by(app, watch)}
    codes = (await browser.post("/api/account/second-factor/on", json=code, headers=head)).json()["recovery_codes"]
    browser.cookies.clear()
    watch.later(60)
    return app, codes


@rule("R-01.12")
def test_an_app_is_set_up_on_the_profile_page_and_is_on_after_its_first_code(timed: Hosting, watch: Watch) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        csrf = (await signed_up(timed, browser))["X-CSRF-Token"]
        wrong = await browser.post("/profile/factor", data={"csrf": csrf, "password": "wrong"})
        assert wrong.status_code == 403 and "<svg" not in wrong.text
        assert (await browser.post("/profile/factor", data={"csrf": csrf, "password": PASSWORD})).status_code == 303
        page = (await browser.get("/profile")).text
        app = re.search(r"<code>([A-Z2-7]{32})</code>", page)
        assert app is not None and "<svg" in page
        assert (await browser.get("/api/account/second-factor")).json()["on"] is False, "nothing is on before a code"
        refused = await browser.post("/profile/factor/on", data={"csrf": csrf, "code": "000000"})
        assert refused.status_code == 422 and app.group(1) in refused.text
        on = await browser.post("/profile/factor/on", data={"csrf": csrf, "code": shown_by(app.group(1), watch)})
        codes = re.findall(r"<code>([a-z2-7-]{19})</code>", on.text)
        assert len(set(codes)) == 10 and app.group(1) not in on.text
        assert app.group(1) not in (await browser.get("/profile")).text, "the secret is not shown again"
        state = (await browser.get("/api/account/second-factor")).json()
        assert state == {"on": True, "since": watch.at, "recovery_codes_left": 10}
        assert subjects(timed)[-1] == "Второй фактор включён: first"
        with timed.database.reading() as connection:
            kept = list(connection.execute(sa.select(t.recovery_codes.c.digest)).scalars())
        assert all(len(digest) == 64 for digest in kept) and not set(kept) & set(codes)

    visit(timed, story)


@rule("R-01.12")
def test_password_and_code_let_in_and_neither_alone_does(timed: Hosting, watch: Watch) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        app, _ = await with_factor(timed, browser, watch)
        asked = await browser.post("/sign-in", data=ANNA)
        assert "set-cookie" not in asked.headers and (await browser.get("/api/account")).status_code == 401
        ticket = ticket_in(asked)
        for given in ({"code": shown_by(app, watch)}, {"key": "guessed", "code": shown_by(app, watch)}):
            assert (await browser.post("/sign-in/code", data=given)).status_code == 403, "a code without its password"
        wrong = await browser.post("/sign-in/code", data={"key": ticket, "code": "12345x"})
        assert wrong.status_code == 403 and ticket in wrong.text
        done = await browser.post("/sign-in/code", data={"key": ticket, "code": f" {shown_by(app, watch)} "})
        assert done.status_code == 303 and "HttpOnly" in done.headers["set-cookie"]
        assert (await browser.get("/api/account")).status_code == 200
        browser.cookies.clear()
        again = ticket_in(await browser.post("/sign-in", data=ANNA))
        used = await browser.post("/sign-in/code", data={"key": again, "code": shown_by(app, watch)})
        assert used.status_code == 403, "a code works once (RFC 6238, section 5.2)"
        watch.later(30)
        for steps in (2, -2):
            late = await browser.post("/sign-in/code", data={"key": again, "code": shown_by(app, watch, steps)})
            assert late.status_code == 403, f"{steps} steps off"
        ahead = await browser.post("/sign-in/code", data={"key": again, "code": shown_by(app, watch, 1)})
        assert ahead.status_code == 303, "a telephone's clock may be a step ahead"

    visit(timed, story)


@rule("R-01.12")
def test_a_password_waits_five_minutes_and_ten_wrong_codes_lock(timed: Hosting, watch: Watch) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        app, _ = await with_factor(timed, browser, watch)
        ticket = ticket_in(await browser.post("/sign-in", data=ANNA))
        watch.later(301)
        over = await browser.post("/sign-in/code", data={"key": ticket, "code": shown_by(app, watch)})
        assert over.status_code == 403
        watch.later(901)  # the first try no longer counts
        ticket = ticket_in(await browser.post("/sign-in", data=ANNA))
        wrong = {"key": ticket, "code": "000000"}
        codes = [(await browser.post("/sign-in/code", data=wrong)).status_code for _ in range(8)]
        assert codes == [403] * 8
        ticket = ticket_in(await browser.post("/sign-in", data=ANNA))  # a right password takes no wrong code back
        right = {"key": ticket, "code": shown_by(app, watch)}
        assert (await browser.post("/sign-in/code", data=right)).status_code == 429
        assert (await browser.post("/sign-in", data=ANNA)).status_code == 429
        watch.later(901)
        ticket = ticket_in(await browser.post("/sign-in", data=ANNA))
        right = {"key": ticket, "code": shown_by(app, watch)}
        assert (await browser.post("/sign-in/code", data=right)).status_code == 303

    visit(timed, story)


@rule("R-01.12")
def test_a_recovery_code_lets_in_once_and_the_owner_is_told(timed: Hosting, watch: Watch) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        _, codes = await with_factor(timed, browser, watch)
        for status in (303, 403):
            ticket = ticket_in(await browser.post("/sign-in", data=ANNA))
            form = {"key": ticket, "code": codes[0].upper().replace("-", " ")}
            assert (await browser.post("/sign-in/code", data=form)).status_code == status
        assert (await browser.get("/api/account/second-factor")).json()["recovery_codes_left"] == 9
        assert subjects(timed)[-1] == "Использован код восстановления: first"

    visit(timed, story)


@rule("R-01.12")
def test_it_is_switched_off_and_codes_are_renewed_by_password_and_code_alone(timed: Hosting, watch: Watch) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        app, codes = await with_factor(timed, browser, watch)
        ticket = ticket_in(await browser.post("/sign-in", data=ANNA))
        await browser.post("/sign-in/code", data={"key": ticket, "code": shown_by(app, watch)})
        head = {"X-CSRF-Token": (await browser.get("/api/account")).json()["csrf"]}
        for proof in ({"password": PASSWORD, "code": "000000"}, {"password": "wrong", "code": codes[1]}):
            refused = await browser.post("/api/account/second-factor/off", json=proof, headers=head)
            assert refused.status_code == 403
        renew = {"password": PASSWORD, "code": codes[1]}
        renewed = await browser.post("/api/account/second-factor/recovery-codes", json=renew, headers=head)
        fresh = renewed.json()["recovery_codes"]
        assert len(set(fresh)) == 10 and not set(fresh) & set(codes)
        old = {"password": PASSWORD, "code": codes[2]}
        assert (await browser.post("/api/account/second-factor/off", json=old, headers=head)).status_code == 403
        watch.later(30)
        form = {"csrf": head["X-CSRF-Token"], "password": PASSWORD, "code": shown_by(app, watch)}
        assert (await browser.post("/profile/factor/off", data=form)).status_code == 303
        assert subjects(timed)[-1] == "Второй фактор выключен: first"
        browser.cookies.clear()
        assert (await browser.post("/sign-in", data=ANNA)).status_code == 303, "the password is enough again"

    visit(timed, story)


@rule("R-01.12", "R-01.7")
def test_a_new_password_by_email_does_not_go_round_the_second_factor(timed: Hosting, watch: Watch) -> None:
    async def story(browser: httpx.AsyncClient) -> None:
        app, _ = await with_factor(timed, browser, watch)
        waiting = ticket_in(await browser.post("/sign-in", data=ANNA))
        await browser.post("/forgot", data={"email": ANNA["email"]})
        with timed.database.reading() as connection:
            body = connection.execute(sa.select(t.emails.c.body).order_by(t.emails.c.id.desc())).scalars().first()
        key = re.search(r"key=(\S+)", str(body))
        assert key is not None
        watch.later(1)
        set_ = await browser.post("/password", data={"key": key.group(1), "password": "another horse"})
        assert set_.status_code == 303
        old = await browser.post("/sign-in/code", data={"key": waiting, "code": shown_by(app, watch)})
        assert old.status_code == 403, "the old password waits for no code any more"
        ticket = ticket_in(await browser.post("/sign-in", data={**ANNA, "password": "another horse"}))
        done = await browser.post("/sign-in/code", data={"key": ticket, "code": shown_by(app, watch)})
        assert done.status_code == 303

    visit(timed, story)
