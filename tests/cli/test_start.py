"""What a command line loads before it knows what is asked."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.conftest import ROOT

HEAVY = ("pandas", "scipy", "numba", "sqlalchemy", "alembic", "panel", "uvicorn", "fastapi", "openpyxl")
"""Each takes from a tenth of a second to a whole one."""


def test_every_command_is_known_before_anything_heavy_is_loaded() -> None:
    code = (
        "import sys\nfrom pbxsim.cli import app\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], len(app.command().commands) > 30)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.stdout.strip() == "[] True", ran.stdout + ran.stderr
