"""Many masks asked at once: which of a list take a number.

Decides that for whole lists of rules, in steps that count the masks still in play and not all of them. Leaves one mask and what
it captures to `masks.py`, questions about all numbers to `mask_automata.py`.

All masks walk a number together. Where they stand is one joint state, made when a number first leads there and kept, so
numbers that begin alike share the way. A mask that can take the number no more is carried no further.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.numbers.mask_automata import Joint, automaton, stepped
from engine.numbers.masks import Mask


class MaskBank:
    """A list of masks; sets of them are bits of an int, the first mask the lowest.

    >>> from engine.numbers.masks import parse
    >>> bin(MaskBank([parse("8+"), parse("89d"), parse("{p|}+")]).taking("891"))
    '0b111'
    """

    def __init__(self, masks: Sequence[Mask]) -> None:
        bits: dict[str, int] = {}
        for place, mask in enumerate(masks):
            bits[mask.text] = bits.get(mask.text, 0) | 1 << place
        different = {mask.text: mask for mask in masks}
        self.alike = bits
        """By its text, the places in the list where a mask stands."""
        self.work = 0
        """States of single masks that were stepped so far: what asking has cost."""
        self._automata = [automaton(mask) for mask in different.values()]
        self._bits = [bits[text] for text in different]
        self._states: dict[Joint, int] = {}
        self._joints: list[Joint] = []
        self._steps: list[dict[str, int]] = []
        self._taking: list[int] = []
        self._state(tuple((n, one.start) for n, one in enumerate(self._automata)))

    def taking(self, number: str) -> int:
        """The masks that take the whole of a cleaned number."""
        state = 0
        for char in number:
            known = self._steps[state].get(char)
            state = self._step(state, char) if known is None else known
        return self._taking[state]

    def _step(self, state: int, char: str) -> int:
        joint = self._joints[state]
        self.work += len(joint)
        following = self._state(stepped(self._automata, joint, char))
        self._steps[state][char] = following
        return following

    def _state(self, joint: Joint) -> int:
        known = self._states.get(joint)
        if known is None:
            known = self._states[joint] = len(self._joints)
            self._joints.append(joint)
            self._steps.append({})
            taking = 0
            for n, one in joint:
                if self._automata[n].accepts(one):
                    taking |= self._bits[n]
            self._taking.append(taking)
        return known
