"""Six figures of a load test as tiles, each with its interval of confidence. Decides their look and wording alone."""

from __future__ import annotations

import html
import math

from pbxsim.results.estimate import Estimate
from pbxsim.results.results import Results
from pbxsim.workbench.shell.texts import Texts

STYLE = """
:host { font-family: Roboto, sans-serif; }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: 10px; color: #0f172a;
  --mute: #55657c; --line: #dde4ee; --paper: #fff; }
.tiles.dark { color: #e8eef9; --mute: #9fb0ca; --line: #2b3a56; --paper: #111a2c; }
.tiles div { border: 1px solid var(--line); background: var(--paper); border-radius: 8px;
  padding: 11px 14px; min-width: 0; }
label { display: block; font-size: 12.5px; color: var(--mute); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
b { display: block; font-size: 25px; line-height: 34px; font-weight: 600; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
b small { font-size: 13px; font-weight: 500; color: var(--mute); }
span { display: block; font-size: 12px; line-height: 17px; color: var(--mute);
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
@media (max-width: 860px) { .tiles { grid-template-columns: repeat(2, 1fr); } }
"""


def tiles_html(results: Results, queue: int, texts: Texts, dark: bool) -> str:
    """Six figures with their 95 % intervals; ratios are ratios of sums (R-08.22)."""
    day = texts("per_day")
    made = [
        _tile(
            texts("offered"), results.figure("offered", queue), texts, unit=day, extra=_refused(results, queue, texts)
        ),
        _tile(texts("answered"), results.figure("answered", queue), texts, unit=day),
        _tile(
            texts("abandoned"), results.figure("abandoned", queue), texts, unit=day, extra=_share(results, queue, texts)
        ),
        _tile(
            texts("service_level"),
            results.figure("service_level", queue),
            texts,
            percent=True,
            extra=texts("within", texts.exact(results.scenario.measure.within_s)),
        ),
        _tile(texts("asa"), results.figure("answer_speed_s", queue), texts, unit=texts("seconds", "").strip()),
        _tile(texts("occupancy"), results.figure("occupancy"), texts, percent=True),
    ]
    return f'<div class="tiles{" dark" if dark else ""}">{"".join(made)}</div>'


def _tile(name: str, found: Estimate, texts: Texts, percent: bool = False, unit: str = "", extra: str = "") -> str:
    scale = 100 if percent else 1
    low, high = found.low * scale, found.high * scale
    if percent:
        low, high = max(0.0, low), min(100.0, high)
    value = "–" if math.isnan(found.mean) else texts.number(found.mean * scale)
    interval = "" if math.isnan(low) else texts("ci", texts.number(max(0.0, low)), texts.number(high))
    sign = "%" if percent else unit
    return (
        f"<div><label>{html.escape(name)}</label><b>{value} <small>{html.escape(sign)}</small></b>"
        f"<span title='{html.escape(interval)}'>{html.escape(interval)}</span><span>{html.escape(extra)}&nbsp;</span></div>"
    )


def _refused(results: Results, queue: int, texts: Texts) -> str:
    refused, late = results.figure("refused", queue).mean, results.figure("timed_out", queue).mean
    parts = [texts("refused_calls", texts.number(refused))] if refused else []
    if late:
        parts.append(texts("timed_out", texts.number(late)))
    return ", ".join(parts)


def _share(results: Results, queue: int, texts: Texts) -> str:
    share = results.figure("abandoned_of_offered", queue).mean
    return "" if math.isnan(share) else texts("percent", texts.number(100 * share))
