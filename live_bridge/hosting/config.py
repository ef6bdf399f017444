"""`hosting.yaml`: how the hosting process is put on a network, who provides the service, and at which prices.

Decides what may stand there and that no secret does: secrets come from the environment, under the names given here. Raises
ConfigError with what to do.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import pydantic
from pydantic import Field

from engine.account import sign_up
from engine.account.tariff import PriceList
from engine.contract.errors import FlowError
from engine.document import yaml_text
from live_bridge.config import ConfigError, fault_line
from live_bridge.config_sections import MailConfig, Model
from live_bridge.payments import platron, robokassa
from live_bridge.payments.robokassa import Algorithm


class PricesConfig(Model):
    """RUB a month (R-21.10). The first start sets them; later changes are made with a date."""

    account: Decimal = Field(default=Decimal(0), ge=0, decimal_places=2)
    user: Decimal = Field(default=Decimal(0), ge=0, decimal_places=2)
    trunk: Decimal = Field(default=Decimal(0), ge=0, decimal_places=2)
    recording: Decimal = Field(default=Decimal(0), ge=0, decimal_places=2)
    modules: dict[str, Decimal] = Field(default_factory=dict)

    def price_list(self) -> PriceList:
        """As the rules take it."""
        return PriceList(**self.model_dump())


class ProviderConfig(Model):
    """Who provides the service: these stand on every document (R-20.3)."""

    name: str
    inn: str = Field(pattern=r"^\d{10}(\d{2})?$")
    kpp: str = ""
    address: str = ""
    bank: str = ""
    bic: str = ""
    account: str = Field(pattern=r"^\d{20}$", description="Our account with the bank.")
    correspondent: str = ""
    email: str = Field(default="", description="Where private persons' requests for documents go (R-20.2).")
    offer: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Address of the public offer that customers accept (R-20.1).",
    )


class RobokassaConfig(Model):
    """The shop at Robokassa (R-03.3)."""

    login: str
    algorithm: Algorithm = "sha256"
    url: str = robokassa.URL
    password1_name: str = Field(default="ROBOKASSA_PASSWORD1", description="Name of the secret in the environment.")
    password2_name: str = "ROBOKASSA_PASSWORD2"


class PlatronConfig(Model):
    """The shop at Platron (R-21.4)."""

    merchant: str
    url: str = platron.URL
    secret_name: str = "PLATRON_SECRET"


class OfferConfig(Model):
    """A free number of the partner operator's (R-03.2)."""

    number: str = Field(pattern=r"^\d{11}$")
    city: str
    fee: Decimal = Field(gt=0, decimal_places=2)


class OperatorConfig(Model):
    """Our account with the partner operator who sells numbers (R-03.1), by VoxImplant's management API."""

    url: str = "https://api.voximplant.com/platform_api"
    account: str
    key_name: str = Field(default="OPERATOR_KEY", description="Name of the secret in the environment.")
    application: str = Field(default="pbx", description="The application whose scenario hands calls to us.")
    sip_host: str = Field(description="Address or name that the operator's calls come from and ours go to.")
    sip_port: int = Field(default=5060, ge=1, le=65535)


class PbxsConfig(Model):
    """Where PBXs of accounts live on this machine, and what their bridges run in (R-01.2). Ports of a PBX follow from its place:
    the first has the first of each range."""

    folder: Path = Field(default=Path("var/pbxs"), description="A folder for each, by the account's name.")
    data: Path | None = Field(
        default=None, description="Databases and recordings, /var/lib/pbx for units; inside `folder` when not given."
    )
    servers: tuple[str, ...] = Field(default=(), description="Accounts of these servers; of all when empty.")
    run: Literal["child", "systemd"] = "child"
    systemctl: tuple[str, ...] = Field(default=("systemctl",), min_length=1, description="Perhaps with sudo before it.")
    template: Path | None = Field(default=None, description="The document an account begins with; ours when not given.")
    host: str = Field(default="127.0.0.1", description="Address on which SIP and RTP are served.")
    public: str = Field(default="", description="Address others see, behind a one-to-one address translation.")
    sip_ports: tuple[int, int] = (5100, 5599)
    api_ports: tuple[int, int] = (6100, 6599)
    media_ports: tuple[int, int] = (30000, 64999)
    media_ports_each: int = Field(default=100, ge=100, le=10000, description="A call takes four.")

    @pydantic.model_validator(mode="after")
    def _ranges(self) -> PbxsConfig:
        for name in ("sip_ports", "api_ports", "media_ports"):
            first, last = getattr(self, name)
            if not 1024 <= first <= last <= 65535:
                raise ValueError(f"{name} are two numbers from 1024 to 65535, the lower one first")
        if not self.most:
            raise ValueError("media_ports have no room for one PBX: a PBX takes media_ports_each of them")
        return self

    @property
    def most(self) -> int:
        """PBXs that the ports are enough for."""
        media = (self.media_ports[1] - self.media_ports[0] + 1) // self.media_ports_each
        return min(media, *(last - first + 1 for first, last in (self.sip_ports, self.api_ports)))

    @property
    def near(self) -> str:
        """Where SIP is served, for those on this machine or in its network."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    def sip_port(self, slot: int) -> int:
        """Where the PBX of a slot, counted from 0, serves SIP."""
        return self.sip_ports[0] + slot


class FrontListenConfig(Model):
    """An address that Kamailio serves telephones and operators on."""

    transport: Literal["udp", "tcp", "tls", "ws", "wss"] = "udp"
    host: str = Field(description="Numeric address of this machine.")
    port: int = Field(default=5060, ge=1, le=65535)
    public: str = Field(default="", description="Address others see, behind a one-to-one address translation.")

    @pydantic.field_validator("host", "public")
    @classmethod
    def _numeric(cls, value: str) -> str:
        return str(ip_address(value.strip("[]"))) if value else ""


class FrontConfig(Model):
    """Kamailio in front of all bridges, on the one address that telephones know. Without it each PBX has ports of its own."""

    listen: tuple[FrontListenConfig, ...] = Field(min_length=1, max_length=16)
    folder: Path = Field(default=Path("var/front"), description="Its configuration and tables.")
    inner_host: str = Field(
        default="127.0.0.1", description="Where bridges are spoken with: an address that they reach."
    )
    inner_port: int = Field(default=5080, ge=1, le=65535)
    certificate: Path | None = Field(default=None, description="Chain of certificates (tls, wss).")
    key: Path | None = None
    origins: tuple[str, ...] = Field(default=(), description="Pages that browser phones come from (ws, wss).")
    probe_s: int = Field(default=2, ge=1, le=60, description="How often every bridge is asked if it is there.")
    workers: int = Field(default=2, ge=1, le=32, description="Processes for UDP, and as many for connections.")
    connections: int = Field(default=4096, ge=16, le=200_000, description="At once, over TCP, TLS and WebSocket.")

    @pydantic.field_validator("inner_host")
    @classmethod
    def _numeric(cls, value: str) -> str:
        return str(ip_address(value.strip("[]")))

    @pydantic.field_validator("folder", "certificate", "key")
    @classmethod
    def _plain(cls, value: Path | None) -> Path | None:
        if value is not None and not re.fullmatch(r"[\w./@+-]+", str(value)):
            raise ValueError(
                "its path has letters, digits and . / @ + _ - alone: it stands in Kamailio's configuration"
            )
        return value

    @pydantic.model_validator(mode="after")
    def _fits(self) -> FrontConfig:
        ways = {one.transport for one in self.listen}
        if ways & {"tls", "wss"} and (self.certificate is None or self.key is None):
            raise ValueError("tls and wss need a certificate and a key")
        if any(one.transport == "ws" and one.host not in ("127.0.0.1", "::1") for one in self.listen):
            raise ValueError("beyond this machine browsers need encryption: use wss")
        if ways & {"ws", "wss"} and not self.origins:
            raise ValueError("name the pages browser phones come from under `origins`, as https://phones.example.org")
        for origin in self.origins:
            if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", origin):
                raise ValueError(f"{origin!r} is no origin: give scheme, host and perhaps port")
        taken = [(one.host, one.port, one.transport == "udp") for one in self.listen]
        if len({*taken, (self.inner_host, self.inner_port, True)}) <= len(taken):
            raise ValueError("two of `listen` and `inner_port` have the same address")
        return self


class HostingConfig(Model):
    """All of it."""

    public: str = Field(pattern=r"^https?://[^\s/?#]+$", description="Address people and payment systems see.")
    host: str = "127.0.0.1"
    port: int = Field(default=8090, ge=1, le=65535)
    database: str = "sqlite:///var/hosting.sqlite"
    suffix: str = sign_up.SUFFIX
    zone: str = Field(default="Europe/Moscow", description="Billing zone: a day is charged at 23:50 there (R-22.9).")
    trial_days: int = Field(default=14, ge=0, le=366)
    servers: tuple[str, ...] = Field(min_length=1, description="Where a PBX can live (R-01.2).")
    prices: PricesConfig = PricesConfig()
    provider: ProviderConfig
    mail: MailConfig
    robokassa: RobokassaConfig | None = None
    platron: PlatronConfig | None = None
    pbxs: PbxsConfig | None = Field(default=None, description="Without it bridges are attached by hand.")
    front: FrontConfig | None = Field(default=None, description="One public address for all PBXs.")
    operator: OperatorConfig | None = Field(default=None, description="Who has the free numbers; else `numbers` are.")
    numbers: tuple[OfferConfig, ...] = ()
    rub_per_usd: Decimal = Field(default=Decimal(100), gt=0, description="For the limit of cards (R-03.13).")

    @pydantic.model_validator(mode="after")
    def _private(self) -> HostingConfig:
        if self.public.startswith("http://") and not self.public.startswith(("http://127.0.0.1", "http://localhost")):
            raise ValueError("beyond this machine people need encryption: `public` begins with https://")
        return self


def read_hosting_config(path: Path) -> HostingConfig:
    """`hosting.yaml` at `path`. ConfigError."""
    try:
        data, positions = yaml_text.parse(path.read_bytes(), str(path), is_settings=True)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: give an existing file with --config") from None
    except FlowError as error:
        raise ConfigError(str(error), error.faults) from None
    try:
        return HostingConfig.model_validate(data)
    except pydantic.ValidationError as error:
        raise ConfigError("\n".join(fault_line(path, one, positions) for one in error.errors())) from None


def secret(name: str) -> str:
    """A secret of the environment. ConfigError where it is not set."""
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"set {name} in the environment")
    return value
