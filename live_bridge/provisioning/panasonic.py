"""Profile of Panasonic KX-TGP500: `KEY="value"`, after a first line that must stand; lines end with CR LF, the last one is empty.

Source: Panasonic KX-TGP500, KX-TGP550 Administrator Guide (configuration file specifications and parameters; VoIP, line 1).
"""

from __future__ import annotations

from typing import Final

from live_bridge.provisioning.account import KEEP_ALIVE_S, REGISTER_S, TONES_PAYLOAD, PhoneAccount, one_line

TRANSPORTS: Final = {"udp": "0", "tcp": "1"}
CODECS: Final = ("PCMA", "PCMU", "G722")
"""The phone has no Opus."""

FIRST_LINE: Final = "# PCC Standard Format File # DO NOT CHANGE THIS LINE!"


def values(account: PhoneAccount) -> dict[str, str]:
    """The keys in their order. The phone does not come back for this profile: its address is good once."""
    found = {
        "PHONE_NUMBER_1": account.login,
        "LINE_ID_1": account.login,
        "DISPLAY_NAME_1": account.shown,
        "SIP_AUTHID_1": account.login,
        "SIP_PASS_1": account.password,
        "SIP_SVCDOMAIN_1": account.domain,
        "SIP_TRANSPORT_1": TRANSPORTS[account.transport],
    }
    for server in ("RGSTR", "PRXY", "PRSNC", "OUTPROXY"):
        found[f"SIP_{server}_ADDR_1"] = account.host
        found[f"SIP_{server}_PORT_1"] = str(account.port)
    found |= {
        "REG_EXPIRE_TIME_1": str(REGISTER_S),
        "PORT_PUNCH_INTVL_1": str(KEEP_ALIVE_S),
        "SIP_ADD_RPORT_1": "Y",
        "OUTBANDDTMF_1": "Y",
        "TELEVENT_PTYPE_1": str(TONES_PAYLOAD),
    }
    found |= {f"SDP_CODEC{place}_1": codec for place, codec in enumerate(CODECS)}
    return found | {
        "ADMIN_PASS": account.web_password,
        "CFG_STANDARD_FILE_PATH": "",
        "CFG_CYCLIC": "N",
    }


def write(account: PhoneAccount) -> str:
    """The file."""
    lines = [FIRST_LINE, *(f'{key}="{one_line(value)}"' for key, value in values(account).items())]
    return "\r\n".join(lines) + "\r\n\r\n"
