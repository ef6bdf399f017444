"""`live.yaml`: how one PBX is put on a network. Addresses, folders, database, trunks' peers, mail; never a secret.

Decides what may stand in the file, what holds when it does not, and where secrets are found: in the environment
(`PBX_SECRET_<NAME>`) or in a file that only its owner can read. Leaves what the PBX does with calls to its document.
Raises ConfigError with the file, the line and what to do.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

import engine
from engine.contract.errors import FlowError, PbxError
from engine.document import yaml_text
from engine.state.flow import Flow
from live_bridge.config_sections import (
    BelievedConfig,
    CrmConfig,
    DirectConfig,
    DnsConfig,
    HookConfig,
    HttpConfig,
    KeepConfig,
    ListenConfig,
    MailConfig,
    MediaConfig,
    Model,
    PeerConfig,
    PhonesConfig,
    PromotionConfig,
    TrunkConfig,
    WatchConfig,
    WebConfig,
)

SECRET_PREFIX = "PBX_SECRET_"


class ConfigError(PbxError):
    """The configuration cannot be used; the message has everything wrong with it, a line each.

    `faults` holds what is wrong with it as YAML.
    """

    def __init__(self, message: str, faults: tuple[object, ...] = ()) -> None:
        self.faults = faults
        super().__init__(message)


class LiveConfig(Model):
    """All of `live.yaml`. Relative paths are taken from the folder of the file."""

    pbx: str = Field(default="example", description="The document: a path, or the name of a PBX that comes with us.")
    domain: str = Field(default="", description="SIP domain; `<pbx>.onpbx.ru` when empty (R-01.4).")
    listen: tuple[ListenConfig, ...] = Field(default=(ListenConfig(),), min_length=1)
    front: tuple[BelievedConfig, ...] = Field(default=(), max_length=20, description="Proxies in front of us.")
    media: MediaConfig = MediaConfig()
    folder: Path = Field(default=Path("var"), description="Database, recordings and prepared sounds.")
    prompts: Path | None = Field(default=None, description="WAV and MP3 files; ours when not given.")
    database: str = Field(default="", description="SQLAlchemy URL; SQLite in the folder when empty.")
    language: Literal["en", "ru"] = "en"
    trunks: dict[str, TrunkConfig] = Field(default_factory=dict)
    phones: PhonesConfig = PhonesConfig()
    qualify_s: float = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="How often phones and operators are asked if they are there; 0 asks nobody.",
    )
    direct: DirectConfig = DirectConfig()
    dns: DnsConfig = DnsConfig()
    secrets: Path | None = Field(default=None, description="YAML of name: secret, readable by its owner only.")
    mail: MailConfig | None = None
    http: HttpConfig | None = None
    web: WebConfig = WebConfig()
    hooks: tuple[HookConfig, ...] = Field(default=(), max_length=20, description="Servers told of calls (R-19.6).")
    integrations: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")], CrmConfig] = Field(
        default={}, max_length=10, description="CRMs by name; a document asks one as crm:NAME (R-16)."
    )
    watch: WatchConfig = WatchConfig()
    promotion: PromotionConfig = PromotionConfig()
    keep: KeepConfig = KeepConfig()
    drain: float = Field(default=20.0, ge=0, description="Seconds calls in progress get when we are asked to stop.")

    @pydantic.field_validator("hooks")
    @classmethod
    def _one_of_a_name(cls, value: tuple[HookConfig, ...]) -> tuple[HookConfig, ...]:
        names = [hook.name for hook in value]
        if len(set(names)) < len(names):
            raise ValueError("two webhooks have the same name")
        return value

    _file: Path | None = pydantic.PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """The file it was read from."""
        return self._file

    @property
    def database_url(self) -> str:
        """Where the database is; a name of a secret is not needed, the URL may come from PBX_DATABASE."""
        return os.environ.get("PBX_DATABASE") or self.database or f"sqlite:///{self.folder / 'live.sqlite'}"

    @property
    def prompts_folder(self) -> Path:
        """Where the sounds are."""
        return self.prompts if self.prompts is not None else datasets() / "prompts"


def read_config(path: Path) -> LiveConfig:
    """`live.yaml` at `path`, its relative paths made absolute. ConfigError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}: give an existing file with --config") from None
    try:
        data, positions = yaml_text.parse(text, str(path), is_settings=True)
    except FlowError as error:
        raise ConfigError(str(error), error.faults) from None
    if "record" in data:
        raise ConfigError(
            f"{path}:{positions[('record',)].line}: record: talks are recorded by the document's word: write `record: on` at a "
            "trunk, queue, group or user of the document, or under its `settings`"
        )
    try:
        config = LiveConfig.model_validate(data)
    except pydantic.ValidationError as error:
        raise ConfigError("\n".join(fault_line(path, fault, positions) for fault in error.errors())) from None
    here = path.resolve().parent
    found: dict[str, Any] = {"folder": here / config.folder}
    for name in ("prompts", "secrets"):
        value = getattr(config, name)
        if value is not None:
            found[name] = here / value
    if config.web.certificates is not None:
        found["web"] = config.web.model_copy(update={"certificates": here / config.web.certificates})
    if os.path.exists(here / config.pbx):
        found["pbx"] = str(here / config.pbx)
    config = config.model_copy(update=found)
    config._file = path.resolve()
    return config


def fault_line(path: Path, fault: Any, positions: Mapping[Any, Any]) -> str:
    """One fault that pydantic found in a file, with its line and its place."""
    place = tuple(str(part) for part in fault["loc"])
    known = place
    while known and known not in positions:
        known = known[:-1]
    line = positions[known].line if known in positions else 1
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{path}:{line}: {'.'.join(place) or 'the file'}: {message[:1].lower()}{message[1:]}"


def demo_config(
    pbx: str,
    flow: Flow,
    sip: tuple[str, int],
    folder: Path,
    language: Literal["en", "ru"] = "en",
    web: tuple[str, int] | None = None,
) -> LiveConfig:
    """A bridge to try out on this machine: any program at `sip`'s host may call the PBX's numbers, no call leaves. `web` is where
    phones in browsers are served, by a program on this machine that knows who they are: no page may come by itself."""
    host, port = sip
    loopback = host if host.startswith("127.") or host == "::1" else "127.0.0.1"
    return LiveConfig(
        pbx=pbx,
        listen=(
            ListenConfig(host=host, port=port),
            *(() if web is None else (ListenConfig(host=web[0], port=web[1], transport="ws"),)),
        ),
        media=MediaConfig(listen=(host,) if ":" not in host else ("127.0.0.1", host)),
        folder=folder.resolve(),
        trunks={key: TrunkConfig(peers=(PeerConfig(host=loopback),)) for key in flow.head.trunks},
        language=language,
        drain=3.0,
    )


# --- secrets ---------------------------------------------------------------------------------------------------------


class Secrets:
    """Secrets by name. `PBX_SECRET_MOSCOW` in the environment comes before `moscow` in the file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._found: dict[str, str] = {}
        if file is None:
            return
        try:
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & 0o077:
                raise ConfigError(f"{file}: others can read it (mode {mode:o}): run chmod 600 {file}")
            data, _ = yaml_text.parse(file.read_bytes(), str(file), is_settings=True)
        except OSError as error:
            raise ConfigError(f"{file}: {error.strerror}: it is named under `secrets`") from None
        except FlowError:
            # The parser's message would quote the line, and the line may be a password.
            raise ConfigError(f"{file}: not YAML of name: secret") from None
        self._found = {str(name): str(value) for name, value in data.items()}

    def get(self, name: str) -> str:
        """The secret of this name; the empty text for the empty name. ConfigError if it is nowhere."""
        if name == "":
            return ""
        variable = SECRET_PREFIX + "".join(c if c.isalnum() else "_" for c in name.upper())
        value = os.environ.get(variable) or self._found.get(name)
        if value is not None:
            return value
        if self._file is None:
            raise ConfigError(f"the secret {name} is nowhere: set {variable} or name a file under `secrets`")
        raise ConfigError(f"the secret {name} is nowhere: set {variable} or `{name}:` in {self._file}")


# --- documents -------------------------------------------------------------------------------------------------------


def datasets() -> Path:
    """The `datasets` folder: beside the packages in a checkout, inside `engine` in a wheel."""
    package = Path(engine.__file__).parent
    shipped = package / "_datasets"
    return shipped if shipped.is_dir() else package.parent / "datasets"


def find_document(word: str) -> Path:
    """The document that `word` means: a file, a folder with `pbx.yaml`, or the name of a PBX that comes with us."""
    path = Path(os.path.expanduser(word))  # of os.path: nobody's home and a name too long are no file, and no exception
    for candidate in (path, path / "pbx.yaml", datasets() / "pbx" / word / "pbx.yaml"):
        if os.path.isfile(candidate):
            return candidate
    known = ", ".join(sorted(found.parent.name for found in (datasets() / "pbx").glob("*/pbx.yaml")))
    raise ConfigError(f"there is no PBX {word!r}: give a file, or one of {known}")
