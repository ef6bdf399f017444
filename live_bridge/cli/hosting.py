"""`pbx hosting`: sign-up, accounts, balance and documents; and the commands beside it, `pbx hosting-…`.

Decides options and what is printed. Leaves the work to `hosting/`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from engine.account import confirmation, moments
from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US
from live_bridge.cli.console import out, refused
from live_bridge.cli.translations import system_said, tr
from live_bridge.config import ConfigError

if TYPE_CHECKING:
    from live_bridge.hosting.config import HostingConfig
    from live_bridge.hosting.database import Database

ConfigOption = Annotated[
    Path, typer.Option("--config", help=tr("Configuration of the hosting process (hosting.yaml)."))
]


def hosting(config: ConfigOption = Path("hosting.yaml")) -> None:
    """Serve sign-up, accounts, balance and documents, and tell bridges the state of their accounts, until told to stop.

    Example: pbx hosting --config hosting.yaml
    """
    import uvicorn

    from live_bridge.hosting.config import read_hosting_config
    from live_bridge.hosting.hosting import Hosting
    from live_bridge.hosting.pages.app import hosting_app

    try:
        made = Hosting(read_hosting_config(config))
    except PbxError as error:
        raise refused(error) from None
    try:
        made.start()
        out.print(made.config.public, markup=False)
        uvicorn.run(
            hosting_app(made),
            host=made.config.host,
            port=made.config.port,
            log_level="warning",
            access_log=False,
            server_header=False,
        )
    finally:
        made.close()


def hosting_statement(
    file: Annotated[Path, typer.Argument(help=tr("Bank statement in the exchange format of 1C."))],
    config: ConfigOption = Path("hosting.yaml"),
) -> None:
    """Take in a bank statement: every payment once, to the account whose invoice or tax number it names.

    Example: pbx hosting-statement kl_to_1c.txt
    """
    from live_bridge.hosting import statements
    from live_bridge.hosting.config import read_hosting_config
    from live_bridge.hosting.database import Database
    from live_bridge.store.rows import now

    try:
        found = read_hosting_config(config)
        counts = statements.take_in(Database(found.database), file.read_bytes(), found.provider.account, now())
    except PbxError as error:
        raise refused(error) from None
    except OSError as error:
        raise refused(ConfigError(f"{file}: {system_said(error)}")) from None
    for how, count in sorted(counts.items()):
        out.print(f"{tr(WORDS[how])}: {count}", markup=False)


def hosting_attach(
    account: Annotated[str, typer.Argument(help=tr("Name of the account."))],
    url: Annotated[str, typer.Argument(help=tr("Address of its bridge's API."))],
    token_file: Annotated[Path, typer.Option(help=tr("File with a token of the scope account:write."))],
    sip: Annotated[
        str, typer.Option(help=tr("Host and port of its SIP, for the front: 10.0.0.2:5060."), metavar="HOST:PORT")
    ] = "",
    config: ConfigOption = Path("hosting.yaml"),
) -> None:
    """Say where an account's bridge listens, so that it is told the account's state and, with --sip, gets calls by the front.

    Example: pbx hosting-attach example http://127.0.0.1:5080 --token-file hosting.token
    """
    from live_bridge.hosting import front, telling
    from live_bridge.hosting.config import read_hosting_config
    from live_bridge.hosting.database import Database

    try:
        found = read_hosting_config(config)
        token = token_file.read_text(encoding="utf-8").strip()
        telling.attach(Database(found.database), account, url, token, front.address_of(sip) if sip else "")
    except OSError as error:
        raise refused(ConfigError(f"{token_file}: {system_said(error)}")) from None
    except PbxError as error:
        raise refused(error) from None


def hosting_bridges(config: ConfigOption = Path("hosting.yaml")) -> None:
    """List the bridges that the hosting process keeps: whether each runs, and why it ended.

    Example: pbx hosting-bridges
    """
    from live_bridge.hosting import bridges

    with _opened(config) as (found, database), database.reading() as connection:
        known = bridges.states(connection, found)
    for one in known:
        when = datetime.fromtimestamp(one.changed_at / SECOND_US, ZoneInfo(found.zone)).strftime("%Y-%m-%d %H:%M:%S")
        out.print(f"{one.name}  {one.sip_port}  {tr(STATES[one.state])}  {when}  {one.why}".rstrip(), markup=False)


def hosting_close(
    account: Annotated[str, typer.Argument(help=tr("Name of the account."))],
    config: ConfigOption = Path("hosting.yaml"),
) -> None:
    """Close an account for ever: no new call starts, its bridge stops, its documents stay.

    Example: pbx hosting-close example
    """
    from live_bridge.hosting import accounts, closing
    from live_bridge.store.rows import now

    with _opened(config) as (found, database), database.writing() as connection:
        closing.close(connection, accounts.find(connection, account).id, now(), found.zone)


def hosting_second_factor_off(
    account: Annotated[str, typer.Argument(help=tr("Name of the account."))],
    config: ConfigOption = Path("hosting.yaml"),
) -> None:
    """Switch off the second factor of an owner who has lost telephone and recovery codes, after you know who asks. They are told.

    Example: pbx hosting-second-factor-off example
    """
    from live_bridge.hosting import accounts
    from live_bridge.hosting.second_factor import SecondFactor
    from live_bridge.store.rows import now

    with _opened(config) as (found, database):
        with database.reading() as connection:
            id = accounts.find(connection, account).id
        SecondFactor(database, found.suffix, now).turn_off(id)


def hosting_scans(
    folder: Annotated[
        Path, typer.Option(help=tr("Where the scans are put, in a folder by the account's name."))
    ] = Path("scans"),
    config: ConfigOption = Path("hosting.yaml"),
) -> None:
    """List the accounts that wait to be confirmed for numbers, and put their scans into files to look at.

    Example: pbx hosting-scans --folder scans
    """
    from live_bridge.hosting import confirming
    from live_bridge.hosting.config import read_hosting_config
    from live_bridge.hosting.database import Database
    from live_bridge.store import private_files

    try:
        found = read_hosting_config(config)
        with Database(found.database).reading() as connection:
            waiting = confirming.waiting(connection)
            scans = {one.id: confirming.sent_scans(connection, one.id) for one in waiting}
        for one in waiting:
            place = folder / one.name
            private_files.make_folder(place)
            for n, (name, body) in enumerate(scans[one.id], 1):
                file = place / f"{n}-{name}"
                private_files.make_file(file)
                file.write_bytes(body)
            assert one.confirmation_sent_at is not None
            by = moments.written(confirmation.checked_by(one.confirmation_sent_at), found.zone)
            out.print(f"{one.name}  {by}  {place} ({len(scans[one.id])})", markup=False)
    except PbxError as error:
        raise refused(error) from None
    except OSError as error:
        raise refused(ConfigError(f"{folder}: {system_said(error)}")) from None


def hosting_confirm(
    account: Annotated[str, typer.Argument(help=tr("Name of the account."))],
    refuse: Annotated[
        bool, typer.Option("--refuse", help=tr("The scans do not confirm it: others may be sent."))
    ] = False,
    config: ConfigOption = Path("hosting.yaml"),
) -> None:
    """Confirm an account for numbers after its scans were looked at, or refuse it. Its owner is told; the scans are deleted.

    Example: pbx hosting-confirm example
    """
    from live_bridge.hosting import accounts, confirming
    from live_bridge.store.rows import now

    with _opened(config) as (_, database), database.writing() as connection:
        confirming.decide(connection, accounts.find(connection, account).id, not refuse, now())


def hosting_front(
    check: Annotated[bool, typer.Option("--check", help=tr("Let Kamailio judge what was written."))] = False,
    config: ConfigOption = Path("hosting.yaml"),
) -> None:
    """Write the configuration of Kamailio, the one public address of all PBXs, and tell how it is started.

    Example: pbx hosting-front --check
    """
    from live_bridge.hosting import front
    from live_bridge.hosting.config import read_hosting_config
    from live_bridge.hosting.database import Database

    try:
        found = read_hosting_config(config)
        if found.front is None:
            raise ConfigError(f"{config}: `front` says on which address telephones are served: it is not there")
        front.FrontKeeper(Database(found.database), found).look()
        made = found.front.folder.resolve() / "kamailio.cfg"
        if check:
            front.check(made)
    except OSError as error:
        raise refused(ConfigError(f"{error.filename}: {system_said(error)}")) from None
    except PbxError as error:
        raise refused(error) from None
    out.print(f"kamailio -f {made} -DD -E", markup=False)


STATES = {
    "making": "is being made",
    "starting": "starts",
    "running": "runs",
    "ended": "does not run",
    "closed": "closed",
}

WORDS = {
    "with_invoice": "paid an invoice",
    "without_invoice": "credited without invoice",
    "repeated": "known already",
    "unidentified": "wait for a person",
    "not_ours": "not to our account, or not yet there",
}

COMMANDS = (
    hosting, hosting_statement, hosting_attach, hosting_bridges, hosting_close, hosting_scans, hosting_confirm,
    hosting_second_factor_off,
    hosting_front,
)  # fmt: skip


@contextlib.contextmanager
def _opened(config: Path) -> Iterator[tuple[HostingConfig, Database]]:
    """The settings of the hosting process and its database; what goes wrong with them is told."""
    from live_bridge.hosting.config import read_hosting_config
    from live_bridge.hosting.database import Database

    try:
        found = read_hosting_config(config)
        yield found, Database(found.database)
    except PbxError as error:
        raise refused(error) from None
