"""Ten domains behind Kamailio, 50 calls a second by SIPp, one bridge killed with -9 (issue I)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import front as load

pytestmark = [pytest.mark.nightly, pytest.mark.debian]

PORTS = {"front": 5060, "inner": 5080, "sip": 5100, "api": 6100, "media": 30000, "operator": 7100}


def test_nine_domains_lose_no_call_and_the_tenth_answers_again_within_ten_seconds(tmp_path: Path) -> None:
    found = load.measure(tmp_path, 10, 50, 60, PORTS)
    print(found)
    assert {domain: lost for domain, (_, lost) in found.calls.items() if lost and domain != found.killed} == {}
    assert all(well + lost == 300 for well, lost in found.calls.values())
    assert found.back_s is not None and found.back_s < 10.0
