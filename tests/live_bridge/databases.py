"""Databases for tests: SQLite always, PostgreSQL where its server is installed (Debian: `postgresql`)."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def kinds() -> list[str]:
    """Kinds of database that can be tested here."""
    return ["sqlite", "postgresql"] if postgres_programs() is not None else ["sqlite"]


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a server of our own, gone afterwards. Its server refuses to run as root, so root becomes `nobody`."""
    programs = postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pbx-postgres-"))
    before: list[str] = []
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
        before = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    start = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [*before, str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
    try:
        subprocess.run([*before, str(programs / "initdb"), "-D", str(data), "-U", "pbx", "-A", "trust"], **quiet)  # type: ignore[call-overload]
        subprocess.run([*control, "-o", start, "-l", str(folder / "log"), "start"], **quiet)  # type: ignore[call-overload]
        yield f"postgresql+psycopg://pbx@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)
