"""Bank statements in the exchange format of 1C (`1CClientBankExchange`, version 1.03, v8.1c.ru/edi/edi_stnd/100).

Decides how a statement is read and written: a text of `Name=value` lines, in Windows-1251 or CP866 as its line `Кодировка` says,
with one section for each document. Only payments that came to our account are money for us. Leaves whose money it is to the
hosting process.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from engine.account import money
from engine.account.refusals import AccountRefused
from engine.contract.errors import PbxError

HEAD: Final = "1CClientBankExchange"
ENCODINGS: Final = {"Windows": "cp1251", "DOS": "cp866"}
FILE_MOST: Final = 16 * 1024 * 1024

INVOICE: Final = re.compile(r"С-(\d{4})-(\d{6,})")
"""Number of an invoice in a purpose of payment."""


class StatementError(PbxError):
    """The file is no statement; the message says in which line and why."""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One payment order. Account numbers are those of banks."""

    number: str
    day: date
    amount: Decimal
    payer: str
    payer_inn: str
    payer_account: str
    recipient_account: str
    purpose: str
    came: date | None = None
    """When it was credited; None for one that has not come, or went out."""

    @property
    def id(self) -> str:
        """Its own id with the bank, which gives none: the same order is the same payment in every statement."""
        facts = "|".join(
            (
                self.number,
                self.day.isoformat(),
                str(self.amount),
                self.payer_account,
                self.recipient_account,
                self.purpose,
            )
        )
        return hashlib.sha256(facts.encode()).hexdigest()[:40]

    @property
    def invoice_number(self) -> str | None:
        """The number of the invoice that it names."""
        found = INVOICE.search(self.purpose.replace("C-", "С-"))  # people type a Latin C
        return found.group() if found else None


def parse(data: bytes) -> list[Transfer]:
    """Payments of a statement, in order. Raises StatementError."""
    if len(data) > FILE_MOST:
        raise StatementError("the file is larger than 16 MB")
    lines = _decoded(data).splitlines()
    if not lines or lines[0].strip() != HEAD:
        raise StatementError(f"line 1: a statement begins with {HEAD}")
    found: list[Transfer] = []
    section: dict[str, str] | None = None
    for number, line in enumerate(lines[1:], 2):
        name, _, value = line.strip().partition("=")
        if name == "СекцияДокумент":
            section = {}
        elif name == "КонецДокумента":
            if section is None:
                raise StatementError(f"line {number}: a document ends that never began")
            found.append(_transfer(section, number))
            section = None
        elif name == "КонецФайла":
            if section is not None:
                raise StatementError(f"line {number}: the last document has no end")
            return found
        elif section is not None:
            section.setdefault(name, value.strip())
    raise StatementError("the file has no end (КонецФайла): it was cut off, fetch it again")


def _decoded(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8-sig", errors="replace")
    dos = "Кодировка=DOS".encode("cp866") in data[:512]
    return data.decode("cp866" if dos else "cp1251", errors="replace")


def _transfer(section: dict[str, str], line: int) -> Transfer:
    try:
        came = section.get("ДатаПоступило", "")
        return Transfer(
            number=section["Номер"],
            day=_day(section["Дата"]),
            amount=money.read(section["Сумма"]),
            payer=section.get("Плательщик1") or section.get("Плательщик", ""),
            payer_inn=section.get("ПлательщикИНН", ""),
            payer_account=section.get("ПлательщикРасчСчет") or section.get("ПлательщикСчет", ""),
            recipient_account=section.get("ПолучательРасчСчет") or section.get("ПолучательСчет", ""),
            purpose=section.get("НазначениеПлатежа", ""),
            came=_day(came) if came else None,
        )
    except KeyError as error:
        raise StatementError(f"line {line}: the document lacks {error.args[0]}") from None
    except (ValueError, AccountRefused) as error:
        raise StatementError(f"line {line}: {error}") from None


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%d.%m.%Y").date()
    except ValueError:
        raise ValueError(f"{text!r} is no date: DD.MM.YYYY") from None


def write(transfers: Iterable[Transfer], account: str, first: date, last: date) -> bytes:
    """A statement of an account, as a bank writes it."""
    lines = [
        HEAD, "ВерсияФормата=1.03", "Кодировка=Windows", "Отправитель=Банк", "Получатель=",
        f"ДатаНачала={first:%d.%m.%Y}", f"ДатаКонца={last:%d.%m.%Y}", f"РасчСчет={account}",
    ]  # fmt: skip
    for one in transfers:
        lines += [
            "СекцияДокумент=Платежное поручение",
            f"Номер={one.number}", f"Дата={one.day:%d.%m.%Y}", f"Сумма={one.amount:.2f}",
            f"ПлательщикСчет={one.payer_account}", f"Плательщик={one.payer}", f"ПлательщикИНН={one.payer_inn}",
            f"Плательщик1={one.payer}", f"ПлательщикРасчСчет={one.payer_account}",
            f"ПолучательСчет={one.recipient_account}", f"ПолучательРасчСчет={one.recipient_account}",
            *([f"ДатаПоступило={one.came:%d.%m.%Y}"] if one.came else []),
            "ВидОплаты=01", f"НазначениеПлатежа={one.purpose}", "КонецДокумента",
        ]  # fmt: skip
    clean = [line.replace("\r", " ").replace("\n", " ") for line in lines]
    return ("\r\n".join([*clean, "КонецФайла"]) + "\r\n").encode("cp1251", errors="replace")
