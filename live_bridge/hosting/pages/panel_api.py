"""The account's JSON API for its panel: balance, services, payers, invoices, documents, numbers, confirmation.

Decides paths and shapes. Amounts come from what the account has and from invoices, never from what a browser computed (R-21.12).
Leaves deeds to `billing.py`, `papers.py` and `numbers.py` of the hosting process, who may to `guard.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from engine.account import confirmation, invoices, moments, money, standing, tariff
from engine.account.confirmation import Person
from engine.account.tariff import Holdings
from engine.translations import account_ru
from live_bridge.hosting import accounts, attaching, billing, bridges, ledger, numbers, papers
from live_bridge.hosting import tables as t
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.guard import Guard, Id, language_of
from live_bridge.hosting.partner import PartnerAway, PartnerRefused
from live_bridge.hosting.sign_in import Session, SignInFailed
from live_bridge.payments.notices import NoticeRefused

T = TypeVar("T")

SCAN_MOST = 10 * 1024 * 1024
SCANS_MOST = 10
SCAN_KINDS = {b"%PDF": "pdf", b"\xff\xd8\xff": "jpeg", b"\x89PNG": "png"}


class Services(BaseModel):
    """What an account has (R-01.13)."""

    users: int = Field(default=0, ge=0, le=4900)
    trunks: int = Field(default=0, ge=0, le=1000)
    recording: int = Field(default=0, ge=0, le=4900)
    modules: list[str] = Field(default_factory=list, max_length=50)

    def holdings(self) -> Holdings:
        """As the rules count it."""
        names = tuple(dict.fromkeys(self.modules))
        return Holdings(users=self.users, trunks=self.trunks, recording=self.recording, modules=names)


class PayerForm(BaseModel):
    """A payer (R-21.3)."""

    kind: Literal["private", "legal", "foreign"]
    fields: dict[str, str] = Field(max_length=30)


class TopUp(BaseModel):
    """«Пополнить баланс» (R-21.4, R-21.5)."""

    payer: Id
    amount: str
    balance: Literal["pbx", "numbers"] = "pbx"


class Pay(BaseModel):
    """«Оплатить»."""

    system: Literal["robokassa", "platron"]


class Period(BaseModel):
    """«Сформировать акт сверки» (R-20.5)."""

    payer: Id
    first: date
    last: date


class NumberChoice(BaseModel):
    """A number of the partner operator's."""

    number: str


class ConfirmationForm(BaseModel):
    """«Подтвердить аккаунт» (R-03.9)."""

    citizenship: str = Field(min_length=2, max_length=2)
    registered_in_russia: bool = False


class NewPassword(BaseModel):
    """A new panel password."""

    old: str
    new: str


def overview(hosting: Hosting, connection: sa.Connection, account: int, language: str) -> dict[str, Any]:
    """An account as its pages show it."""
    at, zone = hosting.clock(), hosting.config.zone
    found = billing.settle(connection, account, at, zone)
    month = billing.month_charge(connection, found, at, zone)
    today = moments.day_of(at, zone)
    prices = tariff.in_force(billing.price_changes(connection), today, zone)
    hint = standing.hint(found.standing, at)
    spoken = 1 if language == "ru" else 0
    pbx = bridges.state_of(connection, account, hosting.config)
    refusal = standing.extension_refusal(found.standing, at)
    return {
        "name": found.name,
        "domain": f"{found.name}.{hosting.config.suffix}",
        "email": found.email,
        "state": found.standing.state,
        "pbx": None if pbx is None else pbx.state,
        "state_text": account_ru.STATES[found.standing.state][spoken],
        "balance": str(found.standing.balance),
        "numbers_balance": str(billing.number_balance(connection, account)),
        "month": str(month),
        "recommended": str(tariff.recommended(found.standing.balance, month, today)),
        "services": msgspec.to_builtins(found.holdings),
        "prices": [{"name": name, "count": n, "month": str(price)} for name, n, price in prices.lines(found.holdings)],
        "extension": {
            "hint": hint,
            "text": account_ru.HINTS[hint][spoken],
            "works": refusal is None,
            "why": "" if refusal is None else account_ru.told(refusal, language),
        },
        "trial_ends_at": found.standing.trial_ends_at,
        "confirmation": confirmation.TITLES[found.confirmation][spoken],
    }


def shown(invoice: billing.Invoice) -> dict[str, Any]:
    """An invoice for people."""
    return {
        "id": invoice.id,
        "document": invoice.document,
        "payer": invoice.payer,
        "balance": invoice.balance,
        "amount": str(invoice.amount),
        "created_at": invoice.created_at,
        "state": invoice.state,
        "deleted_from": invoices.deletes_at(invoice.created_at) if invoice.state == "open" else None,
    }


def panel_routes(hosting: Hosting, guard: Guard) -> APIRouter:
    """The paths."""
    api = APIRouter(prefix="/api")
    who: Any = Depends(guard.signed_in)

    def write(act: Callable[[sa.Connection], T]) -> T:
        return hosting.database.attempt(act)

    # --- the account -------------------------------------------------------------------------------------------------

    @api.get("/account")
    def account(request: Request, session: Session = who) -> dict[str, Any]:
        """State, balance, what it costs a month, and the hint beside the button."""
        told = write(lambda c: overview(hosting, c, session.account, language_of(request)))
        return {**told, "csrf": session.csrf}

    @api.post("/account/extend")
    def extend(request: Request, session: Session = who) -> dict[str, Any]:
        """«Продлить на 24 часа» (R-22.2)."""

        def act(connection: sa.Connection) -> dict[str, Any]:
            at = hosting.clock()
            billing.settle(connection, session.account, at, hosting.config.zone)
            accounts.extend(connection, session.account, at)
            return overview(hosting, connection, session.account, language_of(request))

        return write(act)

    @api.post("/account/password")
    def password(wanted: NewPassword, session: Session = who) -> dict[str, bool]:
        """A new password; every session ends."""
        try:
            hosting.sign_in.change_password(session.account, wanted.old, wanted.new)
        except SignInFailed as failed:
            raise HTTPException(429 if failed.until else 403, str(failed)) from None
        return {"changed": True}

    @api.get("/account/ledger")
    def entries(balance: Literal["pbx", "numbers"] = "pbx", session: Session = who) -> list[dict[str, Any]]:
        """Everything that changed a balance, the latest first."""
        with hosting.database.reading() as connection:
            found = ledger.bookings(connection, ledger.customer(session.account, balance), 1000)
        return [{"at": b.at, "kind": b.kind, "memo": b.memo, "amount": str(b.amount)} for b in found]

    # --- services ----------------------------------------------------------------------------------------------------

    @api.post("/services/price")
    def price(wanted: Services, session: Session = who) -> dict[str, Any]:
        """What services would cost a month, before they are added (R-01.13)."""
        with hosting.database.reading() as connection:
            day = moments.day_of(hosting.clock(), hosting.config.zone)
            prices = tariff.in_force(billing.price_changes(connection), day, hosting.config.zone)
            now = prices.month(accounts.read(connection, session.account).holdings)
        after = prices.month(wanted.holdings())
        return {"month": str(after), "more": str(after - now), "day": str(tariff.day_charge(after, day))}

    @api.put("/services")
    def services(wanted: Services, session: Session = who) -> dict[str, Any]:
        """What the account has from now on; the day's charge is for these."""

        def act(connection: sa.Connection) -> Decimal:
            billing.settle(connection, session.account, hosting.clock(), hosting.config.zone)
            accounts.set_holdings(connection, session.account, wanted.holdings())
            found = accounts.read(connection, session.account)
            return billing.month_charge(connection, found, hosting.clock(), hosting.config.zone)

        return {"month": str(write(act))}

    # --- telephones --------------------------------------------------------------------------------------------------

    @api.post("/users/{user}/password", status_code=201)
    def sip_password(user: Annotated[int, Path(ge=100, le=4999)], session: Session = who) -> dict[str, Any]:
        """A new SIP password of a user of the PBX, with all that a telephone is set up with (R-15.4). It is told here and never
        again."""
        with hosting.database.reading() as connection:
            name = accounts.read(connection, session.account).name
            seen = bridges.state_of(connection, session.account, hosting.config)
        try:
            with hosting.database.reading() as connection:
                bridge = attaching.bridge_of(connection, session.account)
            made = attaching.ask_bridge(bridge, "POST", f"/api/users/{user}/password").json()
        except attaching.BridgeRefused as error:
            raise HTTPException(503, str(error)) from None
        pbxs = hosting.config.pbxs
        host = "" if pbxs is None else pbxs.public or pbxs.host
        port = None if seen is None else seen.sip_port
        domain = f"{name}.{hosting.config.suffix}"
        return {"domain": domain, "host": host, "port": port, "login": str(user), "password": made["password"]}

    # --- payers and invoices -----------------------------------------------------------------------------------------

    @api.get("/payers")
    def payers(session: Session = who) -> list[dict[str, Any]]:
        """Payers, with what is missing of each."""
        with hosting.database.reading() as connection:
            found = billing.payers_of(connection, session.account)
        return [
            {
                "id": id,
                "kind": one.kind,
                "fields": one.fields,
                "missing": [name for name in invoices.NEEDED[one.kind] if not one.fields.get(name, "").strip()],
            }
            for id, one in found.items()
        ]

    @api.post("/payers", status_code=201)
    def add_payer(wanted: PayerForm, session: Session = who) -> dict[str, int]:
        """A new payer."""
        at = hosting.clock()
        return {"id": write(lambda c: billing.add_payer(c, session.account, at, wanted.kind, _short(wanted.fields)))}

    @api.put("/payers/{payer}")
    def change_payer(payer: Id, wanted: PayerForm, session: Session = who) -> dict[str, int]:
        """New fields; issued documents keep the old ones (R-21.5)."""
        write(lambda c: billing.change_payer(c, session.account, payer, _short(wanted.fields)))
        return {"id": payer}

    @api.get("/invoices")
    def invoices_(session: Session = who) -> list[dict[str, Any]]:
        """Invoices that were not deleted, the latest first."""
        with hosting.database.reading() as connection:
            return [shown(one) for one in billing.invoices_of(connection, session.account)]

    @api.post("/invoices", status_code=201)
    def top_up(wanted: TopUp, session: Session = who) -> dict[str, Any]:
        """An invoice with its document."""
        amount = money.read(wanted.amount)
        at, provider = hosting.clock(), hosting.config.provider.model_dump()
        return shown(
            write(
                lambda c: billing.make_invoice(c, session.account, wanted.payer, amount, at, provider, wanted.balance)
            )
        )

    @api.post("/invoices/{invoice}/pay")
    def pay(invoice: Id, wanted: Pay, session: Session = who) -> dict[str, str]:
        """Where the browser goes to pay."""
        return {"url": begin_payment(hosting, session.account, invoice, wanted.system)}

    # --- documents ---------------------------------------------------------------------------------------------------

    @api.get("/documents")
    def documents(session: Session = who) -> list[dict[str, Any]]:
        """Documents, the latest first; each is printed at /documents/{id}."""
        with hosting.database.reading() as connection:
            found = papers.papers(connection, session.account)
        return [{"id": p.id, "kind": p.kind, "number": p.number, "issued_at": p.issued_at} for p in found]

    @api.post("/documents/reconciliation", status_code=201)
    def reconcile(wanted: Period, session: Session = who) -> dict[str, Any]:
        """The reconciliation act of a period (R-20.5)."""
        if wanted.last < wanted.first:
            raise HTTPException(422, "the period ends before it begins (R-20.5)")
        at = hosting.clock()
        id, sums = write(
            lambda c: papers.reconciliation(c, session.account, wanted.payer, wanted.first, wanted.last, at)
        )
        return {"id": id, **{name: str(value) for name, value in msgspec.structs.asdict(sums).items()}}

    # --- bought numbers ----------------------------------------------------------------------------------------------

    def free_numbers(city: str) -> list[numbers.Offer]:
        try:
            return hosting.offers(city)
        except (PartnerAway, PartnerRefused) as error:
            raise HTTPException(503, str(error)) from None

    @api.get("/numbers/offers")
    def offers(city: str = "", session: Session = who) -> list[dict[str, str]]:
        """Free numbers with their fees (R-03.2)."""
        with hosting.database.reading() as connection:
            held = set(connection.execute(sa.select(t.numbers.c.held)).scalars())
        return [
            {"number": one.number, "city": one.city, "fee": str(one.fee)}
            for one in free_numbers(city)
            if one.number not in held
        ]

    @api.get("/numbers")
    def numbers_(session: Session = who) -> list[dict[str, Any]]:
        """Numbers of the account, and whether they are paid for."""
        with hosting.database.reading() as connection:
            unpaid = numbers.unpaid_trunks(connection, session.account, hosting.clock())
            found = numbers.held_by(connection, session.account)
        return [
            {
                "number": one.number,
                "city": one.city,
                "trunk": one.trunk,
                "fee": str(one.fee),
                "paid_until": one.paid_until.isoformat(),
                "paid": one.trunk not in unpaid,
            }
            for one in found
        ]

    @api.post("/numbers", status_code=201)
    def buy(wanted: NumberChoice, session: Session = who) -> dict[str, int]:
        """Buy a number (R-03.4)."""
        chosen = next((one for one in free_numbers("") if one.number == wanted.number), None)
        if chosen is None:
            raise HTTPException(404, "there is no such number (R-03.2)")
        return {"id": write(lambda c: numbers.buy(c, session.account, chosen, hosting.clock()))}

    # --- confirmation ------------------------------------------------------------------------------------------------

    @api.post("/confirmation/scans", status_code=201)
    async def scan(request: Request, name: str, session: Session = who) -> dict[str, int]:
        """A scan: its bytes are the body. PDF, JPEG or PNG."""
        body = await request.body()
        if len(body) > SCAN_MOST or not any(body.startswith(kind) for kind in SCAN_KINDS):
            raise HTTPException(422, "a scan is PDF, JPEG or PNG of at most 10 MB (R-03.9)")

        def act(connection: sa.Connection) -> int:
            s = t.scans.c
            count = connection.execute(sa.select(sa.func.count()).where(s.account == session.account)).scalar_one()
            if count >= SCANS_MOST:
                raise HTTPException(422, f"at most {SCANS_MOST} scans (R-03.9)")
            values = {"account": session.account, "name": name[:128], "body": body, "sent": False}
            made = connection.execute(t.scans.insert().values(**values))
            return int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has it

        return {"id": await run_in_threadpool(write, act)}

    @api.delete("/confirmation/scans/{scan}")
    def remove(scan: Id, session: Session = who) -> dict[str, bool]:
        """Remove a scan that was not sent yet."""
        s = t.scans.c
        mine = (s.id == scan, s.account == session.account, s.sent.is_(False))
        return {"removed": write(lambda c: c.execute(t.scans.delete().where(*mine)).rowcount) == 1}

    @api.post("/confirmation")
    def confirm(wanted: ConfirmationForm, session: Session = who) -> dict[str, Any]:
        """Send the form and its scans; the check takes up to three working days (R-03.10)."""
        at = hosting.clock()
        person = Person(citizenship=wanted.citizenship, registered_in_russia=wanted.registered_in_russia)

        def act(connection: sa.Connection) -> str:
            s, a = t.scans.c, t.accounts.c
            found = accounts.take(connection, session.account)
            waiting = (s.account == session.account, s.sent.is_(False))
            files = connection.execute(sa.select(sa.func.count()).select_from(t.scans).where(*waiting)).scalar_one()
            after = confirmation.check_request(found.confirmation, person, files)
            connection.execute(t.scans.update().where(*waiting).values(sent=True))
            values = {"confirmation": after, "confirmation_sent_at": at}
            connection.execute(t.accounts.update().where(a.id == session.account).values(**values))
            return after

        return {"state": write(act), "checked_by": confirmation.checked_by(at)}

    return api


def begin_payment(hosting: Hosting, account: int, invoice: int, name: str) -> str:
    """Begin the payment of an invoice; where the browser goes. HTTPException, AccountRefused."""
    system = hosting.systems.get(name)
    if system is None:
        raise HTTPException(404, f"{name} is not set up here")
    rate = hosting.config.rub_per_usd
    found = hosting.database.attempt(lambda c: billing.begin_card(c, account, invoice, hosting.clock(), rate))
    with hosting.database.reading() as connection:
        number = papers.read(connection, account, found.document).number
        payer = billing.payers_of(connection, account)[found.payer]
    phone = payer.fields.get("phone", "")
    try:
        return system.begin(found.id, found.amount, f"Счёт {number}", phone, f"{hosting.config.public}/balance")
    except NoticeRefused as refused:
        raise HTTPException(502, str(refused)) from None
    except OSError as error:
        raise HTTPException(503, f"{error}; try again later") from None


def _short(fields: dict[str, str]) -> dict[str, str]:
    return {name[:40]: value.strip()[:500] for name, value in fields.items()}
