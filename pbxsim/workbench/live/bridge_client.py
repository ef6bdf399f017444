"""A running live bridge as the workbench sees it: over its HTTP API and event stream, like any other program (R-19.7, R-19.8).

Decides where the bridge is, whether a token may go there, in whose name it is asked, which right that takes, and what its answers
mean to people. The address stands in PBX_BRIDGE, the file with the token in PBX_BRIDGE_TOKEN_FILE; the token itself is never
in an address, an environment or a log. Leaves who has which rights to `workbench/access/`, what the events add up to to
`state.py`, the page to `page.py`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import stat
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from pbxsim.workbench.access import rights
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.access.visitors import Visitor

ADDRESS = "PBX_BRIDGE"
TOKEN_FILE = "PBX_BRIDGE_TOKEN_FILE"
AUTHORITY = "PBX_BRIDGE_CERTIFICATE"
"""File of authorities the bridge's certificate is trusted by; the system's when there is none."""

PERSON = "X-PBX-Person"
"""Header that names the person a token acts for, in percent-encoded UTF-8."""

USER = "X-PBX-User"
"""Header that names the user of the PBX who signed in by phone: the bridge shows them their calls alone."""

CALLS = "X-PBX-Calls"
"""Header that says whose calls that person sees; the bridge shows them no others (R-23.12)."""

MAY = "X-PBX-May"
"""Header that says which of the rights to listen, to download and to see the balance that person has (R-23.12)."""

NOT_KEPT = ("", "0", "false", "off", "no", "f", "n")
"""What a request says in `download` that does not want a file to be kept."""

HERE = ("127.0.0.1", "::1", "localhost")
WAIT_S = 15.0
LOOK_S = 1.0
"""How often it is looked whether a visitor's filter changed while events come."""
REFUSED = {4401: "token_unknown", 4403: "token_forbidden"}
"""How the event stream says that a token may not, and the text for people."""


class BridgeError(Exception):
    """The bridge cannot be asked, or refuses. `text` names the workbench's text for it, `detail` the bridge's own words."""

    def __init__(self, text: str, detail: str = "", status: int = 0) -> None:
        super().__init__(f"{text}: {detail}")
        self.text, self.detail, self.status = text, detail, status


class Bridge:
    """One bridge and the token for it, for the time of an `async with`. With a visitor it is asked in their name, and only for
    what they may do at that moment. Raises BridgeError."""

    def __init__(self, address: str, token: str, authority: str | None = None, visitor: Visitor | None = None) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BridgeError("bridge_address", address)
        if parts.scheme != "https" and parts.hostname not in HERE:
            raise BridgeError("bridge_unsafe", address)
        self.address = address.rstrip("/")
        self._head = {"Authorization": f"Bearer {token}"}
        self._authority = authority
        self._visitor = visitor
        named = {} if visitor is None else named_in(visitor)
        self._head |= {USER: named[USER]} if USER in named else {}
        self._tls = ssl.create_default_context(cafile=authority) if parts.scheme == "https" else None
        self._client = httpx.AsyncClient(
            base_url=self.address,
            headers={**self._head, **named},
            verify=self._tls or True,
            trust_env=False,
            timeout=WAIT_S,
            event_hooks={"request": [self._check]},
        )

    async def __aenter__(self) -> Bridge:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """The bridge's answer to one request; text for a document, else what its JSON says."""
        try:
            answer = await self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise BridgeError("bridge_silent", str(error) or type(error).__name__) from None
        if answer.is_success:
            return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text
        if answer.status_code in (401, 403):
            raise BridgeError(REFUSED[4000 + answer.status_code], _detail(answer), answer.status_code)
        raise BridgeError("bridge_refused", _detail(answer), answer.status_code)

    async def ask_if_there(self, path: str) -> Any:
        """The answer to a GET, or None when the bridge has no such thing, or is of a version that knows no such path. Raises
        BridgeError otherwise."""
        try:
            return await self.ask("GET", path)
        except BridgeError as error:
            if error.status == 404:
                return None
            raise

    async def download(self, path: str, file: Path, span: Mapping[str, int]) -> None:
        """Write what the bridge answers into a file that nobody else can read, part by part; `span` is the query. Raises OSError
        where it cannot be written."""
        try:
            async with self._client.stream("GET", path, params=dict(span)) as answer:
                if not answer.is_success:
                    await answer.aread()
                    refused = REFUSED.get(4000 + answer.status_code, "bridge_refused")
                    raise BridgeError(refused, _detail(answer))
                with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                    async for part in answer.aiter_bytes():
                        out.write(part)
        except httpx.HTTPError as error:
            raise BridgeError("bridge_silent", str(error) or type(error).__name__) from None

    async def _check(self, request: httpx.Request) -> None:
        """Nothing leaves that the visitor may not ask for, whichever way it is asked, and not without their filter and rights of
        now."""
        self._may(needed(request.method, request.url.path))
        if request.url.params.get("download", "false").lower() not in NOT_KEPT:
            self._may(Right.DOWNLOAD)
        request.headers.update(self._narrowed() | self._apart())

    def _narrowed(self) -> dict[str, str]:
        """The header with the visitor's filter; none where they see all calls."""
        visitor = self._visitor
        return {} if visitor is None or visitor.sees_all_calls else {CALLS: visitor.calls()}

    def _apart(self) -> dict[str, str]:
        """The header with those of the rights of R-23.12 that a person has; the bridge knows an employee's itself."""
        visitor = self._visitor
        if visitor is None or visitor.user is not None:
            return {}
        return {MAY: " ".join(right for right in rights.APART if visitor.may(right))}

    def _may(self, right: Right) -> None:
        if self._visitor is not None and not self._visitor.may(right):
            raise BridgeError(f"refused.{right}")

    @contextlib.asynccontextmanager
    async def opened(
        self, path: str, query: Mapping[str, str], head: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """What the bridge answers, as it comes and not compressed."""
        try:
            asked = {"Accept-Encoding": "identity", **head}
            async with self._client.stream("GET", path, params=dict(query), headers=asked) as answer:
                if not answer.is_success:
                    await answer.aread()
                    refused = REFUSED.get(4000 + answer.status_code, "bridge_refused")
                    raise BridgeError(refused, _detail(answer), answer.status_code)
                yield answer
        except httpx.HTTPError as error:
            raise BridgeError("bridge_silent", str(error) or type(error).__name__) from None

    async def events(self, run: int, after: int) -> AsyncIterator[dict[str, Any]]:
        """Everything the bridge reports after event `after` of its run `run`, a hello first. Ends when the bridge goes, and
        when the visitor's filter is another one."""
        narrowed, looked_s = self._narrowed(), time.monotonic()
        address = "ws" + self.address.removeprefix("http") + f"/api/events?run={run}&after={after}"
        try:
            async with connect(
                address, additional_headers={**self._head, **narrowed}, proxy=None, ssl=self._tls, open_timeout=WAIT_S
            ) as socket:
                async for message in socket:
                    if time.monotonic() - looked_s > LOOK_S:
                        looked_s = time.monotonic()
                        if self._narrowed() != narrowed:
                            return
                    yield msgspec.json.decode(message)
        except InvalidStatus as error:
            refused = REFUSED.get(4000 + error.response.status_code, "bridge_silent")
            raise BridgeError(refused, str(error)) from None
        except (OSError, TimeoutError, WebSocketException, msgspec.DecodeError) as error:
            code = getattr(getattr(error, "rcvd", None), "code", 0)
            raise BridgeError(REFUSED.get(code, "bridge_silent"), str(error)) from None

    async def sip(self, listener: str) -> ClientConnection:
        """A connection to one of the bridge's WebSocket listeners, for a phone in a page (RFC 7118)."""
        self._may(Right.CALL)
        settings: dict[str, Any] = {}
        parts = urlsplit(listener)
        if parts.scheme == "wss":
            own = urlsplit(self.address).hostname if _is_numeric(parts.hostname or "") else parts.hostname
            settings = {"ssl": ssl.create_default_context(cafile=self._authority), "server_hostname": own}
        try:
            return await connect(
                listener,
                subprotocols=[Subprotocol("sip")],
                proxy=None,
                open_timeout=WAIT_S,
                compression=None,
                **settings,
            )
        except (OSError, TimeoutError, WebSocketException) as error:
            raise BridgeError("bridge_silent", str(error)) from None


def _is_numeric(host: str) -> bool:
    """Whether a host is an address: a certificate is of a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def needed(method: str, path: str) -> Right:
    """The right that a request takes.

    >>> needed("GET", "/api/calls"), needed("POST", "/api/versions/v7/promote"), needed("DELETE", "/api/bans/10.0.0.1")
    (<Right.SEE: 'see'>, <Right.PROMOTE: 'promote'>, <Right.ACT: 'act'>)
    >>> needed("GET", "/api/history/c7/recording"), needed("POST", "/api/phones"), needed("GET", "/api/history")
    (<Right.LISTEN: 'listen'>, <Right.CALL: 'call'>, <Right.CALLS: 'calls'>)
    >>> needed("POST", "/api/calls/c7/listen"), needed("POST", "/api/calls/c7/barge")
    (<Right.LISTEN: 'listen'>, <Right.ACT: 'act'>)
    >>> needed("PUT", "/api/voice-messages/c7.r1/state"), needed("DELETE", "/api/voice-messages/c7.r1")
    (<Right.LISTEN: 'listen'>, <Right.ACT: 'act'>)
    """
    if path.endswith(("/recording", "/audio", ".wav")):
        return Right.LISTEN
    if path.endswith("/listen") or path == "/api/listening":
        return Right.LISTEN
    if path == "/api/voicemail-pin" or (path.startswith("/api/voice-messages") and path.endswith("/state")):
        return Right.LISTEN  # of whose box, the bridge decides
    if path.startswith("/api/phones"):
        return Right.CALL
    if method == "GET" and path.startswith(("/api/history", "/api/voice-messages", "/api/rights/own")):
        return Right.CALLS
    if path.startswith("/api/rights"):
        return Right.MANAGE
    if method == "GET":
        return Right.SEE
    return Right.PROMOTE if "/api/versions" in path else Right.ACT


def named_in(visitor: Visitor) -> dict[str, str]:
    """The header that says for whom a request is."""
    return {PERSON: quote(visitor.name, safe="")} if visitor.user is None else {USER: str(visitor.user)}


def configured(visitor: Visitor | None, environment: Mapping[str, str] = os.environ) -> Bridge | None:
    """The bridge the environment names, asked for a visitor or for nobody yet, or None when it names none. Raises BridgeError."""
    address = environment.get(ADDRESS, "")
    if not address:
        return None
    token = token_in(Path(environment.get(TOKEN_FILE, "pbx.token")))
    return Bridge(address, token, environment.get(AUTHORITY), visitor)


def configured_address(environment: Mapping[str, str] = os.environ) -> str:
    """Where the environment says that the bridge is, for people; empty when it does not."""
    return environment.get(ADDRESS, "")


def token_in(file: Path) -> str:
    """The token a file holds. Raises BridgeError when there is none or others can read it."""
    try:
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise BridgeError("token_open", str(file))
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise BridgeError("token_missing", str(file)) from None
    if not token:
        raise BridgeError("token_missing", str(file))
    return token


def keep_token(file: Path, token: str) -> None:
    """Write a token where its owner alone can read it, from the first byte on. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(token + "\n")


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
    return str(detail.get("message", detail)) if isinstance(detail, dict) else str(detail)
