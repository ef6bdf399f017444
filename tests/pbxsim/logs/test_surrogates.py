"""Numbers are hidden whatever their script."""

from __future__ import annotations

import pytest

from pbxsim.logs.calls import surrogate


@pytest.mark.parametrize("number", ["٩١٦١٢٣٤٥٦٧", "９１６１２３４５６７"])
def test_a_number_in_digits_of_another_script_is_hidden_too(number: str) -> None:
    hidden = surrogate(number, b"k")
    assert len(hidden) == len(number) and not set(hidden[1:]) & set(number)
