"""Texts of the hosting process's pages, in English and Russian."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("A PBX for your company", "АТС для вашей компании"),
    "start_free": ("Connect for free", "Подключить бесплатно"),
    "email": ("E-mail", "Электронная почта"),
    "password": ("Password", "Пароль"),
    "new_password": ("New password", "Новый пароль"),
    "sign_in": ("Sign in", "Войти"),
    "sign_out": ("Sign out", "Выйти"),
    "forgot": ("Forgot the password?", "Забыли пароль?"),
    "send_link": ("Send the link", "Отправить ссылку"),
    "letter_sent": (
        "If this address can be used, an e-mail with a link is on its way. The link works for 72 hours and once.",
        "Если адрес подходит, на него отправлено письмо со ссылкой. Ссылка действует 72 часа и один раз.",
    ),
    "complete": ("Complete the registration", "Завершение регистрации"),
    "account_name": ("Account name", "Имя аккаунта"),
    "account_name_help": (
        "3 to 32 Latin letters and digits; it becomes the SIP domain {0} and cannot be changed later",
        "от 3 до 32 латинских букв и цифр; станет SIP-доменом {0}, изменить потом нельзя",
    ),
    "server": ("Nearest server", "Ближайший сервер"),
    "contact_name": ("Your name", "Ваше имя"),
    "contact_phone": ("Phone", "Телефон"),
    "panel_password": ("Panel password, at least 10 characters", "Пароль от панели, не меньше 10 символов"),
    "create": ("Create the account", "Создать аккаунт"),
    "set_password": ("Set the password", "Задать пароль"),
    "wrong": ("Wrong e-mail or password.", "Неверный адрес или пароль."),
    "locked": ("Too many tries. Try again in 15 minutes.", "Слишком много попыток. Повторите через 15 минут."),
    "balance": ("Balance", "Баланс"),
    "rub": ("RUB", "руб."),
    "state": ("State", "Состояние"),
    "month": ("A month costs", "В месяц"),
    "extend": ("Extend for 24 hours", "Продлить на 24 часа"),
    "payers": ("Payers", "Плательщики"),
    "payments": ("Payments", "Платежи"),
    "add_private": ("Add a private person", "Добавить физическое лицо"),
    "full_name": ("Full name", "ФИО"),
    "mobile": ("Mobile number", "Номер мобильного телефона"),
    "add": ("Add", "Добавить"),
    "amount": ("Amount", "Сумма"),
    "top_up": ("Top up the balance", "Пополнить баланс"),
    "pay": ("Pay", "Оплатить"),
    "invoice": ("Invoice", "Счёт"),
    "act": ("Act of completed work", "Акт выполненных работ"),
    "reconciliation": ("Reconciliation act", "Акт сверки"),
    "correction": ("Correction", "Корректировка"),
    "documents": ("Documents", "Документы"),
    "open": ("waits for payment", "ожидает оплаты"),
    "paid": ("paid", "Оплачено"),
    "print": ("To print or keep as PDF, press Ctrl+P.", "Для печати или сохранения в PDF нажмите Ctrl+P."),
    "provider": ("Provider", "Исполнитель"),
    "payer": ("Payer", "Плательщик"),
    "no_vat": ("without VAT", "без НДС"),
    "period": ("Period", "Период"),
    "no_force": (
        "A copy for information. The valid act comes by post.",
        "Копия для сведения. Оригинал высылается Почтой России.",
    ),
    "again": ("again", "заново"),
    "form_over": ("This form is no longer valid: open the page again.", "Форма устарела: откройте страницу заново."),
}


def text(name: str, language: str, *values: object) -> str:
    """A text in a language.

    >>> text("paid", "ru")
    'Оплачено'
    """
    return TEXTS[name][0 if language == "en" else 1].format(*values)
