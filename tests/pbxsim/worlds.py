"""PBXs and scenarios that several tests of the simulated world use: one queue, as plain as a textbook's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.loading.load import load
from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario

DATASETS = Path(__file__).parents[2] / "datasets"

FIRST = 200
"""Internal number of the first member: 112 is an emergency number."""


def one_queue(agents: int, lines: int | str = "unlimited", trunk_to: int = 5200, **queue: Any) -> Flow:
    """A trunk, a queue and its members; the queue waits for ever unless told otherwise."""
    members = [FIRST + i for i in range(agents)]
    settings = {"max_wait": 0, "wrap_up": 0, "ring": 120, "timeout": "hangup", **queue}
    told = "".join(f", {key}: {value}" for key, value in settings.items())
    users = "\n".join(f"  {number}: {{name: U{number}}}" for number in members)
    return load(
        f"""
pbx: textbook
zone: UTC
trunks:
  main: {{number: "74951234567", lines: {lines}, to: {trunk_to}}}
elements:
  5200: {{kind: queue, members: {members}{told}}}
  5000: {{kind: greeting, prompt: hello.wav, keys: {{1: 5200}}, no_input: hangup, invalid: hangup}}
users:
{users}
prompts: {{hello.wav: 6.0, music.wav: 20.0}}
"""
    )


def steady(per_hour: float, hours: float, talk: Any, patience: Any, **fields: Any) -> Scenario:
    """A constant stream of calls to members who answer at once."""
    return Scenario.of(
        {
            "date": "2026-11-23",
            "zone": "UTC",
            "hours": hours,
            "arrivals": {"main": {"trunk": "main", "per_hour": per_hour}},
            "patience": {"default": patience},
            "answering": {"default": {"delay": 0}},
            "talk": {"default": talk, "caller_hangs_up": 0},
            "measure": {"interval_min": 60},
            **fields,
        }
    )


def exponential(mean: float) -> dict[str, Any]:
    return {"kind": "exponential", "mean": mean}


def example() -> tuple[Flow, Scenario]:
    """The example PBX and its weekday."""
    flow = load((DATASETS / "pbx" / "example" / "pbx.yaml").read_text(encoding="utf-8"))
    return flow, Scenario.load(DATASETS / "scenarios" / "example_weekday.yaml")
