"""A live bridge for tests: the real engine, SIP and media on loopback, and ears for its notes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.control.engine import Engine
from engine.loading.load import load
from engine.state.sink import Stamped
from live_bridge.calls.call_controller import CallController
from live_bridge.calls.driver import Driver
from live_bridge.media.session import Media
from live_bridge.sip.dialog import sdp
from live_bridge.sip.digest import Account
from live_bridge.sip.settings import CarrierAddress, Listen, SipSettings, TrunkPeers
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

N = TypeVar("N", bound=note.Note)

MakePhone = Callable[..., Phone]
"""The fixture `phones`."""

DOMAIN = "example.onpbx.ru"

WAIT_S = 20.0
"""Longest wait for anything that must come: generous, for a machine with other work; nobody waits when all is well."""


OPERATOR = free_port()
"""Port the operator of both trunks sends from."""


def password(user: int) -> str:
    """The SIP password of a user in tests."""
    return f"secret-of-{user}-in-tests"


def settings(port: int, *, trunk_port: int, **changes: Any) -> SipSettings:
    """SIP on one loopback port, the example's users, and both trunks from one operator's port."""
    peers = (CarrierAddress(host="127.0.0.1", port=trunk_port),)
    values: dict[str, Any] = {
        "domain": DOMAIN,
        "listen": (Listen(host="127.0.0.1", port=port),),
        "accounts": {user: Account(password=password(user)) for user in range(100, 107)},
        "trunks": {
            "moscow": TrunkPeers(number="74951234567", peers=peers, host="127.0.0.1", port=trunk_port),
            "spb": TrunkPeers(number="78121234567", peers=peers, host="127.0.0.1", port=trunk_port),
        },
        **changes,
    }
    return SipSettings(**values)


class Live:
    """A running driver, its journal and its notes."""

    def __init__(self, driver: Driver, engine: Any, port: int) -> None:
        self.driver = driver
        self.engine = engine
        self.port = port
        self.address = ("127.0.0.1", port)
        self.notes: list[note.Note] = []
        self.said: list[Stamped] = []
        self.journal: list[tuple[Instant, ev.Event]] = []
        self._news = threading.Condition()

    def take_event(self, at: Instant, event: ev.Event) -> None:
        """The journal."""
        with self._news:
            self.journal.append((at, event))
            self._news.notify_all()

    def take_said(self, said: list[Stamped]) -> None:
        """Commands and notes, as the engine said them."""
        with self._news:
            self.said += said
            self.notes += [message for _, message in said if isinstance(message, note.Note)]
            self._news.notify_all()

    def wait_until(self, holds: Callable[[], bool], timeout_s: float = WAIT_S) -> bool:
        """Wait for something that news may bring."""
        with self._news:
            return self._news.wait_for(holds, timeout_s)

    def wait_note(self, kind: type[N], /, timeout_s: float = WAIT_S, **facts: object) -> N:
        """The first note of a kind with these facts; fails when none comes."""

        def find() -> N | None:
            for message in self.notes:
                if isinstance(message, kind) and all(getattr(message, k) == v for k, v in facts.items()):
                    return message
            return None

        if not self.wait_until(lambda: find() is not None, timeout_s):
            raise AssertionError(f"no {kind.__name__} with {facts} in {timeout_s} s; notes: {self.notes[-12:]}")
        found = find()
        assert found is not None
        return found

    def wait_event(self, kind: type[ev.Event], timeout_s: float = WAIT_S) -> ev.Event:
        """The first journalled event of a kind."""

        def find() -> ev.Event | None:
            return next((event for _, event in self.journal if isinstance(event, kind)), None)

        if not self.wait_until(lambda: find() is not None, timeout_s):
            raise AssertionError(f"no {kind.__name__} in {timeout_s} s; journal: {self.journal[-8:]}")
        found = find()
        assert found is not None
        return found

    def wait_inside(self, holds: Callable[[CallController], bool], timeout_s: float = WAIT_S) -> None:
        """Wait until something holds in the loop's thread; fails when it does not."""
        end_s = time.monotonic() + timeout_s
        while not self.driver.ask_inside(holds):
            assert time.monotonic() < end_s, f"not in {timeout_s} s; {self.driver.sizes()}"
            time.sleep(0.02)

    def wait_idle(self, timeout_s: float = WAIT_S) -> None:
        """Wait until no call is held any more; fails when one stays."""
        end_s = time.monotonic() + timeout_s
        while self.driver.calls_in_progress():
            assert time.monotonic() < end_s, f"calls are left: {self.driver.sizes()}"
            time.sleep(0.02)

    def forget(self) -> None:
        """Start the books afresh between tests."""
        with self._news:
            self.notes.clear()
            self.said.clear()
            self.journal.clear()


def start(engine: Any, sip: SipSettings, media: Media, **parts: Any) -> Live:
    """Start a driver around an engine. Letters count as sent, unless `send` among the parts does something with them."""
    box: list[Live] = []
    parts.setdefault("send", lambda command, done: done(ev.MessageSent(message=command.message)))
    driver = Driver(
        engine,
        sip,
        media,
        journal=lambda at, event: box[0].take_event(at, event),
        said=lambda said: box[0].take_said(said),
        **parts,
    )
    live = Live(driver, engine, sip.listen[0].port)
    box.append(live)
    driver.start()
    return live


def phone_of(user: int, phones: MakePhone, bridge: Live, payload: int = sdp.OFFERED.codec) -> Phone:
    """A phone that is registered as a user's, and answers nothing by itself."""
    phone = phones(str(user), bridge, payload=payload)
    assert status(phone.register(password(user))) == 200
    phone.on_invite = []
    return phone


def example_engine(path: Path, **replaced: str) -> Engine:
    """An engine on the example PBX; `replaced` gives texts to be put in place of others in the document."""
    text = path.read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    return Engine(load(text))
