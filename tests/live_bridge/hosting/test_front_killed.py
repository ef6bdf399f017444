"""Processes behind Kamailio: one bridge killed under load costs the other domain nothing, and a bridge elsewhere with PostgreSQL
is one more domain (issue I). With ten domains, by night: `tests/nightly/test_front_load.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml
from typer.testing import CliRunner

from benchmarks import front as load
from live_bridge.cli import commands
from live_bridge.hosting import accounts
from live_bridge.hosting.database import Database
from live_bridge.hosting.front import FrontKeeper
from live_bridge.store.rows import now
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.databases import postgres
from tests.live_bridge.hosting.front_phone import FrontPhone
from tests.live_bridge.hosting.kamailio import Kamailio
from tests.live_bridge.hosting.test_front_settings import hosting_config
from tests.live_bridge.service.test_end_to_end import environment, wait_until
from tests.live_bridge.sip.phone import status
from tests.ports import free_port, media_ports

pytestmark = pytest.mark.debian


def ports() -> dict[str, int]:
    """For a front, bridges and callers."""
    first, _ = media_ports(2 * load.MEDIA_EACH)
    return {name: free_port() for name in ("front", "inner", "sip", "api", "operator")} | {"media": first}


def test_a_bridge_killed_under_load_comes_back_and_the_other_domain_loses_no_call(tmp_path: Path) -> None:
    found = load.measure(tmp_path, 2, 6, 12, ports())
    for domain, (well, lost) in found.calls.items():
        assert well + lost == 36
        assert domain == found.killed or lost == 0
    assert found.back_s is not None and found.back_s < 10.0
    assert found.calls[found.killed].well > 0


def test_a_bridge_elsewhere_with_postgresql_is_one_more_domain(tmp_path: Path, certificate: Certificate) -> None:
    """Attached by hand; both databases are PostgreSQL."""
    kamailio = Kamailio(tmp_path / "front", certificate)
    sip, api = free_port(), free_port()
    first, last = media_ports(200)
    load.settings(
        tmp_path, {"front": 5060, "inner": 5080, "sip": 5100, "api": 6100, "media": 30000}
    )  # writes the document
    with postgres() as url:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE DATABASE hosting")
        shown = kamailio.config.model_dump(mode="json", exclude_none=True)
        config = hosting_config(tmp_path, database=url.replace("/postgres", "/hosting"), front=shown, pbxs=None)
        (tmp_path / "hosting.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_none=True)))
        (tmp_path / "live.yaml").write_text(
            yaml.safe_dump(
                {
                    "pbx": "pbx.yaml", "domain": "far.onpbx.ru", "listen": [{"host": "127.0.0.1", "port": sip}],
                    "front": [{"host": kamailio.inner[0], "port": kamailio.inner[1]}], "folder": "far", "database": url,
                    "media": {"listen": ["127.0.0.1"], "ports": [first, last]},
                    "http": {"host": "127.0.0.1", "port": api}, "drain": 0.5,
                }
            )
        )  # fmt: skip
        database = Database(config.database)
        with database.writing() as connection:
            accounts.open_account(
                connection, now(), name="far", email="far@example.org", password="-", server="moscow", contact={}
            )
        (tmp_path / "token").write_text("x")
        words = ["far", f"http://127.0.0.1:{api}", "--token-file", str(tmp_path / "token"), "--sip", f"127.0.0.1:{sip}"]
        done = CliRunner().invoke(commands.app, ["hosting-attach", *words, "--config", str(tmp_path / "hosting.yaml")])
        assert done.exit_code == 0, done.output
        bridge = subprocess.Popen(
            [sys.executable, "-m", "live_bridge.cli", "live", "--config", str(tmp_path / "live.yaml")],
            env={**environment(), "PBX_ACKNOWLEDGE": "test"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            kamailio.start()
            assert FrontKeeper(database, config).look()
            server = ("127.0.0.1", kamailio.ports["udp"])
            wait_until(lambda: load.answers(server, "far.onpbx.ru"), 60)
            operator = FrontPhone("84955551000", server, domain="far.onpbx.ru", host=load.OPERATOR)
            dialog, answer = operator.call(load.NUMBER)
            assert status(answer) == 200 and status(operator.hang_up(dialog)) == 200
            operator.close()

            def kept() -> bool:
                with psycopg.connect(url.replace("+psycopg", "")) as connection:
                    found = connection.execute("SELECT count(*) FROM history").fetchone()
                return found is not None and found[0] == 1

            wait_until(kept, 20)
        finally:
            bridge.terminate()
            bridge.wait(40)
            kamailio.close()
            database.close()
