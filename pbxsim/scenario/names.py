"""Queues and trunks by the name people have for them.

Decides which spellings of a queue are one: its number, the number as text, its name without case.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.state.flow import Flow


def queues_of(flow: Flow) -> dict[int, str]:
    """Queues of a flow by number, with their names."""
    return {number: element.name for number, element in flow.elements.items() if element.is_queue}


def queue_number(queue: int | str, known: Mapping[int, str]) -> int:
    """The number of a queue told by number or name; `known` are numbers and names. Raises KeyError with what there is.

    >>> queue_number("sales", {5200: "Sales"}), queue_number("5200", {5200: "Sales"})
    (5200, 5200)
    """
    if isinstance(queue, int) and queue in known:
        return queue
    text = str(queue).strip().casefold()
    found = [number for number, name in known.items() if text in (str(number), name.strip().casefold())]
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{number} `{name}`" if name else str(number) for number, name in known.items()) or "none"
    if len(found) > 1:
        raise KeyError(f"several queues are called `{queue}`: {', '.join(map(str, found))}; give the number")
    raise KeyError(f"{queue} is no queue of the flow; it has {there}")
