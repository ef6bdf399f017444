"""The forecast as the Live page tells it: bands, what happened, what differs; in both languages, also when there is none."""

from __future__ import annotations

import msgspec
import pytest

from engine.calendar import zones
from engine.contract.ids import SECOND_US
from engine.records.forecast import Band, Drift, Forecast, Happened, Outlook, QueueForecast
from pbxsim.workbench.live import outlook
from pbxsim.workbench.shell.texts import Texts

AT = 1_795_422_600 * SECOND_US
HALF = 1800 * SECOND_US


def forecast() -> Forecast:
    def ahead(begin: int, end: int) -> Outlook:
        return Outlook(
            begin=AT + begin, end=AT + end, offered=Band(8, 12, 17), abandoned=Band(0, 1, 3), wait_s=Band(12, 40, 95),
            longest_wait_s=Band(30, 90, 200), service_level=Band(0.55, 0.7, 0.9), waiting=Band(0, 1, 4),
        )  # fmt: skip

    seen = [
        Happened(
            begin=AT - 2 * HALF, end=AT - HALF, offered=12, answered=11, abandoned=1, wait_s=33.0, service_level=0.8,
            ahead_s=3600.0, wait_band=Band(10, 30, 80), service_band=None,
        ),
        Happened(
            begin=AT - HALF, end=AT, offered=15, answered=11, abandoned=4, wait_s=133.0, service_level=0.4,
            ahead_s=3600.0, wait_band=Band(10, 30, 80), service_band=None,
        ),
    ]  # fmt: skip
    queue = QueueForecast(
        queue=5200, name="Sales & <co>", waiting=3, longest_wait_s=42.0, to_answer=Band(1, 2, 3),
        intervals=tuple(ahead(n * HALF // 6, (n + 1) * HALF // 6) for n in range(12)),
        half_hours=(ahead(0, HALF), ahead(HALF, 2 * HALF)), happened=tuple(seen), covered=1, judged=2,
    )  # fmt: skip
    drift = (
        Drift(
            what="arrivals", of="moscow", seen=90, expected=60.0, ratio=1.5, low=1.2, high=1.9, p=0.001, flagged=True
        ),
        Drift(what="talk", of="5200", seen=50, expected=49.0, ratio=1.02, low=0.7, high=1.4, p=1.0, flagged=False),
    )
    return Forecast(
        at=AT,
        flow="f",
        scenario="weekday",
        replications=200,
        took_s=1.0,
        queues=(queue,),
        drift=drift,
        watched_since=AT,
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("1:35", "70 % (55–90)", "Today 1 of 2 half-hours", "differs", "× 1.50 (1.20–1.90)", "Made 0:20 ago")),
        ("ru", ("1:35", "Сегодня в полосу попали получасов: 1 из 2", "расходится", "Сделан 0:20 назад")),
    ],
)
def test_the_card_tells_bands_and_drift(language: str, words: tuple[str, ...]) -> None:
    told = {"forecast": msgspec.to_builtins(forecast()), "age_s": 20.0}
    card = outlook.shown(*outlook.forecast_of(told), zones.parse("UTC"), Texts(language), dark=False)
    for one in words:
        assert one in card
    assert "Sales &amp; &lt;co&gt;" in card and "<co>" not in card
    assert card.count("<rect") == 2 and card.count("<circle") == 2 and card.count("<polygon") == 1
    assert card.index("moscow") < card.index("talk" if language == "en" else "конец разговоров")


def test_without_a_forecast_the_card_says_how_to_make_one_and_an_old_one_is_called_old() -> None:
    texts = Texts("en")
    zone = zones.parse("UTC")
    for told in ({"forecast": None}, {"forecast": {"at": "nonsense"}}, {}):
        assert "pbx twin URL" in outlook.shown(*outlook.forecast_of(told), zone, texts, dark=True)
    assert "pbx twin has stopped" in outlook.shown(forecast(), 900.0, zone, texts, dark=True)
