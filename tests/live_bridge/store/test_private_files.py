"""A bridge's files are its owner's alone, whoever makes them first."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_bridge.store import private_files
from live_bridge.store.store import Store


def open_to_others(folder: Path) -> list[str]:
    """Whatever in a folder, itself included, somebody else may read, write or enter."""
    found = [folder, *folder.rglob("*")]
    return [
        f"{path} {stat.S_IMODE(path.lstat().st_mode):o}"
        for path in found
        if not path.is_symlink() and path.lstat().st_mode & 0o077
    ]


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """Everybody may read what this process makes, unless it says otherwise; as before afterwards."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_database_and_its_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new' / 'var' / 'live.sqlite'}")
    store.keep_token("x", "digest", ["calls:read"])
    assert open_to_others(tmp_path / "new") == []
    store.close()


def test_what_was_open_is_closed_and_links_are_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "var", tmp_path / "elsewhere"
    (folder / "media" / "recordings").mkdir(parents=True)
    for name in ("live.sqlite", "live.log", "web-secret", "media/recordings/c7.r1.wav"):
        (folder / name).write_text("x")
    elsewhere.write_text("of somebody else")
    (folder / "link").symlink_to(elsewhere)
    (folder / "dangling").symlink_to(tmp_path / "nowhere")
    assert private_files.close_to_others(folder) == 7
    assert open_to_others(folder) == []
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o666
    assert (folder / "media" / "recordings" / "c7.r1.wav").read_text() == "x"
    assert private_files.close_to_others(folder) == 0


def test_folder_that_is_there_keeps_its_mode_until_the_bridge_starts(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_files.make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert open_to_others(tmp_path / "a") == []


@pytest.mark.parametrize("command", ["passwd", "token"])
def test_commands_that_come_before_the_bridge_leave_nothing_open(tmp_path: Path, command: str) -> None:
    pbx = [str(Path(sys.executable).parent / "pbx")]
    run = {"check": True, "capture_output": True, "text": True, "timeout": 60, "umask": 0}
    folder = tmp_path / "var"
    subprocess.run([*pbx, "passwd", "101", "--folder", str(folder)], **run)  # type: ignore[call-overload]
    if command == "token":
        subprocess.run([*pbx, "token", "x", "--database", str(folder)], **run)  # type: ignore[call-overload]
    assert (folder / "live.sqlite").is_file()
    assert open_to_others(folder) == []
