"""Profile of Yealink SIP-T21P E2: `key = value`, after a first line that must stand.

Source: Yealink SIP-T2 Series, T19(P) E2, T4 Series IP Phones Administrator Guide and Auto Provisioning Guide, version 81
(account, NAT, DTMF, codec and security parameters; configuration files).
"""

from __future__ import annotations

from typing import Final

from live_bridge.provisioning.account import KEEP_ALIVE_S, REGISTER_S, TONES_PAYLOAD, PhoneAccount, one_line

TRANSPORTS: Final = {"udp": "0", "tcp": "1", "tls": "2"}
CODECS: Final = {"PCMA": "pcma", "PCMU": "pcmu", "G722": "g722"}
"""The phone's own names; the T21P E2 has no Opus."""

FIRST_LINE: Final = "#!version:1.0.0.1"


def values(account: PhoneAccount) -> dict[str, str]:
    """The keys in their order. The phone does not come back for this profile: its address is good once."""
    found = {
        "account.1.enable": "1",
        "account.1.label": account.shown,
        "account.1.display_name": account.shown,
        "account.1.auth_name": account.login,
        "account.1.user_name": account.login,
        "account.1.password": account.password,
        "account.1.sip_server.1.address": account.domain,
        "account.1.sip_server.1.port": str(account.port),
        "account.1.sip_server.1.transport_type": TRANSPORTS[account.transport],
        "account.1.sip_server.1.expires": str(REGISTER_S),
        "account.1.outbound_proxy_enable": "1",
        "account.1.outbound_proxy.1.address": account.host,
        "account.1.outbound_proxy.1.port": str(account.port),
        "account.1.nat.udp_update_enable": "1",
        "account.1.nat.udp_update_time": str(KEEP_ALIVE_S),
        "account.1.nat.rport": "1",
        "account.1.dtmf.type": "1",
        "account.1.dtmf.dtmf_payload": str(TONES_PAYLOAD),
        "account.1.subscribe_mwi": "1",
    }
    for place, name in enumerate(CODECS.values(), 1):
        found[f"account.1.codec.{name}.enable"] = "1"
        found[f"account.1.codec.{name}.priority"] = str(place)
    return found | {
        "static.security.user_password": f"admin:{account.web_password}",
        "static.auto_provision.power_on": "0",
        "static.auto_provision.repeat.enable": "0",
        "static.auto_provision.server.url": "%NULL%",
    }


def write(account: PhoneAccount) -> str:
    """The file."""
    lines = [FIRST_LINE, *(f"{key} = {one_line(value)}" for key, value in values(account).items())]
    return "\n".join(lines) + "\n"
