"""A document that is wrong is refused by every command: file, line, rule and remedy, status 2, and nothing started."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.conftest import Pbx

ROOT = Path(__file__).resolve().parents[2]


class Damage(NamedTuple):
    """One line of the example replaced, and what must be said about it."""

    line: str
    by: str
    rule: str
    says: str
    """Part of the message."""


DAMAGES = {
    "broken YAML": Damage("    keys: {1: 5200, 2: 5301}", "    keys: {1: 5200, 2: 5301", "R-02.1", "}"),
    "unknown element kind": Damage("    kind: queue", "    kind: carousel", "R-02.2", "carousel"),
    "dangling output": Damage("    max_wait: 300", "    max_wait: 300\n    full: 5999", "R-02.13", "5999"),
    "queue without members": Damage("    members: [100, 101, 102]", "    members: []", "R-08.4", "member"),
    "user number outside 100-4999": Damage(
        "  106: {name: Zhanna, voicemail: false}", "  99: {name: Zhanna}", "R-02.4", "99"
    ),
    "element number outside 5000-5999": Damage("  5120:", "  6120:", "R-02.7", "6120"),
    "loop without waiting": Damage("    mismatch: 5400", "    mismatch: 5500", "R-02.14", "5500"),
}

STARTERS = (
    ("check", "{path}"),
    ("trace", "{path}", "--number", "84951234567"),
    ("simulate", "{path}", "--reps", "2"),
    ("live", "{path}"),
    ("run", "{path}", "--port", "25107"),
)


def damaged(damage: Damage, folder: Path) -> tuple[Path, int]:
    """The example with one line replaced, and the number of that line."""
    lines = (ROOT / "datasets" / "pbx" / "example" / "pbx.yaml").read_text(encoding="utf-8").splitlines()
    number = next(place for place, line in enumerate(lines) if line.rstrip().startswith(damage.line))
    lines[number] = damage.by
    path = folder / "broken.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, number + 1


@pytest.mark.parametrize("name", DAMAGES)
def test_check_names_place_rule_and_remedy(name: str, tmp_path: Path, pbx: Pbx) -> None:
    damage = DAMAGES[name]
    path, line = damaged(damage, tmp_path)
    ran = pbx("check", str(path))
    assert ran.status == 2, ran
    found = re.search(rf"^broken\.yaml:(\d+):\d+: error (R-.*{re.escape(damage.says)}.*)$", ran.err, re.M)
    assert found, ran.err
    assert damage.rule in found[2], found[2]
    near = 2 if "\n" in damage.by or name == "loop without waiting" else 1
    assert abs(int(found[1]) - line) <= near or f"line {line}" in found[2], (ran.err, line)
    assert len(re.findall(r"\.", found[2])) >= 1 and "Traceback" not in ran.err
    assert "nothing was started" in ran.err


@pytest.mark.parametrize("words", STARTERS, ids=lambda words: words[0])
def test_every_command_refuses_and_starts_nothing(words: tuple[str, ...], tmp_path: Path, pbx_process: Pbx) -> None:
    path, _ = damaged(DAMAGES["dangling output"], tmp_path)
    ran = pbx_process(*(word.format(path=path) for word in words))
    assert ran.status == 2, ran
    assert "R-02.13" in ran.err and "broken.yaml:" in ran.err, ran.err
    assert "Traceback" not in ran.err
    assert sorted(left.name for left in tmp_path.iterdir()) == ["broken.yaml"], "something was started or written"


def test_the_workbench_refuses_what_is_no_yaml_because_nothing_can_be_edited_there(
    tmp_path: Path, pbx_process: Pbx
) -> None:
    path, _ = damaged(DAMAGES["broken YAML"], tmp_path)
    ran = pbx_process("workbench", str(path), "--port", "25107")
    assert ran.status == 2 and "R-02.1" in ran.err and "Traceback" not in ran.err, ran


def test_faults_come_as_json_for_programs(tmp_path: Path, pbx: Pbx) -> None:
    path, _ = damaged(DAMAGES["dangling output"], tmp_path)
    ran = pbx("check", str(path), "--json")
    assert ran.status == 2
    (fault,) = ran.json["faults"]
    assert (fault["rule"], fault["severity"], fault["file"]) == ("R-02.13", "error", "broken.yaml")
    assert fault["line"] > 0 and fault["remedy"]


def test_several_faults_are_told_at_once(tmp_path: Path, pbx: Pbx) -> None:
    path, _ = damaged(DAMAGES["dangling output"], tmp_path)
    text = path.read_text().replace("members: [100, 101, 102]", "members: []")
    path.write_text(text)
    ran = pbx("check", str(path))
    assert ran.status == 2 and "R-02.13" in ran.err and "R-08.4" in ran.err
    assert "2 errors" in ran.err


@pytest.mark.parametrize("word", ["nowhere.yaml", "no-such-pbx", "."])
def test_a_pbx_that_is_nowhere_is_refused_with_what_there_is(word: str, pbx: Pbx) -> None:
    ran = pbx("check", word)
    assert ran.status == 2
    assert word in ran.err and "example" in ran.err


def test_a_file_that_is_not_text_is_refused(tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "pbx.yaml").write_bytes(bytes(range(256)))
    ran = pbx("check", "pbx.yaml")
    assert ran.status == 2 and "pbx.yaml" in ran.err and "Traceback" not in ran.err


@pytest.mark.parametrize("text", ["", "[]", "42", "pbx: example", "null"])
def test_a_document_that_is_no_pbx_is_refused_or_empty(text: str, tmp_path: Path, pbx: Pbx) -> None:
    (tmp_path / "pbx.yaml").write_text(text)
    ran = pbx("check", "pbx.yaml")
    assert ran.status in (0, 1, 2) and "Traceback" not in ran.err


def test_refusals_are_told_in_russian_too(tmp_path: Path, pbx: Pbx) -> None:
    for ran in (pbx("check", "no-such-pbx", "--lang", "ru"), pbx("check", "no-such-pbx", lang="ru_RU.UTF-8")):
        assert ran.status == 2 and "Нет АТС" in ran.err
