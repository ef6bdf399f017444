"""The bridge's commands about who may do what: `pbx passwd` and `pbx token`.

Decides options, words and exit status. Leaves how passwords and tokens are made and kept to `service/passwords.py`,
`api/access/tokens.py` and `store/store.py`; `commands.py` takes the commands in.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from live_bridge.cli.console import PbxOption, Where, err, open_store, out, refusals, refused
from live_bridge.cli.translations import tr
from live_bridge.config import LiveConfig, read_config
from live_bridge.store import private_files


def passwd(
    user: Annotated[int, typer.Argument(help=tr("Internal number of the user."))],
    pbx: PbxOption = "example",
    config: Annotated[
        Path | None, typer.Option(help=tr("Configuration file; without it a bridge to try out on this machine."))
    ] = None,
    folder: Annotated[Path, typer.Option(help=tr("Database, recordings and prepared sounds."))] = Path("var"),
    stdin: Annotated[
        bool, typer.Option("--stdin", help=tr("Take the password from standard input instead of making one."))
    ] = False,
) -> None:
    """Give a user a new SIP password. It is shown once and kept only as a digest; a running bridge knows it within
    seconds.

    Example: pbx passwd 101
    """
    from live_bridge.service.document_file import load_flow
    from live_bridge.service.passwords import account, generate
    from live_bridge.service.sip_configuration import domain_of
    from live_bridge.store.store import Store

    with refusals():
        settings = read_config(config) if config is not None else LiveConfig(pbx=pbx, folder=folder.resolve())
        flow, _ = load_flow(settings)
        if user not in flow.head.users:
            raise refused(tr("There is no user {user} in {pbx}.", user=user, pbx=flow.head.pbx))
        password = sys.stdin.readline().strip() if stdin else generate()
        if len(password) < 16:
            raise refused(tr("A password has at least 16 characters."))
        domain = domain_of(settings, flow)
        private_files.begin()
        private_files.make_folder(settings.folder)
        Store(settings.database_url).keep_account(flow.head.pbx, account(user, domain, password))
    err.print(tr("Password of user {user} in {domain} (shown once):", user=user, domain=domain), markup=False)
    if not stdin:
        out.print(password, markup=False)


def token(
    name: Annotated[str, typer.Argument(help=tr("What the token is for: a name you will know it by."))],
    scope: Annotated[list[str] | None, typer.Option(help=tr("What it may do; several times for several."))] = None,
    calls_of: Annotated[
        str, typer.Option(help=tr("Whose calls it sees: 100;102-110. Without it those of everybody."))
    ] = "",
    drop: Annotated[bool, typer.Option("--drop", help=tr("Take the token away."))] = False,
    database: Where = "var",
) -> None:
    """Make a token for the HTTP API. It is shown once and kept only as a digest.

    Example: pbx token wallboard --scope calls:read --scope metrics:read
    """
    from engine.account import call_rights
    from engine.account.refusals import AccountRefused
    from live_bridge.api.access import tokens, who

    scopes = scope or ["calls:read"]
    with refusals():
        try:
            scopes = list(tokens.expanded(scopes))
        except KeyError as unknown:
            known = ", ".join((*tokens.GROUPS, *tokens.SCOPES))
            raise refused(
                tr("There is no scope {scope}; there are {known}.", scope=unknown.args[0], known=known)
            ) from None
        try:
            seen = call_rights.checked(calls_of)
        except AccountRefused as wrong:
            raise refused(tr("{text}: write users' numbers and ranges, 100;102-110.", text=calls_of)) from wrong
        private_files.begin()
        store = open_store(database)
        if drop:
            if not store.drop_token(name):
                raise refused(tr("There is no token {name}.", name=name))
            return
        made = tokens.generate()
        store.keep_token(name, tokens.digest(made), [*scopes, *([who.FILTER + seen] if seen else [])])
    out.print(made, markup=False)


COMMANDS = (passwd, token)
