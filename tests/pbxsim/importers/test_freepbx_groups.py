"""Ring groups, voicemail and extensions as FreePBX writes them: calls go where FreePBX would send them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.loading.load import load
from pbxsim.importers import reading
from pbxsim.importers.losses import ImportLosses

QUEUES = """[700]
strategy=ringall
member=Local/101@from-queue/n,0,Anna
"""

GROUPS = """[ext-group]
exten => 600,1,Macro(user-callerid,)
exten => 600,n,Set(RingGroupMethod={method})
exten => 600,n(DIALGRP),Macro(dial,22,${{DIAL_OPTIONS}},101-102-89161234567#)
exten => 600,n,Goto(app-blackhole,hangup,1)
exten => 601,1,Gosub(macro-user-callerid,s,1())
exten => 601,n,Gosub(macro-dial-ringall-predial-hook,s,1())
exten => 601,n(DIALGRP),Gosub(macro-dial,s,1(25,${{DIAL_OPTIONS}},101&103))
exten => 601,n,Goto(ext-local,vmu101,1)
[ext-did-0002]
exten => 74951234567,1,Set(__DIRECTION=INBOUND)
exten => 74951234567,n,Goto(timeconditions,1,1)
[timeconditions]
exten => 1,1,GotoIfTime(09:00-18:00,mon-fri,*,*?ext-group,600,1)
exten => 1,n,Goto(ivr-1,s,1)
[ivr-1]
exten => s,1,Background(custom/menu)
exten => s,n,WaitExten(5,)
exten => 1,1,Goto(ext-group,600,1)
exten => 2,1,Goto(ext-local,101,1)
exten => t,1,Goto(ext-group,601,1)
exten => i,1,Macro(hangupcall,)
[app-blackhole]
exten => hangup,1,Hangup()
[ext-local]
exten => 101,1,Macro(exten-vm,101,101)
exten => vmu101,1,Macro(vm,101,NOMESSAGE,)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "queues.conf").write_text(QUEUES)
    return tmp_path


def imported(folder: Path, method: str = "ringall") -> tuple[str, ImportLosses]:
    file = folder / "extensions_additional.conf"
    file.write_text(GROUPS.format(method=method))
    return reading.read([folder / "queues.conf", file])


def numbers(group: dict[str, Any]) -> list[str]:
    return [member["number"] for member in group["members"]]


def test_a_group_rings_its_extensions_and_goes_on_where_freepbx_goes_on(folder: Path) -> None:
    written, _ = imported(folder)
    elements = load(written.encode()).document.as_data()["elements"]
    hours = next(one for one in elements.values() if one["kind"] == "hours")
    day, menu = elements[hours["match"]], elements[hours["mismatch"]]
    assert (day["kind"], numbers(day), day["ring"]) == ("group", ["101", "102", "89161234567"], 22)
    assert "no_answer" not in day or day["no_answer"] == "hangup"
    assert menu["keys"]["1"] == hours["match"] and menu["keys"]["2"] == "101" and menu["invalid"] == "hangup"
    night = elements[menu["no_input"]]
    assert (night["kind"], numbers(night), night["ring"]) == ("group", ["101", "103"], 25)
    assert elements[night["no_answer"]]["kind"] == "voicemail"


@pytest.mark.parametrize(("method", "told"), [("hunt", True), ("memoryhunt-prim", True), ("ringall-prim", False)])
def test_a_group_that_rings_one_by_one_is_told_with_its_line(folder: Path, method: str, told: bool) -> None:
    _, losses = imported(folder, method)
    [line] = [one for one in losses.findings if one.setting.startswith("Macro(dial,")]
    assert str(line.place).endswith("extensions_additional.conf:4")
    assert (line.end, "one after another" in line.effect) == (("approximated", True) if told else ("mapped", False))
