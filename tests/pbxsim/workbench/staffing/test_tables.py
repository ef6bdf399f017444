"""The words of the Staffing page: why there is no plan, in both languages, with what would help."""

from __future__ import annotations

import pytest

from pbxsim.staffing.plan import staff
from pbxsim.staffing.reach import OutOfReach
from pbxsim.staffing.targets import Targets
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing import tables
from tests.pbxsim.worlds import exponential, one_queue, steady


def test_targets_out_of_reach_are_told_with_place_figure_and_help_in_both_languages() -> None:
    flow = one_queue(2, ring=60)
    slow = steady(10, 1, exponential(120), exponential(120), start="08:00")
    slow = slow.replace(answering={"default": {"delay": {"kind": "constant", "seconds": 25}}})
    with pytest.raises(OutOfReach) as refused:
        staff(flow, slow, Targets(service_level=0.8), reps=2, processes=1, prove=False)
    places, more = refused.value.details
    assert more == 0 and places[0].at == "08:00" and places[0].helps == "phones"
    english = tables.out_of_reach(refused.value.details, flow, Texts("en"))
    assert "5200, from 08:00: service level is 0.0 %" in english and "a shorter ring" in english
    russian = tables.out_of_reach(refused.value.details, flow, Texts("ru"))
    assert "уровень сервиса — 0,0 %" in russian and "а нужно 80,0 %" in russian


def test_a_figure_that_no_call_tells_is_a_dash() -> None:
    assert (
        tables.worth("wait_s", float("nan"), Texts("en"))
        == tables.worth("service_level", float("nan"), Texts("ru"))
        == "–"
    )
    assert tables.worth("service_level", 0.805, Texts("ru")) == "80,5 %"
