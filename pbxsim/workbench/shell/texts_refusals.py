"""Refused edits in Russian, by their English text (`document/draft.py`). Decides wording only."""

from __future__ import annotations

REFUSALS_RU = {
    "calls cannot be sent to an external number of this PBX": "звонок нельзя направить на внешний номер этой АТС",
    "there is nothing with the number {0}": "номера {0} нет",
    "{0} is neither a number of this PBX nor a possible outside number": (
        "{0} — не номер этой АТС и не возможный внешний номер"
    ),
    "{0} cannot be deleted: something refers to it": "{0} нельзя удалить: на него ссылаются",
    "this document has no file to save to": "у этого документа нет файла, сохранять некуда",
    "this document has no file to load": "у этого документа нет файла, читать нечего",
    "{0} is not readable as YAML; correct it in a text editor first": (
        "{0} не читается как YAML; сначала исправьте его в редакторе"
    ),
    "all twelve keys have an output already": "у всех двенадцати клавиш уже есть выход",
    "a member is a user; a group or queue cannot be a member": (
        "участник — это сотрудник; группа или очередь участником быть не может"
    ),
    "no internal number is left": "свободных внутренних номеров не осталось",
}
