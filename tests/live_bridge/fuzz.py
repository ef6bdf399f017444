"""Requests that an OpenAPI document allows, and such that it does not, made by schemathesis: no answer is a fault of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

SEED = 20261129


def find_faults(
    document: Mapping[str, Any],
    ask: Callable[[str, str, dict[str, Any]], httpx.Response],
    requests: int,
    skip: Callable[[str, str], bool] = lambda method, path: False,
) -> tuple[int, list[str]]:
    """Ask every operation so often; how many requests that were, and what was answered with a status of 500 and above, each
    operation once. `ask` takes method, path and what httpx takes besides. The same requests come every time."""
    schema = schemathesis.openapi.from_dict(dict(document))
    asked, found = 0, {}
    for result in schema.get_all_operations():
        operation = result.ok()
        if skip(operation.method.upper(), operation.path):
            continue
        strategies = [operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

        @seed(SEED)
        @settings(max_examples=requests, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=st.one_of(strategies))
        def walk(case: Any) -> None:
            nonlocal asked
            sent = case.as_transport_kwargs(base_url="http://127.0.0.1:1")
            more = {
                name: value for name, value in sent.items() if name in ("json", "data", "params", "headers") and value
            }
            if isinstance(more.get("data"), bytes):
                more["content"] = more.pop("data")
            try:
                httpx.Request(sent["method"], sent["url"], **more)
            except Exception:  # what no client can send
                return
            asked += 1
            answer = ask(sent["method"], sent["url"].removeprefix("http://127.0.0.1:1"), more)
            if answer.status_code >= 500 and answer.status_code not in (502, 503):
                found.setdefault(f"{case.method} {case.path}", f"{answer.status_code}: {sent} {answer.text[:300]}")

        walk()
    return asked, [f"{where} {what}" for where, what in found.items()]
