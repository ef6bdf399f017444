"""iCalendar texts (RFC 5545) as days of a zone: single texts with their right days, and random ones against a naive judge."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis import check
from engine.analysis.preview import preview
from engine.calendar import holidays, ical_series, zones
from engine.document.models import Calendar
from engine.loading.load import load
from tests.harness import rule

BERLIN, MOSCOW, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow"), ZoneInfo("America/New_York")


def calendar(*events: str) -> str:
    """An iCalendar text of events; properties are separated by blanks, values have none."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", *(_whole(part) for part in event.split()), "END:VEVENT"]
    return "\n".join([*lines, "END:VCALENDAR", ""])


def _whole(part: str) -> str:
    """A property with its whole name: `ID` stands for `RECURRENCE-ID`, for short lines."""
    return f"RECURRENCE-{part}" if part.startswith(("ID:", "ID;")) else part


def days(text: str, zone: tzinfo = BERLIN, years: tuple[int, ...] = (2026,)) -> list[str]:
    """Special days, as month-day of a single year or as whole dates."""
    found = sorted(day for year in years for day in ical_series.days(text, year, zone))
    return [zones.date_of(day).isoformat()[5 if len(years) == 1 else 0 :] for day in found]


DAY = "UID:a DTSTART;VALUE=DATE:"
SERIES = "UID:a DTSTART;TZID=Europe/Berlin:20260105T090000 DURATION:PT1H RRULE:FREQ=WEEKLY;COUNT=4"

SINGLE = [
    # what it shows, events, days of 2026 in Berlin
    ("a day", [DAY + "20260501"], ["05-01"]),
    ("an end is excluded", [DAY + "20260501 DTEND;VALUE=DATE:20260503"], ["05-01", "05-02"]),
    ("an end before the start", [DAY + "20260501 DTEND;VALUE=DATE:20260401"], ["05-01"]),
    ("a length in days", [DAY + "20260501 DURATION:P2D"], ["05-01", "05-02"]),
    ("a length in hours of a day", [DAY + "20260501 DURATION:PT30H"], ["05-01", "05-02"]),
    ("a length in weeks", [DAY + "20260501 DURATION:P1W"], [f"05-0{n}" for n in range(1, 8)]),
    ("longer than a year", [DAY + "20251230 DTEND;VALUE=DATE:20260103"], ["01-01", "01-02"]),
    ("over years", [DAY + "20240601 DTEND;VALUE=DATE:20260102"], ["01-01"]),
    ("hours make the day", ["UID:a DTSTART:20260501T100000 DTEND:20260501T110000"], ["05-01"]),
    ("no length", ["UID:a DTSTART:20260501T235959"], ["05-01"]),
    ("up to midnight", ["UID:a DTSTART:20260501T200000 DTEND:20260502T000000"], ["05-01"]),
    ("past midnight", ["UID:a DTSTART:20260501T200000 DTEND:20260502T000001"], ["05-01", "05-02"]),
    ("UTC is brought to the zone", ["UID:a DTSTART:20260501T223000Z DURATION:PT1H"], ["05-02"]),
    ("UTC in winter", ["UID:a DTSTART:20260201T223000Z DURATION:PT1H"], ["02-01", "02-02"]),
    ("another zone", ["UID:a DTSTART;TZID=America/New_York:20260501T200000 DURATION:PT1H"], ["05-02"]),
    ("a name of Windows", ["UID:a DTSTART;TZID=Eastern~Standard~Time:20260501T200000 DURATION:PT1H"], ["05-02"]),
    ("another zone at the end", ["UID:a DTSTART:20260501T100000Z DTEND;TZID=Asia/Tokyo:20260502T090000"], ["05-01", "05-02"]),
    ("an added day", [DAY + "20260501 RDATE;VALUE=DATE:20260612"], ["05-01", "06-12"]),
    ("added days", [DAY + "20260501 RDATE;VALUE=DATE:20260612,20260613 RDATE;VALUE=DATE:20260701"],
     ["05-01", "06-12", "06-13", "07-01"]),
    ("an added time", [SERIES.replace("COUNT=4", "COUNT=1") + " RDATE:20260612T220000Z"], ["01-05", "06-13"]),
    ("an added day of a time", [SERIES.replace("COUNT=4", "COUNT=1") + " RDATE;VALUE=DATE:20260612"], ["01-05", "06-12"]),
    ("added periods",
     ["UID:a DTSTART:20260501T100000Z RDATE;VALUE=PERIOD:20260612T210000Z/PT2H,20260701T100000Z/20260703T100000Z"],
     ["05-01", "06-12", "06-13", "07-01", "07-02", "07-03"]),
    ("a left-out day", [DAY + "20260501 RRULE:FREQ=DAILY;COUNT=3 EXDATE;VALUE=DATE:20260502"], ["05-01", "05-03"]),
    ("a left-out day of times", [SERIES + " EXDATE;VALUE=DATE:20260112"], ["01-05", "01-19", "01-26"]),
    ("a left-out time in UTC", [SERIES + " EXDATE:20260112T080000Z"], ["01-05", "01-19", "01-26"]),
    ("a left-out time that is none", [SERIES + " EXDATE:20260112T090000Z"], ["01-05", "01-12", "01-19", "01-26"]),
    ("the first left out", [SERIES + " EXDATE;TZID=Europe/Berlin:20260105T090000"], ["01-12", "01-19", "01-26"]),
    ("a rule left out", [DAY + "20260501 RRULE:FREQ=DAILY;COUNT=5 EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2"],
     ["05-02", "05-04", "05-05"]),
    ("until a day, included", [DAY + "20260501 RRULE:FREQ=DAILY;UNTIL=20260503"], ["05-01", "05-02", "05-03"]),
    ("until a day, of times", [SERIES.replace("COUNT=4", "UNTIL=20260112")], ["01-05", "01-12"]),
    ("until in UTC, included", [SERIES.replace("COUNT=4", "UNTIL=20260119T080000Z")], ["01-05", "01-12", "01-19"]),
    ("until in UTC, just before", [SERIES.replace("COUNT=4", "UNTIL=20260119T075959Z")], ["01-05", "01-12"]),
    ("until in UTC, of days", [DAY + "20260501 RRULE:FREQ=DAILY;UNTIL=20260503T000000Z"], ["05-01", "05-02", "05-03"]),
    ("the start counts", [DAY + "20260501 RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"], ["05-01", "05-04", "05-11"]),
    ("over a change of clocks", ["UID:a DTSTART;TZID=Europe/Berlin:20260323T003000 RRULE:FREQ=WEEKLY;COUNT=2"],
     ["03-23", "03-30"]),
    ("two rules", [DAY + "20260501 RRULE:FREQ=DAILY;COUNT=2 RRULE:FREQ=WEEKLY;COUNT=2"], ["05-01", "05-02", "05-08"]),
    ("a day that never comes", [DAY + "20260501 RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"], ["05-01"]),
    ("one moved", [SERIES, "UID:a ID;TZID=Europe/Berlin:20260112T090000 DTSTART;TZID=Europe/Berlin:20260114T090000"],
     ["01-05", "01-14", "01-19", "01-26"]),
    ("one moved, told in UTC", [SERIES, "UID:a ID:20260112T080000Z DTSTART:20260114T080000Z"],
     ["01-05", "01-14", "01-19", "01-26"]),
    ("one moved before its event is told", ["UID:a ID:20260112T080000Z DTSTART:20260114T080000Z", SERIES],
     ["01-05", "01-14", "01-19", "01-26"]),
    ("one moved out of the year", [SERIES, "UID:a ID:20260112T080000Z DTSTART:20270114T080000Z"], ["01-05", "01-19", "01-26"]),
    ("one called off", [SERIES, "UID:a ID:20260112T080000Z DTSTART:20260112T080000Z STATUS:CANCELLED"],
     ["01-05", "01-19", "01-26"]),
    ("one called off, no start", [SERIES, "UID:a ID:20260112T080000Z STATUS:cancelled"], ["01-05", "01-19", "01-26"]),
    ("one longer", [SERIES, "UID:a ID:20260112T080000Z DTSTART:20260112T080000Z DURATION:P1D"],
     ["01-05", "01-12", "01-13", "01-19", "01-26"]),
    ("an added day moved",
     [DAY + "20260501 RDATE;VALUE=DATE:20260612", "UID:a ID;VALUE=DATE:20260612 DTSTART;VALUE=DATE:20260613"],
     ["05-01", "06-13"]),
    ("moved twice, the newest counts", [SERIES, "UID:a SEQUENCE:2 RECURRENCE-ID:20260112T080000Z DTSTART:20260113T080000Z",
     "UID:a SEQUENCE:1 RECURRENCE-ID:20260112T080000Z DTSTART:20260114T080000Z"], ["01-05", "01-13", "01-19", "01-26"]),
    ("this and all later ones", [SERIES, "UID:a ID;RANGE=THISANDFUTURE:20260119T080000Z DTSTART:20260120T080000Z DURATION:PT1H"],
     ["01-05", "01-12", "01-20", "01-27"]),
    ("all later ones called off", [SERIES, "UID:a ID;RANGE=THISANDFUTURE:20260119T080000Z STATUS:CANCELLED"], ["01-05", "01-12"]),
    ("the whole event called off", [SERIES + " STATUS:CANCELLED", "UID:a ID:20260112T080000Z DTSTART:20260114T080000Z"], []),
    ("an older version", [DAY + "20260501 SEQUENCE:0", DAY + "20260502 SEQUENCE:3"], ["05-02"]),
    ("one occurrence alone", ["UID:a ID:20260112T080000Z DTSTART:20260114T080000Z"], ["01-14"]),
    ("for ever", [DAY + "20261228 DURATION:P99999999D"], ["12-28", "12-29", "12-30", "12-31"]),
    ("for ever, every day", [DAY + "20261230 DTEND;VALUE=DATE:99990101 RRULE:FREQ=DAILY"], ["12-30", "12-31"]),
    ("a period for ever", ["UID:a DTSTART:20261230T100000Z RDATE;VALUE=PERIOD:20261230T100000Z/P99999999D"],
     ["12-30", "12-31"]),
    ("weeks that begin on Sunday", [DAY + "20260106 RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU"],
     ["01-06", "01-18", "01-20", "02-01"]),
    ("weeks that begin on Monday", [DAY + "20260106 RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO"],
     ["01-06", "01-11", "01-20", "01-25"]),
    ("the last working day", [DAY + "20260130 RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3"],
     ["01-30", "02-27", "03-31"]),
    ("a leap day", [DAY + "20240229 RRULE:FREQ=YEARLY"], []),
    ("two events without an id", ["DTSTART;VALUE=DATE:20260501", "DTSTART;VALUE=DATE:20260502"], ["05-01", "05-02"]),
]  # fmt: skip


@rule("R-11.4")
@pytest.mark.parametrize(("shows", "events", "expected"), SINGLE, ids=[case[0] for case in SINGLE])
def test_days_of_an_icalendar_text(shows: str, events: list[str], expected: list[str]) -> None:
    text = calendar(*events).replace("~", " ")
    assert days(text) == expected, shows
    assert not list(holidays.ignored(Calendar(ics=text)))


OUT_OF_RANGE = [
    "INTERVAL=0", "INTERVAL=00", "INTERVAL=-1", "COUNT=0", "COUNT=-1", "BYMONTH=13", "BYMONTH=0",
    "BYMONTHDAY=0", "BYMONTHDAY=32", "BYYEARDAY=367", "BYWEEKNO=54", "BYSETPOS=0;BYDAY=MO", "BYDAY=99MO", "BYHOUR=25",
]  # fmt: skip


@rule("R-11.4")
@pytest.mark.parametrize("part", OUT_OF_RANGE)
@pytest.mark.parametrize("frequency", ["DAILY", "MONTHLY", "YEARLY"])
def test_numbers_a_rule_may_not_have_are_named_and_nobody_looks_for_them_for_ever(part: str, frequency: str) -> None:
    """RFC 5545 section 3.3.10. An interval of 0 ran for ever, a thirteenth month was looked for through all years."""
    text = calendar(DAY + f"20260101 RRULE:FREQ={frequency};{part}")
    assert days(text) == ["01-01"]
    (said,) = holidays.ignored(Calendar(ics=text))
    assert "RRULE" in str(said)


def test_mark_of_byte_order_before_a_text_is_none_of_it() -> None:
    assert days("\ufeff" + calendar(DAY + "20260501")) == ["05-01"]


@rule("R-11.4", "R-11.6")
def test_one_calendar_has_other_days_for_rules_in_other_zones() -> None:
    text = calendar(
        "UID:a DTSTART:20260501T213000Z DURATION:PT1H",
        "UID:b DTSTART:20260601T100000",
        "UID:c DTSTART;VALUE=DATE:20260701",
    )
    assert days(text, MOSCOW) == ["05-02", "06-01", "07-01"]
    assert days(text, UTC) == ["05-01", "06-01", "07-01"]
    ics = "".join(f"      {line}\n" for line in text.splitlines())
    flow = load(
        f"pbx: example\nzone: Europe/Moscow\ncalendars:\n  c:\n    ics: |\n{ics}users: {{101: {{}}, 102: {{}}}}\nelements:\n"
        "  5400: {kind: hours, days: all, calendar: c, match: 101, mismatch: hangup}\n"
        "  5401: {kind: hours, days: all, calendar: c, zone: UTC, match: 101, mismatch: hangup}\n"
    )
    noon = zones.parse("Europe/Moscow").instants(zones.day_number(date(2026, 5, 2)), 12 * 3600)[0]
    assert [bool(preview(flow, noon, called=called, user=102).landing.user) for called in ("5400", "5401")] == [
        False,
        True,
    ]


LEFT_OUT = [
    (["UID:a SUMMARY:Party"], "event «Party»: it has no DTSTART"),
    ([DAY + "20260501 RRULE:FREQ=HOURLY"], "event «a»: its RRULE is HOURLY, and days come daily or more seldom"),
    ([DAY + "20260501 RRULE:FREQ=FOO"], "event «a»: its RRULE cannot be read"),
    ([DAY + "20260501 DTEND:soon"], "event «a»: its DTEND cannot be read"),
    ([DAY + "20260501 RDATE:soon"], "event «a»: its RDATE cannot be read"),
    (["UID:a DTSTART;TZID=Nowhere/City:20260501T100000"],
     "event «a»: the zone Nowhere/City is not known, so its DTSTART is local time"),
    ([SERIES, "UID:a ID;RANGE=THISANDPRIOR:20260112T080000Z DTSTART:20260114T080000Z"],
     "event «a»: RANGE=THISANDPRIOR, so it stands for one occurrence"),
    ([SERIES, "UID:a RECURRENCE-ID:soon DTSTART:20260114T080000Z"], "event «a»: its RECURRENCE-ID"),
]  # fmt: skip


@rule("R-11.4")
@pytest.mark.parametrize(("events", "said"), LEFT_OUT)
def test_what_cannot_be_obeyed_is_found_and_named(events: list[str], said: str) -> None:
    text = "".join(f"      {line}\n" for line in calendar(*events, DAY.replace("a", "z", 1) + "20260901").splitlines())
    flow = load(f"pbx: example\ncalendars:\n  c:\n    ics: |\n{text}")
    found = [fault for fault in check.check(flow) if fault.code == "calendar-left-out"]
    assert found and found[0].message.startswith(f"this is left out: {said}"), found
    assert (found[0].rule, found[0].place, found[0].severity) == ("R-11.4", "calendars.c.ics", "warning")
    assert "09-01" in days(calendar(*events, DAY + "20260901")) or any("RECURRENCE-ID" in event for event in events)


@rule("R-11.4")
def test_parts_that_are_no_events_are_named() -> None:
    text = calendar(DAY + "20260501").replace("END:VCALENDAR", "BEGIN:VTODO\nUID:t\nEND:VTODO\nEND:VCALENDAR")
    assert list(holidays.ignored(Calendar(ics=text))) == ["1 VTODO: only events make days"]


# --- random texts against a naive judge --------------------------------------------------------------------------------

FIRST = date(2026, 1, 1)
CLOCKS: tuple[tuple[str, tzinfo | None], ...] = (
    ("date", None), ("local", None), ("Z", UTC), ("Europe/Berlin", BERLIN), ("America/New_York", NEW_YORK),
)  # fmt: skip


def written(name: str, clock: str, moments: list[datetime]) -> str:
    """A property with times on a clock."""
    if clock == "date":
        return f"{name};VALUE=DATE:" + ",".join(moment.strftime("%Y%m%d") for moment in moments)
    values = ",".join(moment.strftime("%Y%m%dT%H%M%S") + ("Z" if clock == "Z" else "") for moment in moments)
    return f"{name}:{values}" if clock in ("Z", "local") else f"{name};TZID={clock}:{values}"


@st.composite
def random_event(draw: st.DrawFn) -> tuple[list[str], list[tuple[datetime, timedelta]], tzinfo | None, bool]:
    """An event with recurrences, added, left-out, moved and called-off occurrences; and naively, when it takes place."""
    clock, zone = draw(st.sampled_from(CLOCKS))
    whole = clock == "date"
    hour = time() if whole else time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 30])))
    start = datetime.combine(FIRST + timedelta(days=draw(st.integers(0, 60))), hour)
    length = timedelta(days=draw(st.integers(1, 3))) if whole else timedelta(hours=draw(st.integers(1, 40)))
    every = timedelta(days=draw(st.sampled_from([1, 2, 7, 14])))
    name = "WEEKLY" if every.days % 7 == 0 else "DAILY"
    interval = every.days // 7 if every.days % 7 == 0 else every.days
    count = draw(st.integers(1, 12))
    moments = [start + n * every for n in range(count)]
    ends = f"COUNT={count}"
    if draw(st.booleans()):
        last = moments[-1]
        if whole:
            ends = "UNTIL=" + last.strftime("%Y%m%d")
        elif zone is None:
            ends = "UNTIL=" + last.strftime("%Y%m%dT%H%M%S")
        else:
            ends = "UNTIL=" + last.replace(tzinfo=zone).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["UID:a", written("DTSTART", clock, [start]), f"RRULE:FREQ={name};INTERVAL={interval};{ends}"]
    lines.append(f"DURATION:P{length.days}D" if whole else f"DURATION:PT{length // timedelta(hours=1)}H")
    takes = dict.fromkeys(moments, length)
    added = [start + timedelta(days=n) for n in draw(st.lists(st.integers(1, 90), max_size=3, unique=True))]
    if added:
        lines.append(written("RDATE", clock, added))
        takes |= dict.fromkeys(added, length)
    gone = draw(st.lists(st.sampled_from(sorted(takes)), max_size=3, unique=True))
    if gone:
        lines.append(written("EXDATE", clock, gone))
    for moment in gone:
        del takes[moment]
    events = [" ".join(lines)]
    found = dict(takes)
    moved = draw(st.lists(st.sampled_from(sorted(takes)), max_size=3, unique=True)) if takes else []
    instead = []
    for moment in moved:
        del found[moment]
        said = f"UID:a {written('ID', clock, [moment])}"
        if draw(st.booleans()):
            events.append(said + " STATUS:CANCELLED")
        else:
            to = moment + timedelta(days=draw(st.integers(-20, 20)))
            events.append(f"{said} {written('DTSTART', clock, [to])} {lines[3]}")
            instead.append((to, length))
    return draw(st.permutations(events)), [*found.items(), *instead], zone, whole


@rule("R-11.4")
@settings(max_examples=300, deadline=None)
@given(event=random_event(), zone=st.sampled_from([UTC, BERLIN, MOSCOW, NEW_YORK, ZoneInfo("Pacific/Kiritimati")]))
def test_random_events_lie_on_the_days_that_hours_counted_one_by_one_say(
    event: tuple[list[str], list[tuple[datetime, timedelta]], tzinfo | None, bool], zone: tzinfo
) -> None:
    events, takes, own, _ = event
    expected: set[date] = set()
    for start, length in takes:
        for half_hour in range(int(length / timedelta(minutes=30))):
            at = start + half_hour * timedelta(minutes=30)
            shown = at if own is None else at.replace(tzinfo=own).astimezone(zone)
            expected.add(shown.date())
    years = (2025, 2026, 2027)
    assert days(calendar(*events), zone, years) == sorted(day.isoformat() for day in expected)
