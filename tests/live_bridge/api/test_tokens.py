"""Tokens: what words mean which scopes."""

from __future__ import annotations

import pytest

from live_bridge.api.access import tokens


def test_words_stand_for_all_scopes_but_no_word_twice() -> None:
    """R-16.4."""
    own = (
        "account:write",
        "calls:listen",
        "logins:begin",
        "persons:name",
        "phones:write",
    )  # the hosting process's, a workbench's, and what is given to a supervisor by its name: no word gives them away
    assert sorted([*tokens.expanded(["read", "call", "configure", "twin"]), *own]) == sorted(tokens.SCOPES)
    assert tokens.expanded(["calls:read", "read", "calls:read"])[0] == "calls:read"
    assert len(tokens.expanded(["read", "calls:read"])) == len(tokens.GROUPS["read"])
    with pytest.raises(KeyError, match="everything"):
        tokens.expanded(["read", "everything"])


def test_tokens_are_long_never_the_same_and_kept_as_a_digest() -> None:
    made = {tokens.generate() for _ in range(100)}
    assert len(made) == 100 and all(len(token) > 40 and token.startswith(tokens.PREFIX) for token in made)
    one = made.pop()
    assert one not in tokens.digest(one) and len(tokens.digest(one)) == 64
