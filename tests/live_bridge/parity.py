"""The live side of parity: a `Script` of the pure scripted world acted out by real phones against a live bridge.

Whatever the script says of caller and users happens over SIP and RTP; what comes out are the notes of both worlds in a form
in which only what must be equal is left: no instants, no lengths, no ids.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from engine.analysis import scripted_world
from engine.analysis.scripted_world import Script, ScriptedWorld
from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import Instant
from engine.state.flow import Flow
from live_bridge.media.session import Address
from tests.live_bridge.live import Live, password
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.sip.phone import Phone, status

MakePhone = Callable[..., Phone]

BEHAVIOUR: dict[str, Callable[[Script], list[tuple[float, int]]]] = {
    scripted_world.ANSWERS: lambda script: [(0.0, 180), (script.answer_after_s, 200)],
    scripted_world.NO_ANSWER: lambda script: [(0.0, 180)],
    scripted_world.BUSY: lambda script: [(0.0, 486)],
    scripted_world.REJECTS: lambda script: [(0.0, 603)],
}
"""What a phone sends for each state of a user; one that is unreachable has not registered."""


def normal(notes: Sequence[note.Note], call: str) -> list[str]:
    """Notes of one call and of members, as text without what chance and clocks put in."""
    lines: list[str] = []
    for message in notes:
        facts = msgspec.to_builtins(message)
        if isinstance(message, note.CallStarted):
            facts.pop("flow")
        if isinstance(message, note.DecisionMade):
            facts.pop("text", None)  # tells the time
        lines.append(
            " ".join(
                f"{name}={str(value).replace(call, 'c')}"
                for name, value in facts.items()
                if not name.endswith("_us") and name not in ("started_at", "answered_at")
            )
        )
    return lines


def in_the_scripted_world(flow: Flow, script: Script, arrival: ev.CallArrived, start: Instant) -> list[str]:
    """The notes of a script in virtual time."""
    world = ScriptedWorld(flow, script, start)
    said = len(world.lines)
    world.run(arrival)
    return normal([m for _, m in world.lines[said:] if isinstance(m, note.Note)], arrival.call)


class Stage:
    """A live bridge with a phone for each user of the flow, and a caller at the operator."""

    def __init__(self, live: Live, flow: Flow, script: Script, phones: MakePhone, operator: Phone) -> None:
        self.live = live
        self.script = script
        self.operator = operator
        for number in flow.head.users:
            state = script.users.get(number, scripted_world.ANSWERS)
            if state != scripted_world.UNREACHABLE:
                phone = phones(str(number), live)
                phone.on_invite = BEHAVIOUR.get(state, BEHAVIOUR[scripted_world.ANSWERS])(script)
                assert status(phone.register(password(number))) == 200
            if state == scripted_world.OUT:
                live.driver.submit(ev.MemberSignedOut(user=number))
            elif state == scripted_world.PAUSED:
                live.driver.submit(ev.MemberPaused(user=number, reason="preview"))
        for element, mode in sorted(script.overrides.items()):
            live.driver.submit(ev.OverrideSet(element=element, mode=mode))  # type: ignore[arg-type]
        live.driver.ask_inside(lambda controller: None)  # everything before has been taken in
        live.forget()

    def act(self, number: str, caller: str, notes: int) -> list[str]:
        """One call from its INVITE until nothing of it is left and there are so many notes (or 4 s more have passed)."""
        script, live, operator = self.script, self.live, self.operator
        begun = time.monotonic()
        dialog = operator.begin(number, caller=caller)
        keys = script.keys
        collects = recordings = 0
        talk_until: float | None = None
        gone = False
        while not self._over():
            time.sleep(0.02)
            now = time.monotonic()
            said = list(live.said)
            asked = sum(isinstance(m, cmd.CollectKeys) for _, m in said)
            if asked > collects and keys:
                collects = asked
                key, keys = keys[0], keys[1:]
                time.sleep(script.key_after_s)
                if key != " ":
                    operator.request(dialog, "INFO", key, kind="application/dtmf")
            started = sum(isinstance(m, cmd.StartRecording) for _, m in said)
            if started > recordings:
                recordings = started
                answer = next(m for m in operator.messages if status(m) == 200 and "m=audio" in m)
                port = int(re.search(r"m=audio (\d+)", answer).group(1))  # type: ignore[union-attr]
                threading.Thread(target=self._speak, args=(Address("127.0.0.1", port),), daemon=True).start()
            if talk_until is None and any(isinstance(m, cmd.Bridge) for _, m in said):
                talk_until = now + script.talk_s
            leaves = talk_until is not None and now > talk_until
            if script.patience_s is not None and now - begun > script.patience_s and talk_until is None:
                leaves = True
            if leaves and not gone and not dialog.ended:
                gone = True
                if any(isinstance(m, cmd.Answer) for _, m in said):
                    operator.hang_up(dialog)
                else:
                    operator.cancel(dialog)
        live.wait_idle()
        live.wait_until(lambda: len(live.notes) >= notes)
        call = next(n.call for n in live.notes if isinstance(n, note.CallStarted))
        return normal(live.notes, call)

    def _speak(self, to: Address) -> None:
        """Leave a message; a caller who hangs up falls silent."""
        with contextlib.suppress(OSError):
            self.operator.media.say(tone(600, self.script.message_s + 0.6), to)

    def _over(self) -> bool:
        return any(isinstance(n, note.CallEnded) for n in self.live.notes)


def arrival(trunk: str, number: str, caller: str) -> ev.CallArrived:
    """The call as the scripted world gets it."""
    return ev.CallArrived(call="scripted-call", called=number, caller=caller, caller_name=caller, trunk=trunk)


def expected(flow: Flow, script: Script, trunk: str, number: str, caller: str, start: Instant) -> list[str]:
    """What must come out."""
    return in_the_scripted_world(flow, script, arrival(trunk, number, caller), start)
