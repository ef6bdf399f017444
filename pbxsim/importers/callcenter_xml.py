"""FreeSWITCH's `callcenter.conf.xml` as queues and users.

Source: mod_callcenter and its documentation. Decides what queues, agents and tiers mean with us and what differs. Entities and
document types are refused; preprocessor lines are told and not run.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from engine.numbers.digits import is_digits
from pbxsim.importers import texts
from pbxsim.importers.draft import FIRST_QUEUE, DocumentMaker, ImportRefused
from pbxsim.importers.losses import Place
from pbxsim.logs.told import Told

STRATEGIES: Final[dict[str, tuple[str, str]]] = {
    "ring-all": ("ring_all", ""),
    "longest-idle-agent": ("longest_idle", ""),
    "round-robin": ("round_robin", ""),
    "top-down": ("linear", ""),
    "agent-with-least-talk-time": ("least_talk", ""),
    "agent-with-fewest-calls": ("fewest_calls", ""),
    "sequentially-by-agent-order": ("linear", "goes on from the agent after the last one there, from the first here"),
    "random": ("random", ""),
    "ring-progressively": ("progressive", ""),
}
"""mod_callcenter's strategy to ours and to what differs."""

BYTES_AT_MOST: Final = 16 * 1024**2
ELEMENTS_AT_MOST: Final = 50_000
DEEPEST: Final = 50


@dataclasses.dataclass
class Node:
    """An element of the file with the line it begins in."""

    tag: str
    attributes: dict[str, str]
    place: Place
    children: list[Node]

    def all(self, tag: str) -> list[Node]:
        """Elements of a name anywhere below."""
        return [
            node
            for child in self.children
            for node in ((child, *child.all(tag)) if child.tag == tag else child.all(tag))
        ]


def parse(path: Path) -> Node:
    """The file as a tree. Raises ImportRefused."""
    top = Node("", {}, Place(path.name, 0), [])
    stack = [top]
    count = 0
    content = texts.bytes_of(path, BYTES_AT_MOST)
    parser = expat.ParserCreate()

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > ELEMENTS_AT_MOST or len(stack) > DEEPEST:
            raise ImportRefused(
                f"{path.name}:{parser.CurrentLineNumber} has more than {ELEMENTS_AT_MOST:,} elements, or elements more than "
                f"{DEEPEST} deep; it is no configuration of a call centre"
            )
        node = Node(tag, attributes, Place(path.name, parser.CurrentLineNumber), [])
        stack[-1].children.append(node)
        stack.append(node)

    def refuse(*_: object) -> None:
        raise ImportRefused(
            f"{path.name}:{parser.CurrentLineNumber} has a DOCTYPE or entities, which are not read; take them out"
        )

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: stack.pop()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # an encoding that there is not, or that gives no text
        raise ImportRefused(f"{path.name} is no XML: {error}") from None
    return top


def take(top: Node, draft: DocumentMaker) -> None:
    """Add every queue of the file."""
    for line in top.all("X-PRE-PROCESS"):
        told = " ".join(f"{key}={value}" for key, value in line.attributes.items())
        draft.losses.left_out(line.place, told, "not run; what it brings is missing")
    agents = {node.attributes.get("name", ""): node for node in top.all("agent")}
    tiers = top.all("tier")
    for node in top.all("queue"):
        name = node.attributes.get("name", "").split("@")[0]
        if not name:
            continue
        number = draft.element(FIRST_QUEUE, node.attributes.get("number") or name)
        draft.queues[name] = number
        queue: dict[str, Any] = {
            "kind": "queue",
            "name": node.attributes.get("title", name),
            "strategy": "longest_idle",
            "dialect": "freeswitch",
            "max_wait": 0,
            "members": [],
        }
        for param in node.all("param"):
            _param(param, queue, draft)
        own = [tier for tier in tiers if tier.attributes.get("queue", "").split("@")[0] == name]
        for tier in sorted(own, key=lambda one: (_whole(one, "level", 1), _whole(one, "position", 1))):
            _seat(tier, agents, queue, draft)
        if not queue["members"]:
            queue["members"] = [draft.user(f"agent-of-{name}", f"{name} agent")]
            draft.losses.approximated(
                node.place, f"queue {name}", "it has no tier; one member stands for those who sign in"
            )
        draft.elements[number] = queue
    _rest(agents, tiers, draft)


def _rest(agents: dict[str, Node], tiers: list[Node], draft: DocumentMaker) -> None:
    """What is left to tell of agents, and of tiers of queues that there are not."""
    for tier in tiers:
        queue = tier.attributes.get("queue", "")
        if queue.split("@")[0] not in draft.queues:
            draft.losses.left_out(
                tier.place, f"tier {tier.attributes.get('agent', '')} {queue}", "there is no such queue"
            )
    seated = {tier.attributes.get("agent", "") for tier in tiers}
    for name, agent in agents.items():
        if name not in seated:
            draft.losses.left_out(agent.place, f"agent {name}", "serves no queue")
            continue
        for key, value in agent.attributes.items():
            told = f"agent {name}: {key}={value}"
            if key in ("wrap-up-time", "max-no-answer", "no-answer-delay-time") and is_digits(value):
                draft.losses.mapped(agent.place, told)
            elif key == "contact" and OUTSIDE.search(value):
                draft.losses.approximated(agent.place, told, "a phone outside; a user of the PBX stands for it")
            elif key not in ("name", "contact") and value:
                draft.losses.left_out(agent.place, told, EFFECTS.get(key, "has no counterpart"))


def _param(param: Node, queue: dict[str, Any], draft: DocumentMaker) -> None:
    name, value = param.attributes.get("name", ""), param.attributes.get("value", "")
    told, losses = f"{name}={value}", draft.losses
    if name == "strategy":
        ours, effect = STRATEGIES.get(value, ("longest_idle", "unknown strategy; the longest idle is asked"))
        queue["strategy"] = ours
        (losses.approximated if effect else losses.mapped)(param.place, told, effect)
    elif name in ("max-wait-time", "tier-rule-wait-second", "ring-progressively-delay", "announce-frequency"):
        field, least, most = {
            "max-wait-time": ("max_wait", 0, 7200), "tier-rule-wait-second": ("tier_wait", 0, 3600),
            "ring-progressively-delay": ("step", 1, 120), "announce-frequency": ("announce_every", 15, 3600),
        }[name]  # fmt: skip
        wanted = int(value) if is_digits(value) else least
        queue[field] = min(max(wanted, least), most)
        exact = is_digits(value) and queue[field] == wanted
        (losses.mapped if exact else losses.approximated)(
            param.place, told, "" if exact else Told("{field} is {value} here", field=field, value=queue[field])
        )
    elif name == "max-wait-time-with-no-agent" and value not in ("", "0"):
        queue["leave_when_empty"] = True
        losses.approximated(param.place, told, "callers leave at once when nobody serves any more")
    elif name in ("moh-sound", "announce-sound"):
        losses.left_out(
            param.place, told, "sounds are not in the configuration; put the file among the prompts and name it"
        )
    elif name in ("record-template", "time-base-score", "max-wait-time-with-no-agent-time-reached", "abandoned-resume-allowed",
                  "discard-abandoned-after", "tier-rules-apply", "tier-rule-wait-multiply-level", "tier-rule-no-agent-no-wait",
                  "skip-agents-with-external-calls", "agent-no-answer-status", "max-wait-time-with-no-agent"):  # fmt: skip
        losses.left_out(param.place, told, EFFECTS.get(name, "moves no call"))
    else:
        losses.left_out(param.place, told, "has no counterpart")


OUTSIDE: Final = re.compile(r"sofia/gateway/|/\+?[0-9]{7,}")
"""A contact that leads out of the PBX."""

EFFECTS: Final = {
    "type": "moves no call",
    "status": "moves no call",
    "time-base-score": "the wait counts from the entry into the queue",
    "abandoned-resume-allowed": "who hung up and calls back starts again",
    "tier-rules-apply": "higher tiers open after `tier_wait`",
    "tier-rule-wait-multiply-level": "each tier opens after the same wait",
    "tier-rule-no-agent-no-wait": "a tier without anybody signed in still waits for its turn",
}


def _seat(tier: Node, agents: dict[str, Node], queue: dict[str, Any], draft: DocumentMaker) -> None:
    name = tier.attributes.get("agent", "")
    told = f"tier {name} level {tier.attributes.get('level', '1')}"
    agent = agents.get(name)
    if agent is None:
        draft.losses.left_out(tier.place, told, "there is no such agent")
        return
    contact = agent.attributes.get("contact", "")
    device = re.sub(r"^(\[[^\]]*\]|\{[^}]*\})*", "", contact) or name
    number = draft.user(device, name.split("@")[0] if not is_digits(name.split("@")[0]) else "")
    if any(seat["user"] == number for seat in queue["members"]):
        draft.losses.left_out(tier.place, told, "is a member already")
        return
    level = _whole(tier, "level", 1)
    queue["members"].append({"user": number, **({"tier": min(max(level, 1), 100)} if level > 1 else {})})
    draft.losses.mapped(tier.place, told, Told("user {number}", number=number))
    ring = re.search(r"(?:leg|call|originate)_timeout=([0-9]{1,9})", contact)
    for field, value, least, most in (
        ("ring", int(ring[1]) if ring else 0, 5, 120),
        ("wrap_up", _whole(agent, "wrap-up-time", 0), 0, 3600),
        ("auto_pause", _whole(agent, "max-no-answer", 0), 0, 100),
        ("retry", _whole(agent, "no-answer-delay-time", 0), 0, 600),
    ):
        if not value:
            continue
        used = min(max(value, least), most)
        if field in queue and queue[field] != used:
            text = f"agent {name}: {field} {value}"
            draft.losses.approximated(
                agent.place,
                text,
                Told("{field} is one for the whole queue, {value} here", field=field, value=queue[field]),
            )
        queue.setdefault(field, used)


def _whole(node: Node, name: str, otherwise: int) -> int:
    text = node.attributes.get(name, "")
    return int(text) if is_digits(text) else otherwise
