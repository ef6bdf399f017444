"""Addresses that programs outside this project import: notebooks and scripts in the field go on working."""

from __future__ import annotations

import pbxsim
from engine import source
from engine.contract import events as ev
from engine.control.engine import Engine as TheEngine
from engine.engine import Engine
from engine.loading import load
from pbxsim import staffing
from pbxsim import teams as tm
from pbxsim.cli import datasets
from pbxsim.staffing import plan, targets, teams


def test_the_engine_is_loaded_and_run_by_its_short_addresses() -> None:
    assert (source.load, source.examine) == (load.load, load.examine) and Engine is TheEngine
    engine = Engine(source.load(b"pbx: lab\ntrunks: {main: {number: '74950001122', to: hangup}}", "lab.yaml"))
    assert engine.handle(1_000_000, ev.CallArrived(call="c", called="x", caller="89161112233", trunk="main"))


def test_staffing_is_asked_by_its_short_addresses() -> None:
    assert (staffing.Targets, staffing.staff) == (targets.Targets, plan.staff) == (pbxsim.Targets, pbxsim.staff)
    assert tm is teams
    assert pbxsim.load_flow(datasets.find("example")).elements
