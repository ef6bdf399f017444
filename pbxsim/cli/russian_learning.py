"""The Russian catalogue of the commands that learn from what really came: `pbx calibrate`, `pbx learn`, `pbx backtest`.

Leaves all other texts to `russian.py`, which takes these in.
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
}
