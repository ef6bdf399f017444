"""Key pairs of the compatible API (R-19.2): asked for with a token, good for three days from their last use.

Decides how long a pair lives and what of it is kept: a digest. A pair may do what its token may, and dies with it.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from engine.contract.ids import SECOND_US, Duration
from live_bridge.api.access import tokens
from live_bridge.store import tables as t
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


def make(store: Store, auth_key: str) -> tuple[str, str] | None:
    """A new pair for a token: its id and its key, which is told here and never again; None for an unknown token."""
    if store.token_scopes(tokens.digest(auth_key)) is None:
        return None
    name, at, c = store.token_name(tokens.digest(auth_key)), now(), t.key_pairs
    key_id, key = secrets.token_hex(12), secrets.token_urlsafe(32)
    with store.engine.begin() as connection:
        connection.execute(c.delete().where(c.c.used_at < at - LIVES_US))
        old = connection.execute(
            sa.select(c.c.key_id).where(c.c.token == name).order_by(c.c.used_at.desc()).offset(PAIRS_MOST - 1)
        ).scalars()
        connection.execute(c.delete().where(c.c.key_id.in_(list(old))))
        connection.execute(
            c.insert().values(key_id=key_id, digest=tokens.digest(key), token=name, made_at=at, used_at=at)
        )
    return key_id, key


def holder(store: Store, pair: str) -> Holder | None:
    """Who holds `key_id:key`; None when it is unknown, too old, or its token was taken away."""
    key_id, _, key = pair.partition(":")
    c, at = t.key_pairs, now()
    query = (
        sa.select(c.c.digest, c.c.used_at, t.tokens.c.name, t.tokens.c.scopes)
        .join(t.tokens, t.tokens.c.name == c.c.token)
        .where(c.c.key_id == key_id)
    )
    with store.engine.connect() as connection:
        found = connection.execute(query).first()
    if found is None or not hmac.compare_digest(found.digest, tokens.digest(key)) or found.used_at < at - LIVES_US:
        return None
    if found.used_at < at - USED_US and not store.is_away():
        with contextlib.suppress(SQLAlchemyError), store.engine.begin() as connection:  # the next use says it again
            connection.execute(c.update().where(c.c.key_id == key_id).values(used_at=at))
    return Holder(str(found.name), frozenset(str(found.scopes).split()))


def token_holder(store: Store, token: str) -> Holder | None:
    """Who holds a token itself."""
    scopes = store.token_scopes(tokens.digest(token))
    return None if scopes is None else Holder(store.token_name(tokens.digest(token)), scopes)
