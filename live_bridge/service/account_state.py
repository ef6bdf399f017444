"""The state of the account around a running bridge, as the hosting process tells it (R-01.9 to R-01.11, R-03.6).

Decides that a state is on the disk before it has any effect and holds after a restart, and when requests of programs stop. Leaves
what a state means for calls to the engine, and who comes into which state to the hosting process.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from engine.account.standing import API_GRACE_US
from engine.account.states import BARRED, State
from engine.contract import events as ev
from engine.contract.ids import Instant
from engine.state.flow import Flow
from live_bridge.store import private_files
from live_bridge.store.state_journal import StateJournal
from live_bridge.store.store import ManualAct, now

ACCOUNT = "account"
TRUNK = "trunk_paid"
BALANCE: Final = "balance.txt"
"""File in the bridge's folder: a balance changes often, and is no deed."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was told about the account last."""

    state: State = "active"
    since: Instant | None = None
    """When it came into this state."""
    unpaid: tuple[str, ...] = ()
    """Keys of trunks that are not paid for."""


class NoSuchTrunk(LookupError):
    """The PBX has no trunk of that key."""


class AccountState:
    """The account of one bridge. From any thread."""

    def __init__(
        self, state: StateJournal, pbx: str, flow: Callable[[], Flow], submit: Callable[[ev.Event], None], folder: Path
    ) -> None:
        """`flow` gives the version in force, `submit` feeds the engine; the balance is kept in `folder`."""
        self._balance = folder / BALANCE
        self._journal = state
        self._pbx = pbx
        self._flow = flow
        self._submit = submit
        self.told = self._last()

    @property
    def is_barred(self) -> bool:
        """Whether no new call starts."""
        return self.told.state in BARRED

    def stops_requests(self, at: Instant) -> bool:
        """Whether requests of programs are refused: seven days into a debt, at once when the account is closed (R-01.11)."""
        told = self.told
        if told.state == "closed":
            return True
        return told.state == "blocked_debt" and told.since is not None and at >= told.since + API_GRACE_US

    def may_call(self, number: str) -> bool:
        """Whether a call to a number may be asked for."""
        return not self.is_barred or self._flow().outgoing.is_emergency(number)

    def change(self, state: State, since: Instant | None, by: str) -> Told:
        """The account came into a state. JournalUnavailable where that cannot be written down; nothing has changed then.
        The same again changes nothing and is not written."""
        begins = since if since is not None else self.told.since if state == self.told.state else now()
        told = msgspec.structs.replace(self.told, state=state, since=begins)
        if told != self.told:
            self._keep(ACCOUNT, told, by)
            self._submit(ev.AccountChanged(state=state, by=by))
        return told

    def pay(self, trunk: str, paid: bool, by: str) -> Told:
        """A bought trunk is paid for, or no longer (R-03.6). Raises NoSuchTrunk."""
        if trunk not in self._flow().trunks:
            raise NoSuchTrunk(f"{trunk} is no trunk of this PBX (R-03.7)")
        others = tuple(key for key in self.told.unpaid if key != trunk)
        told = msgspec.structs.replace(self.told, unpaid=others if paid else (*others, trunk))
        if set(told.unpaid) != set(self.told.unpaid):
            self._keep(TRUNK, told, by)
            self._submit(ev.TrunkPaid(trunk=trunk) if paid else ev.TrunkUnpaid(trunk=trunk))
        return told

    @property
    def balance(self) -> Decimal | None:
        """RUB on the account as they were told last; None where nobody told."""
        try:
            return Decimal(self._balance.read_text(encoding="ascii"))
        except (OSError, ValueError, ArithmeticError):
            return None

    def tell_balance(self, amount: Decimal) -> None:
        """The balance is another. It is shown to who may see it (R-23.2) and decides nothing. Raises OSError."""
        private_files.replace(self._balance, f"{amount:.2f}".encode())

    def restore(self) -> None:
        """Let it hold again what was told before the bridge stopped."""
        if self.told.state != "active":
            self._submit(ev.AccountChanged(state=self.told.state))
        for trunk in self.told.unpaid:
            if trunk in self._flow().trunks:
                self._submit(ev.TrunkUnpaid(trunk=trunk))

    def _keep(self, act: str, told: Told, by: str) -> None:
        written = msgspec.json.encode(told).decode()
        self._journal.keep_act(ManualAct(pbx=self._pbx, at=now(), act=act, details=written, by=by))
        self.told = told

    def _last(self) -> Told:
        for act in self._journal.acts(limit=1000, lasting=True):
            if act.act in (ACCOUNT, TRUNK):
                return msgspec.json.decode(act.details, type=Told)
        return Told()
