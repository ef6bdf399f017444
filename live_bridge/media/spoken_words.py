"""What the PBX says by itself, word by word, in English and Russian: the text of every sound under `phrases/`.

Decides the wording. Leaves which of them make a phrase to `phrases.py`, and speaking them to `datasets/prompts/make_prompts.py`,
which reads this file; a test wants the sounds that lie there to be of exactly these texts.
"""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "ru")

COUNTED: Final = (*range(0, 21), *range(30, 100, 10), *range(100, 600, 100))
"""Numbers with a word of their own; the rest are put together."""

_ENGLISH: Final = {
    "your-position": "Your position in the queue is",
    "expected-wait": "The expected wait is",
    "minute": "minute",
    "minutes": "minutes",
    "you-have": "You have",
    "and": "and",
    "new-message": "new message",
    "new-messages": "new messages",
    "heard-message": "old message",
    "heard-messages": "old messages",
    "no-messages": "You have no messages.",
    "message": "Message",
    "from": "from",
    "message-menu": "To hear it again, press 5. Next, 6. Delete, 7. Keep as new, 9. To finish, press the hash key.",
    "deleted": "Deleted.",
    "kept": "Kept as new.",
    "no-more-messages": "There are no more messages.",
    "goodbye": "Goodbye.",
    "enter-pin": "Enter your PIN, then press the hash key.",
    "pin-again": "That PIN is wrong. Please try again.",
    "pin-wrong": "That PIN is wrong.",
    "pin-locked": "There were too many wrong PINs. Please try again later.",
    "pin-none": "This mailbox has no PIN yet. An administrator can set one.",
    "mailbox-closed": "The mailbox cannot be opened now. Please try again later.",
    "disturb-off": "Do not disturb is on.",
    "disturb-on": "Do not disturb is off.",
    "forward": "Your calls go to",
    "forward-off": "Your calls come to you again.",
    "recorded": "This call is recorded.",
    "leave-a-message": "Please leave a message after the tone.",
    "box-full": "This mailbox is full. Please call again later.",
}

_RUSSIAN: Final = {
    "your-position": "Ваш номер в очереди",
    "expected-wait": "Примерное время ожидания",
    "minute": "минута",
    "minutes-few": "минуты",
    "minutes": "минут",
    "1f": "одна",
    "2f": "две",
    "1n": "одно",
    "you-have": "У вас",
    "and": "и",
    "new-message": "новое сообщение",
    "new-messages-few": "новых сообщения",
    "new-messages": "новых сообщений",
    "heard-message": "прослушанное сообщение",
    "heard-messages-few": "прослушанных сообщения",
    "heard-messages": "прослушанных сообщений",
    "no-messages": "У вас нет сообщений.",
    "message": "Сообщение",
    "from": "от номера",
    "message-menu": "Повторить, нажмите пять. Следующее, шесть. Удалить, семь. Оставить новым, девять. Закончить, решётка.",
    "deleted": "Удалено.",
    "kept": "Оставлено новым.",
    "no-more-messages": "Больше сообщений нет.",
    "goodbye": "До свидания.",
    "enter-pin": "Введите пин-код и нажмите решётку.",
    "pin-again": "Неверный пин-код. Попробуйте ещё раз.",
    "pin-wrong": "Неверный пин-код.",
    "pin-locked": "Слишком много неверных пин-кодов. Попробуйте позже.",
    "pin-none": "Для этого ящика ещё нет пин-кода. Его может задать администратор.",
    "mailbox-closed": "Сейчас ящик открыть нельзя. Попробуйте позже.",
    "disturb-off": "Режим «не беспокоить» включён.",
    "disturb-on": "Режим «не беспокоить» выключен.",
    "forward": "Ваши звонки идут на номер",
    "forward-off": "Ваши звонки снова приходят к вам.",
    "recorded": "Разговор записывается.",
    "leave-a-message": "Пожалуйста, оставьте сообщение после сигнала.",
    "box-full": "Этот ящик переполнен. Пожалуйста, позвоните позже.",
}

_RUSSIAN_NUMBERS: Final = {0: "ноль", 1: "один", 2: "два"}
"""Those eSpeak NG does not read as we need them."""

TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {**_ENGLISH, **{str(n): str(n) for n in COUNTED}},
    "ru": {**_RUSSIAN, **{str(n): _RUSSIAN_NUMBERS.get(n, str(n)) for n in COUNTED}},
}
"""By language: the text of each sound, by its name without folder and ending."""
