"""A host as URIs have it. The ground: it imports nothing of ours."""

from __future__ import annotations


def in_uri(host: str) -> str:
    """A host as URIs have it: IPv6 in brackets (RFC 3986 3.2.2).

    >>> in_uri("::1"), in_uri("[::1]"), in_uri("192.0.2.1"), in_uri("sip.example")
    ('[::1]', '[::1]', '192.0.2.1', 'sip.example')
    """
    return f"[{host.strip('[]')}]" if ":" in host else host
