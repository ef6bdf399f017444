"""Talks: both sides recorded where that is set, and a side that goes silent is noticed."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import numpy as np
import pytest

from engine.contract import notes as note
from live_bridge.config import ConfigError, read_config
from live_bridge.config_sections import WatchConfig
from tests.live_bridge.api.test_api import Api
from tests.live_bridge.media.telephone import level, tone
from tests.live_bridge.service.test_end_to_end import LOUD, wait_until
from tests.live_bridge.sip.phone import Phone, status
from tests.live_bridge.sip.talk import port_in


class Watched(Api):
    """A bridge that records the queue's talks and ends those in which a side is silent for 2 s."""

    settings: ClassVar[dict[str, Any]] = {"watch": WatchConfig(silent_after=2.0, hang_up=True)}
    changes: ClassVar[dict[str, str]] = {"strategy: longest_idle": "strategy: longest_idle\n    record: on"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """One for each try: the member of the first still works after its call, and its recording was heard."""
    api = Watched(tmp_path)
    yield api
    api.close()


def test_talk_of_a_queue_is_recorded_and_ended_when_a_side_goes_silent(api: Api) -> None:
    caller, boris = Phone("89991234567", api.sip), Phone("101", api.sip)
    notes: list[note.Note] = []
    leave = api.service.driver.subscribe(lambda _, said: notes.append(said))
    try:
        assert status(boris.register(api.service.new_passwords[101])) == 200
        _, answer = caller.call("74951234567")
        here = port_in(answer)
        caller.media.wait_heard(10)
        caller.media.press("1", here)
        wait_until(lambda: any(isinstance(one, note.CallAnswered) for one in notes), 45.0)
        there = port_in(boris.called().invite)
        # Each side sends for longer than the silence that counts: talking is not taken for silence.
        speaking = threading.Thread(target=caller.media.say, args=(tone(500, 3.0), here))
        speaking.start()
        boris.media.say(tone(1500, 3.0), there)
        speaking.join()
        assert not any(isinstance(one, note.CallEnded) for one in notes)
        wait_until(lambda: any(isinstance(one, note.CallEnded) for one in notes), 15.0)
        boris.wait(lambda message: message.startswith("BYE"))
    finally:
        leave()
        caller.close()
        boris.close()
    assert api.service.health()["lost_media"] == 1
    (ended,) = [one for one in notes if isinstance(one, note.CallEnded)]
    wait_until(lambda: api.service.health()["recorded"] == 1)
    kept = api.service.store.call(ended.call)
    assert kept is not None and kept.recordings == (f"{ended.call}.r1",)
    sound = heard_and_written_down(api, ended.call)
    with wave.open(io.BytesIO(sound.content)) as file:
        assert file.getnchannels() == 2
        said = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    middle = said[8000:16000]
    assert level(middle[:, 0], 500) > LOUD > level(middle[:, 0], 1500)
    assert level(middle[:, 1], 1500) > LOUD > level(middle[:, 1], 500)
    assert api.ask("GET", "/api/history/none/recording", "recordings:read").status_code == 404


def heard_and_written_down(api: Api, call: str) -> httpx.Response:
    """The sound of a call's talk (R-23.12). Who was given it stands in the audit trail; who may read history alone was not."""

    def plays() -> list[tuple[str, str]]:
        entries = api.ask("GET", "/api/versions/audit", "versions:read").json()["entries"]
        found = [one for one in entries if one["action"] == "listen"]
        assert all(one["details"] == {"call": call, "recording": f"{call}.r1"} for one in found)
        return [(one["by"], one["details"]["call"]) for one in found]

    path = f"/api/history/{call}/recording"
    assert api.ask("GET", path, "history:read").status_code == 403 and plays() == []
    (unheard,) = api.ask("GET", f"/api/history/{call}", "history:read").json()["recordings"]
    assert unheard["there"] and unheard["link"] is None, "a link would let them hear it"
    sound = api.ask("GET", path, "recordings:read")
    assert sound.status_code == 200 and plays() == [("recordings:read", call)]
    head = {"Authorization": f"Bearer {api.tokens['recordings:read']}", "Range": "bytes=100-199"}
    part = api.client.get(path, headers=head)
    assert (part.status_code, part.content) == (206, sound.content[100:200]) and len(plays()) == 1, "it goes on"
    assert api.client.get(path, headers={**head, "Range": "bytes=0-"}).status_code == 206 and len(plays()) == 2
    both = {"Authorization": f"Bearer {api.token('both', 'history:read', 'recordings:read')}"}
    (linked,) = api.client.get(f"/api/history/{call}", headers=both).json()["recordings"]
    assert api.client.get(linked["link"]).content == sound.content, "a link needs no token"
    assert api.client.get(linked["link"] + "0").status_code == 404
    assert plays()[0] == ("link 127.0.0.1", call) and len(plays()) == 3
    assert api.ask("GET", "/api/versions/audit?verify=true", "versions:read").json()["verdict"]["whole"]
    return sound


def test_settings_of_talks_are_read_from_the_file(tmp_path: Path) -> None:
    """R-24.4: 90 days, if nothing else is said."""
    file = tmp_path / "live.yaml"
    file.write_text("pbx: example\nwatch: {silent_after: 20}\nkeep: {history: 365}\n")
    config = read_config(file)
    assert (config.watch.silent_after, config.watch.hang_up) == (20.0, False)
    assert (config.keep.history, config.keep.recordings) == (365, 90)
    file.write_text("pbx: example\nrecord: {all: true}\n")
    with pytest.raises(ConfigError, match=r"live.yaml:2: record: .*`record: on` at a trunk, queue, group or user"):
        read_config(file)
