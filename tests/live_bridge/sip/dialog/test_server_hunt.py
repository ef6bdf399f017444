"""The hunt over servers, told of responses and of time by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from live_bridge.sip.dialog.failover import Failover, Hop


class Clock:
    """A loop's timers that ring when a test says so."""

    def __init__(self) -> None:
        self.running: list[Ring] = []

    def later(self, delay_s: float, function: Callable[..., Any], *arguments: Any) -> Ring:
        self.running.append(Ring(self, lambda: function(*arguments)))
        return self.running[-1]

    def ring(self) -> None:
        """All that runs is over."""
        due, self.running = self.running, []
        for one in due:
            one.function()


class Ring:
    def __init__(self, clock: Clock, function: Callable[[], None]) -> None:
        self.clock = clock
        self.function = function

    def cancel(self) -> None:
        self.clock.running = [one for one in self.clock.running if one is not self]


class Story:
    """A hunt over some servers and what came of it."""

    def __init__(self, servers: int) -> None:
        self.clock = Clock()
        self.asked: list[int] = []
        self.left = 0
        self.told: list[tuple[int, bool]] = []
        hops = [Hop(None, ((str(n), 5060), "udp"), self._teller(n)) for n in range(servers)]  # type: ignore[arg-type]
        self.hunt = Failover(self.clock, hops, self._invite, self._leave)  # type: ignore[arg-type]
        self.hunt.next()

    def _teller(self, server: int) -> Callable[[bool], None]:
        return lambda good: self.told.append((server, good))

    def _invite(self, hop: Hop) -> None:
        self.asked.append(int(hop.address[0][0]))

    def _leave(self) -> None:
        self.left += 1


def test_every_server_has_its_own_time_also_after_one_that_refused() -> None:
    story = Story(3)
    assert story.hunt.refused(503)
    assert len(story.clock.running) == 1, "the time of the first one is over with it"
    story.clock.ring()
    assert story.asked == [0, 1, 2] and story.left == 1
    assert not story.clock.running, "nobody is waited for in vain when there is no other"
    assert not story.hunt.refused(503)
    assert story.told == [(0, False), (1, False), (2, False)]


def test_server_that_says_anything_is_not_left_and_a_refusal_of_its_own_ends_the_hunt() -> None:
    story = Story(2)
    story.hunt.heard(100)
    assert not story.clock.running
    assert not story.hunt.refused(486) and story.asked == [0] and story.told == [(0, True)]


def test_nobody_is_asked_after_the_end() -> None:
    story = Story(2)
    story.hunt.end()
    story.clock.ring()
    assert story.asked == [0] and not story.told
