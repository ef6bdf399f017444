"""One call as a ladder: what each party said to the other, from the journal (events) and what the engine said (commands).

Decides the columns (caller, PBX, one per leg) and the words. Leaves finding the records of a call to `journal_store.py`, and to
print or draw to the commands and the workbench.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import SECOND_US, CallId, Instant
from engine.records.journal import Record
from live_bridge.store import call_versions
from live_bridge.store.call_versions import Labels

CALLER, PBX = "caller", "PBX"

HIDDEN = "•"
"""Stands for a key that was pressed."""


class Rung(msgspec.Struct, frozen=True):
    """One arrow, or a remark over the PBX when both ends are the same."""

    at: Instant
    source: str
    target: str
    text: str
    name: str = ""
    """Which event, command or note it was; programs translate by it."""


def ladder(records: Iterable[Record], call: CallId, labels: Labels | None = None) -> list[Rung]:
    """All rungs of one call in order; an empty list when the journal does not know it. `labels` are numbers and names of
    versions, by digest."""
    known = {} if labels is None else labels
    legs: dict[str, str] = {}
    rungs: list[Rung] = []
    for record in records:
        said = record.said or ()
        before = [line for line in said if line[0] < record.at]
        for at, message in before:
            _message(rungs, legs, call, at, message, known)
        _event(rungs, legs, call, record)
        for at, message in said[len(before) :]:
            _message(rungs, legs, call, at, message, known)
    return rungs


def _event(rungs: list[Rung], legs: dict[str, str], call: CallId, record: Record) -> None:
    event = record.event
    if isinstance(event, ev.DigitPressed):
        event = msgspec.structs.replace(event, digit=HIDDEN)  # people need to know when, and the exit says what for
    leg = getattr(event, "leg", None)
    started = getattr(event, "play", None) or getattr(event, "recording", None)
    if started is not None:
        if str(started).rpartition(".")[0] == call:
            rungs.append(Rung(record.at, PBX, PBX, _words(event, "play", "recording"), type(event).__name__))
    elif leg is not None:
        if leg in legs:
            rungs.append(Rung(record.at, legs[leg], PBX, _words(event, "leg", "call"), type(event).__name__))
    elif getattr(event, "call", None) == call:
        rungs.append(
            Rung(record.at, CALLER, PBX, _words(event, "call", "draw_seed", "caller_name"), type(event).__name__)
        )


def _message(
    rungs: list[Rung], legs: dict[str, str], call: CallId, at: Instant, message: cmd.Command | note.Note, labels: Labels
) -> None:
    leg = getattr(message, "leg", None)
    if isinstance(message, cmd.PlaceLeg):
        if message.call == call:
            legs[message.leg] = _party(message)
            rungs.append(Rung(at, PBX, legs[message.leg], f"PlaceLeg {message.leg}", "PlaceLeg"))
    elif isinstance(message, (cmd.CancelLeg, cmd.EndLeg)):
        if leg in legs:
            rungs.append(Rung(at, PBX, legs[str(leg)], _words(message, "leg", "call"), type(message).__name__))
    elif isinstance(message, cmd.Bridge):
        if message.call == call:
            rungs.append(Rung(at, CALLER, legs.get(message.leg, PBX), "media both ways", "Bridge"))
    elif getattr(message, "call", None) != call:
        return
    elif isinstance(message, cmd.Command):
        rungs.append(
            Rung(
                at,
                PBX,
                CALLER,
                _words(message, "call", "play", "recording", "message", "recipients"),
                type(message).__name__,
            )
        )
    elif isinstance(message, note.CallStarted):
        version = call_versions.shown(message.flow, **call_versions.fields(message.flow, labels))
        rungs.append(Rung(at, PBX, PBX, f"version {version}", "CallStarted"))
    elif isinstance(message, note.ElementEntered):
        rungs.append(Rung(at, PBX, PBX, f"{message.kind} {message.element}", "ElementEntered"))
    elif isinstance(message, note.ElementLeft):
        rungs.append(
            Rung(at, PBX, PBX, f"{message.element} → {message.to} by {message.output} ({message.rule})", "ElementLeft")
        )
    elif isinstance(message, note.CallEnded):
        rungs.append(Rung(at, PBX, PBX, f"ended: {message.cause} by {message.party}", "CallEnded"))


def _party(command: cmd.PlaceLeg) -> str:
    target = command.target
    if isinstance(target, cmd.Devices):
        return str(target.user)
    return target.number if isinstance(target, cmd.Outside) else target.uri


def _words(message: ev.Event | cmd.Command, *without: str) -> str:
    plain = msgspec.to_builtins(message)
    kept = [f"{name}={value}" for name, value in plain.items() if name not in (*without, "type") and value is not None]
    return " ".join([type(message).__name__, *kept])


def as_text(rungs: Sequence[Rung], width: int = 26) -> list[str]:
    """A ladder for a terminal: a line per rung, the seconds since the first in front."""
    parties = _parties(rungs)
    middle = {party: 10 + width * place + width // 2 for place, party in enumerate(parties)}
    lines = [" " * 10 + "".join(party[: width - 2].center(width) for party in parties).rstrip()]
    for rung in rungs:
        seconds = f"{(rung.at - rungs[0].at) / SECOND_US:8.3f}  "
        if rung.source == rung.target:
            lines.append(f"{seconds}{' ' * (middle[PBX] - 10)}· {rung.text}")
            continue
        left, right = sorted((middle[rung.source], middle[rung.target]))
        shaft = "─" * (right - left - 1)
        arrow = shaft[:-1] + "▶" if middle[rung.source] < middle[rung.target] else "◀" + shaft[1:]
        lines.append(f"{seconds}{' ' * (left - 10)}│{arrow}│ {rung.text}")
    return lines


def as_mermaid(rungs: Sequence[Rung]) -> list[str]:
    """A Mermaid sequence diagram."""
    ids = {party: f"p{place}" for place, party in enumerate(_parties(rungs))}
    lines = ["sequenceDiagram", *(f"    participant {short} as {party}" for party, short in ids.items())]
    for rung in rungs:
        text = rung.text.replace(";", ",").replace("#", "hash")
        seconds = f"{(rung.at - rungs[0].at) / SECOND_US:.3f}"
        if rung.source == rung.target:
            lines.append(f"    Note over {ids[PBX]}: {seconds} {text}")
        else:
            lines.append(f"    {ids[rung.source]}->>{ids[rung.target]}: {seconds} {text}")
    return lines


def _parties(rungs: Sequence[Rung]) -> list[str]:
    found = dict.fromkeys([CALLER, PBX])
    for rung in rungs:
        found[rung.source] = found[rung.target] = None
    return list(found)
