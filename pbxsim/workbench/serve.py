"""Starts the web application: one address a page, everything from this machine.

Decides how the server runs: one process, the thin scripts of `pages/`, sessions checked often; and that it starts for others than
this machine only with persons who can sign in and with TLS. Long work goes to worker processes (`workbench/loadtest/jobs.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from pbxsim.workbench.access import gate as gates
from pbxsim.workbench.access import persons
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
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    proxy: bool = False,
    people: Path | None = None,
    warm: bool = True,
    ready: Callable[[], None] | None = None,
) -> None:
    """Serve the workbench of one flow file until interrupted.

    With `day` the scenario's day is simulated from the start, so that the Load test page has something to show; with `warm`
    the pages' modules are loaded at once and not when the first visitor comes. `origins` are further `host:port` under which
    browsers reach it (behind a proxy). With `certificate` and `key` it speaks TLS; with `proxy` something in front of it does,
    and tells in X-Forwarded-For who asks. `people` is the file of persons, the usual one by itself. Raises FileNotFoundError
    when there is no such file, ServeRefused when strangers would get in, OSError when the port is taken.
    """
    file = Path(flow_file).resolve()
    if not file.is_file():
        raise FileNotFoundError(f"there is no flow file {file}: name one that exists")
    gate = gates.Gate(
        persons.Persons((people or persons.default_file()).absolute()),
        beyond=gates.reached_at(address, origins),
        encrypted=proxy or certificate is not None,
        prefix=prefix,
    )
    gate.check()
    gates.use(gate)
    if ready is not None:
        ready()
    workspace.use(workspace.Workspace(file))
    from tornado.ioloop import IOLoop

    from pbxsim.workbench import opening  # Panel is heavy: only the server itself pays for it
    from pbxsim.workbench.web import WorkbenchServe

    if warm:
        IOLoop.current().add_callback(opening.warm)
    if day:
        IOLoop.current().add_callback(days.begin, file)
    parser = argparse.ArgumentParser(prog="workbench")
    command = WorkbenchServe(parser)
    words = arguments(port, address, origins, prefix, show)
    words += ["--exclude-headers", *HIDDEN]
    if certificate is not None:
        words += ["--ssl-certfile", str(certificate), "--ssl-keyfile", str(key or certificate)]
    if proxy:
        words.append("--use-xheaders")
    command.invoke(parser.parse_args(words))


HIDDEN = ("Cookie", "Authorization", "Proxy-Authorization")
"""Headers of a request that do not come back in the page, as Bokeh would have it: a page's scripts may not read them."""


def arguments(
    port: int, address: str = "127.0.0.1", origins: Sequence[str] = (), prefix: str = "", show: bool = False
) -> list[str]:
    """The command line of `panel serve` that serves the pages."""
    named = [name for origin in origins for name in (origin, origin.removesuffix(":443"))]  # browsers leave 443 out
    allowed = dict.fromkeys((f"localhost:{port}", f"127.0.0.1:{port}", f"{address}:{port}", *named))
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
