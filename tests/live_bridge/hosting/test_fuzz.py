"""Hosting's JSON API asked by schemathesis, as OpenAPI describes it and otherwise: no answer is a fault of ours."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from live_bridge.hosting.pages.app import hosting_app
from tests.live_bridge.fuzz import find_faults
from tests.live_bridge.hosting.site import BASE, make_hosting, signed_up


def fuzz(folder: Path, monkeypatch: pytest.MonkeyPatch, requests: int) -> tuple[int, list[str]]:
    hosting = make_hosting(folder, monkeypatch)
    app = hosting_app(hosting)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with asyncio.Runner() as runner:
        browser = httpx.AsyncClient(transport=transport, base_url=BASE)
        head = runner.run(signed_up(hosting, browser))

        def ask(method: str, path: str, more: dict[str, Any]) -> httpx.Response:
            given = {**{k: v for k, v in (more.pop("headers", None) or {}).items() if k.lower() != "cookie"}, **head}
            return runner.run(browser.request(method, path, headers=given, **more))

        found = find_faults(app.openapi(), ask, requests)
        runner.run(browser.aclose())
    hosting.close()
    return found


def test_no_request_is_answered_with_a_fault_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, faults = fuzz(tmp_path, monkeypatch, 8)
    assert faults == []
    assert asked > 100


@pytest.mark.nightly
def test_no_request_of_many_is_answered_with_a_fault_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, faults = fuzz(tmp_path, monkeypatch, 300)
    assert faults == []
    assert asked > 3000
