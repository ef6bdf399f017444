"""Phones' profiles of a running bridge: an address that is good once and for a day, and what a phone gets there (R-15.8).

Decides tokens, their life, where phones send their messages, and that a password is born when a phone fetches it: it stands in
that one answer and nowhere else. A profile gives a phone a password of its own beside the user's, so that a second phone does
not put the first one out. Leaves the form to `provisioning/`, keeping to
`store/credentials/phone_book.py`, HTTP to `api/phones/profiles.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

import msgspec

from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US, Duration, Instant
from live_bridge.addresses import in_uri
from live_bridge.outbound.http_client import own_secret
from live_bridge.provisioning.account import PhoneAccount, Transport
from live_bridge.provisioning.models import MODELS, PhoneModel, transport_of
from live_bridge.service import passwords
from live_bridge.service.sip_configuration import is_overtaken
from live_bridge.sip.digest import PHONES_MOST
from live_bridge.store.credentials.phone_book import PhoneProfile
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.service.service import Service

LIFE_US: Final[Duration] = 24 * 3600 * SECOND_US
"""R-15.8."""

TOKEN_BYTES: Final = 24
"""192 bits: nothing to guess."""

SECRET_FILE: Final = "phone-secret"
"""Makes the web passwords of phones, so that they are told with the address and need not be kept."""

WEB_PASSWORD_LETTERS: Final = 12
SERVED: Final[tuple[Transport, ...]] = ("udp", "tcp", "tls")
"""Best first: every phone has UDP, and few trust a certificate that they do not know."""

PATH: Final = "/phones"


class ProfileRefused(PbxError):
    """No profile can be made; the sentence says why and what to do. `unknown` is set where a thing of that name is not there."""

    def __init__(self, words: str, *, unknown: bool = False) -> None:
        super().__init__(words)
        self.unknown = unknown


class NewProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What people see once: the address with its token, and the new password of the phone's web page."""

    profile: PhoneProfile
    address: str
    web_password: str


class Fetched(msgspec.Struct, frozen=True):
    """What a phone gets."""

    text: str
    media_type: str


class PhoneProfiles:
    """The profiles of one bridge. From any thread but that of the calls."""

    def __init__(self, bridge: Service, clock: Callable[[], Instant] = now) -> None:
        self._bridge = bridge
        self._clock = clock
        self._book = bridge.records.state.phone_book
        self._secret = own_secret(bridge.config.folder, SECRET_FILE)
        self._one = threading.Lock()
        """Held while a profile is made or fetched, so that no token is good twice."""

    def make(
        self,
        user: int,
        model: str,
        by: str,
        *,
        proxy: str = "",
        transport: str = "",
        mac: str = "",
        language: str = "en",
    ) -> NewProfile:
        """A new address for a user's phone. ProfileRefused, JournalUnavailable."""
        bridge, found = self._bridge, MODELS.get(model)
        if user not in bridge.flow.head.users:
            raise ProfileRefused(f"there is no user {user}", unknown=True)
        if found is None:
            raise ProfileRefused(f"there is no model {model}, only {', '.join(MODELS)}")
        base = self._base()
        host, port, way = self._place(found, proxy, transport)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        at = self._clock()
        profile = PhoneProfile(
            digest=digest(token), pbx=bridge.pbx, user=user, realm=bridge.domain, model=model, host=host, port=port,
            transport=way, mac=_mac(found, mac), language=language, by=by, made_at=at, expires_at=at + LIFE_US,
        )  # fmt: skip
        with self._one:
            if len([one for one in self.of(user) if one.fetched_at is not None or one.expires_at > at]) >= PHONES_MOST:
                words = f"user {user} has {PHONES_MOST} profiles: take one back before you make another"
                raise ProfileRefused(words)
            self._note("phone-profile", profile, by)
            self._book.keep(profile)
        return NewProfile(
            profile=profile, address=f"{base}{PATH}/{token}/{found.file}", web_password=self._web_password(profile)
        )

    def is_waiting(self, token: str, file: str) -> PhoneProfile | None:
        """The profile of a token, if it can still be fetched: known, in its day, not fetched before, and overtaken by no new
        password."""
        found = self._book.get(digest(token))
        if found is None or found.fetched_at is not None or found.expires_at <= self._clock():
            return None
        if found.model not in MODELS or MODELS[found.model].file != file or found.realm != self._bridge.domain:
            return None
        if found.user not in self._bridge.flow.head.users:
            return None
        account = self._bridge.records.state.accounts(self._bridge.pbx).get(found.user)
        return None if is_overtaken(found, account) else found

    def fetch(self, token: str, file: str, host: str) -> Fetched | None:
        """What the phone at an address gets, once: its password is in force when this returns. None for every token that is not
        good. JournalUnavailable: then the token stays good."""
        bridge = self._bridge
        with self._one:
            profile = self.is_waiting(token, file)
            if profile is None:
                return None
            password = passwords.generate()
            made = passwords.account(profile.user, profile.realm, password)
            fetched = msgspec.structs.replace(
                profile,
                fetched_at=self._clock(),
                fetched_from=host[:64],
                ha1_sha256=made.ha1_sha256,
                ha1_md5=made.ha1_md5,
            )
            self._note("phone-profile-fetched", profile, f"phone {host}".strip(), host)
            self._book.fetched(fetched)
        bridge.reload_accounts()
        model = MODELS[profile.model]
        account = PhoneAccount(
            user=profile.user, name=bridge.flow.head.users[profile.user].name, domain=profile.realm, password=password,
            host=profile.host, port=profile.port, transport=cast(Transport, profile.transport),
            web_password=self._web_password(profile), mac=profile.mac,
        )  # fmt: skip
        return Fetched(model.write(account, profile.language), model.media_type)

    def of(self, user: int) -> list[PhoneProfile]:
        """The profiles of a user that count: not overtaken by a new password."""
        account = self._bridge.records.state.accounts(self._bridge.pbx).get(user)
        return [one for one in self._book.all() if one.user == user and not is_overtaken(one, account)]

    def is_over(self, profile: PhoneProfile) -> bool:
        """Whether nobody fetched it in its day."""
        return profile.fetched_at is None and profile.expires_at <= self._clock()

    def drop(self, user: int, id: str, by: str) -> None:
        """Take a profile back: its address is not good any more, and its phone cannot register again. ProfileRefused,
        JournalUnavailable."""
        with self._one:
            found = next((one for one in self.of(user) if one.id == id), None)
            if found is None:
                raise ProfileRefused(f"user {user} has no profile {id}", unknown=True)
            self._note("phone-profile-over", found, by)
            self._book.drop([found.digest])
        self._bridge.reload_accounts()

    def _note(self, action: str, profile: PhoneProfile, by: str, host: str = "") -> None:
        details = {
            "user": profile.user,
            "model": profile.model,
            "profile": profile.id,
            **({"from": host} if host else {}),
        }
        self._bridge.records.state.keep_deed(action, self._bridge.flow.digest, by, details)

    def _base(self) -> str:
        """Where phones reach the API. ProfileRefused where that is not over HTTPS."""
        http = self._bridge.config.http
        if http is not None and http.profiles:
            return http.profiles
        if http is not None and http.public.startswith("https://"):
            return http.public
        if http is not None and http.certificate and not _is_wildcard(http.host):
            return f"https://{in_uri(http.host)}:{http.port}"
        raise ProfileRefused(
            "phones fetch their profiles over HTTPS alone (R-15.8): give `http` in live.yaml a certificate and a key, or under "
            "`public` the https:// address of a proxy before it"
        )

    def _place(self, model: PhoneModel, proxy: str, transport: str) -> tuple[str, int, str]:
        """Host, port and transport of the phone's messages: of the wish, else of the first address we listen on that fits."""
        listens = {one.transport: one for one in reversed(self._bridge.config.listen)}
        offered = tuple(way for way in SERVED if way in listens)
        wanted = offered if not transport else tuple(way for way in SERVED if way == transport)
        way = transport_of(model, wanted)
        if way is None or (way not in listens and not proxy):
            known = ", ".join(way for way in offered if way in model.transports) or "none"
            raise ProfileRefused(f"{model.name} and this bridge have in common: {known}; name another transport")
        if proxy:
            match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?", proxy)
            port = int(match[2] or (5061 if way == "tls" else 5060)) if match is not None else 0
            if match is None or not 0 < port < 65536:
                raise ProfileRefused("a proxy is a host and perhaps a port: sip.example.org:5060")
            return match[1].strip("[]"), port, way
        listen = listens[way]
        host = listen.public or (self._bridge.domain if _is_wildcard(listen.host) else listen.host)
        return host, listen.port, way

    def _web_password(self, profile: PhoneProfile) -> str:
        """The new password of the phone's web page (R-15.5): made from our secret and the profile, so it need not be kept."""
        model = MODELS[profile.model]
        if not model.web_login:
            return ""
        raw = int.from_bytes(hmac.new(self._secret, profile.digest.encode(), hashlib.sha256).digest())
        if model.web_digits:
            return str(raw % (10**model.web_digits - 1) + 1).zfill(model.web_digits)  # never the 0000 as shipped
        letters = passwords.ALPHABET
        return "".join(letters[raw // len(letters) ** place % len(letters)] for place in range(WEB_PASSWORD_LETTERS))


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _mac(model: PhoneModel, mac: str) -> str:
    """The hardware address, as 12 digits. ProfileRefused."""
    plain = re.sub(r"[:.\-\s]", "", mac).lower()
    if (plain or model.needs_mac) and not re.fullmatch("[0-9a-f]{12}", plain):
        raise ProfileRefused(f"{model.name}: give the hardware address (MAC) on its label, as 7C:2F:80:E1:23:45")
    return plain


def _is_wildcard(host: str) -> bool:
    """Whether a host stands for all addresses of a machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False
