"""A page is told of the kinds of components that it shows, and of another kind with the first of it that comes."""

from __future__ import annotations

import subprocess
import sys

_OWN = """
import json

import panel_material_ui as pmui
from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from panel.io.state import set_curdoc

from pbxsim.workbench import component_kinds


def told(document):
    return {one["name"] for one in json.loads(serialize_json(document.to_json()))["defs"]}


document = Document()
page = pmui.Column(pmui.Button(label="a"))
with set_curdoc(document):
    document.add_root(page.get_root(document))
everything = told(document)
component_kinds.tell_when_needed()
kinds = {kind._data_model.__name__ for kind in (pmui.Column, pmui.Button, pmui.Switch)}
column, button, switch = sorted(kinds, key=["Column1", "Button1", "Switch1"].index)
assert told(document) & kinds == {column, button}
assert len(told(document)) < len(everything) / 2
assert pmui.FileDownload._data_model.__name__ in told(document), "it sends messages"
with set_curdoc(document):
    page.objects = [*page.objects, pmui.Switch(label="b"), pmui.Switch(label="c"), pmui.Button(label="d")]
(ref,) = page._models
_, first, second, other = page._models[ref][0].data.objects
assert first._defs == [pmui.Switch._data_model] and second._defs == [] and other._defs == []
component_kinds.tell_again(document)
with set_curdoc(document):
    page.objects = [*page.objects, pmui.Switch(label="e"), pmui.Button(label="f")]
*_, third, last = page._models[ref][0].data.objects
assert third._defs == [pmui.Switch._data_model] and last._defs == [], "what the document told is known"
assert told(document) & kinds == kinds
"""


def test_a_page_is_told_of_the_kinds_that_it_shows() -> None:
    done = subprocess.run([sys.executable, "-c", _OWN], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
