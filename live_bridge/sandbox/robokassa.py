"""A stand-in for Robokassa: its payment page and its signed result notice, told again until it is answered with OK.

Decides what a payer's browser sees and what our result address hears. Leaves signatures to `payments/robokassa.py`.
"""

from __future__ import annotations

from decimal import Decimal

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from live_bridge.payments import robokassa
from live_bridge.payments.robokassa import RobokassaShop
from live_bridge.sandbox import page


def robokassa_app(shop: RobokassaShop, result_url: str, back_url: str) -> FastAPI:
    """The application. `result_url` and `back_url` are the shop's, as they are set up with Robokassa."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    paid: set[str] = set()

    @app.api_route("/Merchant/Index.aspx", methods=["GET", "POST"])
    async def begin(request: Request) -> Response:
        fields = await page.fields_of(request)
        if fields.get("MerchantLogin") != shop.login:
            return page.page("Ошибка 26", "Неверный MerchantLogin: магазин не найден.", status=400)
        if not robokassa.is_genuine_payment(shop, fields):
            return page.page("Ошибка 29", "Неверный параметр SignatureValue.", status=400)
        if fields["InvId"] in paid:
            return page.page("Ошибка 40", "Счёт с этим InvId уже оплачен.", status=400)
        told = {"InvId": fields["InvId"], "OutSum": fields["OutSum"]}
        return page.page("Robokassa", f"Счёт {told['InvId']}: {told['OutSum']} руб.", page.payment_form("/pay", told))

    @app.post("/pay")
    async def pay(request: Request) -> Response:
        fields = await page.fields_of(request)
        what, invoice = fields.get("what", ""), fields.get("InvId", "")
        if what not in page.LEVELS:
            return page.page("Ошибка", "Неизвестное действие.", status=400)
        if what != "decline":
            out_sum = f"{Decimal(fields['OutSum']) + (1 if what == 'other_amount' else 0):.6f}"
            notice = robokassa.notice_fields(shop, invoice, out_sum)
            if what == "forged":
                notice["SignatureValue"] = "0" * len(notice["SignatureValue"])
            else:
                paid.add(invoice)
            page.tell(
                result_url, notice, lambda said: said == f"OK{invoice}" or what == "forged", 2 if what == "twice" else 1
            )
        return RedirectResponse(back_url, 303)

    return app
