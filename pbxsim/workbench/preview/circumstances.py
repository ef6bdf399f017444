"""What may be otherwise when a call is previewed: the account blocked, trunks down, rules held by hand, answers of servers, codes
that users dial before the call and while it rings.

Decides the fields. Leaves what follows from them to the script of the preview (`engine/analysis/scripted_world.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import panel_material_ui as pmui

from engine.analysis.scripted_world import UserAct, When, dials, web_answer
from engine.elements import KINDS
from engine.elements.hours import Hours
from engine.translations.account_ru import STATES
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.shell.shell import card, hint
from pbxsim.workbench.shell.texts import Texts

REGISTERED = "registered"
TRUNK_STATES = (REGISTERED, "unregistered", "failed", "barred", "unpaid")
ACCOUNTS = ("active", "blocked_debt")
ACTIVE = ACCOUNTS[0]
"""The two ways an account lets calls in or not (R-01.10)."""
AUTO = "auto"
MODES = (AUTO, "match", "mismatch")
MOMENTS: Final[dict[str, When]] = {"before": "before", "in_ring": "ringing"}
"""When users dial a code: the words of the page's address, as `pbx trace` has them, and those of the script."""


class Circumstances:
    """The fields of one Preview page, for what its document has."""

    def __init__(self, draft: Draft, texts: Texts, changed: Callable[[Any], None], asked: Mapping[str, str]) -> None:
        self._texts = texts
        kinds = {
            str(number): str(raw.get("kind", ""))
            for number, raw in draft.section("elements").items()
            if isinstance(raw, dict)
        }
        trunks = {texts(f"trunk.{state}"): state for state in TRUNK_STATES}
        self.trunks = {
            str(key): _choice(draft.title(f"trunk:{key}"), trunks, REGISTERED) for key in draft.section("trunks")
        }
        spoken = 1 if texts.language == "ru" else 0
        accounts = {STATES[state][spoken]: state for state in ACCOUNTS}
        self.account = _choice(texts("account_state"), accounts, ACTIVE)
        modes = {texts(f"held.{mode}"): mode for mode in MODES}
        self.rules = {
            number: _choice(f"{number} {draft.title(number)}", modes, AUTO)
            for number, kind in kinds.items()
            if kind == Hours.kind
        }
        self.answers = {
            number: pmui.TextInput(
                label=f"{number} {draft.title(number)}",
                value=asked.get(f"answer.{number}", ""),
                placeholder=texts("answer_hint"),
                size="small",
                margin=(5, 0),
                sizing_mode="stretch_width",
            )
            for number, kind in kinds.items()
            if kind in KINDS and KINDS[kind].asks_servers
        }
        self.dialled = {
            name: pmui.TextInput(
                label=texts(f"dialled.{name}"),
                value=asked.get(name, ""),
                placeholder=texts(f"dialled.{name}_hint"),
                size="small",
                margin=(5, 0),
                sizing_mode="stretch_width",
            )
            for name in MOMENTS
        }
        self._users = {str(number) for number in draft.section("users")}
        self._codes = pmui.Column(
            hint(texts("dialled_help")),
            *self.dialled.values(),
            visible=any(field.value for field in self.dialled.values()),
            margin=0,
            sizing_mode="stretch_width",
        )
        self.more = pmui.Button(
            label=texts("more"),
            variant="text",
            size="small",
            margin=0,
            on_click=lambda _: self._show_codes(not self._codes.visible),
        )
        self._show_codes(self._codes.visible)
        self._kinds = kinds
        asked_for = (self.trunks, self.rules, self.answers, self.dialled)
        for field in (*(field for fields in asked_for for field in fields.values()), self.account):
            field.param.watch(changed, "value")

    def script(self) -> dict[str, Any]:
        """What the script of a preview takes of them. Raises ValueError for an answer that is none, and for a code of nobody."""
        answers = {int(number): field.value.strip() for number, field in self.answers.items() if field.value.strip()}
        for number, said in answers.items():
            web_answer(said, self._kinds[str(number)])
        return {
            "trunks": {key: field.value for key, field in self.trunks.items() if field.value != REGISTERED},
            "overrides": {int(number): field.value for number, field in self.rules.items() if field.value != AUTO},
            "answers": answers,
            "account": self.account.value,
            "acts": tuple(act for name, when in MOMENTS.items() for act in self._acts(self.dialled[name].value, when)),
        }

    def _acts(self, text: str, when: When) -> list[UserAct]:
        """What `102=*72103; 103=*78` says that users dial."""
        found = []
        for word in filter(None, (part.strip() for part in text.split(";"))):
            user, _, number = (part.strip() for part in word.partition("="))
            if user not in self._users or not number:
                raise ValueError(self._texts("dialled_wrong", word[:40]))
            found.append(dials(int(user), number, when))
        return found

    def _show_codes(self, shown: bool) -> None:
        self._codes.visible, self.more.icon = shown, "expand_less" if shown else "expand_more"

    def cards(self) -> list[Any]:
        """One card for each sort that the document has."""
        found = [card(self._texts("account_state"), self.account)]
        for name, fields in (
            ("trunk_states", self.trunks),
            ("held_rules", self.rules),
            ("server_answers", self.answers),
        ):
            if fields:
                help_text = [hint(self._texts("server_answers_help"))] if name == "server_answers" else []
                found.append(card(self._texts(name), *help_text, *fields.values()))
        if self._users:
            found.append(card(self._texts("dialled"), self.more, self._codes))
        return found


def _choice(label: str, options: dict[str, str], value: str) -> Any:
    return pmui.Select(
        label=label, options=options, value=value, size="small", margin=(5, 0), sizing_mode="stretch_width"
    )
