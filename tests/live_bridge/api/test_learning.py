"""Commands of the simulator that learn from a running bridge: over its real API, with a token that may only read."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.loading.load import load
from live_bridge.api.access import tokens
from live_bridge.api.server import serve_api
from live_bridge.config import demo_config
from live_bridge.config_sections import HttpConfig
from live_bridge.service.service import Service
from live_bridge.store import tables
from live_bridge.store.history_rows import history_row
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from tests.cli.conftest import Pbx, pbx
from tests.live_bridge.prepared import bring_sounds
from tests.pbxsim.calibrate import bridge_days
from tests.ports import free_port, media_ports

__all__ = ["pbx"]


class Learned:
    """A running bridge that has fifteen working days behind it, and files with tokens for it."""

    def __init__(self, folder: Path) -> None:
        document = folder / "pbx.yaml"
        document.write_text(bridge_days.PBX, encoding="utf-8")
        sip, port = ("127.0.0.1", free_port()), free_port()
        config = demo_config(str(document), load(bridge_days.PBX), sip, folder / "var")
        media = config.media.model_copy(update={"ports": media_ports(100)})
        config = config.model_copy(update={"http": HttpConfig(port=port), "media": media})
        self.service = Service(config, extras=(serve_api,))
        bring_sounds(folder / "var")
        self.service.start(passwords_for_all=True)
        self.address = f"http://127.0.0.1:{port}"
        self.token = self._token(folder / "learn.token", "learn", *tokens.expanded(["learn"]))
        self.wrong = self._token(folder / "calls.token", "calls", "calls:read")
        self.days = bridge_days.export(15, first_day(), per_hour=0.4)
        self._remember()

    def _token(self, file: Path, name: str, *scopes: str) -> str:
        made = tokens.generate()
        self.service.store.keep_token(name, tokens.digest(made), scopes)
        file.touch(mode=0o600)
        file.write_text(made)
        return str(file)

    def _remember(self) -> None:
        """Put the days into the bridge's database, as rows of runs that are over."""
        acts = [{"pbx": "known", **msgspec.structs.asdict(one)} for one in self.days.members]
        calls = [history_row(one, "known", 0) for one in self.days.records]
        with self.service.store.engine.begin() as connection:
            connection.execute(tables.history.insert(), calls)
            connection.execute(tables.member_activity.insert(), acts)


def first_day() -> datetime.date:
    """A Monday, four weeks ago."""
    today = datetime.datetime.now(datetime.UTC).date()
    return today - datetime.timedelta(days=28 + today.weekday())


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learned]:
    made = Learned(tmp_path_factory.mktemp("learned"))
    yield made
    made.service.stop(drain_s=0)


def test_a_calibration_reads_the_running_bridge_and_its_members(learned: Learned, tmp_path: Path, pbx: Pbx) -> None:
    ran = pbx(
        "calibrate", "--history", learned.address, "--token-file", learned.token, "--unseen", "0", "--to", "out", "--json"
    )  # fmt: skip
    assert ran.status == 0, ran.err
    assert ran.json["calls"] == len(learned.days.records)
    assert ran.json["known"]["members_days"] == 75 and ran.json["known"]["pauses"]["lunch"]["count"] == 75
    document = load((tmp_path / "out" / "pbx.yaml").read_text(encoding="utf-8"))
    assert document.head.zone == bridge_days.ZONE, "the zone is that of the bridge's own document"
    assert set(document.head.users) == {100, 101, 102, 103, 104}


def test_a_token_that_may_not_read_activity_is_told_so(learned: Learned, pbx: Pbx) -> None:
    ran = pbx("calibrate", "--history", learned.address, "--token-file", learned.wrong)
    assert ran.status == 2 and "history:read" in ran.err
    assert pbx("calibrate", "--history", "http://127.0.0.1:1", "--token-file", learned.token).status == 2
    assert pbx("calibrate", "--history", learned.address, "--token-file", "nowhere").status == 2
    assert pbx("calibrate").status == 2


def test_the_rest_of_the_day_is_that_of_today_though_nobody_has_called_yet(learned: Learned, pbx: Pbx) -> None:
    """A running bridge tells everything up to now: its last call, two weeks ago, is not the present."""
    words = ("intraday", "--history", learned.address, "--token-file", learned.token, "--json", "--at", "12:00")
    before = datetime.datetime.now(ZoneInfo(bridge_days.ZONE))
    ran = pbx(*words)
    days = [before, datetime.datetime.now(ZoneInfo(bridge_days.ZONE))]
    if ran.status == 2:
        assert ran.err and any(day.weekday() >= 5 and f"no {day:%A}" in ran.err for day in days), ran.err
    else:
        assert (ran.json["date"], ran.json["at"]) in [(f"{day:%Y-%m-%d}", "12:00") for day in days], ran.err
        assert ran.json["seen"] == 0 and ran.json["rest"]["calls"] > 0


def test_the_daily_job_fetches_once_keeps_the_scenario_and_tells_what_moved(
    learned: Learned, tmp_path: Path, pbx: Pbx
) -> None:
    words = (
        "learn",
        learned.address,
        "--folder",
        "kept",
        "--token-file",
        learned.token,
        "--unseen",
        "1",
        "--reps",
        "1",
    )
    ran = pbx(*words, "--json")
    assert ran.status == 0, ran.err
    told = ran.json
    assert told["calls"] == len(learned.days.records) and len(told["fetched"]) == 2
    place = tmp_path / "kept" / told["learned"]
    assert {"scenario.yaml", "moved.json", "staffing.csv", "report.txt"} <= {path.name for path in place.iterdir()}
    scenario = Scenario.load(place / "scenario.yaml")
    check(scenario, load((tmp_path / "kept" / "pbx.yaml").read_text(encoding="utf-8")))
    assert scenario.date.isoformat() == told["scenario_of"], "it runs on the bridge's own document"
    assert {one["figure"] for one in told["moved"]} >= {
        "calls_a_day",
        "talk_s",
        "patience_s",
        "abandoned_share",
        "free_h",
    }
    assert {one["queue"] for one in told["moved"]} == {None, "5200", "5201"}
    assert all(one["pairs_of_days"] == 5 for one in told["moved"])
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0, "callers' numbers are nobody else's business"

    old = tmp_path / "kept" / "records" / "history-2020-01-01.jsonl"
    for file in (old, old.with_name("activity-2020-01-01.jsonl")):
        file.write_bytes(b"")
    again = pbx(*words, lang="ru_RU.UTF-8")
    assert again.status == 0 and "Что изменилось за неделю" in again.out and "доля потерянных звонков" in again.out
    assert len(list((tmp_path / "kept" / "records").iterdir())) == 2, (
        "nothing is fetched twice, and what is too old goes"
    )


def test_a_bridge_with_too_few_days_is_told_to_wait(learned: Learned, tmp_path: Path, pbx: Pbx) -> None:
    records = tmp_path / "kept" / "records"
    records.mkdir(parents=True)
    some = [one for one in learned.days.history if one["start_stamp"] < f"{first_day() + datetime.timedelta(days=2)}"]
    yesterday = datetime.datetime.now(ZoneInfo(bridge_days.ZONE)).date() - datetime.timedelta(days=1)
    (records / f"history-{yesterday}.jsonl").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in some))
    (records / f"activity-{yesterday}.jsonl").write_bytes(b"")
    ran = pbx("learn", learned.address, "--folder", "kept", "--token-file", learned.token, "--json")
    assert ran.status == 1 and "2 working days" in ran.json["too_early"]


def test_a_version_of_the_bridge_is_tried_on_its_own_callers(learned: Learned, tmp_path: Path, pbx: Pbx) -> None:
    words = (
        "backtest",
        "live",
        "--history",
        learned.address,
        "--token-file",
        learned.token,
        "--days",
        "3",
        "--reps",
        "1",
    )
    ran = pbx(*words, "--json")
    assert ran.status == 0, ran.err
    assert ran.json["present"] == ran.json["version"] and ran.json["moved"]["mean"] == 0 and ran.json["callers"] > 100
    (tmp_path / "new.yaml").write_text(bridge_days.PBX.replace('"4930111111", to: 5200', '"4930111111", to: 5201'))
    moved = pbx("backtest", "new.yaml", *words[2:], "--json")
    assert moved.status == 1 and moved.json["moves"][0]["to_element"] == 5201
    assert pbx("backtest", "nonsense", *words[2:]).status == 2
