"""One long call in a process of its own: progress, answer, failure, turns, and an end at once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from pbxsim.workbench.loadtest.tasks import TaskDied, TaskFailed, Tasks, Tell

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """A coroutine to its end in a thread of its own: another test of this process may have left a loop in this one."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        return threads.submit(asyncio.run, work).result()


def act(what: str, tell: Tell) -> int:
    tell(0.5, what)
    if what == "fail":
        raise ValueError("nothing to be had")
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "sleep":
        tell(0.6, str(os.getpid()))
        time.sleep(600)
    return os.getpid()


def nothing() -> None:
    return None


def test_progress_and_answer_come_from_another_process_and_failures_in_words() -> None:
    async def all_of_it() -> None:
        tasks, heard, begun = Tasks(at_once=1), [], []
        pid = await tasks.run(act, "work", lambda *said: heard.append(said), lambda: begun.append(True))
        assert pid != os.getpid() and heard == [(0.5, "work")] and begun == [True]
        with pytest.raises(TaskFailed, match="nothing to be had") as failed:
            await tasks.run(act, "fail", lambda *_: None, nothing)
        assert failed.value.kind == "ValueError"
        with pytest.raises(TaskDied):
            await tasks.run(act, "die", lambda *_: None, nothing)

    run(all_of_it())


def test_a_cancelled_task_ends_at_once_and_the_next_one_gets_its_turn() -> None:
    async def all_of_it() -> tuple[int, float]:
        tasks, there = Tasks(at_once=1), asyncio.Event()
        pids: list[str] = []

        def hear(share: float, words: str) -> None:
            if share == 0.6:
                pids.append(words)
                there.set()

        task = asyncio.create_task(tasks.run(act, "sleep", hear, nothing))
        await there.wait()
        next_one = asyncio.create_task(tasks.run(act, "work", lambda *_: None, nothing))
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        took = time.monotonic() - began
        await next_one
        return int(pids[0]), took

    pid, took = run(all_of_it())
    assert took < 60
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
