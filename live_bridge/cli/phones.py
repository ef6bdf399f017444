"""`pbx phone`: the phones of a user at a running bridge, and a profile that sets one up (R-15.3 to R-15.8).

Decides options and words. Leaves profiles to the bridge, which is asked over its API.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import segno
import typer
from rich.table import Table

from live_bridge.cli.console import out, refused
from live_bridge.cli.remote import HERE, Api, Bridge, Certificate, Json, TokenFile, told, when
from live_bridge.cli.translations import language, tr
from live_bridge.config import ConfigError

HOW: Final = {
    "cisco": "In a browser of that network open http://PHONE/admin/resync?ADDRESS: the phone's own address in place of PHONE, "
    "that above in place of ADDRESS. Or enter it at {at}.",
    "yealink": "On the phone's own page enter it at {at}, press Confirm, then Auto Provision Now.",
    "panasonic": "On the phone's own page enter it at {at} and save; the phone restarts with the profile.",
    "gigaset": "At {at} enter the base's MAC address and this address, then restart the base.",
    "scan": "Let the app scan the code below, or enter the address at {at}.",
    "browser": "Open it on the user's own device and press the button: the page shows what is entered where, and a code to scan.",
}
"""How a phone is given the address of its profile."""


def phone(
    user: Annotated[int, typer.Argument(help=tr("Internal number of the user."))],
    model: Annotated[
        str, typer.Option(help=tr("Make a profile for this model; without it the user's phones are listed."))
    ] = "",
    proxy: Annotated[
        str, typer.Option(help=tr("Where the phone sends to, if not to the bridge itself: HOST:PORT."))
    ] = "",
    transport: Annotated[
        str, typer.Option(help=tr("udp, tcp or tls; the first that bridge and phone have when left out."))
    ] = "",
    mac: Annotated[str, typer.Option(help=tr("Hardware address on the label of a Gigaset."))] = "",
    drop: Annotated[str, typer.Option(help=tr("Take a profile back by its id: its phone cannot register again."))] = "",
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Set up a phone of a user: make an address where the phone fetches its profile, once, within 24 hours, and say where to
    enter what (R-15.6). Without --model, list the user's phones.

    Example: pbx phone 101 --model t21p-e2
    """
    try:
        api = Api(bridge, token_file, certificate)
        if drop:
            answer = api.ask("DELETE", f"/api/users/{user}/profiles/{drop}")
            told(answer, tr("The profile {id} is taken back.", id=drop), as_json)
        elif model:
            wanted = {"model": model, "proxy": proxy, "transport": transport, "mac": mac, "language": language()}
            made = api.ask("POST", f"/api/users/{user}/profiles", json=wanted)
            if as_json:
                told(made, "", True)
            else:
                _show(made)
        else:
            parts = {part: api.ask("GET", f"/api/users/{user}/{part}") for part in ("devices", "profiles")}
            _list(user, parts, api.ask("GET", "/api/phone-models"), as_json)
    except ConfigError as error:
        raise refused(error) from None


def _show(made: dict[str, Any]) -> None:
    about = made["phone"]
    words = "Profile {id} of {phone} for user {user}. It is fetched once, until {until} UTC, at:"
    out.print(
        tr(words, id=made["id"], phone=tr(made["name"]), user=made["user"], until=when(made["expires_at"])[:16]),
        markup=False,
    )
    out.print(made["address"], style="bold", markup=False)
    out.print()
    out.print(tr(HOW[about["fetching"]], at=about["at"]), markup=False)
    if about["kind"] == "soft":
        segno.make(made["address"]).terminal(out=sys.stdout, compact=True)
    if made["web_password"]:
        words = "The phone's own page opens with {shipped} as shipped, afterwards with the password {password} (shown once)."
        out.print(tr(words, shipped=about["web_login"], password=made["web_password"]), markup=False)
    if not about["fields"]:
        return
    out.print()
    out.print(tr("Or by hand, at {menu}:", menu=about["menu"]), markup=False)
    values = {
        "number": made["login"], "name": tr("the user's name"), "domain": made["domain"], "proxy": made["proxy"],
        "password": tr("what pbx passwd {user} shows", user=made["user"]), "on": tr("on"),
    }  # fmt: skip
    table = Table(tr("Field"), tr("Value"), box=None, pad_edge=False)
    for one in about["fields"]:
        table.add_row(one["field"], values.get(one["value"], one["value"]))
    out.print(table, markup=False)


def _list(user: int, parts: dict[str, list[dict[str, Any]]], models: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        told({"user": user, **parts}, "", True)
        return
    if parts["devices"]:
        table = Table(tr("Contact"), tr("Device"), tr("Since"), tr("Until"), box=None, pad_edge=False)
        for one in parts["devices"]:
            since = when(one["since"]) or tr("before the bridge's start")
            table.add_row(one["contact"], one["user_agent"], since, when(one["until"]))
        out.print(table, markup=False)
    else:
        out.print(tr("User {user} has no phone that is registered.", user=user), markup=False)
    if parts["profiles"]:
        table = Table(tr("Profile"), tr("Model"), tr("By"), tr("Fetched"), tr("From"), box=None, pad_edge=False)
        for one in parts["profiles"]:
            fetched = when(one["fetched_at"]) or tr("not yet, until {until}", until=when(one["expires_at"]))
            table.add_row(one["id"], tr(one["name"]), one["by"], fetched, one["fetched_from"])
        out.print()
        out.print(table, markup=False)
    out.print()
    out.print(
        tr("Models: {models}", models=", ".join(f"{one['key']} ({tr(one['name'])})" for one in models)), markup=False
    )


COMMANDS = (phone,)
