"""`pbx user`: the persons who may sign in to the workbench, and what each of them is.

Decides options, words and exit status. Leaves persons, passwords and sessions to `pbxsim/workbench/access/persons.py`, what
roles may do to `rights.py` beside it. The first person is made before the workbench is served to others.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.account.call_rights import ALL
from engine.account.refusals import AccountRefused
from engine.contract.ids import SECOND_US
from pbxsim.cli import arguments
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused, err, out, print_json, table
from pbxsim.workbench.access.rights import Apart, Grant, Role

if TYPE_CHECKING:
    from pbxsim.workbench.access.persons import Person, Persons

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name the person signs in with.")]
Roles = Annotated[
    list[Role],
    typer.Option(
        "--role", help="What the person is: viewer, analyst, administrator, operator; several times for several."
    ),
]
File = Annotated[
    Path | None,
    typer.Option("--persons", metavar="FILE", help="The file of persons; PBX_PERSONS or the user's own otherwise."),
]
CALLS = typer.Option(
    "--calls",
    metavar="FILTER",
    help="Whose calls of the bridge the person sees: 100;102-110, or * for all (R-23.12).",
)
Calls = Annotated[str, CALLS]
NewCalls = Annotated[str | None, CALLS]
Listen = Annotated[
    Grant | None,
    typer.Option(help="Whether the person listens to recordings and calls: yes, no, or role for what the roles say."),
]
Download = Annotated[
    Grant | None, typer.Option(help="Whether the person takes recordings away as files: yes, no or role.")
]
Balance = Annotated[Grant | None, typer.Option(help="Whether the person sees the balance: yes, no or role.")]
Temporary = Annotated[
    bool, typer.Option("--temporary", help="The person sets a password of their own before anything else.")
]
Stdin = Annotated[bool, typer.Option("--stdin", help="Take the password from standard input instead of making one.")]

SENTENCES = {
    "person_name": "“{given}” cannot be a name: letters, digits and . @ + - _, at most 40, and no blanks.",
    "person_taken": "There is a person {given} already: give roles with pbx user roles, a password with pbx user passwd.",
    "person_unknown": "There is no person {given}; pbx user list shows who there is.",
    "last_administrator": "{given} is the last administrator who can sign in: make another one first.",
    "role_missing": "Say at least one role with --role.",
    "filter": "“{given}” is no filter of calls: write numbers of users such as 100;102-110, or * for all (R-23.9).",
    "filter_long": "A filter of calls has at most {given} characters (R-23.9).",
    "password_short": "A password has at least {given} characters.",
    "password_long": "A password has at most {given} characters.",
}

users = typer.Typer(no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(users, name="user")


@users.callback()
def user() -> None:
    """Persons who may sign in to the workbench: add one, list them, give a password or roles, lock or remove one.

    Without any the workbench is served to this machine alone, and asks nobody. Administrators do the same on its own page.
    """


@users.command("add")
def add(
    name: Name,
    role: Roles,
    calls: Calls = ALL,
    listen: Listen = None,
    download: Download = None,
    balance: Balance = None,
    stdin: Stdin = False,
    persons: File = None,
) -> None:
    """Let somebody sign in. The password is shown once and kept as argon2; the person can change it in the workbench.

    Example: pbx user add anna --role administrator --role operator
    """
    with refusals():
        password = _password(stdin)
        apart = _changed(Apart(), listen, download, balance)
        made = _kept(persons).add(name, role, password, calls=calls, apart=apart, by=_by())
    err.print(tr("{name} may sign in as {roles}.", name=made.name, roles=", ".join(made.roles)), markup=False)
    _show(password, stdin)


@users.command("list")
def list_(persons: File = None, as_json: arguments.Json = False) -> None:
    """Who may sign in, as what, and since when.

    Example: pbx user list
    """
    kept = _kept(persons)
    with refusals():
        found = kept.all()
    if as_json:
        print_json({"file": str(kept.file), "persons": found})
        return
    if not found:
        words = tr("There are no persons in {file}: the workbench asks nobody, on this machine alone.", file=kept.file)
        err.print(words, markup=False)
        return
    rows = [
        (
            one.name,
            ", ".join(one.roles),
            one.calls or tr("none"),
            one.apart.said(),
            _day(one.made_at),
            _day(one.password_set_at),
            _state(one),
        )
        for one in found
    ]
    heads = (tr("Name"), tr("Roles"), tr("Calls"), tr("Apart from roles"), tr("Made"), tr("Password set"), tr("State"))
    out.print(table(str(kept.file), heads, rows))


@users.command("passwd")
def passwd(name: Name, stdin: Stdin = False, temporary: Temporary = False, persons: File = None) -> None:
    """Give a person a new password; their sessions end, and so does a lock. It is shown once.

    Example: pbx user passwd anna
    """
    with refusals():
        password = _password(stdin)
        _kept(persons).set_password(name, password, temporary=temporary, by=_by())
    _show(password, stdin)


@users.command("roles")
def roles(name: Name, role: Roles, persons: File = None) -> None:
    """Give a person these roles and no others; it holds at once, in open pages too.

    Example: pbx user roles anna --role operator
    """
    with refusals():
        _kept(persons).set_roles(name, role, by=_by())


@users.command("change")
def change(
    name: Name,
    calls: NewCalls = None,
    listen: Listen = None,
    download: Download = None,
    balance: Balance = None,
    persons: File = None,
) -> None:
    """Say whose calls of the bridge a person sees, and whether they listen, download and see the balance; what is not named
    stays. It holds at once, in open pages too. An empty filter shows no calls.

    Example: pbx user change anna --calls "100;102-110" --listen yes --download no
    """
    if calls is None and listen is download is balance is None:
        raise CommandRefused(tr("Say what to change: --calls, --listen, --download or --balance."))
    kept = _kept(persons)
    with refusals():
        found = kept.find(name)
        apart = _changed(Apart() if found is None else found.apart, listen, download, balance)
        if calls is not None:
            kept.set_calls(name, calls, by=_by())
        if found is None or apart != found.apart:
            kept.set_apart(name, apart, by=_by())


@users.command("remove")
def remove(name: Name, persons: File = None) -> None:
    """Let a person sign in no more; open pages of theirs close within seconds.

    Example: pbx user remove anna
    """
    with refusals():
        _kept(persons).remove(name, by=_by())


@users.command("link")
def link(name: Name, persons: File = None) -> None:
    """Make a link by which a person sets a password themselves, once and within 72 hours. It is shown once.

    Put the address of the workbench before it.

    Example: pbx user link anna
    """
    from pbxsim.workbench.access.managing import link_path

    with refusals():
        code = _kept(persons).make_link(name, by=_by())
    err.print(tr("After the workbench's address (shown once):"), markup=False)
    out.print(link_path("/", code), markup=False)


@users.command("lock")
def lock(name: Name, persons: File = None) -> None:
    """Let a person sign in no more until they are unlocked; their sessions end at once.

    Example: pbx user lock anna
    """
    with refusals():
        _kept(persons).lock(name, by=_by())


@users.command("unlock")
def unlock(name: Name, persons: File = None) -> None:
    """Let a person sign in again, after too many wrong passwords too.

    Example: pbx user unlock anna
    """
    with refusals():
        _kept(persons).unlock(name, by=_by())


@users.command("end")
def end(name: Name, persons: File = None) -> None:
    """End all sessions of a person; open pages of theirs close within seconds.

    Example: pbx user end anna
    """
    with refusals():
        _kept(persons).end_sessions(name, by=_by())


@users.command("acts")
def acts(persons: File = None, as_json: arguments.Json = False) -> None:
    """The last acts upon persons: who did what to whom, the newest first.

    Example: pbx user acts
    """
    with refusals():
        found = _kept(persons).acts()
    if as_json:
        print_json({"acts": found})
        return
    rows = [(_moment(one.at), one.by, one.act, one.person, one.given) for one in found]
    heads = (tr("When"), tr("Who"), tr("Did"), tr("To"), tr("Roles"))
    out.print(table("", heads, rows))


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Tell what persons refuse in the language in use."""
    from pbxsim.workbench.access.persons import PersonRefused

    try:
        yield
    except PersonRefused as error:
        raise CommandRefused(tr(SENTENCES[error.reason], given=error.given)) from None
    except AccountRefused as error:
        raise CommandRefused(tr(SENTENCES[error.code], given=next(iter(error.details.values()), ""))) from None
    except (OSError, sqlite3.Error) as error:
        raise CommandRefused(tr("The file of persons cannot be read or written: {reason}.", reason=error)) from None


def _changed(apart: Apart, listen: Grant | None, download: Grant | None, balance: Grant | None) -> Apart:
    """The same rights but for those that are named."""
    return Apart(listen=listen or apart.listen, download=download or apart.download, balance=balance or apart.balance)


def _kept(file: Path | None) -> Persons:
    from pbxsim.workbench.access.persons import Persons, default_file

    return Persons((file or default_file()).absolute())


def _password(stdin: bool) -> str:
    from pbxsim.workbench.access.persons import generate_password

    return sys.stdin.readline().rstrip("\r\n") if stdin else generate_password()


def _state(one: Person) -> str:
    return tr("locked") if one.locked_at is not None else tr("temporary password") if one.temporary else ""


def _show(password: str, stdin: bool) -> None:
    if not stdin:
        err.print(tr("Password (shown once):"), markup=False)
        out.print(password, markup=False)


def _by() -> str:
    """Who does it: the user of this machine, told apart from a person of the same name."""
    from pbxsim.workbench.access.visitors import own_name

    return f"{own_name()} (pbx user)"


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at / SECOND_US, UTC):%Y-%m-%d %H:%M} UTC"


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / SECOND_US, UTC):%Y-%m-%d}"
