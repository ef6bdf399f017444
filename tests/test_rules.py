"""Every rule of the engine has a test that names it, and the page that lists them names only tests that exist."""

from __future__ import annotations

import re

from tests import rule_index


def test_every_rule_has_a_test() -> None:
    without = rule_index.missing()
    assert not without, f"rules without a test: {', '.join(without)}; tie one with @rule(...) of tests/harness.py"


SECTIONS = (
    13, 17, 16, 13, 8, 16, 9, 23, 6, 5, 8, 5, 11, 26, 11, 5, 5, 6, 8, 7, 13, 10, 12, 4, 10,
)  # fmt: skip
"""How many rules each section of the specification has, from R-01 on; R-09.6, mailboxes by phone, is of this project."""


def test_the_table_has_every_rule_of_the_specification() -> None:
    every = [f"R-{section:02}.{n}" for section, count in enumerate(SECTIONS, 1) for n in range(1, count + 1)]
    assert list(rule_index.rules()) == every


def test_the_page_of_rules_lists_every_rule_and_no_test_that_is_gone() -> None:
    text = rule_index.PAGE.read_text(encoding="utf-8")
    listed = set(re.findall(r"^- \*\*(R-\d\d\.\d+)\*\*", text, re.MULTILINE))
    assert listed == set(rule_index.rules()), "write it again: python -m tests.rule_index"
    known = {test for tests in rule_index.held().values() for test in tests}
    gone = [test for test in re.findall(r"^  - `(.*)`$", text, re.MULTILINE) if test not in known]
    assert not gone, f"write the page again, python -m tests.rule_index; gone: {gone[:5]}"
