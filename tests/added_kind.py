"""The kind of element that the page `docs/adding-an-element.md` adds, taken from the page word for word.

Decides how the page is followed: its file becomes a module, its line a line of the registry. Leaves what is tested with it to
tests of the engine and of the bridge.
"""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

from engine import elements


def follow_the_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Add the kind for the length of a test; the module of its file."""
    page = (root / "docs" / "adding-an-element.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module = types.ModuleType("engine.elements.split")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(blocks[0], "split.py", "exec"), module.__dict__)
    name, kind = re.fullmatch(r'"(\w+)": (\w+),\n', blocks[1]).groups()  # type: ignore[union-attr]
    monkeypatch.setitem(elements.KINDS, name, getattr(module, kind))
    return module
