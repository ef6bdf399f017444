"""Codes that users dial: pick-up, park, do-not-disturb, forwarding. R-15.11, R-06.11."""

from __future__ import annotations

import pytest

from engine.analysis import preview
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.document.code_models import Codes
from engine.document.faults import errors
from engine.loading.load import examine
from engine.state.service_codes import Dialled, ServiceCodes
from engine.translations import trace_ru
from tests.harness import Scene, rule

GROUPS = """
      5300: {kind: group, members: [101, 103], no_answer: hangup}
      5301: {kind: group, members: [102], no_answer: hangup}
"""


def scene(to: int = 5300, rest: str = "") -> Scene:
    played = Scene(GROUPS, "101 102 103 104", to=to, rest=rest)
    for user in (101, 102, 103, 104):
        played.tell(0, ev.DeviceRegistered(user=user))
    return played


def adopted(played: Scene) -> cmd.AdoptCaller:
    return played.one(cmd.AdoptCaller)


@rule("R-15.11")
def test_call_that_rings_at_a_user_is_taken_by_another_phone() -> None:
    """R-15.11: the caller is answered and talks with whoever dialled; the phone that rang is told to stop."""
    played = scene(to=102)
    played.arrives(1)
    played.dials(2, 104, "**102", call="p")
    assert played.one(note.ServiceUsed) == note.ServiceUsed(
        call="p", user=104, service="pickup", argument="102", other="c1"
    )
    assert (adopted(played).call, adopted(played).other) == ("c1", "p")
    assert played.one(cmd.CancelLeg).leg == "c1.1"
    assert played.one(note.CallAnswered).user == 104
    assert played.one(cmd.Answer).call == "c1"
    played.hangs_up(9, "c1")
    assert played.end("c1").talk_us == 7_000_000


@rule("R-15.11")
@pytest.mark.parametrize(("user", "other"), [(103, "c1"), (101, "c1"), (102, ""), (104, "")])
def test_call_of_ones_own_groups_is_taken_and_no_other(user: int, other: str) -> None:
    """R-15.11: 102 rings for a caller of its own, which is in no group; 104 is in no group."""
    played = scene()
    played.arrives(1)
    played.dials(2, 104, "102", call="own")
    played.dials(3, user, "*8", call="p")
    used = played.one(note.ServiceUsed)
    assert (used.other, used.done) == (other, bool(other))
    if not other:
        assert played.end("p").cause is Cause.NO_ROUTE_DESTINATION and played.end("p").rule == "R-15.11"


@rule("R-15.11")
def test_call_that_has_rung_longest_is_taken_first() -> None:
    """R-15.11: two callers ring in the group; who talks already is left alone."""
    played = scene(
        rest="\n    settings: {codes: {pickup: '#9'}}\n    trunks: {moscow: {number: 74951234567, to: 5300}}\n"
    )
    played.arrives(1, call="c1")
    played.arrives(2, call="c2")
    played.answers(3, "c1.1")
    played.dials(4, 104, "#9103", call="p")
    assert played.one(note.ServiceUsed).other in ("c2", "")


@rule("R-15.11")
def test_parked_call_is_got_by_its_slot() -> None:
    """R-15.11: it hears music meanwhile; a second call cannot be put into the same slot."""
    played = scene(to=102)
    played.arrives(1)
    played.answers(2, "c1.1")
    played.tell(3, ev.TransferRequested(call="c1", to="*51", leg="c1.1"))
    assert [n.call for n in played.all(note.ElementEntered) if n.kind == "parking"] == ["c1"]
    assert played.all(cmd.PlayMusic, call="c1")
    played.arrives(5, call="c2")
    played.answers(6, "c2.1")
    played.tell(7, ev.TransferRequested(call="c2", to="*51", leg="c2.1"))
    assert (
        "slot 51"[:4] in played.one(note.CommandIgnored).reason and "parked" in played.one(note.CommandIgnored).reason
    )
    played.dials(8, 104, "*51", call="p")
    assert played.one(note.ServiceUsed, user=104).other == "c1"
    assert adopted(played).call == "c1"
    played.dials(9, 103, "*51", call="q")
    assert not played.one(note.ServiceUsed, user=103).done, "the slot is free again"


@rule("R-15.11")
def test_parked_call_that_nobody_gets_goes_back_to_who_parked_it() -> None:
    """R-15.11: after two minutes; a caller who hangs up frees the slot."""
    played = scene(to=102)
    played.arrives(1)
    played.answers(2, "c1.1")
    played.tell(3, ev.TransferRequested(call="c1", to="*57", leg="c1.1"))
    played.until(122)
    assert not played.all(cmd.PlaceLeg, leg="c1.2")
    played.until(124)
    assert played.one(cmd.PlaceLeg, leg="c1.2").target == cmd.Devices(user=102)
    played.hangs_up(125)
    assert played.engine.parking.slots == {}


@rule("R-15.11", "R-06.11")
def test_user_switches_do_not_disturb_by_code() -> None:
    """R-06.11: their phone does not ring, and rings again."""
    played = scene(to=102)
    played.dials(1, 102, "*78", call="a")
    assert played.one(cmd.Answer).call == "a" and played.one(cmd.SayPhrase).phrase == "disturb_off"
    played.until(6)
    assert played.end("a").cause is Cause.NORMAL_CLEARING
    assert played.one(note.UserSettingChanged).value == "on"
    played.arrives(7)
    assert not played.all(cmd.PlaceLeg)
    played.dials(8, 102, "*79", call="b")
    played.arrives(13, call="c2")
    assert played.one(cmd.PlaceLeg).target == cmd.Devices(user=102)


@rule("R-15.11", "R-06.8")
def test_user_forwards_their_calls_by_code() -> None:
    """R-15.11: direct calls go there at once, those of a group ring the phone (R-06.5); what nothing has is refused."""
    played = scene(to=102)
    played.dials(1, 102, "*72103", call="a")
    assert played.one(note.UserSettingChanged, setting="forwarding").value == "103"
    said = played.one(cmd.SayPhrase)
    assert (said.phrase, said.digits) == ("forward", "103"), "the number is read out"
    played.hangs_up(2, "a")
    played.arrives(2)
    assert [leg.target for leg in played.all(cmd.PlaceLeg)] == [cmd.Devices(user=103)]
    played.hangs_up(3)
    played.dials(4, 104, "5301", call="g")
    assert played.all(cmd.PlaceLeg, call="g")[0].target == cmd.Devices(user=102)
    played.dials(5, 102, "*724999", call="wrong")
    assert played.end("wrong").cause is Cause.NO_ROUTE_DESTINATION
    played.hangs_up(6, "g")
    played.dials(7, 102, "*73", call="b")
    assert [n.value for n in played.all(note.UserSettingChanged, setting="forwarding")] == ["103", ""]


@rule("R-15.11")
def test_forwarding_is_refused_where_the_document_says_so() -> None:
    """R-06.16: `phone_forwarding: false` holds for the code too."""
    played = Scene("", "\n      101: {phone_forwarding: false}\n      102: {}\n", to=101)
    played.tell(0, ev.DeviceRegistered(user=101))
    played.dials(1, 101, "*72102", call="a")
    assert not played.one(note.ServiceUsed).done and not played.all(note.UserSettingChanged)


@rule("R-15.11")
def test_code_that_says_nothing_hangs_up_at_once() -> None:
    """R-15.11: `spoken: false` for phones that show it themselves."""
    played = scene(
        rest="\n    settings: {codes: {spoken: false}}\n    trunks: {moscow: {number: 74951234567, to: 102}}\n"
    )
    played.dials(1, 102, "*78", call="a")
    assert not played.all(cmd.SayPhrase) and played.end("a").cause is Cause.NORMAL_CLEARING


@rule("R-15.11")
def test_confirmation_is_heard_where_there_is_one() -> None:
    """R-15.11."""
    played = scene(
        rest="\n    settings: {codes: {confirm: welcome.wav}}\n    trunks: {moscow: {number: 74951234567, to: 102}}\n"
    )
    played.dials(1, 102, "*78", call="a")
    assert played.one(cmd.PlayPrompt).prompt == "welcome.wav"
    played.until(60)
    assert played.end("a").cause is Cause.NORMAL_CLEARING


@rule("R-15.11")
@pytest.mark.parametrize(
    ("dialled", "found"),
    [
        ("*8", Dialled("group_pickup")),
        ("**102", Dialled("pickup", "102")),
        ("*51", Dialled("park", "1")),
        ("*5 12", Dialled("park", "12")),
        ("*7289161234567", Dialled("forward", "89161234567")),
        ("*78", Dialled("disturb_off")),
        ("*728", None), ("*5", None), ("**5", None), ("*512345", None), ("112", None), ("", None), ("*", None),
    ],
)  # fmt: skip
def test_codes_and_what_follows_them_are_told_apart(dialled: str, found: Dialled | None) -> None:
    """R-15.11."""
    assert ServiceCodes(Codes()).find(dialled) == found


@rule("R-15.11", "R-02.8")
@pytest.mark.parametrize("codes", ["{pickup: '112'}", "{pickup: '*8'}", "{park: 7}", "{park: '*1234567'}"])
def test_code_never_shadows_a_number_or_another_code(codes: str) -> None:
    """R-15.11: codes begin with a star or a hash, emergency numbers never do (R-02.8)."""
    (fault,) = errors(examine(f"pbx: example\nsettings: {{codes: {codes}}}\n")[1])
    assert fault.rule == "R-15.11"


@rule("R-15.11")
def test_code_can_be_taken_away_and_is_for_users_alone() -> None:
    """R-15.11: then it is dialled like any number; a stranger who calls it reaches nobody."""
    assert ServiceCodes(Codes(group_pickup=None)).find("*8") is None
    played = scene(to=102)
    played.tell(1, ev.CallArrived(call="s", called="**102", caller="x", origin="direct"))
    assert not played.all(note.ServiceUsed)


@rule("R-15.11", "R-25.4")
def test_preview_says_what_a_code_does_in_both_languages() -> None:
    """R-25.4."""
    flow = scene(to=102).flow
    made = preview.preview(flow, 0, user=102, called="*72103")
    assert made.landing.cause is Cause.NORMAL_CLEARING and [step.kind for step in made.steps] == ["code"]
    assert (
        trace_ru.in_language("code park 1: nothing to take (R-15.11)", "ru")
        == "код: парковка 1; брать нечего (R-15.11)"
    )
    assert trace_ru.in_language("code forward 103 (R-15.11)", "ru") == "код: переадресация 103 (R-15.11)"
