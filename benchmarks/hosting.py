"""What idle accounts cost: memory and processor of a bridge each, as `pbx hosting` keeps them.

    python benchmarks/hosting.py [ACCOUNTS]

Accounts (20, if no number is given) are opened in a hosting database of its own in a temporary folder; the keeper of the hosting
process makes their PBXs and starts their bridges, each a process. When every API answers and the machine has settled, memory is
read from /proc: PSS counts a page that several processes share once, divided among them, so its sum is what the machine has lost;
RSS counts it for each. Processor time is read over half a minute without calls. 200 accounts are extrapolated from the mean, and
said to be.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path[:] = [str(HERE), *(place for place in sys.path if Path(place or ".").resolve() != HERE / "benchmarks")]

import httpx  # noqa: E402

from live_bridge.hosting import accounts, pbx_folder  # noqa: E402
from live_bridge.hosting.bridges import Keeper  # noqa: E402
from live_bridge.hosting.config import HostingConfig  # noqa: E402
from live_bridge.hosting.database import Database  # noqa: E402
from live_bridge.hosting.runners import ChildRunner  # noqa: E402
from live_bridge.store.rows import now  # noqa: E402

ACCOUNTS = 20
WANTED = 200
"""Accounts that the figure is extrapolated to."""
SETTLE_S = 20.0
IDLE_S = 30.0
START_S = 900.0


def memory_mb(pid: int) -> tuple[float, float]:
    """PSS and RSS of a process, MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
    return found["Pss"], found["Rss"]


def processor_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answers(place: pbx_folder.PbxPlace) -> bool:
    """Whether a bridge's API is there. Its description is not asked for: who asks makes the bridge keep it."""
    try:
        return httpx.get(f"{place.url}/health", trust_env=False, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def hosting_config(folder: Path) -> HostingConfig:
    """A hosting process on this machine."""
    return HostingConfig.model_validate(
        {
            "public": "http://127.0.0.1:1",
            "servers": ["here"],
            "provider": {"name": "Benchmark", "inn": "7700000000", "account": "4" * 20},
            "mail": {"host": "127.0.0.1", "port": 1, "encryption": "none", "sender": "pbx@example.org"},
            "pbxs": {"folder": folder / "pbxs"},
        }
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS
    with tempfile.TemporaryDirectory() as name:
        config = hosting_config(Path(name))
        assert config.pbxs is not None
        database = Database(f"sqlite:///{name}/hosting.sqlite")
        with database.writing() as connection:
            for n in range(count):
                accounts.open_account(
                    connection,
                    now(),
                    name=f"a{n:03}",
                    email=f"a{n}@example.org",
                    password="-",
                    server="here",
                    contact={},
                )
        runner = ChildRunner()
        keeper = Keeper(database, config, runner, now)
        try:
            began_s = time.monotonic()
            keeper.look()
            places = [pbx_folder.place_of(config.pbxs, f"a{n:03}", n) for n in range(count)]
            while not all(answers(place) for place in places):
                assert time.monotonic() < began_s + START_S, "a bridge did not start; its log is in its folder"
                keeper.look()
                time.sleep(0.5)
            print(f"{count} accounts, a bridge each: all answer {time.monotonic() - began_s:.0f} s after sign-up")
            time.sleep(SETTLE_S)
            pids = [runner.pid_of(place.name) for place in places]
            before_s = sum(map(processor_s, pids))
            time.sleep(IDLE_S)
            used_s = sum(map(processor_s, pids)) - before_s
            told = [memory_mb(pid) for pid in pids]
        finally:
            keeper.close()
            database.close()
    pss, rss = (sum(one[n] for one in told) / count for n in (0, 1))
    print(f"memory an account: {pss:.0f} MiB PSS, {rss:.0f} MiB RSS (most {max(one[0] for one in told):.0f} MiB PSS)")
    print(f"processor an idle account: {used_s / IDLE_S / count * 100:.2f} % of a core")
    if count < WANTED:
        print(
            f"{WANTED} accounts, extrapolated: {pss * WANTED / 1024:.1f} GiB, {used_s / IDLE_S / count * WANTED:.2f} cores"
        )


if __name__ == "__main__":
    main()
