"""Answers are compressed; a file only once.

Decides what is kept of it: files of libraries and of ours, as they went out, until they change. They are two megabytes, and
compressing them again for every visitor takes longer than everything else about sending them.
"""

from __future__ import annotations

from typing import ClassVar

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import GZipContentEncoding


class CompressOnce(GZipContentEncoding):
    """Tornado's compression (RFC 9110, section 8.4.1.3) with a memory for files."""

    _kept: ClassVar[dict[str, tuple[str, bytes]]] = {}
    """By path: its entity tag and its compressed content."""

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._path = request.path if request.method == "GET" and "/static/" in request.path else ""
        self._tag = ""
        self._left = 0
        self._parts: list[bytes] = []
        self._is_sent = False

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """See Tornado; a file that went out before goes out whole."""
        tag = headers.get("Etag", "") if self._path and status_code == 200 else ""
        known = self._kept.get(self._path)
        if self._gzipping and tag and known is not None and known[0] == tag:
            self._is_sent = True
            headers["Vary"] = "Accept-Encoding"
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(known[1]))
            return status_code, headers, known[1]
        self._tag, self._left = tag, int(headers.get("Content-Length", 0))
        return super().transform_first_chunk(status_code, headers, chunk, finishing)

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        """See Tornado."""
        if self._is_sent:
            return b""
        self._left -= len(chunk)
        chunk = super().transform_chunk(chunk, finishing)
        if self._gzipping and self._tag:
            self._parts.append(chunk)
            if finishing and self._left == 0:  # a browser may go in the middle of a file
                self._kept[self._path] = (self._tag, b"".join(self._parts))
        return chunk
