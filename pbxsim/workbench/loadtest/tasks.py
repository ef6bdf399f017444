"""One long call in a process of its own: progress while it runs, its answer at the end, and an end at once when it is cancelled.

For work that cannot be cut into the pieces of `jobs.py`: a search for a plan, learning from a log. Decides how many run at once
on a server, that others wait their turn, and that a process and its own workers go when nobody waits for them. Leaves what is
done to the function called.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

Tell = Callable[[float, str], None]
"""Called with the share that is done, 0 to 1, and what is done now, if there are words for it."""

AT_ONCE = 2
"""Tasks of one server that run at the same time."""

ENDED_WITHIN_S = 0.5
"""Until a process that was told to end is not waited for."""


class TaskFailed(Exception):
    """The function raised; says what it raised. `data` is what the exception carried for a better telling."""

    def __init__(self, words: str, kind: str, data: object = None) -> None:
        self.kind, self.data = kind, data
        super().__init__(words)


class TaskDied(Exception):
    """The process ended without an answer: it was killed, or memory ran out."""


class Tasks:
    """One per server process; lives on its event loop."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._live: set[Any] = set()
        atexit.register(self.close)

    async def run(self, function: Callable[[In, Tell], Out], given: In, hear: Tell, begin: Callable[[], None]) -> Out:
        """`function(given, tell)` in a process; `hear` gets what it tells, `begin` is called when its turn has come.

        Cancel the asyncio task to end the process at once. Raises TaskFailed, TaskDied.
        """
        async with self._turns:
            begin()
            receiver, sender = multiprocessing.Pipe(duplex=False)
            # spawn: the server has threads and an event loop, which a fork would copy half-way
            process = multiprocessing.get_context("spawn").Process(target=_work, args=(sender, function, given))
            process.start()
            sender.close()
            self._live.add(process)
            try:
                while True:
                    said = await _next(receiver)
                    if said is None:
                        raise TaskDied
                    kind, *rest = said
                    if kind == "told":
                        hear(*rest)
                    elif kind == "failed":
                        raise TaskFailed(*rest)
                    else:
                        answer: Out = rest[0]
                        return answer
            finally:
                receiver.close()
                self._live.discard(process)
                end(process)

    def close(self) -> None:
        """End everything that runs."""
        while self._live:
            end(self._live.pop())


def end(process: Any) -> None:
    """End a process and the workers it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg") and process.pid is not None:
            os.killpg(process.pid, signal.SIGKILL)  # it leads a group, see `_work`
    process.kill()
    process.join(ENDED_WITHIN_S)


async def _next(receiver: Connection) -> tuple[Any, ...] | None:
    """What the process says next; None when it has gone."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(receiver.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(receiver.fileno())
    try:
        said: tuple[Any, ...] = receiver.recv()
    except (EOFError, OSError):
        return None
    except Exception as error:  # whatever it is: who waits must be told, and the task ends
        raise TaskFailed(f"the answer cannot be read: {error}", type(error).__name__) from error
    return said


def _work(sender: Connection, function: Callable[[Any, Tell], Any], given: Any) -> None:
    """The process: leads a group of its own, so that its workers end with it; a server that has gone ends it at the next word."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)

    def tell(share: float, words: str) -> None:
        sender.send(("told", share, words))

    try:
        answer = function(given, tell)
    except BrokenPipeError:
        return
    except Exception as error:  # told to those who wait, in words: not every exception can travel
        sender.send(("failed", str(error) or type(error).__name__, type(error).__name__, _details(error)))
    else:
        sender.send(("done", answer))


def _details(error: Exception) -> object:
    """What an exception tells besides its words: where targets are out of reach, what of a log is doubted."""
    return getattr(error, "details", None) or getattr(error, "doubt", None)


_tasks: Tasks | None = None


def shared() -> Tasks:
    """The tasks of this server process."""
    global _tasks
    if _tasks is None:
        _tasks = Tasks()
    return _tasks
