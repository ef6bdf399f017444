"""What holds for all tests: which of them share a server or a browser, which run in real time, where real data lies.

Tests mirror the packages. Those of a place of `SERIAL` open sockets or browsers: each group of them runs one after another
on one worker, while the other workers go on.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `pbx` itself; read when numpy and SciPy are first imported

ROOT = Path(__file__).resolve().parent.parent

REAL_DATA = ROOT.parent / "shared" / "data"
"""Real call logs that may be used for testing but not shipped; see `datasets/README.md`."""

SERIAL = {
    "live_bridge/sip/dialog": "dialogs",
    "pbxsim/workbench/test_browser.py": "browser",
    "pbxsim/workbench/test_browser_canvas.py": "canvas",
    "live_bridge/calls": "calls",
    "pbxsim/workbench/test_browser_nothing.py": "journeys",
    "pbxsim/workbench/test_browser_own.py": "journeys",
    "pbxsim/workbench/test_browser_recovery.py": "journeys",
    "pbxsim/workbench/test_browser_layout.py": "journeys",
    "pbxsim/workbench/test_live.py": "live-page",
    "live_bridge/hosting": "hosting",
    "run": "run",
    "live_bridge/api": "api",
    "parity": "parity",
    "pbxsim/workbench/test_access.py": "access",
    "pbxsim/workbench/access": "access",
    "live_bridge/sip": "sip",
    "pbxsim/workbench/test_phone.py": "phone-pages",
    "pbxsim/workbench/test_phone_login.py": "phone-pages",
    "live_bridge/service": "service",
    "pbxsim/workbench/test_wallboard.py": "wallboard",
    "pbxsim/workbench/test_webhooks.py": "wallboard",
    "live_bridge/media": "media",
    "pbxsim/workbench": "pages",
    "live_bridge/promotion": "promotion",
    "live_bridge/browser": "calling-page",
    "live_bridge": "bridge",
}
"""Folders and files under `tests/` whose tests share a SIP stack, a server or a browser, and the group they are kept in; the
first that fits counts. Groups run beside one another, as each worker is a process with servers of its own, and a port belongs
to a worker (`tests/ports.py`). They begin in this order: long ones first, as `make test` waits for the last, and those that keep
the processor busy (pages in browsers) between those that mostly wait (SIP and media). None may take much longer than a tenth of
all tests."""

REAL_TIME = {
    "dialogs", "sip", "media", "calls", "service", "promotion", "hosting", "calling-page", "api", "bridge", "parity",
}  # fmt: skip
"""Groups whose tests talk to the bridge over sockets while their machine does other work."""

TIMED_OUT = "from pytest-timeout"
"""A test that took its whole time is not tried again: both tries share one time, so that the second would have no end."""

collect_ignore_glob: list[str] = [] if REAL_DATA.is_dir() else ["real_data/*", "*/real_data/*"]


def serial_group(path: Path) -> str | None:
    """The group that tests of a file are kept in."""
    if not path.is_relative_to(ROOT / "tests"):
        return None
    place = path.relative_to(ROOT / "tests")
    return next((group for folder, group in SERIAL.items() if place.is_relative_to(folder)), None)


def pytest_configure(config: pytest.Config) -> None:
    """Property tests try the same values at every run of `make test`, and others at every run of `make nightly`, which is where a
    value that nobody thought of is to be found; how long a value takes says nothing on a shared machine. Whoever may sign in to
    the workbench of who runs the tests has no part in them.
    """
    are_same = "not nightly" in (config.getoption("markexpr") or "") and not config.getoption("hypothesis_seed", None)
    hypothesis.settings.register_profile("ours", derandomize=are_same, deadline=None)
    hypothesis.settings.load_profile("ours")
    os.environ["PBX_PERSONS"] = os.path.join(os.sep, "nonexistent", "persons.sqlite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rewrite` writes the golden traces again instead of comparing with them; `--real-time-again` is for `make test`."""
    parser.addoption("--rewrite", action="store_true", help="write the files under tests/golden again")
    parser.addoption(
        "--real-time-again",
        action="store_true",
        help="try a failed test of a Debian program, or of the bridge over its sockets, once more",
    )


def turn(item: pytest.Item) -> int:
    """When a test begins: groups come first, in the order of `SERIAL`, then notebooks, and then what is short."""
    groups = list(dict.fromkeys(SERIAL.values()))
    group = serial_group(item.path)
    if group is not None:
        return groups.index(group)
    return len(groups) + item.path.is_relative_to(ROOT / "tests")


def runs_in_real_time(item: pytest.Item) -> bool:
    """Whether a test drives a Debian program or talks to the bridge; those of engine and simulator have a clock of their own."""
    return item.get_closest_marker("debian") is not None or serial_group(item.path) in REAL_TIME


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Keep the tests of one serial group together on one worker, the longest first; mark those that are tried once more.

    A wrapper, so that it comes before the hook of pytest-xdist, which reads the groups and is itself a first one.
    """
    for item in items:
        if config.getoption("real_time_again") and runs_in_real_time(item):
            item.add_marker(pytest.mark.flaky(reruns=1, rerun_except=[TIMED_OUT]))
        group = serial_group(item.path)
        if group is not None and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=turn)
    return (yield)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def example_path() -> Path:
    """The example PBX."""
    return ROOT / "datasets" / "pbx" / "example" / "pbx.yaml"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real call logs; only tests under `real_data/` folders may ask for it."""
    return REAL_DATA
