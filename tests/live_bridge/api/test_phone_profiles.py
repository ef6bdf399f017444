"""Phones set up by a profile: fetched once over HTTPS as each phone would, and a real phone registers by it (R-15)."""

from __future__ import annotations

import json
import logging
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from live_bridge.api.access.guesses import WITHIN_S, WRONG_AT_MOST
from live_bridge.api.phones.profiles import NOT_GOOD
from live_bridge.cli.commands import app
from live_bridge.provisioning.models import MODELS
from live_bridge.service.phone_profiles import LIFE_US, PhoneProfiles, ProfileRefused, digest
from live_bridge.service.service import Service
from live_bridge.sip.digest import PHONES_MOST
from live_bridge.store import audit
from live_bridge.store.store import now
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.certificates import make_certificate
from tests.live_bridge.provisioning import reading
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

SCENARIO = Path(__file__).parent / "register.xml"
MODULES = Path("/usr/lib/baresip/modules")
MAC = "7C:2F:80:E1:23:45"
USERS = dict(zip(MODELS, range(100, 106)))
"""A user for each model."""


class WithProfiles(Api):
    """A bridge whose API has a certificate."""

    def __init__(self, folder: Path) -> None:
        certificate = make_certificate(folder)
        self.http = {"certificate": str(certificate.chain), "key": str(certificate.key)}  # type: ignore[misc]
        super().__init__(folder)
        self.folder = folder
        self.client.close()
        self.base = f"https://127.0.0.1:{self.port}"
        self.trust = ssl.create_default_context(cafile=str(certificate.chain))
        self.client = httpx.Client(base_url=self.base, trust_env=False, timeout=30, verify=self.trust)

    def make(self, user: int, model: str = "t21p-e2", **more: Any) -> dict[str, Any]:
        answer = self.ask(
            "POST", f"/api/users/{user}/profiles", "users:write", json={"model": model, "mac": MAC, **more}
        )
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert isinstance(told, dict)
        return told

    def fetch(self, told: dict[str, Any]) -> httpx.Response:
        """As the phone does: a GET; for a sheet, what a press of its button sends."""
        first = self.client.get(told["address"])
        if told["model"] == "softphone" and first.status_code == 200:
            assert '<form method="post">' in first.text
            return self.client.post(told["address"])
        return first

    def account(self, user: int, model: str = "t21p-e2") -> reading.Account:
        return reading.account(model, self.fetch(self.make(user, model)).text)

    def registers(self, account: reading.Account) -> int:
        """The answer to a phone of ours with this account."""
        phone = Phone(account.login, (account.host, account.port), domain=account.domain)
        try:
            return status(phone.register(account.password, algorithm="MD5"))
        finally:
            phone.close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithProfiles]:
    made = WithProfiles(tmp_path_factory.mktemp("phones"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def room_for_others(api: WithProfiles) -> Iterator[None]:
    """Each test leaves no profiles behind, so that the next finds room for its own."""
    yield
    for user in api.service.flow.head.users:
        for one in api.ask("GET", f"/api/users/{user}/profiles", "calls:read").json():
            api.ask("DELETE", f"/api/users/{user}/profiles/{one['id']}", "users:write")


@pytest.mark.debian
@rule("R-15.3", "R-15.4", "R-15.7", "R-15.8")
@pytest.mark.parametrize("model", MODELS)
def test_a_phone_fetches_its_profile_and_registers_by_it(api: WithProfiles, model: str, tmp_path: Path) -> None:
    user = USERS[model]
    told = api.make(user, model)
    answer = api.fetch(told)
    assert answer.status_code == 200 and answer.headers["content-type"] == MODELS[model].media_type
    assert answer.headers["cache-control"] == "no-store"
    account = reading.account(model, answer.text)
    assert (account.login, account.domain, account.expires_s) == (str(user), api.service.domain, 300)
    assert (account.host, account.port) == api.sip
    program = shutil.which("sipp")
    assert program is not None, "install Debian's sip-tester for this test"
    line = (
        f"{account.login};{account.domain};{account.expires_s};"
        f"[authentication username={account.authentication} password={account.password}]"
    )
    (tmp_path / "phone.csv").write_text(f"SEQUENTIAL\n{line}\n")
    done = subprocess.run(
        [program, f"{account.host}:{account.port}", "-sf", str(SCENARIO), "-inf", str(tmp_path / "phone.csv"), "-m", "1",
         "-i", "127.0.0.1", "-p", str(free_port()), "-timeout", "20", "-nostdin", "-auth_uri", account.domain],
        cwd=tmp_path, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode()[-1500:]
    found = api.ask("GET", f"/api/users/{user}/devices", "calls:read").json()
    mine = next(one for one in found if one["user_agent"] == "SIPp")
    assert mine["contact"].startswith(f"sip:{user}@127.0.0.1:") and mine["transport"] == "udp"
    at = now()
    assert at - 60_000_000 < mine["since"] <= at < mine["until"] <= at + 300_000_000


@pytest.mark.debian
@rule("R-15.8")
def test_baresip_registers_by_the_profile_of_a_desk_phone(api: WithProfiles, tmp_path: Path) -> None:
    account = api.account(106, "spa303")
    with_choice = Phone(
        "106", api.sip, domain=account.domain
    )  # a choice of algorithms that stays unanswered: MD5 alone next
    with_choice._register_once(None, None, None, "")
    with_choice.close()
    program = shutil.which("baresip")
    assert program is not None, "install Debian's baresip-core for this test"
    (tmp_path / "config").write_text(
        f"sip_listen 127.0.0.1:{free_port()}\nnet_interface 127.0.0.1\nmodule_path {MODULES}\nmodule g711.so\n"
        "module_app account.so\nmodule_app menu.so\n"
    )
    (tmp_path / "accounts").write_text(
        f"<sip:{account.login}@{account.domain};transport={account.transport}>;auth_user={account.authentication};"
        f'auth_pass={account.password};outbound="sip:{account.host}:{account.port};transport={account.transport}";'
        f"regint={account.expires_s}\n"
    )
    (tmp_path / "contacts").write_text("")

    def agents() -> list[str]:
        return [one["user_agent"] for one in api.ask("GET", "/api/users/106/devices", "calls:read").json()]

    with (
        (tmp_path / "log.txt").open("w") as log,
        subprocess.Popen(
            [program, "-f", str(tmp_path), "-t", "30"], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            wait_until(lambda: any("baresip" in agent for agent in agents()))
        finally:
            process.kill()  # it may turn in a circle and hear no request


@rule("R-15.8")
def test_an_address_is_good_once_and_every_other_one_gets_the_same_answer(api: WithProfiles) -> None:
    told = api.make(101)
    assert api.client.head(told["address"]).status_code == 405  # nothing is used up by looking
    assert api.client.get(told["address"] + "x").status_code == 404
    assert api.fetch(told).status_code == 200
    dropped = api.make(101)
    assert api.ask("DELETE", f"/api/users/101/profiles/{dropped['id']}", "users:write").status_code == 200
    overtaken = api.make(102)
    api.ask("POST", "/api/users/102/password", "users:write")
    unknown = told["address"].replace(told["address"].split("/")[-2], "A" * 32)
    refused = [api.client.get(one) for one in (told["address"], dropped["address"], overtaken["address"], unknown)]
    answers = [(one.status_code, one.text, {**one.headers, "date": ""}) for one in refused]
    assert answers[0][:2] == (404, f'{{"detail":"{NOT_GOOD} (R-15.8)"}}')
    assert all(one == answers[0] for one in answers)
    assert api.client.post(told["address"]).status_code == 404


@rule("R-15.8")
def test_an_address_is_good_for_a_day_to_the_microsecond(api: WithProfiles) -> None:
    at = [now()]
    profiles = PhoneProfiles(api.service, lambda: at[0])
    made = [profiles.make(103, "t21p-e2", "anna") for _ in range(2)]
    token, file = made[0].address.split("/")[-2:]
    assert made[0].profile.expires_at == at[0] + LIFE_US == at[0] + 24 * 3600 * 1_000_000
    at[0] = made[0].profile.expires_at - 1
    assert profiles.fetch(token, file, "203.0.113.9") is not None
    assert profiles.fetch(token, file, "203.0.113.9") is None
    at[0] += 1
    token = made[1].address.split("/")[-2]
    assert profiles.is_waiting(token, file) is None and profiles.fetch(token, file, "203.0.113.9") is None
    assert profiles.is_over(made[1].profile) and not profiles.is_over(profiles.of(103)[0])


@rule("R-15.8")
def test_of_many_who_fetch_at_once_one_gets_the_profile(api: WithProfiles) -> None:
    from concurrent.futures import ThreadPoolExecutor

    profiles = PhoneProfiles(api.service)
    token, file = profiles.make(103, "t21p-e2", "anna").address.split("/")[-2:]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: profiles.fetch(token, file, "203.0.113.9"), range(16)))
    assert sum(one is not None for one in got) == 1


@rule("R-15.4", "R-15.8")
def test_a_second_phone_leaves_the_first_one_in_and_a_new_password_puts_both_out(api: WithProfiles) -> None:
    first, second = api.account(104), api.account(104, "softphone")
    typed = api.ask("POST", "/api/users/104/password", "users:write").json()["password"]
    assert [api.registers(one) for one in (first, second)] == [403, 403]
    first, second = api.account(104), api.account(104, "softphone")
    assert first.password != second.password and len(first.password) >= 16
    assert [api.registers(one) for one in (first, second, first._replace(password=typed))] == [200, 200, 200]
    known = api.ask("GET", "/api/users/104/profiles", "calls:read").json()
    assert [(one["model"], one["fetched_from"], one["by"]) for one in known] == [
        ("t21p-e2", "127.0.0.1", "users:write"),
        ("softphone", "127.0.0.1", "users:write"),
    ]
    assert api.ask("DELETE", f"/api/users/104/profiles/{known[0]['id']}", "users:write").status_code == 200
    assert [api.registers(one) for one in (first, second)] == [403, 200]


@rule("R-15.5", "R-15.8")
def test_the_secrets_are_told_once_and_stand_nowhere(api: WithProfiles, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made = [api.make(104 + place % 2, model) for place, model in enumerate(MODELS)]
        texts = [api.fetch(told).text for told in made]
        for told in made:
            assert api.fetch(told).status_code == 404
    secrets = [told["address"].split("/")[-2] for told in made]
    for told, text in zip(made, texts):
        secrets.append(reading.account(told["model"], text).password)
        web = told["web_password"]
        assert bool(web) == bool(MODELS[told["model"]].web_login)
        if told["model"] == "gigaset":
            assert f"0x{web[:2]},0x{web[2:]}" in text and web != "0000"
        elif web:
            assert web in text and web not in ("admin", "adminpass")
            secrets.append(web)
    api.service.records.settle()
    api.service.housekeeping.keep_snapshot(must=True)
    asked = [f"/api/users/{user}/{part}" for user in (104, 105) for part in ("profiles", "devices")]
    shown = [api.ask("GET", path, "calls:read").text for path in asked]
    shown += [api.ask("GET", "/api/versions/audit?limit=1000", "versions:read").text]
    ours = [
        one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))
    ]  # not the phone
    shown.append("\n".join(ours))
    files = [path.read_bytes() for path in (api.folder / "var").rglob("*") if path.is_file()]
    assert len(secrets) == 2 * len(MODELS) + 3 and len(files) > 3
    for secret in secrets:
        assert len(secret) >= 12
        assert not any(secret in text for text in shown)
        assert not any(secret.encode() in data for data in files)
    assert any(digest(secrets[0]).encode() in data for data in files)


@rule("R-15.8", "R-25.5")
def test_the_audit_trail_has_who_made_a_profile_and_from_where_it_was_fetched(api: WithProfiles) -> None:
    told = api.make(100, "tgp500")
    api.fetch(told)
    api.ask("DELETE", f"/api/users/100/profiles/{told['id']}", "users:write")
    api.service.records.settle()
    entries = audit.entries(api.service.store, api.service.pbx, limit=3)
    assert [(one.action, one.by) for one in entries] == [
        ("phone-profile", "users:write"), ("phone-profile-fetched", "phone 127.0.0.1"), ("phone-profile-over", "users:write"),
    ]  # fmt: skip
    assert all(told["id"] in one.details and '"user":100' in one.details for one in entries)
    state = api.service.records.state
    assert audit.verify(api.service.store, api.service.pbx, state.signer, state.trail_head).whole


@rule("R-15.8", "R-16.4")
def test_who_may_not_give_passwords_makes_no_profile(api: WithProfiles) -> None:
    for method, path in (("POST", "/api/users/101/profiles"), ("DELETE", "/api/users/101/profiles/0123456789ab")):
        answer = api.ask(method, path, "calls:read", **({"json": {"model": "spa303"}} if method == "POST" else {}))
        assert answer.status_code == 403
    assert api.client.get("/api/users/101/profiles").status_code == 401
    models = api.ask("GET", "/api/phone-models", "calls:read").json()
    assert [one["key"] for one in models] == list(MODELS)
    assert api.ask("GET", "/api/users/999/devices", "calls:read").status_code == 404
    assert api.ask("DELETE", "/api/users/101/profiles/0123456789ab", "users:write").status_code == 404


@rule("R-15.8")
@pytest.mark.parametrize(
    ("user", "wanted", "code", "words"),
    [
        (999, {"model": "spa303"}, 404, "there is no user 999"),
        (101, {"model": "nokia"}, 409, "there is no model nokia, only spa303"),
        (101, {"model": "gigaset", "mac": "7C:2F"}, 409, "give the hardware address"),
        (101, {"model": "tgp500", "transport": "tls"}, 409, "have in common: udp"),
        (101, {"model": "spa303", "proxy": "a b"}, 409, "a proxy is a host"),
        (101, {"model": "spa303", "transport": "ws"}, 422, "transport"),
    ],
)
def test_a_profile_that_cannot_be_made_says_why(
    api: WithProfiles, user: int, wanted: dict[str, Any], code: int, words: str
) -> None:
    answer = api.ask("POST", f"/api/users/{user}/profiles", "users:write", json=wanted)
    assert answer.status_code == code and words in answer.text


def test_a_phone_is_sent_to_the_proxy_that_was_named(api: WithProfiles) -> None:
    told = api.make(101, "spa303", proxy="sip.example.org", transport="tls")
    assert (told["proxy"], told["transport"]) == ("sip.example.org:5061", "tls")
    account = reading.account("spa303", api.fetch(told).text)
    assert (account.host, account.port, account.transport) == ("sip.example.org", 5061, "tls")


def test_a_user_has_so_many_phones_at_most(api: WithProfiles) -> None:
    made = [api.make(102) for _ in range(PHONES_MOST)]
    answer = api.ask("POST", "/api/users/102/profiles", "users:write", json={"model": "t21p-e2"})
    assert answer.status_code == 409 and "take one back" in answer.text
    accounts = [reading.account("t21p-e2", api.fetch(told).text) for told in made]
    assert api.registers(accounts[-1]) == 200


@rule("R-15.8")
def test_profiles_need_https(tmp_path: Path) -> None:
    api = Api(tmp_path)
    try:
        answer = api.ask("POST", "/api/users/101/profiles", "users:write", json={"model": "spa303"})
        assert answer.status_code == 409 and "over HTTPS alone" in answer.text
        config = api.service.config
        assert config.http is not None
        http = config.http.model_copy(update={"public": "https://pbx.example.org"})
        api.service.config = config.model_copy(update={"http": http})
        assert (
            PhoneProfiles(api.service).make(101, "spa303", "anna").address.startswith("https://pbx.example.org/phones/")
        )
    finally:
        api.close()


@rule("R-15.8")
def test_a_phone_stays_known_over_a_restart(tmp_path: Path) -> None:
    api = WithProfiles(tmp_path)
    account = api.account(101)
    waiting = api.make(102)
    config = api.service.config
    api.close()
    with Service(config) as service:
        phone = Phone(account.login, (account.host, account.port), domain=account.domain)
        assert status(phone.register(account.password)) == 200
        phone.close()
        profiles = PhoneProfiles(service)
        assert profiles.is_waiting(*waiting["address"].split("/")[-2:]) is not None
        with pytest.raises(ProfileRefused):
            profiles.drop(101, waiting["id"], "anna")


@rule("R-15.8")
def test_who_tries_many_addresses_has_to_wait(api: WithProfiles) -> None:
    told = api.make(101)
    codes = [api.client.get(f"/phones/{n:032d}/t21p-e2.cfg").status_code for n in range(WRONG_AT_MOST + 20)]
    assert codes[0] == 404 and codes[-1] == 429 and sorted(codes) == codes
    assert api.fetch(told).status_code == 200, f"a good one is taken until {WITHIN_S} s bring a hundred wrong ones"


@rule("R-15.3", "R-15.6", "R-25.10")
def test_pbx_phone_says_where_to_enter_what_in_both_languages(
    api: WithProfiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text(api.token("desk", "users:write", "calls:read"))
    token.chmod(0o600)
    at = ["--bridge", api.base, "--token-file", str(token), "--certificate", str(api.folder / "chain.pem")]

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["phone", *words, *at])
        assert done.exit_code == code, done.output
        return done.output

    english = run("101", "--model", "t21p-e2")
    assert "Settings > Auto Provision > Server URL" in english and "Account > Register" in english
    assert re.search(r"^Register Name +101 *$", english, re.MULTILINE)
    address = next(line for line in english.splitlines() if line.startswith("https://"))
    assert reading.account("t21p-e2", api.client.get(address).text).login == "101"
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    russian = run("101", "--model", "linphone")
    assert "Или вручную" in russian and "█" in russian and "Отсканируйте" in russian
    made = json.loads(run("101", "--model", "gigaset", "--mac", MAC, "--json"))
    assert made["phone"]["key"] == "gigaset" and len(made["web_password"]) == 4
    listed = json.loads(run("101", "--json"))
    assert [one["model"] for one in listed["profiles"]] == ["t21p-e2", "linphone", "gigaset"]
    shown = run("101")
    assert "Yealink SIP-T21P E2" in shown and "Модели: spa303" in shown
    assert "отозван" in run("101", "--drop", made["id"])
    assert "nokia" in run("101", "--model", "nokia", code=2)
