"""What scenarios that come with the project are called in Russian. Decides wording only; a person's own keep their words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pbxsim import datasets
from pbxsim.scenario.scenario import Scenario

NAMES_RU = {
    "example weekday": "будний день, пример",
    "office weekday": "будний день офиса",
    "shop saturday": "суббота магазина",
    "clinic monday": "понедельник клиники",
    "callcentre weekday": "будний день контакт-центра",
}
ABOUT_RU = {
    "The Anonymous Bank's weekday profile on the example PBX": (
        "Звонки по часам, как в будни у банка Anonymous Bank; АТС — из примера"
    ),
    "A small office on a Monday; figures are assumptions": "Небольшой офис в понедельник; числа — допущения",
    "A shop in two cities on a Saturday; figures are assumptions": "Магазин в двух городах в субботу; числа — допущения",
    "A clinic on a Monday; figures are assumptions": "Клиника в понедельник; числа — допущения",
    "A call centre of 22 queues on a Monday; figures are assumptions": (
        "Контакт-центр с 22 очередями в понедельник; числа — допущения"
    ),
}


def named(name: str, language: str) -> str:
    """The name of a scenario for people.

    >>> named("example weekday", "ru"), named("my morning", "ru")
    ('будний день, пример', 'my morning')
    """
    return NAMES_RU.get(name, name) if language == "ru" else name


def options(files: Mapping[str, Path], language: str) -> dict[str, str]:
    """Scenarios to choose from, by what people read; those of a person keep their names, whatever these are."""
    ours = datasets.folder() / "scenarios"
    return {named(name, language) if path.parent == ours else name: name for name, path in files.items()}


def about(scenario: Scenario, language: str) -> str:
    """What a scenario is."""
    return ABOUT_RU.get(scenario.about, scenario.about) if language == "ru" else scenario.about
