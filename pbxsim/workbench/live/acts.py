"""What an operator does on the wallboard: end a call, send it on or listen to it, pause people and sign them in or out, set
thresholds.

Decides which request of the bridge each is and what is said afterwards. The right is asked for with every act, here and by
`bridge_client.py`; whose name it is kept under the bridge decides. Leaves buttons to `static/board.js`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

from pbxsim.workbench.access.rights import Right
from pbxsim.workbench.live import thresholds
from pbxsim.workbench.live.thresholds import WrongThreshold
from pbxsim.workbench.shell.shell import Session

Do = Callable[[str, str, dict[str, Any], str], Awaitable[None]]
Tell = Callable[[str, str], None]

MEMBER_ACTS: Final = ("pause", "unpause", "sign-in", "sign-out")
LISTENING: Final = {"listen": Right.LISTEN, "whisper": Right.ACT, "barge": Right.ACT, "leave": Right.LISTEN}
"""What is done with a call that is listened to, and the right it takes beside that to listen."""
NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")


class Acts:
    """Of one session. `do` asks the bridge, `tell` shows a sentence, `changed` has the figures asked for again."""

    def __init__(self, session: Session, do: Do, tell: Tell, changed: Callable[[], None]) -> None:
        self._session, self._do, self._tell, self._changed = session, do, tell, changed

    async def take(self, asked: dict[str, Any]) -> None:
        """One message of the browser; what it may not say is not done."""
        texts, kind = self._session.texts, asked.get("type")
        rights = {LISTENING[kind], Right.LISTEN} if kind in LISTENING else {Right.ACT}
        for right in rights:
            if not self._session.may(right):
                self._tell(self._session.refusal(right), "error")
                return
        if kind in LISTENING:
            await self._listen(str(kind), str(asked.get("call", "")), asked.get("user"), asked.get("agent"))
        elif kind in ("hangup", "transfer"):
            await self._act_on_call(str(kind), str(asked.get("call", "")), str(asked.get("to", "")))
        elif kind in MEMBER_ACTS and isinstance(asked.get("user"), int):
            await self._act_on_member(str(kind), int(asked["user"]), asked.get("queue"), str(asked.get("reason", "")))
        elif kind == "thresholds":
            self._set(asked.get("values"))
        else:
            self._tell(texts("board.not_done"), "error")

    async def _act_on_call(self, kind: str, call: str, to: str) -> None:
        texts, path = self._session.texts, f"/api/calls/{quote(call, safe='')}/{kind}"
        if kind == "hangup":
            await self._do("POST", path, {}, texts("board.hung_up"))
            return
        to = re.sub(r"[ ()\-]", "", to)
        if not NUMBER.fullmatch(to):
            self._tell(texts("board.no_number", to), "error")
            return
        await self._do("POST", path, {"to": to}, texts("board.transferred", to))

    async def _listen(self, kind: str, call: str, user: object, agent: object) -> None:
        texts, path = self._session.texts, f"/api/calls/{quote(call, safe='')}"
        if kind == "leave":
            await self._do("DELETE", f"{path}/listen", {}, texts("board.done.leave"))
            return
        if not isinstance(user, int):
            self._tell(texts("board.no_phone"), "error")
            return
        body: dict[str, Any] = {"user": user, **({"agent": agent} if isinstance(agent, int) else {})}
        await self._do("POST", f"{path}/{kind}", body, texts(f"board.done.{kind}", user))

    async def _act_on_member(self, kind: str, user: int, queue: object, reason: str) -> None:
        body: dict[str, Any] = {"queue": queue} if isinstance(queue, int) else {}
        if kind == "pause" and reason.strip():
            body["reason"] = reason.strip()[:64]
        await self._do("POST", f"/api/users/{user}/{kind}", body, self._session.texts(f"board.done.{kind}", user))

    def _set(self, values: object) -> None:
        texts = self._session.texts
        try:
            wanted = thresholds.asked(values) if isinstance(values, dict) else None
            thresholds.keep(self._session.file, wanted)
        except WrongThreshold as wrong:
            self._tell(texts(str(wrong)), "error")
            return
        except OSError as error:
            self._tell(texts("thresholds.disk", str(error)), "error")
            return
        self._tell(texts("thresholds.kept" if wanted else "thresholds.usual"), "success")
        self._changed()
