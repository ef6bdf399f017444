"""`pbx promote` and `pbx canary`: new calls go to a version, all or some of them, and how it does beside the live one (R-25.9).

Decides options and words. Leaves what is allowed, the figures and their test to the bridge.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from engine.translations import gate_ru
from live_bridge.cli import elsewhere
from live_bridge.cli.console import FINDINGS, err, out, refused
from live_bridge.cli.remote import HERE, Api, Bridge, Certificate, Json, TokenFile, told
from live_bridge.cli.translations import language, tr
from live_bridge.cli.versions import Version, path_of, said
from live_bridge.config import ConfigError

UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

Several = list[str] | None


def promote(
    version: Version,
    share: Annotated[float | None, typer.Option(min=0.0, max=1.0, help=tr("Share of new calls, 0 to 1."))] = None,
    numbers: Annotated[
        Several, typer.Option(help=tr("Only calls to this number or mask; several times for several."))
    ] = None,
    trunk: Annotated[Several, typer.Option(help=tr("Only calls by this trunk; several times for several."))] = None,
    callers: Annotated[
        Several, typer.Option(help=tr("Only calls from this number or mask; several times for several."))
    ] = None,
    since: Annotated[
        str, typer.Option(help=tr("Only from this time on, with an offset: 2026-11-23T18:00:00+03:00."))
    ] = "",
    until: Annotated[str, typer.Option(help=tr("Until when, with an offset: 2026-11-23T18:00:00+03:00."))] = "",
    plan: Annotated[str, typer.Option(help=tr("Widen by itself, in per cent: 5,20,50,100."))] = "",
    each: Annotated[str, typer.Option(help=tr("How long each share of the plan lasts at least: 30min, 2h."))] = "30min",
    min_calls: Annotated[int, typer.Option(min=0, help=tr("Calls the canary takes at each share at least."))] = 200,
    within: Annotated[
        float, typer.Option(min=0.1, max=600.0, help=tr("Seconds within which an answered call is served."))
    ] = 20.0,
    target: Annotated[
        Several,
        typer.Option(
            help=tr("Fixed target: service_level=0.8, abandonment=0.1 or failed=0.02; several times for several.")
        ),
    ] = None,
    by_hand: Annotated[bool, typer.Option("--by-hand", help=tr("Never roll back by itself."))] = False,
    message: Annotated[str, typer.Option(help=tr("Why, for the audit trail."))] = "",
    skip_gate_by: Annotated[
        str, typer.Option(help=tr("Name of the person who takes it upon themselves without evidence; needs --reason."))
    ] = "",
    reason: Annotated[str, typer.Option(help=tr("Why that person does."))] = "",
    days: Annotated[
        int, typer.Option(min=1, max=1098, help=tr("Days of the bridge's own calls that are looked at before."))
    ] = 30,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Do not ask; for programs."))] = False,
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Let a published version take new calls: all of them, or some beside the live one, and back by itself if it is worse.

    Before it acts it tells who would land elsewhere, over the year to come and of the last month's calls, and asks.

    Example: pbx promote v7 --plan 5,20,50,100 --each 30min
    """
    try:
        wanted: dict[str, Any] = {
            "share": share, "numbers": numbers or [], "trunks": trunk or [], "callers": callers or [],
            "since": since or None, "until": until or None, "automatic": not by_hand, "within_s": within,
            "targets": dict(_target(word) for word in target or []), "message": message,
            "skip_gate_by": skip_gate_by, "reason": reason,
        }  # fmt: skip
        if plan:
            wanted["plan"] = {"shares": _shares(plan), "each_s": _seconds(each), "least_calls": min_calls}
        api = Api(bridge, token_file, certificate)
        if not (yes and as_json):  # a program is told in the answer
            found = api.ask("GET", path_of(version, "/elsewhere"), params={"days": days})
            elsewhere.show(found)
            elsewhere.ask(yes)
            version = found["flow"]  # what was shown is promoted, whoever takes the name meanwhile
        answer = api.ask("POST", path_of(version, "/promote"), json=wanted)
    except ConfigError as error:
        raise refused(error) from None
    part = share if share is not None else wanted["plan"]["shares"][0] if plan else 1.0
    words = tr("{version} takes {share:.0%} of new calls.", version=said(answer), share=part)
    told({**answer, "share": part}, words, as_json)
    if answer["gate"] == "advised" and not as_json:
        _advise(answer["missing"])


def _advise(missing: list[str]) -> None:
    """Say that a version took calls without evidence, and what it lacks."""
    err.print(tr("No evidence lets it through the gate; it is advised (R-25.8):"), style="yellow", markup=False)
    for one in missing:
        err.print(f"  {gate_ru.reason(one, language())}", style="yellow", markup=False)


def canary(
    pause: Annotated[bool, typer.Option("--pause", help=tr("Let the plan rest: the share stays."))] = False,
    resume: Annotated[bool, typer.Option("--resume", help=tr("Let the plan go on."))] = False,
    bridge: Bridge = HERE,
    token_file: TokenFile = Path("pbx.token"),
    certificate: Certificate = None,
    as_json: Json = False,
) -> None:
    """Show how the version on trial does beside the live one, with intervals that hold at every look. Status 1 after a roll-back.

    Example: pbx canary --pause
    """
    try:
        api = Api(bridge, token_file, certificate)
        if pause and resume:
            raise ConfigError(tr("A plan either rests or goes on: give --pause or --resume."))
        if pause or resume:
            api.ask("POST", "/api/versions/canary/plan", json={"paused": pause})
        found = api.ask("GET", "/api/versions/canary")
    except ConfigError as error:
        raise refused(error) from None
    now, ended = found["canary"], found["ended"]
    rolled_back = now is None and ended is not None and ended["outcome"] == "rolled_back"
    if as_json:
        told(found, "", True)
    else:
        _show(now, ended)
    if rolled_back:
        raise typer.Exit(FINDINGS)


def _show(now: dict[str, Any] | None, ended: dict[str, Any] | None) -> None:
    if now is None:
        out.print(tr("No version is on trial."))
        if ended is not None:
            words = (
                "{version} was rolled back: {reason}"
                if ended["outcome"] == "rolled_back"
                else "{version} is live: {reason}"
            )
            out.print(tr(words, version=said(ended), reason=ended["reason"]), markup=False)
        return
    out.print(tr("{version} takes {share:.0%} of new calls.", version=said(now), share=now["share"]), markup=False)
    plan = now.get("plan")
    if plan:
        steps = ", ".join(f"{share:.0%}" for share in plan["shares"]) or tr("none")
        out.print(
            tr("Shares to come: {steps}.", steps=steps),
            tr("The plan rests.") if plan.get("paused") else "",
            markup=False,
        )
    table = Table(tr("Figure"), tr("Canary"), tr("Live version"), tr("Worse by"), tr("Calls"), box=None, pad_edge=False)
    for figure, row in now["figures"].items():
        unit = 1.0 if figure == "wait" else 100.0
        calls = f"{row['canary']['calls']} / {row['live']['calls']}"
        apart = row["worse_by"]
        worse = "" if apart is None else f"{apart[0] * unit:+.1f} … {apart[1] * unit:+.1f}"
        table.add_row(tr(TITLES[figure]), _mean(row["canary"], unit), _mean(row["live"], unit), worse, calls)
    out.print(table, markup=False)


TITLES = {
    "service_level": "Service level, %", "wait": "Wait, s", "abandonment": "Abandoned, %", "failed": "Failed, %",
}  # fmt: skip


def _mean(mean: dict[str, Any], unit: float) -> str:
    if mean["value"] is None:
        return ""
    ends = mean["interval"]
    return f"{mean['value'] * unit:.1f}" + ("" if ends is None else f" ({ends[0] * unit:.1f} … {ends[1] * unit:.1f})")


def _target(word: str) -> tuple[str, float]:
    name, _, value = word.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise ConfigError(
            tr("{word}: a target is service_level=0.8, abandonment=0.1 or failed=0.02", word=word)
        ) from None


def _shares(plan: str) -> list[float]:
    try:
        return [float(part.strip().removesuffix("%")) / 100.0 for part in plan.split(",")]
    except ValueError:
        raise ConfigError(tr("{plan}: a plan is shares in per cent, as 5,20,50,100", plan=plan)) from None


def _seconds(length: str) -> float:
    for unit in sorted(UNITS, key=len, reverse=True):
        if length.endswith(unit):
            try:
                return float(length.removesuffix(unit)) * UNITS[unit]
            except ValueError:
                break
    raise ConfigError(tr("{length} is no length of time: write 30min, 2h or 90s", length=length))


COMMANDS = (promote, canary)
