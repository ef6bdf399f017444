"""What the Staffing page asks for, without a browser: targets of every queue, of single ones and of several together."""

from __future__ import annotations

import pytest

from pbxsim.staffing.targets import Goals, GroupGoals, Targets
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.staffing.form import FormFault, StaffingForm
from tests.pbxsim.staffing.test_staffing import two_skills
from tests.pbxsim.worlds import one_queue


@pytest.fixture
def form() -> StaffingForm:
    return StaffingForm(Texts("ru"), two_skills(1, 30, [1, 1], [1, 1])[0])


def test_rows_become_targets_of_single_queues_and_of_several_together(form: StaffingForm) -> None:
    each, together, empty = (form.of_queues.add() for _ in range(3))
    each.queues.value, each.fields["level"].value = [5201], "50,5"
    together.queues.value, together.together.value, together.fields["asa"].value = [5200, 5201], True, "30"
    assert form.targets() == Targets(
        service_level=0.8,
        queues={5201: Goals(service_level=0.505)},
        groups=(GroupGoals(name="5200 + 5201", queues=(5200, 5201), answer_speed_s=30),),
    )
    form.of_queues._drop(together)
    assert not form.targets().groups and len(form.of_queues.rows) == 2 and empty in form.of_queues.rows


def test_what_a_row_lacks_is_told(form: StaffingForm) -> None:
    row = form.of_queues.add()
    row.queues.value, row.together.value = [5200, 5201], True
    with pytest.raises(FormFault, match=r"Для 5200 \+ 5201 не указано ни одной цели"):
        form.targets()
    row.fields["level"].value = "much"
    with pytest.raises(FormFault, match="much"):
        form.targets()
    row.fields["level"].value, form.asked["level"].value = "80", ""
    assert form.targets().service_level is None and len(form.targets().groups) == 1


def test_one_queue_needs_no_targets_of_its_own() -> None:
    form = StaffingForm(Texts("en"), one_queue(2))
    assert len(form.cards()) == len(StaffingForm(Texts("en"), two_skills(1, 30, [1, 1], [1, 1])[0]).cards()) - 1
