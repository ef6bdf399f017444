"""What is refused is told in Russian where it is asked for: everything that the configuration, databases and sounds can say."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import live_bridge
from engine.contract.errors import PbxError
from live_bridge.cli.russian_refusals import told
from live_bridge.config import ConfigError, Secrets, find_document, read_config
from live_bridge.hosting.config import read_hosting_config

ROOT = Path(live_bridge.__file__).parent
PARTS = ("config.py", "config_sections.py", "cli/console.py", "cli/hosting.py", "hosting/*.py", "service/*.py",
         "media/*.py", "store/*.py")  # fmt: skip
REFUSALS = {
    "ConfigError", "StoreError", "JournalUnavailable", "InDoubt", "SoundError", "AudioFileError", "Mp3Unavailable", "FrontAway",
}  # fmt: skip
"""Raised where the bridge starts or a command opens its files; in the configuration's own files ValueError too."""

RUSSIAN = re.compile("[а-яё]")


def sentences() -> Iterator[tuple[str, str]]:
    """Where a refusal stands, and what it says, with something in place of every value."""
    for part in PARTS:
        for file in sorted(ROOT.glob(part)):
            wanted = REFUSALS | ({"ValueError"} if "config" in file.name and "/sip" not in str(file) else set())
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in wanted
                    and node.args
                ):
                    text = said(node.args[0])
                    if text:
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", text


def said(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return ""  # a text made elsewhere


def test_every_refusal_of_the_configuration_databases_and_sounds_has_its_russian() -> None:
    found = [(place, text) for place, text in sentences() if re.search("[a-z]{3}", text)]
    assert len(found) > 60
    assert [(place, text) for place, text in found if not RUSSIAN.search(told(text, "ru"))] == []
    assert all(told(text, "en") == text for _, text in found)


WRONG = r"""
pbx: [
pbx: example\npbx: other
record: on
lisen: []
qualify_s: -1
qualify_s: much
drain: []
listen: []
listen: [{port: 70000}]
listen: [{port: 5060.5}]
listen: [{port: many}]
listen: [{transport: sctp}]
listen: 5060
listen: [5060]
media: {ports: [1, 2, 3]}
media: {listen: ["127.0.0.1", "::1", "::2"]}
direct: {allow: [10.0.0.1/8]}
direct: {allow: [here]}
dns: {servers: [resolver.example]}
mail: {host: mail.example.org}
hooks: [{name: "a b", url: "https://example.org/"}]
hooks: [{name: a, url: "http://example.org/"}]
hooks: [{name: a, url: "https://example.org/"}, {name: a, url: "https://example.org/"}]
integrations: {crm: {kind: other}}
integrations: {crm: {url: "https://example.org"}}
watch: {hang_up: perhaps}
domain: 5
folder: [a]
phones: {codecs: [PCMA, PCMA]}
trunks: {moscow: {srtp: required}}
""".strip().split("\n")


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_told_in_russian_with_its_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "live.yaml"
    file.write_text(text.replace(r"\n", "\n") + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        read_config(file)
    english, russian = str(refusal.value).split("\n"), told(refusal.value, "ru").split("\n")
    assert len(english) == len(russian)
    for before, after in zip(english, russian, strict=True):
        assert RUSSIAN.search(after) and after.startswith(before[: before.index(".yaml:") + 7]), after


def test_hosting_secrets_and_documents_are_told_in_russian(tmp_path: Path) -> None:
    file = tmp_path / "hosting.yaml"
    file.write_text("public: http://example.org\nservers: []\n", encoding="utf-8")
    refused: list[PbxError] = []
    for act in (
        lambda: read_hosting_config(file),
        lambda: read_config(tmp_path / "none.yaml"),
        lambda: Secrets(None).get("mail"),
        lambda: Secrets(tmp_path / "none.yaml"),
        lambda: find_document("nobody"),
    ):
        with pytest.raises(ConfigError) as refusal:
            act()
        refused.append(refusal.value)
    lines = [line for error in refused for line in told(error, "ru").split("\n")]
    assert len(lines) >= 7 and [line for line in lines if not RUSSIAN.search(line)] == []
    assert f"{tmp_path / 'none.yaml'}: такого файла или папки нет: укажите существующий файл в --config" in lines


@pytest.mark.parametrize(
    "text", ["- a list", "pbx: [", "pbx: a\n---\npbx: b", "pbx: !tag a", "a: " + "[" * 40 + "]" * 40, "pbx: a\npbx: b"]
)
@pytest.mark.parametrize("read", [read_config, read_hosting_config])
def test_yaml_that_is_wrong_in_a_file_of_settings_is_told_without_a_word_of_pbx_documents(
    text: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(file)
    english, russian = told(caught.value, "en"), told(caught.value, "ru")
    assert RUSSIAN.search(russian) and not re.search("PBX|R-0", english) and not re.search("АТС|R-0", russian)
    assert english.startswith(f"{file}:") and " error: " in english
