"""Golden traces: text that a planner can read, one for each behaviour worth explaining.

`pytest tests/engine/records/test_golden.py --rewrite` writes them again; commit only lines you can explain. Each file stands for
itself: its document and its `>` lines, told to a new engine, give its other lines.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.control.engine import Engine
from engine.loading.load import load
from tests.engine import golden_scenes
from tests.engine.golden_scenes import Golden
from tests.harness import Line, as_text, drained, due_now, flow, in_words, read, rule

FOLDER = Path(__file__).resolve().parents[2] / "golden"
SECOND_VERSION = {"version-promoted": golden_scenes.queue(members="[102]")}


def written(golden: Golden) -> str:
    """The whole file: sentence, rules, document, trace."""
    scene = golden.play()
    drained(scene.engine)
    document = "".join(f"    {line}\n" for line in scene.text.splitlines())
    return f"# {golden.title}\n# {', '.join(golden.rules)}\n\n{document}\n{scene.trace()}"


@pytest.mark.parametrize("golden", golden_scenes.ALL, ids=lambda golden: golden.name)
def test_the_engine_still_says_what_the_trace_says(golden: Golden, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{golden.name}.txt"
    text = written(golden)
    if request.config.getoption("--rewrite"):
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: write it with --rewrite"
    assert path.read_text(encoding="utf-8") == text


@rule("R-25.2")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_a_trace_stands_for_itself(path: Path) -> None:
    head, trace = path.read_text(encoding="utf-8").split("\n\n", 1)[1].split("\n\n", 1)
    pbx = load("\n".join(line[4:] for line in head.splitlines()))
    engine = Engine(pbx)
    versions = {pbx.digest: "v1"}
    if path.stem in SECOND_VERSION:
        other = flow(SECOND_VERSION[path.stem])
        engine.know(other)
        versions[other.digest] = "v2"
    lines: list[Line] = []

    def tell(at: int, event: ev.Event) -> None:
        for when, message in engine.handle(at, event):
            lines.append(Line(when, "<" if isinstance(message, cmd.Command) else "*", in_words(message, versions)))

    def wake_until(at: int) -> None:
        while (due := engine.next_deadline()) is not None and due <= at:
            lines.extend(Line(due, "~", label) for label in due_now(engine, due))
            tell(due, ev.Advance())

    last = 0
    for at, event in read(trace, versions):
        wake_until(at)
        lines.append(Line(at, ">", in_words(event, versions)))
        tell(at, event)
        last = at
    while lines and as_text(iter(lines)).count("\n") < trace.count("\n"):
        due = engine.next_deadline()
        assert due is not None and due >= last
        wake_until(due)
    assert as_text(iter(lines)) == trace


def test_there_is_a_scene_for_every_trace_and_thirty_of_them() -> None:
    names = [golden.name for golden in golden_scenes.ALL]
    assert sorted(names) == sorted(path.stem for path in FOLDER.glob("*.txt")) and len(set(names)) == len(names) >= 30


def test_every_trace_names_its_rules_and_has_a_sentence() -> None:
    for golden in golden_scenes.ALL:
        assert golden.rules and all(re.fullmatch(r"R-\d\d\.\d+", number) for number in golden.rules), golden.name
        assert golden.title.endswith("."), golden.name
