"""A whole rehearsal: for each day of a plan a bridge of its own, its telephones, the play, and the report at the end.

Decides what is started and stopped, and in which order. Leaves the play to `conductor.py`, the verdict to `findings.py`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.loading.load import load
from engine.records.rehearsal import Plan, PlannedDay, Report
from engine.state.flow import Flow
from live_bridge.calls.stage import Stage
from live_bridge.rehearsal import bridge, findings
from live_bridge.rehearsal.conductor import Conductor, Played
from live_bridge.rehearsal.telephones import IP, Telephone
from live_bridge.service.service import Service

Progress = Callable[[int, int], None]
"""Hears how many calls are over, and how many they are."""


def rehearse(
    plan: Plan,
    *,
    prompts: Path | None = None,
    pace: float = 0.0,
    keep: Path | None = None,
    progress: Progress = lambda done, of: None,
) -> Report:
    """Play a plan and tell what came of it. `prompts` is the folder of the document's sounds, ours when None; `pace` as for
    `Conductor`. Everything lies in a temporary folder, which is gone afterwards; `keep` is a folder for what the bridge wrote,
    `day-N` for each day. Raises FlowError for a document that is none, PbxError when the bridge cannot start."""
    flow = load(plan.document.encode(), "the version")
    of = sum(len(day.calls) for day in plan.days)
    played: list[Played] = []
    for day in plan.days:
        before = sum(len(one.names) + len(one.refused) for one in played)
        with tempfile.TemporaryDirectory(prefix="pbx-rehearsal-") as folder:

            def over(done: int, before: int = before) -> None:
                progress(before + done, of)

            played.append(_day(day, plan.document, flow, Path(folder), prompts or bridge.shipped_prompts(), pace, over))
            if keep is not None:
                shutil.copytree(Path(folder) / "bridge", keep / f"day-{len(played)}")
    return findings.report(plan, played, flow.digest)


def _day(
    day: PlannedDay, document: str, flow: Flow, folder: Path, prompts: Path, pace: float, over: Callable[[int], None]
) -> Played:
    conductor = Conductor(day, over, pace)
    port = bridge.free_port()
    server = (IP, port)
    try:
        for user in flow.head.users:
            conductor.phones[user] = conductor.exchange.add(Telephone(str(user), server, conductor))
        for key in flow.head.trunks:
            conductor.carriers[key] = conductor.exchange.add(Telephone(key, server, conductor))
        file = folder / "pbx.yaml"
        file.write_text(document, encoding="utf-8")
        ports = {key: carrier.port for key, carrier in conductor.carriers.items()}
        stage = Stage(
            clock=conductor.clock,
            draw_seed=conductor.draw_seed,
            ask=conductor.ask,
            send=conductor.send,
            happened=conductor.happened,
            said=conductor.said,
        )
        service = Service(bridge.settings(file, flow, folder, port, ports, prompts), stage=stage)
        service.start(passwords_for_all=True)
        try:
            return conductor.play(service.driver, service.media, service.new_passwords)
        finally:
            service.stop(0)
    finally:
        conductor.exchange.close()
