"""Keys of phones' profiles as their makers document them: what a profile may say, and the values that a key takes.

Written from the makers' guides, apart from what writes the profiles: a slip of the pen in a key is a key that is not here. A
pattern is what the value must match as a whole.
"""

from __future__ import annotations

YES = "Yes|No"
FLAG = "0|1"
Y = "Y|N"
TEXT = r"[^\n]*"
PORT = r"\d{1,5}"

CISCO = {
    # Provisioning Guide, Cisco Small Business IP Telephony Devices: configuration profile parameters
    "Resync_On_Reset": YES, "Resync_Periodic": r"\d+", "Profile_Rule": TEXT,
    # Administration Guide, Cisco Small Business SPA300 and SPA500 Series: system tab
    "Admin_Passwd": TEXT,
    # SIP tab
    "Insert_VIA_rport": YES, "Handle_VIA_rport": YES, "NAT_Keep_Alive_Intvl": r"\d+",
    "AVT_Dynamic_Payload": r"9[6-9]|1[01]\d|12[0-7]",
    # Ext tab
    "Line_Enable_1_": YES, "Proxy_1_": TEXT, "Outbound_Proxy_1_": TEXT, "Use_Outbound_Proxy_1_": YES,
    "Use_OB_Proxy_In_Dialog_1_": YES, "SIP_Transport_1_": "UDP|TCP|TLS", "Register_1_": YES, "Register_Expires_1_": r"\d+",
    "Display_Name_1_": TEXT, "User_ID_1_": TEXT, "Use_Auth_ID_1_": YES, "Auth_ID_1_": TEXT, "Password_1_": TEXT,
    "NAT_Keep_Alive_Enable_1_": YES, "NAT_Keep_Alive_Dest_1_": TEXT,
    "Preferred_Codec_1_": "G711u|G711a|G722|G729a", "Second_Preferred_Codec_1_": "Unspecified|G711u|G711a|G722|G729a",
    "Third_Preferred_Codec_1_": "Unspecified|G711u|G711a|G722|G729a", "G722_Enable_1_": YES, "Use_Pref_Codec_Only_1_": YES,
    "DTMF_Tx_Method_1_": r"InBand|AVT|INFO|Auto|InBand\+INFO|AVT\+INFO",
}  # fmt: skip

YEALINK = {
    # Administrator Guide for T2 Series, T19(P) E2, T4 Series, version 81: account registration, outbound proxy
    "account.1.enable": FLAG, "account.1.label": TEXT, "account.1.display_name": TEXT, "account.1.auth_name": TEXT,
    "account.1.user_name": TEXT, "account.1.password": ".{1,99}", "account.1.sip_server.1.address": TEXT,
    "account.1.sip_server.1.port": PORT, "account.1.sip_server.1.transport_type": "[0-3]",
    "account.1.sip_server.1.expires": r"\d+", "account.1.outbound_proxy_enable": FLAG,
    "account.1.outbound_proxy.1.address": TEXT, "account.1.outbound_proxy.1.port": PORT,
    # NAT: keep-alive 0 off, 1 default, 2 OPTIONS, 3 NOTIFY; rport 0 off, 1 on, 2 on by the response
    "account.1.nat.udp_update_enable": "[0-3]", "account.1.nat.udp_update_time": r"\d+", "account.1.nat.rport": "[0-2]",
    # DTMF: 0 in-band, 1 RFC 2833, 2 SIP INFO, 3 RFC 2833 and SIP INFO
    "account.1.dtmf.type": "[0-3]", "account.1.dtmf.dtmf_payload": r"9[6-9]|1[01]\d|12[0-7]",
    "account.1.subscribe_mwi": FLAG,
    # audio codecs
    **{f"account.1.codec.{name}.enable": FLAG for name in ("pcma", "pcmu", "g722", "g729", "opus")},
    **{f"account.1.codec.{name}.priority": r"\d+" for name in ("pcma", "pcmu", "g722", "g729", "opus")},
    # security; Auto Provisioning Guide
    "static.security.user_password": "admin:.{6,32}", "static.auto_provision.power_on": FLAG,
    "static.auto_provision.repeat.enable": FLAG, "static.auto_provision.server.url": TEXT,
}  # fmt: skip

PANASONIC = {
    # Administrator Guide, KX-TGP500 and KX-TGP550: parameters of the configuration file
    "ADMIN_PASS": "[0-9A-Za-z]{6,16}", "CFG_STANDARD_FILE_PATH": TEXT, "CFG_CYCLIC": Y,
    "PHONE_NUMBER_1": r"[0-9*#]{0,32}", "LINE_ID_1": TEXT, "DISPLAY_NAME_1": TEXT, "SIP_AUTHID_1": TEXT, "SIP_PASS_1": ".{0,128}",
    "SIP_SVCDOMAIN_1": TEXT, "SIP_TRANSPORT_1": "0|1", "REG_EXPIRE_TIME_1": r"\d+", "PORT_PUNCH_INTVL_1": r"0|\d{2,3}",
    "SIP_ADD_RPORT_1": Y, "OUTBANDDTMF_1": Y, "TELEVENT_PTYPE_1": r"9[6-9]|1[01]\d|12[0-7]",
    **{f"SIP_{server}_ADDR_1": TEXT for server in ("RGSTR", "PRXY", "PRSNC", "OUTPROXY")},
    **{f"SIP_{server}_PORT_1": PORT for server in ("RGSTR", "PRXY", "PRSNC", "OUTPROXY")},
    **{f"SDP_CODEC{place}_1": r"PCMA|PCMU|G722|G726-32|G729A" for place in range(5)},
}  # fmt: skip

HEX = "0x[0-9a-f]+"
QUOTED = '"[^"]*"'

GIGASET = {
    # Provisioning Guide A31008-M2212-R910: provider data, VoIP account 1
    "BS_IP_Data1.aucS_SIP_ACCOUNT_NAME_1": QUOTED, "BS_IP_Data1.aucS_SIP_DISPLAYNAME": QUOTED,
    "BS_IP_Data3.aucS_SIP_LOGIN_ID": QUOTED, "BS_IP_Data1.aucS_SIP_PASSWORD": '"[^"]{1,32}"',
    "BS_IP_Data1.aucS_SIP_USER_ID": QUOTED, "BS_IP_Data1.aucS_SIP_DOMAIN": QUOTED, "BS_IP_Data1.aucS_SIP_SERVER": QUOTED,
    "BS_IP_Data1.aucS_SIP_REGISTRAR": QUOTED, "BS_IP_Data1.uiI_SIP_SERVER_PORT": HEX,
    "BS_IP_Data1.uiI_SIP_REGISTRAR_PORT": HEX, "BS_IP_Data1.uiI_RE_REGISTRATION_TIMER": HEX,
    "BS_IP_Data1.ucB_SIP_USE_STUN": HEX, "BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_1": HEX,
    # codecs: 0 G.711 mu-law, 1 G.711 A-law, 2 G.726, 3 G.729, 5 G.722
    "BS_IP_Data1.ucI_SIP_PREFERRED_VOCODER": "0x0[01235](,0x0[01235])*",
    # keys: not chosen by the base, bit 1 is RFC 2833
    "BS_IP_Data1.ucB_DTMF_TX_MODE_AUTO": FLAG, "BS_IP_Data1.ucI_DTMF_TX_MODE_BITS": "[1-7]",
    # the base's PIN, two digits a byte
    "BS_CUSTOM.aucKdsPin[0]": r"0x\d\d,0x\d\d",
}  # fmt: skip

LINPHONE = {
    # remote provisioning: sections and entries of lpconfig
    "sip/default_proxy": r"\d+", "sip/use_rfc2833": FLAG, "sip/use_info": FLAG, "sip/keepalive_period": r"\d+",
    "proxy_0/reg_proxy": "<sip:.+>", "proxy_0/reg_route": "<sip:.+>", "proxy_0/reg_identity": "sip:.+@.+",
    "proxy_0/reg_expires": r"\d+", "proxy_0/reg_sendregister": FLAG, "proxy_0/publish": FLAG,
    "auth_info_0/username": TEXT, "auth_info_0/userid": TEXT, "auth_info_0/passwd": TEXT, "auth_info_0/realm": TEXT,
    "auth_info_0/domain": TEXT,
    **{f"audio_codec_{place}/mime": "PCMA|PCMU|G722|opus" for place in range(4)},
    **{f"audio_codec_{place}/rate": "8000|48000" for place in range(4)},
    **{f"audio_codec_{place}/enabled": FLAG for place in range(4)},
}  # fmt: skip

DOCUMENTED = {"spa303": CISCO, "t21p-e2": YEALINK, "tgp500": PANASONIC, "gigaset": GIGASET, "linphone": LINPHONE}
"""By the key of the model."""
