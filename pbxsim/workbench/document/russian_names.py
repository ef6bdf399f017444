"""What the parts of a new PBX are called in Russian. Decides wording only; which documents there are is in `templates.py`."""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = {
    # lines and time
    "Main number": "Основной номер",
    "Hotline": "Горячая линия",
    "Moscow": "Москва",
    "Kazan": "Казань",
    "Working time": "Рабочее время",
    "Weekdays": "Будни",
    "Saturdays": "Субботы",
    "Moscow is open": "Москва открыта",
    "Kazan is open": "Казань открыта",
    # what is heard
    "Welcome": "Приветствие",
    "Welcome to Moscow": "Приветствие, Москва",
    "Welcome to Kazan": "Приветствие, Казань",
    "Main menu": "Главное меню",
    "Closed": "Закрыто",
    "Mailbox": "Голосовая почта",
    "Registry's mailbox": "Почта регистратуры",
    "Results are asked for": "Спрашивают результаты",
    # who answers
    "Sales": "Продажи",
    "Office": "Офис",
    "Moscow shop": "Магазин, Москва",
    "Kazan shop": "Магазин, Казань",
    "Delivery": "Доставка",
    "Registry": "Регистратура",
    "Appointments": "Запись на приём",
    "Nurses": "Медсёстры",
    "Duty doctor": "Дежурный врач",
    "Key customers": "Важные клиенты",
    "Key customers' line": "Линия важных клиентов",
    "Billing": "Расчёты",
    "Support": "Поддержка",
    "Services": "Услуги",
    "New contracts": "Новые договоры",
    "Offers": "Акции",
    "Corporate sales": "Продажи компаниям",
    "Renewals": "Продление",
    "Invoices": "Счета",
    "Payments": "Платежи",
    "Debts": "Долги",
    "Refunds": "Возврат денег",
    "Internet": "Интернет",
    "Telephony": "Телефония",
    "Television": "Телевидение",
    "Equipment": "Оборудование",
    "Orders": "Заказы",
    "Couriers": "Курьеры",
    "Pick-up points": "Пункты выдачи",
    "Returns": "Возврат товара",
    "Moves": "Переезд",
    "Installation": "Подключение",
    "Complaints": "Жалобы",
    "Partners": "Партнёры",
    "General questions": "Общие вопросы",
    # people
    "Anna": "Анна",
    "Boris": "Борис",
    "Vera": "Вера",
    "Gleb": "Глеб",
    "Daria": "Дарья",
    "Egor": "Егор",
    "Timur": "Тимур",
    "Alsu": "Алсу",
    "Director": "Директор",
    "Nurse": "Медсестра",
    "Head physician": "Главный врач",
    "Agent": "Оператор",
    "Supervisor": "Старший смены",
    # rules of outgoing calls
    "Kazan by Kazan": "Казань через Казань",
    "any form to": "любая запись с",
}
"""Without the number that tells one of several from another."""

_NAME = re.compile(r"(?<=\bname: )(?P<said>[A-Z a-z'-]*[A-Za-z])(?P<number> [0-9]+)?(?=[,}]|[ \t]*$)", re.MULTILINE)


def named(text: str) -> str:
    """A document of ours with Russian names; a name that is not known here stays.

    >>> named('  201: {name: Nurse 1, voicemail: false}\\n  5000:\\n    name: Welcome\\n')
    '  201: {name: Медсестра 1, voicemail: false}\\n  5000:\\n    name: Приветствие\\n'
    """
    return _NAME.sub(lambda one: NAMES.get(one["said"], one["said"]) + (one["number"] or ""), text)
