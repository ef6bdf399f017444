"""The Russian catalogue: an English text of `pbx`, as it stands in the code, to the same text in Russian.

`{names}` stay. What is missing here is told in English. Comments of causes have their own texts in `engine.causes`.
"""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "Arguments": "Аргументы",
    "Options": "Параметры",
    "Commands": "Команды",
    "Error": "Ошибка",
    "There is no PBX “{word}”: it is neither a file nor one that comes with the project ({known}).": (
        "Нет АТС «{word}»: это не файл и не пример из поставки ({known})."
    ),
}
