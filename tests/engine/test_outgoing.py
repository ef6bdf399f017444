"""Outgoing rules: R-14, R-04.7, and the worked examples X1 to X5 and D1 to D8."""

from __future__ import annotations

from typing import Any

import pytest

from engine.causes import Cause
from engine.document import Head
from engine.outgoing import Outgoing, Route, users_of
from tests.engine import tables

TRUNKS = {key: {"number": f"7495000000{n}"} for n, key in enumerate(("default", "spb", "moscow", "op"))}


def outgoing(*rules: dict[str, Any], inside: tuple[int, ...] = (100, 101, 5000), **more: Any) -> Outgoing:
    head = {"pbx": "example", "trunks": TRUNKS, "outgoing": {"default": "default", "rules": list(rules)}, **more}
    return Outgoing(Head.model_validate(head), inside)


def rule(mask: str, output: str, operator: str = "op", **more: Any) -> dict[str, Any]:
    return {"mask": mask, "output": output, "operator": operator, **more}


RULES = {name: dict(cell.split("=", 1) for cell in cells) for name, *cells in tables.columns("outgoing_rules.txt")}
CASES = tables.rows("outgoing_cases.tsv")


def as_in_the_table(route: Route) -> tuple[str, str]:
    """What a route says in the columns *sent* and *through*."""
    if route.rule == "R-14.21":
        return "barred", "-"
    if route.cause is Cause.INVALID_NUMBER_FORMAT:
        return "invalid", "-"
    return route.number, route.trunk or "-"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}-{case['user']}-{case['dialled']}")
def test_worked_examples_of_the_specification(case: dict[str, str]) -> None:
    """R-14.24: each rule alone."""
    made = outgoing(RULES[case["rule"]])
    assert as_in_the_table(made.route(case["dialled"], int(case["user"]))) == (case["sent"], case["through"])


def test_worked_examples_are_whole() -> None:
    """R-14.24: every rule of the specification has its cases."""
    assert (
        {case["rule"] for case in CASES}
        == set(RULES)
        == {f"X{n}" for n in range(1, 6)} | {f"D{n}" for n in range(1, 9)}
    )


def test_the_first_rule_that_fires_is_final() -> None:
    """R-14.6, R-14.7: mask and user condition together."""
    made = outgoing(rule("8+", "1", mode="only", users="101"), rule("8(+)", "2$", "spb"), rule("8+", "3"))
    assert made.route("84", 101).number == "1"
    assert (made.route("84", 100).number, made.route("84", 100).index, made.route("84", 100).name) == (
        "24",
        1,
        "rule 2",
    )


@pytest.mark.parametrize(
    ("mode", "users", "user", "works"),
    [
        ("except", "", 100, True),
        ("only", "", 100, False),
        ("except", "100; 101", 101, False),
        ("only", " 100 ;; 101 ", 101, True),
        ("only", "100", None, False),
        ("except", "100", None, True),
    ],
)
def test_user_condition(mode: str, users: str, user: int | None, works: bool) -> None:
    """R-14.5, R-14.8, R-14.10 and R-07.8: without an originator only *except* rules fit."""
    made = outgoing(rule("8+", "0000", mode=mode, users=users))
    assert (made.route("84", user).rule == "R-14.21") is works


def test_users_of_a_list() -> None:
    """R-14.8."""
    assert users_of("100;101 ; ;abc") == {100, 101}


def test_internal_numbers_never_reach_the_rules() -> None:
    """R-14.9."""
    made = outgoing(rule("+", "0000"))
    assert (made.route("101", 100).inside, made.route("101", 100).rule) == (101, "R-14.9")
    assert made.route("102", 100).cause is Cause.OUTGOING_CALL_BARRED


def test_emergency_numbers_bypass_all_rules_and_leave_through_the_default_number() -> None:
    """R-14.9, R-02.8."""
    made = outgoing(rule("+", "0000"), settings={"emergency": ["112", "103"]})
    for number in ("112", "103", "1-12"):
        route = made.route(number, 100)
        assert (route.trunk, route.emergency, route.cause) == ("default", True, None)


@pytest.mark.parametrize("dialled", ["", "+", "0+74951234567", "++7", "7a", "1" * 33, "٣٣٣", "8/916", "+7\n"])
def test_malformed_numbers_are_refused(dialled: str) -> None:
    """R-14.11."""
    route = outgoing(rule("+", "1")).route(dialled, 100)
    assert (route.cause, route.rule, route.trunk) == (Cause.INVALID_NUMBER_FORMAT, "R-14.11", None)


def test_a_malformed_result_counts_as_fired() -> None:
    """R-14.19: no later rule is tried."""
    made = outgoing(rule("0(+)", "$"), rule("0+", "1"))
    assert (made.route("0", 100).cause, made.route("0", 100).index) == (Cause.INVALID_NUMBER_FORMAT, 0)
    long = outgoing(rule("(+)", "$$")).route("1" * 20, 100)
    assert long.rule == "R-14.19"


@pytest.mark.parametrize(
    ("output", "barred"), [("0000", True), ("000", True), ("00", False), ("0001", False), ("+000", False)]
)
def test_only_zeros_bar(output: str, barred: bool) -> None:
    """R-14.21: three or more; nothing is sent to the operator."""
    route = outgoing(rule("8+", output)).route("84", 100)
    assert (route.cause is Cause.OUTGOING_CALL_BARRED, route.trunk is None) == (barred, barred)


def test_the_rule_names_its_failover_trunk() -> None:
    """R-14.20: only an explicit one; the default number is never a failover."""
    made = outgoing(rule("8+", "1", failover="spb"), rule("9+", "1"))
    assert (made.route("84", 100).trunk, made.route("84", 100).failover) == ("op", "spb")
    assert made.route("94", 100).failover is None


def test_no_rule_and_no_default_number_is_no_route() -> None:
    """R-14.1, R-14.2."""
    head = Head.model_validate({"pbx": "example", "trunks": TRUNKS})
    assert Outgoing(head).route("84951234567", 100).cause is Cause.NO_ROUTE_DESTINATION


def test_forwarding_through_the_same_number_sees_only_its_rules() -> None:
    """R-04.7 with the option on: rules of that trunk, else unchanged through it."""
    made = outgoing(rule("8(+)", "7$", "spb"), rule("8(+)", "9$", "op"))
    assert (made.route("8495", 100, same_trunk="op").number, made.route("8495", 100, same_trunk="op").trunk) == (
        "9495",
        "op",
    )
    unchanged = made.route("8495", 100, same_trunk="moscow")
    assert (unchanged.number, unchanged.trunk, unchanged.rule) == ("8495", "moscow", "R-04.7")


def test_forwarding_without_the_option_asks_the_rules_first_and_then_the_default() -> None:
    """R-04.6, R-04.7 with the option off: bans hold for forwarding too."""
    made = outgoing(rule("810+", "0000", "spb", mode="only", users="100"))
    assert made.route("81044", 100).cause is Cause.OUTGOING_CALL_BARRED
    assert made.route("8495", 100).trunk == "default"


def test_a_trunk_without_outgoing_calls_bars() -> None:
    """R-03.16."""
    trunks = {**TRUNKS, "op": {"number": "88001234567", "outgoing_allowed": False}}
    made = outgoing(rule("8+", "1"), trunks=trunks)
    assert (made.route("84", 100).cause, made.route("84", 100).rule) == (Cause.OUTGOING_CALL_BARRED, "R-03.16")
