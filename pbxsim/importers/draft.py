"""The document that an import fills: numbers for queues, users and everything else, and its text in the end.

Decides which number a thing of another PBX gets: its own where that is free and of the right range (R-02.4), else the next.
"""

from __future__ import annotations

import io
import re
from collections.abc import Container
from typing import Any, Final

from ruamel.yaml import YAML

from engine.calendar import zones
from engine.contract import limits
from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US
from engine.numbers.digits import is_digits
from pbxsim.importers.losses import ImportLosses, Place
from pbxsim.logs.told import Told

USERS: Final = range(100, 5000)
ELEMENTS: Final = range(5000, 6000)
"""Numbers of users (R-02.4) and of elements (R-02.7)."""

FIRST_QUEUE: Final = 5200
FIRST_KEY_S: Final = limits.FIRST_KEY_US // SECOND_US
PROMPT_S: Final = 5.0
"""Length of a sound that no file tells."""

NO_NUMBER: Final = "70000000000"
"""Stands for a trunk's number that no file tells."""


class ImportRefused(PbxError):
    """A configuration cannot be read: the message says which, where and what to do."""


class DocumentMaker:
    """Users, elements and trunks so far."""

    def __init__(self, name: str, dialect: str) -> None:
        self.name = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "imported"
        self.dialect = dialect
        self.users: dict[int, dict[str, Any]] = {}
        self.elements: dict[int, dict[str, Any]] = {}
        self.trunks: dict[str, dict[str, Any]] = {}
        self.prompts: dict[str, float] = {}
        self.queues: dict[str, int] = {}
        self.losses = ImportLosses()
        self.follow_me: dict[str, int] = {}
        """Groups that follow-me rings, by whose they are."""
        self.people: dict[str, int] = {}
        """Users by what their devices are called."""
        self._calls_out = False

    def user(self, device: str, name: str = "") -> int:
        """The number of a device's user, made if need be: `PJSIP/101`, `Local/101@from-queue/n`, `user/101@default` are 101."""
        bare = re.sub(r"^[A-Za-z]+/", "", device).split("/")[0].split("@")[0].split(",")[0].strip()
        if bare not in self.people:
            own = int(bare) if is_digits(bare) and len(bare) <= 4 else 0
            number = own if own in USERS and own not in self.users else _free(USERS, USERS, self.users, "users")
            self.people[bare] = number
            self.users[number] = {"name": name or (bare if not own else f"User {bare}")}
        elif name:
            self.users[self.people[bare]]["name"] = name
        return self.people[bare]

    def element(self, first: int = 5000, own: str = "") -> int:
        """A free number of an element, held for it."""
        wanted = int(own) if is_digits(own) and len(own) == 4 else 0
        start = wanted if wanted in ELEMENTS and wanted not in self.elements else first
        number = _free(range(start, ELEMENTS.stop), ELEMENTS, self.elements, "queues, groups, menus and others")
        self.elements[number] = {}
        return number

    def outside(self, number: str, place: Place) -> str:
        """A number outside that calls are sent to; they leave by the first trunk."""
        self._calls_out = True
        self.losses.approximated(
            place, number, "calls outside leave by the first trunk; set the rules of outgoing calls"
        )
        return number

    def assume_length(self, prompt: str, place: Place, told: str) -> None:
        """Take a sound among the prompts whose length no file tells; `told` is what asks for it at `place`."""
        self.prompts[prompt] = PROMPT_S
        words = "put the sound among the prompts and say how long it is; {seconds} s are assumed"
        self.losses.approximated(place, told, Told(words, seconds=f"{PROMPT_S:g}"))

    def menu_asks(self, place: Place, told: str, rounds: int) -> None:
        """How often a menu asks there; ours asks three times (R-05.6)."""
        if rounds == limits.KEY_ROUNDS:
            return self.losses.mapped(place, told)
        words = "a menu asks {ours} times here, {theirs} times there"
        return self.losses.approximated(place, told, Told(words, ours=limits.KEY_ROUNDS, theirs=rounds))

    def menu_waits(self, place: Place, told: str, seconds: float) -> None:
        """How long a menu waits for the first key there; ours waits five seconds (R-05.5)."""
        if seconds == FIRST_KEY_S:
            return self.losses.mapped(place, told)
        words = "callers have {ours} s for the first key here, {theirs} s there"
        return self.losses.approximated(place, told, Told(words, ours=FIRST_KEY_S, theirs=f"{seconds:g}"))

    def zone_of(self, name: str, place: Place) -> dict[str, str]:
        """The zone of a time rule; none where its name is empty or not known."""
        try:
            return {"zone": zones.parse(name).name} if name else {}
        except zones.UnknownZone:
            self.losses.approximated(place, f"zone {name}", "no such zone is known; that of the PBX counts")
            return {}

    def text(self) -> str:
        """The document as YAML."""
        if not self.queues and not self.elements:
            raise ImportRefused(
                "there is no queue and no way of a call in these files; `pbx import --help` tells which files are read"
            )
        trunks = self.trunks or {
            "line": {"number": NO_NUMBER, "lines": "unlimited", "to": next(iter(self.queues.values()))}
        }
        data = {
            "pbx": self.name,
            "zone": "UTC",
            "trunks": trunks,
            "elements": dict(sorted(self.elements.items())),
            "users": dict(sorted(self.users.items())),
        }
        if self._calls_out:
            data["outgoing"] = {"default": next(iter(trunks))}
        for user in self.users.values():
            if not user.get("forwarding", True):
                del user["forwarding"]
        if self.prompts:
            data["prompts"] = self.prompts
        out = io.StringIO()
        out.write(
            f"# Imported from {self.dialect}. Set the zone and the trunks' numbers; see the report of the import.\n"
        )
        yaml = YAML()
        yaml.default_flow_style = None
        yaml.width = 116
        yaml.dump(data, out)
        return out.getvalue()


def _free(first: range, then: range, taken: Container[int], what: str) -> int:
    """The first number that is free. Raises ImportRefused when there is none."""
    numbers: tuple[int, ...] = (*first, *then)
    for number in numbers:
        if number not in taken:
            return number
    raise ImportRefused(
        f"more than {len(then):,} {what}: a PBX has no more numbers; import a part of it (R-02.4, R-02.7)"
    )
