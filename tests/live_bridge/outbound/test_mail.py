"""Letters to a real SMTP server of our own (R-09.1, R-09.2, R-09.4)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.causes import Cause
from live_bridge.config_sections import MailConfig
from live_bridge.outbound.mail import GIVE_UP_US, Mailer
from live_bridge.store import tables
from live_bridge.store.store import Email, Store, StoreError
from tests.harness import rule
from tests.live_bridge.media.conftest import write_tone
from tests.ports import free_port

NINE: int = 1_795_415_400_000_000
"""2026-11-23 06:30 UTC."""


class Server:
    """An SMTP server that keeps letters, or answers with `refusal`."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refusal = ""
        self.asked = 0
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=20)
        self.controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.asked += 1
        if self.refusal:
            return self.refusal
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.controller.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'x.sqlite'}")
    yield store
    store.close()


class Clock:
    def __init__(self) -> None:
        self.at = NINE
        self.looks = 0

    def __call__(self) -> int:
        self.looks += 1
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailer(server: Server, store: Store, tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Mailer]]:
    made: list[Mailer] = []

    def make(language: str = "en", **changes: Any) -> Mailer:
        config = MailConfig(host="127.0.0.1", port=server.port, encryption="none", sender="pbx@example.org", **changes)
        names = {5120: "Mailbox"}
        one = Mailer(
            store, "example", config, "", tmp_path, lambda box: names[box], "Asia/Yekaterinburg", language, clock
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def command(format: Any = "mp3", caller: str = "84955551000") -> cmd.SendMessage:
    return cmd.SendMessage(
        call="c1", message="c1.m1", kind="voicemail", recipients=("a@example.org", "b@example.org"), recording="c1.r1",
        box=5120, format=format, caller=caller, length_us=65_400_000,
    )  # fmt: skip


def send(mailer: Mailer, store: Store, asked: cmd.SendMessage, endings: Endings) -> None:
    """As the bridge does it: the journal brings the e-mail into the database, and the mailer is told who waits for its end."""
    waiting = Email(
        message=asked.message, pbx="example", command=msgspec.json.encode(asked), born_at=NINE, next_at=NINE
    )
    with store.engine.begin() as connection:
        connection.execute(tables.letters.insert().values(**msgspec.structs.asdict(waiting)))
    mailer.send(asked, endings)
    mailer.look()


class Endings:
    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self._news = threading.Condition()

    def __call__(self, event: ev.Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait(self, timeout_s: float = 20.0) -> ev.Event:
        with self._news:
            assert self._news.wait_for(lambda: bool(self.events), timeout_s), "no ending came"
            return self.events[0]


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_letter_names_caller_box_time_and_length_and_carries_the_message(
    mailer: Callable[..., Mailer], server: Server, store: Store, tmp_path: Path
) -> None:
    """R-09.2: time in the account's zone, MP3 by default."""
    write_tone(tmp_path / "c1.r1.wav", 700, 2.0, 8000)
    endings = Endings()
    send(mailer(), store, command(), endings)
    assert endings.wait() == ev.MessageSent(message="c1.m1")
    (letter,) = server.letters
    assert letter["To"] == "a@example.org, b@example.org" and "84955551000" in letter["Subject"]
    body = letter.get_body()
    assert body is not None
    text = body.get_content()
    for part in ("84955551000", "Mailbox (5120)", "2026-11-23 11:30:00", "1:05"):
        assert part in text
    (attached,) = letter.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("audio/mpeg", "c1.r1.mp3")
    assert attached.get_content()[:2] in (b"\xff\xfb", b"\xff\xf3", b"ID") or attached.get_content()[:1] == b"\xff"


def test_letter_can_be_russian_with_a_wav(
    mailer: Callable[..., Mailer], server: Server, store: Store, tmp_path: Path
) -> None:
    write_tone(tmp_path / "c1.r1.wav", 700, 1.0, 8000)
    endings = Endings()
    send(mailer("ru"), store, command("wav", caller=""), endings)
    endings.wait()
    (letter,) = server.letters
    assert letter["Subject"] == "Голосовое сообщение от неизвестного номера"
    (attached,) = letter.iter_attachments()
    assert attached.get_content_type() in ("audio/wav", "audio/x-wav")
    assert attached.get_content() == (tmp_path / "c1.r1.wav").read_bytes()


def test_letter_refused_is_tried_again_after_longer_pauses_also_by_the_next_bridge(
    mailer: Callable[..., Mailer], server: Server, store: Store, clock: Clock, tmp_path: Path
) -> None:
    write_tone(tmp_path / "c1.r1.wav", 700, 1.0, 8000)
    server.refusal = "451 greylisted"
    endings = Endings()
    first = mailer()
    send(first, store, command(), endings)
    wait_until(lambda: [letter.tries for letter in store.emails_waiting("example")] == [1])
    (waiting,) = store.emails_waiting("example")
    assert waiting.next_at == NINE + 60_000_000 and "greylisted" in waiting.reason
    clock.at, looks = NINE + 59_000_000, clock.looks
    first.look()
    wait_until(lambda: clock.looks > looks)
    assert [letter.tries for letter in store.emails_waiting("example")] == [1], "it looked, and it was not time yet"
    clock.at = NINE + 60_000_000
    first.look()
    wait_until(lambda: [letter.tries for letter in store.emails_waiting("example")] == [2])
    assert store.emails_waiting("example")[0].next_at == clock.at + 120_000_000 and server.asked == 2
    assert endings.events == []
    first.close()

    server.refusal = ""
    clock.at += 120_000_000
    mailer()
    wait_until(lambda: len(server.letters) == 1)
    wait_until(lambda: store.emails_waiting("example") == [])


def test_letter_is_given_up_after_24_hours_and_the_administrator_told(
    mailer: Callable[..., Mailer], server: Server, store: Store, clock: Clock, tmp_path: Path
) -> None:
    """R-09.4."""
    write_tone(tmp_path / "c1.r1.wav", 700, 1.0, 8000)
    server.refusal = "550 no such mailbox"
    endings = Endings()
    post = mailer(administrator="admin@example.org")
    send(post, store, command(), endings)
    wait_until(lambda: [letter.tries for letter in store.emails_waiting("example")] == [1])
    clock.at = NINE + GIVE_UP_US
    post.look()
    ended = endings.wait()
    assert isinstance(ended, ev.MessageFailed) and "no such mailbox" in ended.reason
    assert [letter.message for letter in store.emails_failed("example")] == ["c1.m1"]
    wait_until(lambda: server.asked == 3)


def test_server_that_is_not_there_and_recording_that_is_gone_are_only_failed_tries(
    mailer: Callable[..., Mailer], server: Server, store: Store
) -> None:
    endings = Endings()
    send(mailer(), store, command(), endings)
    wait_until(lambda: [letter.tries for letter in store.emails_waiting("example")] == [1])
    assert "c1.r1" in store.emails_waiting("example")[0].reason
    assert server.asked == 0 and endings.events == []


def test_letter_is_sent_once_although_the_database_is_held_by_another_process(
    mailer: Callable[..., Mailer], server: Server, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came of a try is written down before the next one: nobody gets a letter again and again."""
    write_tone(tmp_path / "c1.r1.wav", 700, 1.0, 8000)
    endings, tried = Endings(), store.letter_tried
    refused: list[str] = []

    def held(message: str, state: str, reason: str, next_at: int) -> None:
        if len(refused) < 3:
            refused.append(message)
            raise StoreError("database is locked")
        tried(message, state, reason, next_at)

    monkeypatch.setattr(store, "letter_tried", held)
    post = mailer()
    send(post, store, command(), endings)
    endings.wait()
    while len(refused) < 3:
        post.look()
        time.sleep(0.02)
    post.look()
    wait_until(lambda: store.emails_waiting("example") == [])
    assert len(server.letters) == 1


@pytest.mark.parametrize(
    ("language", "facts", "subject", "line"),
    [
        ("en", {"kind": "lead"}, "Call back 89161234567: a visitor of Shop", "Page: /prices"),
        ("ru", {"kind": "lead"}, "Перезвоните 89161234567: посетитель Shop", "Страница: /prices"),
        ("en", {"kind": "callback", "user": 101, "length_us": 65_000_000}, "89161234567 was connected", "Anna"),
        ("en", {"kind": "callback", "user": 0, "cause": Cause.NO_ANSWER}, "was not connected", "an outside number"),
        ("ru", {"kind": "callback", "cause": Cause.NO_ANSWER}, "не соединён", "Ответил: никто"),
    ],
)
@rule("R-17.2")
def test_letters_of_callback_widgets_say_who_asked_where_and_what_became_of_it(
    mailer: Callable[..., Mailer],
    server: Server,
    store: Store,
    language: str,
    facts: dict[str, Any],
    subject: str,
    line: str,
) -> None:
    one = mailer(language)
    one._box_name = lambda number: {101: "Anna"}[number]
    ends = Endings()
    asked = cmd.SendMessage(
        call="c1",
        message="c1.m1",
        recipients=("a@example.org",),
        caller="89161234567",
        site="Shop",
        page="/prices",
        **facts,
    )
    send(one, store, asked, ends)
    assert isinstance(ends.wait(), ev.MessageSent)
    letter = server.letters[0]
    assert subject in letter["Subject"]
    body = letter.get_body(("plain",))
    assert body is not None and line in body.get_content()
