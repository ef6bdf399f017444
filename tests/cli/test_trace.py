"""`pbx trace` through the real command line: what may be typed, and what is told."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from engine.contract.draws import seed_of
from tests.cli.conftest import Pbx
from tests.harness import rule

MONDAY = ("--at", "2026-11-23 09:30")


def test_the_call_of_the_readme_lands_in_the_mailbox_by_the_number_rule(pbx: Pbx) -> None:
    """R-12.2: callers whose number begins with 849555510 go to voicemail 5120."""
    ran = pbx("trace", "example", "--number", "84951234567", *MONDAY, "--caller", "84955551000")
    assert ran.status == 0, ran
    assert "(moscow)" in ran.out and "R-12.3" in ran.out and "not taken: mismatch" in ran.out
    assert "lands at voicemail 5120" in ran.out and "Asia/Yekaterinburg" in ran.out


@pytest.mark.parametrize("number", ["84951234567", "74951234567", "+7 (495) 123-45-67", "4951234567"])
def test_a_trunk_is_found_by_the_last_ten_digits_when_the_number_does_not_fit_literally(number: str, pbx: Pbx) -> None:
    ran = pbx("trace", "example", "--number", number, *MONDAY, "--json")
    assert ran.status == 0 and ran.json["trunk"] == "moscow", ran


@pytest.mark.parametrize(
    ("at", "element"),
    [
        ("2026-11-23 08:59:59", 5001),
        ("2026-11-23 09:00", 5000),
        ("2026-11-23T04:00:00Z", 5000),
        ("2026-11-23T03:59:59+00:00", 5001),
        ("2026-11-28 10:00", 5001),
    ],
)
def test_a_time_without_offset_is_the_accounts(at: str, element: int, pbx: Pbx) -> None:
    """Cases T1, T2 and T7 of R-11; the account's zone is five hours ahead of UTC."""
    ran = pbx("trace", "example", "--number", "78121234567", "--at", at, "--json")
    assert [step["element"] for step in ran.json["steps"]][:2] == [5400, element]


def test_keys_and_states_of_users_decide(pbx: Pbx) -> None:
    words = ("trace", "example", "--number", "78121234567", *MONDAY, "--keys", "2")
    assert "lands at user 105" in pbx(*words).out
    assert "lands at user 103" in pbx(*words, "--state", "105=no_answer", "-s", "106=busy").out


def test_a_user_dials_out_by_the_outgoing_rules(pbx: Pbx) -> None:
    ran = pbx("trace", "example", "--number", "+7 916 123-45-67", "--user", "101", *MONDAY, "--json")
    assert ran.json["landing"]["number"] == "89161234567", ran


@rule("R-14.26")
@pytest.mark.parametrize("lang", ["C.UTF-8", "ru_RU.UTF-8"])
def test_who_dials_heads_the_call(pbx: Pbx, lang: str) -> None:
    ran = pbx("trace", "example", "--number", "*21#", "--user", "100", *MONDAY, lang=lang)
    assert ran.out.startswith("100 Anna → *21# · "), ran.out


def test_everything_the_engine_said_can_be_seen(pbx: Pbx) -> None:
    ran = pbx("trace", "example", "--number", "5200", *MONDAY, "--full")
    said = [json.loads(line[line.index("{") :]) for line in ran.out.splitlines() if line.rstrip().endswith("}")]
    assert {"CallStarted", "CallQueued", "PlaceLeg", "CallEnded"} <= {message["type"] for message in said}


@pytest.mark.parametrize(
    "words",
    [
        ("--number", "777"),
        ("--number", "5200", "--at", "tomorrow"),
        ("--number", "5200", "--state", "100=asleep"),
        ("--number", "5200", "--state", "999=busy"),
        ("--number", "5200", "--state", "busy"),
        ("--number", "5200", "--trunk", "oslo=failed"),
        ("--number", "5200", "--hold", "5400=ajar"),
        ("--number", "5200", "--user", "4000"),
        ("--number", "5200", "--outside", "asleep"),
        (),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_refused_without_a_traceback(words: tuple[str, ...], pbx: Pbx) -> None:
    ran = pbx("trace", "example", *words)
    assert ran.status == 2 and ran.err and "Traceback" not in ran.err, ran


@rule("R-11.6", "R-25.4")
def test_the_call_of_a_finding_is_traced_in_an_hour_that_clocks_show_twice(tmp_path: Path, pbx: Pbx) -> None:
    """25 October 2026, 02:15 in Berlin for the second time, is 01:15 UTC: the command that `pbx check` prints says which."""
    (tmp_path / "pbx.yaml").write_text(
        "pbx: example\nzone: Europe/Berlin\nusers: {100: {}}\ntrunks: {m: {number: '74951234567', lines: 1, to: 5400}}\n"
        "elements:\n  5400: {kind: hours, zone: UTC, dates: 2026-10-25, open: '01:15-01:30', mismatch: 100}\n"
    )
    told = pbx("check", "pbx.yaml", "--from", "2026-01-01")
    [command] = [line for line in told.out.splitlines() if "pbx trace" in line and "2026-10-25" in line]
    ran = pbx(*shlex.split(command)[1:])
    assert ran.status == 0 and "NO_ROUTE_DESTINATION" in ran.out


@rule("R-25.2", "R-25.6")
def test_a_call_is_drawn_as_the_live_one_of_the_same_id(pbx: Pbx, tmp_path: Path) -> None:
    (tmp_path / "pbx.yaml").write_text(
        'pbx: example\ntrunks: {m: {number: "74951234567", lines: 3, to: 5200}}\nusers: {101: {}, 102: {}, 103: {}}\n'
        "elements: {5200: {kind: queue, members: [101, 102, 103], strategy: random}}\n"
    )
    words = ("trace", str(tmp_path / "pbx.yaml"), "--number", "74951234567", "--json")
    landed = []
    for call in ("65a1b2c3d4e5f-1a2b3c4d", "65a1b2c3d4e5f-1a2b3c4e", "65a1b2c3d4e5f-1a2b3c4f"):
        by_id, by_seed = pbx(*words, "--call", call), pbx(*words, "--draw", str(seed_of(call)))
        assert by_id.status == 0 and by_id.json["landing"] == by_seed.json["landing"]
        landed.append(by_id.json["landing"]["user"])
    assert len(set(landed)) > 1


SERVER = """pbx: example
trunks: {m: {number: "74951234567", lines: 3, to: 5600}}
users: {101: {}, 102: {}}
elements: {5600: {kind: http_request, address: "https://crm.example.org/x", default: 102}}
"""


@rule("R-13.11", "R-25.4")
def test_what_a_server_answers_is_said_on_the_command_line(pbx: Pbx, tmp_path: Path) -> None:
    file = tmp_path / "pbx.yaml"
    file.write_text(SERVER, encoding="utf-8")
    for answer, user in (
        ("to:101", 101),
        ("status:500", 102),
        ('{"commands":[{"command":"transfer","to":"101"}]}', 101),
    ):
        ran = pbx("trace", str(file), "--number", "74951234567", "--answer", f"5600={answer}", "--json")
        assert ran.status == 0 and ran.json["landing"]["user"] == user, ran


@rule("R-25.7")
@pytest.mark.parametrize(
    ("arguments", "rule_number"),
    [
        (("--number", "89990001122"), "R-04.13"),
        (("--number", "74951234567", "--user", "999"), "R-02.4"),
        (("--number", "74951234567", "--via", "x"), "R-25.4"),
        (("--number", "74951234567", "--state", "101=asleep"), "R-25.4"),
        (("--number", "74951234567", "--answer", "101=to:101"), "R-25.4"),
        (("--number", "74951234567", "--answer", "5600=status:x"), "R-13.8"),
        (("--number", "74951234567", "--at", "noon"), "R-25.4"),
    ],
)
def test_refusals_of_the_command_line_name_the_rule(
    arguments: tuple[str, ...], rule_number: str, pbx: Pbx, tmp_path: Path
) -> None:
    file = tmp_path / "pbx.yaml"
    file.write_text(SERVER, encoding="utf-8")
    ran = pbx("trace", str(file), *arguments)
    assert ran.status == 2 and rule_number in ran.err, ran


@rule("R-15.11", "R-25.4")
def test_what_users_dial_before_and_while_it_rings_decides(pbx: Pbx) -> None:
    words = ("trace", "example", "--number", "101", "--user", "102", "--at", "2026-11-23 09:30")
    sent_on = pbx(*words, "--before", "101=*72103")
    assert sent_on.status == 0 and "lands at user 103" in sent_on.out, sent_on
    taken = pbx(*words, "--in-ring", "104=**101", "--state", "101=no_answer")
    assert "104 dials: code pickup 101" in taken.out and "lands at user 104" in taken.out, taken
    said = pbx("--lang", "ru", *words, "--in-ring", "104=**103")
    assert "104 набирает код: перехват звонка 103; брать нечего" in said.out, said
    refused = pbx(*words, "--before", "999=*78")
    assert refused.status == 2 and "names nothing of this PBX" in refused.err, refused
