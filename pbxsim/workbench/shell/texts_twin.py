"""Texts of the forecasts on the Live page in English and Russian: of the next hour, and of the rest of the day.

`texts.py` takes them in. Decides wording only.
"""

from __future__ import annotations

TWIN: dict[str, tuple[str, str]] = {
    "twin.card": ("The next hour", "Ближайший час"),
    "twin.none": (
        "No forecast. Start one beside the bridge: pbx twin URL --scenario FILE.",
        "Прогноза нет. Запустите его рядом с мостом: pbx twin URL --scenario ФАЙЛ.",
    ),
    "twin.made": (
        "Made {0} ago from the state of the bridge, scenario {1}, {2} replications. In brackets: 8 of 10 outcomes lie there.",
        "Сделан {0} назад по состоянию моста, сценарий {1}, прогонов: {2}. В скобках: туда попадают 8 исходов из 10.",
    ),
    "twin.old": ("This forecast is old: pbx twin has stopped.", "Прогноз устарел: pbx twin остановлен."),
    "twin.time": ("calls that come", "звонки за время"),
    "twin.offered": ("calls", "звонков"),
    "twin.wait": ("mean wait", "среднее ожидание"),
    "twin.service": ("service level", "уровень сервиса"),
    "twin.waiting": ("waiting at the end", "ждут в конце"),
    "twin.judged": (
        "Today {0} of {1} half-hours lay within their band; 8 of 10 should.",
        "Сегодня в полосу попали получасов: {0} из {1}; должно быть 8 из 10.",
    ),
    "twin.picture": ("Mean wait in {0}: forecast and what happened", "Среднее ожидание в {0}: прогноз и что было"),
    "twin.legend": (
        "Mean wait, minutes. Bands: what was forecast half an hour to an hour before, and what is to come. Dots: what happened.",
        "Среднее ожидание, минуты. Полосы: прогноз за полчаса–час и на ближайший час. Точки: что было на самом деле.",
    ),
    "twin.assumption": ("of the scenario", "из сценария"),
    "twin.seen": ("seen / expected", "было / ожидалось"),
    "twin.ratio": ("ratio (95 %)", "отношение (95 %)"),
    "twin.holds": ("holds", "подтверждается"),
    "twin.differs": ("differs", "расходится"),
    "twin.arrivals": ("calls of", "звонки:"),
    "twin.patience": ("callers who give up in", "не дождались в очереди"),
    "twin.talk": ("talks that end in", "конец разговоров в очереди"),
    # --- the rest of the day
    "rest.card": ("Rest of the day", "Остаток дня"),
    "rest.about": (
        "From this morning's calls the rest of the day is forecast again. With a staffing plan it is simulated, and the page "
        "says who could stay longer or come.",
        "По утренним звонкам остаток дня прогнозируется заново. С планом смен он моделируется, и страница говорит, кто мог бы "
        "задержаться или прийти.",
    ),
    "rest.open": ("Forecast the rest of the day …", "Прогноз на остаток дня…"),
    "rest.history": ("Days before today", "Дни до сегодняшнего"),
    "rest.of_bridge": ("history of the bridge", "история моста"),
    "rest.of_log": ("an own log", "свой журнал"),
    "rest.log_hint": (
        "A queue_log, CDR, history, or a table of calls (up to 20 MB, may be .gz) of the days before. Its queues are found by "
        "number or name; today's calls are the bridge's. It is read on this machine and not kept.",
        "queue_log, CDR, история или таблица звонков (до 20 МБ, можно .gz) за прошлые дни. Очереди ищутся по номеру или "
        "названию; сегодняшние звонки — с моста. Читается на этой машине и не сохраняется.",
    ),
    "rest.plan": ("Staffing plan of today", "План смен на сегодня"),
    "rest.no_plan": ("none: calls alone", "нет: только звонки"),
    "rest.plan_hint": (
        "A scenario beside the document: its shifts, talks and patience; its calls are corrected by what came. The Staffing page "
        "gives one as a file.",
        "Сценарий рядом с документом: смены, разговоры и терпение; звонки поправлены по тому, что пришло. Страница «Персонал» "
        "даёт его файлом.",
    ),
    "rest.level": ("Answered in time, %", "Ответ вовремя, %"),
    "rest.level_wrong": (
        "“{0}” is no share: write per cent between 1 and 99.",
        "«{0}» — не доля: напишите проценты от 1 до 99.",
    ),
    "rest.go": ("Forecast", "Рассчитать"),
    "rest.fetches": ("Reads the bridge's calls …", "Читает звонки моста…"),
    "rest.finished": ("Made at {0} in {1} s.", "Сделан в {0} за {1} с."),
    "rest.died": (
        "The process ended without an answer. Is there enough memory? Try without a plan, or with a shorter log.",
        "Процесс завершился без ответа. Хватает ли памяти? Попробуйте без плана или с журналом короче.",
    ),
    "rest.failed": ("No forecast: {0}", "Прогноза нет: {0}"),
    "rest.too_early": (
        "No half hour of today is over yet. Ask again after 00:30 by the PBX's clock.",
        "Сегодня ещё не прошло ни одного получаса. Спросите после 00:30 по часам АТС.",
    ),
    "rest.too_little": (
        "Too little history: {0} days with 20 calls or more are known, and {1} is needed. A forecast needs one such day of the "
        "weekday at least, four weeks and 15 days more for the morning to correct it and for ranges. Choose an own log that "
        "holds earlier weeks, or wait until the bridge has them.",
        "Истории мало: дней с 20 звонками и больше — {0}, нужен {1}. Для прогноза нужен хотя бы один такой день этого дня "
        "недели, а чтобы утро его поправляло и были границы — четыре недели и ещё 15 дней. Выберите свой журнал с прошлыми "
        "неделями или подождите, пока они наберутся на мосту.",
    ),
    "rest.a_day": ("a day before today", "хотя бы один день до сегодняшнего"),
    "rest.a_weekday": ("one like today ({0})", "такой же день недели ({0})"),
    "rest.no_such_queue": (
        "No queue of the log is one of this PBX. The log has {0}; the PBX has {1}. A queue is found by its number or its name: "
        "choose another log, or name the queues alike.",
        "Ни одной очереди журнала нет в этой АТС. В журнале: {0}; в АТС: {1}. Очередь ищется по номеру или названию: выберите "
        "другой журнал или назовите очереди одинаково.",
    ),
    "rest.all_calls": (
        "The rest of the day is made of all calls, and you see some of them. Ask an administrator for a filter of *.",
        "Остаток дня считается по всем звонкам, а вам видна их часть. Попросите у администратора фильтр *.",
    ),
    "rest.no_bridge": (
        "The bridge does not answer now. The page asks again by itself; then try once more.",
        "Мост сейчас не отвечает. Страница спрашивает его сама; потом попробуйте ещё раз.",
    ),
    "rest.no_scenario_read": ("The plan {0} cannot be read: {1}", "План {0} не читается: {1}"),
    "rest.plan_failed": (
        "Calls are forecast, but the plan cannot be simulated: {0}. Choose a plan that was made for the version that is live.",
        "Звонки спрогнозированы, но план смоделировать нельзя: {0}. Выберите план, сделанный для действующей версии.",
    ),
    "rest.said": (
        "{0} calls came by {1}, {2} had been expected. {3} more are expected, the day before {4}.",
        "К {1} пришло звонков: {0}, ожидалось {2}. Ожидается ещё {3}, накануне ожидалось {4}.",
    ),
    "rest.range": ("Eight of ten such days have {0} to {1}.", "В восьми из десяти таких дней — от {0} до {1}."),
    "rest.no_range": (
        "Fewer than four weeks and 15 days are known ({0} days): the forecast of the day before stands as it was, without "
        "ranges. An own log may hold earlier weeks.",
        "Известно меньше четырёх недель и 15 дней (дней: {0}): прогноз накануне остаётся как был, без границ. Прошлые недели "
        "могут быть в своём журнале.",
    ),
    "rest.kept": (
        "The members planned keep {0} % answered within {1} s to the close.",
        "С сотрудниками по плану {0} % отвечены за {1} с до закрытия.",
    ),
    "rest.missed": (
        "With the members planned the target of {0} % is missed in {1} half hours. {2} member hours more bring it back.",
        "С сотрудниками по плану цель {0} % не выполняется в получасах: {1}. Её вернут ещё {2} ч работы.",
    ),
    "rest.missed_still": (
        "With the members planned the target of {0} % is missed in {1} half hours; with {2} member hours more it still is in "
        "{3}.",
        "С сотрудниками по плану цель {0} % не выполняется в получасах: {1}; ещё {2} ч работы оставят таких {3}.",
    ),
    "rest.rests_on": (
        "Rests on {0} days with calls, {1} to {2}; the correction is learned from {3} days. Calls count when they are over.",
        "Основа — дней со звонками: {0}, с {1} по {2}; поправка выучена на днях: {3}. Звонки считаются, когда закончились.",
    ),
    "rest.left_out": (
        "{0} calls of the log are of queues that this PBX does not have, and are left out.",
        "Звонков журнала в очередях, которых в этой АТС нет: {0}, они не учтены.",
    ),
    "rest.so_far": ("so far", "уже пришло"),
    "rest.expected_by_now": ("expected by now", "ожидалось к этому часу"),
    "rest.rest": ("rest", "осталось"),
    "rest.eight": ("8 of 10 days", "8 дней из 10"),
    "rest.day_before": ("the day before said", "накануне ожидалось"),
    "rest.to_close": ("service level to the close", "уровень сервиса до закрытия"),
    "rest.with_help": ("with help", "с помощью"),
    "rest.queue": ("Queue shown", "Показать очередь"),
    "rest.picture": (
        "Calls of {0} by half hour: what came, and the forecast",
        "Звонки {0} по получасам: что пришло и прогноз",
    ),
    "rest.came": ("came", "пришло"),
    "rest.now": ("forecast now", "прогноз сейчас"),
    "rest.intervals": ("Half hours as a table", "Получасы таблицей"),
    "rest.begins": ("begins", "начало"),
    "rest.as_planned": ("as planned", "по плану"),
    "rest.helpers": ("Who could stay longer or come", "Кто мог бы задержаться или прийти"),
    "rest.team": ("team", "группа"),
    "rest.time": ("time", "время"),
    "rest.more": ("members more", "ещё людей"),
    "rest.hours": ("hours", "часов"),
    "rest.stay": ("may stay", "могут остаться"),
    "rest.come_earlier": ("may come earlier", "могут прийти раньше"),
    "rest.come": ("not planned", "сегодня не в плане"),
    "rest.helpers_hint": (
        "Whether they can is for you to say: who is ill or away is among those not planned. Where nobody is named, the whole "
        "team is at work already or too far from it.",
        "Могут ли они, решаете вы: среди тех, кто не в плане, есть и больные, и отсутствующие. Где никто не назван, вся группа "
        "уже работает или её смены слишком далеко.",
    ),
}
"""By name; `texts.py` says what the columns are."""
