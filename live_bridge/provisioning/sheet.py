"""The plain sheet for any other soft phone: a page with what is entered where, and the account as a QR code.

Decides words and looks in both languages. The code holds the account as a SIP URI (RFC 3261 section 19.1.1), which soft phones
read and any camera shows as text, so that nobody types a password.
"""

from __future__ import annotations

from typing import Final

import jinja2
import segno

from live_bridge.provisioning.account import CODECS, KEEP_ALIVE_S, REGISTER_S, PhoneAccount

TEXTS: Final = {
    "en": {
        "title": "Phone of user {user}",
        "once": "This page is shown once. Print it or set the phone up now; afterwards ask for another one.",
        "cover": "Set up a phone",
        "ready": "Your phone's settings can be shown once. Have the phone at hand.",
        "show": "Show the settings",
        "number": "User name, login (authentication name)",
        "domain": "Domain, SIP server",
        "password": "Password",
        "proxy": "Proxy (outbound proxy)",
        "transport": "Transport",
        "register": "Registration expires, seconds",
        "keep_alive": "Keep-alive, seconds",
        "rport": "rport",
        "on": "on",
        "tones": "Keys (DTMF)",
        "codecs": "Codecs, best first",
        "qr": "The account as a QR code",
        "headset": "Use a digital headset (USB) with its own volume control, e.g. Plantronics A628, rather than an analogue one.",
    },
    "ru": {
        "title": "Телефон сотрудника {user}",
        "once": "Эта страница показана один раз. Распечатайте её или настройте телефон сейчас; потом запросите новую.",
        "cover": "Настройка телефона",
        "ready": "Настройки телефона показываются один раз. Держите телефон под рукой.",
        "show": "Показать настройки",
        "number": "Имя пользователя, логин (имя для авторизации)",
        "domain": "Домен, сервер SIP",
        "password": "Пароль",
        "proxy": "Прокси (исходящий прокси)",
        "transport": "Транспорт",
        "register": "Срок регистрации, секунд",
        "keep_alive": "Keep-alive, секунд",
        "rport": "rport",
        "on": "включён",
        "tones": "Клавиши (DTMF)",
        "codecs": "Кодеки, лучший первым",
        "qr": "Учётная запись как QR-код",
        "headset": "Лучше цифровая гарнитура (USB) со своей регулировкой громкости, например Plantronics A628, чем аналоговая.",
    },
}

PAGE: Final = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
    """<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{ title }}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #8886; vertical-align: top; }
th { font-weight: 500; width: 45%; }
td { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
.code { background: #fff; padding: 1rem; width: 15rem; margin: 1rem 0; }
.code svg { display: block; width: 100%; height: auto; }
button { font: inherit; padding: .6rem 1.2rem; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
{%- if rows is none %}
<p>{{ texts.ready }}</p>
<form method="post"><button>{{ texts.show }}</button></form>
{%- else %}
<p>{{ texts.once }}</p>
<table>
{%- for name, value in rows %}
<tr><th scope="row">{{ name }}</th><td id="{{ loop.index0 }}">{{ value }}</td></tr>
{%- endfor %}
</table>
<h2>{{ texts.qr }}</h2>
<div class="code" role="img" aria-label="{{ texts.qr }}">{{ code | safe }}</div>
<p>{{ texts.headset }}</p>
{%- endif %}
</body>
</html>
"""
)


def uri(account: PhoneAccount) -> str:
    """The account as a SIP URI with its password."""
    return f"sip:{account.login}:{account.password}@{account.domain};transport={account.transport}"


def picture(text: str) -> str:
    """A QR code as SVG, to stand in a page."""
    return str(segno.make(text, error="m", micro=False).svg_inline(border=2, omitsize=True))


def values(account: PhoneAccount) -> dict[str, str]:
    """What is entered, by its meaning."""
    return {
        "number": account.login,
        "domain": account.domain,
        "password": account.password,
        "proxy": account.proxy,
        "transport": account.transport.upper(),
        "register": str(REGISTER_S),
        "keep_alive": str(KEEP_ALIVE_S),
        "rport": "on",
        "tones": "RFC 4733 (RFC 2833)",
        "codecs": ", ".join(CODECS),
    }


def cover(language: str = "en") -> str:
    """The page before: a button, so that no program that looks at links uses the sheet up."""
    texts = TEXTS[language]
    return PAGE.render(language=language, title=texts["cover"], texts=texts, rows=None)


def write(account: PhoneAccount, language: str = "en") -> str:
    """The page."""
    texts = TEXTS[language]
    rows = [(texts[key], texts.get(value, value)) for key, value in values(account).items()]
    title = texts["title"].format(user=f"{account.login} {account.shown}" if account.name else account.login)
    code = picture(uri(account))
    return PAGE.render(language=language, title=title, texts=texts, rows=rows, code=code)
