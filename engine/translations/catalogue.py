"""A catalogue of sentences: an English sentence of ours is found by its pattern, and so are its arguments.

Decides how a sentence is recognised: word for word, else by the pattern that says most. Leaves the words to the catalogues.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Mapping


class Catalogue:
    """Sentences in another language by their English patterns; arguments stand in braces."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self.sentences = sentences
        self.pattern = functools.lru_cache(maxsize=4096)(self._pattern)

    def _pattern(self, text: str) -> tuple[str, Mapping[str, str]] | None:
        """The English pattern of a sentence and the arguments in it; None if the catalogue lacks it.

        >>> Catalogue({"{field} must be at most {bound}": "…"}).pattern("ring must be at most 120")
        ('{field} must be at most {bound}', {'field': 'ring', 'bound': '120'})
        """
        whole = self._whole.get(text)
        if whole is not None:
            return whole, {}
        for template, expression in self._expressions:
            match = expression.fullmatch(text)
            if match is not None:
                return template, match.groupdict()
        return None

    @functools.cached_property
    def _whole(self) -> dict[str, str]:
        """Patterns without arguments, by the sentence they say."""
        parsed = {template: list(string.Formatter().parse(template)) for template in self.sentences}
        return {
            "".join(said for said, _, _, _ in parts): template
            for template, parts in parsed.items()
            if not any(name for _, name, _, _ in parts)
        }

    @functools.cached_property
    def _expressions(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Patterns with arguments, those that say most first."""
        made = []
        for template in self.sentences:
            parts = list(string.Formatter().parse(template))
            if any(name for _, name, _, _ in parts):
                written = "".join(re.escape(said) + (f"(?P<{name}>.+?)" if name else "") for said, name, _, _ in parts)
                made.append((sum(len(said) for said, _, _, _ in parts), template, re.compile(written, re.DOTALL)))
        return tuple((template, expression) for _, template, expression in sorted(made, key=lambda one: -one[0]))
