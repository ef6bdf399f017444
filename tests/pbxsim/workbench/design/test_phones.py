"""Phones on the Users panel, against a real bridge: devices, profiles, and a new one (R-15.4, R-15.8)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pbxsim.workbench.access.rights import Right, Role
from pbxsim.workbench.access.visitors import Visitor
from pbxsim.workbench.design.panels.users import UsersPanel
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.workspace import Workspace, use
from tests.harness import rule
from tests.live_bridge.api.test_phone_profiles import MAC, WithProfiles
from tests.live_bridge.provisioning import reading
from tests.live_bridge.sip.phone import Phone, status
from tests.pbxsim.workbench.design.test_panels import Page


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithProfiles]:
    made = WithProfiles(tmp_path_factory.mktemp("bridge"))
    yield made
    made.close()


@pytest.fixture
def page(example_path: Path, tmp_path: Path, api: WithProfiles, monkeypatch: pytest.MonkeyPatch) -> Page:
    token = tmp_path / "pbx.token"
    token.write_text(api.token("workbench", "persons:name", "calls:read", "users:write"))
    token.chmod(0o600)
    monkeypatch.setenv("PBX_BRIDGE", api.base)
    monkeypatch.setenv("PBX_BRIDGE_TOKEN_FILE", str(token))
    monkeypatch.setenv("PBX_BRIDGE_CERTIFICATE", str(api.folder / "chain.pem"))
    file = tmp_path / "pbx.yaml"
    file.write_bytes(example_path.read_bytes())
    use(Workspace(file, tmp_path / "state"))
    made = Page(Draft.open(file))
    made.session.visitor = Visitor("zoya", lambda: (Role.ADMINISTRATOR, Role.OPERATOR), "a session")
    return made


def shown(panel: UsersPanel) -> str:
    asyncio.run(panel.phones.load())
    return str(panel.phones.devices.object)


@rule("R-15.3", "R-15.4", "R-15.8")
def test_an_administrator_sees_a_users_phones_and_sets_one_up(page: Page, api: WithProfiles) -> None:
    panel = page.show(UsersPanel)
    panel.choose("103")
    phones = panel.phones
    assert "No phone is registered" in shown(panel) and phones.view.objects
    phones.model.value = "t21p-e2"
    assert not phones.mac.visible
    asyncio.run(phones._make(None))
    told = str(phones.new.object)
    found = re.search(r"https://[^<]+", told)
    assert found is not None and "Auto Provision" in told and "Register Name" in told and not panel.told.visible
    account = reading.account("t21p-e2", api.client.get(found[0]).text)
    phone = Phone("103", api.sip, domain=account.domain)
    assert status(phone.register(account.password)) == 200
    phone.close()
    assert "test phone" in shown(panel) and f"sip:103@127.0.0.1:{phone.port}" in str(phones.devices.object)
    words = [str(row.objects[1].object) for row in phones.made.objects]
    assert len(words) == 1 and "Yealink SIP-T21P E2: set up" in words[0] and "from 127.0.0.1" in words[0]
    asyncio.run(phones._drop(phones._profiles[0]["id"], None))
    assert phones.made.objects == [] and "taken back" in phones.told.object
    assert account.password not in told and page.draft.text.count("phones/") == 0


@rule("R-15.8")
def test_the_code_the_hardware_address_and_what_was_shown_belong_to_one_user(page: Page) -> None:
    panel = page.show(UsersPanel)
    panel.choose("104")
    shown(panel)
    phones = panel.phones
    phones.model.value = "gigaset"
    assert phones.mac.visible
    phones.mac.value = "7C"
    asyncio.run(phones._make(None))
    assert "hardware address" in phones.told.object and not phones.new.visible
    phones.mac.value = MAC
    asyncio.run(phones._make(None))
    assert "opens with 0000 as shipped" in phones.new.object
    phones.model.value = "linphone"
    asyncio.run(phones._make(None))
    assert '<div class="code" role="img"' in phones.new.object and "<svg" in phones.new.object
    panel.choose("105")
    assert not phones.new.visible and phones.new.object == ""


def test_who_may_not_act_there_is_told_so_and_asks_nothing(page: Page) -> None:
    panel = page.show(UsersPanel)
    panel.choose("106")
    shown(panel)
    page.forbidden = (Right.ACT,)
    shown(panel)
    assert panel.phones.make.disabled
    asyncio.run(panel.phones._make(None))
    assert panel.phones.told.object == "you may not act" and panel.phones._profiles == []
    page.forbidden = (Right.EDIT,)
    shown(panel)
    panel.show()
    assert not panel.phones.make.disabled and not panel.password.disabled, (
        "the bridge's phones are no part of the document"
    )


def test_without_a_bridge_there_is_nothing_to_show(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PBX_BRIDGE")
    panel = page.show(UsersPanel)
    panel.choose("103")
    assert panel.phones.view.objects == []
