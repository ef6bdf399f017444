"""Time rules: R-11, the table T, and every boundary found by reckoning and by walking the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.preview import preview
from engine.analysis.scripted_world import Script
from engine.calendar import holidays, zones
from engine.calendar.schedule import Schedule, interval, weekdays
from engine.contract.ids import SECOND_US, Instant
from engine.document.models import Calendar
from engine.elements.hours import Hours
from engine.loading.load import examine, load
from tests.engine import tables
from tests.harness import rule

MINUTE_US = 60 * SECOND_US


def utc(text: str) -> Instant:
    """The instant of a UTC time written `2026-11-23 03:59:59`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_US


def hours(parameters: str, more: str = "") -> Hours:
    """A time rule with greeting 5000 while it holds and 5001 otherwise."""
    text = f"""
pbx: example
zone: Europe/Moscow
prompts: {{a.wav: 1}}
{more}
elements:
  5400: {{kind: hours, match: 5000, mismatch: 5001, {parameters}}}
  5000: {{kind: greeting, prompt: a.wav, next: hangup}}
  5001: {{kind: greeting, prompt: a.wav, next: hangup}}
"""
    element = load(text).elements[5400]
    assert isinstance(element, Hours)
    return element


T_CASES = tables.rows("hours_cases.tsv")


@rule("R-11.2", "R-11.5", "R-11.6", "R-11.7")
@pytest.mark.parametrize("case", T_CASES, ids=lambda case: case["case"])
def test_table_t_of_the_specification(case: dict[str, str]) -> None:
    """R-11.2, R-11.5 to R-11.7, cases T1 to T9."""
    rule = hours('days: mon-fri, open: "09:00-21:00", zone: GMT+5')
    at = utc(case["utc"])
    assert rule.decide(at).to == case["result"]
    assert rule.schedule.zone.local(at).strftime("%a %H:%M:%S") == case["local"]


@rule("R-11.2")
def test_the_example_is_the_rule_of_the_table(example_path) -> None:  # type: ignore[no-untyped-def]
    """R-11.2: the example PBX says the same as the table, through a whole call."""
    flow = load(example_path.read_bytes())
    for case in T_CASES:
        trace = preview(flow, utc(case["utc"]), trunk="spb")
        assert trace.steps[0].to == case["result"]
        assert trace.steps[1].element == int(case["result"])


@rule("R-11.5")
def test_start_is_included_and_end_excluded_to_the_second() -> None:
    """R-11.5."""
    plan = Schedule(zones.parse("UTC"), intervals=(interval("09:00:30-09:00:31"),))
    at = utc("2026-11-23 09:00:30")
    assert [plan.open_at(at + d) for d in (-1, 0, SECOND_US - 1, SECOND_US)] == [False, True, True, False]
    assert plan.next_change(at - 1) == at
    assert plan.next_change(at) == at + SECOND_US


@rule("R-11.5")
def test_the_whole_day_never_changes() -> None:
    """R-11.5: 00:00-24:00."""
    assert hours('open: "00:00-24:00"').next_change(utc("2026-11-23 12:00:00")) is None


@rule("R-11.5")
@pytest.mark.parametrize(
    ("at", "open_"),
    [
        ("2026-11-27 21:59:59", False),  # Friday
        ("2026-11-27 22:00:00", True),
        ("2026-11-28 05:59:59", True),  # Saturday morning belongs to Friday
        ("2026-11-28 06:00:00", False),
        ("2026-11-28 22:00:00", False),
        ("2026-11-30 03:00:00", False),  # Monday morning belongs to Sunday
        ("2026-11-30 22:00:00", True),
    ],
)
def test_an_interval_past_midnight_belongs_to_the_weekday_it_starts_on(at: str, open_: bool) -> None:
    """R-11.5."""
    rule = hours('days: mon-fri, open: "22:00-06:00", zone: UTC')
    assert rule.schedule.open_at(utc(at)) is open_


@rule("R-11.5")
def test_equal_start_and_end_run_to_the_next_day() -> None:
    """R-11.5: an end not after its start is past midnight."""
    rule = hours('days: mon, open: "09:00-09:00", zone: UTC')
    assert rule.schedule.open_at(utc("2026-11-24 08:59:59")) is True
    assert rule.schedule.open_at(utc("2026-11-24 09:00:00")) is False


@rule("R-11.4")
def test_several_intervals_are_alternatives() -> None:
    """R-11.4."""
    rule = hours('open: ["09:00-13:00", "14:00-18:00"], zone: UTC')
    assert [rule.schedule.open_at(utc(f"2026-11-23 {t}:30:00")) for t in ("12", "13", "14", "18")] == [1, 0, 1, 0]


@rule("R-11.4")
def test_all_given_parts_must_hold() -> None:
    """R-11.4: weekday, interval, date range."""
    rule = hours('days: mon, open: "09:00-10:00", dates: "2026-11-01..2026-11-25", zone: UTC')
    assert [rule.schedule.open_at(utc(f"2026-11-{day} 09:30:00")) for day in ("16", "23", "24", "30")] == [1, 1, 0, 0]


@rule("R-11.4")
def test_yearly_dates_come_back_and_run_past_new_year() -> None:
    """R-11.4."""
    rule = hours('dates: ["12-30..01-08"], zone: UTC')
    days = ("2026-12-29", "2026-12-30", "2027-01-08", "2027-01-09", "2031-01-01")
    assert [rule.schedule.open_at(utc(f"{day} 12:00:00")) for day in days] == [0, 1, 1, 0, 1]


@rule("R-11.4")
def test_a_leap_day_is_found_eight_years_ahead() -> None:
    """R-11.4: 2100 has none."""
    rule = hours('dates: ["02-29"], zone: UTC')
    assert rule.next_change(utc("2096-03-01 00:00:00")) == utc("2104-02-29 00:00:00")


def test_a_single_date_far_ahead_is_found() -> None:
    rule = hours('dates: ["2099-05-05"], zone: UTC')
    assert rule.next_change(utc("2026-01-01 00:00:00")) == utc("2099-05-05 00:00:00")
    assert rule.next_change(utc("2099-05-05 00:00:00")) == utc("2099-05-06 00:00:00")
    assert rule.next_change(utc("2099-05-06 00:00:00")) is None


@rule("R-11.4", "R-11.7")
@pytest.mark.parametrize(
    ("mode", "holiday", "workday", "weekend"), [("closed", False, True, False), ("open", True, True, False)]
)
def test_public_holidays_count_only_through_a_calendar(mode: str, holiday: bool, workday: bool, weekend: bool) -> None:
    """R-11.4, R-11.7: treat as closed, or as open whatever the weekday."""
    rule = hours(f"days: mon-fri, calendar: ru, holidays: {mode}", "calendars: {ru: {country: RU}}")
    noon = [rule.schedule.open_at(utc(f"{day} 09:00:00")) for day in ("2026-01-01", "2026-11-23", "2026-11-28")]
    assert noon == [holiday, workday, weekend]
    assert hours("days: mon-fri").schedule.open_at(utc("2026-01-01 09:00:00")) is True


@rule("R-11.4")
def test_holidays_alone_are_a_rule_of_no_weekday() -> None:
    """R-11.4."""
    rule = hours("days: none, calendar: own, holidays: open, zone: UTC", "calendars: {own: {dates: [2026-11-24]}}")
    assert [rule.schedule.open_at(utc(f"2026-11-{day} 12:00:00")) for day in (23, 24, 25)] == [0, 1, 0]


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//calendar//EN
BEGIN:VEVENT
UID:1@example.org
DTSTART;VALUE=DATE:20261231
DTEND;VALUE=DATE:20270103
SUMMARY:New Year
END:VEVENT
BEGIN:VEVENT
UID:2@example.org
DTSTART;VALUE=DATE:20200623
RRULE:FREQ=YEARLY;UNTIL=20281231T000000Z
EXDATE;VALUE=DATE:20270623
SUMMARY:Founding day
END:VEVENT
BEGIN:VEVENT
UID:3@example.org
DTSTART:20261110T120000Z
DTEND:20261110T140000Z
SUMMARY:Stock-taking
END:VEVENT
BEGIN:VEVENT
UID:4@example.org
DTSTART;VALUE=DATE:20261111
STATUS:CANCELLED
SUMMARY:Called off
END:VEVENT
END:VCALENDAR
"""


@rule("R-11.4")
def test_icalendar_files_give_days() -> None:
    """R-11.4: ends excluded (RFC 5545), recurrences, left-out days, cancelled events, events of hours."""
    days = holidays.Days(Calendar(ics=ICS))
    got = {str(zones.date_of(day)) for year in range(2026, 2031) for day in days.of_year(year)}
    assert got == {
        "2026-06-23", "2028-06-23", "2026-11-10", "2026-12-31", "2027-01-01", "2027-01-02",
    }  # fmt: skip


@rule("R-11.4")
def test_an_icalendar_text_stands_in_the_document() -> None:
    """R-11.4."""
    indented = "".join(f"      {line}\n" for line in ICS.splitlines())
    rule = hours("calendar: own, zone: UTC", f"calendars:\n  own:\n    ics: |\n{indented}")
    assert [rule.schedule.open_at(utc(f"2026-12-{day} 12:00:00")) for day in (30, 31)] == [True, False]
    assert rule.why(utc("2026-12-31 12:00:00")) == "Thu 12:00 UTC is on a holiday"


@rule("R-11.6")
def test_gmt_plus_five_is_ahead_of_utc_and_fixed() -> None:
    """R-11.6: the POSIX name is Etc/GMT-5."""
    for text, posix in (("GMT+5", "Etc/GMT-5"), ("UTC-3", "Etc/GMT+3"), ("gmt", "UTC")):
        for at in (utc("2026-01-01 00:00:00"), utc("2026-07-01 00:00:00")):
            assert zones.parse(text).offset_s(at) == zones.parse(posix).offset_s(at)
    assert zones.parse("GMT+5:30").offset_s(0) == 19_800


@rule("R-11.6")
def test_local_times_that_are_skipped_do_not_occur() -> None:
    """R-11.6: Berlin goes from 02:00 to 03:00 on 2026-03-29."""
    rule = hours('open: "02:15-02:45", zone: Europe/Berlin')
    changes = rule.schedule.changes(utc("2026-03-28 12:00:00"), utc("2026-03-30 12:00:00"))
    assert changes == [
        (utc("2026-03-28 12:00:00"), False),
        (utc("2026-03-30 00:15:00"), True),
        (utc("2026-03-30 00:45:00"), False),
    ]
    rule = hours('open: "01:30-02:30", zone: Europe/Berlin')  # begins, and is cut off by the jump
    assert rule.next_change(utc("2026-03-29 00:30:00")) == utc("2026-03-29 01:00:00")


@rule("R-11.6")
def test_local_times_that_occur_twice_match_both_times() -> None:
    """R-11.6: Berlin goes from 03:00 to 02:00 on 2026-10-25."""
    rule = hours('open: "02:15-02:45", zone: Europe/Berlin')
    changes = rule.schedule.changes(utc("2026-10-25 00:00:00"), utc("2026-10-25 03:00:00"))
    assert [(at - changes[0][0]) // MINUTE_US for at, _ in changes] == [0, 15, 45, 75, 105]
    assert [open_ for _, open_ in changes] == [False, True, False, True, False]


ZONES = ["GMT+5", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"]
TIMES = st.integers(0, 23).flatmap(lambda h: st.sampled_from([0, 15, 30, 45]).map(lambda m: f"{h:02}:{m:02}"))


@rule("R-11.4", "R-11.5", "R-11.6")
@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    days=st.frozensets(st.integers(0, 6)),
    spans=st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=3),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1)),
    special=st.sampled_from([None, "closed", "open"]),
)
def test_boundaries_are_those_a_walk_along_the_clock_finds(
    zone: str, days: frozenset[int], spans: list[tuple[str, str]], start: datetime, special: str | None
) -> None:
    """R-11.4 to R-11.6: minute by minute, with the local time as Python tells it."""
    intervals = tuple(interval(f"{a}-{b}") for a, b in spans)
    calendar = holidays.Days(Calendar(dates=("03-25..03-31", "10-25..11-03"))) if special else None
    plan = Schedule(zones.parse(zone), days, intervals, (), calendar, special == "open")
    first = int(start.replace(second=0, microsecond=0, tzinfo=UTC).timestamp()) * SECOND_US
    end = first + 3 * 24 * 60 * MINUTE_US

    def counts(day: date) -> bool:
        if calendar and ((3, 25) <= (day.month, day.day) <= (3, 31) or (10, 25) <= (day.month, day.day) <= (11, 3)):
            return special == "open"
        return day.weekday() in days

    def naive(at: Instant) -> bool:
        local = datetime.fromtimestamp(at // SECOND_US, zones.parse(zone).tzinfo)
        second = local.hour * 3600 + local.minute * 60
        return any(
            (a <= second < b and counts(local.date()))
            or (second + 86_400 < b and counts(local.date() - timedelta(days=1)))
            for a, b in intervals
        )

    walked = [(first, naive(first))]
    for at in range(first, end, MINUTE_US):
        if naive(at) != walked[-1][1]:
            walked.append((at, naive(at)))
    assert plan.changes(first, end) == walked
    hopped, at = [(first, plan.open_at(first))], first
    while (following := plan.next_change(at)) is not None and following < end:
        at = following
        hopped.append((at, plan.open_at(at)))
    assert hopped == walked


@rule("R-11.8")
@pytest.mark.parametrize(
    ("mode", "until", "at", "output"),
    [
        ("match", None, "2026-11-28 05:00:00", "match"),
        ("mismatch", None, "2026-11-23 05:00:00", "mismatch"),
        ("auto", None, "2026-11-23 05:00:00", "match"),
    ],
)
def test_a_rule_is_held_by_hand(mode: str, until: str | None, at: str, output: str) -> None:
    """R-11.8."""
    rule = hours('days: mon-fri, open: "09:00-21:00", zone: GMT+5')
    assert rule.decide(utc(at), mode).name == output


@rule("R-11.8")
def test_a_hold_by_hand_is_shown_in_the_preview(example_path) -> None:  # type: ignore[no-untyped-def]
    """R-11.8: shown in previews and history."""
    flow = load(example_path.read_bytes())
    at = utc("2026-11-28 05:00:00")
    trace = preview(flow, at, trunk="spb", script=Script(overrides={5400: "match"}))
    assert (trace.steps[0].output, trace.steps[0].why) == ("match", ("held at match by hand (R-11.8)",))


@rule("R-25.4")
@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-23 04:30:00", "Mon 09:30 GMT+5 is within 09:00-21:00"),
        ("2026-11-23 03:30:00", "Mon 08:30 GMT+5 is outside 09:00-21:00"),
        ("2026-11-28 05:00:00", "Sat 10:00 GMT+5 is on none of its weekdays"),
    ],
)
def test_decisions_say_why_in_one_line(at: str, words: str) -> None:
    """R-25.4."""
    assert hours('days: mon-fri, open: "09:00-21:00", zone: GMT+5').why(utc(at)) == words


@rule("R-11.5")
@pytest.mark.parametrize("text", ["9-18", "25:00-26:00", "09:60-10:00", "24:00-25:00", "09:00-24:01", "09:00"])
def test_intervals_that_no_clock_shows_are_refused(text: str) -> None:
    """R-11.5."""
    with pytest.raises(ValueError, match=r"R-11\.5"):
        interval(text)


@rule("R-11.4", "R-11.7")
@pytest.mark.parametrize(
    ("text", "days"),
    [("mon-fri", [0, 1, 2, 3, 4]), ("sat,sun", [5, 6]), ("fri-mon", [0, 4, 5, 6]), ("MON", [0]), ("none", [])],
)
def test_weekdays_are_ranges_and_lists(text: str, days: list[int]) -> None:
    """R-11.4, R-11.7."""
    assert sorted(weekdays(text)) == days


@rule("R-11.4")
def test_more_than_ten_intervals_are_refused() -> None:
    """R-11.4."""
    many = ", ".join(f'"{h:02}:00-{h:02}:30"' for h in range(11))
    _, found = examine(f"pbx: example\nelements: {{5400: {{kind: hours, match: hangup, open: [{many}]}}}}\n")
    assert [fault.rule for fault in found] == ["R-11.4"]
