"""Journals: what is written is read, what is replayed is said again to the bit, whatever the hash seed and the wake-ups."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.contract.errors import CorruptRecord, ReplayDiverged
from engine.records import journal
from engine.state.sink import Stamped
from tests.chaos import Chaos
from tests.engine.control.test_state_machine import FLOWS, run
from tests.harness import rule

ROOT = Path(__file__).resolve().parents[3]
BY_DIGEST = {flow.digest: flow for flow in FLOWS}


def lines_of(chaos: Chaos, with_said: bool = True) -> list[bytes]:
    """A day as a driver journals it: outside events only; what a wake-up said belongs to no record."""
    header = journal.Header(
        engine="0", tzdata="0", flow=FLOWS[0].digest, flows=tuple(flow.digest for flow in FLOWS[1:])
    )
    lines = [journal.encode_header(header) + b"\n"]
    pending: list[Stamped] = []
    n = 0
    for (at, event), said in zip(chaos.told, chaos.said):
        pending += said
        if not isinstance(event, ev.Advance):
            n += 1
            lines.append(journal.encode(n, at, event, pending if with_said else None) + b"\n")
            pending = []
    return lines


def digest_of(seed: int) -> str:
    """One random day journalled, read back and replayed; a digest of everything that was said."""
    chaos = run(seed)
    header, records = journal.read(lines_of(chaos))
    told = hashlib.sha256()
    journal.replay(header, records, BY_DIGEST, lambda record, said: told.update(journal.encode_said(said)))
    return told.hexdigest()


@rule("R-25.2")
@pytest.mark.parametrize("seed", range(100, 115))
def test_a_replayed_journal_says_the_same_to_the_byte_without_a_wake_up(seed: int) -> None:
    chaos = run(seed)
    header, records = journal.read(lines_of(chaos))
    engine = journal.replay(header, records, BY_DIGEST)
    assert not engine.tenant.calls


@rule("R-25.2")
def test_two_hash_seeds_give_the_same_bytes() -> None:
    code = "from tests.engine.records.test_journal import digest_of; print(*(digest_of(seed) for seed in (3, 7, 11)))"
    found = set()
    for hash_seed in ("1", "4294967295"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        found.add(done.stdout)
    assert len(found) == 1 and len(found.pop().split()) == 3


@rule("R-25.2")
def test_a_replay_may_be_cut_anywhere_and_says_the_same_up_to_there() -> None:
    lines = lines_of(run(5))
    whole: list[bytes] = []
    header, records = journal.read(lines)
    journal.replay(header, records, BY_DIGEST, lambda record, said: whole.append(journal.encode_said(said)))
    for cut in (1, len(lines) // 3, len(lines) // 2):
        part: list[bytes] = []
        header, records = journal.read(lines[:cut])
        journal.replay(header, records, BY_DIGEST, lambda record, said: part.append(journal.encode_said(said)))  # noqa: B023
        assert part == whole[: cut - 1]


def test_every_event_survives_being_written_and_read() -> None:
    chaos = run(2)
    _, records = journal.read(lines_of(chaos, with_said=False))
    assert [(r.at, r.event) for r in records] == [(a, e) for a, e in chaos.told if not isinstance(e, ev.Advance)]


def test_a_journal_never_holds_an_advance() -> None:
    assert not any(b'"Advance"' in line for line in lines_of(run(4)))


def test_what_differs_is_named_with_record_and_line() -> None:
    lines = lines_of(run(6))
    index = next(i for i, line in enumerate(lines) if b'"CallQueued"' in line)
    lines[index] = lines[index].replace(b'"position":', b'"position":9')
    header, records = journal.read(lines)
    with pytest.raises(ReplayDiverged, match=rf"record {index} .*CallQueued"):
        journal.replay(header, records, BY_DIGEST)


def test_a_version_that_is_not_here_is_named() -> None:
    header, records = journal.read(lines_of(run(6)))
    with pytest.raises(ReplayDiverged, match=f"{FLOWS[0].digest[:12]}.*is not here"):
        journal.replay(header, records, {})


def test_an_unfinished_last_line_is_left_out_and_anything_else_broken_is_named() -> None:
    lines = lines_of(run(6), with_said=False)
    _, records = journal.read([*lines, b'{"n":99999,"at":1,"ev'])
    assert sum(1 for _ in records) == len(lines) - 1
    _, records = journal.read([*lines[:3], b"{broken}\n", *lines[4:]])
    with pytest.raises(CorruptRecord, match="record 3 of the journal cannot be read"):
        list(records)
    _, records = journal.read([*lines[:3], *lines[4:]])
    with pytest.raises(CorruptRecord, match="record 3 of the journal says it is number 4"):
        list(records)
    with pytest.raises(CorruptRecord, match="no header"):
        journal.read([b"hello\n"])
    with pytest.raises(CorruptRecord, match="format 99"):
        journal.read([lines[0].replace(b'"format":1', b'"format":99')])
