"""A canary's report in words, in both languages: figures, what they say, the plan, evidence (R-25.8, R-25.9)."""

from __future__ import annotations

from typing import Any

from engine.calendar import zones
from pbxsim.workbench.live import canary_tables, promotion
from pbxsim.workbench.shell.texts import Texts
from tests.harness import rule

EN, RU = Texts("en"), Texts("ru")
ZONE = zones.parse("Europe/Moscow")


def figure(canary: float | None, live: float | None, worse: list[float] | None, alarm: bool = False) -> dict[str, Any]:
    sides = {
        side: {"calls": 0 if value is None else 40, "value": value, "interval": None if value is None else [0.4, 0.9]}
        for side, value in (("canary", canary), ("live", live))
    }
    return {**sides, "worse_by": worse, "alarm": alarm}


def report(**more: Any) -> dict[str, Any]:
    return {
        "flow": "a" * 64, "live": "b" * 64, "number": 7, "name": "autumn", "live_number": 6, "live_name": "",
        "share": 0.2, "begun_at": 1_795_422_600_000_000, "by": "Olga", "within_s": 20.0, "automatic": True,
        "figures": {
            "service_level": figure(0.62, 0.81, [0.02, 0.36], alarm=True), "wait": figure(12.5, 8.0, [-1.0, 10.0]),
            "failed": figure(None, 0.0, None),
        },
        **more,
    }  # fmt: skip


@rule("R-25.9")
def test_figures_stand_side_by_side_with_intervals_calls_and_what_they_say() -> None:
    shown = canary_tables.figures(report(), EN, dark=False)
    for words in (
        "On trial: v7 autumn", "Live: v6", "answered within 20 s", "62.0 %", "40.0 … 90.0 %, calls: 40", "+2.0 … +36.0 points",
        "worse, by more than chance", "12.5 s", "−1.0 … +10.0 s", "not worse by more than chance", "too few calls yet",
    ):  # fmt: skip
        assert words.lower() in shown.lower(), words
    assert "хуже, и это не случайность" in canary_tables.figures(report(), RU, dark=True)
    assert "No call has counted yet." in canary_tables.figures(report(figures={}), EN, dark=False)


@rule("R-25.9")
def test_decision_says_who_decides_and_how_bad_it_is() -> None:
    assert canary_tables.decision(report(), EN)[1] == "error"
    assert "a person decides" in canary_tables.decision(report(automatic=False), EN)[0]
    well = report(figures={"wait": figure(8.0, 8.0, [-3.0, 3.0])})
    assert canary_tables.decision(well, EN)[1] == "info" and "5\u00a0s" in canary_tables.decision(well, EN)[0]
    ended = {
        **report(),
        "outcome": "rolled_back",
        "at": 1_795_422_600_000_000,
        "reason": "wait 9 s against 2 s (R-25.9)",
    }
    words, severity = canary_tables.ended(ended, ZONE, EN)
    assert words.startswith("v7 autumn was rolled back at 2026-11-23 11:30") and severity == "warning"


@rule("R-25.6", "R-25.9")
def test_facts_name_who_began_it_which_calls_it_takes_and_its_plan() -> None:
    more = {
        "numbers": ["74951234567"], "callers": ["7916+"], "until": 1_795_426_200_000_000, "targets": {"service_level": 0.8},
        "plan": {"shares": [0.5, 1.0], "each_s": 1800.0, "paused": True},
    }  # fmt: skip
    shown = canary_tables.facts(report(**more), ZONE, EN, dark=False)
    for words in (
        "2026-11-23 11:30, Olga", "to 74951234567, from 7916+, until 2026-11-23 12:30", "at least 80 %",
        "50 % → 100 %; each share lasts at least 30:00 and 200 calls. The plan rests.",
    ):  # fmt: skip
        assert words in shown, words
    assert canary_tables.plan({"shares": []}, EN) == "no share is to come"


@rule("R-25.8")
def test_badge_says_what_a_version_showed_and_what_it_lacks() -> None:
    assert "pbx gate does it" in promotion.badge(None, True, EN, dark=False)
    found = {
        "counts": False, "reasons": ["it was held against another version"],
        "report": {"scenario": "weekday", "replications": 12},
    }  # fmt: skip
    shown = promotion.badge(found, True, EN, dark=False)
    for words in (
        "does not count",
        "weekday, 12 days",
        "held against another version",
    ):
        assert words in shown, words
    assert "прошла проверку" in promotion.badge({**found, "counts": True, "reasons": []}, True, RU, dark=True)


@rule("R-25.8")
def test_who_lands_elsewhere_is_part_of_the_question() -> None:
    found: dict[str, Any] = {
        "minutes": 15660.0, "logged": 900, "moved": 31, "days": 30, "by_change": [["queue 5200", "voicemail 5120", 31]],
        "landings": [["74951234567", "all callers", "voicemail 5120", "greeting 5000", 15660.0]],
    }  # fmt: skip
    shown = promotion.landings(found, EN, dark=False)
    for words in (
        "15\xa0660 minutes of a year",
        "of its own calls of 30 days",
        "31 of 900",
        "Queue 5200 → Voicemail 5120",
    ):
        assert words in shown, words
    unlogged = promotion.landings({**found, "logged": 0, "by_change": []}, RU, dark=True)
    assert "Голосовая почта 5120 → Приветствие 5000" in unlogged and "из своих звонков" not in unlogged
    assert "nobody, in a whole year" in promotion.landings({**found, "minutes": 0.0, "landings": []}, EN, dark=False)
