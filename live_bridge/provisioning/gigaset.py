"""Profile of Siemens Gigaset bases (C610 IP, N510 IP PRO): a provider frame with one `SYMB_ITEM` a value.

Source: Gigaset Provisioning Guide A31008-M2212-R910 (XML provider profile, PIN, DTMF, codecs). A text stands there in quotation
marks of its own, a number in hexadecimal digits. The guide has no key for keep-alive and `rport`: the base sends `rport` always,
and its web page has "NAT refresh time".
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from live_bridge.provisioning.account import REGISTER_S, PhoneAccount, one_line, xml_file

CODECS: Final = {"PCMA": "0x01", "PCMU": "0x00", "G722": "0x05"}
"""The base's own numbers; it has no Opus."""

MAC, PROFILE_NAME = "MAC_ADDRESS", "PROFILE_NAME"


def values(account: PhoneAccount) -> dict[str, str]:
    """The items in their order."""
    login, domain, host = (f'"{one_line(value)}"' for value in (account.login, account.domain, account.host))
    return {
        "BS_IP_Data1.aucS_SIP_ACCOUNT_NAME_1": f'"{account.shown}"',
        "BS_IP_Data1.aucS_SIP_DISPLAYNAME": f'"{account.shown}"',
        "BS_IP_Data3.aucS_SIP_LOGIN_ID": login,
        "BS_IP_Data1.aucS_SIP_PASSWORD": f'"{one_line(account.password)}"',
        "BS_IP_Data1.aucS_SIP_USER_ID": login,
        "BS_IP_Data1.aucS_SIP_DOMAIN": domain,
        "BS_IP_Data1.aucS_SIP_SERVER": host,
        "BS_IP_Data1.aucS_SIP_REGISTRAR": host,
        "BS_IP_Data1.uiI_SIP_SERVER_PORT": f"0x{account.port:x}",
        "BS_IP_Data1.uiI_SIP_REGISTRAR_PORT": f"0x{account.port:x}",
        "BS_IP_Data1.uiI_RE_REGISTRATION_TIMER": f"0x{REGISTER_S:x}",
        "BS_IP_Data1.ucB_SIP_USE_STUN": "0x0",
        "BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_1": "0x1",
        "BS_IP_Data1.ucI_SIP_PREFERRED_VOCODER": ",".join(CODECS.values()),
        "BS_IP_Data1.ucB_DTMF_TX_MODE_AUTO": "0",
        "BS_IP_Data1.ucI_DTMF_TX_MODE_BITS": "2",
        "BS_CUSTOM.aucKdsPin[0]": _pin(account.web_password),
    }


def write(account: PhoneAccount) -> str:
    """The file."""
    root = ElementTree.Element("ProviderFrame")
    provider = ElementTree.SubElement(root, "Provider")
    ElementTree.SubElement(provider, MAC, value=account.mac.upper())
    ElementTree.SubElement(provider, PROFILE_NAME, {"class": "string", "value": account.login})
    for key, value in values(account).items():
        ElementTree.SubElement(provider, "SYMB_ITEM", {"ID": key, "class": "symb_item", "value": value})
    return xml_file(root)


def _pin(digits: str) -> str:
    """The base's PIN, two digits a byte.

    >>> _pin("1234")
    '0x12,0x34'
    """
    return f"0x{digits[:2]},0x{digits[2:4]}"
