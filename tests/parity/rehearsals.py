"""Plans of rehearsals for tests: the examples that come with the project, and a PBX that has nearly everything."""

from __future__ import annotations

from pathlib import Path

from engine.loading.load import load
from engine.records.rehearsal import Plan
from pbxsim import datasets
from pbxsim.runs import rehearsal_plan
from pbxsim.scenario.scenario import Scenario

WEEKDAY = datasets.folder() / "scenarios" / "example_weekday.yaml"

RICH = """
pbx: rich
zone: UTC
trunks:
  a: {number: "74951234567", lines: 6, to: 5000}
  b: {number: "78121234567", lines: 3, to: 5200}
elements:
  5000:
    kind: greeting
    name: Welcome
    prompt: own.wav
    keys: {1: 5200, 2: 5300, 3: 5600, 4: 5201, 5: "89161112233"}
    no_input: 5120
    invalid: 5120
  5200:
    kind: queue
    name: Sales
    strategy: fewest_calls
    members: [100, 101]
    ring: 8
    retry: 10
    wrap_up: 5
    max_wait: 60
    auto_pause: 2
    record: on
    timeout: 5120
  5201:
    kind: queue
    name: Help
    strategy: ring_all
    members: [102, 103]
    ring: 8
    wrap_up: 3
    max_wait: 60
    announce_position: true
    announce_every: 15
    timeout: 5120
  5300: {kind: group, name: Both, members: [103, 104], ring: 9, no_answer: 5120}
  5600: {kind: http_request, name: Ask, address: "https://crm.example.org/ask", default: 5120}
  5120: {kind: voicemail, name: Box, recipients: [a@example.org]}
users:
  100: {name: Anna, no_answer: "89161234567"}
  101: {name: Boris}
  102: {name: Vera}
  103: {name: Gleb}
  104: {name: Daria, no_answer: 102}
outgoing: {default: a}
prompts: {own.wav: 3.5, music.wav: 20.0, beep.wav: 0.4}
"""
"""Recorded talks, auto-pause, a position said, a server asked, calls out, and a sound that nobody has."""

BUSY = """
scenario: rich
date: 2026-11-23
start: "09:00"
hours: 1
seed: 2
arrivals:
  a: {trunk: a, per_hour: 150}
  b: {trunk: b, per_hour: 60}
callers:
  anyone: {numbers: ["8912#######"], population: 50}
patience: {default: {kind: exponential, mean: 60}}
keys:
  5000:
    choices: {1: 25, 2: 20, 3: 20, 4: 25, 5: 10, none: 5, hangup: 3, 9: 2}
    think: {kind: exponential, mean: 4}
redial:
  after_abandon: {share: 0.3, delay: {kind: exponential, mean: 60}}
  after_busy: {share: 0.5, delay: {kind: exponential, mean: 60}}
answering: {default: {delay: {kind: exponential, mean: 4}, no_answer: 0.15, reject: 0.1}, back_s: 60}
outside: {delay: {kind: exponential, mean: 5}, no_answer: 0.1, busy: 0.2}
talk: {default: {kind: exponential, mean: 60}, caller_hangs_up: 0.5}
voicemail: {message: {kind: exponential, mean: 12}, no_message: 0.2}
web:
  latency: {kind: exponential, mean: 2}
  failure: 0.2
  answer: '{"commands": [{"command": "transfer", "to": "102"}]}'
"""


def example(name: str, calls: int, seed: int = 1, at: int | None = None) -> Plan:
    """A plan of a PBX that comes with the project."""
    text = datasets.find(name).read_text(encoding="utf-8")
    scenario = Scenario.load(Path(WEEKDAY)).replace(seed=seed)
    return rehearsal_plan.make(load(text), text, scenario, calls, at)


def rich(calls: int, **changes: object) -> Plan:
    """A plan of the PBX that has nearly everything; `changes` are of its scenario."""
    scenario = Scenario.parse(BUSY)
    return rehearsal_plan.make(load(RICH), RICH, scenario.replace(**changes) if changes else scenario, calls)
