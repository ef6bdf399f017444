"""Configurations of Asterisk and FreeSWITCH become documents that load, and every setting is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.loading.load import load
from pbxsim.importers import reading
from pbxsim.importers.draft import ImportRefused

QUEUES = """[general]
persistentmembers = yes
[shared](!)
strategy = rrmemory
timeout = 20          ; seconds
wrapuptime=10
joinempty = paused,inuse,invalid
#include "more.conf"
#exec /bin/true
#include "../elsewhere.conf"
[sales](shared)
member => PJSIP/101,0,Anna
member => PJSIP/102,1,"Boris",,,5
context = leave
[support](shared)
strategy = linear
timeout = 3
member => Local/103@from-queue/n,0,Vera
"""
PLAN = """[from-trunk]
exten => 74951234567,1,Answer()
 same => n,GotoIfTime(09:00-17:59,mon-fri,*,*?open,s,1)
 same => n,Playback(closed)
 same => n,VoiceMail(100@default,u)
[open]
exten => s,1,Background(custom/welcome)
 same => n,WaitExten(5)
 same => n,Goto(sales,s,1)
exten => 1,1,Goto(sales,s,1)
exten => 2,1,Queue(support,t,,,120)
 same => n,Dial(PJSIP/101&PJSIP/104,25)
exten => 3,1,AGI(script.php)
 same => n,Goto(open,s,1)
[sales]
exten => s,1,Queue(sales,t,,,300)
 same => n,Hangup()
"""
XML = """<configuration name="callcenter.conf">
  <X-PRE-PROCESS cmd="include" data="callcenter/*.xml"/>
  <queues><queue name="support@default">
    <param name="strategy" value="ring-progressively"/>
    <param name="max-wait-time" value="300"/>
  </queue></queues>
  <agents>
    <agent name="1000@default" contact="[leg_timeout=12]user/1000@default" max-no-answer="3" wrap-up-time="10"/>
    <agent name="anna@default" contact="[leg_timeout=15]user/anna@default" wrap-up-time="10"/>
  </agents>
  <tiers>
    <tier agent="1000@default" queue="support@default" level="1" position="2"/>
    <tier agent="anna@default" queue="support@default" level="2" position="1"/>
    <tier agent="nobody@default" queue="support@default"/>
  </tiers>
</configuration>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("queues.conf", QUEUES), ("more.conf", "announce-frequency = 30\n"), ("extensions.conf", PLAN),
        ("callcenter.conf.xml", XML),
    ):  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_queues_with_templates_and_includes_become_a_pbx(folder: Path) -> None:
    text, losses = reading.read([folder / "queues.conf"])
    flow = load(text, "imported")
    sales, support = (flow.document.elements[number] for number in (5200, 5201))
    assert (sales.strategy, sales.ring, sales.wrap_up, sales.announce_every) == ("round_robin", 20, 10, 30)  # type: ignore[attr-defined]
    assert sales.dialect == "asterisk"  # type: ignore[attr-defined]  # the pointer of rrmemory is kept, so it is no loss
    assert [(m.user, m.tier) for m in sales.members] == [(101, 1), (102, 2)]  # type: ignore[attr-defined]
    assert (support.strategy, support.ring) == ("linear", 5)  # type: ignore[attr-defined]
    told = losses.report()
    for line in (
        "left out queues.conf:9: #exec /bin/true: no program",
        "left out queues.conf:10: #include ../elsewhere.conf: outside", "approximated queues.conf:17: timeout=3: ring is 5 here",
        "left out queues.conf:14: context=leave",
    ):  # fmt: skip
        assert line in told
    assert losses.count("mapped") >= 6 and "more.conf" not in told


def test_the_recognised_part_of_a_dialplan_is_the_way_in(folder: Path) -> None:
    text, losses = reading.read([folder / "queues.conf", folder / "extensions.conf"])
    flow = load(text, "imported")
    hours = flow.elements[int(str(flow.trunks["line-74951234567"].to))]
    assert hours.kind == "hours" and flow.document.elements[hours.number].open == ("09:00-18:00",)  # type: ignore[attr-defined]
    greeting = next(e for e in flow.document.elements.values() if getattr(e, "keys", None))
    assert list(greeting.keys) == ["1", "2", "3"]  # type: ignore[attr-defined]
    assert flow.document.elements[5201].max_wait == 120  # type: ignore[attr-defined]
    assert (
        "its end minute is included there" in losses.report() and "AGI(script.php): not recognised" in losses.report()
    )


def test_freeswitch_call_centre_becomes_a_pbx(folder: Path) -> None:
    text, losses = reading.read([folder / "callcenter.conf.xml"])
    queue = load(text, "imported").document.elements[5200]
    assert (queue.strategy, queue.max_wait, queue.ring, queue.auto_pause) == ("progressive", 300, 12, 3)  # type: ignore[attr-defined]
    assert queue.dialect == "freeswitch"  # type: ignore[attr-defined]
    assert [(m.user, m.tier) for m in queue.members] == [(1000, 1), (100, 2)]  # type: ignore[attr-defined]
    assert "callcenter.conf.xml:9: agent anna@default: ring 15: ring is one for the whole queue" in losses.report()
    assert "there is no such agent" in losses.report()


FREEPBX_QUEUES = """;--------------------------------------------------------------------------------;
[300]
announce-frequency=0
announce-position=no
autofill=no
eventmemberstatus=no
joinempty=yes
leavewhenempty=no
maxlen=0
periodic-announce-frequency=0
queue-callswaiting=silence/1
retry=5
ringinuse=no
servicelevel=60
strategy=rrmemory
timeout=15
weight=0
wrapuptime=10
context=
member=Local/101@from-queue/n,0,Anna,hint:101@ext-local
member=Local/102@from-queue/n,2,Boris,hint:102@ext-local
"""
FREEPBX_PLAN = """[ext-did-0002]
include => ext-did-0002-custom
exten => 74951234567,1,Set(__DIRECTION=INBOUND)
exten => 74951234567,n,Gosub(app-recordings-check,s,1)
exten => 74951234567,n(dest-ext),Goto(ext-queues,300,1)
[ext-queues]
exten => 300,1,Macro(user-callerid,)
exten => 300,n,Answer
exten => 300,n,GotoIf($["${QREGEX}" != ""]?QVQANNOUNCE:qcall)
exten => 300,n(qcall),Queue(300,t,,,600,,,,,)
exten => 300,n,Goto(app-blackhole,hangup,1)
"""
"""The form in which FreePBX writes its own files, with invented people."""


def test_what_freepbx_writes_is_read_as_far_as_it_is_recognised(folder: Path) -> None:
    (folder / "queues_additional.conf").write_text(FREEPBX_QUEUES)
    (folder / "extensions_additional.conf").write_text(FREEPBX_PLAN)
    text, losses = reading.read([folder / "queues_additional.conf", folder / "extensions_additional.conf"])
    flow = load(text, "imported")
    number = int(str(flow.trunks["line-74951234567"].to))
    queue = flow.document.elements[number]
    assert (queue.name, queue.strategy, queue.wrap_up, queue.max_wait) == ("300", "round_robin", 10, 600)  # type: ignore[attr-defined]
    assert [(m.user, m.tier) for m in queue.members] == [(101, 1), (102, 3)]  # type: ignore[attr-defined]
    told = losses.report()
    assert "extensions_additional.conf:4: Gosub(app-recordings-check,s,1): not recognised" in told
    assert "extensions_additional.conf:9: GotoIf(" in told


def test_what_is_no_configuration_is_refused(folder: Path) -> None:
    (folder / "bad.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a/>')
    (folder / "torn.xml").write_text("<a>")
    (folder / "loop.conf").write_text('#include "loop.conf"\n')
    for names, told in (
        (["bad.xml"], "DOCTYPE"), (["torn.xml"], "no XML"), (["loop.conf"], "include each other"),
        (["none.conf"], "cannot be read"),
        (["queues.conf", "callcenter.conf.xml"], "two programs"), (["more.conf"], "no queue"),
    ):  # fmt: skip
        with pytest.raises(ImportRefused, match=told):
            reading.read([folder / name for name in names])


def test_a_queue_whose_own_number_is_none_of_ours_gets_the_next_and_too_many_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "queues.conf"
    path.write_text("[8000]\nmember => PJSIP/101\n[5205]\nmember => PJSIP/101\n", encoding="utf-8")
    flow = load(reading.read([path])[0], "imported")
    assert {5200, 5205} <= set(flow.elements) and 8000 not in flow.elements
    path.write_text("".join(f"[queue-{n}]\nmember => PJSIP/101\n" for n in range(1001)), encoding="utf-8")
    with pytest.raises(ImportRefused, match=r"more than 1,000 queues.*R-02\.7"):
        reading.read([path])


def test_what_no_call_comes_to_has_its_line_too(tmp_path: Path) -> None:
    (tmp_path / "extensions.conf").write_text(
        "[general]\nstatic=yes\n"
        "[in]\nexten => 74951234567,1,Goto(open,s,1)\nexten => _7495765XXXX,1,Goto(open,s,1)\n"
        "include => later,09:00-17:00,mon-fri,*,*\ninclude => parked\ninclude => open\n"
        "[open]\nexten => s,1,Dial(PJSIP/101)\nexten => vm,1,VoiceMail(101)\n"
        "[sub]\nexten => s,1,Return()\n[broken\nexten => s,2,Hangup()\n"
    )
    text, losses = reading.read([tmp_path / "extensions.conf"])
    told = {f"{one.place.line}": (one.end, str(one.effect)) for one in losses.findings}
    assert told["2"] == ("left out", "moves no call")
    assert told["5"] == ("left out", "a pattern of numbers is not read")
    assert told["6"] == told["7"] == ("left out", "there is no such context") and told["8"][0] == "mapped"
    assert told["11"] == told["13"] == ("left out", "no call that was read comes here")
    assert told["14"] == told["15"] == ("left out", "not understood")
    assert "74951234567" in text and set(told) == {str(line) for line in (2, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15)}


def test_every_attribute_of_an_agent_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "callcenter.conf.xml").write_text(
        "<configuration><queues><queue name='sales@d'/></queues><agents>\n"
        "<agent name='1000@d' type='callback' contact='user/1000' status='Available' wrap-up-time='10' busy-delay-time='60'/>\n"
        "<agent name='away@d' contact='sofia/gateway/op/89161234567' wrap-up-time='-5'/>\n<agent name='idle@d'/>\n"
        "</agents><tiers><tier agent='1000@d' queue='sales@d'/><tier agent='away@d' queue='sales@d'/>\n"
        "<tier agent='1000@d' queue='gone@d'/></tiers></configuration>\n"
    )
    _, losses = reading.read([tmp_path / "callcenter.conf.xml"])
    told = {(one.place.line, one.setting): one.end for one in losses.findings}
    assert told[2, "agent 1000@d: wrap-up-time=10"] == "mapped"
    assert told[2, "agent 1000@d: busy-delay-time=60"] == told[2, "agent 1000@d: status=Available"] == "left out"
    assert told[3, "agent away@d: contact=sofia/gateway/op/89161234567"] == "approximated"
    assert told[3, "agent away@d: wrap-up-time=-5"] == "left out" and told[4, "agent idle@d"] == "left out"
    assert told[6, "tier 1000@d gone@d"] == "left out"
