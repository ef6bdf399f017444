"""Texts of weeks of shifts on the Staffing page, in English and Russian; `texts.py` takes them in. Decides wording only."""

from __future__ import annotations

from pbxsim.rostering.helps import FILLS, FILLS_RU, HELPS, HELPS_RU

WEEK: dict[str, tuple[str, str]] = {
    "week.kind": ("Plan for", "План на"),
    "week.kind.day": ("A day", "День"),
    "week.kind.week": ("A week", "Неделю"),
    "week.find": ("Find shifts", "Найти смены"),
    "week.ready": (
        "Each open day is searched by itself, then people get their shifts. It takes some minutes, in a process of its own.",
        "Ищется план каждого рабочего дня, затем людям распределяются смены. Это несколько минут, в отдельном процессе.",
    ),
    "week.finished": ("Found in {0} s.", "Найдено за {0} с."),
    "week.no_results": (
        "Say what is to be kept, who works on which terms, and find a week of shifts: who works when, and what each day keeps.",
        "Задайте цели, людей и их договоры и найдите смены на неделю: кто когда работает и что выполняет каждый день.",
    ),
    # --- the form
    "week.contracts": ("Contracts", "Договоры"),
    "week.contract": ("Contract", "Договор"),
    "week.contract_add": ("Another contract", "Ещё договор"),
    "week.hours": ("Paid hours a week", "Оплачено ч в неделю"),
    "week.shifts_h": ("Shifts, hours", "Смены, часов"),
    "week.days_off": ("Days off, at least", "Выходных, не меньше"),
    "week.days_off_together": ("Two days off together", "Два выходных подряд"),
    "week.days_in_a_row": ("Days in a row, at most", "Дней подряд, не больше"),
    "week.rest_h": ("Rest between, hours", "Отдых между, часов"),
    "week.who": ("People", "Люди"),
    "week.people": ("Who works on which contract", "Кто по какому договору"),
    "week.people_hint": (
        "A line each: numbers, contract, and if need be days, hours of presence and a name. "
        "100-104 full mon-fri 09:00-18:00; newcomers: 3 like 100 part “New”. Who is not named does not work.",
        "По строке: номера, договор и, если нужно, дни, часы присутствия и имя. "
        "100-104 full пн-пт 09:00-18:00; новые люди: 3 как 100 part «Новый». Кто не назван, не работает.",
    ),
    "week.members": ("Members of queues: {0}.", "Сотрудники очередей: {0}."),
    "week.file": ("Take from a file (YAML)", "Взять из файла (YAML)"),
    "week.file_taken": ("Contracts and people are those of the file.", "Договоры и люди взяты из файла."),
    "week.file_wrong": ("Nothing was taken over. {0}", "Ничего не взято. {0}"),
    "week.load": ("Calls of each weekday", "Звонки по дням недели"),
    "week.load_hint": (
        "Per cent of the scenario’s day; 0 where it is closed.",
        "В процентах от дня сценария; 0 — выходной.",
    ),
    "week.load_own": (
        "The scenario is a week and has its own calls for each day.",
        "Сценарий — целая неделя, у каждого дня свои звонки.",
    ),
    "week.presence": ("Presence and breaks", "Присутствие и перерывы"),
    "week.absence": ("Shifts missed without notice, %", "Смены, на которые не вышли, %"),
    "week.adherence": ("Time of a shift on the queue, %", "Время смены на очереди, %"),
    "week.begin_every_min": ("Shifts begin every, min", "Смены начинаются каждые, мин"),
    "week.break_min": ("Break, min", "Перерыв, мин"),
    "week.break_from_h": ("of shifts from, hours", "в сменах от, часов"),
    # --- what cannot be
    "week.marked": ("Fields that cannot be as they are: {0}. They are marked.", "Поля с ошибками: {0}. Они отмечены."),
    "week.empty": ("Fill this in.", "Заполните."),
    "week.no_number": ("“{0}” is no number here.", "«{0}» — не число."),
    "week.hours_two": ("Two numbers, at least and at most: 30 – 40.", "Два числа, не меньше и не больше: 30 – 40."),
    "week.hours_order": ("At least first, then at most: 30 – 40.", "Сначала меньшее, затем большее: 30 – 40."),
    "week.shift_too_long": ("A shift has 24 hours at most.", "Смена не длиннее 24 часов."),
    "week.two_days_off": ("Two together need two days off.", "Для двух подряд нужно два выходных."),
    "week.contract_twice": ("There is another contract of this name.", "Такой договор уже есть."),
    "week.no_contract": ("There is no contract “{0}”; there are {1}.", "Договора «{0}» нет; есть {1}."),
    "week.user_twice": ("User {0} stands twice among the people.", "Сотрудник {0} назван дважды."),
    "week.too_many_people": (
        "At most {0} people are rostered together.",
        "Вместе расписываются не больше {0} человек.",
    ),
    "week.too_short": ("Name one at least.", "Назовите хотя бы одного."),
    "week.greater_than_equal": ("At least {0}.", "Не меньше {0}."),
    "week.greater_than": ("More than {0}.", "Больше {0}."),
    "week.less_than_equal": ("At most {0}.", "Не больше {0}."),
    "week.int_from_float": ("A whole number.", "Целое число."),
    "week.line": (
        "Line {0}: “{1}” is not numbers and a contract, such as 100-104 full.",
        "Строка {0}: «{1}» — не номера с договором, как 100-104 full.",
    ),
    "week.stranger": ("{0} is no member of a queue of this PBX.", "{0} не состоит ни в одной очереди этой АТС."),
    "week.unserved": ("Nobody of them serves queue {0}.", "Никто из них не обслуживает очередь {0}."),
    "week.misfits": ("These contracts cannot be kept by anybody:", "Эти договоры выполнить нельзя:"),
    "week.misfit": (
        "{0}: contract {1} asks for {2} paid hours a week, at most {3} fit on {4}. What would help: {5}.",
        "{0}: договор {1} требует {2} оплаченных часов в неделю, а в дни {4} помещается не больше {3}. Что поможет: {5}.",
    ),
    **{f"week.helps.{key}": (words, HELPS_RU[key]) for key, words in HELPS.items()},
    **{f"week.fills.{key}": (words, FILLS_RU[key]) for key, words in FILLS.items()},
    # --- the roster
    "week.met": (
        "In {0} weeks nobody has planned for, with people away as often as said, every day keeps its targets.",
        "За {0} недель, под которые план не строился, с указанным отсутствием людей, все дни выполняют цели.",
    ),
    "week.not_met": (
        "In {0} weeks nobody has planned for, with people away as often as said, {1} of {2} days miss a target: see what binds "
        "and who is missing.",
        "За {0} недель, под которые план не строился, с указанным отсутствием людей, цели сорваны в {1} днях из {2}: "
        "см. «Что ограничивает» и «Кого не хватает».",
    ),
    "week.paid": ("Paid hours", "Оплачено часов"),
    "week.paid_of": ("{0} shifts of {1} people", "смен: {0}, людей: {1}"),
    "week.cost": ("Cost", "Цена"),
    "week.cost_of": ("of the paid hours", "оплаченных часов"),
    "week.gap": ("Gap", "Зазор"),
    "week.gap_of": (
        "to the best of the shifts chosen among; no bound for all rosters",
        "до лучшего из выбранных видов смен; не граница для всех расписаний",
    ),
    "week.required": ("Hours needed", "Нужно часов"),
    "week.required_of": ("members on the queue, by simulation", "сотрудники на очереди, по моделированию"),
    "week.missing_h": ("Hours missing", "Не хватает часов"),
    "week.missing_of": ("members on the queue", "сотрудники на очереди"),
    "week.days_kept": ("Days kept", "Дней с целями"),
    "week.days_kept_of": ("of {0} with calls, unseen weeks", "из {0} со звонками, новые недели"),
    "week.grid": ("Who works when", "Кто когда работает"),
    "week.grid_hint": (
        "Early shifts begin from 5:00, day shifts from 10:00, late ones from 13:00, nights from 20:00. "
        "The week is a circle: Sunday is followed by Monday.",
        "Утренние смены начинаются с 5:00, дневные с 10:00, вечерние с 13:00, ночные с 20:00. "
        "Неделя повторяется: за воскресеньем идёт понедельник.",
    ),
    "week.name": ("name", "имя"),
    "week.shift.early": ("early", "утро"),
    "week.shift.day": ("day", "день"),
    "week.shift.late": ("late", "вечер"),
    "week.shift.night": ("night", "ночь"),
    "week.off": ("off", "вых."),
    "week.rest": ("break {0}", "перерыв {0}"),
    "week.hours_head": ("paid hours", "часов"),
    "week.hours_of": ("of {0}–{1}", "из {0}–{1}"),
    "week.off_head": ("days off", "выходных"),
    "week.coverage": ("Needed and planned, day by day", "Нужно и запланировано по дням"),
    "week.of_planned": ("planned in shifts", "запланировано в сменах"),
    "week.of_expected": ("on the queue, absence and adherence taken off", "на очереди за вычетом отсутствия"),
    "week.coverage_of": ("{0}: needed at most {1}, planned at most {2}", "{0}: нужно до {1}, запланировано до {2}"),
    "week.missing": ("Who is missing", "Кого не хватает"),
    "week.nobody_missing": ("Every interval has the members it needs.", "В каждом интервале людей хватает."),
    "week.day": ("day", "день"),
    "week.members_head": ("members", "человек"),
    "week.short_head": ("hours", "часов"),
    "week.helps": ("what would help", "что поможет"),
    "week.days": ("Each day, in unseen weeks", "Каждый день, на новых неделях"),
    "week.calls": ("calls", "звонков"),
    "week.lost": ("lost", "потеряно"),
    "week.wait": ("mean wait", "ожидание"),
    "week.worst": ("worst interval", "худший интервал"),
    "week.keeps": ("kept", "выполнено"),
    "week.yes": ("yes", "да"),
    "week.no": ("no", "нет"),
    "week.binding_hint": (
        "The targets nearest to being missed, by day, queue and interval, as unseen weeks met them.",
        "Цели, ближайшие к срыву, по дням, очередям и интервалам, на новых неделях.",
    ),
    "week.take_shifts": ("Shifts, CSV", "Смены, CSV"),
    "week.take_grid": ("People by days, CSV", "Люди по дням, CSV"),
    "week.take_people": ("People and contracts, YAML", "Люди и договоры, YAML"),
    "week.take_days": ("Scenarios of the days, ZIP", "Сценарии дней, ZIP"),
    "week.keep_name": ("Name", "Название"),
    "week.keep": ("Keep the days as scenarios", "Сохранить дни как сценарии"),
    "week.kept": ("Kept for Load test and Staffing: {0}.", "Сохранено для «Нагрузки» и «Персонала»: {0}."),
    "week.take_hint": (
        "Each day is a scenario with its shifts; the Load test page runs those that are kept. "
        "`pbx staff PBX --week FILE` reads people and contracts.",
        "Каждый день — сценарий со своими сменами; сохранённые выполняет страница «Нагрузка». "
        "Людей и договоры читает `pbx staff PBX --week FILE`.",
    ),
}
"""By name; `texts.py` says what the columns are."""
