"""The words of the phone's face in one language."""

from __future__ import annotations

from typing import Any

from pbxsim.workbench.shell.shell import Session
from pbxsim.workbench.shell.texts_phone import PHONE

_GROUPS = {"line": "lines", "end": "ends", "problem": "problems"}


def phone_texts(session: Session) -> dict[str, Any]:
    """Every text of the face, without its `phone.`; lines, ends and problems by name."""
    words: dict[str, Any] = {group: {} for group in _GROUPS.values()}
    for key in PHONE:
        room, _, name = key.partition(".")
        if room != "phone" or name in ("call_flow_help", "pass_over"):
            continue
        kind, _, one = name.partition(".")
        text = PHONE[key][0 if session.texts.language == "en" else 1]
        if one:
            words[_GROUPS[kind]][one] = text
        else:
            words[name] = text
    words["history_address"] = session.address("history")
    return words
