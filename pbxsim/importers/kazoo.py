"""Kazoo's callflows: trees of modules in JSON, with the users, queues, menus, voice mailboxes and time rules that they name.

Source: Kazoo's documentation and JSON schemas of callflows, menus, temporal rules and ACDc queues. Decides what each module means
with us. A branch that several nodes share is there a callflow of its own, here one element. Modules that are not recognised
are told with their line, and the call goes on with their child `_`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from engine.numbers.digits import is_digits
from pbxsim.importers import kazoo_forwarding, kazoo_rules
from pbxsim.importers.draft import FIRST_QUEUE, NO_NUMBER, DocumentMaker
from pbxsim.importers.kazoo_documents import (
    Document,
    documents_of,
    listed_of,
    mapping_of,
    place_of,
    string_of,
    whole_of,
)
from pbxsim.importers.kazoo_forwarding import KazooForward
from pbxsim.importers.losses import Place
from pbxsim.logs.told import Told

DEPTH_AT_MOST: Final = 100
"""Nodes after one another, over all callflows; Kazoo itself ends a call after 50."""
OTHERWISE: Final = "_"
STRATEGIES: Final = {"round_robin": "round_robin", "most_idle": "longest_idle"}
OUTSIDE: Final = frozenset({"offnet", "resources", "disa", "dynamic_cid_resources"})
SILENT: Final = frozenset(
    {"language", "set_variable", "set_variables", "prepend_cid", "record_call", "sleep", "set_alert_info"}
)
"""Modules that send no call anywhere."""


class Callflows:
    """The documents of an export, and the elements made of them."""

    def __init__(self, draft: DocumentMaker) -> None:
        self.draft = draft
        self.documents: dict[str, tuple[Document, str]] = {}
        """By id: the document, and the name of its file."""
        self.flows: list[tuple[Document, str]] = []
        self.made: dict[str, str | int] = {}
        """By id of a callflow: where its calls go."""
        self.under_way: set[str] = set()
        self.depth = 0
        self.nodes: dict[int, str | int] = {}
        """Where the calls of a node go, by the node itself: several exits may lead to one."""
        self.forwards: dict[int, list[KazooForward]] = {}
        """By user."""
        self.went_on: dict[int, str | int] = {}
        """Where calls of a user go on whom nobody answered."""

    def read(self, path: Path) -> None:
        """Take in the documents of a file. Raises ImportRefused."""
        for document in documents_of(path):
            data = document.get("data", document) if isinstance(document.get("data"), Mapping) else document
            name = str(data.get("id") or data.get("_id") or document.get("id") or document.get("_id") or "")
            self.documents.setdefault(name, (data, path.name))
            if isinstance(data.get("flow"), Mapping):
                self.flows.append((data, path.name))

    def ways_in(self) -> None:
        """Queues first, as they are named; then a trunk for every number of the outside, or one for the first callflow."""
        for name, (data, file) in list(self.documents.items()):
            if "agent_ring_timeout" in data or string_of(data.get("strategy")) in STRATEGIES:
                self._queue(name, data, file)
        inside = []
        for data, file in self.flows:
            numbers = [str(number) for number in listed_of(data.get("numbers")) if isinstance(number, (str, int))]
            outside = [number.lstrip("+") for number in numbers if re.fullmatch(r"\+?[0-9]{6,}", number)]
            for pattern in map(str, listed_of(data.get("patterns"))):
                self.draft.losses.left_out(
                    place_of(data, file), f"patterns {pattern}", "a pattern of numbers is not read"
                )
            to = self._flow(data, file)
            inside += [] if outside else [(data, file, to)]
            for number in outside:
                self.draft.trunks[f"line-{number}"] = {"number": number, "lines": "unlimited", "to": to}
        if not self.draft.trunks and inside:
            data, file, to = inside[0]
            self.draft.losses.approximated(
                place_of(data, file),
                f"callflow {data.get('name') or ', '.join(map(str, listed_of(data.get('numbers'))))}",
                Told("no number of a trunk is told; {number} stands for it", number=NO_NUMBER),
            )
            self.draft.trunks["line"] = {"number": NO_NUMBER, "lines": "unlimited", "to": to}

    def _flow(self, data: Document, file: str) -> str | int:
        name = str(data.get("id") or data.get("_id") or id(data))
        if name not in self.made:
            self.under_way.add(name)
            self.made[name] = self._node(data["flow"], file)
            self.under_way.discard(name)
        return self.made[name]

    def _node(self, node: Any, file: str) -> str | int:
        """Where a call goes that comes to this node."""
        if not isinstance(node, Mapping):
            return "hangup"
        if self.depth > DEPTH_AT_MOST:
            self.draft.losses.left_out(
                place_of(node, file), str(node.get("module", "")), "too deep; the call ends here"
            )
            return "hangup"
        if id(node) not in self.nodes:
            self.depth += 1
            self.nodes[id(node)] = self._module(node, file)
            self.depth -= 1
        return self.nodes[id(node)]

    def _module(self, node: Document, file: str) -> str | int:
        module = str(node.get("module", ""))
        data, children = mapping_of(node.get("data")), mapping_of(node.get("children"))
        place, losses = place_of(node, file), self.draft.losses
        name = str(data.get("id", ""))

        def child(key: str = OTHERWISE) -> str | int:
            return self._node(children.get(key), file)

        told = f"{module} {name}".strip()
        if module == "callflow":
            return self._other_flow(name, place, told)
        if module in ("user", "device", "ring_group"):
            return self._group(module, data, place, told, child())
        if module in ("acdc_member", "acdc_queue") and name in self.draft.queues:
            return self._waits(self.draft.queues[name], place, told, child())
        if module == "menu":
            return self._menu(data, children, place, told, child)
        if module == "temporal_route":
            return self._hours(data, children, place, told, file)
        if module == "play":
            return self._sound(name, place, told, child())
        if module == "voicemail" and data.get("action") == "check":
            losses.left_out(place, told, "messages are heard by *97 here")
            return "hangup"
        if module == "voicemail":
            number = self.draft.element(5100)
            self.draft.elements[number] = {"kind": "voicemail", "name": self._name(name) or f"Mailbox {name}"}
            losses.approximated(place, told, "set the recipients of its messages")
            return number
        if module in ("hangup", "response"):
            losses.mapped(place, told)
            return "hangup"
        if module in SILENT:
            losses.mapped(place, told, "sends no call anywhere")
            return child()
        effect = "calls outside; the call goes on with the next step" if module in OUTSIDE else (
            "not recognised; the call goes on with the next step"
        )  # fmt: skip
        losses.left_out(place, told, effect)
        return child()

    def _other_flow(self, name: str, place: Place, told: str) -> str | int:
        known = self.documents.get(name)
        if known is None or not isinstance(known[0].get("flow"), Mapping):
            self.draft.losses.left_out(place, told, "there is no such callflow in these files; the call ends here")
            return "hangup"
        if name in self.under_way:
            self.draft.losses.approximated(place, told, "goes round in a circle; the call ends here")
            return "hangup"
        self.draft.losses.mapped(place, told)
        return self._flow(*known)

    def _group(self, module: str, data: Document, place: Place, told: str, after: str | int) -> str | int:
        endpoints = listed_of(data.get("endpoints")) if module == "ring_group" else [data]
        found = [one for one in endpoints if isinstance(one, Mapping) and one.get("id")]
        found = [one for each in found for one in self._people(each, place)]
        users = list(dict.fromkeys(self._user(str(one["id"])) for one in found))
        if module == "user" and any(
            one.when != kazoo_forwarding.ALWAYS for user in users for one in self.forwards[user]
        ):
            return self._directly(users[0], data, place, told, after)
        members: list[Any] = []
        for user in users:
            forwards = self.forwards[user]
            rung = kazoo_forwarding.rung(self.draft, user, forwards, module != "ring_group")
            members += [one for one in rung if one not in members]
            if module != "user" and any(one.when != kazoo_forwarding.ALWAYS for one in forwards):
                text = "a group asks for no forwarding of its members here"
                self.draft.losses.approximated(place, f"{told}: call_forward of {user}", text)
        if not members:
            self.draft.losses.left_out(place, told, "nobody is in it; the call goes on with the next step")
            return after
        wanted = whole_of(data.get("timeout"), 20)
        ring = min(max(wanted, 5), 120)
        number = self.draft.element(5300)
        self.draft.elements[number] = {"kind": "group", "members": members, "ring": ring}
        self.draft.elements[number]["no_answer"] = after
        effects: list[str] = []
        if ring != wanted:
            effects.append(Told("{field} is {value} here", field="ring", value=ring))
        if data.get("strategy", "simultaneous") != "simultaneous" or any(
            whole_of(one.get("delay"), 0) for one in found
        ):
            effects.append("one after another there, all at once here")
        (self.draft.losses.approximated if effects else self.draft.losses.mapped)(
            place, told, effects[-1] if effects else ""
        )
        return number

    def _directly(self, user: int, data: Document, place: Place, told: str, after: str | int) -> int:
        """A user who is called with its own forwarding, which goes on with the node's child in the end."""
        known = self.went_on.setdefault(user, after)
        if known != after:
            words = "callers whom nobody answers go to {to}, as elsewhere"
            self.draft.losses.approximated(place, told, Told(words, to=known))
            return user
        ring = min(max(whole_of(data.get("timeout"), 20), 5), 120)
        self.draft.users[user] |= {
            "ring": ring,
            **({"voicemail": False} if after == "hangup" else {"no_answer": after}),
        }
        self.draft.losses.mapped(place, told, Told("user {number}", number=user))
        return user

    def _people(self, endpoint: Document, place: Place) -> list[Document]:
        """The users and devices of an endpoint: itself, or those of a group."""
        name = str(endpoint["id"])
        known = self.documents.get(name, ({}, ""))[0]
        if endpoint.get("endpoint_type") == "group":
            inside: list[Document] = [
                {**endpoint, "endpoint_type": "", "id": one} for one in mapping_of(known.get("endpoints"))
            ]
            if not inside:
                self.draft.losses.left_out(place, f"group {name}", "its members are not in these files")
            return inside
        if name not in self.documents:
            text = "it is not in these files; a user stands for it"
            self.draft.losses.approximated(place, f"{endpoint.get('endpoint_type') or 'user'} {name}", text)
        return [endpoint]

    def _waits(self, number: int, place: Place, told: str, after: str | int) -> int:
        queue = self.draft.elements[number]
        if queue.get("timeout", after) != after:
            self.draft.losses.approximated(
                place, told, Told("callers who leave go to {to}, as elsewhere", to=queue["timeout"])
            )
        else:
            self.draft.losses.mapped(place, told)
        if after != "hangup":
            queue.setdefault("timeout", after)
            queue.setdefault("join_empty", after)
        return number

    def _menu(
        self, data: Document, children: Document, place: Place, told: str, child: Callable[[str], str | int]
    ) -> int:
        """A menu. Kazoo takes its child `timeout` after the first silence, and goes on after `retries` rounds in all."""
        name = str(data.get("id", ""))
        menu, file = self.documents.get(name, ({}, ""))
        keys = {key: child(key) for key in children if re.fullmatch(r"[0-9*#]", str(key))}
        over = child("max_retries" if "max_retries" in children else OTHERWISE)
        number = self.draft.element(5000)
        prompt = self._prompt(name or "menu")
        greeting: dict[str, Any] = {"kind": "greeting", "prompt": prompt}
        if menu.get("hunt", True) is not False:
            greeting["dial_extension"] = True
        silent = child("timeout") if "timeout" in children else over
        asks = keys or greeting.get("dial_extension")
        greeting |= {"keys": keys, "no_input": silent, "invalid": over} if asks else {"next": silent}
        self.draft.elements[number] = greeting
        self.draft.assume_length(prompt, place, told)
        losses, where = self.draft.losses, place_of(menu, file) if menu else place
        for key in children:
            if key not in (*keys, OTHERWISE, "timeout", "max_retries"):
                losses.left_out(place, f"{told}: key {key}", "only single keys lead on here")
        if "timeout" in children and asks:
            losses.approximated(place, f"{told}: timeout", "taken after the first silence there, after the third here")
        if asks and menu:
            rounds, wait_ms = whole_of(menu.get("retries"), 3), whole_of(menu.get("timeout"), 10_000)
            self.draft.menu_asks(where, f"{told}: retries={rounds}", rounds)
            self.draft.menu_waits(where, f"{told}: timeout={wait_ms}", wait_ms / 1000)
        return number

    def _sound(self, name: str, place: Place, told: str, after: str | int) -> int:
        number = self.draft.element(5000)
        prompt = self._prompt(name or "sound")
        self.draft.elements[number] = {"kind": "greeting", "prompt": prompt, "next": after}
        self.draft.assume_length(prompt, place, told)
        return number

    def _hours(self, data: Document, children: Document, place: Place, told: str, file: str) -> str | int:
        """A row of rules, the first that holds first."""
        to = self._node(children.get(OTHERWISE), file)
        zone = self.draft.zone_of(string_of(data.get("timezone")), place)
        for name, key in reversed(self._rules(data, children)):
            rule, there = self.documents.get(name, ({}, file))
            where = place_of(rule, there) if rule else place
            if children.get(key) is None:
                self.draft.losses.left_out(where, f"rule {name}", "no child is there for it; it changes nothing")
                continue
            found = kazoo_rules.hours_of(rule, zone.get("zone", "UTC"))
            setting = f"rule {self._name(name) or name}"
            if isinstance(found, str):
                self.draft.losses.left_out(where, setting, found)
                continue
            number = self.draft.element(5400)
            self.draft.elements[number] = {
                "kind": "hours", **found.settings, **zone, "match": self._node(children[key], file), "mismatch": to,
            }  # fmt: skip
            (self.draft.losses.approximated if found.effect else self.draft.losses.mapped)(where, setting, found.effect)
            to = number
        self.draft.losses.mapped(place, told or "temporal_route")
        return to

    def _rules(self, data: Document, children: Document) -> list[tuple[str, str]]:
        """The rules in the order in which Kazoo asks them, each with the child it leads to; a set of rules is its rules."""
        asked = [(str(one), str(one)) for one in listed_of(data.get("rules"))]
        asked += [(str(key), str(key)) for key in children if key not in (OTHERWISE, "rule_set")]
        if data.get("rule_set"):
            asked.append((str(data["rule_set"]), "rule_set"))
        found: list[tuple[str, str]] = []
        for name, key in dict.fromkeys(asked):
            inside = listed_of(self.documents.get(name, ({}, ""))[0].get("temporal_rules"))
            found += [(str(one), key) for one in inside] or [(name, key)]
        return list(dict.fromkeys(found))

    def _queue(self, name: str, data: Document, file: str) -> None:
        place, losses = place_of(data, file), self.draft.losses
        label = str(data.get("name") or name)
        number = self.draft.element(FIRST_QUEUE, label)
        self.draft.queues[name] = number
        strategy = str(data.get("strategy", "round_robin"))
        queue: dict[str, Any] = {"kind": "queue", "name": label, "strategy": STRATEGIES.get(strategy, "round_robin")}
        if strategy in STRATEGIES:
            losses.mapped(place, f"{label}: strategy={strategy}")
        else:
            losses.approximated(place, f"{label}: strategy={strategy}", "round robin here")
        for key, field, least, most, otherwise in (
            ("agent_ring_timeout", "ring", 5, 120, 15), ("agent_wrapup_time", "wrap_up", 0, 3600, 0),
            ("connection_timeout", "max_wait", 0, 7200, 3600),
        ):  # fmt: skip
            wanted = whole_of(data.get(key), otherwise)
            queue[field] = min(max(wanted, least), most)
            exact = queue[field] == wanted
            (losses.mapped if exact else losses.approximated)(
                place,
                f"{label}: {key}={wanted}",
                "" if exact else Told("{field} is {value} here", field=field, value=queue[field]),
            )
        room = whole_of(data.get("max_queue_size"), 0)
        queue["waiting"] = min(room, 500) or "unlimited"
        queue["join_when_empty"] = "always" if data.get("enter_when_empty", True) else "signed_in"
        losses.mapped(place, f"{label}: max_queue_size={room}, enter_when_empty={queue['join_when_empty'] == 'always'}")
        if whole_of(data.get("ring_simultaneously"), 1) > 1:
            losses.left_out(
                place, f"{label}: ring_simultaneously={data['ring_simultaneously']}", "one member rings at a time here"
            )
        members = [
            self._user(one) for one, (user, _) in self.documents.items() if name in listed_of(user.get("queues"))
        ]
        if not members:
            members = [self.draft.user(f"agent-of-{label}", f"{label} agent")]
            losses.approximated(place, f"queue {label}", "its members sign in by themselves; one stands for them")
        queue["members"] = members
        self.draft.elements[number] = queue

    def _user(self, name: str) -> int:
        """The user of an id; that of a device is its owner, where the files tell it."""
        asked: dict[str, None] = {}
        while name not in asked:  # devices may own one another
            asked[name] = None
            owner = string_of(self.documents.get(name, ({}, ""))[0].get("owner_id"))
            if owner and owner in self.documents:
                name = owner
        data = self.documents.get(name, ({}, ""))[0]
        own = next((str(data[key]) for key in ("presence_id", "username") if is_digits(str(data.get(key, "")))), name)
        person = " ".join(str(data[key]) for key in ("first_name", "last_name") if data.get(key))
        number = self.draft.user(own, person or str(data.get("name", "")))
        if number not in self.forwards:
            self.forwards[number] = []
            for one in asked:
                known, file = self.documents.get(one, ({}, ""))
                if one == name or known.get("device_type") not in kazoo_forwarding.OUTSIDE:
                    self.forwards[number] += kazoo_forwarding.forwards_of(known, file)
            for device, file in self.documents.values():  # telephones outside ring along with a user's own
                if device.get("owner_id") == name and device.get("device_type") in kazoo_forwarding.OUTSIDE:
                    found = kazoo_forwarding.forwards_of(device, file)
                    self.forwards[number] += [one._replace(along=True) for one in found]
            kazoo_forwarding.keep(self.draft, number, self.forwards[number])
        return number

    def _name(self, name: str) -> str:
        return str(self.documents.get(name, ({}, ""))[0].get("name", ""))

    def _prompt(self, name: str) -> str:
        """A file of the prompts for a sound of there."""
        bare = re.sub(r"[^A-Za-z0-9.-]+", "-", self._name(name) or name).strip("-.")
        return f"{bare or 'sound'}.wav"
