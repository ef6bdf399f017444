"""The steps of a document in edit that can be taken back and made again.

Decides what is one step and how many are kept. Leaves what a step does to `draft.py`, keeping steps on disk to `store.py`.
"""

from __future__ import annotations

import msgspec

from pbxsim.workbench.diagram import layout

STEPS_KEPT = 200
"""Undo steps kept."""


class State(msgspec.Struct, frozen=True):
    """A document between two steps."""

    text: str
    places: dict[str, layout.Place]


class History:
    """What a document was before each step, and after each step taken back."""

    def __init__(self, past: list[State] | None = None, future: list[State] | None = None) -> None:
        self.past = past or []
        self.future = future or []
        self._tag: object = None

    def remember(self, state: State, tag: object = None) -> None:
        """A step begins at `state`; steps in a row with the same `tag` are one."""
        if tag is None or tag != self._tag or not self.past:
            self.past = [*self.past, state][-STEPS_KEPT:]
        self._tag = tag
        self.future.clear()

    def back(self, now: State) -> State | None:
        """The state before the last step, or None when there is no step."""
        return self._swap(now, self.past, self.future)

    def forth(self, now: State) -> State | None:
        """The state after the last step taken back, or None."""
        return self._swap(now, self.future, self.past)

    def _swap(self, now: State, source: list[State], target: list[State]) -> State | None:
        if not source:
            return None
        target.append(now)
        self._tag = None
        return source.pop()
