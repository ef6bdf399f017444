"""A workbench that tells how many pages it holds in memory: `counting_server.py FILE PORT REPORT [KEPT_MS]`.

On SIGUSR1 it writes the numbers of pages, canvases and sessions that are alive, and of threads, to REPORT. Sessions nobody looks
at end within a second, or within KEPT_MS; then the modules of the pages are loaded before somebody asks for the first, too.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from pbxsim.workbench import serve


def main() -> None:
    """Serve until ended."""
    file, port, report = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])

    def count(_: int, __: FrameType | None) -> None:
        gc.collect()
        alive = [type(thing).__name__ for thing in gc.get_objects()]
        partial = report.with_suffix(".part")
        counts = [alive.count(kind) for kind in ("Page", "FlowCanvas", "Session")]
        partial.write_text(" ".join(map(str, (*counts, threading.active_count()))))
        partial.replace(report)

    signal.signal(signal.SIGUSR1, count)
    kept_ms = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    serve.SESSION_KEPT_MS = serve.SESSION_CHECK_MS = kept_ms or 300
    serve.serve(port, file, day=False, warm=kept_ms > 0)


if __name__ == "__main__":
    main()
