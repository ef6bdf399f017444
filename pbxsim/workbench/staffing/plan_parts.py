"""Parts that the plan of a day and that of a week share: the team looked at, a row's button, and what is taken away."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd
import panel_material_ui

from pbxsim.staffing.handover import Newcomer
from pbxsim.staffing.teams import Team
from pbxsim.workbench.shell.texts import Texts

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


WHOLE: Final = ""
"""Stands for all teams."""


def team_select(teams: Sequence[Team], texts: Texts) -> Any:
    """Which team is looked at; hidden where there is one."""
    options = {texts("staff.all_teams"): WHOLE, **{team.name: team.name for team in teams}}
    made = pmui.Select(label=texts("staff.team"), options=options, value=WHOLE, width=260, size="small")
    made.visible = len(teams) > 1
    return made


def drop_button(texts: Texts) -> Any:
    """Takes a row of a form away."""
    return pmui.Button(
        label=texts("staff.of_queues_drop"), icon="delete", variant="text", color="error", size="small",
        margin=(2, 0, 6, 0),
    )  # fmt: skip


def download(texts: Texts, text: str, name: str, content: Callable[[], Any]) -> Any:
    """A button that takes a file away; `content` makes it when it is pressed."""
    return pmui.FileDownload(
        callback=content, filename=name, label=texts(text), variant="outlined", size="small", embed=False,
        auto=True, margin=(6, 8, 0, 0), icon="download", color="primary",
    )  # fmt: skip


def csv(table: pd.DataFrame | None) -> io.StringIO:
    """A table of a plan that is there: its button is shown with it."""
    assert table is not None
    return io.StringIO(table.to_csv(index=False))


def what_to_do(hint: str, newcomers: Sequence[Newcomer], texts: Texts) -> str:
    """What the files are for, and which people the PBX lacks."""
    if not newcomers:
        return texts(hint)
    numbers = ", ".join(str(one.number) for one in newcomers)
    return f"{texts(hint)} {texts('staff.newcomers', len(newcomers), numbers)}"
