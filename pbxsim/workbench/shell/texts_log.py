"""Texts about a log of calls on the Compare page, in English and Russian; `texts.py` takes them in. Decides wording only."""

from __future__ import annotations

LOG: dict[str, tuple[str, str]] = {
    "log": ("Your own calls", "Ваши звонки"),
    "log.hint": (
        "A CSV file of calls that came, with the columns at, number and caller (up to 20 MB). It is judged here and not kept.",
        "CSV-файл пришедших звонков со столбцами at, number и caller (до 20 МБ). Он проверяется здесь и не сохраняется.",
    ),
    "log.choose": ("Choose a file …", "Выбрать файл…"),
    "log.columns": (
        "{0} has no columns at and number. It has: {1}.",
        "В {0} нет столбцов at и number. Есть: {1}.",
    ),
    "log.unreadable": ("{0} is no CSV text in UTF-8: {1}", "{0} — не CSV в кодировке UTF-8: {1}"),
    "log.empty": ("No call of {0} could be judged.", "Ни одного звонка из {0} проверить не удалось."),
    "log.moved": (
        "{0} of {1} calls of {2} would land elsewhere ({3}).",
        "{0} из {1} звонков в {2} пришли бы в другое место ({3}).",
    ),
    "log.none": ("All {0} calls of {1} land where they did.", "Все звонки ({0}) из {1} приходят туда же."),
    "log.unknown": (
        "Calls to numbers that are not in both versions, not judged: {0}.",
        "Звонков на номера, которых нет в обеих версиях (не проверены): {0}.",
    ),
    "log.unread": (
        "Lines that were not understood: {0}, the first is line {1}.",
        "Непонятных строк: {0}, первая — {1}.",
    ),
    "log.calls": ("calls", "звонков"),
    "log.at": ("when", "когда"),
    "log.number": ("called", "куда"),
    "log.caller": ("caller", "кто"),
}
"""By name; `texts.py` says what the columns are."""
