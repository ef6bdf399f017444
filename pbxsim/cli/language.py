"""In which language `pbx` speaks: English as written in the code, Russian from the catalogue in `russian/texts.py`.

Decides the language once, at start (`--lang`, then LC_ALL, LC_MESSAGES, LANG), and translates whole texts: what is
not in the catalogue stays English. Faults found in a document are told in the engine's words, from its own catalogue
(`engine/translations/faults_ru.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from pbxsim.cli.russian import texts

LANGUAGES = ("en", "ru")

_current = "en"


def choose(arguments: Sequence[str], environment: dict[str, str] | None = None) -> str:
    """The language asked for by `arguments` or the environment.

    >>> choose(["check", "example", "--lang", "ru"], {})
    'ru'
    >>> choose([], {"LANG": "ru_RU.UTF-8"})
    'ru'
    >>> choose(["--lang=en"], {"LANG": "ru_RU.UTF-8"})
    'en'
    """
    for place, argument in enumerate(arguments):
        if argument == "--lang" and place + 1 < len(arguments):
            return _known(arguments[place + 1])
        if argument.startswith("--lang="):
            return _known(argument.removeprefix("--lang="))
    known = os.environ if environment is None else environment
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if known.get(name):
            return _known(known[name])
    return "en"


def _known(word: str) -> str:
    return "ru" if word.lower().startswith("ru") else "en"


def speak(language: str) -> None:
    """Use `language` from now on."""
    global _current
    _current = _known(language)


def spoken() -> str:
    """The language in use: `en` or `ru`."""
    return _current


def system_said(error: OSError) -> str:
    """What the operating system says of a file, in the language in use.

    >>> system_said(FileNotFoundError(2, "No such file or directory"))
    'No such file or directory'
    """
    return tr(error.strerror) if error.strerror else str(error)


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in use, its `{names}` filled in.

    >>> tr("{count} errors", count=2)
    '2 errors'
    """
    if _current == "ru":
        text = texts.TEXTS.get(text, text)
    return text.format(**values) if values else text
