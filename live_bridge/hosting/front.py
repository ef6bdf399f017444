"""One public address for many PBXs: Kamailio in front, which sends by domain to the bridges.

Decides what Kamailio's configuration says (`templates/kamailio.cfg`), which domain is whose bridge, and that a change of that is
written and told within a look. Leaves running it to systemd, probing bridges to its dispatcher, proofs, limits and bans to the
bridges: they are told where every message really came from. Media does not pass it.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import socket
import subprocess
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
import sqlalchemy as sa

from engine.contract.errors import PbxError
from engine.numbers.digits import is_digits
from live_bridge.addresses import in_uri
from live_bridge.config import ConfigError
from live_bridge.hosting import tables as t
from live_bridge.hosting.config import FrontConfig, HostingConfig
from live_bridge.hosting.database import Database
from live_bridge.store import private_files

log = logging.getLogger(__name__)

ANSWER_MS: Final = 3000
"""A bridge that says nothing to a request for so long is not there; one that runs says 100 at once."""
TOLD_S: Final = 5.0
"""How long Kamailio may take to read its tables."""
CHECK_S: Final = 30.0
TABLES: Final = ("domains", "bridges")
COLUMNS: Final = "key_name(string) key_type(int) value_type(int) key_value(string) expires(int)"
"""Of a table of the module htable, as db_text has it; value types are 0 for text and 1 for numbers."""
TEXT: Final = 0
NUMBER: Final = 1

_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # no page: what stands in it was checked by `config.py`
)


class FrontAway(PbxError):
    """Kamailio does not answer, or does not do what it is asked."""


class DomainPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where the calls of a domain go."""

    number: int
    """Of its account: the set of the dispatcher."""
    domain: str
    address: str
    """Host and port of its bridge."""


# --- what Kamailio reads -----------------------------------------------------------------------------------------------


def configuration(front: FrontConfig) -> dict[str, str]:
    """Files that Kamailio is started with, by name."""
    ways = {one.transport for one in front.listen}
    listen = [
        {
            "socket": f"{'tls' if one.transport == 'wss' else 'tcp' if one.transport == 'ws' else one.transport}:"
            f"{in_uri(one.host)}:{one.port}",
            "advertise": f"{in_uri(one.public)}:{one.port}" if one.public else "",
        }
        for one in front.listen
    ]
    more = {
        "listen": listen,
        "streams": bool(ways - {"udp"}),
        "secure": bool(ways & {"tls", "wss"}),
        "browsers": bool(ways & {"ws", "wss"}),
        "browser_ports": [one.port for one in front.listen if one.transport in ("ws", "wss")],
        "origins": front.origins,
        "inner_written": in_uri(front.inner_host),
        "inner_port": front.inner_port,
        "workers": front.workers,
        "connections": front.connections,
        "probe_s": front.probe_s,
        "answer_ms": ANSWER_MS,
        "folder": str(front.folder.resolve()),
        "certificate": "" if front.certificate is None else str(front.certificate.resolve()),
        "key": "" if front.key is None else str(front.key.resolve()),
    }
    return {name: _TEMPLATES.get_template(name).render(more) for name in ("kamailio.cfg", "tls.cfg")}


def tables(places: list[DomainPlace]) -> dict[str, str]:
    """Files that say which domain is whose, by name."""
    domains = [_row(one.domain, NUMBER, str(one.number)) for one in places]
    bridges = [_row(one.domain, TEXT, f"sip:{one.address}") for one in places]
    return {
        "dispatcher.list": "".join(f"{one.number} sip:{one.address} 0 0 {one.domain}\n" for one in places),
        "tables/domains": "\n".join([COLUMNS, *domains, ""]),
        "tables/bridges": "\n".join([COLUMNS, *bridges, ""]),
    }


def _row(key: str, kind: int, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(":", "\\:")
    return f"{key}:0:{kind}:{escaped}:0"


def address_of(text: str) -> str:
    """Host and port of a bridge's SIP as a person wrote them. Raises ConfigError.

    >>> address_of("10.0.0.2:5060")
    '10.0.0.2:5060'
    """
    host, _, port = text.strip().rpartition(":")
    try:
        address = ip_address(host.strip("[]"))
        if not (is_digits(port) and 0 < int(port) < 65_536):
            raise ValueError
    except ValueError:
        raise ConfigError(f"{text!r} is no address of SIP: give a numeric host and a port, as 10.0.0.2:5060") from None
    return f"{in_uri(str(address))}:{int(port)}"


def check(file: Path) -> None:
    """Let Kamailio judge its configuration. Raises ConfigError with what it says."""
    program = shutil.which("kamailio", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise ConfigError(
            "kamailio is not installed: apt-get install kamailio kamailio-tls-modules kamailio-websocket-modules"
        )
    done = subprocess.run([program, "-c", "-f", str(file)], capture_output=True, text=True, timeout=CHECK_S)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line or "CRITICAL" in line]
        raise ConfigError("\n".join([f"Kamailio does not take {file}:", *said[:10]]))


def write(folder: Path, files: dict[str, str]) -> bool:
    """Write what differs from what is there, each file whole or not at all; whether anything did. Raises OSError."""
    private_files.make_folder(folder / "tables")
    changed = False
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        at_s = max(int(time.time()), int(path.stat().st_mtime) + 1 if path.exists() else 0)
        os.utime(made, (at_s, at_s))  # Kamailio reads a table again when its second of change is another
        made.replace(path)
        changed = True
    return changed


# --- which domain is whose ---------------------------------------------------------------------------------------------


def places(connection: sa.Connection, config: HostingConfig) -> list[DomainPlace]:
    """The bridges of all accounts that are not closed and whose address is known, on this machine and on others."""
    a, b = t.accounts.c, t.bridges.c
    query = sa.select(a.id, a.name, b.sip).join(t.bridges, b.account == a.id).where(a.state != "closed", b.sip != "")
    rows = connection.execute(query.order_by(a.id))
    return [DomainPlace(number=row.id, domain=f"{row.name}.{config.suffix}".lower(), address=row.sip) for row in rows]


def ask(folder: Path, method: str, *parameters: Any) -> Any:
    """Ask the Kamailio of a folder something over JSON-RPC. Raises FrontAway."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.settimeout(TOLD_S)
        mine = folder / f".asks-{secrets.token_hex(4)}"
        try:
            ours.bind(str(mine))
            ours.sendto(
                json.dumps({"jsonrpc": "2.0", "method": method, "params": list(parameters), "id": 1}).encode(),
                str(folder / "control"),
            )
            said = json.loads(ours.recv(1 << 20))
        except (OSError, ValueError) as error:
            raise FrontAway(f"Kamailio of {folder} does not answer ({error}): start it") from None
        finally:
            mine.unlink(missing_ok=True)
    if "error" in said:
        raise FrontAway(f"Kamailio of {folder} refuses {method}: {said['error'].get('message')}")
    return said.get("result")


class FrontKeeper:
    """Keeps Kamailio's tables as the database has them. `look` is called by one thread."""

    def __init__(self, database: Database, config: HostingConfig) -> None:
        assert config.front is not None
        self._database = database
        self._config = config
        self._front = config.front
        self._told = False
        self._silent = False

    def look(self) -> bool:
        """Write and tell what has changed; whether Kamailio knows all. Raises OSError."""
        with self._database.reading() as connection:
            known = places(connection, self._config)
        folder = self._front.folder
        if write(folder, {**configuration(self._front), **tables(known)}):
            self._told = False
        if not self._told:
            self._tell(folder)
        return self._told

    def _tell(self, folder: Path) -> None:
        try:
            for table in TABLES:
                ask(folder, "htable.reload", table)
            ask(folder, "dispatcher.reload")
        except FrontAway as away:
            if not self._silent:
                log.warning("%s; it reads its tables when it starts", away)
            self._silent = True
            return
        self._told, self._silent = True, False
