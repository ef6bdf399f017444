"""Mixed traffic through every accident: no call without an end, every table empty afterwards, the history complete.

Calls, transfers, holds, broken messages and scanners, while another process holds the database for 20 s, the mail server is
down and the disk is full for 30 s. `PBX_MIXED_MINUTES` says how long traffic goes on (3 minutes; an hour for a release).
Real SIP on loopback, the real bridge with everything that an office has.
"""

from __future__ import annotations

import errno
import logging
import os
import random
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.records import journal
from live_bridge.calls.call_controller import CallController
from live_bridge.config_sections import MailConfig, MediaConfig
from live_bridge.store import journal_file, tables
from live_bridge.store.journal_store import read_run
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.sip.phone import Dialog, Phone, status
from tests.ports import free_port, media_ports

pytestmark = pytest.mark.nightly

MINUTES = float(os.environ.get("PBX_MIXED_MINUTES", "3"))
CALLERS = 6
"""Calls at once."""

HELD_S, FULL_S = 20.0, 30.0
ROUND_S = 600.0
"""Accidents come again after so long."""

QUIET_S = 90.0
"""Time in which everything ends when nobody calls any more."""


class Office(Api):
    """The example with short wrap-up, and a mail server that is down."""

    changes: ClassVar[dict[str, str]] = {
        "    wrap_up: 20\n": "    wrap_up: 1\n    ring: 5\n",
        "to: 5400}\n\nelements:": "to: 5120}\n\nelements:",
    }
    mail_port: ClassVar[int] = free_port()
    settings: ClassVar[dict[str, Any]] = {
        "media": MediaConfig(listen=("127.0.0.1",), ports=media_ports(400)),
        "mail": MailConfig(host="127.0.0.1", port=mail_port, encryption="none", sender="pbx@example.org"),
    }


class Post:
    """The mail server when it is up."""

    def __init__(self) -> None:
        self.letters: Counter[str] = Counter()
        self.controller: Any = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        text = envelope.content.decode("utf-8", "replace")
        self.letters[next(line for line in text.splitlines() if line.lower().startswith("message-id"))] += 1
        return "250 OK"

    def open(self, port: int) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=20)
        self.controller.start()

    def close(self) -> None:
        if self.controller is not None:
            self.controller.stop()


class Traffic:
    """Callers who do one thing after the other until they are told to stop, and what became of it."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.done: Counter[str] = Counter()
        self.seed = seed
        self.stopping = threading.Event()
        self.answerers: list[Phone] = []
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        passwords = self.office.service.new_passwords
        for user in (101, 102, 103, 105):
            phone = Phone(str(user), self.office.sip)
            phone.on_invite = [(0.05, 180), (0.1, 200)]
            assert status(phone.register(passwords[user])) == 200
            self.answerers.append(phone)
        for number in range(CALLERS):
            self._start(self._call_on, random.Random(self.seed + number))
        self._start(self._break_things, random.Random(self.seed + 1000))

    def _start(self, work: Any, chance: random.Random) -> None:
        thread = threading.Thread(target=work, args=(chance,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def end(self) -> None:
        self.stopping.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a caller hangs"
        for phone in self.answerers:
            phone.close()

    def _call_on(self, chance: random.Random) -> None:
        while not self.stopping.is_set():
            caller = Phone(f"8999{chance.randrange(10**7):07}", self.office.sip)
            try:
                self._one(caller, chance)
            except AssertionError as wrong:
                self.done["not as it should be"] += 1
                logging.getLogger(__name__).error("a caller: %s", wrong)
            finally:
                caller.close()
            time.sleep(chance.uniform(0.05, 0.3))

    def _one(self, caller: Phone, chance: random.Random) -> None:
        number = chance.choice(["74951234567"] * 4 + ["78121234567"])
        if chance.random() < 0.1:
            dialog = caller.begin(number)
            time.sleep(chance.uniform(0.0, 0.05))
            caller.cancel(dialog)
            caller.final(dialog, 10.0)
            if status(caller.final(dialog, 10.0)) == 200:
                caller.hang_up(dialog)
            self.done["cancelled"] += 1
            return
        dialog, answer = caller.call(number, timeout_s=15.0)
        if status(answer) != 200:
            self.done[f"refused {status(answer)}"] += 1
            time.sleep(0.5)
            return
        time.sleep(chance.uniform(0.1, 0.5))
        if number == "74951234567" and chance.random() < 0.8:
            key = chance.choice("12")
            caller.request(dialog, "INFO", f"Signal={key}\r\nDuration=160\r\n", kind="application/dtmf-relay")
            time.sleep(chance.uniform(0.6, 2.0))
            self._in_talk(caller, dialog, chance)
        elif number == "78121234567":
            time.sleep(chance.uniform(0.5, 2.0))
            caller.request(dialog, "INFO", "Signal=#\r\nDuration=160\r\n", kind="application/dtmf-relay")
            time.sleep(chance.uniform(3.5, 5.0))
        if not dialog.ended:
            caller.hang_up(dialog)
        self.done["talked"] += 1

    def _in_talk(self, caller: Phone, dialog: Dialog, chance: random.Random) -> None:
        what = chance.random()
        if what < 0.3:
            caller.request(dialog, "INVITE", caller.sdp("sendonly", 2))
            time.sleep(chance.uniform(0.1, 0.4))
            caller.request(dialog, "INVITE", caller.sdp("sendrecv", 3))
            self.done["held"] += 1
        elif what < 0.6:
            self._transfer(chance)

    def _transfer(self, chance: random.Random) -> None:
        """Some phone that talks sends its caller on; it may be over by then."""
        for phone in chance.sample(self.answerers, len(self.answerers)):
            talking = [one for one in list(phone.dialogs.values()) if not one.ended]
            if talking:
                called = talking[-1]
                to = chance.choice(["103", "105", "nobody", "5120"])
                phone.request(called, "REFER", extra=f"Refer-To: <sip:{to}@example.onpbx.ru>", timeout_s=10.0)
                self.done["transferred"] += 1
                return

    def _break_things(self, chance: random.Random) -> None:
        """Broken messages from the operator's address, and a scanner from another one."""
        template = Phone("89990000000", self.office.sip)
        scanner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        scanner.bind(("127.0.0.66", 0))
        while not self.stopping.is_set():
            dialog = Dialog(f"broken-{chance.getrandbits(60):x}", f"<sip:x@127.0.0.1>;tag={chance.getrandbits(30)}",
                            "<sip:74951234567@127.0.0.1>", "sip:74951234567@127.0.0.1", self.office.sip, 1)  # fmt: skip
            data = bytearray(template.build(chance.choice(["INVITE", "ACK", "BYE", "REFER", "REGISTER"]), dialog.target,
                                            dialog, template.sdp()).encode())  # fmt: skip
            for _ in range(chance.randrange(1, 8)):
                place = chance.randrange(len(data))
                if chance.random() < 0.5:
                    data[place] = chance.randrange(256)
                else:
                    del data[place : place + chance.randrange(1, 20)]
            template.socket.sendto(bytes(data), self.office.sip)
            scanner.sendto(
                b"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n", self.office.sip
            )
            self.done["broken"] += 1
            time.sleep(0.05)
        scanner.close()
        template.close()


def accidents(office: Office, disk: dict[str, bool], post: Post, end_s: float) -> None:
    """Everything that may happen, one after the other, again every ten minutes."""
    begun_s = time.monotonic()
    span_s = min(ROUND_S, max(end_s - begun_s, HELD_S + FULL_S + 40.0))
    while time.monotonic() < end_s:
        time.sleep(span_s * 0.1)
        with sqlite3.connect(office.service.config.folder / "live.sqlite", isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(HELD_S)
            other.execute("ROLLBACK")
        other.close()
        time.sleep(span_s * 0.1)
        disk["full"] = True
        time.sleep(FULL_S)
        disk["full"] = False
        if post.controller is None:
            time.sleep(span_s * 0.05)
            post.open(office.mail_port)
        time.sleep(max(0.0, min(end_s - time.monotonic(), span_s * 0.5)))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def test_no_call_is_without_an_end_and_nothing_is_left_after_every_accident(
    office: Office, monkeypatch: pytest.MonkeyPatch, record_property: Any, caplog: pytest.LogCaptureFixture
) -> None:
    disk, post = {"full": False}, Post()

    def write(fd: int, data: bytes) -> int:
        if disk["full"]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(fd, data)

    monkeypatch.setattr(journal_file, "_write", write)
    started: dict[str, int] = {}
    ended: Counter[str] = Counter()
    messages: list[str] = []

    def hear(at: Instant, message: note.Note) -> None:
        if isinstance(message, note.CallStarted):
            started[message.call] = at
        elif isinstance(message, note.CallEnded):
            ended[message.call] += 1
        elif isinstance(message, note.MessageLeft):
            messages.append(message.call)

    service = office.service
    service.driver.subscribe(hear)
    traffic = Traffic(office, seed=1)
    traffic.begin()
    try:
        accidents(office, disk, post, time.monotonic() + MINUTES * 60)
    finally:
        traffic.end()
        disk["full"] = False

    def left() -> dict[str, Any]:
        def look(controller: CallController) -> dict[str, Any]:
            tenant = controller.engine.tenant  # type: ignore[attr-defined]
            sizes = controller.endpoint.sizes()
            return {
                "dialogs": sizes["dialogs"],
                "calls": len(controller.executor.calls),
                "legs": len(controller.executor.legs),
                "calls of the engine": len(tenant.calls),
                "lines of trunks": sum(trunk.in_use for trunk in tenant.trunks.values()),
                "places in queues": sum(len(list(queue.inside())) for queue in tenant.queues.values()),
                "media": len(service.media),
            }

        return {name: size for name, size in service.driver.ask_inside(look).items() if size}

    until_s = time.monotonic() + QUIET_S
    while left() and time.monotonic() < until_s:
        time.sleep(0.5)
    assert left() == {}, "something is still held"
    record_property("traffic", dict(traffic.done))
    for what in ("talked", "cancelled", "held", "transferred", "broken", "refused 503"):
        assert traffic.done[what] > 0, traffic.done
    assert traffic.done["not as it should be"] == 0, traffic.done
    assert set(ended) == set(started) and set(ended.values()) == {1}, "every call ends once"

    assert service.records.feeder.wait(within_s=60.0), service.records.feeder.said()
    assert service.records.feeder.refused == 0 == service.records.file.lost
    with service.store.engine.connect() as connection:
        history = set(connection.execute(sa.select(tables.history.c.uuid)).scalars())
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.open_calls)).scalar_one() == 0
        letters = connection.execute(sa.select(tables.letters.c.message, tables.letters.c.state)).all()
    assert history == set(started), "the history has every call, and no other"
    assert len(letters) == len(messages), "every voice message has its e-mail"
    assert all(count == 1 for count in post.letters.values()), "and none was sent twice"
    post.close()
    head, records = read_run(service.store, service.journal.run)
    assert service.versions is not None
    journal.replay(head, records, service.versions.flows)
    health = service.health()
    assert {part: told for part, told in health["parts"].items() if told != "ok"} == {}
    assert service.driver.sizes()["faults"] == 0
    broken = [record for record in caplog.records if record.exc_info]
    assert not broken, broken[0].getMessage()
