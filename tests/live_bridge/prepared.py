"""The example's sounds, prepared once for all bridges that a run of tests starts: preparing takes a bridge a second."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from live_bridge.media.sounds import Sounds

PROMPTS = Path(__file__).parents[2] / "datasets" / "prompts"


def bring_sounds(folder: Path) -> None:
    """Put them where a bridge with this `--folder` looks for them, unless one was there before."""
    if (folder / "media" / "prepared").exists():
        return
    for there in (folder, folder / "media"):
        there.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copytree(_prepared(), folder / "media" / "prepared", copy_function=os.link)


@functools.cache
def _prepared() -> Path:
    made = Path(tempfile.mkdtemp(prefix="prepared-sounds-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    Sounds(PROMPTS, made)
    for file in made.iterdir():
        file.chmod(0o600)
    return made
