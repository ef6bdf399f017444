"""`pbx check --lang ru`: findings in Russian for people, unchanged for programs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Pbx


def test_findings_are_russian_for_people_and_the_same_for_programs(tmp_path: Path, pbx: Pbx) -> None:
    file = tmp_path / "pbx.yaml"
    file.write_text('pbx: example\ntrunks: {m: {number: "74951234567", to: 5300}}\nelements:\n'
                    "  5300: {kind: group, members: [101], no_answer: hangup}\nusers: {101: {}}\n", encoding="utf-8")  # fmt: skip
    ran = pbx("check", str(file), "--lang", "ru")
    assert ran.status == 1 and "предупреждение R-04.8: trunks.m.lines: у m не ограничено число" in ran.out, ran.out
    spoken, plain = (json.loads(pbx("check", str(file), "--json", "--lang", language).out) for language in ("ru", "en"))
    assert spoken == plain and any("has no bound" in one["message"] for one in plain["findings"])
    file.write_text("pbx: example\nelements:\n  5300: {kind: grup}\n", encoding="utf-8")
    refused = pbx("check", str(file), "--lang", "ru")
    assert (
        refused.status == 2
        and "ошибка R-02.2: elements.5300.kind: grup — не вид элемента; возможно, group" in refused.err
    )
