"""Files of a run: its figures as tables, and the run itself as a notebook.

Decides what is offered, and that each is made when it is asked for. Leaves tables to `tables.py`, the notebook to
`run_notebook.py`.
"""

from __future__ import annotations

import io
from typing import Any

import panel_material_ui

from pbxsim.results.results import ALL_QUEUES
from pbxsim.workbench.design.fields import WIDE
from pbxsim.workbench.loadtest.shown_run import ShownRun
from pbxsim.workbench.loadtest.views import run_notebook, tables
from pbxsim.workbench.shell.shell import Session, card, hint

pmui: Any = panel_material_ui  # its names are made when it is imported, where no type checker sees them


class FilesView:
    """One browser's files."""

    def __init__(self, session: Session) -> None:
        self.texts = session.texts
        texts = self.texts
        options = {texts(f"files.{name}"): name for name in tables.TABLES}
        self.table = pmui.Select(label=texts("files.table"), options=options, value="intervals", **WIDE)
        self.csv = self._download("files.csv", self._csv)
        self.parquet = self._download("files.parquet", self._parquet)
        self.notebook = self._download("files.take_notebook", self._notebook)
        self._last: tuple[ShownRun, int] | None = None
        self.table.param.watch(lambda _: self._name(), "value")
        self._name()

    def _download(self, text: str, content: Any) -> Any:
        return pmui.FileDownload(
            callback=content, filename="load-test.ipynb", label=self.texts(text), variant="outlined", embed=False,
            auto=True, icon="download", color="primary", margin=(8, 8, 0, 0),
        )  # fmt: skip

    def _name(self) -> None:
        self.csv.filename, self.parquet.filename = f"{self.table.value}.csv", f"{self.table.value}.parquet"

    def _csv(self) -> io.StringIO:
        return tables.csv(tables.TABLES[self.table.value](self._run().results))

    def _parquet(self) -> io.BytesIO:
        return tables.parquet(tables.TABLES[self.table.value](self._run().results))

    def _notebook(self) -> io.StringIO:
        return io.StringIO(run_notebook.notebook(self._run(), self._last[1] if self._last else ALL_QUEUES, self.texts))

    def _run(self) -> ShownRun:
        assert self._last is not None  # views are shown with results alone
        return self._last[0]

    def draw(self, run: ShownRun, queue: int) -> None:
        """Take this run from now on."""
        self._last = run, queue

    def themed(self, theme: str) -> None:
        """Buttons follow by themselves."""

    def content(self) -> list[Any]:
        """Tables, and the notebook."""
        texts = self.texts
        return [
            card(
                texts("files.title"), hint(texts("files.hint"), margin=(0, 0, 8, 0)), self.table,
                pmui.FlexBox(self.csv, self.parquet, margin=0, sizing_mode="stretch_width"),
            ),
            card(texts("files.notebook"), hint(texts("files.notebook_hint")), self.notebook),
        ]  # fmt: skip
