"""Queue cases Q1 to Q4, run from the table as it stands."""

from __future__ import annotations

import pytest

from engine.contract import notes as note
from tests.engine.tables import rows
from tests.harness import Scene, drained, rule

MEMBERS = {101: "A", 102: "B", 103: "C"}
CASES = rows("queue_cases.tsv")


def play(strategy: str, ignores: set[int]) -> str:
    """Five calls; each is answered after 5 s by the first member who answers at all."""
    scene = Scene(f"5200: {{kind: queue, strategy: {strategy}, members: [101, 102, 103], timeout: hangup}}")
    told = []
    at = 0.0
    for number in range(1, 6):
        call = f"c{number}"
        scene.arrives(at, call)
        offered = []
        leg = 1
        while True:
            member = scene.offered(call)[-1]
            if member not in ignores:
                break
            offered.append(f"{MEMBERS[member]}×")
            at += 15
            scene.until(at)
            leg += 1
        offered.append(MEMBERS[member])
        scene.answers(at, f"{call}.{leg}")
        at += 60
        scene.hangs_up(at, call)
        at += 10
        told.append(" ".join(offered))
    scene.until(at)
    drained(scene.engine)
    assert len(scene.all(note.CallAnswered)) == 5
    return ", ".join(told)


@rule("R-08.8", "R-08.9")
@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_queue_case_with_everybody_answering(case: dict[str, str]) -> None:
    assert play(case["strategy"], set()) == case["all answer: calls 1–5"]


@rule("R-08.8", "R-08.9", "R-08.12")
@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_queue_case_with_one_who_never_answers(case: dict[str, str]) -> None:
    assert play(case["strategy"], {102}) == case["B never answers: calls 1–5"]
