"""FreePBX's own database of Asterisk: forwarding, follow-me and ring times of extensions.

Source: FreePBX's modules core, callforward and findmefollow, and `asterisk -rx 'database show'`, whose lines read
`/CF/101 : 89161234567`. FreePBX keeps these there and not in files of Asterisk. Decides what each key means with us.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from engine.numbers.digits import is_digits
from pbxsim.importers import forwarding
from pbxsim.importers.draft import USERS, DocumentMaker
from pbxsim.importers.losses import Place
from pbxsim.logs.told import Told

LINE: Final = re.compile(r"/([^:]*?)\s*:\s*(.*?)\s*")
CONDITIONS: Final = {"CF": ("always",), "CFB": ("busy",), "CFU": ("no_answer", "unreachable")}
"""Families of forwarding, and under which conditions they send a call on: always, busy, not answered or not there."""

STATES: Final = frozenset({"DND", "CW"})
"""Families that tell what a phone was set to at that moment."""

Keys = dict[str, tuple[str, Place]]


def is_one(lines: list[str]) -> bool:
    """Whether a file is what `database show` prints."""
    filled = [line for line in lines if line.strip()][:20]
    return bool(filled) and sum(LINE.fullmatch(line) is not None for line in filled) > len(filled) // 2


def take(lines: list[str], file: str, draft: DocumentMaker) -> None:
    """Add what the lines tell of extensions."""
    own: dict[str, Keys] = {}
    others: dict[str, tuple[Place, int]] = {}
    for number, line in enumerate(lines, start=1):
        found = LINE.fullmatch(line.strip())
        place = Place(file, number)
        if found is None:
            if line.strip() and not re.fullmatch(r"[0-9]+ results found\.?", line.strip()):
                draft.losses.left_out(place, line.strip()[:60], "not understood")
            continue
        family, *rest = found[1].split("/")
        extension = rest[0] if rest else ""
        if family in ("AMPUSER", *CONDITIONS, *STATES) and is_digits(extension) and len(extension) <= 4:
            key = "/".join((family, *rest[1:]))
            own.setdefault(extension, {})[key] = (found[2], place)
        else:
            first, count = others.get(family, (place, 0))
            others[family] = (first, count + 1)
    for family, (place, count) in others.items():
        draft.losses.left_out(place, f"/{family}/* ({count})", "moves no call")
    for extension, keys in own.items():
        if int(extension) in USERS:
            _extension(extension, keys, draft)
        else:
            for key, (value, place) in keys.items():
                draft.losses.left_out(place, f"{extension}: {key}={value}", "is no number of a user")


def _extension(extension: str, keys: Keys, draft: DocumentMaker) -> None:
    number = draft.user(extension, keys.get("AMPUSER/cidname", ("", None))[0])
    followed = {key.removeprefix("AMPUSER/followme/"): keys.pop(key) for key in list(keys) if "/followme/" in key}
    for key, (value, place) in keys.items():
        told = f"{extension}: {key}={value}"
        if key in CONDITIONS and value:
            for when in CONDITIONS[key]:
                forwarding.forward(draft, number, when, value, place, told)
        elif key in STATES:
            draft.losses.left_out(place, told, "what a phone was set to at that moment")
        elif key == "AMPUSER/ringtimer" and is_digits(value) and value != "0":
            draft.users[number]["ring"] = min(max(int(value), 5), 120)
            exact = draft.users[number]["ring"] == int(value)
            effect = "" if exact else Told("{field} is {value} here", field="ring", value=draft.users[number]["ring"])
            (draft.losses.mapped if exact else draft.losses.approximated)(place, told, effect)
        elif key == "AMPUSER/cidname":
            draft.losses.mapped(place, told)
        elif key == "AMPUSER/voicemail":
            draft.users[number]["voicemail"] = value not in ("novm", "disabled", "")
            draft.losses.mapped(place, told)
        else:
            secret = "password" in key or "secret" in key
            draft.losses.left_out(place, f"{extension}: {key}" if secret else told, "moves no call")
    if followed:
        _follow(extension, number, followed, draft)


def _follow(extension: str, number: int, keys: Keys, draft: DocumentMaker) -> None:
    """Follow-me: own phones for `prering`, then those of `grplist` for `grptime`."""
    listed, place = keys.get("grplist", ("", next(iter(keys.values()))[1]))
    told = f"{extension}: followme/grplist={listed}"
    if keys.get("ddial", ("", place))[0] == "EXTENSION" or not listed:
        draft.losses.left_out(place, told, "is switched off there")
    else:
        called = [one for one in re.split(r"[-&\n]", listed) if one]
        found = [forwarding.destination(draft, one.rstrip("#"), place) for one in called]
        for one, to in zip(called, found, strict=True):
            if to is None:
                draft.losses.left_out(place, f"{told}: {one}", "is no user and no number outside")
        strategy = keys.get("strategy", ("ringallv2", place))[0]
        way = forwarding.FollowMe(
            user=number,
            others=tuple(one for one in found if one is not None),
            alone_s=_whole(keys, "prering", 0),
            ring_s=_whole(keys, "grptime", 20),
            own=number in found and strategy.startswith("ringall"),
            in_turn=not strategy.startswith("ringall"),
            press_one=keys.get("grpconf", ("", place))[0] == "ENABLED",
        )
        prim = "all ring also while the first of them is in a call" if strategy.endswith("-prim") else ""
        memory = "there the earlier ones ring on with the next one" if strategy.startswith("memoryhunt") else ""
        forwarding.follow(draft, way, place, told, prim or memory)
    for key, (value, there) in keys.items():
        setting = f"{extension}: followme/{key}={value}"
        tell: Callable[..., None] = draft.losses.mapped
        if key not in ("grplist", "ddial", "prering", "grptime", "strategy", "grpconf"):
            tell = draft.losses.left_out
        effect = "who is not reached has the user's mailbox here" if key == "postdest" else "moves no call"
        if key != "grplist":
            tell(there, setting, "" if tell == draft.losses.mapped else effect)


def _whole(keys: Keys, name: str, otherwise: int) -> int:
    value = keys.get(name, ("", None))[0]
    return min(int(value), 600) if is_digits(value) and len(value) < 6 else otherwise
