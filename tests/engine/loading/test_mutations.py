"""Documents damaged at random: whatever stands in a file, what comes of it is a flow or faults with line, rule and remedy.

A flow that a damaged document still is must be one that everything else takes: findings, traces of their examples, the map
of a year, drawings, formatting.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from engine.analysis import check, check_examples, compare, diagrams, reach
from engine.loading.load import examine, load
from engine.translations import faults_ru
from pbxsim.cli import formatting
from tests.chaos import ELEMENTS, TRUNKS, USERS
from tests.harness import pbx_text, rule

EXAMPLE = Path(__file__).parents[3] / "datasets" / "pbx" / "example" / "pbx.yaml"
MUTATIONS_EACH = 25

WORDS = """~ true 0 -1 1.5 999999999999999999 .nan 'inf' '' " " "\\0" "\\ud800" é \u00a0 \u2028 \x85 \t &a *a !!str <<: ? - : |
--- ... # [] {} [[ {a:{a:1}} 5200 100 112 5999 99 hangup 2026-02-30 24:00-00:00 22:00-06:00 GMT+99 Europe/Berlin ../etc queue
hours ring_all mon-fri none "*" "+" "(d" "$" "0000" "{p7|7|8|}(+)" ١٢٣ 5²00 1_000 0x10 @ ` %s{0} {name}""".split()

TOKEN = re.compile(r"[\w.+\"'@:-]+|[\[\]{},]")


def damaged(text: str, chance: random.Random) -> str:
    """One thing less, more or other."""
    lines = text.split("\n")
    line = chance.randrange(len(lines))
    other = chance.randrange(len(lines))
    tokens = list(TOKEN.finditer(lines[line]))
    what = chance.randrange(7)
    if what == 0:
        del lines[line]
    elif what == 1:
        lines.insert(line, lines[other])
    elif what == 2:
        lines[line], lines[other] = lines[other], lines[line]
    elif what == 3:
        lines[line] = " " * chance.randrange(9) + lines[line].lstrip()
    elif what == 4:
        place = chance.randrange(len(lines[line]) + 1)
        lines[line] = lines[line][:place] + chance.choice(WORDS) + lines[line][place:]
    elif tokens:
        token = chance.choice(tokens)
        lines[line] = lines[line][: token.start()] + chance.choice(WORDS) + lines[line][token.end() :]
    return "\n".join(lines)


def as_bytes(text: str, chance: random.Random) -> bytes:
    """Mostly UTF-8; now and then with a mark before it, other line ends, or a byte that is none."""
    written = text.encode("utf-8", "surrogatepass")
    how = chance.randrange(12)
    if how == 0:
        return b"\xef\xbb\xbf" + written
    if how == 1:
        return written.replace(b"\n", b"\r\n")
    if how == 2:
        return written[: len(written) // 2] + bytes([chance.randrange(256)]) + written[len(written) // 2 :]
    return written


def refused_well(text: bytes) -> None:
    """A flow that everything takes, or faults in full, in both languages."""
    flow, found = examine(text)
    for fault in found:
        assert fault.line > 0 and fault.rule.startswith("R-") and fault.message and fault.remedy, fault
        assert faults_ru.pattern(fault.message) and faults_ru.pattern(fault.remedy), fault
    if flow is None:
        assert any(fault.severity == "error" for fault in found)
        return
    for finding in check.check(flow):
        assert finding.line > 0 and finding.remedy and faults_ru.pattern(finding.message), finding
        if finding.example is not None:
            check_examples.run(flow, finding.example, check.SINCE)
    start, end = reach.year(flow, check.SINCE)
    for one in reach.reach(flow, start, end):
        for line in one.timelines:
            assert sum(line.minutes().values()) == pytest.approx((end - start) / reach.MINUTE_US)
    assert not compare.compare(flow, flow, start, end).elements
    assert diagrams.mermaid(flow) and diagrams.dot(flow)
    try:
        once = formatting.formatted(text.decode("utf-8-sig"))
    except formatting.Changed:
        return
    assert formatting.formatted(once) == once and load(once).digest == flow.digest


@rule("R-25.7", "R-02.13")
@pytest.mark.parametrize("seed", range(10))
def test_damaged_documents_end_in_faults_or_in_flows_that_everything_takes(seed: int) -> None:
    bases = [EXAMPLE.read_text(encoding="utf-8"), pbx_text(ELEMENTS, USERS, rest=TRUNKS)]
    for n in range(MUTATIONS_EACH):
        chance = random.Random(seed * MUTATIONS_EACH + n)
        text = chance.choice(bases)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            text = damaged(text, chance)
        try:
            refused_well(as_bytes(text, chance))
        except Exception as error:
            raise AssertionError(f"seed {seed}, document {n}: {type(error).__name__}: {error}\n{text}") from error
