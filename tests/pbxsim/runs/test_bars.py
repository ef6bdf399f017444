"""Progress bars: one in a notebook, for the outermost run, none where another way of telling was given."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import tqdm.auto

import pbxsim
from pbxsim.backtest import backtest
from pbxsim.runs import bars
from pbxsim.runs.bars import with_bar


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Bars that were made, in a kernel."""
    made: list[Any] = []

    class Bar(tqdm.auto.tqdm):  # type: ignore[type-arg]
        def __init__(self, **settings: Any) -> None:
            super().__init__(file=io.StringIO(), **{**settings, "delay": 0})
            made.append(self)

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())))
    return made


@with_bar("inside")
def inner(progress: Any = None) -> Any:
    return progress


@with_bar("outside")
def outer(count: int, *, progress: Any = None) -> Any:
    for done in range(count):
        progress(done + 1, count)
    return inner()


def test_there_is_no_bar_outside_a_notebook() -> None:
    assert not bars.in_notebook()
    assert inner() is None


def test_the_outermost_run_has_the_bar_and_it_ends_full(drawn: list[Any]) -> None:
    assert outer(4) is None, "a run within a run draws none"
    assert [bar.desc for bar in drawn] == ["outside"]
    assert drawn[0].n == pytest.approx(1.0)
    assert inner() is not None, "and afterwards there is one again"


def test_what_somebody_gave_is_told_instead(drawn: list[Any]) -> None:
    told: list[tuple[float, int]] = []
    outer(2, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert drawn[:1] == [] or drawn[0].desc == "inside"


def test_a_calibration_tells_words_and_shares(drawn: list[Any]) -> None:
    @with_bar("calibrating")
    def calibrates(progress: Any = None) -> None:
        progress("learning from all weeks", 0.8)
        assert (drawn[0].desc, drawn[0].n) == ("learning from all weeks", pytest.approx(0.8))
        progress(0, 0)

    calibrates()


def test_a_run_that_fails_leaves_no_bar_behind(drawn: list[Any]) -> None:
    @with_bar("fails")
    def fails(progress: Any = None) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError):
        fails()
    assert inner() is not None


def test_a_share_alone_is_told_too(drawn: list[Any]) -> None:
    @with_bar("judging")
    def judges(progress: Any = None) -> None:
        progress(0.25)
        assert drawn[0].n == pytest.approx(0.25)

    judges()


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (lambda: pbxsim.week(None, None, None), "a week of shifts"),  # type: ignore[arg-type]  # refused inside
        (lambda: pbxsim.days_ahead(None), "judging methods"),  # type: ignore[arg-type]
        (lambda: pbxsim.intraday(None), "the rest of the day"),  # type: ignore[arg-type]
        (lambda: backtest(None, None, None), "replaying callers"),  # type: ignore[arg-type]
    ],
)
def test_every_long_run_has_its_bar(drawn: list[Any], run: Any, words: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        run()
    assert [bar.desc for bar in drawn] == [words]
