"""The phones of one user at the running bridge: what is registered, profiles that were made, and a new one (R-15.4, R-15.8).

Decides what is shown of them and when they are asked for. An address and a page's password are shown once, here, and stand in no
document and no log. Leaves profiles to the bridge, who may to it and to the session's rights.
"""

from __future__ import annotations

import datetime as dt
import functools
import html
from typing import Any
from zoneinfo import ZoneInfo

import panel as pn
import panel_material_ui as pmui
import segno

from engine.contract.ids import SECOND_US
from pbxsim.results.html import Raw
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.panels.base import Host
from pbxsim.workbench.design.widgets import WIDE, caption
from pbxsim.workbench.live import bridge_client, tables
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.shell import notice

CODE_STYLE = """
.code { background: #fff; padding: 12px; width: 180px; margin: 8px 0; border-radius: 6px; }
.code svg { display: block; width: 100%; height: auto; }
.by-hand { margin-top: 14px; }
.address { font-family: ui-monospace, monospace; overflow-wrap: anywhere; user-select: all; }
"""


class UserPhones:
    """The part of the Users panel below a user's settings."""

    def __init__(self, host: Host) -> None:
        self.host, self.texts = host, host.texts
        self.user: str | None = None
        self._models: list[dict[str, Any]] = []
        self._profiles: list[dict[str, Any]] = []
        look: dict[str, Any] = {
            "sizing_mode": "stretch_width", "margin": (0, 0, 4, 0), "stylesheets": [html_tables.STYLE, CODE_STYLE],
        }  # fmt: skip
        self.devices = pn.pane.HTML(**look)
        self.made = pmui.Column(sizing_mode="stretch_width", margin=0)
        self.model = pmui.Select(label=self.texts("phones.model"), options={}, **WIDE)
        self.mac = pmui.TextInput(
            label=self.texts("phones.mac"), placeholder="7C:2F:80:E1:23:45", visible=False, **WIDE
        )
        button: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (4, 8, 4, 0)}
        self.make = pmui.Button(label=self.texts("phones.make"), icon="settings_phone", on_click=self._make, **button)
        self.again = pmui.Button(label=self.texts("phones.again"), icon="refresh", on_click=self._again, **button)
        self.told = notice(margin=(4, 0))
        self.new = pn.pane.HTML(visible=False, **look)
        self.model.param.watch(self._model_chosen, "value")
        form = (self.model, self.mac, pmui.Row(self.make, self.again, margin=0))
        title = caption(self.texts("phones.title"), margin=(10, 0, 4, 0))
        self._parts = [title, self.devices, self.made, *form, self.told, self.new]
        self.view = pn.Column(sizing_mode="stretch_width", margin=0)
        """Empty until the bridge answered: widgets that are there while a page is built may miss what they are told then."""

    @property
    def widgets(self) -> list[Any]:
        """What changes nothing in the document."""
        return [self.model, self.mac, self.make, self.again, *self.made.select(pmui.IconButton)]

    def choose(self, user: str) -> None:
        """Show the phones of a user; without a bridge there is nothing to show."""
        if user == self.user:
            return
        self.user = user
        self.told.visible = self.new.visible = False
        self.devices.object, self.made.objects, self.new.object = "", [], ""
        self.view.objects = []
        if bridge_client.configured_address():
            pn.state.onload(self.load)

    async def load(self) -> None:
        """Ask the bridge."""
        await self._asking(None)

    async def _again(self, _: Any) -> None:
        await self._asking(None)

    async def _make(self, _: Any) -> None:
        wanted = {"model": self.model.value, "language": self.texts.language}
        if self.mac.visible:
            wanted["mac"] = self.mac.value.strip()
        self.new.visible = False
        made = await self._asking("POST", f"/api/users/{self.user}/profiles", json=wanted)
        if made is not None:
            self._show_new(made)

    async def _drop(self, profile: str, _: Any) -> None:
        if await self._asking("DELETE", f"/api/users/{self.user}/profiles/{profile}") is not None:
            self._tell(self.texts("phones.dropped", profile), "success")

    async def _asking(self, method: str | None, path: str = "", **more: Any) -> Any:
        """The bridge's answer to an act, and then all phones anew; None where there is no answer."""
        user, session = self.user, self.host.session
        self.told.visible = False
        if method is not None and not session.may(Right.ACT):
            self._tell(session.refusal(Right.ACT), "error")
            return None
        try:
            bridge = bridge_client.configured(session.visitor)
            if bridge is None:
                return None
            async with bridge:
                answer = None if method is None else await bridge.ask(method, path, **more)
                devices = await bridge.ask("GET", f"/api/users/{user}/devices")
                profiles = await bridge.ask("GET", f"/api/users/{user}/profiles")
                models = self._models or await bridge.ask("GET", "/api/phone-models")
        except BridgeError as error:
            if error.status == 404 and method is None:
                self.view.objects = []  # the running version does not have this user, or the bridge is an older one
            else:
                self.view.objects = self._parts
                self._tell(self.texts(error.text, error.detail), "error")
            return None
        if user == self.user:
            self._show(devices, profiles, models)
            return answer
        return None

    def _show(self, devices: list[Any], profiles: list[Any], models: list[dict[str, Any]]) -> None:
        self._models, self._profiles = models, profiles
        options = {self._named(one["key"], one["name"]): one["key"] for one in models}
        if self.model.options != options:
            self.model.options = options
            self.model.value = next(iter(options.values()), None)
        may = self.host.session.may(Right.ACT)
        self.make.disabled = not may
        head = tuple(self.texts(f"phones.{name}") for name in ("device", "contact", "from", "since", "until"))
        rows = [
            (
                one["user_agent"] or one["device"],
                one["contact"],
                f"{one['from']} {one['transport'].upper()}",
                self._at(one["since"]),
                self._at(one["until"]),
            )
            for one in devices
        ]
        dark = self.host.session.dark
        self.devices.object = (
            html_tables.table(head, rows, dark, whole=(3, 4)) if rows else tables.quiet(self.texts("phones.none"), dark)
        )
        self.made.objects = [self._profile_row(one, may) for one in profiles]
        if not self.view.objects:
            self.view.objects = self._parts

    def _profile_row(self, one: dict[str, Any], may: bool) -> Any:
        fetched, name = one["fetched_at"], self._named(one["model"], one["name"])
        words = (
            self.texts("phones.waits", name, one["by"], self._at(one["expires_at"]))
            if fetched is None
            else self.texts("phones.fetched", name, self._at(fetched), one["fetched_from"])
        )
        gone = pmui.IconButton(
            icon="link_off", description=self.texts("phones.drop", one["id"]), size="small", margin=0, disabled=not may,
            on_click=functools.partial(self._drop, one["id"]),
        )  # fmt: skip
        return pmui.Row(
            gone,
            caption(words, margin=(6, 0, 0, 4), sizing_mode="stretch_width"),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _show_new(self, made: dict[str, Any]) -> None:
        """What is told once: the address, how the phone gets it, and what is entered by hand instead."""
        about = made["phone"]
        rows: list[tuple[str, Any]] = [
            (self.texts("phones.address"), Raw(f'<span class="address">{html.escape(made["address"])}</span>')),
            (self.texts("phones.until"), self._at(made["expires_at"])),
            (self.texts("phones.how"), self.texts(f"phones.how.{about['fetching']}", about["at"])),
        ]
        if made["web_password"]:
            page = self.texts("phones.page_is", about["web_login"], made["web_password"])
            rows.append((self.texts("phones.page"), page))
        parts = [html_tables.facts(rows, self.host.session.dark)]
        if about["kind"] == "soft":
            code = segno.make(made["address"], error="m", micro=False).svg_inline(border=2, omitsize=True)
            name = html.escape(self.texts("phones.code"))
            parts.append(f'<div class="code" role="img" aria-label="{name}">{code}</div>')
        if about["fields"]:
            values = {
                "number": made["login"], "name": self._name(), "domain": made["domain"], "proxy": made["proxy"],
                "password": self.texts("phones.by_button"), "on": self.texts("phones.on"),
            }  # fmt: skip
            entered = [(one["field"], values.get(one["value"], one["value"])) for one in about["fields"]]
            by_hand = (self.texts("phones.by_hand", about["menu"]), "")
            parts.append(f'<div class="by-hand">{html_tables.table(by_hand, entered, self.host.session.dark)}</div>')
        self.new.param.update(object="".join(parts), visible=True)
        self._tell(self.texts("phones.once"), "success")

    def _named(self, key: str, name: str) -> str:
        """What people call a model: names of products stay as they are."""
        return self.texts("phones.softphone") if key == "softphone" else name

    def _name(self) -> str:
        return self.host.draft.title(self.user) if self.user is not None else ""

    def _at(self, at: int | None) -> str:
        """An instant in the account's zone."""
        if at is None:
            return self.texts("phones.before")
        document = self.host.draft.document
        zone = ZoneInfo(document.head.zone) if document is not None else dt.UTC
        return self.texts.moment(dt.datetime.fromtimestamp(at / SECOND_US, zone))

    def _model_chosen(self, event: Any) -> None:
        self.mac.visible = any(one["key"] == event.new and one["needs_mac"] for one in self._models)

    def _tell(self, text: str, severity: str) -> None:
        self.told.param.update(object=html.escape(text), severity=severity, visible=True)
