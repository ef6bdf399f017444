"""`pbx calibrate`: a log in, a PBX, a scenario and a report out; what is wrong with a log is said with status 2."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from engine.loading.load import load
from pbxsim.calibrate import calibrate as learn
from pbxsim.logs import Log, queue_log
from pbxsim.scenario.check import check
from pbxsim.scenario.scenario import Scenario
from tests.cli.conftest import Pbx
from tests.pbxsim.calibrate import bridge_days, synthetic


@pytest.fixture(scope="module")
def log_text() -> str:
    return queue_log.write(synthetic.log(days=6, members=3, per_hour=45).calls)


def test_a_queue_log_gives_a_pbx_and_a_scenario_that_fit(log_text: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "queue_log").write_text(log_text + "torn|line\n")
    ran = pbx("calibrate", "queue_log", "--zone", "Europe/Berlin", "--country", "DE", "--unseen", "0", "--to", "out")
    assert ran.status == 0, ran.err
    assert "dropped 1: not a queue_log line" in ran.out and "patience:" in ran.out
    flow = load((tmp_path / "out" / "pbx.yaml").read_text(encoding="utf-8"))
    check(Scenario.load(tmp_path / "out" / "scenario.yaml"), flow)


def test_what_is_no_log_is_refused_with_a_remedy(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "queue_log").write_text("hello\n")
    assert pbx("calibrate", "queue_log").status == 2
    ran = pbx("calibrate", "queue_log", "--format", "cdr", "--zone", "Mars/Base", "--json")
    assert ran.status == 2 and "no time zone" in ran.json["error"]
    assert pbx("calibrate", "nowhere").status == 2
    (tmp_path / "map.yaml").write_text("arrived: 3\nnonsense: 4\n")
    assert "map.yaml" in pbx("calibrate", "queue_log", "--columns", "map.yaml").err


def vanad(log: Log) -> str:
    """Calls as the table of a contact centre writes them: instants, NULL where there was none."""
    calls = log.calls
    begin = calls["arrived_at"].dt.tz_localize(None)
    turned = begin + pd.to_timedelta(calls["wait_s"], unit="s")
    served = calls["outcome"] == "answered"
    over = turned + pd.to_timedelta(calls["talk_s"].fillna(0), unit="s")
    table = pd.DataFrame(
        {
            "date_received": begin.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "queue_name": calls["queue"],
            "agent_number": calls["agent"].str.removeprefix("a").where(served, "NULL"),
            "answered": turned.dt.strftime("%Y-%m-%d %H:%M:%S").where(served, "NULL"),
            "consult": "NULL",
            "transfer": "NULL",
            "hangup": over.dt.strftime("%Y-%m-%d %H:%M:%S"),
        }
    )
    return table.to_csv(index=False)


def bank(log: Log) -> tuple[str, str]:
    """Calls as a bank's table writes them, tab-separated with a date and times of day; and the map of its columns."""
    calls = log.calls
    begin = calls["arrived_at"].dt.tz_localize(None)
    table = pd.DataFrame(
        {
            "date": begin.dt.strftime("%y%m%d"),
            "left_menu": begin.dt.strftime("%H:%M:%S"),
            "type": calls["queue"],
            "priority": calls["priority"],
            "queue_s": calls["wait_s"].astype(int),
            "end": calls["outcome"].map({"answered": "AGENT", "abandoned": "HANG"}),
            "service_s": calls["talk_s"].fillna(0).astype(int),
            "server": calls["agent"].fillna("NO_SERVER"),
            "customer": calls["caller"].fillna("0"),
        }
    )
    return table.to_csv(index=False, sep="\t"), BANK_MAP


BANK_MAP = """\
arrived: left_menu
arrived_date: date
date_format: "%y%m%d"
queue: type
priority: priority
wait_s: queue_s
talk_s: service_s
outcome: end
outcomes: {AGENT: answered, HANG: abandoned}
agent: server
caller: customer
unknown_agents: [NO_SERVER]
unknown_callers: ["0"]
separator: "\\t"
zone: Europe/Berlin
"""


@pytest.fixture(scope="module")
def three_weeks() -> Log:
    return synthetic.log(days=16, members=2, per_hour=11)


def test_a_table_through_a_map_of_columns_is_judged_on_a_week_not_seen(
    three_weeks: Log, tmp_path: Path, pbx: Pbx
) -> None:
    text, told = bank(three_weeks)
    lines = text.splitlines()
    (tmp_path / "calls.txt").write_text("\n".join([*lines, lines[5], "990101\ttorn"]) + "\n")
    (tmp_path / "map.yaml").write_text(told)
    ran = pbx(
        "calibrate", "calls.txt", "--columns", "map.yaml", "--country", "DE", "--unseen", "1", "--reps", "1",
        "--plot", "days.html", "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    losses = ran.json["losses"]
    assert losses["total"] == len(lines) + 2 and losses["dropped"]["repeated"] == [len(lines) + 1]
    assert sum(map(len, losses["dropped"].values())) == 2
    assert ran.json["calls"] == len(lines) - 1 and ran.json["unseen_from"] is not None
    for given in ("load", "arrivals", "forecast"):
        pair = ran.json["errors"][given]
        assert pair["model"]["days"] == pair["erlang_a"]["days"] == pair["erlang_a_heads"]["days"] == 5
        assert {"abandonment_points", "wait_share", "service_points"} <= set(pair["model"])
    page = (tmp_path / "days.html").read_text(encoding="utf-8")
    assert "Callers who gave up" in page and "Erlang A, tuned" in page
    assert "<script src=" not in page and "<link" not in page, "it loads nothing from outside"


def test_a_contact_centres_table_is_known_by_its_header_and_errors_are_printed(
    three_weeks: Log, tmp_path: Path, pbx: Pbx
) -> None:
    (tmp_path / "calls.csv").write_text(vanad(three_weeks))
    ran = pbx("calibrate", "calls.csv", "--unseen", "1", "--reps", "1", "--to", "out")
    assert ran.status == 0, ran.err
    assert "error on days from 2024-01-23 on" in ran.out
    for who in ("model  ", "Erlang A per hour", "Erlang A, tuned"):
        told = next(line for line in ran.out.splitlines() if who in line)
        assert "calls, staff and talk level given" in told
    assert "Written: out/pbx.yaml" in ran.err
    assert "calls.csv: " in ran.out
    flow = load((tmp_path / "out" / "pbx.yaml").read_text(encoding="utf-8"))
    check(Scenario.load(tmp_path / "out" / "scenario.yaml"), flow)


def test_a_log_too_short_for_unseen_weeks_is_not_drawn(log_text: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "queue_log").write_text(log_text)
    ran = pbx("calibrate", "queue_log", "--zone", "Europe/Berlin", "--unseen", "0", "--plot", "days.html")
    assert ran.status == 2 and "nothing to draw" in ran.err and not (tmp_path / "days.html").exists()


def test_progress_rises_to_the_end_while_a_log_is_learned_from(three_weeks: Log) -> None:
    seen: list[float] = []
    learn(three_weeks, unseen_weeks=1, reps=1, tuning_calls=2000, progress=lambda _, share: seen.append(share))
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) >= 10


def test_the_export_of_a_bridge_lies_in_a_folder_beside_its_document(tmp_path: Path, pbx: Pbx) -> None:
    bridge_days.export(5, per_hour=0.4).write(tmp_path / "export")
    (tmp_path / "export" / "pbx.yaml").write_text(bridge_days.PBX, encoding="utf-8")
    ran = pbx("calibrate", "--history", "export", "--unseen", "0", "--to", "out", "--key", "secret")
    assert ran.status == 0, ran.err
    assert "nothing of it is inferred" in ran.out and (tmp_path / "out" / "staffing.csv").is_file()
    flow = load((tmp_path / "out" / "pbx.yaml").read_text(encoding="utf-8"))
    assert flow.head.zone == bridge_days.ZONE
    check(Scenario.load(tmp_path / "out" / "scenario.yaml"), flow)
    refused = pbx("calibrate", "queue_log", "--history", "export", lang="ru_RU.UTF-8")
    assert refused.status == 2 and "либо --history" in refused.err
