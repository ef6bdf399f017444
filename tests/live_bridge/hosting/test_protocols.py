"""Signatures, notices and statements by the published protocols: vectors worked out apart from the code, and what is refused."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from live_bridge.payments import bank_statement, platron, robokassa
from live_bridge.payments.bank_statement import StatementError, Transfer
from live_bridge.payments.notices import NoticeRefused
from live_bridge.payments.platron import PlatronShop
from live_bridge.payments.robokassa import RobokassaShop
from tests.harness import rule

SHOP = RobokassaShop(login="demo", password1="one", password2="two", algorithm="md5")
MERCHANT = PlatronShop(merchant="82", secret="mypasskey")


@rule("R-03.3", "R-21.12")
def test_robokassa_signs_values_joined_by_colons() -> None:
    url = robokassa.payment_url(SHOP, 7, Decimal("12.50"), "Счёт С-2026-000007")
    assert f"SignatureValue={hashlib.md5(b'demo:12.50:7:one').hexdigest()}" in url and "OutSum=12.50" in url
    notice = {
        "OutSum": "12.500000",
        "InvId": "7",
        "SignatureValue": hashlib.md5(b"12.500000:7:two").hexdigest().upper(),
    }
    read = robokassa.read_notice(SHOP, notice)
    assert (read.invoice, read.amount, read.provider_id, robokassa.answer(read)) == (7, Decimal("12.50"), "7", "OK7")
    own = {**notice, "Shp_b": "2", "Shp_a": "1"}
    with pytest.raises(NoticeRefused):
        robokassa.read_notice(SHOP, own)
    own["SignatureValue"] = hashlib.md5(b"12.500000:7:two:Shp_a=1:Shp_b=2").hexdigest()
    assert robokassa.read_notice(SHOP, own).invoice == 7


@rule("R-21.12")
@pytest.mark.parametrize(
    "change",
    [
        {"OutSum": "12.51"},
        {"InvId": "8"},
        {"SignatureValue": ""},
        {"SignatureValue": "é" * 32},
        {"SignatureValue": hashlib.md5(b"12.500000:7:one").hexdigest()},
        {"OutSum": "nan"},
        {},
    ],
)
def test_forged_notice_of_robokassa_is_refused(change: dict[str, str]) -> None:
    shop = msgspec.structs.replace(SHOP, password2="other") if not change else SHOP
    with pytest.raises(NoticeRefused):
        robokassa.read_notice(shop, {**robokassa.notice_fields(SHOP, "7", "12.500000"), **change})


@rule("R-21.4", "R-21.12")
def test_platron_signs_script_values_by_name_and_secret() -> None:
    fields = {"pg_merchant_id": "82", "pg_amount": "25.00", "pg_salt": "abc"}
    right = hashlib.md5(b"init_payment.php;25.00;82;abc;mypasskey").hexdigest()
    assert platron.signature(MERCHANT, "init_payment.php", fields) == right
    told = {
        "pg_order_id": "9", "pg_payment_id": "555", "pg_amount": "25.00", "pg_currency": "RUB", "pg_result": "1",
    }  # fmt: skip
    xml = platron.to_xml("request", platron.signed(MERCHANT, "result", told))
    read = platron.read_notice(MERCHANT, "result", xml)
    assert (read.provider_id, read.invoice, read.amount, read.paid) == ("555", 9, Decimal("25.00"), True)
    answered = platron.of_xml(platron.answer(MERCHANT, "result", "ok"), "response")
    assert answered["pg_status"] == "ok" and platron.is_signed(MERCHANT, "result", answered)


@rule("R-21.12")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">25.00<", ">26.00<"),
        (">9<", ">10<"),
        ("<request>", "<!DOCTYPE a [<!ENTITY b 'c'>]><request>"),
        ("<pg_order_id>", "<pg_order_id>1</pg_order_id><pg_order_id>"),
        ("request>", "other>"),
        ("</request>", ""),
        (">RUB<", ">USD<"),
    ],
)
def test_forged_or_odd_xml_is_refused(old: str, new: str) -> None:
    told = {"pg_order_id": "9", "pg_payment_id": "5", "pg_amount": "25.00", "pg_currency": "RUB", "pg_result": "1"}
    xml = platron.to_xml("request", platron.signed(MERCHANT, "result", told))
    assert old in xml
    with pytest.raises(NoticeRefused):
        platron.read_notice(MERCHANT, "result", xml.replace(old, new))


OURS = "40702810900000000001"
SAMPLE = """1CClientBankExchange
ВерсияФормата=1.02
Кодировка=Windows
Отправитель=Бухгалтерия предприятия
РасчСчет=40702810900000000001
СекцияДокумент=Платежное поручение
Номер=17
Дата=23.11.2026
Сумма=12000.00
ПлательщикСчет=40702810000000000777
ДатаПоступило=24.11.2026
Плательщик=ИНН 7701234567 ООО "Ромашка"
ПлательщикИНН=7701234567
Плательщик1=ООО "Ромашка"
ПлательщикРасчСчет=40702810000000000777
ПолучательСчет=40702810900000000001
НазначениеПлатежа=Оплата по счету C-2026-000042 без НДС
КонецДокумента
СекцияДокумент=Платежное поручение
Номер=18
Дата=24.11.2026
Сумма=5.5
ПлательщикСчет=40702810900000000001
ПолучательСчет=40702810000000000777
ДатаСписано=24.11.2026
КонецДокумента
КонецФайла
"""


@rule("R-21.2", "R-21.6")
@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8-sig"])
def test_statement_is_read_in_the_encodings_banks_use(encoding: str) -> None:
    text = SAMPLE.replace("Windows", "DOS") if encoding == "cp866" else SAMPLE
    came, went = bank_statement.parse(text.replace("\n", "\r\n").encode(encoding))
    assert (came.number, came.amount, came.payer, came.payer_inn) == (
        "17",
        Decimal("12000.00"),
        'ООО "Ромашка"',
        "7701234567",
    )
    assert came.came == date(2026, 11, 24) and came.invoice_number == "С-2026-000042", (
        "a Latin C is taken for a Russian one"
    )
    assert went.came is None and went.payer_account == OURS
    again = bank_statement.parse(text.encode(encoding))[0]
    assert again.id == came.id != went.id


def test_statement_there_and_back() -> None:
    one = Transfer(
        number="1", day=date(2026, 11, 29), amount=Decimal("7.00"), payer="ООО «Ёж»\nСумма=900", payer_inn="7",
        payer_account="1", recipient_account=OURS, purpose="С-2026-000001", came=date(2026, 11, 29),
    )  # fmt: skip
    [back] = bank_statement.parse(bank_statement.write([one], OURS, one.day, one.day))
    assert back == msgspec.structs.replace(one, payer="ООО «Ёж» Сумма=900"), "a line break in a name is no new line"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("1CClientBankExchange", "Statement"), "line 1"),
        (("КонецФайла\n", ""), "cut off"),
        (("Сумма=12000.00", "Сумма=1e9"), "line 18"),
        (("Номер=17\n", ""), "lacks Номер"),
        (("Дата=23.11.2026", "Дата=2026-11-23"), "is no date"),
        (("КонецДокумента\nКонецФайла", "КонецФайла"), "has no end"),
    ],
)
def test_broken_statement_is_refused_with_its_line(change: tuple[str, str], words: str) -> None:
    with pytest.raises(StatementError, match=words):
        bank_statement.parse(SAMPLE.replace(*change).encode("cp1251"))
