"""A progress bar for whoever waits in a notebook and gave no other way of being told.

Decides when there is one: in a notebook's kernel, for the outermost of runs within runs, after half a second. Nothing is drawn
everywhere else, and with a `progress` of one's own.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

DELAY_S: Final = 0.5
"""A run that is over by then needs no bar."""

_within: ContextVar[bool] = ContextVar("within a run that has a bar", default=False)


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def with_bar(words: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a function that takes `progress` a bar headed `words` where nobody gave one."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def shown(*args: P.args, **kwargs: P.kwargs) -> R:
            if kwargs.get("progress") is not None or _within.get() or not in_notebook():
                return function(*args, **kwargs)
            from tqdm.auto import tqdm

            before = _within.set(True)
            form = "{desc} {percentage:3.0f} %|{bar}| {elapsed}, {remaining} left"
            try:
                with tqdm(total=1.0, desc=words, bar_format=form, leave=False, delay=DELAY_S) as bar:
                    kwargs["progress"] = _teller(bar)
                    return function(*args, **kwargs)
            finally:
                _within.reset(before)

        return shown

    return decorate


def _teller(bar: Any) -> Callable[..., None]:
    """Takes what runs say, done and total; what a calibration says, words and share; and what others say, a share alone."""

    def tell(first: float | str, second: float = 1.0) -> None:
        if isinstance(first, str):
            bar.set_description_str(first, refresh=False)
            share = second
        else:
            share = first / second if second else 0.0
        bar.update(min(1.0, max(0.0, share)) - bar.n)

    return tell
