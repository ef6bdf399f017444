"""Webhooks told over real HTTPS: what, in which order, again when nobody took it, and nothing lost (R-19.6)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import pydantic
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.causes import Cause, Party
from engine.contract.ids import SECOND_US, Instant, seconds
from engine.control.engine import Engine
from engine.loading.load import load
from engine.records.history import CallRecord
from engine.records.journal import Header
from engine.state.flow import Flow
from engine.translations import webhooks_ru
from live_bridge.cli.commands import app
from live_bridge.config import LiveConfig
from live_bridge.config_sections import HookConfig, WebConfig
from live_bridge.outbound import webhook_trials, webhooks
from live_bridge.outbound.http_client import SIGNATURE, WebClient, signature
from live_bridge.outbound.webhooks import Hooks
from live_bridge.store import tables, webhook_outbox
from live_bridge.store.audit import Label
from live_bridge.store.journal_store import recover
from live_bridge.store.links import Links
from live_bridge.store.store import Store
from live_bridge.store.webhook_outbox import HookBook
from tests.harness import rule
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.certificates import Certificate
from tests.live_bridge.journals import Run
from tests.live_bridge.outbound.test_http_client import Server
from tests.live_bridge.service.test_end_to_end import wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.store.test_store import postgres_url, store

__all__ = ["postgres_url", "store"]

START: Instant = seconds(1_795_422_600)
HOME = "example.onpbx.ru"
SECRET = b"both sides know it"


@pytest.fixture(scope="module")
def example(root: Path) -> Flow:
    return load((root / "datasets" / "pbx" / "example" / "pbx.yaml").read_bytes())


@dataclass
class Customer:
    """A customer's HTTPS server, the database, and a clock that is turned by hand."""

    server: Server
    store: Store
    trust: Path
    at: Instant = START + seconds(200)
    open: list[Any] = field(default_factory=list)

    def hook(self, **changes: Any) -> HookConfig:
        return HookConfig(name="crm", url=self.server.url, **changes)

    def start(self, hook: HookConfig, allow: tuple[str, ...] = ("127.0.0.0/8",), link: Any = lambda _: "") -> Hooks:
        client = WebClient(WebConfig(allow=allow, certificates=self.trust), SECRET)
        told = Hooks(self.store, "example", (hook,), {"crm": SECRET}, client, link, lambda: self.at)
        self.open += [told, client]
        return told

    def stop(self) -> None:
        for part in self.open:
            part.close()
        self.open.clear()

    def told(self, count: int) -> list[dict[str, Any]]:
        """What the server was told, once it was told so often."""
        wait_until(lambda: len(self.server.asked) >= count, 20.0)
        return [
            json.loads(body)
            if "json" in head["content-type"]
            else dict(parse_qsl(body.decode(), keep_blank_values=True))
            for head, body in list(self.server.asked)
        ]

    def wait(self, **counts: int) -> None:
        wait_until(lambda: webhook_outbox.counts(self.store, "example") == {"waiting": 0, "failed": 0, **counts}, 20.0)

    def refused(self, tries: int) -> None:
        """Wait until so many tries of one letter are written down as refused, and with them when the next is due."""

        def most() -> int:
            with self.store.engine.connect() as connection:
                return int(connection.execute(sa.select(sa.func.max(tables.hook_letters.c.tries))).scalar_one() or 0)

        wait_until(lambda: most() == tries, 20.0)


@pytest.fixture
def customer(tmp_path: Path, certificate: Certificate) -> Iterator[Customer]:
    server = Server(certificate)
    made = Customer(server, Store(f"sqlite:///{tmp_path / 'live.sqlite'}"), certificate[0])
    yield made
    made.stop()
    made.store.close()
    with contextlib.suppress(OSError):
        server.close()


def run(customer: Customer, flow: Flow, hook: HookConfig, *steps: tuple[float, ev.Event]) -> Run:
    """A journal of one bridge in which events happen at seconds after `START`."""
    labels = {flow.digest: Label(4, "autumn")}
    book = HookBook((hook,), HOME, lambda: flow, labels.get)
    writer = Run(customer.store, "example", Header(engine="1", tzdata="1", flow=flow.digest), HOME, hooks=book)
    engine = Engine(flow)
    for after_s, event in steps:
        at = START + seconds(after_s)
        said = engine.handle(at, event)
        writer.append(at, event)
        if said:
            writer.said(said)
    writer.settle()
    return writer


ANSWERED: tuple[tuple[float, ev.Event], ...] = (
    (0, ev.DeviceRegistered(user=101)),
    (1, ev.CallArrived(call="c1", called="101", caller="74950000000", user=100, origin="user")),
    (4, ev.LegAnswered(leg="c1.1")),
    (64, ev.CallerHungUp(call="c1")),
    (64, ev.LegEnded(leg="c1.1")),
)
MISSED: tuple[tuple[float, ev.Event], ...] = (
    (0, ev.CallArrived(call="c2", called="78121234567", caller="89161234567", trunk="spb")),
    (9, ev.CallerHungUp(call="c2")),
)


@rule("R-19.6")
def test_calls_are_told_in_order_with_the_fields_of_the_reference_and_a_signature(
    customer: Customer, example: Flow
) -> None:
    hook = customer.hook()
    run(customer, example, hook, *ANSWERED, *((70 + at, event) for at, event in MISSED)).close()
    customer.start(hook)
    told = customer.told(6)
    by_call = {call: [one for one in told if one["uuid"] == call] for call in ("c1", "c2")}
    assert [one["event"] for one in by_call["c1"]] == ["call_start", "call_answered", "call_end"]
    assert [one["event"] for one in by_call["c2"]] == ["call_start", "call_missed", "call_end"]
    start, answered, end = by_call["c1"]
    assert start == {
        "event": "call_start", "direction": "local", "caller": "74950000000", "callee": "101", "gateway": "",
        "uuid": "c1", "domain": HOME, "date": str(START // SECOND_US + 1), "origin": "user", "world": "live",
        "flow": example.digest, "version": "4", "version_name": "autumn",
    }  # fmt: skip
    assert all((one["flow"], one["version"], one["version_name"]) == (example.digest, "4", "autumn") for one in told), (
        "every event says on which version the call is (R-25.6)"
    )
    assert answered["callee"] == "101" and answered["date"] == str(START // SECOND_US + 4)
    assert (end["call_duration"], end["dialog_duration"], end["hangup_cause"]) == ("63", "60", "NORMAL_CLEARING")
    missed = by_call["c2"][1]
    assert (missed["direction"], missed["gateway"], missed["dialog_duration"]) == ("inbound", "spb", "0")
    assert all(head[SIGNATURE.lower()] == signature(SECRET, body) for head, body in customer.server.asked)
    assert len({head["idempotency-key"] for head, _ in customer.server.asked}) == 6
    customer.wait()


@rule("R-19.6")
def test_only_the_events_asked_for_are_told_and_json_when_it_is_wanted(customer: Customer, example: Flow) -> None:
    hook = customer.hook(events=("call_missed",), form="json")
    run(customer, example, hook, *ANSWERED, *((70 + at, event) for at, event in MISSED)).close()
    customer.start(hook)
    (one,) = customer.told(1)
    customer.wait()
    assert one["event"] == "call_missed" and one["date"] == START // SECOND_US + 79 and len(customer.server.asked) == 1


@rule("R-19.6")
def test_what_a_busy_server_refuses_is_told_again_later_and_the_later_waits_for_it(
    customer: Customer, example: Flow
) -> None:
    hook = customer.hook()
    customer.server.status = 503
    run(customer, example, hook, *ANSWERED).close()
    customer.at = START + seconds(100)
    told = customer.start(hook)
    (first,) = customer.told(1)
    assert first["event"] == "call_start"
    customer.refused(tries=1)
    customer.wait(waiting=3)
    told.look()
    customer.server.status = 200
    customer.at += webhooks.RETRIES_US[0]
    told.look()
    assert [one["event"] for one in customer.told(4)] == ["call_start", "call_start", "call_answered", "call_end"]
    customer.wait()


@rule("R-19.6")
def test_what_waits_survives_a_restart_and_a_server_that_never_answers_is_given_up_after_a_day(
    customer: Customer, example: Flow
) -> None:
    hook = customer.hook(events=("call_end",))
    run(customer, example, hook, *ANSWERED).close()
    customer.server.status = 500
    customer.start(hook)
    customer.refused(tries=1)
    customer.wait(waiting=1)
    customer.stop()
    told = customer.start(hook)
    customer.at += webhooks.GIVE_UP_US + seconds(100)
    told.look()
    customer.told(2)
    customer.wait(failed=1)


@pytest.mark.parametrize("status", [404, 410, 301])
def test_refusal_that_is_meant_is_not_asked_again(customer: Customer, example: Flow, status: int) -> None:
    hook = customer.hook(events=("call_end",))
    customer.server.status = status
    run(customer, example, hook, *ANSWERED).close()
    customer.start(hook)
    customer.wait(failed=1)
    assert len(customer.server.asked) == 1


@rule("R-19.6")
def test_private_address_and_certificate_of_nobody_known_are_not_told(customer: Customer, example: Flow) -> None:
    hook = customer.hook(events=("call_end",))
    run(customer, example, hook, *ANSWERED).close()
    customer.start(hook, allow=())
    wait_until(lambda: "forbidden_address" in reasons(customer), 20.0)
    customer.wait(waiting=1)
    customer.stop()
    client = WebClient(WebConfig(allow=("127.0.0.0/8",)), SECRET)
    customer.at += seconds(3600)
    told = Hooks(customer.store, "example", (hook,), {"crm": SECRET}, client, clock=lambda: customer.at)
    customer.open += [told, client]
    wait_until(lambda: "tls" in reasons(customer), 20.0)
    assert customer.server.asked == []


def reasons(customer: Customer) -> str:
    with customer.store.engine.connect() as connection:
        return " ".join(str(row[0]) for row in connection.exec_driver_sql("SELECT reason FROM hook_letters"))


def test_only_https_is_taken_and_no_name_twice() -> None:
    with pytest.raises(pydantic.ValidationError):
        HookConfig(name="crm", url="http://crm.example.org/")
    one = HookConfig(name="crm", url="https://crm.example.org/")
    with pytest.raises(pydantic.ValidationError, match="two webhooks have the same name"):
        LiveConfig(hooks=(one, one))


@rule("R-19.6")
def test_killed_bridge_tells_the_end_of_its_calls_at_the_next_start(customer: Customer, example: Flow) -> None:
    hook = customer.hook(events=("call_start", "call_end"))
    run(customer, example, hook, *ANSWERED[:3]).leave()  # and never closed
    closed = recover(customer.store, "example", HOME)
    book = HookBook((hook,), HOME, lambda: example)
    for record in closed:
        webhook_outbox.keep(customer.store, "example", book.ended(record), record.end)
    customer.start(hook)
    start, end = customer.told(2)
    assert (start["event"], end["event"], end["hangup_cause"]) == ("call_start", "call_end", "CUT_OFF")


@rule("R-19.4", "R-19.6")
def test_end_of_a_recorded_call_brings_a_link_that_lives_half_an_hour(
    customer: Customer, example: Flow, tmp_path: Path
) -> None:
    links = Links(SECRET, tmp_path, "https://pbx.example.org", lambda: customer.at)
    (tmp_path / "c1.r1.wav").write_bytes(b"RIFF")
    book = HookBook((customer.hook(),), HOME, lambda: example)
    record = CallRecord(
        uuid="c1", caller_id_name="", caller_id_number="8916", destination_number="7812", from_host="", to_host="",
        start=START, end=START + seconds(5), duration_us=seconds(5), user_talk_us=seconds(2),
        hangup_cause=Cause.NORMAL_CLEARING, party=Party.CALLER, accountcode="inbound", gateway="spb", flow="f", rule="",
        events=(), recordings=("c1.r1",),
    )  # fmt: skip
    assert [*book.messages(START, note.CallHeld(call="c1"))] == []
    webhook_outbox.keep(customer.store, "example", book.ended(record), START)
    customer.start(customer.hook(), link=links.url)
    (end,) = customer.told(1)
    assert end["download_url"].startswith("https://pbx.example.org/recordings/c1.r1.wav?until=")
    until, sign = end["download_url"].split("until=")[1].split("&signature=")
    assert links.good("c1.r1", int(until), sign) and not links.good("c1.r2", int(until), sign)
    assert not links.good("c1.r1", int(until) + 1, sign), "nobody stretches it"
    customer.at += seconds(30 * 60)
    assert not links.good("c1.r1", int(until), sign)


@rule("R-19.6")
def test_call_over_real_sip_is_told_over_real_https(customer: Customer, tmp_path: Path) -> None:
    class Telling(Api):
        settings: ClassVar[dict[str, Any]] = {
            "hooks": (customer.hook(),),
            "web": WebConfig(allow=("127.0.0.0/8",), certificates=customer.trust),
        }

    (tmp_path / "bridge").mkdir()
    api = Telling(tmp_path / "bridge")
    caller = Phone("89991234567", api.sip)
    try:
        dialog, answer = caller.call("74951234567")
        assert status(answer) == 200
        (start,) = customer.told(1)
        assert (start["event"], start["caller"], start["gateway"]) == ("call_start", "89991234567", "moscow")
        caller.hang_up(dialog)
        assert [one["event"] for one in customer.told(3)[1:]] == ["call_missed", "call_end"]
        assert api.client.get("/health").json()["parts"]["webhooks"] == "ok"
    finally:
        caller.close()
        api.close()


def test_what_waits_is_kept_alike_in_every_database(store: Store, example: Flow) -> None:
    hook = HookConfig(name="crm", url="https://crm.example.org/")
    book = HookBook((hook,), HOME, lambda: example)
    writer = Run(store, "example", Header(engine="1", tzdata="1", flow=example.digest), HOME, hooks=book)
    engine = Engine(example)
    for after_s, event in MISSED:
        said = engine.handle(START + seconds(after_s), event)
        writer.append(START + seconds(after_s), event)
        writer.said(said)
    writer.close()
    assert not writer.failed and webhook_outbox.counts(store, "example") == {"waiting": 3, "failed": 0}
    at = START + seconds(100)
    (first,) = webhook_outbox.due(store, "example", at, 20)
    assert json.loads(first.body)["event"] == "call_start", "the others wait for it"
    assert (
        webhook_outbox.due(store, "example", START - 1, 20) == [] and webhook_outbox.due(store, "other", at, 20) == []
    )
    store.tidy(at + webhooks.GIVE_UP_US * 40, Path("nowhere"))
    assert webhook_outbox.counts(store, "example") == {"waiting": 0, "failed": 0}


# --- a sample by hand -------------------------------------------------------------------------------------------------


@rule("R-19.6")
def test_a_sample_is_signed_says_that_it_is_one_and_is_sent_once(customer: Customer) -> None:
    hooks = customer.start(customer.hook(form="json", events=("call_missed", "call_end")))
    trial = hooks.try_now("crm", HOME)
    assert (trial.ok, trial.status, trial.problem, trial.remedy) == (True, 200, "", "") and trial.took_ms >= 0
    ((head, body),) = customer.server.asked
    assert head[SIGNATURE.lower()] == signature(SECRET, body) and head["idempotency-key"].startswith("example-test-")
    told = json.loads(body)
    assert told["test"] is True and told["event"] == "call_missed" and told["domain"] == HOME
    assert customer.server.answer.decode() == trial.answer
    customer.wait()
    customer.server.status = 503
    assert not hooks.try_now("crm", HOME).ok
    assert len(customer.server.asked) == 2, "it is not tried again by itself"


@rule("R-19.6")
@pytest.mark.parametrize(
    ("status", "problem"),
    [(301, "redirect"), (401, "forbidden"), (404, "not_found"), (422, "status"), (500, "server_error")],
)
def test_what_a_server_refuses_is_told_with_what_to_do(customer: Customer, status: int, problem: str) -> None:
    hooks = customer.start(customer.hook())
    customer.server.status, customer.server.answer = status, b"<b>no</b>\n\x07 more"
    if status == 301:
        customer.server.location = "https://127.0.0.1/"
    trial = hooks.try_now("crm", HOME)
    assert not trial.ok and trial.problem == problem and trial.remedy
    if status != 301:
        assert trial.status == status and trial.answer == "<b>no</b> \N{REPLACEMENT CHARACTER} more"


@rule("R-19.6")
def test_the_checks_of_addresses_and_certificates_hold_for_samples(customer: Customer, tmp_path: Path) -> None:
    assert customer.start(customer.hook(), allow=()).try_now("crm", HOME).problem == "forbidden_address"
    assert customer.server.asked == []
    named = customer.server.url.replace("127.0.0.1", "localhost")
    wrong = customer.start(HookConfig(name="crm", url=named)).try_now("crm", HOME)
    assert wrong.problem == "tls" and "certificate" in wrong.remedy
    customer.server.close()
    gone = customer.start(customer.hook()).try_now("crm", HOME)
    assert gone.problem == "refused" and "port" in gone.remedy and gone.status is None


def test_every_problem_has_its_remedy_in_both_languages() -> None:
    assert set(webhooks_ru.REMEDIES) == set(webhook_trials.REMEDIES)


@rule("R-19.6", "R-25.10")
def test_a_webhook_is_tried_over_the_api_and_by_command_and_who_did_it_is_kept(
    customer: Customer, tmp_path: Path
) -> None:
    url = customer.server.url + "?token=hidden"

    class Hooked(Api):
        settings: ClassVar[dict[str, Any]] = {
            "hooks": (HookConfig(name="crm", url=url),),
            "web": WebConfig(allow=("127.0.0.0/8",), certificates=customer.trust),
        }

    api = Hooked(tmp_path)
    try:
        (shown,) = api.ask("GET", "/api/webhooks", "calls:read").json()
        assert shown["webhook"] == "crm" and "hidden" not in str(shown) and shown["waiting"] == 0
        assert api.ask("POST", "/api/webhooks/crm/test", "calls:read").status_code == 403
        assert api.ask("POST", "/api/webhooks/none/test", "rules:write").status_code == 404
        trial = api.ask("POST", "/api/webhooks/crm/test", "rules:write").json()
        assert trial["ok"] and trial["status"] == 200
        token = tmp_path / "token"
        token.write_text(api.token("two", "calls:read", "rules:write"))
        token.chmod(0o600)
        common = ["webhooks", "--bridge", api.base, "--token-file", str(token)]
        runner = CliRunner()
        listed = runner.invoke(app, common)
        assert listed.exit_code == 0 and "crm" in listed.output and "hidden" not in listed.output
        good = runner.invoke(app, [*common, "--test", "crm"])
        assert good.exit_code == 0 and "HTTP 200" in good.output
        customer.server.status = 404
        bad = runner.invoke(app, [*common, "--test", "crm"])
        assert bad.exit_code == 1 and "see whether the address is complete" in bad.output
        acts = [(one["act"], one["by"]) for one in api.ask("GET", "/api/acts", "history:read").json()]
        assert acts == [("webhook-test", "two"), ("webhook-test", "two"), ("webhook-test", "rules:write")]
    finally:
        api.close()
