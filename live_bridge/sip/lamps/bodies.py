"""What a phone is told of what it watches: message summaries, dialogs and presence as text.

Decides the documents. Leaves the states to `states.py`. Sources: RFC 3842 section 5, RFC 4235 section 4, RFC 3863. No sippy.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from live_bridge.sip.lamps.states import Seen

DIALOG: Final = "application/dialog-info+xml"
SUMMARY: Final = "application/simple-message-summary"
PRESENCE: Final = "application/pidf+xml"

TYPES: Final = {"dialog": DIALOG, "message-summary": SUMMARY, "presence": PRESENCE}
"""The body of each event package."""


def summary(address: str, new: int, old: int) -> str:
    """Voice messages in a box (RFC 3842).

    >>> summary("sip:101@pbx.example", 2, 8).split("\\r\\n")
    ['Messages-Waiting: yes', 'Message-Account: sip:101@pbx.example', 'Voice-Message: 2/8 (0/0)', '']
    """
    waiting = "yes" if new else "no"
    return f"Messages-Waiting: {waiting}\r\nMessage-Account: {address}\r\nVoice-Message: {new}/{old} (0/0)\r\n"


def dialogs(address: str, name: str, seen: Seen, version: int, host: str) -> str:
    """What somebody's phone does, as one dialog with a constant id: what telephones light their lamps by (RFC 4235).

    >>> "<state>early</state>" in dialogs("sip:102@pbx", "102", Seen("early", "recipient", "8495"), 3, "pbx")
    True
    """
    inner = f"<state>{seen.state}</state>"
    direction = f" direction={quoteattr(seen.direction)}" if seen.direction else ""
    if seen.remote:
        remote = _written(f"sip:{seen.remote}@{host}")
        inner += (
            f"<local><identity>{_written(address)}</identity></local><remote><identity>{remote}</identity></remote>"
        )
    return (
        '<?xml version="1.0"?>\r\n'
        f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" state="full" '
        f"entity={quoteattr(address)}>\r\n<dialog id={quoteattr(name)}{direction}>{inner}</dialog>\r\n</dialog-info>\r\n"
    )


def presence(address: str, name: str, there: bool, words: str) -> str:
    """Whether somebody can be called (RFC 3863).

    >>> "<basic>closed</basic>" in presence("sip:102@pbx", "102", False, "not registered")
    True
    """
    return (
        '<?xml version="1.0"?>\r\n'
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity={quoteattr(address)}>\r\n<tuple id={quoteattr("t" + name)}>'
        f"<status><basic>{'open' if there else 'closed'}</basic></status><note>{_written(words)}</note></tuple>\r\n"
        "</presence>\r\n"
    )


def _written(text: str) -> str:
    return quoteattr(text, {"'": "&apos;"})[1:-1].encode("ascii", "xmlcharrefreplace").decode()
