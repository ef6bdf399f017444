"""Robokassa's payment page and signed result notice (docs.robokassa.ru, "Интерфейс оплаты" and "Уведомления").

Decides addresses, fields and signatures: hashes over values joined by colons, with password 1 towards the payment page and
password 2 in the notice; fields of the shop's own (`Shp_…`) follow in order of their names. Sums are signed as they are written,
six places included. The answer to a notice is `OK` and the invoice's number; without it the notice comes again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec

from engine.account import money
from engine.account.refusals import AccountRefused
from engine.numbers.digits import is_digits
from live_bridge.payments.notices import NoticeRefused, PaymentNotice

NAME: Final = "robokassa"
URL: Final = "https://auth.robokassa.ru/Merchant/Index.aspx"

Algorithm = Literal["md5", "sha1", "sha256", "sha384", "sha512"]


class RobokassaShop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop as its owner set it up."""

    login: str
    password1: str
    password2: str
    algorithm: Algorithm = "sha256"
    url: str = URL


def signature(shop: RobokassaShop, *values: str, own: Mapping[str, str] | None = None) -> str:
    """The hash over values and the shop's own fields, in hexadecimal.

    >>> shop = RobokassaShop(login="demo", password1="one", password2="two", algorithm="md5")
    >>> signature(shop, "demo", "11", "99", "one") == hashlib.md5(b"demo:11:99:one").hexdigest()
    True
    """
    more = [f"{name}={value}" for name, value in sorted((own or {}).items())]
    return hashlib.new(shop.algorithm, ":".join([*values, *more]).encode(), usedforsecurity=False).hexdigest()


def payment_fields(
    shop: RobokassaShop, invoice: int, amount: Decimal, description: str, email: str = ""
) -> dict[str, str]:
    """Fields of the payment page."""
    out_sum = f"{amount:.2f}"
    fields = {
        "MerchantLogin": shop.login,
        "OutSum": out_sum,
        "InvId": str(invoice),
        "Description": description[:100],
        "Culture": "ru",
        "SignatureValue": signature(shop, shop.login, out_sum, str(invoice), shop.password1),
    }
    return fields | ({"Email": email} if email else {})


def payment_url(shop: RobokassaShop, invoice: int, amount: Decimal, description: str, email: str = "") -> str:
    """Where the payer's browser goes."""
    return f"{shop.url}?{urlencode(payment_fields(shop, invoice, amount, description, email))}"


def is_genuine_payment(shop: RobokassaShop, fields: Mapping[str, str]) -> bool:
    """Whether the fields that came to the payment page were signed by the shop."""
    own = {name: value for name, value in fields.items() if name.startswith("Shp_")}
    right = signature(shop, shop.login, fields.get("OutSum", ""), fields.get("InvId", ""), shop.password1, own=own)
    return hmac.compare_digest(right, fields.get("SignatureValue", "").lower())


def notice_fields(shop: RobokassaShop, invoice: str, out_sum: str) -> dict[str, str]:
    """Fields of a result notice."""
    return {
        "OutSum": out_sum,
        "InvId": invoice,
        "Fee": "0.00",
        "PaymentMethod": "BankCard",
        "SignatureValue": signature(shop, out_sum, invoice, shop.password2).upper(),
    }


def read_notice(shop: RobokassaShop, fields: Mapping[str, str]) -> PaymentNotice:
    """A result notice. Raises NoticeRefused."""
    own = {name: value for name, value in fields.items() if name.startswith("Shp_")}
    out_sum, invoice = fields.get("OutSum", ""), fields.get("InvId", "")
    right = signature(shop, out_sum, invoice, shop.password2, own=own)
    given = fields.get("SignatureValue", "").lower()
    if not given.isascii() or not hmac.compare_digest(right, given):
        raise NoticeRefused(
            "the signature is not Robokassa's: check password 2 and the algorithm of the shop (R-21.12)"
        )
    try:
        amount = money.read(out_sum)
    except AccountRefused as refused:
        raise NoticeRefused(str(refused)) from None
    if not (is_digits(invoice) and len(invoice) < 19):
        raise NoticeRefused(f"{invoice[:20]!r} is no number of an invoice (R-21.12)")
    return PaymentNotice(system=NAME, provider_id=invoice, invoice=int(invoice), amount=amount)


def answer(notice: PaymentNotice) -> str:
    """What Robokassa waits for."""
    return f"OK{notice.invoice}"
