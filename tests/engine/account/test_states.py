"""Every pair of state and move of an account and of its confirmation; refusals in two languages; names and addresses."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.account import confirmation, refusals, sign_up, standing, states
from engine.account.refusals import AccountRefused
from engine.translations import account_ru
from tests.engine.account.test_times import at
from tests.harness import rule

NOW = at("2026-11-29 12:00:00")


@rule("R-01.9")
@pytest.mark.parametrize(("state", "move"), list(itertools.product(states.STATES, states.MOVES)))
def test_every_state_and_move(state: states.State, move: states.Move) -> None:
    if (state, move) in states.NEXT:
        assert states.moved(state, move) in states.STATES
    else:
        with pytest.raises(states.WrongMove):
            states.moved(state, move)


@rule("R-03.10", "R-03.11")
@pytest.mark.parametrize(
    ("state", "move"), list(itertools.product(confirmation.CONFIRMATION_STATES, confirmation.CONFIRMATION_MOVES))
)
def test_every_state_and_move_of_a_confirmation(
    state: confirmation.ConfirmationState, move: confirmation.ConfirmationMove
) -> None:
    if (state, move) in confirmation.AFTER:
        assert confirmation.confirmation_after(state, move) in confirmation.CONFIRMATION_STATES
    else:
        with pytest.raises(AccountRefused) as refused:
            confirmation.confirmation_after(state, move)
        assert confirmation.TITLES[state][0].lower() in str(refused.value)


@rule("R-03.9", "R-03.12")
@pytest.mark.parametrize(
    ("citizenship", "registered", "files", "said"),
    [
        ("RU", False, 1, "in_process"),
        (" ru ", False, 2, "in_process"),
        ("KZ", True, 1, "in_process"),
        ("KZ", False, 1, "confirmation_person"),
        ("RU", False, 0, "confirmation_files"),
    ],
)
def test_who_can_be_confirmed(citizenship: str, registered: bool, files: int, said: str) -> None:
    person = confirmation.Person(citizenship=citizenship, registered_in_russia=registered)
    try:
        assert confirmation.check_request("none", person, files) == said
    except AccountRefused as refused:
        assert refused.code == said


@rule("R-01.8", "R-21.1")
def test_trial_goes_on_with_a_payment_and_is_over_without_one() -> None:
    account = standing.opened(NOW)
    end = account.trial_ends_at
    assert standing.at_time(account, end).state == "blocked_debt"
    paid = standing.paid(account, NOW + 1, Decimal(100))
    assert paid.state == "trial", "a trial is free to its end"
    assert standing.charged(paid, NOW + 2, Decimal(10)).balance == Decimal(100)
    after = standing.at_time(paid, end + 5)
    assert (after.state, after.since) == ("active", end)
    assert standing.paid(standing.at_time(account, end), end + 1, Decimal(1)).state == "active"


@rule("R-01.10", "R-21.13")
def test_blocked_and_closed_accounts_start_no_call_and_are_not_charged() -> None:
    account = standing.opened(NOW)
    for state in states.STATES:
        one = msgspec.structs.replace(account, state=state, trial_ends_at=NOW + 10**15, extended_at=NOW)
        assert one.is_barred == (state in ("blocked_debt", "closed"))
        takes = standing.charged(one, NOW + 1, Decimal(5)).balance != one.balance
        assert takes == (state in ("active", "extended_24h"))


def test_closed_account_stays_closed_and_money_is_not_lost() -> None:
    closed = standing.closed(standing.opened(NOW), NOW + 1)
    paid = standing.paid(closed, NOW + 2, Decimal(100))
    assert (paid.state, paid.balance, standing.closed(paid, NOW + 3).state) == ("closed", Decimal(100), "closed")
    assert standing.api_ends_at(closed) == NOW + 1
    with pytest.raises(AccountRefused):
        standing.extended(closed, NOW + 2)


def test_correction_is_no_payment_but_ends_a_debt() -> None:
    blocked = standing.at_time(standing.opened(NOW), NOW + standing.TRIAL_US)
    later = NOW + standing.TRIAL_US + 1
    assert standing.corrected(blocked, later, Decimal("0")).state == "blocked_debt", "nothing was paid yet"
    mended = standing.corrected(blocked, later, Decimal("5"))
    assert mended.state == "active" and mended.paid_at is None


actions = st.lists(
    st.tuples(
        st.sampled_from(["charge", "pay", "extend", "wait", "correct"]), st.integers(1, 3_000), st.integers(0, 5000)
    ),
    max_size=60,
)


@rule("R-21.13", "R-22.5", "R-22.6")
@given(actions)
def test_any_history_keeps_the_promises_of_an_account(history: list[tuple[str, int, int]]) -> None:
    account, now = standing.opened(NOW), NOW
    balance = Decimal(0)
    uses: list[int] = []
    for what, minutes, kopecks in history:
        now += minutes * 60_000_000
        amount = Decimal(kopecks).scaleb(-2)
        before = standing.at_time(account, now)
        match what:
            case "charge":
                account = standing.charged(account, now, amount)
                balance -= amount if before.state in states.CHARGED else 0
            case "pay" if amount:
                account = standing.paid(account, now, amount)
                balance += amount
            case "correct":
                account = standing.corrected(account, now, amount)
                balance += amount
            case "extend":
                try:
                    account = standing.extended(account, now)
                    uses.append(now)
                except AccountRefused:
                    account = before
            case _:
                account = before
        assert account.balance == balance
        assert account.state != "active" or account.is_covered, "no active account owes"
        assert not (account.state == "blocked_debt" and account.balance > 0), "no account with money is blocked"
        if account.state == "extended_24h":
            assert now - uses[-1] < standing.EXTENSION_US
    assert all(later - one >= standing.EXTENSION_AGAIN_US for one, later in itertools.pairwise(uses))


@rule("R-01.3", "R-01.4", "R-01.6")
@pytest.mark.parametrize(
    ("text", "name"),
    [("OnlinePBX", "onlinepbx"), ("abc", "abc"), ("a" * 32, "a" * 32), ("a1b", "a1b")]
    + [(bad, None) for bad in ("ab", "a" * 33, "1ab", "a-b", "a.b", "пбх", "ａbc", "a b", "", "abc\u200b", "İab")],
)
def test_account_names(text: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(AccountRefused):
            sign_up.account_name(text)
    else:
        assert sign_up.sip_domain(sign_up.account_name(text)) == f"{name}.onpbx.ru"


@rule("R-01.1", "R-01.7")
def test_address_needs_its_sign_and_a_domain() -> None:
    assert sign_up.checked_address(" Anna@Example.ORG ") == "Anna@example.org"
    for text in ("example.onpbx.ru", "anna@", "@example.org", "anna@host", ""):
        with pytest.raises(AccountRefused) as refused:
            sign_up.checked_address(text)
        assert refused.value.rule == "R-01.7"


@rule("R-01.2")
def test_panel_password_has_a_least_and_a_most_length() -> None:
    sign_up.check_password("x" * 10)
    sign_up.check_password("x" * 256)
    for password in ("x" * 9, "x" * 257):
        with pytest.raises(AccountRefused):
            sign_up.check_password(password)


def test_every_refusal_has_a_sentence_in_both_languages_with_the_same_details() -> None:
    assert set(account_ru.RUSSIAN) == set(refusals.SENTENCES)
    for code, sentence in refusals.SENTENCES.items():
        fields = re.findall(r"\{\w+\}", sentence)
        assert sorted(fields) == sorted(re.findall(r"\{\w+\}", account_ru.RUSSIAN[code])), code
        details = {field.strip("{}"): "7" for field in fields}
        refusal = AccountRefused(code, "R-01.1", **details)
        assert str(refusal).endswith("(R-01.1)")
        assert re.search("[а-я]", account_ru.told(refusal, "ru")) and account_ru.told(refusal, "en") == str(refusal)
    assert set(account_ru.HINTS) == set(standing.HINTS) and set(account_ru.STATES) == set(states.STATES)
