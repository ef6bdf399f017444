"""A recognised part of Asterisk's `extensions.conf`: where calls of a number go.

Source: Asterisk documentation of Goto, GotoIfTime, Queue, Dial, Playback, Background, WaitExten, VoiceMail and Hangup. Decides
which extensions are ways in from outside. What is not recognised is told with its line, and the call goes on with what follows.
"""

from __future__ import annotations

import re
from typing import Any, Final

from engine.numbers.digits import is_digits
from pbxsim.importers.asterisk_files import ConfigurationLine, Section
from pbxsim.importers.draft import NO_NUMBER, DocumentMaker
from pbxsim.logs.told import Told

SILENT: Final = frozenset("answer noop wait ringing progress set verbose log proceeding resetcdr".split())
"""Applications that send no call anywhere."""

STEPS_AT_MOST: Final = 2000
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Spot = tuple[str, str, int]
"""Context, extension, priority."""


class Dialplan:
    """The extensions of all contexts, and the elements made of them."""

    def __init__(self, sections: list[Section], draft: DocumentMaker) -> None:
        self.draft = draft
        self.steps: dict[Spot, ConfigurationLine] = {}
        self.labels: dict[tuple[str, str, str], int] = {}
        self.includes: dict[str, list[str]] = {}
        self.made: dict[Spot, str | int] = {}
        self.under_way: dict[Spot, int] = {}
        self.include_lines: list[ConfigurationLine] = []
        for section in sections:
            if section.name in ("general", "globals"):
                for entry in section.entries:
                    draft.losses.left_out(entry.place, f"{entry.key}={entry.value}", "moves no call")
            elif not section.is_template:
                self._take(section)

    def _take(self, section: Section) -> None:
        extension, priority = "", 0
        for entry in section.entries:
            key = entry.key.lower()
            if key == "include":
                self.includes.setdefault(section.name, []).append(entry.value)
                self.include_lines.append(entry)
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
        for entry in self.include_lines:
            told = f"include => {entry.value}"
            if "," in entry.value or "|" in entry.value:
                self.draft.losses.left_out(entry.place, told, "an include by time is not read")
            elif entry.value in contexts:
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
        if entry is None:
            for other in self.includes.get(spot[0], []):
                if (other, spot[1], spot[2]) in self.steps:
                    return self.at((other, *spot[1:]), depth + 1)
            return "hangup"
        if self.under_way.get(spot, 0) > 1 or depth > STEPS_AT_MOST:
            self.draft.losses.approximated(entry.place, entry.value, "goes round in a circle; the call ends here")
            return "hangup"
        self.under_way[spot] = self.under_way.get(spot, 0) + 1  # a way back leads to an element by its second round
        to = self._step(spot, entry, depth)
        self.under_way[spot] -= 1
        return self.made.setdefault(spot, to)

    def _step(self, spot: Spot, entry: ConfigurationLine, depth: int) -> str | int:
        found = re.match(r"(\w+)\s*(?:\((.*)\))?\s*$", entry.value)
        name = found[1].lower() if found else ""
        arguments = [part.strip() for part in ((found[2] or "") if found else "").split(",")]
        losses, following = self.draft.losses, (spot[0], spot[1], spot[2] + 1)
        if name in SILENT:
            losses.mapped(entry.place, entry.value, "sends no call anywhere")
            return self.at(following, depth + 1)
        if name == "goto":
            losses.mapped(entry.place, entry.value)
            return self.at(self._spot(arguments, spot), depth + 1)
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
            losses.mapped(entry.place, entry.value)
            return self.at(following, depth + 1)
        losses.left_out(entry.place, entry.value, "not recognised; the call goes on with the next step")
        return self.at(following, depth + 1)

    def _spot(self, parts: list[str], here: Spot) -> Spot:
        context, extension, priority = (*([here[0], here[1]][: 3 - len(parts)]), *parts)[:3]
        named = self.labels.get((context, extension, priority))
        return context, extension, named or (int(priority) if is_digits(priority) else 1)

    def _hours(self, entry: ConfigurationLine, text: str, spot: Spot, following: Spot, depth: int) -> str | int:
        when, _, to = text.partition("?")
        parts = [part.strip() for part in when.split(",")]
        clock = re.fullmatch(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", parts[0]) if parts else None
        days = parts[1].lower() if len(parts) > 1 else "*"
        plain = all(part == "*" for part in parts[2:4]) and (
            days == "*" or re.fullmatch(r"[a-z]{3}(-[a-z]{3})?(&[a-z]{3})*", days)
        )
        if not plain or (clock is None and parts[0] != "*"):
            self.draft.losses.left_out(
                entry.place, entry.value, "this form of time is not recognised; the call goes on with the next step"
            )
            return self.at(following, depth + 1)
        number = self.made[spot] = self.draft.element(5400)
        open_ = "00:00-24:00"
        if clock is not None:
            end = int(clock[3]) * 60 + int(clock[4]) + 1
            open_ = f"{int(clock[1]):02}:{clock[2]}-{end // 60:02}:{end % 60:02}"
            self.draft.losses.approximated(
                entry.place, entry.value, "its end minute is included there: a minute is added"
            )
        else:
            self.draft.losses.mapped(entry.place, entry.value)
        self.draft.elements[number] = {
            "kind": "hours", "days": "all" if days == "*" else days.replace("&", ","), "open": open_,
            "match": self.at(self._spot([part.strip() for part in to.split(":")[0].split(",")], spot), depth + 1),
            "mismatch": self.at(following, depth + 1),
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
        devices = [one for one in arguments[0].split("&") if one]
        if any(
            "$" in one or (one.count("/") > 1 and "@" not in one) or re.search(r"/\+?\d{6,}", one) for one in devices
        ):
            self.draft.losses.left_out(entry.place, entry.value, "calls outside; the call goes on with the next step")
            return self.at(following, depth + 1)
        ring = int(arguments[1]) if len(arguments) > 1 and is_digits(arguments[1]) else 60
        number = self.made[spot] = self.draft.element(5300)
        used = min(max(ring, 5), 120)
        members = list(dict.fromkeys(self.draft.user(one) for one in devices))
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
        greeting: dict[str, Any] = {
            "kind": "greeting",
            "prompt": re.sub(r"[^\w.-]+", "-", arguments[0].split("&")[0]) + ".wav",
        }
        self.draft.elements[number] = greeting
        self.draft.assume_length(greeting["prompt"], entry.place, entry.value)
        if name == "playback":
            greeting["next"] = self.at(following, depth + 1)
            return number
        keys = {
            e: self.at((spot[0], e, 1), depth + 1)
            for c, e, p in list(self.steps)
            if c == spot[0] and p == 1 and re.fullmatch(r"[0-9*#]", e)
        }
        after = (
            self.at((spot[0], "t", 1), depth + 1) if (spot[0], "t", 1) in self.steps else self.at(following, depth + 1)
        )
        wrong = self.at((spot[0], "i", 1), depth + 1) if (spot[0], "i", 1) in self.steps else after
        greeting.update({"keys": keys, "no_input": after, "invalid": wrong} if keys else {"next": after})
        return number
