"""The Russian catalogue of logs and of learning from them: refusals, the account of lines, doubts, the report. The command line
and the workbench take it in.

Templates stand in `pbxsim/logs` and `pbxsim/calibrate` as they are here, see `logs/told.py`.
"""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # --- the account of lines ------------------------------------------------------------------------------------
    "{source}: {total} {unit}s: {kept} kept, {repaired} repaired, {dropped} dropped": (
        "{source}: всего {total} ({unit}): взято {kept}, исправлено {repaired}, отброшено {dropped}"
    ),
    # --- the live bridge's own record, and backtests -----------------------------------------------------------
    "no line of the export is a call; give history.jsonl, as /api/history.jsonl and pbx history write it": (
        "в выгрузке ни одна строка не звонок; нужен history.jsonl, как его пишут /api/history.jsonl и pbx history"
    ),
    "no export was given": "выгрузка не дана",
    "{name} holds no .jsonl file; export history.jsonl and activity.jsonl into it": (
        "в {name} нет файла .jsonl; выгрузите туда history.jsonl и activity.jsonl"
    ),
    "the stamps do not tell the zone whose days to count in: name it, such as Europe/Moscow": (
        "по меткам времени не понять, в каком поясе считать дни: назовите его, например Europe/Moscow"
    ),
    "empty line": "пустая строка",
    "neither a call nor what a member did, or torn": "не звонок и не действие сотрудника, или оборвана",
    "came from outside and waited in no queue: no part of what is learned about queues": (
        "пришли снаружи и в очередях не ждали: об очередях по ним не узнать"
    ),
    "the bridge went down while they waited: left out": "мост остановился, пока они ждали: не взяты",
    "none of the {count} callers finds a way into both versions: their trunks and numbers are {ways}": (
        "ни у кого из звонивших ({count}) нет пути в обе версии; их транки и номера: {ways}"
    ),
    "the present version has no trunk {name}; it has {trunks}": "в нынешней версии нет транка {name}; есть {trunks}",
    (
        "queue `{name}` of the log is no queue of the present version, neither by number nor by name; say which one it is: "
        "{name}=NUMBER"
    ): (
        "очереди `{name}` журнала нет в нынешней версии ни по номеру, ни по имени; скажите, какая это: {name}=НОМЕР"
    ),
    "line": "строка",
    "record": "запись",
    "repaired": "исправлено",
    "dropped": "отброшено",
    "it begins:": "начинается так:",
    "  note: {text} ({count} calls)": "  заметка: {text} (звонков: {count})",
    "empty": "пустая",
    "repeated": "повтор",
    "a title above the names of columns": "заголовок над именами колонок",
    "another number of columns than the header: the line was cut or torn": (
        "колонок не столько, сколько в заголовке: строка обрезана или разорвана"
    ),
    "{column}: damaged names put right": "{column}: испорченные имена исправлены",
    "`{column}`: not an incoming call": "`{column}`: звонок не входящий",
    "`{column}` holds a direction that is not known ({values}); name those of calls that came in": (
        "в `{column}` неизвестное направление ({values}); назовите в `incoming` значения входящих звонков"
    ),
    "`{column}`: no call that waited": "`{column}`: звонок не ждал в очереди",
    "`{column}` holds an outcome the map does not name ({values})": (
        "в `{column}` исход, которого нет в описании колонок ({values})"
    ),
    "`{column}` is no time": "в `{column}` не время",
    "nothing tells how long the call waited": "неизвестно, сколько ждал звонящий",
    "the call ends before it begins": "звонок кончается раньше, чем начинается",
    "a wait or talk of more than {longest} s": "ожидание или разговор дольше {longest} с",
    "agents are taken out of the names of their channels": "имена сотрудников взяты из имён каналов",
    "columns were found by their names: {taken}": "колонки найдены по их именам: {taken}",
    "lengths are milliseconds: talks would last for hours otherwise": (
        "длины — в миллисекундах: иначе разговоры длились бы часами"
    ),
    "outgoing: a phone of the PBX called a number outside": "исходящий: телефон АТС звонил в город",
    "outgoing: the contact centre called": "исходящий: звонил сам контакт-центр",
    "not a telephone call": "не телефонный звонок",
    "it never waited in a queue": "в очереди не ждал",
    "not a conversation: a JSON object with conversationId and participants is needed": (
        "не разговор: нужен объект JSON с conversationId и participants"
    ),
    "a session of a queue has no segmentStart, or none of tAnswered, tAbandon and tFlowOut": (
        "в сеансе очереди нет segmentStart или ни tAnswered, ни tAbandon, ни tFlowOut"
    ),
    "the leg of an agent: the caller's tells of the call": "плечо сотрудника: о звонке говорит плечо звонящего",
    "not an incoming call: {kind}": "звонок не входящий: {kind}",
    "cells shifted: priority and type glued together": "ячейки сдвинуты: приоритет и тип слиплись",
    "NO_SERVER within a name put back to NA": "NO_SERVER внутри имени возвращён к NA",
    "priority is only recorded of callers who queued; the others' is unknown": (
        "приоритет записан только у тех, кто ждал; у остальных неизвестен"
    ),
    "not a CDR record: 16 to 21 columns are needed": "не запись CDR: нужно от 16 до 21 колонки",
    "{count} columns where the others have {width}: the line was cut": (
        "колонок {count}, у остальных {width}: строка обрезана"
    ),
    "unknown disposition `{disposition}`": "неизвестный исход `{disposition}`",
    "start or end is no time `YYYY-MM-DD HH:MM:SS`": "начало или конец не вида `ГГГГ-ММ-ДД ЧЧ:ММ:СС`",
    "answer is no time `YYYY-MM-DD HH:MM:SS`": "время ответа не вида `ГГГГ-ММ-ДД ЧЧ:ММ:СС`",
    "duration or billsec is no number of seconds": "duration или billsec — не число секунд",
    "without linkedid, records are joined by {by}: transferred calls may count twice": (
        "нет linkedid, записи соединены по {by}: переведённые звонки могут считаться дважды"
    ),
    "same source and start": "номеру звонящего и началу",
    "CDRs are written when calls end, so starts are not in order; put in order of start": (
        "CDR пишутся по окончании звонка, поэтому начала не по порядку; упорядочены по началу"
    ),
    "not a queue_log line: epoch, call, queue, agent and event are needed": (
        "не строка queue_log: нужны время, звонок, очередь, сотрудник и событие"
    ),
    "{event} without an agent": "{event} без сотрудника",
    "not about calls or members: {event}": "не о звонках и сотрудниках: {event}",
    "{event} of a call that is not in the log": "{event} звонка, которого нет в журнале",
    "unknown event {event}": "неизвестное событие {event}",
    "out of order: put back by its time": "не по порядку: поставлена на место по времени",
    "a second CONNECT of one call in one queue": "второй CONNECT звонка в одной очереди",
    "a second ending of one call in one queue": "второе окончание звонка в одной очереди",
    "{event} of a call that was connected": "{event} звонка, который был соединён",
    "the call's beginning is missing and no hold time tells it": "нет начала звонка, и время ожидания его не говорит",
    "a call without an ending: the log was cut, or the call was still waiting": (
        "звонок без конца: журнал обрезан или звонок ещё ждал"
    ),
    "the end of the talk is missing: its length is unknown": "нет конца разговора: длина неизвестна",
    "ENTERQUEUE missing: arrival taken from the hold time": "нет ENTERQUEUE: приход взят из времени ожидания",
    "talk time missing: taken from the lines' times": "нет длины разговора: взята по времени строк",
    "CONNECT missing: answer taken from the talk time": "нет CONNECT: ответ взят из длины разговора",
    "{name} is no YAML: {reason}": "{name} — не YAML: {reason}",
    "{name} is no map of columns: lines such as `arrived: Call Time` are needed": (
        "{name} — не описание колонок: нужны строки вроде `arrived: Call Time`"
    ),
    "{name}: `{field}` is no field of a map; there are {known}": "{name}: в описании нет поля `{field}`; есть {known}",
    "{name}: a map needs `{field}`": "{name}: в описании нужно поле `{field}`",
    "{name}: `{field}` is {known}, not `{value}`": "{name}: `{field}` — это {known}, а не `{value}`",
    "{name}: `{field}` cannot be used: {reason}": "{name}: `{field}` не годится: {reason}",
    "column `{column}` holds a time of day without a date; name the column of the date with `arrived_date`": (
        "в колонке `{column}` время дня без даты; назовите колонку даты в `arrived_date`"
    ),
    (
        "{count} of {total} calls go from a number of the PBX, such as {example}, to one outside: outgoing calls are among "
        "them. Name the column that tells, with `direction`, or leave them out with `leave_out`"
    ): (
        "{count} из {total} звонков идут с номера самой АТС, например {example}, на внешний: среди них исходящие. "
        "Назовите колонку, которая это говорит, в `direction` или исключите их через `leave_out`"
    ),
    "a sum of other rows": "сумма других строк",
    "`{column}` is no number of calls": "в `{column}` не число звонков",
    "`{column}` is no number of calls, such as “{cell}”": "в `{column}` не число звонков, например «{cell}»",
    "`{column}` is no number of calls, such as “{cell}”: the cell is left out": (
        "в `{column}` не число звонков, например «{cell}»: ячейка пропущена"
    ),
    "`{column}` is no time, such as “{cell}”": "в `{column}` не время, например «{cell}»",
    "“{queue}” is no queue of the report; it has {known}": "«{queue}» — такой очереди в отчёте нет; есть {known}",
    "the report tells no handling time; give it in seconds (--aht)": (
        "в отчёте нет времени обработки; задайте его в секундах (--aht)"
    ),
    "more than {most} members would be needed; is the unit of the report another one?": (
        "понадобилось бы больше {most} сотрудников; не в других ли единицах отчёт?"
    ),
    "a number of calls below nothing": "число звонков меньше нуля",
    "an interval that was there already": "такой интервал уже был",
    # --- refusals ------------------------------------------------------------------------------------------------
    "no log was given": "журнал не указан",
    "{name} is empty": "{name}: файл пуст",
    "{name} cannot be read: {reason}": "{name} не читается: {reason}",
    "{name} holds {count} bytes; split it: at most {most} are read at once": (
        "{name}: {count} байт; разделите файл: за раз читается не больше {most}"
    ),
    "`{encoding}` is no encoding; name one such as utf-8, utf-16, cp1251 or koi8-r": (
        "`{encoding}` — не кодировка; назовите, например, utf-8, utf-16, cp1251 или koi8-r"
    ),
    "{name} is not {encoding}: {reason}": "{name} — не {encoding}: {reason}",
    "{name} is a workbook of the old kind (.xls); save it as .xlsx or CSV": (
        "{name} — книга старого вида (.xls); сохраните как .xlsx или CSV"
    ),
    "{name} is a folder; name its files": "{name} — папка; назовите её файлы",
    "{name} is a folder without files": "{name} — папка без файлов",
    "{name} is no text: it is a picture, a program or another file that holds no log": (
        "{name} — не текст: это картинка, программа или другой файл, в котором нет журнала"
    ),
    "{name} cannot be unpacked: {reason}": "{name} не распаковывается: {reason}",
    "{name} is an archive of {count} files ({held}); unpack it and name those that are logs": (
        "{name} — архив, в нём файлов: {count} ({held}); распакуйте его и назовите те, что с журналами"
    ),
    "{name} unpacks to {size} bytes; save the sheet as CSV": (
        "{name} распаковывается в {size} байт; сохраните лист как CSV"
    ),
    "{name} has no sheet `{sheet}`; it has {known}": "в {name} нет листа `{sheet}`; есть {known}",
    "{name} is a damaged workbook: {reason}": "{name}: книга повреждена: {reason}",
    "{name} is no JSON: {reason}; export it again": "{name} — не JSON: {reason}; выгрузите заново",
    "{name} is no XML: {reason}; export it again": "{name} — не XML: {reason}; выгрузите заново",
    "{name} has a DOCTYPE or entities, which are not read; take them out": (
        "в {name} есть DOCTYPE или сущности, они не читаются; уберите их"
    ),
    "{name} holds no list of records": "в {name} нет списка записей",
    "{name} holds no list of calls, bare or under `data`": "в {name} нет списка звонков, ни самого по себе, ни в `data`",
    "{name} has {count} different fields; it holds no calls of one system": (
        "в {name} разных полей: {count}; это не звонки одной системы"
    ),
    "{source} has no column {missing}; it has {names}": "в {source} нет колонки {missing}; есть {names}",
    "name the zone of the table's clock times, such as Europe/Amsterdam; it is never guessed": (
        "назовите часовой пояс времён таблицы, например Europe/Moscow; он не угадывается"
    ),
    "`{zone}` is no time zone; name the log's zone as IANA does, such as Europe/Amsterdam": (
        "`{zone}` — не часовой пояс; назовите пояс журнала как в IANA, например Europe/Moscow"
    ),
    "the times of a queue_log table have no zone: name it": "у времён таблицы queue_log нет часового пояса: назовите его",
    "CDR times have no zone: name it, or UTC if the PBX has usegmtime=yes": (
        "у времён CDR нет часового пояса: назовите его, или UTC, если в АТС usegmtime=yes"
    ),
    "unknown format `{format}`; give one of {known}, or a map of columns": (
        "неизвестный формат `{format}`; назовите один из {known} или опишите колонки"
    ),
    "{count} columns; cdr_csv writes 16 to 21": "колонок {count}; cdr_csv пишет от 16 до 21",
    "{source} holds no CDR record of 16 to 21 columns": "в {source} нет записей CDR с 16–21 колонками",
    "there is no column `{queue}`; the columns are {known}": "нет колонки `{queue}`; есть {known}",
    "{name} has no columns time, callid, queuename, agent and event": (
        "в {name} нет колонок time, callid, queuename, agent и event"
    ),
    "{source} holds no queue_log line: `epoch|call|queue|agent|event|...` is expected": (
        "в {source} нет строк queue_log: ожидается `время|звонок|очередь|сотрудник|событие|...`"
    ),
    "{source} holds no call of a queue": "в {source} нет звонков, которые ждали в очереди",
    "the table of calls lacks {missing}": "в таблице звонков не хватает {missing}",
    "{name} is neither queue_log, CDR, history JSON nor a known table; give its format or a map of columns": (
        "{name} — не queue_log, не CDR, не история JSON и не известная таблица; назовите формат или опишите колонки"
    ),
    (
        "{name} is a table of nobody known, and its names of columns do not tell enough; complete this map and give it "
        "with --columns: {map}; it has {names}"
    ): (
        "{name} — таблица неизвестной программы, и имён её колонок мало; дополните описание и дайте его через "
        "--columns: {map}; в ней есть {names}"
    ),
    "there are no columns of {product}": "нет колонок {product}",
    (
        "a list of Twilio's calls does not tell who waited for an agent, nor whether one answered; export the results of "
        "<Enqueue> (QueueTime, QueueResult) or the tasks of TaskRouter"
    ): (
        "список звонков Twilio не говорит, кто ждал сотрудника и ответил ли тот; выгрузите результаты <Enqueue> "
        "(QueueTime, QueueResult) или задачи TaskRouter"
    ),
    "these are messages and no calls": "это сообщения, а не звонки",
    "a call log of RingCentral does not tell how long callers waited; export the calls of a queue from its analytics": (
        "журнал RingCentral не говорит, сколько ждали звонящие; выгрузите звонки очереди из его аналитики"
    ),
    (
        "VoIPmonitor sees SIP calls, which a queue answers at once: nothing tells who waited; export the log of the PBX itself"
    ): "VoIPmonitor видит звонки SIP, а очередь отвечает на них сразу: кто ждал, не видно; выгрузите журнал самой АТС",
    "these are events of channels (CEL), which do not tell when a member took a queue's call; give queue_log or the CDR": (
        "это события каналов (CEL): они не говорят, когда сотрудник взял звонок очереди; дайте queue_log или CDR"
    ),
    (
        "these are sums of each agent over the whole time: nothing tells when calls came; export calls, or a report by intervals"
    ): "это суммы по сотрудникам за всё время: когда приходили звонки, не видно; выгрузите звонки или отчёт по интервалам",
    "offered are those answered and abandoned together: no column tells them": (
        "поступившие — это отвеченные и потерянные вместе: такого столбца нет"
    ),
    "{name} is a report by intervals: it tells arrivals and staffing alone; read it with `pbx intervals`": (
        "{name} — отчёт по интервалам: он говорит лишь о приходе звонков и числе сотрудников; читайте его через `pbx intervals`"
    ),
    (
        "{name} is no report by intervals: columns with the interval's beginning and the calls that came are needed, or a column "
        "of days and one for each hour or half hour"
    ): (
        "{name} — не отчёт по интервалам: нужны колонки с началом интервала и числом поступивших звонков или колонка дней и "
        "по колонке на каждый час или полчаса"
    ),
    "{name} holds no interval": "в {name} нет ни одного интервала",
    "the intervals of {name} are {minutes} min long; 5, 15, 30 and 60 are known": (
        "интервалы в {name} по {minutes} мин; известны 5, 15, 30 и 60"
    ),
    (
        'column `{name}`: nothing tells whether the day or the month stands first; say it with `date_format`, such as '
        '"%d/%m/%Y %H:%M:%S" or "%m/%d/%Y %I:%M:%S %p"'
    ): (
        "колонка `{name}`: не видно, что раньше, день или месяц; скажите это в `date_format`, например "
        '"%d/%m/%Y %H:%M:%S" или "%m/%d/%Y %I:%M:%S %p"'
    ),
    # --- doubts --------------------------------------------------------------------------------------------------
    "there is no doubt `{name}`; there are {known}": "нет сомнения `{name}`; есть {known}",
    "--anyway {doubt} goes on all the same.": "--anyway {doubt} — всё равно продолжить.",
    (
        "`{wait}` is at least as long as `{talk}` in nearly every answered call, so it holds the talk too; map the "
        "wait as the difference, `wait_s: {wait} - {talk}`"
    ): (
        "`{wait}` не короче `{talk}` почти в каждом отвеченном звонке, значит, включает и разговор; опишите ожидание "
        "разностью, `wait_s: {wait} - {talk}`"
    ),
    "the wait is at least as long as the talk in nearly every answered call, so it holds the talk too": (
        "ожидание не короче разговора почти в каждом отвеченном звонке, значит, включает и разговор"
    ),
    "column `{name}` tells incoming from outgoing calls, and the map does not name it; add `direction: {name}`": (
        "колонка `{name}` различает входящие и исходящие, а в описании её нет; добавьте `direction: {name}`"
    ),
    "the days jump to and fro {count} times from line to line: are day and month swapped? Say it with `date_format`": (
        "дни от строки к строке скачут туда и обратно, раз: {count}; не перепутаны ли день и месяц? Скажите это в `date_format`"
    ),
    "all calls came on day {day} of {count} months: are day and month swapped? Say it with `date_format`": (
        "все звонки пришли {day}-го числа {count} месяцев: не перепутаны ли день и месяц? Скажите это в `date_format`"
    ),
    "in {count} of {total} lines `{column}` holds an outcome that is not known ({values}): calls of a whole kind would be "
    "left out. Say what it means with `outcomes`: answered, abandoned, timed_out, left, refused, or drop for what is no call": (
        "в {count} из {total} строк в `{column}` неизвестный исход ({values}): пропали бы все звонки одного рода. Скажите в "
        "`outcomes`, что он значит: answered, abandoned, timed_out, left, refused, или drop для того, что не звонок"
    ),
    "in {count} of {total} lines `{column}` holds a direction that is not known ({values}); name the values of calls that "
    "came in with `incoming`": (
        "в {count} из {total} строк в `{column}` неизвестное направление ({values}); назовите в `incoming` значения входящих "
        "звонков"
    ),
    "{faulty} of {total} lines were dropped for a fault: what is left is hardly the whole": (
        "из {total} строк отброшено с ошибкой {faulty}: остаток вряд ли говорит о целом"
    ),
    "{count} of {total} calls have a wait or talk of hours: the unit of the lengths is another one, such as ms": (
        "у {count} из {total} звонков ожидание или разговор длится часы: единица другая, например мс"
    ),
    "half of the answered calls have a {name} of more than {middle} s: is it in milliseconds? Say so with `units`": (
        "у половины отвеченных звонков {name} дольше {middle} с: не миллисекунды ли это? Скажите это в `units`"
    ),
    "wait": "ожидание",
    "talk": "разговор",
    "the mean talk is {mean} s: is it in minutes, hours or days of a spreadsheet? Say so with `units`": (
        "средний разговор {mean} с: не минуты ли это, часы или дни таблицы? Скажите это в `units`"
    ),
    (
        "nearly all talks are shorter than half a minute and not whole seconds: are they in minutes? Say so with `units`"
    ): "почти все разговоры короче полуминуты и не в целых секундах: не минуты ли это? Скажите это в `units`",
    (
        "{count} of {total} callers have a number of the PBX itself, such as {example}: are outgoing calls among them? "
        "Name the column that tells, with `direction`, or leave them out with `leave_out`"
    ): (
        "у {count} из {total} звонящих номер самой АТС, например {example}: нет ли среди них исходящих? Назовите колонку "
        "направления в `direction` или уберите их через `leave_out`"
    ),
    (
        "{count} agents answered {calls} calls, such as {example}: the column holds something else than their names; map "
        "another, or find the name within it with `agent_pattern`"
    ): (
        "на {calls} звонков ответило сотрудников: {count}, например {example}: в колонке не их имена; укажите другую или "
        "найдите имя внутри через `agent_pattern`"
    ),
    "more calls were answered and lost than came, in {count} intervals: the columns are others than they seem": (
        "принято и потеряно больше, чем поступило, интервалов: {count}; колонки не те, чем кажутся"
    ),
    "the mean handling time is {mean} s in half of the intervals: it is in another unit": (
        "среднее время обработки в половине интервалов {mean} с: единица другая"
    ),
    # --- options -------------------------------------------------------------------------------------------------
    "Encoding of the log, such as cp1251; found by itself.": "Кодировка журнала, например cp1251; определяется сама.",
    "Go on although the log is doubted; the refusal names the doubt.": (
        "Продолжить, хотя журнал вызывает сомнение; имя сомнения стоит в отказе."
    ),
    # --- learning ------------------------------------------------------------------------------------------------
    "{kinds} kinds of call and {members} members; at most {kinds_most} and {members_most} fit a PBX; read a part of the log": (
        "видов звонков {kinds}, сотрудников {members}; в АТС помещается не больше {kinds_most} и {members_most}; "
        "прочитайте часть журнала"
    ),
    "no PBX can be made of this log: {problem}": "из этого журнала не получается АТС: {problem}",
    "no call is expected on {date}: the log has no working day like it": (
        "на {date} звонков не ожидается: в журнале нет похожего рабочего дня"
    ),
    "no working day is expected in the two weeks after the log": "в две недели после журнала рабочих дней не ожидается",
    "{source} holds no calls": "{source}: нет звонков",
    "{days} working days with {calls} calls and more; at least {least} are needed, and eight weeks are advisable": (
        "рабочих дней с числом звонков от {calls}: {days}; нужно не меньше {least}, а лучше восемь недель"
    ),
    # --- what was learned ----------------------------------------------------------------------------------------
    "{calls:,} calls on {days} days, {first} to {last}": "звонков: {calls:,}, дней: {days}, с {first} по {last}",
    "abandoned {lost:.1f} %, mean wait {wait_s:.1f} s, answered within 20 s {level:.1f} %": (
        "потеряно {lost:.1f} %, среднее ожидание {wait_s:.1f} с, принято за 20 с {level:.1f} %"
    ),
    "arrivals: level {level:.2f} of the usual, days vary by {cv:.0f} % around their weekday": (
        "приход звонков: уровень {level:.2f} от обычного, дни отличаются от своего дня недели на {cv:.0f} %"
    ),
    "patience: {mean_s:.0f} s waited for one who gives up": "терпение: {mean_s:.0f} с ожидания на одного, кто положил трубку",
    "; a quarter would have given up after {s:.0f} s": "; четверть положила бы трубку через {s:.0f} с",
    "talk: {mean_s:.0f} s; members' factors {members}, hours' {hours}": (
        "разговор: {mean_s:.0f} с; множители сотрудников {members}, часов {hours}"
    ),
    "{low:.2f} to {high:.2f}": "от {low:.2f} до {high:.2f}",
    "not known": "неизвестны",
    "; on {date} {level:.2f} times as long": "; на {date} — {level:.2f} от обычного",
    (
        "after a talk a member is not ready for {busy_s:.0f} s on average while others wait, {quiet_s:.0f} s when nobody "
        "does; answers after {answer_s:.0f} s"
    ): (
        "после разговора сотрудник не готов в среднем {busy_s:.0f} с, пока другие ждут, и {quiet_s:.0f} с, когда не ждёт "
        "никто; отвечает через {answer_s:.0f} с"
    ),
    (
        "members are present {slack_s:.0f} s before the first and after the last answer of a stretch of work, and up to "
        "{flex_s:.0f} s longer while more calls wait for them than of late"
    ): (
        "сотрудники на месте за {slack_s:.0f} с до первого ответа отрезка работы и столько же после последнего, и до "
        "{flex_s:.0f} с дольше, когда их ждёт больше звонков, чем перед тем"
    ),
    "pauses of members are taken from the log; {rest}": "паузы сотрудников взяты из журнала; {rest}",
    (
        "sign-ins and pauses of the log tell presence on {used:,} members' days; on {doubted:,} they do not agree with the "
        "answers and presence is inferred, on {idle:,} a member who is signed in takes no call and counts as away"
    ): (
        "входы и паузы журнала говорят о присутствии в {used:,} днях сотрудников; в {doubted:,} они не сходятся с ответами, и "
        "присутствие выведено; в {idle:,} вошедший сотрудник не принял ни одного звонка и считается отсутствующим"
    ),
    "redials within the hour: {lost:.0f} % of those who gave up, {served:.0f} % of those served": (
        "перезвонили в течение часа: {lost:.0f} % из тех, кто не дождался, {served:.0f} % из тех, кому ответили"
    ),
    "{name} {s:.0f} s": "{name} {s:.0f} с",
    "head starts: {kinds}": "фора: {kinds}",
    "kind": "вид",
    "calls": "звонков",
    "abandoned": "не дождались",
    "wait s": "ожидание, с",
    "talk s": "разговор, с",
    "patience s": "терпение, с",
    "the log is too short to keep weeks unseen: nothing is known about the error of this model": (
        "журнал слишком короткий, чтобы скрыть от модели недели: об её ошибке ничего не известно"
    ),
    "error on days from {date} on, which the model judged here had not seen (medians over days)": (
        "ошибка на днях с {date}, которых проверяемая модель не видела (медианы по дням)"
    ),
    "days": "дней",
    "lost, points": "потеряно, п. п.",
    "wait, %": "ожидание, %",
    "within 20 s, points": "за 20 с, п. п.",
    "calls, staff and talk level given": "даны звонки, сотрудники, разговор",
    "calls and staff given": "даны звонки и сотрудники",
    "only the date given": "дана только дата",
    "model": "модель",
    "Erlang A per hour": "Эрланг A по часам",
    "Erlang A, tuned": "Эрланг A, с подбором",
    "chance alone": "одна случайность",
    "the bridge's own record tells presence on {days:,} members' days, {spans:,} spans in queues; nothing of it is inferred": (
        "присутствие известно из записи самого моста: дней сотрудников {days:,}, отрезков в очередях {spans:,}; выводить нечего"
    ),
    "pauses, {name}: {count:,}, {mean_min:.0f} min each, {day_min:.0f} min of a member's day": (
        "паузы, {name}: {count:,}, в среднем по {mean_min:.0f} мин, {day_min:.0f} мин дня сотрудника"
    ),
    "no reason given": "без причины",
    "work after calls of {queue}: {mean_s:.0f} s on average": "обработка после звонков {queue}: в среднем {mean_s:.0f} с",
    "phones are answered after {delay_s:.1f} s; not answered {missed:.1f} %, rejected {rejected:.1f} % of offers": (
        "трубку берут через {delay_s:.1f} с; без ответа {missed:.1f} %, отклонено {rejected:.1f} % предложенных звонков"
    ),
    "members free for {queue}, mean of its days: {hours}": "свободных сотрудников для {queue}, в среднем по дням: {hours}",
}  # fmt: skip
"""Template to its Russian."""


def translate(text: str) -> str:
    """A template in Russian; itself where it is not known."""
    return TEXTS.get(text, text)
