"""baresip watches its mailbox and a colleague: an independent implementation reads what we tell. R-15.10."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract import events as ev
from tests.harness import rule
from tests.live_bridge.live import Live, password
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

pytestmark = pytest.mark.debian

CONFIG = """
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module_app account.so
module_app contact.so
module_app menu.so
module_app mwi.so
module_app presence.so
"""


@rule("R-15.10")
def test_baresip_sees_messages_waiting_and_a_colleague_come_and_go(
    start_live: Callable[..., Live], phones: Callable[..., Phone], tmp_path: Path
) -> None:
    """R-15.10: it proves itself, subscribes to both, and understands the documents."""
    program = shutil.which("baresip")
    assert program is not None, "install Debian's baresip-core for this test"
    live = start_live(algorithms=("MD5",))
    (tmp_path / "config").write_text(CONFIG.format(port=free_port()))
    (tmp_path / "accounts").write_text(
        f"<sip:103@127.0.0.1:{live.port};transport=udp>;auth_user=103;auth_pass={password(103)};regint=60;mwi=yes\n"
    )
    (tmp_path / "contacts").write_text(f'"Vera" <sip:102@127.0.0.1:{live.port}>;presence=p2p\n')
    log = tmp_path / "log.txt"

    def said(text: str) -> Callable[[], bool]:
        return lambda: re.search(text, log.read_text(), re.DOTALL) is not None

    with (
        log.open("w") as out,
        subprocess.Popen(
            [program, "-v", "-f", str(tmp_path), "-t", "60"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        ) as process,
    ):  # fmt: skip
        try:
            live.wait_event(ev.DeviceRegistered, 15.0)
            live.wait_inside(lambda controller: len(controller.endpoint.lamps) == 2)
            live.driver.tell_messages(103, 2, 1)
            wait(said(r"Messages-Waiting: yes.*Voice-Message: 2/1 \(0/0\)"), log)
            vera = phones("102", live)
            assert status(vera.register(password(102), algorithm="MD5")) == 200
            wait(said(r"sip:102@[^\n]* to [^\n]*Online"), log)
            vera.register(password(102), algorithm="MD5", expires=0)
            wait(said(r"sip:102@[^\n]* to [^\n]*Offline"), log)
        finally:
            process.kill()  # it may turn in a circle and hear no request


def wait(holds: Callable[[], bool], log: Path) -> None:
    """Until the program has said it."""
    end_s = time.monotonic() + 15.0
    while not holds():
        assert time.monotonic() < end_s, log.read_text()
        time.sleep(0.1)
