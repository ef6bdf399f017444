"""Random numbers as columns: one row for each call, one column for each purpose.

Decides that the number drawn for (seed, replication, purpose, row) depends on those four alone. So two designs meet
the same callers whatever they do with them (common random numbers), an element added to a flow moves no other draw,
replications can run anywhere and in any order, and a call that dials again has numbers of its own: `attempt` is
part of the purpose. Numbers come from Philox (Salmon et al. 2011), a counter-based generator, in blocks; a block
that was dropped is made again.

Leaves what is drawn to `scenario/distributions.py`, for which call to `callers.py` and `agents.py`. Lengths leave here as integer
microseconds, the engine's unit.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt
from librt.strings import read_i64_le
from mypy_extensions import i64

from pbxsim.scenario.distributions import Constant, Distribution, Floats

BLOCK_BITS: Final = 11
BLOCK: Final = 1 << BLOCK_BITS
"""Rows drawn at once: large enough that a draw costs nanoseconds, small enough that rare purposes waste little."""

MASK: Final = BLOCK - 1

BLOCKS_KEPT: Final = 64
"""Blocks of one column held at a time, 131,072 rows; older ones are drawn again should anybody still ask."""

NEVER_US: Final = 1 << 60
"""A length that never passes: 36,000 years."""


class Streams:
    """All random numbers of one replication.

    >>> Streams(7, 0).uniforms("patience", 0, 2).tolist() == Streams(7, 0).uniforms("patience", 0, 2).tolist()
    True
    """

    def __init__(self, seed: int, replication: int) -> None:
        self.seed = seed
        self.replication = replication
        self._columns: dict[tuple[str, str], Column] = {}

    def key(self, purpose: str) -> tuple[int, int]:
        """The 128-bit key of `purpose`, as two words."""
        text = f"{self.seed}/{self.replication}/{purpose}".encode()
        digest = hashlib.blake2b(text, digest_size=16).digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")

    def uniforms(self, purpose: str, first: int, count: int) -> Floats:
        """Uniform numbers of [0, 1) for rows `first` to `first + count - 1` of `purpose`; `first` is a multiple of
        4."""
        return _uniforms(self.key(purpose), first, count)

    def word(self, purpose: str) -> int:
        """A 63-bit number for `purpose`: the base of draw seeds given to the engine."""
        return self.key(purpose)[0] >> 1

    def one(self, purpose: str, distribution: Distribution) -> float:
        """A single draw for something that happens once a replication, such as the busy-ness of the day."""
        return float(distribution.quantile(self.uniforms(purpose, 0, 1))[0])

    def lengths(self, purpose: str, distribution: Distribution) -> Column:
        """The column of `purpose` through `distribution`, microseconds. The same question gives the same column."""
        name = (purpose, repr(distribution))
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = Column(self.key(purpose), distribution)
        return column

    def choices(self, purpose: str, weights: tuple[float, ...]) -> Column:
        """The column of `purpose` as indices 0 to len(weights) - 1, each with its weight."""
        name = (purpose, repr(weights))
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = Column(self.key(purpose), None, weights)
        return column


class Column:
    """One purpose: an integer for every row, drawn block by block when first asked for."""

    __slots__ = ("key", "distribution", "edges", "blocks", "number", "block")

    def __init__(
        self, key: tuple[int, int], distribution: Distribution | None, weights: tuple[float, ...] = ()
    ) -> None:
        self.key = key
        self.distribution = distribution
        self.edges = np.cumsum(np.asarray(weights, dtype=np.float64))[:-1] / sum(weights) if weights else None
        self.blocks: dict[int, bytes] = {}
        """Rows drawn so far, by `row >> BLOCK_BITS`, each as `words`."""
        self.number: i64 = -1
        self.block: bytes = b""
        """The block asked last, and its number: calls come by row, so it is nearly always the one wanted."""

    def at(self, row: i64) -> i64:
        """The number of `row`: a length in microseconds, or the index of a choice."""
        number: i64 = row >> BLOCK_BITS
        if number != self.number:
            block = self.blocks.get(number)
            self.block = self.draw(number) if block is None else block
            self.number = number
        return read_i64_le(self.block, (row & MASK) << 3)

    def draw(self, number: int) -> bytes:
        """Draw a block of rows, and forget the oldest if there are too many."""
        blocks = self.blocks
        if len(blocks) >= BLOCKS_KEPT:
            del blocks[min(blocks)]
        blocks[number] = self._drawn(number)
        return blocks[number]

    def _drawn(self, number: int) -> bytes:
        distribution = self.distribution
        if isinstance(distribution, Constant):
            return words(np.full(BLOCK, round(distribution.seconds * 1e6), dtype=np.int64))
        if self.edges is not None and len(self.edges) == 0:
            return bytes(8 * BLOCK)
        uniform = _uniforms(self.key, number << BLOCK_BITS, BLOCK)
        if self.edges is not None:
            return words(np.searchsorted(self.edges, uniform, side="right").astype(np.int64))
        assert distribution is not None
        return words(to_microseconds(distribution.quantile(uniform)))


def words(values: npt.NDArray[np.int64]) -> bytes:
    """Integers as eight bytes each, for `read_i64_le`: compiled code reads one without making an object of it."""
    packed: bytes = values.astype("<i8", copy=False).tobytes()
    return packed


def to_microseconds(seconds: Floats) -> npt.NDArray[np.int64]:
    """Seconds as whole microseconds; infinity and whatever is longer than `NEVER_US` becomes `NEVER_US`."""
    return np.rint(np.minimum(seconds * 1e6, float(NEVER_US))).astype(np.int64)


def _uniforms(key: tuple[int, int], first: int, count: int) -> Floats:
    bits = np.random.Philox(key=np.asarray(key, dtype=np.uint64), counter=first >> 2)
    return np.random.Generator(bits).random(count)
