"""What an account's owner sees and does, by a page or by the JSON API alike.

Decides which deeds there are and what each tells. Amounts come from what the account has and from invoices, never from what a
browser computed (R-21.12). Leaves paths and shapes to `panel_api.py` and `account_pages.py`, rules to `engine/account/`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from fastapi import HTTPException

from engine.account import confirmation, invoices, moments, money, standing, tariff
from engine.account.confirmation import Person
from engine.account.documents import Reconciliation
from engine.account.invoices import PayerKind
from engine.account.refusals import AccountRefused
from engine.account.tariff import Holdings
from engine.contract.ids import Instant
from engine.translations import account_ru
from live_bridge.hosting import accounts, attaching, billing, bridges, closing, confirming, emails, numbers, papers
from live_bridge.hosting import tables as t
from live_bridge.hosting.billing import Balance, Invoice
from live_bridge.hosting.hosting import Hosting
from live_bridge.hosting.numbers import Offer
from live_bridge.hosting.partner import PartnerAway, PartnerRefused
from live_bridge.payments.notices import NoticeRefused


class Deeds:
    """Deeds of the accounts of one hosting process. From any thread."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting

    # --- the account -------------------------------------------------------------------------------------------------

    def overview(self, account: int, language: str) -> dict[str, Any]:
        """An account as its pages show it, brought to this instant."""
        return self._hosting.database.attempt(lambda connection: self._overview(connection, account, language))

    def _overview(self, connection: sa.Connection, account: int, language: str) -> dict[str, Any]:
        hosting = self._hosting
        at, zone = hosting.clock(), hosting.config.zone
        found = billing.settle(connection, account, at, zone)
        month = billing.month_charge(connection, found, at, zone)
        today = moments.day_of(at, zone)
        prices = tariff.in_force(billing.price_changes(connection), today, zone)
        hint = standing.hint(found.standing, at)
        spoken = 1 if language == "ru" else 0
        refusal = standing.extension_refusal(found.standing, at)
        pbx = bridges.state_of(connection, account, hosting.config)
        sent_at = found.confirmation_sent_at
        checked_by = None if sent_at is None else _last_day(confirmation.checked_by(sent_at))
        return {
            "name": found.name,
            "domain": f"{found.name}.{hosting.config.suffix}",
            "email": found.email,
            "server": found.server,
            "state": found.standing.state,
            "pbx": None if pbx is None else pbx.state,
            "state_text": account_ru.STATES[found.standing.state][spoken],
            "balance": str(found.standing.balance),
            "numbers_balance": str(billing.number_balance(connection, account)),
            "month": str(month),
            "recommended": str(tariff.recommended(found.standing.balance, month, today)),
            "services": msgspec.to_builtins(found.holdings),
            "prices": [
                {"name": name, "count": n, "month": str(price)} for name, n, price in prices.lines(found.holdings)
            ],
            "extension": {
                "hint": hint,
                "text": account_ru.HINTS[hint][spoken],
                "works": refusal is None,
                "why": "" if refusal is None else account_ru.told(refusal, language),
            },
            "trial_ends_at": found.standing.trial_ends_at,
            "trial_ends": moments.written(found.standing.trial_ends_at, zone),
            "confirmation": confirmation.TITLES[found.confirmation][spoken],
            "api_until": standing.api_ends_at(found.standing),
            "confirmation_state": found.confirmation,
            "checked_by": checked_by,
            "bank_credits_by": _last_day(invoices.bank_credits_by(at)),
        }

    def extend(self, account: int) -> None:
        """«Продлить на 24 часа» (R-22.2). Raises AccountRefused."""

        def act(connection: sa.Connection) -> None:
            at = self._hosting.clock()
            billing.settle(connection, account, at, self._hosting.config.zone)
            accounts.extend(connection, account, at)

        self._hosting.database.attempt(act)

    def close(self, account: int, name: str, password: str) -> None:
        """The owner closes the account for ever (R-01.9), knowing which one and who they are. Raises AccountRefused,
        SignInFailed."""
        hosting = self._hosting
        with hosting.database.reading() as connection:
            known = accounts.read(connection, account).name
        if name.strip().lower() != known:
            raise AccountRefused("close_name", "R-01.9", given=known)
        hosting.sign_in.check_password(account, password)
        hosting.database.attempt(lambda c: closing.close(c, account, hosting.clock(), hosting.config.zone))

    # --- services ----------------------------------------------------------------------------------------------------

    def price(self, account: int, wanted: Holdings) -> dict[str, str]:
        """What services would cost a month, before they are added (R-01.13)."""
        hosting = self._hosting
        with hosting.database.reading() as connection:
            day = moments.day_of(hosting.clock(), hosting.config.zone)
            prices = tariff.in_force(billing.price_changes(connection), day, hosting.config.zone)
            now = prices.month(accounts.read(connection, account).holdings)
        after = prices.month(wanted)
        return {"month": str(after), "more": str(after - now), "day": str(tariff.day_charge(after, day))}

    def set_services(self, account: int, wanted: Holdings) -> str:
        """What the account has from now on; what that costs a month."""
        hosting = self._hosting

        def act(connection: sa.Connection) -> str:
            billing.settle(connection, account, hosting.clock(), hosting.config.zone)
            accounts.set_holdings(connection, account, wanted)
            found = accounts.read(connection, account)
            return str(billing.month_charge(connection, found, hosting.clock(), hosting.config.zone))

        return hosting.database.attempt(act)

    def sip_password(self, account: int, user: int) -> dict[str, Any]:
        """A new SIP password of a user of the PBX, with all that a telephone is set up with (R-15.4). It is told here and never
        again. HTTPException while the PBX is not there."""
        hosting = self._hosting
        with hosting.database.reading() as connection:
            name = accounts.read(connection, account).name
            seen = bridges.state_of(connection, account, hosting.config)
        try:
            with hosting.database.reading() as connection:
                bridge = attaching.bridge_of(connection, account)
            made = attaching.ask_bridge(bridge, "POST", f"/api/users/{user}/password").json()
        except attaching.BridgeRefused as error:
            raise HTTPException(503, str(error)) from None
        pbxs, front = hosting.config.pbxs, hosting.config.front
        host, port = "" if pbxs is None else pbxs.public or pbxs.host, None if seen is None else seen.sip_port
        if front is not None:
            host, port = front.listen[0].public or front.listen[0].host, front.listen[0].port
        return {
            "domain": f"{name}.{hosting.config.suffix}",
            "host": host,
            "port": port,
            "login": str(user),
            "password": made["password"],
        }

    # --- payers and invoices -----------------------------------------------------------------------------------------

    def add_payer(self, account: int, kind: PayerKind, fields: dict[str, str]) -> int:
        """A new payer (R-21.3)."""
        at = self._hosting.clock()
        return self._hosting.database.attempt(lambda c: billing.add_payer(c, account, at, kind, _short(fields)))

    def change_payer(self, account: int, payer: int, fields: dict[str, str]) -> None:
        """New fields; issued documents keep the old ones (R-21.5). Raises AccountRefused."""
        self._hosting.database.attempt(lambda c: billing.change_payer(c, account, payer, _short(fields)))

    def top_up(self, account: int, payer: int | None, amount: str, balance: Balance = "pbx") -> Invoice:
        """«Пополнить баланс»: an invoice with its document. Raises AccountRefused."""
        read = money.read(amount)
        at, provider = self._hosting.clock(), self._hosting.config.provider.model_dump()
        return self._hosting.database.attempt(
            lambda c: billing.make_invoice(c, account, payer, read, at, provider, balance)
        )

    def begin_payment(self, account: int, invoice: int, name: str) -> str:
        """Begin the payment of an invoice; where the browser goes. HTTPException, AccountRefused."""
        hosting = self._hosting
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

    def reconcile(self, account: int, payer: int, first: date, last: date) -> tuple[int, Reconciliation]:
        """«Сформировать акт сверки» (R-20.5): its id and sums. Raises AccountRefused, NoSuchPaper."""
        if last < first:
            raise AccountRefused("period", "R-20.5")
        at, provider = self._hosting.clock(), self._hosting.config.provider.model_dump()

        def act(connection: sa.Connection) -> tuple[int, Reconciliation]:
            billing.settle(connection, account, at, self._hosting.config.zone)
            return papers.reconciliation(connection, account, payer, first, last, at, provider)

        return self._hosting.database.attempt(act)

    def ask_for_documents(self, account: int, payer: int, first: date, last: date) -> None:
        """Ask the provider for a private person's documents, by e-mail in the administrator's name (R-20.2).

        Raises AccountRefused, NoSuchPaper.
        """
        if last < first:
            raise AccountRefused("period", "R-20.2")
        at, to = self._hosting.clock(), self._hosting.config.provider.email

        def act(connection: sa.Connection) -> None:
            owner = accounts.read(connection, account)
            who = papers.payer_fields(connection, account, payer)
            if not to:
                raise AccountRefused("documents_nowhere", "R-20.2", given=owner.email)
            if emails.is_there(connection, to, "documents", "ru", at - emails.ASKED_AGAIN_US, name=owner.name):
                raise AccountRefused("documents_asked", "R-20.2")
            emails.write(
                connection, to, "documents", "ru", at, reply_to=owner.email, name=owner.name, email=owner.email,
                payer=who["name"], phone=who.get("phone", ""), first=f"{first:%d.%m.%Y}", last=f"{last:%d.%m.%Y}",
            )  # fmt: skip

        self._hosting.database.attempt(act)

    # --- bought numbers ----------------------------------------------------------------------------------------------

    def offers(self, city: str = "") -> list[Offer]:
        """Free numbers with their fees (R-03.2). HTTPException while the operator does not answer."""
        with self._hosting.database.reading() as connection:
            held = set(connection.execute(sa.select(t.numbers.c.held)).scalars())
        try:
            return [one for one in self._hosting.offers(city) if one.number not in held]
        except (PartnerAway, PartnerRefused) as error:
            raise HTTPException(503, str(error)) from None

    def numbers(self, account: int) -> list[dict[str, Any]]:
        """Numbers of the account, and whether they are paid for."""
        with self._hosting.database.reading() as connection:
            unpaid = numbers.unpaid_trunks(connection, account, self._hosting.clock())
            found = numbers.held_by(connection, account)
            waiting = {one.id for one in numbers.unattached(connection)}
        return [
            {
                "number": one.number,
                "city": one.city,
                "trunk": one.trunk,
                "fee": str(one.fee),
                "paid_until": one.paid_until.isoformat(),
                "paid": one.trunk not in unpaid,
                "attached": one.id not in waiting,
            }
            for one in found
        ]

    def buy(self, account: int, number: str) -> int:
        """Buy a number (R-03.4). HTTPException, AccountRefused."""
        chosen = next((one for one in self.offers() if one.number == number), None)
        if chosen is None:
            raise HTTPException(404, "there is no such number (R-03.2)")
        return self._hosting.database.attempt(lambda c: numbers.buy(c, account, chosen, self._hosting.clock()))

    # --- confirmation ------------------------------------------------------------------------------------------------

    def add_scan(self, account: int, name: str, body: bytes) -> int:
        """Attach a scan (R-03.9). Raises AccountRefused."""
        return self._hosting.database.attempt(lambda c: confirming.add_scan(c, account, name, body))

    def remove_scan(self, account: int, scan: int) -> bool:
        """Remove a scan that was not sent yet; whether there was one."""
        return self._hosting.database.attempt(lambda c: confirming.remove_scan(c, account, scan))

    def send_confirmation(self, account: int, person: Person) -> Instant:
        """Send the form with its scans; until when they are checked (R-03.10). Raises AccountRefused."""
        return self._hosting.database.attempt(lambda c: confirming.send(c, account, person, self._hosting.clock()))


def _last_day(end: Instant) -> str:
    """The day that ends at an instant, Moscow time, for people."""
    return f"{moments.day_of(end - 1):%d.%m.%Y}"


def _short(fields: dict[str, str]) -> dict[str, str]:
    return {name[:40]: value.strip()[:500] for name, value in fields.items()}
