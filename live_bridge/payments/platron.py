"""Platron's payments: signed fields and signed XML (platron.ru/integration, "Протокол Platron", version 2).

Decides fields and signatures: MD5 over the script's name, the values in order of their fields' names, and the secret key, joined
by semicolons. The script's name is the last part of the address that is called. A payment begins with `init_payment.php`; its
result comes to our result address as XML in the field `pg_xml`, and is answered with signed XML. A mobile number is mandatory
(R-21.4).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

import msgspec

from engine.account import money
from engine.account.refusals import AccountRefused
from engine.numbers.digits import is_digits
from live_bridge.payments.notices import NoticeRefused, PaymentNotice

NAME: Final = "platron"
URL: Final = "https://www.platron.ru/init_payment.php"
XML_MOST: Final = 64 * 1024


class PlatronShop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop as its owner set it up."""

    merchant: str
    secret: str
    url: str = URL


def script_of(url: str) -> str:
    """The name that an address is signed under.

    >>> script_of("https://www.platron.ru/init_payment.php?x=1"), script_of("https://pbx.example/pay/platron/result")
    ('init_payment.php', 'result')
    """
    return urlsplit(url).path.rsplit("/", 1)[-1]


def signature(shop: PlatronShop, script: str, fields: Mapping[str, str]) -> str:
    """The hash over all fields but the signature itself.

    >>> signature(PlatronShop(merchant="82", secret="key"), "init_payment.php", {"b": "2", "a": "1"}) == (
    ...     hashlib.md5(b"init_payment.php;1;2;key").hexdigest())
    True
    """
    values = [fields[name] for name in sorted(fields) if name != "pg_sig"]
    return hashlib.md5(";".join([script, *values, shop.secret]).encode(), usedforsecurity=False).hexdigest()


def signed(shop: PlatronShop, script: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Fields with a salt and their signature."""
    salted = {**fields, "pg_salt": fields.get("pg_salt") or secrets.token_hex(8)}
    return {**salted, "pg_sig": signature(shop, script, salted)}


def is_signed(shop: PlatronShop, script: str, fields: Mapping[str, str]) -> bool:
    """Whether fields bear the shop's signature under a script's name."""
    given = fields.get("pg_sig", "").lower()
    return given.isascii() and hmac.compare_digest(signature(shop, script, fields), given)


def payment_fields(
    shop: PlatronShop, invoice: int, amount: Decimal, description: str, phone: str, result_url: str, back_url: str
) -> dict[str, str]:
    """Fields that begin a payment."""
    fields = {
        "pg_merchant_id": shop.merchant,
        "pg_order_id": str(invoice),
        "pg_amount": f"{amount:.2f}",
        "pg_currency": "RUB",
        "pg_description": description[:1024],
        "pg_user_phone": phone,
        "pg_result_url": result_url,
        "pg_request_method": "XML",
        "pg_success_url": back_url,
        "pg_failure_url": back_url,
    }
    return signed(shop, script_of(shop.url), fields)


def to_xml(root: str, fields: Mapping[str, str]) -> str:
    """Fields as an XML document."""
    document = ET.Element(root)
    for name, value in fields.items():
        ET.SubElement(document, name).text = value
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(document, encoding="unicode")


def of_xml(text: str, root: str) -> dict[str, str]:
    """Fields of an XML document. Raises NoticeRefused for one that is too long, declares entities, or has other parts."""
    if len(text) > XML_MOST or "<!" in text:
        raise NoticeRefused("this XML is too long or declares entities (R-21.12)")
    try:
        document = ET.fromstring(text)
    except ET.ParseError as error:
        raise NoticeRefused(f"this is no XML: {error} (R-21.12)") from None
    if document.tag != root or any(len(part) for part in document):
        raise NoticeRefused(f"a flat <{root}> was expected (R-21.12)")
    names = [part.tag for part in document]
    if len(set(names)) != len(names):
        raise NoticeRefused("a field stands twice (R-21.12)")
    return {part.tag: part.text or "" for part in document}


def read_started(shop: PlatronShop, text: str) -> str:
    """Where the payer's browser goes, from the answer to `init_payment.php`. Raises NoticeRefused."""
    fields = of_xml(text, "response")
    if not is_signed(shop, script_of(shop.url), fields):
        raise NoticeRefused("the answer is not Platron's: check the secret key (R-21.12)")
    if fields.get("pg_status") != "ok" or not fields.get("pg_redirect_url"):
        raise NoticeRefused(f"Platron began no payment: {fields.get('pg_error_description', 'no reason given')}")
    return fields["pg_redirect_url"]


def read_notice(shop: PlatronShop, script: str, text: str) -> PaymentNotice:
    """A result notice, from its XML. Raises NoticeRefused."""
    fields = of_xml(text, "request")
    if not is_signed(shop, script, fields):
        raise NoticeRefused("the signature is not Platron's: check the secret key (R-21.12)")
    try:
        amount = money.read(fields.get("pg_amount", ""))
    except AccountRefused as refused:
        raise NoticeRefused(str(refused)) from None
    invoice, payment = fields.get("pg_order_id", ""), fields.get("pg_payment_id", "")
    if not (is_digits(invoice) and len(invoice) < 19) or not payment or len(payment) > 64:
        raise NoticeRefused("the notice names no invoice or no payment (R-21.12)")
    if fields.get("pg_currency") != "RUB":
        raise NoticeRefused(f"the currency is {fields.get('pg_currency', '')[:8]} and not RUB (R-20.7)")
    return PaymentNotice(
        system=NAME, provider_id=payment, invoice=int(invoice), amount=amount, paid=fields.get("pg_result") == "1"
    )


def answer(shop: PlatronShop, script: str, status: str, description: str = "") -> str:
    """Our signed answer to a notice: `ok`, `rejected` or `error`."""
    fields = {"pg_status": status} | ({"pg_description": description} if description else {})
    return to_xml("response", signed(shop, script, fields))
