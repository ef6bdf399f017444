"""The phone in the browser: JsSIP with a face, bundled into `dist/`, its page, and the way of its SIP to the bridge."""

from __future__ import annotations

from pathlib import Path

DIST = Path(__file__).parent / "dist"
"""The built bundle, its style sheet, the licences of what is inside, and the hash of its sources."""

JS = Path(__file__).parent / "js"
"""The sources of the bundle; `npm ci && npm run build` there makes `DIST`."""

SCRIPT = DIST / "phone.bundle.js"
STYLE = DIST / "phone.bundle.css"
