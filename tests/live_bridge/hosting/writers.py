"""Eight processes that issue documents at once: `python -m tests.live_bridge.hosting.writers URL YEAR EACH ACCOUNT…`.

Each account has a writer of its own, forked before any database is open. Every third transaction of a writer fails after it has
its number; the first writer is killed with one open. Prints how many documents were issued by each that ended by itself.
"""

from __future__ import annotations

import os
import signal
import sys

from live_bridge.hosting import papers
from live_bridge.hosting.database import Database
from tests.live_bridge.hosting.people import at


def write(url: str, account: int, year: int, each: int, is_killed: bool) -> int:
    """Issue documents; how many."""
    database = Database(url)
    made = 0
    for n in range(each):
        try:
            with database.writing() as connection:
                when = at(f"{year}-05-05 12:00:00")
                papers.issue(connection, "invoice", account, None, when, {"n": n})
                if is_killed and n == each // 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                if n % 3 == 2:
                    raise ZeroDivisionError
            made += 1
        except ZeroDivisionError:
            continue
    return made


def main(url: str, year: int, each: int, *accounts: int) -> None:
    """All of them, to their end."""
    children = []
    for account in accounts:
        child = os.fork()
        if child == 0:
            made = write(url, account, year, each, is_killed=account == accounts[0])
            os._exit(made)
        children.append(child)
    for child in children:
        _, status = os.waitpid(child, 0)
        print(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
