"""The WebSocket of a page, for as long as its session goes on and for nobody else.

Decides that a message of a session that is over is not heard, that an open socket is closed soon after the session has ended, and
that a page which one session opened is shown to no other. A handshake without a session does not come here: `web.py` refuses it.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from bokeh.protocol.exceptions import ProtocolError
from bokeh.util.token import get_session_id
from panel.io.server import WSHandler
from tornado.ioloop import IOLoop

from pbxsim.workbench import opening
from pbxsim.workbench.access import visitors
from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.access.visitors import Visitor

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
"""A page may send nothing for long, and be sent figures all the while."""

OVER: Final = 4401
"""Code of the closed socket (RFC 6455, section 7.4.2: 4000 to 4999 are private)."""


class GuardedSocket(WSHandler):
    """Bokeh's protocol with a look at who speaks."""

    _look: Any = None

    def _visitor(self) -> Visitor:
        found = getattr(self.request, visitors.ATTRIBUTE, None)
        return found if isinstance(found, Visitor) else visitors.nobody()

    def _is_over(self) -> bool:
        if self._visitor().may(Right.CALLS):
            return False
        self.close(OVER, "the session is over")
        return True

    def open(self, *arguments: Any, **more: Any) -> Any:
        """See Tornado."""
        if self._is_over():
            return None
        self._look = IOLoop.current().call_later(LOOK_EVERY_S, self._look_again)
        try:
            return super().open(*arguments, **more)
        except (ProtocolError, ValueError) as error:  # whoever asks may send anything as the name of a page
            log.warning("a WebSocket named no page of this server: %s", type(error).__name__)
            self.close(OVER, "this is no page of this server")
            return None

    async def _async_open(self, token: str) -> None:
        session = get_session_id(token)
        if self._is_foreign(session):
            log.warning("a WebSocket asked for the page of another session")
            self.close(OVER, "this page is another session's")
            return
        await opening.make(self.application_context, session, self.request, token)
        await super()._async_open(token)

    def _is_foreign(self, id: Any) -> bool:
        """Whether another session opened this page: nobody joins it."""
        for session in self.application_context.sessions:
            if session.id == id:
                context = session.document.session_context
                request = context and context.request
                break
        else:
            request = opening.asked(id)
            if request is None:
                return False
        opened_by = getattr(request, visitors.ATTRIBUTE, None)
        return not isinstance(opened_by, Visitor) or opened_by.secret != self._visitor().secret

    async def on_message(self, fragment: str | bytes) -> None:
        """One message, if the session goes on."""
        if not self._is_over():
            await super().on_message(fragment)

    def on_close(self) -> None:
        """See Tornado."""
        if self._look is not None:
            IOLoop.current().remove_timeout(self._look)
        super().on_close()

    def _look_again(self) -> None:
        self._look = None
        if not self._is_over():
            self._look = IOLoop.current().call_later(LOOK_EVERY_S, self._look_again)
