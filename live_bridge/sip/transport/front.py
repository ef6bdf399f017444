"""Messages that come by way of a proxy in front of us: whose they are really, and by which connection.

One public address may stand before many PBXs (`live_bridge/hosting/front.py`). It writes the address a message came from into a
header field. Decides whom that is believed: the configured addresses of the front alone. From everybody else the fields are
taken out before anybody reads them, so bans, limits, operators' addresses and logs go by the real source either way. No sippy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, NamedTuple

from live_bridge.addresses import in_uri
from live_bridge.sip.settings import CarrierAddress

Address = tuple[str, int]

TRANSPORTS: Final = ("udp", "tcp", "tls", "ws", "wss")

_OURS: Final = re.compile(r"^x-pbx-[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", re.IGNORECASE | re.MULTILINE)
"""The front's header fields, folded lines included. What is shaped otherwise is no such field to anybody."""
_FIELD: Final = re.compile(r"X-PBX-(Source|Closed): ([a-z]{2,3}) (\S{2,45}) (\d{1,5})\r\n")


class Brought(NamedTuple):
    """What a front says of a message."""

    source: Address
    """Where it came from; IPv6 in brackets, as the stack has it."""
    transport: str
    is_closed: bool
    """Whether it tells that this connection is gone, and is no message of that source."""


class Front:
    """The proxies in front of us, by the addresses they send from."""

    def __init__(self, addresses: Iterable[CarrierAddress]) -> None:
        self._ports = {(_plain(one.host), one.port) for one in addresses}

    def is_one(self, address: Address) -> bool:
        """Whether an address is a front's."""
        host = _plain(address[0])
        return bool(self._ports) and ((host, address[1]) in self._ports or (host, None) in self._ports)

    def brought(self, text: str) -> Brought | None:
        """What a front wrote into a message; None where it wrote nothing that can be read."""
        found = [_FIELD.fullmatch(line) for line in _OURS.findall(_head(text))]
        if len(found) != 1 or found[0] is None:
            return None
        kind, transport, host, port = found[0].groups()
        try:
            address = ip_address(host.strip("[]"))
        except ValueError:
            return None
        if transport not in TRANSPORTS or not 0 < int(port) < 65_536:
            return None
        return Brought((in_uri(str(address)), int(port)), transport, kind == "Closed")


def without(text: str) -> str:
    """A message without the front's header fields.

    >>> without("BYE sip:a@b SIP/2.0\\r\\nx-pbx-source: udp 192.0.2.1 5060\\r\\n more\\r\\nVia: v\\r\\n\\r\\nx-pbx-")
    'BYE sip:a@b SIP/2.0\\r\\nVia: v\\r\\n\\r\\nx-pbx-'
    """
    head = _head(text)
    return _OURS.sub("", head) + text[len(head) :] if "x-pbx-" in head.lower() else text


def _head(text: str) -> str:
    """Start line and header fields, with the end of the last line."""
    end = text.find("\r\n\r\n")
    return text if end < 0 else text[: end + 2]


def _plain(host: str) -> str:
    """An address without brackets, IPv6 in its one form."""
    bare = host.strip("[]")
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare
