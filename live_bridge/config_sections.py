"""The parts of `live.yaml`: listening addresses, media, trunks' peers, phones, web, mail, CRMs, watches, what is kept.

Decides what may stand in each part and what holds when it does not. Leaves the file as a whole, its faults and secrets to
`config.py`.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import Field

from engine.document.carrier_presets import Codec

Encryption = Literal["off", "optional", "required"]


class Model(pydantic.BaseModel):
    """Base of every part: unknown fields are refused."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class ListenConfig(Model):
    """An address SIP is served on."""

    host: str = "127.0.0.1"
    port: int = Field(default=5060, ge=1, le=65535)
    transport: Literal["udp", "tcp", "tls", "ws", "wss"] = "udp"
    public: str = Field(default="", description="Address others see, behind a one-to-one address translation.")
    certificate: str = ""
    key: str = ""
    origins: tuple[str, ...] = Field(
        default=(),
        description="Pages that browser phones come from (ws, wss): https://phones.example.org. Empty: a workbench's alone.",
    )

    @pydantic.model_validator(mode="after")
    def _browsers(self) -> ListenConfig:
        if self.transport not in ("ws", "wss"):
            if self.origins:
                raise ValueError(f"`origins` are of pages, which cannot speak {self.transport}: use wss")
            return self
        if self.transport == "ws" and self.host not in ("127.0.0.1", "::1"):
            raise ValueError("beyond this machine browsers need encryption: use wss, with a certificate and a key")
        if self.transport == "wss" and not (self.certificate and self.key):
            raise ValueError("wss needs a certificate and a key")
        if not self.origins and self.transport == "wss":
            raise ValueError("name the pages browser phones come from under `origins`, as https://phones.example.org")
        for origin in self.origins:
            if not re.fullmatch(r"https?://[^/\s?#@]+", origin):
                raise ValueError(
                    f"{origin!r} is no origin: give scheme, host and perhaps port, as https://phones.example.org"
                )
        return self


class MediaConfig(Model):
    """Where RTP is taken."""

    listen: tuple[str, ...] = Field(default=("127.0.0.1",), min_length=1, max_length=2, description="IPv4, then IPv6.")
    public: str | None = None
    ports: tuple[int, int] = Field(default=(20000, 29999), description="First and last UDP port; a call takes four.")

    @pydantic.field_validator("ports")
    @classmethod
    def _enough(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1024 <= value[0] < value[1] <= 65535 or value[1] - value[0] < 99:
            raise ValueError("ports are two numbers from 1024 to 65535, at least 100 apart")
        return value


class PeerConfig(Model):
    """One of an operator's addresses."""

    host: str
    port: int | None = Field(default=None, ge=1, le=65535, description="None takes any port of the host.")


class BelievedConfig(Model):
    """A proxy in front of us that is believed where a message came from (`pbx hosting-front`)."""

    host: str = Field(description="Numeric address it sends to us from.")
    port: int | None = Field(default=None, ge=1, le=65535, description="None takes any port of the host.")

    @pydantic.field_validator("host")
    @classmethod
    def _numeric(cls, value: str) -> str:
        return str(ip_address(value.strip("[]")))


class TrunkConfig(Model):
    """The SIP side of one external number of the document."""

    peers: tuple[PeerConfig, ...] = Field(default=(), description="Who may call in on it.")
    host: str = Field(default="", description="Where outgoing calls go, an address or a name; empty for none.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="None takes what the name's SRV records say, else 5060."
    )
    transport: Literal["udp", "tcp", "tls"] | None = Field(
        default=None, description="None takes what the name's NAPTR or SRV records say, else UDP."
    )
    login: str = ""
    password_name: str = Field(default="", description="Name of the secret, not the password itself.")
    register_: bool = Field(default=False, alias="register")
    expires: int = Field(default=300, ge=60, le=86400, description="Seconds.")
    codecs: tuple[Codec, ...] | None = Field(
        default=None, description="What the operator is offered, best first; its preset's when not given (R-04.11)."
    )
    srtp: Encryption = Field(default="off", description="Whether sound is encrypted; needs transport: tls.")
    session_timer: bool | None = Field(
        default=None, description="Whether session timers are offered; the preset's word when not given (R-04.11)."
    )
    qualify: bool = Field(default=True, description="Whether the operator is asked by OPTIONS if it is there.")

    @pydantic.model_validator(mode="after")
    def _keys_are_secret(self) -> TrunkConfig:
        if self.srtp != "off" and self.transport != "tls":
            raise ValueError("srtp sends its keys in the signalling, which must be encrypted: write transport: tls")
        return self


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ip_network(network)
    return value


Networks = Annotated[tuple[str, ...], pydantic.AfterValidator(_networks)]
"""Networks as people write them: 10.1.0.0/16."""


class DirectConfig(Model):
    """Calls without a trunk, from and to the internet (R-10)."""

    calls_a_minute: int = Field(default=10, ge=1, le=10_000, description="Taken from one address (R-10.3).")
    calls_at_once: int = Field(default=3, ge=1, le=10_000, description="Taken from one address (R-10.3).")
    allow: Networks = Field(default=(), description="Networks that are not public and may be called all the same.")

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """What `allow` says."""
        return tuple(ip_network(network) for network in self.allow)


def _address(value: str) -> str:
    ip_address(value)
    return value


class DnsConfig(Model):
    """Who is asked for the addresses of operators."""

    servers: tuple[Annotated[str, pydantic.AfterValidator(_address)], ...] = Field(
        default=(), description="Addresses of name servers; the system's when empty."
    )
    port: int = Field(default=53, ge=1, le=65535)


class MailConfig(Model):
    """The server that takes our e-mails (R-09.1)."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    login: str = ""
    password_name: str = ""
    sender: str = Field(description="Address the e-mails come from.")
    administrator: str = Field(default="", description="Who is told of e-mails that could not be sent (R-09.4).")


class CompatibleConfig(Model):
    """The reference service's own API beside ours (R-19.2 to R-19.5), for programs that were written for it."""

    socket_port: int | None = Field(default=8093, ge=1, le=65535, description="Encrypted WebSocket; null for none.")
    plain_port: int | None = Field(
        default=None, ge=1, le=65535, description="Unencrypted, on this machine alone: 8094."
    )


class HttpConfig(Model):
    """The API. Without encryption it is served on this machine only."""

    host: str = "127.0.0.1"
    port: int = Field(default=5080, ge=1, le=65535)
    certificate: str = ""
    key: str = ""
    public: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#]+)?$",
        description="How others reach it, for links: https://pbx.example.org:5443.",
    )
    profiles: str = Field(
        default="",
        pattern=r"^(https://[^\s?#]+[^\s?#/])?$",
        description="Where phones reach its /phones, if not at `public`: https://panel.example.org/pbx/example.",
    )
    proxies: Networks = Field(
        default=(), description="Networks of proxies before the API, whose X-Forwarded-For is believed (R-17.5)."
    )
    compatible: CompatibleConfig | None = Field(
        default=None, description="The reference service's own API, beside ours."
    )

    @property
    def trusted(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """What `proxies` says."""
        return tuple(ip_network(network) for network in self.proxies)

    @pydantic.model_validator(mode="after")
    def _encrypted_or_here(self) -> HttpConfig:
        if self.host not in ("127.0.0.1", "::1", "localhost") and not (self.certificate and self.key):
            raise ValueError("beyond this machine the API needs a certificate and a key")
        if self.compatible is not None and self.compatible.socket_port is not None and not self.certificate:
            raise ValueError("the encrypted WebSocket needs a certificate and a key, or write socket_port: null")
        return self


class WebConfig(Model):
    """Requests to customers' servers (R-13)."""

    secret_name: str = Field(default="", description="Secret that signs requests; empty: one of our own in the folder.")
    allow: Networks = Field(default=(), description="Networks of our own that may be asked: 10.1.0.0/16.")
    certificates: Path | None = Field(default=None, description="PEM file of authorities; the system's when not given.")

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """What `allow` says."""
        return tuple(ip_network(network) for network in self.allow)


HookEvent = Literal["call_start", "call_ringing", "call_answered", "call_missed", "call_end"]
USUAL_EVENTS: tuple[HookEvent, ...] = ("call_start", "call_answered", "call_missed", "call_end")
"""Without each user's phone that rings: a queue rings many."""


class HookConfig(Model):
    """A server that is told of calls (R-19.6). It must have a certificate that is valid for its name."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="What you will know it by.")
    url: str = Field(max_length=750, pattern=r"^https://[^\s/?#]+\S*$", description="Over https:// only.")
    events: tuple[HookEvent, ...] = Field(default=USUAL_EVENTS, min_length=1)
    form: Literal["form", "json"] = Field(default="form", description="How the body is written.")
    secret_name: str = Field(default="", description="Secret that signs what is sent; empty: that of `web`.")


CRM_URL = r"^(https://[^\s/?#]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?)(/\S*)?$"


class RetailCrmConfig(Model):
    """An account with retailCRM (R-16.3)."""

    kind: Literal["retailcrm"]
    url: str = Field(max_length=750, pattern=CRM_URL, description="https://ACCOUNT.retailcrm.ru")
    key_name: str = Field(description="Secret that is its API key.")
    site: str = Field(default="", max_length=64, description="Code of the shop that tasks are made for.")
    events: bool = Field(default=True, description="Tell it of calls: cards, calls that are over, missed ones.")
    missed_task: bool = Field(default=True, description="Leave a task for a missed call.")
    task_performer: int | None = Field(default=None, description="Id of the user there who does such tasks.")
    task_text: str = Field(default="Перезвонить {phone}", max_length=200, description="What such a task says.")
    task_after_min: int = Field(default=15, ge=0, le=10_080, description="Minutes until it is due.")


class GenericCrmConfig(Model):
    """A CRM that answers a URL with JSON (R-16.5)."""

    kind: Literal["generic"]
    name_url: str = Field(
        default="", max_length=750, pattern=f"^$|{CRM_URL}", description="Asked for the name; {number}."
    )
    name_at: str = Field(default="name", max_length=200, description="Where the name stands: data.0.name")
    user_url: str = Field(
        default="", max_length=750, pattern=f"^$|{CRM_URL}", description="Asked for the employee; {number}."
    )
    user_at: str = Field(default="user", max_length=200, description="Where their internal number stands.")
    key_name: str = Field(default="", description="Secret that is its key; empty for none.")
    header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]{1,64}$", description="Header with the key.")
    key_form: str = Field(default="Bearer {key}", max_length=64, description="How the key stands there.")

    @pydantic.model_validator(mode="after")
    def _asks_something(self) -> GenericCrmConfig:
        if not self.name_url and not self.user_url:
            raise ValueError("give name_url, user_url or both: where {number} stands the caller's number is put")
        return self


CrmConfig = Annotated[RetailCrmConfig | GenericCrmConfig, Field(discriminator="kind")]


class PhoneMediaConfig(Model):
    """How phones speak."""

    srtp: Encryption = Field(
        default="off",
        description="Whether sound is encrypted with phones that come over TLS: off, optional, or required, which takes calls "
        "from and to phones over TLS (and browsers over wss) only.",
    )

    codecs: tuple[Codec, ...] = Field(
        default=(),
        description="What phones are offered, best first: PCMA, PCMU, G722, and G729 and opus, which pass between two ends that "
        "both have them here. Empty: what the caller speaks of G.711 and G.722.",
    )

    @pydantic.field_validator("codecs")
    @classmethod
    def _one_of_ours(cls, value: tuple[Codec, ...]) -> tuple[Codec, ...]:
        if len(set(value)) < len(value):
            raise ValueError("a codec stands there twice")
        if value and not {"PCMA", "PCMU", "G722"} & set(value):
            raise ValueError("add PCMA: what is heard from the PBX itself is in G.711 or G.722")
        return value


class PhonesConfig(PhoneMediaConfig):
    """How phones of users speak; `users` has those that differ, by internal number, each whole."""

    users: dict[int, PhoneMediaConfig] = Field(default={}, max_length=10_000)


class WatchConfig(Model):
    """A talk in which one side sends nothing any more."""

    silent_after: float = Field(default=30.0, ge=0, le=3600, description="Seconds; 0 does not look.")
    hang_up: bool = Field(default=False, description="Whether the call is ended; otherwise it is logged and counted.")


GateTarget = Literal["service_level", "abandonment", "wait_s"]


class PromotionConfig(Model):
    """What a version must show before it takes new calls (R-25.8)."""

    gate: Literal["off", "advised", "required"] = Field(
        default="advised", description="Whether a promotion asks for evidence of `pbx gate`, and refuses without it."
    )
    two_persons: bool = Field(
        default=False, description="Whether nobody may promote what they published themselves, by their tokens' names."
    )
    targets: dict[GateTarget, Annotated[float, Field(ge=0)]] = Field(
        default={"service_level": 0.8},
        description="What every queue must keep: least share answered in time, most callers lost, longest mean wait (s).",
    )


class KeepConfig(Model):
    """How long things are kept, in days where nothing else is said (R-24.4, R-09.4)."""

    history: int = Field(default=1098, ge=1, le=36500)
    recordings: int = Field(default=90, ge=1, le=36500)
    messages: int = Field(default=30, ge=1, le=36500, description="Voice messages and e-mails.")
    activity: int = Field(
        default=400, ge=1, le=36500, description="What members did: sign-ins, pauses, work after calls."
    )
    journal_hours: int = Field(
        default=24, ge=1, le=8760, description="Hours that files of the journal stay when the database has them."
    )
    journal_mb: int = Field(default=256, ge=32, le=1_000_000, description="Megabytes of such files, at most.")
