"""The folder of one hosted PBX: its document, `live.yaml`, secrets, and the token by which the hosting process speaks with it.

Decides what stands in them, and that making a folder again, after a stop at any point, ends in the same. The document is made
once: from then on it is its owner's. `live.yaml` and secrets are written at every start of the bridge, so that they follow the
settings of the hosting process. Leaves when to `bridges.py`, which ports to `config.py`.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML

from live_bridge.addresses import in_uri
from live_bridge.api.access import tokens
from live_bridge.config import ConfigError, LiveConfig
from live_bridge.hosting.config import HostingConfig, PbxsConfig
from live_bridge.service import document_text
from live_bridge.store import private_files
from live_bridge.store.store import Store

_TEMPLATES: Final = Path(__file__).parent / "templates"
TEMPLATES: Final = {"en": _TEMPLATES / "pbx.yaml", "ru": _TEMPLATES / "pbx_ru.yaml"}
"""What a PBX begins as, by the language of its account."""
TOKEN: Final = "hosting"
SCOPES: Final = ("account:write", "users:write", "versions:read", "versions:write")
"""What the hosting process does at a bridge: tell the account's state, give users passwords, add bought numbers."""
MAIL_SECRET: Final = "hosting_mail"


class PbxPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a PBX lives on this machine."""

    name: str
    """Of its account."""
    folder: Path
    """Document and configuration."""
    data: Path
    """Database, recordings, journal."""
    sip_host: str
    sip_port: int
    api_port: int
    media_ports: tuple[int, int]

    @property
    def config(self) -> Path:
        """What `pbx live` is given."""
        return self.folder / "live.yaml"

    @property
    def sip(self) -> str:
        """Where its SIP listens, for what stands in front of it."""
        return f"{in_uri(self.sip_host)}:{self.sip_port}"

    @property
    def url(self) -> str:
        """Where its API listens."""
        return f"http://127.0.0.1:{self.api_port}"


def place_of(config: PbxsConfig, name: str, slot: int) -> PbxPlace:
    """The place of an account's PBX; `slot` counts from 0. Raises ConfigError where the ranges of ports have no more."""
    if slot >= config.most:
        raise ConfigError(
            f"{config.most} PBXs have taken all ports: widen sip_ports, api_ports and media_ports under `pbxs`"
        )
    folder = config.folder.resolve() / name
    media = config.media_ports[0] + slot * config.media_ports_each
    return PbxPlace(
        name=name,
        folder=folder,
        data=config.data.resolve() / name if config.data is not None else folder / "var",
        sip_host=config.near,
        sip_port=config.sip_port(slot),
        api_port=config.api_ports[0] + slot,
        media_ports=(media, media + config.media_ports_each - 1),
    )


def make(place: PbxPlace, config: HostingConfig, email: str, language: str) -> str:
    """Make the folder of a PBX that speaks a language, as far as it is not there; the token by which its bridge is told. Raises
    OSError, StoreError and ConfigError."""
    for folder in (place.folder, place.data):
        private_files.make_folder(folder)
        folder.chmod(0o700)
    document = place.folder / "pbx.yaml"
    if not document.exists():
        _write(document, _document(config, place.name, email, language))
    configure(place, config, language)
    made = tokens.generate()
    store = Store(f"sqlite:///{place.data / 'live.sqlite'}")
    try:
        store.keep_token(TOKEN, tokens.digest(made), SCOPES)
    finally:
        store.close()
    return made


def configure(place: PbxPlace, config: HostingConfig, language: str) -> None:
    """Write `live.yaml` and secrets by the settings of the hosting process as they are now. Raises OSError, ConfigError."""
    pbxs = config.pbxs
    assert pbxs is not None
    mail, secrets = config.mail.model_dump(), {}
    if config.mail.password_name:
        secrets[MAIL_SECRET] = os.environ.get(config.mail.password_name, "")
        mail["password_name"] = MAIL_SECRET
    listen = {"host": pbxs.host, "port": place.sip_port, "transport": "udp", "public": pbxs.public}
    http: dict[str, Any] = {"host": "127.0.0.1", "port": place.api_port}
    if config.public.startswith("https://"):
        http["profiles"] = f"{config.public}/pbx/{place.name}"
    media: dict[str, Any] = {"listen": [pbxs.host], "ports": list(place.media_ports)}
    if pbxs.public:
        media["public"] = pbxs.public
    live = {
        "pbx": "pbx.yaml",
        "domain": f"{place.name}.{config.suffix}",
        "listen": [listen],
        "media": media,
        "folder": str(place.data),
        "language": language,
        "secrets": "secrets.yaml",
        "http": http,
        "mail": mail,
    }
    if config.front is not None:
        live["front"] = [{"host": config.front.inner_host, "port": config.front.inner_port}]
    LiveConfig.model_validate(live)
    _write(place.folder / "secrets.yaml", _yaml(secrets))
    _write(place.folder / "secrets.env", f"PBX_ACKNOWLEDGE={_plain(config.provider.name)}\n")
    _write(place.config, _yaml(live))


def _document(config: HostingConfig, name: str, email: str, language: str) -> str:
    pbxs = config.pbxs
    assert pbxs is not None
    path = pbxs.template or TEMPLATES[language]
    try:
        data = document_text.read(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: it is named under `pbxs`, `template`") from None
    data["pbx"], data["zone"] = name, config.zone
    settings = data.setdefault("settings", {})
    settings.setdefault("voicemail_recipients", [email])
    return document_text.written(data)


def _yaml(data: Any) -> str:
    written = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.dump(data, written)
    return written.getvalue()


def _plain(name: str) -> str:
    """A name in a file of the environment: one line of letters, digits and spaces."""
    return " ".join("".join(c if c.isalnum() else " " for c in name).split())[:64] or "provider"


def _write(path: Path, text: str) -> None:
    """Write a file for its owner alone, whole or not at all."""
    made = path.with_name(f".{path.name}.new")
    made.unlink(missing_ok=True)
    with os.fdopen(
        os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
