"""A bought number is attached to its PBX by itself (R-03.4): with the operator, where its calls are led to the PBX, and in the
PBX's document, as a trunk.

Decides the order, so that it can be done again from any point: the operator first, then the document, then the mark in the
database. A number that the operator no longer has is given up and its fee goes back. Leaves the operator's API to `partner.py`.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import httpx
import msgspec
import sqlalchemy as sa

from engine.contract.errors import PbxError
from engine.contract.ids import Instant
from engine.numbers.digits import is_digits
from live_bridge.hosting import accounts, numbers, telling
from live_bridge.hosting import tables as t
from live_bridge.hosting.config import HostingConfig
from live_bridge.hosting.database import Database
from live_bridge.hosting.numbers import BoughtNumber
from live_bridge.hosting.partner import PartnerOperator, PartnerRefused
from live_bridge.service import document_text

log = logging.getLogger(__name__)

WAIT_S: Final = 20.0
FIRST_GREETING: Final = 5000
"""Where calls on a new number lead, if the document has it; else its first element."""
OPERATOR: Final = "voximplant"


class BridgeRefused(PbxError):
    """A bridge refuses what the hosting process asks of it, or does not answer."""


class BridgeAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account's bridge is asked."""

    url: str
    token: str


def bridge_of(connection: sa.Connection, account: int) -> BridgeAddress:
    """The bridge of an account. Raises BridgeRefused where it has none yet."""
    row = connection.execute(sa.select(t.bridges).where(t.bridges.c.account == account)).first()
    if row is None:
        raise BridgeRefused("the PBX is not there yet: try again in a moment (R-01.2)")
    return BridgeAddress(url=row.url.rstrip("/"), token=row.token)


def ask_bridge(bridge: BridgeAddress, method: str, path: str, kind: str = "", **more: Any) -> httpx.Response:
    """Ask a bridge something; `kind` is the type of `content`. Raises BridgeRefused with its words."""
    head = {"Authorization": f"Bearer {bridge.token}", **({"Content-Type": kind} if kind else {})}
    try:
        found = httpx.request(method, f"{bridge.url}{path}", headers=head, timeout=WAIT_S, trust_env=False, **more)
    except httpx.HTTPError as error:
        raise BridgeRefused(f"the PBX does not answer: {type(error).__name__}; try again in a moment") from None
    if found.status_code >= 400:
        raise BridgeRefused(f"the PBX refuses {method} {path}: {found.status_code} {found.text[:500]}")
    return found


class Attacher:
    """Attaches what was bought and releases what was lost. `look` is called by one thread."""

    def __init__(self, database: Database, config: HostingConfig, partner: PartnerOperator) -> None:
        assert config.operator is not None
        self._database = database
        self._config = config
        self._partner = partner
        self._host, self._port = config.operator.sip_host, config.operator.sip_port

    def look(self, at: Instant) -> int:
        """How many numbers were attached or released; one that fails is tried again with the next look."""
        with self._database.reading() as connection:
            waiting = numbers.unattached(connection)
            lost = numbers.unreleased(connection)
        return sum(self._try(one, at) for one in (*waiting, *lost))

    def _try(self, one: BoughtNumber, at: Instant) -> bool:
        try:
            if one.lost_at is not None:
                self._partner.release(one.number)
                self._mark(one, released_at=at)
            else:
                self._attach(one, at)
        except Exception as error:  # one account's fault is its own
            log.warning(
                "the number %s of account %s waits: %s: %s", one.number, one.account, type(error).__name__, error
            )
            return False
        return True

    def _attach(self, one: BoughtNumber, at: Instant) -> None:
        try:
            self._partner.attach(one.number, one.city)
        except PartnerRefused as refused:
            log.warning("the number %s is given up and its fee goes back: %s", one.number, refused)
            with self._database.writing() as connection:
                numbers.give_up(connection, one, at)
            return
        with self._database.reading() as connection:
            bridge = bridge_of(connection, one.account)
            slot = connection.execute(sa.select(t.pbxs.c.slot).where(t.pbxs.c.account == one.account)).scalar()
            name = accounts.read(connection, one.account).name
        if self._config.pbxs is None or slot is None:
            raise BridgeRefused("its PBX is not kept here: attach the number in its document")
        self._partner.lead(one.number, f"sip:{one.number}@{self._reached_at(name, slot)}")
        self._publish(bridge, one)
        self._mark(one, attached_at=at)
        with self._database.writing() as connection:
            telling.tell_trunk_again(connection, one.account, one.trunk)

    def _reached_at(self, name: str, slot: int) -> str:
        """Where the operator's calls to a PBX go: by its domain to the front, or to its own port."""
        assert self._config.pbxs is not None
        if self._config.front is not None:
            return f"{name}.{self._config.suffix}"
        return f"{self._config.pbxs.public or self._config.pbxs.host}:{self._config.pbxs.sip_port(slot)}"

    def _publish(self, bridge: BridgeAddress, one: BoughtNumber) -> None:
        """The live document with the trunk in it, unless it is there."""
        text = ask_bridge(bridge, "GET", "/api/versions/live/document").text
        changed = with_trunk(text, one, self._host, self._port)
        if changed == text:
            return
        by = self._config.provider.name[:128]
        asked = {"acknowledged_by": by, "name": f"{one.number} {one.city}"[:200]}
        made = ask_bridge(bridge, "POST", "/api/versions", "application/yaml", content=changed.encode(), params=asked)
        wanted = {"skip_gate_by": by, "reason": "a bought number is attached (R-03.4)"}
        ask_bridge(bridge, "POST", f"/api/versions/{made.json()['digest']}/promote", json=wanted)

    def _mark(self, one: BoughtNumber, **values: Instant) -> None:
        with self._database.writing() as connection:
            connection.execute(t.numbers.update().where(t.numbers.c.id == one.id).values(**values))


def with_trunk(text: str, one: BoughtNumber, host: str, port: int) -> str:
    """A document with the trunk of a bought number; comments and order stay. The first number is the default for calls out."""
    data = document_text.read(text)
    if one.trunk in (data.get("trunks") or {}):
        return text
    elements = [key for key in data.get("elements") or {} if is_digits(str(key))]
    first = next((key for key in elements if int(key) == FIRST_GREETING), elements[0] if elements else None)
    trunk = {
        "number": one.number, "name": one.city[:35], "operator": OPERATOR, "to": first,
        "sip": {"host": host, "port": port, "register": False},
    }  # fmt: skip
    if not data.get("trunks"):
        data["trunks"] = {}
    data["trunks"][one.trunk] = trunk
    if not data.get("outgoing"):
        data["outgoing"] = {"default": one.trunk}
    return document_text.written(data)
