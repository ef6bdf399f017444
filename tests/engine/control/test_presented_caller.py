"""The caller's number that carriers are told: R-04.11, R-04.12. Engine, preview and the faults of a document."""

from __future__ import annotations

from typing import Any

import pytest

from engine.analysis import preview
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.document.carrier_presets import PRESETS, preset_of
from engine.document.faults import errors
from engine.loading.load import examine, load
from engine.state.caller_numbers import manner_of
from engine.translations import trace_ru
from tests.harness import Scene, rule

MOSCOW, SPB, TOLL_FREE, MOBILE, CUSTOMER = "74951234567", "78121234567", "78001112233", "89161234567", "89160000001"

PEOPLE = """
      101: {name: Anna, forwarding: [{when: no_answer, to: 89161234567}], voicemail: false}
      102: {name: "Vera 102", outside_number: 78121234567, forwarding: [{when: always, to: 89161234567}]}
      103: {anonymous: true}
      104: {outside_number: 88001112233}
"""

RULES = """
    outgoing:
      default: moscow
      rules:
        - {name: toll free, mask: "7(+)", output: "$", operator: spb, caller_number: 8 800 111-22-33}
        - {name: silent, mask: "6(+)", output: "$", operator: moscow, anonymous: true}
        - {name: second, mask: "5(+)", output: "$", operator: moscow, failover: spb}
"""


def scene(moscow: str = "", spb: str = "") -> Scene:
    rest = f"""
    trunks:
      moscow: {{number: 8 495 123-45-67, to: 101{moscow}}}
      spb: {{number: "+78121234567", to: 102, allowed_numbers: [88001112233]{spb}}}
    {RULES}"""
    made = Scene("  5300: {kind: group, members: [89161234567]}", PEOPLE, rest=rest)
    for user in (101, 102, 103, 104):
        made.tell(0, ev.DeviceRegistered(user=user))
    return made


def sent(played: Scene) -> cmd.PlaceLeg:
    """The one leg outside."""
    return next(leg for leg in played.all(cmd.PlaceLeg) if isinstance(leg.target, cmd.Outside))


@rule("R-04.12")
@pytest.mark.parametrize(
    ("user", "dialled", "told", "text"),
    [
        (101, MOBILE, "84951234567", "the trunk's own number"),
        (102, MOBILE, SPB, "the number of user 102"),
        (104, MOBILE, "84951234567", "the trunk's own number"),
        (104, "584951112233", "84951234567", "the trunk's own number"),
        (102, "784951112233", "88001112233", "the rule's number"),
    ],
)
def test_first_number_that_is_set_and_allowed_is_told(user: int, dialled: str, told: str, text: str) -> None:
    """R-04.12: rule, user, trunk. Moscow's carrier does not know the number of user 104, so the trunk's own is told there."""
    played = scene()
    played.dials(1, user, dialled)
    presented = played.one(note.CallerPresented)
    assert (sent(played).caller, presented.number, presented.text, presented.rule) == (told, told, text, "R-04.12")
    assert not sent(played).withheld and sent(played).forwarded_from == ""


@rule("R-04.12", "R-14.20")
def test_failover_trunk_tells_what_it_may_tell() -> None:
    """R-04.12: the number is that of the trunk the call really leaves by, and its carrier knows the number of user 104."""
    played = scene()
    played.tell(0, ev.TrunkStateChanged(trunk="moscow", state="unregistered"))
    played.dials(1, 104, "584951112233")
    assert (sent(played).target, sent(played).caller) == (cmd.Outside(number="84951112233", trunk="spb"), "88001112233")


@rule("R-04.12")
@pytest.mark.parametrize(("user", "dialled"), [(103, MOBILE), (101, "684951112233")])
def test_user_or_rule_may_withhold_the_number_from_all_but_the_carrier(user: int, dialled: str) -> None:
    """R-04.12."""
    played = scene()
    played.dials(1, user, dialled)
    leg = sent(played)
    assert (leg.caller, leg.caller_name, leg.withheld) == ("84951234567", "", True)


@rule("R-04.12", "R-14.9")
def test_emergency_call_never_withholds_its_number() -> None:
    """R-04.12: whoever helps must be able to call back."""
    played = scene()
    played.dials(1, 103, "112")
    assert (sent(played).caller, sent(played).withheld) == ("84951234567", False)


@rule("R-04.12", "R-04.5")
def test_forwarded_call_presents_the_trunks_number() -> None:
    """R-04.12: neither the first caller's, nor the user's."""
    played = scene(moscow=", same_number_for_forwarding: true")
    played.arrives(1, trunk="spb", called=SPB, caller=CUSTOMER)
    assert (sent(played).caller, sent(played).caller_name) == ("84951234567", "")


@rule("R-04.12")
@pytest.mark.parametrize(
    ("trunk", "told", "because"), [("moscow", CUSTOMER, "no_answer"), ("spb", CUSTOMER, "unconditional")]
)
def test_forwarded_call_may_present_the_first_caller_and_names_who_forwarded(
    trunk: str, told: str, because: str
) -> None:
    """R-04.12: with the number it came in on, and why it went on."""
    played = scene(moscow=", forward_caller: original")
    called = {"moscow": MOSCOW, "spb": SPB}[trunk]
    played.arrives(1, trunk=trunk, called=called, caller=CUSTOMER, caller_name="Ivan")
    played.until(40)
    leg = sent(played)
    assert (leg.caller, leg.caller_name, leg.because, leg.withheld) == (told, "Ivan", because, False)
    assert leg.forwarded_from == {"moscow": "84951234567", "spb": f"+{SPB}"}[trunk]


@rule("R-04.12", "R-12.5")
@pytest.mark.parametrize("caller", ["", "101"])
def test_first_caller_without_a_number_stays_without_one(caller: str) -> None:
    """R-04.12: nor does a number that reads as an internal one go out."""
    played = scene(moscow=", forward_caller: original")
    played.arrives(1, trunk="spb", called=SPB, caller=caller)
    assert (sent(played).caller, sent(played).withheld, sent(played).forwarded_from) == ("", True, f"+{SPB}")


@rule("R-04.12")
def test_internal_number_never_leaves() -> None:
    """R-04.12: not of a colleague who is forwarded, not in a name, not after a transfer, not from a group."""
    played = scene(moscow=", forward_caller: original")
    played.dials(1, 101, "102", call="a")
    played.dials(2, 102, MOBILE, call="b")
    played.dials(3, 103, "5300", call="c")
    played.dials(4, 101, MOBILE, call="d")
    played.answers(5, "d.1")
    played.tell(6, ev.TransferRequested(call="d", to="89162223344"))
    legs = [leg for leg in played.all(cmd.PlaceLeg) if isinstance(leg.target, cmd.Outside)]
    assert len(legs) == 5
    assert {leg.caller for leg in legs} == {"84951234567", SPB}
    assert {leg.caller_name for leg in legs} <= {"", "Anna"}


@rule("R-04.12", "R-08.19")
def test_name_with_an_internal_number_stays_inside() -> None:
    """R-04.12."""
    played = scene()
    played.tell(
        1, ev.CallArrived(call="c1", caller="102", caller_name="Vera 102", called=MOBILE, user=102, origin="user")
    )
    played.tell(
        2, ev.CallArrived(call="c2", caller="101", caller_name="Anna 2026", called=MOBILE, user=101, origin="user")
    )
    assert [leg.caller_name for leg in played.all(cmd.PlaceLeg)] == ["", "Anna 2026"]


@rule("R-04.12", "R-10.3")
def test_stranger_from_the_internet_speaks_in_the_trunks_name() -> None:
    """R-04.12: no carrier has asserted that number."""
    rest = """
    settings: {direct_sip: true}
    trunks: {moscow: {number: 84951234567, forward_caller: original}}
    outgoing: {default: moscow}"""
    users = "\n      101: {forwarding: [{when: always, to: 89161234567}], outside_legs_for_direct_sip: true}\n"
    played = Scene("", users, rest=rest)
    played.tell(1, ev.CallArrived(call="c1", caller=CUSTOMER, caller_name="Boss", called="101", origin="direct"))
    assert (sent(played).caller, sent(played).caller_name) == ("84951234567", "")


@rule("R-04.11")
def test_carriers_form_holds_for_both_numbers() -> None:
    """R-04.11: after the rule's rewriting, and with the trunk's word before that of the preset; not for emergency numbers."""
    played = scene(moscow=", operator: telnyx, caller_form: '7'")
    played.dials(1, 101, MOBILE)
    assert (sent(played).target, sent(played).caller) == (cmd.Outside(number="+79161234567", trunk="moscow"), MOSCOW)
    played = scene(moscow=", operator: Telnyx")
    played.dials(1, 101, "112")
    assert (sent(played).target, sent(played).caller) == (cmd.Outside(number="112", trunk="moscow"), f"+{MOSCOW}")


@rule("R-04.4", "R-04.11")
def test_presets_are_data_and_the_default_one_changes_nothing() -> None:
    """R-04.4, R-04.11."""
    assert preset_of(" мультиФОН ").host == "sbc.megafon.ru"
    assert preset_of("Другой") == preset_of("a carrier nobody knows") == PRESETS[0]
    other = manner_of(load("pbx: example\ntrunks: {m: {number: 77}}\n").trunks["m"])
    assert (other.called_form, other.caller_form, other.caller_in) == ("off", "off", ("from",))
    assert all(preset.source for preset in PRESETS[1:]), "every preset says what it was taken from"
    assert len({preset.operator.casefold() for preset in PRESETS}) == len(PRESETS)


@rule("R-04.12")
@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("{mask: '7+', output: '1', operator: m, caller_number: 74957654321}", "outgoing.rules[0].caller_number"),
        ("users: {101: {outside_number: 74957654321}}", "users.101.outside_number"),
        ("users: {101: {outside_number: 101}}", "users.101.outside_number"),
        ("{mask: '7+', output: '1', operator: m, caller_number: 78003334455}", "outgoing.rules[0].caller_number"),
    ],
)
def test_number_that_is_not_ours_is_refused(part: str, place: str) -> None:
    """R-04.12: the last one is allowed at another trunk than the rule's."""
    trunks = "trunks: {m: {number: 74951234567}, n: {number: 78121234567, allowed_numbers: 78003334455}}"
    part = f"outgoing: {{rules: [{part}]}}" if part.startswith("{") else part
    (fault,) = errors(examine(f"pbx: example\n{trunks}\n{part}\n")[1])
    assert (fault.code, fault.rule, fault.place) == ("foreign-caller", "R-04.12", place)
    assert "allowed_numbers" in fault.remedy


@rule("R-04.12", "R-25.7")
def test_fault_of_a_trunk_is_told_once() -> None:
    """R-25.7: a number may be that of the trunk that cannot be read."""
    text = "pbx: example\ntrunks: {m: {number: 74951234567, lines: 0}}\nusers: {101: {outside_number: 74951234567}}\n"
    assert [fault.code for fault in errors(examine(text)[1])] == ["wrong-value"]


@rule("R-25.4", "R-04.12")
def test_preview_says_which_number_is_told_in_both_languages() -> None:
    """R-25.4."""
    flow = scene(moscow=", forward_caller: original").flow

    def why(**call: Any) -> str:
        made = preview.preview(flow, 0, **call)
        return next(line for step in made.steps for line in step.why if "R-04.12" in line)

    own, hidden = why(user=102, called=MOBILE), why(user=103, called=MOBILE)
    first, nobody = why(trunk="spb", caller=CUSTOMER), why(trunk="spb")
    assert own == "the carrier of moscow hears 78121234567, the number of user 102 (R-04.12)"
    assert hidden == "the number is withheld; the carrier of moscow alone hears 84951234567 (R-04.12)"
    assert first == (
        "the carrier of moscow hears 89160000001, the first caller's number; forwarded from +78121234567, unconditional (R-04.12)"
    )
    assert nobody.startswith("the number is withheld; the carrier of moscow alone hears none; forwarded from")
    assert trace_ru.in_language(first, "ru") == (
        "оператору moscow передаётся 89160000001: номер позвонившего; переадресован с +78121234567: безусловно (R-04.12)"
    )
    assert all("the" not in trace_ru.in_language(line, "ru").split() for line in (own, hidden, first, nobody))


@rule("R-04.12")
def test_busy_phone_is_told_as_the_reason() -> None:
    """R-04.12, RFC 5806."""
    rest = f"""
    trunks: {{moscow: {{number: 84951234567, to: 101, forward_caller: original}}}}
    {RULES.replace("spb", "moscow").replace(", caller_number: 8 800 111-22-33", "")}"""
    played = Scene("", "\n      101: {forwarding: [{when: busy, to: 89161234567}]}\n", rest=rest)
    played.tell(0, ev.DeviceRegistered(user=101))
    played.arrives(1, caller=CUSTOMER)
    played.fails(2, "c1.1", Cause.USER_BUSY)
    assert (sent(played).because, sent(played).caller) == ("busy", CUSTOMER)
