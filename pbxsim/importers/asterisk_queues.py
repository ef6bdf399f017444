"""Asterisk's `queues.conf` as queues and users.

Source: Asterisk 20, app_queue and queues.conf.sample. Decides what each setting means with us and what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.numbers.digits import is_digits
from pbxsim.importers.asterisk_files import ConfigurationLine, Section
from pbxsim.importers.draft import FIRST_QUEUE, DocumentMaker
from pbxsim.logs.told import Told

STRATEGIES: Final[dict[str, tuple[str, str]]] = {
    "ringall": ("ring_all", ""),
    "linear": ("linear", ""),
    "rrmemory": ("round_robin", ""),
    "roundrobin": ("round_robin", ""),
    "rrordered": ("round_robin", ""),
    "leastrecent": (
        "longest_idle",
        "calls of this queue alone count there, those of all queues here",
    ),
    "fewestcalls": ("fewest_calls", ""),
    "random": ("random", ""),
    "wrandom": ("weighted_random", "penalties are weights there; ours are 1 until `weight` is set"),
}
"""Asterisk's strategy to ours and to what differs."""

NO_EFFECT: Final = frozenset(
    """eventwhencalled eventmemberstatus setinterfacevar setqueueentryvar setqueuevar monitor-format monitor-type servicelevel
    persistentmembers autofill shared_lastcall keepstats log_membername_as_agent updatecdr timeoutpriority
    negative_penalty_invalid force_longest_waiting_caller log_restricted_caller_id""".split()
)
"""Settings that move no call."""

YES: Final = frozenset({"yes", "true", "on", "1", "strict", "loose"})
DEFAULTS: Final[dict[str, Any]] = {
    "ring": 15, "retry": 5, "max_wait": 0, "strategy": "ring_all", "dialect": "asterisk",
}  # fmt: skip
"""What Asterisk does where a setting is missing, in our words. The dialect keeps its timing between offers: callers wait after a
pass of ringing, work after calls ends with a whole second, the pointer of round robin moves as a pass ends."""


def take(sections: list[Section], draft: DocumentMaker) -> None:
    """Add every queue of the sections."""
    for section in sections:
        if section.is_template or section.name in ("general", "globals"):
            if section.name == "general":
                for entry in section.entries:
                    draft.losses.left_out(entry.place, f"{entry.key}={entry.value}", "moves no call")
            continue
        if section.entries and not any(entry.key.lower() in OF_QUEUES for entry in section.entries):
            draft.losses.left_out(section.place, f"[{section.name}]", "is no queue: it has no setting of one")
            continue
        number = draft.element(FIRST_QUEUE, section.name)
        draft.queues[section.name] = number
        queue: dict[str, Any] = {"kind": "queue", "name": section.name, **DEFAULTS, "members": []}
        seen: dict[str, ConfigurationLine] = {}
        for entry in section.entries:
            if entry.key.lower() == "member":
                _member(entry, queue, draft)
            else:
                seen[entry.key.lower()] = entry
        for key, entry in seen.items():
            _setting(key, entry, queue, draft)
        if not queue["members"]:
            user = draft.user(f"agent-of-{section.name}", f"{section.name} agent")
            queue["members"] = [user]
            draft.losses.approximated(
                section.place, f"[{section.name}]", "its members sign in by themselves; one stands for them"
            )
        draft.elements[number] = queue


def _setting(key: str, entry: ConfigurationLine, queue: dict[str, Any], draft: DocumentMaker) -> None:
    told, losses = f"{entry.key}={entry.value}", draft.losses
    value = entry.value.lower()
    if key == "strategy":
        ours, effect = STRATEGIES.get(value, ("ring_all", "unknown strategy; all are rung"))
        queue["strategy"] = ours
        (losses.approximated if effect else losses.mapped)(entry.place, told, effect)
    elif key in NUMBERS:
        field, least, most, zero = NUMBERS[key]
        _number(entry, queue, field, least, most, zero, draft)
    elif key == "maxlen":
        wanted = int(value) if is_digits(value) else 0
        queue["waiting"] = min(wanted, 500) or "unlimited"
        (losses.approximated if wanted > 500 else losses.mapped)(
            entry.place, told, "500 may wait, the most there is" if wanted > 500 else ""
        )
    elif key == "joinempty":
        queue["join_when_empty"] = (
            "always" if value == "yes" else "idle" if "inuse" in value or "ringing" in value
            else "unpaused" if "paused" in value or value in ("strict", "loose") else "signed_in"
        )  # fmt: skip
        exact = value in ("yes", "no")
        effect = (
            ""
            if exact
            else Told(
                "calls are let in while somebody is {state}; unreachable phones count as there",
                state=queue["join_when_empty"],
            )
        )
        (losses.mapped if exact else losses.approximated)(entry.place, told, effect)
    elif key == "leavewhenempty":
        queue["leave_when_empty"] = value not in ("no", "")
        exact = value in ("yes", "no")
        effect = "" if exact else "callers leave when nobody serves any more, whatever the state of phones"
        (losses.mapped if exact else losses.approximated)(entry.place, told, effect)
    elif key == "autopause":
        if value in YES or value == "all":
            queue["auto_pause"] = 1
        (losses.approximated if value == "all" else losses.mapped)(
            entry.place, told, "paused in this queue, not in all" if value == "all" else ""
        )
    elif key == "announce-position":
        queue["announce_position"] = value in YES
        losses.mapped(entry.place, told)
    elif key == "ringinuse":
        if value in YES:
            losses.approximated(entry.place, told, "members in a call are not rung here")
        else:
            losses.mapped(entry.place, told)
    elif key in NO_EFFECT:
        losses.left_out(entry.place, told, "moves no call")
    elif key in ("musicclass", "musiconhold", "music", "announce", "periodic-announce") or key.startswith("queue-"):
        losses.left_out(
            entry.place, told, "sounds are not in the configuration; put the file among the prompts and name it"
        )
    elif key == "context":
        losses.left_out(entry.place, told, "keys that leave the queue are an `exit_key` and its output; set them")
    else:
        losses.left_out(entry.place, told, "has no counterpart")


NUMBERS: Final[dict[str, tuple[str, float, float, float | None]]] = {
    "timeout": ("ring", 5, 120, 120),
    "retry": ("retry", 0, 600, None),
    "wrapuptime": ("wrap_up", 0, 3600, None),
    "weight": ("queue_weight", 0, 100, None),
    "announce-frequency": ("announce_every", 15, 3600, 3600),
    "periodic-announce-frequency": ("announce_every", 15, 3600, 3600),
}
"""Setting to our field, its least and most, and what zero means if it is no number."""


OF_QUEUES: Final = (
    frozenset(NUMBERS)
    | NO_EFFECT
    | frozenset(
        "member strategy maxlen joinempty leavewhenempty autopause announce-position ringinuse musicclass music".split()
    )
)
"""Settings by which a section is a queue; those of phones and trunks have none of them but `context`."""


def _number(
    entry: ConfigurationLine,
    queue: dict[str, Any],
    field: str,
    least: float,
    most: float,
    zero: float | None,
    draft: DocumentMaker,
) -> None:
    told = f"{entry.key}={entry.value}"
    if not is_digits(entry.value):
        draft.losses.left_out(entry.place, told, "no number")
        return
    wanted = int(entry.value)
    used = int(zero if wanted == 0 and zero is not None else min(max(wanted, least), most))
    queue[field] = used
    if used != wanted:
        draft.losses.approximated(entry.place, told, Told("{field} is {value} here", field=field, value=used))
    else:
        draft.losses.mapped(entry.place, told)


def _member(entry: ConfigurationLine, queue: dict[str, Any], draft: DocumentMaker) -> None:
    """`interface,penalty,name,state interface,ringinuse,wrapuptime,paused`."""
    parts = [part.strip().strip('"') for part in entry.value.split(",")]
    told = f"member => {entry.value}"
    if not parts[0]:
        draft.losses.left_out(entry.place, told, "no interface")
        return
    number = draft.user(parts[0], parts[2] if len(parts) > 2 else "")
    if any((seat if isinstance(seat, int) else seat["user"]) == number for seat in queue["members"]):
        draft.losses.left_out(entry.place, told, "is a member already")
        return
    penalty = int(parts[1]) if len(parts) > 1 and is_digits(parts[1]) else 0
    queue["members"].append({"user": number, "static": True, **({"tier": min(penalty + 1, 100)} if penalty else {})})
    lost = [
        name
        for name, place in (("wrapuptime", 5), ("paused", 6))
        if len(parts) > place and parts[place] not in ("", "0", "no")
    ]
    tell: Callable[..., None] = draft.losses.approximated if lost else draft.losses.mapped
    tell(
        entry.place,
        told,
        Told("{what}: not kept", what=", ".join(lost)) if lost else Told("user {number}", number=number),
    )
