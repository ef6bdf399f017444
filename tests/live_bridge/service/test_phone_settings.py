"""What users set on their phones outlives a restart. R-15.11, R-06.11."""

from __future__ import annotations

from pathlib import Path

from engine.contract import events as ev
from engine.contract import notes as note
from live_bridge.service.phone_settings import FILE, SettingsKeeper
from tests.harness import rule


@rule("R-15.11", "R-06.11")
def test_settings_are_told_again_after_a_restart(tmp_path: Path) -> None:
    """R-15.11: of users there are; a broken file is none."""
    keeper = SettingsKeeper(tmp_path)
    for user, setting, value in (
        (101, "do_not_disturb", "on"), (102, "forwarding", "103"), (102, "do_not_disturb", "on"), (102, "do_not_disturb", "off"),
        (104, "forwarding", "103"), (104, "forwarding", ""), (105, "forwarding", "89161234567"),
    ):  # fmt: skip
        keeper.take(0, note.UserSettingChanged(user=user, setting=setting, value=value))
    told: list[ev.Event] = []
    SettingsKeeper(tmp_path).restore(lambda user: user != 105, told.append)
    assert told == [ev.DoNotDisturbSet(user=101, on=True), ev.ForwardingSet(user=102, to="103")]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    (tmp_path / FILE).write_text("{")
    assert SettingsKeeper(tmp_path).kept.forwarded == {}
