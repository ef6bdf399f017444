"""Faults and findings in Russian: the catalogue beside the English sentences of `document/model_faults.py`,
`document/yaml_text.py` and the checks.

Decides the Russian words alone. A sentence is found by its English pattern, and what stands in its braces are its arguments: the
same names, numbers and words of the document in every language. Codes and rules are the same too; a sentence that is not here
stays English, and a test asks for every one that the checks can say.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import msgspec

from engine.document.faults import Fault
from engine.translations.catalogue import Catalogue


def in_language(fault: Fault, language: str) -> Fault:
    """A fault as readers of `language` read it; everything but its sentences stays."""
    if language != "ru":
        return fault
    return msgspec.structs.replace(fault, message=translated(fault.message), remedy=translated(fault.remedy))


def severity(word: str, language: str) -> str:
    """`error` and `warning` for people.

    >>> severity("warning", "ru"), severity("warning", "en")
    ('предупреждение', 'warning')
    """
    return {"error": "ошибка", "warning": "предупреждение"}.get(word, word) if language == "ru" else word


@functools.lru_cache(maxsize=4096)
def translated(text: str) -> str:
    """An English sentence of ours in Russian; itself if the catalogue lacks it.

    >>> translated("moscow has no bound on simultaneous calls, so a load test can never find its lines busy")
    'у moscow не ограничено число одновременных звонков, поэтому нагрузочный тест никогда не найдёт линии занятыми'
    """
    found = pattern(text)
    if found is None:
        return text
    template, arguments = found
    return SENTENCES[template].format_map(
        {name: argument(value) if name in SPOKEN else value for name, value in arguments.items()}
    )


def pattern(text: str) -> tuple[str, Mapping[str, str]] | None:
    """The catalogue's pattern of a sentence and the arguments in it.

    >>> pattern("ring must be at most 120, not 500")
    ('{field} must be at most {bound}, not {value}', {'field': 'ring', 'bound': '120', 'value': '500'})
    """
    return _CATALOGUE.pattern(text)


def argument(value: str) -> str:
    """A part of a sentence: a name stays, a word or a smaller sentence of ours is translated."""
    if value in WORDS:
        return WORDS[value]
    day = WEEKDAYS.get(value[:3])
    if day is not None and value[3:4] == " ":
        return day + value[3:]
    for english, russian in KINDS.items():
        if value == english or value.startswith(english + " "):
            return russian + value[len(english) :]
    return translated(value)


SPOKEN = frozenset(
    """always by caller earlier element how kind often other_kind problem refusal rule since value users value way what why
    words""".split()
)
"""Arguments that may be words of ours; all others are names, numbers and words of the document, and stay."""

WEEKDAYS = {"Mon": "пн", "Tue": "вт", "Wed": "ср", "Thu": "чт", "Fri": "пт", "Sat": "сб", "Sun": "вс"}
"""Short weekdays, for all texts of ours."""
SMALL_WEEKDAYS = {english.lower(): russian for english, russian in WEEKDAYS.items()}
"""By the English ones of documents."""

KINDS = {
    "time rule": "правило по времени", "hours": "правило по времени", "number rule": "правило по номеру",
    "greeting": "приветствие", "queue": "очередь", "group": "группа", "voicemail": "голосовая почта",
    "http request": "HTTP-запрос", "contact manager": "менеджер контактов", "user": "сотрудник", "trunk": "линия",
    "element": "элемент", "alias": "алиас", "key": "клавиша", "rule": "№",
}  # fmt: skip

WORDS = {
    "nobody": "ни для кого, список пуст", "nobody who exists": "только для тех, кого нет",
    "the default number": "номер по умолчанию",
    "a plus form": "форма с плюсом", "another form": "другая форма", "a prefix": "префикс", "nothing": "пустое значение",
    "ten digits": "десяти цифр", "seven digits": "семи цифр", "as a member": "как участник",
    "as a server says": "как скажет сервер", "any number": "любой номер", "at any time": "в любое время",
    "holds at every minute of": "выполняется каждую минуту", "never holds in": "ни разу не выполняется за",
    "none": "нет", "all callers": "все звонящие", "all other callers": "все остальные", "anonymous callers": "анонимные",
}  # fmt: skip

SENTENCES = {
    # what a form or a file refuses
    "{field} is missing": "нет поля {field}",
    "Add {field}:": "Добавьте {field}:",
    "{field} is not known here": "поле {field} здесь неизвестно",
    "Did you mean {meant}": "Возможно, вы имели в виду {meant}",
    "Add the element {number}": "Добавьте элемент {number}",
    "Add the user {number}": "Добавьте сотрудника {number}",
    "Did you mean {meant}, or add the user {number}": "Возможно, вы имели в виду {meant}, или добавьте сотрудника {number}",
    "Did you mean {meant}, or add the element {number}": "Возможно, вы имели в виду {meant}, или добавьте элемент {number}",
    "Remove it; possible are {fields}": "Удалите его; возможны {fields}",
    "{field} must be a number, not {value}": "{field} — это число, а не {value}",
    "{field} must be a whole number, not {value}": "{field} — это целое число, а не {value}",
    "Write a number": "Напишите число",
    "Write a whole number": "Напишите целое число",
    "Write a whole number or {known}": "Напишите целое число или {known}",
    "Write a number or {known}": "Напишите число или {known}",
    "Write true or false or {known}": "Напишите true, false или {known}",
    "{field} must be yes or no, not {value}": "{field} — это да или нет, а не {value}",
    "Write true or false": "Напишите true или false",
    "{field} must be text, not {value}": "{field} — это текст, а не {value}",
    "Put it in quotation marks": "Возьмите его в кавычки",
    "the key {key} must be text": "ключ {key} — это текст",
    "an empty key is not known here": "пустой ключ здесь не годится",
    "an empty text is no e-mail address": "пустой текст — не адрес электронной почты",
    "{field} must be a mapping, not {value}": "{field} — это список пар «имя: значение», а не {value}",
    "Write `name: value` lines below it": "Напишите ниже строки вида `имя: значение`",
    "{field} must be a list, not {value}": "{field} — это список, а не {value}",
    "Write [{value}]": "Напишите [{value}]",
    "a mapping of {count}": "набор из {count}",
    "a list of {count}": "список из {count}",
    "{value} is no account name": "{value} — не имя учётной записи",
    "Write 3 to 32 Latin letters and digits, the first one a letter": "От 3 до 32 латинских букв и цифр, первая — буква",
    "{field} cannot be {value}": "{field} не может быть {value}",
    "Write one of {known}": "Напишите одно из: {known}",
    "{value} is no user's number, and members of a queue are users":
        "{value} — не номер сотрудника, а в очереди участвуют сотрудники",
    "Write numbers from 100 to 4999": "Напишите номера от 100 до 4999",
    "{field} must be at least {bound}, not {value}": "{field} не меньше {bound}, а не {value}",
    "{field} must be more than {bound}, not {value}": "{field} больше {bound}, а не {value}",
    "{field} must be at most {bound}, not {value}": "{field} не больше {bound}, а не {value}",
    "{field} must be less than {bound}, not {value}": "{field} меньше {bound}, а не {value}",
    "{field} may have at most {bound} entries, not {value}": "в {field} не больше {bound} записей, а не {value}",
    "{field} must have at least {bound} entries, not {value}": "в {field} не меньше {bound} записей, а не {value}",
    "{field} may have at most {bound} characters, not {value}": "в {field} не больше {bound} знаков, а не {value}",
    "{field} must have at least {bound} characters, not {value}": "в {field} не меньше {bound} знаков, а не {value}",
    "Correct the value": "Исправьте значение",
    "Correct the key": "Исправьте ключ",
    "{key} is no internal number of a user": "{key} — не внутренний номер сотрудника",
    "Give the user a number from 100 to 4999": "Дайте сотруднику номер от 100 до 4999",
    "{key} is no number of an element: 5000 to 5999": "{key} — не номер элемента: они от 5000 до 5999",
    "{kind} is no kind of element; possible are {known}": "{kind} — не вид элемента; возможны {known}",
    "{kind} is no kind of element; did you mean {meant}": "{kind} — не вид элемента; возможно, {meant}",
    "an output is an internal number, an outside number or hangup": "выход — это внутренний номер, внешний номер или hangup",
    "a key is one of 0-9, * and #": "клавиша — одна из 0–9, * и #",
    "a length in seconds is a number": "длина в секундах — это число",
    "a trunk's name has 1 to 70 Latin or 35 Russian letters: at most 70 bytes":
        "в названии линии от 1 до 70 латинских или 35 русских букв: не больше 70 байт",
    "this is left out: {what}": "это не учтено: {what}",
    "Correct the file, or list these days under dates:": "Исправьте файл или перечислите эти дни в dates:",
    "event «{name}»: {why}": "событие «{name}»: {why}",
    "{count} {part}: only events make days": "{count} {part}: дни делают только события",
    "RANGE={value}, so it stands for one occurrence": "RANGE={value}, поэтому оно заменяет одно повторение",
    "it has no DTSTART": "у него нет DTSTART",
    "its {field} cannot be read ({error})": "его {field} нельзя прочесть ({error})",
    "the zone {zone} is not known, so its {field} is local time": "зона {zone} неизвестна, поэтому его {field} — местное время",
    "its {field} is {value}, and days come daily or more seldom": "его {field} — {value}, а дни идут раз в день или реже",
    "its {field} cannot be obeyed ({error})": "его {field} нельзя выполнить ({error})",
    "a trunk's number is 2 to 15 digits, with + before them or without":
        "в номере линии от 2 до 15 цифр, с плюсом перед ними или без него",
    "an emergency number is 2 to 8 digits": "в экстренном номере от 2 до 8 цифр",
    "{text} is no internal number of a user: 100 to 4999": "{text} — не внутренний номер сотрудника: они от 100 до 4999",
    "the aliases {first} and {name} are one: case makes no difference":
        "алиасы {first} и {name} — один и тот же: регистр не различается",
    "waiting is 1 to 500 or unlimited": "waiting — от 1 до 500 или unlimited",
    "key {key} cannot both leave the queue and ask for a callback":
        "клавиша {key} не может и выводить из очереди, и заказывать обратный звонок",
    "{name} lasts {length} s, and a sound lasts 1 to 300 s": "{name} длится {length} с, а звук — от 1 до 300 с",
    "Use a sound of 1 s to 5 min": "Возьмите звук от 1 с до 5 мин",
    "lines is 1 to 1000 or unlimited": "lines — от 1 до 1000 или unlimited",
    "an alias has 1 to 64 of a-z, 0-9, dot, underscore and hyphen":
        "в алиасе от 1 до 64 знаков: a–z, 0–9, точка, подчёркивание, дефис",
    "an alias of digits only would be an internal number": "алиас из одних цифр был бы внутренним номером",
    "{address} is no e-mail address": "{address} — не адрес электронной почты",
    "{text} is no interval: write 09:00-21:00, in quotation marks": "{text} — не промежуток: напишите 09:00-21:00, в кавычках",
    "{text} holds a time that no clock shows": "в {text} время, которого нет на часах",
    "{text} is no weekday: write mon-fri, or mon, wed, sat": "{text} — не день недели: напишите mon-fri или mon, wed, sat",
    "{number} is no beginning of a number": "{number} — не начало номера",
    "an address begins with https://, or with http:// on this machine alone":
        "адрес начинается с https://, а с http:// — только на этой машине",
    "an address has 1 to {most} characters, this one {count}": "в адресе от 1 до {most} знаков, а здесь {count}",
    "{text} is no web address without name, password and fragment": "{text} — не адрес без имени, пароля и якоря",
    "{text} is no web address: {error}": "{text} — не веб-адрес: {error}",
    # the text itself
    "the file is not UTF-8 text": "файл не в кодировке UTF-8",
    "Save it as UTF-8": "Сохраните его в UTF-8",
    "the document is larger than {size} MiB": "документ больше {size} МиБ",
    "Split it": "Разделите его",
    "a PBX document is a mapping with `pbx:`, `trunks:`, `elements:`":
        "документ АТС — это разделы `pbx:`, `trunks:`, `elements:`",
    "See the example PBX": "Смотрите пример АТС",
    "a file of settings is a mapping of `name: value`": "файл настроек — это строки `имя: значение`",
    "Write `name: value` in every line": "Пишите в каждой строке `имя: значение`",
    "Keep one document in one file": "Держите один документ в одном файле",
    "Settings need six levels at most": "Настройкам хватает шести уровней",
    "Remove it: settings are plain data": "Удалите его: настройки — это простые данные",
    "this is not YAML: {problem}": "это не YAML: {problem}",
    "Correct the line": "Исправьте строку",
    "a character that cannot be printed": "непечатный знак",
    "Remove it": "Удалите это",
    "a second document begins": "начинается второй документ",
    "Keep one PBX in one file": "Держите одну АТС в одном файле",
    "more than {count} values": "больше {count} значений",
    "Remove aliases that multiply": "Удалите ссылки, которые размножаются",
    "nested deeper than {depth}": "вложенность больше {depth}",
    "A PBX needs six levels at most": "АТС хватает шести уровней",
    "the tag {tag} is not allowed": "тег {tag} не допускается",
    "Remove it: a PBX is plain data": "Удалите его: АТС — это простые данные",
    "*{anchor} repeats something that has no &{same}": "*{anchor} повторяет то, у чего нет &{same}",
    'Write a star key as "*"': 'Клавишу «звёздочка» пишите как "*"',
    "*{anchor} contains itself": "*{anchor} содержит сам себя",
    "Remove the alias": "Удалите ссылку",
    "Remove the aliases": "Удалите ссылки",
    "aliases make more than {count} values": "из ссылок получается больше {count} значений",
    "a key is a word or a number": "ключ — это слово или число",
    'Quote it: "*"': 'Возьмите в кавычки: "*"',
    "{what} {key} stands here a second time; the first is in line {line}":
        "{what} {key} встречается второй раз; первый — в строке {line}",
    "Remove one of them or give it another number": "Удалите одно или дайте ему другой номер",
    "Remove one of them": "Удалите одно из них",
    "a tab stands in the indentation": "в отступе стоит табуляция",
    "Use spaces: YAML allows no tabs there": "Ставьте пробелы: YAML не допускает там табуляций",
    "a comma or {bracket} is missing": "нет запятой или {bracket}",
    "a comma or {bracket} is missing (it began in line {line})": "нет запятой или {bracket} (начато в строке {line})",
    "Add it, or close the line with {bracket}": "Добавьте её или закройте строку знаком {bracket}",
    "a quotation mark is not closed": "не закрыта кавычка",
    "a quotation mark is not closed (it began in line {line})": "не закрыта кавычка (начато в строке {line})",
    "Close it": "Закройте её",
    "a colon stands where none may be": "двоеточие стоит там, где его быть не может",
    "Quote a text that holds a colon, and check the indentation": "Текст с двоеточием возьмите в кавычки и проверьте отступ",
    "the indentation does not fit": "отступ не совпадает",
    "the indentation does not fit (it began in line {line})": "отступ не совпадает (начато в строке {line})",
    "Align it with the lines it belongs to": "Выровняйте по строкам, к которым это относится",
    "a colon is missing after a key": "после ключа нет двоеточия",
    "Write `key: value`": "Напишите `ключ: значение`",
    "a star begins an alias": "звёздочка начинает ссылку",
    'Quote the key of a star: "*"': 'Клавишу «звёздочка» возьмите в кавычки: "*"',
    # between the parts of a document
    "Correct the name of the zone": "Исправьте название часового пояса",
    "{text} is further from UTC than any place on Earth: GMT-12 to GMT+14":
        "{text} дальше от UTC, чем любое место на Земле: от GMT-12 до GMT+14",
    "{text} is no time zone: write GMT+5 or an IANA name such as Asia/Yekaterinburg":
        "{text} — не часовой пояс: напишите GMT+5 или имя IANA, например Asia/Yekaterinburg",
    "{key} is no trunk of this PBX": "у этой АТС нет линии {key}",
    "Add the trunk": "Добавьте линию",
    "Correct the mask": "Исправьте маску",
    "Correct the output": "Исправьте вывод",
    "{code} at character {position}: {refusal}": "{code}, знак {position}: {refusal}",
    "the mask is empty": "маска пустая",
    "the mask is longer than {most} characters": "маска длиннее {most} знаков",
    "a bracket is not closed or not opened": "скобка не закрыта или не открыта",
    "this character is not allowed in a mask": "этот знак в маске не допускается",
    "a question mark stands after anything but a digit or d": "вопросительный знак стоит не после цифры и не после d",
    "brackets are nested": "скобки вложены",
    "an array needs at least two values": "в массиве нужно хотя бы два значения",
    "every value of the array is empty": "все значения массива пустые",
    "there is nothing inside the brackets": "в скобках ничего нет",
    "the output is empty": "вывод пустой",
    "this character is not allowed in an output": "этот знак в выводе не допускается",
    "the output has $ but the mask has no capture ( )": "в выводе есть $, а в маске нет захвата ( )",
    "{sound} has no length, so no world knows when it ends": "у {sound} нет длины, поэтому неизвестно, когда она кончится",
    "Add {sound}: <seconds> below prompts:": "Добавьте {sound}: <секунды> в разделе prompts:",
    "{calendar} is no calendar of this PBX": "у этой АТС нет календаря {calendar}",
    "Add {calendar}: below calendars:": "Добавьте {calendar}: в разделе calendars:",
    "an alias leads to an element, not to {to}": "алиас ведёт к элементу, а не на {to}",
    "Write the internal number of an element or user": "Напишите внутренний номер элемента или сотрудника",
    "nothing has the number {to}": "ни у чего нет номера {to}",
    "{text} is an emergency number and cannot be given to anybody": "{text} — экстренный номер, его нельзя никому дать",
    "Give it another number": "Дайте другой номер",
    "the {kind} {number} has no members": "{kind} {number}: нет участников",
    "Add users to members:": "Добавьте сотрудников в members:",
    "{text} is a member twice": "{text} участвует дважды",
    "{text} is a {kind}, and no member of a {other_kind}": "{text} — {kind}, а такой участник здесь невозможен ({other_kind})",
    "Write the users' numbers instead": "Напишите вместо этого номера сотрудников",
    "no user has the number {text}": "нет сотрудника с номером {text}",
    "{text} is an outside number, and members of a queue are users": "{text} — внешний номер, а в очереди участвуют сотрудники",
    "Give the person a user with a no-answer number": "Заведите человеку сотрудника с номером на случай неответа",
    "calls run in a circle without waiting: {steps}": "звонки ходят по кругу без ожидания: {steps}",
    "Lead one of these outputs to a greeting, a queue, a person or a mailbox":
        "Направьте один из этих выходов на приветствие, очередь, сотрудника или почту",
    "all outputs of {number} are empty, so every call ends here with no route set":
        "все выходы {number} пустые, и любой звонок кончается здесь: «Нет заданного маршрута»",
    "Fill in at least one output": "Заполните хотя бы один выход",
    # callback widgets
    "a site is written as browsers name it: https:// and the host, without a path":
        "сайт пишется так, как его называет браузер: https:// и имя, без пути",
    "a colour is # and six hexadecimal digits, such as #2563eb": "цвет — это # и шесть шестнадцатеричных цифр, например #2563eb",
    "a number range is its first digits with the country code, such as 7495":
        "диапазон номеров — это первые цифры с кодом страны, например 7495",
    "a page path begins with / and may end with *, such as /wholesale/*":
        "путь страницы начинается с / и может кончаться на *, например /wholesale/*",
    "a widget's key is 1 to 32 of a-z, 0-9, underscore and hyphen, as it stands in an address":
        "ключ виджета — от 1 до 32 знаков a-z, 0-9, подчёркивание и дефис: он стоит в адресе",
    "the widget {key} has nobody to ring": "в виджете {key} некому звонить",
    "Add managers: with users, groups or outside numbers": "Добавьте managers: с сотрудниками, группами или внешними номерами",
    "the widget {key} goes by the logic of an element and names none":
        "виджет {key} работает по логике элемента, но элемент не указан",
    "Add element: with the number of an element or user": "Добавьте element: с номером элемента или сотрудника",
    "{number} is not rung by a widget in the mode direct": "виджет в режиме direct не звонит на {number}",
    "Write users, groups or outside numbers, or mode: logic with this element":
        "Укажите сотрудников, группы или внешние номера либо mode: logic с этим элементом",
    "{number} is no time rule": "{number} — не правило по времени",
    "Write the number of an element of the kind hours": "Укажите номер элемента вида hours",
    "a callback ends at {number} before anybody is rung": "обратный звонок кончается на {number} прежде, чем кому-то позвонят",
    "Write the number of an element that rings people": "Укажите номер элемента, который звонит людям",
    # calendars
    "{text} is no date: write 2026-12-31, 2027-01-01..2027-01-08 or 12-31":
        "{text} — не дата: напишите 2026-12-31, 2027-01-01..2027-01-08 или 12-31",
    "{text} has a year at one end only": "в {text} год стоит только с одной стороны",
    "{text} ends before it begins": "{text} кончается раньше, чем начинается",
    "{text} is outside {first} to {last}": "{text} вне пределов {first}–{last}",
    "{text} holds a day that does not exist": "в {text} есть день, которого не бывает",
    "Correct the date": "Исправьте дату",
    "{country} is no country whose holidays are known": "праздники страны {country} неизвестны",
    "Write its two letters, such as RU (ISO 3166-1), or list the dates":
        "Напишите две буквы, например RU (ISO 3166-1), или перечислите даты",
    "a subdivision needs its country": "к региону нужна страна",
    "Add country:": "Добавьте country:",
    "{part} is no subdivision of {country} whose holidays are known": "праздники региона {part} страны {country} неизвестны",
    "the calendar is empty": "календарь пустой",
    "Add country:, dates: or ics:": "Добавьте country:, dates: или ics:",
    "this is no iCalendar text: {words}": "это не текст iCalendar: {words}",
    "Paste the whole .ics file": "Вставьте весь файл .ics",
    "the iCalendar text holds no event": "в тексте iCalendar нет событий",
    "Paste a file with VEVENT entries": "Вставьте файл с записями VEVENT",
    # what is unwise: trunks, users, elements
    "{key} has no bound on simultaneous calls, so a load test can never find its lines busy":
        "у {key} не ограничено число одновременных звонков, поэтому нагрузочный тест никогда не найдёт линии занятыми",
    "Write lines: as the operator sells": "Напишите lines: столько, сколько даёт оператор",
    "{key} and {other} have the same number {number}": "у {key} и {other} один и тот же номер {number}",
    "Give each its own number": "Дайте каждой свой номер",
    "{key} is a federal 8800 number; outgoing calls with another operator's may be blocked":
        "{key} — федеральный номер 8800; исходящие с номером другого оператора могут блокироваться",
    "a code is * or # and 1 to 5 of 0-9, * and #, and so never an emergency number":
        "код — это * или # и от 1 до 5 знаков 0–9, * и #, то есть никогда не экстренный номер",
    "two codes are {code}: nobody could say which is meant": "два кода совпадают, {code}: непонятно, какой имелся в виду",
    "{number} is no number of this PBX, so calls must not present it":
        "{number} — не номер этой АТС, поэтому звонки не могут его показывать",
    "Write the number of one of its trunks, or list {number} under allowed_numbers of the trunk":
        "Напишите номер одной из её линий или внесите {number} в allowed_numbers линии",
    "Write outgoing_allowed: false, unless the operator lets them out":
        "Напишите outgoing_allowed: false, если оператор их не выпускает",
    "no call goes out through {key}: outgoing calls with another operator's 8800 number may be blocked":
        "через {key} исходящих нет: исходящие с номером 8800 другого оператора могут блокироваться",
    "Write outgoing_allowed: true if the operator lets them out, or false":
        "Напишите outgoing_allowed: true, если оператор их выпускает, или false",
    "messages for {whose} are sent to nobody: they are heard only in the history of calls":
        "сообщения для {whose} никому не отправляются: их можно услышать только в истории звонков",
    "Add {field}: with an e-mail address, or settings: {{voicemail_recipients: ...}} for all that have none":
        "Добавьте {field}: с адресом электронной почты или settings: {{voicemail_recipients: ...}} для всех, у кого его нет",
    "{sound} is never heard before a talk, as no talk is recorded":
        "{sound} никто не услышит перед разговором: ни один разговор не записывается",
    "Write record: on where talks are to be recorded, or remove record_prompt":
        "Напишите record: on там, где разговоры нужно записывать, или уберите record_prompt",
    "many phones cannot show the name {name}": "многие телефоны не покажут имя {name}",
    "Write it in Latin letters": "Напишите его латиницей",
    "no call from outside ever reaches the {element}": "ни один звонок извне сюда не приходит: {element}",
    "Lead an output, a trunk or an alias to it, or remove it": "Направьте сюда выход, линию или алиас либо удалите",
    "no call leaves the {element} by {field}": "{element}: ни один звонок не уходит выходом {field}",
    "no call leaves the {element} by {field}: {why}": "{element}: ни один звонок не уходит выходом {field}: {why}",
    "its waiting calls are unlimited": "число ожидающих не ограничено",
    "it takes calls also when empty": "она берёт звонки и без сотрудников",
    "leave_when_empty is off": "leave_when_empty выключено",
    "max_wait is 0": "max_wait равно 0",
    "it has no exit_key": "нет exit_key",
    "it has no callback_key": "нет callback_key",
    "it asks for keys": "здесь нажимают клавиши",
    "it asks for no keys": "здесь не нажимают клавиш",
    "while nobody is free, calls run in a circle without waiting: {steps}":
        "пока никто не свободен, звонки ходят по кругу без ожидания: {steps}",
    "calls run in a circle that only plays sounds: {steps}": "звонки ходят по кругу, в котором только звучат записи: {steps}",
    "Lead one of these outputs to a person, a menu, a mailbox or hangup":
        "Направьте один из этих выходов к человеку, в меню, в почту или на hangup",
    "{way} of the {element} is dead: whoever presses it hears the call end":
        "{element}: {way} ведёт в никуда, и у нажавшего звонок обрывается",
    "Give the key an output or remove it": "Дайте клавише выход или удалите её",
    "calls that leave the {element} by {way} end with no route set":
        "{element}: звонки, ушедшие выходом {way}, кончаются: «Нет заданного маршрута»",
    "Write {way}: with a number, or hangup": "Напишите {way}: и номер либо hangup",
    "the mailbox of {number} may answer for a person": "вместо человека может ответить автоответчик {number}",
    "Write {{number: {number}, press_one: true}}": "Напишите {{number: {number}, press_one: true}}",
    "a direct SIP call to the {element} can ring {words} at our cost ({how})":
        "прямой SIP-звонок сюда может за наш счёт вызвать {words} ({how}): {element}",
    "by {way}": "выходом {way}",
    "Remove outside_legs_for_direct_sip, or switch direct SIP off":
        "Уберите outside_legs_for_direct_sip или выключите прямые SIP-звонки",
    # what is unwise: outgoing rules
    "Correct the list": "Исправьте список",
    "the mask of {rule} captures digits that its output {output} does not use":
        "маска правила {rule} захватывает цифры, которых нет в выводе {output}",
    "Write $ where they belong": "Поставьте $ там, где они нужны",
    "{rule} works for {users}, so it can never fire": "{rule} не сработает никогда: действует {users}",
    "List its users or remove it": "Перечислите сотрудников или удалите правило",
    "{rule} can never fire: earlier rules take every number it fits, such as {number} by {earlier}":
        "{rule} не сработает никогда: подходящие ему номера раньше берут другие правила, например {number} — {earlier}",
    "{rule} can never fire: earlier rules take every number it fits, such as {number}":
        "{rule} не сработает никогда: подходящие ему номера раньше берут другие правила, например {number}",
    "Move it up or remove it": "Поднимите его выше или удалите",
    "{rule} can never fire: no number that can be dialled fits its mask and reaches it":
        "{rule} не сработает никогда: ни один набираемый номер до него не доходит и под маску не подходит",
    "Correct the mask or remove it": "Исправьте маску или удалите правило",
    "{rule} fits {number} too, which {earlier} takes first": "{rule} тоже подходит к {number}, но раньше его берёт {earlier}",
    "{rule} fits {number} too, which {earlier} takes first and {count} more rules before it":
        "{rule} тоже подходит к {number}, но раньше его берёт {earlier} и ещё {count} правил",
    "Keep the order, or make the masks exclude each other": "Сохраняйте порядок или сделайте маски непересекающимися",
    "{rule} sends every number that fits to {to}, which may cost money":
        "{rule} отправляет все подходящие номера на {to}, а это может стоить денег",
    "Use $ for the dialled number, or 0000 to bar": "Напишите $ для набранного номера или 0000 для запрета",
    "not all ways around the bars were tried, only some up to those of {rule}: the bound of {what} was reached":
        "проверены не все обходы запретов, а только часть, до правила {rule}: достигнут предел, {what}",
    "for {count} rules, {rule} the first, it was not decided whether they ever fire: the bound of {what} was reached":
        "не выяснено, сработают ли когда-нибудь правила числом {count}, первое из них — {rule}: достигнут предел, {what}",
    "{count} numbers": "номеров: {count}",
    "{count} steps of masks": "шагов по маскам: {count}",
    "{count} states of a search": "состояний поиска: {count}",
    "{count} kinds of callers": "видов звонящих: {count}",
    "Join similar rules into one with an array {{ | }}": "Объедините похожие правила в одно массивом {{ | }}",
    "{rule} bars {barred}, but {dialled} gets out through {by} ({how})":
        "{rule} запрещает {barred}, но {dialled} выходит наружу: {by} ({how})",
    "the prefix of {rule}": "префикс правила {rule}",
    "Bar this form too": "Запретите и эту форму",
    "Bar this form too: {{p|}}+ fits every number": "Запретите и эту форму: {{p|}}+ подходит к любому номеру",
    "{number} reaches nobody: emergency calls leave through the default number, and there is none":
        "{number} никуда не дозвонится: экстренные звонки уходят через номер по умолчанию, а его нет",
    "Add outgoing: {{default: <trunk>}}": "Добавьте outgoing: {{default: <линия>}}",
    "a number of {words}, such as {number}, fits no rule and leaves as it is through {trunk}":
        "номер из {words}, например {number}, не подходит ни под одно правило и уходит как есть через {trunk}",
    "Add a rule that completes it: mask (dddddddddd), output 8$":
        "Добавьте правило, которое его дополнит: маска (dddddddddd), вывод 8$",
    "Add a rule that completes it: mask (ddddddd), output 8495$":
        "Добавьте правило, которое его дополнит: маска (ddddddd), вывод 8495$",
    "Add a rule": "Добавьте правило",
    # what is unwise: time and callers
    "{share} % of the calls of {caller} to {number} end with no route set {often}":
        "{share} % звонков ({caller}) на {number} кончаются: «Нет заданного маршрута», {often}",
    "{share} % of the calls that come to {number} end with no route set for {minutes} minutes a year, first {since}":
        "{share} % звонков, пришедших на {number}, кончаются: «Нет заданного маршрута», {minutes} минут в году, впервые {since}",
    "{share} % of the calls of {caller} that come to {number} end with no route set":
        "{share} % звонков ({caller}), пришедших на {number}, кончаются: «Нет заданного маршрута»",
    "calls of {caller} to {number} end with no route set {often}":
        "звонки на {number} ({caller}) кончаются: «Нет заданного маршрута», {often}",
    "for {minutes} minutes a year, first {since}": "{minutes} минут в году, впервые {since}",
    "calls that come to {number} end with no route set for {minutes} minutes a year":
        "звонки, пришедшие на {number}, кончаются: «Нет заданного маршрута», {minutes} минут в году",
    "calls that come to {number} end with no route set for {minutes} minutes a year, first {since}":
        "звонки, пришедшие на {number}, кончаются: «Нет заданного маршрута», {minutes} минут в году, впервые {since}",
    "calls of {caller} that come to {number} end with no route set":
        "звонки, пришедшие на {number} ({caller}), кончаются: «Нет заданного маршрута»",
    "callers that fit {number}": "под {number}",
    "{caller}, such as {number}": "{caller}, например {number}",
    "Write to: with the first element": "Напишите to: и первый элемент",
    "the time rule {number} {always} the year, so {never} is never taken":
        "правило по времени {number} {always} года, поэтому выход {never} не используется",
    "Correct its days, hours or dates, or remove it": "Исправьте дни, часы или даты либо удалите его",
    "the entry {number} is needless: {wider} fits all its callers": "запись {number} лишняя: {wider} подходит ко всем её номерам",
    "no caller fits {number}: numbers are first rewritten into the form {form}…":
        "под {number} никто не подойдёт: номера сначала приводятся к форме {form}…",
    "Write it as {form}…": "Напишите её как {form}…",
    "{count} callers are missed, as {caller} is presented so and not as {other}":
        "не замечены {count} звонивших: {caller} приходит в таком виде, а не как {other}",
    "Write the entries as the operator presents numbers, or set settings: {{caller_form: ...}}":
        "Пишите номера так, как их передаёт оператор, или задайте settings: {{caller_form: ...}}",
}  # fmt: skip

_CATALOGUE = Catalogue(SENTENCES)
