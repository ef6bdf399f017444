"""What a document and `live.yaml` together mean for signalling: the domain, the accounts, the trunks and the carriers they
belong to.

Decides which versions' users and trunks hold at a time: those of every version that takes calls, the live one's word first.
Leaves what `live.yaml` may say to `config.py`, what signalling does with it to `sip/`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from engine.document.carrier_presets import preset_of
from engine.document.models import Trunk
from engine.state.caller_numbers import manner_of
from engine.state.flow import Flow
from live_bridge.config import ConfigError, LiveConfig, Secrets
from live_bridge.config_sections import PhoneMediaConfig, TrunkConfig
from live_bridge.sip.digest import Account, PhoneKeys
from live_bridge.sip.settings import CarrierAddress, Listen, PhoneMedia, SipSettings, TrunkPeers
from live_bridge.store.credentials.phone_book import PhoneProfile
from live_bridge.store.store import SipAccount

log = logging.getLogger(__name__)


class Accounts(Protocol):
    """Who knows the users' passwords."""

    def accounts(self, pbx: str, /) -> Mapping[int, SipAccount]:
        """Every user who has a password."""
        ...

    def phones(self, pbx: str, /) -> Sequence[PhoneProfile]:
        """Phones' profiles, fetched and not."""
        ...


def domain_of(config: LiveConfig, flow: Flow) -> str:
    """SIP domain of the PBX (R-01.4)."""
    return config.domain or flow.head.sip_domain


def accounts_of(flows: Sequence[Flow], domain: str, store: Accounts) -> dict[int, Account]:
    """SIP accounts of the users that any of these versions has (R-02.4): with the user's password, and with those of the phones
    whose profiles were made after it (R-15.8)."""
    users = {user for flow in flows for user in flow.head.users}
    pbx = flows[0].head.pbx
    known = {user: kept for user, kept in store.accounts(pbx).items() if kept.realm == domain and user in users}
    phones: dict[int, list[PhoneKeys]] = {}
    for phone in store.phones(pbx):
        user = phone.user
        if phone.realm == domain and user in users and holds(phone, known.get(user)):
            phones.setdefault(user, []).append(PhoneKeys(phone.ha1_sha256, phone.ha1_md5))
    return {
        user: Account(
            ha1_sha256=known[user].ha1_sha256 if user in known else None,
            ha1_md5=known[user].ha1_md5 if user in known else None,
            phones=tuple(phones.get(user, ())),
        )
        for user in sorted({*known, *phones})
    }


def holds(phone: PhoneProfile, account: SipAccount | None) -> bool:
    """Whether a phone may register by what it fetched: a new password of the user puts all phones out that came before."""
    return phone.fetched_at is not None and not is_overtaken(phone, account)


def is_overtaken(phone: PhoneProfile, account: SipAccount | None) -> bool:
    """Whether the user got a new password after the profile was made."""
    return account is not None and account.made_at >= phone.made_at


def check_trunks(config: LiveConfig, known: Collection[Flow]) -> None:
    """ConfigError for a trunk of `live.yaml` that none of the known versions has: a slip of the pen."""
    keys = {key: None for flow in known for key in flow.head.trunks}
    unknown = sorted(set(config.trunks) - set(keys))
    if unknown:
        raise ConfigError(f"trunks: the document has no {', '.join(unknown)}, only {', '.join(keys)}")


def sip_settings(config: LiveConfig, flows: Sequence[Flow], store: Accounts, secrets: Secrets) -> SipSettings:
    """What signalling needs to know while `flows` take calls, live version first. ConfigError for a secret that is nowhere."""
    live = flows[0]
    trunks: dict[str, TrunkPeers] = {}
    for flow in flows:
        for key, trunk in flow.head.trunks.items():
            if key not in trunks:
                trunks[key] = _trunk(config, key, trunk, secrets)
    domain = domain_of(config, live)
    return SipSettings(
        domain=domain,
        listen=tuple(Listen(**listen.model_dump()) for listen in config.listen),
        front=tuple(CarrierAddress(host=one.host, port=one.port) for one in config.front),
        media_six=any(":" in address for address in config.media.listen),
        accounts=accounts_of(flows, domain, store),
        trunks=trunks,
        phones=_media(config.phones),
        phones_of={user: _media(own) for user, own in config.phones.users.items()},
        direct=live.head.settings.direct_sip,
        direct_users=frozenset(number for flow in flows for number, user in flow.head.users.items() if user.direct_sip),
        qualify_s=config.qualify_s,
        dns=tuple((server, config.dns.port) for server in config.dns.servers),
        direct_allow=config.direct.networks,
        direct_a_minute=config.direct.calls_a_minute,
        direct_at_once=config.direct.calls_at_once,
        bans_folder=config.folder,
    )


def _media(config: PhoneMediaConfig) -> PhoneMedia:
    return PhoneMedia(codecs=config.codecs, srtp=config.srtp)


def _trunk(config: LiveConfig, key: str, trunk: Trunk, secrets: Secrets) -> TrunkPeers:
    """One trunk: what `live.yaml` says of it, or else the account in the document, and where that is silent, the preset of its
    operator (R-04.11). Servers of a preset are taken only for a trunk that has a login there. A trunk of the document that does
    not register takes calls from the host that its own go to."""
    own, manner, preset = config.trunks.get(key), manner_of(trunk), preset_of(trunk.operator)
    if own is None and trunk.sip is not None and (trunk.sip.host or trunk.sip.login):
        written = trunk.sip.model_dump(by_alias=True, exclude_unset=True) | {"register": trunk.sip.register_}
        if trunk.sip.host and not trunk.sip.register_:  # nothing else tells whose calls are the operator's
            written |= {"peers": [{"host": trunk.sip.host}]}
        own = TrunkConfig.model_validate({name: value for name, value in written.items() if value != ""})
    if own is None:
        log.warning(
            "trunk %s has an account neither in live.yaml nor in the document: nobody can call in on it, and no call goes out",
            key,
        )
        return TrunkPeers(number=trunk.number)
    by_preset = bool(own.login) and "host" not in own.model_fields_set
    said = own.model_fields_set
    return TrunkPeers(
        number=trunk.number,
        peers=tuple(CarrierAddress(host=peer.host, port=peer.port) for peer in own.peers),
        host=preset.host if by_preset else own.host,
        port=preset.port if by_preset and "port" not in said else own.port,
        transport=preset.transport if by_preset and "transport" not in said else own.transport,
        login=own.login,
        password=secrets.get(own.password_name),
        register=preset.register if by_preset and "register_" not in said else own.register_,
        expires_s=preset.expires_s if by_preset and "expires" not in said else own.expires,
        caller_in=manner.caller_in,
        forwarded_in=manner.forwarded_in,
        codecs=manner.codecs if own.codecs is None else own.codecs,
        srtp=own.srtp,
        session_timer=manner.session_timer if own.session_timer is None else own.session_timer,
        qualify=own.qualify,
    )
