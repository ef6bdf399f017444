"""What signalling needs to know beyond the PBX document: addresses to listen on, accounts, and operators' peers.

Plain values, built by the configuration of the bridge. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

import msgspec

from engine.document.carrier_presets import CallerField, Codec, Forwarding
from live_bridge.sip.digest import Account, Algorithm

Encryption = Literal["off", "optional", "required"]
"""Whether media is encrypted with keys from the session description (SRTP, RFC 4568): never, where the other end does, always.
Only over TLS."""


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """One address SIP is served on. `host` is a numeric address, IPv6 without brackets."""

    host: str
    port: int = 5060
    transport: Literal["udp", "tcp", "tls", "ws", "wss"] = "udp"
    public: str = ""
    """Address written into Via and Contact instead of `host`, behind a one-to-one address translation."""
    certificate: str = ""
    """File with the chain of certificates (tls, wss)."""
    key: str = ""
    """File with the private key (tls, wss)."""
    origins: tuple[str, ...] = ()
    """Pages that browser phones may come from (ws, wss), as `https://phones.example.org`: scheme, host, port if unusual."""


class CarrierAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One of an operator's addresses. `port` None means any: what comes from the host counts as the operator's."""

    host: str
    port: int | None = None


class TrunkPeers(msgspec.Struct, frozen=True, kw_only=True):
    """The SIP side of one external number (R-04)."""

    number: str
    """The number callers dial, as the operator presents it in the Request-URI."""
    peers: tuple[CarrierAddress, ...] = ()
    """Whose requests are this operator's. Nobody else may call in on the trunk."""
    host: str = ""
    """Where calls go out to, an address or a name; empty: no outgoing calls."""
    port: int | None = None
    """None: what the name's SRV records say, else 5060, with TLS 5061 (RFC 3263)."""
    transport: Literal["udp", "tcp", "tls"] | None = None
    """None: what the name's NAPTR or SRV records say, else UDP."""
    login: str = ""
    password: str = ""
    """Digest on outgoing INVITE and REGISTER."""
    register: bool = False
    expires_s: int = 300
    caller_in: tuple[CallerField, ...] = ("from",)
    """Header fields that tell the caller's number; without `from`, From has the login (R-04.11)."""
    forwarded_in: Forwarding = "diversion"
    """The one that names the number a call was forwarded from (R-04.12)."""
    codecs: tuple[Codec, ...] = ()
    """What the carrier is offered, best first; empty is what the caller speaks."""
    srtp: Encryption = "off"
    session_timer: bool = True
    """Whether session timers (RFC 4028) are offered to it."""
    qualify: bool = True
    """Whether the operator is asked from time to time if it is there; see `SipSettings.qualify_s`."""


class PhoneMedia(msgspec.Struct, frozen=True, kw_only=True):
    """How a user's phones speak."""

    codecs: tuple[Codec, ...] = ()
    """What they are offered, best first; empty is what the caller speaks. G.729 and Opus pass only between phones and carriers
    that are both set up for them."""
    srtp: Encryption = "off"


class SipSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `Endpoint` is made of."""

    domain: str
    """SIP domain and realm of the PBX (R-01.4)."""
    listen: tuple[Listen, ...]
    front: tuple[CarrierAddress, ...] = ()
    """Proxies in front of us, who are believed where a message came from."""
    media_six: bool = True
    """Whether media has an IPv6 address: without one, session descriptions that name such addresses are refused."""
    accounts: Mapping[int, Account] = {}
    """SIP accounts of users by internal number (R-02.4)."""
    trunks: Mapping[str, TrunkPeers] = {}
    phones: PhoneMedia = PhoneMedia()
    phones_of: Mapping[int, PhoneMedia] = {}
    """The same for users whose phones differ."""
    direct: bool = False
    """Whether anybody on the internet may call our numbers and aliases (R-10.3)."""
    direct_users: frozenset[int] = frozenset()
    """Users who may call addresses on the internet (R-06.7)."""
    algorithms: tuple[Algorithm, ...] = ("SHA-256", "MD5")
    """Order of the challenges. Some old phones take only the first they see: put MD5 first for them."""
    user_agent: str = "pbx-workbench"
    session_expires_s: int = 1800
    """RFC 4028; 0 switches session timers off."""
    qualify_s: float = 60.0
    """How often each registered phone and each operator is asked whether it is there; 0 asks nobody."""
    dns: tuple[tuple[str, int], ...] = ()
    """Name servers (address, port); the system's when empty."""
    direct_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that are not public and may be called directly all the same (R-10.5)."""
    direct_a_minute: int = 10
    direct_at_once: int = 3
    """Direct calls taken from one address (R-10.3)."""
    failures_to_ban: int = 10
    failures_within_s: float = 300.0
    ban_s: float = 3600.0
    """R-15.9."""
    bans_folder: Path | None = None
    """Where bans outlive a restart."""
    requests_per_s: float = 50.0
    requests_burst: int = 200
    """New requests outside dialogs taken from one address that is neither an operator's nor a registered phone's."""

    def srtp_of(self, user: int | None, trunk: str | None) -> Encryption:
        """Whether a user's phones or a trunk encrypt; strangers do not."""
        if user is not None:
            return self.media_of(user).srtp
        peers = None if trunk is None else self.trunks.get(trunk)
        return "off" if peers is None else peers.srtp

    def media_of(self, user: int) -> PhoneMedia:
        """How a user's phones speak."""
        return self.phones_of.get(user, self.phones)
