"""Russian texts of shifts of a day or a week (`pbx staff`), a part of the catalogue in `texts.py`."""

from __future__ import annotations

from pbxsim.rostering.helps import FILLS, FILLS_RU, HELPS, HELPS_RU

TEXTS: dict[str, str] = {
    "With --shifts: they may begin every so many minutes; 30 if not told.": (
        "С --shifts: смены могут начинаться каждые столько минут; 30, если не сказано."
    ),
    "With --shifts: minutes of the break of long shifts, 0 for none; 30 if not told.": (
        "С --shifts: минут перерыва у длинных смен, 0 — без него; 30, если не сказано."
    ),
    "With --shifts: shifts of so many hours have a break; 6 if not told.": (
        "С --shifts: с перерывом смены от стольких часов; 6, если не сказано."
    ),
    "With --shifts: breaks are paid.": "С --shifts: перерывы оплачиваются.",
    "With --shifts: write the shifts, as CSV.": "С --shifts: записать смены в CSV.",
    "Write the scenario with the plan's shifts.": "Записать сценарий со сменами плана.",
    "Write the PBX with the members that the plan needs and it lacks.": (
        "Записать АТС с сотрудниками, которых требует план и у неё нет."
    ),
    "--shift-every, --break, --break-from, --paid-breaks and --shifts-csv are of shifts: say with --shifts how long these are.": (
        "--shift-every, --break, --break-from, --paid-breaks и --shifts-csv — о сменах: скажите в --shifts, какой они длины."
    ),
    "The scenario has members that the PBX lacks ({numbers}); --pbx-out writes the PBX with them.": (
        "В сценарии есть сотрудники, которых у АТС нет ({numbers}); --pbx-out запишет АТС с ними."
    ),
    "Write the requirement, or the week's shifts, as CSV.": "Записать потребность или смены недели в CSV.",
    "Give these people a week of shifts under their contracts (YAML).": (
        "Распределить этим людям смены на неделю по их договорам (YAML)."
    ),
    "--week takes lengths of shifts, absence and adherence from its file, not from --shifts and --shrinkage.": (
        "--week берёт длины смен, отсутствие и соблюдение графика из своего файла, а не из --shifts и --shrinkage."
    ),
    "Searching for a week of shifts": "Поиск смен на неделю",
    "{file} cannot be read: {why}": "{file} не читается: {why}",
    "{who}: contract {contract} asks for {least} paid hours a week, at most {most} fit on {days}; what would help: {helps}": (
        "{who}: договор {contract} требует {least} оплаченных часов в неделю, а в {days} помещается не больше {most}; "
        "что поможет: {helps}"
    ),
    **{words: HELPS_RU[key] for key, words in HELPS.items()},
    **{words: FILLS_RU[key] for key, words in FILLS.items()},
    "Members missing on the queue": "Не хватает сотрудников на очереди",
    "Weeks nobody has planned for": "Недели, под которые план не строился",
    "{paid} paid hours, cost {cost}; the days need {hours} hours on the queue": (
        "Оплаченных часов: {paid}, цена {cost}; дням нужно часов на очереди: {hours}"
    ),
    "within {gap} of the best roster of the shifts chosen among, which is no bound for all rosters": (
        "не дальше {gap} от лучшего расписания из выбранных видов смен; это не нижняя граница для всех расписаний"
    ),
    "its worst interval": "худший интервал",
    "what would help": "что поможет",
    "paid hours": "оплачено часов",
    "name": "имя",
    "day": "день",
    "time": "время",
    "kept": "соблюдено",
    "yes": "да",
    "no": "нет",
    "no day": "ни один день",
}
