"""A text for people that remembers what it was made of, so that it can be told in another language later.

Decides nothing else. The Russian of logs is in `cli/russian/texts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Self

Translate = Callable[[str], str]
"""Gives the text of a template in another language, or the template itself."""


NAMES: Final = frozenset("cell column encoding file name number queue sheet source trunks ways zone".split())
"""Values that stand for things of the reader's own, which may be called as a word of ours is, and stay."""


class Told(str):
    """English text made from `template` and `values`.

    >>> told, russian = Told("{name} is empty", name="log"), {"{name} is empty": "{name}: пусто"}
    >>> str(told), told.translated(lambda template: russian.get(template, template))
    ('log is empty', 'log: пусто')
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Self:
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template = template
        made.values = values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.template, self.values)

    def translated(self, translate: Translate) -> str:
        """The same in another language; values that are texts of ours are translated, too."""
        values = {
            name: value if name in NAMES and not isinstance(value, Told) else in_language(value, translate)
            for name, value in self.values.items()
        }
        text = translate(self.template)
        return text.format(**values) if values else text


def speaker(translate: Translate) -> Callable[..., str]:
    """Gives the text of a template and its values in another language.

    >>> speaker({"{count} calls": "звонков: {count}"}.get)("{count} calls", count=2)
    'звонков: 2'
    """

    def say(template: str, **values: Any) -> str:
        return Told(template, **values).translated(translate)

    return say


def in_language(value: Any, translate: Translate) -> Any:
    """A text in another language as far as it is known there; what is no text stays as it is."""
    if isinstance(value, Told):
        return value.translated(translate)
    return translate(value) if isinstance(value, str) else value


def _made(template: str, values: dict[str, Any]) -> Told:
    return Told(template, **values)
