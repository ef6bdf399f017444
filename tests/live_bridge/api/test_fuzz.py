"""The bridge's API asked by schemathesis, as OpenAPI describes it and otherwise: no answer is a fault of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from live_bridge.api.access import tokens
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.fuzz import find_faults


def fuzz(folder: Path, requests: int) -> tuple[int, list[str]]:
    api = Api(folder)
    head = {"Authorization": f"Bearer {api.token('all', *tokens.SCOPES)}"}
    document = api.client.get("/openapi.json", headers=head).raise_for_status().json()

    def ask(method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        given = {k: v for k, v in (more.pop("headers", None) or {}).items() if k.lower() != "authorization"}
        return api.client.request(method, path, headers={**given, **head}, **more)

    try:
        found = find_faults(document, ask, requests)
        assert api.client.get("/api/status", headers=head).status_code == 200, "and it goes on answering"
    finally:
        api.close()
    return found


def test_no_request_is_answered_with_a_fault_of_ours(tmp_path: Path) -> None:
    asked, faults = fuzz(tmp_path, 4)
    assert faults == []
    assert asked > 100


@pytest.mark.nightly
def test_no_request_of_many_is_answered_with_a_fault_of_ours(tmp_path: Path) -> None:
    asked, faults = fuzz(tmp_path, 100)
    assert faults == []
    assert asked > 3000
