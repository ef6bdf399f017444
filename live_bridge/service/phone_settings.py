"""What users set on their phones by codes, kept over a restart: do-not-disturb and forwarding (R-15.11, R-06.11).

Decides when it is written: with every change, whole, to a file that only its owner may read. Leaves what it means to the engine.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import Instant

log = logging.getLogger(__name__)

FILE: Final = "phone_settings.json"


class PhoneSettings(msgspec.Struct):
    """All users' settings of one PBX."""

    silent: set[int] = msgspec.field(default_factory=set)
    """Users who want no calls."""
    forwarded: dict[int, str] = msgspec.field(default_factory=dict)
    """Where users' calls go."""


class SettingsKeeper:
    """The settings in the folder of a bridge. `take` is called in the loop's thread: a write is a tenth of a millisecond."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.kept = PhoneSettings()
        try:
            self.kept = msgspec.json.decode(self._path.read_bytes(), type=PhoneSettings)
        except FileNotFoundError:
            """Nobody has set anything yet."""
        except (OSError, msgspec.DecodeError) as error:
            log.error("%s cannot be read, so no user's calls are forwarded or held back by it: %s", self._path, error)

    def restore(self, known: Callable[[int], bool], submit: Callable[[ev.Event], None]) -> None:
        """Tell the engine what was set when the bridge stopped, of users it knows."""
        for user in sorted(filter(known, self.kept.silent)):
            submit(ev.DoNotDisturbSet(user=user, on=True))
        for user, to in sorted(self.kept.forwarded.items()):
            if known(user):
                submit(ev.ForwardingSet(user=user, to=to))

    def take(self, at: Instant, message: note.Note) -> None:
        """A note of the engine."""
        if not isinstance(message, note.UserSettingChanged):
            return
        if message.setting == "forwarding":
            self.kept.forwarded.pop(message.user, None)
            if message.value:
                self.kept.forwarded[message.user] = message.value
        else:
            self.kept.silent.discard(message.user)
            if message.value == "on":
                self.kept.silent.add(message.user)
        part = self._path.with_suffix(".part")
        try:
            part.write_bytes(msgspec.json.encode(self.kept))
            os.chmod(part, 0o600)
            part.replace(self._path)
        except OSError as error:
            log.error("what user %s set on the phone is forgotten at the next start: %s", message.user, error)
