"""Versions over the API and by commands: published, tried, live, rolled back, and the same after a restart (R-25.5, R-25.6)."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result
from pyarrow import parquet
from typer.testing import CliRunner

from engine.contract.causes import Cause, Party
from engine.contract.errors import FlowError
from engine.contract.ids import SECOND_US
from engine.records.history import CallRecord
from live_bridge.api.server import serve_api
from live_bridge.cli import commands, console
from live_bridge.promotion.start import login
from live_bridge.service.service import Service
from live_bridge.store import tables
from live_bridge.store.history_rows import history_row
from live_bridge.store.journal_store import read_run
from tests.harness import rule
from tests.live_bridge.api.test_api import Api, read
from tests.live_bridge.service.test_end_to_end import PBX, environment, wait_until
from tests.live_bridge.sip.phone import Phone, status


def publish(api: Api, text: str, by: str = "Anna Petrova") -> str:
    answer = api.ask("POST", "/api/versions", "versions:write", content=text, params={"acknowledged_by": by})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["digest"])


def live(api: Api) -> str:
    return str(api.ask("GET", "/api/versions", "versions:read").json()["versions"][0]["flow"])


def flow_of_a_call(api: Api) -> str:
    phone = Phone("89991234567", api.sip)
    try:
        with api.events() as stream:
            read(stream, "hello")
            dialog, answer = phone.call("74951234567")
            assert status(answer) == 200
            started = read(stream, "CallStarted")
            phone.hang_up(dialog)
            read(stream, "CallEnded")
        return str(started["flow"])
    finally:
        phone.close()


@rule("R-25.5", "R-25.6")
def test_version_goes_from_document_to_live_and_back_for_new_calls_only(api: Api, text: str) -> None:
    first = live(api)
    changed = text.replace("wrap_up: 20", "wrap_up: 25")
    waits = api.ask("POST", "/api/versions", "versions:write", content=changed)
    assert waits.status_code == 409 and waits.json()["detail"]["warnings"], "warnings wait for a named person"
    second = publish(api, changed)
    assert live(api) == first == flow_of_a_call(api)
    assert api.ask("POST", f"/api/versions/{second}/promote", "versions:write").json()["live"] == second
    assert flow_of_a_call(api) == second
    assert api.ask("POST", "/api/versions/rollback", "versions:write").json()["live"] == first
    assert flow_of_a_call(api) == first
    assert api.ask("GET", f"/api/versions/{second}", "versions:read").text == changed
    changes = api.ask("GET", "/api/versions/changes", "versions:read").json()
    assert [(c["action"], c["by"]) for c in changes] == [
        ("roll_back", "versions:write"), ("promote", "versions:write"), ("publish", "versions:write"), ("start", login()),
    ]  # fmt: skip
    assert changes[-2]["acknowledged_by"] == "Anna Petrova"


def calls_counted(api: Api) -> dict[str, float]:
    """`pbx_calls_started` by labels of the version."""
    text = api.ask("GET", "/metrics", "metrics:read").text
    found = re.findall(
        r'^pbx_calls_started_total{flow="(\w+)",origin="trunk",version="(\d*)"} (\S+)$', text, re.MULTILINE
    )
    return {f"{version} {flow}".strip(): float(value) for flow, version, value in found}


@rule("R-25.6", "R-24.1")
def test_every_call_tells_the_version_it_is_on_wherever_it_is_told_of(api: Api, text: str, tmp_path: Path) -> None:
    """In progress, in the stream, in history and its files, in metrics and in its ladder: digest, number and name."""
    first = flow_of_a_call(api)
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    phone = Phone("89991234567", api.sip)
    old, _ = phone.call("74951234567")
    api.ask("POST", f"/api/versions/{second}/promote", "versions:write")
    new, _ = phone.call("74951234567")
    wait_until(lambda: len(api.ask("GET", "/api/calls", "calls:read").json()["calls"]) == 2)
    seen = api.ask("GET", "/api/calls", "calls:read").json()["calls"]
    assert [(one["flow"], one["version"], one["version_name"]) for one in seen] == [(first, 1, ""), (second, 2, "")]
    assert calls_counted(api) == {f"2 {second[:12]}": 1.0}, "only versions that take new calls have series"
    with api.events() as stream:
        read(stream, "hello")
        for dialog in (old, new):
            phone.hang_up(dialog)
        ends = [read(stream, "CallEnded") for _ in range(2)]
    assert [(one["flow"], one["version"], one["version_name"]) for one in ends] == [(first, 1, ""), (second, 2, "")]
    phone.close()
    wait_until(lambda: api.ask("GET", "/api/calls", "calls:read").json()["calls"] == [])
    ended = api.ask("GET", "/metrics", "metrics:read").text
    assert f'pbx_calls_ended_total{{cause="NORMAL_CLEARING",flow="{second[:12]}",version="2"}} 1.0' in ended
    assert 'pbx_calls_ended_total{cause="NORMAL_CLEARING",flow="other",version=""} 1.0' in ended
    assert f'pbx_version_share{{flow="{second[:12]}",version="2"}} 1.0' in ended and first[:12] not in ended

    rows = api.ask("GET", "/api/history", "history:read").json()["calls"]
    assert {(one["flow"], one["version"]) for one in rows} == {(first, 1), (second, 2)} and len(rows) == 3
    for word in ("v2", "live", second[:8], second):
        (only,) = api.ask("GET", "/api/history", "history:read", params={"version": word}).json()["calls"]
        assert only["flow"] == second
    assert api.ask("GET", "/api/history", "history:read", params={"version": "v3"}).status_code == 404
    table = list(csv.DictReader(io.StringIO(api.ask("GET", "/api/history.csv?version=v1", "history:read").text)))
    assert [(one["flow"], one["version"]) for one in table] == [(first, "1")] * 2
    lines = [json.loads(line) for line in api.ask("GET", "/api/history.jsonl", "history:read").text.splitlines()]
    assert [(one["uuid"], one["flow"], one["version"]) for one in lines] == [
        (one["uuid"], one["flow"], one["version"]) for one in rows
    ]

    document, database = str(api.service.config.pbx), ("--database", str(api.service.config.folder))

    def pbx(*words: str) -> str:
        done = CliRunner().invoke(commands.app, [*words, *database])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert f"version v2 ({second[:12]})" in pbx("ladder", only["uuid"])
    shown = pbx("history", document, "--version", "v1").splitlines()
    assert len(shown) == 3 and all(f"v1 ({first[:12]})" in line for line in shown[1:])
    pbx("history", document, "--output", str(tmp_path / "calls.parquet"))
    assert parquet.read_table(tmp_path / "calls.parquet").column("version").to_pylist() == [
        one["version"] for one in rows
    ]


@rule("R-25.5")
def test_faults_and_what_cannot_be_done_are_told(api: Api, text: str) -> None:
    wrong = api.ask("POST", "/api/versions", "versions:write", content=text.replace("mismatch: 5001", "mismatch: 5998"))
    assert wrong.status_code == 422 and wrong.json()["detail"]["faults"][0]["rule"].startswith("R-")
    assert api.ask("POST", "/api/versions", "versions:write", content=b"\xff\xfe").status_code == 422
    other = api.ask("POST", "/api/versions", "versions:write", content=text.replace("pbx: example", "pbx: other"))
    assert other.status_code == 409 and "serves example" in other.json()["detail"]["message"]
    assert api.ask("POST", f"/api/versions/{'0' * 64}/promote", "versions:write").status_code == 404
    assert api.ask("POST", "/api/versions/rollback", "versions:write").status_code == 409
    assert api.ask("POST", f"/api/versions/{live(api)}/retire", "versions:write").status_code == 409
    assert api.ask("POST", f"/api/versions/{live(api)}/promote", "versions:read").status_code == 403


@rule("R-25.1", "R-25.5")
def test_version_is_meant_by_number_name_place_or_beginning_of_its_digest(api: Api, text: str) -> None:
    first = live(api)
    made = api.ask(
        "POST", "/api/versions", "versions:write", content=text.replace("wrap_up: 20", "wrap_up: 25"),
        params={"acknowledged_by": "Anna", "name": "autumn"},
    ).json()  # fmt: skip
    second = made["digest"]
    assert (made["number"], made["name"], made["state"]) == (2, "autumn", "validated")
    for word in ("v2", "V2", "autumn", "Autumn", second, second[:6]):
        assert "wrap_up: 25" in api.ask("GET", f"/api/versions/{word}", "versions:read").text
    promoted = api.ask("POST", "/api/versions/autumn/promote", "versions:write", json={"share": 0.5}).json()
    assert promoted.pop("elsewhere")["minutes"] == 0
    assert promoted == {
        "live": first, "flow": second, "number": 2, "name": "autumn", "gate": "advised",
        "missing": ["it was not simulated: run pbx gate"],
    }  # fmt: skip
    shown = api.ask("GET", "/api/versions/canary", "versions:read").json()["canary"]
    assert (shown["number"], shown["name"], shown["live_number"]) == (2, "autumn", 1)
    states = {
        one["number"]: one["state"] for one in api.ask("GET", "/api/versions", "versions:read").json()["versions"]
    }
    assert states == {1: "live", 2: "canary"}
    for word in ("v3", "winter", "f", "0" * 64):
        answer = api.ask("GET", f"/api/versions/{word}", "versions:read")
        assert answer.status_code == 404 and "v2 autumn" in answer.json()["detail"], "who asks is told what there is"
    for name in ("v9", "live", "abcd", "AUTUMN", "a/b"):
        assert api.ask("POST", "/api/versions/v1/name", "versions:write", json={"name": name}).status_code == 409, name
    assert (
        api.ask("POST", "/api/versions/v1/name", "versions:write", json={"name": " spring "}).json()["name"] == "spring"
    )
    assert api.ask("GET", "/api/versions/changes?limit=1", "versions:read").json()[0]["name"] == "spring"


@rule("R-25.8")
def test_promotion_says_who_lands_elsewhere_over_a_year_and_of_the_months_own_calls(api: Api, text: str) -> None:
    """An hour more on working days: the bridge's own callers of 21:30 land elsewhere, those of noon do not."""
    zone, now = api.service.flow.zone, time.time_ns() // 1000
    with api.service.store.engine.begin() as connection:
        for day in range(1, 29):
            at = zone.local(now - day * 86400 * SECOND_US)
            for hour, minute, kind in ((12, 0, "inbound"), (21, 30, "missed"), (21, 31, "outbound")):
                start = round(at.replace(hour=hour, minute=minute).timestamp() * SECOND_US)
                record = CallRecord(
                    uuid=f"{day}-{hour}-{minute}", caller_id_name="", caller_id_number="79160000001",
                    destination_number="78121234567", from_host="", to_host="", start=start, end=start + 5, duration_us=5,
                    user_talk_us=0, hangup_cause=Cause.NO_ANSWER, party=Party.FLOW, accountcode=kind, gateway="spb",
                    flow="f", rule="", events=(),
                )  # fmt: skip
                connection.execute(tables.history.insert().values(**history_row(record, "example", 1)))
    longer = publish(api, text.replace("21:00", "22:00"))
    found = api.ask("GET", f"/api/versions/{longer}/elsewhere?days=40", "versions:read").json()
    assert (found["number"], found["against"]["number"], found["days"]) == (2, 1, 40)
    assert found["numbers"]["78121234567"]["all callers"] == found["minutes"] > 200 * 60, "of every working day"
    assert found["landings"][0][2] == "voicemail 5120 «Mailbox»" and found["changed"] == ["elements.5400"]
    assert found["logged"] == 2 * 28 and 15 <= found["moved"] == sum(n for *_, n in found["by_change"]) <= 22
    answer = api.ask("POST", "/api/versions/v2/promote", "versions:write").json()
    assert answer["live"] == longer and answer["elsewhere"]["moved"] >= 15
    trail = api.ask("GET", "/api/versions/audit?limit=1", "versions:read").json()["entries"]
    assert trail[0]["details"]["elsewhere"]["minutes"] == round(found["minutes"])
    back = api.ask("GET", "/api/versions/v1/elsewhere?against=v2", "versions:read").json()
    assert back["minutes"] == found["minutes"] and back["landings"][0][3] == found["landings"][0][2]


@rule("R-25.5", "R-25.6")
def test_what_was_promoted_is_live_after_a_restart_until_the_file_changes(api: Api, text: str) -> None:
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    third = publish(api, text.replace("wrap_up: 20", "wrap_up: 26"))
    api.ask("POST", f"/api/versions/{second}/promote", "versions:write")
    api.ask("POST", f"/api/versions/{third}/promote", "versions:write", json={"share": 1.0})
    api.ask("POST", f"/api/versions/{second}/promote", "versions:write", json={"share": 0.25})
    run = api.service.journal.run
    flow_of_a_call(api)
    api.service.stop(drain_s=0)

    again = Service(api.service.config, extras=(serve_api,))
    again.start()
    try:
        assert again.versions is not None and again.flow.digest == third
        standing = again.versions.standing()
        assert (standing.canary, standing.share) == (second, 0.25)
        assert again.versions.roll_back() == third and again.versions.roll_back() != third
        header, _ = read_run(again.store, run)
        assert {second, third} <= set(header.flows), "a replay is given every version the journal names"
    finally:
        again.stop(drain_s=0)

    replayed = subprocess.run(
        [*PBX, "replay", "--database", str(api.service.config.folder), "--run", str(run)],
        capture_output=True, text=True, env=environment(), check=False,
    )  # fmt: skip
    assert "word for word" in replayed.stdout, replayed.stderr

    Path(api.service.config.pbx).write_text(text.replace("mismatch: 5001", "mismatch: 5998"), encoding="utf-8")
    unread = Service(api.service.config, extras=(serve_api,))
    with pytest.raises(FlowError):
        unread.flow  # noqa: B018 - there is none before the start
    unread.start()
    try:
        assert unread.versions is not None and unread.flow.digest == unread.versions.standing().live[-1] != third
        assert "5998" in unread.health()["parts"]["document"], "told, while the live version takes calls (R-25.8)"
    finally:
        unread.stop(drain_s=0)

    Path(api.service.config.pbx).write_text(text.replace("wrap_up: 20", "wrap_up: 30"), encoding="utf-8")
    newer = Service(api.service.config, extras=(serve_api,))
    newer.start()
    try:
        assert newer.flow.digest not in (second, third), "a trial is in the name of whoever starts it"
        assert newer.versions is not None and newer.versions.standing().live[-2] == second, (
            "one step back is what was live"
        )
    finally:
        newer.stop(drain_s=0)


def test_commands_publish_promote_and_roll_back_a_running_bridge(api: Api, text: str, tmp_path: Path) -> None:
    token, document = tmp_path / "token", tmp_path / "new.yaml"
    token.write_text(api.token("operator", "versions:read", "versions:write") + "\n")
    token.chmod(0o600)
    document.write_text(text.replace("wrap_up: 20", "wrap_up: 25"), encoding="utf-8")

    def pbx(*words: str) -> Result:
        return CliRunner().invoke(commands.app, [*words, "--bridge", api.base, "--token-file", str(token)])

    first = live(api)
    waits = pbx("publish", str(document))
    assert waits.exit_code == console.FINDINGS and "--acknowledge" in waits.stderr
    kept = pbx("publish", str(document), "--draft", "--name", "autumn")
    assert kept.exit_code == 0 and "v2 autumn" in kept.stdout and "draft" in pbx("versions").stdout
    assert "--yes" in pbx("promote", "autumn").stderr, "nobody is there to be asked"
    assert pbx("promote", "autumn", "--yes").exit_code == console.BAD_INPUT, "a draft waits for a person"
    assert "v2 autumn" in pbx("publish", "v2", "--acknowledge", "Anna").stdout
    second = next(one.flow for one in api.service.versions.list() if one.flow != first)  # type: ignore[union-attr]
    assert pbx("promote", second[:8], "--share", "0.1", "--yes", "--json").exit_code == 0
    assert "canary" in pbx("versions").stdout
    assert pbx("rollback").exit_code == 0 and live(api) == first
    assert "v2 autumn menu" in pbx("name", "autumn", "autumn menu").stdout
    promoted = pbx("promote", "Autumn menu", "--yes")
    assert promoted.exit_code == 0 and live(api) == second
    assert "every call lands as now" in promoted.stdout and "run pbx gate" in promoted.stderr
    unknown = pbx("promote", "ffff")
    assert unknown.exit_code == console.BAD_INPUT and f"v2 autumn menu ({second[:12]})" in unknown.stderr
    assert pbx("retire", "v1").exit_code == 0 and "retired" in pbx("versions").stdout
    told = [json.loads(line) for line in pbx("versions", "--changes", "--json").stdout.splitlines()]
    assert [(one["action"], one["number"], one["name"]) for one in told][:3] == [
        ("retire", 1, ""), ("promote", 2, "autumn menu"), ("name", 2, "autumn menu"),
    ]  # fmt: skip
    whole = pbx("audit", "--verify")
    assert whole.exit_code == 0 and "each as it was written" in whole.stdout and "v2 autumn menu" in whole.stdout
    api.service.records.settle()
    with api.service.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE version_changes SET \"by\" = 'Boris' WHERE action = 'retire'")
    found = api.ask("GET", "/api/versions/audit?limit=1&verify=true", "versions:read").json()
    last = found["head"]["n"]
    assert found["verdict"]["broken"] == last and found["verdict"]["signed"]
    assert [(one["n"], one["action"], one["by"]) for one in found["entries"]] == [(last, "retire", "operator")]
    broken = pbx("audit", "--verify", "--json")
    assert broken.exit_code == console.FINDINGS
    assert json.loads(broken.stdout.splitlines()[-1])["verdict"]["broken"] == last
    at_rest = [*PBX, "audit", "--verify", "--database", str(api.service.config.folder)]
    ran = subprocess.run(at_rest, capture_output=True, text=True, env=environment(), timeout=60, check=False)
    assert ran.returncode == console.FINDINGS and f"Entry {last} of {last}" in ran.stderr
    token.chmod(0o644)
    assert "chmod 600" in pbx("versions").stderr


@rule("R-15.9")
def test_new_password_holds_at_once_in_a_running_bridge(api: Api) -> None:
    phone = Phone("101", api.sip)
    try:
        assert status(phone.register(api.service.new_passwords[101])) == 200
        made = api.ask("POST", "/api/users/101/password", "users:write")
        assert made.status_code == 201
        assert status(phone.register(made.json()["password"])) == 200
        assert status(phone.register(api.service.new_passwords[101])) in (401, 403)
    finally:
        phone.close()
    assert api.ask("POST", "/api/users/9/password", "users:write").status_code == 404


def test_a_version_the_bridge_knows_is_rehearsed_before_it_takes_a_call(api: Api, text: str, tmp_path: Path) -> None:
    token = tmp_path / "pbx.token"
    token.write_text(api.tokens["versions:read"], encoding="ascii")
    token.chmod(0o600)
    second = publish(api, text.replace("wrap_up: 20", "wrap_up: 25"))
    weekday = Path(__file__).parents[3] / "datasets" / "scenarios" / "example_weekday.yaml"
    options = ["--bridge", api.base, "--token-file", str(token), "--scenario", str(weekday), "--calls", "3", "--json"]

    def rehearse(word: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pbxsim.cli", "rehearse", word, *options],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            cwd=tmp_path,
        )

    ran = rehearse(second[:10])
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["flow"] == second != live(api) and report["equal"] == report["calls"] >= 3
    unknown = rehearse("no-digest")
    assert unknown.returncode == 2 and second[:12] in unknown.stderr
