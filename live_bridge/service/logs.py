"""What the bridge writes to its log: one JSON value per line, or a line for people; numbers masked, secrets gone.

Decides form and masking, for every logger of the process, libraries' included. Leaves keeping and turning over to
journald or whoever reads standard error.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

from live_bridge.service.masking import masked_text

Form = Literal["text", "json"]

_SECRETS = (
    # tokens of our API, wherever they stand
    (re.compile(r"pbx_[A-Za-z0-9_-]{20,}"), "pbx_***"),
    # Authorization: Bearer x, Digest ... response="x"
    (re.compile(r"(?i)(bearer\s+)[^\s\"',]+"), r"\1***"),
    (re.compile(r'(?i)\b(response|nonce|cnonce|ha1)(\s*=\s*"?)[0-9a-f]{16,}'), r"\1\2***"),
    # password=x, "secret": "x"
    (re.compile(r"""(?i)\b(password|passwd|secret|token)(["']?\s*[=:]\s*["']?)[^\s"',}]+"""), r"\1\2***"),
    # scheme://user:password@host
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@"), r"\1***@"),
)


def clean(text: str) -> str:
    """A text without secrets, the last digits of its telephone numbers hidden.

    >>> clean("call from 89161234567, Authorization: Bearer abc")
    'call from 8916123****, Authorization: Bearer ***'
    >>> clean("postgresql+psycopg://pbx:hunter2@db/pbx password=hunter2")
    'postgresql+psycopg://pbx:***@db/pbx password=***'
    """
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return masked_text(text)


class JsonLines(logging.Formatter):
    """A record as one line: `at` (UTC), `level`, `logger`, `message`, and `error` with the trace of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """The same for people's eyes."""

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


def begin(form: Form, stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error) in this form, from now on and for the whole process."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        JsonLines() if form == "json" else TextFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("alembic", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
