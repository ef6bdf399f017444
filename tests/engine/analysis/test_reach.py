"""Where calls land over a year: exact to the microsecond, whatever the clocks do, for every caller class."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis import reach
from engine.analysis.caller_classes import classes
from engine.analysis.preview import preview
from engine.analysis.reach import Place
from engine.calendar import zones
from engine.contract.causes import Cause
from engine.contract.ids import SECOND_US, Instant
from engine.loading.load import load
from engine.state.flow import Flow
from tests.harness import rule


def utc(text: str) -> Instant:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_US


START, END = utc("2026-01-01 00:00:00"), utc("2027-01-01 00:00:00")


def pbx(elements: str, to: int = 5400, more: str = "") -> Flow:
    return load(
        f"pbx: example\nzone: Europe/Berlin\nprompts: {{a.wav: 5, b.wav: 1}}\n{more}"
        f'trunks: {{m: {{number: "74951234567", to: {to}}}}}\nusers: {{100: {{}}, 101: {{}}}}\nelements:\n{elements}'
    )


def minutes(flow: Flow, caller: int = -1) -> dict[str, float]:
    [one] = reach.reach(flow, START, END)
    return {place.text: spent for place, spent in one.timelines[caller].minutes().items()}


@rule("R-11.2", "R-12.2")
def test_minutes_of_a_year_by_destination(example_path: Path) -> None:
    """R-11.2, R-12.2: weekdays from 9 to 21 are 261 days of 720 minutes in 2026."""
    flow = load(example_path.read_bytes())
    moscow, spb = reach.reach(flow, START, END)
    debtors, others = moscow.timelines
    assert debtors.caller.name == "callers that fit 5500"
    assert {p.text: m for p, m in debtors.minutes().items()} == {"voicemail 5120 «Mailbox»": 525_600}
    assert {p.text: m for p, m in others.minutes().items()} == {
        "voicemail 5120 «Mailbox»": 525_600 - 261 * 720,
        "greeting 5000 «Welcome»": 261 * 720,
    }
    assert [line.caller.name for line in spb.timelines] == ["all callers"]


@rule("R-11.6")
def test_clock_changes_are_minutes_too() -> None:
    """R-11.6: 02:00 to 03:00 lacks an hour in March and has one more in October."""
    flow = pbx('  5400: {kind: hours, open: "02:00-03:00", match: 100, mismatch: 101}\n')
    assert minutes(flow)["user 100"] == 365 * 60
    [one] = reach.reach(flow, utc("2026-03-28 12:00:00"), utc("2026-03-30 12:00:00"))
    assert one.timelines[0].minutes() == {
        Place(101, "user", ""): 48 * 60 - 60,
        Place(100, "user", ""): 60,
    }
    [one] = reach.reach(flow, utc("2026-10-24 12:00:00"), utc("2026-10-25 12:00:00"))
    assert one.timelines[0].minutes()[Place(100, "user", "")] == 120


def test_boundaries_are_where_the_landing_changes() -> None:
    flow = pbx('  5400: {kind: hours, days: mon, open: "09:00-10:00", match: 100, mismatch: 101}\n')
    [one] = reach.reach(flow, utc("2026-11-23 00:00:00"), utc("2026-11-30 00:00:00"))
    assert [(b.at, b.before.node, b.after.node) for b in one.boundaries()] == [
        (utc("2026-11-23 08:00:00"), 101, 100),
        (utc("2026-11-23 09:00:00"), 100, 101),
    ]


@rule("R-02.16")
def test_a_greeting_moves_the_clock_of_what_comes_after() -> None:
    """R-02.16: the clock at the moment the call enters the time rule, five seconds after it began."""
    flow = pbx(
        "  5000: {kind: greeting, prompt: a.wav, next: 5400}\n"
        '  5400: {kind: hours, open: "09:00-10:00", match: 100, mismatch: 101}\n',
        to=5000,
    )
    [one] = reach.reach(flow, utc("2026-11-23 00:00:00"), utc("2026-11-24 00:00:00"))
    assert [b.at for b in one.boundaries()] == [utc("2026-11-23 07:59:55"), utc("2026-11-23 08:59:55")]
    for at in (utc("2026-11-23 07:59:55") - 1, utc("2026-11-23 07:59:55")):
        assert preview(flow, at, trunk="m").landing.user == one.timelines[0].at(at).node


@rule("R-02.14")
def test_a_circle_of_greetings_is_a_loop() -> None:
    """R-02.14: it ends by the guard, after 200 entries."""
    flow = pbx(
        "  5000: {kind: greeting, prompt: a.wav, next: 5001}\n  5001: {kind: greeting, prompt: b.wav, next: 5000}\n",
        to=5000,
    )
    assert minutes(flow) == {"a loop without waiting": 525_600}


def test_places_in_words() -> None:
    flow = pbx(
        "  5400: {kind: hours, days: mon, match: 89161234567, mismatch: 5401}\n"
        "  5401: {kind: hours, days: tue, match: hangup}\n"
    )
    assert set(minutes(flow)) == {"outside 89161234567", "hang up", "no route set"}


CLASSES = [
    ("['7495', '7812']", "", 2),
    ("['7495', '74951']", "", 2),
    ("['7495']", "  5501: {kind: number_rule, entries: ['74951'], match: 100, mismatch: 101}\n", 3),
    ("['7495']", "  5501: {kind: number_rule, entries: ['7812'], match: 100, mismatch: 101}\n", 3),
    ("['7']", "  5501: {kind: number_rule, entries: [{number: '77', kind: exact}], match: 100, mismatch: 101}\n", 3),
    (
        "[{number: '7+', kind: mask}]",
        "  5501: {kind: number_rule, entries: [{number: '+7', kind: mask}], match: 100, mismatch: 101}\n",
        4,
    ),
]


@rule("R-12.3")
@pytest.mark.parametrize(("entries", "second", "count"), CLASSES)
def test_caller_classes_are_all_that_the_rules_tell_apart(entries: str, second: str, count: int) -> None:
    """R-12.3: each class has a number that stands for it, and no two answer alike."""
    after = 5501 if second else 100
    flow = pbx(f"  5400: {{kind: number_rule, entries: {entries}, match: {after}, mismatch: {after}}}\n{second}")
    found = classes(flow)
    assert len(found) == count
    assert len({one.fits for one in found}) == count
    assert len({one.name for one in found}) == count
    for one in found:
        for number, fits in one.fits:
            assert (flow.elements[number].decide(one.number).name == "match") is fits  # type: ignore[attr-defined]


TIMES = st.tuples(st.integers(0, 23), st.sampled_from([0, 20, 30])).map(lambda t: f"{t[0]:02}:{t[1]:02}")


ZONES = (
    "Europe/Berlin", "GMT+5", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll",
)  # fmt: skip


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Chains of time rules, number rules and greetings without keys that end at users; greetings may lead back."""
    count = draw(st.integers(1, 8))
    lines = []
    for n in range(count):
        onward = st.sampled_from([*(str(5400 + k) for k in range(n + 1, count)), "100", "101", "hangup", "~"])
        one, other = draw(onward), draw(onward)
        kind = draw(st.sampled_from(["hours", "hours", "number_rule", "greeting"]))
        if kind == "hours":
            span = f'"{draw(TIMES)}-{draw(TIMES)}"'
            days = draw(st.sampled_from(["mon-fri", "sat,sun", "all", "mon-sat"]))
            zone = draw(st.sampled_from(ZONES))
            what = f"kind: hours, days: '{days}', open: {span}, zone: {zone}, match: {one}, mismatch: {other}"
        elif kind == "number_rule":
            entry = draw(st.sampled_from(["7495", "7", "749", "8"]))
            what = f"kind: number_rule, entries: ['{entry}'], match: {one}, mismatch: {other}"
        else:
            back = draw(st.sampled_from([one, one, str(5400 + draw(st.integers(0, n)))]))
            what = f"kind: greeting, prompt: {draw(st.sampled_from(['a.wav', 'b.wav']))}, next: {back}"
        lines.append(f"  {5400 + n}: {{{what}}}\n")
    return pbx("".join(lines))


@settings(max_examples=60, deadline=None)
@given(flow=flows(), start=st.integers(START, END), data=st.data())
def test_the_sweep_agrees_with_single_calls(flow: Flow, start: Instant, data: st.DataObject) -> None:
    """At random instants, and on both sides of every boundary, to the microsecond."""
    end = start + 5 * 86_400 * SECOND_US
    [one] = reach.reach(flow, start, end)
    way = flow.entry_of("m")
    for line in one.timelines:
        assert line.stretches[0].start == start and line.stretches[-1].end == end
        instants = data.draw(st.lists(st.integers(start, end - 1), max_size=5))
        for stretch in line.stretches:
            instants += [stretch.start, stretch.end - 1]
        for at in instants:
            assert line.at(at) == reach.land(flow, way, line.caller.number, at)
        for before, after in zip(line.stretches, line.stretches[1:], strict=False):
            assert (before.end, before.place != after.place) == (after.start, True)


@rule("R-25.1")
@settings(max_examples=25, deadline=None)
@given(flow=flows(), at=st.integers(START, END))
def test_the_sweep_agrees_with_the_engine(flow: Flow, at: Instant) -> None:
    """R-25.1: one meaning; a whole call through the engine lands where the map says."""
    [one] = reach.reach(flow, at, at + SECOND_US)
    for line in one.timelines:
        trace = preview(flow, at, trunk="m", caller=line.caller.number)
        node = line.at(at).node
        if isinstance(node, int):
            assert trace.landing.user == node
        else:
            if node == reach.LOOP:
                assert trace.landing.cause is Cause.EXCHANGE_ROUTING_ERROR
                continue
            last = trace.steps[-1].to if trace.steps else ""
            assert (node, last) in {("hangup", "hangup"), ("no_route", "")}


def test_the_calendar_holds_every_minute_once() -> None:
    flow = pbx('  5400: {kind: hours, days: mon-fri, open: "09:15-17:00", match: 100, mismatch: 101}\n')
    [one] = reach.reach(flow, START, END)
    week = one.timelines[0].calendar(flow.zone)
    assert (len(week), {len(row) for row in week}) == (7, {48})
    assert sum(spent for row in week for cell in row for spent in cell.values()) == 525_600
    monday_at_nine = {place.node: spent for place, spent in week[0][18].items()}
    assert monday_at_nine == {101: 52 * 15, 100: 52 * 15}


def test_calls_that_begin_at_an_element_are_mapped_too() -> None:
    flow = pbx("  5400: {kind: hours, days: mon-fri, match: 100, mismatch: 101}\n")
    one = reach.reach_element(flow, 5400, START, END)
    assert {place.node for place in one.timelines[0].minutes()} == {100, 101}
    with pytest.raises(KeyError):
        reach.reach_element(flow, 5999, START, END)


def test_a_hundred_elements_over_a_year_are_swept_whole() -> None:
    """The figure is printed, not asserted: timed claims belong to `benchmarks/`."""
    lines = []
    for n in range(97):
        near, far = 5400 + min(n + 5, 97), 5400 + min(n + 6 + n % 5, 97)
        lines.append(
            f'  {5400 + n}: {{kind: hours, days: mon-fri, open: "{n % 24:02}:{n % 60:02}-{(n * 7) % 24:02}:{(n * 11) % 60:02}", '
            f"match: {near}, mismatch: {far}}}\n"
        )
    lines.append("  5497: {kind: number_rule, entries: ['7495'], match: 100, mismatch: 101}\n")
    flow = pbx("".join(lines))
    started = time.perf_counter()
    [one] = reach.reach(flow, START, END)
    print(f"98 elements, a year, {len(one.timelines)} caller classes: {time.perf_counter() - started:.2f} s")
    assert [sum(line.minutes().values()) for line in one.timelines] == [525_600, 525_600]
    assert {place.node for line in one.timelines for place in line.minutes()} == {100, 101}


def chain(length: int, prompts: dict[int, str]) -> Flow:
    """So many elements one after the other, all time rules but the greetings at `prompts`, then user 100."""
    lines = []
    for n in range(length):
        to = 5400 + n + 1 if n + 1 < length else 100
        greeting = f"{{kind: greeting, prompt: {prompts.get(n)}, next: {to}}}"
        lines.append(
            f"  {5400 + n}: " + (greeting if n in prompts else f"{{kind: hours, match: {to}, mismatch: {to}}}") + "\n"
        )
    return pbx("".join(lines))


@rule("R-02.14")
@pytest.mark.parametrize(
    ("length", "prompts", "node"),
    [(24, {}, 100), (25, {}, reach.LOOP), (30, {10: "a.wav"}, 100), (199, {n: "a.wav" for n in range(0, 199, 20)}, 100),
     (200, {n: "a.wav" for n in range(0, 200, 20)}, reach.LOOP)],
)  # fmt: skip
def test_the_loop_guard_counts_as_the_engine_does(length: int, prompts: dict[int, str], node: int | str) -> None:
    """25 entries without a wait of a second and 200 in all, the last element included; one more ends the call."""
    flow = chain(length, prompts)
    [one] = reach.reach(flow, START, START + SECOND_US)
    assert one.timelines[0].at(START).node == node == reach.land(flow, flow.entry_of("m"), "74951234567", START).node
    landing = preview(flow, START, trunk="m", caller="74951234567").landing
    assert (landing.cause is Cause.EXCHANGE_ROUTING_ERROR) is (node == reach.LOOP)


@rule("R-02.14", "R-11.5")
def test_calls_that_leave_a_circle_in_time_are_told_from_those_that_do_not() -> None:
    """Welcomed every five seconds until nine o'clock; 99 times around are 198 entries, then the guard ends the call."""
    flow = pbx(
        "  5400: {kind: hours, open: '00:00-09:00', zone: UTC, match: 5001, mismatch: 100}\n"
        "  5001: {kind: greeting, prompt: a.wav, next: 5400}\n"
    )
    day = START // (86_400 * SECOND_US) * 86_400 * SECOND_US
    [one] = reach.reach(flow, day, day + 86_400 * SECOND_US)
    assert [(stretch.place.node, (stretch.end - day) / SECOND_US) for stretch in one.timelines[0].stretches] == [
        (reach.LOOP, 9 * 3600 - 99 * 5),
        (100, 86_400),
    ]
    for before_s, user in ((99 * 5, 100), (99 * 5 + 1, None)):
        landing = preview(flow, day + (9 * 3600 - before_s) * SECOND_US, trunk="m", caller="74951234567").landing
        assert landing.user == user


@rule("R-11.6")
@pytest.mark.parametrize(("zone", "since"), [("Africa/Casablanca", "2026-02-10"), ("Europe/Berlin", "2026-03-29")])
def test_a_year_ends_where_the_same_day_begins_on_the_clocks_of_the_account(zone: str, since: str) -> None:
    """Ramadan of 2026 and 2027 moves Moroccan clocks on other days."""
    flow = load(f"pbx: example\nzone: {zone}\nusers: {{100: {{}}}}\ntrunks: {{m: {{number: '77', to: 100}}}}\n")
    year, month, day = map(int, since.split("-"))
    [start] = flow.zone.instants(zones.day_number(date(year, month, day)), 0)
    end = reach.year(flow, start)[1]
    assert flow.zone.local(end).isoformat()[:19] == f"{year + 1}-{since[5:]}T00:00:00"
