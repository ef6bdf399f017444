"""Rosters keep every rule of every contract, as a checker of their own rules says; contracts that do not fit are named."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbxsim.rostering.contracts import DAY_S, DAYS, ContractsDoNotFit, Worker, Workforce, workers
from pbxsim.rostering.roster_search import RosterSearch, WeekRoster
from pbxsim.staffing.teams import teams_of
from tests.pbxsim.staffing.test_staffing import two_skills

FLOW = two_skills(1, 60, [1], [1])[0]
"""Users 200 to 203 serve 5200, 220 to 223 serve 5201, 240 to 242 both."""

TEAMS = teams_of(FLOW)
WEEK = 24 * DAYS


def search(data: dict[str, Any], required: np.ndarray[Any, np.dtype[np.int64]]) -> RosterSearch:
    workforce = Workforce.of({"break_min": 30, "begin_every_min": 120, **data})
    people = workers(workforce, FLOW, TEAMS, range(DAYS))
    return RosterSearch(required, TEAMS, people, workforce, 3600)


def demand(
    of: dict[int, int], opens: int = 8, closes: int = 20, days: int = DAYS
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Members of the team of each user named, every day from `opens` to `closes`."""
    needed = np.zeros((len(TEAMS), WEEK), dtype=np.int64)
    for user, members in of.items():
        team = next(t for t, one in enumerate(TEAMS) if user in one.members)
        for day in range(days):
            needed[team, [(day * 24 + hour) % WEEK for hour in range(opens, closes)]] = members
    return needed


def broken(roster: WeekRoster, people: tuple[Worker, ...]) -> list[str]:
    """Every rule that a roster breaks; it shares nothing with the integer programme."""
    found = []
    for worker in people:
        own = sorted((d for d in roster.duties if d.worker is worker), key=lambda d: d.day)
        contract, days = worker.contract, [d.day for d in own]
        hours = sum((d.shift.end_s - d.shift.begin_s - d.shift.break_s) / 3600 for d in own)
        if not contract.hours[0] - 1e-6 <= hours <= contract.hours[1] + 1e-6:
            found.append(f"{worker.name}: {hours} hours, not within {contract.hours}")
        if len(set(days)) < len(days):
            found.append(f"{worker.name}: two shifts on a day")
        if not set(days) <= set(worker.days):
            found.append(f"{worker.name}: on a day off the list")
        if DAYS - len(days) < contract.days_off:
            found.append(f"{worker.name}: {DAYS - len(days)} days off")
        free = [day not in days for day in range(DAYS)]
        if contract.days_off_together and not any(free[day] and free[(day + 1) % DAYS] for day in range(DAYS)):
            found.append(f"{worker.name}: days off apart")
        longest = max((len(list(run)) for worked, run in itertools.groupby(2 * free) if not worked), default=0)
        if min(longest, DAYS) > contract.days_in_a_row:
            found.append(f"{worker.name}: {longest} days in a row")
        for duty in own:
            length = (duty.shift.end_s - duty.shift.begin_s) / 3600
            if length not in contract.shifts_h:
                found.append(f"{worker.name}: a shift of {length} hours")
            if duty.shift.begin_s < worker.window[0] or duty.shift.end_s > worker.window[1]:
                found.append(f"{worker.name}: outside of their hours of presence")
        spans = [(d.day * DAY_S + d.shift.begin_s, d.day * DAY_S + d.shift.end_s) for d in own]
        again = [(begin + DAYS * DAY_S, end + DAYS * DAY_S) for begin, end in spans]
        for (_, end), (begin, _) in itertools.pairwise(spans + again):
            if begin - end < contract.rest_h * 3600:
                found.append(f"{worker.name}: {(begin - end) / 3600} hours of rest")
    return found


CONTRACTS = st.fixed_dictionaries(
    {
        "hours": st.tuples(st.integers(0, 20), st.integers(24, 44)),
        "shifts_h": st.sampled_from([(8.0,), (4.0, 8.0), (6.0,), (5.0, 10.0)]),
        "days_off": st.integers(1, 3),
        "days_in_a_row": st.integers(3, 7),
        "rest_h": st.sampled_from([8.0, 11.0, 14.0]),
    }
)


@settings(max_examples=8, deadline=None)
@given(
    full=CONTRACTS,
    part=CONTRACTS,
    together=st.booleans(),
    window=st.sampled_from([("00:00", "24:00"), ("08:00", "18:00"), ("18:00", "08:00")]),
    night=st.booleans(),
    heads=st.integers(1, 3),
)
def test_every_roster_keeps_every_contract(
    full: dict[str, Any], part: dict[str, Any], together: bool, window: tuple[str, str], night: bool, heads: int
) -> None:
    full = {**full, "days_off": max(2, full["days_off"]), "days_off_together": together}
    people = [
        *({"user": user, "contract": "full"} for user in (200, 201, 240)),
        {"user": 220, "contract": "part", "from": window[0], "to": window[1]},
        {"user": 241, "contract": "part", "days": ["mon", "tue", "thu", "fri", "sun"]},
    ]
    found = search(
        {"contracts": {"full": full, "part": part}, "people": people, "begin_every_min": 240},
        demand({200: heads, 220: 1}, 0, 24) if night else demand({200: heads, 220: 1}),
    )
    try:
        roster = found.find()
    except ContractsDoNotFit as error:
        assert {one.contract for one in error.misfits} <= {"full", "part"}
        return
    assert broken(roster, tuple(found.workers)) == []


def test_the_checker_sees_a_broken_rule() -> None:
    data = {
        "contracts": {"c": {"hours": [0, 50], "days_off": 0, "rest_h": 0, "days_in_a_row": 7}},
        "people": [{"user": 200, "contract": "c"}],
    }
    found = search(data, demand({200: 1}))
    roster = found.find()
    assert len(roster.duties) == 6, "50 hours are six shifts of 7.5"
    strict = Workforce.of(
        {**data, "contracts": {"c": {"hours": [0, 37], "days_off": 2, "rest_h": 24, "days_in_a_row": 2}}}
    )
    worker = workers(strict, FLOW, TEAMS, range(DAYS))[0]
    object.__setattr__(worker, "name", "judged")
    judged = WeekRoster(tuple(type(d)(worker, d.day, d.shift) for d in roster.duties), (), roster.planned, 0.0, 0.0)
    assert len(broken(judged, (worker,))) >= 4


def test_one_who_serves_both_queues_stands_for_one_who_serves_one_and_the_night_goes_on_into_the_morning() -> None:
    data = {
        "contracts": {"c": {"hours": [0, 40], "shifts_h": [8], "rest_h": 11}},
        "people": [{"user": 240, "contract": "c"}, {"user": 241, "contract": "c"}],
    }
    found = search(data | {"break_min": 0}, demand({200: 1}, 22, 30))
    roster = found.find()
    assert {d.shift.begin_s for d in roster.duties} == {22 * 3600} and len(roster.duties) == DAYS
    assert not roster.missing and broken(roster, tuple(found.workers)) == []
    sunday = next(d for d in roster.duties if d.day == DAYS - 1)
    assert found.there(sunday.day, sunday.shift)[:6].tolist() == [1.0] * 6, "on Monday until six"


def test_missing_members_are_told_with_day_time_and_what_would_help() -> None:
    data = {
        "contracts": {"c": {"hours": [0, 16], "shifts_h": [8]}},
        "break_min": 0,
        "people": [{"user": 200, "contract": "c"}],
    }
    missing = search(data, demand({200: 1}, 8, 16, 5)).find().missing
    assert len(missing) == 3 and {(one.begin_s, one.end_s) for one in missing} == {(8 * 3600, 16 * 3600)}
    assert {one.helps for one in missing} == {"hours"} and missing[0].names == ("U200",) and missing[0].hours == 8
    everybody = search(data, demand({200: 2}, 8, 16, 2)).find().missing
    assert [(one.day, one.helps, one.members) for one in everybody] == [(0, "people", 1.0), (1, "people", 1.0)]


@pytest.mark.parametrize(
    ("contract", "person", "words"),
    [
        ({"hours": [38, 40]}, {}, r"U200: contract c asks for 38 paid hours a week, at most 37.5 fit .*"),
        ({"hours": [36, 40]}, {"days": ["mon", "tue"]}, r"at most 15 fit on mon, tue; what would help: another day"),
        (
            {"hours": [8, 40]},
            {"from": "09:00", "to": "13:00"},
            r"at most 0 fit on no day; what would help: longer hours",
        ),
        ({"hours": [20, 21], "shifts_h": [8]}, {}, r"at most 15 fit .* what would help: shifts of another length"),
    ],
)
def test_a_contract_that_nobody_can_keep_is_told_with_who_which_days_and_what_would_help(
    contract: dict[str, Any], person: dict[str, Any], words: str
) -> None:
    data = {"contracts": {"c": contract}, "people": [{"user": 200, "contract": "c", **person}]}
    with pytest.raises(ContractsDoNotFit, match=words):
        search(data, demand({200: 1})).find()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"people": [{"user": 200, "contract": "d"}]}, "there is no contract `d`; there are c"),
        ({"people": [{"contract": "c"}]}, "name a `user` of the PBX, or whom newcomers are `like`"),
        ({"people": [{"user": 200, "contract": "c"}] * 2}, "user 200 stands twice"),
        ({"people": [{"user": 200, "contract": "c", "days": ["monday"]}]}, "`monday` is no weekday"),
        ({"people": [{"user": 999, "contract": "c"}]}, "999 is no user who is a member of a queue"),
        ({"people": [{"user": 200, "contract": "c"}], "load": {"xmas": 1}}, "`xmas` is no weekday"),
    ],
)
def test_people_that_cannot_be_are_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        search({"contracts": {"c": {"hours": [0, 40]}}, **data}, demand({200: 1})).find()
