"""A recognised part of Asterisk's `extensions.conf`: where calls of a number go.

Source: Asterisk documentation of Goto, GotoIfTime, Queue, Dial, Playback, Background, WaitExten, VoiceMail and Hangup, and the
files that FreePBX writes. Decides which extensions are ways in from outside. Leaves times to `asterisk_times.py`, how often a
menu asks to `asterisk_counters.py`, and macros of FreePBX to `freepbx_macros.py`. What is not recognised is told with its line,
and the call goes on with what follows.
"""

from __future__ import annotations

import re
from typing import Any, Final

from engine.contract import limits
from engine.numbers.digits import is_digits
from pbxsim.importers import asterisk_times, freepbx_macros
from pbxsim.importers.asterisk_counters import CountedOut, Counters, Spot, sound_of
from pbxsim.importers.asterisk_files import ConfigurationLine, Section
from pbxsim.importers.draft import NO_NUMBER, USERS, DocumentMaker
from pbxsim.logs.told import Told

SILENT: Final = frozenset("answer noop wait ringing progress set verbose log proceeding resetcdr".split())
"""Applications that send no call anywhere."""

DEEPEST: Final = 150
"""Elements after one another; those before go on to those behind."""

OF_USERS: Final = frozenset({"ext-local", "ext-findmefollow", "from-did-direct", "from-internal"})
"""Contexts of FreePBX in which the extension of a user is that user."""

BLACK_HOLE: Final = "app-blackhole"
"""The context of FreePBX that ends calls."""

DIALLED_IN_MENU: Final = "from-did-direct-ivr"
"""Begins the name of a context by which a menu of FreePBX lets callers dial extensions."""

DIALLED: Final = re.compile(r"/(\+?[0-9]{6,15})(?:@[\w.-]+)?(?:/n)?$")
"""A number outside at the end of a device: `SIP/operator/89161234567`, `PJSIP/89161234567@operator`."""


class Dialplan:
    """The extensions of all contexts, and the elements made of them."""

    def __init__(self, sections: list[Section], draft: DocumentMaker) -> None:
        self.draft = draft
        self.steps: dict[Spot, ConfigurationLine] = {}
        self.extensions: dict[str, list[Spot]] = {}
        self.labels: dict[tuple[str, str, str], int] = {}
        self.includes: dict[str, list[str]] = {}
        self.made: dict[Spot, str | int] = {}
        self.under_way: dict[Spot, int] = {}
        self.include_lines: list[tuple[str, ConfigurationLine]] = []
        named: dict[str, str] = {}
        for section in sections:
            if section.name in ("general", "globals"):
                for entry in section.entries:
                    draft.losses.left_out(entry.place, f"{entry.key}={entry.value}", "moves no call")
                    if section.name == "globals":
                        named[entry.key] = entry.value
            elif not section.is_template:
                self._take(section)
        self.counters = Counters(self.steps)
        self.counters.named = named

    def _take(self, section: Section) -> None:
        extension, priority = "", 0
        for entry in section.entries:
            key = entry.key.lower()
            if key == "include":
                self.includes.setdefault(section.name, []).append(entry.value)
                self.include_lines.append((section.name, entry))
                continue
            if key not in ("exten", "same"):
                self.draft.losses.left_out(entry.place, f"{entry.key} => {entry.value}", "not recognised")
                continue
            parts = entry.value.split(",", 2 if key == "exten" else 1)
            if key == "exten":
                extension, parts = parts[0].strip(), parts[1:]
            found = re.fullmatch(r"\s*(n|s|hint|\d+)(?:\(([^)]*)\))?\s*", parts[0]) if parts else None
            if found is None or len(parts) < 2 or found[1] == "hint":
                self.draft.losses.left_out(entry.place, f"{entry.key} => {entry.value}", "not recognised")
                continue
            priority = int(found[1]) if is_digits(found[1]) else priority + 1
            if found[2]:
                self.labels[section.name, extension, found[2]] = priority
            self.extensions.setdefault(extension, []).append((section.name, extension, priority))
            self.steps[section.name, extension, priority] = ConfigurationLine(extension, parts[1].strip(), entry.place)

    def ways_in(self) -> None:
        """A trunk for every number of the outside, else one for the first context."""
        numbers = [(c, e) for c, e, p in self.steps if p == 1 and re.fullmatch(r"\+?\d{6,}", e)]
        for context, extension in numbers:
            number = extension.lstrip("+")
            to = self.at((context, extension, 1))
            self.draft.trunks[f"line-{number}"] = {"number": number, "lines": "unlimited", "to": to}
        if not numbers and self.steps:
            context, extension, _ = next((s for s in self.steps if s[1] == "s" and s[2] == 1), next(iter(self.steps)))
            entry = (
                self.steps[context, extension, 1]
                if (context, extension, 1) in self.steps
                else next(iter(self.steps.values()))
            )
            self.draft.losses.approximated(
                entry.place,
                f"[{context}] {extension}",
                Told("no number of a trunk is told; {number} stands for it", number=NO_NUMBER),
            )
            self.draft.trunks["line"] = {
                "number": NO_NUMBER,
                "lines": "unlimited",
                "to": self.at((context, extension, 1)),
            }

    def account(self) -> None:
        """What no call that was read comes to, with its lines, and what became of includes."""
        contexts = {context for context, _, _ in self.steps}
        for _, entry in self.include_lines:
            told, (name, when) = f"include => {entry.value}", _included(entry.value)
            if when and asterisk_times.hours_of(when) is None:
                self.draft.losses.left_out(
                    entry.place, told, "this form of time is not recognised; it never holds here"
                )
            elif name in contexts or name.startswith(DIALLED_IN_MENU):
                self.draft.losses.mapped(entry.place, told)
            else:
                self.draft.losses.left_out(entry.place, told, "there is no such context")
        for spot, entry in self.steps.items():
            if spot not in self.made:
                why = (
                    "a pattern of numbers is not read"
                    if spot[1].startswith("_")
                    else "no call that was read comes here"
                )
                self.draft.losses.left_out(entry.place, f"[{spot[0]}] {spot[1]}: {entry.value}", why)

    def at(self, spot: Spot, depth: int = 0) -> str | int:
        """Where a call at this step goes: the number of an element, or `hangup`."""
        passed: list[Spot] = []
        there: Spot | None = spot
        to: str | int = "hangup"
        while there is not None:
            known, entry = self.made.get(there), self.steps.get(there)
            if known is None:
                known = self._user(there)
            if known is not None or entry is None:
                to = known if known is not None else self._included(there, self.includes.get(there[0], []), depth)
                break
            if self.under_way.get(there, 0) > 1 or depth > DEEPEST:
                effect = "goes round in a circle; the call ends here"
                self.draft.losses.approximated(
                    entry.place, entry.value, effect if depth <= DEEPEST else "too deep; the call ends here"
                )
                break
            self.under_way[there] = (
                self.under_way.get(there, 0) + 1
            )  # a way back leads to an element by its second round
            passed.append(there)
            here, there = there, self._goes_on(there, entry)
            if there is None:
                to = self._step(here, entry, depth)
        for one in passed:
            self.under_way[one] -= 1
            self.made.setdefault(one, to)
        return self.made[spot] if passed else to

    def _goes_on(self, spot: Spot, entry: ConfigurationLine) -> Spot | None:
        """The step after one that is no element; None for those that are, or that end a call."""
        name, arguments, _ = _application(entry.value)
        losses, following = self.draft.losses, (spot[0], spot[1], spot[2] + 1)
        if name in SILENT:
            losses.mapped(entry.place, entry.value, "sends no call anywhere")
            return following
        if name == "goto":
            there = self._spot(arguments, spot)
            if self._is_known(there) or there[0] == BLACK_HOLE or self._user(there) is not None:
                losses.mapped(entry.place, entry.value)
            else:
                losses.left_out(entry.place, entry.value, "there is no such step in these files; the call ends here")
            return there
        if name == "waitexten":
            self._waited(entry, arguments)
            return following
        if name == "gotoif" and self._asks(spot[0]) and (counted := self.counters.out(spot, entry.value)):
            return self._counted(entry, counted, spot, following)
        if name == "hangup" or self._makes(name, arguments, spot, entry):
            return None
        effect = "not recognised; the call goes on with the next step"
        if name == "dial" and arguments[0]:
            effect = "calls outside; the call goes on with the next step"
        elif name == "gotoiftime":
            effect = "this form of time is not recognised; the call goes on with the next step"
        losses.left_out(entry.place, entry.value, effect)
        return following

    def _makes(self, name: str, arguments: list[str], spot: Spot, entry: ConfigurationLine) -> bool:
        """Whether a step becomes an element."""
        if name == "gotoiftime":
            when, mark, _ = _application(entry.value)[2].partition("?")
            return bool(mark) and asterisk_times.hours_of(when) is not None
        if name == "queue":
            return arguments[0] in self.draft.queues
        return name in ("playback", "background", "voicemail") or (
            name == "dial" and bool(self._called(arguments, spot))
        )

    def _is_known(self, spot: Spot) -> bool:
        known = (spot[0], *(_included(one)[0] for one in self.includes.get(spot[0], [])))
        return any((context, *spot[1:]) in self.steps for context in known)

    def _user(self, spot: Spot) -> int | None:
        """The user that an extension of FreePBX's is, with its lines."""
        context, extension, _ = spot
        is_users = context in OF_USERS and is_digits(extension) and len(extension) <= 4 and int(extension) in USERS
        steps = self.extensions.get(extension, []) if is_users else []
        if not is_users or not (extension in self.draft.people or any(one[0] == context for one in steps)):
            return None
        number = self.draft.user(extension)
        for one in steps:
            if one[0] in OF_USERS:
                self.made[one] = number
                entry = self.steps[one]
                self.draft.losses.mapped(entry.place, entry.value, Told("user {number}", number=number))
        return self.made.setdefault(spot, number)  # type: ignore[return-value]

    def _included(self, spot: Spot, names: list[str], depth: int) -> str | int:
        """Where a call goes whose extension is in a context that its own includes, one of them only at certain times."""
        for place, written in enumerate(names):
            name, when = _included(written)
            if depth > DEEPEST or (name, *spot[1:]) not in self.steps:
                continue
            hours = asterisk_times.hours_of(when) if when else None
            if not when:
                return self.at((name, *spot[1:]), depth + 1)
            if hours is not None:
                line = next(
                    entry for context, entry in self.include_lines if (context, entry.value) == (spot[0], written)
                )
                number = self.draft.element(5400)
                self.draft.elements[number] = {
                    "kind": "hours", **hours, **self.draft.zone_of(hours.pop("zone", ""), line.place),
                    "match": self.at((name, *spot[1:]), depth + 1),
                    "mismatch": self._included(spot, names[place + 1 :], depth + 1),
                }  # fmt: skip
                return number
        return "hangup"

    def _step(self, spot: Spot, entry: ConfigurationLine, depth: int) -> str | int:
        """The element of a step, or the end of the call."""
        name, arguments, text = _application(entry.value)
        following = (spot[0], spot[1], spot[2] + 1)
        if name == "gotoiftime":
            return self._hours(entry, text, spot, following, depth)
        if name == "queue":
            return self._queue(entry, arguments, following, depth)
        if name == "dial":
            return self._dial(entry, arguments, spot, following, depth)
        if name in ("playback", "background", "voicemail"):
            return self._sound(entry, name, arguments, spot, following, depth)
        self.draft.losses.mapped(entry.place, entry.value)
        return "hangup"

    def _spot(self, parts: list[str], here: Spot) -> Spot:
        context, extension, priority = (*([here[0], here[1]][: 3 - len(parts)]), *parts)[:3]
        named = self.labels.get((context, extension, priority))
        return context, extension, named or (int(priority) if is_digits(priority) else 1)

    def _asks(self, context: str) -> bool:
        """Whether a context is a menu."""
        return any(
            one[0] == context and sound_of(entry.value).lower().startswith("background(")
            for one, entry in self.steps.items()
        )

    def _waited(self, entry: ConfigurationLine, arguments: list[str]) -> None:
        """The wait for a key, which Asterisk takes for ten seconds where nothing else is said."""
        wanted = arguments[0] or "10"
        self.draft.menu_waits(entry.place, entry.value, int(wanted) if is_digits(wanted) and len(wanted) < 6 else 10)

    def _counted(self, entry: ConfigurationLine, counted: CountedOut, spot: Spot, following: Spot) -> Spot:
        """A menu's own count of its rounds: the way of those whose rounds are over; the way back is what a greeting does."""
        self.draft.menu_asks(entry.place, entry.value, counted.rounds)
        back = self._named(counted.again, spot) if counted.again else following
        while back in self.steps and back not in self.made and back[:2] == spot[:2]:
            again = self.steps[back]
            self.made[back] = "hangup"  # no call of ours comes here: the greeting asks again by itself
            self.draft.losses.mapped(again.place, again.value, "a menu asks again by itself")
            if again.value.lower().startswith("goto("):
                break
            back = (*back[:2], back[2] + 1)
        return self._named(counted.to, spot) if counted.to else following

    def _named(self, text: str, here: Spot) -> Spot:
        """The step that `label`, `extension,label` or `context,extension,label` names."""
        return self._spot([part.strip() for part in text.split(",")], here)

    def _hours(self, entry: ConfigurationLine, text: str, spot: Spot, following: Spot, depth: int) -> str | int:
        when, _, to = text.partition("?")
        hours = asterisk_times.hours_of(when) or {}
        number = self.made[spot] = self.draft.element(5400)
        if hours["open"] == asterisk_times.FULL_DAY:
            self.draft.losses.mapped(entry.place, entry.value)
        else:
            self.draft.losses.approximated(
                entry.place, entry.value, "its end minute is included there: a minute is added"
            )
        holds, _, fails = to.partition(":")
        self.draft.elements[number] = {
            "kind": "hours", **hours, **self.draft.zone_of(hours.pop("zone", ""), entry.place),
            "match": self.at(self._named(holds, spot) if holds.strip() else following, depth + 1),
            "mismatch": self.at(self._named(fails, spot) if fails.strip() else following, depth + 1),
        }  # fmt: skip
        return number

    def _queue(self, entry: ConfigurationLine, arguments: list[str], following: Spot, depth: int) -> int:
        number = self.draft.queues[arguments[0]]
        queue = self.draft.elements[number]
        if len(arguments) > 4 and is_digits(arguments[4]):
            queue["max_wait"] = min(int(arguments[4]), 7200)
        after = self.at(following, depth + 1)
        if "timeout" in queue and queue["timeout"] != after:
            self.draft.losses.approximated(
                entry.place, entry.value, Told("callers who leave go to {to}, as elsewhere", to=queue["timeout"])
            )
        else:
            self.draft.losses.mapped(entry.place, entry.value)
        if after != "hangup":
            queue.setdefault("timeout", after)
            queue.setdefault("join_empty", after)
        return number

    def _dial(
        self, entry: ConfigurationLine, arguments: list[str], spot: Spot, following: Spot, depth: int
    ) -> str | int:
        ring = int(arguments[1]) if len(arguments) > 1 and is_digits(arguments[1]) else 60
        number = self.made[spot] = self.draft.element(5300)
        used = min(max(ring, 5), 120)
        called: list[int | str] = [
            self.draft.outside(one[1], entry.place) if isinstance(one, re.Match) else self.draft.user(one)
            for one in self._called(arguments, spot)
        ]
        members = list(dict.fromkeys(called))[: limits.GROUP_MEMBERS]
        group: dict[str, Any] = {"kind": "group", "members": members, "ring": used}
        self.draft.elements[number] = group
        after = self.at(following, depth + 1)
        group["no_answer"] = after
        effect: str | Told = "" if used == ring else Told("{field} is {value} here", field="ring", value=used)
        if self._method(spot) in freepbx_macros.ONE_BY_ONE:
            effect = "phones ring one after another there, all at once here"
        (self.draft.losses.approximated if effect else self.draft.losses.mapped)(entry.place, entry.value, effect)
        return number

    def _method(self, spot: Spot) -> str:
        """How the ring group of FreePBX rings that a step dials; empty for any other."""
        before = (self.steps.get((*spot[:2], priority)) for priority in range(spot[2] - 1, 0, -1))
        told = (freepbx_macros.ring_method(entry.value) for entry in before if entry is not None)
        return next((method for method in told if method), "")

    def _called(self, arguments: list[str], spot: Spot) -> list[str | re.Match[str]]:
        """Devices that a step dials, and numbers outside; nothing where one of them is not told."""
        devices = [one for one in self.counters.expanded(spot, arguments[0]).split("&") if one]
        found = [DIALLED.search(one) or one for one in devices]
        unknown = any("$" in device for device in devices)
        return [] if unknown or any(isinstance(one, str) and one.count("/") > 1 for one in found) else found

    def _sound(
        self, entry: ConfigurationLine, name: str, arguments: list[str], spot: Spot, following: Spot, depth: int
    ) -> int:
        number = self.made[spot] = self.draft.element(5100 if name == "voicemail" else 5000)
        if name == "voicemail":
            self.draft.elements[number] = {"kind": "voicemail", "name": f"Mailbox {arguments[0]}"}
            self.draft.losses.approximated(entry.place, entry.value, "set the recipients of its messages")
            return number
        sound = self.counters.expanded(spot, arguments[0]).split("&")[0]
        greeting: dict[str, Any] = {"kind": "greeting", "prompt": re.sub(r"[^\w.-]+", "-", sound).strip("-.") + ".wav"}
        self.draft.elements[number] = greeting
        self.draft.assume_length(greeting["prompt"], entry.place, entry.value)
        if name == "playback":
            greeting["next"] = self.at(following, depth + 1)
            return number
        if any(written.startswith(DIALLED_IN_MENU) for written in self.includes.get(spot[0], [])):
            greeting["dial_extension"] = True
        keys = {
            e: self.at((spot[0], e, 1), depth + 1)
            for c, e, p in list(self.steps)
            if c == spot[0] and p == 1 and re.fullmatch(r"[0-9*#]", e)
        }
        if (spot[0], "t", 1) in self.steps:
            self._listened(following)
            after = self.at((spot[0], "t", 1), depth + 1)
        else:
            after = self.at(following, depth + 1)
        wrong = self.at((spot[0], "i", 1), depth + 1) if (spot[0], "i", 1) in self.steps else after
        asks = keys or greeting.get("dial_extension")
        greeting.update({"keys": keys, "no_input": after, "invalid": wrong} if asks else {"next": after})
        return number

    def _listened(self, spot: Spot) -> None:
        """The step that waits for keys, where silence has a way of its own."""
        entry = self.steps.get(spot)
        found = re.match(r"WaitExten\s*(?:\((.*)\))?\s*$", entry.value, re.IGNORECASE) if entry else None
        if entry is not None and found is not None and spot not in self.made:
            self.made[spot] = "hangup"  # the way on after it is `t`
            self._waited(entry, (found[1] or "").split(","))


def _application(text: str) -> tuple[str, list[str], str]:
    """An application's name in small letters, its arguments, and these as they are written."""
    found = re.match(r"(\w+)\s*(?:\((.*)\))?\s*$", freepbx_macros.plain(sound_of(text)))
    inside = (found[2] or "") if found else ""
    return found[1].lower() if found else "", [part.strip() for part in inside.split(",")], inside


def _included(written: str) -> tuple[str, str]:
    """The context that a line includes, and when; without a time, always."""
    name, _, when = written.replace("|", ",").partition(",")
    return name.strip(), when
