"""HTTP requests: the customer's own server steers the call (R-13)."""

from __future__ import annotations

import json

import pytest

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause
from engine.contract.errors import FlowError
from engine.elements.http_request import read_orders
from tests.harness import Scene, drained, flow, rule

ASK = '5600: {kind: http_request, address: "https://crm.example.org/route", default: 102}'


def asked(rest: str = "", text: str = ASK) -> Scene:
    scene = Scene(text, rest=rest)
    scene.arrives(0)
    return scene


def answer(scene: Scene, body: str, status: int = 200, at: float = 1.0) -> None:
    scene.tell(at, ev.WebServerAnswered(request="c1.q1", status=status, body=body, latency_us=300_000))


def orders(*commands: dict[str, object]) -> str:
    return json.dumps({"commands": list(commands)})


def close(scene: Scene, at: float = 60) -> None:
    if "c1" in scene.engine.tenant.calls and not scene.engine.tenant.calls["c1"].over:
        scene.hangs_up(at)
    scene.until(at + 60)
    drained(scene.engine)


@rule("R-13.1", "R-13.4", "R-13.5", "R-13.8")
def test_the_answer_transfers_the_call_to_the_manager_the_server_names() -> None:
    scene = asked()
    answer(scene, orders({"command": "transfer", "to": "101"}))
    assert scene.path() == [(5600, "transfer"), (101, "")]
    assert scene.one(note.WebServerUsed).outcome == "ok"
    close(scene)


@rule("R-13.2", "R-13.7", "R-01.4")
def test_call_data_is_posted_with_an_id_of_its_own_and_five_seconds() -> None:
    scene = asked()
    request = scene.one(cmd.AskWebServer)
    body = json.loads(request.body)
    assert (request.url, request.timeout_us, request.request) == ("https://crm.example.org/route", 5_000_000, "c1.q1")
    assert list(body) == [
        "version", "request_id", "call_id", "domain", "element", "caller_number", "caller_name", "called_number",
        "trunk", "started_at", "vars", "digits",
    ]  # fmt: skip
    assert body["domain"] == "example.onpbx.ru", "the SIP domain, not the account"
    assert (body["request_id"], body["element"], body["caller_number"]) == ("c1.q1", 5600, "89160000001")
    close(scene)


@rule("R-02.9", "R-13.8")
@pytest.mark.parametrize(
    ("outside", "to", "path", "dialled"),
    [
        ("true", "8 (916) 123-45-67", [(5600, "transfer"), (0, "")], "89161234567"),
        ("true", "112", [(5600, "transfer"), (0, "")], "112"),
        ("true", "10-1", [(5600, "transfer"), (101, "")], None),
        ("true", "4999", [(5600, "default"), (102, "")], None),
        ("true", "hangup", [(5600, "default"), (102, "")], None),
        ("true", "sip:x@y.example", [(5600, "default"), (102, "")], None),
        ("false", "89161234567", [(5600, "default"), (102, "")], None),
        ("false", "112", [(5600, "default"), (102, "")], None),
    ],
)
def test_an_answer_transfers_outside_only_where_the_document_allows_it(
    outside: str, to: str, path: list[tuple[int, str]], dialled: str | None
) -> None:
    scene = asked(text=ASK.replace("default", f"outside: {outside}, default"))
    answer(scene, orders({"command": "transfer", "to": to}))
    assert scene.path() == path
    if dialled is not None:
        target = scene.all(cmd.PlaceLeg)[-1].target
        assert isinstance(target, cmd.Outside) and target.number == dialled
    close(scene)


@rule("R-13.3", "R-13.6")
def test_an_address_has_at_most_750_code_points_and_is_https_or_on_this_machine() -> None:
    def load(address: str) -> None:
        flow(f'5600: {{kind: http_request, address: "{address}", default: 101}}')

    start = "https://crm.example.org/"
    load(start + "я" * (750 - len(start)))
    load("  " + start + "я" * (750 - len(start)) + "  ")
    load("http://127.0.0.1:8080/x")
    for wrong in (
        start + "я" * (751 - len(start)), "http://crm.example.org/", "ftp://crm.example.org/", "https://", "crm",
        "https://user:secret@crm.example.org/",
    ):  # fmt: skip
        with pytest.raises(FlowError) as error:
            load(wrong)
        assert "R-13" in str(error.value)


@rule("R-13.8")
def test_the_first_transfer_or_hangup_ends_the_list() -> None:
    named = {"command": "set_name", "name": "Ivan"}
    scene = asked()
    answer(scene, orders(named, {"command": "transfer", "to": 101}, {"command": "hangup"}))
    assert scene.one(cmd.PlaceLeg).caller_name == "Ivan"
    assert scene.path()[-1] == (101, "")
    close(scene)
    scene = asked()
    answer(scene, orders({"command": "hangup"}, {"command": "transfer", "to": 101}))
    assert scene.end().cause is Cause.NORMAL_CLEARING and not scene.all(cmd.PlaceLeg)
    close(scene)


@rule("R-13.8", "R-02.15")
def test_variables_priority_and_sounds_are_set_and_heard_only_after_an_answer() -> None:
    text = "5000: {kind: greeting, prompt: welcome.wav, next: 5600}\n" + ASK
    heard = orders(
        {"command": "set_var", "name": "deal", "value": 7},
        {"command": "set_priority", "value": 99},
        {"command": "play", "prompt": "notice.wav"},
        {"command": "transfer", "to": "101"},
    )
    scene = Scene(text)
    scene.arrives(0)
    scene.until(6)
    answer(scene, heard, at=7)
    call = scene.engine.tenant.calls["c1"]
    assert (call.variables, call.priority) == ({"deal": "7"}, 10)
    assert [m.prompt for m in scene.all(cmd.PlayPrompt)] == ["welcome.wav", "notice.wav"]
    assert scene.path()[-1] == (5600, ""), "the transfer waits for the sound"
    scene.until(13)
    assert scene.path()[-1] == (101, "")
    close(scene)
    unanswered = asked()
    answer(unanswered, heard)
    assert not unanswered.all(cmd.PlayPrompt) and unanswered.path()[-1] == (101, "")
    close(unanswered)


@rule("R-13.9")
def test_a_plain_text_answer_sets_the_name_and_goes_to_the_default() -> None:
    scene = asked()
    answer(scene, 'set_name: "Мария"')
    assert scene.path() == [(5600, "default"), (102, "")]
    assert scene.one(cmd.PlaceLeg).caller_name == "Мария"
    close(scene)


@rule("R-13.10")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, orders({"command": "transfer", "to": "101"})),
        (302, ""),
        (200, ""),
        (200, "<html>"),
        (200, '{"commands": "no list"}'),
        (200, orders({"command": "reboot"})),
        (200, orders({"command": "transfer", "to": "4999"})),
        (200, orders({"command": "play", "prompt": "nowhere.wav"})),
        (200, orders({"command": "set_priority", "value": "high"})),
        (200, orders(*[{"command": "set_var", "name": "n", "value": 1}] * 11)),
        (200, orders({"command": "set_name", "name": "x" * 17_000})),
    ],
)
def test_every_unusable_answer_leads_to_the_default_number(status: int, body: str) -> None:
    scene = asked()
    answer(scene, body, status)
    assert scene.path() == [(5600, "default"), (102, "")]
    used = scene.one(note.WebServerUsed)
    assert used.outcome != "ok" and used.latency_us == 300_000
    close(scene)


@rule("R-13.10", "R-02.11")
def test_a_server_that_does_not_answer_leads_to_the_default_or_to_no_route() -> None:
    scene = asked()
    scene.until(5.5)
    assert scene.path() == [(5600, "default"), (102, "")]
    close(scene)
    scene = asked(text=ASK.replace(", default: 102", ""))
    scene.until(5.5)
    assert scene.end().cause is Cause.NO_ROUTE_DESTINATION
    close(scene)


@rule("R-13.11", "R-25.3")
def test_in_the_scripted_world_a_stub_answers_and_nothing_leaves_the_machine() -> None:
    from engine.analysis.preview import preview
    from engine.analysis.scripted_world import Script
    from tests.harness import T0

    script = Script(web_status=200, web_body=orders({"command": "transfer", "to": "101"}), web_after_s=0.2)
    trace = preview(flow(ASK), T0, trunk="moscow", script=script)
    assert trace.landing.user == 101


def test_a_caller_who_hangs_up_while_the_server_thinks_leaves_nothing_behind() -> None:
    scene = asked()
    scene.hangs_up(1)
    answer(scene, orders({"command": "transfer", "to": "101"}), at=2)
    assert not scene.all(cmd.PlaceLeg)
    drained(scene.engine)


def test_read_orders_refuses_what_is_too_long_before_it_is_read() -> None:
    assert read_orders(" " * 100 + '{"commands": []}') == []
    assert read_orders('{"commands": [' + " " * 17_000 + "]}") == "answer too long"
