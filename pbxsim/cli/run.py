"""`pbx run`: the whole product on one machine. What `make run` starts.

Decides the order: read the document, see that the ports are free, simulate the day, start workbench and bridge as
processes of their own through the `pbx` command, wait until both answer, say what is where, and stop everything
together. Leaves every part to its own command; nothing of the bridge is imported.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from engine.state.flow import Flow
from pbxsim.cli import arguments, documents, model, output
from pbxsim.cli.children import Ended, Family
from pbxsim.cli.language import spoken, tr

WORKBENCH_PORT = 5006
SIP_PORT = 5060
API_PORT = 5080
WS_PORT = 5066
HOST = "127.0.0.1"
READY_WITHIN_S = 90.0
TOKEN_SCOPES = (
    "persons:name", "logins:begin", "calls:read", "calls:write", "calls:listen", "members:write", "history:read",
    "recordings:read", "versions:read", "versions:write", "rules:write", "users:write", "phones:write",
)  # fmt: skip
"""What the workbench may do at the bridge, each act in the name of a person."""

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the workbench, on 127.0.0.1.")]
Sip = Annotated[int, typer.Option("--sip-port", min=1, max=65535, help="SIP port of the bridge (UDP), on 127.0.0.1.")]
Api = Annotated[int, typer.Option("--api-port", min=1, max=65535, help="Port of the bridge's API, on 127.0.0.1.")]
Ws = Annotated[int, typer.Option("--ws-port", min=1, max=65535, help="Port for phones in the browser, on 127.0.0.1.")]
Folder = Annotated[Path, typer.Option("--folder", help="Where history, recordings and logs go.")]
Reps = Annotated[int, typer.Option("--reps", min=0, help="Days simulated before the start; 0 for none.")]
NoLive = Annotated[bool, typer.Option("--no-live", help="Without the bridge.")]
NoWorkbench = Annotated[bool, typer.Option("--no-workbench", help="Without the workbench.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("run")(run)


def run(
    pbx: arguments.Pbx = "example",
    port: Port = WORKBENCH_PORT,
    sip_port: Sip = SIP_PORT,
    api_port: Api = API_PORT,
    ws_port: Ws = WS_PORT,
    folder: Folder = Path("var"),
    reps: Reps = 10,
    no_live: NoLive = False,
    no_workbench: NoWorkbench = False,
) -> None:
    """Start everything for one PBX: the workbench in the browser and the live bridge on SIP. Ctrl-C stops both.

    The PBX is read and its day simulated first; if anything is wrong with it, nothing is started.

    Example: pbx run example --port 5006 --sip-port 5060
    """
    flow = documents.load(pbx)
    path = documents.find(pbx).resolve()
    if not no_workbench:
        refuse_taken(port, socket.SOCK_STREAM, "--port")
    if not no_live:
        refuse_taken(sip_port, socket.SOCK_DGRAM, "--sip-port")
        refuse_taken(api_port, socket.SOCK_STREAM, "--api-port")
        refuse_taken(ws_port, socket.SOCK_STREAM, "--ws-port")
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore SIGINT unless told otherwise
        signal.signal(number, _interrupt)
    try:
        if reps:
            model.show_day(pbx, flow, reps)
        bridge = {} if no_live else bridge_environment(folder, api_port)
        with Family(folder / "log", {**environment(), **bridge}) as family:
            if not no_workbench:
                family.start("workbench", [*PBX, "workbench", str(path), "--port", str(port)])
            if not no_live:
                family.start("live", [*PBX, "live", str(path), *live_options(sip_port, api_port, ws_port, folder)])
            output.err.print(tr("Starting …"), style="dim")
            ready = family.wait_for(
                lambda: (no_workbench or answers_http(port)) and (no_live or answers_sip(sip_port)), READY_WITHIN_S
            )
            if not (no_live or no_workbench):
                give_token(folder)
            if not ready:
                output.err.print(
                    tr("Not everything answers yet; the logs are in {folder}.", folder=folder / "log"), style="yellow"
                )
            print_addresses(flow, port, sip_port, api_port, folder, no_workbench, no_live)
            family.watch()
    except Ended as ended:
        words = tr("{name} ended by itself; everything was stopped. Its last words:", name=ended.child.name)
        output.err.print(words, style="bold red", markup=False)
        output.err.print(ended.child.last_words(), markup=False)
        raise typer.Exit(ended.child.status() or output.FINDINGS) from None
    except KeyboardInterrupt:
        output.err.print(tr("Stopped."), style="dim")


PBX = (sys.executable, "-m", "pbxsim.cli")


def live_options(sip_port: int, api_port: int, ws_port: int, folder: Path) -> list[str]:
    """What the bridge is told: where to listen and where its history goes."""
    words = {"--sip": sip_port, "--api": api_port, "--ws": ws_port}
    listen = [word for option, port in words.items() for word in (option, f"{HOST}:{port}")]
    return [*listen, "--folder", str(folder.resolve())]


def bridge_environment(folder: Path, api_port: int) -> dict[str, str]:
    """Where the workbench finds the bridge, and the file in which the token for it will be; never the token itself."""
    return {
        "PBX_BRIDGE": f"http://{HOST}:{api_port}",
        "PBX_BRIDGE_TOKEN_FILE": str(folder.resolve() / "workbench.token"),
    }


def give_token(folder: Path) -> None:
    """Have the running bridge's database know a token for the workbench, and keep it where only this user reads it.

    Each start makes a new one, which ends the one before. Without it the Live page says what is missing.
    """
    from pbxsim.workbench.live.bridge_client import keep_token

    scopes = [word for scope in TOKEN_SCOPES for word in ("--scope", scope)]
    words = [*PBX, "token", "workbench", *scopes, "--database", str(folder.resolve())]
    made = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False)
    if made.returncode == 0:
        keep_token(folder / "workbench.token", made.stdout.strip())
    else:
        output.err.print(made.stderr, style="yellow", markup=False)


def environment() -> dict[str, str]:
    """The children's environment: ours, in the language in use, their output unbuffered."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "LANG": "ru_RU.UTF-8" if spoken() == "ru" else os.environ.get("LANG", "C.UTF-8"),
    }


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def refuse_taken(port: int, kind: socket.SocketKind, option: str) -> None:
    """Raises Refused when somebody has the port."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            text = tr(
                "Port {port} on {host} is taken; give another one with {option}.", port=port, host=HOST, option=option
            )
            raise output.CommandRefused(text) from None


def answers_http(port: int) -> bool:
    """Whether the workbench is there, whoever may sign in to it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/alive", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def answers_sip(port: int) -> bool:
    """Whether the bridge answers an OPTIONS request (RFC 3261 section 11), with any status."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.5)
        probe.bind((HOST, 0))
        mine = f"{HOST}:{probe.getsockname()[1]}"
        lines = (
            f"OPTIONS sip:{HOST}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {mine};branch=z9hG4bKready{os.getpid()};rport",
            "Max-Forwards: 70",
            f"From: <sip:run@{mine}>;tag=run",
            f"To: <sip:{HOST}:{port}>",
            f"Call-ID: run-{os.getpid()}@{mine}",
            "CSeq: 1 OPTIONS",
            "Content-Length: 0",
        )
        try:
            probe.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), (HOST, port))
            return probe.recv(4096).startswith(b"SIP/2.0 ")
        except OSError:
            return False


def print_addresses(
    flow: Flow, port: int, sip_port: int, api_port: int, folder: Path, no_workbench: bool, no_live: bool
) -> None:
    """What is where."""
    rows: list[tuple[str, str]] = []
    if not no_workbench:
        rows.append((tr("Workbench"), f"http://localhost:{port}"))
    if not no_live:
        rows.append((tr("SIP"), f"udp:{HOST}:{sip_port}"))
        rows.append((tr("API"), f"http://{HOST}:{api_port}"))
        trunks = ", ".join(f"sip:{trunk.number}@{HOST}:{sip_port}" for trunk in flow.trunks.values())
        rows.append((tr("Call it"), trunks))
        rows.append((tr("Users"), ", ".join(f"{number} {user.name}" for number, user in flow.head.users.items())))
        rows.append((tr("Passwords"), str(folder / f"{flow.name}-passwords.txt")))
        rows.append((tr("History"), f"pbx history --database {folder}"))
    rows.append((tr("Logs"), str(folder / "log")))
    rows.append((tr("Engine"), output.engine_running()))
    output.out.print(output.table(f"{flow.name} · {flow.digest[:12]}", ("", ""), rows))
    output.out.print(tr("Ctrl-C stops everything."), style="dim")
