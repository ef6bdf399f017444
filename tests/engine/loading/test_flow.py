"""From a document to a flow: digest, joined exits, numbers and aliases, circles."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.document import faults
from engine.loading.load import examine, load
from engine.state.flow import Flow
from tests.harness import rule


def loaded(text: str) -> Flow:
    return load(text)


BASE = """
pbx: example
trunks: {m: {number: "74951234567", to: 5400}}
elements:
  5400: {kind: hours, days: mon-fri, match: 5300, mismatch: hangup}
  5300: {kind: group, members: [100, "89161234567"], no_answer: "84951112233"}
users: {100: {name: Anna}}
settings: {aliases: {Info: 5300}}
"""


@rule("R-25.1")
def test_the_digest_does_not_see_comments_order_defaults_or_places_on_the_canvas() -> None:
    """R-25.1: named by the hash of the canonical form."""
    other = """
# another hand wrote this
settings: {aliases: {info: "5300"}, emergency: [112]}
users:
  100: {name: Anna, ring: 30, x: 5, y: 6}
elements:
  5300: {kind: group, y: 2.5, no_answer: 84951112233, members: [{number: 100}, 89161234567]}
  5400: {kind: hours, mismatch: hangup, match: "5300", days: mon-fri, open: "00:00-24:00"}
trunks: {m: {to: 5400, number: 74951234567, lines: unlimited}}
pbx: example
"""
    assert loaded(BASE).digest == loaded(other).digest
    assert list(loaded(BASE).elements) == list(loaded(other).elements)


@rule("R-25.1")
@pytest.mark.parametrize(
    ("old", "new"), [("mon-fri", "mon-sat"), ("Anna", "Anne"), ("mismatch: hangup", "mismatch: 100"), ("Info", "Infos")]
)
def test_the_digest_sees_everything_else(old: str, new: str) -> None:
    """R-25.1."""
    assert loaded(BASE).digest != loaded(BASE.replace(old, new)).digest


@rule("R-02.9")
def test_exits_know_their_targets() -> None:
    """R-02.9: an element, an outside number, or hang up."""
    flow = loaded(BASE)
    hours = flow.elements[5400]
    assert hours.exits["match"].target is flow.elements[5300]
    assert (hours.exits["mismatch"].target, hours.exits["mismatch"].to) == (None, "hangup")
    assert (flow.elements[5300].exits["no_answer"].target, flow.elements[5300].exits["no_answer"].to) == (
        None,
        "84951112233",
    )
    assert flow.entry_of("m").target is hours


@rule("R-10.1", "R-10.2")
def test_internal_numbers_come_before_aliases_and_aliases_have_no_case() -> None:
    """R-10.1, R-10.2."""
    flow = loaded(BASE)
    assert flow.find("100") is flow.elements[100]
    assert flow.find("INFO") is flow.find("info") is flow.elements[5300]
    assert flow.find("nobody") is None
    assert flow.find("000") is None


def test_the_graph_has_one_edge_an_output() -> None:
    edges = {(a, key): b for a, b, key in loaded(BASE).graph.edges(keys=True)}
    assert edges == {
        ("trunk:m", "to"): 5400,
        ("alias:info", "to"): 5300,
        (5400, "match"): 5300,
        (5400, "mismatch"): "hangup",
        (5300, "no_answer"): "outside:84951112233",
        (5300, "member 1"): 100,
        (5300, "member 2"): "outside:89161234567",
    }


@rule("R-02.8")
def test_an_emergency_number_as_output_is_an_outside_number() -> None:
    """R-02.8: 112 is nobody's internal number."""
    flow = loaded(BASE.replace("mismatch: hangup", "mismatch: 112"))
    assert flow.elements[5400].exits["mismatch"].target is None


@rule("R-02.14")
def test_a_circle_without_waiting_is_spelled_out() -> None:
    """R-02.14."""
    text = """
pbx: example
elements:
  5400: {kind: hours, match: 5500, mismatch: hangup}
  5401: {kind: hours, match: 5500, mismatch: 5400}
  5500: {kind: number_rule, entries: ["7"], match: hangup, mismatch: 5401}
"""
    flow, found = examine(text)
    assert flow is None
    [fault] = found
    assert fault.rule == "R-02.14"
    assert "5400 (match) → 5500 (mismatch) → 5401 (mismatch) → 5400" in fault.message
    assert (fault.line, fault.place) == (4, "elements.5400.match")


@rule("R-02.14")
def test_a_circle_through_a_person_is_allowed() -> None:
    """R-02.14: it waits."""
    text = BASE.replace('no_answer: "84951112233"', "no_answer: 5400")
    assert examine(text)[0] is not None


@rule("R-11.3", "R-02.10")
def test_empty_outputs_of_a_time_rule_are_a_warning() -> None:
    """R-11.3, R-02.10."""
    flow, found = examine("pbx: example\nelements:\n  5400: {kind: hours}\n")
    assert flow is not None and flow.faults == found
    assert [(fault.severity, fault.rule, fault.line) for fault in found] == [("warning", "R-11.3", 3)]


def test_faults_print_as_one_line_each(example_path: Path) -> None:
    _, found = examine(example_path.read_text().replace("5120", "5129", 1), "pbx.yaml")
    assert faults.as_text(found).splitlines() == [
        "pbx.yaml:15:12: error R-02.13: elements.5500.match: nothing has the number 5129. "
        "Did you mean 5120, or add the element 5129."
    ]


@rule("R-25.1")
def test_the_canonical_form_is_a_document_with_the_same_digest(example_path: Path) -> None:
    """R-25.1: what is stored under a digest loads as that version."""
    for text in (BASE, example_path.read_text()):
        flow = loaded(text)
        again = loaded(flow.document.canonical())
        assert again.digest == flow.digest
        assert again.document.canonical() == flow.document.canonical()


@rule("R-02.3", "R-02.5", "R-02.7")
def test_any_number_of_elements_of_a_kind_above_the_users() -> None:
    """R-02.3, R-02.5, R-02.7: service elements are 5000 to 5999, whatever their kind."""
    greetings = "".join(f"  {n}: {{kind: greeting, prompt: a.wav, next: hangup}}\n" for n in range(5000, 6000))
    flow = loaded(f"pbx: example\nprompts: {{a.wav: 1}}\nelements:\n{greetings}users: {{100: {{}}, 4999: {{}}}}\n")
    assert list(flow.elements) == [100, 4999, *range(5000, 6000)]


@rule("R-04.4", "R-04.5", "R-04.8", "R-06.7", "R-10.3", "R-12.4", "R-03.16")
def test_what_is_off_until_somebody_switches_it_on() -> None:
    """R-04.4, R-04.5, R-04.8, R-06.7, R-10.3, R-12.4, R-03.16: defaults of trunks, users and settings."""
    flow = loaded(BASE)
    trunk, user, settings = flow.trunks["m"], flow.head.users[100], flow.head.settings
    assert (trunk.operator, trunk.same_number_for_forwarding, trunk.lines) == ("Другой", False, "unlimited")
    assert (trunk.outgoing_allowed, user.direct_sip) == (True, False)
    assert (settings.direct_sip, settings.caller_form, settings.emergency) == (False, "off", ("112",))
