"""Digest authentication, both sides: challenges, whether an answer to one holds, and our answers to those of operators.

Decides which algorithms are offered and in which order, how long a nonce lives, that no answer works twice, and that one made for
a request proves no other. Passwords need not be known: the stored HA1 of each algorithm is enough. Leaves who may do what to
`sip/registrar/registrar.py` and `endpoint.py`. Sources: RFC 7616, RFC 8760 (several challenges, strongest first), RFC 3261
section 22.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote

import msgspec

from engine.contract import limits

Algorithm = Literal["SHA-256", "MD5"]

_HASHES: Final[dict[str, Callable[[bytes], hashlib._Hash]]] = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}

_CLIENT_HASHES: Final[dict[str, Callable[[bytes], hashlib._Hash]]] = {
    **_HASHES,
    "SHA-512-256": partial(hashlib.new, "sha512_256"),
}
"""What operators may ask us to answer with; each also in its `-sess` form."""

_FIRST_USE: Final = "00000001"

NONCE_LIFE_S: Final = 60.0
"""A nonce older than this is stale: the peer is asked again, once, without having failed."""

NONCES_REMEMBERED: Final = 20_000
"""Used (nonce, count) pairs kept against replays; more than 300 a second over a nonce's life."""

_PARAMETER: Final = re.compile(r'\s*([A-Za-z0-9_\-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)')


PHONES_MOST: Final = limits.DEVICES_OF_USER
"""Phones of one user that have passwords of their own (R-15.8): as many as may be registered (R-06.10)."""


class PhoneKeys(NamedTuple):
    """The HA1 of a phone's own password, of each algorithm."""

    sha256: str
    md5: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What proves that somebody is a user: a password, or the HA1 of each algorithm as hexadecimal text; and what proves that a
    phone is one of theirs."""

    password: str | None = None
    ha1_sha256: str | None = None
    ha1_md5: str | None = None
    phones: tuple[PhoneKeys, ...] = ()

    def ha1(self, algorithm: str, username: str, realm: str) -> str | None:
        """HA1 for `algorithm`, or None when this account cannot be checked by it."""
        if self.password is not None:
            return ha1(algorithm, username, realm, self.password)
        return self.ha1_sha256 if algorithm == "SHA-256" else self.ha1_md5

    def keys(self, algorithm: str, username: str, realm: str) -> list[str]:
        """Every HA1 that proves the user: that of their password, then those of their phones."""
        own = self.ha1(algorithm, username, realm)
        phones = [phone.sha256 if algorithm == "SHA-256" else phone.md5 for phone in self.phones[:PHONES_MOST]]
        return phones if own is None else [own, *phones]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What came of checking a request.

    `absent`: nothing to check. `stale`: right once, ask again. `wrong`: an attempt that failed. `good`: it is `username`.
    `other`: right, but made for another Request-URI (RFC 7616 section 3.4.6: 400).
    """

    result: Literal["absent", "stale", "wrong", "good", "other"]
    username: str = ""


def ha1(algorithm: str, username: str, realm: str, password: str) -> str:
    """RFC 7616 section 3.4.2.

    >>> ha1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")
    '939e7578ed9e3c518a452acee763bce9'
    """
    return _HASHES[algorithm](f"{username}:{realm}:{password}".encode()).hexdigest()


def parameters(value: str) -> dict[str, str] | None:
    """The parameters of a `Digest ...` header value, names lower case; None if it is no such value. Commas may be quoted."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    found: dict[str, str] = {}
    place = 0
    while place < len(rest):
        match = _PARAMETER.match(rest, place)
        if match is None or match.end() == place:
            return None
        name = match.group(1).lower()
        if name in found:
            return None
        quoted = match.group(2)
        found[name] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match.group(3)
        place = match.end()
    return found


def answer(
    challenge: str, username: str, password: str, method: str, uri: str, body: str = "", cnonce: str | None = None
) -> str | None:
    """Credentials for a request of ours: the answer to the value of a `WWW-Authenticate` or `Proxy-Authenticate` field. None when
    it cannot be answered: not Digest, an algorithm or quality of protection we do not have, or no realm or nonce.

    >>> answer('Digest realm="a",nonce="b"', "u", "p", "BYE", "sip:h")
    'Digest username="u",realm="a",nonce="b",uri="sip:h",response="fcafebb7220172f065af1dd8c8ae697b"'
    """
    asked = parameters(challenge)
    if asked is None or "realm" not in asked or not asked.get("nonce"):
        return None
    algorithm = asked.get("algorithm", "MD5").upper()
    hashed = _CLIENT_HASHES.get(algorithm.removesuffix("-SESS"))
    qualities = [quality.strip().lower() for quality in asked.get("qop", "").split(",")] if "qop" in asked else []
    quality = next((quality for quality in qualities if quality in ("auth", "auth-int")), None)
    if hashed is None or (qualities and quality is None) or (quality is None and algorithm.endswith("-SESS")):
        return None

    def h(text: str) -> str:
        return hashed(text.encode()).hexdigest()

    cnonce = cnonce or secrets.token_hex(8)
    key = h(f"{username}:{asked['realm']}:{password}")
    if algorithm.endswith("-SESS"):
        key = h(f"{key}:{asked['nonce']}:{cnonce}")
    ha2 = h(f"{method}:{uri}" + (f":{h(body)}" if quality == "auth-int" else ""))
    middle = "" if quality is None else f":{_FIRST_USE}:{cnonce}:{quality}"
    given = {"username": username, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri}
    given["response"] = h(f"{key}:{asked['nonce']}{middle}:{ha2}")
    if "opaque" in asked:
        given["opaque"] = asked["opaque"]
    said = [f'{name}="{_quoted(value)}"' for name, value in given.items()]
    if "algorithm" in asked:
        said.append(f"algorithm={asked['algorithm']}")
    if quality is not None:
        said += [f"qop={quality}", f"nc={_FIRST_USE}", f'cnonce="{_quoted(cnonce)}"']
    return "Digest " + ",".join(said)


def is_stale(challenge: str) -> bool:
    """Whether a challenge says that only the nonce was too old, not the password wrong (RFC 7616 section 3.3)."""
    return (parameters(challenge) or {}).get("stale", "").lower() == "true"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_URI: Final = re.compile(
    r"(?:(sips?|tel):)?(?:([^@;?]*)@)?(\[[^\]]*\]|[^:;?]*)(?::([0-9]*))?(?:[;?].*)?", re.IGNORECASE | re.DOTALL
)


def same_target(one: str, other: str) -> bool:
    """Whether two URIs are of one target: user, host and port (RFC 3261 section 19.1.4). Parameters are left out, as phones and
    proxies add their own.

    >>> same_target("sip:100@PBX.example:5060;transport=tcp", "sip:100@pbx.example"), same_target("sip:100@h", "sip:8810@h")
    (True, False)
    """
    parts = [_URI.fullmatch(uri.strip()) for uri in (one, other)]
    if parts[0] is None or parts[1] is None:
        return False
    said = [(unquote(m.group(2) or ""), m.group(3).lower(), m.group(4) or "5060") for m in parts if m is not None]
    return said[0] == said[1]


NOBODY: Final = "0" * 64
"""In place of an HA1 where there is none."""


def _response(algorithm: str, method: str, given: Mapping[str, str]) -> Callable[[str], str] | None:
    """RFC 7616 section 3.4.1, of an HA1; None when a part is missing."""
    hashed = _HASHES[algorithm]
    uri, nonce, qop = given.get("uri", ""), given.get("nonce", ""), given.get("qop")
    if not uri:
        return None
    ha2 = hashed(f"{method}:{uri}".encode()).hexdigest()
    if qop is None:
        tail = f":{nonce}:{ha2}".encode()
        return lambda key: hashed(key.encode() + tail).hexdigest()
    if qop != "auth" or not given.get("nc") or not given.get("cnonce"):
        return None
    tail = f":{nonce}:{given['nc']}:{given['cnonce']}:auth:{ha2}".encode()
    return lambda key: hashed(key.encode() + tail).hexdigest()


class Authenticator:
    """Challenges for one realm and checks of the answers. One per bridge; not thread-safe.

    `now_s` is any clock in seconds that only goes forward.
    """

    def __init__(
        self, realm: str, now_s: Callable[[], float], algorithms: tuple[Algorithm, ...] = ("SHA-256", "MD5")
    ) -> None:
        self.realm = realm
        self.algorithms = algorithms
        self._now_s = now_s
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[tuple[str, str], None] = OrderedDict()

    def challenges(self, stale: bool = False, *, only_md5: bool = False, host: str = "") -> tuple[str, ...]:
        """Values for `WWW-Authenticate`, one an algorithm, in the order of `algorithms`; with `only_md5` that one alone, if
        it is offered at all. `host` is who they are sent to."""
        flag = ",stale=true" if stale else ""
        offered = ("MD5",) if only_md5 and "MD5" in self.algorithms else self.algorithms
        return tuple(
            f'Digest realm="{self.realm}",nonce="{self._nonce(host)}",algorithm={algorithm},qop="auth"{flag}'
            for algorithm in offered
        )

    def check(
        self, value: str | None, method: str, account_of: Callable[[str], Account | None], uri: str | None = None
    ) -> Proof:
        """Check the value of an `Authorization` header (or None) against the account its user name leads to, and what it was made
        for against `uri`, the Request-URI, unless that is None."""
        if value is None:
            return Proof(result="absent")
        given = parameters(value)
        if given is None:
            return Proof(result="wrong")
        username = given.get("username", "")
        wrong = Proof(result="wrong", username=username)
        algorithm = {"md5": "MD5", "sha-256": "SHA-256"}.get(given.get("algorithm", "MD5").lower())
        if algorithm not in self.algorithms or given.get("realm") != self.realm:
            return wrong
        age = self._age(given.get("nonce", ""))
        if age is None:
            return Proof(result="stale", username=username)
        account = account_of(username)
        keys = [] if account is None else account.keys(algorithm, username, self.realm)
        expected = _response(algorithm, method, given)
        if expected is None:
            return wrong
        said, is_right = given.get("response", "").lower().encode(), False
        # An unknown user costs the same work as a known one with many phones, so that timing tells nothing.
        for place in range(PHONES_MOST + 1):
            key = keys[place] if place < len(keys) else NOBODY
            is_right |= hmac.compare_digest(expected(key).encode(), said) and place < len(keys)
        if not is_right:
            return wrong
        if age > NONCE_LIFE_S:
            return Proof(result="stale", username=username)
        if uri is not None and not same_target(given["uri"], uri):
            return Proof(result="other", username=username)
        use = (given["nonce"], given.get("nc", ""))
        if use in self._used:
            return Proof(result="stale", username=username)
        self._used[use] = None
        if len(self._used) > NONCES_REMEMBERED:
            self._used.popitem(last=False)
        return Proof(result="good", username=username)

    def is_from(self, value: str | None, host: str) -> bool:
        """Whether the value of an `Authorization` header proves that its sender hears what is sent to `host`: its nonce is one
        that went there. Without it, over UDP, a packet may be anybody's."""
        given = None if value is None else parameters(value)
        raw = None if given is None else self._sealed(given.get("nonce", ""))
        return raw is not None and hmac.compare_digest(self._mark(raw[:16], host), raw[32:])

    def _nonce(self, host: str) -> str:
        stamp = int(self._now_s() * 1000).to_bytes(8, "big") + secrets.token_bytes(8)
        return base64.urlsafe_b64encode(stamp + self._seal(stamp) + self._mark(stamp, host)).decode().rstrip("=")

    def _seal(self, stamp: bytes) -> bytes:
        return hmac.new(self._key, stamp, hashlib.sha256).digest()[:16]

    def _mark(self, stamp: bytes, host: str) -> bytes:
        """Binds a nonce to who it was sent to. A phone may come back from another address and is then no worse off than one
        that was never asked."""
        return hmac.new(self._key, b"to " + stamp + host.strip("[]").encode(), hashlib.sha256).digest()[:8]

    def _sealed(self, nonce: str) -> bytes | None:
        """The bytes of a nonce of ours; None if it is none."""
        try:
            raw = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
        except ValueError:
            return None
        return raw if len(raw) == 40 and hmac.compare_digest(self._seal(raw[:16]), raw[16:32]) else None

    def _age(self, nonce: str) -> float | None:
        """Seconds since we gave out `nonce`; None if we never did."""
        raw = self._sealed(nonce)
        return None if raw is None else self._now_s() - int.from_bytes(raw[:8], "big") / 1000
