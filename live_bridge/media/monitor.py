"""Listening to a talk: what rtp.io is asked so that somebody hears both sides, and is heard by one of them or by both.

Hearing costs the talk nothing: a session of rtp.io of its own gets a copy of every packet (its sub-command C, "forking") and
passes it to the packet port. To be heard, what goes to a side is diverted there too, gets the listener's voice and is sent on
from the same socket to the same address: no re-INVITE, no other source, no gap. Recordings, keys and counters of the talk see
packets before that, so a recording has the two sides and never the listener.

Decides the order of commands. Finds out where a side really is by recording a few packets of the copy, which carry where they
came from: behind address translation no description says it. Everything is called and calls back in the bridge's one thread;
after `delete` nothing is called back. Leaves mixing to `mixer.py`. Limits: IPv4; codecs that we can decode (`codecs.PAYLOADS`);
to speak, a system where sockets can be found (`packet_filter.py`), and a side that is sent sound: the voice travels in packets
of the other side's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from live_bridge.media.latching import Address, Ask
from live_bridge.media.mixer import Mix
from live_bridge.media.mixing import Addition
from live_bridge.media.recording import read_sources
from live_bridge.media.rtpio import is_refusal
from live_bridge.media.session import Media, MediaSession, Side

log = logging.getLogger(__name__)

Done = Callable[[bool], None]
Later = Callable[[float, Callable[[], None]], object]

PROBE_S: Final = 0.1
PROBES: Final = 10
"""How long, and how often, a side is recorded to see where its packets come from."""


class Monitor:
    """One talk that one listener hears. `talk` is its session, `listener` the session whose side a is the listener; `later` sets
    a timer of the thread that owns the calls. States: new, open, deleted."""

    def __init__(self, media: Media, talk: MediaSession, listener: MediaSession, later: Later) -> None:
        self.wanted: Callable[[], bool] | None = None
        """See `MediaSession.wanted`."""
        self.deleted = False
        self.speaks_to: tuple[Side, ...] = ()
        """Sides that hear the listener."""
        self._media = media
        self._talk = talk
        self._listener = listener
        self._later = later
        self._ways: list[str] = []
        self._diverted: dict[Side, str] = {}
        self._told: dict[Side, Address] = {}
        self._wish = 0
        self.name = media.adopt(self)
        inside = listener.inside_address_for("b")
        assert listener.codec is not None
        self._mix = Mix(listener.codec.payload, hash((talk.name, self.name)), inside.ip)
        self._inside = inside

    def open(self, done: Done) -> None:
        """Let the listener hear both sides. `done(False)`: no port is left, or rtp.io is gone."""
        mixer, mix, name = self._media.mixer, self._mix, self.name
        from_a, from_b = (
            mixer.way(lambda packet: mix.heard("a", packet)),
            mixer.way(lambda packet: mix.heard("b", packet)),
        )
        self._ways += [from_a, from_b]
        end = f" {self._media.notify_address} {name}"

        def ask_all(ask: Ask) -> str:
            for command in (
                f"U {name} {from_b} ta{end}",
                f"U {name} {from_a} tb ta{end}",
                f"U {name} {from_b} ta tb{end} && C {self._talk.name} ta tb",
            ):
                answer = ask(command)
                if is_refusal(answer):
                    return answer
            return answer if not answer.endswith("-1") else ""

        def opened(answer: str) -> None:
            if self.deleted:
                return
            if is_refusal(answer):
                log.error("session %s cannot be listened to: rtp.io says %r", self._talk.name, answer)
                done(False)
                return
            mix.listener = self._inside
            mixer.begin(mix)
            self._listener.connect("b", mix.address)
            done(True)

        self._media.work(ask_all, opened)

    def speak_to(self, sides: Mapping[Side, Address], done: Done) -> None:
        """From now on the listener is heard by these sides, and by no other. The addresses are where the parties say that they
        are; where they really are is found out, and again for one that says it moved. `done(False)`: it could not be done, and
        nobody hears the listener."""
        self._wish += 1
        wish = self._wish
        for side in [side for side in self._diverted if self._told.get(side) != sides.get(side)]:
            self._give_back(side)
        self._told = dict(sides)
        self.speaks_to = tuple(side for side in self.speaks_to if side in self._diverted)
        left = [side for side in sides if side not in self._diverted]

        def next_one(good: bool = True) -> None:
            if self.deleted or wish != self._wish:
                return
            if not good:
                self.quiet()
                done(False)
            elif left:
                side = left.pop(0)
                self._find(side, sides[side], PROBES, lambda where: self._divert(side, where, next_one))
            else:
                self.speaks_to = tuple(sides)
                done(True)

        next_one()

    def quiet(self) -> None:
        """Nobody hears the listener any more."""
        self._wish += 1
        self.speaks_to = ()
        for side in list(self._diverted):
            self._give_back(side)

    def delete(self) -> None:
        """The listener hears nothing any more; the talk goes on as it was."""
        if self.deleted:
            return
        self.quiet()
        self.deleted = True
        self.wanted = None
        self._media.disown(self.name)
        self._media.send(f"D {self.name} ta tb")
        self._media.mixer.end(self._mix)
        self._media.mixer.forget(self._ways)

    def timed_out(self) -> None:
        """rtp.io dropped the session by itself: nothing was said for hours."""
        self.delete()

    # --- being heard --------------------------------------------------------------------------------------------------

    def _find(self, side: Side, told: Address, left: int, found: Callable[[Address], None]) -> None:
        """Where the packets of a side come from; `told` if none comes."""
        stem, tags = f"probe.{self.name}.{side}", "ta tb" if side == "a" else "tb ta"

        def look(_answer: str) -> None:
            where = _source_in(self._media.recordings, stem)
            if self.deleted:
                return
            if where is not None or left <= 1:
                found(where or told)
            else:
                self._find(side, told, left - 1, found)

        def stop() -> None:
            self._media.send(f"N {self.name} {tags}", look)

        self._media.send(f"C {self.name} {stem} {tags}")
        self._later(PROBE_S, stop)

    def _divert(self, side: Side, where: Address, done: Done) -> None:
        talk, mix = self._talk, self._mix
        way = self._media.mixer.way(lambda packet: mix.passed(side, packet))

        def work(ask: Ask) -> str:
            latches = self._media.latches
            facing = latches.facing(talk.name, side)
            if facing is None:
                return ""
            mix.additions[side] = Addition()
            mix.outputs[side] = (socket.socket(fileno=os.dup(facing)), where)
            if latches.divert(talk.name, side, way, ask):
                return "0"
            _drop(mix, side)
            return ""

        def diverted(answer: str) -> None:
            good = not is_refusal(answer)
            if not good:
                self._media.mixer.forget([way])
                log.error("nobody can be let speak to side %s of session %s here", side, talk.name)
            elif self.deleted:
                self._return(side, way)
            else:
                self._diverted[side] = way
            if not self.deleted:
                done(good)

        self._media.work(work, diverted)

    def _give_back(self, side: Side) -> None:
        self._return(side, self._diverted.pop(side))

    def _return(self, side: Side, way: str) -> None:
        """What goes to a side goes there by itself again."""
        name, mix, media = self._talk.name, self._mix, self._media

        def work(ask: Ask) -> str:
            media.latches.divert(name, side, "", ask)
            _drop(mix, side)
            return "0"

        media.work(work, lambda _answer: media.mixer.forget([way]))


def _drop(mix: Mix, side: Side) -> None:
    mix.additions.pop(side, None)
    output = mix.outputs.pop(side, None)
    if output is not None:
        output[0].close()


def _source_in(folder: Path, stem: str) -> Address | None:
    """Where the last packet of a recording came from; the recording is deleted."""
    file = folder / f"{stem}.rtp"
    found: tuple[str, int] | None = None
    with contextlib.suppress(OSError):
        sources: list[Any] = read_sources(file.read_bytes())
        found = sources[-1] if sources else None
    for one in (file, file.with_suffix(".rtcp")):
        with contextlib.suppress(OSError):
            one.unlink()
    return None if found is None else Address(*found)
