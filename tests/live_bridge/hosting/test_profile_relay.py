"""Phones of hosted PBXs fetch their profiles at the hosting process (R-15.8); the bridge behind it is a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from live_bridge.api.access.guesses import WRONG_AT_MOST
from live_bridge.config import read_config
from live_bridge.hosting import accounts, pbx_folder, telling
from live_bridge.hosting.hosting import Hosting
from live_bridge.provisioning.models import MODELS
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.hosting.site import make_hosting, visit
from tests.live_bridge.provisioning import reading
from tests.ports import free_port, media_ports

PUBLIC = "https://panel.example.org"


class Hosted(Api):
    """A bridge as the hosting process starts it: on this machine, without a certificate."""

    http: ClassVar[dict[str, object]] = {"profiles": f"{PUBLIC}/pbx/first"}

    def address(self, user: int, model: str) -> str:
        """The path of a new profile's address."""
        made = self.ask("POST", f"/api/users/{user}/profiles", "users:write", json={"model": model})
        assert made.status_code == 201, made.text
        address = str(made.json()["address"])
        assert address.startswith(f"{PUBLIC}/pbx/first/phones/")
        return address.removeprefix(PUBLIC)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    made = Hosted(tmp_path_factory.mktemp("hosted"))
    yield made
    made.close()


@pytest.fixture
def hosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bridge: Hosted) -> Hosting:
    """A hosting process with an account whose bridge runs, one whose bridge does not, and one that is closed."""
    made = make_hosting(tmp_path, monkeypatch)
    for name, url in (
        ("first", str(bridge.client.base_url)),
        ("away", f"http://127.0.0.1:{free_port()}"),
        ("gone", str(bridge.client.base_url)),
    ):
        with made.database.writing() as connection:
            accounts.open_account(
                connection, made.clock(), name=name, email=f"{name}@example.org", password="-", server="moscow",
                contact={},
            )  # fmt: skip
        telling.attach(made.database, name, url, "token")
    with made.database.writing() as connection:
        connection.exec_driver_sql("UPDATE accounts SET state = 'closed' WHERE name = 'gone'")
    return made


@rule("R-15.8")
def test_a_phone_gets_its_profile_once_through_the_hosting_process(hosting: Hosting, bridge: Hosted) -> None:
    phone, sheet = bridge.address(100, "t21p-e2"), bridge.address(101, "softphone")

    async def story(browser: httpx.AsyncClient) -> None:
        got = await browser.get(phone)
        assert got.status_code == 200 and got.headers["content-type"] == MODELS["t21p-e2"].media_type
        assert got.headers["cache-control"] == "no-store" and got.headers["x-robots-tag"] == "noindex"
        assert reading.account("t21p-e2", got.text).login == "100"
        assert (await browser.get(phone)).status_code == 404
        assert '<form method="post">' in (await browser.get(sheet)).text
        shown = await browser.post(sheet)
        assert shown.status_code == 200 and "style-src" in shown.headers["content-security-policy"]
        assert (await browser.post(sheet)).status_code == 404

    visit(hosting, story)
    fetched = bridge.ask("GET", "/api/users/100/profiles", "calls:read").json()[-1]["fetched_from"]
    assert fetched != "", "the bridge knows which address asked"


@rule("R-15.8")
def test_no_other_path_of_a_bridge_is_reached_and_every_wrong_address_is_alike(
    hosting: Hosting, bridge: Hosted
) -> None:
    good = bridge.address(100, "t21p-e2").split("/")

    async def story(browser: httpx.AsyncClient) -> None:
        wrong = [
            f"/pbx/nobody/phones/{good[4]}/{good[5]}", f"/pbx/gone/phones/{good[4]}/{good[5]}",
            f"/pbx/first/phones/{good[4]}x/{good[5]}", f"/pbx/first/phones/..%2Fapi/{good[5]}", "/pbx/first/phones/%2e%2e/status",
            "/pbx/first/phones/a/..",
        ]  # fmt: skip
        for path in wrong:
            assert (await browser.get(path)).status_code == 404, path
        assert (await browser.get("/pbx/first/api/status")).status_code == 404
        away = await browser.get(f"/pbx/away/phones/{good[4]}/{good[5]}")
        assert away.status_code == 503 and away.headers["retry-after"] == "60"
        assert (await browser.get("/".join(good))).status_code == 200

    visit(hosting, story)


@rule("R-15.8")
def test_who_guesses_is_told_to_wait_and_others_are_not(hosting: Hosting, bridge: Hosted) -> None:
    """The bridge counts by the address that asks, not by that of the hosting process."""
    good = bridge.address(100, "t21p-e2")

    async def story(browser: httpx.AsyncClient) -> None:
        for number in range(WRONG_AT_MOST + 1):
            last = await browser.get(f"/pbx/first/phones/guess{number}/y000000000052.cfg")
        assert last.status_code == 429 and int(last.headers["retry-after"]) > 0
        transport = httpx.ASGITransport(app=browser._transport.app, client=("203.0.113.9", 1))  # type: ignore[attr-defined]
        async with httpx.AsyncClient(transport=transport, base_url=browser.base_url) as other:
            assert (await other.get("/pbx/first/phones/guess/y000000000052.cfg")).status_code == 404
            assert (await other.get(good)).status_code == 200

    visit(hosting, story)


@rule("R-15.8")
@pytest.mark.parametrize(("public", "profiles"), [(PUBLIC, f"{PUBLIC}/pbx/first"), ("http://127.0.0.1:1", "")])
def test_a_hosted_bridge_names_the_hosting_process_where_phones_may_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, public: str, profiles: str
) -> None:
    pbxs = {
        "folder": tmp_path / "pbxs",
        "sip_ports": [5060, 5062],
        "api_ports": [5080, 5082],
        "media_ports": media_ports(300),
    }
    made = make_hosting(tmp_path, monkeypatch, public=public, pbxs=pbxs)
    assert made.config.pbxs is not None
    place = pbx_folder.place_of(made.config.pbxs, "first", 0)
    pbx_folder.make(place, made.config, "anna@example.org", "ru")
    http = read_config(place.config).http
    assert http is not None and http.profiles == profiles
