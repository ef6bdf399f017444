"""The page about adding a kind of element is followed to the letter: its file, its line, and nothing else."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import elements
from engine.analysis.preview import preview
from engine.contract.errors import FlowError
from engine.loading.load import load
from tests.harness import T0

PBX = """
pbx: splitting
trunks: {moscow: {number: "74951234567", to: 5800}}
elements:
  5800: {kind: split, share: SHARE, some: 101, rest: 102}
users: {101: {}, 102: {}}
prompts: {music.wav: 10}
"""


@pytest.fixture
def split(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """The file of the page as a module, and the line of the page in the registry."""
    page = (root / "docs" / "adding-an-element.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module = types.ModuleType("engine.elements.split")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(blocks[0], "split.py", "exec"), module.__dict__)
    name, kind = re.fullmatch(r'"(\w+)": (\w+),\n', blocks[1]).groups()  # type: ignore[union-attr]
    monkeypatch.setitem(elements.KINDS, name, getattr(module, kind))
    yield module


def test_a_kind_added_by_one_file_and_one_line_loads_and_decides(split: types.ModuleType) -> None:
    flow = load(PBX.replace("SHARE", "0.25"))
    landings = [preview(flow, T0, trunk="moscow", draw_seed=seed).landing.user for seed in range(400)]
    assert set(landings) == {101, 102}
    assert 60 <= landings.count(101) <= 140, "a quarter of 400 calls, within four and a half standard deviations"
    assert landings[:50] == [preview(flow, T0, trunk="moscow", draw_seed=seed).landing.user for seed in range(50)]


def test_its_reasons_and_the_output_not_taken_stand_in_the_trace(split: types.ModuleType) -> None:
    step = preview(load(PBX.replace("SHARE", "1")), T0, trunk="moscow").steps[0]
    assert (step.kind, step.output, step.to, step.others) == ("split", "some", "101", ("rest",))
    assert "of 1" in step.why[0]


def test_its_parameters_are_checked_like_everybody_elses(split: types.ModuleType) -> None:
    with pytest.raises(FlowError) as error:
        load(PBX.replace("SHARE", "1.5"))
    assert "5800" in str(error.value) and "share" in str(error.value)


def test_it_is_unknown_again_without_its_line() -> None:
    with pytest.raises(FlowError) as error:
        load(PBX.replace("SHARE", "1"))
    assert "split" in str(error.value)
