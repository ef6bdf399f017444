"""What is wrong with a document, told to people who see cards and fields and no YAML: names in place of keys and numbers.

Decides where a fault belongs on the page (`Target`) and which words of a sentence are names. Leaves finding faults, and their
sentences, to the engine (`analysis/check.py`, `translations/faults_ru.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from engine.document.faults import Fault
from engine.elements import KINDS
from engine.translations import faults_ru
from pbxsim.workbench.diagram import kind_styles
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.texts import Texts
from pbxsim.workbench.shell.texts_remedies import REMEDIES

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_KINDS = "|".join(sorted((kind.replace("_", " ") for kind in (*faults_ru.KINDS, *KINDS)), key=len, reverse=True))
_NUMBER = re.compile(rf"(?:\b(?:{_KINDS}) )?(?<![\w+*#.-])(\d{{3,4}})(?![\w*#-]|\.\d)(?: «[^»]*»)?")
"""An internal number, with the kind before it and the name after it where the engine has them."""

_OUTPUT = re.compile(r" \(([a-z_]+)\) ")
_PORTS = ("way", "never")

FAULTS_SHOWN = 8
"""Of a file that is not open here."""


class Target(msgspec.Struct, frozen=True):
    """The place of a fault on the page: a card or another part by its id, and the setting."""

    id: str = ""
    field: str = ""
    item: str = ""
    """A name in a list of names: a sound, an alias, a calendar."""


def target(fault: Fault) -> Target:
    """Where a fault can be mended.

    >>> place = Fault(severity="error", code="x", rule="R-14.13", message="m", place="outgoing.rules[1].mask")
    >>> target(place)
    Target(id='rule:1', field='mask', item='')
    """
    section, _, rest = fault.place.partition(".")
    parts = [name or index for name, index in _PART.findall(fault.place)]
    if section in ("elements", "users") and len(parts) > 1:
        return Target(parts[1], parts[2] if len(parts) > 2 else "")
    if section == "trunks" and len(parts) > 1:
        if len(parts) > 3 and parts[2] == "sip":
            return Target(f"sip:{parts[1]}", parts[3])
        return Target(f"trunk:{parts[1]}", parts[2] if len(parts) > 2 else "")
    if section == "outgoing":
        if parts[1:2] == ["rules"] and len(parts) > 2:
            return Target(f"rule:{parts[2]}", parts[3] if len(parts) > 3 else "")
        return Target("outgoing", parts[1] if len(parts) > 1 else "")
    if section == "settings":
        if parts[1:2] == ["codes"]:
            return Target("codes", parts[2] if len(parts) > 2 else "")
        if parts[1:2] == ["aliases"]:
            return Target("aliases", "", rest.partition(".")[2])
        return Target("settings", parts[1] if len(parts) > 1 else "")
    if section == "calendars" and len(parts) > 1:
        return Target(f"calendar:{parts[1]}", parts[2] if len(parts) > 2 else "", parts[1])
    if section == "widgets" and len(parts) > 1:
        return Target(f"widget:{parts[1]}", parts[2] if len(parts) > 2 else "", parts[1])
    if section == "prompts":
        return Target("sounds", "", rest)
    return Target("head", section) if section in ("pbx", "zone") else Target()


def where(fault: Fault, draft: Draft, texts: Texts) -> str:
    """The place of a fault by names: `Sales, Longest wait`; empty for the PBX as a whole."""
    at = target(fault)
    owner = owner_name(at, draft, texts)
    if not at.field or at.id == "head":
        return owner or (texts.field(at.field) if at.field else "")
    label = texts.port(at.field) if _is_output(draft, at) else texts.field(at.field, at.id.partition(":")[0])
    return f"{owner}, {label}" if owner else label


def owner_name(at: Target, draft: Draft, texts: Texts) -> str:
    """What people call the part of the document that a fault belongs to."""
    sort, _, key = at.id.partition(":")
    if at.id in draft.ids():
        return draft.title(at.id)
    if sort == "sip":
        return draft.title(f"trunk:{key}")
    if sort == "rule":
        name = draft.raw(at.id).get("name")
        return texts("rule_named", name) if name else texts("rule_numbered", int(key) + 1)
    if sort in ("outgoing", "settings", "codes", "sounds", "aliases", "calendar", "widget"):
        title = texts(f"part.{sort}")
        return f"{title}: {at.item}" if at.item else title
    return ""


def told(fault: Fault, draft: Draft, texts: Texts) -> str:
    """A fault in one or two sentences."""
    message, remedy = (_sentence(text, draft, texts) for text in (fault.message, fault.remedy))
    return texts.quotes(f"{message}. {remedy}." if remedy else f"{message}.")


def by_line(faults: Sequence[Fault], texts: Texts) -> list[str]:
    """Faults of a file that is not open here, by its lines; the first of them where there are many."""
    shown = [faults_ru.in_language(fault, texts.language) for fault in faults[:FAULTS_SHOWN]]
    told = [f"{texts('line', one.line)}: {one.message}. {one.remedy}" for one in shown]
    return [*told, texts("more_rows", len(faults) - len(shown))] if len(faults) > len(shown) else told


def message(fault: Fault, draft: Draft, texts: Texts) -> str:
    """What is wrong alone, without what to do about it."""
    return texts.quotes(_sentence(fault.message, draft, texts))


def _sentence(text: str, draft: Draft, texts: Texts) -> str:
    found = faults_ru.pattern(text)
    if found is None:
        return _with_names(text, draft, texts)
    template, arguments = found
    known = REMEDIES.get(template) or (template, faults_ru.SENTENCES[template])
    said = known[1 if texts.language == "ru" else 0]
    sentence = said.format_map({name: _argument(name, value, draft, texts) for name, value in arguments.items()})
    return sentence.replace("the «", "«")


def _argument(name: str, value: str, draft: Draft, texts: Texts) -> str:
    if name == "field":
        return f"«{texts.field(value)}»"
    if name in _PORTS and " " not in value:
        return f"«{texts.port(value)}»"
    if name == "known":
        return ", ".join(texts.option(item) for item in value.split(", "))
    if name in ("key", "other", "trunk", "operator") and f"trunk:{value}" in draft.ids():
        return f"«{draft.title(f'trunk:{value}')}»"
    if name == "value":
        return value
    if name in faults_ru.SPOKEN and faults_ru.pattern(value) is not None:
        return _sentence(value, draft, texts)
    named = _with_names(value, draft, texts)
    if name == "steps":
        return _OUTPUT.sub(lambda match: f" [{texts.port(match[1])}] ", named)
    if named == value and name in faults_ru.SPOKEN and texts.language == "ru":
        return faults_ru.argument(value)
    return named


def _with_names(text: str, draft: Draft, texts: Texts) -> str:
    """Internal numbers of this PBX with the names that go with them: `«Sales» (queue 5200)`."""
    ids: Mapping[str, object] = {**draft.section("elements"), **draft.section("users")}

    def named(match: re.Match[str]) -> str:
        number = match[1]
        if number not in ids:
            return match[0]
        said = f"{texts.kind(draft.kind(number)).lower()} {number}"
        return said if (title := draft.title(number)) == number else f"«{title}» ({said})"

    return _NUMBER.sub(named, text)


def _is_output(draft: Draft, at: Target) -> bool:
    kind = draft.kind(at.id) if at.id in draft.ids() else "trunk"
    return kind != "trunk" and (at.field, "one") in kind_styles.outputs_of(kind)
