"""Rules of the account with a length of time in them, to the second: the table of the extension, and one for all others."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.account import bought_numbers, confirmation, invoices, moments, sign_up, standing
from engine.account.documents import act_period
from engine.account.refusals import AccountRefused
from engine.account.standing import Standing
from engine.contract.ids import SECOND_US, Instant
from tests.engine.tables import rows
from tests.harness import rule

NOW = "2026-11-29 12:00:00"


def at(text: str) -> Instant:
    """An instant from Moscow time."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Moscow"))
    return round(local.timestamp()) * SECOND_US


def ago(text: str) -> Instant | None:
    """An instant that is `d hh:mm:ss` before now."""
    if not text:
        return None
    days, clock = text.split()
    hours, minutes, seconds = map(int, clock.split(":"))
    return at(NOW) - (((int(days) * 24 + hours) * 60 + minutes) * 60 + seconds) * SECOND_US


@rule("R-22.1", "R-22.2", "R-22.3", "R-22.4", "R-22.5", "R-22.6", "R-22.7", "R-22.10")
@pytest.mark.parametrize("case", rows("extension_cases.tsv"), ids=lambda case: case["case"])
def test_extension_by_the_table(case: dict[str, str]) -> None:
    now = at(NOW)
    paid = [
        one
        for one in (at(case["first_payment"]) if case["first_payment"] else None, ago(case["paid_after_use"]))
        if one
    ]
    account = Standing(
        state=case["state"],  # type: ignore[arg-type]
        since=ago(case["last_use"]) or now - SECOND_US,
        registered_at=at(case["registered"]),
        trial_ends_at=at(case["registered"]) + standing.TRIAL_US,
        balance=Decimal("-1.00") if case["state"] != "active" else Decimal("50.00"),
        paid_at=max(paid, default=None),
        extended_at=ago(case["last_use"]),
    )
    assert standing.at_time(account, now).state == case["state_now"]
    assert standing.hint(account, now) == case["hint"]
    if case["button"] == "works":
        after = standing.extended(account, now)
        assert (after.state, after.extended_at, after.since) == ("extended_24h", now, now)
    else:
        with pytest.raises(AccountRefused) as refused:
            standing.extended(account, now)
        assert refused.value.rule == case["button"]


def answer(question: str, since: Instant, now: Instant) -> str:
    """What a rule says at an instant about what began at another one."""
    match question:
        case "link":
            try:
                sign_up.check_link(since, None, now)
            except AccountRefused as refused:
                return refused.code
            return "works"
        case "trial":
            return standing.at_time(standing.opened(since), now).state
        case "api":
            account = standing.opened(at("2020-01-01 00:00:00"))
            end = standing.api_ends_at(msgspec.structs.replace(account, state="blocked_debt", since=since))
            assert end is not None
            return "stopped" if now >= end else "works"
        case "session":
            return "over" if sign_up.session_is_over(since, 0, now) else "works"
        case "number":
            return "lost" if bought_numbers.is_lost(moments.day_of(since), now) else "kept"
        case "check":
            return "late" if now >= confirmation.checked_by(since) else "within"
        case "bank":
            return "late" if now >= invoices.bank_credits_by(since) else "within"
        case "invoice":
            return "deleted" if invoices.is_overdue(since, now) else "kept"
        case "extension":
            blocked = msgspec.structs.replace(
                standing.opened(at("2020-01-01 00:00:00")),
                state="blocked_debt",
                since=since,
                paid_at=1,
                balance=Decimal(-1),
            )
            return standing.at_time(standing.extended(blocked, since), now).state
    raise AssertionError(question)


@rule("R-01.7", "R-01.9", "R-01.11", "R-01.12", "R-03.8", "R-03.10", "R-21.6", "R-21.7", "R-22.5", "R-22.9")
@pytest.mark.parametrize(
    "row", rows("account_times.tsv"), ids=lambda row: f"{row['rule']} {row['question']} {row['at']}"
)
def test_time_by_the_table(row: dict[str, str]) -> None:
    assert answer(row["question"], at(row["since"]), at(row["at"])) == row["answer"]


@rule("R-22.8", "R-22.9")
def test_block_shortly_before_midnight_on_saturday_is_off_again_on_monday() -> None:
    account = msgspec.structs.replace(
        standing.opened(at("2020-01-01 00:00:00")),
        state="active",
        since=0,
        balance=Decimal("10.00"),
        paid_at=at("2026-10-01 00:00:00"),
    )
    [(day, charged_at)] = moments.charges_due(at("2026-11-28 12:00:00"), at("2026-11-29 00:00:00"))
    assert (day, charged_at) == (date(2026, 11, 28), at("2026-11-28 23:50:00"))
    blocked = standing.charged(account, charged_at, Decimal("33.33"))
    assert (blocked.state, blocked.since) == ("blocked_debt", charged_at)
    on = standing.extended(blocked, at("2026-11-29 00:10:00"))
    on = standing.charged(on, at("2026-11-29 23:50:00"), Decimal("33.33"))
    assert on.state == "extended_24h", "an extension is over when it is over, and not by a charge"
    off = standing.at_time(on, at("2026-11-30 07:00:00"))
    assert (off.state, off.since, off.balance) == ("blocked_debt", at("2026-11-30 00:10:00"), Decimal("-56.66"))


@rule("R-22.10")
def test_payment_during_the_extension_makes_it_active_and_the_use_counts() -> None:
    blocked = msgspec.structs.replace(
        standing.opened(at("2020-01-01 00:00:00")),
        state="blocked_debt",
        since=at(NOW),
        balance=Decimal("-20.00"),
        paid_at=1,
    )
    on = standing.extended(blocked, at(NOW))
    short = standing.paid(on, at(NOW) + SECOND_US, Decimal("19.99"))
    assert short.state == "extended_24h" and short.balance == Decimal("-0.01")
    covered = standing.paid(short, at(NOW) + 2 * SECOND_US, Decimal("0.01"))
    assert covered.state == "active"
    again = standing.charged(covered, at("2026-11-29 23:50:00"), Decimal("1.00"))
    with pytest.raises(AccountRefused) as refused:
        standing.extended(again, at("2026-11-30 12:00:00"))
    assert refused.value.code == "too_soon" and "06.12.2026 12:00:00" in str(refused.value)


@rule("R-01.12")
def test_ten_wrong_passwords_in_fifteen_minutes_lock_for_fifteen() -> None:
    minute = 60 * SECOND_US
    nine = [n * minute for n in range(9)]
    assert sign_up.locked_until(nine) is None
    assert sign_up.locked_until([*nine, 15 * minute]) == 30 * minute, "both ends of 15 minutes count"
    assert sign_up.locked_until([*nine, 15 * minute + 1]) is None
    locked = [*nine, 15 * minute, 16 * minute, 29 * minute]
    assert sign_up.locked_until(locked) == 30 * minute, "what comes during a lock does not prolong it"
    assert sign_up.locked_until([*locked, *(n * minute for n in range(30, 39))]) == 30 * minute
    assert sign_up.locked_until([*locked, *(n * minute for n in range(30, 40))]) == 54 * minute


@rule("R-01.12", "R-01.7")
def test_session_ends_with_a_new_password_and_a_link_works_once() -> None:
    assert sign_up.session_is_over(at(NOW), at(NOW) + 1, at(NOW) + 2)
    assert not sign_up.session_is_over(at(NOW), at(NOW), at(NOW) + 2)
    with pytest.raises(AccountRefused) as refused:
        sign_up.check_link(at(NOW), at(NOW) + 1, at(NOW) + 2)
    assert refused.value.code == "link_used"


@rule("R-22.9")
@pytest.mark.parametrize(
    ("zone", "day", "utc"),
    [
        ("Europe/Moscow", date(2026, 3, 29), "2026-03-29T20:50:00"),
        ("Asia/Yekaterinburg", date(2026, 3, 29), "2026-03-29T18:50:00"),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-25T22:50:00"),
        ("America/Havana", date(2026, 10, 31), "2026-11-01T03:50:00"),
    ],
)
def test_charge_is_taken_at_ten_to_midnight_of_the_billing_zone(zone: str, day: date, utc: str) -> None:
    expected = round(datetime.fromisoformat(utc + "+00:00").timestamp()) * SECOND_US
    assert moments.charge_at(day, zone) == expected
    assert moments.charges_due(expected - 1, expected, zone) == [(day, expected)]
    assert moments.charges_due(expected, expected + moments.DAY_US - 1, zone) in (
        [],
        [(date.fromordinal(day.toordinal() + 1), expected + moments.DAY_US - 3600 * SECOND_US)],
    )


@rule("R-20.4")
def test_act_is_for_the_quarter_that_is_over() -> None:
    assert act_period(at("2026-12-31 23:59:59")) == (date(2026, 7, 1), date(2026, 9, 30))
    assert act_period(at("2027-01-01 00:00:00")) == (date(2026, 10, 1), date(2026, 12, 31))
    assert act_period(at("2027-04-01 00:00:00")) == (date(2027, 1, 1), date(2027, 3, 31))
