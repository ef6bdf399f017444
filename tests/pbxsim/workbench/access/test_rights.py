"""What somebody may not do is refused on the server, whatever their page shows or sends."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import panel_material_ui as pmui
import pytest

from pbxsim.workbench.access.rights import Right, Role
from pbxsim.workbench.access.visitors import Visitor
from pbxsim.workbench.design.page import Designer
from pbxsim.workbench.design.panels.base import ListPanel, Panel
from pbxsim.workbench.design.parts import PANELS
from pbxsim.workbench.document import lists
from pbxsim.workbench.live.bridge_client import CALLS, Bridge, BridgeError
from pbxsim.workbench.live.page import Live
from pbxsim.workbench.loadtest.page import LoadTest
from pbxsim.workbench.phone.page import Phone
from pbxsim.workbench.shell.shell import Session
from pbxsim.workbench.shell.texts import TEXTS
from pbxsim.workbench.staffing.page import Staffing

NOWHERE = "http://127.0.0.1:1"
"""Nobody listens there: what is asked there all the same fails in another way."""


def session(page: str, *roles: Role) -> Session:
    made = Session(page)
    made.visitor = Visitor("zoya", lambda: roles, "a session")
    return made


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.OPERATOR])
def test_who_may_not_edit_changes_neither_document_nor_file(file: Path, role: Role) -> None:
    before = file.read_text(encoding="utf-8")
    designer = Designer(session("design", role))
    assert designer.canvas.readonly and designer.saving.save_button.disabled and designer.saving.reload_button.disabled
    text = designer.draft.text
    designer._rename({"id": "5200", "name": "Other"})
    designer._delete({"nodes": ["5200"], "edges": []})
    assert designer.draft.text == text and "administrator" in designer.notice.objects[0].object
    designer.draft.rename("5200", "Other")  # as somebody's who may, and whose address of a draft was passed on
    designer.saving.save()
    designer.saving.reload()
    assert file.read_text(encoding="utf-8") == before and designer.draft.text != text
    designer._select({"id": "5200"})
    assert designer._form is not None
    fields = [row for row in designer._form.rows if "disabled" in row.param]
    assert len(fields) > 5 and all(row.disabled for row in fields)
    designer.parts.show("users")
    panel = designer.parts._panels["users"]
    assert isinstance(panel, ListPanel)
    text = designer.draft.text
    panel.add()
    assert designer.draft.text == text


@pytest.mark.parametrize("part", PANELS)
def test_every_panel_is_greyed_for_who_may_only_look_and_what_it_would_change_is_refused(file: Path, part: str) -> None:
    def opened(role: Role) -> tuple[Designer, Panel]:
        designer = Designer(session("design", role))
        lists.add_rule(designer.draft, "a rule")
        lists.add_rule(designer.draft, "another")
        lists.add_calendar(designer.draft, "DE")
        lists.add_widget(designer.draft)
        designer.parts.show(part)
        return designer, designer.parts._panels[part]

    def may_be_used(panel: Panel) -> list[Any]:
        return list(panel.view.select(lambda one: "disabled" in one.param and not one.disabled))

    viewer, panel = opened(Role.VIEWER)
    for again in (panel.show, lambda: isinstance(panel, ListPanel) and panel.choose(panel.items()[-1][0])):
        again()
        assert [one for one in may_be_used(panel) if one not in panel.looking] == []
    _, free = opened(Role.ADMINISTRATOR)
    assert len(may_be_used(free)) > len(may_be_used(panel)) + 1, "an administrator may use them"
    text, before = viewer.draft.text, file.read_bytes()
    for widget in panel.view.select(lambda one: "clicks" in one.param and one not in panel.looking):
        widget.disabled = False  # as a browser would send it that takes no notice
        widget.clicks += 1
    for widget in panel.view.select(pmui.TextInput):
        if widget not in panel.looking:
            widget.value = "77"
    assert viewer.draft.text == text and file.read_bytes() == before


def test_an_administrator_edits_and_saves(file: Path) -> None:
    designer = Designer(session("design", Role.ADMINISTRATOR))
    assert not designer.canvas.readonly
    designer._rename({"id": "5200", "name": "Other"})
    designer.saving.save()
    assert "name: Other" in file.read_text(encoding="utf-8")


def test_a_viewer_starts_no_simulation(file: Path) -> None:
    for page in (LoadTest(session("loadtest", Role.VIEWER)), Staffing(session("staffing", Role.VIEWER))):
        asyncio.run(page.run())
        assert not page.task.runs and page.error.visible and "analyst" in page.error.object


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("POST", "/api/versions/v2/promote", Right.PROMOTE),
        ("POST", "/api/versions/rollback", Right.PROMOTE),
        ("POST", "/api/versions/canary/plan", Right.PROMOTE),
        ("POST", "/api/overrides/5400", Right.ACT),
        ("POST", "/api/numbers/erase", Right.ACT),
        ("DELETE", "/api/bans/127.0.0.5", Right.ACT),
        ("POST", "/api/calls/c7/hangup", Right.ACT),
        ("GET", "/api/history/c7/recording", Right.LISTEN),
        ("GET", "/api/voice-messages/m1/audio", Right.LISTEN),
    ],
)
def test_a_bridge_is_not_even_asked_for_what_a_person_may_not(
    method: str, path: str, right: Right, tmp_path: Path
) -> None:
    async def ask(*roles: Role) -> str:
        async with Bridge(NOWHERE, "token", None, Visitor("zoya", lambda: roles, "a session")) as bridge:
            with pytest.raises(BridgeError) as refused:
                await bridge.ask(method, path)
            if method == "GET":
                with pytest.raises(BridgeError) as again:
                    await bridge.download(path, tmp_path / "talk.wav", {})
                assert again.value.text == refused.value.text
            return refused.value.text

    for role in (Role.VIEWER, Role.ANALYST, Role.ADMINISTRATOR):
        assert asyncio.run(ask(role)) == f"refused.{right}"
    assert asyncio.run(ask()) == f"refused.{right}", "no role, no right"
    assert asyncio.run(ask(Role.OPERATOR)) == "bridge_silent"


def test_the_live_page_offers_what_may_be_done_and_says_why_not(file: Path) -> None:
    viewer, operator = Live(session("live", Role.VIEWER)), Live(session("live", Role.OPERATOR))
    versions = [
        {"flow": digit * 64, "number": n, "name": "", "state": state, "share": 1.0, "published_at": None}
        for n, (digit, state) in enumerate((("a", "live"), ("b", "validated")), 1)
    ]
    for page in (viewer, operator):
        page.promotion.draw(versions)
    assert operator.promotion.promote.visible and not viewer.promotion.promote.visible
    assert viewer.promotion.why_not.visible and "operator" in viewer.promotion.why_not.object
    assert operator.by_hand.hold.visible and not viewer.by_hand.hold.visible and not viewer.pardon.visible
    assert operator.promotion.person.value == "zoya" and operator.promotion.person.disabled


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_who_may_not_call_gets_no_phone_and_no_way_to_the_bridge(
    file: Path, role: Role, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("secret")
    monkeypatch.setenv("PBX_BRIDGE", NOWHERE)
    monkeypatch.setenv("PBX_BRIDGE_TOKEN_FILE", str(token))
    told: list[dict[str, object]] = []

    def ask(*roles: Role) -> str:
        made = Phone(session("phone", *roles))
        made.face.tell = told.append  # type: ignore[method-assign]
        assert made.face.book["may"] is (Role.OPERATOR in roles)
        asyncio.run(made._begin("103", ""))
        return str(told[-1]["text"])

    assert "operator or administrator" in ask(role)
    assert "does not answer" in ask(Role.OPERATOR)
    preview = session("preview", role)
    preview.refresh()
    assert "data-phone" not in preview._language.object


def test_every_right_and_role_has_its_words() -> None:
    for right in Right:
        assert f"right.{right}" in TEXTS and f"refused.{right}" in TEXTS
    assert all(f"role.{role}" in TEXTS for role in Role)


def test_the_filter_of_now_goes_with_every_request_and_live_is_not_led_to(file: Path) -> None:
    """R-23.12: the bridge holds it against every path; what leads to all calls is not shown."""
    sees = ["*"]
    made = session("history", Role.OPERATOR)
    made.visitor = Visitor("zoya", lambda: (Role.OPERATOR,), "a session", calls=lambda: sees[0])
    bridge = Bridge(NOWHERE, "token", None, made.visitor)
    assert CALLS not in bridge._narrowed() and "live" in made._pages()
    for text in ("100;102-110", ""):
        sees[0] = text
        request = httpx.Request("GET", f"{NOWHERE}/api/history")
        asyncio.run(bridge._check(request))
        assert request.headers[CALLS] == text and "live" not in made._pages()
