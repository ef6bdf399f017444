"""What locks a box, a sign-in by phone, a widget and an address is known after a kill, and names nobody (R-09.6, R-23.10, R-17.5,
R-15.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from engine.contract.ids import SECOND_US
from engine.loading.load import load
from live_bridge.api.access import tokens
from live_bridge.config import LiveConfig
from live_bridge.service.sip_configuration import domain_of
from live_bridge.service.voicemail_pins import VoicemailPins
from live_bridge.store.tries import LINES_LEAST, Tries
from tests.harness import rule
from tests.live_bridge.service.test_end_to_end import Bridge, document, start, wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.ports import free_port

__all__ = ["document", "start"]

WIDGET = """
widgets:
  shop: {origins: https://shop.example, managers: [100], lead: lead@example.org}
"""
NUMBER = "+79165550001"
GUESSER = "127.0.0.9"
HOUR_US = 3600 * SECOND_US


class Trail:
    def keep_deed(self, action: str, flow: str, by: str, details: dict[str, Any]) -> object:
        return None


@rule("R-09.6", "R-15.9", "R-17.5", "R-23.10")
def test_locks_outlive_a_kill_and_hold_no_number_of_anybody(start: Callable[..., Bridge], document: Path) -> None:
    document.write_text(document.read_text(encoding="utf-8") + WIDGET, encoding="utf-8")
    port, key = free_port(), tokens.generate()
    first = start("--api", f"127.0.0.1:{port}")
    first.store().keep_token("test", tokens.digest(key), ("users:write", "logins:begin", "calls:read", "calls:write"))
    head = {"Authorization": f"Bearer {key}"}
    site = {"Origin": "https://shop.example"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:

        def login(address: str) -> int:
            body = {"address": address, "host": "192.0.2.77"}
            return client.post("/api/sip-logins", headers=head, json=body).status_code

        def callback(number: str) -> httpx.Response:
            return client.post("/api/callbacks", headers=head, json={"widget": "shop", "number": number, "page": "/"})

        def visitor(number: str) -> int:
            body = {"number": number, "page": "/"}
            return client.post("/widget/shop/callbacks", headers=site, json=body).status_code

        def bans() -> dict[str, Any]:
            found: dict[str, Any] = client.get("/api/bans", headers=head).json()
            return found

        domain = f"@{domain_of(LiveConfig(pbx=str(document)), load(document.read_text(encoding='utf-8')))}"
        assert client.put("/api/users/101/voicemail-pin", headers=head, json={"pin": "4821"}).status_code == 200
        assert [login("101" + domain) for _ in range(4)] == [201, 201, 201, 429]
        assert [visitor(f"+7916444{n:04d}") for n in range(11)] == [202] * 10 + [429]
        for _ in range(3):
            call = callback(NUMBER).json()["callback"]
            wait_until(
                lambda call=call: client.get(f"/api/callbacks/{call}", headers=head).json()["state"] == "nobody"  # type: ignore[misc]
            )
        guesser = Phone("101", first.address, host=GUESSER)
        assert {status(guesser.register("guess")) for _ in range(10)} == {403}
        guesser.close()
        wait_until(lambda: [one["address"] for one in bans()["bans"]] == [GUESSER])
        first.process.kill()
        first.process.wait()

        pins = VoicemailPins(first.folder, Trail())
        assert [pins.check(101, "1357") for _ in range(5)] == ["wrong"] * 4 + ["locked"]

        second = start("--api", f"127.0.0.1:{port}")
        users = {one["user"]: one for one in client.get("/api/users", headers=head).json()}
        assert bans() == {"bans": [], "unheard": 1}, "who it is, is known when they send something"
        guesser = Phone("101", second.address, host=GUESSER)
        guesser.begin("102")
        wait_until(lambda: bool(bans()["bans"]))
        (ban,) = bans()["bans"]
        assert (ban["address"], ban["reason"]) == (GUESSER, "wrong passwords") and 0 < ban["left_s"] <= 3600
        assert guesser.heard("SIP/2.0") == [] and bans()["unheard"] == 0
        assert client.delete(f"/api/bans/{GUESSER}", headers=head).status_code == 200
        assert status(guesser.register(second.password(101))) == 200
        guesser.close()
        assert users[101]["voicemail_locked_until"] is not None and users[102]["voicemail_locked_until"] is None
        assert [login("101" + domain), login("102" + domain)] == [429, 201]
        refused = callback(NUMBER)
        assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
        assert visitor("+79164440099") == 429 and callback("+79165550002").status_code == 202
    for name in ("voicemail_pin_tries", "sip_login_tries", "callback_tries", "sip_bans"):
        kept = second.folder / name
        text = kept.read_text(encoding="ascii")
        assert text and kept.stat().st_mode & 0o077 == 0
        for (
            line
        ) in text.splitlines():  # what was tried, the digest of by whom, and when: digits of those may be anybody's
            assert re.fullmatch(r"[+-] [a-z]+(_[a-z]+:[\d,]+)? [0-9a-f]{32} \d+", line), line
    assert second.stop() == 0


def test_old_tries_and_cut_lines_go_at_the_start_and_dropped_ones_stay_dropped(tmp_path: Path) -> None:
    at = 1_000 * HOUR_US
    first = Tries(tmp_path, "tries", HOUR_US, lambda: at)
    one, other = first.digest("one"), first.digest("other")
    for minute in (0, 30, 59):
        first.add("called", one, at + minute * 60 * SECOND_US)
    first.add("called", other, at)
    first.add("wrong", other, at + 1)
    first.drop("wrong", other)
    first.drop("called", one, at + 30 * 60 * SECOND_US)
    with (tmp_path / "tries").open("a") as opened:
        opened.write("+ called abc")
    later = at + HOUR_US
    second = Tries(tmp_path, "tries", HOUR_US, lambda: later)
    assert second.at_start == [("called", one, at + 59 * 60 * SECOND_US)] and second.digest("one") == one
    assert len((tmp_path / "tries").read_text().splitlines()) == 1
    early = Tries(tmp_path, "tries", HOUR_US, lambda: at)
    assert early.at_start == [("called", one, at)], "a clock that was put back locks nobody for longer"


def test_many_tries_take_no_more_room_than_those_that_count(tmp_path: Path) -> None:
    now = [HOUR_US]
    tries = Tries(tmp_path, "tries", 10 * SECOND_US, lambda: now[0])
    for _ in range(3 * LINES_LEAST):
        now[0] += SECOND_US
        tries.add("called", tries.digest("one"), now[0])
    assert len((tmp_path / "tries").read_text().splitlines()) <= LINES_LEAST + 20


def test_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    tries = Tries(tmp_path, "tries", HOUR_US, lambda: HOUR_US)
    (tmp_path / "tries").mkdir()
    tries.add("called", tries.digest("one"), HOUR_US)
    assert Tries(tmp_path, "tries", HOUR_US, lambda: HOUR_US).at_start == []
