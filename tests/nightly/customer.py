"""A city of stand-ins with a clock that can be set, and a customer who lives in it with a browser and a telephone.

Every system is a process, every page is Chromium's, every call is SIP. The parts of the story are methods here, each as a person
would tell it; `test_account_story.py` says in which order.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pypdfium2
from playwright.sync_api import Browser, Page, expect

from engine.account import tariff
from engine.contract.ids import SECOND_US
from tests.live_bridge.hosting.site import PDF, PNG
from tests.live_bridge.hosting.test_processes import SECRETS, Town
from tests.live_bridge.service.test_end_to_end import environment, wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port, media_ports

MOSCOW = ZoneInfo("Europe/Moscow")
MONTH = Decimal(3000)
"""RUB a month, so that a day is about 100."""
NUMBER = "74951230000"
COMPANY = {
    "name": "ООО «Ромашка»", "inn": "7712345678", "address": "125009, Москва, ул. Тверская, д. 7", "bank": "ПАО Сбербанк",
    "bic": "044525225", "bank_account": "40702810000000000001", "delivery_address": "125009, Москва, а/я 17",
    "kpp": "771201001",
}  # fmt: skip


class City(Town):
    """The town with the operator of numbers, a PBX for every account, and a clock."""

    names = (*Town.names, "operator")

    def __init__(self, folder: Path) -> None:
        self.clock = folder / "ahead"
        self.clock.write_text("0")
        super().__init__(folder)

    def settings(self) -> dict[str, object]:
        sip, api = free_port(), free_port()
        return {
            **super().settings(),
            "trial_days": 14,
            "prices": {"account": int(MONTH)},
            "rub_per_usd": 100,
            "pbxs": {
                "folder": str(self.folder / "pbxs"), "sip_ports": [sip, sip], "api_ports": [api, api],
                "media_ports": list(media_ports(100)),
            },
            "operator": {
                "account": "demo", "url": f"http://127.0.0.1:{self.ports['operator']}/platform_api",
                "sip_host": "127.0.0.1",
            },
        }  # fmt: skip

    def start(self, name: str, *words: str) -> None:
        words = (sys.executable, "-m", "tests.live_bridge.hosting.clocked", str(self.clock), *words)
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(words, stdout=log, stderr=log, env={**environment(), **SECRETS})

    def command(self, *words: str) -> str:
        full = (sys.executable, "-m", "tests.live_bridge.hosting.clocked", str(self.clock), *words)
        done = subprocess.run(
            (*full, "--config", str(self.config)), env={**environment(), **SECRETS}, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def now(self) -> datetime:
        """The city's time, in Moscow."""
        return datetime.now(MOSCOW) + timedelta(microseconds=int(self.clock.read_text()))

    def set_clock(self, to: datetime) -> None:
        """It is a later time from now on."""
        assert to >= self.now, f"time does not go back: {to} is before {self.now}"
        self.clock.write_text(str(round((to - datetime.now(MOSCOW)) / timedelta(microseconds=1))))

    def of_account(self, column: str) -> int:
        """Something of the account in the database."""
        with sqlite3.connect(self.folder / "hosting.sqlite", timeout=30) as database:
            return int(database.execute(f"SELECT {column} FROM accounts").fetchone()[0])

    def history(self) -> list[tuple[str, str, str, str]]:
        """Calls of the PBX as its history has them: caller, called, cause, rule."""
        with sqlite3.connect(self.folder / "pbxs" / "first" / "var" / "live.sqlite", timeout=30) as database:
            columns = "caller_id_number, destination_number, hangup_cause, rule"
            return list(database.execute(f"SELECT {columns} FROM history ORDER BY start_stamp"))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of a day in Moscow."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=MOSCOW)


def charges(first: date, last: date) -> Decimal:
    """What the days from one to another cost, both included."""
    days = (last - first).days + 1
    return sum((tariff.day_charge(MONTH, first + timedelta(days=n)) for n in range(days)), Decimal(0))


class Customer:
    """Anna, her browser and her telephone."""

    def __init__(self, city: City, browser: Browser) -> None:
        self.city = city
        self.page: Page = browser.new_context(locale="ru-RU", accept_downloads=True).new_page()
        self.page.set_default_timeout(60_000)
        self.phone: Phone | None = None
        self.sip_password = ""
        self.saturday = date.max

    def close(self) -> None:
        """She goes home."""
        if self.phone is not None:
            self.phone.close()

    # --- what she does on every page ---------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Open a page of the panel, signing in where the session is over."""
        self.page.goto(f"{self.city.base}{path}")
        if self.page.url.endswith("/sign-in"):
            self.page.get_by_label("Электронная почта").fill("anna@example.org")
            self.page.get_by_label("Пароль").fill("correct horse")
            self.page.get_by_role("button", name="Войти").click()
            self.page.wait_for_url("**/balance")
            self.page.goto(f"{self.city.base}{path}")

    def sees(self, words: str, timeout_s: float = 90.0) -> None:
        """Load the page again until the words are on it."""
        end_s = time.monotonic() + timeout_s
        while words not in self.page.locator("main").inner_text():
            assert time.monotonic() < end_s, (
                f"{words!r} is not on {self.page.url}: {self.page.locator('main').inner_text()}"
            )
            time.sleep(1)
            self.page.reload()

    def press(self, name: str) -> None:
        """Press a button and wait for what comes."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()

    def tops_up(self, payer: str, amount: str, of: str = "pbx") -> str:
        """«Пополнить баланс»: the number of the invoice."""
        self.open("/balance")
        form = self.page.locator("form[action='/balance/invoice']")
        form.get_by_label("Плательщик").select_option(label=payer)
        form.get_by_label("Сумма").fill(amount)
        form.locator("select[name=balance]").select_option(of)
        self.press("Пополнить баланс")
        return self.page.get_by_role("link", name=re.compile("^С-")).first.inner_text()

    def pays(self, system: str) -> None:
        """«Оплатить» at the open invoice, on the stand-in's page, and back."""
        self.page.get_by_role("button", name=f"Оплатить: {system}").click()
        expect(self.page.get_by_text("Песочница: деньги не списываются.")).to_be_visible()
        self.page.get_by_role("button", name="Оплатить", exact=True).click()
        self.page.wait_for_url("**/balance")

    # --- calls -------------------------------------------------------------------------------------------------------

    def is_called(self, rings: bool = False) -> tuple[str, int]:
        """Somebody beyond the operator calls the bought number; how far the call came, and the final answer."""
        operator = f"http://127.0.0.1:{self.city.ports['operator']}"
        with httpx.Client(base_url=operator, trust_env=False, timeout=30) as outside:
            assert outside.post(f"/call/{NUMBER}", data={"caller": "79161234567"}).status_code == 303
            wait_until(lambda: outside.get("/calls").json()[-1]["status"] > 0, 60)
            last = outside.get("/calls").json()[-1]
            if rings:
                assert self.phone is not None
                self.phone.called(60)
            outside.post("/hang-up")
        return last["state"], last["status"]

    def calls_out(self) -> int:
        """She calls a number outside; the final answer."""
        assert self.phone is not None
        _, answer = self.phone.call("89031234567", password=self.sip_password)
        return status(answer)

    def is_barred_both_ways(self) -> None:
        """No call comes in or goes out, and history says why."""
        wait_until(lambda: self.is_called()[1] >= 400, 60)
        assert self.calls_out() == 403
        wanted = {("79161234567", "INCOMING_CALL_BARRED"), ("100", "OUTGOING_CALL_BARRED")}
        wait_until(
            lambda: wanted <= {(caller, cause) for caller, _, cause, rule in self.city.history() if rule == "R-01.10"},
            30,
        )

    # --- the story ---------------------------------------------------------------------------------------------------

    def signs_up(self) -> None:
        """From the first page by the link of an e-mail into the panel."""
        page, city = self.page, self.city
        page.goto(city.base)
        page.get_by_label("Электронная почта").fill("anna@example.org")
        self.press("Подключить бесплатно")
        expect(page.get_by_text("отправлено письмо")).to_be_visible()
        wait_until(lambda: len(city.letters()) == 1, 60)
        link = re.search(rf"{city.base}/complete\?key=\S+", city.letters()[0])
        assert link is not None
        page.goto(link[0])
        page.get_by_label("Имя аккаунта").fill("First")
        page.get_by_label("Ваше имя").fill("Анна")
        page.get_by_label("Телефон").fill("+79161234567")
        page.get_by_label("Пароль от панели").fill("correct horse")
        self.press("Создать аккаунт")
        expect(page.get_by_role("heading", name="first.onpbx.ru: Баланс")).to_be_visible()
        expect(page.get_by_text("тестовый период", exact=True)).to_be_visible()
        expect(page.get_by_text("Продление не требуется.")).to_be_visible()

    def sets_up_a_telephone(self) -> None:
        """The PBX runs; its user's data are shown once, and a phone registers with them."""
        page = self.page
        self.open("/settings")
        self.sees("работает")
        self.press("Новый SIP-пароль")
        expect(page.get_by_text("Пароль показывается один раз.")).to_be_visible()
        password = self.sip_password = page.locator("code").inner_text()
        server = page.get_by_text(re.compile(r"^127\.0\.0\.1:\d+$")).inner_text()
        phone = self.phone = Phone("100", ("127.0.0.1", int(server.partition(":")[2])))
        wait_until(lambda: status(phone.register(password)) == 200, 30)

    def buys_a_number(self) -> None:
        """The balance for numbers by Robokassa, a number in Moscow, and the first call on it."""
        page = self.page
        self.open("/numbers")
        expect(page.get_by_role("button", name="Подключить").first).to_be_disabled()
        self.open("/balance")
        page.get_by_label("ФИО").fill("Анна Петрова")
        page.get_by_label("Номер мобильного телефона").fill("+79161234567")
        self.press("Добавить физическое лицо")
        self.tops_up("Анна Петрова", "3000", "numbers")
        self.pays("robokassa")
        self.sees("Оплачено")
        self.open("/numbers?city=Москва")
        page.get_by_role("button", name=f"Подключить {NUMBER}").click()
        expect(page.get_by_text("Мои номера")).to_be_visible()
        self.sees("работает")
        assert self.is_called(rings=True) == ("up", 200)

    def is_confirmed(self) -> None:
        """Scans attached, one of them removed, sent, looked at by the provider, confirmed."""
        page, city = self.page, self.city
        files = {"паспорт.pdf": PDF, "лишний.png": PNG, "прописка.png": PNG}
        self.open("/numbers")
        page.get_by_role("link", name="Показать статус подтверждения").click()
        expect(page.get_by_text("Не подтвержден", exact=True)).to_be_visible()
        self.press("Загрузить")
        expect(page.get_by_role("alert")).to_contain_text("R-03.9")
        for name, body in files.items():
            (city.folder / name).write_bytes(body)
            page.get_by_label("Файл").set_input_files(city.folder / name)
            self.press("Приложить")
            expect(page.get_by_role("cell", name=name, exact=True)).to_be_visible()
        page.get_by_role("button", name="Удалить лишний.png").click()
        expect(page.get_by_role("cell", name="лишний.png", exact=True)).to_have_count(0)
        self.press("Загрузить")
        self.sees("В процессе")
        listed = city.command("hosting-scans", "--folder", str(city.folder / "scans"))
        assert listed.startswith("first ") and "(2)" in listed
        assert (city.folder / "scans" / "first" / "1-паспорт.pdf").read_bytes() == PDF
        city.command("hosting-confirm", "first")
        self.sees("Аккаунт подтвержден")
        wait_until(lambda: any("подтверждён для номеров" in text for text in city.letters()), 60)

    def trial_runs_out(self) -> None:
        """Fourteen days later: blocked, an e-mail says so, the panel is open, the button does nothing."""
        page, city = self.page, self.city
        city.set_clock(city.now + timedelta(days=14))
        self.open("/balance")
        self.sees("заблокирован за долг")
        assert city.of_account("since") - city.of_account("registered_at") == 14 * 86_400 * SECOND_US
        wait_until(lambda: any("заблокирован за долг" in text for text in city.letters()), 60)
        self.is_barred_both_ways()
        self.press("Продлить на 24 часа")
        expect(page.get_by_role("alert")).to_contain_text("R-22.4")
        for path in ("/settings", "/numbers", "/profile", "/balance"):
            self.open(path)
            assert "first.onpbx.ru" in page.get_by_role("heading", level=1).inner_text()

    def pays_as_a_person(self) -> None:
        """100 roubles by Platron, and calls come again."""
        self.tops_up("Анна Петрова", "100")
        self.pays("platron")
        self.sees("активен")
        wait_until(lambda: self.is_called() == ("up", 200), 60)

    def pays_as_a_company(self) -> None:
        """A company's fields, an invoice, a bank transfer, its statement: what brings the balance to a kopeck less than all days
        to a Saturday cost, that one included."""
        page, city = self.page, self.city
        today = city.now.date()
        self.saturday = today + timedelta(days=(5 - today.weekday()) % 7 + 7)
        self.open("/balance")
        page.get_by_label("Название организации").fill(COMPANY["name"])
        self.press("Добавить юридическое лицо")
        page.wait_for_url("**/payers/*")
        for name, value in COMPANY.items():
            page.locator(f"input[name={name}]").fill(value)
        self.press("Сохранить")
        page.wait_for_url("**/balance")
        first = today if city.now < at(today, 23, 50) else today + timedelta(days=1)
        left = Decimal(page.get_by_text(re.compile(r"руб\.$")).first.inner_text().split(" руб")[0].replace(",", "."))
        amount = charges(first, self.saturday) - Decimal("0.01") - left
        number = self.tops_up(COMPANY["name"], str(amount))
        page.goto(f"http://127.0.0.1:{city.ports['bank']}")
        page.get_by_label("Плательщик").fill(COMPANY["name"])
        page.get_by_label("ИНН").fill(COMPANY["inn"])
        page.get_by_label("Сумма").fill(str(amount))
        page.get_by_label("Назначение платежа").fill(f"Оплата по счёту {number}, без НДС")
        self.press("Перевести")
        with page.expect_download() as download:
            page.get_by_role("link", name="Выписка").click()
        statement = city.folder / "kl_to_1c.txt"
        download.value.save_as(statement)
        assert statement.read_bytes().startswith(b"1CClientBankExchange\r\n")
        for said in ("paid an invoice: 1", "known already: 1"):
            assert city.command("hosting-statement", str(statement)).strip() == said
        self.open("/balance")
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=number))
        expect(row).to_contain_text("Оплачено")

    def money_runs_out_on_saturday(self) -> None:
        """The charge of Saturday 23:50 blocks; the button at 00:10 on Sunday is good for exactly 1440 minutes; four hints."""
        page, city = self.page, self.city
        sunday, monday = (self.saturday + timedelta(days=n) for n in (1, 2))
        city.set_clock(at(self.saturday, 23, 49) - timedelta(seconds=30))
        self.open("/balance")
        expect(page.get_by_text("Продление не требуется.")).to_be_visible()
        city.set_clock(at(sunday, 0, 9))
        self.open("/balance")
        self.sees("заблокирован за долг")
        expect(page.get_by_text("-0,01 руб.")).to_be_visible()
        expect(page.get_by_text("Аккаунт заблокирован за долг: его можно продлить.")).to_be_visible()
        assert datetime.fromtimestamp(city.of_account("since") / SECOND_US, MOSCOW) == at(self.saturday, 23, 50)
        self.is_barred_both_ways()
        city.set_clock(max(city.now, at(sunday, 0, 10)))
        self.press("Продлить на 24 часа")
        self.sees("Продлено: аккаунт включён на 24 часа.")
        wait_until(lambda: self.is_called() == ("up", 200), 60)
        begun = datetime.fromtimestamp(city.of_account("extended_at") / SECOND_US, MOSCOW)
        city.set_clock(begun + timedelta(minutes=1439))
        self.open("/balance")
        expect(page.get_by_text("Продлено: аккаунт включён на 24 часа.")).to_be_visible()
        city.set_clock(begun + timedelta(minutes=1440))
        self.open("/balance")
        expect(page.get_by_text("Продлевалось; 24 часа закончились.")).to_be_visible()
        assert city.of_account("since") - city.of_account("extended_at") == 1440 * 60 * SECOND_US
        assert begun.date() == sunday and city.now.date() == monday, "R-22.8"
        wait_until(lambda: self.is_called()[1] >= 400, 60)
        self.press("Продлить на 24 часа")
        expect(page.get_by_role("alert")).to_contain_text("R-22.6")

    def reads_documents(self) -> None:
        """The act of the quarter when it is over, a reconciliation of it, and both as PDF."""
        page, city = self.page, self.city
        month = (self.saturday.month - 1) // 3 * 3 + 1
        first = date(self.saturday.year, month, 1)
        after = date(first.year + month // 10, (month + 2) % 12 + 1, 1)
        last = after - timedelta(days=1)
        city.set_clock(at(after, 9))
        self.open("/balance")
        self.sees("Акт выполненных работ", 120)
        page.get_by_role("row").filter(has_text="Акт выполненных работ").get_by_role("link").first.click()
        entries = self.ledger()
        charged = -sum(
            (amount for kind, day, amount in entries if kind == "charge" and first <= day <= last), Decimal(0)
        )
        act = self.printed("act")
        assert "Копиядлясведения" in act and f"с{first:%d.%m.%Y}по{last:%d.%m.%Y}" in act
        assert f"{charged:.2f}".replace(".", ",") in act and "безНДС" in act
        self.open("/balance")
        form = page.locator("form[action='/balance/reconciliation']")
        form.get_by_label("Плательщик").select_option(label=COMPANY["name"])
        form.get_by_label("С", exact=True).fill(first.isoformat())
        form.get_by_label("По", exact=True).fill(last.isoformat())
        self.press("Сформировать акт сверки")
        page.wait_for_url("**/documents/*")
        closing = sum((amount for _, day, amount in entries if day <= last), Decimal(0))
        reconciliation = self.printed("reconciliation")
        assert f"Сальдонаконец{closing:.2f}".replace(".", ",") in reconciliation
        for words in (act, reconciliation):
            assert "ООО«Ромашка»" in words and "ИНН" in words and "7712345678" in words and "ООО«Хостинг»" in words

    def ledger(self) -> list[tuple[str, date, Decimal]]:
        """What changed the balance: kind, day in Moscow, amount."""
        found = self.page.request.get(f"{self.city.base}/api/account/ledger").json()
        return [
            (one["kind"], datetime.fromtimestamp(one["at"] / SECOND_US, MOSCOW).date(), Decimal(one["amount"]))
            for one in found
        ]

    def printed(self, name: str) -> str:
        """The document that is shown, as PDF: its words without spaces. Its pages are kept as pictures where PBX_SHOTS says."""
        shown = re.sub(r"\s", "", self.page.locator("article").inner_text())
        answer = self.page.request.get(f"{self.page.url}/pdf")
        assert answer.headers["content-type"] == "application/pdf"
        document = pypdfium2.PdfDocument(answer.body())
        words = re.sub(r"\s", "", "".join(one.get_textpage().get_text_range() for one in document))
        assert sorted(shown) == sorted(words.removesuffix(f"1/{len(document)}")), "page and PDF say the same"
        if "PBX_SHOTS" in os.environ:
            for n, one in enumerate(document):
                one.render(scale=1.5).to_pil().save(Path(os.environ["PBX_SHOTS"]) / f"{name}-{n}.png")
        return words

    def closes_the_account(self) -> None:
        """For ever: the PBX ends, the number is free again, documents can still be read."""
        page, city = self.page, self.city
        self.open("/profile")
        form = page.locator("form[action='/profile/close']")
        form.get_by_label("Напишите имя аккаунта").fill("first")
        form.get_by_label("Текущий пароль").fill("correct horse")
        self.press("Закрыть аккаунт")
        expect(page.get_by_text("Аккаунт закрыт. Документы остаются здесь.")).to_be_visible()
        wait_until(lambda: "closed" in city.command("hosting-bridges"), 90)
        operator = f"http://127.0.0.1:{city.ports['operator']}"
        wait_until(lambda: httpx.post(f"{operator}/call/{NUMBER}", trust_env=False).status_code == 404, 60)
        wait_until(lambda: any("Аккаунт first закрыт" in text for text in city.letters()), 60)
        self.open("/balance")
        page.get_by_role("link", name=re.compile("^А-")).first.click()
        expect(page.get_by_role("heading", name=re.compile("^Акт выполненных работ № А-"))).to_be_visible()
