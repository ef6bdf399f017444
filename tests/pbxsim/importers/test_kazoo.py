"""Kazoo's callflows become a document that loads; shared branches are one element; every module is told with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.loading.load import load
from pbxsim.importers import reading
from pbxsim.importers.draft import ImportRefused


def node(module: str, data: dict[str, Any] | None = None, **children: Any) -> dict[str, Any]:
    return {"module": module, "data": data or {}, "children": {key.lstrip("k"): one for key, one in children.items()}}


RING = {"endpoints": [{"id": "u1"}, {"id": "d2", "delay": 10}], "timeout": 25, "strategy": "single"}
SALES = node("acdc_member", {"id": "q1"}, _=node("voicemail", {"id": "box"}))
EXPORT: list[dict[str, Any]] = [
    {
        "id": "main",
        "numbers": ["+74951234567", "200"],
        "flow": node(
            "temporal_route",
            {"rules": ["work"], "timezone": "Europe/Moscow"},
            work=node(
                "menu",
                {"id": "welcome"},
                k1=node("callflow", {"id": "sales"}),
                k2=node("ring_group", RING),
                _=node("callflow", {"id": "sales"}),
            ),
            _=node("play", {"id": "closed"}, _=node("hangup")),
        ),
    },
    {"id": "sales", "numbers": ["300"], "flow": SALES},
    {"id": "odd", "numbers": ["400"], "flow": node("webhook", {"uri": "x"}, _=node("callflow", {"id": "main"}))},
    {"id": "work", "cycle": "weekly", "wdays": ["monday", "friday"], "time_window_start": 32400, "time_window_stop": 64799},
    {"id": "welcome", "name": "Welcome!", "retries": 3},
    {"id": "closed", "name": "closed"},
    {
        "id": "q1", "name": "Sales", "strategy": "most_idle", "agent_ring_timeout": 12, "agent_wrapup_time": 30,
        "connection_timeout": 900, "max_queue_size": 20, "ring_simultaneously": 2,
    },
    {"id": "u1", "username": "101", "first_name": "Anna", "last_name": "B", "queues": ["q1"], "password": "secret"},
    {"id": "u2", "username": "boris@example.com", "first_name": "Boris", "queues": ["q1"]},
    {"id": "d2", "owner_id": "u2", "sip": {"password": "secret"}},
]  # fmt: skip


def written(tmp_path: Path, found: Any) -> Path:
    path = tmp_path / "callflows.json"
    path.write_text(json.dumps(found, indent="\t"), encoding="utf-8")
    return path


def test_callflows_become_a_pbx_with_shared_branches_as_one_element(tmp_path: Path) -> None:
    path = written(tmp_path, {"data": EXPORT, "status": "success"})
    text, losses = reading.read([path])
    flow = load(text, "imported")
    elements: dict[int, Any] = dict(flow.document.elements)
    hours = elements[int(str(flow.trunks["line-74951234567"].to))]
    assert (hours.days, hours.open, hours.zone) == ("mon,fri", ("09:00-18:00",), "Europe/Moscow")
    menu = elements[int(hours.match)]
    assert menu.prompt == "Welcome.wav" and menu.dial_extension
    queue = elements[int(menu.keys["1"])]
    assert menu.keys["1"] == menu.invalid == menu.no_input, "one callflow, one element"
    assert (queue.strategy, queue.ring, queue.wrap_up, queue.max_wait, queue.waiting) == (
        "longest_idle",
        12,
        30,
        900,
        20,
    )
    assert [member.user for member in queue.members] == [101, 100] and elements[int(queue.timeout)].kind == "voicemail"
    group = elements[int(menu.keys["2"])]
    assert [int(member.number) for member in group.members] == [101, 100] and group.ring == 25
    assert elements[int(hours.mismatch)].prompt == "closed.wav"
    assert "secret" not in text
    lines = path.read_text(encoding="utf-8").split("\n")
    for finding in losses.findings:
        assert finding.place.file == "callflows.json"
    odd = next(one for one in losses.findings if one.setting == "webhook")
    assert odd.end == "left out" and '"webhook"' in "".join(lines[odd.place.line - 1 : odd.place.line + 2])
    told = losses.report()
    for words in ("ring_simultaneously=2: one member rings", "one after another there"):
        assert words in told


def test_hours_over_midnight_and_devices_of_devices_are_kept(tmp_path: Path) -> None:
    export = [dict(one) for one in EXPORT]
    work = next(one for one in export if one["id"] == "work")
    work |= {"time_window_start": 79200, "time_window_stop": 21600}
    export.append({"id": "d3", "owner_id": "d2"})
    export.append({"id": "more", "numbers": ["+74950000001"], "flow": node("device", {"id": "d3"})})
    text, _ = reading.read([written(tmp_path, export)])
    flow = load(text, "imported")
    assert "22:00-06:00:01" in text and not any(user.name == "d3" for user in flow.head.users.values())


def test_a_circle_of_callflows_ends(tmp_path: Path) -> None:
    flows = [{"id": name, "numbers": [], "flow": node("callflow", {"id": to})} for name, to in (("a", "b"), ("b", "a"))]
    text, losses = reading.read([written(tmp_path, [*flows, EXPORT[1], *EXPORT[6:8]])])
    assert load(text, "imported") and "goes round in a circle" in losses.report()


@pytest.mark.parametrize(
    "content, words", [("{", "no JSON"), ("[]", "no queue"), ('{"a": ' * 300 + "1" + "}" * 300, "no queue|no JSON")]
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ImportRefused, match=words):
        reading.read([path])


DATA: tuple[dict[str, Any], ...] = (
    {},
    {"id": "q1"},
    {"id": "sales"},
    {"id": "u1", "timeout": "9"},
    {"endpoints": "none"},
    {"rules": ["work"]},
)
MODULES = (
    "user",
    "device",
    "ring_group",
    "menu",
    "play",
    "voicemail",
    "callflow",
    "temporal_route",
    "acdc_member",
    "offnet",
    "",
)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.builds(lambda module, data: {"module": module, "data": data}, st.sampled_from(MODULES), st.just({})),
        lambda inner: st.builds(
            lambda module, data, children: {"module": module, "data": data, "children": children},
            st.sampled_from(MODULES),
            st.sampled_from(DATA),
            st.dictionaries(st.sampled_from(["_", "1", "timeout", "work"]), inner, max_size=3),
        ),
        max_leaves=8,
    )
)  # fmt: skip
def test_any_tree_becomes_a_document_that_loads(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    path = written(
        tmp_path_factory.mktemp("tree"), [{"id": "any", "numbers": ["+74950000000"], "flow": tree}, *EXPORT[1:]]
    )
    text, losses = reading.read([path])
    assert load(text, "imported") and losses.findings


def test_groups_are_their_members_and_what_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "kazoo.json").write_text(
        json.dumps(
            [
                {"id": "a", "numbers": ["+74951234567"], "patterns": ["^7499"], "flow": {"module": "ring_group", "data": {
                    "endpoints": [{"endpoint_type": "group", "id": "g"}, {"endpoint_type": "group", "id": "h"},
                                  {"endpoint_type": "device", "id": "d"}]}, "children": {}}},
                {"id": "v", "numbers": ["*97"], "flow": {"module": "voicemail", "data": {"action": "check"}, "children": {}}},
                {"id": "g", "name": "Sales", "endpoints": {"u": {"type": "user"}, "w": {"type": "user"}}},
                {"id": "u", "first_name": "Anna", "presence_id": "101"}, {"id": "w", "first_name": "Boris", "presence_id": "102"},
            ]
        )
    )  # fmt: skip
    text, losses = reading.read([tmp_path / "kazoo.json"])
    told = {one.setting: (one.end, str(one.effect)) for one in losses.findings}
    assert told["group h"] == ("left out", "its members are not in these files")
    assert told["device d"] == ("approximated", "it is not in these files; a user stands for it")
    assert told["patterns ^7499"] == ("left out", "a pattern of numbers is not read")
    assert told["voicemail"] == ("left out", "messages are heard by *97 here")
    assert "Anna" in text and "Boris" in text and "voicemail" not in text
