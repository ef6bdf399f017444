"""Media of calls: one rtp.io session per call with two sides.

Side `a` is the caller; side `b` is whoever the caller talks to, and may be replaced (next member, transfer) without a
re-INVITE of `a`, whose port never changes. Prompts, music and recordings belong to a side: *play to a* is heard by a,
*record a* keeps what a says.

Everything here is called in one thread (the bridge's event loop) and calls back in that same thread, never from inside
the call itself. **After `delete` no callback of a session comes any more**, except the one ending of each recording,
which always comes exactly once. A callback that arrives late must still find its own leg: the driver checks that.

rtp.io tells nobody when a prompt has run out: who plays a sound sets a timer of `Sound.length_us`.

Leaves how sounds are made to `sounds.py`, what recordings are turned into to `recording.py`, SDP to the SIP side.
Source: rtpproxy control protocol; RFC 3264 (offer and answer), RFC 4733 (telephone events), RFC 3551 (payload types).

    media = Media(ED2.callFromThread, MediaSettings(...), Sounds(folder))
    session = media.session(on_digit=..., on_lost=...)
    session.open(Codec(0, 101), Address("192.0.2.7", 40000), ready)   # ready(address for the answer) or ready(None)
    session.play("a", media.sounds["welcome.wav"])
    session.address_for("b")                                          # goes into the INVITE to a member
    session.connect("b", Address("192.0.2.8", 5004), joined)          # joined(address) or joined(None)
    session.delete()
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from engine.contract.ids import Duration
from engine.numbers.digits import is_digits
from live_bridge.media import latching
from live_bridge.media.latching import Address as Address
from live_bridge.media.mixer import Mixer
from live_bridge.media.packet_thread import PacketThread
from live_bridge.media.recording import Recorder, Recording, RecordingTask
from live_bridge.media.rtpio import Post, RtpIo, is_refusal
from live_bridge.media.sounds import Sound, Sounds

Side = Literal["a", "b"]

KEYS = frozenset("0123456789*#")
"""Keys a caller can mean something by (R-05.3); A to D are ignored."""

BEEP = "beep.wav"
"""Heard before a voice message (R-09.5)."""

SIDES: tuple[Side, Side] = ("a", "b")


class Codec(msgspec.Struct, frozen=True):
    """What both sides of one call speak: the bridge never transcodes.

    `payload` is 0 (PCMU), 8 (PCMA), 9 (G.722), or with `passes` any other; `events` is the payload type of telephone-event
    (RFC 4733) in the caller's offer, and the same number must be offered to side b; None when the caller offered none.
    """

    payload: int
    events: int | None = None
    passes: bool = False
    """A codec of the parties', in which nothing of ours can be played: packets pass as they are."""

    def numbers(self) -> str:
        """Payload types as rtp.io lists them.

        >>> Codec(0, 101).numbers(), Codec(8).numbers()
        ('0,101', '8')
        """
        return f"{self.payload}" if self.events is None else f"{self.payload},{self.events}"


class Stats(msgspec.Struct, frozen=True):
    """Packets of one session so far, since its start."""

    from_a: int
    from_b: int
    relayed: int
    dropped: int


class MediaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How media runs on this machine."""

    listen: tuple[str, ...] = ("127.0.0.1",)
    """Local addresses: one IPv4, and one IPv6 if wanted."""
    public: str | None = None
    """Announced in SDP instead of the IPv4 address of `listen`, behind a one-to-one NAT."""
    ports: tuple[int, int] = (20000, 29999)
    """First and last UDP port; a call takes four."""
    folder: Path = Path("var/media")
    """Recordings: `spool/` while they run, `recordings/` when over."""


Ready = Callable[[Address | None], None]
OnDigit = Callable[[Side, str], None]
OnLost = Callable[[], None]


class Part(Protocol):
    """Something else that holds a session of rtp.io: a browser's gateway, a relay."""

    name: str
    wanted: Callable[[], bool] | None
    """See `MediaSession.wanted`."""

    def delete(self) -> None:
        """Give it back."""

    def timed_out(self) -> None:
        """rtp.io dropped it by itself."""


class Media:
    """rtp.io and everything of ours around it: one per process."""

    def __init__(
        self, post: Post, settings: MediaSettings, sounds: Sounds, gone: Callable[[], None] = lambda: None
    ) -> None:
        self.settings = settings
        self.sounds = sounds
        self._sessions: dict[str, MediaSession] = {}
        self._packets: PacketThread | None = None
        self.post = post
        self._parts: dict[str, Part] = {}
        self._born = 0
        spool = settings.folder / "spool"
        self.recordings = settings.folder / "recordings"
        self.six = all(":" in address for address in settings.listen)
        """Whether sessions have addresses of IPv6: where there is IPv4 too, `relay.py` stands between."""
        self._rtpio = RtpIo(
            post,
            self._notified,
            listen=settings.listen,
            ports=settings.ports,
            spool=spool,
            final=self.recordings,
            gone=gone,
        )
        self._recorder = Recorder(post, spool, self.recordings)
        self.mixer = Mixer(self._rtpio.packet_port)
        """Mixes what is listened to; for `monitor.py` only."""

    def session(self, *, on_digit: OnDigit | None = None, on_lost: OnLost | None = None) -> MediaSession:
        """A new session, not open yet.

        `on_digit(side, digit)` is called once per key (RFC 4733), `on_lost()` when rtp.io dropped the session because
        nothing was sent for hours.
        """
        self._born += 1
        session = MediaSession(self, f"s{self._born}", on_digit, on_lost)
        self._sessions[session.name] = session
        return session

    def reaches(self, host: str) -> bool:
        """Whether RTP can go to an address at all: we listen on one of its family."""
        return any((":" in host) == (":" in listen) for listen in self.settings.listen)

    @property
    def alive(self) -> bool:
        """Whether rtp.io still answers. Once it does not, no call gets media any more and only a new process helps."""
        return self._rtpio.alive

    def __len__(self) -> int:
        """Sessions not deleted yet."""
        return len(self._sessions)

    def forsaken(self) -> list[MediaSession | Part]:
        """Sessions and gateways that are not deleted although nobody has any use for them."""
        held: list[MediaSession | Part] = [*self._sessions.values(), *self._parts.values()]
        return [one for one in held if one.wanted is not None and not one.wanted()]

    @property
    def gateways(self) -> int:
        """Browsers' gateways and relays not deleted yet."""
        return len(self._parts)

    def counters(self, done: Callable[[dict[str, int]], None]) -> None:
        """Figures of all of rtp.io: `active sessions`, `active streams`, `packets received`…; empty if it is gone.

        One session (two streams) of them is the keeper of `rtpio.py`; `len(media)` counts calls.
        """

        def answered(answer: str) -> None:
            pairs = (line.split(":", 1) for line in answer.splitlines() if ":" in line)
            done({name.strip(): int(value) for name, value in pairs if is_digits(value.strip())})

        self._rtpio.send("I", answered)

    def delete_all(self) -> None:
        """Delete every session; recordings under way end with reason `hangup`."""
        for session in list(self._sessions.values()):
            session.delete()
        for part in list(self._parts.values()):
            part.delete()

    def close(self) -> None:
        """Delete every session, finish recordings, let rtp.io go. Nothing may be used afterwards."""
        self.delete_all()
        self._rtpio.close()
        self._recorder.close()
        if self._packets is not None:
            self._packets.close()

    def speaks(self, host: str) -> bool:
        """Whether a party at `host` can be reached: media has an address of its IP version."""
        return any((":" in address) == (":" in host) for address in self.settings.listen)

    def needs_relay(self, host: str) -> bool:
        """Whether a party at `host` needs a relay: there are addresses of both versions, and sessions are not of its own."""
        return (":" in host) != self.six and self.speaks(host)

    def listen_address(self, six: bool) -> str:
        """Our address of IPv6, or of IPv4. There must be one."""
        return next(address for address in self.settings.listen if (":" in address) == six)

    # --- for sessions, gateways and relays only ---

    def adopt(self, part: Part) -> str:
        """Take note of a gateway; the name of its session."""
        self._born += 1
        name = f"g{self._born}"
        self._parts[name] = part
        return name

    @property
    def packets(self) -> PacketThread:
        """The thread of packets that rtp.io does not carry; it begins with the first who wants it."""
        if self._packets is None:
            self._packets = PacketThread()
        return self._packets

    def disown(self, name: str) -> None:
        self._parts.pop(name, None)

    def send(self, command: str, reply: Callable[[str], None] | None = None) -> None:
        self._rtpio.send(command, reply)

    def update(self, order: latching.Order, reply: Callable[[str], None] | None = None) -> None:
        """Put somebody on a side of a session, or nobody; the answer names the socket that faces the other side."""
        self._rtpio.work(lambda ask: self._rtpio.latches.update(order, ask), reply)

    def work(self, task: Callable[[latching.Ask], str], reply: Callable[[str], None] | None = None) -> None:
        """Several commands one after the other, in the thread of commands."""
        self._rtpio.work(task, reply)

    @property
    def latches(self) -> latching.Latches:
        """In the thread of commands only."""
        return self._rtpio.latches

    @property
    def notify_address(self) -> str:
        return self._rtpio.notify_address

    def recordings_problem(self) -> str:
        """What keeps recordings from being written; empty when nothing does. From any thread."""
        return self._recorder.problem()

    @property
    def recorder(self) -> Recorder:
        return self._recorder

    def forget(self, name: str) -> None:
        self._sessions.pop(name, None)

    def _notified(self, line: str) -> None:
        """`dtmf/<session>/<side> <digit> <volume> <duration> <stream>` or the bare session name of a timeout."""
        words = line.split()
        if not words:
            return
        kind, _, rest = words[0].partition("/")
        if kind == "dtmf" and len(words) >= 2:
            name, _, side = rest.partition("/")
            session = self._sessions.get(name)
            if session is not None and side in SIDES and words[1] in KEYS:
                session.digit_arrived("a" if side == "a" else "b", words[1])
            return
        dropped = self._sessions.get(words[0]) or self._parts.get(words[0])
        if dropped is not None:
            dropped.timed_out()


class MediaSession:
    """Media of one call. States: new, `open` (side a has a port), deleted; nothing can be done twice or too late."""

    def __init__(self, media: Media, name: str, on_digit: OnDigit | None, on_lost: OnLost | None) -> None:
        self.name = name
        self.on_digit = on_digit
        self.on_lost = on_lost
        self.wanted: Callable[[], bool] | None = None
        """Says whether whoever opened it still has use for it; None when nobody says."""
        self.deleted = False
        self.codec: Codec | None = Codec(0)
        self._media = media
        self._local: dict[Side, Address] = {}
        self._bound: dict[Side, Address] = {}
        self._played_to: set[Side] = set()
        self._recordings: dict[str, RecordingTask] = {}

    @property
    def six(self) -> bool:
        """Whether its addresses are of IPv6."""
        return self._media.six

    # --- the two sides -----------------------------------------------------------------------------------------------

    def open(
        self, codec: Codec | None, caller: Address | None, ready: Ready, signalled_from: str | None = None
    ) -> None:
        """Start with what the caller offered; `ready` gets the address to announce to the caller. Without a codec packets pass as
        they are and nothing can be played: a fax.

        `caller` is None when the INVITE had no offer: give it later by `connect("a", ...)`. `ready(None)` means there
        is no port left or rtp.io is gone: answer 503. `address_for` knows both addresses afterwards. `signalled_from` as
        for `connect`.
        """
        self.codec = codec

        def second(first: Address | None) -> None:
            if first is None:
                ready(None)
            else:
                self._update("b", None, ready)

        self._update("a", caller, second, signalled_from)

    def address_for(self, side: Side) -> Address:
        """What to announce to `side` in SDP; the same for the whole life of the session. KeyError before `ready`."""
        return self._local[side]

    def inside_address_for(self, side: Side) -> Address:
        """The same for a gateway in this process: no address translation between. KeyError before `ready`."""
        return self._bound[side]

    def connect(
        self, side: Side, remote: Address | None, ready: Ready | None = None, signalled_from: str | None = None
    ) -> None:
        """`side` listens at `remote` from now on: a member answered, was replaced, or a re-INVITE moved somebody.

        Whoever was there before hears nothing any more and is not heard. None takes the party away and leaves the side
        empty. `ready` gets the address of the *other* side, unchanged, or None on failure. `signalled_from` is the host
        its SIP comes from, which its packets may come from too; see `latching.py`.
        """
        self._update(side, remote, ready, signalled_from)

    def _update(
        self, side: Side, remote: Address | None, ready: Ready | None, signalled_from: str | None = None
    ) -> None:
        other: Side = "b" if side == "a" else "a"
        rest = f" {self._media.notify_address} {self.name}"
        codec = self.codec
        if codec is not None and codec.events is not None and remote is not None:
            rest += f" && M3:1 dtmf/{self.name}/{side} {codec.events}"
        flags = "" if codec is None or codec.passes else f"z20c{codec.numbers()}"
        order = latching.order(self.name, side, remote, signalled_from, flags=flags, six=self._media.six, rest=rest)

        def answered(answer: str) -> None:
            words = answer.split()
            if is_refusal(answer) or not is_digits(words[0]) or words[0] == "0":
                if ready is not None:
                    ready(None)
                return
            public = None if self._media.six else self._media.settings.public
            own = words[1] if len(words) > 1 else self._media.settings.listen[0]
            local = Address(public or own, int(words[0]))
            self._local[other] = local
            self._bound[other] = Address("127.0.0.1" if own == "0.0.0.0" else own, int(words[0]))
            if ready is not None:
                ready(local)

        self._guarded(answered, lambda reply: self._media.update(order, reply))

    # --- sounds ------------------------------------------------------------------------------------------------------

    def play(
        self, side: Side, sound: Sound, *, loop: bool = False, started: Callable[[bool], None] | None = None
    ) -> None:
        """Let `side` hear `sound` once, or for ever with `loop`; replaces what it heard before, without a gap.

        While it plays, `side` does not hear the other party; the other party still hears `side`. `started(False)` means
        it could not be played (no such file for this codec, or the session is not open).
        """
        if self.codec is None or self.codec.passes:
            if started is not None:
                started(False)
            return
        self._played_to.add(side)
        times = -1 if loop else 1
        self._send(f"P{times} {self.name} {sound.stem} session {self._tags(side)}", _told(started))

    def stop(self, side: Side, stopped: Callable[[bool], None] | None = None) -> None:
        """Stop what `side` hears; harmless when nothing plays. The parties hear each other again."""
        self._send(f"S {self.name} {self._tags(side)}", _told(stopped))

    # --- recordings --------------------------------------------------------------------------------------------------

    def record(
        self,
        recording: str,
        done: Callable[[Recording], None],
        *,
        both: bool = False,
        max_us: Duration | None = None,
        silence_us: Duration | None = None,
    ) -> None:
        """Record what the caller says, or both sides as the two channels of one WAV.

        `recording` is its id, used once for all time. Ends by `stop_recording`, after `max_us`, after `silence_us`
        without speech, or with the session; `done` is called exactly once, when the WAV lies there, also after
        `delete`. Prompts we play are not in it. One recording of a session at a time. A voice message (not `both`)
        begins with a beep the caller hears (R-09.5), if there is a sound `beep.wav`.
        """
        sides: tuple[Side, ...] = SIDES if both else ("a",)
        task = self._media.recorder.start(
            recording, len(sides), max_us, silence_us, lambda reason: self._stop(task, reason), done
        )
        if self.deleted or self._recordings:
            task.failed()
            return
        self._recordings[recording] = task
        for side, stem in zip(sides, task.stems, strict=True):
            self._media.send(f"C {self.name} {stem} {self._tags(side)}", lambda answer: self._started(task, answer))

    def stop_recording(self, recording: str) -> None:
        """End a recording; its `done` still comes. Unknown or ended ones are ignored."""
        task = self._recordings.get(recording)
        if task is not None:
            self._stop(task, "stopped")

    def _started(self, task: RecordingTask, answer: str) -> None:
        if is_refusal(answer):
            self._recordings.pop(task.recording, None)
            task.failed()
        elif len(task.stems) == 1 and BEEP in self._media.sounds and task.recording in self._recordings:
            # Only now: what is said after the beep is in the recording, however slow the disk.
            self.play("a", self._media.sounds[BEEP])

    def _stop(self, task: RecordingTask, reason: Literal["stopped", "silence", "limit", "hangup", "failed"]) -> None:
        if self._recordings.pop(task.recording, None) is None:
            return
        left = len(task.stems)

        def moved(_answer: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                task.finish(reason)

        # Not `_send`: the ending of a recording outlives the session.
        for side, _stem in zip(SIDES, task.stems, strict=False):
            self._media.send(f"N {self.name} {self._tags(side)}", moved)

    # --- the end -----------------------------------------------------------------------------------------------------

    def stats(self, done: Callable[[Stats | None], None]) -> None:
        """Packet counters; None when rtp.io does not know the session."""

        def answered(answer: str) -> None:
            words = answer.split()
            figures = [int(word.partition("=")[2]) for word in words if is_digits(word.partition("=")[2])]
            done(Stats(*figures) if len(figures) == 4 else None)

        self._send(f"Qv {self.name} {self._tags('a')} npkts_ina npkts_ino nrelayed ndropped", answered)

    def delete(self) -> None:
        """End the session and free its ports. No callback comes any more but the endings of recordings."""
        if self.deleted:
            return
        for task in list(self._recordings.values()):
            self._stop(task, "hangup")
        self.deleted = True
        self._media.forget(self.name)
        for side in sorted(self._played_to):  # see `rtpio.py`: what plays must have ended before its session goes
            self._media.send(f"S {self.name} {self._tags(side)}")
        self._media.send(f"D {self.name} {self._tags('a')}")

    # --- what rtp.io tells -------------------------------------------------------------------------------------------

    def digit_arrived(self, side: Side, digit: str) -> None:
        """A key arrived as RFC 4733 events."""
        if not self.deleted and self.on_digit is not None:
            self.on_digit(side, digit)

    def timed_out(self) -> None:
        """rtp.io dropped the session by itself."""
        if not self.deleted and self.on_lost is not None:
            self.on_lost()

    def _send(self, command: str, reply: Callable[[str], None]) -> None:
        self._guarded(reply, lambda guarded: self._media.send(command, guarded))

    def _guarded(self, reply: Callable[[str], None], begin: Callable[[Callable[[str], None]], None]) -> None:
        if self.deleted:
            return

        def guarded(answer: str) -> None:
            if not self.deleted:
                reply(answer)

        begin(guarded)

    @staticmethod
    def _tags(side: Side) -> str:
        return "ta tb" if side == "a" else "tb ta"


def _told(done: Callable[[bool], None] | None) -> Callable[[str], None]:
    def answered(answer: str) -> None:
        if done is not None:
            done(not is_refusal(answer))

    return answered
