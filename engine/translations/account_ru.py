"""What an account refuses and what stands beside its buttons, in Russian: the catalogue beside `account/refusals.py`.

Decides the Russian words alone; codes, rules and what stands in the braces are the same in every language. A test asks for a
sentence for every code.
"""

from __future__ import annotations

from typing import Final

from engine.account.refusals import SENTENCES, AccountRefused

RUSSIAN: Final = {
    "email": "{given} — это не адрес электронной почты: напишите имя@example.org",
    "link_used": "ссылка уже использована: она действует один раз; запросите новое письмо",
    "link_over": "срок ссылки истёк: она действует 72 часа; запросите новое письмо",
    "link_unknown": "такой ссылки нет: скопируйте её из письма целиком или запросите новое",
    "account_name": "{given} не может быть именем аккаунта: от 3 до 32 латинских букв и цифр, первая — буква",
    "account_taken": "имя {given} занято: выберите другое",
    "password_short": "в пароле от панели должно быть не меньше {least} символов",
    "password_long": "в пароле от панели должно быть не больше {most} символов",
    "password_sip": "пароль от панели и SIP-пароль пользователя — разные секреты: выберите другой",
    "field_missing": "заполните поле «{given}»",
    "server": "сервера {given} нет: выберите один из {known}",
    "closed": "аккаунт закрыт: напишите в службу поддержки",
    "not_needed": "аккаунт не заблокирован: продление не требуется",
    "old_account": "у аккаунтов, зарегистрированных до 17 декабря 2014 года, порог блокировки ниже, продления нет",
    "never_paid": "тестовый период закончился, оплат не было: обратитесь к менеджеру, который вас подключал",
    "too_soon": "продлить снова можно через семь дней после прошлого раза: с {given}",
    "no_payment_since": "продлить снова можно после оплаты: с прошлого раза её не было",
    "amount": "{given} — это не сумма: напишите рубли и не больше двух знаков, например 250 или 99,90",
    "payer_missing": "перед пополнением нужен плательщик: добавьте его в разделе «Баланс > Плательщики»",
    "payer_incomplete": "заполните все поля плательщика: {given}",
    "mobile_missing": "для оплаты физическому лицу нужен номер мобильного телефона, например +79161234567",
    "foreign_minimum": "от иностранных юридических лиц принимаются платежи не меньше годовой стоимости услуг: {given} руб.",
    "card_limit": "картой можно оплатить не больше 100 долларов США в день; до полуночи по Москве осталось {given}",
    "invoice_paid": "счёт уже оплачен",
    "invoice_gone": "счёт удалён через 60 дней после создания: выставьте новый",
    "balance_zero": "на балансе номеров {given} руб.: сначала пополните его",
    "number_fee": "абонентская плата {given} руб., на балансе номеров меньше: сначала пополните его",
    "documents_nowhere": "оператор не указал адрес для запросов: напишите ему с адреса {given}",
    "documents_asked": "документы уже запрошены меньше часа назад: дождитесь ответа",
    "number_taken": "номер {given} уже занят: выберите другой",
    "confirmation_state": "состояние подтверждения — «{given}»: сейчас ничего отправить нельзя",
    "confirmation_person": (
        "подтвердить можно только граждан Российской Федерации или иностранцев с временной регистрацией в ней"
    ),
    "confirmation_files": "приложите хотя бы один скан",
    "scan_kind": "скан — это целый файл PDF, JPEG или PNG не больше 10 МБ",
    "factor_code": "это не код этого момента: дождитесь следующего в приложении и проверьте часы телефона",
    "factor_on": "второй фактор уже включён: сначала выключите его",
    "factor_off": "второй фактор не включён",
    "filter": "{given} — не номер сотрудника и не диапазон: напишите 100;102-110 или * для всех звонков",
    "filter_long": "в фильтре не больше {most} знаков: пишите диапазоны, например 102-110",
    "scans_many": "можно приложить не больше {most} сканов: сначала удалите один",
    "period": "период заканчивается раньше, чем начинается",
    "close_name": "чтобы закрыть аккаунт, напишите его имя: {given}",
}

HINTS: Final = {
    "not_needed": ("An extension is not needed.", "Продление не требуется."),
    "needed": (
        "The account is blocked for debt: it can be extended.",
        "Аккаунт заблокирован за долг: его можно продлить.",
    ),
    "on": ("Extended: the account is on for 24 hours.", "Продлено: аккаунт включён на 24 часа."),
    "over": ("Extended before; the 24 hours are over.", "Продлевалось; 24 часа закончились."),
}
"""The four hints beside «Продлить на 24 часа» (R-22.3), in English and Russian."""

STATES: Final = {
    "trial": ("trial period", "тестовый период"),
    "active": ("active", "активен"),
    "blocked_debt": ("blocked for debt", "заблокирован за долг"),
    "extended_24h": ("extended for 24 hours", "продлён на 24 часа"),
    "closed": ("closed", "закрыт"),
}
"""States of an account for people (R-01.9)."""

_CONFIRMATION: Final = {
    "not confirmed": "не подтвержден",
    "in process": "в процессе",
    "account confirmed": "аккаунт подтвержден",
}


def told(refusal: AccountRefused, language: str) -> str:
    """A refusal as readers of a language read it, with its rule.

    >>> told(AccountRefused("invoice_paid", "R-21.6"), "ru")
    'счёт уже оплачен (R-21.6)'
    """
    details = dict(refusal.details)
    if language == "ru" and refusal.code == "confirmation_state":
        details["given"] = _CONFIRMATION.get(details["given"], details["given"])
    sentence = (RUSSIAN if language == "ru" else SENTENCES)[refusal.code]
    return f"{sentence.format_map(details)} ({refusal.rule})"
