"""Numbers with a meaning of their own, calls to addresses on the internet, and whose words the comments are."""

from __future__ import annotations

import re

import pytest

from engine.contract import commands as cmd
from engine.contract.causes import FACTS, Cause, comment
from engine.contract.errors import FlowError
from engine.numbers import masks
from tests.harness import Scene, drained, flow, rule

BOX = "5120: {kind: voicemail, recipients: [office@example.org]}"


@rule("R-02.6")
def test_000_belongs_to_no_element_and_reaches_none() -> None:
    for section in ("users: {0: {}}", "users: {000: {}}"):
        with pytest.raises(FlowError):
            flow(BOX, rest=section)
    assert flow(BOX).find("000") is None
    scene = Scene(BOX, rest="settings: {direct_sip: true}")
    scene.arrives(0, called="000", origin="direct")
    assert scene.end().cause is Cause.UNALLOCATED_NUMBER


@rule("R-10.5", "R-06.7")
def test_direct_outbound_sip_uses_no_trunk_and_no_outgoing_rule() -> None:
    users = "101: {direct_sip: true}\n102: {}"
    rest = 'outgoing: {default: moscow, rules: [{mask: "{p|}+", output: "0000", operator: moscow}]}'
    scene = Scene(BOX, users=users, rest=rest)
    scene.dials(0, 101, "sip:bob@example.net")
    assert scene.one(cmd.PlaceLeg).target == cmd.DirectSip(uri="sip:bob@example.net")
    assert scene.engine.tenant.trunks["moscow"].in_use == 0
    scene.answers(3, "c1.1")
    scene.hangs_up(10)
    scene.dials(20, 102, "sip:bob@example.net", "c2")
    assert scene.end("c2").cause is Cause.OUTGOING_CALL_BARRED, "102 may not (R-06.7)"
    scene.until(100)
    drained(scene.engine)


@rule("R-14.12")
@pytest.mark.parametrize(
    ("mask", "fits", "does_not"),
    [
        ("8+", ("8", "84951234567"), ("7", "+8")),
        ("8dd", ("800", "899"), ("8", "80", "8000", "8*0")),
        ("p7+", ("+7", "+7495"), ("7495", "++7")),
        ("12?3", ("13", "123"), ("12", "1223")),
        ("{7|8|}495", ("7495", "8495", "495"), ("9495", "+7495")),
        ("*4#", ("*4#",), ("*4", "4#")),
    ],
)
def test_special_characters_of_a_mask(mask: str, fits: tuple[str, ...], does_not: tuple[str, ...]) -> None:
    parsed = masks.parse(mask)
    assert [parsed.captured(number) is not None for number in fits] == [True] * len(fits)
    assert [parsed.captured(number) for number in does_not] == [None] * len(does_not)


@rule("R-14.12")
def test_what_is_captured_stands_in_place_of_the_dollar() -> None:
    mask = masks.parse("8(ddd)+")
    output = masks.parse_output("+7$$", mask)
    captured = mask.captured("84951234567")
    assert captured == "495" and output.number(captured) == "+7495495"


@rule("R-24.3")
def test_the_first_comment_is_the_help_pages_and_the_others_are_the_vendors() -> None:
    assert comment(Cause.NO_ROUTE_DESTINATION, "ru") == "Нет заданного маршрута"
    for cause, facts in FACTS.items():
        assert (facts.comment_ru == "") == (facts.comment_en == "") == (cause is Cause.NORMAL_CLEARING)
        assert not re.search("[a-zA-Z]", facts.comment_ru)
