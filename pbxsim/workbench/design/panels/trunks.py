"""Outside numbers with the account at their carrier.

Decides how a number and its account stand together. The password stands in the secrets of the bridge, under the name given here.
"""

from __future__ import annotations

from typing import Any

from pbxsim.workbench.design.panels.base import FormKeeper, Host, ListPanel
from pbxsim.workbench.design.widgets import caption
from pbxsim.workbench.diagram.messages import Target


class TrunksPanel(ListPanel):
    """The panel of one Design page."""

    part = "trunks"
    item_icon = "phone"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.account = FormKeeper(self)

    def items(self) -> list[tuple[str, str, str]]:
        """Trunks by name, with number and carrier."""
        found = []
        for key in self.draft.section("trunks"):
            id = f"trunk:{key}"
            raw = self.draft.raw(id)
            below = " · ".join(str(raw[field]) for field in ("number", "operator") if raw.get(field))
            found.append((id, self.draft.title(id), below))
        return found

    def create(self) -> str:
        """A trunk whose number is still to be filled in."""
        return self.draft.add("trunk", self.texts.kind("trunk"))

    def remove(self, id: str) -> None:
        """Take a trunk away."""
        self.draft.delete([id])

    def go(self, at: Target) -> str:
        """A field of the account belongs to its trunk."""
        self.choose(f"trunk:{at.id.partition(':')[2]}")
        return self.texts.field(at.field) if at.field else ""

    def around(self, id: str) -> tuple[list[Any], list[Any]]:
        """The account at the carrier."""
        self.account.show(f"sip:{id.partition(':')[2]}")
        title = caption(self.texts("trunks.account"), margin=(12, 0, 0, 0))
        return [], [title, caption(self.texts("trunks.account_help")), self.account.view]
