"""The Live page in a browser, beside a bridge that really runs and calls that really come in."""

from __future__ import annotations

import datetime
import getpass
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import httpx
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Page, expect

from pbxsim.workbench.access.persons import Persons
from pbxsim.workbench.access.rights import Role
from tests.harness import rule
from tests.live_bridge.media.telephone import tone
from tests.live_bridge.prepared import bring_sounds
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.talk import port_in
from tests.ports import free_port

from . import made_history
from .conftest import EXAMPLE, PATIENCE_MS, READY_S, ROOT, Opener, Seat, card, edge, started, stop
from .test_access import violations

pytestmark = pytest.mark.debian

PASSWORD = "correct horse battery"
SCENARIO = ROOT / "datasets" / "scenarios" / "example_weekday.yaml"
SCOPES = (
    "calls:read", "calls:write", "calls:listen", "history:read", "recordings:read", "versions:read", "versions:write",
    "members:write", "rules:write", "users:write", "twin:write", "phones:write",
)  # fmt: skip


class Running:
    """A bridge and a workbench that knows it."""

    more: ClassVar[tuple[str, ...]] = ()
    """What else the bridge is told."""

    authority: Path | None = None
    """What the certificate of its API is trusted by, where it has one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.document = folder / "pbx.yaml"
        text = EXAMPLE.read_text(encoding="utf-8").replace("lines: 30, to: 5500", "lines: 30, to: 5200")
        text = text.replace("strategy: longest_idle", "strategy: longest_idle\n    record: on")
        self.document.write_text(text, encoding="utf-8")
        self.sip = ("127.0.0.1", free_port())
        self.api = f"http://127.0.0.1:{free_port()}"
        self.bridge = self.start_bridge()
        words = [word for scope in SCOPES for word in ("--scope", scope)]
        made = self.pbx("token", "test", *words, "--database", str(folder / "var"))
        self.token = made.stdout.strip()
        self.token_file = self._keep("pbx.token", self.token)
        made = self.pbx("token", "workbench", "--scope", "persons:name", *words, "--database", str(folder / "var"))
        self.shared = made.stdout.strip()
        self.shared_file = self._keep("workbench.token", self.shared)
        self.log = folder / "workbench.log"
        self.site, self.port = self.start_workbench(self.log)

    def _keep(self, name: str, token: str) -> Path:
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(token, encoding="ascii")
        return file

    def start_workbench(self, log: Path, *more: str) -> tuple[subprocess.Popen[bytes], int]:
        """A workbench that knows the bridge, and its port."""
        port = free_port()
        known = {"PBX_BRIDGE": self.api, "PBX_BRIDGE_TOKEN_FILE": str(self.shared_file)}
        if self.authority is not None:
            known["PBX_BRIDGE_CERTIFICATE"] = str(self.authority)
        command = [sys.executable, "-m", "pbxsim.workbench", str(self.document), "--port", str(port), "--no-day", *more]
        return started([*ENV, *(f"{name}={value}" for name, value in known.items()), *command], port, log), port

    def pbx(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A `pbx` command that must come off."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "pbxsim.cli", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=READY_S, check=True)

    def words(self) -> list[str]:
        """What the bridge is started with."""
        here = [str(self.document), "--sip", f"127.0.0.1:{self.sip[1]}", *self.more]
        return [*here, "--api", self.api.removeprefix("http://"), "--folder", str(self.folder / "var")]

    def start_bridge(self) -> subprocess.Popen[bytes]:
        """The bridge, once it answers."""
        bring_sounds(self.folder / "var")
        command = [sys.executable, "-m", "pbxsim.cli", "live", *self.words()]
        trust = False if self.authority is None else ssl.create_default_context(cafile=str(self.authority))
        with (self.folder / "live.log").open("ab") as log:
            process = subprocess.Popen(
                command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + READY_S
        while time.monotonic() < end and process.poll() is None:
            try:
                if httpx.get(f"{self.api}/health", verify=trust, trust_env=False, timeout=5).status_code == 200:
                    return process
            except httpx.HTTPError:
                time.sleep(0.1)
        stop(process)
        raise RuntimeError(f"the bridge did not start:\n{(self.folder / 'live.log').read_text()}")

    def ask(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        """The bridge's API, as another program would use it."""
        head = {"Authorization": f"Bearer {self.token}"}
        if content is not None and content.startswith(b"{"):
            head["Content-Type"] = "application/json"
        return httpx.request(method, self.api + path, content=content, headers=head, trust_env=False, timeout=30)

    def close(self) -> None:
        """End both."""
        stop(self.site)
        stop(self.bridge)


ENV = (shutil.which("env") or "/usr/bin/env",)


@pytest.fixture(scope="module")
def bridges() -> Iterator[list[Running]]:
    """The module's bridge and workbench, once a test has made them."""
    made: list[Running] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def running(
    request: pytest.FixtureRequest, bridges: list[Running], tmp_path_factory: pytest.TempPathFactory
) -> Running:
    """The module's; a test that is tried once more gets one that its first try has not touched."""
    if getattr(request.node, "execution_count", 1) > 1 and bridges:
        bridges.pop().close()
    if not bridges:
        bridges.append(Running(tmp_path_factory.mktemp("live")))
    return bridges[-1]


def opened(seat: Seat, running: Running, query: str = "", name: str = "live") -> Page:
    page = seat.page()
    page.goto(f"http://127.0.0.1:{running.port}/{name}{query}")
    expect(page.locator("#loader")).to_be_hidden()
    return page


@rule("R-19.8")
def test_a_call_is_seen_waiting_and_going_as_it_happens(seat: Seat, running: Running) -> None:
    page = opened(seat, running)
    expect(page.get_by_text("all is well")).to_be_visible()
    expect(page.get_by_text("Nobody is calling.")).to_be_visible()
    expect(page.locator("tr").filter(has_text="moscow 74951234567")).to_contain_text("0 / 30")
    caller = Phone("89991234567", running.sip)
    try:
        dialog, _ = caller.call("74951234567")
        expect(page.get_by_text("Calls in progress: 1")).to_be_visible()
        expect(page.locator("tr").filter(has_text="89991234567")).to_contain_text("waits in 5200 Sales")
        expect(page.locator("tr").filter(has_text="moscow 74951234567")).to_contain_text("1 / 30")
        expect(page.locator("article").filter(has_text="longest wait")).to_be_visible()
        caller.hang_up(dialog)
        expect(page.get_by_text("Nobody is calling.")).to_be_visible()
    finally:
        caller.close()


@rule("R-19.7", "R-25.1")
def test_the_forecast_of_a_twin_beside_the_bridge_is_seen_on_the_page(seat: Seat, running: Running) -> None:
    page = opened(seat, running)
    expect(page.get_by_text("No forecast. Start one beside the bridge")).to_be_visible()
    words = ["twin", running.api, "--scenario", str(SCENARIO), "--token-file", str(running.token_file), "--reps", "10"]
    with (running.folder / "twin.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pbxsim.cli", *words, "--every", "5", "--json"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    caller = Phone("89991234567", running.sip)
    try:
        expect(page.get_by_text("scenario example weekday, 10 replications")).to_be_visible(timeout=60_000)
        dialog, _ = caller.call("74951234567")
        ends_s = time.monotonic() + 30
        while True:
            made = running.ask("GET", "/api/twin").json()
            (queue,) = made["forecast"]["queues"]
            arrivals = next(one for one in made["forecast"]["drift"] if one["of"] == "moscow")
            if (queue["waiting"], arrivals["seen"]) == (1, 1):
                break
            assert time.monotonic() < ends_s, made
            time.sleep(0.5)
        assert made["by"] == "test" and len(queue["half_hours"]) == 2 and len(queue["intervals"]) == 12
        caller.hang_up(dialog)
    finally:
        caller.close()
        stop(process)
    assert '"format":1' in (running.folder / "twin.log").read_text()


@rule("R-08.4")
def test_a_members_pause_is_seen_with_its_reason_in_both_languages(seat: Seat, running: Running) -> None:
    page = opened(seat, running, "?lang=ru")
    expect(page.locator("tr").filter(has_text="102 Vera")).to_contain_text("не в сети")
    head = {"Authorization": f"Bearer {running.token}"}
    url = f"{running.api}/api/users/102/pause"
    assert httpx.post(url, json={"reason": "lunch"}, headers=head, trust_env=False).status_code == 202
    expect(page.locator("tr").filter(has_text="102 Vera")).to_contain_text("на паузе: lunch")


@rule("R-25.5")
def test_a_version_is_promoted_and_rolled_back_only_after_a_question(seat: Seat, running: Running) -> None:
    text = running.document.read_text(encoding="utf-8").replace("21:00", "22:00")
    made = running.ask("POST", "/api/versions?acknowledged_by=Anna", text.encode())
    assert made.status_code == 201, made.text
    page = opened(seat, running)
    digest = next(
        one["flow"] for one in running.ask("GET", "/api/versions").json()["versions"] if one["state"] == "validated"
    )
    row = page.locator("tr").filter(has_text=digest[:10])
    expect(row).to_contain_text("ready")
    page.get_by_role("button", name="Promote …").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(row).to_contain_text("ready")
    page.get_by_role("button", name="Promote …").click()
    expect(page.get_by_role("dialog")).to_contain_text("version v2")
    decide(page, "Promote")
    expect(page.get_by_text("Version v2 takes 100 % of new calls.")).to_be_visible()
    expect(row).to_contain_text("live")
    assert running.ask("GET", "/api/versions").json()["versions"][0]["flow"] == digest
    page.get_by_role("button", name="Roll back …").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back", exact=True).click()
    expect(row).not_to_contain_text("live")
    assert running.ask("GET", "/api/versions").json()["versions"][0]["flow"] != digest
    done = running.ask("GET", "/api/versions/changes").json()
    assert [(one["action"], one["message"]) for one in done[:2]] == [
        ("roll_back", "Anna Petrova"), ("promote", "Anna Petrova: longer evenings"),
    ], "history says who decided, and why"  # fmt: skip


def decide(page: Page, what: str) -> None:
    """Confirm a dialog: no name, no deed."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=what, exact=True).click()
    expect(dialog.get_by_text("write your name")).to_be_visible()
    dialog.get_by_label("Your name").fill("Anna Petrova")
    dialog.get_by_label("Why").fill("longer evenings")
    dialog.get_by_role("button", name=what, exact=True).click()
    expect(dialog).to_be_hidden()


@rule("R-25.6", "R-25.9")
def test_a_version_on_trial_is_shown_beside_the_live_one_its_plan_rests_and_it_is_rolled_back(
    seat: Seat, running: Running
) -> None:
    """Figures on the Live page and, beside the comparison of the two versions, on the Compare page."""
    text = running.document.read_text(encoding="utf-8").replace("21:00", "23:00")
    made = running.ask("POST", "/api/versions?acknowledged_by=Anna&name=winter", text.encode())
    assert made.status_code == 201, made.text
    begun = running.ask("POST", "/api/versions/winter/promote", b'{"plan": {"shares": [0.5, 1]}}')
    assert begun.status_code == 200, begun.text
    page = opened(seat, running)
    expect(page.get_by_text("winter takes 50 % of new calls")).to_be_visible()
    caller = Phone("89991234567", running.sip)
    for _ in range(4):
        dialog, _ = caller.call("74951234567")
        caller.hang_up(dialog)
    caller.close()
    expect(page.locator("tr").filter(has_text="answered within 20 s")).to_contain_text("0.0 %")
    expect(page.locator("tr").filter(has_text="gave up")).to_contain_text("100.0 %")
    expect(page.get_by_text("the bridge rolls back by itself")).to_be_visible()
    page.get_by_role("button", name="Let the plan rest").click()
    expect(page.get_by_role("button", name="Let the plan go on")).to_be_visible()
    assert running.ask("GET", "/api/versions/canary").json()["canary"]["plan"]["paused"] is True
    page.get_by_role("link", name="Compare the two versions").click()
    expect(page.get_by_text("winter takes 50 % of new calls")).to_be_visible()
    expect(page.locator("tr").filter(has_text="answered within 20 s")).to_contain_text("0.0 %")
    expect(page.get_by_role("combobox", name="New version")).to_contain_text("winter · on trial, bridge")
    expect(page.get_by_role("button", name="Roll back …")).to_be_hidden()
    page = opened(seat, running, "?lang=ru")
    expect(page.get_by_text("winter принимает 50 % новых звонков")).to_be_visible()
    page.get_by_role("button", name="Откатить…").first.click()
    page.get_by_label("Ваше имя").fill("Anna Petrova")
    page.get_by_role("dialog").get_by_role("button", name="Откатить", exact=True).click()
    expect(page.get_by_text("winter принимает 50 % новых звонков")).to_be_hidden()
    assert running.ask("GET", "/api/versions/canary").json()["canary"] is None


@rule("R-11.8", "R-18.6", "R-25.10")
def test_a_time_rule_is_held_and_a_number_forgotten_on_the_page(seat: Seat, running: Running) -> None:
    page = opened(seat, running)
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.get_by_text("held: mismatch").first).to_be_visible(timeout=PATIENCE_MS)
    head = {"Authorization": f"Bearer {running.token}"}
    ends_s = time.monotonic() + PATIENCE_MS / 1000
    while True:
        held = httpx.get(f"{running.api}/api/overrides", headers=head, trust_env=False, verify=False).json()
        if [(one["mode"], one["by"]) for one in held] == [("mismatch", f"{getpass.getuser()} via workbench")]:
            break
        assert time.monotonic() < ends_s, held
        time.sleep(0.1)
    httpx.post(f"{running.api}/api/overrides/5400", headers=head, json={"mode": "auto"}, trust_env=False)
    page.get_by_label("Number", exact=True).fill("+7 916 123-45-67")
    page.get_by_label("Number", exact=True).press("Enter")
    page.get_by_role("button", name="Forget", exact=True).click()
    expect(page.get_by_text("The number is forgotten.")).to_be_visible(timeout=PATIENCE_MS)


@rule("R-15.9")
def test_an_address_that_guessed_passwords_is_shown_and_taken_back_with_a_click(seat: Seat, running: Running) -> None:
    page = opened(seat, running)
    card = page.get_by_text("Not listened to")
    expect(page.get_by_text("all is well")).to_be_visible()
    expect(card).to_be_hidden()
    guesser = Phone("101", running.sip, host="127.0.0.5")
    try:
        for _ in range(10):
            assert status(guesser.register("guess")) in (0, 403)
        expect(card).to_be_visible()
        row = page.locator("tr").filter(has_text="127.0.0.5")
        expect(row).to_contain_text("wrong passwords")
        page.get_by_role("button", name="Listen again", exact=True).click()
        expect(page.get_by_text("127.0.0.5 is listened to again.")).to_be_visible()
        expect(card).to_be_hidden()
        assert running.ask("GET", "/api/bans").json() == {"bans": [], "unheard": 0}
        assert status(guesser.register("guess")) == 403, "it is heard again"
    finally:
        guesser.close()


def signed_in(page: Page, name: str) -> None:
    """Fill in the form."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#loader")).to_be_hidden()


@rule("R-25.5", "R-25.8")
def test_a_viewer_neither_saves_nor_promotes_and_what_an_operator_does_is_kept_under_their_name(
    seat: Seat, running: Running, tmp_path: Path
) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    persons = Persons(tmp_path / "persons.sqlite", hasher=cheap)
    persons.add("zoya", [Role.VIEWER], PASSWORD)
    persons.add("oleg", [Role.OPERATOR], PASSWORD)
    text = running.document.read_text(encoding="utf-8").replace("21:00", "22:30")
    assert running.ask("POST", "/api/versions?acknowledged_by=Anna&name=summer", text.encode()).status_code == 201
    site, port = running.start_workbench(tmp_path / "log", "--persons", str(persons.file))
    page = seat.page()
    try:
        page.goto(f"http://127.0.0.1:{port}/design?lang=en")
        assert violations(page) == []
        signed_in(page, "zoya")
        expect(page.get_by_text("Changing the document takes the role of an administrator.")).to_be_visible()
        expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
        expect(page.get_by_test_id("card-5200")).to_be_visible()
        page.get_by_role("link", name="zoya").click()
        expect(page.get_by_text("Roles: viewer")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"http://127.0.0.1:{port}/live?lang=en")
        signed_in(page, "oleg")
        page.get_by_role("button", name="Promote …").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Your name")).to_have_value("oleg")
        expect(dialog.get_by_label("Your name")).to_be_disabled()
        dialog.get_by_role("button", name="Promote", exact=True).click()
        expect(page.get_by_text("takes 100 % of new calls.")).to_be_visible()
        told = running.pbx("audit", "--bridge", running.api, "--token-file", str(running.token_file), "--json").stdout
        trail = [json.loads(line) for line in told.splitlines()]
        done = [(one["action"], one["by"]) for one in trail if one.get("action") == "promote"]
        assert ("promote", "oleg via workbench") in done[:1] + done[-1:], told
        assert running.ask("POST", "/api/versions/rollback").status_code == 200
        persons.remove("oleg")
        expect(page.get_by_label("Password")).to_be_visible()  # the page closed by itself
    finally:
        stop(site)


def talk(running: Running, number: str) -> None:
    """A call that Boris answers in the queue Sales, and a talk of a second, which is recorded."""
    passwords = (running.folder / "var" / "example-passwords.txt").read_text(encoding="utf-8")
    password = dict(line.split() for line in passwords.splitlines() if line.startswith("101 "))["101"]
    caller, boris = Phone(number, running.sip), Phone("101", running.sip)
    try:
        assert status(boris.register(password)) == 200
        dialog, answer = caller.call("74951234567")
        there = port_in(boris.called().invite)
        boris.media.say(tone(1500, 1.0), there)
        caller.media.say(tone(500, 1.0), port_in(answer))
        caller.hang_up(dialog)
        assert status(boris.register(password, expires=0)) == 200
    finally:
        caller.close()
        boris.close()


@rule("R-24.1", "R-25.6", "R-25.7")
def test_a_call_is_found_in_the_history_opened_on_its_own_version_and_heard(seat: Seat, running: Running) -> None:
    """Its version is no longer live; who listens is written down (R-23.12)."""
    talk(running, "89997654321")
    text = running.document.read_text(encoding="utf-8").replace("name: Sales", "name: Orders")
    made = running.ask("POST", "/api/versions?acknowledged_by=Anna&name=orders", text.encode())
    assert made.status_code == 201, made.text
    assert running.ask("POST", "/api/versions/orders/promote").status_code == 200

    def plays() -> list[str]:
        entries = running.ask("GET", "/api/versions/audit").json()["entries"]
        return [f"{one['by']} {one['details']['call']}" for one in entries if one["action"] == "listen"]

    page = opened(seat, running, name="history")
    expect(page.locator("tbody tr").first).to_be_visible()  # all of them, before one is looked for
    page.get_by_label("Number", exact=True).fill("+7 999 765-43-21")
    page.get_by_label("Number", exact=True).press("Enter")
    expect(page.get_by_text("Calls 1 to 1", exact=True)).to_be_visible()
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)  # the count above comes a moment before
    expect(row).to_contain_text("incoming, answered by 101")
    expect(row).to_contain_text("v1")
    csv = page.request.get(
        f"http://127.0.0.1:{running.port}/" + str(page.get_by_text("Export CSV").get_attribute("href"))
    )
    assert (
        csv.headers["content-type"].startswith("text/csv")
        and len(csv.text().splitlines()) == 2
        and "89997654321" in csv.text()
    )
    assert page.request.get(f"http://127.0.0.1:{running.port}/relay/{'a' * 32}").status == 404, "no ticket, no file"
    row.get_by_role("button").click()
    expect(edge(page, "trunk:moscow|to|5200").locator("path.is-on")).to_have_count(1)
    expect(card(page, "5200")).to_contain_text("Sales")
    expect(page.get_by_text("101 Boris answered after")).to_be_visible()
    expect(page.locator("svg text", has_text="answers").first).to_be_visible()
    assert "call=" in page.url and plays() == [], "to look at a call is not to listen"
    page.get_by_role("button", name="Listen").click()
    page.wait_for_function("""() => {
        const find = scope => [...scope.querySelectorAll("*")].flatMap(
            one => one.localName === "audio" ? [one] : one.shadowRoot ? find(one.shadowRoot) : []);
        return find(document).some(one => one.duration > 0.5);
    }""")
    call = running.ask("GET", "/api/history?number=89997654321").json()["calls"][0]["uuid"]
    assert plays() and {one.partition(" via ")[2] for one in plays()} == {f"workbench {call}"}, "and in whose name"
    page.get_by_role("button", name="All calls").click()
    expect(page.get_by_text("Calls 1 to 1")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    first, second = row.first.bounding_box(), page.get_by_text("Find calls").bounding_box()
    assert first is not None and second is not None and first["y"] < second["y"], "calls come first on a telephone"
    page.goto(page.url.replace("lang=en", "lang=ru").replace("call=", f"call={call}"))
    expect(page.get_by_text("101 Boris ответил через")).to_be_visible()
    assert running.ask("POST", "/api/versions/rollback").status_code == 200


@rule("R-25.3")
def test_the_rest_of_the_day_is_forecast_from_the_calls_of_the_bridge_when_somebody_asks(
    seat: Seat, running: Running
) -> None:
    """With the plan of the day: who could stay or come. Weeks of calls lie in the bridge's own database."""
    now = datetime.datetime.now(ZoneInfo("Asia/Yekaterinburg"))
    made_history.remember(made_history.records(now), running.folder / "var")
    page = opened(seat, running)
    expect(page.get_by_label("Staffing plan of today")).to_have_count(0)
    page.get_by_role("button", name="Forecast the rest of the day").click()
    page.get_by_label("Answered in time, %").fill("50")
    page.get_by_label("Answered in time, %").press("Enter")
    page.get_by_role("button", name="Forecast", exact=True).click()
    if (now.hour, now.minute) < (0, 30):
        expect(page.get_by_text("No half hour of today is over yet.")).to_be_visible(timeout=4 * PATIENCE_MS)
        return
    expect(page.get_by_text("Made at")).to_be_visible(timeout=4 * PATIENCE_MS)
    expect(page.get_by_text("Eight of ten such days have")).to_be_visible()
    expect(page.get_by_text("Rests on 56 days with calls")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"5200 Sales \d+ \d+ \d+ \d+–\d+ \d+"))).to_be_visible()
    expect(page.get_by_role("img", name="Calls of 5200 Sales by half hour")).to_be_visible()
    expect(page.get_by_text("of 50 %").or_(page.get_by_text("keep 50 %"))).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Forecast", exact=True).click(trial=True)  # no other card lies over it


def test_a_bridge_that_goes_is_told_and_one_that_comes_back_is_followed_again(seat: Seat, running: Running) -> None:
    page = opened(seat, running)
    expect(page.get_by_text("all is well")).to_be_visible()
    stop(running.bridge)
    expect(page.get_by_text("does not answer")).to_be_visible()
    expect(page.get_by_text("Nobody is calling.")).to_be_hidden()
    running.bridge = running.start_bridge()
    expect(page.get_by_text("all is well")).to_be_visible()
    assert running.shared not in running.log.read_text(), "the token is in no log"


def test_without_a_bridge_the_page_says_how_to_get_one(visit: Opener) -> None:
    page = visit("live")
    expect(page.get_by_text("No live bridge.")).to_be_visible()
    expect(page.get_by_text("PBX_BRIDGE_TOKEN_FILE")).to_be_visible()
