"""Databases for tests: SQLite always, PostgreSQL where its server is installed (Debian: `postgresql`)."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

START_WITHIN_S = 60.0


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def kinds() -> list[str]:
    """Kinds of database that can be tested here."""
    return ["sqlite", "postgresql"] if postgres_programs() is not None else ["sqlite"]


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a server of our own, gone afterwards. Its server refuses to run as root, so root becomes `nobody`.

    The server is a child of this process and told to stop when this process dies, however it dies: one started by
    `pg_ctl` belongs to nobody, and stays when tests are killed before they can stop it.
    """
    programs = postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pbx-postgres-"))
    as_nobody: list[str] = []
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_nobody = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    port = free_port()
    data = folder / "data"
    server: subprocess.Popen[bytes] | None = None
    try:
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "pbx", "-A", "trust", "--no-sync"]
        subprocess.run(
            ["setpriv", *as_nobody, *initdb] if as_nobody else initdb, check=True, capture_output=True, cwd=folder
        )
        options = ["-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        # SIGQUIT is PostgreSQL's immediate shutdown: its own children end with it.
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                ["setpriv", *as_nobody, "--pdeathsig", "QUIT", str(programs / "postgres"), "-D", str(data), *options],
                stdout=log, stderr=log, cwd=folder,
            )  # fmt: skip
        _wait_ready(programs, server, port, folder / "log")
        yield f"postgresql+psycopg://pbx@127.0.0.1:{port}/postgres"
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)
            server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_ready(programs: Path, server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "pbx"]
    end_s = time.monotonic() + START_WITHIN_S
    while subprocess.run(ready, check=False).returncode != 0:
        assert server.poll() is None and time.monotonic() < end_s, log.read_text(errors="replace")[-2000:]
        time.sleep(0.05)
