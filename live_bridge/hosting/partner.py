"""The partner operator who sells numbers, by VoxImplant's management API (R-03.1 to R-03.5), or its stand-in.

Decides what we ask and how answers are read. A call to a bought number is handed to us by SIP: the operator's scenario looks the
number up in its key-value store, where we write the SIP address of the PBX. Leaves booking to `numbers.py`, attaching a number to
a PBX to `attaching.py`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import httpx
import msgspec

from engine.contract.errors import PbxError
from live_bridge.hosting.numbers import Offer

WAIT_S: Final = 10.0
COUNTRY: Final = "RU"
CATEGORY: Final = "GEOGRAPHIC"
PAGE: Final = 100
"""Free numbers asked for at once."""
KEPT_S: Final = 366 * 86_400
"""How long the operator keeps where calls go; it is written again long before."""


class PartnerAway(PbxError):
    """The partner operator does not answer, or not as its API says."""


class PartnerRefused(PbxError):
    """The partner operator refuses: its words say why."""


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A city or region with free numbers."""

    id: int
    name: str
    count: int
    fee: Decimal
    """RUB a month."""


class PartnerOperator:
    """An account with the partner operator. From any thread."""

    def __init__(self, url: str, account: str, key: str, application: str) -> None:
        self._url = url.rstrip("/")
        self._login = {"account_id": account, "api_key": key}
        self._application = application
        self._client = httpx.Client(timeout=WAIT_S, trust_env=False)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def balance(self) -> Decimal:
        """Our own money with the operator, RUB."""
        return _money(self._ask("GetAccountInfo")["result"], "balance")

    def regions(self) -> list[Region]:
        """Where there are free numbers (R-03.2)."""
        found = self._ask("GetPhoneNumberRegions", country_code=COUNTRY, phone_category_name=CATEGORY)["result"]
        return [
            Region(
                id=int(one["phone_region_id"]), name=str(one["phone_region_name"]), count=int(one["phone_count"]),
                fee=_money(one, "phone_price"),
            )
            for one in found
        ]  # fmt: skip

    def offers(self, city: str = "") -> list[Offer]:
        """Free numbers with their monthly fees, of regions whose name has `city` in it."""
        found = []
        for region in self.regions():
            if region.count and city.lower() in region.name.lower():
                asked = {"country_code": COUNTRY, "phone_category_name": CATEGORY, "phone_region_id": region.id}
                for one in self._ask("GetNewPhoneNumbers", **asked, count=PAGE)["result"]:
                    found.append(
                        Offer(number=str(one["phone_number"]), city=region.name, fee=_money(one, "phone_price"))
                    )
        return found

    def attach(self, number: str, city: str) -> None:
        """Buy a number with the operator, unless it is ours already."""
        if self._is_ours(number):
            return
        region = next((one for one in self.regions() if one.name == city), None)
        if region is None:
            raise PartnerRefused(f"the operator has no region {city}")
        self._ask(
            "AttachPhoneNumber", country_code=COUNTRY, phone_category_name=CATEGORY, phone_region_id=region.id,
            phone_number=number,
        )  # fmt: skip

    def lead(self, number: str, sip: str) -> None:
        """Calls to a number of ours go to a SIP address from now on."""
        self._ask("BindPhoneNumberToApplication", phone_number=number, application_name=self._application, bind="true")
        self._ask("SetKeyValueItem", key=number, value=sip, application_name=self._application, ttl=KEPT_S)

    def release(self, number: str) -> None:
        """Give a number back, unless it is no longer ours (R-03.8)."""
        if self._is_ours(number):
            self._ask("DeactivatePhoneNumber", phone_number=number)

    def _is_ours(self, number: str) -> bool:
        found = self._ask("GetPhoneNumbers", phone_number=number)["result"]
        return any(str(one["phone_number"]) == number for one in found)

    def _ask(self, method: str, **fields: object) -> dict[str, Any]:
        """Raises PartnerAway, PartnerRefused."""
        data = {**self._login, **{name: str(value) for name, value in fields.items()}}
        try:
            answer = self._client.post(f"{self._url}/{method}/", data=data)
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise PartnerAway(
                f"the partner operator does not answer: {type(error).__name__}; try again later"
            ) from None
        if not isinstance(found, dict) or ("result" not in found and "error" not in found):
            raise PartnerAway(f"the partner operator answers {answer.status_code} to {method} and nothing that we know")
        if "error" in found:
            raise PartnerRefused(f"the partner operator refuses {method}: {found['error'].get('msg', '')}")
        return found


def _money(found: Any, name: str) -> Decimal:
    try:
        return Decimal(str(found[name])).quantize(Decimal("0.01"))
    except (KeyError, TypeError, InvalidOperation):
        raise PartnerAway(f"the partner operator's answer has no amount under {name}") from None
