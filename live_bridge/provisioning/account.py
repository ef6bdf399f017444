"""What any phone is set up with: the user's number, domain and password, where its messages go, and the settings of R-15.8.

Decides the settings that are the same for every maker, how a text is made safe for files of one line a key, and how XML is
written. Leaves a maker's keys to the maker's file, who gets which values to `service/phone_profiles.py`.
"""

from __future__ import annotations

from typing import Final, Literal
from xml.etree import ElementTree

import msgspec

from live_bridge.addresses import in_uri

Transport = Literal["udp", "tcp", "tls"]
Codec = Literal["PCMA", "PCMU", "G722", "opus"]

REGISTER_S: Final = 300
"""R-15.8."""

KEEP_ALIVE_S: Final = 30
"""R-15.7."""

TONES_PAYLOAD: Final = 101
"""RTP payload type of keys pressed (RFC 4733)."""

CODECS: Final[tuple[Codec, ...]] = ("PCMA", "PCMU", "G722", "opus")
"""R-15.8, best first; a phone gets those that it has."""


class PhoneAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one phone's profile. `host` and `port` are where its messages go, `domain` is whose user it is."""

    user: int
    name: str
    domain: str
    password: str
    host: str
    port: int
    transport: Transport = "udp"
    web_password: str = ""
    """The new password of the phone's own web page."""
    mac: str = ""
    """Hardware address, 12 hexadecimal digits; only for phones whose file names it."""

    @property
    def login(self) -> str:
        """R-15.4: the internal number."""
        return str(self.user)

    @property
    def proxy(self) -> str:
        """Host and port in one field."""
        return f"{in_uri(self.host)}:{self.port}"

    @property
    def shown(self) -> str:
        """What the phone shows of its user."""
        return one_line(self.name) or self.login


def xml_file(root: ElementTree.Element) -> str:
    """A profile that is XML: the file of its elements."""
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def one_line(text: str) -> str:
    """A text without control characters, line ends, and the quotation marks that end a value.

    >>> one_line('Anna "A"\\nlogin = x')
    'Anna A login = x'
    """
    return " ".join("".join(" " if not c.isprintable() else c for c in text.replace('"', "")).split())
