"""The bridge's log: lines for programs, nobody's secrets (R-19.7)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from live_bridge.api.access import tokens
from live_bridge.service import logs


@pytest.fixture
def root() -> Iterator[None]:
    """The logging of the process as it was, afterwards."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def test_every_record_is_one_line_of_json_with_its_trace(root: None) -> None:
    stream = io.StringIO()
    logs.begin("json", stream)
    try:
        raise ValueError("call of 89161234567\nbroke")
    except ValueError:
        logging.getLogger("live_bridge.x").exception("call %s from %s failed", "18f-a", "+79161234567")
    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["level"], record["logger"]) == ("error", "live_bridge.x")
    assert record["message"] == "call 18f-a from +7916123**** failed" and record["at"].endswith("Z")
    assert "Traceback" in record["error"] and "89161234567" not in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_reaches_the_log(root: None, form: logs.Form) -> None:
    stream = io.StringIO()
    logs.begin(form, stream)
    token = tokens.generate()
    secrets = ["hunter2hunter2", token, token[4:], "0123456789abcdef0123456789abcdef", "s3cr3t/word"]
    log = logging.getLogger("x")
    log.warning("GET /api/calls?token=%s", token)
    log.warning("Authorization: Bearer %s", "hunter2hunter2")
    log.warning('Authorization: Digest username="101", response="%s"', secrets[3])
    log.error("cannot open postgresql+psycopg://pbx:hunter2hunter2@db/pbx")
    log.info('{"password": "%s"}', "s3cr3t/word")
    written = stream.getvalue()
    assert len(written.splitlines()) == 5 and not any(secret in written for secret in secrets)
