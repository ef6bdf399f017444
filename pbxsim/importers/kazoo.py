"""Kazoo's callflows: trees of modules in JSON, with the users, queues, menus, voice mailboxes and time rules that they name.

Source: Kazoo's documentation and JSON schemas of callflows, menus, temporal rules and ACDc queues. Decides what each module means
with us. A branch that several nodes share is there a callflow of its own, here one element. Modules that are not recognised
are told with their line, and the call goes on with their child `_`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.numbers.digits import is_digits
from pbxsim.importers.draft import FIRST_QUEUE, NO_NUMBER, DocumentMaker, ImportRefused
from pbxsim.importers.losses import Place
from pbxsim.logs.told import Told

BYTES_AT_MOST: Final = 4 * 1024**2
DEPTH_AT_MOST: Final = 200
OTHERWISE: Final = "_"
DAYS: Final = {
    "monday": "mon", "tuesday": "tue", "wednesday": "wed", "wensday": "wed", "thursday": "thu", "friday": "fri",
    "saturday": "sat", "sunday": "sun",
}  # fmt: skip
"""Kazoo's own spelling of Wednesday in its early schema is among them."""
STRATEGIES: Final = {"round_robin": "round_robin", "most_idle": "longest_idle"}
OUTSIDE: Final = frozenset({"offnet", "resources", "disa", "dynamic_cid_resources"})
SILENT: Final = frozenset(
    {"language", "set_variable", "set_variables", "prepend_cid", "record_call", "sleep", "set_alert_info"}
)
"""Modules that send no call anywhere."""

Document = Mapping[str, Any]


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
            if "agent_ring_timeout" in data or _text(data.get("strategy")) in STRATEGIES:
                self._queue(name, data, file)
        inside = []
        for data, file in self.flows:
            numbers = [str(number) for number in _listed(data.get("numbers")) if isinstance(number, (str, int))]
            outside = [number.lstrip("+") for number in numbers if re.fullmatch(r"\+?[0-9]{6,}", number)]
            for pattern in map(str, _listed(data.get("patterns"))):
                self.draft.losses.left_out(
                    _place(data, file), f"patterns {pattern}", "a pattern of numbers is not read"
                )
            to = self._flow(data, file)
            inside += [] if outside else [(data, file, to)]
            for number in outside:
                self.draft.trunks[f"line-{number}"] = {"number": number, "lines": "unlimited", "to": to}
        if not self.draft.trunks and inside:
            data, file, to = inside[0]
            self.draft.losses.approximated(
                _place(data, file),
                f"callflow {data.get('name') or ', '.join(map(str, _listed(data.get('numbers'))))}",
                Told("no number of a trunk is told; {number} stands for it", number=NO_NUMBER),
            )
            self.draft.trunks["line"] = {"number": NO_NUMBER, "lines": "unlimited", "to": to}

    def _flow(self, data: Document, file: str) -> str | int:
        name = str(data.get("id") or data.get("_id") or id(data))
        if name not in self.made:
            self.under_way.add(name)
            self.made[name] = self._node(data["flow"], file, 0)
            self.under_way.discard(name)
        return self.made[name]

    def _node(self, node: Any, file: str, depth: int) -> str | int:
        """Where a call goes that comes to this node."""
        if not isinstance(node, Mapping) or depth > DEPTH_AT_MOST:
            return "hangup"
        module = str(node.get("module", ""))
        data, children = _mapping(node.get("data")), _mapping(node.get("children"))
        place, losses = _place(node, file), self.draft.losses
        name = str(data.get("id", ""))

        def child(key: str = OTHERWISE) -> str | int:
            return self._node(children.get(key), file, depth + 1)

        told = f"{module} {name}".strip()
        if module == "callflow":
            return self._other_flow(name, place, told)
        if module in ("user", "device", "ring_group"):
            return self._group(module, data, place, told, child())
        if module in ("acdc_member", "acdc_queue") and name in self.draft.queues:
            return self._waits(self.draft.queues[name], place, told, child())
        if module == "menu":
            keys = {key: child(key) for key in children if re.fullmatch(r"[0-9*#]", str(key))}
            return self._menu(
                data, place, told, keys, child("timeout" if "timeout" in children else OTHERWISE), child()
            )
        if module == "temporal_route":
            return self._hours(data, children, place, told, file, depth)
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
        endpoints = _listed(data.get("endpoints")) if module == "ring_group" else [data]
        found = [one for one in endpoints if isinstance(one, Mapping) and one.get("id")]
        found = [one for each in found for one in self._people(each, place)]
        members = list(dict.fromkeys(self._user(str(one["id"])) for one in found))
        if not members:
            self.draft.losses.left_out(place, told, "nobody is in it; the call goes on with the next step")
            return after
        wanted = _whole(data.get("timeout"), 20)
        ring = min(max(wanted, 5), 120)
        number = self.draft.element(5300)
        self.draft.elements[number] = {"kind": "group", "members": members, "ring": ring}
        if after != "hangup":
            self.draft.elements[number]["no_answer"] = after
        effects: list[str] = []
        if ring != wanted:
            effects.append(Told("{field} is {value} here", field="ring", value=ring))
        if data.get("strategy", "simultaneous") != "simultaneous" or any(_whole(one.get("delay"), 0) for one in found):
            effects.append("one after another there, all at once here")
        (self.draft.losses.approximated if effects else self.draft.losses.mapped)(
            place, told, effects[-1] if effects else ""
        )
        return number

    def _people(self, endpoint: Document, place: Place) -> list[Document]:
        """The users and devices of an endpoint: itself, or those of a group."""
        name = str(endpoint["id"])
        known = self.documents.get(name, ({}, ""))[0]
        if endpoint.get("endpoint_type") == "group":
            inside: list[Document] = [
                {**endpoint, "endpoint_type": "", "id": one} for one in _mapping(known.get("endpoints"))
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
        self, data: Document, place: Place, told: str, keys: dict[str, str | int], silent: str | int, wrong: str | int
    ) -> int:
        name = str(data.get("id", ""))
        menu = self.documents.get(name, ({}, ""))[0]
        number = self.draft.element(5000)
        prompt = self._prompt(name or "menu")
        greeting: dict[str, Any] = {"kind": "greeting", "prompt": prompt}
        if menu.get("hunt", True) is not False:
            greeting["dial_extension"] = True
        greeting |= {"keys": keys, "no_input": silent, "invalid": wrong} if keys else {"next": silent}
        self.draft.elements[number] = greeting
        self.draft.assume_length(prompt, place, told)
        return number

    def _sound(self, name: str, place: Place, told: str, after: str | int) -> int:
        number = self.draft.element(5000)
        prompt = self._prompt(name or "sound")
        self.draft.elements[number] = {"kind": "greeting", "prompt": prompt, "next": after}
        self.draft.assume_length(prompt, place, told)
        return number

    def _hours(self, data: Document, children: Document, place: Place, told: str, file: str, depth: int) -> str | int:
        """A row of rules, the first that holds first."""
        to = self._node(children.get(OTHERWISE), file, depth + 1)
        rules = [str(one) for one in _listed(data.get("rules"))] or [str(key) for key in children if key != OTHERWISE]
        zone = str(data.get("timezone") or "")
        for name in reversed([rule for rule in rules if rule in children]):
            rule, there = self.documents.get(name, ({}, file))
            opens, closes = _whole(rule.get("time_window_start"), 0), _whole(rule.get("time_window_stop"), 86400)
            days = [DAYS[str(day)] for day in _listed(rule.get("wdays")) if str(day) in DAYS]
            in_a_day = 0 <= opens < 86400 and 0 <= closes <= 86400
            regular = rule.get("cycle") in ("weekly", "daily") and _whole(rule.get("interval"), 1) == 1
            if not regular or not in_a_day:
                where = _place(rule, there) if rule else place
                self.draft.losses.left_out(
                    where, f"rule {name}", "this form of time is not recognised; it never holds here"
                )
                continue
            first, last = opens // 60, min(1440, closes // 60 + 1 if closes < 86400 else 1440)
            number = self.draft.element(5400)
            self.draft.elements[number] = {
                "kind": "hours", "days": ",".join(days) if days and rule["cycle"] == "weekly" else "all",
                "open": f"{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}",
                **({"zone": zone} if "/" in zone else {}),
                "match": self._node(children[name], file, depth + 1), "mismatch": to,
            }  # fmt: skip
            self.draft.losses.approximated(
                _place(rule, there), f"rule {self._name(name) or name}", "its end is included there: a minute is added"
            )
            to = number
        self.draft.losses.mapped(place, told or "temporal_route")
        return to

    def _queue(self, name: str, data: Document, file: str) -> None:
        place, losses = _place(data, file), self.draft.losses
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
            wanted = _whole(data.get(key), otherwise)
            queue[field] = min(max(wanted, least), most)
            exact = queue[field] == wanted
            (losses.mapped if exact else losses.approximated)(
                place,
                f"{label}: {key}={wanted}",
                "" if exact else Told("{field} is {value} here", field=field, value=queue[field]),
            )
        room = _whole(data.get("max_queue_size"), 0)
        queue["waiting"] = min(room, 500) or "unlimited"
        queue["join_when_empty"] = "always" if data.get("enter_when_empty", True) else "signed_in"
        losses.mapped(place, f"{label}: max_queue_size={room}, enter_when_empty={queue['join_when_empty'] == 'always'}")
        if _whole(data.get("ring_simultaneously"), 1) > 1:
            losses.left_out(
                place, f"{label}: ring_simultaneously={data['ring_simultaneously']}", "one member rings at a time here"
            )
        members = [self._user(one) for one, (user, _) in self.documents.items() if name in _listed(user.get("queues"))]
        if not members:
            members = [self.draft.user(f"agent-of-{label}", f"{label} agent")]
            losses.approximated(place, f"queue {label}", "its members sign in by themselves; one stands for them")
        queue["members"] = members
        self.draft.elements[number] = queue

    def _user(self, name: str) -> int:
        """The user of an id; that of a device is its owner, where the files tell it."""
        seen: set[str] = set()
        while name not in seen:  # devices may own one another
            seen.add(name)
            owner = _text(self.documents.get(name, ({}, ""))[0].get("owner_id"))
            if owner and owner in self.documents:
                name = owner
        data = self.documents.get(name, ({}, ""))[0]
        own = next((str(data[key]) for key in ("presence_id", "username") if is_digits(str(data.get(key, "")))), name)
        person = " ".join(str(data[key]) for key in ("first_name", "last_name") if data.get(key))
        return self.draft.user(own, person or str(data.get("name", "")))

    def _name(self, name: str) -> str:
        return str(self.documents.get(name, ({}, ""))[0].get("name", ""))

    def _prompt(self, name: str) -> str:
        """A file of the prompts for a sound of there."""
        bare = re.sub(r"[^A-Za-z0-9.-]+", "-", self._name(name) or name).strip("-.")
        return f"{bare or 'sound'}.wav"


def documents_of(path: Path) -> list[Document]:
    """The documents of a file: one, a list of them, or those of an answer under `data` or of a view under `rows` (`doc`).
    Raises ImportRefused."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror or error}") from None
    if len(content) > BYTES_AT_MOST:
        raise ImportRefused(f"{path.name} is larger than {BYTES_AT_MOST // 1024**2} MiB; export callflows alone")
    try:
        text = content.decode("utf-8-sig")
        json.loads(text)
        yaml = YAML(typ="rt", pure=True)  # JSON is YAML, and that reader knows lines; no string of JSON has a bare tab
        yaml.allow_duplicate_keys = True
        found = yaml.load(text.replace("\t", " "))
    except (ValueError, RecursionError, YAMLError) as error:
        raise ImportRefused(f"{path.name} is no JSON: {str(error).splitlines()[0]}") from None
    return list(_unpacked(found))


def _unpacked(found: Any) -> Iterator[Document]:
    if isinstance(found, list):
        for one in found:
            yield from _unpacked(one)
    elif isinstance(found, Mapping):
        inner = found.get("data", found.get("rows", found.get("doc")))
        if isinstance(inner, list) or (isinstance(inner, Mapping) and "module" not in found):
            yield from _unpacked(inner)
        else:
            yield found


def _mapping(value: Any) -> Document:
    return value if isinstance(value, Mapping) else {}


def _place(node: Any, file: str) -> Place:
    """The line a node begins in."""
    return Place(file, int(getattr(getattr(node, "lc", None), "line", 0) or 0) + 1)


def _listed(value: Any) -> Sequence[Any]:
    """What a list has; nothing where there is none."""
    return value if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any, otherwise: int) -> int:
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else otherwise
    return int(value) if isinstance(value, int) or (isinstance(value, str) and is_digits(value)) else otherwise
