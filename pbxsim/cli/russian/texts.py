"""The Russian catalogue: an English text of `pbx`, as it stands in the code, to the same text in Russian.

`{names}` stay. What is missing here is told in English. Comments of causes have their own texts in `engine.contract.causes`.
"""

from __future__ import annotations

from engine.translations import faults_ru, system_ru
from pbxsim import russian_logs
from pbxsim.cli.beside import russian_twin
from pbxsim.cli.importing import russian_import
from pbxsim.cli.persons import russian_access
from pbxsim.cli.russian import learning, week

TEXTS: dict[str, str] = {
    **russian_access.TEXTS,
    **learning.TEXTS,
    **russian_logs.TEXTS,
    **russian_twin.TEXTS,
    **week.TEXTS,
    **system_ru.TEXTS,
    **faults_ru.WEEKDAYS,
    **faults_ru.SMALL_WEEKDAYS,
    **russian_import.TEXTS,
    # --- words ---------------------------------------------------------------------------------------------------
    "Show this message and exit.": "Показать эту справку.",
    "Usage: ": "Как писать: ",
    "Try [blue]'{command_path} {help_option}'[/] for help.": "Справка: [blue]'{command_path} {help_option}'[/].",
    "[default: {}]": "[по умолчанию: {}]",
    "[required]": "[обязательно]",
    "Arguments": "Аргументы",
    "Options": "Параметры",
    "Commands": "Команды",
    "Error": "Ошибка",
    "Example:": "Пример:",
    "Workbench": "Рабочее место",
    "SIP": "SIP",
    "API": "API",
    "Call it": "Позвонить",
    "History": "История",
    "Logs": "Журналы",
    "anonymous": "скрытый номер",
    # --- which engine runs ---------------------------------------------------------------------------------------
    "Show the version and which engine runs.": "Показать версию и то, какой движок работает.",
    "Engine": "Движок",
    "engine: {engine}": "движок: {engine}",
    "compiled by {made_by}": "скомпилирован, {made_by}",
    "interpreted: {reason}": "интерпретируется: {reason}",
    "nothing is compiled here; make compiled does it in a checkout": (
        "здесь ничего не скомпилировано; в рабочей копии это делает make compiled"
    ),
    "PBX_COMPILE=0 asks for it": "так велит PBX_COMPILE=0",
    "PBX_COMPILE=0 asked for it when it was built": "так велел PBX_COMPILE=0 при сборке",
    "{detail} changed since it was compiled; make compiled, or install again": (
        "{detail} изменился после компиляции; выполните make compiled или установите заново"
    ),
    "what is compiled is for another Python, {detail}; make compiled, or install again": (
        "скомпилировано для другого Python, {detail}; выполните make compiled или установите заново"
    ),
    "what is compiled cannot be loaded: {detail}; make compiled, or install again": (
        "скомпилированное не загружается: {detail}; выполните make compiled или установите заново"
    ),
    "no C compiler (cc) was found when it was built": "при сборке не нашлось компилятора C (cc)",
    "the headers of Python were not found when it was built: {detail}": (
        "при сборке не нашлось заголовочных файлов Python: {detail}"
    ),
    "mypyc was not found when it was built": "при сборке не нашлось mypyc",
    "compiling failed: {detail}": "компиляция не удалась: {detail}",
    # --- what goes wrong -----------------------------------------------------------------------------------------
    "There is no PBX “{word}”: it is neither a file nor one that comes with the project ({known}).": (
        "Нет АТС «{word}»: это не файл и не пример из поставки ({known})."
    ),
    "{name} cannot be read: {reason}.": "{name} не читается: {reason}.",
    "Written: {name}.": "Записано: {name}.",
    "{name} is not a PBX document: it is larger than 64 MiB.": "{name} — не описание АТС: файл больше 64 МиБ.",
    "{name} is not UTF-8 text; save it as UTF-8.": "{name} — не текст UTF-8; сохраните его в UTF-8.",
    "{name}: 1 error; nothing was started.": "{name}: 1 ошибка; ничего не запущено.",
    "{name}: {count} errors; nothing was started.": "{name}: ошибок: {count}; ничего не запущено.",
    "{name}: errors {errors}, warnings {warnings}.": "{name}: ошибок: {errors}, предупреждений: {warnings}.",
    "{name}: nothing found.": "{name}: замечаний нет.",
    "The commands of {name} are missing: {reason}": "Нет команд пакета {name}: {reason}",
    "“{text}” is no date and time; write it as 2026-11-23 09:30.": (
        "«{text}» — не дата и время; пишите так: 2026-11-23 09:30."
    ),
    "“{word}” is not one of: {allowed}.": "«{word}» — не из списка: {allowed}.",
    "“{word}” names nothing of this PBX; known are: {known}.": "«{word}» — такого в этой АТС нет; есть: {known}.",
    "There is no user {user}.": "Нет пользователя {user}.",
    "Nobody here is reached by {number}; the numbers of this PBX are {known}.": (
        "По номеру {number} сюда не попасть; номера этой АТС: {known}."
    ),
    "Port {port} on {host} is taken; give another one with {option}.": (
        "Порт {port} на {host} занят; укажите другой: {option}."
    ),
    # --- what is done --------------------------------------------------------------------------------------------
    "{name} would change.": "{name} изменился бы.",
    "{name} was formatted.": "{name} приведён к единому виду.",
    "{name} is written in a way that formatting would change; nothing was written.": (
        "{name} написан так, что форматирование изменило бы смысл; ничего не записано."
    ),
    "{name} has errors; the workbench shows them: {count}.": "В {name} есть ошибки, рабочее место их покажет: {count}.",
    "Starting …": "Запуск…",
    "Stopped.": "Остановлено.",
    "Ctrl-C stops everything.": "Ctrl-C останавливает всё.",
    "Not everything answers yet; the logs are in {folder}.": "Ещё не всё отвечает; журналы в {folder}.",
    "{name} ended by itself; everything was stopped. Its last words:": (
        "Процесс {name} завершился сам; всё остановлено. Его последние слова:"
    ),
    # --- help ----------------------------------------------------------------------------------------------------
    "A workbench for the call flows of a business PBX.": "Рабочее место для сценариев звонков офисной АТС.",
    "PBX is a file, or the name of one that comes with the project: example.": (
        "PBX — файл или имя примера из поставки: example."
    ),
    "Exit status: 0 good, 1 findings, 2 bad input.": "Код возврата: 0 — хорошо, 1 — есть замечания, 2 — неверный ввод.",
    'Start with: pbx check example, then pbx trace example --number 84951234567 --at "2026-11-23 09:30".': (
        'Начните так: pbx check example, затем pbx trace example --number 84951234567 --at "2026-11-23 09:30".'
    ),
    "Language of messages; LANG decides otherwise.": "Язык сообщений; иначе решает LANG.",
    "Install completion for the current shell.": "Включить дополнение команд в этой оболочке.",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "Показать дополнение команд для этой оболочки."
    ),
    "A PBX: a file, or the name of one that comes with the project.": "АТС: файл или имя примера из поставки.",
    "Print one JSON value for programs.": "Вывести одно значение JSON для программ.",
    "Write the result to a file.": "Записать результат в файл.",
    (
        "Find what is wrong with a PBX: dangling outputs, dead keys, loops, uncovered minutes, bars that can be walked "
        "around."
    ): "Найти, что не так: выходы в никуда, мёртвые клавиши, петли, непокрытые минуты, обходимые запреты.",
    "Each finding names its line, its rule and what to do, and shows a call that makes it happen.": (
        "Каждое замечание называет строку, правило и что делать, и показывает звонок, на котором оно видно."
    ),
    "A log of calls shows number rules that miss callers, as carriers present their numbers in another form (R-12.4).": (
        "По журналу звонков видно, какие правила по номеру не узнают звонящих: операторы передают номера в другом виде (R-12.4)."
    ),
    "Follow one call at any date and time: every decision with its rule, and the outputs not taken.": (
        "Проследить один звонок в любой день и час: каждое решение с правилом и невыбранные выходы."
    ),
    "What is dialled: a trunk's number in any form, an internal number, an alias.": (
        "Что набрано: внешний номер в любой форме, внутренний номер, псевдоним."
    ),
    'When: "2026-11-23 09:30", in the account\'s zone unless an offset is given; now if left out.': (
        'Когда: "2026-11-23 09:30", в поясе АТС, если не указано смещение; по умолчанию сейчас.'
    ),
    "The caller's number; anonymous if left out.": "Номер звонящего; без него номер скрыт.",
    "Keys pressed, one each time keys are asked for; a blank is silence.": (
        "Нажатые клавиши, по одной на каждый запрос; пробел — молчание."
    ),
    "The user who dials, instead of an outside caller.": "Звонит сотрудник, а не внешний абонент.",
    "A direct SIP call from the internet (R-10).": "Прямой звонок SIP из интернета (R-10).",
    "What a user does: answers, no_answer, busy, rejects, unreachable, out, paused, do_not_disturb.": (
        "Что делает сотрудник: answers, no_answer, busy, rejects, unreachable, out, paused, do_not_disturb."
    ),
    "A trunk that is unregistered, failed, barred or unpaid.": "Состояние внешнего номера: unregistered, failed, barred, unpaid.",
    "State of the account: trial, active, blocked_debt, extended_24h, closed (R-01.10).": (
        "Состояние аккаунта: trial, active, blocked_debt, extended_24h, closed (R-01.10)."
    ),
    "What a server or CRM answers: to:101, status:503, timeout, or the body (R-13.11).": (
        "Что отвечает сервер или CRM: to:101, status:503, timeout или само тело (R-13.11)."
    ),
    "A time rule held by hand: match or mismatch (R-11.8).": "Правило времени вручную: match или mismatch (R-11.8).",
    "What outside numbers do: answers, no_answer, busy, rejects.": (
        "Что делают внешние номера: answers, no_answer, busy, rejects."
    ),
    "Everything the engine said, too.": "И всё, что сказал движок.",
    "Bring a PBX document into its one form: indentation and spacing. Comments, order and every value stay.": (
        "Привести описание АТС к единому виду: отступы и пробелы. Комментарии, порядок и значения остаются."
    ),
    "Change nothing; status 1 if the file would change.": "Ничего не менять; код 1, если файл изменился бы.",
    "Print the text instead of writing the file.": "Вывести текст, не записывая файл.",
    "Open a PBX in the browser: draw it, preview a call, load-test its day. Saves to the file it was given.": (
        "Открыть АТС в браузере: рисовать, проследить звонок, испытать день нагрузкой. Сохраняет в тот же файл."
    ),
    "Show where calls land over a year, for every kind of caller: exact to the second, clock changes included.": (
        "Показать, куда попадают звонки за год, для каждого рода звонящих: до секунды, с переводом часов."
    ),
    "A trunk's number or an internal number; every trunk if left out.": (
        "Внешний или внутренний номер; без него — все внешние."
    ),
    "First day of the year looked at; 1 January of this year if left out.": (
        "Первый день рассматриваемого года; по умолчанию 1 января этого."
    ),
    "How many changes to list.": "Сколько перемен показать.",
    "The caller asked with this widget of a website to be called (R-17).": (
        "Посетитель сайта попросил перезвонить через этот виджет (R-17)."
    ),
    "The page on which they asked, such as /prices.": "Страница, на которой он попросил, например /prices.",
    "A user dials this before the call, such as 102=*72103.": "Сотрудник набирает это до звонка, например 102=*72103.",
    "A user dials this while it rings, such as 103=**102.": (
        "Сотрудник набирает это, пока звонок ждёт ответа, например 103=**102."
    ),
    "What they do when called back: answers, no_answer, busy, rejects.": (
        "Что он делает, когда ему перезвонили: answers, no_answer, busy, rejects."
    ),
    "Say where the call comes in: --number, --via or --widget.": "Укажите, как приходит звонок: --number, --via или --widget.",
    "The trunk it comes in on, where the number does not tell.": (
        "Внешний номер (ключ), по которому пришёл звонок, если номер этого не говорит."
    ),
    "Load-test a PBX: simulated callers, members and lines around the engine that decides live calls.": (
        "Испытать АТС нагрузкой: модели звонящих, операторов и линий вокруг движка, который решает живые звонки."
    ),
    (
        "Prints calls offered, answered and abandoned, service level, speed of answer and occupancy, each with its 95 % "
        "interval."
    ): "Печатает поступившие, принятые и потерянные звонки, уровень сервиса, скорость ответа, загрузку — с 95 % интервалом.",
    "Who calls and who answers: a YAML file.": "Кто звонит и кто отвечает: файл YAML.",
    "Days simulated.": "Сколько дней моделировать.",
    "Seed of all chance; the scenario's if left out.": "Зерно случайности; по умолчанию из сценария.",
    "Run on a Dask cluster, by the address of its scheduler.": "Моделировать на кластере Dask: адрес его планировщика.",
    "Processes; as many as pay if left out.": "Число процессов; по умолчанию сколько выгодно.",
    "Write every table as Parquet.": "Записать все таблицы в Parquet.",
    "Write every table as CSV.": "Записать все таблицы в CSV.",
    "Write the first day's events as JSON lines.": "Записать события первого дня строками JSON.",
    "{name} cannot be written: {reason}.": "{name}: записать не удалось: {reason}.",
    "{word}: some bytes are no text in UTF-8; type it again, or rename the file.": (
        "{word}: есть байты, которые не текст в UTF-8; наберите слово снова или переименуйте файл."
    ),
    "it is a folder": "это папка",
    "there is no folder {folder}": "нет папки {folder}",
    "{place} is no folder": "{place} — не папка",
    "you may not write there": "туда нельзя писать",
    # --- results -------------------------------------------------------------------------------------------------
    "There is no scenario for {word}: put scenario.yaml beside the document, or name one with --scenario.": (
        "Нет сценария для {word}: положите scenario.yaml рядом с описанием или назовите его через --scenario."
    ),
    "There is no scenario for {word}: put scenario.yaml beside the document, or simulate no day with --reps 0.": (
        "Нет сценария для {word}: положите scenario.yaml рядом с документом или не моделируйте день: --reps 0."
    ),
    "Simulating days": "Моделирование дней",
    "{scenario}: {count} days, {calls} calls in {seconds} s": (
        "{scenario}: дней {count}, звонков {calls} за {seconds} с"
    ),
    "mean": "среднее",
    "95 %": "95 %",
    "offered": "поступило",
    "answered": "принято",
    "abandoned": "не дождались",
    "service level": "уровень сервиса",
    "answer speed": "скорость ответа",
    "abandoned share": "доля потерь",
    "timed out": "вышло время",
    "refused": "не приняты в очередь",
    "occupancy": "загрузка",
    "calls": "звонков",
    "calls voicemail": "на автоответчик",
    "calls busy": "не было линии",
    "calls barred": "не пропущено: аккаунт или номер не оплачен",
    "a day": "в день",
    "lands at": "куда",
    "minutes a year": "минут в год",
    "share": "доля",
    "{count} changes; the first of them:": "перемен: {count}; первые из них:",
    # --- versions ------------------------------------------------------------------------------------------------
    "The new version: a file or a name.": "Новая версия: файл или имя.",
    "The old version: a file or a name.": "Старая версия: файл или имя.",
    "Calls that came: CSV with the columns at, number and caller.": (
        "Бывшие звонки: CSV со столбцами at, number, caller."
    ),
    "Compare two versions: the times, numbers and kinds of callers whose calls would land elsewhere.": (
        "Сравнить две версии: время, номера и род звонящих, чьи звонки попадут в другое место."
    ),
    "With a log, how many of its calls would have landed elsewhere, with examples.": (
        "С журналом — сколько его звонков попало бы в другое место, с примерами."
    ),
    "{count} lines of the log were not understood, the first is line {line}.": (
        "Не понято строк журнала: {count}, первая из них — {line}."
    ),
    "{name} has no columns at and number; it has {columns}.": "В {name} нет столбцов at и number; есть {columns}.",
    "The language of the drawing.": "Язык чертежа.",
    "Draw the flow in Mermaid, the path of the call thick.": "Чертёж на Mermaid, путь звонка жирно.",
    "Print the JSON Schema of a PBX document: editors complete and check by it while one types.": (
        "Напечатать JSON Schema описания АТС: по ней редакторы подсказывают и проверяют."
    ),
    "Draw a PBX as text for reviews and tickets: Mermaid, or DOT for Graphviz. The same flow gives the same text.": (
        "Начертить АТС текстом: Mermaid или DOT для Graphviz. Одинаковая АТС даёт одинаковый текст."
    ),
    # --- run -----------------------------------------------------------------------------------------------------
    "Users": "Сотрудники",
    "Passwords": "Пароли",
    (
        "Start everything for one PBX: the workbench in the browser and the live bridge on SIP. Ctrl-C stops both."
    ): "Запустить всё для одной АТС: рабочее место в браузере и живой мост SIP. Ctrl-C останавливает оба.",
    "The PBX is read and its day simulated first; if anything is wrong with it, nothing is started.": (
        "Сначала читается описание и моделируется день; если что-то не так, ничего не запускается."
    ),
    "Port of the workbench, on 127.0.0.1.": "Порт рабочего места на 127.0.0.1.",
    "SIP port of the bridge (UDP), on 127.0.0.1.": "Порт SIP моста (UDP) на 127.0.0.1.",
    "Port of the bridge's API, on 127.0.0.1.": "Порт API моста на 127.0.0.1.",
    "Port for phones in the browser, on 127.0.0.1.": "Порт для телефонов в браузере на 127.0.0.1.",
    "Where history, recordings and logs go.": "Куда складывать историю, записи и журналы.",
    "Days simulated before the start; 0 for none.": "Сколько дней смоделировать до запуска; 0 — нисколько.",
    "Without the bridge.": "Без моста.",
    "Without the workbench.": "Без рабочего места.",
    # --- staff ---------------------------------------------------------------------------------------------------
    "Share answered within T to be met.": "Доля принятых за T, которую надо выдержать.",
    "Share of callers lost that is borne at most.": "Наибольшая терпимая доля потерянных звонков.",
    "Meet the targets over the day, not in every interval.": "Выдержать цели за день, а не в каждом интервале.",
    "What single queues keep instead, such as 5201:service_level=0.5, or several together, such as "
    "5200+5201:answer_speed_s=30,abandoned_share=0.05.": (
        "Цели отдельных очередей вместо общих, например 5201:service_level=0.5, или нескольких вместе, например "
        "5200+5201:answer_speed_s=30,abandoned_share=0.05."
    ),
    "“{text}” is no target of queues, such as 5201:service_level=0.5; targets are {known}.": (
        "«{text}» — не цель очередей, например 5201:service_level=0.5; цели: {known}."
    ),
    "Mean wait of those answered, in seconds, at most.": "Наибольшее среднее ожидание принятых, в секундах.",
    "Share of the members' time that is work, at most.": "Наибольшая доля времени операторов, занятая работой.",
    "Also plan shifts of these lengths, such as 4,8.": "Спланировать и смены такой длины, например 4,8.",
    "Share of paid time that is not on the queue.": "Доля оплаченного времени вне очереди.",
    "The call's own draw, where an element chooses by chance.": "Жребий звонка: для элементов, которые выбирают случайно.",
    "Draw as the live call with this id was drawn, in place of --draw.": (
        "Жребий, какой выпал живому звонку с этим номером; вместо --draw."
    ),
    "Cost of an hour of a team, by its name; 1 if not told.": "Цена часа команды по её названию; 1, если не сказано.",
    "“{text}” are no lengths of shifts in hours, such as 4,8.": "«{text}» — не длины смен в часах, например 4,8.",
    "“{text}” is no team and its cost; the teams are {known}.": "«{text}» — не команда с ценой; команды: {known}.",
    "Shifts": "Смены",
    "{hours} paid hours in shifts; no plan of these shifts costs less than {bound} (gap {gap})": (
        "Оплаченных часов в сменах: {hours}; никакой план из этих смен не дешевле {bound} (разрыв {gap})"
    ),
    "cost {cost}; no plan costs less than {bound} (gap {gap}); one pool of all members would cost {pool} by theory": (
        "цена {cost}; никакой план не дешевле {bound} (разрыв {gap}); одна общая команда стоила бы по теории {pool}"
    ),
    "Find the fewest members for each interval of a day, by simulating the real flow and not by a formula alone.": (
        "Найти наименьшее число операторов для каждого интервала дня — моделируя саму АТС, а не только по формуле."
    ),
    "The plan is checked with callers the search has not seen; status 1 tells that the check fell short.": (
        "План проверяется на новых звонящих; код 1 — проверка целей не подтвердила."
    ),
    "Searching for a plan": "Поиск плана",
    "{hours} member hours; checked with unseen callers: service level {level} (95 %: {low} to {high})": (
        "Часов работы: {hours}; на новых звонящих уровень сервиса {level} (95 %: {low} … {high})"
    ),
    "What binds; a point is one per cent, or one second of the speed of answer": (
        "Что ограничивает; пункт — один процент или одна секунда скорости ответа"
    ),
    "price of one point more": "цена ещё одного пункта",
    "to spare": "запас",
    "reached": "достигнуто",
    "asked": "нужно",
    "target": "цель",
    "by": "кем",
    "the day": "день",
    "callers lost": "потеряно звонящих",
    # --- gate ----------------------------------------------------------------------------------------------------
    "A file or a PBX that comes with the project, or a version of the bridge: v7, its name.": (
        "Файл или поставляемая АТС либо версия моста: v7, её имя."
    ),
    "A file as the live version, and no bridge is asked.": "Файл вместо действующей версии; мост не спрашивают.",
    "Address of the bridge's API.": "Адрес API моста.",
    "service_level=0.8, abandonment=0.05 or wait_s=20; the bridge's own when left out.": (
        "service_level=0.8, abandonment=0.05 или wait_s=20; если не указано — цели самого моста."
    ),
    "Days simulated; evidence has 10 or more.": "Сколько дней моделировать; для свидетельства — от 10.",
    "Attach nothing at the bridge.": "Ничего не прикладывать на мосту.",
    "Run the gate on a version: check it, simulate it beside the live one on the same callers, tell who would land elsewhere.": (
        "Испытать версию: проверить, смоделировать рядом с действующей на тех же звонящих, сказать, кто попадёт в другое место."
    ),
    "The bridge that has the version gets the report, judges it by its own targets, signs it and keeps it as evidence: with it "
    "the version may be promoted. Ends with status 1 when a target is missed.": (
        "Мост, у которого есть версия, получает отчёт, судит о нём по своим целям, подписывает и хранит как свидетельство: с ним "
        "версию можно ввести в работу. Код 1 — какая-то цель не достигнута."
    ),
    "Simulating both versions": "Моделирую обе версии",
    "{bridge}: {reason}": "{bridge}: {reason}",
    "“{word}” is no target: write service_level=0.8, abandonment=0.05 or wait_s=20.": (
        "«{word}» — не цель: пишите service_level=0.8, abandonment=0.05 или wait_s=20."
    ),
    "{scenario}, seed {seed}: {count} days of version {version} beside {live}": (
        "{scenario}, зерно {seed}: дней {count}, версия {version} рядом с {live}"
    ),
    "Queue": "Очередь",
    "Figure": "Показатель",
    "Difference": "Разница",
    "Live": "Действует",
    "Target": "Цель",
    "met": "достигнута",
    "missed": "не достигнута",
    "all": "все",
    "service level, %": "уровень обслуживания, %",
    "callers lost, %": "потеряно звонящих, %",
    "wait, s": "ожидание, с",
    "Over a year, every call lands as with the live version.": "За год каждый звонок попадает туда же, что и сейчас.",
    "{number}, {callers}: {minutes} minutes of the year land at {new} and not at {old}.": (
        "{number}, {callers}: {minutes} минут года — в {new}, а не в {old}."
    ),
    "Numbers that are new: {numbers}.": "Новые номера: {numbers}.",
    "Numbers that are gone: {numbers}.": "Номеров больше нет: {numbers}.",
    "Changed: {parts}.": "Изменено: {parts}.",
    "{moved} of {calls} logged calls ({share}) would land elsewhere.": (
        "{moved} из {calls} звонков журнала ({share}) попали бы в другое место."
    ),
    "The check found errors {errors}, warnings {warnings}; pbx check tells them.": (
        "Проверка нашла: ошибок {errors}, предупреждений {warnings}; их покажет pbx check."
    ),
    "The gate is passed.": "Испытание пройдено.",
    "The gate is not passed.": "Испытание не пройдено.",
    "The bridge signed it and keeps it as evidence of {version}.": "Мост подписал отчёт и хранит: свидетельство {version}.",
    "The bridge does not have this version: publish it, then run the gate again.": (
        "У моста нет этой версии: опубликуйте её и испытайте снова."
    ),
    # --- rehearse ------------------------------------------------------------------------------------------------
    "A file or the name of a PBX that comes with the project; with --bridge v7, a name, live or the start of a digest.": (
        "Файл или имя поставляемой АТС; с --bridge — v7, имя, live или начало отпечатка версии."
    ),
    "Callers that are sampled.": "Сколько звонящих взять.",
    "Take callers from this time on; where the seed says if left out.": (
        "Брать звонящих начиная с этого времени; если не указано — откуда скажет зерно."
    ),
    "Fetch the version from this running bridge.": "Взять версию у этого работающего моста.",
    "File with a token for that bridge, readable by you only.": "Файл с ключом к этому мосту, доступный только вам.",
    "Folder of the document's sounds; what is not there is silence of its length.": (
        "Папка звуков документа; вместо недостающих — тишина той же длины."
    ),
    "Seconds of the calls in one real second at most, 1 to listen in; 0 waits for nothing.": (
        "Сколько секунд звонков самое большее проходит за секунду; 1 — чтобы слушать, 0 — ничего не ждать."
    ),
    "Keep the plan, JSON.": "Сохранить план, JSON.",
    "Keep what the bridge recorded of each day, as pbx history reads it.": "Сохранить записи моста за день, для pbx history.",
    "{name} is there already; name a new folder.": "{name} уже есть; назовите новую папку.",
    "Keep the report, JSON.": "Сохранить отчёт, JSON.",
    (
        "Rehearse a version: simulated callers become real SIP calls on a bridge on this machine, and nothing leaves it."
    ): "Отрепетировать версию: модели звонящих становятся звонками SIP на мосту этой машины; наружу ничего не уходит.",
    (
        "Callers, members' phones and carriers are played by telephones of ours. Every note of every call is compared with "
        "the simulation, its instant too; each difference is listed with its cause. Ends with status 1 when one has none."
    ): (
        "Звонящих, телефоны операторов и сети играют наши телефоны. Каждая запись каждого звонка сравнивается с моделью, и её "
        "время тоже; у каждого расхождения названа причина. Код 1 — у какого-то её нет."
    ),
    "{bridge} does not give the version: {reason}.": "{bridge} не отдаёт версию: {reason}.",
    "A version of a bridge has no scenario beside it; name one with --scenario.": (
        "У версии с моста нет сценария; назовите его ключом --scenario."
    ),
    "Rehearsing": "Репетиция",
    "The rehearsal broke off; its last words: {words}": "Репетиция оборвалась; последние слова: {words}",
    "The rehearsal left no report: {reason}.": "Репетиция не оставила отчёта: {reason}.",
    "Rehearsal": "Репетиция",
    "Version": "Версия",
    "Scenario": "Сценарий",
    "{name}, seed {seed}": "{name}, зерно {seed}",
    "Callers": "Звонящие",
    "{callers}, {calls} calls with those who dialled again": "{callers}, с перезвонившими звонков {calls}",
    "Calls as simulated": "Звонки как в модели",
    "Members as simulated": "Операторы как в модели",
    "{equal} of {of}": "{equal} из {of}",
    "Compared": "Сравнено",
    "{notes} notes, their instants to {ms:g} ms": "записей {notes}, время с точностью {ms:g} мс",
    "Time": "Время",
    "{hours:.1f} h of calls in {seconds:.1f} s, {messages} SIP messages": (
        "{hours:.1f} ч звонков за {seconds:.1f} с, сообщений SIP {messages}"
    ),
    (
        "The clock of the calls stood still while SIP and media did something, and skipped the time between. "
        "So nothing is said of how the machine bears many calls at once; lengths of recordings are compared to {ms:g} ms."
    ): (
        "Часы звонков стояли, пока работали SIP и звук, и пропускали время между этим. Поэтому о том, как машина выносит много "
        "звонков сразу, ничего не сказано; длины записей сравнены с точностью {ms:g} мс."
    ),
    "Left out: {part}": "Оставлено в стороне: {part}",
    "Call": "Звонок",
    "Step": "Шаг",
    "Simulated": "В модели",
    "On the bridge": "На мосту",
    "Rules": "Правила",
    "Cause": "Причина",
    "Because": "Почему",
    "Differences": "Расхождения",
    "{count} more are told by --json.": "Ещё {count} — с ключом --json.",
    "simultaneous": "одновременно",
    "timing": "время",
    "media": "звук",
    "capacity": "мощность",
    "not played": "не играется",
    "follow-on": "следствие",
    "another version": "другая версия",
    "unexplained": "не объяснено",
    "two things happened within the resolution, and the bridge took them in the other order": (
        "два события произошли в пределах точности, и мост принял их в другом порядке"
    ),
    "the same was decided, at another instant or for another length of time": (
        "решено то же, но в другое время или на другой срок"
    ),
    "the length of a sound or a recording is not what the simulation takes it for": (
        "длина звука или записи не та, какой её считает модель"
    ),
    "the bridge answered the caller with a refusal of SIP": "мост ответил звонящему отказом SIP",
    "something did not answer in time: this machine is too slow or too busy": (
        "что-то не ответило вовремя: машина слишком медленна или занята"
    ),
    "the rehearsal cannot play this part": "эту часть репетиция сыграть не может",
    "what calls share was already in another state, by an earlier difference": (
        "общее у звонков было уже в другом состоянии из-за более раннего расхождения"
    ),
    "the bridge had another version than the simulation": "у моста была не та версия, что у модели",
    "no cause is known: this is a fault of the bridge or of the simulation": (
        "причина неизвестна: это ошибка моста или модели"
    ),
}
