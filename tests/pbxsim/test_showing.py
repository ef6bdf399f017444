"""`flow.show()` and `trace.show()`: the canvas of the workbench in a notebook, with the path of a call lit up."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pbxsim
from engine.analysis.preview import NoTrunkNumber
from pbxsim import datasets
from pbxsim.showing import REMEMBERED, CanvasPainter, UnknownFlow
from pbxsim.workbench.canvas import painter
from pbxsim.workbench.canvas.widget import FlowWidget

NUMBER = "84951234567"


def test_a_flow_shows_itself_as_the_canvas_does() -> None:
    path = datasets.find("example")
    shown = pbxsim.load_flow(path).show()
    assert isinstance(shown, FlowWidget)
    drawn = FlowWidget.of(path)
    ids = [sorted(node["id"] for node in widget.graph["nodes"]) for widget in (shown, drawn)]
    assert ids[0] == ids[1]
    assert {edge["id"] for edge in shown.graph["edges"]} == {edge["id"] for edge in drawn.graph["edges"]}


def test_a_trace_lights_up_its_path() -> None:
    flow = pbxsim.load_flow(datasets.find("example"))
    trace = pbxsim.trace(flow, NUMBER, "2026-11-23 09:30", caller="84955551000")
    assert trace.landing.text == "voicemail 5120"
    overlay = trace.show().overlay  # type: ignore[attr-defined]
    assert overlay["steps"] == {"trunk:moscow": [1], "5500": [2], "5120": [3]}
    assert overlay["active"] == "5120"
    assert len(overlay["path"]) == 2


def test_time_is_local_to_the_account_unless_it_says_otherwise() -> None:
    flow = pbxsim.load_flow(datasets.find("example"))
    assert pbxsim.trace(flow, NUMBER, "2026-11-23 09:30").at == pbxsim.trace(flow, NUMBER, "2026-11-23T04:30Z").at
    with pytest.raises(ValueError):
        pbxsim.trace(flow, NUMBER, "half past nine")
    with pytest.raises(NoTrunkNumber, match="R-04.13"):
        pbxsim.trace(flow, "100500", "2026-11-23 09:30")


def test_a_trace_of_a_flow_nobody_knows_says_what_to_do() -> None:
    flow = pbxsim.load_flow(datasets.find("example"))
    trace = pbxsim.trace(flow, NUMBER, "2026-11-23 09:30")
    apart = CanvasPainter(lambda: painter)
    with pytest.raises(UnknownFlow, match=r"trace.show\(flow\)"):
        apart.trace(trace, None, "en")
    with pytest.raises(UnknownFlow):
        apart.trace(trace, pbxsim.load_flow(datasets.find("evening")), "en")
    assert apart.trace(trace, flow, "ru").overlay["active"] == "5200"  # type: ignore[attr-defined]


def test_only_the_latest_flows_are_remembered() -> None:
    apart, flow = CanvasPainter(lambda: painter), pbxsim.load_flow(datasets.find("example"))
    first = pbxsim.trace(flow, NUMBER, "2026-11-23 09:30")
    apart.remember(flow)
    for n in range(REMEMBERED):
        other = pbxsim.load_flow(datasets.find("evening"))
        other.digest = f"{n}"
        apart.remember(other)
    with pytest.raises(UnknownFlow):
        apart.trace(first, None, "en")


def test_the_engine_alone_draws_nothing_and_says_so() -> None:
    program = (
        "from engine.loading.load import load; from engine.state.pictures import NoPainter\n"
        "flow = load('pbx: a1b\\nzone: UTC\\ntrunks: {m: {number: \"74951234567\", to: hangup}}\\n')\n"
        "try: flow.show()\nexcept NoPainter as error: print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "import pbxsim" in said
