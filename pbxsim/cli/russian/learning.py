"""The Russian catalogue of the commands that learn from what really came: `pbx calibrate`, `pbx learn`, `pbx backtest`.

Leaves all other texts to `texts.py`, which takes these in.
"""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # --- calibrate -----------------------------------------------------------------------------------------------
    "Files of one system: queue_log, CDR, history JSON or a table.": (
        "Файлы одной системы: queue_log, CDR, история JSON или таблица."
    ),
    "Format of the log; found by itself if left out.": "Формат журнала; если не указан, определяется сам.",
    "Time zone of the log, such as Europe/Moscow.": "Часовой пояс журнала, например Europe/Moscow.",
    "YAML file that says which column of a table tells what.": "Файл YAML о том, что означает каждая колонка таблицы.",
    "Country of the holiday calendar, such as RU.": "Страна календаря праздников, например RU.",
    "Last weeks that are kept unseen to measure the error.": (
        "Сколько последних недель не показывать модели, чтобы измерить ошибку."
    ),
    "Replications of each unseen day.": "Прогонов каждого такого дня.",
    "Processes that simulate at once.": "Сколько процессов моделируют одновременно.",
    "Folder for pbx.yaml, scenario.yaml and the report.": "Папка для pbx.yaml, scenario.yaml и отчёта.",
    "Replace callers' numbers by a keyed hash, so that nothing later sees them.": (
        "Заменить номера звонящих хэшем с ключом, чтобы дальше их никто не видел."
    ),
    "Learn from the log of a real system how its callers and members behave, and tell how far off a simulation is.": (
        "Узнать из журнала настоящей АТС, как ведут себя звонящие и сотрудники, и сказать, насколько ошибается модель."
    ),
    (
        "The last weeks are kept unseen and simulated, beside Erlang A hour by hour. Every line of the log is accounted for. "
        "The export of a live bridge tells sign-ins, pauses and work after calls, so that nothing of them is inferred."
    ): (
        "Последние недели модель не видит: они моделируются рядом с Эрлангом А по часам. Учтена каждая строка журнала. "
        "Выгрузка моста сообщает входы, паузы и обработку после разговора, и ничего из этого не угадывается."
    ),
    "Learning": "Обучение",
    "Draw every unseen day, real and simulated, as an HTML page.": (
        "Нарисовать каждый невиданный день, настоящий и смоделированный, страницей HTML."
    ),
    "Export of a live bridge: history.jsonl and activity.jsonl, their folder, or the bridge itself. May be repeated.": (
        "Выгрузка моста: history.jsonl и activity.jsonl, их папка или сам мост. Можно повторять."
    ),
    "File with a token of scope learn for that bridge, readable by you only.": (
        "Файл с ключом этого моста с правом learn; читать его можете только вы."
    ),
    "Authority the bridge's certificate is trusted by.": "Центр сертификации, которому вы доверяете сертификат моста.",
    "{bridge} does not give its history: {reason}.": "{bridge} не отдаёт историю: {reason}.",
    "Give either the files of a log, or --history with the export of a bridge.": (
        "Укажите либо файлы журнала, либо --history с выгрузкой моста."
    ),
    # --- backtest ------------------------------------------------------------------------------------------------
    "The version to try: a file, the name of a PBX that comes with the project, or what the bridge calls it.": (
        "Проверяемая версия: файл, пример из поставки или имя, под которым её знает мост."
    ),
    "Log of another system, as pbx calibrate reads it. May be repeated.": (
        "Журнал другой системы, какие читает pbx calibrate. Можно повторять."
    ),
    "The version the log is of; that of the bridge or of the folder if left out.": (
        "Версия, при которой записан журнал; если не указана — версия моста или из папки."
    ),
    "Last days of the log whose callers are replayed.": "Сколько последних дней журнала повторить.",
    "Replications of all these days.": "Прогонов всех этих дней.",
    "What a queue of the log is in the present version.": "Какая это очередь в нынешней версии.",
    "By which trunk callers of a queue came, where the log does not tell.": (
        "По какой линии пришли звонящие очереди, если журнал этого не говорит."
    ),
    "Seconds of the service level.": "Секунды для уровня обслуживания.",
    "Write every caller: where they end in both versions.": "Записать каждого звонящего: где он оказывается в обеих версиях.",
    "Send last month's callers through another version, beside the present one: where each goes, how long, who gives up.": (
        "Провести звонящих последнего месяца через другую версию рядом с нынешней: куда попадёт каждый, сколько ждёт, "
        "кто сдастся."
    ),
    (
        "Callers come at their instants; members are there as they were; patience, talk and work after calls are learned from "
        "the log. Both versions have the same draws, so a difference is the version's. Ends with status 1 if callers end "
        "elsewhere."
    ): (
        "Звонящие приходят в своё время, сотрудники на местах, как и были; терпение, разговоры и обработка изучены по журналу. "
        "Случайность у обеих версий одна, так что разница — дело версии. Статус 1, если кто-то попадает в другое место."
    ),
    "members of the log that are no users of the present version: {what}": (
        "сотрудники из журнала, которых нет среди пользователей нынешней версии: {what}"
    ),
    "members of the version who were never there in these days, and are not in the simulation: {what}": (
        "сотрудники версии, которых в эти дни не было; в моделировании их нет: {what}"
    ),
    "queues without calls in the log, with patience and talk of all: {what}": (
        "очереди без звонков в журнале, терпение и разговор взяты общие: {what}"
    ),
    "work after calls of {what} is as it was, and not the {seconds} s that the version sets": (
        "обработка после разговора в {what} взята как была, а не {seconds} с, заданные в версии"
    ),
    "Replaying callers": "Повтор звонков",
    "Give either --log with the files of a log, or --history with the export of a bridge.": (
        "Укажите либо --log с файлами журнала, либо --history с выгрузкой моста."
    ),
    "Say with --present which version the log is of.": "Укажите параметром --present, при какой версии записан журнал.",
    "{option} {word}: write it as NAME=VALUE.": "{option} {word}: пишите ИМЯ=ЗНАЧЕНИЕ.",
    "nowhere": "нигде",
    "{callers} callers, {first} to {last}, {reps} replications; present {present}, version {version}.": (
        "Звонящих: {callers}, с {first} по {last}, прогонов: {reps}; нынешняя {present}, новая {version}."
    ),
    "{count} more have no way into one of the versions.": "Ещё {count} не имеют входа в одну из версий.",
    "{count} of {callers} callers end elsewhere ({share})": "{count} из {callers} звонящих попадают в другое место ({share})",
    "… and {count} more changes": "… и ещё изменений: {count}",
    "What becomes of calls": "Чем кончаются звонки",
    "log": "журнал",
    "present": "нынешняя",
    "version": "новая",
    "from": "откуда",
    "to": "куда",
    "callers": "звонящих",
    "offered": "поступило",
    "abandoned": "потеряно",
    "answered within {within} s": "принято за {within} с",
    "mean wait, s": "среднее ожидание, с",
    "speed of answer, s": "скорость ответа, с",
    "reached a person": "поговорили",
    "gave up waiting": "не дождались",
    "voice mailbox": "голосовая почта",
    "no line": "нет линии",
    "hung up before": "положили трубку раньше",
    "ended otherwise": "закончились иначе",
    # --- learn ---------------------------------------------------------------------------------------------------
    "Address of the bridge's API.": "Адрес API моста.",
    "Where everything is kept from day to day; made if need be.": (
        "Где всё хранится изо дня в день; если папки нет, она создаётся."
    ),
    "Weeks of records that are kept and learned from.": "Сколько недель записей хранить и использовать.",
    "Learn from a running bridge every day: fetch what is new, calibrate, keep the scenario, tell what moved since last week.": (
        "Каждый день учиться у работающего моста: забрать новое, откалибровать, сохранить сценарий, сказать, что изменилось "
        "за неделю."
    ),
    (
        "Days that are over are fetched once. What was learned lies in a folder of the day, with the scenario of the next "
        "working day. A change is told with its 95 % interval, each weekday held against the same one a week before. Ends with "
        "status 1 while there are too few days to learn from."
    ): (
        "Прошедшие дни забираются один раз. Изученное лежит в папке дня, вместе со сценарием следующего рабочего дня. "
        "Изменение показано с интервалом 95 %: каждый день недели сравнивается с таким же днём неделей раньше. Пока дней "
        "слишком мало, команда завершается со статусом 1."
    ),
    "Too early to learn: {reason}.": "Учиться рано: {reason}.",
    "Learned from {calls} calls of {days} days, {first} to {last}; scenario of {date}.": (
        "Изучено звонков: {calls}, дней: {days}, с {first} по {last}; сценарий на {date}."
    ),
    "No weekday has a working day in both of the last two weeks: nothing can be compared.": (
        "Ни один день недели не был рабочим в обе последние недели: сравнить нечего."
    ),
    "Since last week": "Что изменилось за неделю",
    "Of {count} figures about {chance} would seem to move by chance alone.": (
        "Из {count} показателей примерно {chance} кажутся изменившимися просто случайно."
    ),
    "Kept in {folder}.": "Сохранено в {folder}.",
    "all queues": "все очереди",
    "moved": "изменилось",
    "Queue": "Очередь",
    "Figure": "Показатель",
    "week before": "неделей раньше",
    "last week": "последняя неделя",
    "change": "изменение",
    "calls a day": "звонков в день",
    "share of calls abandoned": "доля потерянных звонков",
    "mean wait of all calls, seconds": "среднее ожидание всех звонков, с",
    "share of all calls answered within 20 s": "доля звонков, принятых за 20 с",
    "mean talk, seconds": "средний разговор, с",
    "seconds waited for one call abandoned": "секунд ожидания на один потерянный звонок",
    "hours a day that members were free for it, of a bridge's record": "часов в день, когда сотрудники были готовы",
    "There is no holiday calendar of “{country}”.": "Нет календаря праздников «{country}».",
    # --- pbx intraday -----------------------------------------------------------------------------------------------
    "Forecast the rest of the day again from its morning, and find who could stay longer or come to keep the targets.": (
        "Заново предсказать остаток дня по его утру и найти, кто мог бы остаться дольше или прийти, чтобы выдержать цели."
    ),
    "The log ends in the day meant; earlier days tell how mornings and the rest of days go together. With --pbx the day is "
    "simulated with its shifts, and status 1 tells that a target stays missed even with help.": (
        "Журнал кончается нужным днём; прежние дни говорят, как связаны утро и остаток дня. С --pbx день моделируется с его "
        "сменами; код 1 значит, что цель не достигнута даже с помощью."
    ),
    "Now, in the log's zone, such as 12:00; the log's last call if left out, of a running bridge the present moment.": (
        "Сейчас, по поясу журнала, например 12:00; без этого — последний звонок журнала, а у работающего моста — этот момент."
    ),
    "Also say who would help: the PBX whose scenario is the day as it was planned.": (
        "Сказать и кто помог бы: АТС, сценарий которой — день, как он был задуман."
    ),
    "--scenario is the day of a PBX: name it with --pbx.": "--scenario — это день АТС: назовите её через --pbx.",
    "Simulating the rest of the day": "Моделирование остатка дня",
    "{date}, {at}: {seen} calls so far, {said} were expected; {calls} more are expected now, {before} the evening before": (
        "{date}, {at}: звонков пока {seen}, ожидалось {said}; теперь ожидается ещё {calls}, вечером накануне — {before}"
    ),
    "four days of five have {low} to {high}; learned from {days} days": (
        "в четырёх днях из пяти их от {low} до {high}; изучено дней: {days}"
    ),
    "Too few days are known to learn from: the forecast of the evening before stands.": (
        "Известно слишком мало дней: остаётся прогноз вечера накануне."
    ),
    "begins": "начало",
    "ends": "конец",
    "evening before": "накануне",
    "now": "теперь",
    "The members planned keep the targets for the rest of the day.": "Назначенные сотрудники выдержат цели до конца дня.",
    "Service level where the plan misses a target": "Уровень обслуживания там, где план не достигает цели",
    "as planned": "по плану",
    "with help": "с помощью",
    "Who would help: {hours} member hours": "Кто помог бы: часов работы — {hours}",
    "team": "команда",
    "members more": "ещё сотрудников",
    "may stay": "могут остаться",
    "may come earlier": "могут прийти раньше",
    "not planned": "не назначены",
    # --- pbx forecast -----------------------------------------------------------------------------------------------
    "Forecast the calls of the days after a log, with the range that holds four days of five, and how long talks are.": (
        "Предсказать звонки дней после журнала, границы, в которых окажутся четыре дня из пяти, и длительность разговоров."
    ),
    "Methods are judged on the last days of the log, each day by what was known one day, one week and four weeks before it, "
    "and the errors of all are shown. The usual method is used unless another was clearly nearer. What an own day does, such as "
    "a mailing, is learned from past days of its name.": (
        "Способы судятся по последним дням журнала: каждый день — по тому, что было известно за день, за неделю и за четыре "
        "недели до него; показаны ошибки всех. Берётся обычный способ, если другой не был явно точнее. "
        "Что делает свой день, например рассылка, узнаётся по прошлым дням с тем же именем."
    ),
    "How many days after the log's last one.": "Сколько дней после последнего дня журнала.",
    "Write expected calls of every half hour with their ranges, by queue, as a table.": (
        "Записать таблицей ожидаемые звонки каждого получаса по очередям с границами."
    ),
    "Judging methods": "Оценка способов",
    "no day has 20 calls: a forecast needs days that were worked": (
        "ни в одном дне нет 20 звонков: для прогноза нужны дни, когда работали"
    ),
    "date": "дата",
    "four days of five": "четыре дня из пяти",
    "method": "способ",
    "holiday or own day": "праздник или свой день",
    "own day": "свой день",
    "past days": "прошлых дней",
    "times the calls": "во сколько раз звонков",
    "Own days: what the log tells of them": "Свои дни: что о них говорит журнал",
    "Own days by name, past and coming: CSV with date, until, name and closed, or YAML with dates by name.": (
        "Свои дни по именам, прошлые и будущие: CSV с date, until, name и closed или YAML с датами по именам."
    ),
    "{file} is no text in UTF-8": "{file}: не текст в UTF-8",
    "{file} names no day": "{file}: не назван ни один день",
    "{file} cannot be read: {reason}": "{file} не читается: {reason}",
    "{file} has no columns date and name; it has {columns}": "в {file} нет колонок date и name; есть {columns}",
    "{file} is no YAML: {reason}": "{file}: не YAML: {reason}",
    "{file} is no list of days: each needs date and name": "{file}: не список дней: у каждого нужны date и name",
    "{file}, row {row}: `{field}` is no field of a day; there are date, until, name and closed": (
        "{file}, запись {row}: у дня нет поля `{field}`; есть date, until, name и closed"
    ),
    "{file}, row {row}: the day has no name": "{file}, запись {row}: у дня нет имени",
    "{file}, row {row}: “{name}” is called “{known}” before; write it one way": (
        "{file}, запись {row}: «{name}» раньше названо «{known}»; пишите одинаково"
    ),
    "{file}, row {row}: {date} is “{known}” already; a day has one name": (
        "{file}, запись {row}: {date} — уже «{known}»; у дня одно имя"
    ),
    "{file}, row {row}: `{word}` says neither yes nor no of closed": (
        "{file}, запись {row}: `{word}` не говорит, закрыто ли"
    ),
    "{file}, row {row}: {begin} to {end} is no range of 1 to {most} days": (
        "{file}, запись {row}: с {begin} по {end} — не промежуток от 1 до {most} дней"
    ),
    "{file}, row {row}: `{value}` is no date; write it as 2026-11-27": (
        "{file}, запись {row}: `{value}` — не дата; пишите 2026-11-27"
    ),
    "talk, s": "разговор, с",
    "after calls": "после звонка",
    "not ready": "не готовы",
    "Error on the last days of the log, per cent of the calls": "Ошибка на последних днях журнала, в процентах звонков",
    "day ahead": "за день",
    "week ahead": "за неделю",
    "four weeks ahead": "за четыре недели",
    "last like weekday": "последний такой же день недели",
    "mean of 2 like weekdays": "среднее двух таких же дней недели",
    "mean of 4 like weekdays": "среднее четырёх таких же дней недели",
    "mean of 6 like weekdays": "среднее шести таких же дней недели",
    "exponential smoothing": "экспоненциальное сглаживание",
    "STL and ARIMA": "STL и ARIMA",
    "calendar model": "модель календаря",
    "calendar model, AR(1)": "модель календаря, AR(1)",
    "combination": "сочетание способов",
}
