"""The panels of the Design page without a browser: each shows what the document has, edits it, and leads to a fault's field."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.calendar import zones
from engine.document.faults import Fault
from pbxsim.workbench.access import visitors
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.design.panels.calendars import CalendarsPanel, country_names, year_html
from pbxsim.workbench.design.panels.outgoing import OutgoingPanel
from pbxsim.workbench.design.panels.pbxs import PbxsPanel
from pbxsim.workbench.design.panels.settings import SettingsPanel
from pbxsim.workbench.design.panels.sounds import SoundsPanel
from pbxsim.workbench.design.panels.trunks import TrunksPanel
from pbxsim.workbench.design.panels.users import UsersPanel
from pbxsim.workbench.design.panels.widgets import WidgetsPanel
from pbxsim.workbench.design.parts import PANELS, Parts
from pbxsim.workbench.diagram import messages
from pbxsim.workbench.document import sounds
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import EditRefused
from pbxsim.workbench.document.workspace import Workspace, use
from pbxsim.workbench.shell.texts import Texts


class Page:
    """What panels need of a page."""

    def __init__(self, draft: Draft, language: str = "en") -> None:
        self.draft, self.texts = draft, Texts(language)
        self.session: Any = SimpleNamespace(
            visitor=visitors.nobody(),
            draft=draft, texts=self.texts, dark=False, file=draft.path, address=lambda page, **more: f"{page}?{more}",
            address_of=lambda key: f"design?pbx={key}", go=lambda address: self.said.append(address),
            may=lambda right: right not in self.forbidden, refusal=lambda right: f"you may not {right}",
        )  # fmt: skip
        self.said: list[str] = []
        self.forbidden: tuple[Right, ...] = ()
        self.panels: list[Any] = []

    def apply(self, edit: Callable[[], None], form: bool = True) -> bool:
        try:
            edit()
        except EditRefused as error:
            self.said.append(str(error))
            return False
        for panel in self.panels:
            panel.refresh()
        return True

    def say(self, text: str, kind: str, *content: Any) -> None:
        self.said.append(text)

    def show(self, kind: type[Any]) -> Any:
        panel = kind(self)
        self.panels = [panel]
        panel.refresh()
        return panel


@pytest.fixture
def page(example_path: Path, tmp_path: Path) -> Iterator[Page]:
    file = tmp_path / "pbx.yaml"
    file.write_bytes(example_path.read_bytes())
    use(Workspace(file, tmp_path / "state"))
    yield Page(Draft.open(file))


def field(widgets: Any, label: str) -> Any:
    """The widget with a label, wherever it stands."""
    for widget in widgets.objects if hasattr(widgets, "objects") else []:
        if getattr(widget, "label", None) == label and "value" in widget.param:
            return widget
        found = field(widget, label)
        if found is not None:
            return found
    return None


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("part", PANELS)
def test_every_panel_opens_in_both_languages(example_path: Path, page: Page, part: str, language: str) -> None:
    parts = Parts(Page(page.draft, language), lambda _: None)
    parts.show(part)
    assert parts.view.visible and parts.view.objects
    parts.show("nonsense")
    assert parts.shown == "flow" and not parts.view.visible


def test_users_are_added_edited_and_kept_while_something_refers_to_them(page: Page) -> None:
    """R-02.13."""
    panel = page.show(UsersPanel)
    assert [title for _, title, _ in panel.items()][:2] == ["100 Anna", "101 Boris"]
    panel.add()
    assert panel.chosen == "107"
    field(panel.view, "Name").value = "Ivan"
    assert page.draft.title("107") == "Ivan" and panel.items()[-1][1] == "107 Ivan"
    panel._delete("107")
    assert "107" not in page.draft.ids()
    panel._delete("100")
    assert "100" in page.draft.ids() and "refers" in page.said[-1]


def test_a_long_list_is_searched_and_what_is_chosen_stays(page: Page) -> None:
    panel = page.show(UsersPanel)
    assert not panel.find.visible
    for _ in range(40):
        panel.add()
    assert panel.find.visible and len(panel.menu.items) == 47
    panel.choose("102")
    panel.find.value_input = "vera 102"
    assert [item["id"] for item in panel.menu.items] == ["102"] and panel.menu.active == 0
    panel.find.value_input = "BORIS"
    assert [item["id"] for item in panel.menu.items] == ["101"] and panel.menu.active is None
    assert panel.chosen == "102", "its settings stay"
    panel.find.value_input = ""
    assert len(panel.menu.items) == 47 and panel.menu.active in (2, (2,))


def test_a_password_is_the_bridges_and_never_in_the_document(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-15.9: without a bridge the page says where it is made."""
    monkeypatch.delenv("PBX_BRIDGE", raising=False)
    panel, before = page.show(UsersPanel), page.draft.text
    page.forbidden = (Right.ACT,)
    asyncio.run(panel._new_password(None))
    assert panel.told.object == "you may not act"
    page.forbidden = ()
    asyncio.run(panel._new_password(None))
    assert "pbx passwd 100" in panel.told.object and page.draft.text == before
    assert "example.onpbx.ru" in panel.phone.object
    panel.pin.value = "4821"
    asyncio.run(panel._give_pin(None))
    assert "No bridge" in panel.told.object and not panel.pin.value and page.draft.text == before


def test_the_account_at_the_carrier_stands_below_its_number_and_names_its_secret(page: Page) -> None:
    panel = page.show(TrunksPanel)
    panel.choose("trunk:spb")
    field(panel.foot, "Server").value = "sip.operator.example"
    field(panel.foot, "Login").value = "78121234567"
    field(panel.foot, "Name of the password").value = "spb"
    account = {"host": "sip.operator.example", "login": "78121234567", "password_name": "spb"}
    assert page.draft.raw("sip:spb") == account and page.draft.faults == ()


def test_rules_move_by_arrows_and_a_test_says_which_one_fires_by_the_engine(page: Page) -> None:
    """R-14.6, R-14.7, R-14.21."""
    panel = page.show(OutgoingPanel)
    panel.dialled.value = "9161234567"
    assert panel.answer.object == "Outgoing rule “any form to 8”: 89161234567 is sent through Moscow (R-14.7)."
    assert panel.chosen == "rule:0" and "number" in panel.follow.href
    panel.dialled.value = "8 10 44 20 794600"
    assert panel.chosen == "rule:1" and "Outgoing barred" in panel.answer.object
    panel._move(1, -1)
    assert panel.chosen == "rule:0" and page.draft.raw("rule:0")["name"] == "nothing abroad"
    panel.dialled.value = "101"
    assert panel.answer.object == "It stays inside and rings 101 Boris (R-14.9)."
    panel.dialled.value = "112"
    assert panel.answer.object == "A number for help: 112 is sent through Moscow (R-14.9)."
    panel.add()
    field(panel.form.view, "Mask").value = "(d"
    assert [fault.rule for fault in page.draft.faults] == ["R-14.23"]
    assert "has errors" in panel.answer.object


def test_a_calendar_shows_its_year_and_takes_a_country_and_a_file(page: Page) -> None:
    """R-11.4."""
    panel = page.show(CalendarsPanel)
    panel.year = 2026
    panel.add()
    assert page.draft.raw("calendar:holidays") == {"country": "RU"}
    assert '<td class="on">9</td>' in panel.picture.object, "Victory Day"
    field(panel.head, "Country").value = "DE"
    field(panel.head, "Region").value = "BY"
    assert page.draft.raw("calendar:holidays") == {"country": "DE", "subdivision": "BY"}
    ics = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20260303\nEND:VEVENT\nEND:VCALENDAR\n"
    page.apply(lambda: page.draft.set("calendar:holidays", ("ics",), ics))
    assert page.draft.faults == () and page.draft.raw("calendar:holidays")["ics"] == ics
    march = panel.picture.object.split("<caption>")[3]
    assert '<td class="on">3</td>' in march
    field(panel.head, "Name").value = "public"
    assert panel.chosen == "calendar:public"


def test_every_country_of_the_holiday_tables_has_a_name() -> None:
    names, russian = country_names("en"), country_names("ru")
    assert names["RU"] == "RU Russia" and len(names) > 100
    assert russian["DE"] == "DE Германия" and russian.keys() == names.keys()
    assert all(re.search("[А-яё]{3}", name) for name in russian.values())
    assert year_html({"country": "??"}, 2026, zones.parse("UTC"), Texts(), False) == ""


def test_a_callback_widget_shows_what_the_site_will_show(page: Page) -> None:
    """R-17.2."""
    panel = page.show(WidgetsPanel)
    panel.add()
    assert panel.chosen == "widget:site" and page.draft.faults == ()
    field(panel.form.view, "Colour").value = "#FFEE00"
    field(panel.form.view, "Button").value = "Ring <me>"
    shown = panel.picture.object
    assert "background:#ffee00;color:#000" in shown and "Ring &lt;me&gt;" in shown and "/widget/site.js" in shown
    field(panel.form.view, "Colour").value = "yellow"
    assert [fault.rule for fault in page.draft.faults] == ["R-17.2"] and "yellow" not in panel.picture.object
    field(panel.form.view, "Colour").value = "#112233"
    field(panel.foot, "Pages of their own").value = "/b2b/* 101, 102"
    assert page.draft.raw("widget:site")["pages"] == [{"path": "/b2b/*", "managers": ["101", "102"]}]
    field(panel.form.view, "Managers, in order").value = "102, 89161234567"
    assert page.draft.faults == () and page.draft.raw("widget:site")["managers"] == ["102", "89161234567"]
    field(panel.head, "Key in the address of its script").value = "shop"
    assert panel.chosen == "widget:shop" and "/widget/shop.js" in panel.picture.object
    panel._delete("widget:shop")
    assert page.draft.section("widgets") == {}


def test_sounds_tell_their_length_and_who_plays_them(page: Page) -> None:
    """R-05.2."""
    panel = page.show(SoundsPanel)
    below = {id: text for id, _, text in panel.items()}
    assert below["welcome.wav"] == "6.2 s · Welcome" and below["wrong-key.wav"].endswith("not used")
    panel._delete("welcome.wav")
    assert "is used" in page.said[-1]
    panel._delete("wrong-key.wav")
    assert {id: text for id, _, text in panel.items()}["wrong-key.wav"].endswith("comes with the project")
    assert below["closed-ru.wav"] == "4.8 s · in Russian · comes with the project"
    assert list(below).index("music.wav") < list(below).index("closed-ru.wav")
    panel.choose("closed-ru.wav")
    assert panel.head.objects[2].object == "Says: Наш офис сейчас закрыт. Мы работаем с понедельника по пятницу."


def test_a_recorded_sound_is_taken_in_as_an_upload_is_and_offered_at_once(page: Page) -> None:
    """R-05.2."""
    panel = page.show(SoundsPanel)
    settings = SettingsPanel(page)
    page.panels.append(settings)
    settings.refresh()
    answers: list[Any] = []
    panel.recorder._send_msg = answers.append
    data = base64.b64encode(sounds.file_of(page.draft, "welcome.wav").read_bytes()).decode()
    assert panel.recorder.suggested == "recording-1.wav" and "welcome.wav" in panel.recorder.taken
    panel.recorder._handle_msg({"name": "recording-1.wav", "data": data})
    assert panel.chosen == "recording-1.wav" and page.draft.section("prompts")[panel.chosen] == 6.2
    assert panel.recorder.suggested == "recording-2.wav"
    offered = field(settings.forms["settings"].view, "Message before a recorded talk").options
    assert "recording-1.wav" in offered.values()
    panel.recorder._handle_msg({"name": "a/b.wav", "data": data})
    panel.recorder._handle_msg({"name": "short.wav", "data": "no base64"})
    page.forbidden = (Right.SAVE,)
    panel.recorder._handle_msg({"name": "c.wav", "data": data})
    assert [one["kept"] for one in answers] == [True, False, False, False] and len(page.said) == 3


def test_settings_codes_and_aliases_are_edited(page: Page) -> None:
    panel = page.show(SettingsPanel)
    field(panel.forms["settings"].view, "Emergency numbers").value = "112, 103"
    field(panel.forms["codes"].view, "Park").value = "*9"
    panel.name.value = "Info"
    panel._add()
    assert page.draft.data["settings"]["codes"] == {"park": "*9"}
    assert page.draft.data["settings"]["aliases"] == {"info": 5500}
    assert [fault.rule for fault in page.draft.faults] == ["R-02.8"], "103 is a user's number"
    zone = field(panel.forms["head"].view, "Time zone")
    zone.value = "Europe/Samara"
    assert page.draft.data["zone"] == "Europe/Samara"


@pytest.mark.parametrize(
    ("place", "part", "label"),
    [
        ("outgoing.rules[1].mask", "outgoing", "Mask"),
        ("outgoing.default", "outgoing", "Default number"),
        ("settings.record_prompt", "settings", "Message before a recorded talk"),
        ("settings.codes.park", "settings", "Park"),
        ("prompts.welcome.wav", "sounds", "Length, s"),
        ("trunks.moscow.sip.port", "trunks", "Port"),
        ("zone", "settings", "Time zone"),
    ],
)
def test_a_fault_beside_the_canvas_opens_its_panel_at_its_field(page: Page, place: str, part: str, label: str) -> None:
    page.apply(lambda: page.draft.put(("trunks", "moscow", "sip"), {"host": "sip.example.org"}))
    parts = Parts(page, lambda _: None)
    at = messages.target(Fault(severity="error", code="x", rule="R-02.1", message="m", place=place))
    assert parts.go(at) == label and parts.shown == part
    assert field(parts.view, label) is not None


def test_a_new_pbx_needs_the_right_to_save_and_is_opened(page: Page, tmp_path: Path) -> None:
    """R-01.6."""
    panel = page.show(PbxsPanel)
    panel.name.value, panel.template.value = "acme", "office"
    page.forbidden = (Right.SAVE,)
    panel.create()
    assert page.said == ["you may not save"] and not (tmp_path / "acme.yaml").exists()
    page.forbidden = ()
    panel.create()
    assert page.said[-1] == "design?pbx=acme.yaml" and (tmp_path / "acme.scenario.yaml").exists()
    panel.refresh()
    assert [item["label"] for item in panel.all.items] == ["example", "acme"]
    panel.create()
    assert "already" in page.said[-1]


def test_today_is_in_the_year_that_is_shown_first(page: Page) -> None:
    assert page.show(CalendarsPanel).year == dt.date.today().year
