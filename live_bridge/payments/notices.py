"""What a payment system tells: one form for all of them, and what is refused.

Decides what is known of a payment after its signature was found genuine. Leaves signatures to the protocols, crediting to the
hosting process.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.contract.errors import PbxError


class PaymentNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine notice. `provider_id` is the payment's own id with its system."""

    system: str
    provider_id: str
    invoice: int
    amount: Decimal
    paid: bool = True
    """False: the payment failed; nothing is credited."""


class NoticeRefused(PbxError):
    """A notice that is forged or malformed: nothing of it is believed (R-21.12)."""
