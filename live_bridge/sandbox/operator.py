"""A stand-in for the partner operator: VoxImplant's management API, a balance, free numbers by region, confirmation, and a SIP
trunk that really calls.

Decides what may be bought and for how much, and what a caller beyond the operator experiences: the page at `/` calls a bought
number, and the call goes by SIP to the address that was written for it. Leaves SIP to the telephones of `rehearsal/`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from decimal import Decimal
from html import escape
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from engine.numbers.digits import is_digits
from live_bridge.rehearsal.telephones import Exchange, PhoneLine, Telephone
from live_bridge.sandbox import page

REGIONS: Final = {1: ("Москва", "7495", Decimal("200.00")), 2: ("Санкт-Петербург", "7812", Decimal("180.00"))}
"""Name, area code and monthly fee by id."""
NUMBERS_EACH: Final = 20
SEES_S: Final = 0.1

ERRORS: Final = {
    "auth": (100, "Authorization failed"),
    "funds": (105, "Insufficient funds"),
    "region": (110, "The 'phone_region_id' parameter is invalid"),
    "number": (125, "The phone number is not available"),
    "not_ours": (123, "The phone number is not found"),
    "method": (103, "Unknown method"),
}


class Sold(msgspec.Struct):
    """A number that was bought."""

    number: str
    region: int
    application: str = ""
    verification: str = "REQUIRED"


class Refused(Exception):
    """What the API answers with an error; its argument is a key of ERRORS."""


class OperatorTrunk:
    """The SIP side: callers beyond the operator. A thread of its own reads what their telephones hear."""

    def __init__(self) -> None:
        self._exchange = Exchange()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.calls: list[PhoneLine] = []
        self._thread = threading.Thread(target=self._run, name="trunk", daemon=True)
        self._thread.start()

    def call(self, caller: str, number: str, sip: str) -> PhoneLine:
        """Call a number at a SIP address, `sip:NUMBER@HOST:PORT`. ValueError for one that is none."""
        host, _, port = sip.removeprefix("sip:").partition("@")[2].partition(":")
        if not host or not is_digits(port):
            raise ValueError(f"{sip!r} is no address of a trunk: sip:NUMBER@HOST:PORT")
        with self._lock:
            telephone = self._exchange.add(Telephone("operator", (host, int(port)), self))
            line = telephone.call(number, caller, secrets.token_hex(12))
            self.calls.append(line)
        self._exchange.wake()
        return line

    def end(self, line: PhoneLine) -> None:
        """The caller hangs up."""
        with self._lock:
            line.hang_up()

    def close(self) -> None:
        """Put all telephones away."""
        self._stop.set()
        self._exchange.wake()
        self._thread.join(5)
        self._exchange.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._exchange.receive(0.0)
            self._stop.wait(SEES_S / 5)

    def rung(self, line: PhoneLine) -> None:
        """A call from the PBX: the world beyond answers."""
        line.pick_up()

    def cleared(self, line: PhoneLine) -> None:
        """The far side has ended it; its state says so."""

    def done(self, what: tuple[str, object]) -> None:
        """An answer came; the line's state says which."""


def operator_app(account: str, key: str, balance: Decimal = Decimal("10000.00")) -> FastAPI:
    """The application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    free = {f"{code}{1230000 + n:07}": id for id, (_, code, _) in REGIONS.items() for n in range(NUMBERS_EACH)}
    sold: dict[str, Sold] = {}
    routes: dict[str, str] = {}
    money = [balance]
    trunk = OperatorTrunk()
    lock = threading.Lock()

    def regions(given: dict[str, str]) -> dict[str, Any]:
        counts = {id: sum(1 for of in free.values() if of == id) for id in REGIONS}
        found = [
            {
                "phone_region_id": id, "phone_region_name": name, "phone_region_code": code, "phone_count": counts[id],
                "phone_price": float(fee), "phone_installation_price": 0.0, "phone_period": "0-1-0 0:0:0",
            }
            for id, (name, code, fee) in REGIONS.items()
        ]  # fmt: skip
        return {"result": found, "count": len(found)}

    def new_numbers(given: dict[str, str]) -> dict[str, Any]:
        id = _region(given)
        mine = sorted(number for number, of in free.items() if of == id)[: int(given.get("count", "20") or 20)]
        found = [
            {"phone_number": one, "phone_price": float(REGIONS[id][2]), "phone_period": "0-1-0 0:0:0"} for one in mine
        ]
        return {"result": found, "count": len(found)}

    def attach(given: dict[str, str]) -> dict[str, Any]:
        id, number = _region(given), given.get("phone_number", "")
        if free.get(number) != id:
            raise Refused("number")
        if money[0] < REGIONS[id][2]:
            raise Refused("funds")
        money[0] -= REGIONS[id][2]
        del free[number]
        sold[number] = Sold(number=number, region=id)
        one = {"phone_number": number, "required_verification": True, "verification_status": "REQUIRED"}
        return {"result": 1, "phone_numbers": [one]}

    def mine(given: dict[str, str]) -> dict[str, Any]:
        wanted = given.get("phone_number", "")
        found = [
            {
                "phone_number": one.number, "phone_price": float(REGIONS[one.region][2]),
                "application_name": one.application, "verification_status": one.verification,
                "phone_region_name": REGIONS[one.region][0],
            }
            for one in sold.values()
            if wanted in ("", one.number)
        ]  # fmt: skip
        return {"result": found, "count": len(found)}

    def bind(given: dict[str, str]) -> dict[str, Any]:
        _ours(given).application = given.get("application_name", "")
        return {"result": 1}

    def keep(given: dict[str, str]) -> dict[str, Any]:
        routes[given.get("key", "")] = given.get("value", "")
        return {"result": 1}

    def give_back(given: dict[str, str]) -> dict[str, Any]:
        one = _ours(given)
        del sold[one.number]
        routes.pop(one.number, None)
        free[one.number] = one.region
        return {"result": 1}

    def _region(given: dict[str, str]) -> int:
        text = given.get("phone_region_id", "")
        if not (is_digits(text) and int(text) in REGIONS):
            raise Refused("region")
        return int(text)

    def _ours(given: dict[str, str]) -> Sold:
        found = sold.get(given.get("phone_number", ""))
        if found is None:
            raise Refused("not_ours")
        return found

    methods: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
        "GetAccountInfo": lambda _: {"result": {"account_id": account, "balance": float(money[0]), "currency": "RUR"}},
        "GetPhoneNumberRegions": regions,
        "GetNewPhoneNumbers": new_numbers,
        "AttachPhoneNumber": attach,
        "GetPhoneNumbers": mine,
        "BindPhoneNumberToApplication": bind,
        "SetKeyValueItem": keep,
        "DeactivatePhoneNumber": give_back,
    }

    @app.api_route("/platform_api/{method}/", methods=["GET", "POST"])
    async def ask(method: str, request: Request) -> Response:
        given = await page.fields_of(request)
        try:
            right = secrets.compare_digest(given.get("api_key", "").encode(), key.encode())
            if not right or given.get("account_id") != account:
                raise Refused("auth")
            if method not in methods:
                raise Refused("method")
            with lock:
                return JSONResponse(methods[method](given))
        except Refused as refused:
            code, words = ERRORS[str(refused)]
            return JSONResponse({"error": {"code": code, "msg": words}})

    @app.get("/")
    def show() -> Response:
        lines = [f"Баланс: {money[0]} руб."]
        for one in sold.values():
            who = (
                f"{one.number}, {REGIONS[one.region][0]}: {routes.get(one.number, 'не подключён')}, {one.verification}"
            )
            lines.append(who)
            lines.append(
                f'<form method="post" action="/call/{escape(one.number)}"><label>Звонит '
                '<input name="caller" value="79161234567"></label> <button>Позвонить на номер</button></form>'
                f'<form method="post" action="/verify/{escape(one.number)}"><button>Подтвердить документы</button></form>'
            )
        for line in trunk.calls[-10:]:
            lines.append(f"Вызов {unquote(line.target)}: {line.state} {line.status or ''}")
        return page.page("Оператор номеров", *lines)

    @app.post("/call/{number}")
    async def call(number: str, request: Request) -> Response:
        fields = await page.fields_of(request)
        one = sold.get(number)
        if one is None or not one.application or number not in routes:
            return page.page("Оператор номеров", "Номер не подключён.", status=404)
        try:
            trunk.call(fields.get("caller", "79161234567")[:20], number, routes[number])
        except ValueError as error:
            return page.page("Оператор номеров", str(error), status=422)
        return RedirectResponse("/", 303)

    @app.post("/hang-up")
    def hang_up() -> Response:
        for line in trunk.calls:
            if line.state in ("up", "calling"):
                trunk.end(line)
        return RedirectResponse("/", 303)

    @app.post("/verify/{number}")
    def verify(number: str) -> Response:
        if number in sold:
            sold[number].verification = "VERIFIED"
        return RedirectResponse("/", 303)

    @app.get("/calls")
    def calls() -> list[dict[str, Any]]:
        return [{"to": one.target, "state": one.state, "status": one.status} for one in trunk.calls]

    return app
