"""Ten PBXs behind Kamailio under load, and one bridge killed: who loses calls, and when does its domain answer again?

    python benchmarks/front.py [DOMAINS [CALLS_A_SECOND [SECONDS]]]

A hosting process with its bridges, each a process, and a real Kamailio on loopback, as `pbx hosting-front` sets it up. For every
domain a SIPp brings calls as its operator does: to the number, from an address of its own, by the domain; the PBX answers with
a greeting, a second later the caller hangs up. Media is answered but SIPp sends none. After a third of the time one bridge is
killed with -9. Its domain is asked by OPTIONS four times a second; the time is counted from the kill to the first 200. Processor
time of Kamailio (all its processes) and of the bridges is read before and after. The load generators run on the same machine.
"""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

from benchmarks.hosting import processor_s  # noqa: E402
from live_bridge.hosting import accounts, front, pbx_folder  # noqa: E402
from live_bridge.hosting.config import FrontConfig, HostingConfig  # noqa: E402
from live_bridge.hosting.hosting import Hosting  # noqa: E402
from live_bridge.store.rows import now  # noqa: E402

DOMAINS = 10
CALLS_A_SECOND = 50
SECONDS = 60
NUMBER = "74951234567"
OPERATOR = "127.0.0.20"
ASKER = "127.0.0.21"
START_S = 240.0
MEDIA_EACH = 200
"""Ports of a bridge: fifty calls at once."""
SCENARIO = Path(__file__).parent / "sipp" / "domain_caller.xml"
SUFFIX = "onpbx.ru"


class Outcome(NamedTuple):
    """What became of the calls of one domain."""

    well: int
    lost: int


class Figures(NamedTuple):
    """What was measured."""

    calls: dict[str, Outcome]
    """By domain."""
    killed: str
    back_s: float | None
    """From the kill until its domain answered; None when it did not while there was load."""
    kamailio: float
    bridges: float
    """Cores used during the load, by all processes of each."""


@contextmanager
def kamailio(config: FrontConfig, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Kamailio with what stands in its folder; it stops when this process dies, however that dies. Raises RuntimeError."""
    program = shutil.which("kamailio", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise RuntimeError("install Debian's kamailio, kamailio-tls-modules and kamailio-websocket-modules")
    command = ["setpriv", "--pdeathsig", "TERM", program, "-f", str(config.folder / "kamailio.cfg"), "-DD", "-E"]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "-m", "64", "-M", "8"],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        end_s = time.monotonic() + 30
        while True:
            try:
                front.ask(config.folder, "core.version")
                break
            except front.FrontAway:
                if process.poll() is not None or time.monotonic() > end_s:
                    raise RuntimeError(f"Kamailio did not start: {log.read_text(errors='replace')[-2000:]}") from None
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def family(pid: int) -> list[int]:
    """A process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def used_s(pids: list[int]) -> float:
    """Processor time of processes, those that are gone left out."""
    total = 0.0
    for pid in pids:
        try:
            total += processor_s(pid)
        except OSError:
            pass
    return total


def answers(server: tuple[str, int], domain: str, wait_s: float = 0.25) -> bool:
    """Whether a domain answers OPTIONS with 200 within a moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.bind((ASKER, 0))
        port, word = asker.getsockname()[1], secrets.token_hex(8)
        asker.sendto(
            f"OPTIONS sip:{domain} SIP/2.0\r\nVia: SIP/2.0/UDP {ASKER}:{port};branch=z9hG4bK{word};rport\r\n"
            f"From: <sip:asker@{ASKER}>;tag=a{word}\r\nTo: <sip:{domain}>\r\nCall-ID: {word}\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode(),
            server,
        )
        end_s = time.monotonic() + wait_s
        while (left_s := end_s - time.monotonic()) > 0:
            asker.settimeout(left_s)
            try:
                if asker.recv(65_535).startswith(b"SIP/2.0 200"):
                    return True
            except TimeoutError:
                return False
    return False


def settings(folder: Path, ports: Mapping[str, int]) -> HostingConfig:
    """A hosting process on loopback: `ports` of the front, `inner`, and the first for SIP, the API and media."""
    template = folder / "pbx.yaml"
    trunk = (
        f'trunks:\n  moscow: {{number: "{NUMBER}", lines: 1000, to: 5000, sip: {{host: {OPERATOR}, register: false}}}}'
    )
    template.write_text(
        pbx_folder.TEMPLATES["en"].read_text(encoding="utf-8").replace("trunks: {}", trunk), encoding="utf-8"
    )
    return HostingConfig.model_validate(
        {
            "public": "http://127.0.0.1:1",
            "servers": ["here"],
            "suffix": SUFFIX,
            "database": f"sqlite:///{folder}/hosting.sqlite",
            "provider": {"name": "Benchmark", "inn": "7700000000", "account": "4" * 20},
            "mail": {"host": "127.0.0.1", "port": 1, "encryption": "none", "sender": "pbx@example.org"},
            "pbxs": {
                "folder": folder / "pbxs",
                "template": template,
                "sip_ports": [ports["sip"], ports["sip"] + 49],
                "api_ports": [ports["api"], ports["api"] + 49],
                "media_ports": [ports["media"], ports["media"] + 20 * MEDIA_EACH - 1],
                "media_ports_each": MEDIA_EACH,
            },
            "front": {
                "listen": [{"host": "127.0.0.1", "port": ports["front"]}],
                "inner_port": ports["inner"],
                "folder": folder / "front",
            },
        }
    )


def callers(
    folder: Path, server: tuple[str, int], domain: str, port: int, rate: float, calls: int
) -> subprocess.Popen[bytes]:
    """SIPp as the operator of a domain."""
    sipp = shutil.which("sipp")
    if sipp is None:
        raise RuntimeError("install Debian's sip-tester")
    where = folder / domain
    where.mkdir()
    words = [
        "-i",
        OPERATOR,
        "-p",
        str(port),
        "-mp",
        str(port + 1000 + 8 * (port % 100)),
        "-s",
        NUMBER,
        "-key",
        "domain",
        domain,
    ]
    load = ["-r", str(round(rate * 10)), "-rp", "10000", "-m", str(calls), "-l", "1000", "-recv_timeout", "15000"]
    told = [
        "-trace_stat",
        "-stf",
        str(where / "stat.csv"),
        "-fd",
        "1",
        "-trace_err",
        "-error_file",
        str(where / "errors"),
    ]
    return subprocess.Popen(
        [sipp, f"{server[0]}:{server[1]}", "-sf", str(SCENARIO), *words, *load, *told, "-nostdin"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=where,
    )  # fmt: skip


def outcome(folder: Path, domain: str) -> Outcome:
    """What SIPp says of its calls."""
    with (folder / domain / "stat.csv").open() as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    return Outcome(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]))


def measure(folder: Path, domains: int, calls_a_second: float, seconds: float, ports: Mapping[str, int]) -> Figures:
    """Run it. Raises RuntimeError where something does not start."""
    config = settings(folder, ports)
    assert config.front is not None
    hosting = Hosting(config)
    server = ("127.0.0.1", ports["front"])
    names = [f"a{n:03}.{SUFFIX}" for n in range(domains)]
    with hosting.database.writing() as connection:
        for n in range(domains):
            accounts.open_account(
                connection, now(), name=f"a{n:03}", email=f"a{n}@example.org", password="-", server="here", contact={}
            )
    with ExitStack() as ends:
        ends.callback(hosting.close)
        front.FrontKeeper(hosting.database, config).look()
        running = ends.enter_context(kamailio(config.front, folder / "kamailio.log"))
        hosting.start()
        end_s = time.monotonic() + START_S
        while not all(answers(server, name) for name in names):
            if time.monotonic() > end_s:
                raise RuntimeError("a bridge did not start; its log is in its folder")
            time.sleep(0.5)

        def pids() -> dict[str, int]:
            return dict(hosting.keeper._runner._pids)  # type: ignore[union-attr, attr-defined]

        before = {"kamailio": used_s(family(running.pid)), **{f"{pid}": used_s([pid]) for pid in pids().values()}}
        began_s = time.monotonic()
        each = calls_a_second / domains
        calls = round(each * seconds)
        loads = [callers(folder, server, name, ports["operator"] + n, each, calls) for n, name in enumerate(names)]
        for load in loads:
            ends.callback(load.wait)
            ends.callback(load.kill)
        time.sleep(seconds / 3)
        killed, victim = names[-1], pids()[f"a{domains - 1:03}"]
        spent = used_s([victim]) - before.pop(f"{victim}")
        os.kill(victim, signal.SIGKILL)
        killed_s, back_s = time.monotonic(), None
        while back_s is None and time.monotonic() < killed_s + 60:
            if answers(server, killed):
                back_s = time.monotonic() - killed_s
        for load in loads:
            load.wait(seconds + 60)
        took_s = time.monotonic() - began_s
        spent += sum(used_s([pid]) - before.get(f"{pid}", 0.0) for pid in pids().values())
        proxy = used_s(family(running.pid)) - before["kamailio"]
        return Figures({name: outcome(folder, name) for name in names}, killed, back_s, proxy / took_s, spent / took_s)


def main() -> None:
    given = [*map(float, sys.argv[1:]), *(DOMAINS, CALLS_A_SECOND, SECONDS)[len(sys.argv) - 1 :]]
    ports = {"front": 5060, "inner": 5080, "sip": 5100, "api": 6100, "media": 30000, "operator": 7100}
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), int(given[0]), given[1], given[2], ports)
    print(f"{int(given[0])} domains, {given[1]:g} calls a second in all, {given[2]:g} s, calls of one second")
    for domain, (well, lost) in found.calls.items():
        print(f"  {domain}: {well} well, {lost} lost{', its bridge was killed' if domain == found.killed else ''}")
    back = "did not answer again" if found.back_s is None else f"answered again {found.back_s:.1f} s after the kill"
    print(f"{found.killed} {back}")
    print(f"processor: Kamailio {found.kamailio * 100:.1f} % of a core, all bridges {found.bridges * 100:.0f} %")


if __name__ == "__main__":
    main()
