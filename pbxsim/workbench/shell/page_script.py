"""The page around the components: its template, its script, and what the script is told.

Decides what stands in the page before any component is there, so that a theme does not flash and a server that ends is
noticed whatever has become of the session; and that a page shows what it has, below a thin bar that runs until all is drawn.
Leaves what is done in the browser to `static/page.js`, how components follow their models to `static/states.js`, when they are
laid out to `static/layout.js`, and how widgets write dates and numbers to `static/widgets.js`.
"""

from __future__ import annotations

import hashlib
import html
import json
import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import param
from bokeh.embed.bundle import extension_dirs
from panel.custom import JSComponent

from pbxsim.workbench.shell.texts import Texts

STATIC = Path(__file__).parent.parent / "static"
SCRIPT = STATIC / "page.js"
WIDGETS = STATIC / "widgets.js"
STATES = STATIC / "states.js"
LAYOUT = STATIC / "layout.js"
extension_dirs["pbx-workbench-shell"] = STATIC

BOOT = secrets.token_urlsafe(9)
"""Another one for every server process: a page that was opened by another process is of no use any more."""

NONCE = "one-answer-another-nonce"
"""Stands in the page where the server puts a nonce of the same length (CSP Level 3, section 2.3.1). Panel's loader of modules
gives the same nonce to the scripts that it writes into the page."""

BACKGROUND = {"light": "#eef2f7", "dark": "#080e1a"}

TEMPLATE = """{% extends "base.html" %}
{% block preamble %}{{ super() }}
<script src="{{ wb.script }}" nonce="{{ wb.nonce }}" data-boot="{{ wb.boot }}" data-theme="{{ wb.theme }}"
  data-chosen="{{ wb.chosen }}" data-words="{{ wb.words }}"></script>
{% for module in wb.modules %}<link rel="modulepreload" href="{{ module }}">
{% endfor %}{% endblock %}
{% block inner_head %}{{ super() }}
<link rel="stylesheet" href="{{ wb.fonts }}">
<script src="{{ wb.states }}" nonce="{{ wb.nonce }}"></script>
<script src="{{ wb.layout }}" nonce="{{ wb.nonce }}"></script>
<script src="{{ wb.widgets }}" nonce="{{ wb.nonce }}" data-bundle="{{ wb.modules[0] }}"
  data-words="{{ wb.widget_words }}"></script>
<style>
html, body { background-color: var(--mui-palette-background-default, {{ wb.background }}); }
html { scrollbar-color: color-mix(in srgb, var(--mui-palette-text-secondary, #64748b) 60%, transparent) transparent; }
#loader:not(.error) { height: 3px; background: none; pointer-events: none; align-items: stretch; }
#loader:not(.error) .spinner { width: 100%; height: 3px; border: 0; border-radius: 0; animation: none; overflow: hidden; }
#loader:not(.error) .spinner::before { content: ""; display: block; width: 40%; height: 100%;
  animation: wb-wait 1.1s ease-in-out infinite; background: linear-gradient(90deg, transparent, #60a5fa, transparent); }
@keyframes wb-wait { from { transform: translateX(-105%); } to { transform: translateX(255%); } }
@media (prefers-reduced-motion: reduce) {
  #loader:not(.error) .spinner::before { width: 100%; animation: none; background: #60a5fa; }
}
.wb-told { display: none; }
.wb-told.is-lost, .wb-told.is-recovered { display: block; position: fixed; z-index: 10000; left: 50%; top: 64px;
  transform: translateX(-50%); max-width: min(560px, 92vw); box-sizing: border-box; padding: 10px 18px;
  border-radius: 8px; font: 500 14px/20px Roboto, sans-serif; box-shadow: 0 8px 24px rgb(15 23 42 / .3); }
.wb-told.is-lost { background: #b91c1c; color: #fff; }
.wb-told.is-recovered { background: #166534; color: #fff; }
</style>
{% endblock %}
"""


def variables(texts: Texts, theme: str, chosen: bool, modules: Sequence[str]) -> dict[str, Any]:
    """What the template takes; `chosen` is whether a person chose this theme, `modules` are the addresses of the bundles
    that the page needs, which the browser then fetches before Panel asks for them."""
    words = {name: texts(f"shell.{name}") for name in ("lost", "leave", "recovered")}
    return {
        "script": _address(SCRIPT),
        "widgets": _address(WIDGETS),
        "states": _address(STATES),
        "layout": _address(LAYOUT),
        "boot": BOOT,
        "nonce": NONCE,
        "theme": theme,
        "chosen": "yes" if chosen else "no",
        "background": BACKGROUND[theme],
        "words": html.escape(json.dumps(words)),
        "modules": modules,
        "fonts": modules[0].replace(".js", ".css"),
        "widget_words": html.escape(json.dumps(texts.widget_words())),
    }


@cache
def _address(script: Path) -> str:
    """Of a script of ours, with its content: browsers would keep an old one."""
    return f"static/extensions/pbx-workbench-shell/{script.name}?{hashlib.sha256(script.read_bytes()).hexdigest()[:12]}"


class PageState(JSComponent):
    """Stands unseen on a page and tells its script what has changed."""

    state: Any = param.Dict(default={}, doc="unsaved, recovered, address and cookies.")

    _esm: ClassVar[Any] = """
export function render({ model, el }) {
  el.style.display = "none";
  const tell = () => window.pbxPage?.told(model.state);
  model.on("state", tell);
  tell();
}
"""
