"""Users: settings, what a phone is set up with by hand, and a new SIP password from the running bridge.

Decides what is shown of an account. A password is made by the bridge and shown here once (R-15.9); it stands in no document and
no log. Leaves settings to the form, phones and their profiles to `phones.py`, asking the bridge to `live/bridge_client.py`.
"""

from __future__ import annotations

import html
from typing import Any

import panel as pn
import panel_material_ui as pmui

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.panels.base import Host, ListPanel
from pbxsim.workbench.design.panels.phones import UserPhones
from pbxsim.workbench.design.widgets import caption
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import notice


class UsersPanel(ListPanel):
    """The panel of one Design page."""

    part = "users"
    item_icon = "person"
    add_icon = "person_add"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.phone = pn.pane.HTML(sizing_mode="stretch_width", margin=(0, 0, 4, 0), stylesheets=[html_tables.STYLE])
        self.password = pmui.Button(
            label=self.texts("users.password"), icon="key", variant="outlined", size="small", margin=(4, 0)
        )
        self.password.on_click(self._new_password)
        self.told = notice(margin=(4, 0))
        self.phones = UserPhones(host)
        self.pin = pmui.PasswordInput(
            label=self.texts("voicemail.pin"), size="small", sizing_mode="stretch_width", margin=(4, 0)
        )
        self.give_pin = pmui.Button(
            label=self.texts("voicemail.give"), icon="dialpad", variant="outlined", size="small", margin=(4, 8, 4, 0)
        )
        self.take_pin = pmui.Button(label=self.texts("voicemail.take"), variant="text", size="small", margin=(4, 0))
        self.give_pin.on_click(self._give_pin)
        self.take_pin.on_click(self._take_pin)
        for one in (self.password, self.pin, self.give_pin, self.take_pin):
            one.disabled = not host.session.may(Right.ACT)

    def items(self) -> list[tuple[str, str, str]]:
        """Users by number, with the address their messages go to."""
        found = []
        for number in self.draft.section("users"):
            email = self.draft.raw(number).get("email")
            shown = ", ".join(map(str, email)) if isinstance(email, list) else str(email or "")
            found.append((number, f"{number} {self.draft.title(number)}", shown))
        return found

    def create(self) -> str:
        """A user with the next free number."""
        return self.draft.add("user", self.texts("new_user", len(self.draft.section("users")) + 1))

    def remove(self, id: str) -> None:
        """Take a user away, unless something refers to them."""
        self.draft.delete([id])

    def choose(self, id: str) -> None:
        """Show one; what was told of another one's password is gone."""
        self.told.visible = False
        super().choose(id)

    def around(self, id: str) -> tuple[list[Any], list[Any]]:
        """What a phone of this user needs."""
        head = self.draft.document.head if self.draft.document is not None else None
        domain = head.sip_domain if head is not None else ""
        facts = [
            (self.texts("users.login"), id),
            (self.texts("users.domain"), domain),
            (self.texts("users.secret"), self.texts("users.secret_help")),
        ]
        self.phone.object = html_tables.facts(facts, self.host.session.dark)
        self.phones.choose(id)
        title = caption(self.texts("users.phone"), margin=(10, 0, 4, 0))
        mailbox = pmui.Row(self.give_pin, self.take_pin, margin=0, sx={"flexWrap": "wrap"})
        return [], [title, self.phone, self.password, self.told, self.pin, mailbox, self.phones.view]

    def grey(self) -> None:
        """What is asked of the bridge stays with those who may act there: it changes no document."""
        self.looking = [
            self.menu, self.find, self.password, self.pin, self.give_pin, self.take_pin, *self.phones.widgets,
        ]  # fmt: skip
        super().grey()

    async def _new_password(self, _: Any) -> None:
        user = self.chosen
        made = await self._ask("POST", f"/api/users/{user}/password", self.texts("users.no_bridge", user or ""))
        if made is not None and user == self.chosen:
            self._tell(self.texts("users.password_is", user, html.escape(str(made["password"]))), "success")

    async def _give_pin(self, _: Any) -> None:
        user, pin, self.pin.value = self.chosen, self.pin.value or "", ""
        path, none = f"/api/users/{user}/voicemail-pin", self.texts("voicemail.no_bridge")
        if await self._ask("PUT", path, none, json={"pin": pin}) is not None and user == self.chosen:
            self._tell(self.texts("voicemail.pin_set", user), "success")

    async def _take_pin(self, _: Any) -> None:
        user = self.chosen
        none = self.texts("voicemail.no_bridge")
        if await self._ask("DELETE", f"/api/users/{user}/voicemail-pin", none) is not None and user == self.chosen:
            self._tell(self.texts("voicemail.pin_gone", user), "success")

    async def _ask(self, method: str, path: str, no_bridge: str, **more: Any) -> Any:
        """What the bridge says to an act; None, and told, where it cannot be asked or refuses."""
        session = self.host.session
        if not session.may(Right.ACT):
            self._tell(session.refusal(Right.ACT), "error")
            return None
        try:
            bridge = bridge_client.configured(session.visitor)
            if bridge is None:
                self._tell(no_bridge, "info")
                return None
            async with bridge:
                return await bridge.ask(method, path, **more)
        except BridgeError as error:
            self._tell(self.texts(error.text, error.detail), "error")
            return None

    def _tell(self, text: str, severity: str) -> None:
        self.told.param.update(object=text, severity=severity, visible=True)
