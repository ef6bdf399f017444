"""What a browser remembers from page to page and from day to day: language, theme, the document it last edited.

Decides what counts when an address, a cookie and the browser's own settings differ: in this order. Leaves writing cookies
to `static/page.js`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pbxsim.workbench.shell.texts import LANGUAGES


def language(asked: str | None, cookies: Mapping[str, str], accepted: str) -> str:
    """The language of a page; `accepted` is the header Accept-Language (RFC 9110, section 12.5.4).

    >>> language(None, {}, "de;q=0.9, ru-RU;q=0.8, en;q=0.7"), language("en", {"pbx-lang": "ru"}, "")
    ('ru', 'en')
    """
    for wanted in (asked, cookies.get("pbx-lang")):
        if wanted in LANGUAGES:
            return str(wanted)
    return next((tongue for tongue in _by_quality(accepted) if tongue in LANGUAGES), LANGUAGES[0])


def theme(asked: str | None, cookies: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether a person chose the theme, and whether it is dark; otherwise it is what the browser prefers.

    >>> theme(None, {"pbx-scheme": "dark"}), theme("light", {"pbx-scheme": "dark"}), theme(None, {"pbx-theme": "dark"})
    ((False, True), (True, False), (True, True))
    """
    for wanted in (asked, cookies.get("pbx-theme")):
        if wanted in ("dark", "light"):
            return True, wanted == "dark"
    return False, cookies.get("pbx-scheme") == "dark"


def draft_cookie(file: Path) -> str:
    """The cookie that names the document in edit: one a file, as several workbenches may run on one host."""
    return f"pbx-draft-{hashlib.sha256(str(file).encode()).hexdigest()[:10]}"


def is_for_pages(cookie: str) -> bool:
    """Whether pages may know a cookie: those of this file, and no others that browsers bring along.

    >>> is_for_pages("pbx-lang"), is_for_pages("pbx-draft-0123456789"), is_for_pages("pbx-session-01234567")
    (True, True, False)
    """
    return cookie in ("pbx-lang", "pbx-theme", "pbx-scheme") or cookie.startswith("pbx-draft-")


def _by_quality(accepted: str) -> list[str]:
    found = []
    for place, part in enumerate(accepted.split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        found.append((-weight, place, name.split("-")[0].lower()))
    return [name for _, _, name in sorted(found)]
