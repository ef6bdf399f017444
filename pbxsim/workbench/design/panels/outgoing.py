"""Outgoing rules in their order, the default number, and a tester: which rule fires for a dialled number and a user (R-14).

Decides what is shown of a rule and of a test. Which rule fires is the engine's word (`engine/state/outgoing.py`); what becomes of
the call as a whole is followed on the Preview page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from engine.contract import causes
from engine.state.outgoing import Route
from pbxsim.workbench.design.panels.base import FormKeeper, Host, ListPanel
from pbxsim.workbench.design.widgets import WIDE, icon_button, row
from pbxsim.workbench.diagram.messages import Target
from pbxsim.workbench.document import lists
from pbxsim.workbench.shell.shell import card, notice


class OutgoingPanel(ListPanel):
    """The panel of one Design page."""

    part = "outgoing"
    item_icon = "call_made"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        texts = self.texts
        self.default = FormKeeper(self)
        self.dialled = pmui.TextInput(label=texts("outgoing.dialled"), placeholder="+7 916 123-45-67", **WIDE)
        self.user = pmui.Select(label=texts("outgoing.user"), options={}, **WIDE)
        self.answer = notice(margin=(6, 0, 0, 0))
        self.follow = pmui.Button(
            label=texts("try_call"), icon="play_arrow", target="_self", variant="text", size="small", visible=False
        )
        for widget, about in ((self.dialled, "dialled"), (self.user, "user")):
            widget.helper_text = texts(f"outgoing.{about}_help")
            widget.param.watch(lambda _: self._asked(), "value")
        self.looking += [self.dialled, self.user, self.follow]
        self.above.objects = [
            card(texts("part.outgoing"), self.default.view),
            card(
                texts("outgoing.test"),
                row(self.dialled, pmui.Row(self.user, margin=(0, 0, 0, 10), sizing_mode="stretch_width")),
                self.answer,
                self.follow,
            ),
        ]
        self.list.objects[0].object = texts("outgoing.rules")

    def items(self) -> list[tuple[str, str, str]]:
        """Rules, each with its mask, what is sent, and through what."""
        found = []
        for at, rule in enumerate(lists.rules(self.draft)):
            through = self.draft.title(f"trunk:{rule.get('operator', '')}")
            name = str(rule.get("name") or self.texts("rule_numbered", at + 1))
            found.append(
                (f"rule:{at}", f"{at + 1}. {name}", f"{rule.get('mask', '')} → {rule.get('output', '')} · {through}")
            )
        return found

    def create(self) -> str:
        """A rule that changes nothing yet."""
        at = len(lists.rules(self.draft))
        return f"rule:{lists.add_rule(self.draft, self.texts('rule_numbered', at + 1))}"

    def remove(self, id: str) -> None:
        """Take a rule away."""
        self.draft.put(self.draft.path_of(id), None)

    def around(self, id: str) -> tuple[list[Any], list[Any]]:
        """The arrows."""
        at, last = int(id.partition(":")[2]), len(lists.rules(self.draft)) - 1
        arrows = [
            icon_button(icon, self.texts(name), self._mover(at, by), margin=(0, 4, 0, 0), disabled=at == end)
            for icon, name, by, end in (
                ("arrow_upward", "outgoing.up", -1, 0),
                ("arrow_downward", "outgoing.down", 1, last),
            )
        ]
        return [row(*arrows)], []

    def refresh(self) -> None:
        """Show rules, default number and what the test gives now."""
        self.default.show("outgoing")
        users = {f"{number} {self.draft.title(number)}": number for number in self.draft.section("users")}
        options = {**users, self.texts("outgoing.nobody"): ""}
        if options != self.user.options:
            value = self.user.value if self.user.value in options.values() else next(iter(options.values()))
            self.user.param.update(options=options, value=value)
        super().refresh()
        self._test()

    def go(self, at: Target) -> str:
        """The default number stands above the list."""
        return self.texts.field(at.field) if at.id == "outgoing" else super().go(at)

    def _mover(self, at: int, by: int) -> Callable[[], None]:
        return lambda: self._move(at, by)

    def _move(self, at: int, by: int) -> None:
        def edit() -> None:
            self.chosen = f"rule:{lists.move_rule(self.draft, at, by)}"

        self.host.apply(edit)

    def _asked(self) -> None:
        self._test()
        self.grey()

    def _test(self) -> None:
        dialled = (self.dialled.value or "").strip()
        flow = self.draft.flow
        self.follow.visible = bool(dialled) and flow is not None and bool(self.user.value)
        if not dialled:
            self.answer.visible = False
            return
        if flow is None:
            self.answer.param.update(object=self.texts("has_errors"), severity="warning", visible=True)
            return
        user = self.user.value or ""
        route = flow.outgoing.route(dialled, int(user) if user else None)
        good = route.cause is None
        self.answer.param.update(object=self._told(route), severity="success" if good else "warning", visible=True)
        if user:
            self.follow.href = self.host.session.address("preview", number=dialled, caller=user)
        if route.index is not None and self.chosen != f"rule:{route.index}":
            self.chosen = f"rule:{route.index}"
            super().refresh()

    def _told(self, route: Route) -> str:
        """What becomes of the number, in a sentence with its rule."""
        texts = self.texts
        if route.inside is not None:
            return texts("outgoing.inside", f"{route.inside} {self.draft.title(str(route.inside))}", route.rule)
        fired = (
            texts("rule_named", route.name)
            if route.index is not None
            else texts("outgoing.emergency" if route.emergency else "outgoing.none")
        )
        if route.cause is not None:
            return texts("outgoing.ends", fired, causes.comment(route.cause, texts.language), route.rule)
        through = self.draft.title(f"trunk:{route.trunk}")
        return texts("outgoing.goes", fired, route.number, through, route.rule)
