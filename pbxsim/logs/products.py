"""Maps for the exports of well-known products, found by the names of their columns.

Decides which columns make a product's table known and what each means. Leaves tables of nobody in particular to `guess.py`.

Sources: the products' own documentation of their exports. FreeSWITCH: mod_json_cdr, mod_xml_cdr and the channel variables of
mod_callcenter. Zendesk Talk: incremental exports of calls. Aircall: call object of the API, and the export of the call history.
Twilio: call resource, and the result of <Enqueue>. Genesys Cloud: export of the interactions view. 3CX: call reports, CDR fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import pandas as pd

from pbxsim.logs.cells import LINE, plain
from pbxsim.logs.columns import ColumnMap, Rule
from pbxsim.logs.losses import Losses
from pbxsim.logs.presets import ANONYMOUS_BANK_1999, VANAD_2014, bank
from pbxsim.logs.table import Repair
from pbxsim.logs.told import Told


class Product(NamedTuple):
    """A map, what is done to the cells before it, the columns by which it is known (all that the map names, if empty), and those
    that the repair makes."""

    columns: ColumnMap
    repair: Repair | None = None
    marks: tuple[str, ...] = ()
    made: tuple[str, ...] = ()


def _callcenter(prefix: str) -> ColumnMap:
    """mod_callcenter's variables of the caller's leg. An answered call ends its wait at the answer, another at its leaving."""
    return ColumnMap(
        arrived=f"{prefix}cc_queue_joined_epoch",
        queue=f"{prefix}cc_queue",
        answered=f"{prefix}cc_queue_answered_epoch",
        ended="ended",
        outcome="outcome",
        agent=f"{prefix}cc_agent",
        caller="caller",
        call_id="call",
        unknown=("", "0", "NULL", "_undef_"),
        zone="UTC",
    )


REASONS: Final = {
    "TIMEOUT": "timed out",
    "NO_AGENT_TIMEOUT": "timed out",
    "EXIT_WITH_KEY": "left",
    "BREAK_OUT": "left",
    "NONE": "abandoned",
}
"""Why a call left a queue of mod_callcenter unanswered."""


def _member_leg(prefix: str) -> Repair:
    """Keeps the callers' legs, and says how each ended."""

    def repair(raw: pd.DataFrame, losses: Losses) -> pd.DataFrame:
        def cells(*names: str) -> pd.Series:
            found = pd.Series("", index=raw.index, dtype="object")
            for name in names:
                if name in raw:
                    found = found.where(found != "", raw[name].astype("object"))
            return found

        def drop(hit: pd.Series, reason: str) -> pd.Series:
            losses.drop(Told(reason), raw.loc[hit, LINE].tolist(), meant=True)
            return ~hit

        of_agent = cells(f"{prefix}cc_side") == "agent"
        kept = drop(of_agent, "the leg of an agent: the caller's tells of the call")
        never = cells(f"{prefix}cc_queue_joined_epoch").isin(["", "0"]) & kept
        kept &= drop(never, "it never waited in a queue")
        raw = raw.assign(
            ended=cells(f"{prefix}cc_queue_terminated_epoch", f"{prefix}cc_queue_canceled_epoch", f"{prefix}end_epoch"),
            caller=cells(
                f"{prefix}caller_id_number", "callflow.0.caller_profile.caller_id_number",
                "callflow.caller_profile.caller_id_number", "caller_id_number", f"{prefix}sip_from_user",
            ),
            call=cells(f"{prefix}cc_member_session_uuid", f"{prefix}uuid", f"{prefix}call_uuid", "xml_cdr_uuid", "core-uuid"),
        )  # fmt: skip
        hung = cells(f"{prefix}cc_queue_canceled_epoch")
        answered = ~cells(f"{prefix}cc_queue_answered_epoch").isin(["", "0"])
        reason = cells(f"{prefix}cc_cancel_reason").map(REASONS).fillna("abandoned")
        raw["ended"] = raw["ended"].where(answered | hung.isin(["", "0"]), hung)
        for name in (f"{prefix}cc_queue", f"{prefix}cc_agent"):
            if name in raw:
                raw[name] = raw[name].str.split("@").str[0]
        raw["outcome"] = reason.where(~answered, "answered")
        return raw[kept]

    return repair


_JOINED: Final = ("cc_queue", "cc_queue_joined_epoch")

GENESYS: Final = ColumnMap(
    arrived="Date",
    queue="Queue",
    wait_s="Total Queue",
    talk_s="Total Talk + Total Hold",
    direction="Direction",
    agent="Users",
    caller="ANI",
    call_id="Conversation ID",
)

ZENDESK: Final = ColumnMap(
    arrived="created_at",
    queue="call_group_id",
    wait_s="wait_time",
    talk_s="talk_time + hold_time",
    outcome="completion_status",
    outcomes={
        "completed": "answered",
        "abandoned_in_queue": "abandoned",
        "abandoned_on_hold": "answered",
        "abandoned_in_voicemail": "left",
        "abandoned_in_ivr": "drop",
        "agent_transfer_declined": "answered",
        "agent_transferred": "answered",
        "not_answered": "abandoned",
        "callback_requested": "left",
        "in_progress": "drop",
    },
    direction="direction",
    agent="agent_id",
    caller="customer_id",
    call_id="id",
    zone="UTC",
)

MILLISECONDS_FROM: Final = 7200.0
"""A median talk of so much is one in milliseconds: exports of Genesys Cloud have either unit."""


def _genesys(raw: pd.DataFrame, losses: Losses) -> pd.DataFrame:
    """Bare numbers are milliseconds where talks would last for hours otherwise."""
    talk = pd.to_numeric(raw["Total Talk"], errors="coerce")
    if not bool(talk[talk > 0].median() > MILLISECONDS_FROM):
        return raw
    losses.remark(Told("lengths are milliseconds: talks would last for hours otherwise"), len(raw))
    lengths = [name for name in raw.columns if name.startswith("Total ")]
    bare = {name: raw[name].where(~raw[name].str.fullmatch(r"[\d.]+"), raw[name] + " ms") for name in lengths}
    return raw.assign(**bare)


AIRCALL_MISSED: Final = {
    "short_abandoned": "abandoned",
    "abandoned_in_classic": "abandoned",
    "no_available_agent": "left",
    "agents_did_not_answer": "left",
    "abandoned_in_ivr": "drop",
    "out_of_opening_hours": "drop",
}


def _aircall(raw: pd.DataFrame, losses: Losses) -> pd.DataFrame:
    """A call is answered if somebody did, else lost for the reason it names; without a reason it was given up."""
    answered = "answered_at" if "answered_at" in raw else "answered"
    unanswered = ("", "0", "no", "none", "null", "false")
    served = ~raw[answered].str.casefold().isin(unanswered)
    why = raw["missed_call_reason"] if "missed_call_reason" in raw else pd.Series("", index=raw.index)
    told = (
        why.str.casefold()
        .str.replace(" ", "_")
        .map(AIRCALL_MISSED)
        .fillna("abandoned")
        .replace("timed_out", "timed out")
    )
    return raw.assign(outcome=told.where(~served, "answered"))


def _five9(raw: pd.DataFrame, losses: Losses) -> pd.DataFrame:
    """Calls that neither waited nor were talked in ended in the voice menu."""
    lengths = [
        pd.to_timedelta(raw[name], errors="coerce").fillna(pd.Timedelta(0)) for name in ("QUEUE WAIT TIME", "TALK TIME")
    ]
    menu = (lengths[0] == pd.Timedelta(0)) & (lengths[1] == pd.Timedelta(0))
    losses.drop(Told("it never waited in a queue"), raw.loc[menu, LINE].tolist(), meant=True)
    return raw[~menu]


PRODUCTS: Final[dict[str, Product]] = {
    "vanad_2014": Product(VANAD_2014, None, ("date_received", "queue_name")),
    "anonymous_bank_1999": Product(ANONYMOUS_BANK_1999, bank, ("vru+line", "q_time", "ser_time")),
    "freeswitch_cdr": Product(
        _callcenter("variables."), _member_leg("variables."), tuple(f"variables.{name}" for name in _JOINED),
        ("ended", "outcome", "caller", "call"),
    ),
    "freeswitch_table": Product(_callcenter(""), _member_leg(""), _JOINED, ("ended", "outcome", "caller", "call")),
    "3cx": Product(
        ColumnMap(
            arrived="Call Time", queue="Queue", wait_s="Ringing", talk_s="Talking", outcome="Status", agent="Destination",
            caller="Caller ID",
        )
    ),
    "3cx_calls": Product(
        ColumnMap(
            arrived="Call Time", direction="Direction", wait_s="Ringing", talk_s="Talking", outcome="Status", agent="To",
            caller="From",
        )
    ),
    "3cx_no_queue": Product(
        ColumnMap(
            arrived="Call Time", wait_s="Ringing", talk_s="Talking", outcome="Status", agent="Destination",
            caller="Caller ID",
        )
    ),
    "3cx_cdr": Product(
        ColumnMap(
            arrived="time-start", queue="dial-no", answered="time-answered", ended="time-end", agent="final-number",
            caller="from-no", call_id="callid",
        )
    ),
    "genesys_cloud": Product(GENESYS, _genesys, ("Conversation ID", "Total Queue", "Total Talk")),
    "zendesk_talk": Product(ZENDESK, None, ("completion_status", "wait_time", "talk_time")),
    "aircall": Product(
        ColumnMap(
            arrived="started_at", queue="number.name", answered="answered_at", ended="ended_at", direction="direction",
            outcome="outcome", agent="user.name", caller="raw_digits", call_id="id", zone="UTC",
            unknown=("", "0", "None", "null"),
        ),
        _aircall,
        ("started_at", "answered_at", "ended_at", "direction", "missed_call_reason"),
        ("outcome",),
    ),
    "aircall_history": Product(
        ColumnMap(
            arrived="datetime (UTC)", queue="line", wait_s="duration (total) - duration (in call)",
            talk_s="duration (in call)", direction="direction", outcome="outcome", agent="user", caller="from", zone="UTC",
        ),
        _aircall,
        ("datetime (UTC)", "duration (total)", "duration (in call)", "answered"),
        ("outcome",),
    ),
    "twilio_queue": Product(
        ColumnMap(
            arrived="Timestamp", queue="QueueSid", wait_s="QueueTime", talk_s="DialCallDuration", outcome="QueueResult",
            caller="From", call_id="CallSid",
            outcomes={
                "bridged": "answered", "redirected-from-bridged": "answered", "hangup": "abandoned", "leave": "left",
                "redirected": "left", "queue-full": "refused", "error": "refused", "system-error": "refused",
            },
        ),
        None,
        ("QueueResult", "QueueTime"),
    ),
    "five9": Product(
        ColumnMap(
            arrived="TIMESTAMP", queue="SKILL", wait_s="QUEUE WAIT TIME", talk_s="TALK TIME + HOLD TIME", direction="CALL TYPE",
            agent="AGENT NAME", caller="ANI", call_id="CALL ID", unknown_agents=("[None]",),
        ),
        _five9,
        ("TIMESTAMP", "CALL TYPE", "QUEUE WAIT TIME", "TALK TIME"),
    ),
    "talkdesk": Product(
        ColumnMap(
            arrived="Start Time", queue="Ring Groups", wait_s="Wait Time", talk_s="Talk Time", outcome="Call Type",
            agent="User Name", caller="Contact Phone Number", call_id="Interaction ID",
            outcomes={
                "inbound": "answered", "abandoned": "abandoned", "short_abandoned": "abandoned", "missed": "abandoned",
                "voicemail": "left", "after_hours": "drop", "outbound": "drop", "outbound_missed": "drop",
                "agent_to_agent": "drop",
                "agent_to_agent_missed": "drop",
            },
        ),
        None,
        ("Interaction ID", "Call Type", "Start Time", "Wait Time", "Talk Time"),
    ),
    "megafon": Product(
        ColumnMap(
            arrived="start", wait_s="wait", talk_s="duration", direction="type", agent="account", caller="client", call_id="uid",
            zone="UTC",
        ),
        None,
        ("uid", "type", "client", "account", "via", "start", "wait", "duration"),
    ),
    "onlinepbx_table": Product(
        ColumnMap(
            arrived="start_stamp", queue="destination_number", wait_s="duration - user_talk_time", talk_s="user_talk_time",
            direction="accountcode", caller="caller_id_number", call_id="uuid", zone="UTC",
        ),
        None,
        ("start_stamp", "duration", "user_talk_time", "accountcode"),
    ),
    "amazon_connect_table": Product(
        ColumnMap(
            arrived="Queue.EnqueueTimestamp", queue="Queue.Name", wait_s="Queue.Duration",
            talk_s="Agent.AgentInteractionDuration + Agent.CustomerHoldDuration",
            answered="Agent.ConnectedToAgentTimestamp", agent="Agent.Username", caller="CustomerEndpoint.Address",
            call_id="ContactId", zone="UTC",
            leave_out=(Rule(reason="outgoing: the contact centre called", column="InitiationMethod", values=("OUTBOUND",)),),
        ),
        None,
        ("ContactId", "Queue.EnqueueTimestamp"),
    ),
}  # fmt: skip
"""Names of products to their maps; the first that fits is taken."""

OPTIONAL: Final = ("queue", "agent", "caller", "call_id", "priority", "direction")
"""Fields of a product's map that its table may lack, as people choose columns."""


def known(names: Sequence[str]) -> str:
    """The product whose table has these columns; empty if none."""
    return next((product for product in PRODUCTS if fits(product, names)), "")


def fits(product: str, names: Sequence[str]) -> bool:
    """Whether a table with these columns is one of the product."""
    columns, _, marks, made = PRODUCTS[product]
    there = {plain(name) for name in names}
    needed = marks or tuple(
        name
        for field, name in columns.named().items()
        if field not in ("caller", "call_id", "priority") and name not in made
    )
    return all(plain(name) in there for name in needed)


def refusal(names: Sequence[str]) -> Told | None:
    """Why a known table tells too little; None if nothing is known of it."""
    there = {plain(name) for name in names}
    for marks, reason in TELLS_TOO_LITTLE:
        if all(plain(mark) in there for mark in marks):
            return Told(reason)
    return None


OF_CHANNELS: Final = (
    "these are events of channels (CEL), which do not tell when a member took a queue's call; give queue_log or the CDR"
)
CHANNEL_EVENTS: Final = frozenset(
    "CHAN_START CHAN_END ANSWER HANGUP APP_START APP_END BRIDGE_ENTER BRIDGE_EXIT LINKEDID_END".split()
)
"""What stands first in a line of Asterisk's channel events, without names of columns."""

TELLS_TOO_LITTLE: Final = (
    (
        ("sid", "direction", "status", "price", "duration"),
        "a list of Twilio's calls does not tell who waited for an agent, nor whether one answered; export the results of "
        "<Enqueue> (QueueTime, QueueResult) or the tasks of TaskRouter",
    ),
    (
        ("message sid", "direction", "status"),
        "these are messages and no calls",
    ),
    (
        ("action", "action result", "duration", "from", "to"),
        "a call log of RingCentral does not tell how long callers waited; export the calls of a queue from its analytics",
    ),
    (
        ("calldate", "connect_duration", "whohanged"),
        "VoIPmonitor sees SIP calls, which a queue answers at once: nothing tells who waited; export the log of the PBX itself",
    ),
    (
        ("eventtype", "eventtime", "uniqueid"),
        OF_CHANNELS,
    ),
    (
        ("agent name", "calls handled", "avg handle time"),
        "these are sums of each agent over the whole time: nothing tells when calls came; export calls, or a report by intervals",
    ),
)


def fitted(product: str, names: Sequence[str]) -> Product:
    """The map of a product without what this table of it lacks: optional columns, and addends of a length."""
    columns, repair, marks, made = PRODUCTS[product]
    there = {plain(name) for name in (*names, *made)}
    changes: dict[str, object] = {}
    for field in OPTIONAL:
        name = getattr(columns, field)
        if name is not None and plain(name) not in there:
            changes[field] = None
    if columns.talk_s is not None and " + " in columns.talk_s:
        changes["talk_s"] = " + ".join(part for part in columns.talk_s.split(" + ") if plain(part) in there) or None
    elif columns.talk_s is not None and " - " not in columns.talk_s and plain(columns.talk_s) not in there:
        changes["talk_s"] = None
    rules = tuple(rule for rule in columns.leave_out if plain(rule.column) in there)
    return Product(columns.model_copy(update={**changes, "leave_out": rules}), repair, marks, made)
