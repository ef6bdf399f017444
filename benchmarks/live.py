"""What live calls cost: SIPp calls through the bridge, and through a bare sippy B2BUA beside it in the same run.

    python benchmarks/live.py [--quick] [--only bare|bridge]

SIPp is caller and callee; every call has two legs: INVITE, 180, 200, ACK, a hold of no length (rates) or of many seconds (held
calls), BYE. The bridge does all that it does in an office: it writes journal and history before any effect, opens a media
session for each call, and lets the engine decide. CPU is that of the whole server process, a call, in milliseconds: it depends on
the machine, the ratio to the bare B2BUA does not. `late` is what SIPp on either side sent twice because we were slow.
Needs Debian's SIPp. `--quick` takes about a minute and tells less.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NUMBER = "74950000000"
LOOPBACK = "127.0.0.1"


@dataclass
class Load:
    """One run of SIPp."""

    name: str
    rate: int
    calls: int
    hold_s: float = 0.0
    media: bool = False


@dataclass
class Outcome:
    """What came of it."""

    load: Load
    ok: int
    failed: int
    late: int
    answered_ms: float
    at_once: int
    cpu_ms: float
    engine_ms: float
    memory_mb: float
    note: str = ""


FULL = (
    Load("100 calls/s", 100, 6000),
    Load("150 calls/s", 150, 4500),
    Load("1,000 held calls", 50, 1000, hold_s=25.0),
    Load("200 talking calls", 20, 200, hold_s=25.0, media=True),
)
QUICK = (
    Load("100 calls/s", 100, 1000),
    Load("200 held calls", 50, 200, hold_s=6.0),
    Load("50 talking calls", 20, 50, hold_s=6.0, media=True),
)


def free_port() -> int:
    """A UDP port of loopback nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def cpu_s(process: int) -> float:
    """CPU seconds of a process, its threads included. Source: proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(process: int) -> float:
    """Resident memory."""
    line = next(x for x in Path(f"/proc/{process}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


class Server:
    """The system under load, in a process of its own."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.port, self.callee_port, self.caller_port = free_port(), free_port(), free_port()
        words = [str(self.port), str(self.callee_port)]
        if kind == "bridge":
            words += [str(self.caller_port), str(folder)]
        program = HERE / "peers" / ("bridge.py" if kind == "bridge" else "bare_sippy.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(folder / f"{kind}.log").open("w"), text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        )  # fmt: skip
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        if ready.strip() != "ready":
            raise SystemExit(f"{kind} did not start: see {(folder / f'{kind}.log').read_text()[-2000:]}")

    def figures(self) -> dict[str, Any]:
        """What the bridge tells of itself; nothing of the bare B2BUA."""
        if self.kind != "bridge":
            return {"engine_s": 0.0, "sizes": {}, "media": {}}
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def close(self) -> None:
        """Stop it."""
        if self.kind == "bridge" and self.process.stdin is not None:
            self.process.stdin.close()
        else:
            self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()


def sipp(words: list[str], folder: Path, stem: str, *, media_ports: int) -> subprocess.Popen[bytes]:
    """A SIPp that writes its figures each second."""
    (folder / f"{stem}.csv").unlink(missing_ok=True)
    return subprocess.Popen(
        ["sipp", *words, "-i", LOOPBACK, "-mp", str(media_ports), "-nostdin", "-trace_stat", "-stf", str(folder / f"{stem}.csv"),
         "-fd", "1", "-trace_err", "-error_file", str(folder / f"{stem}.errors")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip


def rows(folder: Path, stem: str) -> list[dict[str, str]]:
    """SIPp's figures, a second each."""
    with (folder / f"{stem}.csv").open() as file:
        return list(csv.DictReader(file, delimiter=";"))


@contextmanager
def callee(server: Server, load: Load, folder: Path) -> Iterator[None]:
    """SIPp as everybody who is called: rings, answers at once, echoes what it hears."""
    words = ["-sn", "uas", "-p", str(server.callee_port), *(["-rtp_echo"] if load.media else [])]
    process = sipp(words, folder, "callee", media_ports=12000)
    time.sleep(0.5)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def run(server: Server, load: Load, folder: Path) -> Outcome:
    """Load a server; everything must be over before the next load."""
    pid = server.process.pid
    before, cpu_before = server.figures(), cpu_s(pid)
    timeout_s = round(load.calls / load.rate + load.hold_s + 90)
    scenario = ["-sf", str(HERE / "sipp" / "media_caller.xml")] if load.media else ["-sn", "uac"]
    words = [
        f"{LOOPBACK}:{server.port}", *scenario, "-s", NUMBER, "-p", str(server.caller_port), "-r", str(load.rate),
        "-m", str(load.calls), "-l", "100000", "-d", str(round(load.hold_s * 1000)), "-timeout", str(timeout_s),
    ]  # fmt: skip
    peak_mb = 0.0
    with callee(server, load, folder):
        caller = sipp(words, folder, "caller", media_ports=14000)
        while caller.poll() is None:
            time.sleep(0.5)
            peak_mb = max(peak_mb, memory_mb(pid))
        spent_s = cpu_s(pid) - cpu_before
        after = server.figures()
        time.sleep(1.5)
    told, other = rows(folder, "caller"), rows(folder, "callee")
    last = told[-1]
    hours, minutes, seconds, micros = (int(part) for part in last["ResponseTime1(C)"].split(":"))
    note = ""
    if load.media and server.kind == "bridge":
        taken = after["media"].get("packets received", 0) - before["media"].get("packets received", 0)
        sent = after["media"].get("packets transmitted", 0) - before["media"].get("packets transmitted", 0)
        note = f"{taken:,} RTP packets in, {sent:,} out"
    return Outcome(
        load=load,
        ok=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        late=int(last["Retransmissions(C)"]) + int(other[-1]["Retransmissions(C)"]),
        answered_ms=((hours * 60 + minutes) * 60 + seconds) * 1000 + micros / 1000,
        at_once=max(int(row["CurrentCall"]) for row in told),
        cpu_ms=spent_s / load.calls * 1000,
        engine_ms=(after["engine_s"] - before["engine_s"]) / load.calls * 1000,
        memory_mb=peak_mb,
        note=note,
    )


def told(kind: str, outcome: Outcome, bare: Outcome | None) -> str:
    """One line of the table."""
    ratio = f"{outcome.cpu_ms / bare.cpu_ms:.2f}" if bare is not None and bare.cpu_ms else ""
    engine = f"{outcome.engine_ms:.3f}" if kind == "bridge" else ""
    share = f"{outcome.engine_ms / outcome.cpu_ms:.1%}" if kind == "bridge" and outcome.cpu_ms else ""
    return (
        f"{outcome.load.name:<18} {kind:<7} {outcome.ok:>6} {outcome.failed:>6} {outcome.late:>5} {outcome.answered_ms:>8.0f} "
        f"{outcome.at_once:>7} {outcome.cpu_ms:>8.2f} {ratio:>6} {engine:>9} {share:>6} {outcome.memory_mb:>7.0f}  {outcome.note}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute's run")
    parser.add_argument("--only", choices=("bare", "bridge"))
    choice = parser.parse_args()
    if shutil.which("sipp") is None:
        raise SystemExit("SIPp is needed (Debian: apt-get install sip-tester)")
    print(f"load average at the start {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    print(
        f"{'load':<18} {'system':<7} {'ok':>6} {'failed':>6} {'late':>5} {'answer':>8} {'at once':>7} {'CPU/call':>8} "
        f"{'ratio':>6} {'engine':>9} {'share':>6} {'memory':>7}"
    )
    print(
        f"{'':<18} {'':<7} {'calls':>6} {'calls':>6} {'':>5} {'ms':>8} {'calls':>7} {'ms':>8} {'':>6} {'ms/call':>9} {'':>6} "
        f"{'MB':>7}"
    )
    bare: dict[str, Outcome] = {}
    for kind in ("bare", "bridge") if choice.only is None else (choice.only,):
        with tempfile.TemporaryDirectory(prefix="pbx-bench-") as name:
            folder = Path(name)
            (folder / "talk.ulaw").write_bytes(bytes(0x55 + i % 16 for i in range(16_000)))
            server = Server(kind, folder)
            try:
                for load in QUICK if choice.quick else FULL:
                    if load.media and kind == "bare":
                        continue  # it has no media; SIPp would talk to SIPp
                    outcome = run(server, load, folder)
                    if kind == "bare":
                        bare[load.name] = outcome
                    print(told(kind, outcome, bare.get(load.name) if kind == "bridge" else None), flush=True)
            finally:
                server.close()


if __name__ == "__main__":
    main()
