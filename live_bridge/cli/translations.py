"""In which language the bridge's commands speak: English as written in the code, Russian from `russian_texts.py`.

Decides the language; what has no Russian text stays English.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from live_bridge.cli import russian_texts


def language(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> str:
    """`ru` or `en`, by `--lang`, then LC_ALL, LC_MESSAGES, LANG.

    >>> language(["live", "--lang", "ru"], {}), language([], {"LANG": "ru_RU.UTF-8"}), language([], {})
    ('ru', 'ru', 'en')
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    known = os.environ if environment is None else environment
    for place, word in enumerate(words):
        if word == "--lang" and place + 1 < len(words):
            return "ru" if words[place + 1].lower().startswith("ru") else "en"
        if word.startswith("--lang="):
            return "ru" if word[7:].lower().startswith("ru") else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if known.get(name):
            return "ru" if known[name].lower().startswith("ru") else "en"
    return "en"


def system_said(error: OSError) -> str:
    """What the operating system says of a file, in the language in use."""
    return tr(error.strerror) if error.strerror else str(error)


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in use, its `{names}` filled in."""
    if language() == "ru":
        text = russian_texts.TEXTS.get(text, text)
    return text.format(**values) if values else text
