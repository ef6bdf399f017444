"""What the Live page shows of a bridge's state, as tables of words. Decides rows and their order; imports no part of Panel."""

from __future__ import annotations

import html
from typing import Any

from engine.contract.ids import SECOND_US, Instant
from pbxsim.results.html import Raw
from pbxsim.workbench.live.state import LiveState
from pbxsim.workbench.shell import html_tables
from pbxsim.workbench.shell.texts import Texts

SHORT = 10
"""Letters of a version that people see, as in the page's head."""

CALLS_SHOWN = 200
COLORS = {
    "idle": "#16a34a",
    "ringing": "#d97706",
    "talking": "#2563eb",
    "away": "#2563eb",
    "wrap_up": "#7c3aed",
    "retry_wait": "#7c3aed",
}
"""Of states of members; grey for those who take no calls."""

BAD = "#dc2626"
GREY = "#94a3b8"


def lasting(since: Instant | None, now: Instant) -> str:
    """Minutes and seconds since an instant; empty for no instant.

    >>> lasting(0, 65_000_000), lasting(0, 3_725_000_000), lasting(None, 1)
    ('1:05', '1:02:05', '')
    """
    if since is None:
        return ""
    minutes, seconds = divmod(max(0, now - since) // SECOND_US, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def percent(share: float, texts: Texts) -> str:
    """A share as people write it."""
    return texts("percent", f"{share * 100:.0f}")


def trunks(state: LiveState, texts: Texts, dark: bool) -> str:
    """Trunks, how they stand with their operator, and their calls against their lines."""
    if state.flow is None:
        return ""
    rows = []
    for key, trunk in state.flow.trunks.items():
        now = state.trunks.get(key, "ready")
        color = COLORS["idle"] if now in ("ready", "registered") else BAD
        busy = sum(1 for call in state.calls.values() if call.trunk == key)
        lines = f"{busy} / {trunk.lines}" if isinstance(trunk.lines, int) else str(busy)
        rows.append((f"{key} {trunk.number}", html_tables.swatch(color, texts(f"trunk.{now}")), lines))
    return html_tables.table(
        (texts("live.trunk"), texts("live.state"), texts("live.trunk_lines")), rows, dark, right=(2,)
    )


def versions(known: list[dict[str, Any]], zone: Any, texts: Texts, dark: bool) -> str:
    """Versions the bridge knows, the live one first."""
    rows = []
    for one in known:
        share = percent(one["share"], texts) if one["share"] else ""
        at = one["published_at"]
        when = "" if at is None else texts.moment(zone.local(at))
        color = COLORS["idle"] if one["state"] == "live" else COLORS["ringing"] if one["state"] == "canary" else GREY
        state = html_tables.swatch(color, texts(f"live.state.{one['state']}"))
        digest = f"<code>{html.escape(one['flow'][:SHORT])}</code>"
        rows.append((Raw(f"{html.escape(said(one))} {digest}"), state, share, when))
    head = (texts("live.version"), texts("live.state"), texts("live.share"), texts("live.published"))
    return html_tables.table(head, rows, dark, right=(2,))


def said(one: dict[str, Any]) -> str:
    """A version as people call it: `v7 autumn`."""
    return f"v{one['number']} {one['name']}".strip()


def bans(found: list[dict[str, Any]], texts: Texts, dark: bool) -> str:
    """Addresses the bridge does not listen to, the next one to be free first (R-15.9)."""
    rows = [
        (one["address"], texts(f"live.ban.{one['reason']}"), lasting(0, one["left_s"] * SECOND_US))
        for one in found[:CALLS_SHOWN]
    ]
    head = (texts("live.ban_address"), texts("live.ban_reason"), texts("live.ban_left"))
    return html_tables.table(head, rows, dark, right=(2,), whole=(0,)) if rows else ""


def health(found: dict[str, Any], address: str, texts: Texts, dark: bool) -> str:
    """The bridge itself: where, which PBX, whether all is well."""
    good = bool(found.get("ok"))
    up = lasting(0, int(float(found.get("up_s", 0)) * SECOND_US))
    state = html_tables.swatch(COLORS["idle"] if good else BAD, texts("live.ok" if good else "live.not_ok"))
    rows = [
        (texts("live.state"), state),
        (texts("live.pbx"), str(found.get("pbx", ""))),
        (texts("live.address"), address),
        (texts("live.up"), up),
    ]
    return html_tables.facts(rows, dark)


def quiet(text: str, dark: bool) -> str:
    """A sentence where a table would be."""
    return f'<div class="wb{" dark" if dark else ""}"><p>{html.escape(text)}</p></div>'
