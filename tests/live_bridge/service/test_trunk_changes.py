"""Trunks that come, change and go with versions while calls run (R-25.6, R-04): no restart, and nobody is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from live_bridge.api.server import serve_api
from live_bridge.config import read_config
from live_bridge.promotion.standing import PromotionRefused
from live_bridge.promotion.start import Starter
from live_bridge.service.service import Service
from tests.harness import rule
from tests.live_bridge.prepared import bring_sounds
from tests.live_bridge.service.test_end_to_end import EXAMPLE, wait_until
from tests.live_bridge.sip.phone import Phone, field, status
from tests.ports import free_port, media_ports

KAZAN = '  kazan: {number: "78431234567", lines: 2, to: 5000}\n'


class Office:
    """A bridge from a `live.yaml`, which a test may write again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.moscow, self.kazan = free_port(), free_port(), free_port()
        self.address = ("127.0.0.1", self.port)
        self.text = EXAMPLE.read_text(encoding="utf-8").replace("lines: 30, to: 5500", "lines: 30, to: 5000")
        (folder / "pbx.yaml").write_text(self.text, encoding="utf-8")
        self.write()
        anna = Starter(acknowledged_by="Anna Petrova")
        self.service = Service(read_config(folder / "live.yaml"), extras=(serve_api,), starter=anna)
        bring_sounds(self.service.config.folder)
        self.service.start(passwords_for_all=True)

    def write(self, more: str = "") -> None:
        """`live.yaml` with `more` under `trunks`."""
        (self.folder / "live.yaml").write_text(
            f"pbx: pbx.yaml\nfolder: var\ndrain: 0\nqualify_s: 0\nlisten: [{{port: {self.port}}}]\n"
            f"media: {{ports: {list(media_ports(200))}}}\ntrunks:\n"
            f"  moscow: {{peers: [{{host: 127.0.0.1, port: {self.moscow}}}]}}\n{more}",
            encoding="utf-8",
        )

    def with_kazan(self, port: int) -> None:
        self.write(f"  kazan: {{host: 127.0.0.1, port: {port}, login: acct, register: true}}\n")

    def promote(self, text: str, share: float = 1.0) -> str:
        assert self.service.versions is not None
        digest = self.service.versions.publish(text, acknowledged_by="Anna Petrova").digest
        self.service.versions.promote(digest, share)
        return digest

    def state(self, key: str) -> str:
        """What the engine knows of a trunk."""
        return str(self.service.driver.ask_inside(lambda controller: controller.engine.tenant.trunks[key].state))  # type: ignore[attr-defined]

    def registered_at(self, key: str) -> int | None:
        """The port at which a trunk is registered; None while it is not."""

        def ask(controller: Any) -> int | None:
            registration = controller.endpoint.operators.registrations[key]
            return registration.trunk.port if registration.state == "registered" else None

        return self.service.driver.ask_inside(ask)

    @property
    def larger(self) -> str:
        return self.text.replace("trunks:\n", f"trunks:\n{KAZAN}", 1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.service.stop(drain_s=0)


@pytest.fixture
def phone(office: Office) -> Iterator[Callable[..., Phone]]:
    made: list[Phone] = []

    def make(name: str, port: int) -> Phone:
        made.append(Phone(name, office.address, port=port))
        return made[-1]

    yield make
    for one in made:
        one.close()


@rule("R-25.6", "R-04.10")
def test_new_trunk_registers_at_promotion_and_leaves_at_roll_back_and_calls_go_on(
    office: Office, phone: Callable[..., Phone]
) -> None:
    moscow, kazan = phone("84955551000", office.moscow), phone("acct", office.kazan)
    talk, answer = moscow.call("74951234567")
    assert status(answer) == 200
    office.with_kazan(office.kazan)
    office.promote(office.larger)
    registered = kazan.wait(lambda m: m.startswith("REGISTER"))
    assert field(registered, "Expires") == "300"
    wait_until(lambda: office.state("kazan") == "registered")
    dialog, answer = kazan.call("78431234567", caller="84955552000")
    assert status(answer) == 200
    kazan.hang_up(dialog)

    assert office.service.versions is not None
    office.service.versions.roll_back()
    kazan.wait(lambda m: m.startswith("REGISTER") and field(m, "Expires") == "0")
    assert office.state("kazan") == "unregistered"
    _, refused = kazan.call("78431234567", caller="84955552000")
    assert status(refused) == 403, "nobody we know calls from there any more"
    assert status(moscow.request(talk, "INVITE", moscow.sdp(version=2))) == 200, "the talk of before goes on"
    assert status(moscow.hang_up(talk)) == 200


@rule("R-25.6")
def test_trunk_of_a_trial_is_there_beside_those_of_the_live_version(
    office: Office, phone: Callable[..., Phone]
) -> None:
    moscow, kazan = phone("84955551000", office.moscow), phone("acct", office.kazan)
    office.with_kazan(office.kazan)
    office.promote(office.larger, share=0.5)
    kazan.wait(lambda m: m.startswith("REGISTER"))
    dialog, answer = moscow.call("74951234567")
    assert status(answer) == 200
    moscow.hang_up(dialog)


@rule("R-25.6")
def test_trunk_that_changed_registers_where_it_is_now(office: Office, phone: Callable[..., Phone]) -> None:
    kazan, moved = phone("acct", office.kazan), phone("acct", free_port())
    office.with_kazan(office.kazan)
    office.promote(office.larger)
    kazan.wait(lambda m: m.startswith("REGISTER"))
    wait_until(lambda: office.state("kazan") == "registered")
    office.with_kazan(moved.port)
    office.promote(office.larger.replace("lines: 2,", "lines: 3,"))
    moved.wait(lambda m: m.startswith("REGISTER"))
    wait_until(lambda: office.registered_at("kazan") == moved.port)
    wait_until(lambda: office.state("kazan") == "registered")


@rule("R-25.6")
def test_configuration_that_cannot_be_read_refuses_the_promotion_and_changes_nothing(
    office: Office, phone: Callable[..., Phone]
) -> None:
    moscow = phone("84955551000", office.moscow)
    office.write("  kazan: {host: 127.0.0.1, password_name: nowhere}\n")
    live = office.service.flow.digest
    with pytest.raises(PromotionRefused, match="the secret nowhere is nowhere"):
        office.promote(office.larger)
    assert office.service.flow.digest == live
    dialog, answer = moscow.call("74951234567")
    assert status(answer) == 200
    moscow.hang_up(dialog)


@rule("R-02.4")
def test_user_who_comes_with_a_version_may_register_at_once(office: Office, phone: Callable[..., Phone]) -> None:
    newcomer = office.text.replace("users:\n", "users:\n  150: {name: Nina}\n", 1)
    office.promote(newcomer)
    password = office.service.new_password(150)
    nina = phone("150", free_port())
    assert status(nina.register(password)) == 200
