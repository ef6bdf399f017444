"""Profile of Cisco (Linksys) SPA 303: an open profile, elements under `flat-profile`.

Source: Cisco Small Business IP Telephony Devices Provisioning Guide (open profile, XML style; resync parameters) and Cisco Small
Business SPA300 and SPA500 Series IP Phones Administration Guide (SIP, Ext and System parameters).
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from live_bridge.provisioning.account import KEEP_ALIVE_S, REGISTER_S, TONES_PAYLOAD, PhoneAccount, xml_file

CODECS: Final = {"PCMA": "G711a", "PCMU": "G711u", "G722": "G722"}
"""The phone's own names; it has no Opus."""


def values(account: PhoneAccount) -> dict[str, str]:
    """The elements in their order. The phone does not come back for this profile: its address is good once."""
    return {
        "Admin_Passwd": account.web_password,
        "Line_Enable_1_": "Yes",
        "Proxy_1_": account.domain,
        "Outbound_Proxy_1_": account.proxy,
        "Use_Outbound_Proxy_1_": "Yes",
        "Use_OB_Proxy_In_Dialog_1_": "Yes",
        "SIP_Transport_1_": account.transport.upper(),
        "Register_1_": "Yes",
        "Register_Expires_1_": str(REGISTER_S),
        "Display_Name_1_": account.shown,
        "User_ID_1_": account.login,
        "Use_Auth_ID_1_": "Yes",
        "Auth_ID_1_": account.login,
        "Password_1_": account.password,
        "NAT_Keep_Alive_Enable_1_": "Yes",
        "NAT_Keep_Alive_Dest_1_": "$PROXY",
        "NAT_Keep_Alive_Intvl": str(KEEP_ALIVE_S),
        "Insert_VIA_rport": "Yes",
        "Handle_VIA_rport": "Yes",
        "Preferred_Codec_1_": CODECS["PCMA"],
        "Second_Preferred_Codec_1_": CODECS["PCMU"],
        "Third_Preferred_Codec_1_": CODECS["G722"],
        "G722_Enable_1_": "Yes",
        "Use_Pref_Codec_Only_1_": "No",
        "DTMF_Tx_Method_1_": "AVT",
        "AVT_Dynamic_Payload": str(TONES_PAYLOAD),
        "Resync_On_Reset": "No",
        "Resync_Periodic": "0",
        "Profile_Rule": "",
    }


def write(account: PhoneAccount) -> str:
    """The file."""
    root = ElementTree.Element("flat-profile")
    for key, value in values(account).items():
        ElementTree.SubElement(root, key).text = value
    return xml_file(root)
