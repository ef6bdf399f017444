"""The scenes behind `tests/golden/`: one behaviour each, told by what people do. The traces are written from these by
`pytest tests/engine/records/test_golden.py --rewrite`; commit only lines you can explain.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.contract import events as ev
from engine.contract.causes import Cause
from tests.harness import Scene, flow

Act = Callable[[Scene], None]


class Golden:
    """One trace: its sentence, its rules, the PBX, and what people do."""

    def __init__(self, name: str, rules: tuple[str, ...], elements: str, act: Act, **scene: object) -> None:
        self.name = name
        self.rules = rules
        self.elements = elements
        self.act = act
        self.settings = scene

    @property
    def title(self) -> str:
        """The sentence the trace explains."""
        return f"{self.act.__doc__}"

    def play(self) -> Scene:
        """The scene, played."""
        scene = Scene(self.elements, **self.settings)  # type: ignore[arg-type]
        self.act(scene)
        return scene


ALL: list[Golden] = []
BOX = "5120: {kind: voicemail, prompt: leave.wav, full_prompt: full.wav, recipients: [office@example.org]}"
MENU = """
5000: {kind: greeting, prompt: welcome.wav, wrong_key_prompt: wrong.wav, keys: {1: 5200, 2: 5300}, no_input: 5200,
       invalid: hangup}
5200: {kind: queue, name: Sales, members: [101, 102], timeout: 5120}
5300: {kind: group, name: Office, members: [102, 103], no_answer: 5120}
"""
MOBILE = "89161234567"


def golden(name: str, *rules: str, elements: str, **scene: object) -> Callable[[Act], Act]:
    """Register a scene under the name of its file."""

    def tie(act: Act) -> Act:
        ALL.append(Golden(name, rules, elements, act, **scene))
        return act

    return tie


# --- menus ------------------------------------------------------------------------------------------------------------


@golden("menu-key", "R-05.3", "R-05.4", "R-08.1", elements=MENU + BOX)
def _(s: Scene) -> None:
    """A key pressed during the greeting stops it and leads to the queue."""
    s.arrives(0)
    s.presses(2.5, "1")
    s.rings(2.8, "c1.1")
    s.answers(6, "c1.1")
    s.hangs_up(66)


@golden("menu-silence", "R-05.5", "R-05.6", elements=MENU + BOX)
def _(s: Scene) -> None:
    """A caller who presses nothing hears the greeting three times and goes on by no_input."""
    s.arrives(0)
    s.until(33)
    s.hangs_up(34)


@golden("menu-wrong-key", "R-05.6", elements=MENU + BOX)
def _(s: Scene) -> None:
    """Three wrong keys leave by invalid; the wrong-key prompt goes before each new round."""
    s.arrives(0)
    s.presses(3, "9")
    s.presses(15, "9")
    s.presses(24, "0")
    s.until(40)


@golden(
    "menu-extension",
    "R-05.8",
    "R-06.15",
    elements="5000: {kind: greeting, prompt: welcome.wav, dial_extension: true, no_input: hangup, invalid: hangup}",
)
def _(s: Scene) -> None:
    """A caller who knows the extension dials it and reaches the user directly."""
    s.arrives(0)
    s.presses(1, "1")
    s.presses(1.4, "0")
    s.presses(1.9, "3")
    s.answers(5, "c1.1")
    s.ends(25, "c1.1")


@golden("empty-output", "R-02.11", "R-02.12", elements="5000: {kind: greeting, prompt: welcome.wav}")
def _(s: Scene) -> None:
    """A call that must leave by an empty output ends with «no route set»."""
    s.arrives(0)
    s.until(10)


# --- queues -----------------------------------------------------------------------------------------------------------

QUEUE = "5200: {kind: queue, name: Sales, strategy: linear, members: [101, 102], MORE timeout: 5120}\n"


def queue(more: str = "", strategy: str = "linear", members: str = "[101, 102]") -> str:
    text = QUEUE.replace("MORE ", f"{more}, " if more else "")
    return text.replace("linear", strategy).replace("[101, 102]", members) + BOX


@golden("queue-missed-offer", "R-08.8", "R-08.9", elements=queue())
def _(s: Scene) -> None:
    """A member who does not answer is left alone for a while, and the next one is offered the call at once."""
    s.arrives(0)
    s.rings(0.3, "c1.1")
    s.answers(18, "c1.2")
    s.hangs_up(78)


@golden("queue-order", "R-08.6", "R-08.7", elements=queue(members="[101]"))
def _(s: Scene) -> None:
    """Calls wait in order of entry; a member who becomes free is offered the first in the same instant."""
    s.arrives(0, "c1")
    s.arrives(2, "c2", caller="89160000002")
    s.arrives(3, "c3", caller="89160000003")
    s.answers(4, "c1.1")
    s.hangs_up(30, "c1")
    s.answers(33, "c2.1")
    s.hangs_up(40, "c3")
    s.hangs_up(50, "c2")


@golden("queue-wait-limit", "R-08.9", "R-08.10", elements=queue("max_wait: 20"))
def _(s: Scene) -> None:
    """The longest wait cuts the ring of the moment and the call leaves by timeout."""
    s.arrives(0)
    s.until(23)
    s.hangs_up(30)


@golden("queue-caller-leaves", "R-08.21", "R-08.23", elements=queue())
def _(s: Scene) -> None:
    """A caller who hangs up while a member rings frees the member, who has missed nothing."""
    s.arrives(0)
    s.rings(0.2, "c1.1")
    s.hangs_up(4)


@golden("queue-wrap-up", "R-08.9", "R-08.11", elements=queue("wrap_up: 20", members="[101]"))
def _(s: Scene) -> None:
    """After a call the member works on for the wrap-up time, and only then is offered the next call."""
    s.arrives(0, "c1")
    s.answers(5, "c1.1")
    s.arrives(10, "c2")
    s.hangs_up(30, "c1")
    s.answers(52, "c2.1")
    s.ends(60, "c2.1")
    s.until(80)


@golden("queue-full", "R-08.13", "R-08.14", elements=queue("waiting: 1, full: 5120", members="[101]"))
def _(s: Scene) -> None:
    """A full queue does not take the call, which leaves by full."""
    s.arrives(0, "c1")
    s.arrives(1, "c2", caller="89160000002")
    s.hangs_up(20, "c2")
    s.hangs_up(21, "c1")


@golden("queue-nobody-there", "R-08.13", elements=queue("join_empty: 5120"))
def _(s: Scene) -> None:
    """With nobody signed in a call does not join."""
    s.tell(0, ev.MemberSignedOut(user=101))
    s.tell(0, ev.MemberSignedOut(user=102, queue=5200))
    s.arrives(1)
    s.hangs_up(2)


@golden(
    "queue-last-member-leaves", "R-08.13", elements=queue("leave_when_empty: true, leave_empty: 5120", members="[101]")
)
def _(s: Scene) -> None:
    """When the last member signs out, those who wait leave by leave_empty."""
    s.arrives(0)
    s.tell(5, ev.MemberSignedOut(user=101))
    s.hangs_up(10)


@golden("queue-auto-pause", "R-08.12", elements=queue("auto_pause: 2, ring: 5", members="[101]"))
def _(s: Scene) -> None:
    """Two offers missed in a row pause the member, who comes back when they say so."""
    s.arrives(0)
    s.until(40)
    s.tell(60, ev.MemberUnpaused(user=101))
    s.answers(62, "c1.3")
    s.hangs_up(70)


@golden("queue-ring-all", "R-08.7", "R-08.8", elements=queue(strategy="ring_all"))
def _(s: Scene) -> None:
    """Under ring_all everybody rings for one call at a time; the first answer stops the others."""
    s.arrives(0, "c1")
    s.arrives(1, "c2")
    s.answers(4, "c1.2")
    s.answers(6, "c2.1")
    s.hangs_up(20, "c1")
    s.hangs_up(21, "c2")


@golden("queue-progressive", "R-08.8", elements=queue("ring: 40, step: 10", "progressive", "[101, 102, 103]"))
def _(s: Scene) -> None:
    """Under progressive the next member rings in addition every ten seconds."""
    s.arrives(0)
    s.answers(24, "c1.1")
    s.hangs_up(30)


@golden("queue-tiers", "R-08.15", elements=queue("tier_wait: 10", members="[101, {user: 102, tier: 2}]"))
def _(s: Scene) -> None:
    """The second tier opens when the first has had nobody for ten seconds."""
    s.arrives(0, "c1")
    s.answers(2, "c1.1")
    s.arrives(5, "c2")
    s.answers(12, "c2.1")
    s.hangs_up(20, "c2")
    s.hangs_up(21, "c1")


@golden(
    "queue-skills",
    "R-08.16",
    elements=queue("skills: {english: 1}, relax: [{after: 12, drop: english}]", members="[101, 102]"),
)
def _(s: Scene) -> None:
    """Nobody speaks English; after twelve seconds the call no longer asks for it."""
    s.arrives(0)
    s.answers(14, "c1.1")
    s.hangs_up(20)


@golden("queue-announcement", "R-08.17", elements=queue("announce_position: true, announce_every: 30", members="[101]"))
def _(s: Scene) -> None:
    """Those who wait hear their position; music goes on after it."""
    s.tell(0, ev.MemberPaused(user=101, reason="lunch"))
    s.arrives(1, "c1")
    s.arrives(2, "c2")
    s.until(40)
    s.hangs_up(41, "c1")
    s.hangs_up(42, "c2")


@golden("queue-exit-key", "R-08.14", elements=queue('exit_key: "*", exit: 5120'))
def _(s: Scene) -> None:
    """A caller who is tired of waiting presses the exit key and leaves a message."""
    s.arrives(0)
    s.presses(8, "*")
    s.presses(20, "#")


@golden(
    "queues-sharing-a-member",
    "R-08.20",
    elements="5200: {kind: queue, members: [101]}\n5201: {kind: queue, members: [101], queue_weight: 5}",
)
def _(s: Scene) -> None:
    """A member of two queues takes the call of the heavier queue first, although it came later."""
    s.arrives(0, "c1")
    s.answers(1, "c1.1")
    s.arrives(5, "c2")
    s.tell(6, ev.CallArrived(call="c3", called="5201", caller="89160000003", origin="api"))
    s.hangs_up(10, "c1")
    s.answers(12, "c3.1")
    s.hangs_up(20, "c3")
    s.hangs_up(21, "c2")


@golden("queue-callback", "R-08.19", elements=queue('callback_key: "1"', members="[101]"))
def _(s: Scene) -> None:
    """A caller keeps the place without holding the line: a member is found first, then the caller is called."""
    s.tell(0, ev.MemberPaused(user=101, reason="lunch"))
    s.arrives(1)
    s.presses(10, "1")
    s.tell(40, ev.MemberUnpaused(user=101))
    s.answers(43, "c1.1")
    s.answers(50, "c1.2")
    s.ends(80, "c1.2")


# --- users and groups -------------------------------------------------------------------------------------------------


@golden(
    "user-no-answer-number", "R-06.3", "R-06.4", "R-04.6", elements="", users=f'101: {{no_answer: "{MOBILE}"}}', to=101
)
def _(s: Scene) -> None:
    """A user who was called directly does not answer, and the call rings at the mobile."""
    s.arrives(0)
    s.rings(0.4, "c1.1")
    s.answers(37, "c1.2")
    s.hangs_up(97)


@golden(
    "user-busy", "R-06.8", "R-06.11", elements="", users="101: {forwarding: [{when: busy, to: 102}]}\n102: {}", to=101
)
def _(s: Scene) -> None:
    """A busy user's calls go to a colleague's devices."""
    s.dials(0, 101, "89167778899", "own")
    s.arrives(5)
    s.answers(9, "c1.1")
    s.hangs_up(20)
    s.hangs_up(30, "own")


@golden(
    "user-hand-over",
    "R-06.6",
    "R-06.14",
    elements="",
    users=f'101: {{no_answer: 102, voicemail: false}}\n102: {{no_answer: "{MOBILE}", voicemail: false}}',
    to=101,
)
def _(s: Scene) -> None:
    """The last rule is another user and voicemail is off: the call is handed over completely."""
    s.arrives(0)
    s.until(60)
    s.fails(70, "c1.3", Cause.USER_BUSY)


@golden("user-voicemail", "R-06.12", "R-09.5", elements="", users="101: {email: anna@example.org}", to=101)
def _(s: Scene) -> None:
    """When everything failed the user's own mailbox takes the call."""
    s.arrives(0)
    s.fails(4, "c1.1", Cause.CALL_REJECTED)
    s.hangs_up(30)


@golden(
    "user-circle",
    "R-06.14",
    elements="",
    users="101: {no_answer: 102, voicemail: false}\n102: {no_answer: 101, voicemail: false}",
    to=101,
)  # noqa: E501
def _(s: Scene) -> None:
    """A user is visited at most once a call; the second visit ends it."""
    s.arrives(0)
    s.until(70)


GROUP = f'5300: {{kind: group, name: Office, members: [101, 102, "{MOBILE}"], no_answer: 5120}}\n' + BOX


@golden("group-first-answer", "R-07.1", "R-07.2", "R-07.5", elements=GROUP)
def _(s: Scene) -> None:
    """A group rings colleagues and a mobile together; the first answer stops the others."""
    s.arrives(0)
    s.fails(1, "c1.1", Cause.CALL_REJECTED)
    s.answers(5, "c1.2")
    s.hangs_up(30)


@golden("group-nobody", "R-07.3", "R-07.4", "R-09.3", elements=GROUP)
def _(s: Scene) -> None:
    """Nobody of the group answers within twenty seconds and the caller leaves a message."""
    s.arrives(0)
    s.until(23)
    s.presses(35, "#")


@golden(
    "group-press-one",
    "R-07.7",
    elements=f'5300: {{kind: group, members: [101, {{number: "{MOBILE}", press_one: true}}], accept_prompt: accept.wav, no_answer: 5120}}\n'  # noqa: E501
    + BOX,
)
def _(s: Scene) -> None:
    """A mobile operator's mailbox picks up, is asked to press 1, and does not get the call."""
    s.arrives(0)
    s.answers(4, "c1.2")
    s.answers(9, "c1.1")
    s.hangs_up(20)


@golden("voicemail-too-short", "R-09.3", elements=BOX)
def _(s: Scene) -> None:
    """A message of less than three seconds is dropped silently."""
    s.arrives(0)
    s.hangs_up(5)


# --- trunks, versions, transfer, races --------------------------------------------------------------------------------

LINES = """
trunks:
  moscow: {number: "74951234567", lines: 1, to: 101}
  spb: {number: "78121234567"}
outgoing: {default: spb}
"""


@golden("trunk-full", "R-04.8", elements="", rest=LINES)
def _(s: Scene) -> None:
    """A second call on a trunk of one line is refused."""
    s.arrives(0, "c1")
    s.arrives(1, "c2", caller="89160000002")
    s.hangs_up(2, "c1")


@golden("trunk-down", "R-04.10", elements="", rest=LINES)
def _(s: Scene) -> None:
    """A call that needs a trunk which is not registered ends, and no other trunk is used silently."""
    s.tell(0, ev.TrunkStateChanged(trunk="spb", state="failed"))
    s.dials(1, 101, MOBILE)


@golden("version-promoted", "R-25.6", elements=queue(members="[101]"))
def _(s: Scene) -> None:
    """A version goes live: a call stays on the one it started on, new calls take the new one."""
    digest = s.version(flow(queue(members="[102]")))
    s.arrives(0, "c1")
    s.tell(1, ev.FlowPublished(flow=digest))
    s.tell(2, ev.FlowPromoted(flow=digest))
    s.arrives(3, "c2")
    s.hangs_up(4, "c1")
    s.hangs_up(5, "c2")


@golden("transfer", "R-08.11", "R-06.15", elements=queue("wrap_up: 10"))
def _(s: Scene) -> None:
    """A member sends the caller on to a colleague; wrap-up follows as after any call."""
    s.arrives(0)
    s.answers(3, "c1.1")
    s.tell(20, ev.TransferRequested(call="c1", to="103", leg="c1.1"))
    s.answers(24, "c1.2")
    s.hangs_up(40)


@golden("race-answer-crosses-cancel", "R-06.10", "R-08.9", elements=queue(), obedient=False)
def _(s: Scene) -> None:
    """A member picks up as the ring is cancelled: the late answer is hung up, the next member goes on ringing."""
    s.arrives(0)
    s.until(15)
    s.answers(15.08, "c1.1")
    s.ends(15.2, "c1.1")
    s.answers(19, "c1.2")
    s.hangs_up(30)
    s.ends(30, "c1.2")


@golden("longest-call", "R-02.17", elements="", to=101)
def _(s: Scene) -> None:
    """A call is ended after four hours."""
    s.arrives(0)
    s.answers(4, "c1.1")
    s.until(14400)
