"""Who may ask what over HTTP: a token in the header, its scopes, the name that its acts are kept under.

Decides 401, 403 and 429, and that who sees the calls of some numbers only reaches no path that tells of all. Leaves tokens
themselves to `tokens.py`, how many wrong ones are too many to `guesses.py`, persons that a token acts for to `persons.py`, whose
calls somebody sees to `who.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from engine.account.call_rights import Rights
from engine.account.refusals import AccountRefused
from engine.numbers.digits import is_digits
from live_bridge.api.access import guesses, persons, tokens, who
from live_bridge.api.access.guesses import Guesses
from live_bridge.api.access.persons import PersonRefused
from live_bridge.api.access.who import FOR_USERS, Who
from live_bridge.store.store import Store

_bearer = HTTPBearer(auto_error=False, description="A token made by `pbx token`.")


class Access:
    """Access by the tokens of one bridge's store. `rights_of` gives a user's rights, None for nobody of this PBX."""

    def __init__(self, store: Store, guesses: Guesses, rights_of: Callable[[int], Rights | None]) -> None:
        self._store = store
        self._guesses = guesses
        self._rights_of = rights_of

    def needs(self, scope: str) -> Any:
        """The dependency of a path on a scope; its value is the name that what is done is kept under. Whoever sees the calls of
        some numbers only is refused: such a path tells of all."""

        def check(
            request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None
        ) -> str:
            found = self._of(request, given, scope)
            if found.is_limited:
                raise HTTPException(403, "who sees the calls of some numbers only may not do this (R-23.12)")
            return found.name

        return Depends(check)

    def sees(self, scope: str) -> Any:
        """The dependency of a path that gives each what they see; its value says whose calls that is."""

        def check(
            request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None
        ) -> Who:
            return self._of(request, given, scope)

        return Depends(check)

    def _of(self, request: Request, given: HTTPAuthorizationCredentials | None, scope: str) -> Who:
        host = request.client.host if request.client is not None else ""
        named, user = request.headers.get(persons.HEADER), request.headers.get(who.HEADER)
        calls, may = request.headers.get(who.CALLS), request.headers.get(who.MAY)
        return self.allow(None if given is None else given.credentials, scope, host, named, user, calls, may)

    def allow(
        self,
        token: str | None,
        scope: str,
        host: str = "",
        named: str | None = None,
        user: str | None = None,
        calls: str | None = None,
        may: str | None = None,
    ) -> Who:
        """Who may, by a token sent from an address, the person or user of the PBX it acts for, and the filter and rights of that
        person; HTTPException otherwise."""
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
            name = persons.acts_as(
                self._store.token_name(tokens.digest(token)), scopes, scope, named if user is None else f"user%20{user}"
            )
        except PersonRefused as error:
            raise HTTPException(403, str(error)) from None
        found = who.of_token(name, scopes, for_person=named is not None)
        if user is not None:
            found = self._user(user, found, scope, named)
        if may is not None:
            found = self._restricted(found, may, scope, for_person=named is not None)
        if calls is None:
            return found
        try:
            return who.narrowed(found, calls)
        except AccountRefused as refusal:
            raise HTTPException(403, f"{who.CALLS}: {refusal}") from None

    @staticmethod
    def _restricted(found: Who, may: str, scope: str, *, for_person: bool) -> Who:
        try:
            found = who.restricted(found, may, for_person=for_person)
        except ValueError as wrong:
            raise HTTPException(403, f"{who.MAY}: {wrong}") from None
        if scope in (who.LISTEN, who.LISTEN_IN) and "listen" not in may.split():
            raise HTTPException(403, "who it is asked for may not listen: an administrator gives that right (R-23.12)")
        return found

    def _user(self, text: str, token: Who, scope: str, named: str | None) -> Who:
        """A user of the PBX, for whom a program asks that signed them in by phone."""
        rights = self._rights_of(int(text)) if is_digits(text) and len(text) <= 4 else None
        if rights is None or named is not None:
            raise HTTPException(403, f"{who.HEADER} names nobody of this PBX")
        found = who.of_user(int(text), rights, token, token.name)
        may_hear = found.listen if scope == who.LISTEN else rights.listen or scope != who.LISTEN_IN
        if scope not in FOR_USERS or not may_hear:
            raise HTTPException(403, f"user {text} may not: an administrator gives rights (R-23.9)")
        return found
