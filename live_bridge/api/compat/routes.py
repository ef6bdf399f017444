"""The reference service's HTTP API beside ours, for programs that were written for it (R-19.2 to R-19.4).

Decides paths, forms and limits: `/<domain>/<method>.json`, bodies as forms or JSON, answers with `status` "1" or "0" and a
`comment`, a pair of keys in `x-pbx-authentication`. What a method does is the same as under /api, under the same scopes; what
this PBX has nothing for is refused by name. Leaves forms of things to `views.py`, edits to `edits.py`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from engine.contract import events as ev
from engine.contract.ids import SECOND_US
from engine.numbers.digits import is_digits
from live_bridge.api.access.guesses import TOO_MANY, Guesses
from live_bridge.api.access.refusal_rules import named
from live_bridge.api.access.who import LISTEN
from live_bridge.api.call_requests import CallRequests, RequestRefused, can_be_dialled, refuse_static
from live_bridge.api.compat import edits, keys, views
from live_bridge.api.compat.keys import Holder
from live_bridge.api.document_edits import Edits, refuse_referred
from live_bridge.store.history_rows import CallFilter
from live_bridge.store.store import now

if TYPE_CHECKING:
    from live_bridge.api.stream import EventStream
    from live_bridge.service.service import Service

log = logging.getLogger(__name__)

WEEK_S = 7 * 86400
"""Of history in one request (R-19.4)."""

CALLS_MOST = 5000
"""Calls of one answer."""

BODY_BYTES = 64 * 1024

UNMAPPED_CALL = ("gate_from", "gate_to", "to_domain", "from_orig_number", "from_orig_name")
"""Fields of calls that choose lines and names by hand: here the PBX's outgoing rules do."""

Fields = dict[str, Any]
Method = Callable[[Fields, Holder, str], Any]


def answer(data: Any = None, comment: str = "") -> dict[str, Any]:
    """A good answer."""
    return {"status": "1", "comment": comment, **({} if data is None else {"data": data})}


def refusal(comment: str, code: str = "") -> dict[str, Any]:
    """A bad one."""
    told: dict[str, Any] = {"status": "0", "comment": named(comment, "R-19.2")}
    return told | ({"errorCode": code} if code else {})


NOT_AUTH = {**refusal("ask auth.json for a new pair of keys", "API_KEY_CHECK_FAILED"), "isNotAuth": True}


class Compatible:
    """The methods, each from fields to an answer. Used in threads that may wait."""

    def __init__(self, service: Service, stream: EventStream, asks: CallRequests) -> None:
        self._service = service
        self._stream = stream
        self._asks = asks
        self._edits = Edits(service)
        self.methods: dict[str, tuple[str, Method]] = {
            "mongo_history/search": ("history:read", self.history),
            "call/now": ("calls:write", self.call),
            "call/instantly": ("calls:write", self.call),
            "user/get": ("calls:read", self._get(lambda: views.users(service.flow))),
            "group/get": ("calls:read", self._get(lambda: views.groups(service.flow))),
            "fifo/get": ("calls:read", self._get(lambda: views.queues(service.flow, stream.members()))),
            "user/add": ("versions:write", self.add_user),
            "user/edit": ("versions:write", self._edit("user")),
            "group/add": ("versions:write", self._add("group")),
            "group/edit": ("versions:write", self._edit("group")),
            "group/remove": ("versions:write", self._remove("group")),
            "fifo/add": ("versions:write", self._add("fifo")),
            "fifo/edit": ("versions:write", self.edit_queue),
        }
        self.collections: dict[tuple[str, str], tuple[str, Method]] = {
            ("GET", "ivr"): ("calls:read", self._get(lambda: views.greetings(service.flow))),
            ("POST", "ivr"): ("versions:write", self._add("ivr")),
            ("PATCH", "ivr"): ("versions:write", self._edit("ivr")),
            ("DELETE", "ivr"): ("versions:write", self._remove("ivr")),
            ("GET", "blocklist"): ("calls:read", self._get(lambda: views.blocked(service.flow))),
            ("POST", "blocklist/contact"): ("versions:write", lambda f, who, base: self._block(f, who, True)),
            ("DELETE", "blocklist/contact"): ("versions:write", lambda f, who, base: self._block(f, who, False)),
        }

    # --- calls -------------------------------------------------------------------------------------------------------

    def call(self, fields: Fields, who: Holder, base: str) -> Any:
        """Ring the user `from`, who then calls `to`."""
        unmapped = [name for name in UNMAPPED_CALL if str(fields.get(name, "")).strip()]
        if unmapped:
            raise RequestRefused(
                f"{', '.join(unmapped)} cannot be mapped: the outgoing rules choose line and number here", 422
            )
        person, to = str(fields.get("from", "")).strip(), str(fields.get("to", "")).strip()
        if not is_digits(person):
            raise RequestRefused("from must be the internal number of a user", 422)
        if not can_be_dialled(to):
            raise RequestRefused("to must be a number", 422)
        return answer({"uuid": self._asks.call(int(person), to, who.name)})

    def history(self, fields: Fields, who: Holder, base: str) -> Any:
        """A week of calls, one call, or a link to a call's recording."""
        service = self._service
        seen = service.seen_calls(who.who.sight)
        service.records.settle()
        uuid = str(fields.get("uuid", "")).strip()
        if uuid:
            record = seen.call(uuid)
            if str(fields.get("download", "")) == "1":
                if not who.who.download:
                    raise RequestRefused(f"this key may not listen: its token lacks the scope {LISTEN}", 403)
                links = [] if record is None else [service.links.url(name, base) for name in record.recordings]
                found = [link for link in links if link]
                if not found:
                    raise RequestRefused(f"there is no recording of call {uuid}", 404)
                log.info("a link to the recording of call %s was given to %s (R-23.12)", uuid, who.name)
                return answer(found[0])
            return answer([] if record is None else [views.call(record)])
        until_s = _stamp(fields, "start_stamp_to", now() // SECOND_US + 1)
        since_s = max(_stamp(fields, "start_stamp_from", until_s - WEEK_S), until_s - WEEK_S)
        limit = min(CALLS_MOST, max(1, _stamp(fields, "limit", CALLS_MOST)))
        wanted = CallFilter(
            since=since_s * SECOND_US, until=until_s * SECOND_US,
            numbers=_numbers(fields, "phone_numbers"), parts=_numbers(fields, "sub_phone_numbers"),
            accountcode=str(fields.get("accountcode", "")) or None, gateway=str(fields.get("gateway", "")) or None,
        )  # fmt: skip
        records = seen.history(wanted, limit=limit + 1)
        comment = "" if len(records) <= limit else f"there are more than {limit} calls: ask for a shorter time"
        return answer([views.call(record) for record in records[:limit]], comment)

    # --- users, groups, queues, greetings, blocks --------------------------------------------------------------------

    def _get(self, things: Callable[[], list[dict[str, Any]]]) -> Method:
        def get(fields: Fields, who: Holder, base: str) -> Any:
            wanted = str(fields.get("num", "")).strip()
            return answer([one for one in things() if not wanted or one.get("num") == wanted])

        return get

    def _add(self, family: str) -> Method:
        def add(fields: Fields, who: Holder, base: str) -> Any:
            change, made = edits.add(family, fields)
            version = self._edits.make(change, by=who.name, acknowledged_by=str(fields.get("acknowledged_by", "")))
            return answer({"num": str(made[0]), "version": version})

        return add

    def _edit(self, family: str) -> Method:
        def edit(fields: Fields, who: Holder, base: str) -> Any:
            change = edits.edit(family, fields)
            version = self._edits.make(change, by=who.name, acknowledged_by=str(fields.get("acknowledged_by", "")))
            return answer({"num": str(fields["num"]), "version": version})

        return edit

    def _remove(self, family: str) -> Method:
        def remove(fields: Fields, who: Holder, base: str) -> Any:
            number = edits.number_of(fields)
            change = edits.remove(family, fields)
            if number in self._service.flow.elements:
                refuse_referred(self._service, number)
            version = self._edits.make(change, by=who.name, acknowledged_by=str(fields.get("acknowledged_by", "")))
            return answer({"num": str(number), "version": version})

        return remove

    def add_user(self, fields: Fields, who: Holder, base: str) -> Any:
        """A new user, whose SIP password is told here and never again."""
        told = self._add("user")(fields, who, base)
        told["data"]["password"] = self._service.new_password(int(told["data"]["num"]))
        return told

    def edit_queue(self, fields: Fields, who: Holder, base: str) -> Any:
        """A queue; `users` may also say who is signed in: `201:1;202:0`."""
        told = self._edit("fifo")(fields, who, base)
        queue = int(told["data"]["num"])
        for text in str(fields.get("users", "")).replace(",", ";").split(";"):
            user, _, signed = text.strip().partition(":")
            if is_digits(user) and signed in ("0", "1"):
                event = ev.MemberSignedIn if signed == "1" else ev.MemberSignedOut
                if event is ev.MemberSignedOut:
                    refuse_static(self._service.flow, int(user), queue)
                self._service.driver.submit(event(user=int(user), queue=queue))
        return told

    def _block(self, fields: Fields, who: Holder, wanted: bool) -> Any:
        given = fields.get("number", fields.get("numbers", ""))
        numbers = [
            str(n).strip() for n in (given if isinstance(given, list) else str(given).replace(",", ";").split(";"))
        ]
        numbers = [number for number in numbers if number]
        if not numbers:
            raise RequestRefused("say which number", 422)
        rules = views.block_rules(self._service.flow)
        if len(rules) != 1:
            raise RequestRefused(
                f"a blocklist is a number rule whose match is hangup (R-12); this PBX has {len(rules)} of them, it must have one"
            )
        change = edits.block(rules[0], numbers, wanted)
        version = self._edits.make(change, by=who.name, acknowledged_by=str(fields.get("acknowledged_by", "")))
        return answer({"rule": str(rules[0]), "version": version})


def compat_routes(
    service: Service, stream: EventStream, asks: CallRequests, domain: str, guesses: Guesses
) -> APIRouter:
    """The paths under /<domain>/."""
    api = APIRouter(prefix="/{name}", tags=["compatible"])
    methods = Compatible(service, stream, asks)
    store = service.store

    async def served(request: Request, name: str, scope: str, method: Method) -> JSONResponse:
        if name.lower() not in (domain.lower(), service.pbx.lower()):
            return JSONResponse(refusal(f"this bridge serves {domain}"))
        pair, host = request.headers.get("x-pbx-authentication", ""), _host(request)
        if not guesses.may_try(host, pair):
            return JSONResponse(refusal(TOO_MANY, "TOO_MANY_REQUESTS"))
        who = await run_in_threadpool(keys.holder, service.records.state, store, pair)
        if who is None:
            if pair:
                guesses.wrong(host, "key")
            return JSONResponse(NOT_AUTH)
        guesses.good(pair)
        if scope not in who.scopes:
            return JSONResponse(refusal(f"this key may not: its token lacks the scope {scope}", "ACCESS_DENIED"))
        if who.who.is_limited and method != methods.history:
            words = "this key sees the calls of some numbers only, and no more than their history (R-23.12)"
            return JSONResponse(refusal(words, "ACCESS_DENIED"))
        fields = await _fields(request)
        if fields is None:
            return JSONResponse(refusal(f"the body is neither a form nor a JSON object of at most {BODY_BYTES} bytes"))
        try:
            return JSONResponse(await run_in_threadpool(method, fields, who, str(request.base_url)))
        except RequestRefused as error:
            return JSONResponse(refusal(str(error), "TOO_MANY_REQUESTS" if error.status == 429 else ""))

    @api.post("/auth.json")
    async def auth(name: str, request: Request) -> JSONResponse:
        """A pair of keys for a token (`auth_key`); it lives three days from its last use."""
        fields = await _fields(request) or {}
        auth_key, host = str(fields.get("auth_key", "")), _host(request)
        if not guesses.may_try(host, auth_key):
            return JSONResponse(refusal(TOO_MANY, "TOO_MANY_REQUESTS"))
        made = await run_in_threadpool(keys.make, service.records.state, store, auth_key)
        if made is None:
            guesses.wrong(host, "auth_key")
        else:
            guesses.good(auth_key)
        if made is None or name.lower() not in (domain.lower(), service.pbx.lower()):
            return JSONResponse(
                refusal("this auth_key is not known here; make one with pbx token", "API_KEY_CHECK_FAILED")
            )
        return JSONResponse(answer({"key_id": made[0], "key": made[1]}))

    def route(method: str, path: str, scope: str, act: Method) -> None:
        async def endpoint(name: str, request: Request) -> JSONResponse:
            return await served(request, name, scope, act)

        handler: Callable[[str, Request], Awaitable[JSONResponse]] = endpoint
        summary = f"{path} (scope {scope})"
        api.add_api_route(path, handler, methods=[method], summary=summary, operation_id=f"{method} {path}")

    for path, (scope, act) in methods.methods.items():
        route("POST", f"/{path}.json", scope, act)
    for (verb, path), (scope, act) in methods.collections.items():
        route(verb, f"/{path}", scope, act)
    return api


def _host(request: Request) -> str:
    return request.client.host if request.client is not None else ""


async def _fields(request: Request) -> Fields | None:
    """Query and body as one mapping; None when the body is too large or no mapping."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            return None
    fields: Fields = dict(request.query_params)
    try:
        text = body.decode()
        if "json" in request.headers.get("content-type", "") and text:
            found = json.loads(text)
            if not isinstance(found, Mapping):
                return None
            fields |= found
        else:
            fields |= dict(parse_qsl(text, keep_blank_values=True, max_num_fields=200))
    except (ValueError, RecursionError):
        return None
    return fields


def _stamp(fields: Fields, name: str, otherwise: int) -> int:
    text = str(fields.get(name, "")).strip()
    if not text:
        return otherwise
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise RequestRefused(f"{name} is a number of seconds since 1970, not {text[:40]}", 422) from None


def _numbers(fields: Fields, name: str) -> tuple[str, ...]:
    given = fields.get(name, "")
    texts = given if isinstance(given, list) else str(given).replace(",", ";").split(";")
    return tuple(str(text).strip() for text in texts if str(text).strip())[:100]
