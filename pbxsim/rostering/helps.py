"""What would help where contracts do not fit or members are missing, in English and Russian. Decides wording only."""

from __future__ import annotations

from typing import Final

HELPS: Final = {
    "window": "longer hours of presence, or shorter shifts: no shift fits between `from` and `to`",
    "day": "another day on which they may work, fewer days off or more days in a row, or a longer shift",
    "sum": "shifts of another length, or fewer hours: shifts of these lengths do not add up to the hours asked",
}
"""What would help where a contract does not fit."""

HELPS_RU: Final = {
    "window": "более долгое присутствие или более короткие смены: между `from` и `to` не помещается ни одна смена",
    "day": "ещё один рабочий день, меньше выходных или больше дней подряд, или смена длиннее",
    "sum": "смены другой длины или меньше часов: из таких смен нужные часы не складываются",
}

FILLS: Final = {
    "people": "one more person who may work then: everybody who serves these queues works that day or may not",
    "hours": "more hours in the week of those named: they have none left for a shift",
    "days": "a day off less, or one more in a row, for those named",
    "rest": "shifts of other lengths or less rest for those named: what they work before or after leaves no room",
}
"""What would help where members are missing."""

FILLS_RU: Final = {
    "people": "ещё один человек на это время: все, кто обслуживает эти очереди, в этот день работают или не могут",
    "hours": "больше часов в неделю у названных: на смену у них часов не осталось",
    "days": "на выходной меньше или на день подряд больше у названных",
    "rest": "смены другой длины или меньше отдыха у названных: соседние смены не оставляют места",
}
