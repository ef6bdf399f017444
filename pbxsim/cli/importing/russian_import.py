"""The Russian catalogue of `pbx import` and `pbx intervals`. Taken in by `cli/russian/texts.py`."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # --- import --------------------------------------------------------------------------------------------------
    (
        "queues.conf and extensions.conf of Asterisk, callcenter.conf.xml of FreeSWITCH, Kazoo's callflows as JSON, or "
        "FusionPBX's tables: a dump of its database (.sql) or CSV files."
    ): (
        "queues.conf и extensions.conf от Asterisk, callcenter.conf.xml от FreeSWITCH, callflows от Kazoo в JSON или таблицы "
        "FusionPBX: выгрузка его базы (.sql) или файлы CSV."
    ),
    "Which PBX, where FusionPBX's database holds several.": "Какая АТС, если в базе FusionPBX их несколько.",
    "is switched off there": "там выключено",
    "there is no such queue": "такой очереди нет",
    "is no user and no number outside": "это не сотрудник и не внешний номер",
    "nobody is in it; one member stands for those who are missing": "в ней никого нет; вместо них один участник",
    "only single keys lead on here": "здесь ведут дальше только одиночные клавиши",
    "is no number of a trunk": "это не внешний номер",
    "{what} is nothing of these tables; the call ends here": "{what}: в этих таблицах такого нет; звонок здесь кончается",
    "there is no such callflow in these files; the call ends here": "такого callflow в файлах нет; звонок здесь кончается",
    "nobody is in it; the call goes on with the next step": "в ней никого нет; звонок идёт к следующему шагу",
    "one after another there, all at once here": "там по очереди, здесь все сразу",
    "this form of time is not recognised; it never holds here": "такая запись времени не распознана; здесь она не наступает",
    "round robin here": "здесь по кругу",
    "one member rings at a time here": "здесь звонят одному за раз",
    "Write the document there; to the terminal if left out.": "Куда записать описание; если не указано, на экран.",
    "Name of the PBX.": "Имя АТС.",
    "Show also the settings that mean the same.": "Показать и те настройки, что значат то же самое.",
    "Read the configuration of another PBX: queues, members, and the recognised part of a dialplan.": (
        "Прочитать настройки другой АТС: очереди, сотрудников и понятную часть плана набора."
    ),
    (
        "Every setting is accounted for with its line: mapped, approximated with the difference, or left out. Status 1 "
        "tells that something was left out or approximated."
    ): (
        "Учтена каждая настройка с её строкой: перенесена, приближена (с отличием) или опущена. Код 1 значит, что что-то "
        "опущено или приближено."
    ),
    "mapped": "перенесено",
    "approximated": "приближено",
    "left out": "опущено",
    "{field} is {value} here": "здесь {field} — {value}",
    "user {number}": "пользователь {number}",
    "{what}: not kept": "{what}: не сохранено",
    "{field} is one for the whole queue, {value} here": "{field} — одно на всю очередь, здесь {value}",
    "there is no template [{name}] before it": "раньше нет шаблона [{name}]",
    "no number of a trunk is told; {number} stands for it": "номер линии не указан; вместо него {number}",
    "put the sound among the prompts and say how long it is; {seconds} s are assumed": (
        "положите звук к сообщениям и укажите его длину; принято {seconds} с"
    ),
    "callers who leave go to {to}, as elsewhere": "уходящие из очереди попадают на {to}, как и в других местах",
    "calls are let in while somebody is {state}; unreachable phones count as there": (
        "звонки принимаются, пока есть кто-то в состоянии {state}; недоступные телефоны считаются присутствующими"
    ),
    "calls of this queue alone count there, those of all queues here": (
        "там считаются звонки только этой очереди, здесь — всех"
    ),
    "penalties are weights there; ours are 1 until `weight` is set": "там веса — это penalty; у нас 1, пока не задан `weight`",
    "unknown strategy; all are rung": "неизвестная стратегия; звонят все",
    "unknown strategy; the longest idle is asked": "неизвестная стратегия; выбирается дольше всех свободный",
    "goes on from the agent after the last one there, from the first here": "там продолжает со следующего, здесь — с первого",
    "moves no call": "не меняет пути звонков",
    "has no counterpart": "соответствия нет",
    "not understood": "не понято",
    "not recognised": "не распознано",
    "not recognised; the call goes on with the next step": "не распознано; звонок идёт к следующему шагу",
    "calls outside; the call goes on with the next step": "звонок наружу; звонок идёт к следующему шагу",
    "this form of time is not recognised; the call goes on with the next step": (
        "такая запись времени не распознана; звонок идёт к следующему шагу"
    ),
    "its end minute is included there: a minute is added": "там последняя минута включена: прибавлена минута",
    "phones ring one after another there, all at once here": "там телефоны звонят по очереди, здесь — все сразу",
    "goes round in a circle; the call ends here": "ходит по кругу; звонок здесь кончается",
    "sends no call anywhere": "никуда звонок не направляет",
    "set the recipients of its messages": "задайте получателей сообщений",
    "sounds are not in the configuration; put the file among the prompts and name it": (
        "звуков в настройках нет; положите файл к сообщениям и назовите его"
    ),
    "keys that leave the queue are an `exit_key` and its output; set them": (
        "клавиша выхода из очереди — это `exit_key` и его выход; задайте их"
    ),
    "500 may wait, the most there is": "ждать могут 500, больше нельзя",
    "callers leave when nobody serves any more, whatever the state of phones": (
        "звонящие уходят, когда никто больше не обслуживает, каким бы ни было состояние телефонов"
    ),
    "callers leave at once when nobody serves any more": "звонящие уходят сразу, когда никто больше не обслуживает",
    "paused in this queue, not in all": "пауза в этой очереди, а не во всех",
    "members in a call are not rung here": "здесь занятым сотрудникам не звонят",
    "its members sign in by themselves; one stands for them": "сотрудники входят сами; вместо них поставлен один",
    "it has no tier; one member stands for those who sign in": "сотрудников не указано; вместо тех, кто входит, поставлен один",
    "no interface": "нет устройства",
    "no number": "не число",
    "is a member already": "уже есть в очереди",
    "its members are not in these files": "его сотрудников в этих файлах нет",
    "it is not in these files; a user stands for it": "в этих файлах его нет; вместо него пользователь",
    "messages are heard by *97 here": "сообщения здесь слушают по *97",
    "there is no such context": "такого контекста нет",
    "a pattern of numbers is not read": "шаблон номеров не читается",
    "no call that was read comes here": "ни один прочитанный звонок сюда не приходит",
    "serves no queue": "не обслуживает ни одной очереди",
    "a phone outside; a user of the PBX stands for it": "внешний телефон; вместо него пользователь АТС",
    "calls outside leave by the first trunk; set the rules of outgoing calls": (
        "наружу звонки уходят через первый внешний номер; задайте правила исходящих"
    ),
    "a menu asks {ours} times here, {theirs} times there": "здесь меню спрашивает {ours} раза, там {theirs}",
    "callers have {ours} s for the first key here, {theirs} s there": "на первую клавишу здесь {ours} с, там {theirs} с",
    "a menu asks again by itself": "меню переспрашивает само",
    "taken after the first silence there, after the third here": "там после первого молчания, здесь после третьего",
    "there is no such step in these files; the call ends here": "такого шага в файлах нет; звонок здесь кончается",
    "no such zone is known; that of the PBX counts": "такой зоны нет; берётся зона АТС",
    "too deep; the call ends here": "слишком глубоко; звонок здесь кончается",
    "is no queue: it has no setting of one": "это не очередь: настроек очереди в ней нет",
    "is no number of a user": "это не номер сотрудника",
    "what a phone was set to at that moment": "что было включено на телефоне в ту минуту",
    "more steps of forwarding than a user may have": "шагов переадресации больше, чем бывает у сотрудника",
    "all ring also while the first of them is in a call": "здесь звонят все и тогда, когда первый занят",
    "there the earlier ones ring on with the next one": "там прежние звонят дальше вместе со следующим",
    "who is not reached has the user's mailbox here": "не дозвонившийся попадает здесь в ящик сотрудника",
    "they begin to ring at different times there, together here": "там начинают звонить в разное время, здесь вместе",
    "a group asks for no forwarding of its members here": "здесь группа не смотрит на переадресацию участников",
    "callers whom nobody answers go to {to}, as elsewhere": "те, кому не ответили, попадают на {to}, как и в других местах",
    "no child is there for it; it changes nothing": "дочернего шага для него нет; оно ничего не меняет",
    "is switched on by hand there; it always holds here": "там включено вручную; здесь действует всегда",
    "its exclusions are not kept": "исключения не сохранены",
    "begins or ends on a date there; it comes back without end here": (
        "там с начала или до конца срока; здесь повторяется без конца"
    ),
    "the last such day of February may be two days here in a leap year": (
        "последний такой день февраля в високосный год здесь может быть двумя днями"
    ),
    "there is no such agent": "такого сотрудника нет",
    "there is no such file": "такого файла нет",
    "outside the folder of the first file; copy it there": "вне папки первого файла; скопируйте его туда",
    "no program is run; what it would write is missing": "программы не запускаются; того, что она написала бы, нет",
    "not run; what it brings is missing": "не выполняется; того, что она приносит, нет",
    "the wait counts from the entry into the queue": "ожидание считается от входа в очередь",
    "who hung up and calls back starts again": "положивший трубку и позвонивший снова начинает сначала",
    "higher tiers open after `tier_wait`": "следующие ступени открываются через `tier_wait`",
    "each tier opens after the same wait": "каждая ступень открывается через одно и то же время",
    "a tier without anybody signed in still waits for its turn": "ступень, где никого нет, всё равно ждёт своей очереди",
    # --- intervals -----------------------------------------------------------------------------------------------
    "A report by intervals: CSV or an Excel workbook.": "Отчёт по интервалам: CSV или книга Excel.",
    "Time zone of the report, such as Europe/Moscow.": "Часовой пояс отчёта, например Europe/Moscow.",
    "One queue of the report; all together if left out.": "Одна очередь отчёта; если не указана, все вместе.",
    "Form of its dates, such as %d/%m/%Y %H:%M, where it is not told.": (
        "Вид дат, например %d/%m/%Y %H:%M, если он не виден."
    ),
    "Share answered within T to be met.": "Доля отвеченных за T, которую надо выдержать.",
    "T of the service level, seconds.": "T уровня обслуживания, секунды.",
    "Mean patience in seconds; 0: nobody gives up (Erlang C).": (
        "Среднее терпение в секундах; 0: никто не кладёт трубку (Эрланг C)."
    ),
    "Mean handling time in seconds, where the report has none.": "Среднее время обработки в секундах, если в отчёте его нет.",
    "Read a report by intervals: mean arrivals of each weekday, and how many members they take by formula.": (
        "Прочитать отчёт по интервалам: средний приход звонков по дням недели и сколько сотрудников нужно по формуле."
    ),
    "Such a report tells arrivals and staffing alone: no call's wait, no patience, no members. A log of calls tells more.": (
        "Такой отчёт говорит лишь о приходе звонков и числе сотрудников: ни ожиданий, ни терпения, ни имён. Журнал звонков "
        "говорит больше."
    ),
    "weekday": "день недели",
    "calls": "звонков",
    "AHT, s": "AHT, с",
    "members": "сотрудников",
}  # fmt: skip
"""Template to its Russian."""
