"""Sentences about faults that name words of the YAML text, said for people who see fields instead, in both languages.

Decides wording only. The key is the engine's English pattern (`engine/translations/faults_ru.py`); what stands in braces is
the same.
"""

from __future__ import annotations

REMEDIES: dict[str, tuple[str, str]] = {
    "Add {field}:": ("Fill in {field}", "Заполните поле {field}"),
    "{field} is missing": ("{field} is empty", "поле {field} не заполнено"),
    "Write true or false": ("Switch it on or off", "Включите или выключите"),
    "Write true or false or {known}": ("Choose on or off, or {known}", "Включите, выключите или выберите {known}"),
    "Write one of {known}": ("Choose one of: {known}", "Выберите одно из: {known}"),
    "Put it in quotation marks": ("Type it again here", "Введите его здесь заново"),
    "Add the trunk": ("Choose one of the outside numbers", "Выберите один из внешних номеров"),
    "{key} is no trunk of this PBX": ("this PBX has no outside number {key}", "у этой АТС нет внешнего номера {key}"),
    "Add {sound}: <seconds> below prompts:": (
        "Upload it under Sounds, or choose another sound",
        "Загрузите её в разделе «Записи» или выберите другую",
    ),
    "Add {calendar}: below calendars:": (
        "Add it under Calendars, or choose another",
        "Добавьте его в разделе «Календари» или выберите другой",
    ),
    "Add users to members:": ("Add members", "Добавьте участников"),
    "Add country:": ("Choose its country", "Выберите страну"),
    "Add country:, dates: or ics:": (
        "Choose a country, add dates, or drop an iCalendar file",
        "Выберите страну, добавьте даты или загрузите файл iCalendar",
    ),
    "Correct the file, or list these days under dates:": (
        "Correct the file, or add these days as dates",
        "Исправьте файл или добавьте эти дни датами",
    ),
    "Write lines: as the operator sells": (
        "Write how many lines the operator sells",
        "Напишите, сколько линий даёт оператор",
    ),
    "Write outgoing_allowed: false, unless the operator lets them out": (
        "Forbid outgoing calls, unless the operator lets them out",
        "Запретите исходящие, если оператор их не выпускает",
    ),
    "Write outgoing_allowed: true if the operator lets them out, or false": (
        "Allow outgoing calls if the operator lets them out",
        "Разрешите исходящие, если оператор их выпускает",
    ),
    "Write the number of one of its trunks, or list {number} under allowed_numbers of the trunk": (
        "Choose one of its outside numbers, or add {number} to the other numbers that one may present",
        "Выберите один из внешних номеров или добавьте {number} к тем, что можно показывать",
    ),
    "Add {field}: with an e-mail address, or settings: {{voicemail_recipients: ...}} for all that have none": (
        "Fill in {field}, or the recipients of all others in the settings",
        "Заполните {field} или общих получателей в настройках",
    ),
    "Write record: on where talks are to be recorded, or remove record_prompt": (
        "Switch recording on where talks are to be recorded, or take the message away",
        "Включите запись там, где она нужна, или уберите сообщение",
    ),
    "leave_when_empty is off": ("callers do not leave when nobody serves", "звонящие не уходят, когда никого нет"),
    "max_wait is 0": ("callers may wait without end", "ожидание не ограничено"),
    "it has no exit_key": ("it has no exit key", "клавиши выхода нет"),
    "it has no callback_key": ("it has no key for a callback", "клавиши перезвона нет"),
    "Lead one of these outputs to a person, a menu, a mailbox or hangup": (
        "Lead one of these outputs to a person, a menu, a mailbox, or hang up",
        "Направьте один из этих выходов к человеку, в меню, в почту или завершите звонок",
    ),
    "Write {way}: with a number, or hangup": (
        "Lead {way} somewhere, or hang up there",
        "Направьте {way} куда-нибудь или завершите там звонок",
    ),
    "Write {{number: {number}, press_one: true}}": (
        "Have outside members press 1 to accept",
        "Пусть внешние участники нажимают 1",
    ),
    "Remove outside_legs_for_direct_sip, or switch direct SIP off": (
        "Forbid outside calls for direct SIP there, or switch direct SIP off",
        "Запретите там внешние звонки при прямых SIP или выключите прямые SIP-звонки",
    ),
    "Add outgoing: {{default: <trunk>}}": (
        "Choose a default number under Outgoing calls",
        "Выберите номер по умолчанию в разделе «Исходящие»",
    ),
    "Write to: with the first element": ("Choose where its calls go", "Выберите, куда идут звонки"),
    "Write the entries as the operator presents numbers, or set settings: {{caller_form: ...}}": (
        "Write the numbers as the operator presents them, or choose a form of callers' numbers in the settings",
        "Пишите номера так, как их передаёт оператор, или выберите вид номеров звонящих в настройках",
    ),
    "waiting is 1 to 500 or unlimited": (
        "the most waiting calls are 1 to 500, or unlimited",
        "мест от 1 до 500 или без ограничения",
    ),
    "lines is 1 to 1000 or unlimited": ("lines are 1 to 1000, or unlimited", "линий от 1 до 1000 или без ограничения"),
}
