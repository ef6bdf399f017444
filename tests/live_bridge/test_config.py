"""`live.yaml`, secrets and documents: what is taken and what is refused, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.loading.load import load
from live_bridge.config import ConfigError, LiveConfig, Secrets, demo_config, find_document, read_config
from live_bridge.service.masking import masked_event, masked_text
from live_bridge.service.passwords import ALPHABET, account, generate
from live_bridge.service.sip_configuration import check_trunks, sip_settings
from live_bridge.sip.digest import ha1
from live_bridge.store.store import Store

WHOLE = """
pbx: example
domain: pbx.example.org
listen:
  - {host: 192.0.2.10, port: 5060}
  - {host: 192.0.2.10, port: 5061, transport: tls, certificate: chain.pem, key: key.pem}
media: {listen: [192.0.2.10], public: 203.0.113.9, ports: [30000, 39999]}
folder: state
secrets: secrets.yaml
trunks:
  moscow:
    peers: [{host: 198.51.100.7, port: 5060}]
    host: sip.operator.example
    login: "74951234567"
    password_name: moscow
    register: true
mail: {host: mail.example.org, login: pbx, password_name: mail, sender: pbx@example.org}
language: ru
"""


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_whole_file_becomes_settings_with_paths_beside_it(tmp_path: Path) -> None:
    config = read_config(write(tmp_path / "live.yaml", WHOLE))
    assert config.folder == tmp_path / "state" and config.secrets == tmp_path / "secrets.yaml"
    assert config.database_url == f"sqlite:///{tmp_path / 'state' / 'live.sqlite'}"
    write(tmp_path / "secrets.yaml", "moscow: from-the-file\nmail: x\n")
    flow = load(find_document("example").read_bytes())
    store = Store("sqlite://")
    store.keep_account("example", account(101, "pbx.example.org", "a-password-of-101"))
    store.keep_account("example", account(102, "another.domain", "a-password-of-102"))
    settings = sip_settings(config, [flow], store, Secrets(config.secrets))
    store.close()
    moscow = settings.trunks["moscow"]
    assert (moscow.number, moscow.password, moscow.register) == ("74951234567", "from-the-file", True)
    assert settings.trunks["spb"].peers == () and settings.trunks["spb"].host == "", "nobody may call in on it"
    assert set(settings.accounts) == {101}, "a password made for another domain is none here"
    assert settings.accounts[101].ha1_md5 == ha1("MD5", "101", "pbx.example.org", "a-password-of-101")
    assert settings.accounts[101].ha1_sha256 == ha1("SHA-256", "101", "pbx.example.org", "a-password-of-101")
    assert settings.accounts[101].password is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pbx: example\nlisten:\n  - {port: 70000}\n", "live.yaml:3: listen.0.port:"),
        ("pbx: example\nlisen: []\n", "live.yaml:2: lisen: extra"),
        ("media:\n  ports: [30000, 30001]\n", "live.yaml:2: media.ports: ports are two numbers"),
        ("trunks:\n  moscow:\n    password: secret\n", "live.yaml:3: trunks.moscow.password: extra"),
        ("http: {host: 0.0.0.0}\n", "needs a certificate and a key"),
        ("pbx: [\n", "live.yaml"),
        ("listen: []\n", "live.yaml:1: listen:"),
        ("direct:\n  allow: [10.0.0.1/8]\n", "live.yaml:2: direct.allow: 10.0.0.1/8 has host bits set"),
        (
            "dns:\n  servers: [resolver.example]\n",
            "live.yaml:2: dns.servers.0: 'resolver.example' does not appear to be",
        ),
        ("qualify_s: -1\n", "live.yaml:1: qualify_s:"),
        (
            "listen:\n  - {host: 0.0.0.0, transport: ws}\n",
            "live.yaml:2: listen.0: beyond this machine browsers need encryption",
        ),
        ("listen:\n  - {host: 0.0.0.0, transport: wss}\n", "live.yaml:2: listen.0: wss needs a certificate and a key"),
        (
            "listen:\n  - {transport: wss, certificate: a, key: b}\n",
            "live.yaml:2: listen.0: name the pages browser phones come from",
        ),
        ("listen:\n  - {transport: ws, origins: [phones.example.org]}\n", "'phones.example.org' is no origin"),
        ("listen:\n  - {transport: udp, origins: ['https://a.example']}\n", "pages, which cannot speak udp: use wss"),
    ],
)
def test_wrong_file_is_told_with_file_line_and_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_config(write(tmp_path / "live.yaml", text))
    assert words in str(refusal.value)


def test_an_account_in_the_document_counts_where_live_yaml_says_nothing_of_the_trunk(tmp_path: Path) -> None:
    """R-04.11: the password stands in the secrets, under the name that the document gives."""
    text = find_document("example").read_text(encoding="utf-8").replace(
        "lines: 10, to: 5400}",
        "lines: 10, to: 5400, sip: {host: sip.operator.example, login: me, password_name: spb, transport: tls}}",
    ).replace("lines: 30,", "lines: 30, operator: Мультифон, sip: {login: you},")  # fmt: skip
    config = read_config(write(tmp_path / "live.yaml", "secrets: secrets.yaml\n"))
    write(tmp_path / "secrets.yaml", "spb: from-the-file\n")
    store = Store("sqlite://")
    made = sip_settings(config, [load(text.encode())], store, Secrets(config.secrets)).trunks
    store.close()
    spb, moscow = made["spb"], made["moscow"]
    assert (spb.host, spb.transport, spb.login, spb.password) == ("sip.operator.example", "tls", "me", "from-the-file")
    assert spb.register and moscow.register and (moscow.host, moscow.port) == ("sbc.megafon.ru", 5060)


def test_trunk_the_document_does_not_have_is_refused() -> None:
    flow = load(find_document("example").read_bytes())
    config = LiveConfig.model_validate({"trunks": {"kazan": {}}})
    store = Store("sqlite://")
    with pytest.raises(ConfigError, match="the document has no kazan, only moscow, spb"):
        check_trunks(config, [flow])
    store.close()


def test_secret_comes_from_the_environment_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets(write(tmp_path / "s.yaml", "moscow-2: from-file\n"))
    assert secrets.get("moscow-2") == "from-file" and secrets.get("") == ""
    monkeypatch.setenv("PBX_SECRET_MOSCOW_2", "from-environment")
    assert secrets.get("moscow-2") == "from-environment"
    with pytest.raises(ConfigError, match="set PBX_SECRET_MAIL or `mail:` in"):
        secrets.get("mail")


def test_secrets_others_can_read_are_refused_and_never_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="others can read it"):
        Secrets(write(tmp_path / "s.yaml", "moscow: hunter2\n", mode=0o644))
    with pytest.raises(ConfigError) as refusal:
        Secrets(write(tmp_path / "t.yaml", "moscow: [hunter2\n"))
    assert "hunter2" not in str(refusal.value)
    with pytest.raises(ConfigError, match="No such file"):
        Secrets(tmp_path / "none.yaml")


def test_trial_lets_this_machine_call_in_and_nothing_out(tmp_path: Path) -> None:
    path = find_document("example")
    flow = load(path.read_bytes())
    config = demo_config(str(path), flow, ("127.0.0.1", 5060), tmp_path)
    assert set(config.trunks) == {"moscow", "spb"}
    for trunk in config.trunks.values():
        assert [peer.host for peer in trunk.peers] == ["127.0.0.1"] and trunk.host == ""
    wide = demo_config(str(path), flow, ("0.0.0.0", 5060), tmp_path)
    assert {peer.host for trunk in wide.trunks.values() for peer in trunk.peers} == {"127.0.0.1"}


def test_document_is_found_by_name_file_and_folder(tmp_path: Path) -> None:
    path = find_document("example")
    assert find_document(str(path)) == path and find_document(str(path.parent)) == path
    with pytest.raises(ConfigError, match="there is no PBX 'nobody': give a file, or one of .*example"):
        find_document("nobody")


def test_passwords_are_long_and_free_of_letters_that_look_alike() -> None:
    """At least 16 characters; no 0 and O, no 1, l and I, no o and i."""
    made = {generate() for _ in range(200)}
    assert len(made) == 200 and all(len(password) >= 16 and set(password) <= set(ALPHABET) for password in made)
    assert not set("0O1lIoi") & set(ALPHABET)


def test_numbers_of_callers_are_masked_where_people_read_them() -> None:
    assert masked_text("INVITE 89161234567 from +74951234567 to 5000") == "INVITE 8916123**** from +7495123**** to 5000"
    assert masked_text("c1-12345678abc 192.168.100.2000") == "c1-12345678abc 192.168.100.2000"
    event = ev.CallArrived(call="c1", called="84951234567", caller="89161234567", caller_name="Ivan")
    masked = masked_event(event)
    assert masked == ev.CallArrived(call="c1", called="84951234567", caller="8916123****")
    assert masked_event(ev.CallerHungUp(call="c1")) == ev.CallerHungUp(call="c1")


def test_configuration_in_the_manual_is_one_that_can_be_read(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    (tmp_path / "live.yaml").write_text(manual.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    config = read_config(tmp_path / "live.yaml")
    assert config.trunks["moscow"].register_ and config.web.secret_name == "crm" and config.keep.recordings == 90
    assert config.http is not None and config.http.certificate


def test_service_file_waits_longer_than_calls_get_in_the_manual() -> None:
    folder = Path(__file__).parents[2] / "docs"
    unit = (folder / "systemd" / "pbx-live@.service").read_text(encoding="utf-8")
    drain = int((folder / "operating.md").read_text(encoding="utf-8").split("\ndrain: ")[1].split()[0])
    assert int(unit.split("TimeoutStopSec=")[1].split()[0]) > drain
    assert "live --config" in unit and "KillSignal=SIGTERM" in unit


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web: {allow: [10.0.0.1/8]}", "web.allow"),
        ("keep: {history: 0}", "keep.history"),
        ("watch: {silent_after: -1}", "watch.silent_after"),
    ],
)
def test_mistake_in_a_newer_part_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "live.yaml").write_text(text + "\n")
    with pytest.raises(ConfigError, match=said):
        read_config(tmp_path / "live.yaml")
