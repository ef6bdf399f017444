"""Every account has a PBX of its own: folder, document, ports, a bridge that is kept running, and is told (R-01.2, R-01.9).

The bridges are real processes; the hosting process is in this one, so that a look happens when the test says so.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.analysis import check
from engine.document import faults
from engine.loading.load import load
from live_bridge.hosting import accounts, bridges, closing, pbx_folder
from live_bridge.hosting.bridges import Keeper
from live_bridge.hosting.config import HostingConfig, PbxsConfig
from live_bridge.hosting.database import Database
from live_bridge.hosting.runners import ChildRunner, SystemdRunner
from live_bridge.hosting.telling import Teller
from pbxsim.workbench.document import sounds
from tests.harness import rule
from tests.live_bridge.hosting import people
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.ports import free_port, media_ports


class House:
    """A hosting process's database, its keeper, and the bridges of its accounts."""

    def __init__(self, folder: Path, template: Path | None = None, **more: Any) -> None:
        self.folder = folder
        self.now = people.START
        self.database = Database(f"sqlite:///{folder}/hosting.sqlite")
        mail = {
            "host": "127.0.0.1",
            "port": 1,
            "encryption": "none",
            "sender": "pbx@example.org",
            "password_name": "POST",
        }
        sip, api = free_port(), free_port()
        self.config = HostingConfig.model_validate(
            {
                "public": "http://127.0.0.1:1",
                "servers": ["moscow"],
                "provider": {"name": "ООО «Хостинг»", "inn": "7700000000", "account": "4" * 20},
                "mail": mail,
                "pbxs": {
                    "folder": folder / "pbxs", "sip_ports": [sip, sip + 2], "api_ports": [api, api + 2],
                    "media_ports": list(media_ports(300)), "template": template,
                },
                **more,
            }
        )  # fmt: skip
        self.runner = ChildRunner()
        self.keeper = Keeper(self.database, self.config, self.runner, lambda: self.now)
        self.teller = Teller(self.database, lambda: self.now, self.config.zone)

    def open(self, name: str) -> int:
        with self.database.writing() as connection:
            return accounts.open_account(
                connection, self.now, name=name, email=f"{name}@example.org", password="-", server="moscow", contact={}
            )

    def place(self, name: str, slot: int) -> pbx_folder.PbxPlace:
        assert self.config.pbxs is not None
        return pbx_folder.place_of(self.config.pbxs, name, slot)

    def state(self, id: int) -> str:
        with self.database.reading() as connection:
            found = bridges.state_of(connection, id, self.config)
        return "" if found is None else found.state

    def answers(self, slot: int) -> bool:
        try:
            url = f"{self.place('x', slot).url}/openapi.json"
            # nothing to trust: reading the certificates takes longer than asking
            return httpx.get(url, trust_env=False, verify=False, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def later(self, seconds: float) -> None:
        self.now += round(seconds * 1_000_000)

    def pid(self, name: str) -> int:
        return self.runner.pid_of(name)

    def ended(self, name: str, within_s: float) -> None:
        wait_until(lambda: not self.runner.is_running(self.place(name, 0)), within_s)

    def close(self) -> None:
        self.keeper.close()
        self.teller.close()
        self.database.close()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("POST", "a secret of the provider")
    monkeypatch.setenv("ROBOKASSA_PASSWORD1", "never seen by a bridge")
    made = House(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_document_an_account_begins_with_has_no_error_and_speaks_its_language(language: str) -> None:
    flow = load(pbx_folder.TEMPLATES[language].read_bytes(), "pbx.yaml")
    assert faults.errors(check.check(flow)) == ()
    assert all(sounds.language_of(name) == language for name in flow.head.prompts)
    assert all(sounds.shipped()[name] == length_s for name, length_s in flow.head.prompts.items())
    names = [element.name for number, element in flow.elements.items() if number >= 5000]
    assert all(re.search("[А-я]" if language == "ru" else "[A-z]", name) for name in names)


@rule("R-01.2", "R-01.4", "R-01.8", "R-01.9", "R-01.10")
def test_a_pbx_is_made_runs_is_told_is_started_again_and_ends_with_its_account(house: House) -> None:
    first, second = house.open("first"), house.open("second")
    broken = house.config.pbxs.folder / "second"  # type: ignore[union-attr]
    broken.parent.mkdir(mode=0o700)
    broken.write_text("a file where a folder should be")

    house.keeper.look()
    place = house.place("first", 0)
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in place.folder.iterdir() if one.is_file())
    assert "pbx: first" in (place.folder / "pbx.yaml").read_text()
    assert "first.onpbx.ru" in place.config.read_text()
    wait_until(lambda: house.answers(0), 60)
    house.keeper.look()
    assert (house.state(first), house.state(second)) == ("running", "ended"), "one account's fault is its own"
    seen = Path(f"/proc/{house.pid('first')}/environ").read_bytes()
    assert b"never seen" not in seen and b"a secret" not in seen

    assert house.teller.tell_all() == 1
    with house.database.reading() as connection:
        token = connection.exec_driver_sql("SELECT token FROM bridges WHERE account = ?", (first,)).scalar()
    head = {"Authorization": f"Bearer {token}"}

    def told() -> str:
        return str(httpx.get(f"{place.url}/api/account", headers=head, trust_env=False).json()["state"])

    assert told() == "trial"
    assert httpx.get(f"{place.url}/api/history", headers=head, trust_env=False).status_code == 403, (
        "no more than needed"
    )

    broken.unlink()
    house.later(1.5)
    assert house.keeper.look() == 2
    wait_until(lambda: house.answers(1), 60)
    assert house.state(second) == "starting"
    house.keeper.look()
    other = house.place("second", 1)
    assert httpx.get(f"{other.url}/api/account", headers=head, trust_env=False).status_code == 401, "a token of its own"

    os.kill(house.pid("first"), signal.SIGKILL)
    house.ended("first", 10)
    assert house.keeper.look() == 1
    with house.database.reading() as connection:
        ended = bridges.state_of(connection, first, house.config)
    assert ended is not None and ended.state == "ended" and "signal 9" in ended.why
    assert house.keeper.look() == 1, "not before the pause is over"
    house.later(1)
    assert house.keeper.look() == 2
    wait_until(lambda: house.answers(0), 60)
    assert told() == "trial", "what was told holds after a restart"

    with house.database.writing() as connection:
        closing.close(connection, first, house.now)
    house.keeper.look()
    assert house.runner.is_running(place), "it is told first"
    assert house.teller.tell_all() >= 1
    assert told() == "closed"
    house.keeper.look()
    house.ended("first", 30)
    house.keeper.look()
    assert (house.state(first), house.state(second)) == ("closed", "running")
    assert place.folder.exists() and house.teller.tell_all() == 0


def test_a_bridge_that_cannot_start_ends_and_is_tried_less_and_less_often(house: House) -> None:
    id = house.open("third")
    house.keeper.look()
    place = house.place("third", 0)
    wait_until(lambda: house.answers(0), 60)
    house.runner.stop(place)
    house.ended("third", 30)
    for path in place.data.glob("live.sqlite*"):
        path.unlink()
    (place.folder / "pbx.yaml").write_text("pbx: third\nelements: {5000: {kind: nothing}}\n")
    pauses = []
    house.keeper.look()
    for _ in range(3):
        before = house.now
        while house.keeper.look() == 0 and house.state(id) != "running":
            house.later(0.5)
        pauses.append((house.now - before) / 1e6)
        house.ended("third", 30)
        house.keeper.look()
    assert pauses == [1.0, 2.0, 4.0]
    with house.database.reading() as connection:
        found = bridges.state_of(connection, id, house.config)
    assert found is not None and "exit status 2" in found.why and "kind" in found.why, "its last words are told"


def test_bridges_share_the_memory_of_what_they_read_and_nothing_else(house: House) -> None:
    """What they are forked from may end: all of them end with it, and are there again after their pause."""
    ids = [house.open("one"), house.open("two")]
    house.keeper.look()
    wait_until(lambda: house.answers(0) and house.answers(1), 60)
    house.keeper.look()
    assert [house.state(id) for id in ids] == ["running", "running"]
    pids = [house.pid("one"), house.pid("two")]
    for pid, name in zip(pids, ("one", "two"), strict=True):
        process = Path(f"/proc/{pid}")
        assert (process / "comm").read_text().strip() == f"bridge {name}"
        assert b"a secret" not in (process / "environ").read_bytes()
        assert os.getsid(pid) == pid and os.readlink(process / "cwd") == str(house.place(name, 0).folder)
        open_files = {os.readlink(one) for one in (process / "fd").iterdir()}
        assert not any(f"/{other}/" in one for one in open_files for other in {"one", "two"} - {name})
        told = dict(line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:])
        shared, all_of_it = (int(told[key].split()[0]) for key in ("Shared_Dirty", "Rss"))
        assert 4 * shared > all_of_it, "what was read before it was forked"
    served = house.runner.server_pid
    assert served is not None
    os.kill(served, signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 30)
    assert house.keeper.look() == 0
    house.later(1)
    assert house.keeper.look() == 2
    wait_until(lambda: house.answers(0) and house.answers(1), 60)
    assert house.runner.server_pid != served


def test_ports_that_are_used_up_are_said_and_take_nothing() -> None:
    config = PbxsConfig(sip_ports=(5100, 5101))
    assert config.most == 2
    with pytest.raises(pbx_folder.ConfigError, match="widen"):
        pbx_folder.place_of(config, "third", 2)
    with pytest.raises(ValueError, match="no room"):
        PbxsConfig(media_ports=(30000, 30050))


def test_units_of_systemd_are_enabled_asked_and_disabled(tmp_path: Path) -> None:
    """systemd itself is not here: what is asked of it is held, word for word."""
    said, script = tmp_path / "said", tmp_path / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$*" >> {said}\n[ "$1" = show ] && echo active\n[ "$1" != disable ]\n')
    script.chmod(0o700)
    runner = SystemdRunner([str(script)])
    place = pbx_folder.place_of(PbxsConfig(folder=tmp_path), "first", 0)
    runner.start(place)
    assert runner.is_running(place)
    with pytest.raises(OSError, match="disable"):
        runner.stop(place)
    assert said.read_text().splitlines() == [
        "enable --now --no-block pbx-live@first.service",
        "show --property=ActiveState --value pbx-live@first.service",
        "disable --now --no-block pbx-live@first.service",
    ]
    assert subprocess.run([str(script), "start"], check=True).returncode == 0
