"""Russian texts of weeks of shifts (`pbx staff --week`), a part of the catalogue in `texts.py`."""

from __future__ import annotations

from pbxsim.rostering.helps import FILLS, FILLS_RU, HELPS, HELPS_RU

TEXTS: dict[str, str] = {
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
