"""The picture of a document: one card a trunk, element and user, their ports in order, the lines between them.

Decides what stands on a card and how large it is; `canvas/js/src/canvas.css` keeps the same sizes. Leaves places to
`layout.py`, lines to `routing.py`. What has errors is drawn as far as it can be read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from engine.document.faults import Fault
from engine.document.models import HANGUP, Model
from engine.elements import KINDS, USER
from engine.numbers.digits import is_digits
from engine.numbers.phone_numbers import is_internal
from engine.state.element import Exit
from pbxsim.workbench.diagram import kind_styles, layout, messages, routing
from pbxsim.workbench.document.draft import NEW_KEY, Draft
from pbxsim.workbench.document.references import Reference
from pbxsim.workbench.shell.texts import Texts

CARD_WIDTH = 190
HEAD = 54
MEMBER_ROW = 28
PORT_ROW = 23
PORT_PAD = 7
"""The line above the ports and the space around them."""

CHIP_ROOM = CARD_WIDTH - 26
TRUNK_GAP = 44
_PLACE = re.compile(r"^(elements|users|trunks)\.([^.\[]+)(?:\.(.+))?$")

Json = dict[str, Any]


class Port(msgspec.Struct, frozen=True):
    """One output of a card: `id` is its place in the card's settings, `keys.1`."""

    id: str
    label: str
    to: str | None
    add: bool = False


def picture(draft: Draft, texts: Texts, people: bool = False, editable: bool = True) -> Json:
    """The graph as the canvas wants it: `{"nodes": [...], "edges": [...], "people": bool}`. Places new cards in `draft`.

    `people` shows every user as a card; `editable` adds a port for the next key of a greeting.
    """
    references = list(draft.references())
    shown = _shown(draft, references, people)
    faults = faults_by_card(draft.faults)
    ports = {id: [p for p in _ports(draft, id, texts) if editable or not p.add] for id in shown}
    boxes = {id: _box(id, draft.kind(id), ports[id]) for id in shown}
    links = [layout.Link(id, port.id, port.to) for id in shown for port in ports[id] if port.to in boxes]
    links += [
        layout.Link(r.owner, "members", r.to)
        for r in references
        if r.port == "members" and r.owner in boxes and r.to in boxes
    ]
    _place(draft, boxes, links)
    wires = [routing.Wire(_edge_id(link), link.source, link.port, link.target) for link in links]
    routes = routing.route(wires, boxes, draft.places)
    words = {(id, port.id): port.label for id in shown for port in ports[id]}
    return {
        "nodes": [_card(draft, id, ports[id], boxes[id], faults.get(id, []), texts) for id in shown],
        "edges": [
            {
                "id": _edge_id(link),
                "source": link.source,
                "port": link.port,
                "target": link.target,
                "member": link.port == "members",
                "label": texts(
                    "aria.link",
                    draft.title(link.source),
                    words.get((link.source, link.port), texts.field(link.port)),
                    draft.title(link.target),
                ),
                "points": routes.get(_edge_id(link), []),
            }
            for link in links
        ],
        "people": people,
    }


def faults_by_card(faults: Iterable[Fault]) -> dict[str, list[Fault]]:
    """Faults by the card they belong to; those of the PBX as a whole under an empty id."""
    found: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        found[card_of(fault)].append(fault)
    return dict(found)


def card_of(fault: Fault) -> str:
    """The card a fault belongs to, empty for none.

    >>> card_of(Fault(severity="error", code="x", rule="R-02.13", message="m", place="trunks.moscow.to"))
    'trunk:moscow'
    """
    match = _PLACE.match(fault.place)
    if not match:
        return ""
    return f"trunk:{match[2]}" if match[1] == "trunks" else match[2]


def edge_parts(edge: str) -> tuple[str, str, str]:
    """Source, port and target of an edge's id. Raises ValueError."""
    source, port, target = edge.split("|")
    return source, port, target


def _edge_id(link: layout.Link) -> str:
    return f"{link.source}|{link.port}|{link.target}"


def _shown(draft: Draft, references: list[Reference], people: bool) -> list[str]:
    """All trunks and elements; users that calls are sent to or that were placed, or all of them."""
    reached = {reference.to for reference in references if reference.port != "members"}
    return [
        id
        for id in draft.ids()
        if draft.kind(id) != "user"
        or people
        or id in reached
        or "x" in draft.raw(id)
        or id in draft.places
        and draft.placed()
    ]


def _ports(draft: Draft, id: str, texts: Texts) -> list[Port]:
    """Outputs that can matter, in the engine's order: those set, and the empty ones that calls could take."""
    kind, raw = draft.kind(id), draft.raw(id)
    fields = dict(kind_styles.outputs_of(kind))
    order: list[str] = []
    for way in exits_of(draft, id):
        port_id = port_of(draft, id, way.name)
        if port_id:
            order.append(port_id)
    for field, shape in fields.items():
        value = raw.get(field)
        if shape == "one" and (value is not None or not order and matters(kind, field, raw)):
            order.append(field)
        elif shape == "map":
            order += [f"{field}.{key}" for key in (value if isinstance(value, dict) else {})]
        elif shape == "list":
            order += [f"{field}.{i}" for i, _ in enumerate(value if isinstance(value, list) else [])]
    found = []
    for port in dict.fromkeys(order):
        to = _target(raw, port)
        if to is not None or matters(kind, port, raw):
            found.append(Port(port, _label(port, raw, texts), to))
    found.sort(key=lambda port: _rank(port.id, fields))
    if "map" in fields.values() and not raw.get("next"):
        at = sum(1 for port in found if port.id.startswith("keys."))
        found.insert(at, Port(f"keys.{NEW_KEY}", texts("port.new_key"), None, add=True))
    return found


def _rank(port: str, fields: Mapping[str, str]) -> int:
    """Keys and steps stand before single outputs."""
    return 0 if fields.get(port.partition(".")[0]) in ("map", "list") else 1


def port_of(draft: Draft, id: str, exit_name: str) -> str:
    """The port of an exit of the engine: `key 1` is `keys.1`, `no_answer 2` a user's second step; empty for none."""
    raw, kind = draft.raw(id), draft.kind(id)
    fields = dict(kind_styles.outputs_of(kind))
    if fields.get(exit_name) == "one":
        return exit_name
    last = exit_name.rpartition(" ")[2]
    if kind == "user" and is_digits(last):
        steps = raw.get("forwarding")
        return f"forwarding.{int(last) - 1}" if isinstance(steps, list) and int(last) <= len(steps) else "no_answer"
    for field, shape in fields.items():
        value = raw.get(field)
        if shape == "map" and isinstance(value, dict) and last in {str(key) for key in value}:
            return f"{field}.{last}"
    return ""


def exits_of(draft: Draft, id: str) -> list[Exit]:
    """The exits the engine gives an element or user; none while its settings have errors."""
    if draft.document is None or not is_digits(id):
        return []
    parameters = draft.document.elements.get(int(id))
    user = draft.document.head.users.get(int(id))
    made: Any
    try:
        if parameters is not None:
            kind: Any = KINDS[draft.kind(id)]
            made = kind(int(id), parameters, draft.document.head)
        elif user is not None:
            made = USER(int(id), user, draft.document.head)
        else:
            return []
    except (ValueError, KeyError):
        return []
    return list(made.exits.values())


def matters(kind: str, port: str, raw: Mapping[str, Any]) -> bool:
    """Whether calls could leave by an output that is empty."""
    model = kind_styles.model_of(kind)
    return not (issubclass(model, Model) and port in model.idle_outputs(raw)) if model is not None else True


def _target(raw: Mapping[str, Any], port: str) -> str | None:
    field, _, rest = port.partition(".")
    value: Any = raw.get(field)
    if isinstance(value, dict):
        value = next((to for key, to in value.items() if str(key) == rest), None)
    elif isinstance(value, list):
        step = value[int(rest)] if is_digits(rest) and int(rest) < len(value) else None
        value = step.get("to") if isinstance(step, dict) else None
    return None if value is None or isinstance(value, (dict, list)) else str(value).strip() or None


def _label(port: str, raw: Mapping[str, Any], texts: Texts) -> str:
    field, _, rest = port.partition(".")
    if field == "keys":
        return texts("port.key", rest)
    if field == "forwarding":
        step = raw["forwarding"][int(rest)]
        return texts.port(str(step.get("when", ""))) if isinstance(step, dict) else rest
    return texts.port(field)


# --- cards -------------------------------------------------------------------------------------------------------------


def _box(id: str, kind: str, ports: list[Port]) -> layout.Box:
    rows = HEAD + (MEMBER_ROW if _has_members(kind) else 0)
    middles = {port.id: rows + 4 + PORT_ROW * (i + 0.5) for i, port in enumerate(ports)}
    if _has_members(kind):
        middles["members"] = HEAD + MEMBER_ROW / 2
    height = rows + (PORT_PAD + PORT_ROW * len(ports) if ports else 0) + 1
    return layout.Box(id, CARD_WIDTH, height, middles, entry=kind == "trunk")


def _has_members(kind: str) -> bool:
    model = kind_styles.model_of(kind)
    return model is not None and "members" in model.model_fields


def _card(draft: Draft, id: str, ports: list[Port], box: layout.Box, faults: list[Fault], texts: Texts) -> Json:
    kind, raw = draft.kind(id), draft.raw(id)
    style = kind_styles.look(kind)
    x, y = draft.places[id]
    return {
        "id": id,
        "kind": kind,
        "kind_label": texts.kind(kind),
        "icon": style.icon,
        "color": style.color,
        "color_dark": style.color_dark,
        "title": draft.title(id) if raw.get("name") or kind == "trunk" else "",
        "number": "" if kind == "trunk" else id,
        "subtitle": subtitle(kind, raw, texts),
        "entry": box.entry,
        "x": x,
        "y": y,
        "w": box.width,
        "h": box.height,
        "can_delete": True,
        "can_rename": True,
        "faults": [
            {"level": fault.severity, "text": f"{messages.message(fault, draft, texts)} ({fault.rule})"}
            for fault in faults
        ],
        "ports": [_port(draft, id, port, faults, texts) for port in ports],
        "members": _members(draft, id, texts) if _has_members(kind) else None,
    }


def _port(draft: Draft, id: str, port: Port, faults: list[Fault], texts: Texts) -> Json:
    end, end_text = "", ""
    if port.to == HANGUP:
        end, end_text = "hangup", texts("hangup")
    elif port.to is not None and port.to not in draft.ids():
        end, end_text = ("nowhere", port.to) if is_internal(port.to) else ("outside", port.to)
    section, key = draft.path_of(id)
    where = f"{section}.{key}.{port.id}"
    here = [fault for fault in faults if fault.place in (where, where.replace(".forwarding.", ".forwarding["))]
    level = (
        "error" if any(fault.severity == "error" for fault in here) or end == "nowhere" else "warning" if here else ""
    )
    title = (
        texts("port.lost", port.to)
        if end == "nowhere"
        else texts("port.empty")
        if port.to is None and not port.add
        else ""
    )
    return {
        "id": port.id,
        "label": port.label,
        "empty": port.to is None,
        "add": port.add,
        "end": end,
        "end_text": end_text,
        "level": level,
        "title": title,
    }


def _members(draft: Draft, id: str, texts: Texts) -> Json:
    """As many members as fit, by name."""
    numbers = [number for number in draft.members(id) if number]
    names = [(number, draft.title(number) if number in draft.ids() else number) for number in numbers]
    chips: list[Json] = []
    room = float(CHIP_ROOM)
    for i, (number, name) in enumerate(names):
        width = min(84, 16 + 6.7 * len(name)) + 4
        if width > room - (0 if i == len(names) - 1 else 26):
            break
        room -= width
        chips.append({"id": number, "text": name, "title": f"{number} {name}"})
    rest = names[len(chips) :]
    return {
        "chips": chips,
        "more": len(rest),
        "more_title": ", ".join(name for _, name in rest),
        "none": texts("nobody"),
        "hint": texts("members_hint"),
    }


def subtitle(kind: str, raw: Mapping[str, Any], texts: Texts) -> str:
    """The line under a card's name: what tells it from others of its kind."""
    if kind == "trunk":
        return str(raw.get("number") or "")
    if kind == "hours":
        days, hours = str(raw.get("days", "all")), raw.get("open")
        when = ", ".join(map(str, hours)) if isinstance(hours, list) else str(hours or "")
        return f"{texts.days(days)} {when.replace('-', '–')}".strip()
    if kind == "number_rule":
        entries = raw.get("entries")
        entries = entries if isinstance(entries, list) else [entries] if entries else []
        numbers = [str(item.get("number", "")) if isinstance(item, dict) else str(item) for item in entries]
        return f"{numbers[0]}…" + (f" +{len(numbers) - 1}" if len(numbers) > 1 else "") if numbers else ""
    if kind == "queue":
        wait = raw.get("max_wait", 600)
        return f"{texts.option(str(raw.get('strategy', 'longest_idle')))}" + (
            f", {texts('seconds', wait)}" if wait else ""
        )
    if kind == "group":
        return f"{texts.option('ring_all')}, {texts('seconds', raw.get('ring', 20))}"
    if kind == "voicemail":
        return (
            ", ".join(map(str, raw.get("recipients") or ()))
            if isinstance(raw.get("recipients"), list)
            else str(raw.get("recipients") or "")
        )
    if kind == "user":
        return f"{texts.kind('user')}, {texts('seconds', raw.get('ring', 30))}"
    for field in ("prompt", "url", "address"):
        if raw.get(field):
            return str(raw[field])
    return texts.kind(kind)


# --- places ------------------------------------------------------------------------------------------------------------


def _place(draft: Draft, boxes: Mapping[str, layout.Box], links: list[layout.Link]) -> None:
    """Give every card a place: the document's, the session's, or a free one that the layout suggests."""
    written = {}
    for id in boxes:
        raw = draft.raw(id)
        x, y = raw.get("x"), raw.get("y")
        if isinstance(x, (int, float)) and isinstance(y, (int, float)):
            written[id] = (float(x), float(y))
    draft.places.update(written)
    missing = [id for id in boxes if id not in draft.places]
    if not missing:
        return
    suggested = layout.arrange(boxes.values(), links)
    if len(missing) == len(boxes):
        draft.places.update(suggested)
        return
    place: layout.Place
    for id in missing:
        near = [link for link in links if link.source == id and link.target in draft.places]
        before = [link for link in links if link.target == id and link.source in draft.places]
        if near and boxes[id].entry:
            x, y = draft.places[near[0].target]
            place = (x - CARD_WIDTH - TRUNK_GAP, y - boxes[id].ports[near[0].port] + layout.IN_Y)
        elif before:
            x, y = draft.places[before[0].source]
            place = (x + CARD_WIDTH + TRUNK_GAP, y + boxes[before[0].source].ports.get(before[0].port, 0) - layout.IN_Y)
        else:
            place = suggested[id]
        draft.places[id] = _free(
            place, boxes[id], {other: box for other, box in boxes.items() if other != id}, draft.places
        )


def _free(
    place: layout.Place, box: layout.Box, others: Mapping[str, layout.Box], places: Mapping[str, layout.Place]
) -> layout.Place:
    """The nearest place below that no card covers."""
    x, y = float(place[0]), float(place[1])
    taken = [(*places[id], other) for id, other in others.items() if id in places]
    moved = True
    while moved:
        moved = False
        for ox, oy, other in taken:
            if (
                x < ox + other.width + 12
                and x + box.width + 12 > ox
                and y < oy + other.height + 12
                and y + box.height + 12 > oy
            ):
                y, moved = oy + other.height + layout.CARD_GAP, True
    return x, y
