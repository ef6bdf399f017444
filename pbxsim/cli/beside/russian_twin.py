"""The Russian catalogue of `pbx twin`. Leaves all other texts to `cli/russian/texts.py`, which takes these in."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "How callers and members behave on such a day.": "Как ведут себя звонящие и сотрудники в такой день.",
    "File with a token of scope twin for that bridge, readable by you only.": (
        "Файл с ключом этого моста с правом twin; читать его можете только вы."
    ),
    "Seconds from one forecast to the next.": "Секунд от прогноза до прогноза.",
    "Replications of each forecast.": "Прогонов в каждом прогнозе.",
    "One forecast, and no post.": "Один прогноз, мосту он не передаётся.",
    "Forecast the next hour of a running bridge every minute, from the state it is in, and post it there for the Live page.": (
        "Каждую минуту прогнозировать ближайший час работающего моста по его состоянию и отдавать прогноз мосту: он виден на "
        "странице «Эфир»."
    ),
    (
        "What was forecast is held against what happened. Arrivals, patience and talk of the day are tested against the "
        "scenario, whose date is moved to today; a difference is told with its size."
    ): (
        "Прогноз сверяется с тем, что произошло. Поток звонков, терпение и разговоры этого дня проверяются по сценарию, дата "
        "которого переносится на сегодня; о расхождении сообщается с его величиной."
    ),
    "{bridge} cannot be followed: {reason}.": "За {bridge} не получается следить: {reason}.",
    "queue": "очередь",
    "mean wait": "среднее ожидание",
    "waiting at the end": "ждут в конце",
    "{queue}: {covered} of {judged} half-hours lay within their band (8 of 10 should)": (
        "{queue}: в полосу попали получасов: {covered} из {judged} (должно быть 8 из 10)"
    ),
    "{of}: {ratio:.2f} times as many calls as the scenario has (95 %: {low:.2f} to {high:.2f})": (
        "{of}: звонков в {ratio:.2f} раза больше, чем в сценарии (95 %: от {low:.2f} до {high:.2f})"
    ),
    "{of}: callers give up at {ratio:.2f} times the scenario's rate (95 %: {low:.2f} to {high:.2f})": (
        "{of}: звонящие сдаются в {ratio:.2f} раза быстрее, чем в сценарии (95 %: от {low:.2f} до {high:.2f})"
    ),
    "{of}: talks end at {ratio:.2f} times the scenario's rate (95 %: {low:.2f} to {high:.2f})": (
        "{of}: разговоры кончаются в {ratio:.2f} раза быстрее, чем в сценарии (95 %: от {low:.2f} до {high:.2f})"
    ),
}
