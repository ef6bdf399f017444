"""Texts of own scenarios, kept runs and logs on the Load test page, in English and Russian; `texts.py` takes them in."""

from __future__ import annotations

OWN: dict[str, tuple[str, str]] = {
    "part.figures": ("Figures", "Показатели"),
    "part.own": ("Own scenario", "Свой сценарий"),
    "part.runs": ("Kept runs", "Сохранённые прогоны"),
    # --- own scenario
    "own.title": ("A scenario of your own", "Свой сценарий"),
    "own.hint": (
        "Who calls this PBX, when, and who answers. It is kept as a YAML file beside the document and can be chosen on Load test "
        "and Staffing.",
        "Кто и когда звонит на эту АТС и кто отвечает. Хранится YAML-файлом рядом с документом; его можно выбрать на страницах "
        "«Нагрузка» и «Персонал».",
    ),
    "own.name": ("Name", "Название"),
    "own.default_name": ("{0} own day", "{0} свой день"),
    "own.date": ("Day", "День"),
    "own.arrivals": ("Calls over the day", "Звонки в течение дня"),
    "own.profile": ("Take the shape of", "Взять форму"),
    "own.profile.office": ("office day (assumed)", "день офиса (допущение)"),
    "own.profile.shop": ("shop (assumed)", "магазин (допущение)"),
    "own.profile.call_centre": ("call centre (a bank’s, 1999)", "контакт-центр (банк, 1999)"),
    "own.profile.even": ("even, all day and night", "ровно, круглые сутки"),
    "own.profile.table": ("the table below", "таблица ниже"),
    "own.calls": ("Calls a day", "Звонков в день"),
    "own.drawn": (
        "Calls in each half hour. Drag a point, or write or paste the table.",
        "Звонки за каждые полчаса. Потяните точку, напишите или вставьте таблицу.",
    ),
    "own.table": ("Half hours: time and calls, a line each", "Получасы: время и звонки, по строке"),
    "own.sum": ("{0} calls a day", "{0} звонков в день"),
    "own.cv": ("Days differ by (standard deviation), %", "Дни различаются на (станд. отклонение), %"),
    "own.share": ("Share of {0}, %", "Доля {0}, %"),
    "own.keys_at": ("Keys pressed at {0}, with weights", "Нажатия в {0}, с весами"),
    "own.callers": ("Callers", "Звонящие"),
    "own.patience": ("Wait before giving up, mean, s (empty: never)", "Терпение в среднем, с (пусто: бесконечно)"),
    "own.redial": ("Of those who gave up, call again, %", "Из не дождавшихся перезвонят, %"),
    "own.talk": ("Talk, mean, s", "Разговор в среднем, с"),
    "own.talk_scv": ("Talks vary (variance over squared mean)", "Разброс разговоров (дисперсия / квадрат среднего)"),
    "own.talk_at": ("{0}: talk, mean, s (empty: as above)", "{0}: разговор в среднем, с (пусто: как выше)"),
    "own.wrap_at": ("{0}: wrap-up, mean, s (empty: the PBX’s)", "{0}: поствызов, с (пусто: как в АТС)"),
    "own.people": ("People", "Сотрудники"),
    "own.answer": ("Answer after, mean, s", "Отвечают через, в среднем, с"),
    "own.no_answer": ("Do not answer, %", "Не отвечают, %"),
    "own.shifts": ("Shifts: members, hours, breaks/minutes", "Смены: сотрудники, часы, перерывы/минуты"),
    "own.shifts_hint": (
        "Such as 100, 101 09:00-18:00 13:00/45, a line a shift. Whoever stands in no shift is there all the time.",
        "Например 100, 101 09:00-18:00 13:00/45, по строке на смену. Кого нет в сменах, тот на месте всегда.",
    ),
    "own.within": ("Service level threshold, s", "Порог уровня сервиса, с"),
    "own.keep": ("Check and keep", "Проверить и сохранить"),
    "own.take": ("Scenario, YAML", "Сценарий, YAML"),
    "own.kept": (
        "Kept as {0}, chosen here, and ready to run.",
        "Сохранён как {0}, выбран здесь и готов к запуску.",
    ),
    "own.learned": (
        "Patience and talk are as learned from {0}; the figures here are their means.",
        "Терпение и разговоры — как в {0}; числа здесь — их средние.",
    ),
    "own.patience_is": ("Patience", "Терпение"),
    "own.talk_is": ("Talk", "Разговоры"),
    "own.as_written": ("as written here", "как указано здесь"),
    "own.not_of_this_pbx": (
        "This scenario does not fit this PBX. Choose another, or write your own here. {0}",
        "Этот сценарий не подходит к этой АТС. Выберите другой или составьте свой здесь. {0}",
    ),
    "own.no_calls": (
        "Nobody calls: give a table with calls, and a trunk a share of them.",
        "Никто не звонит: дайте таблицу со звонками и долю хотя бы одному внешнему номеру.",
    ),
    "own.table_line": (
        "Line {0} of the table is not understood: “{1}”. Write a time and a number, such as 09:00 12.",
        "Строка {0} таблицы не понята: «{1}». Напишите время и число, например 09:00 12.",
    ),
    "own.table_count": (
        "{0} numbers without times are no day: write 24 (hours), 48 (half hours) or 96 (quarters), or times beside them.",
        "{0} чисел без времени — не день: нужно 24 (часы), 48 (получасы) или 96 (четверти), либо время рядом.",
    ),
    "own.shift_line": (
        "Line {0} of the shifts is not understood: “{1}”. Write it as 100, 101 09:00-18:00 13:00/45.",
        "Строка {0} смен не понята: «{1}». Напишите, например, 100, 101 09:00-18:00 13:00/45.",
    ),
    "own.keys": (
        "“{0}” is no key and its weight: write 1: 60, 2: 30, none: 10.",
        "«{0}» — не клавиша с весом: напишите 1: 60, 2: 30, none: 10.",
    ),
    "own.bad_name": (
        "“{0}” cannot be a name: letters, digits, spaces, at most 60.",
        "«{0}» не может быть названием: буквы, цифры, пробелы, не больше 60.",
    ),
    "own.taken": (
        "“{0}” is taken, and what is kept is not overwritten: choose another name.",
        "«{0}» уже есть, а сохранённое не перезаписывается: выберите другое название.",
    ),
    "own.faults": ("The scenario cannot be used: {0}", "Сценарий использовать нельзя: {0}"),
    "own.unwritable": (
        "It cannot be written beside the document ({0}). Take the YAML file and keep it yourself.",
        "Рядом с документом записать нельзя ({0}). Заберите YAML-файл и сохраните сами.",
    ),
    # --- kept runs
    "runs.keep": ("Keep this run", "Сохранить прогон"),
    "runs.name": ("Name of the run", "Название прогона"),
    "runs.default_name": ("{0}, {1} days", "{0}, дней {1}"),
    "runs.kept": ("Kept as {0}.", "Сохранён как {0}."),
    "runs.nothing": ("Run a load test first.", "Сначала выполните прогон."),
    "runs.none": (
        "No run is kept yet: run a load test, then keep it under a name here.",
        "Сохранённых прогонов нет: выполните прогон и сохраните его здесь под названием.",
    ),
    "runs.first": ("Compare", "Сравнить"),
    "runs.second": ("with", "с"),
    "runs.only_one": ("Keep a second run to compare with.", "Сохраните второй прогон, чтобы сравнить."),
    "runs.days": (
        "{0} days on the same callers; a difference whose 95 % interval leaves out 0 is more than chance.",
        "Дней с одними и теми же звонящими: {0}; разница, чей 95 % интервал не содержит 0, — не случайность.",
    ),
    "runs.figure": ("figure", "показатель"),
    "runs.difference": ("difference", "разница"),
    "runs.interval": ("95 %", "95 %"),
    "runs.sure": ("more than chance", "не случайность"),
    "runs.yes": ("yes", "да"),
    "runs.not_shown": ("not proven", "не доказано"),
    "runs.csv": ("Differences, CSV", "Разница, CSV"),
    "runs.csv_figures": ("Figures of this run, CSV", "Показатели прогона, CSV"),
    "runs.forget": ("Forget the first of them", "Забыть первый из них"),
    "runs.other_seed": (
        "These runs met other callers (seeds {0} and {1}), so their difference would be noise. Run one again with the seed "
        "of the other.",
        "Это прогоны с разными звонящими (начальные числа {0} и {1}), их разница — шум. Повторите один с начальным "
        "числом другого.",
    ),
    "runs.no_day": (
        "These runs have no day in common. Run one of them again.",
        "У этих прогонов нет общих дней. Повторите один из них.",
    ),
    "runs.unreadable": (
        "{0} can no longer be read. Forget it and run it again.",
        "{0} больше не читается. Забудьте его и повторите.",
    ),
    "fig.offered": ("offered, a day", "поступило, в день"),
    "fig.answered": ("answered, a day", "отвечено, в день"),
    "fig.abandoned": ("abandoned, a day", "не дождались, в день"),
    "fig.service_level": ("service level", "уровень сервиса"),
    "fig.abandoned_of_offered": ("abandoned of offered", "доля не дождавшихся"),
    "fig.answer_speed_s": ("mean wait of answered", "среднее ожидание отвеченных"),
    "fig.timed_out": ("left by timeout, a day", "ушло по тайм-ауту, в день"),
    "fig.refused": ("refused by the queue, a day", "отказано очередью, в день"),
    "fig.occupancy": ("occupancy", "занятость"),
    "fig.staffed_hours": ("hours at work, a day", "часов на работе, в день"),
    "fig.calls_talked": ("calls that reached a person, a day", "дозвонились до человека, в день"),
    "fig.calls_busy": ("calls that found no line, a day", "не хватило линий, в день"),
    "fig.calls_voicemail": ("ended at voicemail, a day", "ушло на голосовую почту, в день"),
    "points": ("{0} points", "{0} п. п."),
    # --- log
    "learn.title": ("Learn from an own log", "Взять из своего журнала"),
    "learn.hint": (
        "A queue_log, CDR, history, or a table of calls (up to 20 MB, may be .gz): the same as pbx calibrate. It is read on this "
        "machine and not kept.",
        "queue_log, CDR, история или таблица звонков (до 20 МБ, можно .gz): то же, что pbx calibrate. Читается на этой машине "
        "и не сохраняется.",
    ),
    "learn.choose": ("Choose a log …", "Выбрать журнал…"),
    "learn.zone": ("Zone of its times", "Часовой пояс журнала"),
    "learn.go": ("Learn", "Изучить"),
    "learn.anyway": ("Go on all the same", "Всё равно продолжить"),
    "learn.nothing": ("Choose a log first.", "Сначала выберите журнал."),
    "learn.waits": ("Waits its turn.", "Ждёт очереди."),
    "learn.progress": ("{0} %, {1} s", "{0} %, {1} с"),
    "learn.failed": ("Nothing was learned: {0}", "Изучить не удалось: {0}"),
    "learn.died": (
        "The process ended without an answer. Is there enough memory? Give a shorter log.",
        "Процесс завершился без ответа. Хватает ли памяти? Дайте журнал короче.",
    ),
    "learn.done": (
        "{0} calls on {1} days; {2} gave up; talk {3}, patience {4} on average.",
        "Звонков: {0}, дней: {1}; не дождались: {2}; разговор {3}, терпение {4} в среднем.",
    ),
    "learn.error": ("Error on days it had not seen", "Ошибка на днях, которых модель не видела"),
    "learn.no_error": (
        "The log is too short to keep weeks unseen: nothing is known about the error.",
        "Журнал слишком короток, чтобы оставить недели для проверки: об ошибке ничего не известно.",
    ),
    "learn.model": ("model", "модель"),
    "learn.who.simulated": ("this simulation", "это моделирование"),
    "learn.who.erlang_a": ("Erlang A, tuned", "Эрланг A, с подбором"),
    "learn.who.erlang_a_heads": ("Erlang A per hour", "Эрланг A по часам"),
    "learn.lost": ("callers lost, points", "потеряно, п. п."),
    "learn.wait": ("mean wait, %", "среднее ожидание, %"),
    "learn.level": ("service level, points", "уровень сервиса, п. п."),
    "learn.use": ("Take arrivals, patience and talk into the form", "Взять звонки, терпение и разговоры в форму"),
    "learn.used": (
        "Taken into the form: the table of {0}, patience and talk as learned. Shifts and keys stay as they were.",
        "Взято в форму: таблица за {0}, терпение и разговоры из журнала. Смены и клавиши остались прежними.",
    ),
    "learn.report": ("Report", "Отчёт"),
    "learn.scenario": ("Scenario as learned, YAML", "Сценарий из журнала, YAML"),
    "learn.pbx": ("PBX of the log, YAML", "АТС журнала, YAML"),
    "learn.days": ("Each of these days, HTML", "Каждый из этих дней, HTML"),
}
"""By name; `texts.py` says what the columns are."""
