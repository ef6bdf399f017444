"""Paths of phones: which devices of a user are registered, profiles made for them, and where a phone fetches one (R-15).

Decides shapes and that every address that is not good gets the same answer, whatever is wrong with it. A sheet for people is
given only after a press of its button, so that no program that looks at links uses it up. Leaves profiles to
`service/phone_profiles.py`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field

from engine.contract.ids import SECOND_US
from live_bridge.addresses import in_uri
from live_bridge.api.access.guesses import TOO_MANY, WITHIN_S, Guesses
from live_bridge.api.stream import EventStream
from live_bridge.provisioning import sheet
from live_bridge.provisioning.models import MODELS, PhoneModel
from live_bridge.service.phone_profiles import PATH, NewProfile, PhoneProfiles, ProfileRefused
from live_bridge.store.credentials.phone_book import PhoneProfile
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

NOT_GOOD: Final = "there is no profile here: its address is good once, for 24 hours; ask for a new one"

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}

Token = Annotated[str, Path(max_length=64)]
File = Annotated[str, Path(max_length=64)]


class WantedProfile(BaseModel):
    """A phone to set up."""

    model: str = Field(max_length=32, examples=["t21p-e2"], description="A key of /api/phone-models.")
    proxy: str = Field(
        default="", max_length=260, description="Where the phone sends to, if not to this bridge itself: host:port."
    )
    transport: Literal["", "udp", "tcp", "tls"] = Field(default="", description="The first that both have when empty.")
    mac: str = Field(
        default="", max_length=32, description="Hardware address, for a Gigaset.", examples=["7C:2F:80:E1:23:45"]
    )
    language: Literal["en", "ru"] = Field(default="en", description="Of the sheet for people.")


def phone_profile_routes(
    service: Service, profiles: PhoneProfiles, stream: EventStream, guesses: Guesses, needs: Callable[[str], Any]
) -> APIRouter:
    """The paths of devices and profiles; `needs` makes the dependency on a scope. They stand before those of `users.py`."""
    api = APIRouter()
    _seen(api, service, profiles, stream, needs)
    _made(api, profiles, needs)
    _fetched(api, profiles, guesses)
    return api


def _seen(
    api: APIRouter, service: Service, profiles: PhoneProfiles, stream: EventStream, needs: Callable[[str], Any]
) -> None:
    @api.get("/api/phone-models", dependencies=[needs("calls:read")])
    def models() -> list[dict[str, Any]]:
        """Phones we write profiles for, with where on their pages a profile's address and each value is entered (R-15.3 to
        R-15.7)."""
        return [_model(model) for model in MODELS.values()]

    @api.get("/api/users/{user}/devices", dependencies=[needs("calls:read")])
    def devices(user: int) -> list[dict[str, Any]]:
        """Devices of a user that are registered now; `since` and `until` in microseconds since 1970, `since` as far as this run
        of the bridge knows."""
        _known(service, user)
        since, offset = stream.registered_since(user), now() - time.monotonic_ns() // 1000
        return [
            {
                "device": one.device,
                "contact": one.contact,
                "user_agent": one.user_agent,
                "from": f"{one.host}:{one.port}",
                "transport": one.transport,
                "since": since.get(one.device),
                "until": round(one.expires_at_s * SECOND_US) + offset,
            }
            for one in service.view.registrations()
            if one.user == user
        ]

    @api.get("/api/users/{user}/profiles", dependencies=[needs("calls:read")])
    def listed(user: int) -> list[dict[str, Any]]:
        """Profiles of a user, the oldest first: who had them made, and when and from where they were fetched."""
        _known(service, user)
        return [_profile(one) for one in profiles.of(user) if not profiles.is_over(one)]


def _made(api: APIRouter, profiles: PhoneProfiles, needs: Callable[[str], Any]) -> None:
    @api.post("/api/users/{user}/profiles", status_code=201)
    def make(user: int, wanted: WantedProfile, by: str = needs("users:write")) -> dict[str, Any]:
        """A profile for a phone of a user. Its address is told here and never again; the password is made when it is fetched."""
        try:
            made = profiles.make(user, by=by, **wanted.model_dump())
        except ProfileRefused as error:
            raise HTTPException(404 if error.unknown else 409, str(error)) from None
        log.info("a profile of %s for user %s is made by %s", wanted.model, user, by)
        return _told(made)

    @api.delete("/api/users/{user}/profiles/{profile}")
    def drop(user: int, profile: str, by: str = needs("users:write")) -> dict[str, Any]:
        """Take a profile back: its address is not good any more, and the phone that fetched it cannot register again."""
        try:
            profiles.drop(user, profile, by)
        except ProfileRefused as error:
            raise HTTPException(404, str(error)) from None
        log.info("the profile %s of user %s is taken back by %s", profile, user, by)
        return {"id": profile, "dropped": True}


def _fetched(api: APIRouter, profiles: PhoneProfiles, guesses: Guesses) -> None:
    def good(token: str, file: str, request: Request) -> tuple[PhoneProfile, str]:
        """The profile that waits at an address, and who asks. HTTPException, the same for every address that is not good."""
        host = request.client.host if request.client is not None else ""
        too_many = HTTPException(429, TOO_MANY, {"Retry-After": f"{WITHIN_S:.0f}", **HEADERS})
        if not guesses.may_try(host, token):
            raise too_many
        found = profiles.is_waiting(token, file)
        if found is None:
            if guesses.wrong(host, "profile's address"):
                raise too_many
            raise HTTPException(404, NOT_GOOD, HEADERS)
        return found, host

    def give(token: str, file: str, request: Request) -> Response:
        found, host = good(token, file, request)
        fetched = profiles.fetch(token, file, host)
        if fetched is None:  # another one was faster
            raise HTTPException(404, NOT_GOOD, HEADERS)
        log.info("the profile %s of user %s is fetched from %s", found.id, found.user, host)
        return Response(fetched.text, media_type=fetched.media_type, headers=HEADERS)

    @api.get(PATH + "/{token}/{file}")
    def fetch(token: Token, file: File, request: Request) -> Response:
        """A phone's profile, once. Of a sheet for people, the page with the button that shows it."""
        found, _ = good(token, file, request)
        model = MODELS[found.model]
        if model.fetching == "browser":
            return Response(sheet.cover(found.language), media_type=model.media_type, headers=HEADERS)
        return give(token, file, request)

    @api.post(PATH + "/{token}/{file}")
    def show(token: Token, file: File, request: Request) -> Response:
        """The sheet for people, once."""
        return give(token, file, request)


def _known(service: Service, user: int) -> None:
    if user not in service.flow.head.users:
        raise HTTPException(404, f"there is no user {user}")


def _model(model: PhoneModel) -> dict[str, Any]:
    return {
        "key": model.key, "name": model.name, "kind": model.kind, "codecs": model.codecs, "transports": model.transports,
        "fetching": model.fetching, "at": model.at, "menu": model.menu, "web_login": model.web_login,
        "fields": [{"field": field, "value": value} for field, value in model.fields], "needs_mac": model.needs_mac,
    }  # fmt: skip


def _profile(one: PhoneProfile) -> dict[str, Any]:
    return {
        "id": one.id, "user": one.user, "model": one.model, "name": MODELS[one.model].name if one.model in MODELS else one.model,
        "by": one.by, "made_at": one.made_at, "expires_at": one.expires_at, "fetched_at": one.fetched_at,
        "fetched_from": one.fetched_from,
    }  # fmt: skip


def _told(made: NewProfile) -> dict[str, Any]:
    """What is told once."""
    profile, model = made.profile, MODELS[made.profile.model]
    return {
        **_profile(profile), "address": made.address, "web_password": made.web_password,
        "domain": profile.realm, "login": str(profile.user), "proxy": f"{in_uri(profile.host)}:{profile.port}",
        "transport": profile.transport, "phone": _model(model),
    }  # fmt: skip
