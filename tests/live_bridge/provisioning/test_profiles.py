"""Each maker's profile holds only documented keys, the settings of R-15.8, and the account, whatever people are called."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live_bridge.provisioning.account import PhoneAccount
from live_bridge.provisioning.models import MODELS, PhoneModel, transport_of
from live_bridge.provisioning.sheet import TEXTS, uri
from tests.harness import rule
from tests.live_bridge.provisioning import reading
from tests.live_bridge.provisioning.documented_keys import DOCUMENTED

PASSWORD = "abcdefghjkmnpqrstuvw"

KEEP_ALIVE = {
    "spa303": {"NAT_Keep_Alive_Enable_1_": "Yes", "NAT_Keep_Alive_Intvl": "30", "Insert_VIA_rport": "Yes"},
    "t21p-e2": {
        "account.1.nat.udp_update_enable": "1",
        "account.1.nat.udp_update_time": "30",
        "account.1.nat.rport": "1",
    },
    "tgp500": {"PORT_PUNCH_INTVL_1": "30", "SIP_ADD_RPORT_1": "Y"},
    "linphone": {"sip/keepalive_period": "30000"},
    "softphone": {"6": "30", "7": "on"},
}
"""Keep-alive 30 s and `rport`, where the phone has a key for it (R-15.7)."""

TONES = {
    "spa303": {"DTMF_Tx_Method_1_": "AVT"},
    "t21p-e2": {"account.1.dtmf.type": "1"},
    "tgp500": {"OUTBANDDTMF_1": "Y", "TELEVENT_PTYPE_1": "101"},
    "gigaset": {"BS_IP_Data1.ucB_DTMF_TX_MODE_AUTO": "0", "BS_IP_Data1.ucI_DTMF_TX_MODE_BITS": "2"},
    "linphone": {"sip/use_rfc2833": "1", "sip/use_info": "0"},
    "softphone": {"8": "RFC 4733 (RFC 2833)"},
}

CODECS = {
    "spa303": {"Preferred_Codec_1_": "G711a", "Second_Preferred_Codec_1_": "G711u", "Third_Preferred_Codec_1_": "G722"},
    "t21p-e2": {f"account.1.codec.{name}.enable": "1" for name in ("pcma", "pcmu", "g722")},
    "tgp500": {"SDP_CODEC0_1": "PCMA", "SDP_CODEC1_1": "PCMU", "SDP_CODEC2_1": "G722"},
    "gigaset": {"BS_IP_Data1.ucI_SIP_PREFERRED_VOCODER": "0x01,0x00,0x05"},
    "linphone": {f"audio_codec_{n}/mime": name for n, name in enumerate(("PCMA", "PCMU", "G722", "opus"))},
    "softphone": {"9": "PCMA, PCMU, G722, opus"},
}

WEB_PASSWORD = {
    "spa303": {"Admin_Passwd": "webpassword1"},
    "t21p-e2": {"static.security.user_password": "admin:webpassword1"},
    "tgp500": {"ADMIN_PASS": "webpassword1"},
    "gigaset": {"BS_CUSTOM.aucKdsPin[0]": "0x47,0x11"},
}
"""R-15.5: `admin`, `adminpass` and `0000` are gone."""

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def account(model: PhoneModel, **changes: object) -> PhoneAccount:
    values = {
        "user": 101, "name": "Anna", "domain": "example.onpbx.ru", "password": PASSWORD, "host": "203.0.113.7", "port": 5062,
        "web_password": "4711" if model.web_digits else "webpassword1", "mac": "7c2f80e12345",
    }  # fmt: skip
    return PhoneAccount(**{**values, **changes})


@rule("R-15.8")
@pytest.mark.parametrize("key", DOCUMENTED)
def test_a_profile_has_only_keys_that_the_maker_documents(key: str) -> None:
    model = MODELS[key]
    for name, value in reading.entries(key, model.write(account(model), "en")).items():
        assert re.fullmatch(DOCUMENTED[key][name], value), (name, value)


def test_only_the_sheet_for_people_has_no_documented_keys() -> None:
    assert MODELS.keys() - DOCUMENTED.keys() == {"softphone"}


@rule("R-15.4", "R-15.6", "R-15.7", "R-15.8")
@every_model
def test_a_profile_holds_the_account_and_the_settings_of_the_rule(model: PhoneModel) -> None:
    text = model.write(account(model), "en")
    read = reading.account(model.key, text)
    assert read == ("101", "101", PASSWORD, "example.onpbx.ru", "203.0.113.7", 5062, "udp", 300)
    entries = reading.entries(model.key, text)
    for table in (KEEP_ALIVE, TONES, CODECS, WEB_PASSWORD):
        wanted = table.get(model.key, {})
        assert {key: entries[key] for key in wanted} == wanted


@rule("R-15.8")
@every_model
def test_the_password_stands_where_the_phone_looks_for_it_and_nowhere_else(model: PhoneModel) -> None:
    text = model.write(account(model), "en")
    assert text.count(PASSWORD) == 1


@rule("R-15.5", "R-15.6")
@every_model
def test_every_phone_says_where_to_enter_what(model: PhoneModel) -> None:
    values = [value for _, value in model.fields]
    if model.key != "softphone":
        assert model.menu and {"number", "domain", "proxy", "password"} <= set(values)
    shipped = {"spa303": "admin/admin", "t21p-e2": "admin/admin", "tgp500": "admin/adminpass", "gigaset": "0000"}
    assert model.web_login == shipped.get(model.key, "")


@every_model
@given(name=st.text(max_size=40))
def test_no_name_breaks_a_profile(model: PhoneModel, name: str) -> None:
    plain = reading.entries(model.key, model.write(account(model), "en"))
    text = model.write(account(model, name=name), "en")
    assert reading.entries(model.key, text).keys() == plain.keys()
    assert reading.account(model.key, text).password == PASSWORD


def test_each_transport_is_said_in_the_phones_own_word() -> None:
    for model in MODELS.values():
        for transport in model.transports:
            text = model.write(account(model, transport=transport), "en")
            assert reading.account(model.key, text).transport == transport
    assert transport_of(MODELS["gigaset"], ("tls", "udp")) == "udp"
    assert transport_of(MODELS["tgp500"], ("tls",)) is None


def test_a_proxy_with_an_ipv6_address_has_brackets() -> None:
    made = account(MODELS["spa303"], host="2001:db8::7")
    assert reading.account("spa303", MODELS["spa303"].write(made, "en")).host == "[2001:db8::7]"


@rule("R-15.1")
def test_soft_phones_have_opus_and_network_phones_a_page_of_their_own() -> None:
    kinds = {model.key: model.kind for model in MODELS.values()}
    assert sorted(kinds.values()) == ["cordless", "cordless", "desk", "desk", "soft", "soft"]
    for model in MODELS.values():
        is_soft = model.kind == "soft"
        assert ("opus" in model.codecs) == is_soft and bool(model.web_login) != is_soft


@rule("R-15.2")
def test_the_sheet_speaks_both_languages_and_holds_a_code() -> None:
    model = MODELS["softphone"]
    english, russian = (model.write(account(model), language) for language in ("en", "ru"))
    assert TEXTS["en"].keys() == TEXTS["ru"].keys()
    assert "digital headset" in english and "цифровая гарнитура" in russian and "Plantronics A628" in russian
    assert "<svg" in english and "Password" in english and "Пароль" in russian and 'lang="ru"' in russian
    assert uri(account(model)) == f"sip:101:{PASSWORD}@example.onpbx.ru;transport=udp"
