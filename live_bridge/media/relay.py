"""Between a party of IPv6 and a call's session, which is of IPv4 wherever the bridge listens on both.

A relay is a session of rtp.io of its own with two sides: the outer one (`a`) is the party, at an address of its version, the
inner one (`b`) looks to a call's session (`session.py`) like any telephone. So a caller of one version talks to a member of the
other, phones of both ring at once, and whoever changes calls keeps the ports. It costs four more ports and one hop inside this
process, for parties of IPv6 only. Everything is called and calls back in the bridge's one thread; after `delete` no callback
comes. Leaves whose packets are taken to `latching.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.numbers.digits import is_digits
from live_bridge.media import latching
from live_bridge.media.rtpio import is_refusal
from live_bridge.media.session import Address, Media

Done = Callable[[bool], None]


class Relay:
    """Media of one leg of another IP version than the sessions. States: new, open (`plain` and `local` are known), deleted."""

    def __init__(self, media: Media) -> None:
        self.plain: Address | None = None
        """Where a call's session sends what the party shall hear."""
        self.local: Address | None = None
        """What goes into the description for the party."""
        self.wanted: Callable[[], bool] | None = None
        """See `MediaSession.wanted`."""
        self.deleted = False
        self.six = not media.six
        """Whether the party's side is of IPv6."""
        self._media = media
        self._outer, self._inner = media.listen_address(not media.six), media.listen_address(media.six)
        self.name = media.adopt(self)

    def open(self, ready: Done) -> None:
        """Take ports. `ready(False)`: none is left, or rtp.io is gone."""

        def inner(answer: str) -> None:
            self.plain = _address(answer, self._inner)
            if self.plain is None:
                ready(False)
                return
            self._update("b", None, None, outer, bind=self._outer)

        def outer(answer: str) -> None:
            self.local = _address(answer, self._outer)
            ready(self.local is not None)

        self._update("a", None, None, inner, bind=self._inner)

    def meet(self, remote: Address, signalled_from: str | None) -> None:
        """The party listens at `remote` from now on, and signals from a host."""
        self._update("a", remote, signalled_from)

    def join(self, inside: Address) -> None:
        """The party talks to a call's session at `inside` from now on."""
        self._update("b", inside, None)

    def delete(self) -> None:
        """Give the ports back."""
        if self.deleted:
            return
        self.deleted = True
        self.wanted = None
        self._media.disown(self.name)
        self._media.send(f"D {self.name} ta tb")

    def timed_out(self) -> None:
        """rtp.io dropped the session by itself: nothing was sent for hours."""
        self.deleted = True
        self._media.disown(self.name)

    def _update(
        self,
        side: str,
        remote: Address | None,
        signalled_from: str | None,
        reply: Callable[[str], None] | None = None,
        bind: str = "",
    ) -> None:
        if self.deleted:
            return

        def answered(answer: str) -> None:
            if reply is not None and not self.deleted:
                reply(answer)

        rest = f" {self._media.notify_address} {self.name}"
        self._media.update(latching.order(self.name, side, remote, signalled_from, bind=bind, rest=rest), answered)


def _address(answer: str, bound: str) -> Address | None:
    """The address in rtp.io's answer to U, None for a refusal."""
    words = answer.split()
    if is_refusal(answer) or not is_digits(words[0]) or words[0] == "0":
        return None
    ip = words[1] if len(words) > 1 else bound
    return Address("127.0.0.1" if ip == "0.0.0.0" else ip, int(words[0]))
