"""The bridge's commands: `pbx live`, `replay`, `history`, `ladder`; those of `credentials.py` and `remote.py` are taken in.

Decides options, what is printed and the exit status (0 good, 1 findings, 2 bad input). Leaves the work to `service/service.py`,
`store/journal_store.py` and `store/ladder.py`. Found by the main program through the entry point group `pbx_workbench.commands`.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.table import Table

from engine.contract.errors import CorruptRecord, ReplayDiverged
from engine.contract.ids import SECOND_US, Instant
from engine.loading.load import load
from engine.numbers.digits import is_digits
from engine.records import journal
from engine.state.flow import Flow
from live_bridge.cli import (
    activity,
    audit_trail,
    canary,
    credentials,
    hosting,
    phones,
    rehearsal,
    remote,
    sandbox,
    versions,
    webhooks,
)
from live_bridge.cli.console import (
    BAD_INPUT,
    BROKEN,
    FINDINGS,
    GOOD,
    PbxOption,
    Where,
    err,
    json_line,
    open_store,
    out,
    refusals,
)
from live_bridge.cli.russian_help import HELP
from live_bridge.cli.translations import language, system_said, tr
from live_bridge.config import ConfigError, LiveConfig, demo_config, find_document, read_config
from live_bridge.config_sections import HttpConfig
from live_bridge.service import gc_tuning, logs
from live_bridge.store import call_versions

SIGNAL_WITHIN_S = 0.25
"""Longest time until a signal is noticed."""

if TYPE_CHECKING:
    from live_bridge.service.service import Service
    from live_bridge.store.store import Store

TABLE_MOST = 50
"""Calls in a table when nobody says how many."""

app = typer.Typer(help="The live bridge.", no_args_is_help=True, pretty_exceptions_enable=False)

Pbx = Annotated[str, typer.Argument(help=tr("Document: a file, a folder, or the name of a PBX that comes with us."))]
Json = Annotated[bool, typer.Option("--json", help=tr("One JSON value per line, for programs."))]
Rows = Literal["text", "csv", "json", "parquet"]


# --- live ------------------------------------------------------------------------------------------------------------


@app.command()
def live(
    pbx: Pbx = "example",
    config: Annotated[
        Path | None, typer.Option(help=tr("Configuration file; without it a bridge to try out on this machine."))
    ] = None,
    sip: Annotated[str, typer.Option(help=tr("HOST:PORT on which SIP (UDP) is served."))] = "127.0.0.1:5060",
    port: Annotated[int | None, typer.Option(hidden=True)] = None,
    api: Annotated[str, typer.Option(help=tr("HOST:PORT of the HTTP API; none without it."))] = "",
    ws: Annotated[str, typer.Option(help=tr("HOST:PORT for phones in the workbench's pages; none without it."))] = "",
    folder: Annotated[Path, typer.Option(help=tr("Database, recordings and prepared sounds."))] = Path("var"),
    seconds: Annotated[float | None, typer.Option(help=tr("Stop by itself after so many seconds."))] = None,
    log: Annotated[
        logs.Form | None, typer.Option(help=tr("Form of the log on standard error; JSON lines with --config."))
    ] = None,
    acknowledge: Annotated[
        str,
        typer.Option(
            envvar="PBX_ACKNOWLEDGE", help=tr("Name of the person who takes the document's warnings upon themselves.")
        ),
    ] = "",
    skip_gate_by: Annotated[
        str, typer.Option(help=tr("Name of the person who takes it upon themselves without evidence; needs --reason."))
    ] = "",
    reason: Annotated[str, typer.Option(help=tr("Why that person does."))] = "",
    as_json: Json = False,
) -> None:
    """Answer SIP for one PBX until Ctrl-C.

    Without --config this is a trial on this machine: programs on it may call the PBX's numbers, every user has a
    password (written to the folder, readable by you only), and no call leaves the machine.

    Example: pbx live example --sip 127.0.0.1:5060
    """
    from live_bridge.api.server import serve_api
    from live_bridge.promotion.gate import Word
    from live_bridge.promotion.start import Starter
    from live_bridge.service.service import Service

    logs.begin(log or ("text" if config is None else "json"))
    stopped = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopped.set())
    with refusals():
        settings = _settings(pbx, config, sip, port, folder, ws)
        if api:
            host, number = _address(api)
            settings = settings.model_copy(update={"http": HttpConfig(host=host, port=number)})
        word = Word(by=skip_gate_by, reason=reason)
        starter = Starter(acknowledged_by=acknowledge, word=word, is_trial=config is None)
        service = Service(settings, broken=stopped.set, extras=(serve_api,), starter=starter)
        try:
            service.start(passwords_for_all=config is None)
        except OSError as error:
            err.print(str(error), style="bold red", markup=False)
            raise typer.Exit(BAD_INPUT) from None
    if config is None:
        _write_passwords(service)
    gc_tuning.settle()
    if as_json:
        service.driver.subscribe(lambda at, said: json_line({"at": at, **msgspec.to_builtins(said)}))
    _print_addresses(service, as_json)
    _wait(stopped, seconds)
    broken = not service.media.alive
    if broken:
        err.print(tr("The media relay does not answer any more; start again."), style="bold red")
    if not as_json:
        err.print(tr("Stopping; calls in progress get {seconds:.0f} s.", seconds=settings.drain), style="dim")
    drained = service.stop(0 if broken else None)
    if not as_json:
        err.print(tr("Stopped.") if drained else tr("Some calls were cut off."), style="dim")
    sys.stdout.flush()
    # The SIP library's threads are daemons and hold nothing; waiting for them would only delay the end.
    os._exit(BROKEN if broken else GOOD)


def _wait(stopped: threading.Event, seconds: float | None) -> None:
    """Wait for a signal. In short steps: a thread of rtp.io may get the signal, and then Python's handler runs only when the
    main thread comes round by itself."""
    end_s = math.inf if seconds is None else time.monotonic() + seconds
    while not stopped.wait(min(SIGNAL_WITHIN_S, max(0.0, end_s - time.monotonic()))) and time.monotonic() < end_s:
        pass


def _settings(pbx: str, config: Path | None, sip: str, port: int | None, folder: Path, ws: str) -> LiveConfig:
    if config is not None:
        return read_config(config)
    host, number = _address(sip)
    path = find_document(pbx)
    flow = load(path.read_bytes(), str(path))
    spoken: Literal["en", "ru"] = "ru" if language() == "ru" else "en"
    return demo_config(str(path), flow, (host, port or number), folder, spoken, _address(ws) if ws else None)


def _address(word: str) -> tuple[str, int]:
    host, _, number = word.rpartition(":")
    host = host.strip("[]")
    if not host or not is_digits(number) or not 1 <= int(number) <= 65535:
        err.print(tr("Address {word!r} is not HOST:PORT.", word=word), style="bold red", markup=False)
        raise typer.Exit(BAD_INPUT)
    return host, int(number)


def _passwords_file(service: Service) -> Path:
    return service.config.folder / f"{service.pbx}-passwords.txt"


def _write_passwords(service: Service) -> None:
    """Passwords of a trial, kept so that phones can be set up later; a real bridge keeps none."""
    if not service.new_passwords:
        return
    path = _passwords_file(service)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = {line.split()[0]: line for line in lines if line.strip()}
    kept |= {str(user): f"{user} {password}" for user, password in service.new_passwords.items()}
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(kept[user] for user in sorted(kept)) + "\n", encoding="utf-8")


def _print_addresses(service: Service, as_json: bool) -> None:
    from live_bridge.service.sip_configuration import domain_of

    config, flow = service.config, service.flow
    first = config.listen[0]
    address, domain = f"{first.host}:{first.port}", domain_of(config, flow)
    if as_json:
        json_line({"type": "Ready", "sip": address, "domain": domain, "flow": flow.digest, "pbx": service.pbx})
        return
    out.print(tr("Answering SIP on {address} as {domain}.", address=address, domain=domain), style="bold", markup=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    for trunk in flow.head.trunks.values():
        table.add_row(tr("Call"), f"sip:{trunk.number}@{address}")
    table.add_row(tr("Users"), ", ".join(f"{number} {user.name}" for number, user in flow.head.users.items()))
    if _passwords_file(service).exists():
        table.add_row(tr("Passwords of this trial"), str(_passwords_file(service)))
    if config.http is not None:
        table.add_row("API", f"http://{config.http.host}:{config.http.port}/openapi.json")
    table.add_row(tr("Folder"), str(config.folder))
    table.add_row(tr("History so far"), str(service.store.count_history(service.pbx)))
    out.print(table, markup=False)
    if service.recovered:
        words = tr("{count} calls of a bridge that was killed were closed.", count=len(service.recovered))
        err.print(words, style="yellow")
    if service.held_back:
        words = tr("The changed document is held back: {reason}", reason=service.held_back)
        err.print(words, style="yellow", markup=False)
    out.print(tr("Ctrl-C stops."), style="dim")


# --- replay ----------------------------------------------------------------------------------------------------------


@app.command()
def replay(
    file: Annotated[
        Path | None, typer.Argument(help=tr("Journal file; without it the last run in the database."))
    ] = None,
    run: Annotated[int | None, typer.Option(help=tr("Number of a run in the database."))] = None,
    pbx: PbxOption = "",
    database: Where = "var",
    export: Annotated[Path | None, typer.Option(help=tr("Write the run as a journal file instead."))] = None,
    as_json: Json = False,
) -> None:
    """Feed a recorded journal to the engine again and compare every word it says.

    Exit status 1 tells that it says something else now, and what differs first.

    Example: pbx replay --database var
    """
    with refusals():
        flows: dict[str, Flow] = {}
        if pbx:
            path = find_document(pbx)
            flow = load(path.read_bytes(), str(path))
            flows[flow.digest] = flow
        if file is not None:
            try:
                lines = file.read_bytes().splitlines(keepends=True)
            except OSError as error:
                raise CorruptRecord(f"{file}: {system_said(error)}") from None
            header, records = journal.read(lines)
            if header.flow not in flows and os.path.exists(Path(database) / "live.sqlite"):
                flows |= _flows(open_store(database), header)
        else:
            header, records = _recorded(database, run, flows)
        if export is not None:
            _export(export, header, records)
            return
        _replay(header, records, flows, as_json)


def _recorded(
    database: str, run: int | None, flows: dict[str, Flow]
) -> tuple[journal.Header, Iterator[journal.Record]]:
    from live_bridge.store.journal_store import latest_run, read_run
    from live_bridge.store.store import StoreError

    store = open_store(database)
    number = run if run is not None else latest_run(store)
    try:
        if number is None:
            raise KeyError(run)
        header, records = read_run(store, number)
    except KeyError:
        raise StoreError(tr("There is no run of {pbx} in {database}.", pbx=run or "", database=database)) from None
    flows |= _flows(store, header)
    return header, records


def _flows(store: Store, header: journal.Header) -> dict[str, Flow]:
    found: dict[str, Flow] = {}
    for digest in (header.flow, *header.flows):
        text = store.flow_text(digest)
        if text is not None:
            flow = load(text, digest[:12])
            found[flow.digest] = flow
    return found


def _replay(header: journal.Header, records: Iterator[journal.Record], flows: dict[str, Flow], as_json: bool) -> None:
    from engine.contract import events as ev

    events, calls = 0, 0

    def seen(record: journal.Record, _said: object) -> None:
        nonlocal events, calls
        events += 1
        calls += isinstance(record.event, ev.CallArrived)

    try:
        journal.replay(header, records, flows, seen)
    except ReplayDiverged as difference:
        if as_json:
            json_line({"same": False, "events": events, "calls": calls, "difference": str(difference)})
        else:
            out.print(tr("The replay differs."), style="bold red")
            out.print(str(difference), markup=False)
        raise typer.Exit(FINDINGS) from None
    if as_json:
        json_line({"same": True, "events": events, "calls": calls})
    else:
        words = "{count} events replayed, {calls} calls: the engine says the same, word for word."
        out.print(tr(words, count=events, calls=calls), style="green")


def _export(path: Path, header: journal.Header, records: Iterator[journal.Record]) -> None:
    count = 0
    with path.open("wb") as file:
        file.write(journal.encode_header(header) + b"\n")
        for record in records:
            file.write(journal.encode(record.n, record.at, record.event, record.said) + b"\n")
            count += 1
    out.print(tr("{count} records written to {path}.", count=count, path=path), markup=False)


# --- history ---------------------------------------------------------------------------------------------------------


@app.command()
def history(
    pbx: Pbx = "example",
    database: Where = "var",
    since: Annotated[
        str, typer.Option(help=tr("Calls that began at or after this time (2026-11-23 or 2026-11-23T09:00)."))
    ] = "",
    until: Annotated[str, typer.Option(help=tr("Calls that began before this time."))] = "",
    number: Annotated[str, typer.Option(help=tr("Caller's or called number."))] = "",
    version: Annotated[
        str, typer.Option(help=tr("Calls on this version only: v7, a name, or the beginning of a digest."))
    ] = "",
    limit: Annotated[
        int | None, typer.Option(min=1, help=tr("At most so many calls; 50 in a table, all in a file."))
    ] = None,
    rows: Annotated[Rows | None, typer.Option("--format", help=tr("Write text, CSV, JSON or Parquet."))] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=tr("File to write; its name tells the form."))
    ] = None,
    as_json: Json = False,
) -> None:
    """List calls, the latest first, with the fields of R-24.1 and their versions; times are in the account's zone.

    Example: pbx history example --since 2026-11-23 --output calls.parquet
    """
    from live_bridge.promotion import version_names
    from live_bridge.store import audit
    from live_bridge.store import history_export as export_file

    form = "json" if as_json else rows or (output and export_file.form_of(output)) or ("text" if output is None else "")
    if form in ("", "text") and output is not None:
        words = tr("{path}: a file is written as .csv, .json or .parquet; name one with --format.", path=output)
        err.print(words, style="bold red", markup=False)
        raise typer.Exit(BAD_INPUT)
    with refusals():
        path = find_document(pbx)
        flow = load(path.read_bytes(), str(path))
        zone = ZoneInfo(flow.head.zone)
        store = open_store(database)
        labels = audit.labels(store, flow.head.pbx)
        named = {digest: label for digest, label in labels.items() if label is not None}
        chosen = version_names.resolve(version, named, {}) if version else None
        fields = export_file.rows(
            store, flow.head.pbx, zone, language(),
            since=_instant(since, zone), until=_instant(until, zone), number=number or None, flow=chosen,
            limit=limit or (TABLE_MOST if form == "text" else 0), labels=labels,
        )  # fmt: skip
        if form == "text":
            table = list(fields)
            if not table:
                out.print(tr("No calls."))
            else:
                _history_table(table)
        elif output is None:
            export_file.write(fields, cast("export_file.Form", form), sys.stdout.buffer)
        else:
            try:
                with output.open("wb") as file:
                    count = export_file.write(fields, cast("export_file.Form", form), file)
            except OSError as error:
                raise ConfigError(f"{output}: {system_said(error)}") from None
            err.print(tr("{count} calls written to {path}.", count=count, path=output), markup=False)


def _history_table(fields: list[dict[str, Any]]) -> None:
    heads = (
        tr("Start"), "uuid", tr("From"), tr("To"), tr("Length"), tr("Talk"), tr("Kind"), tr("Version"), tr("Way"), tr("Comment"),
    )  # fmt: skip
    table = Table(*heads, box=None, pad_edge=False)
    table.columns[1].no_wrap = True
    for one in fields:
        way = " ".join(f"{visit['kind']} {visit['element']}" for visit in one["events"])
        table.add_row(
            one["start_stamp"][:19], one["uuid"], one["caller_id_number"], one["destination_number"],
            f"{one['duration']:.1f}", f"{one['user_talk_time']:.1f}", one["accountcode"],
            call_versions.shown(one["flow"], one["version"], one["version_name"]), way,
            one["comment"] or one["hangup_cause"],
        )  # fmt: skip
    out.print(table, markup=False)


def _instant(word: str, zone: ZoneInfo) -> Instant | None:
    if not word:
        return None
    try:
        when = datetime.fromisoformat(word)
    except ValueError:
        words = tr("{word!r} is no time: write 2026-11-23 or 2026-11-23T09:00.", word=word)
        err.print(words, style="bold red", markup=False)
        raise typer.Exit(BAD_INPUT) from None
    when = when.replace(tzinfo=zone) if when.tzinfo is None else when
    return round(when.timestamp() * SECOND_US)


# --- ladder ----------------------------------------------------------------------------------------------------------


@app.command()
def ladder(
    call: Annotated[str, typer.Argument(help=tr("Id of a call, or its beginning."))],
    database: Where = "var",
    mermaid: Annotated[bool, typer.Option("--mermaid", help=tr("Write a Mermaid sequence diagram."))] = False,
    as_json: Json = False,
) -> None:
    """Draw one call as a ladder: what the caller, the PBX and every leg told each other, and when.

    Example: pbx ladder 4f1 --mermaid
    """
    from live_bridge.store import audit
    from live_bridge.store import ladder as ladders
    from live_bridge.store.journal_store import latest_run, read_call, read_run

    with refusals():
        store = open_store(database)
        known = [call] if latest_run(store, call=call) is not None else store.calls_like(call)
        if len(known) > 1:
            words = tr("{call} fits several calls: {calls}", call=call, calls=", ".join(known))
            err.print(words, style="bold red", markup=False)
            raise typer.Exit(BAD_INPUT)
        run = latest_run(store, call=known[0]) if known else None
        if run is None:
            words = tr("There is no call {call} in {database}.", call=call, database=database)
            err.print(words, style="bold red", markup=False)
            raise typer.Exit(BAD_INPUT)
        over = store.call(known[0])
        records = read_run(store, run)[1] if over is None else read_call(store, run, over.start, over.end)
        rungs = ladders.ladder(records, known[0], audit.labels(store))
    if as_json:
        for rung in rungs:
            json_line(rung)
        return
    for line in ladders.as_mermaid(rungs) if mermaid else ladders.as_text(rungs):
        out.print(line, markup=False)


for command in (
    *credentials.COMMANDS, *activity.COMMANDS, *remote.COMMANDS, *phones.COMMANDS, *webhooks.COMMANDS, *versions.COMMANDS,
    *canary.COMMANDS, *audit_trail.COMMANDS, *hosting.COMMANDS, sandbox.sandbox,
):  # fmt: skip
    app.command()(command)
app.command(hidden=True)(rehearsal.rehearse_plan)

if language() == "ru":
    for registered in app.registered_commands:
        registered.help = HELP.get(getattr(registered.callback, "__name__", ""), registered.help)
