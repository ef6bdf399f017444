"""A stand-in for a bank: transfers are entered in a form, statements are fetched as files of 1C's exchange format.

Decides what a transfer takes and which are in a statement. Leaves the file's form to `payments/bank_statement.py`.
"""

from __future__ import annotations

from datetime import date

from fastapi import FastAPI, Request
from fastapi.responses import Response

from engine.account import money
from engine.account.refusals import AccountRefused
from live_bridge.payments import bank_statement
from live_bridge.payments.bank_statement import Transfer
from live_bridge.sandbox import page

FORM = """<form method="post" action="/transfer">
<p><label>Плательщик <input name="payer" required></label></p>
<p><label>ИНН <input name="inn"></label></p>
<p><label>Счёт <input name="account" value="40702810000000000001"></label></p>
<p><label>Сумма <input name="amount" required></label></p>
<p><label>Назначение платежа <input name="purpose" size="60"></label></p>
<p><button>Перевести</button> <a href="/statement">Выписка</a></p></form>"""


def bank_app(our_account: str, today: type[date] = date) -> FastAPI:
    """The application; `our_account` is the recipient's. A transfer comes on the day it is entered."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    transfers: list[Transfer] = []

    @app.get("/")
    def form() -> Response:
        return page.page("Банк", FORM)

    @app.post("/transfer")
    async def transfer(request: Request) -> Response:
        fields = await page.fields_of(request)
        try:
            amount = money.read(fields.get("amount", ""))
        except AccountRefused as refused:
            return page.page("Банк", str(refused), status=422)
        day = today.today()
        transfers.append(
            Transfer(
                number=str(len(transfers) + 1),
                day=day,
                amount=amount,
                payer=fields.get("payer", ""),
                payer_inn=fields.get("inn", ""),
                payer_account=fields.get("account", ""),
                recipient_account=our_account,
                purpose=fields.get("purpose", ""),
                came=day,
            )
        )
        return page.page("Банк", f"Переведено {amount} руб.", FORM)

    @app.get("/statement")
    def statement() -> Response:
        day = today.today()
        data = bank_statement.write(transfers, our_account, min((one.day for one in transfers), default=day), day)
        headers = {"Content-Disposition": 'attachment; filename="kl_to_1c.txt"'}
        return Response(data, media_type="text/plain; charset=windows-1251", headers=headers)

    return app
