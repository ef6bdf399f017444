"""The rest of the day as the Live page makes it: the figures of `pbx intraday`, what is refused and how, and who may ask."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import pbxsim
from engine.state.flow import Flow
from pbxsim import datasets
from pbxsim.forecast.intraday import TooLittleHistory
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.targets import Targets
from pbxsim.today.earlier import NoSuchQueue
from pbxsim.workbench.access.rights import Role
from pbxsim.workbench.access.visitors import Visitor
from pbxsim.workbench.live import rest_tables
from pbxsim.workbench.live.page import Live
from pbxsim.workbench.live.rest_of_day import RestOfDayCard
from pbxsim.workbench.live.rest_work import RestFound, RestOrder, work
from pbxsim.workbench.loadtest.tasks import TaskFailed
from pbxsim.workbench.shell.shell import Session
from pbxsim.workbench.shell.texts import Texts
from tests.cli.conftest import Pbx, pbx
from tests.pbxsim.workbench import made_history

__all__ = ["pbx"]

ZONE = ZoneInfo("Asia/Yekaterinburg")
NOW = dt.datetime(2026, 11, 23, 14, 10, tzinfo=ZONE)
REPS = 6
SCENARIO = datasets.folder() / "scenarios" / "example_weekday.yaml"


@pytest.fixture(scope="module")
def flow() -> Flow:
    return pbxsim.load_flow(datasets.find("example"))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight weeks as `history.jsonl`."""
    return made_history.write(made_history.records(NOW), tmp_path_factory.mktemp("rest") / "history.jsonl", ZONE)


def order(flow: Flow, history: Path, **changes: object) -> RestOrder:
    """The rest of the day without a plan."""
    usual = {
        "document": flow.document, "history": history, "own": None, "anyway": (),
        "now": pd.Timestamp(NOW.replace(tzinfo=None)), "scenario": None, "targets": Targets(service_level=0.6),
        "processes": 1, "language": "en", "reps": REPS,
    }  # fmt: skip
    return RestOrder(**{**usual, **changes})  # type: ignore[arg-type]


def done(asked: RestOrder) -> RestFound:
    return work(asked, lambda share, words: None)


@pytest.fixture(scope="module")
def found(flow: Flow, history: Path) -> RestFound:
    return done(order(flow, history, scenario=Scenario.load(SCENARIO)))


def test_the_page_has_the_figures_of_the_command_on_the_same_calls(pbx: Pbx, history: Path, found: RestFound) -> None:
    words = ("--at", "2026-11-23 14:10", "--pbx", "example", "--service-level", "0.6", "--reps", f"{REPS}", "--json")
    ran = pbx("intraday", "--history", str(history), "--zone", str(ZONE), *words)
    assert ran.status in (0, 1), ran.err
    told, rest = ran.json, found.rest
    assert (told["at"], found.now, told["learned_from_days"]) == ("14:00", "14:00", rest.learned_from_days)
    assert told["rest"] == pytest.approx(rest.whole) and 1.2 < told["seen"] / told["unchanged_morning"] < 1.9
    assert told["intervals"] == [pytest.approx(row) for row in rest.by_interval.reset_index().to_dict("records")]
    of_kinds = rest.by_kind_and_interval.reset_index().to_dict("records")
    assert told["kind_intervals"] == [pytest.approx(row) for row in of_kinds] and len(of_kinds) == 20
    helped, relief = found.helped, told["relief"]
    assert helped is not None
    assert (relief["enough"], relief["hours"]) == (helped.is_enough, helped.hours) and relief["hours"] > 0
    assert [row["members"] for row in relief["members"]] == helped.members["members"].tolist()
    assert [row["service_level"] for row in relief["service"]] == pytest.approx(
        helped.service["service_level"].tolist()
    )


def test_tables_and_picture_tell_both_languages_and_hide_no_queue(found: RestFound) -> None:
    for language, words in (
        ("en", ("5200 Sales", "So far", "may stay", "100 Anna")),
        ("ru", ("уже пришло", "могут остаться")),
    ):
        texts = Texts(language)
        shown = "".join(
            (
                rest_tables.by_queue(found, texts, False), rest_tables.helpers(found, texts, True),
                rest_tables.half_hours(found, "5200", texts, False), rest_tables.picture(found, "5200", texts, True),
                rest_tables.legend(found, texts, False),
            )
        )  # fmt: skip
        assert all(word.lower() in shown.lower() for word in words)
        assert "<svg" in shown and "14:00" in shown and "nan" not in shown.lower()
        assert str(found.worked_days) in rest_tables.rests_on(found, texts)
    assert found.helped is not None
    level = rest_tables.to_close(found.helped, "5200")
    assert level is not None and level == rest_tables.to_close(found.helped, rest_tables.ALL) and level[1] > level[0]
    assert rest_tables.verdict(found.helped, Texts("en"))[1] == "warning"


def test_a_plan_that_does_not_fit_leaves_the_forecast_and_says_why(flow: Flow, history: Path) -> None:
    scenario = Scenario.load(SCENARIO)
    made = done(
        order(flow, history, scenario=scenario.replace(shifts=[{"members": [999], "from": "09:00", "to": "18:00"}]))
    )
    assert made.helped is None and "999" in made.problem and made.rest.whole["calls"] > 0


def test_an_own_log_tells_the_days_before_and_the_bridge_today(flow: Flow, history: Path, found: RestFound) -> None:
    """The same days as a table of another system, whose queue has the name of ours, and another queue that ours lacks."""
    calls = made_history.records(NOW)
    midnight = NOW.replace(hour=0, minute=0)
    at = [dt.datetime.fromtimestamp(one.start / 1e6, ZONE) for one in calls]
    rows = [
        f"{when:%Y-%m-%d %H:%M:%S.%f},{queue},10,30,ANSWERED"
        for when in at
        if when < midnight
        for queue in ("SALES", *(("Accounts",) if when.minute == 7 else ()))
    ]
    own = ("calls.csv", ("date,queue,wait_s,talk_s,outcome\n" + "\n".join(rows)).encode())
    today = made_history.write(
        [one for one, when in zip(calls, at, strict=True) if when >= midnight], history.with_name("today.jsonl"), ZONE
    )
    made = done(order(flow, today, own=own))
    assert made.rest.whole == pytest.approx(found.rest.whole) and made.rest.kinds == ("5200",)
    assert made.left_out > 0 and str(made.left_out) in rest_tables.rests_on(made, Texts("en")).replace(" ", "")
    today.write_bytes(b"")
    assert done(order(flow, today, own=own)).rest.seen.sum() == 0, "no call has come yet"
    with pytest.raises(NoSuchQueue, match="5200 Sales"):
        done(order(flow, today, own=("calls.csv", own[1].replace(b"SALES", b"Other"))))


def test_too_little_history_says_how_much_is_needed(flow: Flow, tmp_path: Path) -> None:
    empty = tmp_path / "history.jsonl"
    empty.write_bytes(b"")
    with pytest.raises(TooLittleHistory) as none:
        done(order(flow, empty))
    three = made_history.write(made_history.records(NOW, days=3), tmp_path / "three.jsonl", ZONE)
    with pytest.raises(TooLittleHistory) as few:
        done(order(flow, three))
    assert (none.value.details, few.value.details) == ((0, None), (3, 0)), "the day is a Monday"
    weeks = made_history.write(made_history.records(NOW, days=21), tmp_path / "weeks.jsonl", ZONE)
    made = done(order(flow, weeks))
    assert "p10" not in made.rest.whole and "21" in rest_tables.said(made, Texts("en")), "without ranges, and told"


# --- who may ask -----------------------------------------------------------------------------------------------------


def opened(flow: Flow, *roles: Role, calls: str = "*") -> RestOfDayCard:
    """The card of somebody, opened."""
    session = Session("live")
    session.visitor = Visitor("zoya", lambda: roles, "a session", calls=lambda: calls)
    made = Live(session).rest_of_day
    made.following.state.flow = flow
    made._opened()
    return made


def refused(card: RestOfDayCard) -> str:
    """What the card says when it is asked; empty where it goes to work."""
    begun: list[object] = []
    card.task.begin = lambda *given, **more: begun.append(given) or True  # type: ignore[method-assign]
    asyncio.run(card.run())
    assert bool(begun) is not card.said.visible
    return "" if begun else str(card.said.object)


def test_who_sees_all_calls_may_forecast_and_who_runs_or_plans_the_day_may_simulate_it(file: Path, flow: Flow) -> None:
    viewer = opened(flow, Role.VIEWER)
    assert viewer.plan.disabled and viewer.plan.value == "" and refused(viewer) == ""
    viewer.plan.value = "example weekday"  # as a browser would send it that takes no notice
    assert "analyst, operator or administrator" in refused(viewer)
    for role in (Role.ANALYST, Role.OPERATOR, Role.ADMINISTRATOR):
        mine = opened(flow, role)
        assert mine.plan.value == "example weekday" and refused(mine) == ""
    assert "administrator" in refused(opened(flow, Role.OPERATOR, calls="100;102-110")), "some calls are not all"
    assert refused(opened(flow)), "no role, no right"


def test_faults_are_told_with_what_to_do(file: Path, flow: Flow) -> None:
    card = opened(flow, Role.OPERATOR)
    card.level.value = "200"
    assert "between 1 and 99" in refused(card)
    card.level.value, card.history.value = "80", "log"
    assert refused(card) == "Choose a log first." and card.of_log.visible
    card.following.state.flow, card.history.value = None, "bridge"
    assert "does not answer" in refused(card)
    told = card._why(TaskFailed("few", "TooLittleHistory", (3, 0)), NOW)
    assert "3 days" in told and "Mon" in told and "own log" in told
    assert "Accounts" in card._why(TaskFailed("x", "NoSuchQueue", (("Accounts",), ("5200 Sales",))), NOW)
    assert "00:30" in card._why(TaskFailed("x", "ValueError"), NOW.replace(hour=0))
