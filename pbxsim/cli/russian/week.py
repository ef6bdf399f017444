"""Russian texts of weeks of shifts (`pbx staff --week`), a part of the catalogue in `texts.py`."""

from __future__ import annotations

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
    "longer hours of presence, or shorter shifts: no shift fits between `from` and `to`": (
        "более долгое присутствие или более короткие смены: между `from` и `to` не помещается ни одна смена"
    ),
    "another day on which they may work, fewer days off or more days in a row, or a longer shift": (
        "ещё один рабочий день, меньше выходных или больше дней подряд, или смена длиннее"
    ),
    "shifts of another length, or fewer hours: shifts of these lengths do not add up to the hours asked": (
        "смены другой длины или меньше часов: из таких смен нужные часы не складываются"
    ),
    "one more person who may work then: everybody who serves these queues works that day or may not": (
        "ещё один человек на это время: все, кто обслуживает эти очереди, в этот день работают или не могут"
    ),
    "more hours in the week of those named: they have none left for a shift": (
        "больше часов в неделю у названных: на смену у них часов не осталось"
    ),
    "a day off less, or one more in a row, for those named": "на выходной меньше или на день подряд больше у названных",
    "shifts of other lengths or less rest for those named: what they work before or after leaves no room": (
        "смены другой длины или меньше отдыха у названных: соседние смены не оставляют места"
    ),
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
    "mon": "пн",
    "tue": "вт",
    "wed": "ср",
    "thu": "чт",
    "fri": "пт",
    "sat": "сб",
    "sun": "вс",
}
