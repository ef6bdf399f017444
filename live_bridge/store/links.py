"""Links to recordings that need no token and live half an hour (R-19.4): signed, so that nobody can make or stretch one.

Decides what is signed and for how long. Leaves serving to `api/hearing/recordings.py`, which writes down every
link that is followed (R-23.12).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from engine.contract.ids import SECOND_US, Instant
from live_bridge.media.recording import file_name
from live_bridge.store.store import now

LIVES_S = 30 * 60
"""R-19.4."""

SECRET_FILE = "link-secret"


class Links:
    """Makes and checks links of one bridge, whose secret it holds. `public` is how others reach the API, or empty."""

    def __init__(self, secret: bytes, recordings: Path, public: str = "", clock: Callable[[], Instant] = now) -> None:
        self._secret = secret
        self._recordings = recordings
        self._public = public.rstrip("/")
        self._clock = clock

    def path(self, recording: str) -> str:
        """Path and query of a link to a recording, valid from now on for half an hour."""
        until_s = self._clock() // SECOND_US + LIVES_S
        return f"/recordings/{quote(recording, safe='')}.wav?until={until_s}&signature={self._sign(recording, until_s)}"

    def url(self, recording: str, base: str = "") -> str:
        """The whole address, if the recording is there and somebody said where the API is reached; else empty."""
        base = self._public or base.rstrip("/")
        return base + self.path(recording) if base and self.file(recording) is not None else ""

    def file(self, recording: str) -> Path | None:
        """The WAV of a recording, if there is one."""
        path = self._recordings / file_name(recording)
        return path if path.is_file() else None

    def good(self, recording: str, until_s: int, signature: str) -> bool:
        """Whether a link is ours and still lives."""
        fits = hmac.compare_digest(self._sign(recording, until_s).encode(), signature.encode())
        return fits and self._clock() < until_s * SECOND_US

    def _sign(self, recording: str, until_s: int) -> str:
        return hmac.new(self._secret, f"{until_s} {recording}".encode(), hashlib.sha256).hexdigest()
