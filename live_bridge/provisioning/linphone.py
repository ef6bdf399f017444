"""Profile of Linphone (computer, Android, iPhone), which fetches it by the QR code of its address: an `lpconfig` document.

Source: Linphone's documentation of remote provisioning and its schema http://www.linphone.org/xsds/lpconfig.xsd (sections `sip`,
`proxy_0`, `auth_info_0`, `audio_codec_N`).
"""

from __future__ import annotations

from xml.etree import ElementTree

from live_bridge.provisioning.account import CODECS, KEEP_ALIVE_S, REGISTER_S, PhoneAccount, xml_file

SPACE = "http://www.linphone.org/xsds/lpconfig.xsd"
RATES = {"opus": "48000"}
"""G.722 too is called 8000 in SDP (RFC 3551)."""


def values(account: PhoneAccount) -> dict[str, dict[str, str]]:
    """The sections, each with its entries."""
    place = f"<sip:{account.proxy};transport={account.transport}>"
    found = {
        "sip": {
            "default_proxy": "0",
            "use_rfc2833": "1",
            "use_info": "0",
            "keepalive_period": str(KEEP_ALIVE_S * 1000),
        },
        "proxy_0": {
            "reg_proxy": place,
            "reg_route": place,
            "reg_identity": f"sip:{account.login}@{account.domain}",
            "reg_expires": str(REGISTER_S),
            "reg_sendregister": "1",
            "publish": "0",
        },
        "auth_info_0": {
            "username": account.login,
            "userid": account.login,
            "passwd": account.password,
            "realm": account.domain,
            "domain": account.domain,
        },
    }
    for number, codec in enumerate(CODECS):
        found[f"audio_codec_{number}"] = {"mime": codec, "rate": RATES.get(codec, "8000"), "enabled": "1"}
    return found


def write(account: PhoneAccount) -> str:
    """The file."""
    root = ElementTree.Element("config", {"xmlns": SPACE})
    for name, entries in values(account).items():
        section = ElementTree.SubElement(root, "section", name=name)
        for key, value in entries.items():
            ElementTree.SubElement(section, "entry", {"name": key, "overwrite": "true"}).text = value
    return xml_file(root)
