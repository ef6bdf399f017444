"""A workbench that tells how many pages it holds in memory: `counting_server.py FILE PORT REPORT`.

On SIGUSR1 it writes the number of pages and canvases that are alive to REPORT. Sessions nobody looks at end within a second.
"""

from __future__ import annotations

import gc
import signal
import sys
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
        partial.write_text(f"{alive.count('Page')} {alive.count('FlowCanvas')} {alive.count('Session')}")
        partial.replace(report)

    signal.signal(signal.SIGUSR1, count)
    serve.SESSION_KEPT_MS, serve.SESSION_CHECK_MS = 300, 300
    serve.serve(port, file, day=False)


if __name__ == "__main__":
    main()
