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
    "{0} is no name of a sound: Latin letters and digits, ending in .wav or .mp3": (
        "{0} — не имя записи: латинские буквы и цифры, в конце .wav или .mp3"
    ),
    "a name has 3 to 32 Latin letters and digits, the first one a letter": (
        "имя — от 3 до 32 латинских букв и цифр, первая — буква"
    ),
    "{0} is no time zone": "{0} — не часовой пояс",
    "there is a PBX {0} already": "АТС {0} уже есть",
    "the file is larger than 4 MiB": "файл больше 4 МиБ",
    "the file is not readable as YAML": "файл не читается как YAML",
    "the file has no name of a PBX: its first line is `pbx: name`": "в файле нет имени АТС: его первая строка — `pbx: имя`",
    "there are 500 outgoing rules already": "исходящих правил уже 500",
    "there is a {0} already, or the name is empty": "{0} уже есть, или имя пустое",
    "{0} is used by time rules": "{0} используется в правилах времени",
    "{0} is used": "{0} используется",
    "{0} is larger than 10 MiB": "{0} больше 10 МиБ",
    "{0} is not 1 s to 5 min long": "{0} длится не от 1 с до 5 мин",
    "{0} is neither WAV (PCM) nor MP3": "{0} — не WAV (PCM) и не MP3",
}
