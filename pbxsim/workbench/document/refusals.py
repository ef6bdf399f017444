"""Edits that cannot be made, and why. Decides what a refusal carries; leaves refusing to `draft.py`, telling to
`workbench/design/page.py`."""

from __future__ import annotations

from engine.contract.errors import PbxError
from pbxsim.workbench.document.references import Reference


class EditRefused(PbxError):
    """An edit that cannot be made; nothing has changed. `referrers` lists what stands against a deletion (R-02.13).

    `message` may hold `{0}`, which `subject` fills; the pages translate it as it stands here.
    """

    def __init__(self, message: str, rule: str = "", referrers: tuple[Reference, ...] = (), subject: str = "") -> None:
        super().__init__(message.format(subject))
        self.message = message
        self.rule = rule
        self.referrers = referrers
        self.subject = subject


class Conflict(EditRefused):
    """The file on disk is no longer the one that was loaded."""
