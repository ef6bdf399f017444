"""Who may ask what over HTTP: a token in the header, its scopes, the name that its acts are kept under.

Decides 401, 403 and 429. Leaves tokens themselves to `tokens.py`, how many wrong ones are too many to `guesses.py`, persons
that a token acts for to `persons.py`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from live_bridge.api.access import guesses, persons, tokens
from live_bridge.api.access.guesses import Guesses
from live_bridge.api.access.persons import PersonRefused
from live_bridge.store.store import Store

_bearer = HTTPBearer(auto_error=False, description="A token made by `pbx token`.")


class Access:
    """Access by the tokens of one bridge's store."""

    def __init__(self, store: Store, guesses: Guesses) -> None:
        self._store = store
        self._guesses = guesses

    def needs(self, scope: str) -> Any:
        """The dependency of a path on a scope; its value is the name that what is done is kept under."""

        def check(
            request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None
        ) -> str:
            host = request.client.host if request.client is not None else ""
            named = request.headers.get(persons.HEADER)
            return self.allow(None if given is None else given.credentials, scope, host, named)

        return Depends(check)

    def allow(self, token: str | None, scope: str, host: str = "", named: str | None = None) -> str:
        """The name of a token that may, sent from an address, and of the person it acts for; HTTPException otherwise."""
        if token is None:
            raise HTTPException(401, "give a token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        too_many = HTTPException(429, guesses.TOO_MANY, {"Retry-After": f"{guesses.WITHIN_S:.0f}"})
        if not self._guesses.may_try(host, token):
            raise too_many
        scopes = self._store.token_scopes(tokens.digest(token))
        if scopes is None:
            if self._guesses.wrong(host):
                raise too_many
            raise HTTPException(401, "this token is not known here", {"WWW-Authenticate": "Bearer"})
        self._guesses.good(token)
        if scope not in scopes:
            raise HTTPException(403, f"this token may not: it lacks the scope {scope}")
        try:
            return persons.acts_as(self._store.token_name(tokens.digest(token)), scopes, scope, named)
        except PersonRefused as error:
            raise HTTPException(403, str(error)) from None
