"""In whose name a token acts: its own, or that of a person whom a program knows."""

from __future__ import annotations

import pytest

from live_bridge.api.access.persons import BY_MOST, PersonRefused, acts_as
from live_bridge.store.audit import person_of
from tests.harness import rule

SHARED = {"persons:name", "calls:read", "rules:write", "history:read"}


@rule("R-16.4", "R-25.5")
@pytest.mark.parametrize("scope", ["rules:write", "history:read"])
def test_a_token_that_acts_for_persons_does_nothing_in_its_own_name(scope: str) -> None:
    with pytest.raises(PersonRefused, match="name one in the header"):
        acts_as("workbench", SHARED, scope, None)
    assert acts_as("workbench", SHARED, scope, "anna") == "anna via workbench"
    assert acts_as("workbench", SHARED, "calls:read", None) == "workbench", "what is no act needs nobody"


@rule("R-16.4")
def test_a_token_without_the_scope_names_nobody(scope: str = "rules:write") -> None:
    for asked in (scope, "calls:read"):
        with pytest.raises(PersonRefused, match="lacks the scope persons:name"):
            acts_as("crm", {"calls:read", scope}, asked, "anna")


@pytest.mark.parametrize(
    "named", ["", "%20", "%FF", "x" * 41, "a%0Ab", "a%00b", "anna%20via%20operator", "via%20operator"]
)
def test_what_is_no_name_of_a_person_is_refused(named: str) -> None:
    with pytest.raises(PersonRefused, match="1 to 40"):
        acts_as("workbench", SHARED, "rules:write", named)


def test_a_long_name_fits_where_it_is_kept_and_the_person_is_found_again() -> None:
    by = acts_as("a token with a very long name of its own", SHARED, "rules:write", "%D0%90" * 40)
    assert len(by) == BY_MOST and person_of(by) == "А" * 40
