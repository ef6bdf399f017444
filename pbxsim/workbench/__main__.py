"""`python -m pbxsim.workbench FILE`: serve the workbench of a flow file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pbxsim.workbench.access.gate import ServeRefused
from pbxsim.workbench.serve import serve


def main() -> int:
    """Serve until interrupted; 2 for a file that does not exist, and where strangers would get in."""
    parser = argparse.ArgumentParser(prog="python -m pbxsim.workbench", description="The workbench web application.")
    parser.add_argument("file", help="the PBX document, pbx.yaml")
    parser.add_argument("--port", type=int, default=5006)
    parser.add_argument("--address", default="127.0.0.1", help="the address to listen on")
    parser.add_argument(
        "--origin", action="append", default=[], help="a further host:port browsers use, may be repeated"
    )
    parser.add_argument("--prefix", default="", help="path below which a reverse proxy serves it")
    parser.add_argument("--certificate", type=Path, help="serve over TLS with this chain of certificates (PEM)")
    parser.add_argument("--key", type=Path, help="the key of the certificate (PEM)")
    parser.add_argument("--proxy", action="store_true", help="a proxy with TLS is in front and tells who asks")
    parser.add_argument("--persons", type=Path, help="the file of persons who may sign in")
    parser.add_argument(
        "--no-day",
        action="store_true",
        help="neither simulate the scenario's day from the start nor load the pages' modules",
    )
    parser.add_argument("--show", action="store_true", help="open a browser")
    given = parser.parse_args()
    try:
        serve(
            given.port, given.file, given.address, given.origin, given.prefix, given.show, not given.no_day,
            certificate=given.certificate, key=given.key, proxy=given.proxy, people=given.persons, warm=not given.no_day,
        )  # fmt: skip
    except (FileNotFoundError, ServeRefused) as error:
        print(f"workbench: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
