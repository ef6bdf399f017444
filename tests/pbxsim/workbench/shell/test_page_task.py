"""A page's long work: one at a time, stopped by its button, and told whatever it raises."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from pbxsim.workbench.shell.page_task import NotDone, PageTask
from pbxsim.workbench.shell.texts import Texts


class Page:
    """What a task needs of a page."""

    def __init__(self, language: str = "en") -> None:
        self.told: list[str] = []
        self.at_end: list[Callable[[], None]] = []
        session: Any = SimpleNamespace(page="staffing", texts=Texts(language), at_end=self.at_end.append)
        self.task = PageTask(session, "Find", lambda _: None, self.told.append, "Ready.")

    @property
    def shown(self) -> tuple[str, int, bool, bool]:
        """Status, per cent, and whether it can be started and stopped."""
        task = self.task
        return task.status.object, task.bar.value, not task.go.disabled, not task.stop.disabled


def run(work: Coroutine[Any, Any, None]) -> None:
    """A coroutine to its end in a thread of its own: another test of this process may have left a loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        threads.submit(asyncio.run, work).result()


async def settled(page: Page) -> None:
    while page.task._task is not None and not page.task._task.done():
        await asyncio.sleep(0)


def word() -> str:
    return "Cancelled."


@pytest.mark.parametrize("language", ["en", "ru"])
def test_whatever_is_raised_is_told_on_the_page_and_logged(language: str, caplog: pytest.LogCaptureFixture) -> None:
    async def all_of_it() -> None:
        page = Page(language)

        async def work() -> None:
            page.task.say("half", 50)
            raise ZeroDivisionError("of nothing")

        with caplog.at_level(logging.ERROR):
            page.task.begin(work, word)
            await settled(page)
        assert page.told == [Texts(language)("work_failed", "ZeroDivisionError: of nothing")]
        assert page.shown == ("", 0, True, False)
        assert "staffing" in caplog.text and "ZeroDivisionError" in caplog.text

    run(all_of_it())


def test_what_fails_while_it_is_shown_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    async def all_of_it() -> None:
        page = Page()

        async def work() -> None:
            page.task.later(lambda: print(1 // 0))

        page.task.begin(work, word)
        await settled(page)
        assert len(page.told) == 1 and "ZeroDivisionError" in page.told[0]

    run(all_of_it())


def test_a_reason_that_people_can_mend_is_told_in_its_own_words_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def all_of_it() -> None:
        page = Page()

        async def work() -> None:
            raise NotDone("Give a shorter log.")

        page.task.begin(work, word)
        await settled(page)
        assert page.told == ["Give a shorter log."] and not caplog.records

    run(all_of_it())


@pytest.mark.parametrize("leaves", [False, True])
def test_stop_and_the_end_of_the_session_stop_it_and_what_was_shown_stays(leaves: bool) -> None:
    async def all_of_it() -> None:
        page, ended = Page(), []

        async def work() -> None:
            page.task.say("half", 50)
            try:
                await asyncio.sleep(600)
            finally:
                ended.append(True)

        assert page.task.begin(work, word) and page.task.runs
        await asyncio.sleep(0)
        assert page.shown == ("half", 50, False, True)
        if leaves:
            page.at_end[0]()
        else:
            page.task.cancel()
        await settled(page)
        assert page.shown == ("Cancelled.", 0, True, False) and ended == [True] and not page.told

    run(all_of_it())


def test_a_second_task_is_refused_while_one_runs() -> None:
    async def all_of_it() -> None:
        page, begun = Page(), []

        async def work() -> None:
            begun.append(True)
            await asyncio.sleep(0.01)

        assert page.task.begin(work, word)
        assert not page.task.begin(work, word) and not page.task.begin(work, word, gives_way=True)
        await settled(page)
        assert begun == [True]
        assert page.task.begin(work, word)
        await settled(page)
        assert begun == [True, True]

    run(all_of_it())


def test_work_nobody_asked_for_gives_way_without_a_word() -> None:
    async def all_of_it() -> None:
        page, done = Page(), []

        async def unasked() -> None:
            page.task.say("the day of everybody", 20)
            await asyncio.sleep(600)

        async def asked() -> None:
            done.append(True)
            page.task.say("mine", 100)

        page.task.begin(unasked, word, gives_way=True)
        await asyncio.sleep(0)
        assert page.shown == ("the day of everybody", 20, True, False) and not page.task.runs
        assert page.task.begin(asked, word) and page.task.runs
        await settled(page)
        await asyncio.sleep(0)
        assert done == [True] and page.shown == ("mine", 100, True, False) and not page.told
        assert not page.task.begin(unasked, word, gives_way=True), "a page drawn late shows nothing over it"
        assert page.shown == ("mine", 100, True, False)

    run(all_of_it())


def test_who_may_not_begin_has_no_button_after_the_work_either() -> None:
    async def all_of_it() -> None:
        page = Page()
        page.task.allow(False)

        async def work() -> None:
            return None

        page.task.begin(work, word)
        await settled(page)
        assert page.task.go.disabled

    run(all_of_it())
