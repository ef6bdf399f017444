"""The fields of the Preview page for what may be otherwise than usual: what they give the script of a preview (R-25.4)."""

from __future__ import annotations

import pytest

from engine.analysis.preview import preview
from engine.analysis.scripted_world import Script
from engine.contract.causes import Cause
from engine.loading.load import load
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.preview.circumstances import Circumstances
from pbxsim.workbench.shell.texts import LANGUAGES, Texts
from tests.harness import T0, rule

TEXT = """pbx: example
trunks: {m: {number: "74951234567", lines: 3, to: 5400}}
users: {101: {}, 102: {}, 103: {}}
elements:
  5400: {kind: hours, days: none, match: 5600, mismatch: 5700}
  5600: {kind: http_request, address: "https://crm.example.org/x", default: 102}
  5700: {kind: contact_manager, crm_address: "https://crm.example.org/who", default: 103}
  5300: {kind: group, members: [101], no_answer: hangup}
"""


@rule("R-25.4", "R-13.11", "R-11.8", "R-04.10")
@pytest.mark.parametrize("language", LANGUAGES)
def test_trunks_rules_and_servers_are_asked_for_and_followed(language: str) -> None:
    changed: list[object] = []
    fields = Circumstances(Draft(TEXT), Texts(language), changed.append, {})
    assert (list(fields.trunks), list(fields.rules), list(fields.answers)) == (["m"], ["5400"], ["5600", "5700"])
    assert len(fields.cards()) == 5

    def lands() -> object:
        landing = preview(load(TEXT), T0, trunk="m", caller="89160000000", script=Script(**fields.script())).landing
        return landing.user or landing.cause

    assert lands() == 103, "nobody answers the CRM's question"
    fields.answers["5700"].value = "to:101"
    assert lands() == 101
    fields.rules["5400"].value = "match"
    assert lands() == 102
    fields.answers["5600"].value = '{"commands":[{"command":"hangup"}]}'
    assert lands() == Cause.NORMAL_CLEARING
    fields.trunks["m"].value = "unpaid"
    assert lands() == Cause.INCOMING_CALL_BARRED
    fields.trunks["m"].value = "registered"
    fields.account.value = "blocked_debt"
    assert lands() == Cause.INCOMING_CALL_BARRED
    assert len(changed) == 6
    fields.answers["5600"].value = "status:99"
    with pytest.raises(ValueError, match="R-13.8"):
        fields.script()


def test_a_document_without_them_asks_for_nothing_but_its_trunks() -> None:
    fields = Circumstances(Draft("pbx: example\nusers: {101: {}}\n"), Texts("en"), lambda _: None, {})
    assert len(fields.cards()) == 2, "the account and what users dial are always there"
    assert fields.script() == {"trunks": {}, "overrides": {}, "answers": {}, "account": "active", "acts": ()}


@rule("R-25.4", "R-15.11")
@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_that_users_dial_before_the_call_and_while_it_rings_are_followed(language: str) -> None:
    """As `pbx trace --before` and `--in-ring` do; the fields are folded away until somebody wants them."""
    text = 'pbx: example\ntrunks: {m: {number: "74951234567", lines: 3, to: 102}}\nusers: {101: {}, 102: {}, 103: {}}\n'
    changed: list[object] = []
    fields = Circumstances(Draft(text), Texts(language), changed.append, {})

    def lands(**users: str) -> object:
        states = {int(number[1:]): state for number, state in users.items()}
        script = Script(users=states, **fields.script())
        return preview(load(text), T0, trunk="m", caller="89160000000", script=script).landing.user

    assert not fields._codes.visible and lands() == 102
    fields.more.clicks += 1
    assert fields._codes.visible
    fields.dialled["before"].value = "102=*72101 ; 103=*78"
    assert lands() == 101
    fields.dialled["before"].value = ""
    fields.dialled["in_ring"].value = "103=**102"
    assert lands(u102="no_answer") == 103
    assert len(changed) == 3
    for wrong in ("199=*78", "102", "102=", "*78"):
        fields.dialled["in_ring"].value = wrong
        with pytest.raises(ValueError, match="102="):
            fields.script()
    asked = Circumstances(Draft(text), Texts(language), changed.append, {"before": "102=*72101"})
    assert asked._codes.visible and len(asked.script()["acts"]) == 1
