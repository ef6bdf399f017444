"""The sentences of a trace in Russian: the catalogue beside the English sentences of `analysis/preview.py` and of the
elements.

Decides the Russian words alone, as `faults_ru.py` does for faults. Notes and journals are English in every language; only what is
shown to people passes here. A sentence that is not here stays English, and a test asks for every one that calls can make.
"""

from __future__ import annotations

import functools
import re

from engine.translations import faults_ru
from engine.translations.catalogue import Catalogue

REASONS = {
    # number rules, time rules, greetings
    "the caller is anonymous": "номер звонящего скрыт",
    "{caller} fits no entry": "{caller} не подходит ни к одной записи",
    "{caller} fits {entry}": "{caller} подходит к {entry}",
    "{now} is within {hours}": "{now}: внутри {hours}",
    "{now} is outside {hours}": "{now}: вне {hours}",
    "{now} is on a holiday": "{now}: праздник",
    "{now} is on none of its dates": "{now}: ни одна из дат не подходит",
    "{now} is on none of its weekdays": "{now}: ни один из дней недели не подходит",
    "held at {output} by hand": "удерживается вручную: {output}",
    "held at {output} by hand until {now}": "удерживается вручную: {output} до {now}",
    "round {n} of {most}": "попытка {n} из {most}",
    "key {digits}": "клавиша {digits}",
    "extension {digits}": "внутренний номер {digits}",
    # queues, groups, users
    "waits at position {n}": "ждёт, место в очереди {n}",
    "refused: {reason}": "не принят: {reason}",
    "left by {reason} after {wait} s": "ушёл через {wait} с: {reason}",
    "{who} answered after {wait} s": "{who} ответил через {wait} с",
    "{who} did not take it: {cause} after {wait} s": "{who} не принял звонок: {cause} через {wait} с",
    "{who} did not take it: {cause}": "{who} не принял звонок: {cause}",
    "skill {skill} is no longer required after {wait} s": "навык {skill} больше не требуется через {wait} с",
    "skipped, busy or not reachable: {who}": "пропущены (заняты или не в сети): {who}",
    "every member refused or failed": "все участники отказались или недоступны",
    "nobody answered within {wait} s": "никто не ответил за {wait} с",
    "no answer within {wait} s": "нет ответа за {wait} с",
    "{reason}: goes on to an element": "{reason}: дальше к элементу",
    "{reason}: hand-over to {who}, whose rules apply": "{reason}: передача на {who}, действуют его правила",
    "{reason}: only the devices of {who} ring": "{reason}: звонят только устройства {who}",
    "{reason}: ends the list": "{reason}: конец списка",
    "the phone forwards to {contact}": "телефон сам переадресует на {contact}",
    "{reason}: everything else failed": "{reason}: остальное не удалось",
    # web servers, the contact manager
    "the server says transfer to {to}": "сервер велит перевести на {to}",
    "the server sends the call nowhere else": "сервер никуда не направляет звонок",
    "no usable answer: {outcome}": "нет пригодного ответа: {outcome}",
    "no source knows the number": "ни один источник не знает номера",
    "talked last with {who}": "последний разговор был с {who}",
    "talked last with {who}, who is absent or busy": "последний разговор был с {who}, но он занят или отсутствует",
    "talked last with {who}, who is paused": "последний разговор был с {who}, но он на паузе",
    "the CRM names {who}": "CRM называет {who}",
    "the CRM names {who}, who is absent or busy": "CRM называет {who}, но он занят или отсутствует",
    "the CRM names {who}, who is paused": "CRM называет {who}, но он на паузе",
    # callback widgets
    "{who} answered, so the visitor is rung": "{who} ответил, поэтому звонок идёт посетителю",
    # outgoing calls, recording
    "{number}: no outgoing rule ends it with {cause}": "{number}: нет исходящего правила, звонок кончается с {cause}",
    "{number}: {rule} ends it with {cause}": "{number}: по правилу {rule} звонок кончается с {cause}",
    "{number}: {rule} sends {sent} through {trunk}": "{number}: по правилу {rule} набирается {sent} через {trunk}",
    "{number} is no number that could be dialled": "{number} — не номер, который можно набрать",
    "{number} is an internal number": "{number} — внутренний номер",
    "{number}: no outgoing rule fits, and there is no default number":
        "{number}: исходящие правила не подходят, а номера по умолчанию нет",
    "{number}: no outgoing rule fits, and nothing goes out through the default number":
        "{number}: исходящие правила не подходят, а через номер по умолчанию исходящих нет",
    "{number}: an emergency number passes by all rules and goes out through {trunk}":
        "{number}: экстренный номер минует все правила и набирается через {trunk}",
    "{number}: no rule of {trunk} fits; it goes out through the number it came in on":
        "{number}: правила для {trunk} не подходят; набирается через номер, на который позвонили",
    "{number}: no outgoing rule fits; it goes out as {sent} through {trunk}":
        "{number}: исходящие правила не подходят; набирается {sent} через {trunk}",
    "mailbox {who}: {new} new messages, {old} heard ones": "ящик {who}: новых сообщений {new}, прослушанных {old}",
    "mailbox {who}: {reason}": "ящик {who}: {reason}",
    "message heard": "сообщение прослушано",
    "message new": "сообщение оставлено новым",
    "message deleted": "сообщение удалено",
    "{who} dials: code {service}: nothing to take": "{who} набирает код: {service}; брать нечего",
    "{who} dials: code {service}": "{who} набирает код: {service}",
    "code {service}": "код: {service}",
    "code {service}: nothing to take": "код: {service}; брать нечего",
    "the number is withheld; the carrier of {trunk} alone hears {number}":
        "номер скрыт; только оператору {trunk} передаётся {number}",
    "the number is withheld; the carrier of {trunk} alone hears {number}; forwarded from {sent}, {reason}":
        "номер скрыт; только оператору {trunk} передаётся {number}; переадресован с {sent}: {reason}",
    "the carrier of {trunk} hears {number}, {whose}": "оператору {trunk} передаётся {number}: {whose}",
    "the carrier of {trunk} hears {number}, {whose}; forwarded from {sent}, {reason}":
        "оператору {trunk} передаётся {number}: {whose}; переадресован с {sent}: {reason}",
    "the trunk's own number": "собственный номер линии",
    "the trunk's own number, for a forwarded call": "собственный номер линии, звонок переадресован",
    "the rule's number": "номер из правила",
    "the number of user {who}": "номер сотрудника {who}",
    "the first caller's number": "номер позвонившего",
    "the number that was called": "номер, на который звонили",
    "the talk is recorded: {part} says on": "разговор записывается: включено, {part}",
    "the talk is recorded: the PBX records all talks": "разговор записывается: АТС записывает все разговоры",
    # the frame of a trace
    "not taken: {outputs}": "не выбрано: {outputs}",
    "lands at {place}; ended {cause}": "приходит: {place}; завершён: {cause}",
    "user {who}": "сотрудник {who}",
    "outside {who}": "внешний номер {who}",
    "voicemail {who}": "голосовая почта {who}",
    "outside": "внешний номер",
    "(empty)": "(пусто)",
}  # fmt: skip
"""English pattern to Russian."""

WORDS = {
    "group_pickup": "перехват в своих группах", "pickup": "перехват звонка", "park": "парковка", "disturb_off": "не беспокоить",
    "disturb_on": "снова беспокоить", "forward": "переадресация", "forward_off": "переадресация снята",
    "unconditional": "безусловно", "voicemail": "голосовая почта",
    "no pin": "PIN не задан", "wrong pin": "неверный PIN", "no key": "PIN не введён",
    "locked": "закрыт на время после неверных PIN", "failed": "сейчас недоступен",
    "no answer": "нет ответа", "busy": "занято", "unreachable": "не в сети", "always": "всегда", "timeout": "долгое ожидание",
    "full": "очередь полна", "join empty": "никого нет", "join_empty": "никого нет", "leave_empty": "все ушли",
    "leave empty": "все ушли", "exit_key": "клавиша выхода", "ended": "звонок завершён", "callback": "обратный звонок",
    "forwarded by the phone": "телефон сам переадресовал",
}  # fmt: skip
"""The values of a pattern's `reason`."""

_RULE = re.compile(r"(.+?)( \[?\(?R-\d\d(?:\.\d+)?\)?\]?)", re.DOTALL)


def in_language(text: str, language: str) -> str:
    """A sentence of a trace for readers of `language`; a rule at its end stays.

    >>> in_language("Mon 09:30 GMT+5 is within 09:00-21:00 (R-11.1)", "ru")
    'пн 09:30 GMT+5: внутри 09:00-21:00 (R-11.1)'
    >>> in_language("waits at position 1", "en")
    'waits at position 1'
    """
    if language != "ru":
        return text
    ruled = _RULE.fullmatch(text)
    said, rule = (ruled[1], ruled[2]) if ruled else (text, "")
    return (translated(said) or said) + rule


@functools.lru_cache(maxsize=4096)
def translated(text: str) -> str | None:
    """A sentence in Russian, None if the catalogue lacks it."""
    found = _CATALOGUE.pattern(text)
    if found is None:
        return None
    template, arguments = found
    return REASONS[template].format_map({name: _argument(name, said) for name, said in arguments.items()})


def weekday(text: str) -> str:
    """A time that begins with an English weekday.

    >>> weekday("Thu 2026-11-26 09:30")
    'чт 2026-11-26 09:30'
    """
    return faults_ru.WEEKDAYS.get(text[:3], text[:3]) + text[3:]


def kind(name: str) -> str:
    """The Russian name of a kind of element."""
    return faults_ru.KINDS.get(name.replace("_", " "), name)


def _argument(name: str, said: str) -> str:
    if name == "now":
        return weekday(said)
    if name == "reason":
        return WORDS.get(said, said)
    if name == "service":
        word, _, argument = said.partition(" ")
        return f"{WORDS.get(word, word)} {argument}".rstrip()
    if name == "part":
        word, _, number = said.rpartition(" ")
        return f"{kind(word)} {number}"
    if name in ("place", "whose"):
        return translated(said) or said
    return said


_CATALOGUE = Catalogue(REASONS)
