"""SIP login as rules: addresses, digits and their 30 s, lock-outs (R-23.3 to R-23.10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.account import sip_login
from engine.account.sip_login import Reader
from engine.contract.ids import SECOND_US
from tests.harness import rule

DOMAIN = "onlinepbx.onpbx.ru"
AT = 1_795_415_400 * SECOND_US
MINUTE_US = 60 * SECOND_US


@rule("R-23.3")
@pytest.mark.parametrize("text", ["666@onlinepbx.onpbx.ru", " 666@OnlinePBX.onpbx.ru ", "sip:666@onlinepbx.onpbx.ru"])
def test_an_address_is_the_internal_number_at_the_sip_domain(text: str) -> None:
    assert sip_login.user_of(text, DOMAIN) == 666 and sip_login.key_of(text, DOMAIN) == "666"


@rule("R-23.3")
@pytest.mark.parametrize(
    "text",
    ["", "666", "666@", "@onlinepbx.onpbx.ru", "666@other.onpbx.ru", "0666@onlinepbx.onpbx.ru", "000@onlinepbx.onpbx.ru",
     "5000@onlinepbx.onpbx.ru", "66@onlinepbx.onpbx.ru", "٦٦٦@onlinepbx.onpbx.ru", "666@onlinepbx.onpbx.ru;x", "a@b\r\nc"],
)  # fmt: skip
def test_anything_else_is_nobodys_address(text: str) -> None:
    assert sip_login.user_of(text, DOMAIN) is None


@rule("R-23.6", "R-23.10")
@pytest.mark.parametrize(("last_s", "outcome"), [(0.0, "right"), (29.9, "right"), (30.0, "right"), (30.1, "late")])
def test_digits_count_for_thirty_seconds_from_the_answer(last_s: float, outcome: str) -> None:
    reader = Reader("0417", AT)
    assert [reader.press(key, AT + SECOND_US // 10) for key in "041"] == [None] * 3
    assert reader.press("7", AT + round(last_s * SECOND_US)) == outcome
    assert sip_login.is_late(AT, AT + sip_login.left_us(AT, AT)), "the timer goes off when it is too late, not before"
    assert not sip_login.is_late(AT, AT + sip_login.left_us(AT, AT) - 1)


@rule("R-23.6")
@given(code=st.text("0123456789", min_size=4, max_size=4), pressed=st.text("0123456789*#", min_size=4, max_size=4))
def test_only_the_digits_shown_are_right(code: str, pressed: str) -> None:
    reader = Reader(code, AT)
    told = [reader.press(key, AT) for key in pressed]
    assert told[:3] == [None] * 3 and told[3] == ("right" if pressed == code else "wrong")


@rule("R-23.10")
def test_three_calls_in_ten_minutes_lock_for_fifteen() -> None:
    calls = [AT, AT + 5 * MINUTE_US, AT + 10 * MINUTE_US]
    assert sip_login.locked_until(calls[:2], ()) is None
    assert sip_login.locked_until(calls, ()) == calls[2] + 15 * MINUTE_US
    apart = [AT, AT + 5 * MINUTE_US, AT + 10 * MINUTE_US + 1]
    assert sip_login.locked_until(apart, ()) is None, "three calls in more than ten minutes lock nothing"


@rule("R-23.10")
def test_three_wrong_codes_lock_as_well() -> None:
    wrong = [AT + 40 * SECOND_US, AT + 80 * SECOND_US, AT + 120 * SECOND_US]
    assert sip_login.locked_until((), wrong[:2]) is None
    assert sip_login.locked_until((), wrong) == wrong[2] + 15 * MINUTE_US
    assert sip_login.locked_until([AT, AT + 1, AT + 2], wrong) == wrong[2] + 15 * MINUTE_US, "the later end counts"
