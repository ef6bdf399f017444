"""The phones we write profiles for: what each can do, where its profile's address and its values are entered (R-15.3 to R-15.7).

Decides the list. Names of menus and fields are those of the phones' own pages and are the same in every language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from live_bridge.provisioning import cisco, gigaset, linphone, panasonic, sheet, yealink
from live_bridge.provisioning.account import CODECS, Codec, PhoneAccount, Transport

Value = Literal["number", "name", "domain", "proxy", "password", "300", "30", "on"]
"""What goes into a field: a value of the account, or a setting of R-15.7 and R-15.8."""

Fetching = Literal["cisco", "yealink", "panasonic", "gigaset", "browser", "scan"]
"""How the phone is given the address of its profile; a sentence of `docs/phones.md` and of the commands for each."""

XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


class PhoneModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model. `menu` and `fields` are where values are entered by hand (R-15.6); `at` where the profile's address is."""

    key: str
    name: str
    kind: Literal["desk", "cordless", "soft"]
    write: Callable[[PhoneAccount, str], str]
    """The profile; the second word is the language of people."""
    suffix: str
    media_type: str
    codecs: tuple[Codec, ...]
    transports: tuple[Transport, ...] = ("udp", "tcp", "tls")
    fetching: Fetching
    at: str
    menu: str = ""
    fields: tuple[tuple[str, Value], ...] = ()
    web_login: str = ""
    """As shipped (R-15.5): `admin/admin`; empty for a soft phone, which has no web page."""
    web_digits: int = 0
    """The web page's password is so many digits; 0: letters and digits."""
    needs_mac: bool = False

    @property
    def file(self) -> str:
        """Name of the profile in its address."""
        return f"{self.key}.{self.suffix}"


def _alike(write: Callable[[PhoneAccount], str]) -> Callable[[PhoneAccount, str], str]:
    return lambda account, language: write(account)


G711_G722: Final = CODECS[:3]

_ALL: Final = (
    PhoneModel(
        key="spa303", name="Cisco (Linksys) SPA 303", kind="desk", write=_alike(cisco.write), suffix="xml", media_type=XML,
        codecs=G711_G722, fetching="cisco", at="Voice > Provisioning > Profile Rule",
        menu="Voice > Ext1", web_login="admin/admin",
        fields=(
            ("Proxy", "domain"), ("Outbound Proxy", "proxy"), ("Use Outbound Proxy", "on"), ("Register Expires", "300"),
            ("Display Name", "name"), ("User ID", "number"), ("Password", "password"), ("Use Auth ID", "on"),
            ("Auth ID", "number"), ("NAT Keep Alive Enable", "on"),
            ("Voice > SIP > NAT Keep Alive Intvl", "30"), ("Voice > SIP > Insert VIA rport", "on"),
        ),
    ),
    PhoneModel(
        key="t21p-e2", name="Yealink SIP-T21P E2", kind="desk", write=_alike(yealink.write), suffix="cfg", media_type=TEXT,
        codecs=G711_G722, fetching="yealink", at="Settings > Auto Provision > Server URL",
        menu="Account > Register", web_login="admin/admin",
        fields=(
            ("Line Active", "on"), ("Display Name", "name"), ("Register Name", "number"), ("User Name", "number"),
            ("Password", "password"), ("SIP Server 1 > Server Host", "domain"), ("SIP Server 1 > Server Expires", "300"),
            ("Enable Outbound Proxy Server", "on"), ("Outbound Proxy Server 1", "proxy"),
            ("Account > Advanced > Keep Alive Interval", "30"), ("Account > Advanced > RPort", "on"),
        ),
    ),
    PhoneModel(
        key="tgp500", name="Panasonic KX-TGP500", kind="cordless", write=_alike(panasonic.write), suffix="cfg", media_type=TEXT,
        codecs=G711_G722, transports=("udp", "tcp"), fetching="panasonic",
        at="Maintenance > Provisioning Maintenance > Standard File URL",
        menu="VoIP > Line 1", web_login="admin/adminpass",
        fields=(
            ("Phone Number", "number"), ("Line ID", "number"), ("Authentication ID", "number"),
            ("Authentication Password", "password"), ("Registrar Server Address", "proxy"), ("Proxy Server Address", "proxy"),
            ("Presence Server Address", "proxy"), ("Outbound Proxy Server Address", "proxy"), ("Service Domain", "domain"),
            ("REGISTER Expires Timer", "300"), ("Keep Alive Interval", "30"), ("Supports Rport", "on"),
        ),
    ),
    PhoneModel(
        key="gigaset", name="Siemens Gigaset (C610 IP, N510 IP PRO)", kind="cordless", write=_alike(gigaset.write), suffix="xml",
        media_type=XML, codecs=G711_G722, transports=("udp",), fetching="gigaset", at="prov.gigaset.net > Register device > URL",
        menu="Settings > Telephony > Connections > Edit", web_login="0000", web_digits=4, needs_mac=True,
        fields=(
            ("Authentication name", "number"), ("Authentication password", "password"), ("Username", "number"),
            ("Display name", "name"), ("Domain", "domain"), ("Proxy server address", "proxy"), ("Registration server", "proxy"),
            ("Registration refresh time", "300"), ("NAT refresh time", "30"),
        ),
    ),
    PhoneModel(
        key="linphone", name="Linphone", kind="soft", write=_alike(linphone.write), suffix="xml", media_type=XML, codecs=CODECS,
        fetching="scan", at="Assistant > Fetch remote configuration",
        menu="Assistant > Use a SIP account",
        fields=(("Username", "number"), ("Password", "password"), ("Domain", "domain"), ("SIP proxy address", "proxy"),
                ("Expire", "300")),
    ),
    PhoneModel(
        key="softphone", name="Any other soft phone", kind="soft", write=sheet.write, suffix="html", media_type=HTML,
        codecs=CODECS, fetching="browser", at="",
    ),
)  # fmt: skip

MODELS: Final[Mapping[str, PhoneModel]] = {model.key: model for model in _ALL}
"""By the key that people name them with."""


def transport_of(model: PhoneModel, served: tuple[Transport, ...]) -> Transport | None:
    """The first transport that is served here and that the phone has; None when there is none."""
    return next((transport for transport in served if transport in model.transports), None)
