"""`pbx twin`: a process beside a running bridge that forecasts its next hour every minute, and says whether the scenario holds.

Decides when the bridge is asked, what happens when it does not answer, and what is printed. Talks to the bridge over its API,
like any other program, so that nothing of it ever runs in the bridge's own process. Leaves every figure to `pbxsim.twin`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from engine.control.present import Present
from engine.records.forecast import Band, Drift, Forecast, Outlook, QueueForecast
from pbxsim.cli import arguments, bridge_requests, documents, model, output
from pbxsim.cli.language import tr
from pbxsim.cli.output import CommandRefused

if TYPE_CHECKING:
    from engine.state.flow import Flow
    from pbxsim.scenario.scenario import Scenario
    from pbxsim.twin.twin import Twin
    from pbxsim.workbench.live.bridge_client import Bridge

AGAIN_S = 3.0
"""Until a bridge that did not answer is asked again."""

Address = Annotated[str, typer.Argument(metavar="URL", help="Address of the bridge's API.")]
Day = Annotated[Path, typer.Option("--scenario", metavar="FILE", help="How callers and members behave on such a day.")]
TokenFile = Annotated[
    Path, typer.Option("--token-file", help="File with a token of scope twin for that bridge, readable by you only.")
]
Every = Annotated[float, typer.Option("--every", min=5, max=3600, help="Seconds from one forecast to the next.")]
Reps = Annotated[int, typer.Option("--reps", min=10, max=10_000, help="Replications of each forecast.")]
Once = Annotated[bool, typer.Option("--once", help="One forecast, and no post.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("twin")(twin)


def twin(
    address: Address,
    scenario: Day,
    token_file: TokenFile = Path("twin.token"),
    certificate: bridge_requests.Certificate = None,
    every: Every = 60.0,
    reps: Reps = 200,
    once: Once = False,
    json: arguments.Json = False,
) -> None:
    """Forecast the next hour of a running bridge every minute, from the state it is in, and post it there for the Live page.

    What was forecast is held against what happened. Arrivals, patience and talk of the day are tested against the scenario, whose
    date is moved to today; a difference is told with its size.

    Example: pbx twin https://pbx.example:5080 --scenario weekday.yaml --token-file twin.token
    """
    told = model.read_scenario(address, scenario)
    process = TwinProcess(address, told, token_file, certificate, reps, json)
    try:
        asyncio.run(process.once() if once else process.always(every))
    except KeyboardInterrupt:
        output.err.print(tr("Stopped."), style="dim")


class TwinProcess:
    """One bridge, asked again and again."""

    def __init__(
        self, address: str, scenario: Scenario, token_file: Path, certificate: Path | None, reps: int, json: bool
    ) -> None:
        self.address, self.scenario, self.token_file, self.certificate = address, scenario, token_file, certificate
        self.reps, self.json = reps, json
        self.twin: Twin | None = None
        self.run, self.seq = 0, 0

    async def once(self) -> None:
        """One look. Raises CommandRefused."""
        from pbxsim.workbench.live.bridge_client import BridgeError

        try:
            async with self._bridge() as bridge:
                self.say(await self.look(bridge))
        except BridgeError as error:
            raise CommandRefused(self._refusal(error)) from None

    async def always(self, every_s: float) -> None:
        """Looks until the process is ended; a bridge that goes away is waited for."""
        from pbxsim.workbench.live.bridge_client import BridgeError

        while True:
            try:
                async with self._bridge() as bridge:
                    await self._follow(bridge, every_s)
            except BridgeError as error:
                output.err.print(self._refusal(error), style="yellow", markup=False)
            await asyncio.sleep(AGAIN_S)

    def _bridge(self) -> Bridge:
        return bridge_requests.connected(self.address, self.token_file, self.certificate)

    def _refusal(self, error: Any) -> str:
        return tr("{bridge} cannot be followed: {reason}.", bridge=self.address, reason=error.detail or error.text)

    async def _follow(self, bridge: Bridge, every_s: float) -> None:
        told = await bridge.ask("GET", "/api/status")
        if told["run"] != self.run:  # the bridge was started again, or is asked for the first time
            self.run, self.seq, self.twin = told["run"], told["seq"], None
        listening = asyncio.create_task(self._listen(bridge))
        try:
            while not listening.done():
                began = time.monotonic()
                made = await self.look(bridge)
                if made is not None:
                    await bridge.ask("POST", "/api/twin", content=msgspec.json.encode(made))
                self.say(made)
                with contextlib.suppress(TimeoutError):
                    rest_s = max(0.0, every_s - (time.monotonic() - began))
                    await asyncio.wait_for(asyncio.shield(listening), rest_s)
            await listening
        finally:
            listening.cancel()

    async def _listen(self, bridge: Bridge) -> None:
        """Every event from the last one seen on. Ends when the bridge goes, or when some were lost."""
        async for event in bridge.events(self.run, self.seq):
            if event["type"] == "hello":
                if event["run"] != self.run or not event["resumed"]:
                    self.run = 0
                    return
                continue
            self.seq = event["seq"]
            if self.twin is not None:
                self.twin.take(event)

    async def look(self, bridge: Bridge) -> Forecast | None:
        """One forecast; None at hours of which the scenario says nothing. Raises BridgeError, CommandRefused."""
        from pbxsim.scenario.scenario import ScenarioError
        from pbxsim.twin.twin import Twin

        present = msgspec.convert(await bridge.ask("GET", "/api/twin/state"), Present)
        if self.twin is None or self.twin.flow.digest != present.flow:
            self.twin = Twin(await self._version(bridge, present.flow), self.scenario, self.reps)
            self._must_fit(self.twin.flow)
        try:
            start = self.twin.start(present)
        except ScenarioError as error:
            output.err.print(str(error), style="yellow", markup=False)
            return None
        return self.twin.told(await asyncio.to_thread(self.twin.simulate, start))

    async def _version(self, bridge: Bridge, digest: str) -> Flow:
        return documents.compiled(str(await bridge.ask("GET", f"/api/versions/{digest}")), self.address)

    def _must_fit(self, flow: Flow) -> None:
        from pbxsim.scenario.check import check
        from pbxsim.scenario.scenario import ScenarioError

        try:
            check(self.scenario, flow)
        except ScenarioError as error:
            raise CommandRefused("\n".join(error.problems)) from None

    def say(self, made: Forecast | None) -> None:
        """For people a table, for programs one JSON value a line."""
        if made is None:
            return
        if self.json:
            output.out.print(msgspec.json.encode(made).decode(), markup=False, soft_wrap=True)
        elif self.twin is not None:
            print_forecast(made, self.twin.flow)


def print_forecast(made: Forecast, flow: Flow) -> None:
    """The next hour of every queue, and what drifts."""
    rows = []
    for queue in made.queues:
        for outlook in queue.half_hours:
            rows.append(_row(queue, outlook, flow))
    title = f"{arguments.local(made.at, flow.zone):%Y-%m-%d %H:%M} · {flow.name} · {made.scenario}"
    head = (tr("queue"), "", tr("calls"), tr("mean wait"), tr("service level"), tr("waiting at the end"))
    output.out.print(output.table(title, head, rows, right=(2, 3, 4, 5)))
    for queue in made.queues:
        if queue.judged:
            words = tr("{queue}: {covered} of {judged} half-hours lay within their band (8 of 10 should)",
                       queue=_name(queue), covered=queue.covered, judged=queue.judged)  # fmt: skip
            output.out.print(words, markup=False)
    for drift in made.drift:
        if drift.flagged:
            output.out.print(drift_line(drift), style="yellow", markup=False)


def drift_line(drift: Drift) -> str:
    """One drift in words, with its size."""
    texts = {
        "arrivals": "{of}: {ratio:.2f} times as many calls as the scenario has (95 %: {low:.2f} to {high:.2f})",
        "patience": "{of}: callers give up at {ratio:.2f} times the scenario's rate (95 %: {low:.2f} to {high:.2f})",
        "talk": "{of}: talks end at {ratio:.2f} times the scenario's rate (95 %: {low:.2f} to {high:.2f})",
    }
    return tr(texts[drift.what], of=drift.of, ratio=drift.ratio, low=drift.low, high=drift.high)


def _row(queue: QueueForecast, outlook: Outlook, flow: Flow) -> tuple[str, ...]:
    begin, end = (arguments.local(at, flow.zone) for at in (outlook.begin, outlook.end))
    return (
        _name(queue),
        f"{begin:%H:%M}–{end:%H:%M}",
        _band(outlook.offered, "{:.0f}"),
        _band(outlook.wait_s, "{:.0f} s"),
        _band(outlook.service_level, "{:.0%}"),
        _band(outlook.waiting, "{:.0f}"),
    )


def _band(band: Band | None, form: str) -> str:
    if band is None:
        return "–"
    return f"{form.format(band.middle)} ({form.format(band.low)}–{form.format(band.high)})"


def _name(queue: QueueForecast) -> str:
    return f"{queue.queue} {queue.name}".strip()
