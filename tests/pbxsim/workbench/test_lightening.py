"""What is left out when a page is made changes nothing of what a browser is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pbxsim import datasets

EXAMPLE = datasets.folder() / "pbx" / "example" / "pbx.yaml"
_BOTH = '''
import importlib, re, sys
from pathlib import Path

import pandas
import panel as pn
import panel_material_ui as pmui
from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from bokeh.plotting import figure
from panel.io.state import set_curdoc

from pbxsim.workbench.document import workspace
from pbxsim.workbench.lightening import lighten

workspace.use(workspace.Workspace(Path(sys.argv[1])))
MADE = (
    r'"pbx-draft[-\\w]*","[-\\w]+"|"draft","[-\\w]+"|draft=[-\\w]+|[A-Z][A-Za-z]+\\d{5}|"\\d{4,}"|\\bp\\d{4,}'
    r'|[0-9a-f-]{36}|[0-9a-f]{32}'
)
"""Names that are other ones each time."""


def written(page):
    document, known = Document(), {}
    document.theme = "dark_minimal"
    with set_curdoc(document):
        page().server_doc(document)
    return re.sub(MADE, lambda found: known.setdefault(found[0], f"#{len(known)}"), serialize_json(document.to_json()))


def own():
    plot = figure(height=80, tools="")
    plot.line([1, 2], [3, 4])
    table = pn.widgets.Tabulator(pandas.DataFrame({"a": range(50)}), pagination="remote", page_size=10)
    return pmui.Column(pmui.IntSlider(start=2, end=9, value=3), pn.Row(pmui.Button(label="b")), table, pn.pane.Bokeh(plot))


kept = pn.widgets.Tabulator.param.page.bounds
pages = [own, *(importlib.import_module(f"pbxsim.workbench.{room}.page").page for room in ("design", "live", "staffing"))]
for page in pages:
    written(page)  # what a class tells the browser but once
before = [written(page) for page in pages]
lighten()
for page, one in zip(pages, before, strict=True):
    assert written(page) == one, page
assert pn.widgets.Tabulator.param.page.bounds == kept
'''


def test_pages_are_written_down_as_without_it(tmp_path: Path) -> None:
    state = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _BOTH, str(EXAMPLE)], env=state, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
