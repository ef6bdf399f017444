"""A recognised part of Asterisk's `extensions.conf`: where calls of a number go.

Source: Asterisk documentation of Goto, GotoIfTime, Queue, Dial, Playback, Background, WaitExten, VoiceMail and Hangup, and the
files that FreePBX writes. Decides which extensions are ways in from outside. Leaves times to `asterisk_times.py`, and how often a
menu asks to `asterisk_counters.py`. What is not recognised is told with its line, and the call goes on with what follows.
"""

from __future__ import annotations

import re
from typing import Any, Final

from engine.contract import limits
from engine.numbers.digits import is_digits
from pbxsim.importers import asterisk_times
from pbxsim.importers.asterisk_counters import CountedOut, Counters, Spot, sound_of
from pbxsim.importers.asterisk_files import ConfigurationLine, Section
from pbxsim.importers.draft import NO_NUMBER, USERS, DocumentMaker
from pbxsim.logs.told import Told

SILENT: Final = frozenset("answer noop wait ringing progress set verbose log proceeding resetcdr".split())
"""Applications that send no call anywhere."""

STEPS_AT_MOST: Final = 2000

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
        if spot in self.made:
            return self.made[spot]
        entry = self.steps.get(spot)
        user = self._user(spot)
        if user is not None:
            return user
        if entry is None:
            return self._included(spot, self.includes.get(spot[0], []), depth)
        if self.under_way.get(spot, 0) > 1 or depth > STEPS_AT_MOST:
            self.draft.losses.approximated(entry.place, entry.value, "goes round in a circle; the call ends here")
            return "hangup"
        self.under_way[spot] = self.under_way.get(spot, 0) + 1  # a way back leads to an element by its second round
        to = self._step(spot, entry, depth)
        self.under_way[spot] -= 1
        return self.made.setdefault(spot, to)

    def _is_known(self, spot: Spot) -> bool:
        known = (spot[0], *(_included(one)[0] for one in self.includes.get(spot[0], [])))
        return any((context, *spot[1:]) in self.steps for context in known)

    def _user(self, spot: Spot) -> int | None:
        """The user that an extension of FreePBX's is, with its lines."""
        context, extension, _ = spot
        is_users = context in OF_USERS and is_digits(extension) and len(extension) <= 4 and int(extension) in USERS
        if not is_users or not (extension in self.draft.people or any(one[:2] == spot[:2] for one in self.steps)):
            return None
        number = self.draft.user(extension)
        for one, entry in self.steps.items():
            if one[1] == extension and one[0] in OF_USERS:
                self.made[one] = number
                self.draft.losses.mapped(entry.place, entry.value, Told("user {number}", number=number))
        return self.made.setdefault(spot, number)  # type: ignore[return-value]

    def _included(self, spot: Spot, names: list[str], depth: int) -> str | int:
        """Where a call goes whose extension is in a context that its own includes, one of them only at certain times."""
        for place, written in enumerate(names):
            name, when = _included(written)
            if depth > STEPS_AT_MOST or (name, *spot[1:]) not in self.steps:
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
        found = re.match(r"(\w+)\s*(?:\((.*)\))?\s*$", sound_of(entry.value))
        name = found[1].lower() if found else ""
        arguments = [part.strip() for part in ((found[2] or "") if found else "").split(",")]
        losses, following = self.draft.losses, (spot[0], spot[1], spot[2] + 1)
        if name in SILENT:
            losses.mapped(entry.place, entry.value, "sends no call anywhere")
            return self.at(following, depth + 1)
        if name == "goto":
            there = self._spot(arguments, spot)
            to = self.at(there, depth + 1)
            if to == "hangup" and there[0] != BLACK_HOLE and not self._is_known(there):
                losses.left_out(entry.place, entry.value, "there is no such step in these files; the call ends here")
            else:
                losses.mapped(entry.place, entry.value)
            return to
        if name == "hangup":
            losses.mapped(entry.place, entry.value)
            return "hangup"
        if name == "gotoiftime" and found is not None and "?" in (found[2] or ""):
            return self._hours(entry, found[2], spot, following, depth)
        if name == "queue" and arguments[0] in self.draft.queues:
            return self._queue(entry, arguments, following, depth)
        if name == "dial" and arguments[0]:
            return self._dial(entry, arguments, spot, following, depth)
        if name in ("playback", "background", "voicemail"):
            return self._sound(entry, name, arguments, spot, following, depth)
        if name == "waitexten":
            self._waited(entry, arguments)
            return self.at(following, depth + 1)
        if name == "gotoif" and self._asks(spot[0]) and (counted := self.counters.out(spot, entry.value)):
            return self._counted(entry, counted, spot, following, depth)
        losses.left_out(entry.place, entry.value, "not recognised; the call goes on with the next step")
        return self.at(following, depth + 1)

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

    def _counted(
        self, entry: ConfigurationLine, counted: CountedOut, spot: Spot, following: Spot, depth: int
    ) -> str | int:
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
        return self.at(self._named(counted.to, spot) if counted.to else following, depth + 1)

    def _named(self, text: str, here: Spot) -> Spot:
        """The step that `label`, `extension,label` or `context,extension,label` names."""
        return self._spot([part.strip() for part in text.split(",")], here)

    def _hours(self, entry: ConfigurationLine, text: str, spot: Spot, following: Spot, depth: int) -> str | int:
        when, _, to = text.partition("?")
        hours = asterisk_times.hours_of(when)
        if hours is None:
            self.draft.losses.left_out(
                entry.place, entry.value, "this form of time is not recognised; the call goes on with the next step"
            )
            return self.at(following, depth + 1)
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
        devices = [one for one in self.counters.expanded(spot, arguments[0]).split("&") if one]
        outside = [found[1] if (found := DIALLED.search(one)) else "" for one in devices]
        if any("$" in one or (not number and one.count("/") > 1) for one, number in zip(devices, outside, strict=True)):
            self.draft.losses.left_out(entry.place, entry.value, "calls outside; the call goes on with the next step")
            return self.at(following, depth + 1)
        ring = int(arguments[1]) if len(arguments) > 1 and is_digits(arguments[1]) else 60
        number = self.made[spot] = self.draft.element(5300)
        used = min(max(ring, 5), 120)
        called: list[int | str] = [
            self.draft.outside(number, entry.place) if number else self.draft.user(one)
            for one, number in zip(devices, outside, strict=True)
        ]
        members = list(dict.fromkeys(called))[: limits.GROUP_MEMBERS]
        group: dict[str, Any] = {"kind": "group", "members": members, "ring": used}
        self.draft.elements[number] = group
        after = self.at(following, depth + 1)
        if after != "hangup":
            group["no_answer"] = after
        effect = "" if used == ring else Told("{field} is {value} here", field="ring", value=used)
        (self.draft.losses.approximated if effect else self.draft.losses.mapped)(entry.place, entry.value, effect)
        return number

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


def _included(written: str) -> tuple[str, str]:
    """The context that a line includes, and when; without a time, always."""
    name, _, when = written.replace("|", ",").partition(",")
    return name.strip(), when
