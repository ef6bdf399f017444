"""Texts of the forecast on the Live page in English and Russian; `texts.py` takes them in. Decides wording only."""

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
}
"""By name; `texts.py` says what the columns are."""
