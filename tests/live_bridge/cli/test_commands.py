"""Commands of the bridge that need no bridge: languages, journals in files, passwords, tokens."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer
from pyarrow import parquet

from engine.analysis.scripted_world import Script
from engine.loading.load import load
from live_bridge.cli import (
    activity,
    audit_trail,
    canary,
    commands,
    console,
    elsewhere,
    hosting,
    remote,
    sandbox,
    versions,
)
from live_bridge.cli.russian_help import HELP
from live_bridge.cli.russian_texts import TEXTS
from live_bridge.store import entries, history_export
from live_bridge.store.history_export import COLUMNS
from live_bridge.store.journal_file import JournalFile
from live_bridge.store.journal_store import read_run
from live_bridge.store.ladder import as_mermaid, as_text, ladder
from live_bridge.store.store import Store
from tests.live_bridge.journals import Run
from tests.live_bridge.service.test_end_to_end import PBX, environment
from tests.live_bridge.store.test_store import EXAMPLE, HOST, START, Written, arrival, header


def pbx(*words: str, stdin: str = "", language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    env = {**environment(), "LANG": language, "LC_ALL": language}
    return subprocess.run([*PBX, *words], capture_output=True, text=True, env=env, input=stdin, timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bridge's folder with one day of two calls in it."""
    folder = tmp_path_factory.mktemp("var")
    store = Store(f"sqlite:///{folder / 'live.sqlite'}")
    flow = load(EXAMPLE.read_bytes())
    store.keep_flow("example", flow.digest, EXAMPLE.read_text(encoding="utf-8"))
    writer = Run(store, "example", header(flow), HOST)
    world = Written(flow, Script(keys="1", talk_s=20.0), START, writer)
    world.run(arrival("first"))
    world._over, world._keys = {}, "2"
    world.run(arrival("second", caller="84957770000"))
    writer.close()
    store.close()
    return folder


def test_replay_from_store_and_from_an_exported_file_agree(folder: Path, tmp_path: Path) -> None:
    assert "2 calls: the engine says the same, word for word" in pbx("replay", "--database", str(folder)).stdout
    file = tmp_path / "day.jsonl"
    assert pbx("replay", "--database", str(folder), "--export", str(file)).returncode == 0
    same = pbx("replay", str(file), "--pbx", "example", "--json", "--database", str(tmp_path))
    assert same.returncode == 0 and '"same":true' in same.stdout and '"calls":2' in same.stdout


def test_replay_that_differs_ends_with_status_1_and_the_first_difference(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "day.jsonl"
    pbx("replay", "--database", str(folder), "--export", str(file))
    file.write_text(file.read_text().replace('"digit":"1"', '"digit":"2"', 1))
    differs = pbx("replay", str(file), "--pbx", "example")
    assert differs.returncode == 1 and re.search(r"record \d+ \(DigitPressed\): line \d+ was", differs.stdout)


@pytest.mark.parametrize("text", ["", "not json\n", '{"format":99,"engine":"x","tzdata":"x","flow":"x"}\n'])
def test_journal_file_that_cannot_be_read_is_refused_with_status_2(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.jsonl").write_text(text)
    refused = pbx("replay", str(tmp_path / "bad.jsonl"), "--pbx", "example")
    assert refused.returncode == 2 and "Traceback" not in refused.stderr and refused.stderr.strip()


def test_history_is_written_as_csv_and_json_with_the_fields_of_the_specification(folder: Path) -> None:
    """R-24.1, R-24.4."""
    lines = pbx("history", "example", "--database", str(folder), "--format", "csv").stdout.splitlines()
    assert lines[0] == ",".join(COLUMNS) and len(lines) == 3
    one = pbx("history", "example", "--database", str(folder), "--json", "--number", "84957770000").stdout
    assert one.count("\n") == 1 and '"uuid":"second"' in one
    assert pbx("history", "example", "--database", str(folder), "--since", "soon").returncode == 2
    assert "No calls" in pbx("history", "example", "--database", str(folder), "--until", "2020-01-01").stdout


def test_commands_say_when_the_database_is_behind_the_journal(folder: Path, tmp_path: Path) -> None:
    """Calls that are in the files only, as a killed bridge leaves them while its database was held."""
    store = Store(f"sqlite:///{tmp_path / 'live.sqlite'}")
    writer = Run(store, "example", header(load(EXAMPLE.read_bytes())), HOST, folder=tmp_path)
    writer.close()
    last = JournalFile(tmp_path / "journal", entries.COLUMNS)
    assert "behind" not in pbx("history", "example", "--database", str(tmp_path)).stderr
    last.append(entries.encode([("outputs", (writer.run, 1, b"[]" * 2000))]))
    last.close()
    told = pbx("history", "example", "--database", str(tmp_path))
    assert told.returncode == 0 and "The database is behind: 5 kB" in told.stderr
    assert "отстаёт" in pbx("history", "example", "--database", str(tmp_path), language="ru_RU.UTF-8").stderr
    store.close()


def test_ladder_shows_caller_pbx_and_legs_in_order(folder: Path) -> None:
    store = Store(f"sqlite:///{folder / 'live.sqlite'}")
    rungs = ladder(read_run(store, 1)[1], "first")
    store.close()
    words = [rung.text.split()[0] for rung in rungs]
    assert words[0] == "CallArrived" and "ended:" in words[-3:], "the leg may end after the call"
    assert words.index("PlaceLeg") < words.index("LegAnswered") < words.index("media") < words.index("CallerHungUp")
    assert [rung.at for rung in rungs] == sorted(rung.at for rung in rungs)
    assert not any("second" in rung.text for rung in rungs)
    assert as_mermaid(rungs)[0] == "sequenceDiagram" and len(as_text(rungs)) == len(rungs) + 1
    assert pbx("ladder", "nobody", "--database", str(folder)).returncode == 2


def test_password_from_standard_input_must_be_long(tmp_path: Path) -> None:
    words = ["passwd", "101", "--folder", str(tmp_path), "--stdin"]
    assert pbx(*words, stdin="short\n").returncode == 2
    assert pbx(*words, stdin="long-enough-password\n").returncode == 0
    store = Store(f"sqlite:///{tmp_path / 'live.sqlite'}")
    assert set(store.accounts("example")) == {101}
    store.close()


def test_token_is_shown_once_and_can_be_taken_away(folder: Path) -> None:
    made = pbx("token", "wall", "--scope", "calls:read", "--database", str(folder))
    assert made.stdout.strip().startswith("pbx_") and len(made.stdout.strip()) > 40
    assert pbx("token", "wall", "--scope", "everything", "--database", str(folder)).returncode == 2
    assert pbx("token", "wall", "--drop", "--database", str(folder)).returncode == 0
    assert pbx("token", "wall", "--drop", "--database", str(folder)).returncode == 2


def test_commands_speak_russian_when_asked(folder: Path) -> None:
    told = pbx("replay", "--database", str(folder), language="ru_RU.UTF-8")
    assert "слово в слово" in told.stdout
    helped = pbx("live", "--help", language="ru_RU.UTF-8")
    assert "Отвечать по SIP" in helped.stdout
    shown = (command for command in commands.app.registered_commands if not command.hidden)
    names = {command.callback.__name__ for command in shown if command.callback}
    assert set(HELP) == names


def test_every_text_of_the_commands_has_a_russian_one() -> None:
    code = "".join(
        Path(str(one.__file__)).read_text(encoding="utf-8")
        for one in (activity, audit_trail, canary, commands, console, elsewhere, hosting, remote, sandbox, versions)
    )
    said = set(re.findall(r'tr\(\s*"((?:[^"\\]|\\.)*)"', code))
    said |= set(hosting.WORDS.values())
    assert said - set(TEXTS) == set()
    places = re.compile(r"\{(\w+)")
    for english, russian in TEXTS.items():
        assert set(places.findall(english)) == set(places.findall(russian)), english


def test_history_is_exported_as_parquet_csv_and_json_with_the_same_calls(folder: Path, tmp_path: Path) -> None:
    """R-24.4: all three forms, the fields of R-24.1, lengths as numbers."""
    told: dict[str, list[dict[str, object]]] = {}
    for name in ("calls.parquet", "calls.csv", "calls.jsonl"):
        done = pbx("history", "example", "--database", str(folder), "--output", str(tmp_path / name))
        assert done.returncode == 0 and "2 calls written" in done.stderr
    table = parquet.read_table(tmp_path / "calls.parquet")
    assert tuple(table.column_names) == COLUMNS and str(table.schema.field("duration").type) == "double"
    told["parquet"] = table.to_pylist()
    with (tmp_path / "calls.csv").open(encoding="utf-8", newline="") as file:
        told["csv"] = [{**one, "duration": float(one["duration"])} for one in csv.DictReader(file)]
    told["json"] = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    for field in ("uuid", "caller_id_number", "duration", "start_stamp"):
        assert [one[field] for one in told["parquet"]] == [one[field] for one in told["csv"]]
        assert [one[field] for one in told["parquet"]] == [one[field] for one in told["json"]]
    assert json.loads(str(told["parquet"][0]["events"])) == told["json"][0]["events"]
    refused = pbx("history", "example", "--database", str(folder), "--output", str(tmp_path / "calls.xlsx"))
    assert refused.returncode == 2 and "--format" in refused.stderr


def test_export_in_pages_gives_every_call_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_export, "PAGE", 1)
    store = Store(f"sqlite:///{folder / 'live.sqlite'}")
    found = [one["uuid"] for one in history_export.rows(store, "example", ZoneInfo("UTC"), "en")]
    assert len(found) == len(set(found)) == 2
    assert len(list(history_export.rows(store, "example", ZoneInfo("UTC"), "en", limit=1))) == 1
    store.close()


@pytest.mark.parametrize(
    "word", ["127.0.0.1:²", "127.0.0.1:٥٠٦٠", ":5060", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1"]
)
def test_address_that_is_none_is_refused_in_words(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        commands._address(word)
    assert ended.value.exit_code == console.BAD_INPUT and "HOST:PORT" in capsys.readouterr().err
