"""The day as it goes: service level, calls and waits of each interval, with bands."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui

from pbxsim.workbench.loadtest.courses import BLUE, LEGEND_STYLE, TARGET, TEAL, VIOLET, Course, busy_hours, legend
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.shell.shell import STACKED_CARDS, Session, card

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


class DayView:
    """One browser's charts of the day."""

    def __init__(self, session: Session) -> None:
        self.texts = session.texts
        self.service = Course(self.texts, BLUE, percent=True, target=TARGET, height=286)
        self.calls = Course(self.texts, TEAL)
        self.wait = Course(self.texts, VIOLET)
        self.legend = pn.pane.HTML(sizing_mode="stretch_width", margin=0, stylesheets=[LEGEND_STYLE])

    def draw(self, run: ShownRun, queue: int) -> None:
        """Show the figures of one queue, or of all."""
        courses = run.results.courses(("offered", "service_level", "answer_speed_s"), queue)
        begin, end = busy_hours(courses["offered"])
        self.service.show(courses["service_level"], begin, end)
        self.calls.show(courses["offered"], begin, end)
        self.wait.show(courses["answer_speed_s"], begin, end)

    def themed(self, theme: str) -> None:
        """Follow the page's theme."""
        for course in (self.service, self.calls, self.wait):
            course.themed(theme)
        self.legend.object = legend(self.texts, theme == "dark")

    def content(self) -> list[Any]:
        """A large chart over two small ones."""
        service, calls, wait = (
            pn.pane.Bokeh(course.plot, sizing_mode="stretch_width", margin=0)
            for course in (self.service, self.calls, self.wait)
        )
        texts = self.texts
        return [
            card(texts("chart.service"), self.legend, service),
            pmui.Row(
                card(texts("chart.calls"), calls, margin=(0, 10, 0, 0)),
                card(texts("chart.wait"), wait, margin=0),
                margin=0,
                sizing_mode="stretch_width",
                sx=STACKED_CARDS,
            ),
        ]
