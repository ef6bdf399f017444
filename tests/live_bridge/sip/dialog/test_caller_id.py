"""Who a caller may claim to be (R-02.6, R-23.11), in whatever letters it is written."""

from __future__ import annotations

import pytest

from live_bridge.sip.dialog.caller_id import outside_caller, presented_name
from tests.harness import rule

ZEROS = [
    *("000", "０００", "٠٠٠", "۰۰۰", "०००", "০০০", "๐๐๐", "𝟎𝟎𝟎", "⓪⓪⓪", "⁰⁰⁰", "₀₀₀", "〇〇〇", "OOO", "ооо", "ООО"),
    *("ΟΟΟ", "0O0", "0\u200b0\u200b0", "0 0 0", "0-0-0", "+000", "0000", "00"),
]
INSIDE = ["101", "１０１", "١٠١", "1０1", "IOI", "l0l", "①⓪①", "5200", "５２００"]


@rule("R-02.6", "R-23.11")
@pytest.mark.parametrize("written", [*ZEROS, *INSIDE])
def test_nobody_outside_is_000_or_an_internal_number_in_any_script(written: str) -> None:
    assert outside_caller(written, "x") == ("", "")
    assert outside_caller("84955551000", written) == ("84955551000", "")


@rule("R-23.11")
@pytest.mark.parametrize("written", [*ZEROS, *INSIDE])
def test_user_shows_no_other_number_as_a_name(written: str) -> None:
    assert presented_name(written, own="102") == ""


def test_user_may_show_the_own_number() -> None:
    assert presented_name("101", own="101") == "101"
    assert presented_name("１０１", own="101") == "101"


@pytest.mark.parametrize(
    "name", ["Ivan", "ООО Ромашка", "Иван Зоб", "Olga", "Bill", "O'Neil", "000 Ltd", "Зоо 12", "李雷", "Zoë", "Ольга 5"]
)
def test_names_of_people_and_firms_stay_as_they_are(name: str) -> None:
    assert presented_name(name) == name


@pytest.mark.parametrize(
    ("written", "seen"), [("Ivan １２", "Ivan 12"), ("Room ②", "Room 2"), ("Bob\u202e\u200b", "Bob")]
)
def test_digits_of_other_scripts_in_a_name_are_seen_as_what_they_are(written: str, seen: str) -> None:
    assert presented_name(written) == seen


@pytest.mark.parametrize("number", ["84955551000", "+74955551000", "8 (495) 555-10-00", "112", "0123456789"])
def test_outside_numbers_stay(number: str) -> None:
    found, _ = outside_caller(number, "")
    assert (found == "") == (number == "112"), "three digits from 100 on could be a user"
