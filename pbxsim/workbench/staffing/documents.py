"""The open document with the people a plan needs and the PBX does not have yet.

Decides that each is written like the member they are like, in users and in every queue, and that nothing else of the text
changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pbxsim.staffing.handover import Newcomer
from pbxsim.workbench.document.content import Content
from pbxsim.workbench.document.yaml_edits import Edits


def with_newcomers(text: str, newcomers: Sequence[Newcomer], name: str = "pbx.yaml") -> str:
    """The text of a document with new users and members. Raises KeyError where it is not the document that was planned for."""
    for one in newcomers:
        data = Content(text, name).data
        user = _of(data["users"], one.like)
        edits = Edits(text)
        edits.set(("users", str(one.number)), dict(user) if isinstance(user, dict) else user)
        for queue in one.queues:
            members = _of(data["elements"], queue)["members"]
            like = next(member for member in members if _user(member) == one.like)
            edits.set(("elements", str(queue), "members", len(members)), _like(like, one.number))
        text = edits.apply()
    return text


def _of(section: Any, number: int) -> Any:
    """What a section says of a number, written as a number or as text."""
    return next(value for key, value in section.items() if str(key) == str(number))


def _user(member: Any) -> int:
    return int(member["user"] if isinstance(member, dict) else member)


def _like(member: Any, number: int) -> Any:
    """A member of a queue with another number, and a place behind the others."""
    if not isinstance(member, dict):
        return number
    return {**{key: value for key, value in member.items() if key != "position"}, "user": number}
