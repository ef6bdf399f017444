"""The hosting process with a payment system, a bank and a mail server beside it, each a process, and a bridge that is told.

One story: sign up, the e-mail, completion; payments by Platron and, for numbers, by Robokassa, whose forged notices and
other amounts count nothing; transfers by the bank's statement, each once; the bridge is told the state of the account.
"""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from engine.account import invoices
from live_bridge.cli import commands
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.service.test_end_to_end import PBX, environment, wait_until
from tests.ports import free_port

SECRETS = {"PLATRON_SECRET": "three", "ROBOKASSA_PASSWORD1": "one", "ROBOKASSA_PASSWORD2": "two"}
ACCOUNT = "40702810900000000001"


class Town:
    """Processes of one story; each is ended with it."""

    names: ClassVar[tuple[str, ...]] = ("hosting", "platron", "robokassa", "bank", "smtp")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in self.names}
        self.base = f"http://127.0.0.1:{self.ports['hosting']}"
        self.config = folder / "hosting.yaml"
        self.config.write_text(yaml.safe_dump(self.settings(), allow_unicode=True), encoding="utf-8")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def settings(self) -> dict[str, object]:
        return {
            "public": self.base,
            "port": self.ports["hosting"],
            "database": f"sqlite:///{self.folder}/hosting.sqlite",
            "servers": ["moscow"],
            "trial_days": 0,
            "prices": {"account": 300},
            "provider": {"name": "ООО «Хостинг»", "inn": "7700000000", "account": ACCOUNT},
            "mail": {
                "host": "127.0.0.1", "port": self.ports["smtp"], "encryption": "none", "sender": "pbx@example.org",
            },
            "robokassa": {
                "login": "demo", "url": f"http://127.0.0.1:{self.ports['robokassa']}/Merchant/Index.aspx",
            },
            "platron": {
                "merchant": "demo", "url": f"http://127.0.0.1:{self.ports['platron']}/init_payment.php",
            },
        }  # fmt: skip

    def start_all(self) -> None:
        """Start everything, and wait until it listens."""
        options = {
            "smtp": ("--folder", str(self.folder / "letters")),
            "robokassa": ("--shop", "demo", "--hosting", self.base),
            "platron": ("--shop", "demo"),
            "operator": ("--shop", "demo"),
            "bank": ("--account", ACCOUNT),
        }
        for name in self.names:
            if name != "hosting":
                self.start(name, "sandbox", name, "--port", str(self.ports[name]), *options[name])
        self.start("hosting", "hosting", "--config", str(self.config))
        wait_until(lambda: all(self.listens(name) for name in self.names), 90)

    def start(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [*PBX, *words], stdout=log, stderr=log, env={**environment(), **SECRETS}
            )

    def listens(self, name: str) -> bool:
        assert self.processes[name].poll() is None, (self.folder / f"{name}.log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", self.ports[name]), 1):
                return True
        except OSError:
            return False

    def command(self, *words: str) -> str:
        done = CliRunner().invoke(commands.app, [*words, "--config", str(self.config)], env=SECRETS)
        assert done.exit_code == 0, done.output
        return done.stdout

    def letters(self) -> list[str]:
        """Texts of the e-mails that came, the first one first."""
        found = sorted((self.folder / "letters").glob("*.eml"))
        messages = [message_from_bytes(one.read_bytes(), policy=policy.default) for one in found]
        return [str(one.get_content()) for one in messages]

    def close(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(20)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    try:
        made.start_all()
        yield made
    finally:
        made.close()


@rule("R-01.1", "R-01.7", "R-01.10", "R-03.3", "R-03.5", "R-21.4", "R-21.6", "R-21.12")
def test_an_account_lives_beside_the_outside_world_and_its_bridge_is_told(town: Town, tmp_path: Path) -> None:
    browser = httpx.Client(base_url=town.base, trust_env=False, timeout=20)
    browser.post("/", data={"email": "anna@example.org"}).raise_for_status()
    wait_until(lambda: len(town.letters()) == 1, 30)
    link = re.search(rf"{town.base}/complete\?key=(\S+)", town.letters()[0])
    assert link is not None
    form = {
        "key": link[1], "name": "First", "server": "moscow", "contact_name": "Анна", "contact_phone": "1",
        "password": "correct horse",
    }  # fmt: skip
    assert browser.post("/complete", data=form).status_code == 303
    head = {"X-CSRF-Token": browser.get("/api/account").json()["csrf"]}

    (tmp_path / "bridge").mkdir()
    bridge = Api(tmp_path / "bridge")
    try:
        token = tmp_path / "token"
        token.write_text(bridge.tokens["account:write"])
        town.command("hosting-attach", "first", bridge.base, "--token-file", str(token))
        told = lambda: bridge.ask("GET", "/api/account", "account:write").json()  # noqa: E731
        wait_until(lambda: told()["state"] == browser.get("/api/account").json()["state"], 30)

        payer = browser.post(
            "/api/payers", json={"kind": "private", "fields": {"name": "Анна", "phone": "+79161234567"}}, headers=head
        ).json()["id"]
        invoice = browser.post("/api/invoices", json={"payer": payer, "amount": "500.00"}, headers=head).json()["id"]
        for what, balance in (("forged", "0"), ("twice", "500.00")):
            begun = browser.post(f"/api/invoices/{invoice}/pay", json={"system": "platron"}, headers=head)
            page = begun.json()["url"]
            assert page.startswith(f"http://127.0.0.1:{town.ports['platron']}/pay/")
            assert httpx.post(page, data={"what": what}, trust_env=False).status_code == 303
            wait_until(lambda wanted=balance: float(browser.get("/api/account").json()["balance"]) == float(wanted), 30)

        numbers = {"payer": payer, "amount": "200.00", "balance": "numbers"}
        invoice = browser.post("/api/invoices", json=numbers, headers=head).json()["id"]
        begun = browser.post(f"/api/invoices/{invoice}/pay", json={"system": "robokassa"}, headers=head).json()["url"]
        assert begun.startswith(f"http://127.0.0.1:{town.ports['robokassa']}/Merchant/Index.aspx?")
        shown = httpx.get(begun, trust_env=False)
        assert shown.status_code == 200 and "Песочница" in shown.text
        fields = dict(re.findall(r'name="(InvId|OutSum)" value="([^"]+)"', shown.text))
        for what in ("forged", "other_amount", "twice"):
            page = f"http://127.0.0.1:{town.ports['robokassa']}/pay"
            assert httpx.post(page, data={**fields, "what": what}, trust_env=False).status_code == 303
        wait_until(lambda: float(browser.get("/api/account").json()["numbers_balance"]) == 200.0, 30)
        assert float(browser.get("/api/account").json()["balance"]) == 500.0, "each balance is its own"
        refused = httpx.get(begun.replace("OutSum=200", "OutSum=2"), trust_env=False)
        assert refused.status_code == 400 and "29" in refused.text, "an address that a browser has changed"

        transfer = {"payer": "ООО «Ромашка»", "inn": "7712345678", "amount": "250", "purpose": "Оплата услуг"}
        bank = f"http://127.0.0.1:{town.ports['bank']}"
        assert httpx.post(f"{bank}/transfer", data=transfer, trust_env=False).status_code == 200
        statement = tmp_path / "kl_to_1c.txt"
        statement.write_bytes(httpx.get(f"{bank}/statement", trust_env=False).content)
        assert town.command("hosting-statement", str(statement)).strip() == "wait for a person: 1"
        company = {**dict.fromkeys(invoices.NEEDED["legal"], "x"), "inn": "7712345678"}
        made = browser.post("/api/payers", json={"kind": "legal", "fields": company}, headers=head)
        assert made.status_code in (200, 201), made.text
        assert httpx.post(f"{bank}/transfer", data=transfer, trust_env=False).status_code == 200
        statement.write_bytes(httpx.get(f"{bank}/statement", trust_env=False).content)
        said = town.command("hosting-statement", str(statement))
        assert sorted(said.splitlines()) == ["credited without invoice: 1", "known already: 1"], "each once"
        assert float(browser.get("/api/account").json()["balance"]) == 750.0
    finally:
        bridge.close()


def test_a_sandbox_without_its_secret_and_a_hosting_file_with_faults_say_what_to_do(tmp_path: Path) -> None:
    def refused(*words: str) -> str:
        done = CliRunner().invoke(commands.app, words, env={"PLATRON_SECRET": None})
        assert done.exit_code == 2 and isinstance(done.exception, SystemExit), done.output
        return done.output

    assert "PLATRON_SECRET" in refused("sandbox", "platron")
    assert "--config" in refused("hosting", "--config", str(tmp_path / "nothing.yaml"))
    wrong = tmp_path / "hosting.yaml"
    wrong.write_text("public: http://pbx.example.org\nservers: []\n", encoding="utf-8")
    said = refused("hosting", "--config", str(wrong))
    assert "provider" in said and "servers" in said
