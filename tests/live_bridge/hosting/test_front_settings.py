"""What `front` in hosting.yaml may say, and what becomes of it: Kamailio's files, the bridges' settings, the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic
import pytest
import yaml
from typer.testing import CliRunner

from live_bridge.cli import commands
from live_bridge.config import ConfigError, LiveConfig
from live_bridge.hosting import accounts, closing, front, pbx_folder, telling
from live_bridge.hosting.config import FrontConfig, HostingConfig
from live_bridge.hosting.database import Database
from live_bridge.hosting.front import DomainPlace, FrontKeeper
from live_bridge.sip.settings import CarrierAddress
from live_bridge.sip.transport.front import Brought, Front, without
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.hosting import people

DOCS = Path(__file__).parents[3] / "docs"
UDP = {"transport": "udp", "host": "127.0.0.1", "port": 5060}


def hosting_config(folder: Path, **more: Any) -> HostingConfig:
    return HostingConfig.model_validate(
        {
            "public": "http://127.0.0.1:1", "servers": ["moscow"], "pbxs": {"folder": folder / "pbxs"},
            "provider": {"name": "ООО «Хостинг»", "inn": "7700000000", "account": "4" * 20},
            "mail": {"host": "127.0.0.1", "port": 1, "encryption": "none", "sender": "pbx@example.org"},
            "database": f"sqlite:///{folder}/hosting.sqlite",
            **more,
        }
    )  # fmt: skip


def test_what_the_page_shows_is_taken() -> None:
    page = (DOCS / "account.md").read_text(encoding="utf-8").partition("## One public address")[2]
    ours, elsewhere = (yaml.safe_load(block.partition("```")[0]) for block in page.split("```yaml\n")[1:3])
    assert FrontConfig.model_validate(ours["front"]).probe_s == 2
    assert LiveConfig.model_validate(elsewhere).front[0].host == "10.0.0.1"
    unit = (DOCS / "systemd" / "pbx-front.service").read_text(encoding="utf-8")
    assert f"{ours['front']['folder']}/kamailio.cfg" in unit


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"listen": []}, "at least 1"),
        ({"listen": [{"transport": "tls", "host": "127.0.0.1"}]}, "a certificate and a key"),
        ({"listen": [{"transport": "ws", "host": "192.0.2.1"}], "origins": ["https://a.example"]}, "need encryption"),
        ({"listen": [{"transport": "ws", "host": "127.0.0.1"}]}, "name the pages"),
        ({"listen": [{**UDP, "transport": "ws"}], "origins": ['https://a" || 1']}, "is no origin"),
        ({"listen": [{"host": "sip.example.org"}]}, "does not appear to be"),
        ({"folder": 'var"\nloadmodule "exec.so'}, "letters, digits"),
        ({"inner_port": 5060}, "the same address"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=said):
        FrontConfig.model_validate({"listen": [UDP], **changes})


def test_accounts_that_come_move_and_go_stand_in_the_tables(tmp_path: Path) -> None:
    config = hosting_config(tmp_path, front={"listen": [UDP], "folder": tmp_path / "front"})
    database = Database(config.database)
    keeper = FrontKeeper(database, config)

    def listed() -> list[str]:
        keeper.look()
        return (tmp_path / "front" / "dispatcher.list").read_text().splitlines()

    try:
        with database.writing() as connection:
            for name in ("first", "second"):
                accounts.open_account(
                    connection, people.START, name=name, email=f"{name}@example.org", password="-", server="moscow", contact={}
                )  # fmt: skip
        assert listed() == [], "no bridge yet"
        telling.attach(database, "first", "http://127.0.0.1:6100", "token", "127.0.0.1:5100")
        telling.attach(database, "second", "https://10.0.0.2:5443", "token")
        assert listed() == ["1 sip:127.0.0.1:5100 0 0 first.onpbx.ru"], "where SIP of the other listens nobody said"
        telling.attach(database, "second", "https://10.0.0.2:5443", "token", front.address_of("10.0.0.2:5060"))
        telling.moved(database, 1, "127.0.0.1:5200")
        assert listed() == ["1 sip:127.0.0.1:5200 0 0 first.onpbx.ru", "2 sip:10.0.0.2:5060 0 0 second.onpbx.ru"]
        with database.writing() as connection:
            closing.close(connection, 1, people.START)
        assert listed() == ["2 sip:10.0.0.2:5060 0 0 second.onpbx.ru"]
        assert "first" not in (tmp_path / "front" / "tables" / "domains").read_text()
    finally:
        database.close()


def test_a_bridge_is_told_whom_to_believe_and_without_a_front_nobody(tmp_path: Path) -> None:
    for more, believed in (({}, None), ({"front": {"listen": [UDP]}}, [{"host": "127.0.0.1", "port": 5080}])):
        config = hosting_config(tmp_path, **more)
        assert config.pbxs is not None
        place = pbx_folder.place_of(config.pbxs, "first", 0)
        pbx_folder.make(place, config, "a@example.org", "ru")
        assert yaml.safe_load(place.config.read_text()).get("front") == believed
        assert place.sip == "127.0.0.1:5100"


@pytest.mark.parametrize("text", ["", "5060", "sip.example.org:5060", "10.0.0.2:0", "10.0.0.2:x", "10.0.0.2"])
def test_an_address_of_sip_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="numeric host and a port"):
        front.address_of(text)


def test_tables_are_read_again_when_they_change_within_a_second(tmp_path: Path) -> None:
    """Kamailio looks at the second of the change."""
    place = DomainPlace(number=1, domain="first.onpbx.ru", address="[::1]:5100")
    path = tmp_path / "tables" / "bridges"
    front.write(tmp_path, front.tables([]))
    before = path.stat().st_mtime
    assert front.write(tmp_path, front.tables([place])) and not front.write(tmp_path, front.tables([place]))
    assert path.stat().st_mtime >= before + 1
    assert r"sip\:[\:\:1]\:5100" in path.read_text()


HEAD = "OPTIONS sip:a@b SIP/2.0\r\nVia: v\r\n"


@pytest.mark.parametrize(
    ("field", "brought"),
    [
        ("X-PBX-Source: tcp 192.0.2.7 40312\r\n", Brought(("192.0.2.7", 40312), "tcp", False)),
        ("X-PBX-Closed: wss [2001:db8::7] 5\r\n", Brought(("[2001:db8::7]", 5), "wss", True)),
        ("", None),
        ("X-PBX-Source: tcp 192.0.2.7 70000\r\n", None),
        ("X-PBX-Source: tcp sip.example 5060\r\n", None),
        ("X-PBX-Source: sctp 192.0.2.7 5060\r\n", None),
        ("X-PBX-Source: tcp 192.0.2.7 1\r\nX-PBX-Source: tcp 192.0.2.8 1\r\n", None),
        ("X-PBX-Source: tcp 192.0.2.7 1\r\n more\r\n", None),
        ("Subject: x\r\n\r\nX-PBX-Source: tcp 192.0.2.7 1\r\n", None),
    ],
)
def test_what_a_front_says_is_read_exactly(field: str, brought: Brought | None) -> None:
    one = Front([CarrierAddress(host="10.0.0.1", port=5080), CarrierAddress(host="2001:db8::1")])
    text = f"{HEAD}{field}\r\n"
    assert one.brought(text) == brought
    assert "x-pbx" not in without(text).partition("\r\n\r\n")[0].lower()
    assert one.is_one(("10.0.0.1", 5080)) and one.is_one(("[2001:db8:0::1]", 7))
    assert not one.is_one(("10.0.0.1", 5081)) and not Front(()).is_one(("10.0.0.1", 5080))


@pytest.mark.debian
def test_the_command_writes_what_kamailio_takes_and_says_what_it_does_not(
    tmp_path: Path, certificate: Certificate
) -> None:
    listen = [
        {"transport": way, "host": "127.0.0.1", "port": port}
        for way, port in (("udp", 5060), ("tls", 5061), ("wss", 7443))
    ]
    config = hosting_config(
        tmp_path,
        front={
            "listen": listen, "folder": tmp_path / "front", "certificate": certificate.chain, "key": certificate.key,
            "origins": ["https://phones.example.org"],
        },
    )  # fmt: skip
    file = tmp_path / "hosting.yaml"
    file.write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_none=True)))
    done = CliRunner().invoke(commands.app, ["hosting-front", "--check", "--config", str(file)])
    assert done.exit_code == 0 and "kamailio -f" in done.output, done.output
    made = tmp_path / "front" / "kamailio.cfg"
    assert made.stat().st_mode & 0o777 == 0o600
    made.write_text(made.read_text().replace("request_route {", "request_route { nonsense();"))
    with pytest.raises(ConfigError, match="does not take"):
        front.check(made)
