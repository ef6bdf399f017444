"""Outgoing rules: R-14, R-04.7, and the worked examples X1 to X5 and D1 to D8."""

from __future__ import annotations

from typing import Any

import pytest

from engine.contract.causes import Cause
from engine.document.faults import errors
from engine.document.models import Head
from engine.loading.load import examine
from engine.state.outgoing import OutgoingRoutes, Route, users_of
from tests.engine import tables
from tests.harness import rule

TRUNKS = {key: {"number": f"7495000000{n}"} for n, key in enumerate(("default", "spb", "moscow", "op"))}


def outgoing(*rules: dict[str, Any], inside: tuple[int, ...] = (100, 101, 5000), **more: Any) -> OutgoingRoutes:
    head = {"pbx": "example", "trunks": TRUNKS, "outgoing": {"default": "default", "rules": list(rules)}, **more}
    return OutgoingRoutes(Head.model_validate(head), inside)


def written(mask: str, output: str, operator: str = "op", **more: Any) -> dict[str, Any]:
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


@rule("R-14.24")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}-{case['user']}-{case['dialled']}")
def test_worked_examples_of_the_specification(case: dict[str, str]) -> None:
    """R-14.24: each rule alone."""
    made = outgoing(RULES[case["rule"]])
    assert as_in_the_table(made.route(case["dialled"], int(case["user"]))) == (case["sent"], case["through"])


@rule("R-14.24")
def test_worked_examples_are_whole() -> None:
    """R-14.24: every rule of the specification has its cases."""
    assert (
        {case["rule"] for case in CASES}
        == set(RULES)
        == {f"X{n}" for n in range(1, 6)} | {f"D{n}" for n in range(1, 9)}
    )


@rule("R-14.6", "R-14.7")
def test_the_first_rule_that_fires_is_final() -> None:
    """R-14.6, R-14.7: mask and user condition together."""
    made = outgoing(written("8+", "1", mode="only", users="101"), written("8(+)", "2$", "spb"), written("8+", "3"))
    assert made.route("84", 101).number == "1"
    assert (made.route("84", 100).number, made.route("84", 100).index, made.route("84", 100).name) == (
        "24",
        1,
        "rule 2",
    )


@rule("R-14.5", "R-14.8", "R-14.10", "R-07.8")
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
    made = outgoing(written("8+", "0000", mode=mode, users=users))
    assert (made.route("84", user).rule == "R-14.21") is works


@rule("R-14.8")
def test_users_of_a_list() -> None:
    """R-14.8."""
    assert users_of("100;101 ; ;abc") == {100, 101}


@rule("R-14.9")
def test_internal_numbers_never_reach_the_rules() -> None:
    """R-14.9."""
    made = outgoing(written("+", "0000"))
    assert (made.route("101", 100).inside, made.route("101", 100).rule) == (101, "R-14.9")
    assert made.route("102", 100).cause is Cause.OUTGOING_CALL_BARRED


@rule("R-14.9", "R-02.8")
def test_emergency_numbers_bypass_all_rules_and_leave_through_the_default_number() -> None:
    """R-14.9, R-02.8."""
    made = outgoing(written("+", "0000"), settings={"emergency": ["112", "103"]})
    for number in ("112", "103", "1-12"):
        route = made.route(number, 100)
        assert (route.trunk, route.emergency, route.cause) == ("default", True, None)


@rule("R-14.11")
@pytest.mark.parametrize("dialled", ["", "+", "0+74951234567", "++7", "7a", "1" * 33, "٣٣٣", "8/916", "+7\n"])
def test_malformed_numbers_are_refused(dialled: str) -> None:
    """R-14.11."""
    route = outgoing(written("+", "1")).route(dialled, 100)
    assert (route.cause, route.rule, route.trunk) == (Cause.INVALID_NUMBER_FORMAT, "R-14.11", None)


@rule("R-14.19")
def test_a_malformed_result_counts_as_fired() -> None:
    """R-14.19: no later rule is tried."""
    made = outgoing(written("0(+)", "$"), written("0+", "1"))
    assert (made.route("0", 100).cause, made.route("0", 100).index) == (Cause.INVALID_NUMBER_FORMAT, 0)
    long = outgoing(written("(+)", "$$")).route("1" * 20, 100)
    assert long.rule == "R-14.19"


@rule("R-14.21")
@pytest.mark.parametrize(
    ("output", "barred"), [("0000", True), ("000", True), ("00", False), ("0001", False), ("+000", False)]
)
def test_only_zeros_bar(output: str, barred: bool) -> None:
    """R-14.21: three or more; nothing is sent to the operator."""
    route = outgoing(written("8+", output)).route("84", 100)
    assert (route.cause is Cause.OUTGOING_CALL_BARRED, route.trunk is None) == (barred, barred)


@rule("R-14.20")
def test_the_rule_names_its_failover_trunk() -> None:
    """R-14.20: only an explicit one; the default number is never a failover."""
    made = outgoing(written("8+", "1", failover="spb"), written("9+", "1"))
    assert (made.route("84", 100).trunk, made.route("84", 100).failover) == ("op", "spb")
    assert made.route("94", 100).failover is None


@rule("R-14.1", "R-14.2")
def test_no_rule_and_no_default_number_is_no_route() -> None:
    """R-14.1, R-14.2."""
    head = Head.model_validate({"pbx": "example", "trunks": TRUNKS})
    assert OutgoingRoutes(head).route("84951234567", 100).cause is Cause.NO_ROUTE_DESTINATION


@rule("R-04.7")
def test_forwarding_through_the_same_number_sees_only_its_rules() -> None:
    """R-04.7 with the option on: rules of that trunk, else unchanged through it."""
    made = outgoing(written("8(+)", "7$", "spb"), written("8(+)", "9$", "op"))
    assert (made.route("8495", 100, same_trunk="op").number, made.route("8495", 100, same_trunk="op").trunk) == (
        "9495",
        "op",
    )
    unchanged = made.route("8495", 100, same_trunk="moscow")
    assert (unchanged.number, unchanged.trunk, unchanged.rule) == ("8495", "moscow", "R-04.7")


@rule("R-04.6", "R-04.7")
def test_forwarding_without_the_option_asks_the_rules_first_and_then_the_default() -> None:
    """R-04.6, R-04.7 with the option off: bans hold for forwarding too."""
    made = outgoing(written("810+", "0000", "spb", mode="only", users="100"))
    assert made.route("81044", 100).cause is Cause.OUTGOING_CALL_BARRED
    assert made.route("8495", 100).trunk == "default"


@rule("R-03.16")
def test_a_trunk_without_outgoing_calls_bars() -> None:
    """R-03.16."""
    trunks = {**TRUNKS, "op": {"number": "88001234567", "outgoing_allowed": False}}
    made = outgoing(written("8+", "1"), trunks=trunks)
    assert (made.route("84", 100).cause, made.route("84", 100).rule) == (Cause.OUTGOING_CALL_BARRED, "R-03.16")


@rule("R-14.3", "R-14.4", "R-14.5")
def test_a_rule_has_a_name_a_mask_an_output_an_operator_and_users_with_a_mode() -> None:
    """R-14.3, R-14.4, R-14.5: the trunk is chosen by dialled number and by employee."""
    made = outgoing(
        written("(ddddddd)", "8495$", "moscow", name="local", mode="only", users="100"),
        written("(ddddddd)", "8812$", "spb"),
    )
    assert [(r.name, r.trunk, r.only, sorted(r.users)) for r in made.rules] == [
        ("local", "moscow", True, [100]),
        ("rule 2", "spb", False, []),
    ]
    assert [made.route("1234567", user).trunk for user in (100, 101)] == ["moscow", "spb"]


@rule("R-14.9")
@pytest.mark.parametrize("count", [500, 501])
def test_up_to_five_hundred_rules(count: int) -> None:
    """R-14.9."""
    written = "".join("    - {mask: d, output: '1', operator: m}\n" for _ in range(count))
    text = f"pbx: example\ntrunks: {{m: {{number: 77}}}}\noutgoing:\n  rules:\n{written}"
    assert [fault.rule for fault in errors(examine(text)[1])] == ([] if count == 500 else ["R-14.9"])
