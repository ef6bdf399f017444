"""Files that a stranger brings: in any encoding, packed, far too deep, far too many, of another program."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from engine.loading.load import load
from pbxsim.importers import asterisk_files, reading
from pbxsim.importers.draft import ImportRefused
from tests.pbxsim.importers.test_kazoo import node, written

QUEUE = "[sales]\nstrategy=ringall\nmember => PJSIP/101,0,Анна\n"
TABLE = "domain_uuid;queue_name;queue_strategy;queue_extension\n1;Продажи;ring-all;8000\n"
XML = '<?xml version="1.0" encoding="windows-1251"?><configuration><queues><queue name="продажи"/></queues></configuration>'


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("queues.conf", QUEUE.encode("cp1251"), "Анна"), ("queues.conf", QUEUE.encode("utf-16"), "Анна"),
        ("queues.conf", QUEUE.replace("\n", "\r").encode(), "Анна"), ("queues.conf.gz", gzip.compress(QUEUE.encode()), "Анна"),
        ("queues.csv", TABLE.encode("cp1251"), "Продажи"), ("callcenter.conf.xml", XML.encode("cp1251"), "продажи"),
    ],
    ids=["cp1251", "utf-16", "ends of a Mac", "packed", "table", "xml"],
)  # fmt: skip
def test_whatever_encoding_names_are_in_they_are_read(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    text, _ = reading.read([put(tmp_path / name, content)])
    assert load(text, "imported") and words in text


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a><queues><queue name="&c;"/></queues></a>'


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.xml", LAUGHS, "DOCTYPE or entities"), ("a.xml", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE"),
        ("a.xml", "<a>" * 5000 + "</a>" * 5000, "more than 50 deep"), ("a.xml", "", "no XML"),
        ("a.xml", '<?xml version="1.0" encoding="bogus"?><a/>', "unknown encoding: bogus"),
        ("a.xml", "<a>" + "<x/>" * 50_001 + "</a>", "more than 50,000 elements"),
        ("a.sql", b"PGDMP\x01\x0e", "without --format"), ("a.conf", b"\x89PNG\r\n" + bytes(range(32)) * 20, "is no text"),
        ("a.json", "[" * 5000 + "]" * 5000, "no JSON"), ("a.json", "[" * 900 + "1" + "]" * 900, "no way of a call"),
        ("sip.conf", "[general]\ncontext=in\n[101]\ntype=friend\nsecret=topsecret\ncontext=in\n", "no way of a call"),
        ("t.conf", "[t0](!)\n" + "weight=1\n" * 100 + "".join(f"[t{i}](!,t{i - 1},t{i - 1})\n" for i in range(1, 40)), "lines"),
    ],
    ids=["laughs", "outside", "deep", "empty", "encoding", "many", "dump", "picture", "json", "deeper", "phones", "templates"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    with pytest.raises(ImportRefused, match=words) as refusal:
        reading.read([put(tmp_path / name, content)])
    assert "topsecret" not in str(refusal.value)


def test_files_that_include_one_another_many_times_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty times thirty times thirty: they end long before."""
    monkeypatch.setattr(asterisk_files, "LINES_AT_MOST", 2000)
    for depth in range(5):
        put(tmp_path / f"{depth}.conf", f'#include "{depth + 1}.conf"\n' * 30)
    put(tmp_path / "5.conf", QUEUE)
    with pytest.raises(ImportRefused, match="more than 2,000 lines"):
        reading.read([tmp_path / "0.conf"])


def test_includes_by_a_pattern_and_secrets_that_are_told_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "queues.d").mkdir()
    put(tmp_path / "queues.d" / "a.conf", QUEUE)
    put(tmp_path / "queues.d" / "b.conf", "[help]\nstrategy=linear\nsecret=topsecret\n[101]\nsecret=topsecret\n")
    text, losses = reading.read(
        [put(tmp_path / "queues.conf", '#include "queues.d/*.conf"\n#include "none.d/*.conf"\n')]
    )
    assert [one.name for one in load(text, "imported").elements.values() if one.kind == "queue"] == ["sales", "help"]
    told = losses.report(True)
    assert "topsecret" not in told + text and "b.conf:3: secret= ...: has no counterpart" in told
    assert "b.conf:4: [101]: is no queue" in told and "none.d/*.conf: there is no such file" in told


def test_a_very_long_dialplan_is_read_to_its_end(tmp_path: Path) -> None:
    steps = "exten => 74951234567,1,Answer()\n" + "same => n,NoOp(x)\n" * 3000 + "same => n,Dial(SIP/101)\n"
    text, losses = reading.read([put(tmp_path / "extensions.conf", f"[a]\n{steps}")])
    assert load(text, "imported").elements[5300].kind == "group" and losses.count("mapped") == 3002
    steps = "exten => 74951234567,1,Answer()\n" + "same => n,Dial(SIP/101)\n" * 400
    text, losses = reading.read([put(tmp_path / "extensions.conf", f"[a]\n{steps}")])
    assert load(text, "imported") and "too deep; the call ends here" in losses.report()


@pytest.mark.parametrize("module", ["play", "temporal_route"])
def test_callflows_deeper_than_kazoo_follows_end(tmp_path: Path, module: str) -> None:
    tree: dict[str, Any] = node("user", {"id": "u"})
    for _ in range(120):
        tree = node(module, {"id": "u", "rules": ["r"]}, _=tree, r=node("user", {"id": "u"}))
    path = written(tmp_path, [{"id": "a", "numbers": ["+74951234567"], "flow": tree}, {"id": "r", "cycle": "daily"}])
    assert "too deep" in reading.read([path])[1].report()


def test_callflows_that_name_one_another_without_end_end(tmp_path: Path) -> None:
    flows = [node("prepend_cid", {"id": "u"}, _=node("callflow", {"id": f"c{n + 1}"})) for n in range(250)]
    path = written(
        tmp_path, [{"id": f"c{n}", "numbers": ["+74951234567"] * (not n), "flow": flow} for n, flow in enumerate(flows)]
    )
    with pytest.raises(ImportRefused, match="no way of a call"):
        reading.read([path])


def test_a_large_export_knows_its_lines(tmp_path: Path) -> None:
    """Braces within texts, escapes and keys that are there twice do not shift them."""
    export: list[dict[str, Any]] = [{"id": f"x{n}", "name": 'a "{" \\ }', "z": [{}, {"q": 1}]} for n in range(3000)]
    export.append(
        {
            "id": "a",
            "numbers": ["+74951234567"],
            "flow": {"module": "webhook", "children": {"_": node("user", {"id": "u"})}},
        }
    )
    path = put(tmp_path / "callflows.json", json.dumps(export, indent=1))
    _, losses = reading.read([path])
    line = next(one.place.line for one in losses.findings if one.setting == "webhook")
    assert '"module": "webhook"' in path.read_text(encoding="utf-8").split("\n")[line]
