"""What the wallboard is given: people as a whole, what may be done with each, figures by queue, thresholds that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.live import rows, thresholds
from pbxsim.workbench.live.state import LiveMember, LiveState, Seat
from pbxsim.workbench.live.thresholds import Thresholds, WrongThreshold
from pbxsim.workbench.shell.texts import Texts
from tests.harness import rule

TEXT = """
pbx: example
zone: Europe/Moscow
trunks:
  moscow: {number: "74951234567", lines: 10, to: 5200}
elements:
  5200: {kind: queue, name: Sales, strategy: longest_idle, members: [100, {user: 101, static: true}]}
  5201: {kind: queue, name: Support, strategy: longest_idle, members: [100]}
  5300: {kind: group, name: Office, members: [102], no_answer: hangup}
users:
  100: {name: Anna}
  101: {name: Boris}
  102: {name: Vera}
"""


def state(**users: dict[str, Any]) -> LiveState:
    made = LiveState()
    known = [
        {"user": user, "name": name, "devices": 1, "state": "idle", "since": 5_000, **users.get(f"u{user}", {})}
        for user, name in ((100, "Anna"), (101, "Boris"), (102, "Vera"))
    ]
    made.begin(1, [], known, TEXT)
    assert made.flow is not None
    return made


def seat(state: str, reason: str = "", since: int | None = None) -> dict[str, Any]:
    return {"state": state, "reason": reason, "since": since}


@rule("R-08.4")
@pytest.mark.parametrize(
    ("member", "told"),
    [
        (LiveMember(1), ("unreachable", None, "")),
        (LiveMember(1, devices_since=7), ("unreachable", 7, "")),
        (LiveMember(1, devices=1, since=5, devices_since=9), ("idle", 9, "")),
        (LiveMember(1, devices=0, state="talking", since=5), ("talking", 5, "")),
        (LiveMember(1, devices=1, do_not_disturb=True), ("do_not_disturb", None, "")),
        (LiveMember(1, devices=1, queues={2: Seat("out", "", 3), 4: Seat("out", "", 8)}), ("out", 8, "")),
        (LiveMember(1, devices=1, queues={2: Seat("out"), 4: Seat("paused", "lunch", 8)}), ("paused", 8, "lunch")),
        (LiveMember(1, devices=1, queues={2: Seat("in"), 4: Seat("paused", "lunch", 8)}), ("idle", None, "")),
        (LiveMember(1, queues={2: Seat("paused", "lunch", 8)}), ("paused", 8, "lunch")),
        (LiveMember(1, devices=1, state="wrap_up", since=6, queues={2: Seat("paused")}), ("wrap_up", 6, "")),
    ],
)
def test_a_person_is_one_thing_at_a_time(member: LiveMember, told: tuple[str, int | None, str]) -> None:
    doing = member.doing()
    assert (doing.state, doing.since, doing.reason) == told


@rule("R-08.4")
def test_what_may_be_done_with_people_follows_from_where_they_are() -> None:
    known = state(
        u100={"queues": {"5200": seat("in"), "5201": seat("paused", "lunch", 9_000)}},
        u101={"queues": {"5200": seat("in")}},
    )
    found = {row["user"]: row["acts"] for row in rows.people(known, Texts("en"), may_act=True)}
    assert found == {100: ["pause", "unpause", "sign-out"], 101: ["pause"], 102: []}, "a static member stays"
    assert all(row["acts"] == [] for row in rows.people(known, Texts("en"), may_act=False))
    (group,) = rows.groups(known, Texts("ru"))
    assert (group["name"], [member["word"] for member in group["members"]]) == ("Office", ["свободен"])
    assert rows.summary(known) == {"idle": 3}


@rule("R-08.22", "R-25.6")
def test_queues_have_the_bridges_figures_and_calls_their_version() -> None:
    known = state(u101={"queues": {"5200": seat("paused")}})
    figures = {"queue": 5200, "offered": 4, "answered": 2, "abandoned": 1, "waiting": 1, "waiting_since": 7_000_000}
    sales, support = rows.queues(known, {"queues": [figures]})
    assert (sales["offered"], sales["lost"], sales["since"], sales["free"], sales["there"]) == (4, 1, 7_000, 1, 2)
    assert (support["offered"], support["level"], support["since"]) == (0, None, None)
    known.take({
        "seq": 1, "at": 8_000_000, "type": "CallStarted", "call": "c1", "caller": "8999", "called": "7495", "flow": "5eed",
        "version": 7, "version_name": "autumn",
    })  # fmt: skip
    known.take({"seq": 2, "at": 9_000_000, "type": "CallAnswered", "call": "c1", "user": 101, "element": 5200})
    (call,) = rows.calls(known, Texts("en"), {Right.ACT, Right.LISTEN})
    assert (call["version"], call["since"], call["where"]) == ("v7 autumn", 8_000, "talks with 101 Boris")
    assert call["acts"] == ["listen", "transfer", "hangup"] and known.counts == 1
    assert call["agents"] == [(101, "101 Boris")], "who is whispered to"
    for rights, acts in (({Right.ACT}, ["transfer", "hangup"]), ({Right.LISTEN}, ["listen"]), (set[Right](), [])):
        assert rows.calls(known, Texts("en"), rights)[0]["acts"] == acts


def test_thresholds_are_kept_for_one_pbx_and_nonsense_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    here, there = tmp_path / "a.yaml", tmp_path / "b.yaml"
    wanted = thresholds.asked({"within_s": 30, "level_warn": 0.9, "level_bad": 0.7})
    thresholds.keep(here, wanted)
    assert thresholds.kept(here) == wanted and thresholds.kept(there) is None
    (file,) = (tmp_path / "pbx-workbench" / "thresholds").iterdir()
    file.write_text("no JSON")
    assert thresholds.kept(here) is None, "what cannot be read is as if it was never said"
    thresholds.keep(here, None)
    assert not file.exists()
    for wrong in ({"level_warn": 2}, {"within_s": -1}, {"within_s": "soon"}, {"lost_warn": 0.5, "lost_bad": 0.1}):
        with pytest.raises(WrongThreshold):
            thresholds.asked(wrong)
    assert thresholds.usual({}) == Thresholds()
