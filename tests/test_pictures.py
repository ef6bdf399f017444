"""Pictures of the documentation: every one that a page names is there, every one that is there is named, and none is large."""

from __future__ import annotations

import re
from pathlib import Path

from tests.pages import DOCS, ROOT

PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
LARGEST_BYTES = 150_000


def named() -> dict[Path, Path]:
    """Each picture that a page shows, and the page."""
    return {
        (page.parent / target).resolve(): page
        for page in PAGES
        for target in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }


def test_every_picture_that_is_named_is_there_and_every_picture_is_named() -> None:
    there = set((DOCS / "pictures").iterdir())
    assert set(named()) == there, "make screenshots takes them; delete what no page shows"


def test_no_picture_is_large() -> None:
    large = [path.name for path in (DOCS / "pictures").iterdir() if path.stat().st_size > LARGEST_BYTES]
    assert not large
