"""`pbx sandbox NAME`: a stand-in for what lies outside hosting process and bridge, until it is told to stop.

Decides options and what is printed. Leaves the stand-ins to `sandbox/`. Secrets of shops come from the environment, as with the
real ones: `ROBOKASSA_PASSWORD1`, `ROBOKASSA_PASSWORD2`, `PLATRON_SECRET`, `OPERATOR_KEY`, `CRM_KEY`.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from live_bridge.cli.console import BAD_INPUT, err, out
from live_bridge.cli.translations import tr

if TYPE_CHECKING:
    from fastapi import FastAPI

Name = Literal["robokassa", "platron", "bank", "smtp", "operator", "crm"]
PORTS: dict[str, int] = {"robokassa": 8181, "platron": 8182, "bank": 8183, "smtp": 2525, "operator": 8184, "crm": 8185}


def sandbox(
    name: Annotated[Name, typer.Argument(help=tr("Whom it stands in for."))],
    port: Annotated[int, typer.Option(help=tr("Port on this machine; each has its own if left out."), min=0)] = 0,
    hosting: Annotated[str, typer.Option(help=tr("Address of the hosting process, for notices."))] = (
        "http://127.0.0.1:8090"
    ),
    shop: Annotated[
        str, typer.Option(help=tr("Login of the shop (Robokassa), merchant's number (Platron) or account (operator)."))
    ] = "demo",
    account: Annotated[str, typer.Option(help=tr("Our account with the bank."))] = "40702810900000000001",
    folder: Annotated[Path, typer.Option(help=tr("Where e-mails are kept."))] = Path("var/emails"),
    delay: Annotated[float, typer.Option(help=tr("Seconds that the CRM takes for an answer."), min=0, max=60)] = 0.0,
    fail: Annotated[bool, typer.Option("--fail", help=tr("Have the CRM fail."))] = False,
) -> None:
    """Stand in for a payment system, a bank, a mail server, the operator of numbers or a CRM, by its published protocol. No money
    moves.

    Example: pbx sandbox bank
    """
    at = port or PORTS[name]
    if name == "smtp":
        _serve_smtp(at, folder)
        return
    try:
        app = _app(name, at, hosting.rstrip("/"), shop, account, delay, fail)
    except KeyError as missing:
        err.print(tr("Set {name} in the environment.", name=missing.args[0]), markup=False)
        raise typer.Exit(BAD_INPUT) from None
    import uvicorn

    out.print(f"http://127.0.0.1:{at}", markup=False)
    uvicorn.run(app, host="127.0.0.1", port=at, log_level="warning", access_log=False)


def _app(
    name: str, port: int, hosting: str, shop: str, account: str, delay: float = 0.0, fail: bool = False
) -> FastAPI:
    """The stand-in. Raises KeyError with the name of a secret that is not set."""
    if name == "bank":
        from live_bridge.sandbox.bank import bank_app

        return bank_app(account)
    if name == "crm":
        from live_bridge.sandbox.crm import Mood, crm_app

        return crm_app(os.environ["CRM_KEY"], Mood(delay_s=delay, status=500 if fail else 200))
    if name == "operator":
        from live_bridge.sandbox.operator import operator_app

        return operator_app(shop, os.environ["OPERATOR_KEY"])
    if name == "platron":
        from live_bridge.payments.platron import PlatronShop
        from live_bridge.sandbox.platron import platron_app

        return platron_app(PlatronShop(merchant=shop, secret=os.environ["PLATRON_SECRET"]), f"http://127.0.0.1:{port}")
    from live_bridge.payments.robokassa import RobokassaShop
    from live_bridge.sandbox.robokassa import robokassa_app

    first, second = os.environ["ROBOKASSA_PASSWORD1"], os.environ["ROBOKASSA_PASSWORD2"]
    made = RobokassaShop(login=shop, password1=first, password2=second)
    return robokassa_app(made, f"{hosting}/pay/robokassa/result", f"{hosting}/balance")


def _serve_smtp(port: int, folder: Path) -> None:
    from live_bridge.sandbox.smtp import smtp_sink

    server = smtp_sink("127.0.0.1", port, folder)
    server.start()
    out.print(f"smtp://127.0.0.1:{port} → {folder}", markup=False)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    server.stop()
