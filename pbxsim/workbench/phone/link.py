"""The look of links to the phone, which stands in a window of its own. Decides nothing else."""

from __future__ import annotations

ICON = (
    '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="currentColor"><path d="M6.6 10.8c1.4 2.8 3.8 5.1 '
    "6.6 6.6l2.2-2.2c.3-.3.7-.4 1-.2 1.1.4 2.3.6 3.6.6.6 0 1 .4 1 1V20c0 .6-.4 1-1 1C10.6 21 3 13.4 3 4c0-.6.4-1 1-1h3.5c.6 0 1 "
    '.4 1 1 0 1.3.2 2.5.6 3.6.1.3 0 .7-.2 1z"/></svg>'
)

STYLE = """
:host { font: 400 13px/18px Roboto, sans-serif; }
a { display: block; padding: 6px 12px; border: 1px solid var(--mui-palette-primary-main); border-radius: 8px; text-align: center;
  font-weight: 600; text-decoration: none; color: var(--mui-palette-primary-main); }
a:hover { background: rgb(96 165 250 / .12); }
a:focus-visible { outline: 2px solid var(--mui-palette-primary-main); outline-offset: 2px; }
small { display: block; margin-top: 5px; font-size: 12.5px; color: var(--mui-palette-text-secondary); }
"""
"""Of a link to the phone among the fields of a page."""
