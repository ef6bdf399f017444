"""Whatever a web server or a CRM answers, a call goes on: R-13.10 and R-18.5 with any text at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import events as ev
from engine.contract import limits
from engine.elements import web_answers
from engine.elements.http_request import read_orders
from tests.harness import Scene, drained, rule

PBX = """
5600: {kind: http_request, address: "https://crm.example.org/route", default: 102}
5700: {kind: contact_manager, crm_address: "https://crm.example.org/who", default: 102}
"""

DIGITS = "9" * 5000
NESTED = "[" * 8000 + "]" * 8000

UNUSABLE = [
    '{"commands":[{"command":"set_priority","value":"--5"}]}',
    '{"commands":[{"command":"set_priority","value":"-"}]}',
    '{"commands":[{"command":"set_priority","value":"²"}]}',
    '{"commands":[{"command":"set_priority","value":"5.0"}]}',
    '{"commands":[{"command":"set_priority","value":1e300}]}',
    '{"commands":[{"command":"set_priority","value":NaN}]}',
    f'{{"commands":[{{"command":"set_priority","value":{DIGITS}}}]}}',
    f'{{"commands":[{{"command":"transfer","to":{DIGITS}}}]}}',
    f'{{"commands":[{{"command":"transfer","to":"{DIGITS}"}}]}}',
    '{"commands":[{"command":"transfer","to":"²²²²"}]}',
    f'{{"x":{NESTED},"commands":[]}}',
    NESTED,
    '{"commands":[{"command":"set_name","name":"\\ud800"}]}',
    'set_name: "\\udfff"',
    "\ud800",
    "",
    "null",
    "\x00",
]
"""Answers that count as none: the call goes to the default number (R-13.10)."""

NOBODY = [
    f'{{"user":"{DIGITS}"}}', f'{{"user":{DIGITS}}}', '{"user":"²"}', '{"user":"²²²"}', '{"user":"0101"}', '{"user":-101}',
    '{"user":true}', '{"user":999}', f'{{"user":{NESTED}}}', "\ud800", "[]", "",
]  # fmt: skip
"""Answers of a CRM that name nobody: the next source is asked, and after the last the default number takes the call."""


def path_after(to: int, body: str, status: int = 200) -> list[tuple[int, str]]:
    """Where a call goes whose server answers `body`."""
    scene = Scene(PBX, to=to)
    scene.arrives(0)
    scene.tell(1, ev.WebServerAnswered(request="c1.q1", status=status, body=body, latency_us=1))
    path = [(number, output) for number, output in scene.path()]
    call = scene.engine.tenant.calls.get("c1")
    if call is not None and not call.over:  # a server may have hung up, and then it is gone
        scene.hangs_up(50)
    scene.until(200)
    drained(scene.engine)
    return path


@rule("R-13.10")
@pytest.mark.parametrize("body", UNUSABLE)
def test_an_answer_of_any_text_that_cannot_be_obeyed_leads_to_the_default_number(body: str) -> None:
    assert path_after(5600, body)[:2] == [(5600, "default"), (102, "")]


@rule("R-18.5")
@pytest.mark.parametrize("body", NOBODY)
def test_a_crm_that_names_nobody_in_any_words_is_passed_over(body: str) -> None:
    assert path_after(5700, body)[:2] == [(5700, "default"), (102, "")]


@rule("R-18.5")
@pytest.mark.parametrize("body", ['{"user":"101"}', '{"user":101}', '{"user":" 101 ","name":"Anna"}'])
def test_a_crm_may_name_the_user_as_number_or_text(body: str) -> None:
    assert path_after(5700, body) == [(5700, "")]


@rule("R-13.8", "R-08.6")
def test_a_priority_is_a_whole_number_brought_to_0_to_10() -> None:
    values: list[tuple[str | int, int | None]] = [
        (5, 5), ("5", 5), (" +7 ", 7), (99, 10), ("-3", 0), (DIGITS, 10), ("-" + DIGITS, 0), ("0000000003", 3), ("--5", None),
        ("²", None), ("٥", None), ("", None), ("+", None), ("1_0", None), ("0x5", None), ("5.0", None),
    ]  # fmt: skip
    for value, meant in values:
        assert web_answers.priority(value) == meant, value


@rule("R-13.8")
def test_a_name_from_a_server_is_one_line_that_can_be_shown() -> None:
    assert web_answers.printed_name("Anna\r\nContact: <sip:x@y>\x00") == "Anna Contact: <sip:x@y>"
    assert web_answers.printed_name("\u202eevil\u2066 \ud800name") == "evil name"
    assert len(web_answers.printed_name("я" * 500)) == 80


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["101", "--5", "²", 101, "112"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["command", "to", "name", "value", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
COMMANDS = st.fixed_dictionaries(
    {"command": st.sampled_from(["transfer", "set_name", "set_var", "set_priority", "play", "hangup", "fly"]) | VALUES},
    optional={"to": VALUES, "name": VALUES, "value": VALUES, "prompt": VALUES},
)
ANSWERS = (
    st.lists(COMMANDS, max_size=4).map(lambda commands: json.dumps({"commands": commands}))
    | VALUES.map(lambda value: json.dumps({"user": value}))
    | VALUES.map(json.dumps)
    | st.text(max_size=40)
    | st.text(max_size=20).map(lambda text: "set_name:" + text)
)


@rule("R-13.10", "R-18.5")
@given(body=ANSWERS, to=st.sampled_from([5600, 5700]), status=st.sampled_from([200, 204, 500]))
@settings(max_examples=150, deadline=None)
def test_no_answer_breaks_the_engine(body: str, to: int, status: int) -> None:
    path = path_after(to, body, status)
    assert path[0][0] == to
    if status != 200:
        assert path[0] == (to, "default")


@rule("R-13.8")
def test_a_server_may_hang_up() -> None:
    assert path_after(5600, '{"commands": [{"command": "hangup"}]}') == [(5600, "")]


@rule("R-13.8")
@given(value=st.recursive(st.text(max_size=5), lambda inner: st.lists(inner), max_leaves=50))
@settings(max_examples=50, deadline=None)
def test_orders_are_commands_or_a_reason(value: Any) -> None:
    read = read_orders(json.dumps({"commands": value}))
    assert isinstance(read, str) or len(read) <= limits.HTTP_COMMANDS
