"""Findings: each names its rule and place, and its example call, run through the engine, shows what it says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.analysis import check, check_examples, check_outgoing, preview
from engine.analysis.preview import Trace
from engine.contract.causes import Cause
from engine.contract.ids import SECOND_US
from engine.document import faults
from engine.document.faults import Fault
from engine.loading.load import load
from engine.numbers import mask_automata
from engine.state.flow import Flow
from engine.translations import faults_ru
from tests.harness import rule

AT = check.SINCE + 9 * 3600 * SECOND_US

PEOPLE = (
    "users: {100: {email: a@b.ru}, 101: {email: a@b.ru}, "
    '102: {email: a@b.ru, no_answer: "89160000000"}}\nprompts: {a.wav: 3}\n'
)
TRUNK = 'trunks: {m: {number: "74951234567", lines: 5, to: 5000}}\noutgoing: {default: m}\n'
MENU = "  5000: {kind: greeting, prompt: a.wav, keys: {1: 5300}, no_input: hangup, invalid: hangup}\n"
GROUP = "  5300: {kind: group, members: [100, 101], no_answer: hangup}\n"


def pbx(elements: str, head: str = TRUNK, people: str = PEOPLE) -> Flow:
    return load(f"pbx: example\n{people}{head}elements:\n{elements}")


def outgoing(rules: str, trunk: str = 'm: {number: "74951234567", lines: 5, to: 100}') -> Flow:
    """A PBX that is nothing but its outgoing rules; ten-digit numbers are completed last, so that they do not stand out."""
    text = f"pbx: example\nusers: {{100: {{}}, 101: {{}}, 102: {{}}}}\ntrunks: {{{trunk}}}\n"
    return load(text + "outgoing:\n  default: m\n  rules:\n" + rules)


TEN = "  - {mask: (9ddddddddd), output: 8$, operator: m}\n"


def unreached(trace: Trace) -> bool:
    return trace.called == "5300" and trace.steps[0].element == 5300


def no_route(trace: Trace) -> bool:
    return trace.landing.cause is Cause.NO_ROUTE_DESTINATION


def rings_outside(trace: Trace) -> bool:
    return trace.landing.number is not None


def leaves(output: str) -> Callable[[Trace], bool]:
    return lambda trace: any(step.output == output for step in trace.steps)


def does_not_leave(output: str) -> Callable[[Trace], bool]:
    return lambda trace: all(step.output != output for step in trace.steps)


def guarded(trace: Trace) -> bool:
    """The loop guard ended it."""
    return trace.landing.rule == "R-02.14"


CASES: list[tuple[str, str, str, Flow, Callable[[Trace], bool]]] = [
    # code, rule, place, flow, what its example call must show
    ("unreachable", "R-02.1", "elements.5300", pbx(MENU.replace("5300", "100") + GROUP), unreached),
    ("dead-key", "R-05.3", "elements.5000.keys.2", pbx(MENU.replace("}, no", ", 2: }, no") + GROUP), no_route),
    (
        "empty-output",
        "R-02.11",
        "elements.5000.no_input",
        pbx(MENU.replace("no_input: hangup, ", "") + GROUP),
        no_route,
    ),
    ("empty-output", "R-02.11", "elements.5000.invalid", pbx(MENU.replace(", invalid: hangup", "") + GROUP), no_route),
    (
        "empty-output",
        "R-02.11",
        "elements.5300.no_answer",
        pbx(MENU + GROUP.replace(", no_answer: hangup", "")),
        no_route,
    ),
    (
        "empty-output",
        "R-02.11",
        "elements.5200.timeout",
        pbx(MENU.replace("5300", "5200") + "  5200: {kind: queue, members: [101], join_empty: hangup}\n"),
        no_route,
    ),
    (
        "empty-output",
        "R-02.11",
        "elements.5200.join_empty",
        pbx(MENU.replace("5300", "5200") + "  5200: {kind: queue, members: [101], timeout: hangup}\n"),
        no_route,
    ),
    (
        "output-never-taken",
        "R-05",
        "elements.5000.next",
        pbx(MENU.replace("invalid", "next: 5300, invalid") + GROUP),
        does_not_leave("next"),
    ),
    (
        "output-never-taken",
        "R-08",
        "elements.5200.full",
        pbx(
            MENU.replace("5300", "5200")
            + "  5200: {kind: queue, members: [101], timeout: hangup, join_empty: hangup, full: 5000}\n"
        ),
        does_not_leave("full"),
    ),
    (
        "outside-without-key",
        "R-07.7",
        "elements.5300.members[1]",
        pbx(MENU + GROUP.replace("101", '"89161234567"')),
        rings_outside,
    ),
    (
        "loop-while-busy",
        "R-02.14",
        "elements.5300.no_answer",
        pbx(
            MENU
            + "  5300: {kind: group, members: [101], no_answer: 5301}\n"
            + "  5301: {kind: group, members: [102], no_answer: 5300}\n"
        ),
        lambda trace: (trace.landing.cause, trace.landing.rule) == (Cause.EXCHANGE_ROUTING_ERROR, "R-02.14"),
    ),
    (
        "direct-sip-costs",
        "R-10.4",
        "elements.5300.outside_legs_for_direct_sip",
        pbx(
            MENU + "  5300: {kind: group, members: [101], no_answer: 89161234567, outside_legs_for_direct_sip: true}\n",
            TRUNK + "settings: {direct_sip: true}\n",
        ),
        rings_outside,
    ),
    (
        "direct-sip-costs",
        "R-10.4",
        "users.102.outside_legs_for_direct_sip",
        pbx(
            MENU + GROUP,
            TRUNK + "settings: {direct_sip: true}\n",
            PEOPLE.replace("no_answer", "outside_legs_for_direct_sip: true, no_answer"),
        ),
        rings_outside,
    ),
    (
        "unlimited-trunk",
        "R-04.8",
        "trunks.m.lines",
        pbx(MENU + GROUP, TRUNK.replace(" lines: 5,", "")),
        lambda trace: trace.trunk == "m",
    ),
    (
        "8800-outgoing",
        "R-03.16",
        "trunks.m",
        pbx(MENU + GROUP, TRUNK.replace("74951234567", "88001234567")),
        lambda trace: trace.trunk == "m",
    ),
    (
        "8800-outgoing",
        "R-03.15",
        "trunks.m.outgoing_allowed",
        pbx(MENU + GROUP, TRUNK.replace('"74951234567"', '"+7 800 123-45-67", outgoing_allowed: true')),
        lambda trace: trace.trunk == "m",
    ),
    (
        "no-recipient",
        "R-09.2",
        "users.101",
        pbx(MENU + GROUP, people=PEOPLE.replace("101: {email: a@b.ru}", "101: {}")),
        lambda trace: trace.landing.box == 101,
    ),
    (
        "no-recipient",
        "R-09.2",
        "elements.5120",
        pbx(MENU.replace("no_input: hangup", "no_input: 5120") + GROUP + "  5120: {kind: voicemail}\n"),
        lambda trace: trace.landing.box == 5120,
    ),
    (
        "loop-of-greetings",
        "R-02.14",
        "elements.5000.next",
        pbx(
            "  5000: {kind: greeting, prompt: a.wav, next: 5001}\n  5001: {kind: greeting, prompt: a.wav, next: 5000}\n"
        ),
        guarded,
    ),
    (
        "loop-of-greetings",
        "R-02.14",
        "elements.5000.next",
        pbx("  5000: {kind: greeting, prompt: a.wav, next: 5000}\n"),
        guarded,
    ),
    (
        "loop-of-greetings",
        "R-02.14",
        "elements.5000.next",
        pbx(
            "  5000: {kind: greeting, prompt: a.wav, next: 5400}\n"
            '  5400: {kind: hours, days: mon-fri, open: "09:00-18:00", match: 100, mismatch: 5000}\n'
        ),
        guarded,
    ),
    (
        "loop-while-busy",
        "R-02.14",
        "elements.5000.next",
        pbx(
            "  5000: {kind: greeting, prompt: a.wav, next: 5200}\n"
            "  5200: {kind: queue, members: [101], join_empty: 5000, timeout: hangup}\n"
        ),
        guarded,
    ),
    (
        "same-number",
        "R-04.9",
        "trunks.n.number",
        pbx(MENU + GROUP, TRUNK.replace("trunks: {", 'trunks: {n: {number: "84951234567", lines: 1, to: 5300}, ')),
        lambda trace: trace.trunk == "n",
    ),
    (
        "never-recorded",
        "R-24.4",
        "settings.record_prompt",
        pbx(MENU + GROUP, TRUNK + "settings: {record_prompt: a.wav}\n"),
        lambda trace: "recorded" not in preview.as_text(trace),
    ),
    (
        "name-not-latin",
        "R-06.2",
        "users.101.name",
        pbx(MENU + GROUP, TRUNK, PEOPLE.replace("101: {", "101: {name: Анна, ")),
        lambda trace: trace.steps[0].name == "Анна",
    ),
    (
        "uncovered",
        "R-02.10",
        "elements.5400.mismatch",
        pbx("  5400: {kind: hours, days: mon-fri, match: 100}\n", TRUNK.replace("5000", "5400")),
        no_route,
    ),
    (
        "uncovered",
        "R-02.11",
        "elements.5500.match",
        pbx("  5500: {kind: number_rule, entries: ['7495'], mismatch: 100}\n", TRUNK.replace("5000", "5500")),
        no_route,
    ),
    (
        "uncovered",
        "R-02.10",
        "elements.5400.match",
        pbx(MENU.replace("5300", "5400") + "  5400: {kind: hours, days: sat, mismatch: hangup}\n"),
        no_route,
    ),
    (
        "uncovered",
        "R-02.11",
        "elements.5500.mismatch",
        pbx(MENU.replace("5300", "5500") + "  5500: {kind: number_rule, entries: ['7495'], match: hangup}\n"),
        no_route,
    ),
    (
        "empty-output",
        "R-02.11",
        "elements.5600.default",
        pbx(MENU.replace("5300", "5600") + "  5600: {kind: http_request, address: 'https://example.org/call'}\n"),
        no_route,
    ),
    ("uncovered", "R-04.9", "trunks.m.to", pbx(GROUP, TRUNK.replace(", to: 5000", "")), no_route),
    (
        "never-fires",
        "R-11.1",
        "elements.5400",
        pbx("  5400: {kind: hours, dates: 2020-01-01, match: 100, mismatch: 101}\n", TRUNK.replace("5000", "5400")),
        leaves("mismatch"),
    ),
    (
        "entry-needless",
        "R-12.3",
        "elements.5500.entries[1]",
        pbx(
            "  5500: {kind: number_rule, entries: ['7495', '74951'], match: 101, mismatch: 100}\n",
            TRUNK.replace("5000", "5500"),
        ),
        leaves("match"),
    ),
    (
        "never-fires",
        "R-12.4",
        "elements.5500.entries[0]",
        pbx(
            "  5500: {kind: number_rule, entries: ['+74951234567'], match: 101, mismatch: 100}\n",
            TRUNK.replace("5000", "5500") + "settings: {caller_form: '8'}\n",
        ),
        leaves("mismatch"),
    ),
    (
        "never-fires",
        "R-14.8",
        "outgoing.rules[0].users",
        outgoing("  - {mask: 8(+), output: 7$, operator: m, mode: only}\n" + TEN),
        lambda trace: trace.landing.number == trace.called,
    ),
    (
        "unknown-user",
        "R-14.8",
        "outgoing.rules[0].users",
        outgoing("  - {mask: 8(+), output: 7$, operator: m, users: 100;900}\n" + TEN),
        lambda trace: True,
    ),
    (
        "never-fires",
        "R-14.25",
        "outgoing.rules[1].mask",
        outgoing("  - {mask: 8(+), output: 7$, operator: m}\n  - {mask: 84+, output: '1', operator: m}\n" + TEN),
        lambda trace: trace.landing.number is not None and trace.landing.number.startswith("74"),
    ),
    (
        "never-fires",
        "R-14.25",
        "outgoing.rules[2].mask",
        outgoing(
            "  - {mask: '8{1|2|3|4|5}(+)', output: 7$, operator: m}\n  - {mask: '8{6|7|8|9|0}(+)', output: 7$, operator: m}\n"
            "  - {mask: 8ddd+, output: '1', operator: m}\n" + TEN
        ),
        lambda trace: trace.landing.number is not None and trace.landing.number.startswith("7"),
    ),
    (
        "never-fires",
        "R-14.25",
        "outgoing.rules[0].mask",
        outgoing("  - {mask: dp7, output: '1', operator: m}\n" + TEN),
        lambda trace: True,
    ),
    (
        "order-matters",
        "R-14.25",
        "outgoing.rules[1].mask",
        outgoing("  - {mask: 8495(+), output: 7$, operator: m}\n  - {mask: 8(+), output: 9$, operator: m}\n" + TEN),
        lambda trace: trace.landing.number is not None and trace.landing.number.startswith("7"),
    ),
    (
        "unused-capture",
        "R-14.18",
        "outgoing.rules[0].output",
        outgoing("  - {mask: 84(+), output: '12', operator: m}\n" + TEN),
        lambda trace: trace.landing.number == "12",
    ),
    (
        "fixed-output",
        "R-14.25",
        "outgoing.rules[0].output",
        outgoing("  - {mask: '*1', output: '89161234567', operator: m}\n" + TEN),
        lambda trace: trace.landing.number == "89161234567",
    ),
    (
        "no-emergency-route",
        "R-14.9",
        "outgoing",
        pbx(MENU + GROUP, TRUNK.replace("outgoing: {default: m}\n", "")),
        lambda trace: trace.called == "112" and no_route(trace),
    ),
    (
        "form-not-accepted",
        "R-14.25",
        "outgoing.rules",
        outgoing("  - {mask: 84(+), output: '7$', operator: m}\n"),
        lambda trace: trace.landing.number == "9161234567",
    ),
    (
        "form-not-accepted",
        "R-03.14",
        "outgoing.rules",
        outgoing(TEN, 'm: {number: "74951234567", lines: 5, to: 100, operator: VoxImplant}'),
        lambda trace: trace.landing.number == "1234567",
    ),
]


@rule("R-25.5", "R-25.7", "R-14.25")
@pytest.mark.parametrize(
    ("code", "rule", "place", "flow", "shows"), CASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_finding_has_rule_and_place_and_its_example_shows_it(
    code: str, rule: str, place: str, flow: Flow, shows: Callable[[Trace], bool]
) -> None:
    """R-25.5, R-25.7; R-14.25; each example is run through the engine as `pbx trace` runs it."""
    found = [fault for fault in check.check(flow) if (fault.code, fault.place) == (code, place)]
    assert len(found) == 1, faults.as_text(check.check(flow))
    [fault] = found
    assert (fault.severity, fault.rule) == ("warning", rule)
    assert fault.line > 0 and fault.remedy
    assert fault.example is not None
    assert shows(check_examples.run(flow, fault.example, AT))


LEAKS = [
    # rules, the number that gets out, words of the finding
    ("  - {mask: +, output: '0000', operator: m, mode: only, users: 100;101}\n", "+79161234567", "a plus form"),
    ("  - {mask: 810+, output: '0000', operator: m}\n" + TEN, "+4420794600", "a plus form"),
    ("  - {mask: 8+, output: '0000', operator: m}\n", "+79161234567", "a plus form"),
    ("  - {mask: '{p7|8}+', output: '0000', operator: m}\n", "79161234567", "another form"),
    (
        "  - {mask: 0(+), output: $, operator: m}\n  - {mask: '{p|}+', output: '0000', operator: m}\n",
        "089161234567",
        "the prefix of rule 1",
    ),
]


@rule("R-14.25")
@pytest.mark.parametrize(("rules", "dialled", "words"), LEAKS)
def test_bars_that_another_form_walks_around_are_found(rules: str, dialled: str, words: str) -> None:
    """R-14.25: a plus form, an 8/7 form, a prefix rule; the example call really rings outside."""
    flow = outgoing(rules)
    found = [fault for fault in check.check(flow) if fault.code == "bar-walked-around"]
    chosen = [f for f in found if words in f.message and f.example is not None and f.example.number == dialled]
    assert chosen, faults.as_text(found)
    assert chosen[0].example is not None
    assert check_examples.run(flow, chosen[0].example, AT).landing.number is not None


@rule("R-14.24")
@pytest.mark.parametrize(
    "rules",
    [
        "  - {mask: '{p|}+', output: '0000', operator: m, mode: only, users: 100;101;102}\n",
        "  - {mask: '{p|}+', output: '0000', operator: m}\n",
        "  - {mask: '{810|p}+', output: '0000', operator: m, users: 900}\n  - {mask: +, output: '0000', operator: m}\n",
    ],
)
def test_tight_bars_are_left_alone(rules: str) -> None:
    """R-14.24, D3: the bar that covers the plus sign has no leak."""
    assert not [fault for fault in check.check(outgoing(rules)) if fault.code == "bar-walked-around"]


@rule("R-14.24")
def test_the_leaks_of_the_worked_examples_are_found() -> None:
    """R-14.24: X1 leaks to +74951234567, and D3 does not."""
    x1 = "  - {mask: +, output: '0000', operator: m, mode: only, users: 100;101}\n"
    d3 = x1.replace("+,", "'{p|}+',")
    codes = [{fault.code for fault in check.check(outgoing(rules))} for rules in (x1, d3)]
    assert ["bar-walked-around" in code for code in codes] == [True, False]


@rule("R-14.25")
def test_the_example_has_one_finding_and_it_is_true(example_path: Path) -> None:
    """R-14.25: its bar of foreign numbers forgets the plus form."""
    flow = load(example_path.read_bytes())
    [fault] = check.check(flow)
    assert (fault.code, fault.place) == ("bar-walked-around", "outgoing.rules[1].mask")
    assert fault.example is not None
    assert check_examples.run(flow, fault.example, AT).landing.text == "outside +4420794600"


def test_a_sound_pbx_has_no_finding() -> None:
    flow = pbx(
        MENU + GROUP,
        TRUNK.replace("{default: m}", "{default: m, rules: [{mask: (9ddddddddd), output: 8$, operator: m}]}"),
    )
    assert check.check(flow) == ()


@rule("R-09.2", "R-25.5")
def test_users_whose_messages_are_sent_to_nobody_are_one_finding_and_one_line_of_settings_ends_it() -> None:
    people = "users: {" + ", ".join(f"{n}: {{}}" for n in (100, 101, *range(200, 218))) + "}\nprompts: {a.wav: 3}\n"
    elements = MENU.replace("no_input: hangup", "no_input: 5120") + GROUP + "  5120: {kind: voicemail}\n"
    found = [one for one in check.check(pbx(elements, people=people)) if one.code == "no-recipient"]
    assert [one.place for one in found] == ["users.100", "elements.5120"]
    assert "100, 101, 200" in found[0].message and "209 and 8 more" in found[0].message
    settings = "settings: {voicemail_recipients: office@example.org}\n"
    assert not [one for one in check.check(pbx(elements, people=people + settings)) if one.code == "no-recipient"]


@rule("R-03.15", "R-03.16")
def test_an_8800_number_of_the_partner_or_one_that_is_decided_on_has_no_finding() -> None:
    for more in ("operator: VoxImplant", "outgoing_allowed: false"):
        flow = pbx(MENU + GROUP, TRUNK.replace('"74951234567"', f'"88001234567", {more}'))
        assert "8800-outgoing" not in {fault.code for fault in check.check(flow)}
        assert flow.trunks["m"].outgoing_allowed is more.startswith("operator")


@rule("R-02.14")
def test_a_circle_through_a_menu_a_person_or_a_wait_is_none() -> None:
    for element in (
        "5001: {kind: greeting, prompt: a.wav, keys: {1: 100}, no_input: 5000, invalid: 5000}",
        "5001: {kind: queue, members: [100], timeout: 5000, join_empty: hangup}",
        "5001: {kind: hours, days: mon, match: 100, mismatch: 101}",
    ):
        flow = pbx(
            f"  5000: {{kind: greeting, prompt: a.wav, next: 5001}}\n  {element}\n".replace(
                "5001: {kind: q", "5201: {kind: q"
            ).replace("next: 5001", "next: 5201" if "queue" in element else "next: 5001")
        )
        assert not [fault for fault in check.check(flow) if fault.code.startswith("loop")]


@rule("R-10.4", "R-02.9")
@pytest.mark.parametrize(("outside", "allowed"), [(True, True), (True, False), (False, True)])
def test_a_server_that_may_transfer_outside_can_cost_direct_calls(outside: bool, allowed: bool) -> None:
    word = {True: "true", False: "false"}
    request = (
        f'  5600: {{kind: http_request, address: "https://a.b/x", default: 100, outside: {word[outside]}, '
        f"outside_legs_for_direct_sip: {word[allowed]}}}\n"
    )
    flow = pbx(request, TRUNK.replace("5000", "5600") + "settings: {direct_sip: true}\n")
    found = [fault for fault in check.check(flow) if fault.code == "direct-sip-costs"]
    assert bool(found) is (outside and allowed)
    assert all("any number" in fault.message for fault in found)


def test_findings_come_in_the_order_of_the_text() -> None:
    flow = pbx("  5400: {kind: hours}\n  5001: {kind: greeting, prompt: a.wav}\n", TRUNK.replace("5000", "5400"))
    lines = [fault.line for fault in check.check(flow)]
    assert lines == sorted(lines) and len(lines) > 3


def five_hundred_rules() -> str:
    """500 rules for all kinds of masks, some of them shadowed."""
    rules = [f'  - {{mask: "8{n:03}(+)", output: "8{n:03}$", operator: m}}\n' for n in range(300)]
    rules += [f'  - {{mask: "{{p7|7|8|}}(4{n:02}ddddddd)", output: "8$", operator: m}}\n' for n in range(100)]
    rules += [
        f'  - {{mask: "{{p|}}{n}+", output: "0000", operator: m, mode: only, users: "{100 + n % 3}"}}\n'
        for n in range(50)
    ]
    rules += [f'  - {{mask: "8{n:03}d?(+)", output: "1", operator: m}}\n' for n in range(50)]
    return "".join(rules)


@rule("R-14.9", "R-14.25")
def test_five_hundred_rules_are_checked_whole() -> None:
    """R-14.9, R-14.25: every one of the fifty that can never fire is found. `benchmarks/` prints how long it takes."""
    started = time.perf_counter()
    flow = outgoing(five_hundred_rules())
    found: tuple[Fault, ...] = check.check(flow)
    print(f"500 rules loaded and checked in {time.perf_counter() - started:.2f} s, {len(found)} findings")
    never = {fault.place for fault in found if fault.code == "never-fires"}
    assert {f"outgoing.rules[{450 + n}].mask" for n in range(50)} <= never


def hostile_rules() -> str:
    """500 masks that begin with any digits and have long tails: what takes a number of one must be asked of all."""
    rules = [
        f'  - {{mask: "+{n * 7919 % 100_000:05}{"d" * (5 + n % 12)}", output: "{"0000" if n % 3 else "1"}", operator: m}}\n'
        for n in range(500)
    ]
    return "".join(rules)


@rule("R-14.10", "R-14.25")
def test_what_no_user_can_dial_is_no_finding_with_a_call_of_a_user() -> None:
    """Rules for everybody but all users are left to groups and callbacks, which dial what an administrator wrote."""
    nobody = "mode: except, users: 100;101;102"
    for rules in (
        f"  - {{mask: '8+', output: '0000', operator: m, {nobody}}}\n",
        f"  - {{mask: '8+', output: '89160000000', operator: m, {nobody}}}\n",
        f"  - {{mask: '8d9+', output: '1', operator: m, {nobody}}}\n  - {{mask: '89+', output: '2', operator: m, {nobody}}}\n",
    ):
        codes = {fault.code for fault in check.check(outgoing(rules + TEN))}
        assert not codes & {"bar-walked-around", "fixed-output", "order-matters", "never-fires"}, codes


@rule("R-02.10", "R-25.4")
def test_the_example_of_lost_minutes_is_at_a_whole_second_within_them() -> None:
    """A greeting of 3.5 s moves what is lost to half a second; people write seconds, and `pbx trace` shows it there."""
    flow = load(
        "pbx: example\nzone: UTC\nusers: {100: {}}\nprompts: {a.wav: 3.5}\ntrunks: {m: {number: '77', lines: 1, to: 5001}}\n"
        "elements:\n  5001: {kind: greeting, prompt: a.wav, next: 5400}\n  5400: {kind: hours, open: '09:00-21:00', match: 100}\n"
    )
    [fault] = [fault for fault in check.check(flow) if fault.code == "uncovered"]
    assert fault.example is not None and fault.example.at is not None and fault.example.at % SECOND_US == 0
    assert no_route(check_examples.run(flow, fault.example, AT))


@rule("R-14.25")
def test_a_search_that_is_cut_off_says_so_and_names_its_bound() -> None:
    """R-14.25: nothing is left undecided in silence, in either language."""
    found = [fault for fault in check.check(outgoing(hostile_rules())) if fault.code.endswith(("-decided", "-tried"))]
    assert {fault.code for fault in found} == {"not-all-decided", "bars-not-all-tried"}
    for fault in found:
        assert (fault.severity, fault.rule) == ("warning", "R-14.25") and fault.line and fault.example is not None
        bounds = (check_outgoing.FIRING_AT_MOST, check_outgoing.SEARCH_AT_MOST, check_outgoing.MATCHING_AT_MOST,
                  check_outgoing.DETOURS_TRIED, mask_automata.STATES_AT_MOST)  # fmt: skip
        assert any(f"the bound of {bound} " in fault.message for bound in bounds), fault.message
        spoken = faults_ru.translated(fault.message)
        assert "предел" in spoken and "bound" not in spoken and "of" not in spoken.split()


@rule("R-14.25")
def test_a_rule_for_too_many_kinds_of_callers_is_said_to_be_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_outgoing, "ORIGINATORS_TRIED", 1)
    rules = "".join(f'  - {{mask: "8+", output: 9, operator: m, mode: only, users: "{n}"}}\n' for n in (100, 101, 102))
    flow = outgoing(rules + '  - {mask: "8d", output: 9, operator: m, mode: only, users: "100;101;102"}\n')
    [fault] = [fault for fault in check.check(flow) if fault.code == "not-all-decided"]
    assert fault.place == "outgoing.rules[3].mask" and "1 kinds of callers" in fault.message


@rule("R-12.4")
def test_history_shows_callers_that_a_number_rule_misses() -> None:
    """R-12.4: numbers presented in another form than the entries."""
    flow = pbx(
        "  5500: {kind: number_rule, entries: ['8495'], match: 101, mismatch: 100}\n", TRUNK.replace("5000", "5500")
    )
    history = ["74951234567", "74957654321", "84950000000", "78121234567", "", "anonymous", "74951234567"]
    [fault] = check.check_callers(flow, history)
    assert (fault.code, fault.rule, fault.place) == ("other-form", "R-12.4", "elements.5500.entries")
    assert "2 callers are missed, as 74951234567 is presented so and not as 84951234567" in fault.message
    assert fault.example is not None
    assert does_not_leave("match")(check_examples.run(flow, fault.example, AT))
    assert check.check_callers(flow, ["84951234567"]) == ()
    assert fault in check.check(flow, callers=history) and fault not in check.check(flow)


@pytest.mark.parametrize(
    "menu",
    [
        "  5000: {kind: greeting, prompt: a.wav, dial_extension: true, no_input: hangup, invalid: hangup}\n",
        "  5000: {kind: http_request, address: 'https://example.org/call', default: hangup}\n",
    ],
)
def test_what_keys_or_a_web_server_may_name_counts_as_reached(menu: str) -> None:
    """R-02.1, R-05.8, R-13.5: an extension or a transfer can lead to any internal number."""
    assert "unreachable" not in {fault.code for fault in check.check(pbx(menu + GROUP))}
