"""Callbacks that visitors of websites ask for: who is rung, when the visitor is, what becomes of the rest (R-17)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.analysis import check
from engine.analysis.preview import preview
from engine.analysis.scripted_world import Script
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import FlowError
from engine.control.visitors import free_managers
from engine.loading.load import load
from tests.harness import T0, Scene, drained, pbx_text, rule

ELEMENTS = """
5000: {kind: greeting, prompt: welcome.wav, keys: {1: 5200}, no_input: 5200, invalid: 5200}
5100: {kind: voicemail, recipients: [box@example.com]}
5200: {kind: queue, members: [101, 102], max_wait: 60, ring: 20, timeout: 5300, exit_key: 2, exit: 5300}
5300: {kind: group, members: [103, "89161112233"], ring: 20, no_answer: 5100}
5400: {kind: hours, days: mon-fri, open: "11:00-18:00", zone: Europe/Moscow, match: 5200, mismatch: 5300}
"""

WIDGETS = """
widgets:
  direct:
    name: Shop
    origins: https://example.com
    managers: [101, 102, 103, 104]
    pages: [{path: /b2b/*, managers: ["8 916 777-77-77"]}]
    lead: lead@example.com
    notices: [all@example.com]
  logic:
    origins: [https://example.com]
    mode: logic
    element: 5000
    pages: [{path: /help, element: 5300}]
    hours: 5400
    lead: lead@example.com
  free: {origins: https://example.com, managers: [5300], only_when_free: true}
"""

VISITOR = "+7 (916) 000-00-01"


def scene(registered: bool = True) -> Scene:
    """The PBX of these tests; it is 11:30 in Moscow."""
    return Scene(ELEMENTS, users="101 102 103 104", rest=WIDGETS, registered=registered)


def asks(
    at: Scene, at_s: float, widget: str = "direct", page: str = "/", call: str = "c1", caller: str = VISITOR
) -> None:
    at.tell(
        at_s,
        ev.CallArrived(call=call, called="", caller=caller, origin="callback", widget=widget, page=page, draw_seed=1),
    )


def mails(at: Scene) -> list[tuple[str, tuple[str, ...]]]:
    return [(m.kind, m.recipients) for m in at.all(cmd.SendMessage)]


@rule("R-17.4", "R-17.3")
def test_the_first_manager_rings_with_the_site_on_the_display_and_the_visitor_after_their_answer() -> None:
    shop = scene()
    asks(shop, 0)
    first = shop.one(cmd.PlaceLeg)
    assert (first.target, first.caller, first.caller_name) == (cmd.Devices(user=101), "89160000001", "Shop")
    shop.answers(5, "c1.1")
    second = shop.all(cmd.PlaceLeg)[-1]
    assert (second.target, second.for_caller) == (cmd.Outside(number="89160000001", trunk="moscow"), True)
    assert shop.one(cmd.PlayMusic).leg == "c1.1", "the manager hears that somebody is rung"
    shop.answers(12, "c1.2")
    bridge = shop.one(cmd.Bridge)
    assert (bridge.leg, bridge.other) == ("c1.1", "c1.2")
    shop.ends(72, "c1.2")
    assert shop.end().talk_us == 60_000_000 and shop.end().party == "caller"
    assert mails(shop) == [("callback", ("all@example.com",))]
    told = shop.one(cmd.SendMessage)
    assert (told.site, told.user, told.cause, told.length_us) == ("Shop", 101, None, 60_000_000)
    shop.until(90)
    drained(shop.engine)


@rule("R-17.4")
def test_three_managers_ring_thirty_seconds_each_then_there_is_a_lead() -> None:
    shop = scene()
    asks(shop, 0, page="/prices")
    shop.until(200)
    assert [(t, p.target.user) for t, p in zip(shop.times(cmd.PlaceLeg), shop.all(cmd.PlaceLeg), strict=True)] == [
        (0, 101), (30, 102), (60, 103),
    ]  # fmt: skip
    assert shop.times(note.CallEnded) == [90] and (shop.end().cause, shop.end().rule) == (Cause.NO_ANSWER, "R-17.4")
    assert mails(shop) == [("lead", ("lead@example.com",)), ("callback", ("all@example.com",))]
    lead = shop.all(cmd.SendMessage)[0]
    assert (lead.caller, lead.page) == ("89160000001", "/prices")
    drained(shop.engine)


@rule("R-17.4", "R-06.15")
def test_a_manager_who_is_busy_refuses_or_is_not_there_costs_no_time_and_their_own_forwarding_holds() -> None:
    shop = Scene(
        ELEMENTS,
        users='101: {forwarding: [{when: always, to: "89169999999"}]}\n102: {}\n103: {}\n104: {}',
        rest=WIDGETS,
    )
    shop.tell(0, ev.DoNotDisturbSet(user=102, on=True))
    asks(shop, 1)
    assert shop.one(cmd.PlaceLeg).target == cmd.Outside(number="89169999999", trunk="moscow")
    assert not shop.one(cmd.PlaceLeg).for_caller
    shop.fails(2, "c1.1")
    assert shop.all(cmd.PlaceLeg)[-1].target == cmd.Devices(user=103), "102 does not want to be disturbed"


@rule("R-17.4")
@pytest.mark.parametrize("how", ["rings", "refuses", "manager"])
def test_a_visitor_who_does_not_answer_and_a_manager_who_does_not_wait_end_the_call(how: str) -> None:
    shop = scene()
    asks(shop, 0)
    shop.answers(5, "c1.1")
    if how == "rings":
        shop.until(60)
        assert shop.times(note.CallEnded) == [50], "45 s"
    elif how == "refuses":
        shop.fails(8, "c1.2", Cause.USER_BUSY)
        assert shop.end().cause == Cause.USER_BUSY
    else:
        shop.ends(8, "c1.1")
    shop.until(100)
    assert shop.end().talk_us == 0 and not shop.all(cmd.Bridge)
    assert mails(shop) == [("callback", ("all@example.com",))], "somebody answered: it is no lead"
    assert shop.one(cmd.SendMessage).cause is not None
    drained(shop.engine)


@rule("R-17.4")
def test_logic_goes_by_the_element_and_a_greeting_says_nothing_to_nobody() -> None:
    shop = scene()
    asks(shop, 0, "logic")
    assert shop.path()[:2] == [(5000, "no_input"), (5200, "")] or shop.path()[0] == (5000, "no_input")
    assert not shop.all(cmd.PlayPrompt) and not shop.all(cmd.Answer) and not shop.all(cmd.CollectKeys)
    assert shop.offered() == [101]
    shop.answers(3, "c1.1")
    shop.answers(9, "c1.2")
    assert shop.one(note.CallAnswered).element == 5200
    shop.ends(20, "c1.1")
    assert shop.end().party == "member"
    shop.until(60)
    drained(shop.engine)


@rule("R-17.4")
def test_a_queue_times_out_for_a_visitor_as_for_a_caller_and_voicemail_is_the_end() -> None:
    shop = scene()
    asks(shop, 0, "logic")
    shop.until(200)
    assert ("R-17.4", Cause.NO_ANSWER) == (shop.end().rule, shop.end().cause)
    assert shop.times(note.CallEnded) == [80], "60 s in the queue and 20 s in the group"
    assert mails(shop) == [("lead", ("lead@example.com",))]
    drained(shop.engine)


@rule("R-17.2")
def test_pages_have_managers_and_elements_of_their_own() -> None:
    shop = scene()
    asks(shop, 0, page="/b2b/prices")
    assert shop.one(cmd.PlaceLeg).target == cmd.Outside(number="89167777777", trunk="moscow")
    asks(shop, 1, "logic", "/help", "c2", "89160000002")
    assert shop.path("c2")[0][0] == 5300


@rule("R-17.2")
def test_out_of_hours_and_with_nobody_free_a_request_is_a_lead() -> None:
    shop = scene()
    shop.tell(0, ev.OverrideSet(element=5400, mode="mismatch"))
    asks(shop, 1, "logic")
    assert shop.end().rule == "R-17.2" and mails(shop) == [("lead", ("lead@example.com",))]
    assert not shop.all(cmd.PlaceLeg)
    empty = Scene(ELEMENTS.replace(', "89161112233"', ""), users="101 102 103 104", rest=WIDGETS, registered=False)
    asks(empty, 1, "free")
    assert empty.end().rule == "R-17.2"
    empty.tell(2, ev.DeviceRegistered(user=103))
    asks(empty, 3, "free", call="c2")
    assert empty.one(cmd.PlaceLeg).target == cmd.Devices(user=103)


@rule("R-17.3")
def test_free_managers_are_counted_as_they_could_take_a_call() -> None:
    shop = scene()
    tenant, flow = shop.engine.tenant, shop.flow

    def free(widget: str, page: str = "/") -> tuple[int, ...]:
        return free_managers(tenant, flow, flow.widgets[widget], page)

    assert free("direct") == (101, 102, 103, 104) and free("logic") == (101, 102) and free("free") == (103, 0)
    shop.tell(1, ev.MemberPaused(user=101))
    assert free("logic") == (102,) and 101 in free("direct"), "a pause is of queues"
    shop.dials(2, 102, "104")
    assert free("logic") == () and 102 not in free("direct")


@rule("R-17.5")
@pytest.mark.parametrize(
    "number", ["+49 30 123456", "112", "101", "", "88005553535", "+7 809 123 45 67", "7916", "sip:a@b"]
)
def test_numbers_outside_the_country_and_services_are_not_called(number: str) -> None:
    shop = scene()
    asks(shop, 0, caller=number)
    assert (shop.end().cause, shop.end().rule) == (Cause.OUTGOING_CALL_BARRED, "R-17.5")
    assert not shop.all(cmd.PlaceLeg) and not mails(shop), "a refused number is no lead"
    drained(shop.engine)


@rule("R-17.4", "R-06.4")
def test_a_visitor_on_the_line_is_transferred_like_any_caller() -> None:
    shop = scene()
    asks(shop, 0)
    shop.answers(1, "c1.1")
    shop.answers(2, "c1.2")
    shop.tell(10, ev.TransferRequested(call="c1", to="103", leg="c1.1"))
    assert shop.all(cmd.PlaceLeg)[-1].target == cmd.Devices(user=103)
    shop.answers(12, "c1.3")
    shop.ends(20, "c1.2")
    assert shop.end().talk_us == 16_000_000
    shop.until(60)
    drained(shop.engine)


@rule("R-17.4")
def test_an_operator_may_end_a_callback_at_any_moment() -> None:
    for moment in (1.0, 6.0, 15.0):
        shop = scene()
        asks(shop, 0)
        if moment > 5:
            shop.answers(5, "c1.1")
        if moment > 10:
            shop.answers(10, "c1.2")
        shop.tell(moment, ev.HangupRequested(call="c1"))
        shop.until(60)
        assert shop.end()
        drained(shop.engine)


WRONG: tuple[tuple[str, str], ...] = (
    ("origins: https://example.com, managers: [5200]", "wrong-widget-manager"),
    ("origins: https://example.com", "widget-without-managers"),
    ("origins: https://example.com, mode: logic", "widget-without-element"),
    ("origins: https://example.com, mode: logic, element: 5100", "wrong-widget-element"),
    ("origins: https://example.com, managers: [101], hours: 5200", "wrong-widget-hours"),
    ("origins: https://example.com, managers: [199]", "dangling-output"),
    ("origins: example.com, managers: [101]", "wrong-value"),
    ("origins: https://example.com/page, managers: [101]", "wrong-value"),
    ("origins: https://example.com, managers: [101], color: blue", "wrong-value"),
    ("origins: https://example.com, managers: [101], numbers: [abc]", "wrong-value"),
    ("origins: https://example.com, managers: [101], pages: [{path: b2b}]", "wrong-value"),
)


@rule("R-17.2", "R-17.3", "R-17.4", "R-17.5")
@pytest.mark.parametrize(("widget", "code"), WRONG)
def test_a_widget_that_cannot_work_is_refused(widget: str, code: str) -> None:
    with pytest.raises(FlowError) as refused:
        load(
            pbx_text(ELEMENTS, users="101", rest=f"widgets: {{shop: {{{widget}}}}}")
            .replace("102", "101")
            .replace("103", "101")
        )
    assert code in [fault.code for fault in refused.value.faults]


@rule("R-17.1")
def test_a_widget_keeps_its_key_out_of_addresses_it_does_not_fit() -> None:
    with pytest.raises(FlowError):
        load(pbx_text(ELEMENTS, users="101 102 103 104", rest=WIDGETS.replace("  free:", "  'a/b':")))


@rule("R-17.1", "R-02.1")
def test_an_element_that_only_a_widget_reaches_is_reached() -> None:
    found: Any = check.check(load(pbx_text(ELEMENTS, users="101 102 103 104", to=101, rest=WIDGETS)))
    assert not [fault for fault in found if fault.code == "unreachable"]


@rule("R-17.4", "R-25.4")
def test_a_preview_says_by_which_widget_the_visitor_came_and_who_answers() -> None:
    flow = scene().flow
    seen = preview(flow, T0, caller=VISITOR, widget="direct", script=Script(users={101: "busy", 102: "no_answer"}))
    assert (seen.called, seen.landing.user) == ("widget:direct", 103)
    assert [step.output for step in seen.steps] == ["manager 2", "manager 3", ""]
    assert preview(flow, T0, caller=VISITOR, widget="direct", script=Script(visitor="no_answer")).landing.user is None
    with pytest.raises(KeyError):
        preview(flow, T0, caller=VISITOR, widget="none")
