"""The live bridge as it runs in an office: journal and history in SQLite, media by rtp.io, calls decided by the engine.

    python benchmarks/peers/bridge.py LISTEN_PORT NEXT_HOP_PORT CALLER_PORT FOLDER

A trunk leads straight to an outside number behind another trunk, so that each call has the two legs of the bare B2BUA beside
it. Each line read from standard input is answered by one of JSON: the loop thread's CPU time, the engine's part of it, and what
is held. Serves until standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = os.environ.get("PYTHONPATH", "").split(os.pathsep)[0] or str(Path(__file__).parents[2])

from engine.contract import events as ev  # noqa: E402
from engine.contract.ids import Instant  # noqa: E402
from engine.state.sink import Stamped  # noqa: E402
from live_bridge.config import LiveConfig  # noqa: E402
from live_bridge.config_sections import ListenConfig, MediaConfig, PeerConfig, TrunkConfig  # noqa: E402
from live_bridge.service import gc_tuning  # noqa: E402
from live_bridge.service.service import Service  # noqa: E402

CALLED = "service"
DOCUMENT = """
pbx: bench
zone: UTC
trunks:
  in: {number: "74950000000", to: "89160000000"}
  out: {number: "74950000001"}
outgoing: {default: out}
prompts: {}
"""


class Timed:
    """An engine that adds up the CPU time it takes."""

    def __init__(self, engine: Any) -> None:
        self.inner = engine
        self.spent_ns = 0
        self.events = 0

    def handle(self, at: Instant, event: ev.Event) -> list[Stamped]:
        begun = time.thread_time_ns()
        said: list[Stamped] = self.inner.handle(at, event)
        self.spent_ns += time.thread_time_ns() - begun
        self.events += 1
        return said

    def next_deadline(self) -> Instant | None:
        begun = time.thread_time_ns()
        due: Instant | None = self.inner.next_deadline()
        self.spent_ns += time.thread_time_ns() - begun
        return due

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def main() -> None:
    """Serve until standard input ends."""
    port, next_hop, caller_port = (int(text) for text in sys.argv[1:4])
    folder = Path(sys.argv[4])
    document = folder / "pbx.yaml"
    document.write_text(DOCUMENT, encoding="utf-8")
    config = LiveConfig(
        pbx=str(document),
        listen=(ListenConfig(port=port),),
        media=MediaConfig(ports=(20000, 31999)),
        folder=folder / "var",
        trunks={
            "in": TrunkConfig(peers=(PeerConfig(host="127.0.0.1", port=caller_port),)),
            "out": TrunkConfig(host="127.0.0.1", port=next_hop),
        },
        drain=1.0,
        qualify_s=0.0,  # SIPp knows no OPTIONS
    )
    with Service(config) as service:
        timed: list[Timed] = []

        def wrap(controller: Any) -> None:
            timed.append(Timed(controller.engine))
            controller.engine = timed[0]

        service.driver.ask_inside(wrap)
        gc_tuning.settle()  # as `pbx live` does
        print("ready", flush=True)
        for _ in sys.stdin:
            sizes = service.driver.sizes()
            loop_ns = service.driver.loop.call(time.thread_time_ns)
            heard: list[dict[str, int]] = []
            service.driver.loop.call(service.media.counters, heard.append)
            until_s = time.monotonic() + 5
            while not heard and time.monotonic() < until_s:
                time.sleep(0.02)
            print(
                json.dumps(
                    {
                        "engine_s": timed[0].spent_ns / 1e9,
                        "events": timed[0].events,
                        "loop_s": loop_ns / 1e9,
                        "sizes": sizes,
                        "media": heard[0] if heard else {},
                    }
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
