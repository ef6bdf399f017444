"""The journal's files: what is in them after a kill, a power cut, damage, a full disk; and who may write them."""

from __future__ import annotations

import errno
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_bridge.store import journal_file, journal_segments
from live_bridge.store.journal_file import InDoubt, JournalFile
from live_bridge.store.journal_segments import JournalUnavailable, Position, frame, frames

COLUMNS = {"journal": ("run", "n", "at", "line")}


def entries(folder: Path) -> list[bytes]:
    """All of them, in order."""
    found: list[bytes] = []
    here = Position(0, 0)
    while True:
        read = journal_segments.read(folder, here, most_bytes=1000)
        found += read.entries
        if read.position == here:
            return found
        here = read.position


def last(folder: Path) -> Path:
    return journal_segments.path_of(folder, journal_segments.segments(folder)[-1])


def wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.005)


class Disk:
    """A disk that is full or fails for as long as somebody says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.half = False
        """Whether it takes a part of what is written before it is full."""
        self.fails = False
        self.waits = 0
        monkeypatch.setattr(journal_file, "_write", self.write)
        monkeypatch.setattr(journal_file, "_wait_for_disk", self.wait)

    def write(self, fd: int, data: bytes) -> int:
        if self.full:
            if self.half and len(data) > 10:
                return os.write(fd, data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(fd, data)

    def wait(self, fd: int) -> None:
        self.waits += 1
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(fd)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_entries_come_back_in_order_over_many_segments_and_starts(tmp_path: Path) -> None:
    written = []
    for start in range(3):
        file = JournalFile(tmp_path, COLUMNS, segment_bytes=2000)
        for n in range(100):
            written.append(f"{start}.{n}".encode() * (1 + n % 40))
            file.append(written[-1])
        assert file.sync()
        file.close()
    assert entries(tmp_path) == written and len(journal_segments.segments(tmp_path)) > 6
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {0o600} and tmp_path.stat().st_mode & 0o077 == 0, "calls of other people"


def test_entry_longer_than_a_read_comes_back(tmp_path: Path) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    file.append(b"a")
    file.append(b"x" * 50_000)
    file.append(b"b")
    file.close()
    assert entries(tmp_path) == [b"a", b"x" * 50_000, b"b"]


@pytest.mark.parametrize("cut", range(1, 25))
def test_tail_torn_anywhere_is_cut_and_the_rest_is_whole(tmp_path: Path, cut: int) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    file.append(b"whole")
    file.append(b"fourteen bytes")
    file.close()
    path = last(tmp_path)
    os.truncate(path, path.stat().st_size - cut)
    again = JournalFile(tmp_path, COLUMNS)
    again.append(b"next")
    again.close()
    assert entries(tmp_path) == ([b"whole", b"next"] if cut < 25 else [b"next"])
    assert again.torn == 24 - cut


@pytest.mark.parametrize(
    "tail",
    [b"\0" * 5000, b"\xa5\x5a" + b"\xff" * 300, random.Random(7).randbytes(1000)],
    ids=["zeroes", "a head", "noise"],
)
def test_tail_that_a_power_cut_left_in_the_file_is_cut(tmp_path: Path, tail: bytes) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    file.append(b"whole")
    file.close()
    with last(tmp_path).open("ab") as end:
        end.write(tail)
    again = JournalFile(tmp_path, COLUMNS)
    again.append(b"next")
    again.close()
    assert entries(tmp_path) == [b"whole", b"next"] and again.torn == len(tail)


def test_file_that_was_only_named_before_a_power_cut_does_not_stop_a_start(tmp_path: Path) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    file.append(b"one")
    file.close()
    journal_segments.path_of(tmp_path, 2).write_bytes(b"")
    again = JournalFile(tmp_path, COLUMNS)
    again.append(b"two")
    again.close()
    assert entries(tmp_path) == [b"one", b"two"] and again.name == file.name


def test_damage_in_the_middle_costs_what_it_hit_and_is_counted(tmp_path: Path) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    for n in range(5):
        file.append(b"entry %d" % n)
    file.close()
    data = bytearray(last(tmp_path).read_bytes())
    data[data.index(b"entry 2") + 3] ^= 0x40
    last(tmp_path).write_bytes(data)
    assert entries(tmp_path) == [b"entry 0", b"entry 1", b"entry 3", b"entry 4"]
    read = journal_segments.read(tmp_path, Position(0, 0))
    assert read.damaged == len(frame(b"entry 2", 0))
    again = JournalFile(tmp_path, COLUMNS)
    again.close()
    assert again.torn == 0 and b"entry 4" in entries(tmp_path), "damage before whole entries is no torn tail"


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8), st.binary(max_size=40), st.integers(0, 2**32 - 1), st.data())
def test_frames_survive_any_bytes_around_them(
    written: list[bytes], noise: bytes, key: int, data: st.DataObject
) -> None:
    """Whatever stands between frames, and frames of another key inside of entries, are not taken for entries."""
    forged = [entry + frame(b"forged", key ^ 1) for entry in written]
    pieces = [frame(entry, key) for entry in forged]
    place = data.draw(st.integers(0, len(pieces)))
    stream = b"".join([*pieces[:place], noise, *pieces[place:]])
    found = [entry for _, entry, _ in frames(stream, key)]
    assert [entry for entry in found if entry in forged] == forged or noise.startswith(b"\xa5")
    assert b"forged" not in found


def test_one_process_writes_a_journal(tmp_path: Path) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    with pytest.raises(JournalUnavailable, match="another bridge"):
        JournalFile(tmp_path, COLUMNS)
    file.close()
    JournalFile(tmp_path, COLUMNS).close()


def test_journal_of_a_newer_form_is_refused(tmp_path: Path) -> None:
    JournalFile(tmp_path, COLUMNS).close()
    data = bytearray(last(tmp_path).read_bytes())
    data[5] = 9
    data[10:14] = __import__("zlib").crc32(bytes(data[:10])).to_bytes(4, "big")
    last(tmp_path).write_bytes(data)
    with pytest.raises(JournalUnavailable, match="format 9"):
        JournalFile(tmp_path, COLUMNS)


@pytest.mark.parametrize("half", [False, True])
def test_full_disk_holds_entries_in_order_and_writes_them_when_there_is_room(
    tmp_path: Path, disk: Disk, half: bool
) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    told: list[str] = []
    file.on_change = told.append
    file.append(b"before")
    disk.full, disk.half = True, half
    for n in range(20):
        file.append(b"during %d" % n)
    assert "No space left" in file.failed and file.held == 20
    with pytest.raises(JournalUnavailable, match="nothing was changed"):
        file.append_now(b"never")
    assert entries(tmp_path) == [b"before"], "what was half written is gone"
    disk.full = False
    wait_until(lambda: not file.failed)
    file.append(b"after")
    assert file.sync() and file.held == 0
    file.close()
    assert entries(tmp_path) == [b"before", *(b"during %d" % n for n in range(20)), b"after"]
    assert [bool(one) for one in told] == [True, False]


def test_disk_full_at_the_end_of_a_segment_begins_no_other_and_goes_on_later(tmp_path: Path, disk: Disk) -> None:
    file = JournalFile(tmp_path, COLUMNS, segment_bytes=600)
    file.append(b"x" * 400)
    disk.full = True
    file.append(b"y" * 400)
    assert file.failed and len(journal_segments.segments(tmp_path)) == 1
    disk.full = False
    wait_until(lambda: not file.failed)
    file.close()
    assert [entry[:1] for entry in entries(tmp_path)] == [b"x", b"y"]


def test_memory_held_for_a_full_disk_is_bounded_and_what_is_lost_is_counted(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "HELD_MOST", 1000)
    file = JournalFile(tmp_path, COLUMNS)
    disk.full = True
    for n in range(20):
        file.append(b"%03d" % n * 33)
    assert file.held == 10 and file.lost == 10
    disk.full = False
    wait_until(lambda: not file.failed)
    file.close()
    assert len(entries(tmp_path)) == 10


def test_disk_that_does_not_confirm_leaves_in_doubt_and_is_told_until_it_does(tmp_path: Path, disk: Disk) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    disk.fails = True
    with pytest.raises(InDoubt, match="does not confirm"):
        file.append_now(b"promoted")
    assert file.failed
    disk.fails = False
    wait_until(lambda: not file.failed)
    assert file.append_now(b"undone") == 2
    file.close()
    assert entries(tmp_path) == [b"promoted", b"undone"]


def test_many_entries_share_one_wait_for_the_disk(tmp_path: Path, disk: Disk) -> None:
    file = JournalFile(tmp_path, COLUMNS)
    for n in range(2000):
        file.append(b"%d" % n)
    assert file.sync() and disk.waits < 200
    file.close()


def test_threads_that_append_at_once_lose_nothing_and_mix_nothing(tmp_path: Path) -> None:
    file = JournalFile(tmp_path, COLUMNS, segment_bytes=5000)

    def work(name: int) -> None:
        for n in range(200):
            (file.append_now if n % 50 == 0 else file.append)(b"%d.%d" % (name, n))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    found = entries(tmp_path)
    for name in range(4):
        mine = [entry for entry in found if entry.startswith(b"%d." % name)]
        assert mine == [b"%d.%d" % (name, n) for n in range(200)]
    assert file.appended == 800 == len(found)
