"""The calls a tenant holds, in the order in which they came.

Decides nothing. They stand in a chain, which is enough for a world that hands over call objects. The first question by id makes
an index, which is kept from then on: drivers that speak in messages ask by id all the time, simulations hardly ever.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.contract.ids import CallId
from engine.state.call import Call, CallChain


class CallRegistry(CallChain):
    """Calls from their arrival until they are over and hold nothing. Length, iteration and membership are by id."""

    __slots__ = ("by_id",)

    def __init__(self) -> None:
        super().__init__()
        self.by_id: dict[CallId, Call] | None = None

    def take_in(self, call: Call) -> None:
        """`call` is held from now on. Its id is new, and it is in no other chain."""
        last = self.last
        call.known = True
        call.before = last
        if last is None:
            self.first = call
        else:
            last.after = call
        self.last = call
        self.count += 1
        if self.by_id is not None:
            self.by_id[call.id] = call

    def let_go(self, call: Call) -> None:
        """`call`, which is held, is no longer held."""
        before, after = call.before, call.after
        call.known = False
        call.before = call.after = None
        if before is None:
            self.first = after
        else:
            before.after = after
        if after is None:
            self.last = before
        else:
            after.before = before
        self.count -= 1
        if self.by_id is not None:
            del self.by_id[call.id]

    def values(self) -> list[Call]:
        """Every call, as they came."""
        found: list[Call] = []
        call = self.first
        while call is not None:
            found.append(call)
            call = call.after
        return found

    def get(self, id: CallId) -> Call | None:
        """The call with an id, if it is held."""
        if self.by_id is None:
            self.by_id = {call.id: call for call in self.values()}
        return self.by_id.get(id)

    def __getitem__(self, id: CallId) -> Call:
        found = self.get(id)
        if found is None:
            raise KeyError(id)
        return found

    def __contains__(self, id: CallId) -> bool:
        return self.get(id) is not None

    def __iter__(self) -> Iterator[CallId]:
        return iter([call.id for call in self.values()])

    def __len__(self) -> int:
        return self.count
