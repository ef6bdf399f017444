"""The bridge's part of `pbx rehearse`, as a process of its own: plays a plan and writes the report.

Decides nothing about a rehearsal: `rehearsal/play.py` does. Hidden among the commands, as its plan comes from `pbx rehearse`. How
far it is stands in a file, for whoever shows a bar.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from engine.records.rehearsal import decode_plan
from live_bridge.cli.console import GOOD, refusals
from live_bridge.service import logs


def rehearse_plan(
    plan: Annotated[Path, typer.Argument(help="Plan to play.")],
    report: Annotated[Path, typer.Argument(help="File for the report, JSON.")],
    progress: Annotated[Path | None, typer.Option(help="File that has the calls done, and all of them.")] = None,
    prompts: Annotated[Path | None, typer.Option(help="Folder of sounds; ours when left out.")] = None,
    pace: Annotated[
        float, typer.Option(min=0.0, help="Seconds of the calls in a real one at most; 0 waits never.")
    ] = 0.0,
    keep: Annotated[Path | None, typer.Option(help="Folder for what the bridge wrote.")] = None,
) -> None:
    """Play a plan of `pbx rehearse --plan` on a bridge on loopback.

    Example: pbx rehearse-plan plan.json report.json
    """
    from live_bridge.rehearsal.play import rehearse

    logs.begin("text")

    def told(done: int, of: int) -> None:
        if progress is not None:
            part = progress.with_suffix(".part")
            part.write_text(f"{done} {of}", encoding="ascii")
            part.replace(progress)

    with refusals():
        found = rehearse(decode_plan(plan.read_bytes()), prompts=prompts, pace=pace, keep=keep, progress=told)
    report.write_bytes(msgspec.json.encode(found))
    sys.stdout.flush()
    os._exit(GOOD)  # the SIP library's threads are daemons and hold nothing
