"""What an analyst may write by mistake in a call: each is told what is wanted, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pbxsim
from pbxsim import datasets

FOLDER = Path(datasets.find("clinic")).parent
FLOW: Any = pbxsim.load_flow(FOLDER / "pbx.yaml")
DAY: Any = pbxsim.Scenario.load(FOLDER / "scenario.yaml")


def run(**options: Any) -> Any:
    """A run of a day that does not come to its end, as something is wrong."""
    return pbxsim.simulate(FLOW, DAY, **{"reps": 1, "processes": 1, **options})


def what_if(**changes: Any) -> Any:
    """A comparison that is not made, as something is wrong."""
    return pbxsim.what_if(FLOW, DAY, **{"reps": 1, "processes": 1, **changes})


MISTAKES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: run(reps="2"), TypeError, "reps is a whole number, such as 2, not '2'"),
    (lambda: run(reps=2.5), TypeError, "reps is a whole number"),
    (lambda: run(processes="all"), TypeError, "processes is a whole number"),
    (lambda: run(scenario_processes=[5]), TypeError, "a function of the world that yields, not 5"),
    (lambda: run(scenario_processes=[lambda world: None]), TypeError, "<lambda> gave NoneType and no generator: it waits by"),
    (lambda: pbxsim.simulate(DAY, FLOW), TypeError, "not a scenario: the flow comes first"),
    (lambda: pbxsim.simulate(FLOW, 5), TypeError, "a scenario is wanted here and not int; read one first, such as pbxsim.Sc"),  # type: ignore[arg-type]
    (lambda: pbxsim.load_flow(FLOW), TypeError, "the path of a PBX document is wanted here and not Flow"),
    (lambda: what_if(calls="1.2"), TypeError, "calls is a number, such as 1.2, not '1.2'"),
    (lambda: DAY.scaled("1.2"), TypeError, "calls is a number, such as 1.2, not '1.2'"),
    (lambda: what_if(talk=float("inf")), ValueError, "talk is a finite number"),
    (lambda: what_if(members="1"), TypeError, "members is a whole number"),
    (lambda: what_if(lines=0), ValueError, r"lines is 1 to 1000 or unlimited, not 0 \(R-04.8\)"),
    (lambda: what_if(lines="x"), TypeError, "lines is a whole number"),
    (lambda: what_if(absent=102), TypeError, r"absent is a list of users' numbers, such as \[102\], not 102"),
    (lambda: what_if(absent="102"), TypeError, "absent is a list"),
    (lambda: what_if(settings=5), TypeError, "settings are a mapping, such as"),
    (lambda: what_if(settings={"max_wit": 5}), ValueError, "has no setting `max_wit`; settings are .*max_wait"),
    (lambda: what_if(other_flow="clinic"), TypeError, r"not the path clinic; read it first: pbxsim.load_flow\('clinic'\)"),
    (lambda: pbxsim.with_members(FLOW, 1.5), TypeError, "members is a whole number, such as 2, not 1.5"),  # type: ignore[arg-type]
    (lambda: pbxsim.staff(FLOW, DAY, 0.8), TypeError, r"pbxsim.Targets\(service_level=0.8\) is wanted here and not 0.8"),  # type: ignore[arg-type]
    (lambda: pbxsim.Targets(service_level=2), ValueError, "^Targets: service_level: Input should be less than or equal to 1$"),
    (lambda: pbxsim.Targets(per="month"), ValueError, "^Targets: per: Input should be 'interval' or 'day'$"),  # type: ignore[arg-type]
    (lambda: pbxsim.Patterns(lengths_h=()), ValueError, "^Patterns: lengths_h: Tuple should have at least 1 item"),
    (lambda: pbxsim.days_ahead("queue_log"), TypeError, "a log is wanted here and not the path queue_log; read it first"),  # type: ignore[arg-type]
    (lambda: pbxsim.intraday("queue_log"), TypeError, "a log is wanted here and not the path queue_log"),  # type: ignore[arg-type]
    (lambda: pbxsim.calibrate.calibrate(5), TypeError, "a log is wanted here and not int"),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "kind", "told"), MISTAKES)
def test_a_mistake_is_told_in_words(mistake: Callable[[], Any], kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=told):
        mistake()
