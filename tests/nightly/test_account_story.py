"""One customer's story in a browser, against the stand-ins: every system a process, every call by SIP.

Sign up, the e-mail, completion; the PBX runs and a telephone is set up; a number is paid for by Robokassa, bought, and called;
the trial runs out, calls are barred and an e-mail says so; a payment by Platron unblocks; the invoice is looked at.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.harness import rule
from tests.live_bridge.hosting.test_processes import SECRETS, Town
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port, media_ports

pytestmark = pytest.mark.nightly

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


class City(Town):
    """The same town with the operator of numbers, and a PBX for every account."""

    names = (*Town.names, "operator")

    def settings(self) -> dict[str, object]:
        sip, api = free_port(), free_port()
        return {
            **super().settings(),
            "trial_days": 14,
            "pbxs": {
                "folder": str(self.folder / "pbxs"), "sip_ports": [sip, sip], "api_ports": [api, api],
                "media_ports": list(media_ports(100)),
            },
            "operator": {
                "account": "demo", "url": f"http://127.0.0.1:{self.ports['operator']}/platform_api",
                "sip_host": "127.0.0.1",
            },
        }  # fmt: skip

    def time_passes(self) -> None:
        """The trial is over."""
        with sqlite3.connect(self.folder / "hosting.sqlite", timeout=30) as database:
            database.execute("UPDATE accounts SET trial_ends_at = ?", (int((time.time() - 1) * 1e6),))


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    monkeypatch.setitem(SECRETS, "OPERATOR_KEY", "key")
    made = City(tmp_path)
    try:
        made.start_all()
        yield made
    finally:
        made.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


def until_shown(page: Page, words: str, timeout_s: float = 90.0) -> None:
    """Load the page again until the words are on it."""
    end_s = time.monotonic() + timeout_s
    while words not in page.locator("main").inner_text():
        assert time.monotonic() < end_s, f"{words!r} is not on {page.url}: {page.locator('main').inner_text()}"
        time.sleep(1)
        page.reload()


def pay(page: Page, system: str) -> None:
    """Press «Оплатить» at the open invoice, pay on the stand-in's page, and come back."""
    page.get_by_role("button", name=f"Оплатить: {system}").click()
    expect(page.get_by_text("Песочница: деньги не списываются.")).to_be_visible()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url("**/balance")
    until_shown(page, "Оплачено")


def dialled(city: City, rings: Phone | None = None) -> tuple[str, int]:
    """Call the bought number from beyond the operator and hang up, once a phone has rung; how far the call came, and the
    final answer."""
    operator = f"http://127.0.0.1:{city.ports['operator']}"
    with httpx.Client(base_url=operator, trust_env=False, timeout=20) as outside:
        assert outside.post("/call/74951230000", data={"caller": "79161234567"}).status_code == 303
        wait_until(lambda: outside.get("/calls").json()[-1]["status"] > 0, 60)
        last = outside.get("/calls").json()[-1]
        if rings is not None:
            rings.called(60)
        outside.post("/hang-up")
    return last["state"], last["status"]


@rule(
    "R-01.1", "R-01.2", "R-01.8", "R-01.10", "R-03.2", "R-03.3", "R-03.4", "R-15.4", "R-20.3", "R-21.1", "R-21.4", "R-22.4"
)  # fmt: skip
def test_a_customer_signs_up_buys_a_number_is_called_is_blocked_and_pays(city: City, browser: Browser) -> None:
    page = browser.new_context(locale="ru-RU").new_page()
    page.set_default_timeout(30_000)
    page.goto(city.base)
    page.get_by_label("Электронная почта").fill("anna@example.org")
    page.get_by_role("button", name="Подключить бесплатно").click()
    expect(page.get_by_text("отправлено письмо")).to_be_visible()
    wait_until(lambda: len(city.letters()) == 1, 60)
    link = re.search(rf"{city.base}/complete\?key=\S+", city.letters()[0])
    assert link is not None
    page.goto(link[0])
    page.get_by_label("Имя аккаунта").fill("First")
    page.get_by_label("Ваше имя").fill("Анна")
    page.get_by_label("Телефон").fill("+79161234567")
    page.get_by_label("Пароль от панели").fill("correct horse")
    page.get_by_role("button", name="Создать аккаунт").click()
    expect(page.get_by_role("heading", name="first.onpbx.ru: Баланс")).to_be_visible()
    expect(page.get_by_text("тестовый период")).to_be_visible()

    page.get_by_role("link", name="Настройка").click()
    until_shown(page, "работает")
    page.get_by_role("button", name="Новый SIP-пароль").click()
    expect(page.get_by_text("Пароль показывается один раз.")).to_be_visible()
    password = page.locator("code").inner_text()
    server = page.get_by_text(re.compile(r"^127\.0\.0\.1:\d+$")).inner_text()
    phone = Phone("100", ("127.0.0.1", int(server.partition(":")[2])))
    try:
        wait_until(lambda: status(phone.register(password)) == 200, 30)

        page.get_by_role("link", name="Купить номер").click()
        expect(page.get_by_role("button", name="Подключить").first).to_be_disabled()
        page.get_by_role("link", name="Баланс").first.click()
        page.get_by_label("ФИО").fill("Анна Петрова")
        page.get_by_label("Номер мобильного телефона").fill("+79161234567")
        page.get_by_role("button", name="Добавить физическое лицо").click()
        page.get_by_label("Сумма").fill("300")
        page.locator("select[name=balance]").select_option("numbers")
        page.get_by_role("button", name="Пополнить баланс").click()
        pay(page, "robokassa")

        page.goto(f"{city.base}/numbers?city=Москва")
        page.get_by_role("button", name="Подключить 74951230000").click()
        expect(page.get_by_text("Мои номера")).to_be_visible()
        until_shown(page, "работает")
        assert dialled(city, phone) == ("up", 200)

        city.time_passes()
        page.goto(f"{city.base}/balance")
        until_shown(page, "заблокирован за долг")
        wait_until(lambda: any("заблокирован за долг" in text for text in city.letters()), 60)
        wait_until(lambda: dialled(city)[1] >= 400, 60)
        page.get_by_role("button", name="Продлить на 24 часа").click()
        expect(page.get_by_role("alert")).to_contain_text("R-22.4")

        page.get_by_label("Сумма").fill("500")
        page.get_by_role("button", name="Пополнить баланс").click()
        page.get_by_role("button", name="Оплатить: platron").click()
        page.get_by_role("button", name="Оплатить", exact=True).click()
        page.wait_for_url("**/balance")
        until_shown(page, "500,00")
        until_shown(page, "активен")
        wait_until(lambda: dialled(city) == ("up", 200), 60)
        page.get_by_role("link", name=re.compile("^С-")).first.click()
        expect(page.get_by_text("без НДС")).to_be_visible()
        expect(page.get_by_text("Анна Петрова")).to_be_visible()
    finally:
        phone.close()
