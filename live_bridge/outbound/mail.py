"""E-mails that bring voice messages, tried for 24 hours (R-09.1, R-09.2, R-09.4).

One thread of its own takes e-mails from the database, so that no e-mail is lost by a restart and no call ever waits for
a mail server. Decides what an e-mail says and when it is tried again. Leaves which calls cause e-mails to the engine.
"""

from __future__ import annotations

import logging
import smtplib
import threading
from collections.abc import Callable
from datetime import datetime
from email.header import Header
from email.message import Message
from email.mime.audio import MIMEAudio
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.contract import causes
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract.ids import SECOND_US, Duration, Instant
from live_bridge.config_sections import MailConfig
from live_bridge.media.recording import file_name, to_mp3
from live_bridge.outbound.outbox_worker import OutboxWorker
from live_bridge.outbound.smtp import SERVER_WAIT_S, deliver
from live_bridge.store.store import Email, Store, StoreError, now

log = logging.getLogger(__name__)

RETRIES_US: tuple[Duration, ...] = tuple(minutes * 60 * SECOND_US for minutes in (1, 2, 5, 10, 20, 30, 60))
"""Pauses between tries; the last one repeats."""

GIVE_UP_US: Duration = 24 * 3600 * SECOND_US
"""R-09.4."""

LOOK_S = 30.0
"""How often the database is looked at when nobody knocks."""

ENDED_MOST = 100
"""Ends of e-mails remembered that nobody has asked for."""

Done = Callable[[ev.Event], None]

TEXTS = {
    "en": (
        "Voice message from {caller}",
        "A voice message was left.\n\nFrom: {caller}\nFor: {box}\nAt: {at}\nLength: {length}\n",
        "unknown number",
    ),
    "ru": (
        "Голосовое сообщение от {caller}",
        "Оставлено голосовое сообщение.\n\nОт: {caller}\nКому: {box}\nВремя: {at}\nДлительность: {length}\n",
        "неизвестного номера",
    ),
}


WIDGET_TEXTS = {
    "en": {
        "lead": (
            "Call back {caller}: a visitor of {site}",
            "A visitor asked to be called, and nobody could answer.\n\nNumber: {caller}\nSite: {site}\nPage: {page}\nAt: {at}\n",
        ),
        "talk": (
            "Callback from {site}: {caller} was connected",
            "A visitor was connected.\n\nNumber: {caller}\nSite: {site}\nPage: {page}\nAt: {at}\nAnswered by: {user}\n"
            "Talk: {length}\n",
        ),
        "failed": (
            "Callback from {site}: {caller} was not connected",
            "A visitor was not connected.\n\nNumber: {caller}\nSite: {site}\nPage: {page}\nAt: {at}\nAnswered by: {user}\n"
            "Because: {cause}\n",
        ),
        "outside": "an outside number",
        "nobody": "nobody",
    },
    "ru": {
        "lead": (
            "Перезвоните {caller}: посетитель {site}",
            "Посетитель просил перезвонить, и никто не смог ответить.\n\nНомер: {caller}\nСайт: {site}\nСтраница: {page}\n"
            "Время: {at}\n",
        ),
        "talk": (
            "Обратный звонок с {site}: {caller} соединён",
            "Посетителя соединили.\n\nНомер: {caller}\nСайт: {site}\nСтраница: {page}\nВремя: {at}\nОтветил: {user}\n"
            "Разговор: {length}\n",
        ),
        "failed": (
            "Обратный звонок с {site}: {caller} не соединён",
            "Посетителя не соединили.\n\nНомер: {caller}\nСайт: {site}\nСтраница: {page}\nВремя: {at}\nОтветил: {user}\n"
            "Причина: {cause}\n",
        ),
        "outside": "внешний номер",
        "nobody": "никто",
    },
}
"""E-mails of callback widgets (R-17.2): a lead, a visitor who was connected, one who was not."""


class Mailer:
    """Sends what the engine asks to send. `box_name` gives people's name of a box, `zone` is the account's."""

    def __init__(
        self,
        store: Store,
        pbx: str,
        config: MailConfig,
        password: str,
        recordings: Path,
        box_name: Callable[[int], str],
        zone: str,
        language: str = "en",
        clock: Callable[[], Instant] = now,
    ) -> None:
        self._store = store
        self._pbx = pbx
        self._config = config
        self._password = password
        self._recordings = recordings
        self._box_name = box_name
        self._zone = ZoneInfo(zone)
        self._texts = TEXTS[language]
        self._language = language
        self._clock = clock
        self._done: dict[str, Done] = {}
        self._ended: dict[str, ev.Event] = {}
        """Ends of e-mails that were quicker than the call that asked for them, or that an earlier bridge was asked for."""
        self._lock = threading.Lock()
        self._outcomes: list[tuple[str, str, str, Instant]] = []
        """What came of tries and is not written down yet."""
        self._sender = OutboxWorker("mail", self._try_due, LOOK_S)
        self._sender.start()

    def send(self, command: cmd.SendMessage, done: Done) -> None:
        """Take an e-mail that the journal is bringing into the database; `done` gets MessageSent or MessageFailed, from the mail
        thread, perhaps a day later."""
        with self._lock:
            event = self._ended.pop(command.message, None)
            if event is None:
                self._done[command.message] = done
        if event is not None:
            done(event)

    def look(self) -> None:
        """Look for due e-mails now: there are new ones."""
        self._sender.knock()

    def close(self) -> None:
        """Stop after the e-mail in hand; the rest waits in the database for the next start."""
        self._sender.close(SERVER_WAIT_S)

    def _try_due(self) -> None:
        if not self._write_outcomes():
            return
        for email in self._store.emails_waiting(self._pbx):
            if email.next_at > self._clock() or self._sender.closing:
                break
            self._try(email)
            if not self._write_outcomes():
                return

    def _write_outcomes(self) -> bool:
        """Write down what came of tries; False when the database does not take it. No e-mail is sent before it does: it
        would be sent again and again."""
        if self._store.is_away():
            return False
        try:
            while self._outcomes:
                self._store.letter_tried(*self._outcomes[0])
                del self._outcomes[0]
        except StoreError as error:
            log.warning("e-mails wait for the database: %s", error)
            return False
        return True

    def _try(self, email: Email) -> None:
        command = msgspec.json.decode(email.command, type=cmd.SendMessage)
        try:
            deliver(self._written(command, email.born_at), self._config, self._password)
        except Exception as error:  # whatever it is, the e-mail is kept and tried again
            self._failed(email, command, str(error) or type(error).__name__)
            return
        self._outcomes.append((email.message, "sent", "", self._clock()))
        self._write_outcomes()
        self._tell(email.message, ev.MessageSent(message=email.message))

    def _failed(self, email: Email, command: cmd.SendMessage, reason: str) -> None:
        at = self._clock()
        pause_us = RETRIES_US[min(email.tries, len(RETRIES_US) - 1)]
        if at + pause_us <= email.born_at + GIVE_UP_US:
            log.warning("e-mail %s not sent, tried again in %s min: %s", email.message, pause_us // 60_000_000, reason)
            self._outcomes.append((email.message, "waiting", reason, at + pause_us))
            return
        log.error("e-mail %s given up after 24 h (R-09.4): %s", email.message, reason)
        self._outcomes.append((email.message, "failed", reason, at))
        self._write_outcomes()
        self._tell(email.message, ev.MessageFailed(message=email.message, reason=reason[:200]))
        if self._config.administrator:
            self._report(email, command, reason)

    def _report(self, email: Email, command: cmd.SendMessage, reason: str) -> None:
        report = MIMEText(
            f"To: {', '.join(command.recipients)}\nTried for 24 hours. Last answer: {reason}\n", "plain", "utf-8"
        )
        report["Subject"] = f"E-mail {email.message} could not be sent"
        report["From"], report["To"] = self._config.sender, self._config.administrator
        report["Message-ID"] = make_msgid(domain="pbx-workbench")
        try:
            deliver(report, self._config, self._password)
        except (OSError, smtplib.SMTPException) as error:
            log.error("the administrator could not be told of e-mail %s: %s", email.message, error)

    def _tell(self, message: str, event: ev.Event) -> None:
        with self._lock:
            done = self._done.pop(message, None)
            if done is None:
                self._ended[message] = event
                while len(self._ended) > ENDED_MOST:
                    del self._ended[next(iter(self._ended))]
        if done is not None:
            done(event)

    def _written(self, command: cmd.SendMessage, at: Instant) -> Message:
        subject, body, nobody = self._texts
        words_of_widget: dict[str, Any] = WIDGET_TEXTS[self._language]
        if command.kind != "voicemail":
            kind = "lead" if command.kind == "lead" else "talk" if command.cause is None else "failed"
            subject, body = words_of_widget[kind]
        minutes, seconds = divmod(round(command.length_us / SECOND_US), 60)
        when = datetime.fromtimestamp(at / SECOND_US, self._zone)
        words = {
            "caller": command.caller or nobody,
            "box": f"{self._box_name(command.box)} ({command.box})" if command.box else "",
            "at": when.strftime("%Y-%m-%d %H:%M:%S %Z"),
            "length": f"{minutes}:{seconds:02d}",
            "site": command.site,
            "page": command.page,
            "cause": "" if command.cause is None else causes.comment(command.cause, self._language),
            "user": words_of_widget["nobody"]
            if command.user is None
            else self._box_name(command.user)
            if command.user
            else words_of_widget["outside"],
        }
        # Not EmailMessage: its folding of long subjects in Cyrillic loses a space (Python 3.11).
        email = MIMEMultipart()
        email["Subject"] = Header(subject.format(**words), "utf-8")  # type: ignore[assignment]  # typeshed knows str only
        email["From"] = self._config.sender
        email["To"] = ", ".join(command.recipients)
        email["Date"] = format_datetime(when)
        email["Message-ID"] = f"<{command.message}@pbx-workbench>"
        email.attach(MIMEText(body.format(**words), "plain", "utf-8"))
        if command.recording is not None:
            wav = self._recordings / file_name(command.recording)
            mp3 = wav.with_suffix(".mp3")
            if command.format == "mp3" and not mp3.exists():
                to_mp3(wav, mp3)
            path, kind = (mp3, "mpeg") if command.format == "mp3" else (wav, "wav")
            sound = MIMEAudio(path.read_bytes(), kind)
            sound.add_header("Content-Disposition", "attachment", filename=path.name)
            email.attach(sound)
        return email
