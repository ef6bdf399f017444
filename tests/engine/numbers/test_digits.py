"""What asks for digits only finds them at every length that it takes."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from engine.document.email_addresses import is_email
from engine.document.models import Alias


@pytest.mark.parametrize("length", [4, 41, 63])
def test_an_alias_or_a_domain_of_digits_only_is_none_at_any_length(length: int) -> None:
    with pytest.raises(ValueError, match="digits only"):
        TypeAdapter(Alias).validate_python("1" * length)
    assert not is_email(f"anna@example.{'1' * length}")
