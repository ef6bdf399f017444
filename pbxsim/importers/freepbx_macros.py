"""What FreePBX writes as its own macros, told in Asterisk's applications.

Source: the dialplan that FreePBX writes (`extensions_additional.conf`), with `Macro(name,…)` until its version 16 and
`Gosub(macro-name,s,1(…))` since. Decides which macros move a call; what they mean to a document is `asterisk_dialplan.py`'s.
"""

from __future__ import annotations

import re
from typing import Final

_CALLED: Final = re.compile(
    r"(?:Macro\(\s*(?P<macro>[\w-]+)\s*(?:,(?P<given>.*))?\)|"
    r"Gosub\(\s*(?:macro-)?(?P<sub>[\w-]+)\s*,\s*s\s*,\s*1\s*(?:\((?P<passed>.*)\))?\s*\))\s*",
    re.IGNORECASE,
)

_QUIET: Final = frozenset(
    (
        "user-callerid blkvm-clr blkvm-set prepend-cid set-cid-name sub-record-check sub-record-cancel record-cc "
        "dial-ringall-predial-hook dial-hunt-predial-hook sub-diversion-header sub-presencestate-display ivr-option "
        "sub-set-cid-name"
    ).split()
)
"""Macros that set names, marks and recordings, and send no call anywhere."""

ONE_BY_ONE: Final = frozenset({"hunt", "memoryhunt", "firstavailable", "firstnotonphone", "random"})
"""What FreePBX calls the ways of a ring group that do not ring all phones at once."""

_METHOD: Final = re.compile(r"Set\(\s*_{0,2}RingGroupMethod\s*=\s*\"?([\w-]+?)(?:-prim)?\"?\s*\)", re.IGNORECASE)


def plain(text: str) -> str:
    """A step in Asterisk's applications, where it calls a macro that is known; else as it is.

    >>> plain("Macro(dial,20,${DIAL_OPTIONS},101-89161234567#)")
    'Dial(Local/101@from-internal&Local/89161234567@from-internal,20)'
    >>> plain("Gosub(macro-vm,s,1(101,NOMESSAGE,))"), plain("Macro(user-callerid,)"), plain("Macro(own,1)")
    ('VoiceMail(101)', 'NoOp()', 'Macro(own,1)')
    """
    found = _CALLED.fullmatch(text)
    if found is None:
        return text
    name = (found["macro"] or found["sub"]).lower()
    given = [part.strip() for part in (found["given"] or found["passed"] or "").split(",")]
    if name in _QUIET:
        return "NoOp()"
    if name == "hangupcall":
        return "Hangup()"
    if name == "vm" and given[0]:
        return f"VoiceMail({given[0]})"
    if name == "exten-vm" and len(given) > 1 and given[1]:
        return f"Dial(Local/{given[1]}@from-internal)"
    if name == "dial" and len(given) > 2:
        called = [one.strip().rstrip("#") for one in re.split(r"[-&]", given[2]) if one.strip()]
        return f"Dial({'&'.join(f'Local/{one}@from-internal' for one in called)},{given[0]})"
    return text


def ring_method(text: str) -> str:
    """How the ring group rings that this step prepares; empty for any other step.

    >>> ring_method("Set(RingGroupMethod=hunt)"), ring_method("Set(RingGroupMethod=ringall-prim)"), ring_method("Set(A=1)")
    ('hunt', 'ringall', '')
    """
    found = _METHOD.fullmatch(text.strip())
    return found[1].lower() if found else ""
