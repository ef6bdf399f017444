"""Profiles as a phone reads them: each form parsed by itself, and the account in it. Shares nothing with the writers."""

from __future__ import annotations

import html
import re
from typing import Any, NamedTuple
from xml.etree import ElementTree


class Account(NamedTuple):
    """What a phone registers with."""

    login: str
    authentication: str
    password: str
    domain: str
    host: str
    port: int
    transport: str
    expires_s: int


def entries(model: str, text: str) -> dict[str, str]:
    """Keys and values of a profile; fails where a phone would not read it."""
    if model == "spa303":
        root = ElementTree.fromstring(text)
        assert root.tag == "flat-profile"
        return {child.tag: child.text or "" for child in root}
    if model == "t21p-e2":
        first, *lines = text.splitlines()
        assert first == "#!version:1.0.0.1"
        return _once([tuple(line.split(" = ", 1)) for line in lines if line])
    if model == "tgp500":
        assert text.endswith("\r\n\r\n") and "\n" not in text.replace("\r\n", "")
        first, *lines = text.split("\r\n")
        assert first.startswith("# PCC Standard Format File #")
        found = [re.fullmatch(r'([A-Z0-9_]{1,32})="([^"]{0,500})"', line) for line in lines if line]
        return _once([match.groups() for match in found if match is not None] if all(found) else [])
    if model == "gigaset":
        root = ElementTree.fromstring(text)
        provider = root.find("Provider")
        assert root.tag == "ProviderFrame" and provider is not None
        address = provider.find("MAC_ADDRESS")
        assert address is not None and re.fullmatch("[0-9A-F]{12}", address.get("value", ""))
        return _once([(item.get("ID"), item.get("value")) for item in provider.findall("SYMB_ITEM")])
    if model == "linphone":
        space = "{http://www.linphone.org/xsds/lpconfig.xsd}"
        root = ElementTree.fromstring(text)
        assert root.tag == f"{space}config"
        return _once(
            [(f"{section.get('name')}/{entry.get('name')}", entry.text or "") for section in root for entry in section]
        )
    rows = re.findall(r'<td id="(\d+)">(.*?)</td>', text)
    return _once([(place, html.unescape(value)) for place, value in rows])


def _once(pairs: list[Any]) -> dict[str, str]:
    found = dict(pairs)
    assert found and len(found) == len(pairs), "a key stands twice, or nothing can be read"
    return found


def account(model: str, text: str) -> Account:
    """What the phone registers with."""
    e = entries(model, text)
    if model == "spa303":
        host, _, port = e["Outbound_Proxy_1_"].rpartition(":")
        return Account(
            e["User_ID_1_"], e["Auth_ID_1_"], e["Password_1_"], e["Proxy_1_"], host, int(port),
            e["SIP_Transport_1_"].lower(), int(e["Register_Expires_1_"]),
        )  # fmt: skip
    if model == "t21p-e2":
        a = "account.1."
        return Account(
            e[a + "user_name"], e[a + "auth_name"], e[a + "password"], e[a + "sip_server.1.address"],
            e[a + "outbound_proxy.1.address"], int(e[a + "outbound_proxy.1.port"]),
            ("udp", "tcp", "tls")[int(e[a + "sip_server.1.transport_type"])], int(e[a + "sip_server.1.expires"]),
        )  # fmt: skip
    if model == "tgp500":
        return Account(
            e["PHONE_NUMBER_1"], e["SIP_AUTHID_1"], e["SIP_PASS_1"], e["SIP_SVCDOMAIN_1"], e["SIP_OUTPROXY_ADDR_1"],
            int(e["SIP_OUTPROXY_PORT_1"]), ("udp", "tcp")[int(e["SIP_TRANSPORT_1"])], int(e["REG_EXPIRE_TIME_1"]),
        )  # fmt: skip
    if model == "gigaset":
        one = "BS_IP_Data1."
        return Account(
            e[one + "aucS_SIP_USER_ID"].strip('"'), e["BS_IP_Data3.aucS_SIP_LOGIN_ID"].strip('"'),
            e[one + "aucS_SIP_PASSWORD"].strip('"'), e[one + "aucS_SIP_DOMAIN"].strip('"'),
            e[one + "aucS_SIP_SERVER"].strip('"'), int(e[one + "uiI_SIP_SERVER_PORT"], 16), "udp",
            int(e[one + "uiI_RE_REGISTRATION_TIMER"], 16),
        )  # fmt: skip
    if model == "linphone":
        place = re.fullmatch(r"<sip:(.+):(\d+);transport=(\w+)>", e["proxy_0/reg_proxy"])
        assert place is not None
        user, _, domain = e["proxy_0/reg_identity"].removeprefix("sip:").partition("@")
        return Account(
            user, e["auth_info_0/userid"], e["auth_info_0/passwd"], domain, place[1], int(place[2]), place[3],
            int(e["proxy_0/reg_expires"]),
        )  # fmt: skip
    host, _, port = e["3"].rpartition(":")
    return Account(e["0"], e["0"], e["2"], e["1"], host, int(port), e["4"].lower(), int(e["5"]))
