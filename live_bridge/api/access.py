"""Who may ask what over HTTP: a token in the header, its scopes, the name that its acts are kept under.

Decides 401 and 403. Leaves tokens themselves to `tokens.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from live_bridge.api import tokens
from live_bridge.store.store import Store

_bearer = HTTPBearer(auto_error=False, description="A token made by `pbx token`.")


class Access:
    """Access by the tokens of one bridge's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def needs(self, scope: str) -> Any:
        """The dependency of a path on a scope; its value is the token's name."""

        def check(
            request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None
        ) -> str:
            return self.allow(None if given is None else given.credentials, scope)

        return Depends(check)

    def allow(self, token: str | None, scope: str) -> str:
        """The name of a token that may; HTTPException otherwise."""
        if token is None:
            raise HTTPException(401, "give a token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        scopes = self._store.token_scopes(tokens.digest(token))
        if scopes is None:
            raise HTTPException(401, "this token is not known here", {"WWW-Authenticate": "Bearer"})
        if scope not in scopes:
            raise HTTPException(403, f"this token may not: it lacks the scope {scope}")
        return self._store.token_name(tokens.digest(token))
