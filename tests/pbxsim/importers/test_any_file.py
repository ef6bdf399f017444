"""Whatever stands in a file of another PBX: it becomes a document that loads, or is refused with its reason."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.loading.load import load
from pbxsim.importers import reading
from pbxsim.importers.draft import ImportRefused
from tests.pbxsim.importers.test_importers import PLAN, QUEUES, XML
from tests.pbxsim.importers.test_kazoo import EXPORT

ODD_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1e999, float("nan"), 1.5, "", "²", "٣", "9" * 5000, "x" * 300, "\u0000", "🙂", "a: b", "\t",
    [], [[]], [None], [{"id": [1]}], {}, {"id": {}}, "main", "u1", "d2", "q1", -86400, 99_999_999,
)  # fmt: skip
ODD_WORDS = (
    "",
    "²",
    "٣٣",
    "9" * 5000,
    "-1",
    "1e9",
    '"',
    "'",
    "[",
    "]",
    "(!",
    "&",
    "=>",
    ";",
    "\t",
    "\x01",
    "🙂",
    "${X}",
    "<",
    ",,,",
    "s",
    "n",
)


def ways(found: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value stands in an export."""
    if way:
        yield way
    for key, value in found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ():
        yield from ways(value, (*way, key))


def imports_or_refuses(path: Path) -> None:
    try:
        text, losses = reading.read([path])
    except ImportRefused as refusal:
        assert str(refusal)
        return
    assert load(text, "imported") and losses.findings


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(list(ways(EXPORT))), st.sampled_from(ODD_VALUES))
def test_callflows_with_any_value(tmp_path_factory: pytest.TempPathFactory, way: tuple[Any, ...], value: Any) -> None:
    export: Any = copy.deepcopy(EXPORT)
    holder = export
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = value
    path = tmp_path_factory.mktemp("odd") / "callflows.json"
    path.write_text(json.dumps(export), encoding="utf-8")
    imports_or_refuses(path)


def test_devices_that_own_one_another_are_users_of_their_own(tmp_path: Path) -> None:
    export = [*EXPORT, {"id": "one", "owner_id": "other"}, {"id": "other", "owner_id": "one"}, {"owner_id": ""}]
    export.append({"id": "round", "numbers": ["+74950000001"], "flow": {"module": "device", "data": {"id": "one"}}})
    path = tmp_path / "callflows.json"
    path.write_text(json.dumps(export), encoding="utf-8")
    imports_or_refuses(path)


@pytest.mark.parametrize(
    "name, content", [("queues.conf", QUEUES), ("extensions.conf", PLAN), ("callcenter.conf.xml", XML)]
)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_configuration_files_with_any_word(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: str, data: st.DataObject
) -> None:
    words = list(re.finditer(r"[\w.@-]+|[^\w\s]", content))
    for _ in range(data.draw(st.integers(1, 2))):
        word = words[data.draw(st.integers(0, len(words) - 1))]
        content = content[: word.start()] + data.draw(st.sampled_from(ODD_WORDS)) + content[word.end() :]
    folder = tmp_path_factory.mktemp("odd")
    (folder / "more.conf").write_text("announce-frequency = 30\n", encoding="utf-8")
    path = folder / name
    path.write_text(content, encoding="utf-8")
    imports_or_refuses(path)
