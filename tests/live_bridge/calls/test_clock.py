"""Live instants: they never go back, never jump, never stand still."""

from __future__ import annotations

from live_bridge.calls.clock import Clock

S = 1_000_000_000
US = 1_000_000


class Machine:
    """A machine's two clocks, in nanoseconds."""

    def __init__(self) -> None:
        self.monotonic, self.wall = 500 * S, 1_700_000_000 * S

    def passes(self, seconds: float) -> None:
        self.monotonic += round(seconds * S)
        self.wall += round(seconds * S)


def clock_of(machine: Machine) -> Clock:
    return Clock(monotonic_ns=lambda: machine.monotonic, utc_ns=lambda: machine.wall)


def test_step_of_the_wall_clock_changes_no_instant_and_is_seen() -> None:
    for step in (3600, -3600, 86_400 * 365):
        machine = Machine()
        clock = clock_of(machine)
        before = clock.now()
        machine.passes(1)
        machine.wall += step * S
        assert clock.now() - before == US
        assert clock.drift_us() == step * US


def test_sleep_of_the_machine_is_seen_and_lengthens_no_timer() -> None:
    machine = Machine()
    clock = clock_of(machine)
    before = clock.now()
    machine.wall += 7200 * S  # the monotonic clock stands while a machine sleeps
    machine.passes(2)
    assert clock.now() - before == 2 * US and clock.drift_us() == 7200 * US


def test_clock_that_begins_behind_a_journal_goes_on_from_there_slower_until_it_is_level() -> None:
    machine = Machine()
    clock = clock_of(machine)
    ahead = clock.now() + 1800 * US
    assert clock.not_before(ahead)
    machine.passes(100)
    assert clock.now() == ahead + 90 * US and clock.ahead_us() == 1790 * US
    assert clock.drift_us() == 0, "nobody moved the wall clock since the start"
    assert clock.not_before(clock.now() - 10 * US)
    machine.passes(10)
    assert clock.now() == ahead + 99 * US
    machine.passes(18_000 - 110)
    assert clock.now() == machine.wall // 1000 and clock.ahead_us() == 0, "five hours later it is level"
    before = clock.now()
    machine.passes(10)
    assert clock.now() - before == 10 * US


def test_clock_of_before_that_was_hours_wrong_is_not_carried_on() -> None:
    machine = Machine()
    clock = clock_of(machine)
    assert not clock.not_before(clock.now() + 86_400 * 365 * US)
    assert clock.now() == machine.wall // 1000


def test_clock_that_did_not_move_has_no_drift() -> None:
    machine = Machine()
    clock = clock_of(machine)
    machine.passes(1_000_000)
    assert clock.drift_us() == 0
