"""Who would land elsewhere, as a promotion tells it before it acts (R-25.8).

Decides the lines people read, and that they are asked. Leaves what lands where to the bridge.
"""

from __future__ import annotations

import sys
from typing import Any

import typer

from live_bridge.cli.console import FINDINGS, err, out
from live_bridge.cli.translations import tr
from live_bridge.cli.versions import said
from live_bridge.config import ConfigError

SHOWN = 10
"""Kinds of changed landings that people see; the rest is told by the API."""


def show(found: dict[str, Any]) -> None:
    """What a version changes for callers, in lines."""
    out.print(
        tr("{version} instead of {live}:", version=said(found), live=said(found["against"])), style="bold", markup=False
    )
    landings = found["landings"]
    if not landings and not found["added"] and not found["removed"]:
        out.print(tr("Over the year to come, every call lands as now."), markup=False)
    for number, callers, old, new, minutes in landings[:SHOWN]:
        words = "{number}, {callers}: {minutes} minutes of the year land at {new} and not at {old}."
        out.print(tr(words, number=number, callers=callers, minutes=f"{minutes:,.0f}", new=new, old=old), markup=False)
    if len(landings) > SHOWN:
        words = "{count} more are told by GET /api/versions/{version}/elsewhere."
        out.print(tr(words, count=len(landings) - SHOWN, version=f"v{found['number']}"), style="dim", markup=False)
    for words, key in (("Numbers that are new: {numbers}.", "added"), ("Numbers that are gone: {numbers}.", "removed")):
        if found[key]:
            out.print(tr(words, numbers=", ".join(found[key])), markup=False)
    _show_calls(found)


def _show_calls(found: dict[str, Any]) -> None:
    days, calls = found["days"], found["logged"]
    if not calls:
        out.print(tr("No call from outside came in the last {days} days.", days=days), style="dim", markup=False)
        return
    share = f"{found['moved'] / calls:.1%}"
    words = "Of the last {days} days' {calls} calls, {moved} ({share}) would have landed elsewhere."
    out.print(tr(words, days=days, calls=calls, moved=found["moved"], share=share), markup=False)
    for old, new, count in found["by_change"][:SHOWN]:
        out.print(tr("  {count}: {new} and not {old}", count=count, old=old, new=new), markup=False)


def ask(yes: bool) -> None:
    """Go on only with a person's yes. Ends the command with status 1 when they say no; ConfigError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(tr("Nobody is there to be asked: a program says --yes."))
    if not typer.confirm(tr("Promote it?")):
        err.print(tr("Nothing was done."), markup=False)
        raise typer.Exit(FINDINGS)
