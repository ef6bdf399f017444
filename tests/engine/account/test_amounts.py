"""Rules of the account with an amount in them, by their table; tariffs and what changes of prices hold from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.account import bought_numbers, invoices, moments, money, standing, tariff
from engine.account.documents import Turnover, document_number, gaps, reconcile
from engine.account.invoices import CardPayment, Payer
from engine.account.refusals import AccountRefused
from engine.account.tariff import Holdings, PriceChange, PriceList
from tests.engine.account.test_times import at
from tests.engine.tables import rows
from tests.harness import rule

NOW = at("2026-11-29 12:00:00")
LEGAL = Payer(kind="legal", fields=dict.fromkeys(invoices.NEEDED["legal"], "x"))
FOREIGN = Payer(kind="foreign", fields=dict.fromkeys(invoices.NEEDED["foreign"], "x"))
PERSON = Payer(kind="private", fields={"name": "Анна Петрова", "phone": "+7 916 123-45-67"})


def card(amount: str, rate: str, when: int = NOW) -> CardPayment:
    """A card payment in roubles at a rate."""
    return CardPayment(at=when, amount=Decimal(amount), rub_per_usd=Decimal(rate))


def answer(question: str, given: str) -> str:
    """What a rule says about an amount."""
    amount = Decimal(given) if question != "amount" else money.ZERO
    match question.split():
        case ["card", "usd", rate, "rub"]:
            invoices.check_card([], card(given, rate))
            return "100.00"
        case ["card", "after", "60", "usd"]:
            invoices.check_card([card("2000", "100"), card("4000", "100")], card(given, "100"))
            return "40.00"
        case ["card", "after", "60", "usd", "yesterday"]:
            midnight = at("2026-11-29 00:00:00")
            invoices.check_card([card("6000", "100", midnight - 1)], card(given, "100", midnight))
            return "100.00"
        case ["foreign,", _, month] | ["legal,", _, month]:
            invoices.check_invoice(FOREIGN if question.startswith("foreign") else LEGAL, amount, Decimal(month))
            return "made"
        case ["recommended,", _, month, _]:
            return f"{tariff.recommended(amount, Decimal(month.rstrip(',')), date(2026, 11, 29)):.0f}"
        case ["charge", fee, *rest]:
            registered = "2014-12-16 23:59:59" if "old" in rest else "2014-12-17 00:00:00"
            account = msgspec.structs.replace(standing.opened(at(registered)), state="active", balance=amount)
            return standing.charged(account, NOW, Decimal(fee)).state
        case ["day", "of", days, _]:
            day = {"30,": date(2026, 11, 1), "31,": date(2026, 12, 1), "28,": date(2026, 2, 1)}[days]
            return str(tariff.day_charge(amount, day))
        case ["fee", fee, *_]:
            bought_numbers.check_purchase(amount, Decimal(fee))
            return "bought"
        case ["calls", *_]:
            return "unpaid" if bought_numbers.is_unpaid(amount) else "paid"
        case ["amount"]:
            return str(money.read(given))
    raise AssertionError(question)


@rule("R-03.2", "R-03.5", "R-03.6", "R-03.13", "R-20.7", "R-21.8", "R-21.9", "R-21.10", "R-21.11", "R-21.13")
@pytest.mark.parametrize(
    "row", rows("account_amounts.tsv"), ids=lambda row: f"{row['rule']} {row['question']} {row['given']}"
)
def test_amount_by_the_table(row: dict[str, str]) -> None:
    try:
        said = answer(row["question"], row["given"])
    except AccountRefused as refused:
        said = refused.code
        assert refused.rule in (row["rule"], "R-21.8"), "both rules say it"
    assert said == row["answer"]


PRICES = PriceList(
    account=Decimal("300"),
    user=Decimal("150"),
    trunk=Decimal("100"),
    recording=Decimal("50"),
    modules={"icm": Decimal("500")},
)


@rule("R-21.10", "R-01.13")
def test_monthly_charge_is_the_sum_over_what_the_account_has() -> None:
    has = Holdings(users=3, trunks=2, recording=1, modules=("icm", "callback_widget"))
    assert PRICES.month(has) == Decimal("1500")
    assert PRICES.lines(has) == [
        ("account", 1, Decimal("300")), ("user", 3, Decimal("150")), ("trunk", 2, Decimal("100")),
        ("recording", 1, Decimal("50")), ("icm", 1, Decimal("500")),
    ]  # fmt: skip
    assert PRICES.month(Holdings()) == Decimal("300")


@rule("R-21.10")
def test_change_of_prices_holds_from_the_charge_of_the_next_day() -> None:
    changes = [PriceChange(at=0, prices=PriceList()), PriceChange(at=at("2026-11-10 00:00:01"), prices=PRICES)]
    assert tariff.in_force(changes, date(2026, 11, 10)) == PriceList()
    assert tariff.in_force(changes, date(2026, 11, 11)) == PRICES


@rule("R-20.7", "R-20.6")
def test_documents_are_counted_by_kind_and_year_and_gaps_show() -> None:
    assert document_number("act", 2026, 1) == "А-2026-000001"
    assert gaps([]) == [] and gaps([3, 1]) == [2]


@rule("R-20.5")
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(-100_000, 100_000)), max_size=30),
    st.integers(0, 300),
    st.integers(0, 99),
)
def test_reconciliation_closes_where_the_next_one_opens(
    turnovers: list[tuple[int, int]], start: int, length: int
) -> None:
    begin = date(2026, 1, 1)
    entries = [
        Turnover(at=NOW - 300 * moments.DAY_US + day * moments.DAY_US, amount=money.of_kopecks(kopecks))
        for day, kopecks in turnovers
    ]
    first = date.fromordinal(begin.toordinal() + start)
    last = date.fromordinal(first.toordinal() + length)
    one = reconcile(entries, first, last)
    after = reconcile(entries, date.fromordinal(last.toordinal() + 1), date(2030, 1, 1))
    assert one.opening + one.paid - one.charged == one.closing == after.opening
    assert after.closing == sum((entry.amount for entry in entries), money.ZERO)


@rule("R-20.7")
@given(st.integers(-(10**11), 10**11))
def test_kopecks_there_and_back(count: int) -> None:
    assert money.kopecks(money.of_kopecks(count)) == count


def test_part_of_a_kopeck_is_never_stored() -> None:
    with pytest.raises(ValueError):
        money.kopecks(Decimal("0.001"))


@rule("R-21.3", "R-21.4", "R-21.5")
def test_invoice_needs_a_whole_payer() -> None:
    def refusal(payer: Payer | None) -> str:
        with pytest.raises(AccountRefused) as refused:
            invoices.check_invoice(payer, Decimal(100), Decimal(0))
        return refused.value.code

    invoices.check_invoice(PERSON, Decimal(100), Decimal(0))
    assert refusal(None) == "payer_missing"
    assert refusal(Payer(kind="private", fields={"name": "Анна"})) == "mobile_missing"
    assert refusal(Payer(kind="private", fields={"name": "Анна", "phone": "84951234567"})) == "mobile_missing"
    assert refusal(Payer(kind="private", fields={"phone": "9161234567"})) == "payer_incomplete"
    assert refusal(Payer(kind="legal", fields={**LEGAL.fields, "inn": " "})) == "payer_incomplete"


@rule("R-21.7", "R-21.12")
@pytest.mark.parametrize(
    ("state", "seen", "amount", "what"),
    [
        ("open", False, "100", "with_invoice"),
        ("open", False, "99.99", "wrong_amount"),
        ("open", True, "100", "repeated"),
        ("paid", True, "100", "repeated"),
        ("paid", False, "100", "without_invoice"),
        ("deleted", False, "100", "without_invoice"),
        ("deleted", False, "100.01", "wrong_amount"),
    ],
)
def test_notice_is_taken_once_and_with_the_own_amount(state: str, seen: bool, amount: str, what: str) -> None:
    assert invoices.crediting(state, Decimal("100"), seen, Decimal(amount)) == what
