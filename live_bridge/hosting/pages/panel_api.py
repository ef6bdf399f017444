"""The account's JSON API for its panel: balance, services, payers, invoices, documents, numbers, confirmation.

Decides paths and shapes. Leaves deeds to `deeds.py`, `billing.py` and `papers.py`, who may to `guard.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from engine.account import invoices
from engine.account.confirmation import Person
from engine.account.tariff import Holdings
from live_bridge.hosting import billing, confirming, ledger, papers
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.pages.deeds import Deeds
from live_bridge.hosting.pages.guard import Guard, Id, language_of
from live_bridge.hosting.sign_in import Session, SignInFailed


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


class Closing(BaseModel):
    """The end of an account: its name, so that it is no slip, and the panel password."""

    name: str
    password: str


class NewPassword(BaseModel):
    """A new panel password."""

    old: str
    new: str


class Password(BaseModel):
    """The panel password, for what only the owner may do."""

    password: str


class Code(BaseModel):
    """A code of the second factor."""

    code: str


class PasswordAndCode(BaseModel):
    """Password and code together."""

    password: str
    code: str


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
    deeds = Deeds(hosting)

    # --- the account -------------------------------------------------------------------------------------------------

    @api.get("/account")
    def account(request: Request, session: Session = who) -> dict[str, Any]:
        """State, balance, what it costs a month, and the hint beside the button."""
        return {**deeds.overview(session.account, language_of(request)), "csrf": session.csrf}

    @api.post("/account/extend")
    def extend(request: Request, session: Session = who) -> dict[str, Any]:
        """«Продлить на 24 часа» (R-22.2)."""
        deeds.extend(session.account)
        return deeds.overview(session.account, language_of(request))

    @api.post("/account/password")
    def password(wanted: NewPassword, session: Session = who) -> dict[str, bool]:
        """A new password; every session ends."""
        try:
            hosting.sign_in.change_password(session.account, wanted.old, wanted.new)
        except SignInFailed as failed:
            raise HTTPException(429 if failed.until else 403, str(failed)) from None
        return {"changed": True}

    @api.post("/account/close")
    def close(wanted: Closing, session: Session = who) -> dict[str, Any]:
        """Close the account for ever (R-01.9): its calls end, its numbers go back, its documents stay."""
        try:
            deeds.close(session.account, wanted.name, wanted.password)
        except SignInFailed as failed:
            raise HTTPException(429 if failed.until else 403, str(failed)) from None
        return {"closed": True}

    # --- the second factor -------------------------------------------------------------------------------------------

    factor = hosting.sign_in.factor

    def proved(session: Session, wanted: PasswordAndCode) -> int:
        try:
            hosting.sign_in.prove(session.account, wanted.password, wanted.code)
        except SignInFailed as failed:
            raise HTTPException(429 if failed.until else 403, "wrong password or code (R-01.12)") from None
        return session.account

    @api.get("/account/second-factor")
    def second_factor(session: Session = who) -> dict[str, Any]:
        """Whether the sign-in asks for a code, since when, and how many recovery codes are left."""
        found = factor.state(session.account)
        return {"on": found.on_at is not None, "since": found.on_at, "recovery_codes_left": found.codes_left}

    @api.post("/account/second-factor")
    def offer_factor(wanted: Password, session: Session = who) -> dict[str, str]:
        """A secret for an app (RFC 6238), and its address as a QR code has it. It is on after a first code."""
        try:
            hosting.sign_in.check_password(session.account, wanted.password)
        except SignInFailed as failed:
            raise HTTPException(429 if failed.until else 403, str(failed)) from None
        made = factor.offer(session.account)
        return {"secret": made.secret, "address": made.address}

    @api.post("/account/second-factor/on")
    def turn_factor_on(wanted: Code, session: Session = who) -> dict[str, list[str]]:
        """Switch it on by a first code; the recovery codes, told once."""
        return {"recovery_codes": list(factor.turn_on(session.account, wanted.code))}

    @api.post("/account/second-factor/off")
    def turn_factor_off(wanted: PasswordAndCode, session: Session = who) -> dict[str, bool]:
        """Switch it off, by password and code."""
        factor.turn_off(proved(session, wanted))
        return {"on": False}

    @api.post("/account/second-factor/recovery-codes")
    def renew_codes(wanted: PasswordAndCode, session: Session = who) -> dict[str, list[str]]:
        """Other recovery codes, by password and code."""
        return {"recovery_codes": list(factor.renew_codes(proved(session, wanted)))}

    @api.get("/account/ledger")
    def entries(balance: Literal["pbx", "numbers"] = "pbx", session: Session = who) -> list[dict[str, Any]]:
        """Everything that changed a balance, the latest first."""
        with hosting.database.reading() as connection:
            found = ledger.bookings(connection, ledger.customer(session.account, balance), 1000)
        return [{"at": b.at, "kind": b.kind, "memo": b.memo, "amount": str(b.amount)} for b in found]

    # --- services ----------------------------------------------------------------------------------------------------

    @api.post("/services/price")
    def price(wanted: Services, session: Session = who) -> dict[str, str]:
        """What services would cost a month, before they are added (R-01.13)."""
        return deeds.price(session.account, wanted.holdings())

    @api.put("/services")
    def services(wanted: Services, session: Session = who) -> dict[str, Any]:
        """What the account has from now on; the day's charge is for these."""
        return {"month": deeds.set_services(session.account, wanted.holdings())}

    # --- telephones --------------------------------------------------------------------------------------------------

    @api.post("/users/{user}/password", status_code=201)
    def sip_password(user: Annotated[int, Path(ge=100, le=4999)], session: Session = who) -> dict[str, Any]:
        """A new SIP password of a user of the PBX, with all that a telephone is set up with (R-15.4). It is told here and never
        again."""
        return deeds.sip_password(session.account, user)

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
                "missing": invoices.missing_fields(one),
            }
            for id, one in found.items()
        ]

    @api.post("/payers", status_code=201)
    def add_payer(wanted: PayerForm, session: Session = who) -> dict[str, int]:
        """A new payer."""
        return {"id": deeds.add_payer(session.account, wanted.kind, wanted.fields)}

    @api.put("/payers/{payer}")
    def change_payer(payer: Id, wanted: PayerForm, session: Session = who) -> dict[str, int]:
        """New fields; issued documents keep the old ones (R-21.5)."""
        deeds.change_payer(session.account, payer, wanted.fields)
        return {"id": payer}

    @api.get("/invoices")
    def invoices_(session: Session = who) -> list[dict[str, Any]]:
        """Invoices that were not deleted, the latest first."""
        with hosting.database.reading() as connection:
            return [shown(one) for one in billing.invoices_of(connection, session.account)]

    @api.post("/invoices", status_code=201)
    def top_up(wanted: TopUp, session: Session = who) -> dict[str, Any]:
        """An invoice with its document."""
        return shown(deeds.top_up(session.account, wanted.payer, wanted.amount, wanted.balance))

    @api.post("/invoices/{invoice}/pay")
    def pay(invoice: Id, wanted: Pay, session: Session = who) -> dict[str, str]:
        """Where the browser goes to pay."""
        return {"url": deeds.begin_payment(session.account, invoice, wanted.system)}

    # --- documents ---------------------------------------------------------------------------------------------------

    @api.get("/documents")
    def documents(session: Session = who) -> list[dict[str, Any]]:
        """Documents, the latest first; each is printed at /documents/{id}."""
        with hosting.database.reading() as connection:
            found = papers.papers(connection, session.account)
        return [{"id": p.id, "kind": p.kind, "number": p.number, "issued_at": p.issued_at} for p in found]

    @api.post("/documents/request", status_code=202)
    def ask_for_documents(wanted: Period, session: Session = who) -> dict[str, str]:
        """A private person's request to the provider for the documents of a period (R-20.2)."""
        deeds.ask_for_documents(session.account, wanted.payer, wanted.first, wanted.last)
        return {"state": "sent"}

    @api.post("/documents/reconciliation", status_code=201)
    def reconcile(wanted: Period, session: Session = who) -> dict[str, Any]:
        """The reconciliation act of a period (R-20.5)."""
        id, sums = deeds.reconcile(session.account, wanted.payer, wanted.first, wanted.last)
        return {"id": id, **{name: str(value) for name, value in msgspec.structs.asdict(sums).items()}}

    # --- bought numbers ----------------------------------------------------------------------------------------------

    @api.get("/numbers/offers")
    def offers(city: str = "", session: Session = who) -> list[dict[str, str]]:
        """Free numbers with their fees (R-03.2)."""
        return [{"number": one.number, "city": one.city, "fee": str(one.fee)} for one in deeds.offers(city)]

    @api.get("/numbers")
    def numbers(session: Session = who) -> list[dict[str, Any]]:
        """Numbers of the account, and whether they are paid for."""
        return deeds.numbers(session.account)

    @api.post("/numbers", status_code=201)
    def buy(wanted: NumberChoice, session: Session = who) -> dict[str, int]:
        """Buy a number (R-03.4)."""
        return {"id": deeds.buy(session.account, wanted.number)}

    # --- confirmation ------------------------------------------------------------------------------------------------

    @api.get("/confirmation/scans")
    def scans(session: Session = who) -> list[dict[str, Any]]:
        """Scans that are attached, and whether they were sent."""
        with hosting.database.reading() as connection:
            found = confirming.scans_of(connection, session.account)
        return [{"id": one.id, "name": one.name, "sent": one.sent} for one in found]

    @api.post("/confirmation/scans", status_code=201)
    async def scan(request: Request, name: str, session: Session = who) -> dict[str, int]:
        """A scan: its bytes are the body. PDF, JPEG or PNG."""
        body = await request.body()
        return {"id": await run_in_threadpool(deeds.add_scan, session.account, name, body)}

    @api.delete("/confirmation/scans/{scan}")
    def remove(scan: Id, session: Session = who) -> dict[str, bool]:
        """Remove a scan that was not sent yet."""
        return {"removed": deeds.remove_scan(session.account, scan)}

    @api.post("/confirmation")
    def confirm(wanted: ConfirmationForm, session: Session = who) -> dict[str, Any]:
        """Send the form and its scans; the check takes up to three working days (R-03.10)."""
        person = Person(citizenship=wanted.citizenship, registered_in_russia=wanted.registered_in_russia)
        return {"state": "in_process", "checked_by": deeds.send_confirmation(session.account, person)}

    return api
