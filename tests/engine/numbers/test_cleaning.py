"""Numbers are cleaned in one place: whoever writes one with spaces, brackets or characters that nobody sees means the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.preview import preview
from engine.contract.causes import Cause
from engine.loading.load import load
from engine.numbers import phone_numbers
from engine.state.flow import Flow
from tests.harness import T0, rule

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u202a\u202c\u2060\u2066\ufeff"
"""Soft hyphen, zero-width space and joiners, marks of direction, byte order mark: category Cf."""

FILLING = "\u034f\u115f\u180b\u3164\ufe0e\ufe0f\uffa0\U000e0030\U000e0100"
"""Joiners, fillers, selectors and tags: nobody sees them, and they are of other categories."""

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"

FILLER = st.text(alphabet=INVISIBLE + FILLING + DASHES + " \u00a0\u2009\u202f-.()", max_size=3)


@st.composite
def decorated(draw: st.DrawFn, number: str) -> str:
    """A number with anything between its digits that R-14.11 removes."""
    return draw(FILLER) + "".join(char + draw(FILLER) for char in number)


def pbx(number: str = "74951234567", emergency: str = "112", alias: str = "info") -> Flow:
    return load(
        f'pbx: example\ntrunks: {{m: {{number: "{number}", lines: 3, to: 101}}}}\nusers: {{101: {{}}, 102: {{}}}}\n'
        f'settings: {{emergency: ["{emergency}"], direct_sip: true, aliases: {{{alias}: 102}}}}\noutgoing: {{default: m, '
        "rules: [{mask: '{p|}+', output: '0000', operator: m}]}\n"
    )


@rule("R-14.11", "R-14.26", "R-14.9")
@given(dialled=decorated("102"), emergency=decorated("112"))
def test_a_user_reaches_colleagues_and_help_however_the_number_is_written(dialled: str, emergency: str) -> None:
    flow = pbx()
    assert preview(flow, T0, called=dialled, user=101).landing.user == 102
    found = preview(flow, T0, called=emergency, user=101)
    assert found.landing.number == "112", "barred users reach help too"


@rule("R-02.8", "R-14.9")
@given(entry=decorated("104"))
def test_an_entry_of_the_emergency_list_is_cleaned(entry: str) -> None:
    flow = pbx(emergency=entry)
    assert flow.head.settings.emergency == ("104",)
    assert preview(flow, T0, called="104", user=101).landing.number == "104"
    assert preview(flow, T0, called="112", user=101).landing.cause == Cause.OUTGOING_CALL_BARRED


@rule("R-04.13")
@given(
    own=decorated("+74951234567"),
    called=st.sampled_from(["74951234567", "+74951234567", "84951234567"]).flatmap(decorated),
)
def test_a_trunk_is_found_by_its_number_in_any_form(own: str, called: str) -> None:
    flow = pbx(number=own)
    assert flow.trunks["m"].number == "+74951234567"
    assert flow.trunk_of(called) == "m" and preview(flow, T0, called=called).landing.user == 101


@rule("R-04.13")
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("112", "0112", False), ("4951234567", "74951234567", True), ("+380441234567", "810380441234567", True), ("", "", False),
        ("+49301234567", "49301234567", True), ("9301234567", "+49301234567", False), ("7123", "8123", False),
    ],
)  # fmt: skip
def test_two_numbers_are_the_same_subscriber_or_not(one: str, other: str, same: bool) -> None:
    assert phone_numbers.is_same(one, other) is phone_numbers.is_same(other, one) is same


@rule("R-02.8", "R-04.13")
@given(text=st.text(max_size=18) | st.text(alphabet="0123456789+*# " + INVISIBLE, max_size=18))
def test_entries_of_emergency_and_trunk_are_digits_or_refused(text: str) -> None:
    naive = "".join(c for c in text if c not in INVISIBLE + " -.()\u00a0\u2009\u202f")
    for check, plus, least, most in (
        (phone_numbers.emergency_number, False, 2, 8),
        (phone_numbers.trunk_number, True, 2, 15),
    ):
        digits = naive[1:] if plus and naive.startswith("+") else naive
        fits = least <= len(digits) <= most and all(c in "0123456789" for c in digits)
        try:
            assert check(text) == naive
        except ValueError:
            assert not fits
        else:
            assert fits


@rule("R-10.2", "R-14.26")
def test_a_number_goes_before_an_alias_that_is_written_alike() -> None:
    flow = pbx(alias="10-2")
    found = flow.find("10-2")
    assert found is not None and found.number == 102
    assert flow.find("In\u200bFo") is None and pbx().find("In\u200bFo ") is not None


@rule("R-14.8")
def test_users_of_a_rule_may_be_pasted_with_characters_nobody_sees() -> None:
    from engine.state.outgoing import users_of

    assert users_of("100;\u200b101 ; \u00a0102;²;" + "9" * 5000) == {100, 101, 102}
