"""From when on a figure of the wallboard is a warning, and from when on it is bad; kept for all who look at one PBX.

Decides what they are while nobody has said otherwise (the bridge's own service targets, R-25.8, and T of R-08.22), what may be
said, and where it is kept: beside the documents in edit, by the PBX's file. Knows nothing of Panel.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pbxsim.workbench.document import files, store

log = logging.getLogger(__name__)

WITHIN_S = 20.0
LEVEL = 0.8
LOST = 0.05


class WrongThreshold(ValueError):
    """Thresholds that cannot be; its text names the workbench's text for it."""


class Thresholds(msgspec.Struct, frozen=True):
    """Shares run 0 to 1, waits are in seconds. `level_warn` and `level_bad` are too little, the others too much."""

    within_s: float = WITHIN_S
    """T of the service level."""
    level_warn: float = LEVEL
    level_bad: float = round(LEVEL - 0.1, 4)
    wait_warn_s: float = WITHIN_S
    wait_bad_s: float = 3 * WITHIN_S
    lost_warn: float = LOST
    lost_bad: float = 2 * LOST

    def check(self) -> None:
        """Raises WrongThreshold.

        >>> Thresholds(level_warn=0.6, level_bad=0.9).check()
        Traceback (most recent call last):
        pbxsim.workbench.live.thresholds.WrongThreshold: thresholds.order
        """
        shares = (self.level_warn, self.level_bad, self.lost_warn, self.lost_bad)
        waits = (self.within_s, self.wait_warn_s, self.wait_bad_s)
        if not all(0 <= share <= 1 for share in shares) or not all(0 <= wait <= 3600 for wait in waits):
            raise WrongThreshold("thresholds.range")
        if self.level_bad > self.level_warn or self.wait_bad_s < self.wait_warn_s or self.lost_bad < self.lost_warn:
            raise WrongThreshold("thresholds.order")


def usual(targets: Mapping[str, float]) -> Thresholds:
    """Those of the bridge's service targets.

    >>> usual({"service_level": 0.9}).level_bad, usual({"abandonment": 0.03}).lost_bad
    (0.8, 0.06)
    """
    level, lost = targets.get("service_level", LEVEL), targets.get("abandonment", LOST)
    return Thresholds(
        level_warn=level, level_bad=round(max(0.0, level - 0.1), 4), lost_warn=lost, lost_bad=min(1.0, 2 * lost)
    )


def asked(values: Mapping[str, Any]) -> Thresholds:
    """What somebody filled in. Raises WrongThreshold."""
    try:
        found = msgspec.convert(dict(values), Thresholds)
    except msgspec.ValidationError:
        raise WrongThreshold("thresholds.range") from None
    found.check()
    return found


def _file(pbx: Path) -> Path:
    name = hashlib.sha256(str(pbx.resolve()).encode()).hexdigest()[:16]
    return store.folder_of(pbx).parent.parent / "thresholds" / f"{name}.json"


def kept(pbx: Path) -> Thresholds | None:
    """What was said of a PBX, by its file; None for nothing, or for what cannot be read."""
    try:
        return msgspec.json.decode(_file(pbx).read_bytes(), type=Thresholds)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("the thresholds in %s cannot be read: %s", _file(pbx), error)
        return None


def keep(pbx: Path, wanted: Thresholds | None) -> None:
    """Keep what was said; None to go by the bridge's targets again. Raises OSError."""
    file = _file(pbx)
    if wanted is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write(file, msgspec.json.encode(wanted).decode(), mode=0o600)
