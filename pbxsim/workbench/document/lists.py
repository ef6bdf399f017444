"""Edits of what a document has in lists: outgoing rules in their order, calendars by name, aliases.

Decides what is added and how names change together with what refers to them. Leaves the text to `yaml_edits.py`, undo to
`draft.py`.
"""

from __future__ import annotations

from typing import Any

from engine.contract import limits
from engine.numbers.digits import is_digits
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.yaml_edits import Path, Value

RULES: Path = ("outgoing", "rules")
ALIASES: Path = ("settings", "aliases")


# --- outgoing rules ----------------------------------------------------------------------------------------------------


def rules(draft: Draft) -> list[dict[str, Any]]:
    """The outgoing rules as they stand in the text."""
    found = draft.at(RULES)
    return [dict(one) if isinstance(one, dict) else {} for one in found] if isinstance(found, list) else []


def add_rule(draft: Draft, name: str) -> int:
    """Add a rule that changes nothing, at the end; gives its place. Raises EditRefused when there are 500 (R-14.9)."""
    known = rules(draft)
    if len(known) >= limits.OUTGOING_RULES:
        raise EditRefused("there are 500 outgoing rules already", "R-14.9")
    trunks = list(draft.section("trunks"))
    trunk = str(draft.at(("outgoing", "default")) or (trunks[0] if trunks else ""))
    rule: Value = {"name": name, "mask": "(+)", "output": "$", "operator": trunk}
    if known:
        draft.put((*RULES, len(known)), rule)
    else:
        draft.put(RULES, [rule])
    return len(known)


def move_rule(draft: Draft, at: int, by: int) -> int:
    """Bring a rule up (-1) or down (+1); gives its new place (R-14.6)."""
    to = at + by
    if not (0 <= at < len(rules(draft)) and 0 <= to < len(rules(draft))):
        return at
    draft.swap(RULES, at, to)
    return to


# --- calendars ---------------------------------------------------------------------------------------------------------


def add_calendar(draft: Draft, country: str) -> str:
    """Add a calendar of a country's public holidays; gives its name."""
    known = draft.section("calendars")
    name = next(name for n in range(1, 10_000) if (name := "holidays" if n == 1 else f"holidays{n}") not in known)
    draft.put(("calendars", name), {"country": country})
    return name


def users_of_calendar(draft: Draft, name: str) -> list[str]:
    """Time rules that use a calendar."""
    return [id for id in draft.section("elements") if draft.raw(id).get("calendar") == name]


def rename_calendar(draft: Draft, old: str, new: str) -> None:
    """Call a calendar something else, in the time rules that use it too, as one step."""
    new = new.strip()
    if new == old:
        return
    if not new or new in draft.section("calendars"):
        raise EditRefused("there is a {0} already, or the name is empty", subject=new)
    with draft.step():
        value = draft.at(("calendars", old))
        draft.put(("calendars", new), value)
        draft.put(("calendars", old), None)
        for id in users_of_calendar(draft, old):
            draft.set(id, ("calendar",), new)


def remove_calendar(draft: Draft, name: str) -> None:
    """Take a calendar away. Raises EditRefused while a time rule uses it (R-02.13)."""
    users = users_of_calendar(draft, name)
    if users:
        raise EditRefused("{0} is used by time rules", "R-02.13", subject=name)
    draft.put(("calendars", name), None)


# --- callback widgets --------------------------------------------------------------------------------------------------


def add_widget(draft: Draft) -> str:
    """Add a callback widget that rings the first user; gives its key."""
    known = draft.section("widgets")
    key = next(key for n in range(1, 10_000) if (key := "site" if n == 1 else f"site{n}") not in known)
    users = list(draft.section("users"))
    draft.put(("widgets", key), {"origins": ["https://example.com"], "managers": [str(user) for user in users[:1]]})
    return key


def rename_widget(draft: Draft, old: str, new: str) -> None:
    """Give a widget another key; the line on its sites has to change with it."""
    new = new.strip()
    if new == old:
        return
    if not new or new in draft.section("widgets"):
        raise EditRefused("there is a {0} already, or the name is empty", subject=new)
    with draft.step():
        draft.put(("widgets", new), draft.at(("widgets", old)))
        draft.put(("widgets", old), None)


# --- aliases -----------------------------------------------------------------------------------------------------------


def aliases(draft: Draft) -> dict[str, str]:
    """Names that direct SIP calls may dial, and where they lead."""
    found = draft.at(ALIASES)
    return {str(name): "" if to is None else str(to) for name, to in found.items()} if isinstance(found, dict) else {}


def add_alias(draft: Draft, name: str, to: str) -> None:
    """Add a name; what is wrong with it is told as with any other value (R-10.2)."""
    if name in aliases(draft):
        raise EditRefused("there is a {0} already, or the name is empty", "R-10.2", subject=name)
    draft.put((*ALIASES, name), int(to) if is_digits(to) else to)


def remove_alias(draft: Draft, name: str) -> None:
    """Take a name away."""
    draft.put((*ALIASES, name), None)
