"""FusionPBX's call centre, ring groups, menus, extensions and destinations as elements, users and trunks.

Source: FusionPBX's schema and how it writes mod_callcenter's configuration. Queues, agents and tiers become the nodes of such a
configuration and are taken from there; an extension number that a setting names is where its calls go. Leaves rows to
`fusionpbx_tables.py`, queues to `callcenter_xml.py`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from engine.numbers.digits import is_digits
from pbxsim.importers import callcenter_xml, forwarding
from pbxsim.importers import fusionpbx_tables as t
from pbxsim.importers.callcenter_xml import Node
from pbxsim.importers.draft import NO_NUMBER, DocumentMaker
from pbxsim.importers.fusionpbx_tables import TableRow, Tables
from pbxsim.importers.losses import Place
from pbxsim.logs.told import Told

PASSED_ON: Final = (
    "strategy", "max_wait_time", "max_wait_time_with_no_agent", "max_wait_time_with_no_agent_time_reached", "tier_rules_apply",
    "tier_rule_wait_second", "tier_rule_wait_multiply_level", "tier_rule_no_agent_no_wait", "discard_abandoned_after",
    "abandoned_resume_allowed", "time_base_score", "moh_sound", "record_template", "announce_sound", "announce_frequency",
)  # fmt: skip
"""Columns of a queue, after `queue_`, that are parameters of mod_callcenter under the same name."""

AT_ONCE: Final = frozenset({"simultaneous", "enterprise"})
"""Strategies of ring groups that ring all at once; others ring one after another there."""

FORWARDS: Final = {
    "forward_all": "always", "forward_busy": "busy", "forward_no_answer": "no_answer",
    "forward_user_not_registered": "unreachable",
}  # fmt: skip
"""Columns of an extension, before `_enabled` and `_destination`, by the condition of a step with us."""

OUTSIDE: Final = re.compile(r"\+?[0-9]{6,15}")
MAILBOX: Final = re.compile(r"\*99([0-9]+)$")
APPLICATION: Final = re.compile(r"\s*(\w+)[:\s]\s*(.*)", re.S)

Way = str | int


class FusionPbx:
    """The tables of one PBX, and the elements made of them."""

    def __init__(self, tables: Tables, draft: DocumentMaker) -> None:
        self.draft = draft
        self.tables = {name: [row for row in rows if self._is_on(row)] for name, rows in tables.items()}
        self.places: dict[str, Way] = {}
        """Where the calls of an extension number go."""

    def _is_on(self, row: TableRow) -> bool:
        if row.is_off:
            self.draft.losses.left_out(row.place, _named(row), "is switched off there")
        return not row.is_off

    def take(self) -> None:
        """Everything: queues, then what has a number of its own, then where each of them sends calls, then the ways in."""
        for row in self.tables[t.EXTENSIONS]:
            if row["extension"]:
                name = _one_line(row["effective_caller_id_name"])
                self.places[row["extension"]] = self.draft.user(row["extension"], "" if is_digits(name) else name)
                self.draft.losses.mapped(row.place, _named(row))
        queues = self._queues()
        groups = [(self._held(row, "ring_group_extension", 5300), row) for row in self.tables[t.GROUPS]]
        menus = [(self._held(row, "ivr_menu_extension", 5000), row) for row in self.tables[t.MENUS]]
        for row in self.tables[t.EXTENSIONS]:
            if row["extension"]:
                self._forwarded(int(self.places[row["extension"]]), row)
        for number, row in queues:
            self._leaves(number, row)
        for number, row in groups:
            self._group(number, row)
        for number, row in menus:
            self._menu(number, row)
        for row in self.tables[t.DESTINATIONS]:
            self._way_in(row)
        first = next((number for number, _ in (*menus, *queues, *groups)), None)
        if not self.draft.trunks and first is not None:
            self.draft.trunks["line"] = {"number": NO_NUMBER, "lines": "unlimited", "to": first}
            rows = self.tables[t.QUEUES] or self.tables[t.GROUPS] or self.tables[t.MENUS]
            self.draft.losses.approximated(
                rows[0].place,
                "destinations",
                Told("no number of a trunk is told; {number} stands for it", number=NO_NUMBER),
            )

    # --- queues --------------------------------------------------------------------------------------------------------

    def _queues(self) -> list[tuple[int, TableRow]]:
        rows = self.tables[t.QUEUES]
        keys = {row["call_center_queue_uuid"] or row["queue_name"]: _key(row) for row in rows} | {
            row["queue_name"]: _key(row) for row in rows
        }
        agents: dict[str, Node] = {}
        for row in self.tables[t.AGENTS]:
            node = self._agent(row)
            agents |= {key: node for key in (row["call_center_agent_uuid"], row["agent_name"]) if key}
        children = [self._queue(row) for row in rows]
        for row in self.tables[t.TIERS]:
            queue = keys.get(row["call_center_queue_uuid"]) or keys.get(row["queue_name"].split("@")[0], "")
            agent = agents.get(row["call_center_agent_uuid"]) or agents.get(row["agent_name"])
            name = row["agent_name"] or row["call_center_agent_uuid"]
            if not queue:
                self.draft.losses.left_out(row.place, f"tier {name}", "there is no such queue")
                continue
            levels = {"level": row["tier_level"] or "1", "position": row["tier_position"] or "1"}
            named = name if agent is None else agent.attributes["name"]
            children.append(Node("tier", {"agent": named, "queue": queue, **levels}, row.place, []))
        children += {id(node): node for node in agents.values()}.values()
        top = Node("", {}, Place("", 0), children)
        callcenter_xml.take(top, self.draft)
        found = [(self.draft.queues[_key(row)], row) for row in rows if _key(row)]
        for number, row in found:
            if row["queue_extension"]:
                self.places[row["queue_extension"]] = number
        return found

    def _queue(self, row: TableRow) -> Node:
        params = []
        for column, value in row.values.items():
            name = column.removeprefix("queue_")
            if not column.startswith("queue_") or name in ("name", "extension", "timeout_action"):
                continue
            if name in PASSED_ON:
                params.append(Node("param", {"name": name.replace("_", "-"), "value": value}, row.place, []))
            else:
                effect = "moves no call" if name in ("description", "cid_prefix") else "has no counterpart"
                self.draft.losses.left_out(row.place, f"{row['queue_name']}: {column}={value[:60]}", effect)
        about = {
            "name": _key(row),
            "title": _one_line(row["queue_name"]) or _key(row),
            "number": row["queue_extension"],
        }
        return Node("queue", about, row.place, params)

    def _agent(self, row: TableRow) -> Node:
        contact = row["agent_contact"]
        if row["agent_call_timeout"] and "_timeout=" not in contact:
            contact = f"{{call_timeout={row['agent_call_timeout']}}}{contact}"
        about = {"name": row["agent_name"] or row["call_center_agent_uuid"], "contact": contact}
        about |= {
            name.replace("_", "-"): row[f"agent_{name}"]
            for name in ("wrap_up_time", "max_no_answer", "no_answer_delay_time")
            if row[f"agent_{name}"]
        }
        return Node("agent", about, row.place, [])

    def _leaves(self, number: int, row: TableRow) -> None:
        """Where callers go when their queue gives up."""
        if row["queue_timeout_action"]:
            told = f"{row['queue_name']}: queue_timeout_action={row['queue_timeout_action']}"
            to = self._to(row["queue_timeout_action"], row, told)
            if to != "hangup":
                self.draft.elements[number] |= {"timeout": to, "leave_empty": to}

    # --- forwarding ---------------------------------------------------------------------------------------------------

    def _forwarded(self, number: int, row: TableRow) -> None:
        """Forwarding of an extension, then its follow-me, which is asked where nothing is always forwarded."""
        for name, when in FORWARDS.items():
            if _is_yes(row[f"{name}_enabled"]) and row[f"{name}_destination"]:
                told = f"{row['extension']}: {name}={row[f'{name}_destination']}"
                forwarding.forward(self.draft, number, when, row[f"{name}_destination"], row.place, told)
        ring = _whole(row["call_timeout"])
        if ring:
            self.draft.users[number]["ring"] = min(max(ring, 5), 120)
        own = [one for one in self.tables[t.FOLLOWED] if one["follow_me_uuid"] == row["follow_me_uuid"] != ""]
        if own and _is_yes(row["follow_me_enabled"]) and not _is_yes(row["forward_all_enabled"]):
            self._follow(number, row, sorted(own, key=lambda one: _whole(one["follow_me_order"])))

    def _follow(self, number: int, row: TableRow, rows: list[TableRow]) -> None:
        told = f"{row['extension']}: follow me"
        called: dict[int | str, TableRow] = {}
        for one in rows:
            to = forwarding.destination(self.draft, one["follow_me_destination"], one.place)
            if to is None:
                self.draft.losses.left_out(
                    one.place, f"{told}: {one['follow_me_destination']}", "is no user and no number outside"
                )
            else:
                called.setdefault(to, one)
        starts = {to: _whole(one["follow_me_delay"]) for to, one in called.items()}
        later = [start for to, start in starts.items() if to != number]
        alone_s = min(later, default=0) if number in called else 0
        way = forwarding.FollowMe(
            user=number,
            others=tuple(called),
            alone_s=alone_s,
            ring_s=max((_whole(one["follow_me_timeout"]) or 20 for one in called.values()), default=20),
            own=number in called,
            press_one=any(one["follow_me_prompt"] not in ("", "0") for one in called.values()),
        )
        effect = "they begin to ring at different times there, together here" if len(set(later)) > 1 else ""
        forwarding.follow(self.draft, way, row.place, told, effect)

    # --- ring groups and menus -----------------------------------------------------------------------------------------

    def _held(self, row: TableRow, column: str, first: int) -> int:
        number = self.draft.element(first, row[column])
        if row[column]:
            self.places.setdefault(row[column], number)
        return number

    def _group(self, number: int, row: TableRow) -> None:
        losses, name = self.draft.losses, _one_line(row["ring_group_name"])
        told = f"ring group {name}"
        own = [one for one in self.tables[t.GROUP_DESTINATIONS] if one["ring_group_uuid"] == row["ring_group_uuid"]]
        members: list[Any] = []
        delays = False
        for one in own:
            called = one["destination_number"]
            to = self.places.get(called)
            if isinstance(to, int) and to in self.draft.users:
                member: Any = to
            elif to is None and OUTSIDE.fullmatch(called):
                member = {
                    "number": self.draft.outside(called, one.place),
                    "press_one": one["destination_prompt"] not in ("", "0"),
                }
            else:
                losses.left_out(one.place, f"{told}: {called}", "is no user and no number outside")
                continue
            if member not in members:
                members.append(member)
            delays = delays or one["destination_delay"] not in ("", "0")
            losses.mapped(one.place, f"{told}: {called}")
        after = self._to(f"{row['ring_group_timeout_app']} {row['ring_group_timeout_data']}", row, f"{told}: timeout")
        if not members:
            members = [self.draft.user(f"member-of-{name}", f"{name} member")]
            losses.approximated(row.place, told, "nobody is in it; one member stands for those who are missing")
        wanted = _whole(row["ring_group_call_timeout"]) or max(
            [_whole(one["destination_timeout"]) for one in own] or [0]
        )
        ring = min(max(wanted or 30, 5), 120)
        self.draft.elements[number] = {"kind": "group", "name": name, "members": members, "ring": ring}
        self.draft.elements[number]["no_answer"] = after
        in_turn = row["ring_group_strategy"] not in AT_ONCE or delays
        if in_turn:
            effect: str = "one after another there, all at once here"
        else:
            effect = "" if ring == (wanted or 30) else Told("{field} is {value} here", field="ring", value=ring)
        (losses.approximated if effect else losses.mapped)(row.place, told, effect)

    def _menu(self, number: int, row: TableRow) -> None:
        losses, name = self.draft.losses, _one_line(row["ivr_menu_name"])
        told = f"menu {name}"
        keys: dict[str, Way] = {}
        for one in self.tables[t.MENU_OPTIONS]:
            if one["ivr_menu_uuid"] != row["ivr_menu_uuid"]:
                continue
            digits, what = one["ivr_menu_option_digits"], f"{told}: key {one['ivr_menu_option_digits']}"
            if not re.fullmatch(r"[0-9*#]", digits):
                losses.left_out(one.place, what, "only single keys lead on here")
            else:
                keys[digits] = self._to(one["ivr_menu_option_param"] or one["ivr_menu_option_action"], one, what)
        after = self._to(f"{row['ivr_menu_exit_app']} {row['ivr_menu_exit_data']}", row, f"{told}: exit")
        sound = re.sub(r"[^A-Za-z0-9.-]+", "-", re.split(r"[/\\]", row["ivr_menu_greet_long"])[-1]).strip("-.")
        prompt = sound if sound.lower().endswith((".wav", ".mp3")) else f"{sound or 'menu'}.wav"
        greeting: dict[str, Any] = {"kind": "greeting", "name": name, "prompt": prompt}
        if row["ivr_menu_direct_dial"].lower() in ("t", "true", "1"):
            greeting["dial_extension"] = True
        greeting |= (
            {"keys": keys, "no_input": after, "invalid": after}
            if keys or "dial_extension" in greeting
            else {"next": after}
        )
        self.draft.elements[number] = greeting
        self.draft.assume_length(prompt, row.place, told)
        for column in ("ivr_menu_max_failures", "ivr_menu_max_timeouts"):
            if keys and is_digits(row[column]):
                self.draft.menu_asks(row.place, f"{told}: {column}={row[column]}", int(row[column][:4]))
        if keys and is_digits(row["ivr_menu_timeout"]):
            wait_ms = int(row["ivr_menu_timeout"][:7])
            self.draft.menu_waits(row.place, f"{told}: ivr_menu_timeout={wait_ms}", wait_ms / 1000)

    # --- ways ----------------------------------------------------------------------------------------------------------

    def _way_in(self, row: TableRow) -> None:
        told = f"destination {row['destination_number']}"
        if row["destination_type"] not in ("", "inbound"):
            return self.draft.losses.left_out(row.place, told, "is no number of a trunk")
        called = row["destination_prefix"] + row["destination_number"].lstrip("+")
        if not OUTSIDE.fullmatch(called):
            return self.draft.losses.left_out(row.place, told, "is no number of a trunk")
        action = next(iter(_actions(row["destination_actions"])), f"{row['destination_app']} {row['destination_data']}")
        to = self._to(action, row, told)
        self.draft.trunks[f"line-{called}"] = {"number": called, "lines": "unlimited", "to": to}
        return None

    def _to(self, action: str, row: TableRow, told: str) -> Way:
        """Where `transfer 500 XML domain`, `transfer:500 XML domain` or `hangup` sends a call."""
        losses = self.draft.losses
        found = APPLICATION.match(f"{action} ")
        application, rest = (found[1], found[2].split()) if found else ("", [])
        if application in ("", "hangup"):
            return "hangup"
        if application in ("transfer", "bridge", "voicemail") and rest:
            called = rest[0] if application != "voicemail" else f"*99{rest[-1]}"
            mailbox = MAILBOX.match(called)
            to = self._mailbox(mailbox[1], row, told) if mailbox else self.places.get(called)
            if to is not None:
                if not mailbox:
                    losses.mapped(row.place, told)
                return to
        losses.left_out(
            row.place, told, Told("{what} is nothing of these tables; the call ends here", what=action.strip()[:60])
        )
        return "hangup"

    def _mailbox(self, extension: str, row: TableRow, told: str) -> int:
        key = f"*99{extension}"
        if key not in self.places:
            number = self.draft.element(5100)
            self.draft.elements[number] = {"kind": "voicemail", "name": f"Mailbox {extension}"}
            self.places[key] = number
        self.draft.losses.approximated(row.place, told, "set the recipients of its messages")
        return int(self.places[key])


def _key(row: TableRow) -> str:
    return row["queue_extension"] or row["queue_name"].split("@")[0]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _named(row: TableRow) -> str:
    """A row as a person knows it."""
    for column in ("queue_name", "ring_group_name", "ivr_menu_name", "extension", "agent_name", "destination_number"):
        if row[column]:
            return f"{column}={row[column]}"
    return next((f"{name}={value}" for name, value in row.values.items() if "uuid" not in name), "a row")


def _actions(text: str) -> list[str]:
    """What FusionPBX keeps as JSON of a destination: applications with their data."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    steps = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [f"{one.get('destination_app', '')} {one.get('destination_data', '')}" for one in steps]


def _is_yes(text: str) -> bool:
    return text.lower() in ("t", "true", "1", "yes")


def _whole(text: str) -> int:
    return int(text[:6]) if is_digits(text) else 0
