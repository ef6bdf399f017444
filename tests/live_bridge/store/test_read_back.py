"""What a bridge exports of a run is what the calibration reads: nothing between the two says it in other words."""

from __future__ import annotations

import io
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.loading.load import load
from live_bridge.store import activity_export, history_export
from live_bridge.store.store import Store
from pbxsim.calibrate.known import known
from pbxsim.logs import bridge
from pbxsim.logs import calls as c
from tests.harness import rule
from tests.live_bridge.store.test_store import EXAMPLE, live_day


@rule("R-24.1", "R-24.4")
def test_the_export_of_a_run_is_read_as_the_calls_and_members_of_that_run(tmp_path: Path) -> None:
    flow = load(EXAMPLE.read_bytes())
    zone = ZoneInfo(flow.head.zone)
    store = Store(f"sqlite:///{tmp_path / 'pbx.sqlite'}")
    run = live_day(store, flow, 4, keys="1", talk_s=30.0)
    run.close()
    history, activity = io.BytesIO(), io.BytesIO()
    count = history_export.write(history_export.rows(store, "example", zone, "en"), "json", history)
    activity_export.write(activity_export.rows(store, "example", zone), "json", activity)
    log = bridge.read([history.getvalue(), activity.getvalue()], flow.head.zone)
    assert count == 4 and log.losses.dropped_count == 0 and len(log.calls) == 4
    records = {record.uuid: record for record in store.history("example")}
    for one in log.calls.itertuples():
        visit = records[one.call_id].events[-1]
        assert one.outcome == c.ANSWERED and one.queue == str(visit.element) and one.agent == visit.by
        assert visit.answer is not None
        assert abs(one.wait_s - (visit.answer - visit.enter) / 1e6) < 0.002
        assert abs(one.talk_s - 30.0) < 0.002 and one.ring_s <= one.wait_s
    assert log.entries is not None and set(log.entries["trunk"]) == {"moscow"}
    day = log.calls["arrived_at"].iloc[0].tz_localize(None).normalize()
    found = known(log.activity, day, day)
    assert found is not None
    answered = {str(one) for one in log.calls["agent"]}
    assert answered <= set(found.roster.queues) and found.phone.no_answer == 0
    assert found.wrap_up[str(log.calls["queue"].iloc[0])].mean > 0
