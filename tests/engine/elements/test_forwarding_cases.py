"""Truth table F1 to F9 of forwarding, run from the table as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from engine.contract import commands as cmd
from engine.contract import notes as note
from engine.contract.causes import Cause
from tests.engine.tables import rows
from tests.harness import Scene, drained, rule

MOBILE = "89161234567"
CASES = rows("forwarding_cases.tsv")
THROUGH = {"direct": 101, "group": 5300, "queue": 5200}

Judge = Callable[[Scene], None]


def mobile_rings(scene: Scene) -> None:
    assert scene.one(cmd.PlaceLeg, leg="c1.2").target == cmd.Outside(number=MOBILE, trunk="moscow")


def voicemail_of_101(scene: Scene) -> None:
    assert scene.path()[-1] == (101, "") and scene.all(note.ElementEntered)[-1].kind == "voicemail"


def ends_no_answer(scene: Scene) -> None:
    assert scene.end().cause is Cause.NO_ANSWER


def handed_over(scene: Scene) -> None:
    """102's own rules: nobody answers there, and 102's mailbox takes the call (R-06.6)."""
    assert scene.path() == [(101, "no_answer 1"), (102, "voicemail"), (102, "")]


def devices_then_mailbox(scene: Scene) -> None:
    assert scene.one(note.LegStarted, leg="c1.2").user == 102
    assert 102 not in [element for element, _ in scene.path()]
    voicemail_of_101(scene)


def group_output(scene: Scene) -> None:
    assert scene.path() == [(5300, "no_answer"), (5120, "")]


def queue_goes_on(scene: Scene) -> None:
    assert scene.offered()[:2] == [101, 102] and scene.path() == [(5200, "")]


def second_visit_ends(scene: Scene) -> None:
    assert [element for element, _ in scene.path()] == [101, 102, 101]
    end = scene.end()
    assert (end.cause, end.rule) == (Cause.NO_ANSWER, "R-06.14")


NEXT: list[tuple[str, Judge]] = [
    (r"mobile rings by R-04\.5/R-04\.6", mobile_rings),
    (r"second visit to 101 ends `NO_ANSWER`", second_visit_ends),
    (r"full hand-over: 102 and 102's own rules", handed_over),
    (r"102's devices only, then voicemail of 101", devices_then_mailbox),
    (r"group's no-answer output", group_output),
    (r"queue offers another agent or keeps waiting", queue_goes_on),
    (r"voicemail of 101", voicemail_of_101),
    (r"ends `NO_ANSWER`", ends_no_answer),
]


def variants() -> list[tuple[str, str, str, str, str]]:
    """Rows with `any` and `on / off` written out: case, way, rule, voicemail, expected text."""
    found = []
    for row in CASES:
        boxes = {"any": ("on", "off"), "on / off": ("on", "off")}.get(
            row["voicemail of 101"], (row["voicemail of 101"],)
        )
        lasts = ("none", "mobile", "user 102") if row["last rule of 101"] == "any" else (row["last rule of 101"],)
        for box in boxes:
            for last in lasts:
                parts = row["next"].split(" / ")
                then = parts[("on", "off").index(box)] if len(parts) == 2 else row["next"]
                found.append((row["case"], row["reached through"], last, box, then))
    return found


@rule("R-06.3", "R-06.4", "R-06.5", "R-06.6", "R-06.12", "R-06.13", "R-06.14", "R-07.3", "R-08.3", "R-04.6")
@pytest.mark.parametrize(("case", "way", "last", "box", "then"), variants())
def test_forwarding_case(case: str, way: str, last: str, box: str, then: str) -> None:
    through = way.split(",")[0]
    circle = "101→102→101" in way
    rules = {"mobile": f'no_answer: "{MOBILE}", ', "none": ""}.get(last, "no_answer: 102, ")
    users = f"""
        101: {{{rules}voicemail: {box == "on"}}}
        102: {{{"no_answer: 101, voicemail: false" if circle else ""}}}
    """
    elements = """
        5200: {kind: queue, members: [101, 102], strategy: linear, timeout: 5120}
        5300: {kind: group, members: [101], no_answer: 5120}
        5120: {kind: voicemail, recipients: [office@example.org]}
    """
    scene = Scene(elements, users, to=THROUGH[through])
    scene.arrives(0)
    scene.until(31 if case == "F1" else 25 if through != "direct" else 31)
    if "mobile fails too" in way:
        scene.fails(32, "c1.2", Cause.NO_ANSWER)
    elif case not in ("F1", "F7"):
        scene.until(95)
    [judge] = [judge for pattern, judge in NEXT if re.fullmatch(pattern, then)]
    judge(scene)
    scene.until(100)
    if "c1" in scene.engine.tenant.calls:
        scene.hangs_up(100)
    scene.until(200)
    drained(scene.engine)
