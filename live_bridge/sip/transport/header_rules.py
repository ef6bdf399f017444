"""How the header fields that we act on must read, by their text alone: what is read later holds, or the message is refused here.

Decides for each field whether its form holds: Refer-To, Replaces, Authorization, Session-Expires and their like. Fields that we
do not act on may say what they like. Leaves the start line and the fields of every message to `message_filter.py`, what a good
field means to those who read it. No sippy. Sources: RFC 3261 sections 20 and 25, RFC 3515, RFC 3891, RFC 4028, RFC 7616.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from live_bridge.sip.digest import parameters

_DIGITS: Final = re.compile(r"[0-9]{1,10}")
_DELTA: Final = re.compile(r"\s*[0-9]{1,9}\s*(?:;[^,]*)?")
_TOKEN: Final = r"[A-Za-z0-9\-.!%*_+`'~]+"
_TOKENS: Final = re.compile(rf"\s*(?:{_TOKEN}\s*(?:,\s*{_TOKEN}\s*)*)?")
_MEDIA_TYPE: Final = re.compile(rf"\s*{_TOKEN}\s*/\s*{_TOKEN}\s*(?:;.*)?", re.DOTALL)
_SCHEME: Final = re.compile(rf"({_TOKEN})(?:\s+(.+))?", re.DOTALL)
_URI_HEADER: Final = re.compile(r"[^=&?;]+=[^=&?;]*")
_CALL_ID: Final = re.compile(r"[^\s;,<>\"]{1,256}")
_REPLACES_PARAMETER: Final = re.compile(rf"\s*({_TOKEN})\s*(?:=\s*([^\s;=\"]+|\"[^\"]*\")\s*)?")

_MUST_SAY: Final = ("username", "realm", "nonce", "uri", "response")
"""Parameters without which a digest proves nothing (RFC 7616 section 3.4). Empty ones ask for a challenge (mobile phones do)."""


def uri_headers_hold(uri: str) -> bool:
    """Whether the part of a URI behind `?` is a list of names with values, as readers take for granted.

    >>> uri_headers_hold("sip:a@b?Replaces=x"), uri_headers_hold("sip:a@b?Replaces"), uri_headers_hold("sip:a@b")
    (True, False, True)
    """
    host_on = uri.partition("@")[2] or uri
    _, mark, headers = host_on.partition("?")
    return not mark or all(_URI_HEADER.fullmatch(item) for item in headers.split("&"))


def replaces_holds(value: str) -> bool:
    """Whether a Replaces value names one dialog: a call id, one tag of each side, and parameters of their form (RFC 3891).

    >>> replaces_holds("a@b;to-tag=7;from-tag=9;early-only"), replaces_holds("a@b;to-tag=7"), replaces_holds(";to-tag=1")
    (True, False, False)
    """
    call_id, *rest = value.split(";")
    if not _CALL_ID.fullmatch(call_id.strip()):
        return False
    names: list[str] = []
    for item in rest:
        match = _REPLACES_PARAMETER.fullmatch(item)
        if match is None:
            return False
        name = match.group(1).lower()
        if name in ("to-tag", "from-tag") and not match.group(2):
            return False
        names.append(name)
    return names.count("to-tag") == 1 and names.count("from-tag") == 1


def refer_to_holds(value: str) -> bool:
    """Whether what Refer-To carries behind its address can be read; the address itself is looked at like any other."""
    uri = value[value.find("<") + 1 : value.rfind(">")] if "<" in value else value
    if not uri_headers_hold(uri):
        return False
    headers = (uri.partition("@")[2] or uri).partition("?")[2]
    named = [item.partition("=") for item in headers.split("&") if item]
    replaces = [unquote(text) for name, _, text in named if name.lower() == "replaces"]
    return len(replaces) <= 1 and all(replaces_holds(text) for text in replaces)


def credentials_hold(value: str) -> bool:
    """Whether credentials are of their scheme's form. Of schemes other than Digest, which nobody asked for, any form will do.

    >>> credentials_hold("Digest"), credentials_hold("Bearer abc")
    (False, True)
    """
    match = _SCHEME.fullmatch(value.strip())
    if match is None or match.group(2) is None:
        return False
    if match.group(1).lower() != "digest":
        return True
    given = parameters(value)
    return given is not None and all(name in given for name in _MUST_SAY)


_FORMS: Final[dict[str, tuple[str, bool, Callable[[str], object]]]] = {
    "refer-to": ("Bad Refer-To", True, refer_to_holds),
    "replaces": ("Bad Replaces", True, replaces_holds),
    "authorization": ("Bad Authorization", False, credentials_hold),
    "proxy-authorization": ("Bad Proxy-Authorization", False, credentials_hold),
    "session-expires": ("Bad Session-Expires", True, _DELTA.fullmatch),
    "min-se": ("Bad Min-SE", True, _DELTA.fullmatch),
    "content-type": ("Bad Content-Type", True, _MEDIA_TYPE.fullmatch),
    "content-length": ("Bad Content-Length", False, _DIGITS.fullmatch),
    "require": ("Bad Require", False, _TOKENS.fullmatch),
    "proxy-require": ("Bad Proxy-Require", False, _TOKENS.fullmatch),
    "supported": ("Bad Supported", False, _TOKENS.fullmatch),
}
"""By field: the phrase of its 400, whether it may stand once only, and what its value must hold."""


def fault_in_request(method: str, values: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with a request's fields, empty when nothing is. `values` are by name, in lower case and long form."""
    for name, (phrase, once, holds) in _FORMS.items():
        found = values.get(name, ())
        if (once and len(found) > 1) or not all(holds(value) for value in found):
            return phrase
    if method == "REFER" and "refer-to" not in values:
        return "Missing Refer-To"
    return ""
