"""Certificates of a test's own: each is its own authority."""

from __future__ import annotations

import ssl
import subprocess
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple


class Certificate(NamedTuple):
    """Files of a certificate, which is all its chain, and of its private key."""

    chain: Path
    key: Path


def make_certificate(folder: Path, *names: str) -> Certificate:
    """A certificate that proves `names`: names of servers or addresses; 127.0.0.1 if none is given."""
    names = names or ("127.0.0.1",)
    made = Certificate(folder / "chain.pem", folder / "key.pem")
    proved = ",".join(f"{'IP' if _numeric(name) else 'DNS'}:{name}" for name in names)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={names[0]}",
         "-addext", f"subjectAltName={proved}", "-keyout", str(made.key), "-out", str(made.chain)],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


def trust_of_two_threads(chain: Path | str) -> ssl.SSLContext:
    """What trusts `chain`, for a WebSocket client that reads in one thread and writes in another, as the blocking one does.

    OpenSSL does not guard one connection against that, nor does Python 3.11. With TLS 1.3 the server's session
    tickets come just as the first request is sent, and now and then the connection breaks; TLS 1.2 has none then.
    """
    context = ssl.create_default_context(cafile=str(chain))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _numeric(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
