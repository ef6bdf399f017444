"""`python -m pbxsim.workbench FILE`: serve the workbench of a flow file."""

from __future__ import annotations

import argparse
import sys

from pbxsim.workbench.serve import serve


def main() -> int:
    """Serve until interrupted; 2 for a file that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m pbxsim.workbench", description="The workbench web application.")
    parser.add_argument("file", help="the PBX document, pbx.yaml")
    parser.add_argument("--port", type=int, default=5006)
    parser.add_argument("--address", default="127.0.0.1", help="the address to listen on")
    parser.add_argument(
        "--origin", action="append", default=[], help="a further host:port browsers use, may be repeated"
    )
    parser.add_argument("--prefix", default="", help="path below which a reverse proxy serves it")
    parser.add_argument("--no-day", action="store_true", help="do not simulate the scenario's day from the start")
    parser.add_argument("--show", action="store_true", help="open a browser")
    given = parser.parse_args()
    try:
        serve(given.port, given.file, given.address, given.origin, given.prefix, given.show, not given.no_day)
    except FileNotFoundError as error:
        print(f"workbench: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
