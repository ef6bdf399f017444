"""The flow canvas: React Flow, bundled into `dist/`, as a Panel component and as a notebook widget."""

from __future__ import annotations

from pathlib import Path

DIST = Path(__file__).parent / "dist"
"""The built bundle, its style sheet, the licences of what is inside, and the hash of its sources."""

JS = Path(__file__).parent / "js"
"""The sources of the bundle; `npm ci && npm run build` there makes `DIST`."""

SCRIPT = DIST / "canvas.bundle.js"
STYLE = DIST / "canvas.bundle.css"
