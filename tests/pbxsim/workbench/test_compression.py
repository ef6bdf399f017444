"""A file is compressed once: whole, as long as it is the same, and never what a browser did not stay for."""

from __future__ import annotations

import gzip

from tornado.httputil import HTTPHeaders, HTTPServerRequest

from pbxsim.workbench.compression import CompressOnce

BODY = b"let a = 1;\n" * 4000


def answered(path: str, tag: str, parts: list[bytes], length: int) -> tuple[HTTPHeaders, bytes]:
    """What a browser gets of a file that comes in these parts."""
    request = HTTPServerRequest(method="GET", uri=path, headers=HTTPHeaders({"Accept-Encoding": "gzip"}))
    transform = CompressOnce(request)
    headers = HTTPHeaders({"Content-Type": "text/javascript", "Etag": tag, "Content-Length": str(length)})
    _, headers, sent = transform.transform_first_chunk(200, headers, parts[0], False)
    for part in parts[1:]:
        sent += transform.transform_chunk(part, False)
    return headers, sent + transform.transform_chunk(b"", True)


def test_a_file_goes_out_whole_the_first_time_and_from_memory_the_next() -> None:
    first, sent = answered("/static/js/one.js", '"a"', [BODY[:20_000], BODY[20_000:]], len(BODY))
    again, kept = answered("/static/js/one.js", '"a"', [BODY[:20_000], BODY[20_000:]], len(BODY))
    assert gzip.decompress(sent) == gzip.decompress(kept) == BODY
    assert "Content-Length" not in first
    assert again["Content-Length"] == str(len(kept))
    assert first["Content-Encoding"] == again["Content-Encoding"] == "gzip"


def test_a_file_that_has_changed_goes_out_as_it_is_now() -> None:
    answered("/static/js/two.js", '"a"', [BODY], len(BODY))
    _, sent = answered("/static/js/two.js", '"b"', [BODY * 2], 2 * len(BODY))
    assert gzip.decompress(sent) == BODY * 2


def test_what_was_cut_off_is_not_kept() -> None:
    answered("/static/js/three.js", '"a"', [BODY[:20_000]], len(BODY))
    _, sent = answered("/static/js/three.js", '"a"', [BODY], len(BODY))
    assert gzip.decompress(sent) == BODY


def test_what_is_no_file_is_compressed_each_time() -> None:
    answered("/design", '"a"', [BODY], len(BODY))
    _, sent = answered("/design", '"a"', [BODY * 2], 2 * len(BODY))
    assert gzip.decompress(sent) == BODY * 2
