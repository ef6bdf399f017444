"""E-mails of the hosting process: what they say, and that each is sent though the mail server may be away.

Decides texts in two languages, and when an e-mail is tried again. An e-mail is written in the transaction that needs it, and sent
by a thread of its own afterwards. Leaves secrets in links to `sign_in.py`.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from email.header import Header
from email.mime.text import MIMEText
from email.utils import formatdate, make_msgid
from typing import Any, Final

import sqlalchemy as sa

from engine.contract.ids import SECOND_US, Instant
from live_bridge.config_sections import MailConfig
from live_bridge.hosting import tables as t
from live_bridge.hosting.database import Database
from live_bridge.outbound.smtp import deliver

log = logging.getLogger(__name__)

PAUSES_US: Final = tuple(minutes * 60 * SECOND_US for minutes in (1, 2, 5, 10, 30, 60))
GIVE_UP_US: Final = 24 * 3600 * SECOND_US
ASKED_AGAIN_US: Final = 3600 * SECOND_US
"""A person's request to the provider may follow another of the same kind after this time."""

TEXTS: Final = {
    "sign_up": {
        "ru": (
            "Завершите регистрацию",
            "Здравствуйте!\n\nЧтобы завершить регистрацию АТС, откройте ссылку:\n{link}\n\n"
            "Ссылка действует 72 часа и один раз. Если вы не регистрировались, ничего делать не нужно.\n",
        ),
        "en": (
            "Complete your registration",
            "Hello!\n\nTo complete the registration of your PBX, open this link:\n{link}\n\n"
            "It works for 72 hours and once. If you did not register, there is nothing to do.\n",
        ),
    },
    "known": {
        "ru": (
            "Вы уже зарегистрированы",
            "Здравствуйте!\n\nНа этот адрес уже есть аккаунт. Если пароль забыт, откройте:\n{link}\n\n"
            "Если вы не регистрировались, ничего делать не нужно.\n",
        ),
        "en": (
            "You are registered already",
            "Hello!\n\nThis address has an account already. If the password is lost, open:\n{link}\n\n"
            "If you did not register, there is nothing to do.\n",
        ),
    },
    "blocked": {
        "ru": (
            "Аккаунт {name} заблокирован за долг",
            "Здравствуйте!\n\nНа балансе аккаунта {name} {balance} руб., он заблокирован за долг с {since} (московское время). "
            "Новые вызовы не начинаются, начатые заканчиваются, телефоны остаются зарегистрированными.\n\n"
            "Пополните баланс в разделе «Баланс» панели; там же есть кнопка «Продлить на 24 часа». "
            "Запросы программ (API) работают до {api_until}, затем до оплаты не принимаются.\n",
        ),
        "en": (
            "The account {name} is blocked for debt",
            "Hello!\n\nThe balance of the account {name} is {balance} RUB: it is blocked for debt since {since} (Moscow time). "
            "No new calls start, those in progress finish, phones stay registered.\n\n"
            "Top up the balance under “Balance” in the panel; the button “Extend for 24 hours” is there too. "
            "Requests of programs (API) work until {api_until}, then not until you have paid.\n",
        ),
    },
    "confirmed": {
        "ru": (
            "Аккаунт {name} подтверждён",
            "Здравствуйте!\n\nДокументы от {sent} (московское время) проверены: аккаунт {name} подтверждён для номеров.\n",
        ),
        "en": (
            "The account {name} is confirmed",
            "Hello!\n\nThe documents of {sent} (Moscow time) are checked: the account {name} is confirmed for numbers.\n",
        ),
    },
    "not_confirmed": {
        "ru": (
            "Аккаунт {name} не подтверждён",
            "Здравствуйте!\n\nПо документам от {sent} (московское время) аккаунт {name} не подтверждён. Отправьте другие "
            "сканы на странице «Подтвердить аккаунт» панели.\n",
        ),
        "en": (
            "The account {name} is not confirmed",
            "Hello!\n\nBy the documents of {sent} (Moscow time) the account {name} is not confirmed. Send other scans on the "
            "page “Confirm the account” of the panel.\n",
        ),
    },
    "closed": {
        "ru": (
            "Аккаунт {name} закрыт",
            "Здравствуйте!\n\nАккаунт {name} закрыт {when} (московское время). Вызовы больше не начинаются, номера возвращены "
            "оператору. На балансе осталось {balance} руб., на балансе номеров {numbers} руб. Документы остаются в панели.\n",
        ),
        "en": (
            "The account {name} is closed",
            "Hello!\n\nThe account {name} was closed at {when} (Moscow time). No more calls start, its numbers went back to the "
            "operator. The balance is {balance} RUB, the balance for numbers {numbers} RUB. Documents stay in the panel.\n",
        ),
    },
    "documents": {
        "ru": (
            "Аккаунт {name}: запрос документов",
            "Администратор аккаунта {name} ({email}) просит документы за период с {first} по {last}.\n\n"
            "Плательщик: {payer}, физическое лицо, телефон {phone}.\n\nОтвет идёт администратору на {email}.\n",
        ),
        "en": (
            "The account {name} asks for documents",
            "The administrator of the account {name} ({email}) asks for documents from {first} to {last}.\n\n"
            "Payer: {payer}, a private person, telephone {phone}.\n\nThe answer goes to the administrator, {email}.\n",
        ),
    },
    "password": {
        "ru": (
            "Новый пароль",
            "Здравствуйте!\n\nЧтобы задать новый пароль от панели, откройте ссылку:\n{link}\n\n"
            "Ссылка действует 72 часа и один раз. Если вы её не запрашивали, ничего делать не нужно.\n",
        ),
        "en": (
            "New password",
            "Hello!\n\nTo set a new password of the panel, open this link:\n{link}\n\n"
            "It works for 72 hours and once. If you did not ask for it, there is nothing to do.\n",
        ),
    },
    "factor_on": {
        "ru": (
            "Второй фактор включён: {name}",
            "Здравствуйте!\n\nДля входа в панель аккаунта {name} теперь нужен код из приложения. Сохраните коды восстановления: "
            "без телефона войти можно только по ним.\n\nЕсли это были не вы, смените пароль панели.\n",
        ),
        "en": (
            "Second factor switched on: {name}",
            "Hello!\n\nTo sign in to the panel of {name}, a code of an app is needed from now on. Keep the recovery codes: "
            "without the telephone nothing else lets you in.\n\nIf this was not you, change the panel's password.\n",
        ),
    },
    "factor_off": {
        "ru": (
            "Второй фактор выключен: {name}",
            "Здравствуйте!\n\nДля входа в панель аккаунта {name} снова достаточно пароля.\n\n"
            "Если это были не вы, смените пароль панели и напишите провайдеру.\n",
        ),
        "en": (
            "Second factor switched off: {name}",
            "Hello!\n\nTo sign in to the panel of {name}, the password is enough again.\n\n"
            "If this was not you, change the panel's password and write to the provider.\n",
        ),
    },
    "factor_recovery": {
        "ru": (
            "Использован код восстановления: {name}",
            "Здравствуйте!\n\nВ панели аккаунта {name} использован код восстановления; второй раз он не подойдёт.\n\n"
            "Если это были не вы, смените пароль панели.\n",
        ),
        "en": (
            "A recovery code was used: {name}",
            "Hello!\n\nA recovery code was used in the panel of {name}; it does not work again.\n\n"
            "If this was not you, change the panel's password.\n",
        ),
    },
}
"""Subject and body by purpose and language."""


def write(
    connection: sa.Connection, to: str, purpose: str, language: str, at: Instant, *, is_sent: bool = True,
    reply_to: str = "", **words: str,
) -> None:  # fmt: skip
    """Write an e-mail, to be sent when this transaction is done; one that is not sent costs the same work (R-01.12). An answer
    goes to `reply_to`, else to the sender."""
    subject, body = TEXTS[purpose]["en" if language == "en" else "ru"]
    values = {
        "to": to,
        "subject": subject.format(**words),
        "body": body.format(**words),
        "born_at": at,
        "next_at": at,
        "tries": 0,
        "reply_to": reply_to,
    }
    connection.execute(t.emails.insert().values(**values, state="waiting" if is_sent else "nobody"))


def is_there(connection: sa.Connection, to: str, purpose: str, language: str, since: Instant, **words: str) -> bool:
    """Whether this was written since an instant, with these words in its subject."""
    c = t.emails.c
    subject = TEXTS[purpose]["en" if language == "en" else "ru"][0].format(**words)
    query = sa.select(c.id).where(c.to == to, c.subject == subject, c.born_at > since)
    return connection.execute(query.limit(1)).first() is not None


class Postman:
    """Sends what is due, one after another."""

    def __init__(self, database: Database, config: MailConfig, password: str, clock: Callable[[], Instant]) -> None:
        self._database = database
        self._config = config
        self._password = password
        self._clock = clock

    def send_due(self) -> int:
        """Send what waits; how many went out."""
        c = t.emails.c
        with self._database.reading() as connection:
            query = sa.select(t.emails).where(c.state == "waiting", c.next_at <= self._clock()).order_by(c.id)
            due = connection.execute(query.limit(100)).all()
        return sum(self._send(row) for row in due)

    def _send(self, row: Any) -> bool:
        try:
            self._deliver(row)
        except (OSError, smtplib.SMTPException) as error:
            at = self._clock()
            pause_us = PAUSES_US[min(row.tries, len(PAUSES_US) - 1)]
            gives_up = at + pause_us > row.born_at + GIVE_UP_US
            log.warning("e-mail %s was not sent: %s%s", row.id, error, "; given up" if gives_up else "")
            self._mark(row.id, "failed" if gives_up else "waiting", row.tries + 1, at + pause_us, keep=not gives_up)
            return False
        self._mark(row.id, "sent", row.tries + 1, row.next_at, keep=False)
        return True

    def _mark(self, id: int, state: str, tries: int, next_at: Instant, keep: bool) -> None:
        """What came of a try. The body of one that is over is dropped: a link in it is a secret."""
        values: dict[str, Any] = {"state": state, "tries": tries, "next_at": next_at}
        with self._database.writing() as connection:
            changed = values if keep else {**values, "body": ""}
            connection.execute(t.emails.update().where(t.emails.c.id == id).values(**changed))

    def _deliver(self, row: Any) -> None:
        email = MIMEText(row.body, "plain", "utf-8")
        email["Subject"] = Header(row.subject, "utf-8")  # type: ignore[assignment]  # typeshed knows str only
        email["From"], email["To"] = self._config.sender, row.to
        if row.reply_to:
            email["Reply-To"] = row.reply_to
        email["Date"], email["Message-ID"] = formatdate(row.born_at / SECOND_US), make_msgid(domain="pbx-workbench")
        deliver(email, self._config, self._password)
