"""What an analyst gives in a call, held against what is wanted before anything is computed with it.

Decides the words for a value of another kind. Leaves the bounds of numbers to those who take them.
"""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING, Any

import pydantic

from pbxsim.scenario.callers import ScenarioPart


def number(name: str, value: object) -> float:
    """The value as it is, if it is a finite number. Raises TypeError, ValueError.

    >>> number("calls", 1.2)
    1.2
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is a number, such as 1.2, not {value!r}")
    if math.isinf(value):
        raise ValueError(f"{name} is a finite number, not {value}")
    return value  # type: ignore[return-value]  # numpy's numbers stay as they are


def whole(name: str, value: object) -> int:
    """The value as an int, if it is a whole number. Raises TypeError.

    >>> whole("members", -1)
    -1
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is a whole number, such as 2, not {value!r}")
    return int(value)


class Wish(ScenarioPart):
    """Base of what an analyst writes in a call of its own: what is at fault is said in words, as ValueError."""

    if not TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None:
            try:
                super().__init__(**fields)
            except pydantic.ValidationError as error:
                found = error.errors(include_url=False)
                told = [
                    f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}" for one in found
                ]
                raise ValueError(f"{type(self).__name__}: " + "; ".join(told)) from None
