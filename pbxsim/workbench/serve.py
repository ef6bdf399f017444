"""Starts the web application: one address a page, everything from this machine.

Decides how the server runs: one process, the thin scripts of `pages/`, sessions checked often. Long work goes to worker
processes (`workbench/loadtest/jobs.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from pbxsim.workbench.document import workspace
from pbxsim.workbench.loadtest import days

PAGES = Path(__file__).parent / "pages"
SESSION_KEPT_MS = 15_000
SESSION_CHECK_MS = 5_000


def serve(
    port: int = 5006,
    flow_file: str | Path = "pbx.yaml",
    address: str = "127.0.0.1",
    origins: Sequence[str] = (),
    prefix: str = "",
    show: bool = False,
    day: bool = True,
) -> None:
    """Serve the workbench of one flow file until interrupted.

    With `day` the scenario's day is simulated from the start, so that the Load test page has something to show. `origins`
    are further `host:port` under which browsers reach it (behind a proxy). Raises FileNotFoundError when there is no such
    file, OSError when the port is taken.
    """
    file = Path(flow_file).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"there is no flow file {file}: name one that exists")
    workspace.use(workspace.Workspace(file))
    from pbxsim.workbench.web import WorkbenchServe  # Panel is heavy: only the server itself pays for it

    if day:
        from tornado.ioloop import IOLoop

        IOLoop.current().add_callback(days.begin, file)
    parser = argparse.ArgumentParser(prog="workbench")
    command = WorkbenchServe(parser)
    command.invoke(parser.parse_args(arguments(port, address, origins, prefix, show)))


def arguments(
    port: int, address: str = "127.0.0.1", origins: Sequence[str] = (), prefix: str = "", show: bool = False
) -> list[str]:
    """The command line of `panel serve` that serves the pages."""
    allowed = dict.fromkeys((f"localhost:{port}", f"127.0.0.1:{port}", f"{address}:{port}", *origins))
    pages = [str(page) for page in sorted(PAGES.glob("[a-z]*.py"))]
    made = [*pages, "--index", "design", "--port", str(port), "--address", address, "--num-procs", "1"]
    for origin in allowed:
        made += ["--allow-websocket-origin", origin]
    made += ["--unused-session-lifetime", str(SESSION_KEPT_MS), "--check-unused-sessions", str(SESSION_CHECK_MS)]
    if prefix:
        made += ["--prefix", prefix]
    if show:
        made.append("--show")
    return made
