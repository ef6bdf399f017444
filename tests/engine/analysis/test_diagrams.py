"""Drawings with a stable order, and the JSON Schema that editors complete from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine.analysis import diagrams
from engine.document import yaml_text
from engine.loading import json_schema
from engine.loading.load import examine, load
from tests.harness import rule

BASE = """
pbx: example
trunks: {m: {number: "74951234567", name: 'Moscow "main"', to: 5400}}
users: {100: {name: Anna}}
elements:
  5400: {kind: hours, name: "Day; <b>", days: mon-fri, match: 5300, mismatch: hangup}
  5300: {kind: group, members: [100], no_answer: "+74951112233"}
"""


def test_mermaid_is_the_same_text_for_the_same_flow() -> None:
    flow = load(BASE)
    assert diagrams.mermaid(flow) == (
        "flowchart LR\n"
        '    x_trunk_3a_m(["Moscow #34;main#34; 74951234567"])\n'
        '    n100("100 Anna")\n'
        '    n5300["5300 group"]\n'
        '    n5400{"5400 Day#59; #60;b#62;"}\n'
        '    x_outside_3a__2b_74951112233(("+74951112233"))\n'
        '    x_hangup(("hang up"))\n'
        '    x_trunk_3a_m -->|"to"| n5400\n'
        '    n5300 -->|"no_answer"| x_outside_3a__2b_74951112233\n'
        "    n5300 -.- n100\n"
        '    n5400 -->|"match"| n5300\n'
        '    n5400 -->|"mismatch"| x_hangup\n'
    )
    shuffled = (
        BASE.split("elements:\n")[0] + "elements:\n" + "".join(reversed(BASE.split("elements:\n")[1].splitlines(True)))
    )
    assert diagrams.mermaid(load(shuffled)) == diagrams.mermaid(flow)
    assert diagrams.dot(load(shuffled)) == diagrams.dot(flow)


@rule("R-25.4")
def test_the_path_of_a_call_is_drawn_thick() -> None:
    """R-25.4."""
    flow = load(BASE)
    drawn = diagrams.mermaid(flow, [(5400, "match", 5300)])
    assert "linkStyle 3 stroke-width:4px" in drawn
    assert 'n5400 -> n5300 [label="match", style=bold];' in diagrams.dot(flow, [(5400, "match", 5300)])


def test_dot_quotes_what_people_write() -> None:
    drawn = diagrams.dot(load(BASE))
    assert 'label="Moscow \\"main\\" 74951234567"' in drawn
    assert drawn.startswith('digraph "example" {\n    rankdir=LR;\n') and drawn.endswith("}\n")


def test_every_edge_of_the_graph_is_drawn(example_path: Path) -> None:
    flow = load(example_path.read_bytes())
    assert len(re.findall(r"-->|-\.-", diagrams.mermaid(flow))) == flow.graph.number_of_edges()
    assert diagrams.dot(flow).count(" -> ") == flow.graph.number_of_edges()


def validator() -> Any:
    made = json_schema.json_schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def as_json(text: str) -> Any:
    """A document as a program would send it: keys of mappings are text."""
    return json.loads(json.dumps(yaml_text.parse(text)[0]))


def test_the_schema_takes_the_example(example_path: Path) -> None:
    errors = [error.message for error in validator().iter_errors(as_json(example_path.read_text()))]
    assert errors == []
    assert [e.message for e in validator().iter_errors(as_json(BASE))] == []


@pytest.mark.parametrize(
    "change",
    [
        ("mon-fri", "7"),
        ("kind: hours", "kind: houres"),
        ("5400: {", "6400: {"),
        ("match: 5300", "mach: 5300"),
        ("example", "1"),
    ],
)
def test_the_schema_refuses_what_loading_refuses(change: tuple[str, str]) -> None:
    text = BASE.replace(*change)
    if change[0] != "mon-fri":
        assert list(validator().iter_errors(as_json(text)))
    assert examine(text)[0] is None


def test_the_schema_is_stable_text_with_rules_in_its_descriptions() -> None:
    assert json_schema.json_schema_text() == json_schema.json_schema_text()
    assert "R-08.9" in json_schema.json_schema_text() and "R-11.4" in json_schema.json_schema_text()
