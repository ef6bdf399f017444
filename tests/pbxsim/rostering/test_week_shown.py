"""What a notebook shows of a week of shifts: people by days, what is missing, what every day keeps."""

from __future__ import annotations

import pbxsim
from engine.loading.load import load
from pbxsim import datasets
from pbxsim.scenario.scenario import Scenario
from tests.cli.test_simulate import SMALL
from tests.cli.test_staff import PEOPLE
from tests.pbxsim.results.test_notebook import Cells


def test_a_week_shows_people_by_days_and_what_is_kept() -> None:
    flow = load(datasets.find("example").read_text(encoding="utf-8"))
    workforce = pbxsim.Workforce.parse(PEOPLE.replace("New,", "'<b>New</b>',").encode())
    plan = pbxsim.week(
        flow,
        Scenario.parse(SMALL),
        workforce,
        pbxsim.Targets(service_level=0.8, per="day"),
        reps=2,
        weeks=2,
        processes=1,
    )
    shown = plan._repr_html_()
    cells = Cells(shown).cells
    assert "A week of shifts" in cells and "<b>New" not in shown
    words = f"{len(plan.roster)} shifts of 4 people, {plan.paid_h:,.1f} paid hours, cost {plan.cost:,.1f}"
    assert words in cells
    for shift in plan.roster.itertuples():
        assert f"{shift[7]}–{shift[8]}" in cells and str(shift.user) in cells
    assert cells.count("yes") + cells.count("no") == len(plan.kept)
    assert (plan.met and "every day keeps its targets in weeks nobody has planned for" in cells) or not plan.met
    for kept in plan.kept.itertuples():
        assert f"{100 * kept.service_level:.1f} %" in cells
