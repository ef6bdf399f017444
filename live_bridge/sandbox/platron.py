"""A stand-in for Platron: `init_payment.php`, its payment page, and the result as signed XML, told until the answer is signed.

Decides what a payer's browser sees and what the result address hears. Leaves signatures to `payments/platron.py`.
"""

from __future__ import annotations

import itertools
from decimal import Decimal

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from live_bridge.payments import platron
from live_bridge.payments.notices import NoticeRefused
from live_bridge.payments.platron import PlatronShop
from live_bridge.sandbox import page

XML = "application/xml"


def platron_app(shop: PlatronShop, base_url: str) -> FastAPI:
    """The application. `base_url` is its own address, for the page it sends browsers to."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    payments: dict[str, dict[str, str]] = {}
    ids = itertools.count(100_001)

    def answer(script: str, **fields: str) -> Response:
        return Response(platron.to_xml("response", platron.signed(shop, script, fields)), media_type=XML)

    @app.post("/init_payment.php")
    async def begin(request: Request) -> Response:
        fields = await page.fields_of(request)
        script = "init_payment.php"
        if fields.get("pg_merchant_id") != shop.merchant or not platron.is_signed(shop, script, fields):
            return answer(script, pg_status="error", pg_error_code="9998", pg_error_description="Incorrect signature")
        if not fields.get("pg_user_phone"):
            return answer(script, pg_status="error", pg_error_code="340", pg_error_description="No phone number")
        payment = str(next(ids))
        payments[payment] = fields
        return answer(
            script,
            pg_status="ok",
            pg_payment_id=payment,
            pg_redirect_url=f"{base_url}/pay/{payment}",
            pg_redirect_url_type="need data",
        )

    @app.get("/pay/{payment}")
    def show(payment: str) -> Response:
        fields = payments.get(payment)
        if fields is None:
            return page.page("Platron", "Такого платежа нет.", status=404)
        text = f"Заказ {fields['pg_order_id']}: {fields['pg_amount']} {fields['pg_currency']}"
        return page.page("Platron", text, page.payment_form(f"/pay/{payment}", {}))

    @app.post("/pay/{payment}")
    async def pay(payment: str, request: Request) -> Response:
        what = (await page.fields_of(request)).get("what", "")
        fields = payments.get(payment)
        if fields is None or what not in page.LEVELS:
            return page.page("Platron", "Такого платежа нет.", status=404)
        url = fields["pg_result_url"]
        script = platron.script_of(url)
        amount = Decimal(fields["pg_amount"]) + (1 if what == "other_amount" else 0)
        told = {
            "pg_order_id": fields["pg_order_id"],
            "pg_payment_id": payment,
            "pg_amount": f"{amount:.2f}",
            "pg_net_amount": f"{amount:.2f}",
            "pg_currency": fields["pg_currency"],
            "pg_ps_amount": f"{amount:.2f}",
            "pg_ps_currency": fields["pg_currency"],
            "pg_payment_system": "TESTCARD",
            "pg_can_reject": "1",
            "pg_user_phone": fields["pg_user_phone"],
            "pg_result": "0" if what == "decline" else "1",
        }
        notice = platron.signed(shop, script, told)
        if what == "forged":
            notice["pg_sig"] = "0" * 32

        def is_heard(said: str) -> bool:
            try:
                found = platron.of_xml(said, "response")
            except NoticeRefused:
                return False
            return platron.is_signed(shop, script, found) and found.get("pg_status") in ("ok", "rejected", "error")

        xml = {"pg_xml": platron.to_xml("request", notice)}
        page.tell(url, xml, is_heard, 2 if what == "twice" else 1)
        return RedirectResponse(fields["pg_success_url" if what != "decline" else "pg_failure_url"], 303)

    return app
