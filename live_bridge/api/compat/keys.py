"""Key pairs of the compatible API (R-19.2): asked for with a token, good for three days from their last use.

Decides how long a pair lives and what of it is kept: a digest. A pair may do what its token may, and dies with it. A token
that acts for persons is no key here: this API has no place for a person's name.
"""

from __future__ import annotations

import hmac
import secrets

import msgspec

from engine.contract.ids import SECOND_US, Duration
from live_bridge.api.access import tokens
from live_bridge.api.access.who import Who, of_token
from live_bridge.store.credentials.key_pairs import KeyPair
from live_bridge.store.state_journal import StateJournal
from live_bridge.store.store import Store, now

LIVES_US: Duration = 3 * 86400 * SECOND_US
"""R-19.2, from the last use."""

USED_US: Duration = 60 * SECOND_US
"""How exactly the last use is kept: not every request writes."""

PAIRS_MOST = 50
"""Pairs of one token; the one not used for longest goes first."""


class Holder(msgspec.Struct, frozen=True):
    """Who asks: the token's name and what it may do."""

    name: str
    scopes: frozenset[str]

    @property
    def who(self) -> Who:
        """Whose calls they see."""
        return of_token(self.name, self.scopes)


def make(state: StateJournal, store: Store, auth_key: str) -> tuple[str, str] | None:
    """A new pair for a token: its id and its key, which is told here and never again; None for an unknown token. It holds when
    this returns, also while the database is held by somebody or away. JournalUnavailable."""
    if token_holder(store, auth_key) is None:
        return None
    name, at = store.token_name(tokens.digest(auth_key)), now()
    key_id, key = secrets.token_hex(12), secrets.token_urlsafe(32)
    known = state.pairs_of(name)
    alive = [pair for pair in known if pair.used_at >= at - LIVES_US]
    over = [pair.key_id for pair in known if pair not in alive[: PAIRS_MOST - 1]]
    state.keep_pair(KeyPair(key_id=key_id, digest=tokens.digest(key), token=name, made_at=at, used_at=at), over)
    return key_id, key


def holder(state: StateJournal, store: Store, pair: str) -> Holder | None:
    """Who holds `key_id:key`; None when it is unknown, too old, or its token was taken away. StoreError when only a database
    that is away could say it."""
    key_id, _, key = pair.partition(":")
    found, at = state.pair(key_id), now()
    if found is None or not hmac.compare_digest(found.digest, tokens.digest(key)) or found.used_at < at - LIVES_US:
        return None
    scopes = store.scopes_named(found.token)
    if scopes is None or tokens.NAMES_PERSONS in scopes:
        return None
    if found.used_at < at - USED_US:
        state.pair_used(found, at)
    return Holder(found.token, scopes)


def token_holder(store: Store, token: str) -> Holder | None:
    """Who holds a token itself."""
    scopes = store.token_scopes(tokens.digest(token))
    if scopes is None or tokens.NAMES_PERSONS in scopes:
        return None
    return Holder(store.token_name(tokens.digest(token)), scopes)
