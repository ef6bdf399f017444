"""Key pairs of the compatible API in the database (R-19.2): only a digest of the key.

Decides nothing. Leaves how long a pair lives to `api/compat/keys.py`, and making one to `state_journal.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from engine.contract.ids import Instant
from live_bridge.store import tables as t
from live_bridge.store.rows import Rows


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """One pair: it may do what the token of this name may."""

    key_id: str
    digest: str
    token: str
    made_at: Instant
    used_at: Instant


class PairRows(Rows):
    """The rows of key pairs."""

    def key_pair(self, key_id: str) -> KeyPair | None:
        """The pair of this id, or None."""
        found = self._all(sa.select(t.key_pairs).where(t.key_pairs.c.key_id == key_id))
        return KeyPair(**found[0]._mapping) if found else None

    def key_pairs(self, tokens: Sequence[str] = ()) -> list[KeyPair]:
        """All pairs, or those of these tokens, the one used last first."""
        query = sa.select(t.key_pairs).order_by(t.key_pairs.c.used_at.desc())
        if tokens:
            query = query.where(t.key_pairs.c.token.in_(tokens))
        return [KeyPair(**found._mapping) for found in self._all(query)]
