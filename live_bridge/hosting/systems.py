"""Payment systems behind one interface: begin a payment, read a notice, answer it. The same classes speak with the real systems
and with the stand-ins of `sandbox/`: only addresses and secrets differ.

Decides what the pages need of a payment system. Leaves protocols to `payments/`, crediting to `billing.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import httpx

from live_bridge.hosting.billing import How
from live_bridge.payments import platron, robokassa
from live_bridge.payments.notices import NoticeRefused, PaymentNotice
from live_bridge.payments.platron import PlatronShop
from live_bridge.payments.robokassa import RobokassaShop

WAIT_S = 10.0

TAKEN: tuple[How, ...] = ("with_invoice", "without_invoice", "repeated")
"""What is answered with a yes: a payment system that hears it does not tell again."""


class PaymentSystem(Protocol):
    """What the pages need."""

    name: str

    def begin(self, invoice: int, amount: Decimal, description: str, phone: str, back_url: str) -> str:
        """Where the payer's browser goes. Raises NoticeRefused, OSError when the system cannot be reached."""
        ...

    def read(self, fields: Mapping[str, str]) -> PaymentNotice:
        """A notice. Raises NoticeRefused."""
        ...

    def answer(self, notice: PaymentNotice | None, how: How | None) -> tuple[str, str]:
        """Content type and body of our answer; no notice is one that was refused."""
        ...


class RobokassaSystem:
    """Robokassa, or its stand-in."""

    name = robokassa.NAME

    def __init__(self, shop: RobokassaShop) -> None:
        self._shop = shop

    def begin(self, invoice: int, amount: Decimal, description: str, phone: str, back_url: str) -> str:
        """The payment page takes everything from its address."""
        return robokassa.payment_url(self._shop, invoice, amount, description)

    def read(self, fields: Mapping[str, str]) -> PaymentNotice:
        """See `PaymentSystem`."""
        return robokassa.read_notice(self._shop, fields)

    def answer(self, notice: PaymentNotice | None, how: How | None) -> tuple[str, str]:
        """See `PaymentSystem`."""
        good = notice is not None and how in TAKEN
        return "text/plain", robokassa.answer(notice) if good and notice is not None else f"bad {how or 'sign'}"


class PlatronSystem:
    """Platron, or its stand-in. `result_url` is ours."""

    name = platron.NAME

    def __init__(self, shop: PlatronShop, result_url: str) -> None:
        self._shop = shop
        self._result_url = result_url
        self._script = platron.script_of(result_url)

    def begin(self, invoice: int, amount: Decimal, description: str, phone: str, back_url: str) -> str:
        """The payment is begun by us, and the answer says where the browser goes."""
        fields = platron.payment_fields(self._shop, invoice, amount, description, phone, self._result_url, back_url)
        try:
            found = httpx.post(self._shop.url, data=fields, timeout=WAIT_S, trust_env=False)
        except httpx.HTTPError as error:
            raise OSError(f"Platron cannot be reached: {error}") from None
        if found.status_code != 200:
            raise OSError(f"Platron answered {found.status_code}")
        return platron.read_started(self._shop, found.text)

    def read(self, fields: Mapping[str, str]) -> PaymentNotice:
        """See `PaymentSystem`."""
        if "pg_xml" not in fields:
            raise NoticeRefused("a notice of Platron is XML in the field pg_xml (R-21.12)")
        return platron.read_notice(self._shop, self._script, fields["pg_xml"])

    def answer(self, notice: PaymentNotice | None, how: How | None) -> tuple[str, str]:
        """A failed payment is heard with a yes too. What we do not take is rejected, so that the payer gets it back."""
        if notice is None:
            status, words = "error", "the notice is not genuine"
        elif not notice.paid or how in TAKEN:
            status, words = "ok", ""
        else:
            status, words = "rejected", str(how)
        return "application/xml", platron.answer(self._shop, self._script, status, words)
