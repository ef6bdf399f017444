"""The wallboard on a television: the Live page with `tv=1` in its address, for a screen that nobody touches.

Decides that there are no controls and no frame, and that what was seen last stays, seen to be old, while the bridge is away. It
goes on by itself: the bridge is asked again by `following.py`, the page comes again by `static/page.js`.
"""

from __future__ import annotations

from pbxsim.workbench.live.board import Wall
from pbxsim.workbench.live.bridge_client import BridgeError
from pbxsim.workbench.live.following import Following
from pbxsim.workbench.shell.shell import Session


class Television:
    """One television."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.wall = Wall(session.texts, theme="dark" if session.dark else "light")
        self.wall.say_lost(session.texts("live.connecting"))
        self.following = Following(session, self._draw, self._lost)

    def _draw(self) -> None:
        self.wall.show_now(self.following, self.session.texts)

    def _lost(self, error: BridgeError | None) -> None:
        texts = self.session.texts
        self.wall.say_lost(texts("live.none") if error is None else self.following.words(error))

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        self.wall.theme = theme
