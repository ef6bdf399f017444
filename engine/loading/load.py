"""The text of a document to a flow, or to everything that is wrong with it.

Five steps, one after the other: parse the text (`document/yaml_text.py`), check fields by their models
(`model_check.py`), explain what the models refuse (`document/model_faults.py`), validate what stands between
fields (`validation.py`), compile the flow (`compile.py`). Decides which faults are kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from engine.contract import limits
from engine.contract.errors import FlowError
from engine.document import faults, yaml_text
from engine.document.faults import Fault, Path, Position
from engine.document.model_faults import explain
from engine.loading.compile import assemble, elements_of
from engine.loading.model_check import check_models
from engine.loading.validation import validate
from engine.state.flow import Flow


def load(text: str | bytes, name: str = "pbx.yaml") -> Flow:
    """The flow a document means.

    `name` stands in messages. Raises FlowError with every fault found, in the order of the text; warnings do not raise,
    they stand in the flow's `faults`.
    """
    made, found = examine(text, name)
    if made is None:
        raise FlowError(found)
    return made


def examine(text: str | bytes, name: str = "pbx.yaml") -> tuple[Flow | None, tuple[Fault, ...]]:
    """The flow, or None if there are errors, and all faults either way. Never raises for what stands in the text."""
    return judge(*yaml_text.read_text(text, name), name)


def judge(
    data: yaml_text.Data | None, positions: dict[Path, Position], found: list[Fault], name: str
) -> tuple[Flow | None, tuple[Fault, ...]]:
    """The same of a text that `document/yaml_text.py` has read already."""
    if data is None:
        return None, faults.in_order(found)
    document, problems = check_models(data)
    explained = [explain(path, problem, data, positions, name) for path, problem in problems[: limits.FAULTS_TOLD]]
    found = [*found[: limits.FAULTS_TOLD], *explained]
    if document is None:
        return None, _told(found)
    elements = elements_of(document)
    found += validate(document, elements, positions, name)
    if faults.errors(found):
        return None, _told(found)
    flow = assemble(document, elements, positions, name)
    flow.faults = _told(found)
    return flow, flow.faults


def _told(found: list[Fault]) -> tuple[Fault, ...]:
    """As many faults as people can use, in the order of the text."""
    return faults.in_order(_once_a_place(found))[: limits.FAULTS_TOLD]


def _once_a_place(found: list[Fault]) -> Iterator[Fault]:
    """Without those that say the same of the same place, as alternatives of one type do."""
    inner = {fault.place.rpartition("[")[0] for fault in found}
    found = [fault for fault in found if fault.code != "out-of-range" or fault.place not in inner]
    types: dict[str, Fault] = {fault.place: fault for fault in found if fault.code == "wrong-type"}
    for fault in found:
        other = types.get(fault.place)
        if other is None or fault.code not in ("wrong-type", "wrong-value"):
            yield fault
        elif fault is not other and fault.code == "wrong-value":
            # One of several types: a number or one of some words.
            words = fault.remedy.removeprefix("Write one of ")
            types[fault.place] = msgspec.structs.replace(other, remedy=f"{other.remedy} or {words}")
    yield from types.values()
