"""`pbx check` and `pbx fmt` through the real command line, and what every command has in common."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.loading.load import load
from pbxsim.cli import app, language
from pbxsim.cli.russian import texts
from tests.cli.conftest import Pbx

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "datasets" / "pbx" / "example" / "pbx.yaml"

CROOKED = """\
pbx:   demo     # the account
users:
      100: {name:   Anna,no_answer: "89161234567"}   # she

      101:
          name: Boris
trunks:
    main: {number:    +74951234567, to: 100, lines:   0010}
"""

STRAIGHT = """\
pbx: demo     # the account
users:
  100: {name: Anna, no_answer: "89161234567"}        # she

  101:
    name: Boris
trunks:
  main: {number: +74951234567, to: 100, lines: 0010}
"""


def test_the_example_is_formatted_already_and_without_errors(pbx: Pbx) -> None:
    ran = pbx("fmt", "example", "--check")
    assert ran.status == 0, ran
    assert pbx("check", "example").status in (0, 1)


def test_fmt_keeps_comments_order_and_every_value(tmp_path: Path, pbx: Pbx) -> None:
    path = tmp_path / "pbx.yaml"
    path.write_text(CROOKED)
    ran = pbx("fmt", "pbx.yaml", "--check")
    assert ran.status == 1 and path.read_text() == CROOKED
    ran = pbx("fmt", "pbx.yaml")
    assert ran.status == 0
    assert [" ".join(line.split()) for line in path.read_text().splitlines()] == [
        " ".join(line.split()) for line in STRAIGHT.splitlines()
    ]
    assert pbx("fmt", "pbx.yaml", "--check", "--json").json == {"name": "pbx.yaml", "changed": False, "written": False}


def test_a_pbx_is_found_by_name_by_folder_and_by_file(tmp_path: Path, pbx: Pbx) -> None:
    shutil.copy(EXAMPLE, tmp_path / "pbx.yaml")
    versions = {pbx("check", word, "--json").json["version"] for word in ("example", ".", "pbx.yaml", str(tmp_path))}
    assert len(versions) == 1


def test_help_names_every_command_in_both_languages(pbx: Pbx) -> None:
    english, russian_help = pbx("--help"), pbx("--help", lang="ru_RU.UTF-8")
    for name, command in getattr(app.command(), "commands", {}).items():
        if command.hidden:
            continue
        assert name in english.out and name in russian_help.out
    assert "Commands" in english.out and "Команды" in russian_help.out
    assert pbx("--lang", "ru", "--help").out == russian_help.out


def test_every_text_of_ours_has_its_russian_with_the_same_names(pbx: Pbx) -> None:
    import re

    for text, told in texts.TEXTS.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", told)), text


def test_every_help_text_is_in_the_catalogue() -> None:
    def helps(one: object) -> list[str]:
        found = [getattr(one, "help", None), getattr(one, "epilog", None)]
        found += [getattr(parameter, "help", None) for parameter in getattr(one, "params", ())]
        for child in getattr(one, "commands", {}).values():
            if child.callback.__module__.startswith("pbxsim."):
                found += helps(child)
        return [paragraph for text in found if text for paragraph in app.paragraphs(text)]

    language.speak("en")
    own = {"Show this message and exit."}
    missing = [
        text
        for text in helps(app.command())
        if text not in texts.TEXTS and text not in own and not text.startswith("Example")
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("word", ["chek", "--nonsense"])
def test_an_unknown_command_or_option_is_status_2(word: str, pbx: Pbx) -> None:
    ran = pbx(word)
    assert ran.status == 2 and "Traceback" not in ran.err


def test_every_finding_shows_a_call_that_trace_accepts(pbx: Pbx) -> None:
    """R-14.25: the example bars 810 but not its plus form, and the call that gets out can be pasted."""
    ran = pbx("check", "example")
    assert ran.status == 1 and "R-14.25" in ran.out
    commands = [line.split()[1:] for line in ran.out.splitlines() if line.startswith("    pbx trace")]
    assert commands
    for words in commands:
        traced = pbx(*words, "--json")
        assert traced.status == 0, traced
    assert traced.json["landing"]["number"] == "+4420794600"


def test_findings_come_as_json_with_their_example(pbx: Pbx) -> None:
    ran = pbx("check", "example", "--json")
    (finding,) = [one for one in ran.json["findings"] if one["rule"] == "R-14.25"]
    assert finding["severity"] == "warning" and finding["example"]["user"] == 100 and finding["line"] > 1


def test_fmt_takes_no_break_spaces_and_line_separators_for_text(tmp_path: Path, pbx: Pbx) -> None:
    text = 'pbx: demo\nusers:\n  100: {name: "Anna\u2028Maria\u00a0"}   \n  101:\n    name: Boris\u00a0\n'
    (tmp_path / "pbx.yaml").write_text(text, encoding="utf-8")
    assert pbx("fmt", "pbx.yaml").status == 0
    after = (tmp_path / "pbx.yaml").read_text(encoding="utf-8")
    assert "name: Boris\u00a0\n" in after and "}   " not in after
    assert load(after).digest == load(text).digest
