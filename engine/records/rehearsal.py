"""The form of a rehearsal: what simulated people will do, what the simulation said of it, and what a bridge said when they did.

    Plan        days of planned calls and acts, with the notes that the simulated world gave (`pbxsim/runs/rehearsal_plan.py`)
    Report      what came of playing it on a bridge (`live_bridge/rehearsal/`): every difference, each with its cause

Decides the two JSON forms, as a simulator writes the first and a bridge the second, and neither knows the other. Instants and
lengths are integer microseconds, instants in UTC. Leaves the comparison to `traces.py`.

A decision stands with the call that takes it and is counted in the order in which the call comes to it: the second of `rings` is
what happens at the second leg the call places, whoever is rung then. So people go on behaving as themselves when a bridge does
something else than the simulation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from engine.contract import notes as note
from engine.contract.errors import PbxError
from engine.contract.ids import CallId, Duration, Instant
from engine.records.journal import union_of

FORMAT = "pbx rehearsal 1"
"""First words of a plan; a form that older programs cannot read gets another number."""


class PlanError(PbxError):
    """A plan cannot be played; the message says why and what to do."""


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of every part of a plan and of a report."""


# --- what people do --------------------------------------------------------------------------------------------------


class Keys(Part, frozen=True, omit_defaults=True):
    """What a caller does when keys are asked for at `element`."""

    element: int
    keys: str = ""
    """Pressed one by one; empty presses none, `hangup` hangs up instead."""
    after_us: Duration = 0
    """From the question to the first key."""
    gap_us: Duration = 0
    """Between two keys."""


class Ring(Part, frozen=True, omit_defaults=True):
    """What becomes of one leg of a call that is rung."""

    target: str
    """Who was rung in the simulation: an internal number, or an outside one."""
    outcome: Literal["answers", "refuses", "ignores"] = "ignores"
    after_us: Duration = 0


class Talk(Part, frozen=True, omit_defaults=True):
    """One talk of a call."""

    length_us: Duration
    ends: Literal["caller", "far"] = "caller"
    """Who hangs up."""


class WebAnswer(Part, frozen=True, omit_defaults=True):
    """What the customer's web server says, after `latency_us`; `failure` instead of an answer."""

    latency_us: Duration
    status: int = 200
    body: str = ""
    failure: str = ""


class PlannedCall(Part, frozen=True, omit_defaults=True):
    """One caller's attempt, and every decision of it."""

    id: CallId
    """Its name in the simulation: source, row, attempt."""
    at: Instant
    trunk: str
    called: str
    caller: str
    draw_seed: int
    """Entropy of the call (`events.CallArrived`): the same chance as in the simulation."""
    keys: tuple[Keys, ...] = ()
    rings: tuple[Ring, ...] = ()
    patience_us: tuple[Duration | None, ...] = ()
    """For each wait the caller was not spared: how long it is borne; None is for ever."""
    talks: tuple[Talk, ...] = ()
    messages_us: tuple[Duration, ...] = ()
    """Length of each voice message, after which the caller hangs up."""
    web: tuple[WebAnswer, ...] = ()


What = Literal[
    "registers", "unregisters", "signs_in", "signs_out", "pauses", "resumes", "dnd_on", "dnd_off", "trunk", "account"
]


class Act(Part, frozen=True, omit_defaults=True):
    """What somebody does who is in no call. `reason` is of a pause, and the state of a trunk or the account."""

    at: Instant
    what: What
    user: int = 0
    queue: int | None = None
    trunk: str = ""
    reason: str = ""


# --- the plan --------------------------------------------------------------------------------------------------------

if TYPE_CHECKING:
    Said = tuple[Instant, note.Note]
else:
    Said = tuple[Instant, union_of(note.Note)]
"""A note and its instant. Decoding wants the union of all kinds of notes, which is made when this file is loaded."""


class PlannedDay(Part, frozen=True, omit_defaults=True):
    """One replication, or a stretch of it, that begins with an idle PBX."""

    replication: int
    begin: Instant
    end: Instant
    calls: tuple[PlannedCall, ...]
    acts: tuple[Act, ...] = ()
    expected: tuple[Said, ...] = ()
    """What the simulated engine noted, in order."""
    sampled: int = 0
    """Callers taken of the day; each call beyond them is one of these dialling again."""
    of: int = 0
    """Callers of the whole day."""


class Plan(Part, frozen=True, omit_defaults=True):
    """Days to be played on a bridge that has one version."""

    format: str
    """`FORMAT`."""
    flow: str
    """Digest of the version."""
    document: str
    """Its text."""
    scenario: str
    seed: int
    days: tuple[PlannedDay, ...]
    left_out: tuple[str, ...] = ()
    """Parts of the scenario that no rehearsal can play and that the simulation went without, too; a name each."""


_PLAN = msgspec.json.Decoder(Plan)
_ENCODER = msgspec.json.Encoder(order="sorted")


def encode_plan(plan: Plan) -> bytes:
    """The plan as JSON, the same bytes for the same plan."""
    return _ENCODER.encode(plan)


def decode_plan(text: bytes) -> Plan:
    """The plan of a JSON text. PlanError when it is none, or one of another program version."""
    try:
        plan = _PLAN.decode(text)
    except msgspec.MsgspecError as error:
        raise PlanError(f"this is no rehearsal plan: {error}: make it with pbx rehearse --plan") from None
    if plan.format != FORMAT:
        raise PlanError(f"a plan of the form {plan.format!r}; this program plays {FORMAT!r}: make the plan again")
    return plan


# --- the report ------------------------------------------------------------------------------------------------------


class Difference(Part, frozen=True, omit_defaults=True):
    """Where a call, or a member, went another way on the bridge than in the simulation."""

    call: str
    """Name in the plan; `member 100` for what members did."""
    step: int
    """Place of the first note that differs, from 1; the notes before it are equal."""
    at: Instant
    """Simulated instant of that step."""
    expected: str
    """The note of the simulation; empty where it has none any more."""
    seen: str
    """The note of the bridge; empty where it has none any more."""
    rules: tuple[str, ...] = ()
    """Rules of the specification that the two notes name."""
    cause: str = "unexplained"
    """A name of `traces.CAUSES`."""
    detail: str = ""
    """What speaks for that cause, in one line of English."""
    more: int = 0
    """Notes after this step that differ too."""


class Report(Part, frozen=True, omit_defaults=True):
    """What came of a rehearsal."""

    flow: str
    scenario: str
    seed: int
    callers: int
    calls: int
    equal: int
    """Calls all of whose notes and instants are those of the simulation."""
    members: int
    members_equal: int
    notes: int
    """Notes of calls and members that were compared."""
    differences: tuple[Difference, ...] = ()
    left_out: tuple[str, ...] = ()
    simulated_us: Duration = 0
    """Time of the calls, from the first arrival to the last end."""
    real_s: float = 0.0
    """Seconds it took to play."""
    requests: int = 0
    """SIP requests and answers that the ends and the bridge exchanged."""
    resolution_us: Duration = 0
    """Differences of instants up to this are no differences of behaviour."""
    media_us: Duration = 0
    """The same for lengths of recordings, which come in packets."""

    @property
    def unexplained(self) -> int:
        """Differences without a cause: each is a fault."""
        return sum(one.cause == "unexplained" for one in self.differences)


_REPORT = msgspec.json.Decoder(Report)


def decode_report(text: bytes) -> Report:
    """The report of a JSON text. PlanError when it is none."""
    try:
        return _REPORT.decode(text)
    except msgspec.MsgspecError as error:
        raise PlanError(f"this is no report of a rehearsal: {error}") from None
