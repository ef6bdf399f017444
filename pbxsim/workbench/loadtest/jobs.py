"""Long work of many sessions on one pool of processes: progress, cancel, turns, recovery from a worker that died.

Decides who runs when: every job keeps at most as many chunks in the pool as there are workers, so jobs take turns. Leaves what
a chunk is to its caller (`chunks.py`).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

POOLS_TRIED = 3
"""Pools a job may see die before it gives up: a chunk that kills its worker would kill every pool."""


class Jobs:
    """One per server process."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or max(1, min(4, os.cpu_count() or 1))
        self._pool: ProcessPoolExecutor | None = None

    def _get(self) -> ProcessPoolExecutor:
        if self._pool is None:  # spawn: the server has threads and an event loop, which a fork would copy half-way
            self._pool = ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))
        return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        """The first job to notice a dead pool replaces it for everybody."""
        if pool is self._pool:
            self._pool = None
        pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the workers; the next job starts new ones."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def run(self, work: Callable[[In], Out], chunks: Sequence[In]) -> AsyncIterator[Out]:
        """`work(chunk)` of every chunk, each once, as they finish.

        Cancel the task to stop: chunks that run are finished and thrown away, no others start. Raises what `work` raises, and
        BrokenProcessPool when workers die again and again.
        """
        todo = list(reversed(chunks))
        live: dict[asyncio.Future[Out], tuple[In, ProcessPoolExecutor]] = {}
        broken: set[int] = set()
        try:
            while todo or live:
                while todo and len(live) < self.workers:
                    pool = self._get()
                    try:
                        future = pool.submit(work, todo[-1])
                    except BrokenProcessPool:  # submit itself raises once the pool knows
                        self._note(pool, broken)
                        continue
                    live[asyncio.wrap_future(future)] = todo.pop(), pool
                done, _ = await asyncio.wait(live, return_when=asyncio.FIRST_COMPLETED)
                for finished in done:
                    chunk, pool = live.pop(finished)
                    try:
                        result = finished.result()
                    except BrokenProcessPool:
                        todo.append(chunk)
                        self._note(pool, broken)
                    else:
                        yield result
        finally:
            for waiting in live:
                waiting.cancel()

    def _note(self, pool: ProcessPoolExecutor, broken: set[int]) -> None:
        broken.add(id(pool))
        self._drop(pool)
        if len(broken) >= POOLS_TRIED:
            raise BrokenProcessPool(f"worker processes died {len(broken)} times; is there enough memory?")


_jobs: Jobs | None = None


def shared() -> Jobs:
    """The pool of this server process; a page may not have one of its own."""
    global _jobs
    if _jobs is None:
        _jobs = Jobs()
    return _jobs
