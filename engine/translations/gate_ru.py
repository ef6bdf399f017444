"""What the gate finds missing of a version, in Russian: the catalogue beside `records/gate.py` (R-25.8).

Decides the Russian words alone. A report, the audit trail and the bridge's answers keep the English sentence; a page or a command
line in Russian tells it by its pattern, as `faults_ru.py` does for findings.
"""

from __future__ import annotations

import re
from typing import Final

from engine.translations.catalogue import Catalogue

SENTENCES: Final = {
    "it was not simulated: run pbx gate": "её не моделировали: выполните pbx gate",
    "{count} errors were found in it": "в ней найдены ошибки: {count}",
    "it was simulated for {days} days, and {least} are needed": "дней моделирования: {days}, а нужно {least}",
    "it was held against version {version}, which is not live now: run pbx gate again": (
        "её сравнивали с версией {version}, которая сейчас не действует: выполните pbx gate ещё раз"
    ),
    "{figure} of {place} was not measured": "{place}: {figure} не измерено",
    "{figure} of {place} is to be at least {target}; its 95 % interval {reaches}": (
        "{place}: {figure} должно быть не меньше {target}; 95-процентный интервал {reaches}"
    ),
    "{figure} of {place} is to be at most {target}; its 95 % interval {reaches}": (
        "{place}: {figure} должно быть не больше {target}; 95-процентный интервал {reaches}"
    ),
    "the bridge's key did not sign it: it was changed, or written by something else": (
        "подписано не ключом моста: отчёт изменён или записан чем-то другим"
    ),
}

WORDS: Final = {
    "service_level": "обслуживание в срок",
    "abandonment": "доля потерянных",
    "wait_s": "среднее ожидание, с",
    "has no end": "не ограничен",
    "all queues": "все очереди",
}

_NAMED: Final = (
    (re.compile(r"reaches (?P<figure>.+)"), "доходит до {figure}"),
    (re.compile(r"queue (?P<queue>\d+) ?(?P<name>.*)", re.DOTALL), "очередь {queue} {name}"),
)


def reason(text: str, language: str) -> str:
    """A reason of the gate as readers of a language read it; itself if the catalogue lacks it.

    >>> reason("it was simulated for 3 days, and 10 are needed", "ru")
    'дней моделирования: 3, а нужно 10'
    >>> reason("service_level of queue 5301 Sales is to be at least 0.8; its 95 % interval reaches 0.71", "ru")
    'очередь 5301 Sales: обслуживание в срок должно быть не меньше 0,8; 95-процентный интервал доходит до 0,71'
    """
    found = _CATALOGUE.pattern(text) if language == "ru" else None
    if found is None:
        return text
    template, arguments = found
    return SENTENCES[template].format_map({name: _argument(value) for name, value in arguments.items()})


def _argument(value: str) -> str:
    if value in WORDS:
        return WORDS[value]
    for expression, russian in _NAMED:
        match = expression.fullmatch(value)
        if match is not None:
            return russian.format_map({name: _argument(part) for name, part in match.groupdict().items()}).strip()
    return re.sub(r"^(\d+)\.(\d+)", r"\1,\2", value)


_CATALOGUE: Final = Catalogue(SENTENCES)
