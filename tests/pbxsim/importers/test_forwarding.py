"""Forwarding, follow-me, menus that count and dates that come back: what callers meet is what they met there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.analysis.preview import preview
from engine.analysis.scripted_world import Script
from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.importers import reading
from pbxsim.importers.losses import ImportLosses
from tests.harness import T0
from tests.pbxsim.importers.test_fusionpbx import ONE, dumped
from tests.pbxsim.importers.test_kazoo import node, written

PLAN = """[ext-did]
exten => 74951234567,1,Goto(timeconditions,1,1)
exten => 74957654321,1,Goto(from-did-direct,101,1)
exten => 74950000001,1,Goto(gone,s,1)
[timeconditions]
exten => 1,1,GotoIfTime(*,*,1-8,jan?app-blackhole,hangup,1)
exten => 1,n,GotoIfTime(22:00-05:59|sat&sun|*|*|Europe/Moscow?ivr-1,s,1:ivr-1,s,1)
[ivr-1]
include => from-did-direct-ivr-1
exten => s,1,Set(TRIES=0)
exten => s,n,Set(IVR_MSG=custom/welcome)
exten => s,n(start),ExecIf($["${IVR_MSG}" != ""]?Background(${IVR_MSG}))
exten => s,n,WaitExten(10,)
exten => 1,1(ivrsel-1),Goto(ext-queues,300,1)
exten => i,1,Set(TRIES=$[${TRIES}+1])
exten => i,n,GotoIf($[${TRIES} > 2]?final)
exten => i,n,Goto(s,start)
exten => i,n(final),Goto(ext-queues,300,1)
exten => t,1,Set(TRIES=$[${TRIES}+1])
exten => t,n,GotoIf($[${TRIES} < 2]?s,start)
exten => t,n,Goto(app-blackhole,hangup,1)
[ext-queues]
exten => 300,1,Queue(300,t,,,600)
exten => 300,n,Dial(PJSIP/89161234567@operator,30)
[ext-local]
exten => 101,1,Macro(exten-vm,101,101,0,0,0)
"""
DATABASE = """/AMPUSER/101/cidname                    : Anna
/AMPUSER/101/followme/ddial             : DIRECT
/AMPUSER/101/followme/grplist           : 101-89161234567#
/AMPUSER/101/followme/grptime           : 20
/AMPUSER/101/followme/prering           : 7
/AMPUSER/101/followme/strategy          : ringallv2
/AMPUSER/101/password                   : 4711-secret
/CF/102                                 : 89160000000
/CFU/103                                : 101
/CFB/104                                : x
/DND/104                                : YES
/registrar/contact/101                  : sip:101@192.0.2.1
12 results found.
"""


def told(losses: ImportLosses) -> dict[str, tuple[str, str]]:
    return {one.setting: (one.end, str(one.effect)) for one in losses.findings}


def elements(flow: Flow) -> dict[int, Any]:
    return dict(flow.document.elements)


def test_freepbx_menus_count_and_extensions_follow_their_people(tmp_path: Path) -> None:
    for name, text in (
        ("queues.conf", "[300]\nstrategy=rrmemory\nmember=Local/101@from-queue/n,0,Anna\n"), ("extensions.conf", PLAN),
        ("astdb.txt", DATABASE),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
    names = [tmp_path / name for name in ("queues.conf", "extensions.conf", "astdb.txt")]
    document, losses = reading.read(names)
    flow = load(document, "imported")
    found = told(losses)
    first = elements(flow)[int(str(flow.trunks["line-74951234567"].to))]
    assert (first.dates, first.match, first.days) == (("01-01..01-08",), "hangup", "all")
    night = elements(flow)[int(first.mismatch)]
    assert (night.days, night.open, night.zone) == ("sun,sat", ("22:00-24:00", "00:00-06:00"), "Europe/Moscow")
    menu = elements(flow)[int(night.match)]
    assert night.mismatch == night.match and (menu.prompt, menu.dial_extension) == ("custom-welcome.wav", True)
    queue = elements(flow)[int(menu.keys["1"])]
    assert menu.invalid == menu.keys["1"] and menu.no_input == "hangup"
    assert elements(flow)[int(queue.timeout)].members[0].number == "89161234567"
    assert found["GotoIf($[${TRIES} > 2]?final)"] == ("mapped", "")
    assert found["GotoIf($[${TRIES} < 2]?s,start)"] == ("approximated", "a menu asks 3 times here, 2 times there")
    assert found["WaitExten(10,)"] == ("approximated", "callers have 5 s for the first key here, 10 s there")
    assert found["Goto(gone,s,1)"] == ("left out", "there is no such step in these files; the call ends here")
    assert str(flow.trunks["line-74957654321"].to) == "101" and "secret" not in document + losses.report(True)
    assert flow.head.outgoing.default == "line-74951234567"
    users = flow.head.users
    assert users[101].ring == 7 and {step.when for step in users[101].forwarding} == {
        "no_answer",
        "busy",
        "unreachable",
    }
    group = elements(flow)[int(str(users[101].forwarding[0].to))]
    assert [member.number for member in group.members] == ["101", "89161234567"] and group.ring == 20
    assert elements(flow)[int(group.no_answer)].kind == "voicemail"
    assert [(step.when, step.to) for step in users[102].forwarding] == [("always", "89160000000")]
    assert [(step.when, step.to) for step in users[103].forwarding] == [("no_answer", "101"), ("unreachable", "101")]
    assert (
        found["104: CFB=x"] == ("left out", "is no user and no number outside")
        and found["104: DND=YES"][0] == "left out"
    )
    assert found["/registrar/* (1)"][0] == "left out" and elements(flow)[int(queue.timeout)].no_answer == "hangup"


RULES: list[dict[str, Any]] = [
    {"id": "christmas", "cycle": "yearly", "month": 12, "days": [25, 26], "time_window_start": 0, "time_window_stop": 86400},
    {"id": "labour", "cycle": "yearly", "month": 9, "ordinal": "first", "wdays": ["monday"]},
    {"id": "stock", "cycle": "monthly", "ordinal": "last", "wdays": ["friday"], "time_window_start": 61200,
     "time_window_stop": 64800},
    {"id": "move", "cycle": "date", "start_date": 63963291600},
    {"id": "off", "cycle": "daily", "enabled": False},
    {"id": "odd", "cycle": "weekly", "interval": 2, "wdays": ["monday"]},
]  # fmt: skip


def test_kazoo_rules_that_come_back_are_dates(tmp_path: Path) -> None:
    names = [rule["id"] for rule in RULES]
    closed = {name: node("hangup") for name in names if name != "stock"}
    route = {"rules": names, "timezone": "Europe/Moscow"}
    flow_of = node("temporal_route", route, **closed, stock=node("callflow", {"id": "q"}), _=node("user", {"id": "u1"}))
    export = [{"id": "main", "numbers": ["+74951234567"], "flow": flow_of}, *RULES, {"id": "u1", "username": "101"}]
    document, losses = reading.read([written(tmp_path, export)])
    flow = load(document, "imported")
    hours = [one for one in elements(flow).values() if one.kind == "hours"]
    told_of = {one.dates: (one.days, one.open, one.zone) for one in hours}
    assert told_of[("12-25..12-26",)] == ("all", ("00:00-24:00",), "Europe/Moscow")
    assert told_of[("09-01..09-07",)][0] == "mon" and told_of[("2026-12-01",)][0] == "all"
    last = next(one for one in hours if one.days == "fri")
    assert last.open == ("17:00-18:00:01",) and last.dates[1:3] == ("02-22..02-29", "03-25..03-31")
    ends = told(losses)
    assert ends["rule off"] == ("left out", "is switched off there") and ends["rule odd"][0] == "left out"
    assert ends["rule christmas"] == ("mapped", "") and ends["rule stock"][0] == "approximated" and len(hours) == 4


def test_kazoo_sets_of_rules_menus_and_forwards(tmp_path: Path) -> None:
    away = {"enabled": True, "number": "+7 916 123-45-67", "require_keypress": False}
    export: list[dict[str, Any]] = [
        {"id": "main", "numbers": ["+74951234567"], "flow": node(
            "temporal_route", {"rule_set": "holidays"}, rule_set=node("play", {"id": "closed"}),
            _=node("menu", {"id": "welcome"}, k1=node("user", {"id": "u1"}), k2=node("user", {"id": "u2", "timeout": 15}),
                   k3=node("ring_group", {"endpoints": [{"id": "u1"}, {"id": "u3"}]}), k12=node("hangup"),
                   timeout=node("user", {"id": "u3"}), max_retries=node("hangup")),
        )},
        {"id": "holidays", "temporal_rules": ["christmas", "labour"]}, *RULES[:2],
        {"id": "welcome", "name": "welcome", "retries": 2, "timeout": 5000, "hunt": False},
        {"id": "u1", "username": "101", "first_name": "Anna", "call_forward": {**away, "substitute": True}},
        {"id": "u2", "username": "102", "call_failover": {"enabled": True, "number": "103"},
         "call_forward": {"no_answer": {"enabled": True, "number": "89160000000"}}},
        {"id": "u3", "username": "103"},
        {"id": "mobile", "device_type": "cellphone", "owner_id": "u3", "call_forward": {**away, "number": "89162222222"}},
    ]  # fmt: skip
    document, losses = reading.read([written(tmp_path, export)])
    flow = load(document, "imported")
    found = elements(flow)
    menu = next(one for one in found.values() if getattr(one, "keys", None))
    assert sum(one.kind == "hours" for one in found.values()) == 2 and not menu.dial_extension
    assert [member.number for member in found[int(menu.keys["1"])].members] == ["+79161234567"]
    assert menu.keys["2"] == "102" and menu.invalid == "hangup"
    assert [member.number for member in found[int(menu.keys["3"])].members] == ["+79161234567", "103", "89162222222"]
    assert [member.number for member in found[int(menu.no_input)].members] == ["103", "89162222222"]
    assert [(one.when, one.to) for one in flow.head.users[102].forwarding] == [
        ("no_answer", "89160000000"),
        ("unreachable", "103"),
    ]
    assert flow.head.users[102].ring == 15 and [one.when for one in flow.head.users[101].forwarding] == ["always"]
    ends = told(losses)
    assert ends["menu welcome: retries=2"] == ("approximated", "a menu asks 3 times here, 2 times there")
    assert ends["menu welcome: timeout=5000"] == ("mapped", "") and ends["menu welcome: key 12"][0] == "left out"
    assert ends["menu welcome: timeout"] == (
        "approximated",
        "taken after the first silence there, after the third here",
    )


def test_a_deep_tree_of_menus_is_as_large_as_it_is(tmp_path: Path) -> None:
    """Several exits of a menu lead to one node: thirty menus in a row are thirty elements, not two to the thirtieth."""
    tree = node("hangup")
    for _ in range(30):
        tree = node("menu", {"id": "m"}, _=tree)
    path = written(tmp_path, [{"id": "a", "numbers": ["+74951234567"], "flow": tree}])
    assert len(load(reading.read([path])[0], "imported").elements) == 30


def test_fusionpbx_follow_me_and_forwards(tmp_path: Path) -> None:
    tables: dict[str, list[dict[str, str]]] = {
        "v_extensions": [
            {"domain_uuid": ONE, "extension": "101", "follow_me_uuid": "f1", "follow_me_enabled": "true", "call_timeout": "25"},
            {"domain_uuid": ONE, "extension": "102", "forward_all_enabled": "true", "forward_all_destination": "89160000000",
             "forward_busy_enabled": "false", "forward_busy_destination": "101"},
            {"domain_uuid": ONE, "extension": "103", "forward_no_answer_enabled": "true", "forward_no_answer_destination": "101"},
        ],
        "v_follow_me_destinations": [
            {"domain_uuid": ONE, "follow_me_uuid": "f1", "follow_me_destination": "101", "follow_me_delay": "0",
             "follow_me_timeout": "30", "follow_me_order": "1"},
            {"domain_uuid": ONE, "follow_me_uuid": "f1", "follow_me_destination": "89161234567", "follow_me_delay": "10",
             "follow_me_timeout": "30", "follow_me_prompt": "1", "follow_me_order": "2"},
        ],
        "v_ivr_menus": [
            {"ivr_menu_uuid": "m1", "domain_uuid": ONE, "ivr_menu_name": "main", "ivr_menu_extension": "5000",
             "ivr_menu_timeout": "3000",
             "ivr_menu_greet_long": "welcome.wav", "ivr_menu_max_failures": "1", "ivr_menu_max_timeouts": "3"},
        ],
        "v_ivr_menu_options": [
            {"domain_uuid": ONE, "ivr_menu_uuid": "m1", "ivr_menu_option_digits": key,
             "ivr_menu_option_param": f"transfer {to} XML one"}
            for key, to in (("1", "101"), ("2", "102"), ("3", "103"))
        ],
        "v_destinations": [
            {"domain_uuid": ONE, "destination_type": "inbound", "destination_number": "74951234567",
             "destination_app": "transfer", "destination_data": "5000 XML one"},
        ],
    }  # fmt: skip
    path = tmp_path / "fusionpbx.sql"
    path.write_text(dumped(tables), encoding="utf-8")
    document, losses = reading.read([path])
    flow = load(document, "imported")
    users = flow.head.users
    assert users[101].ring == 10 and users[101].forwarding[0].to == users[101].forwarding[2].to
    group = elements(flow)[int(str(users[101].forwarding[0].to))]
    assert [(one.number, one.press_one) for one in group.members] == [
        ("101", False),
        ("89161234567", True),
    ] and group.ring == 30
    assert [(one.when, one.to) for one in users[102].forwarding] == [("always", "89160000000")]
    ends = told(losses)
    assert ends["menu main: ivr_menu_max_failures=1"] == ("approximated", "a menu asks 3 times here, 1 times there")
    assert ends["menu main: ivr_menu_max_timeouts=3"] == ("mapped", "") and ends["101: follow me"] == ("mapped", "")
    assert ends["menu main: ivr_menu_timeout=3000"][0] == "approximated"
    seen = preview(flow, T0, called="74951234567", caller="79160000001", script=Script(keys="2"))
    assert "89160000000" in str(seen)
