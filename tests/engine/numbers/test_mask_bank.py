"""Many masks asked at once say what each says by itself, and a list of hostile rules is judged within its bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.check_outgoing import SEARCH_AT_MOST, OutgoingCheck
from engine.document.fault_collector import FaultCollector
from engine.loading.load import load
from engine.numbers import mask_automata, masks
from engine.numbers.mask_bank import MaskBank
from tests.harness import rule

PIECES = st.sampled_from(["8", "9", "d", "d?", "+", "{1|22|}", "{p|}", "(dd)", "(+)", "*", "#"])
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
NUMBERS = st.text("0123456789*#", min_size=1, max_size=12)


def mask_of(text: str) -> masks.Mask | None:
    try:
        return masks.parse(text)
    except masks.MaskError:
        return None


@rule("R-14.22")
@given(st.lists(TEXTS, min_size=1, max_size=12), st.lists(NUMBERS, min_size=1, max_size=8), st.booleans())
def test_a_bank_takes_what_each_of_its_masks_takes(texts: list[str], numbers: list[str], plus: bool) -> None:
    known = [mask for mask in map(mask_of, texts) if mask is not None]
    bank = MaskBank(known)
    for number in ["+" * plus + number for number in numbers]:
        taking = bank.taking(number)
        assert [bool(taking >> place & 1) for place in range(len(known))] == [mask.fits(number) for mask in known]


@rule("R-14.25")
@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_a_search_that_leaves_covered_ways_out_finds_what_a_full_one_finds(texts: list[str]) -> None:
    """A `+` that ends a mask takes every further digit: numbers behind it are not looked for."""
    known = [mask for mask in map(mask_of, texts) if mask is not None]
    if not known:
        return
    rest = [masks.parse("8+"), *known[1:]]
    found = mask_automata.witness(known[:1], rest)
    if found is not None:
        assert known[0].fits(found) and not any(mask.fits(found) for mask in rest)
    else:
        assert all(any(mask.fits(number) for mask in rest) for number in mask_automata.samples(known[0]))


@rule("R-14.25")
def test_five_hundred_rules_without_a_fixed_beginning_stay_within_the_bound_on_work() -> None:
    users = "".join(f"  {number}: {{name: U}}\n" for number in range(2000, 2250))
    optional = "d?" * 8
    rules = "".join(
        f'    - {{mask: "{optional}{n:03d}{optional}+", output: "{n % 2 or "000"}", operator: m, users: "{2000 + n // 2}"}}\n'
        for n in range(500)
    )
    flow = load(
        f'pbx: hostile\nzone: UTC\ntrunks: {{m: {{number: "74951234567", to: 2000}}}}\nusers:\n{users}'
        f"outgoing:\n  default: m\n  rules:\n{rules}"
    )
    check = OutgoingCheck(flow, FaultCollector(flow.positions, flow.file))
    found = check.run()
    assert {one.rule for one in found} <= {"R-14.25"}
    assert check.search.left >= -len(flow.head.outgoing.rules) * 100 and check.search.left <= SEARCH_AT_MOST
